"""``passgap backtest``: how well the forecast and the rule predicted runs with known outcomes."""

from __future__ import annotations

import sys
from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.flags import KLarge, KSmall, OutputFlags
from passgap.cli.printing import print_one
from passgap.cli.progress import command_line, say
from passgap.errors import UsageError


@command(defaults="passgap.evidence.doors:backtest")
def backtest(
    pairs: Annotated[
        list[str] | None,
        argument(
            "[PAIRS...]", "CSV or Parquet file of curves or counts; default: published pairs."
        ),
    ] = None,
    *,
    add: Annotated[
        str | None,
        flag("Check this table of new pairs, and compare each with its forecast.", "FILE"),
    ] = None,
    to: Annotated[
        str | None, flag("With --add: append the pairs to this table of pairs.", "FILE")
    ] = None,
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
    """Test the forecast, the rule and plain competitors on pairs whose outcome is known.

    Without PAIRS: the forecast and plain rules on the published pairs of the package, each left out
    of the fit, which takes minutes. With PAIRS: the rule on curves or counts.

    Example: passgap backtest --add mine.csv
    """
    from passgap.evidence import doors

    if to is not None and add is None:
        raise UsageError("--to without --add; give --add FILE, the table of the pairs to append")
    if add is not None:
        if pairs or page:
            raise UsageError("--add with PAIRS or --page; give --add alone")
        return _add(add, to, output)
    if not pairs:
        result = doors.forecast_scores(seed=seed, tell=lambda text: print(text, file=sys.stderr))
        if page is not None:
            from passgap.show.contents.forecast import TITLE, page_blocks
            from passgap.show.markdown import write_page

            write_page(TITLE, page_blocks(result, command_line()), page)
        return print_one(result, output)
    tested = doors.backtest(
        pairs,
        without=without or (),
        worth=worth,
        cut=cut,
        k_small=k_small,
        k_large=k_large,
        seed=seed,
    )
    if page is not None:
        from passgap.show.contents.backtest import TITLE as RULE
        from passgap.show.contents.backtest import blocks
        from passgap.show.markdown import write_page

        write_page(RULE, blocks(tested, command_line()), page)
    print_one(tested, output)


def _add(path: str, table: str | None, output: OutputFlags) -> None:
    """New pairs beside their forecasts; appended to a table where one is named."""
    from passgap.evidence.corpus import append, read_table
    from passgap.evidence.forecasting import foretold

    new = read_table(path, cited=True)
    print_one(foretold(new), output)
    if table is not None:
        say(f"{table}: {append(new, table)} pairs")
    elif output.for_people:
        say(
            f"{path}: {len(new)} valid; passgap forecast RUN --pairs {path} fits them too, and "
            "docs/results/forecast.md says how to contribute them"
        )
