"""altair, loaded when a chart is first drawn: what only prints tables does without it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from passgap.show.charts import check_charts

__all__ = ["Chart", "Layer", "alt"]

if TYPE_CHECKING:
    import altair as alt

    Chart = alt.LayerChart
    Layer = alt.Chart | alt.LayerChart | alt.FacetChart
else:
    Chart = Layer = object

    class _Altair:
        def __getattr__(self, name: str) -> object:
            check_charts()
            return getattr(importlib.import_module("altair"), name)

    alt = _Altair()
