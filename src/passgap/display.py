"""How results show themselves in a notebook, without knowing what draws them.

In: a result, and the two functions that `passgap` registers when it is imported. Out: what a
notebook asks a result for. Results inherit `Displayed`; pictures and tables are made by
``passgap.show``, which is loaded when a notebook first shows a result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_RENDERERS: dict[str, Callable[[object], Any]] = {}  # a chart is altair's, which is a room above


def register(*, html: Callable[[object], str], chart: Callable[[object], object]) -> None:
    """Say what makes the HTML and the chart of a result."""
    _RENDERERS.update(html=html, chart=chart)


class Displayed:
    """A result that a notebook shows as a table and a chart."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(_RENDERERS["html"](self))

    def chart(self) -> Any:
        """The result's main chart as an altair object: layer it, resize it, save it.

        Raises
        ------
        UsageError
            For a result that has no chart, as an `Estimate`.

        Examples
        --------
        >>> import passgap
        >>> counts = passgap.Counts(["a", "b", "c"], n=[64] * 3, c=[0, 9, 60])
        >>> passgap.probe(counts).chart().properties(width=300).to_dict()["width"]
        300
        """
        return _RENDERERS["chart"](self)
