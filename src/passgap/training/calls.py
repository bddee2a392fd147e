"""One reward call of a trainer as rows: the problem, what was sampled, and its outcome.

In: the rewards and columns of a call in TRL's form, and a rule for what is correct. Out: the rows
to record, and the few numbers of that call that trackers show. Rewards and columns may be lists,
arrays, tensors or iterators; an iterator is read once, and all readers get the list.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Protocol, SupportsFloat, TypeVar, cast

from passgap.errors import UsageError

F = TypeVar("F", bound=Callable[..., object])


class State(Protocol):
    """The part of a trainer's state that is read."""

    global_step: int


@dataclass(frozen=True)
class Call:
    """The rows of one reward call; ``steps`` if they are from several steps, one per row."""

    step: int | None
    columns: dict[str, list[object]]
    steps: list[int] | None = None

    def __len__(self) -> int:
        return len(self.columns["problem_id"])


@dataclass(frozen=True)
class Rule:
    """What counts as correct, and how it is recorded."""

    holds: Callable[[float], bool]
    text: str

    def status(self, reward: float | None) -> str:
        if reward is None or math.isnan(reward):
            return "unscored"
        return "correct" if self.holds(reward) else "incorrect"


def rule_of(correct: Callable[[float], bool] | float) -> Rule:
    """A rule from a threshold or a function of the reward.

    Raises UsageError for anything else.
    """
    if callable(correct):
        return Rule(correct, f"{getattr(correct, '__name__', type(correct).__name__)}(reward)")
    if isinstance(correct, bool) or not isinstance(correct, int | float) or math.isnan(correct):
        raise UsageError(
            f"correct is {correct!r}; allowed: a threshold t for 'reward >= t', or a function of "
            "the reward"
        )
    threshold = float(correct)
    return Rule(lambda reward: reward >= threshold, f"reward >= {threshold:g}")


def call_of(
    rewards: Sequence[float | None],
    columns: Mapping[str, object],
    rule: Rule,
    id_column: str,
    split: tuple[str, object] | None,
    max_tokens: int | None,
    end_tokens: frozenset[int],
    step: int | None,
) -> Call:
    """The rows of a call in TRL's form.

    Raises UsageError if a required column is missing.
    """
    for name in (id_column, *([split[0]] if split else [])):
        if name not in columns:
            raise UsageError(
                f"the reward call has no column {name!r}; it has {', '.join(sorted(columns))}: "
                "add it to the data set, or name another column"
            )
    size = len(rewards)
    problems = [id_of(one) for one in _entries(columns, id_column, size) or ()]
    ids = cast("list[Sequence[int]] | None", _entries(columns, "completion_ids", size))
    ended = _entries(columns, "finish_reason", size)
    # Trainers pass ids but not how they ended: a completion of the maximal length without an end
    # token was cut off. The end token is one of the ids drawn and counts, as in
    # `Completion.token_count`.
    if ended is None and ids is not None and max_tokens is not None:
        ended = ["length" if _is_cut(one, max_tokens, end_tokens) else "stop" for one in ids]
    parts = _entries(columns, split[0], size) if split else None
    kept = [i for i in range(size) if split is None or (parts and parts[i] == split[1])]
    found: dict[str, list[object] | None] = {
        "problem_id": [problems[i] for i in kept],
        "status": [rule.status(rewards[i]) for i in kept],
        "reward": [rewards[i] for i in kept],
        "tokens": None if ids is None else [len(ids[i]) for i in kept],
        "finish_reason": None if ended is None else [ended[i] for i in kept],
    }
    return Call(
        step,
        {name: values for name, values in found.items() if values is not None},
    )


def step_of(columns: Mapping[str, object]) -> int | None:
    """The step that TRL gives with a call."""
    step = getattr(columns.get("trainer_state"), "global_step", None)
    return None if step is None else int(step)


def id_of(value: object) -> str:
    """A problem's id as text; numbers are as good as names.

    Raises UsageError for anything else, such as a missing id: all its problems would be one.
    """
    plain = scalar(value)
    if isinstance(plain, str) and plain:
        return plain
    if isinstance(plain, int) and not isinstance(plain, bool):
        return str(plain)
    raise UsageError(
        f"problem_id is {_shown(value)}; allowed: a text that is not empty, or an integer"
    )


def _is_cut(ids: Sequence[int], max_tokens: int, end_tokens: frozenset[int]) -> bool:
    return len(ids) >= max_tokens and not (len(ids) and int(ids[-1]) in end_tokens)


def _entries(columns: Mapping[str, object], name: str, size: int) -> list[object] | None:
    """A column as a list, None if the call has no such column.

    Raises UsageError if it has another length than the rewards.
    """
    if columns.get(name) is None:
        return None
    entries = _items(columns[name])
    if len(entries) != size:
        raise UsageError(
            f"the reward call has {len(entries)} entries in {name} and {size} completions; every "
            "column needs one entry per completion"
        )
    return entries


