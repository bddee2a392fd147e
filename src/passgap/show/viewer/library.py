"""The runs below a folder, opened once and kept: what every page asks first.

In: a folder, ids. Out: `OpenRun` with manifest, problems, counts and progress. A run is opened
again when its manifest has changed; counts are kept up as shards come.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath

import polars as pl

from passgap.data.images import Image
from passgap.errors import PassgapError, RunError
from passgap.plain import Json
from passgap.results.estimates import Estimate
from passgap.runs import Run
from passgap.runs.lineage import policy_of
from passgap.runs.manifest import SamplingEntry
from passgap.runs.names import COMPLETIONS, MANIFEST_FILE, OUTCOMES
from passgap.runs.policy import Weights
from passgap.show.viewer.finding import Below, Found, check_links, find
from passgap.show.viewer.jobs import Jobs
from passgap.show.viewer.tallies import COUNTED, Progress, Tally, progress
from passgap.show.viewer.watched import Watches

FRESH, PATIENT = 1.0, 10
KEPT_PAGES, KEPT_VERDICTS = 16, 2_000
MOST_VALUES = 30
FAULTS = (PassgapError, OSError, ValueError, TypeError, KeyError, pl.exceptions.PolarsError)


class NothingThereError(LookupError):
    """An address that nothing below the folder has."""


@dataclass(frozen=True)
class Counted:
    """Counts so far, one row per problem in the run's order, and pass@1 (``value, low, high``)."""

    rows: pl.DataFrame
    pass_at_1: Estimate | None


@dataclass(frozen=True)
class Faulty:
    """A run that cannot be shown, and why."""

    id: str
    name: str
    fault: str


class OpenRun:
    """One run as the pages see it."""

    def __init__(self, found: Found, run: Run, opened: int) -> None:
        self.found, self.run, self.opened = found, run, opened
        self.manifest = run.manifest
        self.policy = PurePath(self.manifest.policy["path"]).name
        self.problem_set = self.manifest.problem_set["digest"]
        self.template = self.manifest.prompt["template_name"] or "own template"
        self.settings = _settings(self.manifest.sampling)
        self.created = self.manifest.created[:16].replace("T", " ")
        self._tally = Tally()
        self._lock = threading.Lock()

    @property
    def id(self) -> str:
        return self.found.id

    @property
    def name(self) -> str:
        return self.found.name

    def progress(self) -> Progress:
        """How much is drawn and marked now."""
        return progress(self.run, self.run.latest_verifier())

    def state(self) -> tuple[Hashable, ...]:
        """Changes whenever a shard, an outcome or the verifier does."""
        verifier = self.run.latest_verifier()
        folders = [self.run.path / COMPLETIONS, self.run.path / OUTCOMES / str(verifier)]
        times = (path.stat().st_mtime_ns if path.is_dir() else 0 for path in folders)
        return (self.id, self.opened, verifier, *times)

    def counts(self) -> Counted:
        """What is counted so far: ``problem_id``, ``n``, ``c``, ``unscored``."""
        with self._lock:
            rows = self._tally.update(self.run, self.run.latest_verifier())
        order = pl.DataFrame({"problem_id": self.run.problem_ids})
        counted = order.join(rows, on="problem_id", how="left", maintain_order="left")
        counted = counted.with_columns(pl.col(*COUNTED).fill_null(0))
        _ = self.fields, self.blocks_of  # read ahead: the run's first page need not wait for them
        return Counted(counted, _pass_at_1(counted))

    @property
    def is_read(self) -> bool:
        """Whether the list of its problems was read, which progress needs."""
        return "blocks" in self.run.__dict__

    @cached_property
    def trained_from(self) -> Weights | None:
        """The weights that the policy was trained from; None where no policy file says so."""
        try:
            policy = policy_of(self.run)
        except RunError:  # a stranger's policy file says nothing
            return None
        return policy.base if policy else None

    @property
    def samples(self) -> int:
        """How many samples there are once it is complete."""
        return sum(block.size * len(block.problem_ids) for block in self.run.blocks.values())

    @cached_property
    def uncounted(self) -> Counted:
        """The same, before anything is counted."""
        rows = pl.DataFrame({"problem_id": self.run.problem_ids})
        return Counted(rows.with_columns(pl.lit(0, pl.Int64).alias(name) for name in COUNTED), None)

    @cached_property
    def problems(self) -> pl.DataFrame:
        """``problem_id``, ``question``, ``reference``, ``verifier``, ``metadata`` (JSON)."""
        return self.run.problem_rows

    @cached_property
    def metadata(self) -> list[dict[str, Json]]:
        """The metadata of each problem, in the run's order."""
        try:
            found = map(json.loads, self.problems["metadata"])
            return [one if isinstance(one, dict) else {} for one in found]
        except ValueError as error:
            raise RunError(
                f"problems.parquet of {self.name} contains metadata that is not JSON; copy the "
                "run again from where it was made"
            ) from error

    def images(self, row: int) -> list[Image]:
        """The images of the problem in this row; a RunError for a name that is none of an image."""
        names = self.problems.row(row, named=True).get("images") or ()
        try:
            return [self.run.image(name) for name in names]
        except ValueError as error:
            raise RunError(
                f"problems.parquet of {self.name} names an image that is none ({error}); copy the "
                "run again from where it was made"
            ) from error

    @cached_property
    def fields(self) -> dict[str, list[str]]:
        """Metadata fields worth filtering by: plain values, at least two, at most MOST_VALUES."""
        values: dict[str, set[str]] = {}
        for row in self.metadata:
            for name, value in row.items():
                if isinstance(value, str | int | float | bool):
                    kept = values.setdefault(str(name), set())
                    if len(kept) <= MOST_VALUES:
                        kept.add(str(value))
        return {
            name: sorted(kept, key=_natural)
            for name, kept in values.items()
            if 2 <= len(kept) <= MOST_VALUES
        }

    @cached_property
    def blocks_of(self) -> dict[str, list[str]]:
        """The names of the shards that hold draws of each problem."""
        names: dict[str, list[str]] = {}
        for name, block in self.run.blocks.items():
            for problem_id in block.problem_ids:
                names.setdefault(problem_id, []).append(name)
        return names


