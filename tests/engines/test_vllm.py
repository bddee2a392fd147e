"""The vllm adapter against a module of vllm's face; the real one: make test-vllm."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from passgap.data.policies import Policy, PromptSettings, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import UsageError, WorkError
from passgap.problems import render
from passgap.stages.sampling import sample
from tests.pictures import shown_set

CREATED: list[dict] = []
SENT: list = []


class Parameters:
    def __init__(self, **settings):
        self.__dict__.update(settings)


class Tokenizer:
    chat_template = bos_token_id = None

    def get_vocab(self):
        return {"a": 0, "b": 1}

    def __call__(self, text):
        return {"input_ids": list(text.encode())}


class FakeLLM:
    ends = "stop"

    def __init__(self, **arguments):
        CREATED.append(arguments)

    def get_tokenizer(self):
        return Tokenizer()

    def generate(self, prompts, params, use_tqdm):
        SENT.extend(zip(prompts, params, strict=True))
        return [SimpleNamespace(outputs=[self.choice(p, i) for i in range(p.n)]) for p in params]

    def chat(self, messages, params, use_tqdm):
        return self.generate(messages, params, use_tqdm)

    def choice(self, params, index):
        token = (params.seed + index) % 1000
        return SimpleNamespace(
            index=index, text=f"{params.seed + index}", token_ids=[token, 2],
            finish_reason=self.ends,
            logprobs=[{token: SimpleNamespace(logprob=-1.5)}, {2: SimpleNamespace(logprob=-0.25)}],
        )  # fmt: skip


@pytest.fixture
def vllm(monkeypatch):
    module = ModuleType("vllm")
    module.LLM, module.SamplingParams = FakeLLM, Parameters
    platforms = ModuleType("vllm.platforms")
    platforms.current_platform = SimpleNamespace(is_cpu=lambda: False)
    monkeypatch.setitem(sys.modules, "vllm", module)
    monkeypatch.setitem(sys.modules, "vllm.platforms", platforms)
    monkeypatch.delitem(sys.modules, "passgap.engines.vllm", raising=False)
    CREATED.clear()
    SENT.clear()
    yield FakeLLM
    sys.modules.pop("passgap.engines.vllm", None)


@pytest.fixture
def policy(tmp_path):
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "config.json").write_text("{}")
    return Policy(str(tmp_path / "policy"))


def draw(policy, problems, out, n=6, params=None, **options):
    given = {"engine_args": {"max_model_len": "512", "dtype": "float32"}} | options
    return sample(
        policy, problems, n=n, out=out, sampling=params or SamplingParams(9), engine="vllm",
        block_size=30, **given,
    )  # fmt: skip


def test_a_block_a_call_with_seeds_of_our_own(vllm, policy, twenty, tmp_path):
    run = draw(policy, twenty, tmp_path / "run", params=SamplingParams(9, top_p=0.9, stop=("x",)))
    draw(policy, twenty, tmp_path / "run", n=10, top_up=True,
         params=SamplingParams(9, top_p=0.9, stop=("x",)))  # fmt: skip
    (first, second) = CREATED
    assert first == second
    assert first["logprobs_mode"] == "processed_logprobs"
    assert first["seed"] != 0
    assert (first["max_model_len"], first["dtype"]) == (512, "float32")
    seeds = [(bytes(p["prompt_token_ids"]), s.seed + i) for p, s in SENT for i in range(s.n)]
    assert len(set(seeds)) == len(seeds) == 200
    wanted = {"temperature": 1.0, "top_p": 0.9, "top_k": -1, "min_p": 0.0, "max_tokens": 9,
              "repetition_penalty": 1.0, "stop": ["x"], "logprobs": 0}  # fmt: skip
    assert {name: vars(SENT[0][1])[name] for name in wanted} == wanted
    frame = run.scan_completions().collect()
    assert set(frame["logprob"]) == {-1.75}
    assert frame["token_ids"].list.len().unique().to_list() == [2]


def test_an_aborted_completion_leaves_its_block_owed(vllm, policy, twenty, tmp_path, monkeypatch):
    monkeypatch.setattr(vllm, "ends", "abort")
    with pytest.raises(WorkError, match=r"with 'abort', so its batch is not saved"):
        draw(policy, twenty, tmp_path / "run")


def test_what_passgap_sets_cannot_be_given(vllm, policy, twenty, tmp_path):
    with pytest.raises(UsageError, match="'seed' is set by passgap"):
        draw(policy, twenty, tmp_path / "run", engine_args={"seed": "3"})
    with pytest.raises(UsageError, match="'hf_token' would be stored with the run"):
        draw(policy, twenty, tmp_path / "run", engine_args={"hf_token": "hf_x"})


def test_scoring_under_other_settings_is_refused(vllm, policy):
    from passgap.engines.vllm import VllmEngine

    engine = VllmEngine(FakeLLM(), SamplingParams(9, temperature=0.5))
    with pytest.raises(UsageError, match=r"temperature=0\.5.*use --engine transformers"):
        engine.score([])


def test_vllm_missing_is_told_with_its_extra(policy, twenty, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "vllm", None)
    monkeypatch.delitem(sys.modules, "passgap.engines.vllm", raising=False)
    with pytest.raises(UsageError, match=r"pip install 'passgap\[vllm\]'"):
        draw(policy, twenty, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_images_go_through_the_chat_and_texts_as_ids(vllm, policy, tmp_path, monkeypatch):
    pytest.importorskip("transformers", reason="needs passgap[lm]")
    folder = tmp_path / "policy"
    (folder / "config.json").write_text('{"model_type": "qwen2_5_vl", "vision_config": {}}')
    monkeypatch.setattr(Tokenizer, "chat_template", "a template")
    monkeypatch.setattr(
        Tokenizer, "apply_chat_template", lambda self, said, **_: said[0]["content"], raising=False
    )
    monkeypatch.setattr(
        Tokenizer, "__call__", lambda self, text, **_: {"input_ids": list(text.encode())}
    )
    one, two = shown_set(2)
    problems = ProblemSet.of("mixed", [one, Problem("1 + 1?", "2"), two])
    run = draw(Policy(policy.path, PromptSettings("chat")), problems, tmp_path / "run", n=3)
    texts, *images = [prompt for prompt, _ in SENT]
    assert texts == {"prompt_token_ids": list(b"1 + 1?")}
    assert [said[0]["content"][0]["image_url"]["url"] for said in images] == [
        one.images[0].data_url,
        two.images[0].data_url,
    ]
    seeds = {how.seed for _, how in SENT}
    frame = run.scan_completions().collect()
    assert len(seeds) == 3
    assert {i: {int(t) - d for t, d in g.select("text", "draw").iter_rows()} for (i,), g in
            frame.group_by("problem_id")} == {
        p.id: {run.blocks[run.completion_names()[0]].draw_seed(p.id)} for p in problems
    }  # fmt: skip


def test_scoring_with_images_is_refused(vllm, policy):
    pytest.importorskip("transformers", reason="needs passgap[lm]")
    from passgap.engines.vllm import VllmEngine

    engine = VllmEngine.load(policy, shown_set(), SamplingParams(9))
    prompt = render(shown_set(1).problems[0], PromptSettings("chat"))
    with pytest.raises(UsageError, match="scoring with vllm cannot read; use --engine transform"):
        engine.score([(prompt, [1, 2])])
