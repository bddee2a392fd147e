"""Broken logs of every format: an error of one line with its exit code, or a run; no traceback."""

import json
import random
import shutil

import pytest
from small_logs import LOGS
from test_golden_formats import LOGS_OF

from passgap.errors import PassgapError, UsageError
from passgap.logs import FORMATS, Asked, find_log, import_found, parse_condition

DEEP = 1000
VALUES = (  # in the place of any value
    *(None, True, -1, 10**400, 1e308, float("nan"), float("inf"), "", "\ud800", "\0", "x" * 9999),
    *([], {}, [[]], ["a", 1], [None], {"a": {"b": None}}, "nan", "2026-11-30", "{{ x }}", 0.5),
)
ASKED = (
    *({}, {"label": "score"}, {"label": "exact_match"}, {"step": 1}, {"where": (("model", "x"),)}),
    {"correct_if": parse_condition("score>=1")},
)


def nested(depth):
    return '{"a": ' * depth + "1" + "}" * depth


def places(value, at=()):
    """The place of every value within an object."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for name, one in inside:
        yield (*at, name)
        if isinstance(one, dict | list):
            yield from places(one, (*at, name))


def changed(document, chance):
    """The document with one value replaced, removed, or taken from elsewhere in it."""
    where = list(places(document)) if isinstance(document, dict | list) else []
    if not where:
        return document
    at = chance.choice(where)
    holder = document
    for name in at[:-1]:
        holder = holder[name]
    if chance.random() < 0.3:
        del holder[at[-1]]
    elif chance.random() < 0.3 and isinstance(holder, dict):
        holder[at[-1]] = [holder[at[-1]]] * chance.randrange(3)
    else:
        holder[at[-1]] = chance.choice(VALUES)
    return document


def mutated(text, chance):
    """The text of a JSON log, broken in one way or another."""
    kind = chance.randrange(12)
    if kind == 0:
        return text[: chance.randrange(len(text))].encode()
    if kind == 1:
        return b"\xef\xbb\xbf" + text.encode()
    if kind == 2:
        return chance.choice([b"", b"\n", b"\xff\xfe", b"null", b"[]", b"{}", b"[1, 2]", b'"a"'])
    if kind == 3:
        return chance.choice([nested(DEEP), "[" * DEEP, nested(DEEP) + "\n" + text]).encode()
    if kind == 4:
        at = chance.randrange(len(text))
        return text[:at].encode() + bytes(chance.randrange(256) for _ in range(4))
    lines = text.splitlines() if text.count("\n{") else [text]
    try:
        documents = [json.loads(line) for line in lines]
    except ValueError:
        documents, lines = [json.loads(text)], [text]
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(documents))
        documents[at] = changed(documents[at], chance)
    return "\n".join(map(json.dumps, documents)).encode()


def files_of(log):
    """The text files of a golden log."""
    path = LOGS / log
    inside = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [one for one in inside if one.suffix in (".json", ".jsonl")]


def fate(log, place, chance):
    """What becomes of a copy of a log with one broken file: None, or the error."""
    source = LOGS / log
    copy = place / source.name
    if source.is_dir():
        shutil.copytree(source, copy)
    else:
        place.mkdir(parents=True)
        shutil.copy(source, copy)
    broken = chance.choice(files_of(log)).relative_to(source.parent)
    (place / broken).write_bytes(mutated((place / broken).read_text(), chance))
    name = chance.choice([None, LOGS_OF[log], LOGS_OF[log]])
    asked = chance.choice(ASKED)
    try:
        asks = Asked(**asked)
        import_found(find_log(FORMATS, name, [copy], asked=asks), place / "run", asks)
    except PassgapError as error:
        return error
    finally:
        shutil.rmtree(place)
    return None


TEXTS = [log for log in LOGS_OF if files_of(log)]


def sweep(tmp_path, log, seeds):
    for seed in seeds:
        chance = random.Random(f"{log} {seed}")
        error = fate(log, tmp_path / str(seed), chance)
        if error is not None:
            assert error.exit_code in (1, 2), (log, seed)
            assert "\n" not in str(error).strip(), (log, seed, str(error))
            assert len(str(error)) < 3000, (log, seed, str(error))


@pytest.mark.parametrize("log", TEXTS)
def test_broken_logs_end_in_one_line(tmp_path, log):
    sweep(tmp_path, log, range(10))


def test_surrogates_and_line_breaks_stay_out_of_reasons_and_names(tmp_path):
    lines = (LOGS / "tinker/trajectories.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    log = tmp_path / "trajectories.jsonl"
    for field, value in (("error", "\ud800"), ("model", "a\nb")):
        log.write_text("".join(json.dumps({**row, field: value}) + "\n" for row in rows))
        found = find_log(FORMATS, "tinker", [log])
        run = import_found(found, tmp_path / field, Asked()).run
        assert set(run.draws().values()) == {3}
    with pytest.raises(UsageError, match=r"model is a b\)"):
        import_found(found, tmp_path / "none", Asked(where=(("model", "x"),)))


@pytest.mark.parametrize(
    "seeds",
    [
        pytest.param(range(10, 40), marks=pytest.mark.slow),
        pytest.param(range(40, 150), marks=pytest.mark.soak),
    ],
    ids=str,
)
@pytest.mark.parametrize("log", TEXTS)
def test_many_broken_logs_end_in_one_line(tmp_path, log, seeds):
    sweep(tmp_path, log, seeds)
