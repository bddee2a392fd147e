"""`PageData` in, one picture file a chart out, by the same definitions as the page."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import vl_convert

from passgap.errors import UsageError
from passgap.show.charts.charts import charts_of, pass_at_k, sized, sweep_curves
from passgap.show.charts.ingredients import Chart
from passgap.show.data import PageData, Row, deciding_ks

FORMATS = ("svg", "png", "pdf")


def write_figures(
    data: PageData, folder: str | os.PathLike[str], formats: Sequence[str] = FORMATS
) -> list[Path]:
    """Write every chart the data can fill, offline.

    Parameters
    ----------
    data
        As for `write_page`.
    folder
        Made if need be; files are named after the charts (``curves.svg``, ``delta.pdf``).
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
            path.write_bytes(picture(spec, form))
            paths.append(path)
    return paths


def write_picture(chart: Chart, path: str | os.PathLike[str], *, height: int = 360) -> Path:
    """Write one chart as the kind of picture its name ends in.

    Raises
    ------
    UsageError
        For an ending that is not one of `FORMATS`.
    """
    check_picture(path)
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(
        picture(json.dumps(sized(chart, height=height)), place.suffix.removeprefix("."))
    )
    return place


def write_result(result: Row, path: str | os.PathLike[str]) -> Path:
    """Write the main chart of a comparison, of one policy, several seeds or a sweep."""
    if "checkpoints" in result:
        return write_picture(sweep_curves(result), path)
    arms = {role: result[role]["curve"] for role in ("base", "trained")}
    return write_picture(pass_at_k(arms, deciding_ks(result)), path)


def check_picture(path: str | os.PathLike[str]) -> None:
    """Refuse a name that does not end in a kind of picture, before anything is worked out."""
    suffix = Path(path).suffix
    if suffix.removeprefix(".") not in FORMATS:
        allowed = ", ".join(f".{known}" for known in FORMATS)
        raise UsageError(f"figure {str(path)!r} ends in {suffix!r}; allowed: {allowed}")


def picture(spec: str, form: str) -> bytes:
    """A Vega-Lite specification as one of `FORMATS`."""
    if form == "png":
        return bytes(vl_convert.vegalite_to_png(spec, scale=2.0))
    if form == "pdf":
        return bytes(vl_convert.vegalite_to_pdf(spec))
    return str(vl_convert.vegalite_to_svg(spec)).encode()


def javascript_bundle(script: str) -> str:
    """Vega, Vega-Lite and vega-embed in one script with what is to use them."""
    return str(vl_convert.javascript_bundle(script))
