"""``passgap select``: a base's run in, the problems to train on and a control set out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from passgap.cli import flags
from passgap.cli.command import AS_IN_PYTHON, command
from passgap.cli.flags.problems import FieldFlags
from passgap.cli.flags.prompt import PromptFlags
from passgap.plain import json_text, visible


@command(
    defaults="passgap:select",
    shown="out problems low high size group-size format seed json template system question-field "
    "answer-field verifier",
)
def select(
    source: Annotated[
        str, typer.Argument(metavar="RUN", help="A verified run, or a counts file with --problems.")
    ],
    out: flags.NewFolder,
    prompt: PromptFlags,
    fields: FieldFlags,
    problems: Annotated[
        str | None,
        typer.Option(metavar="PROBLEMS", help="The problems that a counts file is of."),
    ] = None,
    low: Annotated[
        float | None, typer.Option(help="Least pass rate; default: 0.02 without --size.")
    ] = AS_IN_PYTHON,
    high: Annotated[
        float | None, typer.Option(help="Greatest pass rate; default: 0.8 without --size.")
    ] = AS_IN_PYTHON,
    size: Annotated[
        int | None,
        typer.Option(help="So many problems, those whose groups will most often be mixed."),
    ] = AS_IN_PYTHON,
    group_size: flags.GroupSize = AS_IN_PYTHON,
    form: Annotated[
        list[str] | None,
        typer.Option(
            "--format", metavar="NAME", help="trl, verl or openrlhf; repeatable; default: all."
        ),
    ] = None,
    seed: flags.Seed = AS_IN_PYTHON,
    json_: flags.Json = False,
) -> None:
    """The problems that teach, with a control set of the same size, for TRL, verl and OpenRLHF.

    Problems are chosen by the posterior of their pass rate, not by the rate of a few samples.
    The flags of prompt and problems go with --problems; a run brings its own.

    Example: passgap select runs/base --out teach
    """
    from passgap.analysis.select.selecting import select as choose
    from passgap.launch import FORMS, check_forms
    from passgap.launch.exporting import counted, write_selection

    forms = list(dict.fromkeys(form or FORMS))
    check_forms(forms)
    read = fields.mapped() if fields.given() else None
    counts, found = counted(source, problems, prompt.prompt(), read, fields.verifier)
    selection = choose(counts, low=low, high=high, size=size, group_size=group_size, seed=seed)
    data = write_selection(selection, found, Path(out), forms)
    if json_:
        print(json_text(data))
        return
    print(visible(selection))
    plain = data["prompt"]["template"] == "plain" and not data["prompt"]["system"]
    more = "" if plain else " with the prompt's flags"
    print(
        f"{out}: {len(data['files'])} files written; next: passgap train POLICY {out}/train.jsonl"
        f"{more}, or passgap export verl {out} --policy POLICY --held-out PROBLEMS --out JOB"
    )
