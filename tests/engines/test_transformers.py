"""The transformers engine samples exactly what SamplingParams says, and says what it did."""

import dataclasses
import shutil
from copy import deepcopy

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs passgap[lm]")

from transformers import (  # noqa: E402
    AutoModelForCausalLM,
    Gemma3TextConfig,
    GenerationConfig,
    Lfm2Config,
    LlamaConfig,
    LlamaForCausalLM,
)

from passgap.data.completions import Block, cut_at_stop  # noqa: E402
from passgap.data.policies import Policy, Prompt, PromptSettings, SamplingParams  # noqa: E402
from passgap.data.problems import Problem, ProblemSet  # noqa: E402
from passgap.engines.transformers import TransformersEngine, cache, decoding  # noqa: E402
from passgap.engines.transformers.loading import load_model  # noqa: E402
from passgap.errors import PassgapError, UsageError, WorkError  # noqa: E402
from passgap.lab.folders import lab_policy_path  # noqa: E402
from passgap.lab.pretrain import make_tokenizer  # noqa: E402
from passgap.stages.sampling import sample  # noqa: E402

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
        theirs = sampler.complete(BLOCK, PROMPTS)
    finally:
        model.generation_config = before
    ours = engine(model, tokenizer).complete(BLOCK, PROMPTS)
    ended_by_5 = [
        (*c.token_ids[: c.token_ids.index(5)], 5) if 5 in c.token_ids else c.token_ids for c in ours
    ]
    assert [c.token_ids for c in theirs] == ended_by_5
    assert effective == {
        "temperature": 1.0,
        "top_p": 1.0,
        "top_k": 0,
        "max_tokens": 12,
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


def same(one, other):
    assert [c.token_ids for c in one] == [c.token_ids for c in other]
    assert [c.logprob for c in one] == pytest.approx([c.logprob for c in other], abs=1e-4)


@pytest.mark.parametrize("batch_size", [1, 2, 7])
def test_which_rows_are_decoded_together_does_not_matter(model, tokenizer, batch_size):
    settings = SamplingParams(max_tokens=80)
    block = dataclasses.replace(BLOCK, size=9)
    together = TransformersEngine(model, tokenizer, settings, batch_size=64)
    apart = TransformersEngine(model, tokenizer, settings, batch_size=batch_size)
    one = together.complete(block, PROMPTS)
    assert len({len(c.token_ids) for c in one}) > 8
    same(one, apart.complete(block, PROMPTS))


def test_a_long_prompt_may_come_after_many_short_draws(model, tokenizer):
    """By then the columns of earlier rows have been dropped, and it needs more than are left."""
    prompts = [Prompt("A:"), Prompt("R:" + "abcdef" * 20 + "=")]
    block, settings = Block(("x", "y"), 0, 150, seed=7), SamplingParams(max_tokens=3)
    together = TransformersEngine(model, tokenizer, settings, batch_size=300)
    apart = TransformersEngine(model, tokenizer, settings, batch_size=4)
    for a, b in zip(together.complete(block, prompts), apart.complete(block, prompts), strict=True):
        assert a.text == b.text
        assert a.logprob == pytest.approx(b.logprob, abs=1e-4)


def test_rows_that_only_leave_draw_the_same(model, tokenizer, monkeypatch):
    sampler = engine(model, tokenizer, max_tokens=80)
    one = sampler.complete(BLOCK, PROMPTS)
    monkeypatch.setattr(cache, "joins_late", lambda model: False)
    sampler = TransformersEngine(model, tokenizer, SamplingParams(max_tokens=80), batch_size=4)
    same(one, sampler.complete(BLOCK, PROMPTS))


def tiny(config_class, **options):
    """A random model of another architecture on the lab's 32 tokens."""
    torch.manual_seed(0)
    common = {
        "vocab_size": 32,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "eos_token_id": 1,
        "pad_token_id": 0,
        "bos_token_id": None,
        "initializer_range": 0.4,
    }
    config = config_class(**common | options)
    return AutoModelForCausalLM.from_config(config).eval()


@pytest.mark.parametrize(
    ("config_class", "options"),
    [
        (LlamaConfig, {"num_key_value_heads": 2}),
        (
            Gemma3TextConfig,
            {
                "num_key_value_heads": 1,
                "head_dim": 8,
                "sliding_window": 4,
                "layer_types": ["sliding_attention", "full_attention"],
            },
        ),
        (Lfm2Config, {"num_key_value_heads": 2, "layer_types": ["conv", "full_attention"]}),
    ],
    ids=["grouped heads", "sliding window", "convolution"],
)
def test_other_architectures_draw_from_their_own_distribution(config_class, options, tokenizer):
    other = tiny(config_class, **options)
    sampler = TransformersEngine(other, tokenizer, SamplingParams(max_tokens=20), batch_size=4)
    drawn = sampler.complete(BLOCK, PROMPTS)
    prompts = dict(zip(BLOCK.problem_ids, PROMPTS, strict=True))
    for completion in drawn:
        forced = forced_logprob(other, tokenizer, prompts[completion.problem_id], completion)
        assert completion.logprob == pytest.approx(forced, abs=2e-4)


@pytest.mark.slow
def test_a_batch_that_does_not_fit_is_halved_and_the_draws_stay(model, tokenizer, monkeypatch):
    sampler = engine(model, tokenizer, max_tokens=40)
    one = sampler.complete(BLOCK, PROMPTS)
    forward = type(model).forward

    def small_memory(self, input_ids, **options):
        if len(input_ids) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return forward(self, input_ids=input_ids, **options)

    monkeypatch.setattr(type(model), "forward", small_memory)
    same(one, sampler.complete(BLOCK, PROMPTS))
    described = sampler.describe()
    assert (described["batch_size"], described["batch_size_asked"]) == (4, 64)


@pytest.mark.slow
def test_no_memory_for_one_sequence_is_told(model, tokenizer, monkeypatch):
    def no_memory(self, **options):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(type(model), "forward", no_memory)
    with pytest.raises(WorkError, match=r"out of memory with one sequence.*lower --max-tokens"):
        engine(model, tokenizer).complete(BLOCK, PROMPTS)


def test_another_failure_is_not_taken_for_a_lack_of_memory(model, tokenizer, monkeypatch):
    def broken(self, **options):
        raise RuntimeError("shapes differ")

    monkeypatch.setattr(type(model), "forward", broken)
    with pytest.raises(RuntimeError, match="shapes differ"):
        engine(model, tokenizer).complete(BLOCK, PROMPTS)


@pytest.mark.parametrize(
    "settings", [{}, {"temperature": 0.6}, {"top_k": 5}, {"top_p": 0.7, "temperature": 1.3}]
)
def test_scoring_gives_what_drawing_reported(model, tokenizer, settings):
    sampler = engine(model, tokenizer, **settings)
    drawn = sampler.complete(BLOCK, PROMPTS)
    prompts = dict(zip(BLOCK.problem_ids, PROMPTS, strict=True))
    scores = sampler.score([(prompts[c.problem_id], c.token_ids) for c in drawn])
    assert scores == pytest.approx([c.logprob for c in drawn], abs=1e-4)


def test_what_truncation_leaves_out_has_no_probability(model, tokenizer):
    wide = engine(model, tokenizer).complete(BLOCK, PROMPTS)
    narrow = engine(model, tokenizer, top_k=2)
    prompts = dict(zip(BLOCK.problem_ids, PROMPTS, strict=True))
    scores = narrow.score([(prompts[c.problem_id], c.token_ids) for c in wide])
    assert -np.inf in scores


def test_drawing_inverts_the_distribution_function():
    logprobs = torch.log(torch.tensor([[0.0, 0.25, 0.0, 0.75, 0.0]] * 5))
    uniform = np.array([0.0, 0.2499, 0.2501, 0.5, np.nextafter(1, 0)])
    assert decoding.pick(logprobs, uniform).tolist() == [1, 1, 3, 3, 3]


def test_weights_that_are_no_numbers_are_told(model, tokenizer):
    broken = deepcopy(model)
    with torch.no_grad():
        next(broken.parameters()).fill_(float("nan"))
    with pytest.raises(WorkError, match="probabilities are not finite"):
        engine(broken, tokenizer).complete(BLOCK, PROMPTS)


def test_streams_are_the_rows_own_and_differ():
    streams = decoding.Streams(7, 50)
    rows, steps = np.arange(50), np.arange(50) * 5
    numbers = streams.at(rows, steps)
    assert len(set(numbers)) == 50
    assert np.array_equal(streams.at(rows[::-1], steps[::-1])[::-1], numbers)
    assert not np.array_equal(decoding.Streams(8, 50).at(rows, steps), numbers)


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
    for shard in torn.completion_names()[1:3]:
        (torn.path / "completions" / shard).unlink()
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


def test_the_one_who_waits_is_told_within_a_block(model, tokenizer):
    sampler, told = engine(model, tokenizer), []
    sampler.tell = lambda completions, tokens: told.append((completions, tokens))
    drawn = sampler.complete(BLOCK, PROMPTS)
    assert sum(completions for completions, _ in told) == len(drawn) == 15
    assert sum(tokens for _, tokens in told) >= sum(c.token_count for c in drawn) - 15
    first = told.index(next(one for one in told if one[1]))
    assert sum(completions for completions, _ in told[:first]) < len(drawn)  # not at the end


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("tokenizer.json", b'{"model": 3', "tokenizer"),
        ("tokenizer.json", b'{"model": {"vocab": [1]}}', "tokenizer"),
        ("model.safetensors", b"\x10\x00\x00\x00\x00\x00\x00\x00{", "model"),
        ("config.json", b'{"model_type": "nothing"}', "tokenizer|model"),
    ],
)
def test_a_damaged_policy_is_told_in_one_line(tmp_path, name, content, what):
    shutil.copytree(lab_policy_path("base"), tmp_path / "policy")
    (tmp_path / "policy" / name).write_bytes(content)
    with pytest.raises(PassgapError, match=f"the ({what}) of .* cannot be loaded") as told:
        load_model(Policy(str(tmp_path / "policy")))
    assert "\n" not in str(told.value)
