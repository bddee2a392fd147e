"""Data and reward files of trainers without a launch script, read and called as they do."""

import json
from dataclasses import replace

import polars as pl
import pytest

pytest.importorskip("torch", reason="needs passgap[lm]")

import trainer_calls as calls
from test_exporters import CHAT, HOSTILE, KNOWN, PROBLEMS, TEMPLATE, settings, tokenizer_folder
from trainer_calls import Drawn
from trainer_examples import loaded

from passgap.data.policies import Policy, PromptSettings
from passgap.errors import MismatchError, UsageError
from passgap.launch import rows_of, write_job
from passgap.runs.watch import read_watch

USER = PromptSettings(template="chat", template_name="chat")
TRAINERS = ["slime", "skyrl", "ms-swift", "areal", "nemo-rl", "verifiers"]
USED = {"max_tokens": 64, "group_size": 4, "temperature": 1.0, "eval_draws": 4}
SAID = {
    PROBLEMS[0].id: ("The answer is \\boxed{1}", "\\boxed{2}"),
    PROBLEMS[1].id: ("\\boxed{0.5}", "\\boxed{3}"),
    PROBLEMS[2].id: ("Paris", "Lyon"),
}


@pytest.fixture
def export(tmp_path):
    def made(trainer, prompt=USER, **more):
        folder = tokenizer_folder(tmp_path / "policy", TEMPLATE)
        train, held = rows_of(PROBLEMS[:2], prompt, KNOWN), rows_of(PROBLEMS[2:], prompt)
        out, asked = tmp_path / trainer, settings(**more)
        write_job(trainer, train, held, Policy(folder, prompt), out, settings=asked, source="geo")
        return out

    return made


def lines(out, name):
    file = next(out.glob(f"{name}.*"))
    if file.suffix == ".parquet":
        return pl.read_parquet(file).to_dicts()
    with open(file, encoding="utf-8") as found:
        return [json.loads(line) for line in found]


def drawn(out, id_of, ended=("stop", "length")):
    """One correct and one incorrect completion of every problem, training and held out."""
    given = [*lines(out, "train"), *lines(out, "val")]
    return [
        Drawn(line, text, end)
        for line in given
        for text, end in zip(SAID[id_of(line)], ended, strict=True)
    ]


def check(out, rewards, *, ended=True, tokens=True):
    assert rewards == [1.0, 0.0] * 3
    training, held_out = read_watch(out / "watch"), read_watch(out / "watch_held_out")
    assert sorted(training["problem_id"]) == sorted([p.id for p in PROBLEMS[:2]] * 2)
    assert held_out["problem_id"].to_list() == [PROBLEMS[2].id] * 2
    for rows in (training, held_out):
        assert set(rows.filter(reward=1.0)["status"]) == {"correct"}
        assert set(rows.filter(reward=0.0)["status"]) == {"incorrect"}
        assert set(rows.filter(reward=0.0)["finish_reason"]) == ({"length"} if ended else {None})
        assert rows["tokens"].null_count() == (0 if tokens else len(rows))
    return training


def test_slime(export):
    out = export("slime")
    module = loaded(out, "reward")
    found = calls.slime(module.right, drawn(out, lambda line: line["metadata"]["problem_id"]))
    module.REWARD.flush()
    check(out, found)


def test_skyrl(export, monkeypatch):
    calls.skyrl_modules(monkeypatch)
    out = export("skyrl")
    module = loaded(out, "env")
    found = calls.skyrl(module.PassgapEnv, drawn(out, lambda line: line["problem_id"]))
    module.REWARD.flush()
    check(out, found, ended=False, tokens=False)
    assert lines(out, "train")[0]["env_class"] == "passgap"


def test_ms_swift(export, monkeypatch):
    orms = calls.ms_swift_modules(monkeypatch)
    out = export("ms-swift")
    module = loaded(out, "plugin")
    given = drawn(out, lambda line: line["problem_id"])
    found = calls.ms_swift(orms["passgap"], given, step=4)
    module.REWARD.flush()
    assert set(check(out, found, tokens=False)["step"]) == {4}


