"""Figures as a paper takes them: their width, their fonts, and what grey leaves of them."""

import re
import zlib
from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree

import fabricated
import pytest

from passgap.results.probe import Forecast
from passgap.show.blocks import pictures
from passgap.show.charts.figures import write_figures
from passgap.show.charts.outlines import outlined
from passgap.show.charts.paper import COLUMNS, paper_spec
from passgap.show.contents.dispatch import blocks_of
from passgap.show.contents.report import page
from passgap.show.theme import PAPER

SVG = "{http://www.w3.org/2000/svg}"
WIDTHS = [("", 3.25), ("_wide", 6.75)]
LEAST_TYPE = 7  # points
COLOURED = re.compile(r"#[0-9a-f]{6}")


def every_picture(data):
    fitted = Forecast(1.4, data.comparison.trained)
    made = (fabricated.sweep(), fabricated.reach(), fabricated.seeds())
    blocks = [*page(replace(data, fitted=fitted)).blocks]
    return pictures([*blocks, *(block for one in made for block in blocks_of(one))])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("figures")
    write_figures(blocks_of(fabricated.comparison()), place)
    return place


@pytest.mark.parametrize(("column", "inches"), WIDTHS)
@pytest.mark.parametrize("name", ["curves", "delta"])
def test_a_pdf_is_as_wide_as_its_column_and_holds_every_font(folder, name, column, inches):
    pdf = (folder / f"{name}{column}.pdf").read_bytes()
    box = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    assert float(box[1]) / 72 == inches
    fonts = re.findall(rb"/Type\s*/FontDescriptor.*?endobj", pdf, re.S)
    assert fonts
    assert all(re.search(rb"/FontFile[23]? \d+ 0 R", font) for font in fonts)
    named = set(re.findall(rb"/BaseFont\s*/(\S+)", pdf))
    assert named
    assert all(re.fullmatch(rb"[A-Z]{6}\+\w.*", font) for font in named), "subsets, embedded"


@pytest.mark.parametrize(("column", "inches"), WIDTHS)
def test_an_svg_is_as_wide_and_has_outlines_for_text(folder, column, inches):
    root = ElementTree.parse(folder / f"delta{column}.svg").getroot()
    assert root.get("width") == f"{inches}in"
    assert float(root.get("viewBox").split()[2]) == 72 * inches
    assert not list(root.iter(f"{SVG}text"))
    labels = {one.get("aria-label") for one in root.iter(f"{SVG}path")}
    assert {"Trained minus base, percentage points", "128", "crosses at k = 37"} <= labels


def test_an_outline_lies_where_its_text_would(folder):
    root = ElementTree.parse(folder / "curves.svg").getroot()
    drawn = {one.get("aria-label"): one.get("d") for one in root.iter(f"{SVG}path")}
    ends = {}
    for name in ("100%", "40%", "trained"):
        numbers = [float(x) for x in re.findall(r"-?[\d.]+", drawn[name])]
        ends[name] = min(numbers[0::2]), max(numbers[0::2]), min(numbers[1::2]), max(numbers[1::2])
    for name in ("100%", "40%"):  # aligned at their right end, on the axis
        left, right, _, _ = ends[name]
        assert -1 < right <= 0
        assert left == pytest.approx(-7 * (0.556 * (len(name) - 1) + 0.889), abs=1)
    left, right, top, bottom = ends["trained"]
    assert 0 <= left < 1
    assert 20 < right < 28
    assert 3.5 < bottom - top < 6


def test_a_text_with_a_letter_of_no_embedded_font_stays_text(folder):
    pdf = (folder / "curves.pdf").read_bytes()
    svg = '<svg width="10" height="10"><text font-size="7px" fill="#000">\u6570 1</text></svg>'
    assert outlined(svg, pdf) == svg


def test_a_png_has_300_dots_per_inch(folder):
    png = (folder / "curves.png").read_bytes()
    assert int.from_bytes(png[16:20]) == pytest.approx(3.25 * 300, abs=1)
    assert zlib.crc32(png[12:29]) == int.from_bytes(png[29:33])


@pytest.mark.parametrize("column", COLUMNS)
def test_no_type_is_smaller_than_seven_points_and_no_strip_is_left(data, column):
    for picture in every_picture(data):
        spec = paper_spec(picture.draw(), column)
        sizes = [value for name, value in walked(spec) if name.lower().endswith("fontsize")]
        assert len(sizes) >= 4, picture.name
        assert min(sizes) >= LEAST_TYPE, picture.name
        names = {name for name, _ in walked(spec["layer"])}
        assert not {"tooltip", "params"} & names, picture.name


def test_base_and_trained_are_apart_in_grey_and_every_series_in_shape_or_dash(data):
    assert contrast(PAPER["base"], PAPER["trained"]) > 2
    shades = [PAPER[f"shade{i}"] for i in (1, 2, 3, 4)]
    assert all(contrast(a, b) > 1.25 for a, b in combinations(shades, 2))
    for picture in every_picture(data):
        spec = paper_spec(picture.draw())
        encodings = [value for name, value in walked(spec) if name == "encoding"]
        by_colour = [one for one in encodings if "scale" in one.get("color", {})]
        several = [one for one in by_colour if len(one["color"]["scale"]["domain"]) > 1]
        told = {channel for one in encodings for channel in one}
        if several and picture.name != "histogram":  # whose bars stand beside each other
            assert {"shape", "strokeDash"} & told, picture.name


def walked(value):
    if isinstance(value, dict):
        for name, one in value.items():
            yield name, one
            yield from walked(one)
    elif isinstance(value, list):
        for one in value:
            yield from walked(one)


def contrast(one: str, other: str) -> float:
    """Ratio of luminances, as WCAG defines it: what is left of two colours in grey."""

    def luminance(colour: str) -> float:
        assert COLOURED.fullmatch(colour)
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True)) + 0.05

    low, high = sorted([luminance(one), luminance(other)])
    return high / low
