"""A verified run of any size, made in seconds with known success rates: nothing is sampled.

    python bench/fabricate.py runs/large --problems 10000 -n 1000

Its shards hold what a run of the math verifier holds: texts, token ids, log-probabilities,
readings. Other benches import `fabricated`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from passgap.data.completions import Block
from passgap.data.identity import digest
from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.runs import Manifest, Round, Run, is_run
from passgap.runs.outcomes import OutcomesAbout

VERIFIER = digest("bench")
FILLER = "Let us check it once more by counting on from the larger number. " * 3
LONG, UNANSWERED = 0.01, 0.02


def fabricated(path: Path, problems: int, n: int, *, delta: float = 0.0) -> Run:
    """A verified run of so many problems x samples, taken up where it is there.

    Problem i is solved with log odds from N(-1, 2), the same in every run, plus ``delta``.
    """
    if is_run(path) and not Run(path).owed():
        return Run(path)
    asked = ProblemSet.of(
        "sums",
        [Problem(f"What is {i} + {i + 1}?", str(2 * i + 1), "math") for i in range(problems)],
    )
    policy = Policy(path.name, weights_digest=digest(path.name))
    manifest = Manifest(
        policy={"path": policy.path, "revision": None, "weights_digest": policy.weights_digest},
        prompt=policy.prompt.to_dict(),
        engine={"name": "fake", "args": {}},
        sampling=SamplingParams(256).to_dict(),
        problem_set={"name": "sums", "digest": asked.digest, "size": problems, "merged": 0},
        n=n,
        seed=0,
        rounds=(Round.of(0, n),),
        created="2026-01-01T00:00:00+00:00",
    )
    run, rng = Run.create(path, manifest, asked), np.random.default_rng(len(path.name))
    p = 1 / (1 + np.exp(-np.random.default_rng(0).normal(-1, 2, problems) - delta))
    place = {one: i for i, one in enumerate(run.problem_ids)}
    with run.writing():
        for name, block in run.owed().items():
            frame = _drawn(block, place, p, rng)
            run.land_completions(name, frame)
            run.land_outcomes(VERIFIER, name, frame)
        run.set_outcomes_about(VERIFIER, OutcomesAbout(faults={}))
        run.set_verifier_digest(VERIFIER)
    return run


def _drawn(
    block: Block, place: dict[str, int], p: np.ndarray, rng: np.random.Generator
) -> pl.DataFrame:
    """The completions of a block with their outcomes."""
    rows = np.repeat([place[i] for i in block.problem_ids], block.size)
    size = len(rows)
    right = rng.random(size) < p[rows]
    said = ~right & (rng.random(size) >= UNANSWERED)
    answers = 2 * rows + 1 + np.where(right, 0, rng.geometric(0.1, size))
    frame = pl.DataFrame(
        {
            "problem_id": np.repeat(np.array(block.problem_ids, object), block.size),
            "draw": np.tile(
                np.arange(block.first_draw, block.first_draw + block.size), len(block.problem_ids)
            ),
            "answer": answers,
            "odd": rng.integers(0, 2**40, size),
            "right": right,
            "answered": right | said,
            "cut": ~right & (rng.random(size) < LONG),
            "logprob": rng.normal(-60, 10, size),
        },
        schema_overrides={"problem_id": pl.String},
    )
    status = pl.when("right").then(pl.lit("correct")).otherwise(pl.lit("incorrect"))
    heard = pl.when("answered").then(status).otherwise(pl.lit("no_answer"))
    return frame.with_columns(
        text=pl.concat_str(
            pl.lit("Step "), "odd", pl.lit(f". {FILLER}So \\boxed{{"), "answer", pl.lit("}.")
        ),
        token_ids=pl.concat_list([pl.col("odd") % m for m in (97, 89, 83, 79, 73, 71, 67, 61)]),
        token_count=pl.lit(8),
        finish_reason=pl.when("cut").then(pl.lit("length")).otherwise(pl.lit("stop")),
        status=status,
        extracted=pl.when("answered").then(pl.col("answer").cast(pl.String)),
        reason=pl.when(~pl.col("answered")).then(pl.lit("no_answer")),
        readings=pl.struct(
            asked=heard,
            any=status,
            form=pl.lit("boxed"),
            run_on=pl.lit(False),
            thinking=pl.lit(""),
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--problems", type=int, default=10_000)
    parser.add_argument("-n", type=int, default=1_000)
    parser.add_argument("--delta", type=float, default=0.0)
    args = parser.parse_args()
    run = fabricated(args.path, args.problems, args.n, delta=args.delta)
    print(f"{run.place}: {args.problems * args.n:,} completions in {len(run.blocks):,} shards")


if __name__ == "__main__":
    main()
