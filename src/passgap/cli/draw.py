"""``passgap sample`` and ``passgap verify``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from passgap.cli import options, showing
from passgap.cli.flags import DecodingFlags, EngineFlags, ProblemFlags, PromptFlags
from passgap.cli.grouping import grouped
from passgap.cli.progress import bar, command_line
from passgap.errors import UsageError, WorkError
from passgap.plain import json_text

SHOWN_FAULTS = 10

if TYPE_CHECKING:
    from passgap.data.counts import Counts
    from passgap.data.policies import Policy, SamplingParams
    from passgap.data.problems import ProblemSet
    from passgap.runs import Run

PolicyArgument = Annotated[
    str, typer.Argument(metavar="POLICY", help="A folder, a hub id, lab:base or lab:teacher.")
]
ProblemsArgument = Annotated[
    str,
    typer.Argument(
        metavar="PROBLEMS",
        help="A JSONL, CSV or Parquet file, a benchmark (gsm8k, ..), gym:NAME or lab:NAME.",
    ),
]
PoliciesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="POLICY... PROBLEMS",
        help="A folder, a hub id, lab:base or lab:teacher; several share --out. Last: a JSONL, CSV "
        "or Parquet file, a benchmark (gsm8k, ..), gym:NAME or lab:NAME.",
    ),
]
RunsToVerify = Annotated[
    list[str] | None, typer.Argument(metavar="[RUN...]", help="A run folder, or several.")
]
Try = Annotated[
    tuple[str, str] | None,
    typer.Option(
        "--try",
        metavar="GOLD TEXT",
        help="Mark TEXT ('-': standard input) against the reference GOLD, and show why; no run.",
    ),
]


@grouped
def sample(
    policies: PoliciesArgument,
    out: options.Out,
    engine: EngineFlags,
    decoding: DecodingFlags,
    prompt: PromptFlags,
    fields: ProblemFlags,
    n: options.Draws = 128,
    seed: options.Seed = 0,
    first_draw: options.FirstDraw = 0,
    top_up: options.TopUp = False,
    price: options.Price = None,
    revision: options.Revision = None,
) -> None:
    """Draw n completions of every problem into a run folder; the same command again resumes it.

    Several policies (DIR/checkpoint-*) each get a run folder of their name below --out.

    Example: passgap sample lab:base lab:rare -n 16 --out runs/base
    """
    *given, problems = policies
    if not given:
        raise UsageError(f"{problems!r} alone is given; needed: POLICY PROBLEMS")
    drawings = resolve(
        given, problems, engine, decoding, prompt, fields, seed=seed, revision=revision
    )
    how: dict[str, Any] = {"n": n, "first_draw": first_draw, "top_up": top_up, "price": price}
    if len(drawings) == 1:
        run = sample_run(drawings[0], out=out, **how)
        print(f"{out}: {drawn_in_words(run, price)}; next: passgap verify {out}")
        return
    runs = sample_runs(drawings, out=out, **how)
    for run in runs:
        print(f"{run.place}: {drawn_in_words(run, price)}")
    print(f"next: passgap verify {' '.join(str(run.place) for run in runs)}")


def verify(
    runs: RunsToVerify = None,
    verifier: options.VerifierName = None,
    try_: Try = None,
    json_: options.Json = False,
) -> None:
    """Mark a run's completions; they are kept as they are. Several runs are marked in turn.

    Marked before by another verifier, the table of how the two agree is shown, and the new marks
    count from now on; ``--verifier source`` makes an imported log's own count again. ``--verifier
    'judge?base_url=..&model=..'`` marks the reasoning of the correct ones (CoT-pass@k).

    ``--try GOLD TEXT`` marks one text against a reference and shows why: every candidate in it,
    with its place, and the mark under each reading.

    Example: passgap verify runs/base
    """
    from passgap.runs import Run

    if try_ is not None:
        return _try(*try_, verifier or "math", json_=json_, runs=runs or [])
    if not runs:
        raise UsageError("no run is given; needed: RUN..., or --try GOLD TEXT")
    opened = [Run(path) for path in runs]
    found = []
    for path, run in zip(runs, opened, strict=True):
        found.append(_verified(path, run, verifier))
        if not json_:
            _print_verified(path, found[-1], alone=len(runs) == 1)
    figures = [{"run": one.run, **one.figures} if len(runs) > 1 else one.figures for one in found]
    failed = [one for one in found if one.failed]
    if json_:
        print(json_text(figures if len(runs) > 1 else figures[0], indent=None))
    elif len(runs) > 1 and not failed:
        print("next: passgap compare BASE TRAINED...")
    if failed:
        told = "; ".join(f"{one.run}: not one draw could be scored: {one.why}" for one in failed)
        raise WorkError(f"{told}; fix the verifier and run passgap verify again")


def _try(gold: str, text: str, verifier: str, *, json_: bool, runs: list[str]) -> None:
    """Mark one text, and show every candidate with what it would be marked."""
    from passgap.stages.marking import mark, tried

    if runs:
        raise UsageError(f"--try marks one text and no run; left over: {' '.join(runs)}")
    said = sys.stdin.read() if text == "-" else text
    (outcome,) = mark(gold, said, verifier=verifier)
    figures = tried(gold, outcome, verifier)
    if json_:
        print(json_text(figures, indent=None))
    else:
        from passgap.show import print_tried

        print_tried(figures)


@dataclass(frozen=True)
class Verified:
    """What came of marking one run: its figures by JSON names, and its counts.

    ``why`` says why draws are unscored, empty where none is; ``failed`` that all of them are.
    """

    run: str
    figures: dict[str, Any]
    counts: Counts
    why: str
    failed: bool


def _verified(path: str, run: Run, verifier: str | None) -> Verified:
    """Mark one run, and what came of it."""
    from passgap.stages.counting import count
    from passgap.stages.unscored import all_unscored, in_one_line, unscored
    from passgap.stages.verifying import agreement

    before = run.latest_verifier()
    marked = mark_run(path, verifier)
    counts, after = count(run), run.verifier_digest()
    both = agreement(run, before, after) if before not in (None, after) else None
    reasons = unscored(run, marked)
    figures = {
        "schema": "passgap.verify/1",
        "run": path,
        "problems": len(counts),
        "draws": int((counts.n + counts.unscored).sum()),
        "correct": int(counts.c.sum()),
        "unscored": int(counts.unscored.sum()),
        "unscored_reasons": [one.to_dict() for one in reasons],
        "verifier": counts.provenance["verifier"],
        "reasoned": None if counts.c_reasoned is None else int(counts.c_reasoned.sum()),
        "marked_by": run.marked_by(after),
        "agreement": None if both is None else both.to_dict(),
    }
    return Verified(path, figures, counts, in_one_line(reasons), all_unscored(run, marked))


def _print_verified(path: str, found: Verified, *, alone: bool) -> None:
    """The table of agreement where there is one, and one line for the marks and one for why not."""
    figures = found.figures
    if figures["agreement"] is not None:
        from passgap.show import print_agreement

        print_agreement(figures["agreement"])
    if figures["reasoned"] is not None:
        print(f"reasoning found right in {figures['reasoned']:,} of {figures['correct']:,}")
    adaptive = found.counts.design == "adaptive"
    probe = showing.probe_command(path, int(found.counts.n.min()), adaptive=adaptive)
    print(
        f"{path}: {figures['draws']:,} draws of {figures['problems']} problems, "
        f"{figures['correct']:,} correct, {figures['unscored']:,} unscored; the marks of "
        f"{figures['marked_by']} count now{f'; next: {probe}' * (alone and not found.failed)}"
    )
    if found.why and not found.failed:
        print(f"unscored: {found.why}")


# -- shared with probe, which samples first when it is given a policy


@dataclass(frozen=True)
class Drawing:
    """What the flags name, resolved: everything that sampling takes but how many."""

    policy: Policy
    problems: ProblemSet
    sampling: SamplingParams
    engine: str
    engine_args: dict[str, str]
    seed: int


def resolve(
    policies: Sequence[str],
    problems: str,
    engine: EngineFlags,
    decoding: DecodingFlags,
    prompt: PromptFlags,
    fields: ProblemFlags,
    *,
    seed: int = 0,
    revision: str | None = None,
) -> list[Drawing]:
    """From flags to nouns; whatever is wrong is told here, before anything is loaded."""
    from passgap.data.policies import SamplingParams
    from passgap.engines import check_engine
    from passgap.stages import resolving as resolve

    if revision is not None and len(policies) > 1:
        raise UsageError(f"--revision {revision!r} with {len(policies)} policies; allowed: one")
    mapped = fields.mapped()
    problem_set = resolve.resolve_problems(problems, mapped, limit=fields.limit)
    if not fields.keep_failing_golds:
        problem_set = sound(problem_set, fields.verifier)
    arguments = key_values(engine.engine_arg or [])
    check_engine(engine.engine, arguments)
    params = SamplingParams(
        max_tokens=resolve.max_tokens(decoding.max_tokens, problems, engine.engine),
        temperature=decoding.temperature,
        top_p=decoding.top_p,
        top_k=decoding.top_k,
    )
    drawings = []
    for policy in policies:
        chosen = prompt.of(policy, revision=revision, mapping=mapped)
        resolve.check_shots(chosen, problem_set)
        drawings.append(Drawing(chosen, problem_set, params, engine.engine, arguments, seed))
    return drawings


def sound(problems: ProblemSet, verifier: str | None) -> ProblemSet:
    """The problems whose reference their verifier accepts; the others are listed."""
    from passgap.show.text import visible
    from passgap.stages.golds import check_golds

    found = check_golds(problems, verifier)
    if not found.faults:
        return problems
    print(
        f"{len(found.faults)} of {len(problems)} references are refused by their own verifier and "
        "left out (--keep-failing-golds keeps them):",
        file=sys.stderr,
    )
    for problem_id, fault in list(found.faults.items())[:SHOWN_FAULTS]:
        print(f"  {problem_id}  {visible(fault)}", file=sys.stderr)
    if len(found.faults) > SHOWN_FAULTS:
        print(f"  and {len(found.faults) - SHOWN_FAULTS} more", file=sys.stderr)
    if not len(found.sound):
        raise UsageError("no problem is left; fix the references or choose another --verifier")
    return found.sound


def without(problems: ProblemSet, held_out: ProblemSet | None) -> ProblemSet:
    """The problems to train on that are not held out (``--leave-out-held-out``)."""
    if held_out is None:
        raise UsageError("--leave-out-held-out needs --held-out PROBLEMS; give both or neither")
    kept = problems.without(held_out)
    if not len(kept):
        raise UsageError(f"every problem of {problems.name} is held out; train on others")
    left_out = len(problems) - len(kept)
    print(f"{left_out} of {len(problems)} problems are held out and left out of training")
    return kept


def tell_stop(policy: Policy, out: str | None = None) -> None:
    """Say which stop strings came by default, or that a run in ``out`` goes on without them."""
    from passgap.stages.sampling import as_recorded

    if not policy.prompt.stop_by_default:
        return
    shown = ", ".join(map(json.dumps, policy.prompt.stop))
    if out is not None and as_recorded(policy, out) != policy:
        told = f"{out} was begun without stop strings and goes on without them; a new run has"
    else:
        told = "stop strings"
    print(
        f"{told} {shown}, which begins the next question in the format of the shots (--stop STRING "
        "sets others, --no-stop none)",
        file=sys.stderr,
    )


def sample_run(drawing: Drawing, *, out: str, price: float | None = None, **how: Any) -> Run:
    """Sample what was resolved, with a progress bar; ``how`` as in `passgap.sample`."""
    from passgap.stages import sampling

    tell_stop(drawing.policy, out)
    with bar(f"sampling {Path(out).name}", price=price) as progress:
        return sampling.sample(
            out=out, progress=progress, command=command_line(), **vars(drawing), **how
        )


def sample_runs(
    drawings: Sequence[Drawing], *, out: str, price: float | None = None, **how: Any
) -> list[Run]:
    """Sample several policies into run folders of their names below ``out``."""
    from passgap.stages.sampling_arms import named_arms, sample_arms

    tell_stop(drawings[0].policy)
    shared = vars(drawings[0])
    arms = named_arms([one.policy for one in drawings], shared["sampling"])
    rest = {name: shared[name] for name in ("problems", "engine", "engine_args", "seed")}
    return sample_arms(
        arms, out=out, bar=partial(bar, price=price), command=command_line(), **rest, **how
    )


def drawn_in_words(run: Run, price: float | None) -> str:
    """What the run holds, and what drawing it took and cost."""
    tokens = sum(call.tokens for call in run.calls())
    cost = "" if price is None else f", {tokens * price / 1e6:,.2f} at {price:g} a million"
    return f"{sum(run.draws().values()):,} completions, {tokens:,} tokens drawn in all{cost}"


def verify_run(path: str, verifier: str | None = None) -> Counts:
    """Verify with a progress bar; returns the counts."""
    from passgap.runs import Run
    from passgap.stages import counting as counts

    mark_run(path, verifier)
    return counts.count(Run(path))


def mark_run(path: str, verifier: str | None = None) -> str:
    """Verify with a progress bar; returns the digest of the verifier that marked."""
    from passgap.runs import Run
    from passgap.stages import verifying

    run = Run(path)
    with bar(f"verifying {run.name}") as progress:
        return verifying.verify(run, verifier=verifier, progress=progress, command=command_line())


def key_values(pairs: list[str]) -> dict[str, str]:
    """``KEY=VALUE`` strings as a dict."""
    split = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--engine-arg {pair!r}; allowed: KEY=VALUE")
        split[key] = value
    return split
