"""The transformers engine samples exactly what SamplingParams says, and says what it did."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs passgap[lm]")

from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM  # noqa: E402

from passgap.engines.transformers import TransformersEngine, cut_at_stop  # noqa: E402
from passgap.errors import UsageError  # noqa: E402
from passgap.lab.pretrain import make_tokenizer  # noqa: E402
from passgap.sampling import sample  # noqa: E402
from passgap.types import (  # noqa: E402
    Block,
    Policy,
    Problem,
    ProblemSet,
    Prompt,
    PromptSettings,
    SamplingParams,
)

PROMPTS = [Prompt("AB:abcdef="), Prompt("R:fedcba="), Prompt("RLS:abcabc=")]
BLOCK = Block(("x", "y", "z"), 0, 5, seed=7)


@pytest.fixture(scope="module")
def tokenizer():
    return make_tokenizer()


@pytest.fixture(scope="module")
def model(tokenizer):
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        initializer_range=0.4,
    )
    return LlamaForCausalLM(config).eval()


@pytest.fixture
def folder(model, tokenizer, tmp_path):
    model.save_pretrained(tmp_path / "policy")
    tokenizer.save_pretrained(tmp_path / "policy")
    return tmp_path / "policy"


def engine(model, tokenizer, **settings):
    options = {"max_tokens": 12} | settings
    return TransformersEngine(model, tokenizer, SamplingParams(**options), batch_size=64)


def test_the_models_own_generation_config_is_set_aside_but_for_its_end_tokens(model, tokenizer):
    before = model.generation_config
    model.generation_config = GenerationConfig(
        do_sample=False,
        temperature=0.1,
        top_k=3,
        top_p=0.5,
        repetition_penalty=1.7,
        no_repeat_ngram_size=2,
        max_length=5,
        min_p=0.3,
        eos_token_id=[tokenizer.eos_token_id, 5],
    )
    try:
        sampler = engine(model, tokenizer)
        effective = sampler.effective_settings()
        assert sampler.describe()["end_token_ids"] == [1, 5]
    finally:
        model.generation_config = before
    assert effective == {
        "temperature": 1.0,
        "top_p": 1.0,
        "top_k": 0,
        "max_new_tokens": 12,
        "do_sample": True,
        "repetition_penalty": 1.0,
        "no_repeat_ngram_size": 0,
        "min_p": None,
        "typical_p": 1.0,
        "num_beams": 1,
    }


def forced_logprob(model, tokenizer, prompt, completion, temperature=1.0):
    """Log-probability of the drawn ids by one forward pass, without cache or padding."""
    start = list(tokenizer(prompt.text)["input_ids"])
    ids = torch.tensor([start + list(completion.token_ids)])
    with torch.inference_mode():
        logits = model(ids).logits[0, len(start) - 1 : -1].float() / temperature
    drawn = torch.tensor(completion.token_ids)[:, None]
    return float(torch.log_softmax(logits, -1).gather(1, drawn).sum())


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_logprobs_are_those_of_the_settings_used(model, tokenizer, temperature):
    drawn = engine(model, tokenizer, temperature=temperature).complete(BLOCK, PROMPTS)
    prompts = dict(zip(BLOCK.problem_ids, PROMPTS, strict=True))
    for completion in drawn:
        forced = forced_logprob(
            model, tokenizer, prompts[completion.problem_id], completion, temperature
        )
        assert completion.logprob == pytest.approx(forced, abs=1e-4)


def test_first_tokens_follow_the_models_distribution(model, tokenizer):
    sampler = engine(model, tokenizer, max_tokens=1)
    drawn = sampler.complete(Block(("x",), 0, 4000, seed=3), PROMPTS[:1])
    ids = torch.tensor([tokenizer(PROMPTS[0].text)["input_ids"]])
    with torch.inference_mode():
        p = torch.softmax(model(ids).logits[0, -1].double(), -1).numpy()
    seen = np.bincount([c.token_ids[0] for c in drawn], minlength=len(p)) / 4000
    assert np.abs(seen - p).max() < 5 * np.sqrt(0.25 / 4000)


def test_top_k_and_top_p_truncate_and_renormalise(model, tokenizer):
    greedy = engine(model, tokenizer, top_k=1).complete(BLOCK, PROMPTS)
    assert {c.logprob for c in greedy} == {0.0}
    narrow = engine(model, tokenizer, top_p=1e-6).complete(BLOCK, PROMPTS)
    assert [c.token_ids for c in narrow] == [c.token_ids for c in greedy]


def test_sharing_the_prompt_changes_nothing(model, tokenizer, monkeypatch):
    shared = engine(model, tokenizer).complete(BLOCK, PROMPTS)
    monkeypatch.setattr(TransformersEngine, "_prefilled", lambda *_: None)
    alone = engine(model, tokenizer).complete(BLOCK, PROMPTS)
    assert [c.token_ids for c in shared] == [c.token_ids for c in alone]
    assert [c.logprob for c in shared] == pytest.approx([c.logprob for c in alone], abs=1e-4)


def test_the_end_token_is_kept_and_the_reason_is_true(model, tokenizer):
    drawn = engine(model, tokenizer, max_tokens=60).complete(BLOCK, PROMPTS)
    assert {c.finish_reason for c in drawn} == {"stop", "length"}
    for completion in drawn:
        ended = completion.token_ids[-1] == tokenizer.eos_token_id
        assert ended == (completion.finish_reason == "stop")
        assert tokenizer.eos_token_id not in completion.token_ids[:-1]
        assert ended or len(completion.token_ids) == 60
        assert "<" not in completion.text


def test_stop_strings_end_a_completion_and_are_left_out(model, tokenizer):
    drawn = engine(model, tokenizer, max_tokens=60, stop=("a",)).complete(BLOCK, PROMPTS)
    assert not any("a" in completion.text for completion in drawn)
    stopped = [c for c in drawn if c.token_ids[-1] == tokenizer.get_vocab()["a"]]
    assert stopped
    assert all(c.finish_reason == "stop" for c in stopped)


def test_cut_at_stop_takes_the_first():
    assert cut_at_stop("one\ntwo. three", (". ", "\n")) == "one"
    assert cut_at_stop("one", ()) == "one"


def test_the_blocks_seed_decides_and_the_callers_random_state_is_left_alone(model, tokenizer):
    torch.manual_seed(11)
    first = engine(model, tokenizer).complete(BLOCK, PROMPTS)
    after = torch.rand(1)
    torch.manual_seed(11)
    assert torch.equal(after, torch.rand(1))
    second = engine(model, tokenizer).complete(BLOCK, PROMPTS)
    other = engine(model, tokenizer).complete(dataclasses.replace(BLOCK, seed=8), PROMPTS)
    assert [c.token_ids for c in first] == [c.token_ids for c in second]
    assert [c.token_ids for c in first] != [c.token_ids for c in other]


def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(folder, tmp_path):
    problems = ProblemSet.of("p", [Problem(f"R:{c}bcdef=", "x", "exact") for c in "abcdefgh"])
    settings = {"n": 6, "sampling": SamplingParams(10), "block_size": 12}
    whole = sample(Policy(str(folder)), problems, out=tmp_path / "whole", **settings)
    torn = sample(Policy(str(folder)), problems, out=tmp_path / "torn", **settings)
    for shard in torn.completion_shards()[1:3]:
        shard.unlink()
    torn = sample(Policy(str(folder)), problems, out=tmp_path / "torn", **settings)
    frames = [r.scan_completions().collect().sort("problem_id", "draw") for r in (whole, torn)]
    assert frames[0].equals(frames[1])


def test_chat_without_a_template_is_told(model, tokenizer):
    prompt = Prompt(messages=(("user", "hello"),))
    with pytest.raises(UsageError, match="no chat template; allowed: --template plain"):
        engine(model, tokenizer).encode(prompt)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/no/such/folder", "not found; allowed: a folder"),
        ("nonsense", "not found; allowed: a folder"),
    ],
)
def test_a_missing_policy_is_told_before_anything_is_loaded(path, message, tmp_path):
    problems = ProblemSet.of("p", [Problem("R:a=", "x", "exact")])
    with pytest.raises(UsageError, match=message):
        sample(Policy(path), problems, n=1, out=tmp_path / "r", sampling=SamplingParams(5))
    assert not (tmp_path / "r").exists()


def test_a_folder_without_a_model_is_told(tmp_path):
    problems = ProblemSet.of("p", [Problem("R:a=", "x", "exact")])
    policy = Policy(str(tmp_path), PromptSettings())
    with pytest.raises(UsageError, match=r"no config\.json"):
        sample(policy, problems, n=1, out=tmp_path / "r", sampling=SamplingParams(5))
