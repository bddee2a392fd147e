"""Prompts with images: what a vision-language model draws, and who refuses them before loading."""

import dataclasses
import json
from io import BytesIO

import pytest

torch = pytest.importorskip("torch", reason="needs passgap[lm]")
pytest.importorskip("PIL", reason="needs passgap[lm]")

import PIL.Image  # noqa: E402
from transformers import AutoModelForImageTextToText, AutoProcessor  # noqa: E402

from passgap.data.completions import Block  # noqa: E402
from passgap.data.policies import Policy, PromptSettings, SamplingParams  # noqa: E402
from passgap.data.problems import Problem, ProblemSet  # noqa: E402
from passgap.engines import check_images  # noqa: E402
from passgap.engines.transformers import TransformersEngine  # noqa: E402
from passgap.engines.transformers.loading import check_decodes_images  # noqa: E402
from passgap.engines.transformers.vision import Shown  # noqa: E402
from passgap.errors import UsageError  # noqa: E402
from passgap.problems import render  # noqa: E402
from passgap.runs import Run  # noqa: E402
from passgap.stages.sampling import sample  # noqa: E402
from passgap.stages.scoring import score, scoring_digest  # noqa: E402
from tests.engines.vision_models import QwenProcessor, llava, make_tokenizer, qwen2_vl  # noqa: E402
from tests.pictures import GIF, png, shown, shown_set  # noqa: E402

CHAT = PromptSettings("chat", "chat")
MIXED = ProblemSet.of(
    "mixed", [*shown_set(3), Problem("What is 1 + 1?", "2"), shown(4, [png(9, 30), GIF])]
)


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    return Policy(str(llava(tmp_path_factory.mktemp("llava"))), CHAT)


@pytest.fixture(scope="module")
def llava_engine(policy):
    return TransformersEngine.load(policy, MIXED, SamplingParams(8))


def drawn(engine, problems, draws=4, seed=7):
    prompts = [render(problem, CHAT) for problem in problems]
    return engine.complete(Block(tuple(p.id for p in problems), 0, draws, seed), prompts)


def scores(engine, problems, completions):
    prompts = {problem.id: render(problem, CHAT) for problem in problems}
    return engine.score([(prompts[c.problem_id], c.token_ids) for c in completions])


def whole_pass(model, given, completion):
    """The log-probability of a completion by one pass of the model, without cache or positions."""
    answer = torch.tensor([completion.token_ids])
    more = {"input_ids": torch.cat([given["input_ids"], answer], dim=1)}
    if "mm_token_type_ids" in given:
        kinds = given["mm_token_type_ids"]
        more["mm_token_type_ids"] = torch.cat([kinds, torch.zeros_like(answer)], dim=1)
    features = {k: v for k, v in given.items() if k not in ("attention_mask", *more)}
    with torch.inference_mode():
        logits = model(**features, **more).logits
    steps = torch.log_softmax(logits[0, given["input_ids"].shape[1] - 1 : -1].float(), -1)
    return float(steps.gather(1, answer.T).sum())


def without_marks(completions):
    """Without draws of the image's own mark, which a pass of the whole would take for an image."""
    kept = [c for c in completions if 2 not in c.token_ids]
    assert len(kept) > len(completions) / 2
    return kept


def test_draws_have_the_log_probability_of_the_models_own_pass(policy, llava_engine):
    model = AutoModelForImageTextToText.from_pretrained(policy.path).eval()
    processor = AutoProcessor.from_pretrained(policy.path)
    for problem in MIXED.problems[:3]:
        picture = PIL.Image.open(BytesIO(problem.images[0].read())).convert("RGB")
        text = f"user: <image>{problem.question}assistant: "
        given = processor(text=text, images=picture, return_tensors="pt")
        for completion in without_marks(drawn(llava_engine, [problem])):
            own = whole_pass(model, given, completion)
            assert completion.logprob == pytest.approx(own, abs=1e-3)


def test_scores_of_texts_and_images_together_are_those_of_the_draws(llava_engine):
    completions = drawn(llava_engine, MIXED)
    found = scores(llava_engine, MIXED, completions)
    assert found == pytest.approx([c.logprob for c in completions], abs=1e-3)


def test_what_is_drawn_depends_on_the_image_and_not_on_the_batch(policy, llava_engine):
    problems = shown_set(3)
    together = drawn(llava_engine, problems)
    assert len({c.token_ids for c in together if c.draw == 0}) > 1
    answers = [[c for c in together if c.problem_id == problems.problems[0].id]] * 3
    other = [
        dataclasses.replace(c, problem_id=p.id)
        for p, several in zip(problems, answers, strict=True)
        for c in several
    ]
    by_image = scores(llava_engine, problems, other)
    assert len({round(value, 4) for value in by_image[::4]}) == 3
    few = TransformersEngine.load(policy, MIXED, SamplingParams(8), batch_size=2)
    assert [c.token_ids for c in drawn(few, problems)] == [c.token_ids for c in together]


