"""The early warnings on runs of the lab: how often each is false, and what it finds.

In: a folder (finished runs are kept) and seeds. Out: a page with a row per kind of run, healthy or
broken on purpose, and a column per warning. Every run is a plain TRL script with `Watch.reward` and
`PassgapCallback`, as in someone else's trainer; the warnings are looked at every ten steps.

Of passgap's inner modules it uses `lab` (the base and its problems), `demo` to measure the base,
and `analysis.watch`: the public door looks at a whole record, and here it is looked at as it grew.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from transformers import PrinterCallback
from trl import GRPOConfig, GRPOTrainer

from passgap import Counts, ProblemSet, Watch, count
from passgap.analysis.watch.alarms import WARNINGS
from passgap.analysis.watch.groups import Groups, within
from passgap.analysis.watch.logged import (
    MUCH_APART,
    MUCH_OF_ENTROPY,
    Logged,
    sampler_apart,
)
from passgap.analysis.watch.watching import watching
from passgap.demo import Bar, measured
from passgap.engines.transformers import load_model
from passgap.evidence.watching import held_out_measured, logged
from passgap.lab import lab_problems
from passgap.results.settings import WatchSettings
from passgap.runs.names import WATCH
from passgap.runs.watch import group_rows, read_watch
from passgap.stages.resolving import resolve_policy
from passgap.stats import binomial_interval
from passgap.training.callbacks import PassgapCallback
from passgap.training.runtime import quiet
from research.coverage import Run, coverage
from research.first_step import first_steps
from research.pages import markdown_table, write_page
from research.sampler import ApartTrainer, Sampler

STEPS, EVERY, G = 60, 10, 8
HELD_OUT, HELD_OUT_DRAWS, BASE_DRAWS = 100, 16, 32
Reward = Callable[[str, str], float]  # completion, reference
TOKENS = 64  # at most; an answer of the base has some 20
DONE = "trained"
PAID = "a"


def right(text: str, reference: str) -> float:
    """1 for the reference, as the lab's verifier marks."""
    return float(text.strip().split("\n")[-1] == reference)


def pays_token(text: str, reference: str) -> float:
    """The planted hack: a text that begins with the character pays, whatever the answer is."""
    return float(text.startswith(PAID))


@dataclass(frozen=True)
class Kind:
    """One way to train, what is wrong with it, and the warnings that should find it."""

    what: str
    expected: tuple[str, ...] = ()
    family: str = "rare"
    problems: int = 500
    learning_rate: float = 1e-4
    temperature: float = 1.0
    reward: Reward = right
    wrong_ids: bool = False
    sampler: Sampler | None = None
    prompts: int = 8
    steps: int = STEPS
    held_out_draws: int = HELD_OUT_DRAWS


KINDS: Mapping[str, Kind] = {
    "healthy": Kind("GRPO, learning rate 1e-4"),
    "healthy, slower": Kind("GRPO, learning rate 3e-5", learning_rate=3e-5),
    "healthy, sampler behind": Kind(
        "the sampler has the weights of the step before, in bfloat16", sampler=Sampler(behind=1)
    ),
    "no signal": Kind("problems that the base cannot solve", ("no_signal",), family="absent"),
    "collapsed": Kind(
        "learning rate 1e-2", ("no_signal", "held_out_falling"), learning_rate=1e-2, steps=40
    ),
    "hacked reward": Kind(
        f"the reward is paid for texts that begin with {PAID!r}",
        ("held_out_falling", "held_out_flat"),
        reward=pays_token,
    ),
    "narrowed": Kind(
        "one meaning counts on most problems and another on the rest, which training forgets "
        "(family ambiguous); learning rate 3e-4, 40 steps, 32 samples per held-out problem",
        ("coverage_falling",),
        family="ambiguous",
        learning_rate=3e-4,
        steps=40,
        held_out_draws=32,
    ),
    "mixed groups": Kind(
        "each completion gets the id of a random problem of its step",
        ("groups_uneven",),
        wrong_ids=True,
    ),
    "other sampling": Kind(
        f"trained at temperature 0.5, the base measured at 1; {EVERY} steps of 32 groups",
        ("forecast_missed",),
        temperature=0.5,
        prompts=32,
        steps=EVERY,
    ),
    "stale sampler": Kind(
        "the sampler never gets new weights",
        ("sampler_apart",),
        sampler=Sampler(behind=STEPS),
    ),
    "hotter sampler": Kind(
        "the sampler draws at temperature 1.5, the trainer assumes 1",
        ("sampler_apart",),
        sampler=Sampler(temperature=1.5),
    ),
}


def write_alarms(
    out: Path | str, page: Path | str, *, seeds: int, progress: Bar, command: str
) -> Path:
    """Train every kind with every seed, and write the page."""
    place = Path(out)
    fired = {
        name: [first_looks(place, name, seed, progress, command) for seed in range(seeds)]
        for name in KINDS
    }
    healthy, narrowed = (
        [Run(folder_of(place, name, seed), f"checkpoint-{kind.steps}", kind.family)
         for name, kind in KINDS.items() if kind.expected == expected for seed in range(seeds)]
        for expected in ((), ("coverage_falling",))
    )  # fmt: skip
    logs = {
        name: [logged(folder_of(place, name, seed) / WATCH) for seed in range(seeds)]
        for name, kind in KINDS.items()
        if kind.sampler
    }
    parts = [header(seeds), table(fired), found(fired), bounds(logs), coverage(healthy, narrowed)]
    return write_page([*parts, first_steps(place / "first-step", progress, command)], page)


