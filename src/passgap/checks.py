"""Data checks: a run (or a pair that is to be compared) in, findings out.

Every finding has a severity, its evidence and a remedy. ``error`` means that a verdict on these
data is not to be trusted, ``warning`` that it may mislead, ``note`` that one should know.

Repeated completions are looked for in two ways. Where log-probabilities are known, a completion
that was drawn more often than its own probability allows is a copy. Where they are not, copies
made by cloned seeds stand at a fixed distance from each other, which chance does not favour: the
draws of a problem are exchangeable, so every distance should show its share of equal pairs.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import polars as pl
from scipy import stats

from passgap.errors import UsageError
from passgap.golds import check_golds
from passgap.store import Run, ShardError
from passgap.types import FloatArray, IntArray

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
CHANCE = 1e-6
MOST_DRAWS = 2048
FEWEST = 20  # different texts that do not agree by chance
MUCH = 0.02
MOST = 0.5
ALMOST_ALL = 0.9
INFORMATIVE = 0.5
COLUMNS = ["problem_id", "draw", "text", "token_count", "finish_reason", "logprob"]


@dataclass(frozen=True)
class Finding:
    """One thing a reader of the run should know.

    ``check`` names the check, ``evidence`` what was found in numbers, ``remedy`` what to do.
    """

    check: str
    severity: Severity
    evidence: str
    remedy: str
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.severity}: {self.evidence}; {self.remedy}"

    def to_dict(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "severity": self.severity,
            "evidence": self.evidence,
            "remedy": self.remedy,
            "problems": list(self.problems),
        }


@dataclass(frozen=True)
class Checks:
    """All findings, worst first, and how many draws were looked at."""

    runs: tuple[str, ...]
    draws: int
    findings: tuple[Finding, ...]

    def worst(self) -> Severity | None:
        """The highest severity found, None where all is well."""
        return self.findings[0].severity if self.findings else None

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": "passgap.checks/1",
            "runs": list(self.runs),
            "draws": self.draws,
            "worst": self.worst(),
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def __str__(self) -> str:
        head = f"{' and '.join(self.runs)}: {self.draws:,} draws looked at"
        if not self.findings:
            return f"{head}, nothing found"
        return "\n".join([head, *(f"  {finding}" for finding in self.findings)])


def accepted(*, intersect: bool = False, allow_different_prompts: bool = False) -> set[str]:
    """The findings between two runs that these flags accept."""
    return ({"problems"} if intersect else set()) | (
        {"prompt", "sampling"} if allow_different_prompts else set()
    )


def check(run: Run, *more: Run, accept: Collection[str] = ()) -> Checks:
    """Look at one run, or at two that are to be compared, for what makes a verdict doubtful.

    Parameters
    ----------
    run, more
        A run; or a base's and a trained policy's.
    accept
        Findings between the two that were accepted: notes, and no errors.
    """
    if len(more) > 1:
        raise UsageError(f"{1 + len(more)} runs given; allowed: one, or a base's and a trained's")
    findings: list[Finding] = []
    draws = 0
    for one in (run, *more):
        seen, found = _check_run(one)
        draws += seen
        label = f"{one.name}: " if more else ""
        findings += [_labelled(finding, label) for finding in found]
    if more:
        findings += [
            replace(found, severity="note") if found.check in accept else found
            for found in _check_pair(run, more[0])
        ]
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return Checks(tuple(str(one.place) for one in (run, *more)), draws, tuple(findings))


def _labelled(finding: Finding, label: str) -> Finding:
    return Finding(
        finding.check,
        finding.severity,
        label + finding.evidence,
        finding.remedy,
        finding.problems,
    )


# -- one run


@dataclass
class _Tally:
    """What is added up over the shards."""

    draws: int = 0
    empty: int = 0
    truncated: int = 0
    truncated_wrong: int = 0
    correct: int = 0
    unscored: int = 0
    unanswered: int = 0
    marked: int = 0
    scored: dict[str, int] = field(default_factory=dict)


def _check_run(run: Run) -> tuple[int, list[Finding]]:
    tally, copies = _Tally(), _Copies()
    broken: list[str] = []
    digest = run.verifier_digest() if run.place.exists("outcomes/latest") else None
    marked = run.outcome_names(digest) if digest else set()
    for names in _by_problems(run):
        frames = []
        for name in names:
            try:
                frame = run.read_completions(name, COLUMNS)
                marks = run.read_outcomes(digest, name) if digest and name in marked else None
            except ShardError as error:
                broken.append(f"{name} {error.fault}")
                continue
            _add(tally, frame, marks)
            frames.append(frame)
        if frames:
            copies.add(pl.concat(frames))
    findings = [
        *_soundness(run, broken),
        *copies.findings(),
        *_truncated(tally),
        *_empty(tally),
        *_unscored(tally),
        *_unanswered(tally),
        *_golds(run, digest),
        *_other_marks(run, digest),
        *_uneven(run, tally),
        *_engine(run),
    ]
    return tally.draws, findings


def _by_problems(run: Run) -> Iterator[list[str]]:
    """Shard names, those of the same problems together: all draws of a problem in one go."""
    groups: dict[str, list[str]] = {}
    members: dict[str, str] = {}
    for name in run.completion_names():
        ids = run.blocks[name].problem_ids
        key = next((members[i] for i in ids if i in members), ids[0])
        members |= dict.fromkeys(ids, key)
        groups.setdefault(key, []).append(name)
    yield from groups.values()


def _add(tally: _Tally, frame: pl.DataFrame, marks: pl.DataFrame | None) -> None:
    cut = frame["finish_reason"] == "length"
    tally.draws += len(frame)
    tally.empty += int((frame["text"].str.strip_chars() == "").sum())
    tally.truncated += int(cut.sum())
    if marks is None:
        return
    joined = frame.select("problem_id", "draw", "finish_reason").join(
        marks, on=["problem_id", "draw"]
    )
    status = joined["status"]
    tally.marked += len(joined)
    tally.correct += int((status == "correct").sum())
    tally.unscored += int((status == "unscored").sum())
    tally.unanswered += int((joined["reason"] == "no_answer").sum())
    wrong = (status == "incorrect") & (joined["finish_reason"] == "length")
    tally.truncated_wrong += int(wrong.sum())
    counted = joined.filter(status != "unscored").group_by("problem_id").len()
    for problem_id, n in counted.iter_rows():
        tally.scored[problem_id] = tally.scored.get(problem_id, 0) + n


def _soundness(run: Run, broken: Sequence[str]) -> Iterator[Finding]:
    if broken:
        yield Finding(
            "shards",
            "error",
            f"{len(broken)} shards cannot be trusted ({'; '.join(broken[:3])})",
            "run the command that made the run again: it draws them anew",
        )
    owed = len(run.owed())
    if owed:
        yield Finding(
            "unfinished",
            "warning",
            f"{owed} of {len(run.blocks)} blocks are not drawn yet",
            "run the command that began the run again",
        )


def _truncated(tally: _Tally) -> Iterator[Finding]:
    if tally.truncated < 0.001 * tally.draws or not tally.truncated:
        return
    share = tally.truncated / tally.draws
    evidence = f"{share:.1%} of the completions were cut by max_tokens"
    if tally.marked:
        now = tally.correct / tally.marked
        most = (tally.correct + tally.truncated_wrong) / tally.marked
        evidence += f"; had all of them been right, pass@1 would be {most:.1%} and not {now:.1%}"
    cut = tally.truncated_wrong if tally.marked else tally.truncated
    yield Finding(
        "truncated",
        "error" if cut > MOST * tally.draws else "warning" if cut > MUCH * tally.draws else "note",
        evidence,
        "sample with a larger --max-tokens, above all before comparing policies whose lengths "
        "differ",
    )


def _empty(tally: _Tally) -> Iterator[Finding]:
    if tally.empty:
        share = tally.empty / tally.draws
        yield Finding(
            "empty",
            "warning" if share > MUCH else "note",
            f"{share:.1%} of the completions are empty",
            "look at the prompt as it is rendered, at the stop strings and the end tokens",
        )


def _unscored(tally: _Tally) -> Iterator[Finding]:
    if tally.unscored:
        share, all_marked = tally.unscored / tally.marked, tally.marked
        low, high = tally.correct / all_marked, (tally.correct + tally.unscored) / all_marked
        yield Finding(
            "unscored",
            "error" if share > MUCH else "note",
            f"the verifier could not score {share:.1%} of the completions; pass@1 is between "
            f"{low:.1%} (all of them wrong) and {high:.1%} (all right)",
            "mend the verifier and run passgap verify again",
        )


def _unanswered(tally: _Tally) -> Iterator[Finding]:
    share = tally.unanswered / max(1, tally.marked)
    if share > MOST:
        yield Finding(
            "no_answer",
            "error" if share > ALMOST_ALL else "warning",
            f"the verifier found no answer in {share:.1%} of the completions",
            "look at some of them: another --verifier may read these answers (exact and choice "
            "take words), or the prompt does not ask for the answer in a box",
        )


def _golds(run: Run, digest: str | None) -> Iterator[Finding]:
    about = run.outcomes_about(digest) if digest else {}
    problems = run.problems()
    faults = about["faults"] if "faults" in about else check_golds(problems).faults
    refused = tuple(faults)
    if refused:
        shown = next(problem for problem in problems if problem.id == refused[0])
        yield Finding(
            "golds",
            "error" if len(refused) > MUCH * len(problems) else "warning",
            f"{len(refused)} of {len(problems)} references are not accepted by their own verifier, "
            f"e.g. {shown.reference[:60]!r} ({faults[shown.id]})",
            "mend those references or choose another --verifier; until then their problems can "
            "never be solved",
            refused,
        )


def _other_marks(run: Run, digest: str | None) -> Iterator[Finding]:
    """Whose marks count, where several verifiers marked the run, and how far they differ."""
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
        again = "source" if run.outcomes_about(other).get("source") else beside
        yield Finding(
            "verifiers",
            "warning" if differing > MUCH * draws else "note",
            f"the marks of {counts} count here; {beside} differs on {differing / draws:.1%} of the "
            "draws",
            f"look at both (passgap verify prints the table); --verifier '{again}' makes the "
            "others count",
        )


def _uneven(run: Run, tally: _Tally) -> Iterator[Finding]:
    if run.manifest.design == "adaptive" or not tally.scored:
        return
    n = list(tally.scored.values())
    if min(n) < max(n):
        least = min(tally.scored, key=lambda i: tally.scored[i])
        yield Finding(
            "uneven",
            "note",
            f"problems have {min(n)} to {max(n)} scored draws (fewest: {least})",
            "pass@k is taken at each problem's own n; k above the smallest n is refused",
        )


def _engine(run: Run) -> Iterator[Finding]:
    odd: dict[str, int] = {}
    for call in run.calls():
        described = call["engine"]
        for reason, count in described.get("finish_reasons", {}).items():
            if reason not in ("stop", "length", "eos"):
                odd[reason] = odd.get(reason, 0) + count
        asked, used = described.get("batch_size_asked"), described.get("batch_size")
        if asked != used:
            yield Finding(
                "memory",
                "note",
                f"the batch was halved from {asked} to {used} sequences for lack of memory",
                f"--engine-arg batch_size={used} saves the trying",
            )
    if odd:
        named = ", ".join(f"{count} {reason}" for reason, count in odd.items())
        yield Finding(
            "finish_reasons",
            "warning",
            f"the server ended completions for reasons of its own ({named})",
            "look at those completions; a filter that withholds answers lowers pass@k",
        )


# -- copies


class _Copies:
    """Repeated completions beyond chance, over all problems."""

    def __init__(self) -> None:
        self._sequences = 0
        self._repeated: list[tuple[float, int, str]] = []
        self._equal: FloatArray = np.zeros(0)
        self._expected: FloatArray = np.zeros(0)
        self._untold = self._one_text = 0

    def add(self, frame: pl.DataFrame) -> None:
        for (problem_id,), rows in frame.group_by("problem_id", maintain_order=True):
            if len(rows) < 2:
                continue
            self._by_distance(rows)
            if rows["logprob"].is_nan().any():
                self._untold += 1
                self._one_text += rows["text"].n_unique() == 1
            else:
                self._by_probability(str(problem_id), rows)

    def _by_probability(self, problem_id: str, rows: pl.DataFrame) -> None:
        """How likely it is that each completion came again as often as it did."""
        n = len(rows)
        distinct = rows.group_by("text", "token_count", pl.col("logprob").round(2)).agg(
            pl.len().alias("times"), pl.col("logprob").first().alias("exact")
        )
        self._sequences += len(distinct)
        again = distinct.filter(pl.col("times") > 1)
        mean = (n - 1) * np.exp(again["exact"].to_numpy())
        times = again["times"].to_numpy()
        chance = stats.poisson.sf(times - 2, mean)
        self._repeated += [
            (float(p), int(m) - 1, problem_id)
            for p, m in zip(chance, times, strict=True)
            if p < CHANCE
        ]

    def _by_distance(self, rows: pl.DataFrame) -> None:
        """Equal pairs at every distance, and how many chance would put there."""
        kept = rows.sort("draw").head(MOST_DRAWS)
        draws: IntArray = kept["draw"].to_numpy().astype(np.int64)
        _, text = np.unique(kept["text"].hash().to_numpy(), return_inverse=True)
        sizes = np.bincount(text)
        pairs = float((sizes * (sizes - 1)).sum()) / 2
        share = pairs / (len(draws) * (len(draws) - 1) / 2)
        if not 0 < share <= INFORMATIVE:
            return
        places = _places(draws)
        self._equal = _added(self._equal, np.bincount(_distances(draws, text, sizes)))
        self._expected = _added(self._expected, share * places)

    def findings(self) -> Iterator[Finding]:
        yield from self._improbable()
        yield from self._at_one_distance()
        if self._untold >= 8 and self._one_text > 0.9 * self._untold:
            yield Finding(
                "copies",
                "warning",
                f"all draws are equal in {self._one_text} of {self._untold} problems, and the "
                "engine told no log-probabilities that could explain it",
                "make sure that the server honours temperature and seed",
            )

    def _improbable(self) -> Iterator[Finding]:
        found = [row for row in self._repeated if row[0] < CHANCE / max(1, self._sequences)]
        if not found:
            return
        copies = sum(row[1] for row in found)
        problems = tuple(dict.fromkeys(row[2] for row in found))
        yield Finding(
            "copies",
            "error" if len(problems) > 1 else "warning",
            f"{copies:,} completions repeat others that are too improbable to come twice, in "
            f"{len(problems)} problems (the least likely by chance: 1 in "
            f"{_one_in(min(row[0] for row in found))})",
            "the seeds were cloned: draw the run again with one --seed and disjoint draws; as it "
            "is, n counts copies as draws",
            problems,
        )

    def _at_one_distance(self) -> Iterator[Finding]:
        equal, expected = self._equal, self._expected[: len(self._equal)]
        suspect = np.flatnonzero((equal >= 20) & (equal >= 2 * expected))
        chance = stats.poisson.sf(equal[suspect] - 1, expected[suspect])
        suspect = suspect[chance < CHANCE**1.5 / max(1, len(equal))]
        if suspect.size:
            distance = int(suspect[np.argmax(equal[suspect] - expected[suspect])])
            yield Finding(
                "copies",
                "error",
                f"draws {distance} apart are equal {equal[distance]:,.0f} times where chance gives "
                f"{expected[distance]:,.1f}",
                "the seeds were cloned: draw the run again with one --seed and disjoint draws; as "
                "it is, n counts copies as draws",
            )


def _distances(draws: IntArray, labels: IntArray, sizes: IntArray) -> IntArray:
    """How far apart the draws of every equal pair are."""
    order = np.argsort(labels, kind="stable")
    ends = np.cumsum(sizes)
    found = []
    for label in np.flatnonzero(sizes > 1):
        members = draws[order[ends[label] - sizes[label] : ends[label]]]
        first, second = np.triu_indices(len(members), 1)
        found.append(members[second] - members[first])
    return np.concatenate(found)


def _places(draws: IntArray) -> FloatArray:
    """How many pairs of draws there are at each distance; entry d for distance d."""
    there = np.zeros(draws[-1] - draws[0] + 1)
    there[draws - draws[0]] = 1.0
    both = np.correlate(there, there, mode="full")[len(there) - 1 :]
    both[0] = 0.0
    return both


def _added(total: FloatArray, more: FloatArray | IntArray) -> FloatArray:
    """Sum of two arrays of which the shorter is continued with zeros."""
    longer = np.zeros(max(len(total), len(more)))
    longer[: len(total)] += total
    longer[: len(more)] += more
    return longer


def _one_in(chance: float) -> str:
    if chance <= 0:
        return "more than 10^300"
    return f"10^{-math.floor(math.log10(chance))}"


# -- two runs


def _same_texts(base: Run, trained: Run) -> Iterator[Finding]:
    """Two policies do not write the same texts draw for draw, unless they write but a few."""
    name = next(iter(base.completion_names()), None)
    if name is None or name not in trained.completion_names():
        return
    keys = ["problem_id", "draw"]
    both = base.read_completions(name, [*keys, "text"]).join(
        trained.read_completions(name, [*keys, "text"]), on=keys, suffix="_trained"
    )
    distinct = both["text"].n_unique()
    if distinct >= FEWEST and (both["text"] == both["text_trained"]).all():
        yield Finding(
            "same_texts",
            "error",
            f"the first {len(both):,} completions of {trained.name} are those of {base.name}, "
            f"letter for letter ({distinct:,} different texts)",
            "one run is a copy of the other, or the same weights were drawn from with one seed; "
            "give the trained policy's own run",
        )


def _check_pair(base: Run, trained: Run) -> Iterator[Finding]:
    left, right = base.manifest, trained.manifest
    ours, theirs = set(base.problem_ids), set(trained.problem_ids)
    if ours != theirs:
        yield Finding(
            "problems",
            "error",
            f"{len(ours & theirs)} problems are in both runs, {len(ours - theirs)} only in "
            f"{base.name}, {len(theirs - ours)} only in {trained.name}",
            "sample both on one set, or compare with --intersect",
        )
    for name, what in (("prompt", "prompts"), ("sampling", "sampling settings")):
        a, b = getattr(left, name), getattr(right, name)
        keys = sorted(key for key in {*a, *b} if a.get(key) != b.get(key))
        if keys:
            shown = "; ".join(
                f"{key}: {_brief(a.get(key))} and {_brief(b.get(key))}" for key in keys
            )
            yield Finding(
                name,
                "error",
                f"the {what} differ ({shown})",
                "sample both alike, or compare with --allow-different-prompts and read the "
                "difference as one of weights and prompts together",
            )
    yield from _same_texts(base, trained)
    if left.engine["name"] != right.engine["name"]:
        yield Finding(
            "engines",
            "note",
            f"{base.name} was drawn by {left.engine['name']}, {trained.name} by "
            f"{right.engine['name']}",
            "both draw from the same distribution up to rounding; one engine leaves no doubt",
        )
    if left.n != right.n:
        yield Finding(
            "draws",
            "note",
            f"{base.name} has n={left.n}, {trained.name} n={right.n}",
            "the verdict's k go by the smaller n; --top-up adds draws",
        )


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


__all__ = ["Checks", "Finding", "check"]
