"""What ``passgap import`` does with the logs it found: runs, what they are, and a verdict."""

from __future__ import annotations

import shlex
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from passgap.cli.flags import OutputFlags
from passgap.cli.printing import checked, show
from passgap.cli.progress import command_line, say
from passgap.errors import MismatchError, UsageError
from passgap.plain import json_text, plural, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from passgap.cli.printing import Judged
    from passgap.logs import Asked, Found, Imported, ImportedCounts
    from passgap.results.comparison import Comparison
    from passgap.results.sweep import Sweep

    Result = Imported | ImportedCounts
    Made = TypeVar("Made", Result, list[Result])

AGAIN = (
    "import it again into another --out with --problems FILE, which has the references (add "
    "--mapping BENCHMARK if the file is a benchmark's own), and run passgap verify on that"
)
LARGE = 32 << 20  # bytes of all logs from which a second process pays off
PROCESSES = 4
ROLES = ("base", "trained")


def imported(found: Found, out: str, asked: Asked) -> Result:
    """Import one log, saying which format it was taken for."""
    from passgap.logs import import_found

    if found.guessed:
        say(f"read as {found.format.name} ({found.format.summary})", file=sys.stderr)
    return import_found(found, out, asked, command=command_line())


def imported_policies(found: Found, out: str, asked: Asked) -> list[Result]:
    """The same of a log that may have several policies: a run for each."""
    from passgap.logs.several import import_policies

    if found.guessed:
        say(f"read as {found.format.name} ({found.format.summary})", file=sys.stderr)
    return import_policies(found, out, asked, command=command_line())


def imported_all(
    read: Callable[[Found, str, Asked], Made],
    found: Sequence[Found],
    places: Sequence[str],
    asked: Asked,
) -> list[Made]:
    """Several logs: large ones at the same time, in a process each."""
    size = sum(file.stat().st_size for one in found for file in one.files)
    if size < LARGE or len(found) == 1:
        return [read(*each, asked) for each in zip(found, places, strict=True)]
    workers = min(len(found), PROCESSES)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        results = pool.map(read, found, places, [asked] * len(found))
        # what the verdict needs, scipy first of all, while the logs are read
        import passgap.analysis.compare.comparison
        import passgap.checks
        import passgap.evidence.answers
        import passgap.show.contents.dispatch  # noqa: F401

        return list(results)


def refuse_shared(found: Sequence[Found], given: Sequence[str]) -> None:
    """Refuse (UsageError) a log that is given for two policies."""
    seen: dict[Path, int] = {}
    for position, one in enumerate(found):
        for file in one.files:
            first = seen.setdefault(file.resolve(), position)
            if first != position:
                whose = "the base's log" if first == 0 else f"--trained {given[first]}"
                raise UsageError(
                    f"{given[position]} is also {whose}; if one file holds several policies, "
                    "import each with its own --where FIELD=VALUE and compare them"
                )


def places_of(out: str, trained: Sequence[str], *, ending: str) -> list[str]:
    """Where the runs of base and trained go: a checkpoint is named after its file or folder."""
    names = ["trained"] if len(trained) == 1 else _distinct([Path(one) for one in trained])
    return [str(Path(out) / f"{name}{ending}") for name in ("base", *names)]


def _distinct(paths: Sequence[Path]) -> list[str]:
    """A name for each path: its own, or that of its folder, where these differ; else a number."""
    stems = [path.name.partition(".")[0] for path in paths]
    for names in (stems, [path.resolve().parent.name for path in paths]):
        if len(set(names) | {"base", ""}) == len(names) + 2:
            return names
    return [f"trained-{number}" for number in range(1, len(paths) + 1)]


def import_each(
    named: str | None, paths: Sequence[str], trained: Sequence[str], out: str, asked: Asked
) -> dict[str, list[Result]]:
    """The runs of every log in the folders of base and trained, by role."""
    from passgap.logs import FORMATS, find_each

    if len(paths) != 1 or len(trained) > 1:
        raise UsageError(
            f"--each with {plural(len(paths), 'PATH')} and {len(trained)} --trained; allowed: one "
            "folder of each"
        )
    results: dict[str, list[Result]] = {}
    for role, folder in zip(ROLES, [*paths, *trained], strict=False):
        found = find_each(FORMATS, named, folder, asked)
        places = _places(Path(out) / role, found)
        results[role] = imported_all(imported, list(found.values()), places, asked)
    return results


def import_every(named: str | None, paths: Sequence[str], out: str, asked: Asked) -> list[Result]:
    """The runs of every log and every policy: of one folder, or of files that are one log."""
    from passgap.logs import FORMATS, find_each, find_log
    from passgap.logs.counts_file import wants_counts

    if len(paths) == 1 and Path(paths[0]).is_dir():
        found = find_each(FORMATS, named, paths[0], asked)
        places = _places(Path(out), found)
    else:
        found = {"": find_log(FORMATS, named, paths, asked=asked)}
        places = [out if wants_counts(out) else out + _ending(found)]
    by_log = imported_all(imported_policies, list(found.values()), places, asked)
    return [one for results in by_log for one in results]


def _places(folder: Path, found: Mapping[str, Found]) -> list[str]:
    """Where the runs of several logs go; counts are files."""
    return [str(folder / f"{name}{_ending(found)}") for name in found]


def _ending(found: Mapping[str, Found]) -> str:
    return ".csv" if next(iter(found.values())).format.name == "counts" else ""


