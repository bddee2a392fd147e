"""A TRL callback for your own script: held-out problems measured during training.

In: held-out problems, how to prompt and mark them. Out: ``held_out.jsonl`` and ``training.jsonl``
in a folder, with the same rows that ``passgap train`` writes, and the same numbers for the
trainer's own trackers. Together with ``Watch.reward`` it gives ``passgap watch`` everything it
shows.

passgap's own engine samples the model in memory, so prompts and settings are those of ``passgap
sample``, whatever the trainer does. Not covered: weights that are sharded over processes (DeepSpeed
ZeRO, FSDP), which are refused.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from passgap.data.journals import TrainingRow
from passgap.data.policies import PromptSettings
from passgap.data.problems import ProblemSet
from passgap.engines.transformers import TransformersEngine
from passgap.errors import MissingExtraError, UsageError
from passgap.runs.journal import append_row, drop_rows_after
from passgap.runs.names import HELD_OUT_FILE, TRAINING_FILE
from passgap.training.config import TrainConfig
from passgap.training.logs import HeldOutCallback, Logs, is_step, measured
from passgap.training.processes import Processes
from passgap.training.tracker import HeldOutTracker
from passgap.verifiers import Verifier, for_problems

try:
    from transformers import (
        PreTrainedModel,
        PreTrainedTokenizerBase,
        TrainerState,
        TrainingArguments,
    )
except ImportError as error:
    raise MissingExtraError(error.name or "transformers", "lm") from error


class PassgapCallback(HeldOutCallback):
    """Measures pass@k, entropy and answer entropy on held-out problems at regular steps.

    The trainer's own entropy, loss and so on are kept too, as often as it logs them.

    Parameters
    ----------
    problems
        Held-out problems; none of them should be used in training.
    out
        The folder that gets ``held_out.jsonl`` and ``training.jsonl``. With the watch folder at
        ``out/watch``, ``passgap watch out`` shows all. Rows after the step from which training
        starts are dropped: a resumed run measures them again.
    max_tokens
        Largest number of new tokens per completion.
    every
        Steps between measurements; step 0 and the last step are measured too. 0: only those.
    draws
        Draws per problem; pass@k goes up to this k.
    prompt, temperature
        How questions are prompted and sampled: use the script's own prompts and settings, so that
        the curve is about what is trained.
    verifier
        None takes the verifier each problem names.
    batch_size
        Completions in memory at once; default: as many as fit.
    seed
        Seed of the draws.

    Raises
    ------
    UsageError
        For a setting out of range or an empty problem set, here; for sharded weights, when training
        starts.

    Examples
    --------
    ::

        held_out = PassgapCallback(problems, "out", max_tokens=512, every=50)
        trainer = GRPOTrainer(..., callbacks=[held_out])
        held_out.trainer = trainer  # then TensorBoard, W&B .. get them too
        trainer.train()
    """

    def __init__(
        self,
        problems: ProblemSet,
        out: Path | str,
        *,
        max_tokens: int,
        every: int = 20,
        draws: int = 16,
        prompt: PromptSettings | None = None,
        temperature: float = 1.0,
        verifier: Verifier | None = None,
        batch_size: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if not len(problems):
            raise UsageError(f"{problems.name} has no problems; at least one is needed")
        self._problems, self._out = problems, Path(out)
        self._prompt = prompt or PromptSettings()
        self._verifier = verifier or for_problems(problems)
        self._batch_size = batch_size
        self._config = TrainConfig(
            max_tokens=max_tokens,
            eval_every=every,
            eval_draws=draws,
            eval_problems=len(problems),
            temperature=temperature,
            seed=seed,
        )

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        *_: object,
        model: PreTrainedModel | None = None,
        processing_class: PreTrainedTokenizerBase | None = None,
        **__: object,
    ) -> None:
        """Build the engine on the model in memory and measure step 0."""
        if getattr(args, "deepspeed", None) or getattr(args, "fsdp", None):
            raise UsageError(
                "the weights are sharded (deepspeed or fsdp), which this callback cannot sample; "
                "leave it out and measure checkpoints with passgap sample"
            )
        processes = Processes(args.process_index, args.world_size, args.local_process_index)
        if processes.is_main:
            self._out.mkdir(parents=True, exist_ok=True)
            start = int(state.global_step) or -1  # step 0 is measured when training starts there
            for name in (HELD_OUT_FILE, TRAINING_FILE):
                drop_rows_after(self._out / name, start)
        self._is_main = processes.is_main
        self._model = getattr(model, "module", model)
        sampling = self._config.sampling(self._prompt.stop)
        engine = TransformersEngine(
            self._model, processing_class, sampling, batch_size=self._batch_size
        )
        config = replace(self._config, steps=int(state.max_steps))
        asked = (self._prompt, self._verifier, config, self._out, processes)
        self._tracker = HeldOutTracker(engine, self._problems, *asked)
        super().on_train_begin(args, state)

    def on_log(
        self, args: object, state: TrainerState, *_: object, logs: Logs, **__: object
    ) -> None:
        """Keep what the trainer logs of a step."""
        if self._is_main and is_step(logs):
            row = TrainingRow(step=int(state.global_step), **measured(logs))
            append_row(self._out / TRAINING_FILE, row)
        super().on_log(args, state, logs=logs)