class Library:
    """Everything below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.counting, self.checking, self.analysing = Jobs(), Jobs(), Jobs(kept=KEPT_PAGES)
        self.judging = Jobs(kept=KEPT_VERDICTS)
        self.watches = Watches()
        self._open: dict[str, OpenRun] = {}
        self._below = Below([], [])
        self._look_again = float("-inf")
        self._lock = threading.RLock()

    def found(self) -> list[Found]:
        """The runs and training folders below the folder."""
        return self.below().found

    def below(self) -> Below:
        """What lies below the folder, looked up again after FRESH seconds, or PATIENT times as long
        as the last look took."""
        with self._lock:
            start = time.monotonic()
            if start >= self._look_again:
                self._below = find(self.root)
                took = time.monotonic() - start
                self._look_again = time.monotonic() + max(FRESH, PATIENT * took)
            return self._below

    def entry(self, key: str, kind: str) -> Found:
        """The entry with this id; raises NothingThereError if nothing found has it."""
        for one in self.found():
            if one.id == key and one.kind == kind:
                return one
        raise NothingThereError(key)

    def run(self, key: str) -> OpenRun:
        """The run with this id.

        Raises NothingThereError if no run found has it; RunError if it cannot be read.
        """
        return self._opened(self.entry(key, "run"))

    def _opened(self, found: Found) -> OpenRun:
        changed = (found.path / MANIFEST_FILE).stat().st_mtime_ns
        with self._lock:
            open_run = self._open.get(found.id)
            if open_run is None or open_run.opened != changed:
                # A run may come from a stranger: a shard that links to ~/.ssh would be read and
                # shown, so links are looked for before anything of the run is opened.
                check_links(self.root, found.path)
                open_run = self._open[found.id] = OpenRun(found, Run(found.path), changed)
            return open_run

    def runs(self) -> list[OpenRun | Faulty]:
        """Every run; one that cannot be opened with the reason."""
        opened: list[OpenRun | Faulty] = []
        for one in self.found():
            if one.kind == "run":
                try:
                    opened.append(self._opened(one))
                except FAULTS as error:
                    opened.append(Faulty(one.id, one.name, str(error)))
        return opened

    def opened(self) -> list[OpenRun]:
        """Every run that can be opened."""
        return [run for run in self.runs() if isinstance(run, OpenRun)]

    def counts(self, run: OpenRun, seconds: float) -> Counted | None:
        """The counts, None where counting takes longer than ``seconds``."""
        job = self.counting.ask(run.state(), run.counts, seconds)
        return job.result() if job.done() else None

    def stop(self) -> None:
        """Begin no further work."""
        for jobs in (self.counting, self.checking, self.analysing, self.judging, self.watches):
            jobs.stop()


def _settings(sampling: SamplingEntry) -> str:
    """The settings in a line; those that an imported log does not tell are named."""
    told = (
        ("temperature", "temperature {:g}", sampling["temperature"]),
        ("top-p", "top-p {:g}", sampling["top_p"]),
        ("top-k", "top-k {:d}", sampling["top_k"]),
        ("max-tokens", "{:,d} tokens", sampling["max_tokens"]),
    )
    shown = [
        form.format(value)
        for name, form, value in told
        if value is not None and (name, value) != ("top-k", 0)
    ]
    untold = [name for name, _, value in told if value is None]
    return ", ".join([*shown, *([f"{', '.join(untold)} not in the log"] if untold else [])])


def _pass_at_1(rows: pl.DataFrame) -> Estimate | None:
    from passgap.stats import mean_interval  # scipy, which a first page need not wait for

    drawn = rows.filter(pl.col("n") > 0)
    if drawn.is_empty():
        return None
    return mean_interval((drawn["c"] / drawn["n"]).to_numpy())


def _natural(value: str) -> tuple[float, str]:
    try:
        return float(value), value
    except ValueError:
        return float("inf"), value
