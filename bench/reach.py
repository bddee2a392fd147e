"""Does the certified bound hold? The lab's worlds against brute force.

    python bench/reach.py --out runs/reach          about an hour on two cores, resumable

Three questions, each answered with passgap's own verbs:

- *rare*: problems at the edge of the base's reach (three unlikely habits at once). The trained
  policy solves them, the base got 0 of 256; its true rate comes from 20,000 fresh draws a problem.
- *absent*, distilled from a teacher: the base cannot do it. Nothing may be certified that 20,000
  draws of the base a problem contradict.
- the perplexity figure of arXiv 2504.13837: each policy's completions, and the teacher's, under the
  base and under the trained policy.

Writes RESULTS.md and two pictures below ``--results``.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import polars as pl
import torch
import transformers

from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.demo import run_demo
from passgap.engines import resolve_policy as find_weights
from passgap.evidence.reaching import reach_runs, score_across
from passgap.lab import lab_problems
from passgap.lab.world import RARE, is_held_out, nominal_p, random_text, solve
from passgap.runs import Run
from passgap.show.theme import LIGHT, chart_config
from passgap.stages.counting import count
from passgap.stages.resolving import LAB_MAX_TOKENS, resolve_policy
from passgap.stages.sampling import sample
from passgap.stages.scoring import policy_of, recorded_policy, score, scoring_digest
from passgap.stages.verifying import verify
from passgap.stats import betting_lower_bound, binomial_upper

N = 256
MORE = 1024
BRUTE = 20_000
RANGE = (0.005, 0.016)
PARAMS = SamplingParams(max_tokens=LAB_MAX_TOKENS)


@contextmanager
def quiet(title: str) -> Iterator[Any]:
    print(f"{datetime.now(UTC):%H:%M:%S} {title}", flush=True)
    yield lambda *_: None


def hard_problems(size: int) -> ProblemSet:
    """Held-out questions of three habits whose nominal p lies in RANGE."""
    symbols = [operation.symbol for operation in RARE]
    words = ["".join(w) for w in itertools.product(symbols, repeat=3)]
    words = [w for w in words if RANGE[0] <= nominal_p(w) <= RANGE[1]]
    rng = np.random.default_rng(5)
    made: dict[str, Problem] = {}
    while len(made) < size:
        word, text = words[rng.integers(len(words))], random_text(rng)
        question = f"{word}:{text}="
        if is_held_out(question):
            problem = Problem(question, solve(word, text)[-1], verifier="exact")
            made[problem.id] = problem
    return ProblemSet("lab:rare, at the edge of reach", tuple(made.values()))


def drawn(policy: Policy, problems: ProblemSet, out: Path, n: int, first_draw: int = 0) -> Run:
    with quiet(f"{out.name}: {len(problems)} problems x {n}"):
        run = sample(policy, problems, n=n, out=out, sampling=PARAMS, first_draw=first_draw)
    verify(run)
    return run


def against_brute_force(
    base: Policy, trained: Policy, problems: ProblemSet, out: Path, most: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Reach on n = 256 each, then 20,000 fresh draws of the base on the problems gained."""
    runs = drawn(base, problems, out / "base", N), drawn(trained, problems, out / "trained", N)
    score_across(*runs, bar=quiet)
    result = reach_runs(*runs).to_dict()
    gained = sorted(row["problem_id"] for row in result["rows"])[:most]
    chosen = ProblemSet.of("candidates", [p for p in problems if p.id in set(gained)])
    brute = count(drawn(base, chosen, out / "brute", BRUTE, first_draw=N))
    hits = dict(
        zip(brute.problem_id, zip(brute.c.tolist(), brute.n.tolist(), strict=True), strict=True)
    )
    rows = [
        row | {"brute_c": hits[row["problem_id"]][0], "brute_n": hits[row["problem_id"]][1]}
        for row in result["rows"]
        if row["problem_id"] in hits
    ]
    return result, rows


