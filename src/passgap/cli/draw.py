"""``passgap sample`` and ``passgap verify``."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from passgap.cli import options
from passgap.cli.progress import bar, command_line
from passgap.errors import UsageError

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
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run folder.")]


def sample(
    policy: PolicyArgument,
    problems: ProblemsArgument,
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

    Example: passgap sample lab:base lab:rare -n 16 --out runs/base
    """
    run = sample_run(
        policy=policy,
        problems=problems,
        out=out,
        n=n,
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
        first_draw=first_draw,
        top_up=top_up,
        price=price,
        revision=revision,
        question_field=question_field,
        answer_field=answer_field,
        mapping=mapping,
        verifier=verifier,
        keep_failing_golds=keep_failing_golds,
        limit=limit,
    )
    print(f"{out}: {drawn_in_words(run, price)}; next: passgap verify {out}")


def verify(
    run: RunArgument,
    verifier: options.VerifierName = None,
    json_: options.Json = False,
) -> None:
    """Mark a run's completions; they are kept as they are.

    Marked before by another verifier, the table of how the two agree is shown. ``--verifier
    'judge?base_url=..&model=..'`` marks the reasoning of the correct ones (CoT-pass@k).

    Example: passgap verify runs/base
    """
    from passgap.store import Run
    from passgap.verifying import agreement

    opened = Run(run)
    before = opened.verifier_digest() if opened.place.exists("outcomes/latest") else None
    counts = verify_run(run, verifier)
    after = opened.verifier_digest()
    both = agreement(opened, before, after) if before not in (None, after) else None
    figures = {
        "problems": len(counts),
        "draws": int((counts.n + counts.unscored).sum()),
        "correct": int(counts.c.sum()),
        "unscored": int(counts.unscored.sum()),
        "verifier": counts.provenance["verifier"],
        "reasoned": None if counts.c_reasoned is None else int(counts.c_reasoned.sum()),
        "agreement": None if both is None else both.to_dict(),
    }
    if json_:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        if both is not None:
            from passgap.reporting import print_agreement

            print_agreement(both.to_dict())
        if counts.c_reasoned is not None:
            print(f"reasoning found right in {figures['reasoned']:,} of {figures['correct']:,}")
        print(
            f"{run}: {figures['draws']:,} draws of {figures['problems']} problems, "
            f"{figures['correct']:,} correct, {figures['unscored']:,} unscored; "
            f"next: passgap probe {run}"
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
    policy: str,
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
) -> Drawing:
    """From flags to nouns; whatever is wrong is told here, before anything is loaded."""
    from passgap.problems import Mapped
    from passgap.types import SamplingParams
    from passgap.workflows import resolve

    fields = Mapped(question_field, answer_field, verifier or "math", mapping)
    problem_set = resolve.resolve_problems(problems, fields, limit=limit)
    if not keep_failing_golds:
        problem_set = sound(problem_set, verifier)
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
    params = SamplingParams(
        max_tokens=resolve.max_tokens(max_tokens, problems, engine),
        temperature=temperature,
        top_p=top_p,
        top_k=top_k,
    )
    return Drawing(chosen, problem_set, params, engine, key_values(engine_arg or []), seed)


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


def sample_run(
    *,
    out: str,
    n: int,
    first_draw: int = 0,
    top_up: bool = False,
    price: float | None = None,
    **flags: Any,
) -> Run:
    """Resolve what the flags name and sample it, with a progress bar."""
    from passgap import sampling

    drawing = resolve(**flags)
    with bar(f"sampling {Path(out).name}", price=price) as progress:
        return sampling.sample(
            n=n,
            out=out,
            first_draw=first_draw,
            top_up=top_up,
            progress=progress,
            command=command_line(),
            **vars(drawing),
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
