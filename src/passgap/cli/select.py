"""``passgap select``: chooses problems to train on, and a control set, from a base's run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.flags import FieldFlags, OutputFlags, PromptFlags
from passgap.cli.printing import print_one
from passgap.cli.progress import say


@command(
    defaults="passgap:select",
    shown="out problems low high size group-size format seed json template system question-field "
    "answer-field verifier",
)
def select(
    source: Annotated[str, argument("RUN", "A verified run, or a counts file with --problems.")],
    *,
    out: flags.NewFolder,
    prompt: PromptFlags,
    fields: FieldFlags,
    problems: Annotated[str | None, flag("The problems of a counts file.", "PROBLEMS")] = None,
    low: Annotated[float | None, flag("Lowest pass rate; default: 0.02 without --size.")],
    high: Annotated[float | None, flag("Highest pass rate; default: 0.8 without --size.")],
    size: Annotated[
        int | None, flag("Choose this many problems, those whose groups will most often be mixed.")
    ],
    group_size: flags.GroupSize,
    form: Annotated[
        list[str] | None,
        flag(
            "trl, verl, openrlhf, slime, skyrl, ms-swift, areal, nemo-rl or verifiers; repeatable; "
            "default: the first three.",
            "NAME",
            typed=("--format",),
        ),
    ] = None,
    seed: flags.Seed,
    output: OutputFlags,
) -> None:
    """Choose the problems that teach, and a control set of the same size.

    Problems are chosen by the posterior of their pass rate, not by the rate of a few samples. Data
    are written for TRL, verl and OpenRLHF. The flags for prompt and problems are only for
    --problems; a run has its own.

    Example: passgap select runs/base --out teach
    """
    from passgap.evidence.doors import select as choose
    from passgap.launch import check_forms
    from passgap.launch.exporting import counted, write_selection
    from passgap.plain import plural

    forms = list(dict.fromkeys(form)) if form else None
    check_forms(forms or ())
    read = fields.mapped() if fields.given() else None
    counts, found = counted(source, problems, prompt.prompt(), read, fields.verifier)
    selection = choose(counts, low=low, high=high, size=size, group_size=group_size, seed=seed)
    written = write_selection(selection, found, Path(out), forms)
    if output.json_:
        print_one(written, output)
        return
    print_one(selection, output)
    if not output.for_people:
        return
    if any(problem.images for problem in found.problems):
        say(f"{out}: {plural(len(written.files), 'file')} written, with the images")
        return
    plain = written.prompt.template == "plain" and not written.prompt.system
    more = "" if plain else " with the prompt's flags"
    say(
        f"{out}: {plural(len(written.files), 'file')} written; next: passgap train POLICY "
        f"{out}/train.jsonl{more}, or passgap export verl {out} --policy POLICY --held-out "
        "PROBLEMS --out JOB"
    )
