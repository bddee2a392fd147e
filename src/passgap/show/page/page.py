"""`PageData` in, one self-contained HTML file out: no network, no script but its own.

The template makes every control character visible and escapes everything; data for the charts
goes in as JSON in which no markup character survives; the content-security policy names the
page's script and style by their hashes and allows nothing else, eval included (Vega runs its
expression interpreter). Completions are hostile text throughout.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from passgap._version import __version__
from passgap.show.charts.charts import charts_of, page_spec
from passgap.show.charts.figures import javascript_bundle
from passgap.show.data import PageData
from passgap.show.page.sections import sections
from passgap.show.text import visible
from passgap.show.theme import LIGHT, css_variables

TEMPLATES = resources.files("passgap.show.page") / "templates"
MARKUP = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def write_page(data: PageData, out: str | os.PathLike[str]) -> Path:
    """Write the page whole (temporary name, then rename) and return its path.

    Parameters
    ----------
    data
        What to show; empty parts are left out.
    out
        Path of the HTML file; its folder is made if need be.

    Returns
    -------
    Path
        ``out``.
    """
    path = Path(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_text(render(data), encoding="utf-8")
    draft.replace(path)
    return path


def render(data: PageData) -> str:
    """The page as one string of HTML."""
    charts = charts_of(data)
    specs = {name: page_spec(chart) for name, chart in charts.items()}
    values = sections(data)
    details = values["problems"].pop("details", [])
    style, script = css_variables() + _template("page.css"), _script()
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            values,
            charts={name: spec["title"] for name, spec in specs.items()},
            on_log=_on_log(specs),
            specs=json_for_html(specs),
            palette=json_for_html(LIGHT),
            details=json_for_html(details),
            style=Markup(style),
            script=Markup(script),
            policy=content_policy(script, style),
            version=__version__,
        )
    )


def _on_log(specs: dict[str, Any]) -> set[str]:
    """The charts with a logarithmic axis, which the page can make linear."""
    return {name for name, spec in specs.items() if '"type": "log"' in json.dumps(spec)}


def json_for_html(value: Any) -> Markup:
    """JSON that cannot leave its script element: ``<``, ``>`` and ``&`` become escapes."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for char, escape in MARKUP.items():
        text = text.replace(char, escape)
    return Markup(text)


def content_policy(script: str, style: str) -> str:
    """A policy that allows this script and this style by hash, and no request at all."""
    return (
        f"default-src 'none'; script-src '{_sha256(script)}'; style-src '{_sha256(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _template(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    """Vega, Vega-Lite and vega-embed in one bundle with the page's own scripts."""
    own = "\n".join(map(_template, ("theme.js", "charts.js", "problems.js")))
    return javascript_bundle(own)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(_template),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(value: Any) -> Any:
    """What the template prints: all text made visible, our own markup as it is."""
    return value if isinstance(value, Markup | jinja2.Undefined) else visible(value)
