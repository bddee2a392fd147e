"""``passgap sample`` and ``passgap verify``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from passgap.cli import options
from passgap.cli.progress import bar, command_line
from passgap.errors import UsageError
from passgap.plain import json_text

SHOWN_FAULTS = 10

if TYPE_CHECKING:
    from passgap.store import Run
    from passgap.types import Policy, ProblemSet, SamplingParams

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
RunsArgument = Annotated[
    list[str], typer.Argument(metavar="RUN...", help="A run folder, or several.")
]


def sample(
    policies: PoliciesArgument,
    out: options.Out,
    n: options.Draws = 128,
    engine: options.Engine = "transformers",
    engine_arg: options.EngineArg = None,
    template: options.Template = None,
    system: options.System = None,
    shots: options.Shots = None,
    stop: options.Stop = None,
    max_tokens: options.MaxTokens = None,
    temperature: options.Temperature = 1.0,
    top_p: options.TopP = 1.0,
    top_k: options.TopK = 0,
    seed: options.Seed = 0,
    first_draw: options.FirstDraw = 0,
    top_up: options.TopUp = False,
    price: options.Price = None,
    revision: options.Revision = None,
    question_field: options.QuestionField = None,
    answer_field: options.AnswerField = None,
    mapping: options.Mapping = None,
    verifier: options.VerifierName = None,
    keep_failing_golds: options.KeepFailing = False,
    limit: options.Limit = None,
) -> None:
    """Draw n completions of every problem into a run folder; the same command again resumes it.

    Several policies (DIR/checkpoint-*) each get a run folder of their name below --out.

    Example: passgap sample lab:base lab:rare -n 16 --out runs/base
    """
    *given, problems = policies
    if not given:
        raise UsageError(f"{problems!r} alone is given; needed: POLICY PROBLEMS")
    drawings = resolve(
        policies=given,
        problems=problems,
        engine=engine,
        engine_arg=engine_arg,
        template=template,
        system=system,
        shots=shots,
        stop=stop,
        max_tokens=max_tokens,
        temperature=temperature,
        top_p=top_p,
        top_k=top_k,
        seed=seed,
        revision=revision,
        question_field=question_field,
        answer_field=answer_field,
        mapping=mapping,
        verifier=verifier,
        keep_failing_golds=keep_failing_golds,
        limit=limit,
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
    runs: RunsArgument,
    verifier: options.VerifierName = None,
    json_: options.Json = False,
) -> None:
    """Mark a run's completions; they are kept as they are. Several runs are marked in turn.

    Marked before by another verifier, the table of how the two agree is shown. ``--verifier
    'judge?base_url=..&model=..'`` marks the reasoning of the correct ones (CoT-pass@k).

    Example: passgap verify runs/base
    """
    from passgap.store import Run

    opened = [Run(path) for path in runs]
    found = []
    for path, run in zip(runs, opened, strict=True):
        figures = _verified(path, run, verifier)
        found.append({"run": path, **figures} if len(runs) > 1 else figures)
        if not json_:
            after = f"; next: passgap probe {path}" if len(runs) == 1 else ""
            _print_verified(path, figures, after)
    if json_:
        print(json_text(found if len(runs) > 1 else found[0], indent=None))
    elif len(runs) > 1:
        print("next: passgap compare BASE TRAINED...")


def _verified(path: str, run: Run, verifier: str | None) -> dict[str, Any]:
    """Mark one run, and what came of it."""
    from passgap.verifying import agreement

    before = run.verifier_digest() if run.place.exists("outcomes/latest") else None
    counts = verify_run(path, verifier)
    after = run.verifier_digest()
    both = agreement(run, before, after) if before not in (None, after) else None
    return {
        "schema": "passgap.verify/1",
        "run": path,
        "problems": len(counts),
        "draws": int((counts.n + counts.unscored).sum()),
        "correct": int(counts.c.sum()),
        "unscored": int(counts.unscored.sum()),
        "verifier": counts.provenance["verifier"],
        "reasoned": None if counts.c_reasoned is None else int(counts.c_reasoned.sum()),
        "agreement": None if both is None else both.to_dict(),
    }


def _print_verified(path: str, figures: dict[str, Any], after: str) -> None:
    if figures["agreement"] is not None:
        from passgap.reporting import print_agreement

        print_agreement(figures["agreement"])
    if figures["reasoned"] is not None:
        print(f"reasoning found right in {figures['reasoned']:,} of {figures['correct']:,}")
    print(
        f"{path}: {figures['draws']:,} draws of {figures['problems']} problems, "
        f"{figures['correct']:,} correct, {figures['unscored']:,} unscored{after}"
    )


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
    *,
    policies: Sequence[str],
    problems: str,
    engine: str = "transformers",
    engine_arg: list[str] | None = None,
    template: str | None = None,
    system: str | None = None,
    shots: str | None = None,
    stop: list[str] | None = None,
    max_tokens: int | None = None,
    temperature: float = 1.0,
    top_p: float = 1.0,
    top_k: int = 0,
    seed: int = 0,
    revision: str | None = None,
    question_field: str | None = None,
    answer_field: str | None = None,
    mapping: str | None = None,
    verifier: str | None = None,
    keep_failing_golds: bool = False,
    limit: int | None = None,
) -> list[Drawing]:
    """From flags to nouns; whatever is wrong is told here, before anything is loaded."""
    from passgap.problems import Mapped
    from passgap.types import SamplingParams
    from passgap.workflows import resolve

    if revision is not None and len(policies) > 1:
        raise UsageError(f"--revision {revision!r} with {len(policies)} policies; allowed: one")
    fields = Mapped(question_field, answer_field, verifier or "math", mapping)
    problem_set = resolve.resolve_problems(problems, fields, limit=limit)
    if not keep_failing_golds:
        problem_set = sound(problem_set, verifier)
    params = SamplingParams(
        max_tokens=resolve.max_tokens(max_tokens, problems, engine),
        temperature=temperature,
        top_p=top_p,
        top_k=top_k,
    )
    drawings = []
    for policy in policies:
        chosen = resolve.resolve_policy(
            policy,
            revision=revision,
            template=template,
            system=system,
            shots=shots,
            stop=options.stop_strings(stop),
            mapping=fields,
        )
        resolve.check_shots(chosen, problem_set)
        arguments = key_values(engine_arg or [])
        drawings.append(Drawing(chosen, problem_set, params, engine, arguments, seed))
    return drawings


def sound(problems: ProblemSet, verifier: str | None) -> ProblemSet:
    """The problems whose reference their verifier accepts; the others are listed."""
    from passgap.golds import check_golds
    from passgap.reporting.text import visible

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
        raise UsageError("no problem is left; mend the references or choose another --verifier")
    return found.sound


def sample_run(drawing: Drawing, *, out: str, price: float | None = None, **how: Any) -> Run:
    """Sample what was resolved, with a progress bar; ``how`` as in `passgap.sample`."""
    from passgap import sampling

    with bar(f"sampling {Path(out).name}", price=price) as progress:
        return sampling.sample(
            out=out, progress=progress, command=command_line(), **vars(drawing), **how
        )


def sample_runs(
    drawings: Sequence[Drawing], *, out: str, price: float | None = None, **how: Any
) -> list[Run]:
    """Sample several policies into run folders of their names below ``out``."""
    from passgap.workflows.sweeping import named_arms, sample_arms

    shared = vars(drawings[0])
    arms = named_arms([one.policy for one in drawings], shared["sampling"])
    rest = {name: shared[name] for name in ("problems", "engine", "engine_args", "seed")}
    return sample_arms(
        arms, out=out, bar=partial(bar, price=price), command=command_line(), **rest, **how
    )


def drawn_in_words(run: Run, price: float | None) -> str:
    """What the run holds, and what drawing it took and cost."""
    tokens = sum(int(call["tokens"]) for call in run.calls())
    cost = "" if price is None else f", {tokens * price / 1e6:,.2f} at {price:g} a million"
    return f"{sum(run.draws().values()):,} completions drawn, {tokens:,} tokens{cost}"


def verify_run(path: str, verifier: str | None = None):  # type: ignore[no-untyped-def]
    """Verify with a progress bar; returns the counts."""
    from passgap import counts, verifying
    from passgap.store import Run

    run = Run(path)
    with bar(f"verifying {run.name}") as progress:
        verifying.verify(run, verifier=verifier, progress=progress)
    return counts.count(run)


def key_values(pairs: list[str]) -> dict[str, str]:
    """``KEY=VALUE`` strings as a dict."""
    split = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--engine-arg {pair!r}; allowed: KEY=VALUE")
        split[key] = value
    return split
