"""``passgap backtest``: before/after pairs in, how well the rule foretold them out."""

from __future__ import annotations

from typing import Annotated

import typer

from passgap.cli import flags
from passgap.cli.command import AS_IN_PYTHON, command
from passgap.cli.flags.verdict import KLarge, KSmall
from passgap.cli.progress import command_line
from passgap.plain import json_text, visible


@command(defaults="passgap.analysis.backtest:backtest")
def backtest(
    pairs: Annotated[
        list[str], typer.Argument(metavar="PAIRS...", help="CSV or Parquet of before/after pairs.")
    ],
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="BENCHMARK", help="Leave it out; repeatable."),
    ] = None,
    worth: Annotated[
        float, typer.Option(help="A gain in pass@1 above it was worth the training.")
    ] = AS_IN_PYTHON,
    cut: Annotated[
        float, typer.Option(help="The headroom above which the rule says that RLVR pays.")
    ] = AS_IN_PYTHON,
    k_small: KSmall = AS_IN_PYTHON,
    k_large: KLarge = AS_IN_PYTHON,
    page: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write a Markdown file with the figures and the pairs."),
    ] = None,
    seed: flags.Seed = AS_IN_PYTHON,
    json_: flags.Json = False,
) -> None:
    """Test the rule and its rivals on pairs whose outcome is known.

    Example: passgap backtest pairs.csv --page backtest.md
    """
    from passgap.analysis.backtest import backtest as tested
    from passgap.evidence.pairs import read_pairs, write_backtest

    found = read_pairs(pairs, without=without or ())
    result = tested(found, worth=worth, cut=cut, k_small=k_small, k_large=k_large, seed=seed)
    if page is not None:
        write_backtest(result, page, command_line())
    print(json_text(result.to_dict()) if json_ else visible(result))