def finish_every(found: Sequence[Result], verify: str | None, json_: bool) -> None:
    """Say what every log and policy became, and what to run next."""
    verify_imported(found, verify, json_)
    if json_:
        print(json_text([one.to_dict() for one in found]))
        return
    print_several(found)
    places = shlex.join(str(one.place) for one in found)
    sweep = f"; checkpoints of one training, after their base: passgap compare {places}"
    say(
        f"next: passgap probe {shlex.quote(str(found[0].place))}, and so on"
        f"{sweep if len(found) > 1 else ''}"
    )


def finish_each(
    results: Mapping[str, Sequence[Result]], out: str, verify: str | None, json_: bool
) -> None:
    """Say what every log of base and trained became, and the verdict on each benchmark."""
    found = [one for of_role in results.values() for one in of_role]
    verify_imported(found, verify, json_)
    print_several(found, file=sys.stderr if json_ else sys.stdout)
    _refuse_unmarked(found, verify)
    base, trained = (str(Path(out) / role) for role in ROLES)
    from passgap.evidence.doors import compare_benchmarks

    _print_verdict(lambda: compare_benchmarks(base, trained), [base, trained], json_)


def print_imported(result: Result, verify: str | None, json_: bool) -> None:
    """What one log became, and what to run next."""
    if not json_:
        say(result)
    verify_imported([result], verify, json_)
    print(json_text(result.to_dict()) if json_ else _next(result, verify))


def _next(result: Result, verify: str | None) -> str:
    """The next command, and whether there are samples enough for it."""
    from passgap.results.settings import K_LARGE, K_SMALL

    probe = f"passgap probe {shlex.quote(result.place)}"
    again = f"passgap verify {shlex.quote(result.place)}"
    if result.verifier:
        again += f" --verifier {result.verifier}"
    if verify is not None:
        return f"next: {probe}"
    if not result.marked:
        return f"next: {again if result.anew else AGAIN}"
    if result.short and result.most >= K_SMALL:
        return (
            f"{plural(result.short, 'problem')} of {result.problems} with fewer scored samples "
            f"(from {result.least}) than the others (n = {result.most}); without them: {probe} "
            f"--k-large {min(result.most, K_LARGE)} --drop-short {_unscored(result)}".rstrip()
        )
    if result.least < K_LARGE:
        then = f"; with fewer it extrapolates: {probe}" if result.least >= K_SMALL else ""
        return (
            f"n = {result.least}: probe needs {K_LARGE} samples per problem and compare 128{then}"
        )
    return f"next: {probe}{f', or re-score it: {again}' if result.anew else ''}"


def _unscored(result: Result) -> str:
    """The flag without which many unscored samples are refused."""
    from passgap.analysis.inputs import MOST_UNSCORED

    return "--accept-unscored" if result.unscored > MOST_UNSCORED * result.draws else ""


def print_several(results: Sequence[Result], file: TextIO | None = None) -> None:
    """What several logs became; a line that an earlier one has is not repeated."""
    said: set[str] = set()
    for result in results:
        for line in visible(result).splitlines():
            if line not in said:
                say(line, file=file or sys.stdout)
            said.add(line)


def verify_imported(results: Sequence[Result], verifier: str | None, json_: bool) -> None:
    """Verify the imported runs at once, if that is asked for."""
    if verifier is None:
        return
    from passgap.cli.verify import mark_run, print_marked
    from passgap.runs import is_run

    for result in results:
        if not is_run(result.place):
            raise UsageError(
                f"--verify {verifier}: {result.place} holds counts and no samples to verify; leave "
                "it out"
            )
        marked = mark_run(result.place, verifier)
        if not json_:
            print_marked(result.place, marked, alone=False)


def compare_imported(results: Sequence[Result], verify: str | None, json_: bool) -> None:
    """The verdict, as ``passgap compare`` gives it, after a report of what was imported."""
    print_several(results, file=sys.stderr if json_ else sys.stdout)
    verify_imported(results, verify, json_)
    _refuse_unmarked(results, verify)
    places = [result.place for result in results]
    _print_verdict(lambda: _judged(places), places, json_)


def _refuse_unmarked(results: Sequence[Result], verify: str | None) -> None:
    unmarked = [result for result in results if not result.marked]
    if unmarked and verify is None:
        places = " ".join(result.place for result in unmarked)
        all_of = " ".join(result.place for result in results)
        spec = f" --verifier {unmarked[0].verifier}" if unmarked[0].verifier else ""
        then = f"run passgap verify {places}{spec} and then passgap compare {all_of}"
        raise UsageError(
            f"{unmarked[0].place} is imported, but its source does not mark its samples; "
            f"{then if all(one.anew for one in unmarked) else AGAIN}"
        )


def _judged(places: Sequence[str]) -> Comparison | Sweep:
    from passgap.evidence.doors import compare, compare_sweep
    from passgap.evidence.evidence import Evidence

    if len(places) == 2:
        return compare(places[0], places[1])
    return compare_sweep(Evidence.read(*places))


def _print_verdict(judge: Callable[[], Judged], places: Sequence[str], json_: bool) -> None:
    """The verdict in one screen; if it is refused, the runs are kept, and the message says so."""
    typed = shlex.join(["passgap", "compare", *places])
    try:
        judged = judge()
    except (UsageError, MismatchError) as error:
        kept = "both are" if len(places) == 2 else "all are"
        raise type(error)(f"{kept} imported and kept, but {typed} says: {error}") from error
    checks = [checked(*places)] if len(places) == 2 else list(map(checked, places))
    show(judged, OutputFlags(json_=json_), None, *checks)
    if not json_:
        say(f"all tables, majority votes and what sampling alone gives: {typed} --full")
