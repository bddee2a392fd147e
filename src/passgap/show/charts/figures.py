"""Pictures in, one file each out, by the same definitions as the page."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from passgap.errors import PassgapError, UsageError
from passgap.runs import write_bytes, write_text
from passgap.show.blocks import Block, pictures
from passgap.show.charts import check_charts
from passgap.show.charts.lazy import Chart
from passgap.show.charts.paper import COLUMNS, paper_spec
from passgap.show.charts.parts import sized

FORMATS = ("svg", "png", "pdf")
DOTS = 300  # per inch, of a PNG
POINTS = 72  # per inch
SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)"')


def write_figures(
    blocks: Sequence[Block], folder: str | os.PathLike[str], formats: Sequence[str] = FORMATS
) -> list[Path]:
    """Write every picture among the blocks into a folder, offline, as a paper takes them.

    A file per picture, width (``curves.pdf`` one column, ``curves_wide.pdf`` two) and format; a PDF
    embeds its fonts, an SVG keeps its text to be edited. Raises UsageError for a format that is
    none of `FORMATS`.
    """
    for form in formats:
        if form not in FORMATS:
            raise UsageError(f"figure format {form!r} is not known; allowed: {', '.join(FORMATS)}")
    place = Path(folder)
    paths = []
    for one in pictures(blocks):
        drawn = one.draw()
        for column in COLUMNS:
            spec = json.dumps(paper_spec(drawn, column))
            for form in formats:
                path = place / f"{one.name}{column}.{form}"
                write_bytes(_printed(spec, form), path)
                paths.append(path)
    return paths


def _printed(spec: str, form: str) -> bytes:
    """One figure of a paper: an SVG has its size in inches, a PNG 300 dots per inch."""
    import vl_convert

    if form == "png":
        return bytes(vl_convert.vegalite_to_png(spec, ppi=DOTS))
    if form == "pdf":
        return picture(spec, form)
    return _in_inches(picture(spec, form).decode()).encode()


def _in_inches(svg: str) -> str:
    """The same SVG, its size in inches: a point of Vega's is one on paper."""

    def inches(found: re.Match[str]) -> str:
        width, height = (f"{float(found[i]) / POINTS:g}in" for i in (1, 2))
        return f'width="{width}" height="{height}"'

    return SIZE.sub(inches, svg, count=1)


def write_picture(chart: Chart, path: str | os.PathLike[str], *, height: int = 360) -> Path:
    """Write one chart as the kind of picture its name ends in.

    Raises UsageError for an ending that is not one of `FORMATS`.
    """
    check_picture(path)
    place = Path(path)
    spec = json.dumps(sized(chart, height=height))
    write_bytes(picture(spec, place.suffix.removeprefix(".")), place)
    return place


def check_picture(path: str | os.PathLike[str]) -> None:
    """Refuse a name that does not end in a kind of picture, before anything is worked out."""
    suffix = Path(path).suffix
    if suffix.removeprefix(".") not in FORMATS:
        allowed = ", ".join(f".{known}" for known in FORMATS)
        raise UsageError(f"figure {str(path)!r} ends in {suffix!r}; allowed: {allowed}")
    check_charts()


def picture(spec: str, form: str) -> bytes:
    """A Vega-Lite specification as one of `FORMATS`."""
    check_charts()
    import vl_convert

    if form == "png":
        return bytes(vl_convert.vegalite_to_png(spec, scale=2.0))
    if form == "pdf":
        return bytes(vl_convert.vegalite_to_pdf(spec))
    return str(vl_convert.vegalite_to_svg(spec)).encode()


def javascript_bundle(script: str) -> str:
    """Vega, Vega-Lite and vega-embed in one script with what is to use them as ``vegaEmbed``."""
    return f"{_vega()}\n(() => {{\n{script}\n}})();\n"


def _vega() -> str:
    """The libraries alone. Bundling them takes seconds, so the user's cache keeps them."""
    check_charts()
    import vl_convert

    root = Path(os.environ.get("PASSGAP_CACHE") or os.path.expanduser("~/.cache/passgap"))
    kept = root / "charts" / f"vl-convert-{version('vl-convert-python')}.js"
    with suppress(OSError, UnicodeDecodeError):
        return kept.read_text(encoding="utf-8")
    bundle = str(vl_convert.javascript_bundle("globalThis.vegaEmbed = vegaEmbed;"))
    with suppress(PassgapError):  # such as a home folder that is read-only
        write_text(bundle, kept)
    return bundle