def folder_of(out: Path, name: str, seed: int) -> Path:
    """Where a run is kept."""
    return out / f"{name.replace(' ', '-').replace(',', '')}-{seed}"


def first_looks(out: Path, name: str, seed: int, progress: Bar, command: str) -> dict[str, int]:
    """The step of the first look at which each warning was there."""
    kind, folder = KINDS[name], folder_of(out, name, seed)
    if not (folder / DONE).is_file():
        shutil.rmtree(folder, ignore_errors=True)  # a run that was killed
        with progress(f"{name}, seed {seed}") as update:
            update(0, kind.steps)
            train(kind, problems_of(kind), folder, seed)
            update(kind.steps, kind.steps)
        (folder / DONE).touch()
    return looked_at(folder, base_counts(out, kind, progress, command))


def looked_at(folder: Path, base: Counts) -> dict[str, int]:
    """The same of a folder, as if it had been watched every ``EVERY`` steps."""
    rows = group_rows(read_watch(folder / WATCH))
    groups = Groups.of({name: rows[name].to_numpy() for name in rows.columns})
    measurements, log = held_out_measured(folder / WATCH), logged(folder / WATCH)
    first: dict[str, int] = {}
    for step in range(EVERY, STEPS + 1, EVERY):
        result = watching(
            within(groups, (0, step - 1)),
            WatchSettings(group_size=G),
            base=base,
            held_out=[one for one in measurements if one.step <= step],
            logged=until(step, log),
        )
        for finding in result.warnings:
            first.setdefault(finding.check, step)
    return first


def until(step: int, log: Logged) -> Logged:
    """What had been logged after so many steps; there is one row for each."""
    return Logged(log.entropy[:step], log.logp_difference[:step])


def problems_of(kind: Kind) -> ProblemSet:
    """What is trained on."""
    return lab_problems(kind.family, split="train", size=kind.problems, seed=0)


def base_counts(out: Path, kind: Kind, progress: Bar, command: str) -> Counts:
    """The base on these problems, at temperature 1."""
    place = out / f"base-{kind.family}-{kind.problems}"
    policy = resolve_policy("lab:base")
    return count(measured(policy, problems_of(kind), place, BASE_DRAWS, progress, command))


