"""Pages of results say what their generators say: neither is edited without the other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {  # the generator, and the functions or constants that hold the page's text
    "bench/calibration.py": ("calibration", r"HEAD|\w+_section|SECTIONS"),
    "bench/checkpoints.py": ("checkpoints", "PAGE"),
    "bench/contamination.py": ("contamination", "PAGE"),
    "bench/extrapolation.py": ("extrapolation", "PAGE"),
    "bench/labels.py": ("labels", "page"),
    "bench/pairs.py": ("published-pairs", "main"),
    "bench/peers.py": ("peers", "page|DOUBTS"),
    "bench/planning.py": ("planning", "page|HEAD"),
    "bench/reach.py": ("reach", "page"),
    "bench/seeds.py": ("seeds", "page"),
    "bench/tilt.py": ("tilt", "main"),
    "research/forecast.py": ("forecast", "PAGE"),
    "research/worlds.py": ("worlds", "HEADER|AFTER|_luck"),
}
LONG = 30  # characters of a text that is no format, name or path


def prose(source: Path, names: str) -> Iterator[str]:
    """The long texts of the parts with these names; of templates what stands between values."""
    for part in ast.parse(source.read_text()).body:
        targets = part.targets if isinstance(part, ast.Assign) else [getattr(part, "target", None)]
        called = {getattr(part, "name", ""), *(getattr(one, "id", "") for one in targets)}
        if any(re.fullmatch(names, name) for name in called if name):
            yield from texts(part)


def texts(part: ast.AST) -> Iterator[str]:
    for node in ast.walk(part):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for text in re.split(r"\{\w*\}", node.value):
                if len(text.strip()) >= LONG and " " in text.strip() and "{" not in text:
                    yield " ".join(text.split())


@pytest.mark.parametrize("generator", PAGES)
def test_the_page_has_every_text_of_its_generator(generator):
    name, names = PAGES[generator]
    page = " ".join((ROOT / "docs" / "results" / f"{name}.md").read_text().split())
    found = list(prose(ROOT / generator, names))
    assert found
    assert [text for text in found if text not in page] == []


def test_a_text_that_differs_is_seen(tmp_path):
    said = "A sentence that stands on no page at all,"
    (tmp_path / "x.py").write_text(f"def page(n):\n    return f'{said} {{n}}'\n")
    assert list(prose(tmp_path / "x.py", "page")) == [said]
