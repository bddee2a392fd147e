"""A page's blocks in, one self-contained HTML file out: no network, no script but its own.

The painter makes every control character visible and escapes everything; data for the charts goes
in as JSON in which no markup character survives; the content-security policy names the page's
script and style by their hashes and allows nothing else, eval included (Vega runs its expression
interpreter). Completions are hostile text throughout.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from functools import cache
from pathlib import Path

from markupsafe import Markup

from passgap._version import __version__
from passgap.runs import write_text
from passgap.show.blocks import Page, Problem, Problems, pictures, walk
from passgap.show.charts.figures import javascript_bundle
from passgap.show.charts.parts import page_spec
from passgap.show.page.painter import environment, of_page, template
from passgap.show.text import turns_of, visible
from passgap.show.theme import LIGHT, css_variables

MARKUP = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def write_page(page: Page, out: str | os.PathLike[str]) -> Path:
    """Write the page, complete or not at all; its folder is made if need be."""
    path = Path(out)
    write_text(render(page), path)
    return path


def render(page: Page) -> str:
    """The page as one string of HTML."""
    specs = {picture.name: page_spec(picture.draw()) for picture in pictures(page.blocks)}
    tables = [block for block in walk(page.blocks) if isinstance(block, Problems)]
    groups = {name: count for table in tables for name, count in table.counts().items()}
    style, script = css_variables() + template("page.css"), _script()
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            body=of_page(specs, groups).paint(page.blocks),
            specs=json_for_html(specs),
            palette=json_for_html(LIGHT),
            details=json_for_html([_opens(one) for table in tables for one in table.problems]),
            images=json_for_html({k: v for table in tables for k, v in table.images.items()}),
            style=Markup(style),
            script=Markup(script),
            policy=content_policy(script, style),
            version=__version__,
        )
    )


def _opens(problem: Problem) -> dict[str, object]:
    """What a line of the table opens to, as the script takes it."""
    return {
        "id": visible(problem.problem_id),
        "question": visible(problem.question),
        "reference": visible(problem.reference),
        "images": problem.images,
        "unseen": problem.unseen,
        "arms": [{"role": role, "text": text} for role, text in problem.arms],
        "draws": [
            {"role": one.role, "mark": visible(one.mark), **_spoken(visible(one.text))}
            for one in problem.draws
        ],
    }


def json_for_html(value: object) -> Markup:
    """JSON that cannot leave its script element: ``<``, ``>`` and ``&`` become escapes."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Markup(text.translate(MARKUP))


def content_policy(script: str, style: str) -> str:
    """A policy that allows this script and this style by hash, and no request at all."""
    return (
        f"default-src 'none'; script-src '{_sha256(script)}'; style-src '{_sha256(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _script() -> str:
    """Vega, Vega-Lite and vega-embed in one bundle with the page's own scripts."""
    return javascript_bundle("\n".join(map(template, ("theme.js", "charts.js", "problems.js"))))


def _spoken(text: str) -> dict[str, object]:
    """A completion's text; of a trajectory its turns, each with its role."""
    turns = turns_of(text)
    return {"turns": turns} if turns else {"text": text}
