"""altair, loaded when a chart is first drawn: what only prints tables does without it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__all__ = ["Chart", "Layer", "alt"]

if TYPE_CHECKING:
    import altair as alt

    Chart = alt.LayerChart
    Layer = alt.Chart | alt.LayerChart | alt.FacetChart
else:
    Chart = Layer = object

    class _Altair:
        def __getattr__(self, name: str) -> Any:
            return getattr(importlib.import_module("altair"), name)

    alt = _Altair()
