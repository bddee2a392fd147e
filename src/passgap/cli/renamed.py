"""Old spellings that this version still understands, each with a note on standard error.

In: what was typed. Out: the same in the current spelling; or, for what left the package, the
command that does it. The table is docs/reference/renamed.md.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from passgap.errors import UsageError

FLAGS = {"train": {"--recipe": "--config"}}
WITHOUT_EFFECT = {"compare": {"--budget"}}  # flags with a value that no longer have an effect
OLD_CONFIG, CONFIG = "recipe.toml", "config.toml"  # beside a training


def note(old: str, new: str) -> None:
    """Say what to type from now on."""
    print(
        f"passgap: {old} is now {new}; the old spelling will be removed in the next version",
        file=sys.stderr,
    )


def flags(command: str, args: list[str]) -> list[str]:
    """The arguments of a command with its old flags replaced."""
    kept: list[str] = []
    given = iter(args)
    for arg in given:
        name, equals, _ = arg.partition("=")
        if name not in WITHOUT_EFFECT.get(command, ()):
            kept.append(_flag(FLAGS.get(command, {}), arg))
            continue
        if not equals:
            next(given, None)
        print(
            f"passgap: {name} no longer has an effect on {command}; leave it out", file=sys.stderr
        )
    return kept


def _flag(renamed: dict[str, str], arg: str) -> str:
    old, equals, value = arg.partition("=")
    if old not in renamed:
        return arg
    note(old, renamed[old])
    return renamed[old] + equals + value


def command(args: list[str]) -> list[str]:
    """A command line with an old command replaced: ``probe`` used to sample first.

    Raises UsageError for a command that left the package.
    """
    name, *rest = args
    if name == "study":
        raise _left("passgap study", rest)
    if args[:2] == ["lab", "worlds"]:
        raise _left("passgap lab worlds", rest)
    if name != "probe" or not any(arg.partition("=")[0] == "--out" for arg in rest):
        return args
    if "--adaptive" in rest:
        note("passgap probe POLICY PROBLEMS --adaptive", "passgap probe-adaptive POLICY PROBLEMS")
        return ["probe-adaptive", *(arg for arg in rest if arg != "--adaptive")]
    note("passgap probe POLICY PROBLEMS", "passgap sample, passgap verify and passgap probe RUN")
    return ["probe-policy", *rest]


def _left(old: str, arguments: Sequence[str]) -> UsageError:
    now = shlex.join(["python", "-m", "research", *(arguments or ["--help"])])
    return UsageError(f"{old} is no longer part of the package; from a checkout: {now}")


def config_file(path: Path) -> Path:
    """A training's config where its old name is given."""
    now = path.with_name(CONFIG)
    if path.name != OLD_CONFIG or path.exists() or not now.exists():
        return path
    note(str(path), str(now))
    return now
