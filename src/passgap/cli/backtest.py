"""``passgap backtest``: how well the rule predicted before/after pairs with known outcomes."""

from __future__ import annotations

from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.flags import KLarge, KSmall, OutputFlags
from passgap.cli.printing import print_one
from passgap.cli.progress import command_line


@command(defaults="passgap.evidence.doors:backtest")
def backtest(
    pairs: Annotated[list[str], argument("PAIRS...", "CSV or Parquet file of before/after pairs.")],
    *,
    without: Annotated[
        list[str] | None, flag("Leave this benchmark out; repeatable.", "BENCHMARK")
    ] = None,
    worth: Annotated[float, flag("Gain in pass@1 above which training was worth it.")],
    cut: Annotated[float, flag("Headroom above which the rule says that RLVR pays.")],
    k_small: KSmall,
    k_large: KLarge,
    page: Annotated[
        str | None, flag("Write the figures and the pairs to this Markdown file.", "FILE")
    ] = None,
    seed: flags.Seed,
    output: OutputFlags,
) -> None:
    """Test the rule and its competitors on pairs whose outcome is known.

    Example: passgap backtest pairs.csv --page backtest.md
    """
    from passgap.evidence.doors import backtest as tested

    result = tested(
        pairs,
        without=without or (),
        worth=worth,
        cut=cut,
        k_small=k_small,
        k_large=k_large,
        seed=seed,
    )
    if page is not None:
        from passgap.show.contents.backtest import TITLE, blocks
        from passgap.show.markdown import write_page

        write_page(TITLE, blocks(result, command_line()), page)
    print_one(result, output)