def rewards_of(name: str, rewards: object, columns: Mapping[str, object]) -> list[float | None]:
    """What the function ``name`` returned, one number or None per completion.

    ``rewards`` is a list, array, tensor or iterator; None or nan where a completion has none.

    Raises UsageError if there are not as many as completions, naming both numbers, or for a value
    that is not a number.
    """
    drawn = next((columns[c] for c in ("completions", "completion_ids") if c in columns), None)
    size = len(drawn) if isinstance(drawn, Sized) else None
    needed = "one reward per completion, None or nan where there is none"
    if isinstance(rewards, str | bytes | Mapping) or not _is_several(rewards):
        raise UsageError(
            f"{name} returned {_shown(rewards)}; allowed: a list of {size or 'the'} rewards, "
            f"{needed}"
        )
    listed = _items(rewards)
    if size is not None and len(listed) != size:
        raise UsageError(
            f"{name} returned {len(listed)} rewards for {size} completions; needed: {needed}"
        )
    return [_reward(name, i, reward) for i, reward in enumerate(listed)]


def _is_several(rewards: object) -> bool:
    """Whether it can be read entry by entry; a tensor of one number cannot."""
    try:
        return isinstance(rewards, Iterable) and getattr(rewards, "ndim", 1) > 0
    except TypeError:
        return False


def _reward(name: str, index: int, reward: object) -> float | None:
    try:
        if isinstance(reward, str | bytes):
            raise TypeError
        return None if reward is None else float(cast(SupportsFloat, reward))
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{name} returned {_shown(reward)} as the reward of completion {index}; allowed: a "
            "number, None or nan"
        ) from error


def scalar(value: object) -> object:
    """A tensor's or array's single entry as a plain value; anything else as it is."""
    item = getattr(value, "item", None)
    return item() if callable(item) and getattr(value, "shape", None) == () else value


def _items(value: object) -> list[object]:
    """The entries of a list, an array or a tensor."""
    return list(value) if isinstance(value, Iterable) else [value]


def _shown(value: object) -> str:
    return " ".join(repr(value).split())[:80]


def listed(columns: Mapping[str, object]) -> dict[str, object]:
    """Columns whose iterators are lists, so that several may read them."""
    return {name: reread(column) for name, column in columns.items()}


def reread(column: object) -> object:
    """Something that can be read twice: an iterator or a view as a list, everything else as it
    is."""
    if isinstance(column, Iterable) and not hasattr(column, "__getitem__"):
        return list(column)
    return column


def call_metrics(call: Call) -> dict[str, float]:
    """The learning signal of one call, as plain numbers for a tracker.

    ``solved_share`` of the scored completions; ``mixed_share`` of the groups (the scored
    completions of one problem, two or more) that hold both correct and incorrect ones;
    ``unscored_share``; ``completion_length`` in tokens; ``truncated_share``. What a call does not
    provide is absent.
    """
    status = call.columns["status"]
    scored = [s for s in status if s != "unscored"]
    groups = defaultdict(list)
    for problem, mark in zip(call.columns["problem_id"], status, strict=True):
        if mark != "unscored":
            groups[problem].append(mark)
    whole = [len(set(marks)) > 1 for marks in groups.values() if len(marks) > 1]
    found = {"unscored_share": 1 - len(scored) / len(status)}
    if scored:
        found["solved_share"] = scored.count("correct") / len(scored)
    if whole:
        found["mixed_share"] = sum(whole) / len(whole)
    tokens = [count for count in call.columns.get("tokens", ()) if isinstance(count, int)]
    if tokens:
        found["completion_length"] = sum(tokens) / len(status)
    ended = call.columns.get("finish_reason")
    if ended is not None:
        found["truncated_share"] = ended.count("length") / len(status)
    return found


def wrapped(function: F, seen: Callable[[object, Mapping[str, object]], object]) -> F:
    """``function`` that also passes each call's rewards and columns to ``seen``."""
    called = getattr(function, "__call__", function)  # noqa: B004

    async def later(*given: object, **columns: object) -> object:
        placed, named = tuple(map(reread, given)), listed(columns)
        answer = function(*placed, **named)
        rewards = await answer if inspect.isawaitable(answer) else answer
        return seen(rewards, _names(function, placed) | named)

    def now(*given: object, **columns: object) -> object:
        placed, named = tuple(map(reread, given)), listed(columns)
        return seen(function(*placed, **named), _names(function, placed) | named)

    is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)
    found = functools.wraps(function, updated=())(later if is_async else now)
    found.__name__ = getattr(function, "__name__", type(function).__name__)
    return cast(F, found)


def _names(function: Callable[..., object], given: Sequence[object]) -> dict[str, object]:
    """The positional columns, by their names."""
    return dict(inspect.signature(function).bind_partial(*given).arguments) if given else {}
