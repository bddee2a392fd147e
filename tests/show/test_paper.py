"""Figures as a paper takes them: their width, their fonts, and what grey leaves of them."""

import re
import zlib
from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree

import fabricated
import pytest
import vl_convert

from passgap.results.probe import TiltedCurve
from passgap.show.blocks import pictures
from passgap.show.charts.figures import javascript_bundle, write_figures
from passgap.show.charts.paper import COLUMNS, paper_spec
from passgap.show.contents.dispatch import blocks_of
from passgap.show.contents.report import page
from passgap.show.theme import PAPER

pytestmark = pytest.mark.slow

SVG = "{http://www.w3.org/2000/svg}"
WIDTHS = [("", 3.25), ("_wide", 6.75)]
LEAST_TYPE = 7  # points
COLOURED = re.compile(r"#[0-9a-f]{6}")


def every_picture(data):
    fitted = TiltedCurve(1.4, data.comparison.trained)
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
def test_an_svg_is_as_wide_and_its_text_can_be_edited(folder, column, inches):
    root = ElementTree.parse(folder / f"delta{column}.svg").getroot()
    assert root.get("width") == f"{inches}in"
    assert float(root.get("viewBox").split()[2]) == 72 * inches
    texts = {one.text for one in root.iter(f"{SVG}text")}
    assert {"Trained minus base, percentage points", "128", "crosses at k = 37"} <= texts


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


def test_the_libraries_are_bundled_once(tmp_path, monkeypatch):
    monkeypatch.setenv("PASSGAP_CACHE", str(tmp_path / "cache"))
    bundled = []

    def bundle(script):
        bundled.append(script)
        return "/* vega */"

    monkeypatch.setattr(vl_convert, "javascript_bundle", bundle)
    first = javascript_bundle("draw();")
    assert first == javascript_bundle("draw();")
    assert len(bundled) == 1
    assert first.startswith("/* vega */")
    assert "draw();" in first


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PASSGAP_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda script: "/* vega */")
    assert javascript_bundle("draw();").startswith("/* vega */")