def test_areals_texts_have_special_tokens_and_are_cut_at_the_limit(export):
    out = export("areal", max_tokens=100)

    def sampled(one):
        return f"{one.text}<eos>" if one.ended == "stop" else one.text.rjust(100)

    given = [replace(one, text=sampled(one)) for one in drawn(out, lambda line: line["problem_id"])]
    rows = check(out, calls.areal(out, "reward", given))
    assert set(rows.filter(status="correct")["finish_reason"]) == {"stop"}


def test_nemo_rl(export, monkeypatch):
    calls.nemo_rl_modules(monkeypatch)
    out = export("nemo-rl")
    given = drawn(out, lambda line: json.loads(line["output"])["problem_id"])
    found = calls.nemo_rl(loaded(out, "environment").PassgapEnvironment, given)
    check(out, found, ended=False, tokens=False)


def test_verifiers(export, monkeypatch):
    calls.verifiers_modules(monkeypatch)
    out = export("verifiers")
    module = loaded(out, "passgap_problems")
    tasks, given = [], []
    for split, name in (("train", "train"), ("held_out", "val")):
        config = calls.Data(split=split, task=None)
        for task, line in zip(
            module.PassgapTaskset(config=config).load(), lines(out, name), strict=True
        ):
            assert task.key == task.data.id == line["problem_id"]
            assert task.data.prompt == line["prompt"]
            tasks += [task, task]
            given += [
                Drawn(line, text, end)
                for text, end in zip(SAID[task.key], ("stop", "length"), strict=True)
            ]
    found = calls.verifiers(tasks, given)
    module.REWARD.flush()
    check(out, found)


def test_slimes_plain_prompts_begin_as_the_tokenizer_begins_them(export):
    out = export("slime", prompt=PromptSettings())
    assert lines(out, "train")[1]["input"] == f"<bos>{HOSTILE}"
    assert "--apply-chat-template" not in (out / "README.md").read_text(encoding="utf-8")
    assert json.loads((out / "special_tokens.json").read_text()) == ["<bos>", "<eos>"]


@pytest.mark.parametrize("trainer", TRAINERS)
def test_the_readme_says_where_the_files_go(export, trainer):
    out = export(trainer, group_size=4)
    told = (out / "README.md").read_text(encoding="utf-8")
    assert told.startswith("# ")
    assert ": 2 problems of geo, 1 held out" in told.splitlines()[0]
    assert "per problem is 4 in training" in told
    assert "no training on GPUs was run" in told
    asked = json.loads((out / "settings.json").read_text())
    assert (asked["trainer"], asked["settings"]) == (trainer, USED)
    for file in (*out.glob("*.py"), *out.glob("train.*"), *out.glob("val.*")):
        assert (file.stem if file.suffix == ".py" else file.name) in told
    (code,) = out.glob("*.py")
    compile(code.read_text(encoding="utf-8"), str(code), "exec")


@pytest.mark.parametrize("trainer", TRAINERS[1:])
def test_a_prompt_that_is_no_message_is_refused(export, trainer):
    with pytest.raises(UsageError, match=f"{trainer} shows every prompt through .*--template chat"):
        export(trainer, prompt=PromptSettings())


def test_nemo_rl_takes_one_message(export):
    with pytest.raises(UsageError, match="2 messages; nemo-rl takes one"):
        export("nemo-rl", prompt=CHAT)


def test_a_changed_line_is_refused(export):
    out = export("slime")
    module = loaded(out, "reward")
    (one, *_) = drawn(out, lambda line: line["metadata"]["problem_id"])
    one.line["metadata"]["reference"] = "2"
    with pytest.raises(MismatchError, match="was changed"):
        calls.slime(module.right, [one])