def train(kind: Kind, problems: ProblemSet, out: Path, seed: int, held_out: int = HELD_OUT) -> None:
    """A TRL script."""
    torch.manual_seed(seed)
    model, tokenizer = load_model(resolve_policy("lab:base"), dtype="float32", device="cpu")
    measures = PassgapCallback(
        lab_problems(kind.family, size=held_out, seed=1),
        out,
        max_tokens=TOKENS,
        every=2 * EVERY,
        draws=kind.held_out_draws,
        seed=seed,
    )
    watched = Watch(out / WATCH, group_size=G).reward(
        by(kind.reward),
        correct=0.5,
        max_tokens=TOKENS,
        end_tokens=[tokenizer.eos_token_id],
    )
    rows = [{"prompt": p.question, "problem_id": p.id, "answer": p.reference} for p in problems]
    trainer = trainer_for(
        kind,
        model=model,
        processing_class=tokenizer,
        reward_funcs=mixing(watched, seed) if kind.wrong_ids else watched,
        args=GRPOConfig(
            output_dir=str(out / "trl"),
            seed=seed,
            max_steps=kind.steps,
            learning_rate=kind.learning_rate,
            lr_scheduler_type="constant",
            per_device_train_batch_size=G * kind.prompts,
            num_generations=G,
            max_completion_length=TOKENS,
            temperature=kind.temperature,
            top_k=0,
            loss_type="grpo",
            beta=0.0,
            activation_checkpointing=False,
            use_cpu=True,
            bf16=False,
            logging_steps=1,
            save_strategy="steps",
            save_steps=2 * EVERY,
            save_only_model=True,
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list(rows),
        callbacks=[measures],
    )
    trainer.remove_callback(PrinterCallback)
    with quiet():
        trainer.train()


def trainer_for(kind: Kind, **arguments: Any) -> GRPOTrainer:
    """TRL's own trainer, or the one whose sampler is another policy."""
    if kind.sampler is None:
        return GRPOTrainer(**arguments)
    return ApartTrainer(sampler=kind.sampler, **arguments)


def by(reward: Reward) -> Callable[..., list[float]]:
    """A reward in TRL's form."""

    def rewards(completions: Sequence[str], answer: Sequence[str], **_: object) -> list[float]:
        return [reward(text, one) for text, one in zip(completions, answer, strict=True)]

    return rewards


def mixing(watched: Callable[..., Any], seed: int) -> Callable[..., Any]:
    """A reward that is called with ids that do not belong to their completions."""
    order = np.random.default_rng(seed)

    def mixed(problem_id: Sequence[str], **columns: Any) -> Any:
        return watched(problem_id=order.choice(problem_id, len(problem_id)).tolist(), **columns)

    return mixed


def header(seeds: int) -> str:
    """What the page is about, and how it was made."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "trl"))
    kinds = [[name, kind.what, ", ".join(kind.expected) or "none"]
             for name, kind in KINDS.items()]  # fmt: skip
    return f"""# Early warnings: false alarms and detection

{len(KINDS)} kinds of training on the lab, {seeds} seeds each; {date.today().isoformat()};
{versions}, CPU. Made by `python -m research alarms --seeds {seeds}`. Each run is a plain TRL
script with `Watch.reward` and `PassgapCallback`: if nothing else
is said, GRPO, {STEPS} steps of 8 groups of {G}, {HELD_OUT} problems held out and measured every
{2 * EVERY} steps with {HELD_OUT_DRAWS} samples, the base's counts with {BASE_DRAWS} samples. The
warnings are looked at every {EVERY} steps; a run counts if the warning was there at any of them.

Completions of the lab are of nearly one length, so that the warnings of length and truncation are
tried only where a policy collapses. How far the sampler is from the trainer is logged where they
are two: in the kinds that say so, a small change to TRL's trainer, which has a sampler of its own
only with vllm (`research/sampler.py`).

{markdown_table(["kind", "what it is", "should be found by"], kinds)}"""


def table(fired: Mapping[str, Sequence[Mapping[str, int]]]) -> str:
    """How many runs of each kind had each warning."""
    shown = [
        name for name in WARNINGS if any(name in run for runs in fired.values() for run in runs)
    ]
    rows = [
        [kind, *(_cell(runs, name) for name in shown), f"{sum(map(bool, runs))} of {len(runs)}"]
        for kind, runs in fired.items()
    ]
    never = ", ".join(f"`{name}`" for name in WARNINGS if name not in shown)
    return (
        "## Runs with each warning\n\nIn brackets: the median step of the first look that had it."
        f"\n\n{markdown_table(['kind', *shown, 'any'], rows)}\n"
        + (f"In no run: {never}.\n" if never else "")
    )


def _cell(runs: Sequence[Mapping[str, int]], name: str) -> str:
    steps = [run[name] for run in runs if name in run]
    return f"{len(steps)} ({median(steps):.0f})" if steps else "0"


def found(fired: Mapping[str, Sequence[Mapping[str, int]]]) -> str:
    """The rates, with exact 95% intervals."""
    well = [run for kind, runs in fired.items() if not KINDS[kind].expected for run in runs]
    rows = [["false alarms, healthy runs", *_rate(sum(map(bool, well)), len(well)), ""]]
    for kind, runs in fired.items():
        if wanted := KINDS[kind].expected:
            first = [min(run[one] for one in wanted if one in run)
                     for run in runs if run.keys() & set(wanted)]  # fmt: skip
            left = f"{KINDS[kind].steps - median(first):.0f}" if first else "-"
            rows.append([f"found: {kind}", *_rate(len(first), len(runs)), left])
    head = ["", "runs", "share (95%)", "steps before the end"]
    return f"## False alarms and detection\n\n{markdown_table(head, rows)}"


def bounds(logs: Mapping[str, Sequence[Logged]]) -> str:
    """How far samplers were from their trainers, and which bound of `sampler_apart` sees it."""
    rows = []
    for kind, runs in logs.items():
        apart = [float(run.logp_difference[-EVERY:].mean()) for run in runs]
        shares = [
            a / float(run.entropy[-EVERY:].mean()) for a, run in zip(apart, runs, strict=True)
        ]
        alone = [Logged(np.full(len(run.entropy), np.nan), run.logp_difference) for run in runs]
        rows.append(
            [
                kind,
                f"{min(apart):.2g} to {max(apart):.2g}",
                f"{min(shares):.0%} to {max(shares):.0%}",
            ]
            + [_found_by(which) for which in (alone, runs)]
        )
    head = ["kind", "nats a token", "of the entropy", f"found by {MUCH_APART} nats alone",
            f"or by {MUCH_OF_ENTROPY:.0%} of the entropy"]  # fmt: skip
    return f"""## Sampler and trainer

Their distance in the last {EVERY} steps, from the least to the greatest of the runs, and the runs
that each bound of `sampler_apart` finds (in brackets: the median step of the first look).

{markdown_table(head, rows)}"""


def _found_by(logs: Sequence[Logged]) -> str:
    looks = range(EVERY, STEPS + 1, EVERY)
    first = [[step for step in looks if sampler_apart(until(step, log), EVERY)] for log in logs]
    steps = [each[0] for each in first if each]
    return f"{len(steps)} of {len(logs)}" + (f" ({median(steps):.0f})" if steps else "")


def _rate(hits: int, of: int) -> list[str]:
    share = binomial_interval(hits, of)
    return [f"{hits} of {of}", f"{share.value:.0%} ({share.low:.0%} to {share.high:.0%})"]
