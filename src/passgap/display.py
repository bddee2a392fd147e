"""How results show themselves, without knowing what renders them.

In: a result, and the functions that `passgap` registers when it is imported. Out: what a notebook
or a script asks of a result. Results inherit `Displayed`; pictures, tables and frames are made by
``passgap.show``, which is loaded at the first such question.
"""

from __future__ import annotations

from collections.abc import Callable
from textwrap import shorten
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

_RENDERERS: dict[str, Callable[[object], Any]] = {}  # a chart is altair's, which is a room above
WIDTH, HEIGHT = 480, 280
LINE = 120  # characters of a repr


def register(**renderers: Callable[[object], object]) -> None:
    """Register what makes a result's ``html``, ``chart``, ``markdown``, ``latex`` and ``frame``."""
    _RENDERERS.update(renderers)


class Displayed:
    """A result that shows itself: in a line, in a notebook, as a chart, a table or a frame."""

    __slots__ = ()

    def __repr__(self) -> str:
        first = next(iter(str(self).splitlines()), "")
        return f"<{type(self).__name__}: {shorten(first, LINE, placeholder=' ...')}>"

    def _repr_html_(self) -> str:
        return str(_RENDERERS["html"](self))

    def chart(self) -> Any:
        """The result's main chart as an altair object: layer it, resize it, save it.

        Raises
        ------
        UsageError
            For a result without numbers to draw: a `Verdict` alone, `Checks`.

        Examples
        --------
        >>> import passgap
        >>> counts = passgap.Counts(["a", "b", "c"], n=[64] * 3, c=[0, 9, 60])
        >>> passgap.probe(counts).chart().properties(width=300).to_dict()["width"]
        300
        """
        return _RENDERERS["chart"](self)

    def plot(self, *, width: int = WIDTH, height: int = HEIGHT) -> Any:
        """`chart` at a size in pixels, ready to display: as the last line of a notebook cell.

        Raises
        ------
        UsageError
            As `chart`.
        """
        return self.chart().properties(width=width, height=height)

    def to_frame(self) -> pl.DataFrame:
        """The result's main table as a polars data frame, under the names of its JSON.

        One row per k for curves and comparisons (``base``, ``base_low``, ``base_high``, ..), per
        checkpoint and k for a sweep, per slice, design, span of steps, problem or finding for the
        others. ``.to_pandas()`` gives pandas.

        Examples
        --------
        >>> import passgap
        >>> counts = passgap.Counts(["a", "b", "c"], n=[64] * 3, c=[0, 9, 60])
        >>> passgap.probe(counts).to_frame().columns[:4]
        ['k', 'value', 'low', 'high']
        """
        frame: pl.DataFrame = _RENDERERS["frame"](self)
        return frame

    def to_markdown(self) -> str:
        """All that `print` shows, and its tables, as Markdown for a README or an issue."""
        return str(_RENDERERS["markdown"](self))

    def to_latex(self) -> str:
        """The result's tables as LaTeX (booktabs), for a paper."""
        return str(_RENDERERS["latex"](self))