def followed_up(
    base: Policy, trained: Policy, problems: ProblemSet, out: Path, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The problems gained once more: bounds from fresh draws of the trained policy alone."""
    ids = {row["problem_id"] for row in rows}
    run = drawn(trained, ProblemSet.of("gained", [p for p in problems if p.id in ids]),
                out / "more", MORE, first_draw=N)  # fmt: skip
    policy = policy_of(run)
    key = score(run, dataclasses.replace(find_weights(base, "transformers"), prompt=policy.prompt))
    again = score(run, policy)
    frame = run.scan_completions().select("problem_id", "draw", "logprob").collect()
    for name, digest in (("base", key), ("again", again)):
        scores = pl.concat(run.read_logprobs(digest, s) for s in run.completion_names())
        frame = frame.join(scores.rename({"logprob": name}), on=["problem_id", "draw"])
    marks = run.scan_outcomes(count(run).provenance["verifier"]).collect()
    frame = frame.join(marks, on=["problem_id", "draw"]).filter(pl.col("status") == "correct")
    epsilon = float((frame["logprob"] - frame["again"]).abs().max())
    values = frame.with_columns(ratio=pl.col("base") - pl.col("logprob") - epsilon)
    found = []
    for row in rows:
        ratios = values.filter(pl.col("problem_id") == row["problem_id"])["ratio"].to_numpy()
        low = betting_lower_bound(ratios, draws=MORE, confidence_level=0.975)
        found.append(row | {"low": math.exp(low), "trained_c": len(ratios), "trained_n": MORE})
    return found


def judged(result: dict[str, Any], rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How often the bound is below the brute-force rate, and how far."""
    truth = np.array([row["brute_c"] / row["brute_n"] for row in rows])
    upper = np.array([binomial_upper(row["brute_c"], row["brute_n"], 0.975) for row in rows])
    low = np.array([row["low"] for row in rows])
    seen = (truth > 0) & (low > 0)
    ratio = truth[seen] / low[seen]
    return {
        "problems": result["problems"],
        "gained": result["gained"],
        "brute_forced": len(rows),
        "below_rate": int((low <= truth).sum()),
        "not_contradicted": int((low <= upper).sum()),
        "seen": int(seen.sum()),
        "certified": int((low > 0).sum()),
        "truth_quantiles": [float(q) for q in np.quantile(truth, [0, 0.1, 0.5, 0.9, 1])],
        "ratio_quantiles": [float(q) for q in np.quantile(ratio, [0.1, 0.5, 0.9])]
        if seen.any()
        else [],
        "within_30": int((ratio <= 30).sum()),
        "largest_low": float(low.max(initial=0.0)),
        "largest_upper": float(upper.max(initial=0.0)),
        "classes": result["classes"],
        "verdict": result["verdict"]["label"],
        "calibration": result["calibration"],
        "level_of_each_bound": result["settings"]["level_of_each_bound"],
    }


def perplexities(base: Run, trained: Run, reference: Run | None = None) -> list[dict[str, Any]]:
    """Every completion's perplexity a token, for the picture: at most 5,000 of each kind."""
    rows = []
    for name, run in {"base": base, "trained": trained, "teacher": reference}.items():
        if run is None:
            continue
        lengths = pl.concat(
            run.read_completions(shard, ["problem_id", "draw", "token_count", "logprob"])
            for shard in run.completion_names()
        )
        for under, scored in {"base": base, "trained": trained}.items():
            frame = lengths
            if scored is not run:
                key = scoring_digest(run, recorded_policy(scored))
                other = pl.concat(run.read_logprobs(key, s) for s in run.completion_names())
                frame = lengths.drop("logprob").join(other, on=["problem_id", "draw"])
            some = frame.sample(min(5_000, len(frame)), seed=0)
            values = np.exp(-some["logprob"].to_numpy() / some["token_count"].to_numpy())
            rows += [{"texts": name, "under": f"under the {under}", "ppl": float(v)}
                     for v in values]  # fmt: skip
    return rows


def pictures(rows: list[dict[str, Any]], ppl: list[dict[str, Any]], folder: Path) -> None:
    points = [
        {"truth": r["brute_c"] / r["brute_n"], "low": r["low"]}
        for r in rows
        if r["brute_c"] and r["low"] > 0
    ]
    ends = [5e-4, 3e-2]
    lines = [
        {"truth": t, "low": t / f, "line": name}
        for f, name in ((1, "the truth"), (30, "a thirtieth of it"))
        for t in ends
    ]
    dots = alt.Chart(alt.Data(values=points)).mark_point(filled=True, size=45, color=LIGHT["base"])
    dots = dots.encode(
        alt.X(
            "truth:Q",
            scale=alt.Scale(type="log", domain=ends, nice=False),
            title="base, 20,000 fresh draws: share correct",
        ),
        alt.Y(
            "low:Q",
            scale=alt.Scale(type="log"),
            title="certified lower bound",
            axis=alt.Axis(tickCount=5, format=".0e"),
        ),
    )
    rules = alt.Chart(alt.Data(values=lines)).mark_line(strokeDash=[4, 3], color=LIGHT["muted"])
    rules = rules.encode(alt.X("truth:Q"), alt.Y("low:Q"), alt.Detail("line:N"))
    names = alt.Chart(alt.Data(values=[line for line in lines if line["truth"] == ends[0]]))
    names = names.mark_text(align="left", dx=6, dy=-26, fontSize=12, color=LIGHT["muted"])
    names = names.encode(alt.X("truth:Q"), alt.Y("low:Q"), alt.Text("line:N"))
    chart = (rules + names + dots).properties(width=460, height=320)
    write(chart.properties(title="What 1,024 draws of the trained policy certify of the base"),
          folder / "bound")  # fmt: skip
    order = ["base", "trained", "teacher"]
    colours = alt.Scale(domain=order, range=[LIGHT["base"], LIGHT["trained"], LIGHT["muted"]])
    box = alt.Chart(alt.Data(values=ppl)).mark_boxplot(
        size=30, outliers=False, box={"strokeWidth": 2, "stroke": LIGHT["ink"]}
    )
    box = box.encode(
        alt.X("texts:N", sort=order, title="whose completions", axis=alt.Axis(labelAngle=0)),
        alt.Y(
            "ppl:Q",
            scale=alt.Scale(type="log"),
            title="perplexity a token",
            axis=alt.Axis(values=[1, 1.5, 2, 3, 10, 100, 1000, 10_000], grid=True),
        ),
        alt.Color("texts:N", scale=colours, legend=None),
        alt.Column("under:N", title=None),
        alt.Row("world:N", title=None, sort=["rare, GRPO", "absent, distilled"]),
    )
    box = box.resolve_scale(x="independent", y="independent")
    write(box.properties(width=260, height=200), folder / "perplexity")


def write(chart: Any, path: Path) -> None:
    chart = chart.configure(**{**chart_config(), "background": "white"})
    chart.save(f"{path}.svg")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/reach"))
    parser.add_argument("--results", type=Path, default=Path("docs/results"))
    parser.add_argument("--size", type=int, default=1200, help="hard problems")
    parser.add_argument("--most", type=int, default=100, help="problems to force by brute")
    parser.add_argument("--absent", type=int, default=30, help="problems of the absent family")
    args = parser.parse_args()
    base, teacher = resolve_policy("lab:base"), resolve_policy("lab:teacher")
    worlds = args.out / "worlds"
    rare = run_demo(worlds, progress=quiet)
    distilled = run_demo(
        worlds, progress=quiet, family="absent", algorithm="distill", size=args.absent
    )
    edge, edge_rows = against_brute_force(
        base, resolve_policy(str(rare.policy)), hard_problems(args.size), args.out / "edge",
        args.most,
    )  # fmt: skip
    fresh_rows = followed_up(
        base, resolve_policy(str(rare.policy)), hard_problems(args.size), args.out / "edge",
        edge_rows,
    )  # fmt: skip
    absent, absent_rows = against_brute_force(
        base,
        resolve_policy(str(distilled.policy)),
        lab_problems("absent", size=args.absent, seed=1),
        args.out / "absent",
        args.absent,
    )
    taught = Run(args.out / "absent" / "base"), Run(args.out / "absent" / "trained")
    reference = drawn(teacher, taught[0].problems(), args.out / "teacher", N)
    score_across(*taught, reference=reference, bar=quiet)
    pair = Run(rare.base_run), Run(rare.trained_run)
    whole = reach_runs(*pair).to_dict()
    found = {
        "edge": judged(edge, edge_rows),
        "fresh": judged(edge, fresh_rows),
        "fresh_rows": fresh_rows,
        "absent": judged(absent, absent_rows),
        "perplexity": {
            "rare, GRPO": whole["perplexity"],
            "absent, distilled": reach_runs(*taught, reference=reference).to_dict()["perplexity"],
        },
        "amplification": whole["amplification"],
        "rare_mass": whole["rare_mass"],
        "edge_rows": edge_rows,
        "absent_rows": absent_rows,
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    }
    (args.out / "found.json").write_text(json.dumps(found, indent=1))
    folder = args.results / "reach"
    folder.mkdir(parents=True, exist_ok=True)
    ppl = [row | {"world": "rare, GRPO"} for row in perplexities(*pair)]
    ppl += [row | {"world": "absent, distilled"} for row in perplexities(*taught, reference)]
    pictures(fresh_rows, ppl, folder)
    (args.results / "reach.md").write_text(page(found))
    print(page(found))


def page(found: dict[str, Any]) -> str:
    edge, fresh, absent = found["edge"], found["fresh"], found["absent"]
    low_truth, _, mid_truth, _, high_truth = edge["truth_quantiles"]
    lines = [
        "# Reach: the bound against brute force",
        "",
        f"The lab's base; n = {N} samples per problem of each policy, {BRUTE:,} fresh samples of "
        f"the base as the truth; {datetime.now(UTC):%Y-%m-%d}; torch "
        f"{found['versions']['torch']}, transformers {found['versions']['transformers']}, CPU. "
        "Made by `python bench/reach.py`.",
        "",
        "## At the edge of reach",
        "",
        f"{edge['problems']} held-out questions that need three unlikely habits at once. On "
        f"{edge['gained']} the GRPO-trained policy has a correct sample and the base none; the "
        f"first {edge['brute_forced']} by id were sampled by brute force. Their true rates range "
        f"from {low_truth:.2g} to {high_truth:.2g}, with a median of {mid_truth:.2g}.",
        "",
        f"There are two bounds for each: from the same {N} samples of the trained policy that "
        f"picked the problem, at level {edge['level_of_each_bound']:.4f} to correct for the "
        f"picking; and from {MORE:,} fresh samples of it, at level 0.975. A single correct sample "
        f"(of {N}, on {sum(row['trained_c'] == 1 for row in found['edge_rows'])} of these "
        f"problems) bounds little; the follow-up costs {MORE / BRUTE:.0%} of the brute force.",
        "",
        f"| | from the {N} | from {MORE:,} fresh ones |",
        "| --- | --- | --- |",
        _row("bound at or below the true rate", edge, fresh, "below_rate"),
        _row("not contradicted (97.5% upper end of it)", edge, fresh, "not_contradicted"),
        _row("bound within a factor of 30 of the rate", edge, fresh, "within_30"),
        "| rate / bound: 10%, median, 90% | "
        + " | ".join(
            ", ".join(f"{q:,.1f}" for q in one["ratio_quantiles"]) for one in (edge, fresh)
        )
        + " |",
        "",
        f"The verdict of `passgap reach` on the pair is `{edge['verdict']}` "
        f"({_counts(edge['classes'])}). In its calibration, the same bound on problems that the "
        f"base did solve, {edge['calibration']['contradicted']} of "
        f"{edge['calibration']['problems']} are contradicted.",
        "",
        "![bound against truth](reach/bound.svg)",
        "",
        "## The absent family, distilled from a teacher",
        "",
        f"{absent['gained']} of {absent['problems']} problems are gained, and "
        f"{absent['brute_forced']} were sampled by brute force: "
        f"{sum(r['brute_c'] for r in found['absent_rows'])} correct samples of the base in "
        f"{sum(r['brute_n'] for r in found['absent_rows']):,}. The largest certified bound is "
        f"{absent['largest_low']:.2g}, and brute force leaves at most "
        f"{absent['largest_upper']:.2g}: the bound is contradicted on "
        f"{absent['brute_forced'] - absent['not_contradicted']} problems. The verdict is "
        f"`{absent['verdict']}` ({_counts(absent['classes'])}).",
        "",
        "## Perplexity (the figure of arXiv 2504.13837)",
        "",
        "Completions after RLVR should be likely under the base; completions learned from a "
        "teacher by distillation should not.",
        "",
        "| world, training | completions | under | median | quartiles |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {world} | {row['texts']} | {row['under']} | {_round(row['median'])} | "
        f"{_round(row['quantile_25'])} to {_round(row['quantile_75'])} |"
        for world, rows in found["perplexity"].items()
        for row in rows
    ]
    gain, share = (found["amplification"][key] for key in ("mean_log_gain", "amplified_share"))
    mass = found["rare_mass"]
    lines += [
        "",
        f"On the rare family the base's own correct completions gained {gain['value']:+.2f} nats "
        f"({gain['low']:+.2f} to {gain['high']:+.2f}); {share['value']:.1%} of them were "
        f"amplified. {mass['trained']['value']:.1%} of the trained policy's samples have a "
        f"probability below 1 in {mass['budget']:,} under the base (of the base's own samples: "
        f"{mass['base']['value']:.1%}).",
        "",
        "![perplexity](reach/perplexity.svg)",
        "",
    ]
    return "\n".join(lines)


def _row(name: str, edge: dict[str, Any], fresh: dict[str, Any], key: str) -> str:
    cells = [f"{one[key]} of {one['brute_forced']} ({one[key] / one['brute_forced']:.0%})"
             for one in (edge, fresh)]  # fmt: skip
    return f"| {name} | {cells[0]} | {cells[1]} |"


def _counts(classes: dict[str, int]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in classes.items())


def _round(value: float | None) -> str:
    return "over every number" if value is None or math.isinf(value) else f"{value:.3f}"


if __name__ == "__main__":
    main()
