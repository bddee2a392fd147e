"""What commands print of a result, and the data checks of the runs behind it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

import typer

from passgap.errors import UsageError
from passgap.plain import Json, json_text, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from passgap.cli.flags import OutputFlags
    from passgap.results.findings import Checks, Severity
    from passgap.results.verdict import Verdict


class Encoded(Protocol):
    """A result with JSON."""

    def to_dict(self) -> Mapping[str, Json]: ...


class Judged(Encoded, Protocol):
    """One with a verdict."""

    @property
    def verdict(self) -> Verdict: ...


def print_one(result: Encoded, output: OutputFlags) -> None:
    """A result in the requested format: for people, as JSON, Markdown or LaTeX."""
    if output.json_:
        print(json_text(result.to_dict()))
    elif text := output.text(result):
        print(text, end="")
    else:
        from passgap.show import print_result

        print_result(result, full=output.full)


def checked(*sources: str, accept: Collection[str] = ()) -> Checks | None:
    """The data checks of the runs among the sources; None where there is no run."""
    from passgap.checks import check
    from passgap.runs import Run, is_run

    runs = [Run(source) for source in sources if is_run(source)]
    return check(*runs, accept=accept) if runs else None


def show(
    result: Judged,
    output: OutputFlags,
    fail_on: list[str] | None,
    *checks: Checks | None,
    figure: str | None = None,
) -> None:
    """A result as its tables or as JSON, its chart in a file, and the requested exit code."""
    found = [one for one in checks if one is not None]
    if output.json_:
        told = [one.to_dict() for one in found]
        print(json_text({**result.to_dict(), "checks": told}))
    elif text := output.text(result):
        _warn(found)
        print(text, end="")
    else:
        from passgap.show import print_result

        print_among(found, lambda: print_result(result, full=output.full), full=output.full)
    if figure is not None:
        from passgap.show import write_result

        print(visible(f"{write_result(result, figure)}: written"), file=sys.stderr)
    end_as_asked(result, fail_on)


def _warn(checks: Sequence[Checks]) -> None:
    """What data checks found, on standard error, in addition to a text for another program."""
    from rich.console import Console

    from passgap.show import print_result

    for one in checks:
        if one.findings:
            print_result(one, Console(stderr=True))


def print_among(
    checks: Sequence[Checks], print_verdict: Callable[[], None], *, full: bool = True
) -> None:
    """The verdict, after errors of the data checks and before their other findings."""
    from passgap.results.findings import Checks
    from passgap.show import print_result

    # Readers stop at the verdict: an error that invalidates it must come first, while a warning or
    # a note above it would only push it off the screen.
    told = [one for one in checks if one.findings]
    grave = [one for one in told if one.worst == "error"]
    for one in grave:
        print_result(one, full=full)
    print_verdict()
    for one in (one for one in told if one not in grave):
        print_result(one, full=full)
    clean = [one for one in checks if not one.findings]
    if clean:
        names = tuple(name for one in clean for name in one.runs)
        print_result(Checks(names, sum(one.draws for one in clean), ()))


def check_fail_on(fail_on: list[str] | None, labels: Iterable[str]) -> None:
    """Refuse a label that no result has: such a gate would never fail.

    Raises UsageError for such a label.
    """
    allowed = list(map(str, labels))
    for label in fail_on or []:
        if label not in allowed:
            raise UsageError(f"--fail-on {label!r}; allowed: {', '.join(allowed)}")


def end_at(worst: Severity | None, fail_on: str | None) -> None:
    """Exit code 1 for findings of the severity that ``--fail-on`` names, or a worse one."""
    from passgap.results.findings import SEVERITIES

    order = [str(one) for one in SEVERITIES]
    if fail_on and worst and order.index(worst) <= order.index(fail_on):
        raise typer.Exit(1)


def end_as_asked(result: Judged, fail_on: list[str] | None) -> None:
    """Exit code 1 for a verdict that ``--fail-on`` names."""
    if result.verdict.label in (fail_on or []):
        raise typer.Exit(1)
