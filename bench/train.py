"""Step time of ``passgap train`` beside a plain TRL script and a bare PyTorch loop, in one run.

    OMP_NUM_THREADS=1 python bench/train.py            the lab's base, 256 completions a step

All four train the same policy on the same problems with the same settings (GRPO, G = 16, one
optimizer step a drawing) and the same reward. The plain TRL script lets TRL draw; ``TRL, watched``
is that script with `Watch.reward` around its reward and a `PassgapCallback`, which measures
held-out problems before and after only; ``passgap train`` draws with passgap's engine and watches.
The last lines say where passgap's time goes. Turns alternate; medians over all steps but the first
and the last of each turn.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import PrinterCallback, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from passgap.data.policies import Policy
from passgap.engines.transformers import load_model
from passgap.lab import lab_policy_path, lab_problems
from passgap.training import online
from passgap.training.callbacks import PassgapCallback
from passgap.training.config import TrainConfig
from passgap.training.reward import VerifierReward
from passgap.training.run import train
from passgap.training.runtime import quiet
from passgap.training.watch import Watch

POLICY = Policy(str(lab_policy_path("base")))
PROBLEMS = lab_problems("rare", split="train", size=500, seed=0)
HELD_OUT = lab_problems("rare", size=20, seed=0)
ANSWERS = {problem.id: problem.reference for problem in PROBLEMS}
CONFIG = TrainConfig(
    max_tokens=40,
    learning_rate=1e-4,
    group_size=16,
    prompts_per_step=16,
    eval_every=0,
    resume_every=0,
    device="cpu",
)


class Clock(TrainerCallback):
    """Seconds of each step with its log, those of watching in it, and the tokens drawn for it."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.watching = [0.0]
        self.tokens = 0

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self._start = time.perf_counter()

    def on_log(self, *_: Any, logs: dict[str, float], **__: Any) -> None:
        if "loss" in logs:
            self.seconds.append(time.perf_counter() - self._start)
            self.watching.append(0.0)

    def watched(self, function: Callable[..., Any], sign: int = 1) -> Callable[..., Any]:
        """The function, whose time is one of watching (or, with sign -1, is not)."""

        def around(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.watching[-1] += sign * (time.perf_counter() - start)

        return around


def right(text: str, answer: str) -> float:
    return float(text.strip().split("\n")[-1] == answer)


def plain_trl(steps: int, folder: Path, watched: bool) -> Clock:
    """What a user writes: TRL draws, a reward function compares the last line."""
    model, tokenizer = load_model(POLICY, dtype="float32", device="cpu")
    clock = Clock()

    def reward(completions: list[str], problem_id: list[str], **columns: Any) -> list[float]:
        clock.tokens += sum(map(len, columns["completion_ids"]))
        return [right(t, ANSWERS[i]) for t, i in zip(completions, problem_id, strict=True)]

    function: Any = reward
    listed: list[TrainerCallback] = [clock]
    if watched:
        watch = Watch(folder / "watch", group_size=CONFIG.group_size)
        inner = clock.watched(reward, -1)
        function = clock.watched(watch.reward(inner, correct=0.5, max_tokens=CONFIG.max_tokens))
        kept = PassgapCallback(HELD_OUT, folder, max_tokens=CONFIG.max_tokens, every=0, draws=4)
        kept.on_log = clock.watched(kept.on_log)
        listed = [kept, clock]
    trainer = GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=function,
        args=GRPOConfig(
            output_dir=str(folder),
            max_steps=steps,
            learning_rate=CONFIG.learning_rate,
            lr_scheduler_type="constant",
            per_device_train_batch_size=CONFIG.completions_per_step,
            num_generations=CONFIG.group_size,
            max_completion_length=CONFIG.max_tokens,
            temperature=1.0,
            top_k=0,
            loss_type="grpo",
            beta=0.0,
            activation_checkpointing=False,
            use_cpu=True,
            bf16=False,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list(
            [{"prompt": problem.question, "problem_id": problem.id} for problem in PROBLEMS]
        ),
        callbacks=listed,
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return clock


def passgap_train(steps: int, folder: Path, spent: dict[str, float]) -> Clock:
    """``passgap train``, its parts timed where they are called."""
    clock = Clock()
    before = online.callbacks, online.Rollout.__call__, VerifierReward.__call__, Watch.record

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def around(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            found = function(*args, **kwargs)
            spent[name] += time.perf_counter() - start
            if name == "drawing":
                clock.tokens += sum(map(len, found["completion_ids"]))
            return found

        return around

    online.callbacks = lambda *args: [*before[0](*args), clock]
    online.Rollout.__call__ = timed("drawing", before[1])
    VerifierReward.__call__ = timed("reward, with its record", before[2])
    Watch.record = timed("of it the record", before[3])
    try:
        config = TrainConfig(**{**CONFIG.to_dict(), "steps": steps})
        train(POLICY, PROBLEMS, folder, config=config)
    finally:
        online.callbacks, online.Rollout.__call__, VerifierReward.__call__, Watch.record = before
    spent["all"] += sum(clock.seconds)
    return clock


def bare_loop(steps: int) -> Clock:
    """GRPO in plain PyTorch: generate, compare, one policy-gradient step."""
    model, tokenizer = load_model(POLICY, dtype="float32", device="cpu")
    optimizer = torch.optim.AdamW(model.parameters(), lr=CONFIG.learning_rate)
    clock, end = Clock(), tokenizer.eos_token_id
    generator = torch.Generator().manual_seed(0)
    problems = list(PROBLEMS)
    for _ in range(steps):
        clock.on_step_begin()
        chosen = torch.randperm(len(problems), generator=generator)[: CONFIG.prompts_per_step]
        asked = [problems[i] for i in chosen.tolist() for _ in range(CONFIG.group_size)]
        prompt = tokenizer([p.question for p in asked], return_tensors="pt", padding=True)
        ids, mask = prompt["input_ids"], prompt["attention_mask"]
        with torch.no_grad():
            whole = model.generate(
                input_ids=ids,
                attention_mask=mask,
                do_sample=True,
                temperature=1.0,
                top_k=0,
                max_new_tokens=CONFIG.max_tokens,
            )
        drawn = whole[:, ids.shape[1] :]
        kept = ((drawn == end).cumsum(1) - (drawn == end).long()) == 0
        texts = tokenizer.batch_decode(drawn, skip_special_tokens=True)
        rewards = torch.tensor([right(t, p.reference) for t, p in zip(texts, asked, strict=True)])
        groups = rewards.view(-1, CONFIG.group_size)
        spread = groups.std(1, keepdim=True) + 1e-4
        advantages = ((groups - groups.mean(1, keepdim=True)) / spread).view(-1, 1)
        full = torch.cat([mask, kept.long()], 1)
        logits = model(input_ids=whole, attention_mask=full).logits[:, ids.shape[1] - 1 : -1]
        logprobs = torch.log_softmax(logits, -1).gather(2, drawn[:, :, None])[:, :, 0]
        loss = -((advantages * logprobs * kept).sum(1) / kept.sum(1)).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        clock.tokens += int(kept.sum())
        clock.on_log(logs={"loss": float(loss)})
    return clock


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--turns", type=int, default=3)
    args = parser.parse_args()
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    spent: dict[str, float] = defaultdict(float)
    seconds: dict[str, list[float]] = defaultdict(list)
    rates: dict[str, list[float]] = defaultdict(list)
    shares: list[float] = []
    for _ in range(args.turns):
        with tempfile.TemporaryDirectory() as place, quiet():
            ways = {
                "plain TRL": lambda at: plain_trl(args.steps, at, watched=False),
                "plain TRL, watched": lambda at: plain_trl(args.steps, at, watched=True),
                "passgap train": lambda at: passgap_train(args.steps, at, spent),
                "bare PyTorch loop": lambda at: bare_loop(args.steps),
            }
            for i, (name, run) in enumerate(ways.items()):
                clock = run(Path(place) / str(i))
                seconds[name] += clock.seconds[1:-1]
                if any(clock.watching):
                    shares += [
                        part / whole
                        for part, whole in list(zip(clock.watching, clock.seconds, strict=False))[
                            1:-1
                        ]
                    ]
                rates[name].append(clock.tokens / sum(clock.seconds))
    base = statistics.median(seconds["plain TRL"])
    print("| what | seconds a step | over plain TRL | tokens/s |")
    print("| --- | --- | --- | --- |")
    for name, found in seconds.items():
        middle = statistics.median(found)
        rate = statistics.median(rates[name])
        print(f"| {name} | {middle:.3f} | {middle / base:.3f} | {rate:,.0f} |")
    print(f"\nOf a watched step, watching takes {statistics.median(shares):.1%} (median).")
    whole = spent.pop("all")
    print("\nWhere the time of passgap train goes:")
    for name, part in spent.items():
        print(f"- {name}: {100 * part / whole:.1f}%")
    rest = whole - spent["drawing"] - spent["reward, with its record"]
    print(f"- loss, backward, optimizer, the trainer's own: {100 * rest / whole:.1f}%")


if __name__ == "__main__":
    main()