def test_positions_in_three_dimensions_are_the_models_own():
    model, tokenizer = qwen2_vl(), make_tokenizer()
    processor = QwenProcessor(tokenizer)
    engine = TransformersEngine(model, tokenizer, SamplingParams(8), processor=processor)
    completions = drawn(engine, MIXED)
    assert int(model.model.rope_deltas) < 0  # an image takes fewer positions than tokens
    found = scores(engine, MIXED, completions)
    assert found == pytest.approx([c.logprob for c in completions], abs=1e-3)
    encoded = {p.id: engine.encoded(render(p, CHAT)) for p in MIXED if p.images}
    for completion in without_marks([c for c in completions if c.problem_id in encoded]):
        prompt = encoded[completion.problem_id]
        given = {"input_ids": torch.tensor([prompt.ids]), **prompt.features()}
        assert completion.logprob == pytest.approx(whole_pass(model, given, completion), abs=1e-3)


def test_two_images_behind_one_text_are_two_prompts(llava_engine):
    one, two = (llava_engine.encoded(render(shown(n), CHAT)) for n in (1, 2))
    assert isinstance(one, Shown)
    assert one.ids == two.ids
    assert one != two


def test_a_run_with_images_is_sampled_resumed_and_scored(policy, tmp_path):
    settings = {"n": 4, "out": tmp_path / "run", "sampling": SamplingParams(4), "block_size": 4}
    run = sample(policy, MIXED, **settings)
    before = run.scan_completions().collect()
    (run.path / "completions" / run.completion_names()[0]).unlink()
    again = sample(policy, MIXED, **settings)
    assert again.scan_completions().collect().equals(before)
    key = score(Run(run.path), policy)
    assert key == scoring_digest(run, policy)
    for name in run.completion_names():
        logprob = run.read_completions(name, ["logprob"])["logprob"]
        assert run.read_logprobs(key, name)["logprob"].to_list() == pytest.approx(
            logprob.to_list(), abs=1e-3
        )


def test_an_image_that_cannot_be_decoded_is_named(llava_engine):
    cut = shown(1, [png(1, 40)[:60]])
    with pytest.raises(UsageError, match=rf"image {cut.images[0].name} cannot be decoded"):
        drawn(llava_engine, [cut])


def refused(policy, out, engine="transformers", **more):
    with pytest.raises(UsageError) as error:
        sample(policy, shown_set(), n=1, out=out, sampling=SamplingParams(4), engine=engine, **more)
    assert not out.exists()
    return str(error.value)


def test_a_model_without_images_is_refused_before_it_is_loaded(tmp_path, monkeypatch):
    folder = tmp_path / "text"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))
    for engine in ("transformers", "ray:transformers"):
        assert refused(Policy(str(folder), CHAT), tmp_path / "run", engine) == (
            f"4 problems have images, which the model {folder} cannot read; use a vision-language "
            "model (image-text-to-text)"
        )


def test_a_prompt_without_messages_is_refused(policy, tmp_path):
    plain = dataclasses.replace(policy, prompt=PromptSettings())
    assert refused(plain, tmp_path / "run") == (
        "4 problems have images, which the prompt 'plain' cannot read; use --template chat or boxed"
    )


def test_an_engine_that_says_nothing_of_images_is_refused(policy, install):
    code = (
        "from passgap.engines.base import Capabilities, Engine\n"
        "class Texts(Engine):\n"
        "    capabilities = Capabilities(\n"
        "        logprobs=False, token_ids=False, seeds='none', scores=False)\n"
        "    @classmethod\n"
        "    def load(cls, policy, problems, sampling): return cls()\n"
        "    def describe(self): return {}\n"
        "    def complete(self, block, prompts): return []\n"
    )
    install({"texts.py": code}, {"passgap.engines": {"texts": "texts:Texts"}})
    with pytest.raises(UsageError, match="engine 'texts' cannot read; use transformers, vllm or"):
        check_images("texts", policy, shown_set())


@pytest.mark.parametrize("kind", ["qwen3_5", "mllama", "t5gemma2"])
def test_other_attention_is_refused_by_its_configuration(kind, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
    with pytest.raises(UsageError, match=f"does not read images with {kind}; use --engine vllm"):
        check_decodes_images(Policy(str(tmp_path)))


@pytest.mark.parametrize("kind", ["llava", "qwen2_5_vl", "qwen3_vl", "gemma3", "smolvlm"])
def test_common_models_are_taken_by_their_configuration(kind, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
    check_decodes_images(Policy(str(tmp_path)))
    check_images("transformers", Policy(str(tmp_path), CHAT), shown_set())
