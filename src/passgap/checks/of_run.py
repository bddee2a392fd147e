"""One run: shards, truncation, empty and unscored completions, references, marks, engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec
import polars as pl

from passgap.checks.copies import Copies
from passgap.checks.near_equal import check_near_equal
from passgap.checks.style import check_style
from passgap.plain import plural
from passgap.results.findings import Finding
from passgap.runs import Run, ShardError
from passgap.runs.batches import FEW, ROWS, batched, completions_of, outcomes_of
from passgap.runs.frames import beside
from passgap.runs.frames import tally as counted
from passgap.runs.images import unreadable_images
from passgap.runs.spreading import spread
from passgap.stages.golds import check_golds
from passgap.stages.unscored import in_one_line, unscored

MUCH = 0.02
MOST = 0.5
ALMOST_ALL = 0.9
MARKS = ["problem_id", "draw", "status", "reason"]
COLUMNS = ["problem_id", "draw", "text", "token_count", "finish_reason", "logprob"]


@dataclass
class _Tally:
    """Sums over the shards."""

    draws: int = 0
    empty: int = 0
    truncated: int = 0
    truncated_wrong: int = 0
    correct: int = 0
    unscored: int = 0
    unanswered: int = 0
    marked: int = 0
    scored: list[pl.DataFrame] = field(default_factory=list)


def check_run(run: Run) -> tuple[int, list[Finding]]:
    """How many draws were checked, and what was found."""
    tally = _Tally()
    copies = Copies(imported=run.manifest.imported)
    broken: list[str] = []
    digest = run.latest_verifier()
    for frame in _read(run, digest, broken):
        _add(tally, frame)
        copies.add(frame)
    findings = [
        *_soundness(run, broken),
        *copies.findings(),
        *_truncated(tally, known=run.manifest.sampling["max_tokens"] is not None),
        *_empty(tally),
        *_unscored(run, digest, tally),
        *_unanswered(tally),
        *_golds(run, digest),
        *_other_marks(run, digest),
        *_uneven(run, tally),
        *check_style(run),
        *check_near_equal(run),
        *_engine(run),
    ]
    return tally.draws, findings


def _read(run: Run, digest: str | None, broken: list[str]) -> Iterator[pl.DataFrame]:
    """The sound shards, all draws of a problem at once, and what damaged ones suffer from."""
    for frame, faults in spread(_Reading(run, digest), _by_problems(run)):
        broken += faults
        if frame is not None:
            yield frame


@dataclass(frozen=True)
class _Reading:
    """Some shards in one frame, and the faults of damaged ones; another process can read them.

    A text is replaced by its hash, so that memory holds many.
    """

    run: Run
    digest: str | None

    def __reduce__(self) -> tuple[type[_Reading], tuple[Run, str | None]]:
        return _Reading, (self.run, self.digest)

    def __call__(self, names: Sequence[str]) -> tuple[pl.DataFrame | None, list[str]]:
        frames: list[pl.DataFrame] = []
        broken: list[str] = []
        for few in batched(self.run, names, FEW):
            try:
                frames.append(self._few(few))
            except ShardError:
                for name in few:
                    try:
                        frames.append(self._few([name]))
                    except ShardError as error:
                        broken.append(f"{name} {error.fault}")
        return pl.concat(frames) if frames else None, broken

    def _few(self, names: Sequence[str]) -> pl.DataFrame:
        blank = (pl.col("text").str.strip_chars() == "").alias("blank")
        frame = completions_of(self.run, names, COLUMNS).with_columns(blank, pl.col("text").hash())
        known = [name for name in names if name in self._marked]
        if self.digest is None or not known:
            return frame.with_columns(
                status=pl.lit(None, pl.String), reason=pl.lit(None, pl.String)
            )
        return beside(frame, outcomes_of(self.run, self.digest, known, MARKS))

    @cached_property
    def _marked(self) -> set[str]:
        return self.run.outcome_names(self.digest) if self.digest else set()


def _by_problems(run: Run) -> Iterator[list[str]]:
    """Shard names in parts of bounded size, those of the same problems together."""
    groups: dict[str, list[str]] = {}
    members: dict[str, str] = {}
    for name in run.completion_names():
        ids = run.blocks[name].problem_ids
        key = next((members[i] for i in ids if i in members), ids[0])
        members |= dict.fromkeys(ids, key)
        groups.setdefault(key, []).append(name)
    part: list[str] = []
    for names in groups.values():
        part += names
        if sum(run.blocks[name].completions for name in part) >= ROWS:
            yield part
            part = []
    if part:
        yield part


def _add(tally: _Tally, frame: pl.DataFrame) -> None:
    cut = frame["finish_reason"] == "length"
    tally.draws += len(frame)
    tally.empty += int(frame["blank"].sum())
    tally.truncated += int(cut.sum())
    joined = frame.filter(pl.col("status").is_not_null())
    tally.marked += len(joined)
    tally.unanswered += int((joined["reason"] == "no_answer").sum())
    wrong = (joined["status"] == "incorrect") & (joined["finish_reason"] == "length")
    tally.truncated_wrong += int(wrong.sum())
    each = joined.group_by("problem_id", maintain_order=True).agg(**counted())
    tally.correct += int(each["c"].sum())
    tally.unscored += int(each["unscored"].sum())
    tally.scored.append(each.filter(pl.col("n") > 0).select("problem_id", "n"))


def _soundness(run: Run, broken: Sequence[str]) -> Iterator[Finding]:
    if broken:
        yield Finding(
            "shards",
            "error",
            f"{plural(len(broken), 'shard is', 'shards are')} damaged ({'; '.join(broken[:3])})",
            "rerun the command that made the run: it samples them again",
        )
    lost = unreadable_images(run.problems())
    if lost:
        yield Finding(
            "images",
            "error",
            f"{plural(len(lost), 'image')} cannot be read ({lost[0].partition('; ')[0]})",
            "rerun the command that made the run: it writes them again",
        )
    owed = len(run.owed())
    if owed:
        yield Finding(
            "unfinished",
            "warning",
            f"{owed} of {len(run.blocks)} batches are not sampled yet",
            "rerun the command that started the run",
        )


def _truncated(tally: _Tally, *, known: bool) -> Iterator[Finding]:
    """``known``: whether the limit is one of tokens; in an imported log it may be one of turns."""
    if tally.truncated < 0.001 * tally.draws or not tally.truncated:
        return
    share = tally.truncated / tally.draws
    how, more = (
        ("cut by max_tokens", "a larger --max-tokens")
        if known
        else ("ended by a limit", "higher limits")
    )
    evidence = f"{share:.1%} of the completions were {how}"
    if tally.marked:
        now = tally.correct / tally.marked
        most = (tally.correct + tally.truncated_wrong) / tally.marked
        evidence += (
            f"; if all of them had been right, pass@1 would be {most:.1%} instead of {now:.1%}"
        )
    cut = tally.truncated_wrong if tally.marked else tally.truncated
    yield Finding(
        "truncated",
        "error" if cut > MOST * tally.draws else "warning" if cut > MUCH * tally.draws else "note",
        evidence,
        f"sample with {more}, especially before comparing policies whose lengths differ",
    )


def _empty(tally: _Tally) -> Iterator[Finding]:
    if tally.empty:
        share = tally.empty / tally.draws
        yield Finding(
            "empty",
            "warning" if share > MUCH else "note",
            f"{share:.1%} of the completions are empty",
            "check the rendered prompt, the stop strings and the end tokens",
        )


def _unscored(run: Run, digest: str | None, tally: _Tally) -> Iterator[Finding]:
    if tally.unscored:
        why = in_one_line(unscored(run, digest))
        share, all_marked = tally.unscored / tally.marked, tally.marked
        low, high = tally.correct / all_marked, (tally.correct + tally.unscored) / all_marked
        yield Finding(
            "unscored",
            "error" if share > MUCH else "note",
            f"the verifier could not score {share:.1%} of the completions ({why}); pass@1 is "
            f"between {low:.1%} (if all of them are wrong) and {high:.1%} (if all are right)",
            "fix the verifier and run passgap verify again",
        )


def _unanswered(tally: _Tally) -> Iterator[Finding]:
    share = tally.unanswered / max(1, tally.marked)
    if share > MOST:
        yield Finding(
            "no_answer",
            "error" if share > ALMOST_ALL else "warning",
            f"the verifier found no answer in {share:.1%} of the completions",
            "read some of them: another --verifier may find these answers (exact and choice "
            "accept words), or the prompt does not ask for a boxed answer",
        )


def _golds(run: Run, digest: str | None) -> Iterator[Finding]:
    noted = run.outcomes_about(digest).faults if digest else None
    faults = check_golds(run.problems()).faults if noted is None else noted
    refused = tuple(faults)
    if refused:
        problems = run.problems()
        shown = next(problem for problem in problems if problem.id == refused[0])
        yield Finding(
            "golds",
            "error" if len(refused) > MUCH * len(problems) else "warning",
            f"{len(refused)} of {len(problems)} references are rejected by their own verifier, "
            f"e.g. {shown.reference[:60]!r} ({faults[shown.id]})",
            "fix those references or choose another --verifier; until then these problems can "
            "never be solved",
            refused,
        )


def _other_marks(run: Run, digest: str | None) -> Iterator[Finding]:
    """Which verifier counts, where several marked the run, and how far they differ."""
    present = run.completion_names()
    for other in run.verifier_digests():
        if digest is None or other == digest or set(present) - run.outcome_names(other):
            continue
        draws = differing = 0
        for name in present:
            both = run.read_outcomes(digest, name).join(
                run.read_outcomes(other, name), on=["problem_id", "draw"], suffix="_other"
            )
            draws += len(both)
            differing += int((both["status"] != both["status_other"]).sum())
        counts, beside = run.marked_by(digest), run.marked_by(other)
        again = "source" if run.outcomes_about(other).source else beside
        yield Finding(
            "verifiers",
            "warning" if differing > MUCH * draws else "note",
            f"the outcomes of {counts} count here; {beside} differs on {differing / draws:.1%} of "
            "the samples",
            f"compare both (passgap verify prints the table); --verifier '{again}' makes the "
            "other one count",
        )


def _uneven(run: Run, tally: _Tally) -> Iterator[Finding]:
    if run.manifest.design == "adaptive" or not tally.scored:
        return
    each = pl.concat(tally.scored).group_by("problem_id", maintain_order=True).sum()
    if not len(each):
        return
    n = each["n"].to_numpy()
    fewest, most = int(n.min()), int(n.max())
    if fewest < most:
        least = each["problem_id"][int(n.argmin())]
        yield Finding(
            "uneven",
            "note",
            f"problems have {fewest} to {most} scored samples (fewest: {least})",
            "pass@k uses each problem's own n; above the smallest n, probe extrapolates",
        )


def _engine(run: Run) -> Iterator[Finding]:
    odd: dict[str, int] = {}
    for call in run.calls():
        described = call.engine
        for reason, count in msgspec.convert(
            described.get("finish_reasons", {}), dict[str, int]
        ).items():
            if reason not in ("stop", "length", "eos"):
                odd[reason] = odd.get(reason, 0) + count
        asked, used = described.get("batch_size_asked"), described.get("batch_size")
        if asked != used:
            yield Finding(
                "memory",
                "note",
                f"the batch was reduced from {asked} to {used} sequences for lack of memory",
                f"--engine-arg batch_size={used} avoids the retries",
            )
    if odd:
        named = ", ".join(f"{count} {reason}" for reason, count in odd.items())
        yield Finding(
            "finish_reasons",
            "warning",
            "the server ended completions for other reasons than a stop or the token limit "
            f"({named})",
            "read those completions; samples that the server refused or filtered are unscored",
        )
