"""`PageData` in, one picture file a chart out, by the same definitions as the page."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import vl_convert

from passgap.errors import UsageError
from passgap.reporting.charts import charts_of, sized
from passgap.reporting.data import PageData

FORMATS = ("svg", "png", "pdf")


def write_figures(
    data: PageData, folder: str | os.PathLike[str], formats: Sequence[str] = ("svg", "png")
) -> list[Path]:
    """Write every chart the data can fill, offline.

    Parameters
    ----------
    data
        As for `write_page`.
    folder
        Made if need be; files are named after the charts (``curves.svg``, ``delta.png``).
    formats
        Any of ``svg``, ``png`` (two pixels a point), ``pdf``.

    Returns
    -------
    list of Path
        The files, in the page's order.

    Raises
    ------
    UsageError
        For a format that is not one of these.
    """
    for form in formats:
        if form not in FORMATS:
            raise UsageError(f"figure format {form!r} is not known; allowed: {', '.join(FORMATS)}")
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, chart in charts_of(data).items():
        spec = json.dumps(sized(chart))
        for form in formats:
            path = place / f"{name}.{form}"
            path.write_bytes(_picture(spec, form))
            paths.append(path)
    return paths


def _picture(spec: str, form: str) -> bytes:
    if form == "png":
        return bytes(vl_convert.vegalite_to_png(spec, scale=2.0))
    if form == "pdf":
        return bytes(vl_convert.vegalite_to_pdf(spec))
    return str(vl_convert.vegalite_to_svg(spec)).encode()
