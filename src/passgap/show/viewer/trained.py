"""A training folder's page: its settings and how its steps went, also while it trains.

In: a training folder's id. Out: the page, and its values that change.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from passgap.data.identity import digest
from passgap.show.text import number, percent
from passgap.show.viewer.site import Site
from passgap.show.viewer.training import (
    HEIGHT,
    WIDTH,
    Line,
    Training,
    charts_of,
    drawable,
    live_of,
    training_of,
)

SHOWN = 200
PATIENCE = 0.15
COLUMNS = {"reward": number, "mixed_share": percent, "completion_length": number, "loss": number}


def training(site: Site, request: Request) -> Response:
    """``/training/{training}``."""
    one, charts, values = _content(site, request)
    return site.page(
        "training.html.j2",
        one=one,
        charts=charts,
        width=WIDTH,
        height=HEIGHT,
        columns=[name.replace("_", " ") for name in COLUMNS],
        steps=[
            (row.step, [form(drawable(getattr(row, name))) for name, form in COLUMNS.items()])
            for row in one.rows[-SHOWN:][::-1]
        ],
        values=values,
        live=f"/training/{one.id}/live",
        seen=site.version(values),
    )


def training_live(site: Site, request: Request) -> Response:
    """``/training/{training}/live``."""
    return site.changes(request.query_params.get("seen", ""), _content(site, request)[2])


def _content(site: Site, request: Request) -> tuple[Training, list[Line], dict[str, str]]:
    one = training_of(
        site.library.entry(request.path_params["training"], "training"),
        site.library.watches,
        PATIENCE,
    )
    charts = charts_of(one)
    values = live_of(one) | {"reload": digest([chart.name for chart in charts])}
    for chart in charts:
        for name in ("points", "first", "last", "low", "high", "now"):
            values[f"{chart.name}.{name}"] = getattr(chart, name)
    return one, charts, values
