"""Procedural problems from reasoning-gym: ``gym:NAME?size=100&seed=0``.

In: the spec. Out: a ProblemSet whose problems carry the entry that reasoning-gym's checker needs.
Problems are generated; nothing is downloaded. Other keys of the query (integers) are passed to the
data set's own configuration, e.g. ``gym:chain_sum?size=50&seed=7&min_terms=3``.

reasoning-gym makes item i from ``seed + i``: two sets share problems where their ranges of seeds
overlap, so keep seeds of train, held-out and worked examples further apart than the sizes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from passgap.data.problems import Problem, ProblemSet
from passgap.errors import MissingExtraError, UsageError

try:
    import reasoning_gym
except ImportError as error:
    raise MissingExtraError("reasoning-gym", "gym") from error


def load_gym(spec: str) -> ProblemSet:
    """Make the problems a ``gym:`` spec names."""
    name, _, query = spec.removeprefix("gym:").partition("?")
    options = {"size": 100, "seed": 0} | {k: _integer(k, v) for k, v in parse_qsl(query)}
    try:
        dataset = reasoning_gym.create_dataset(name, **options)
    except ValueError as error:
        raise UsageError(
            f"{spec!r} is not a reasoning-gym data set ({error}); correct the name after gym:"
        ) from error
    except TypeError as error:
        raise UsageError(
            f"{spec!r} has an option that {name} does not accept ({error}); leave it out"
        ) from error
    templates = getattr(dataset, "task_indices", None)  # gsm_symbolic: which of its 100 templates
    return ProblemSet.of(
        spec,
        (
            _problem(dataset[i], None if templates is None else templates[i])
            for i in range(options["size"])
        ),
    )


def _integer(key: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise UsageError(f"{key}={value!r} in a gym: spec; allowed: an integer") from None


def _problem(entry: Mapping[str, object], template: int | None) -> Problem:
    plain = json.loads(json.dumps(entry, default=str))
    return Problem(
        question=str(entry["question"]),
        reference=str(entry["answer"]),
        verifier="gym",
        metadata={"entry": plain} | ({} if template is None else {"cluster": str(template)}),
    )
