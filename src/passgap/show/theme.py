"""The one place for colour and type: the page, its charts and the figure files share it.

Charts are drawn in the light palette. In the page each of its colours becomes a CSS variable,
so that dark mode and printing need no second chart. Base is blue and trained is orange
everywhere; the pair stays apart for every common colour vision, and shapes differ as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from passgap.plain import Json

Config = dict[str, Json]
LIGHT = {
    "paper": "#ffffff",
    "panel": "#f6f7f9",
    "ink": "#1c232e",
    "muted": "#5d6877",
    "grid": "#e3e7ec",
    "line": "#c3cad4",
    "base": "#2b6cb5",
    "trained": "#b94e0a",
    "good": "#2b7a4b",
    "open": "#8a6a00",
    "bad": "#b3261e",
    "shade1": "#f0b489",
    "shade2": "#e3894a",
    "shade3": "#bd5410",
    "shade4": "#7f3608",
}
DARK = {
    "paper": "#14181f",
    "panel": "#1c222b",
    "ink": "#e8ecf1",
    "muted": "#9aa6b5",
    "grid": "#2a323d",
    "line": "#465161",
    "base": "#74b0f0",
    "trained": "#f59a52",
    "good": "#6fc796",
    "open": "#dcb64e",
    "bad": "#f08a80",
    "shade1": "#8a5229",
    "shade2": "#c0733a",
    "shade3": "#f0a05f",
    "shade4": "#ffd9b8",
}
# On paper: each colour but for base and trained a grey apart in lightness from its neighbours.
PAPER = LIGHT | {
    "ink": "#000000",
    "muted": "#4d4d4d",
    "base": "#1f4e8c",
    "trained": "#d97c1e",
    "shade1": "#f3b277",
    "shade2": "#d97c1f",
    "shade3": "#a04f0b",
    "shade4": "#5c2a04",
}
FONT = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif"
SHADES = [LIGHT[f"shade{i}"] for i in (1, 2, 3, 4)]


def css_variables() -> str:
    """Both palettes as custom properties: by preference or as switched, light on paper."""

    def block(palette: dict[str, str]) -> str:
        return "".join(f"--{name}:{value};" for name, value in palette.items())

    light, dark = block(LIGHT), block(DARK)
    by_preference = (
        "@media screen and (prefers-color-scheme:dark)"
        f"{{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}"
    )
    switched = f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}"
    return f":root{{color-scheme:light;{light}}}{by_preference}{switched}"


VARIABLES = {value: f"var(--{name})" for name, value in LIGHT.items()}


def with_variables(spec: Json) -> Json:
    """The same chart with each palette colour replaced by its CSS variable."""
    return _replaced(spec, VARIABLES)


def recoloured(spec: Json, palette: Mapping[str, str]) -> Json:
    """The same chart in another palette."""
    return _replaced(spec, {value: palette[name] for name, value in LIGHT.items()})


def _replaced(spec: Json, colours: Mapping[str, str]) -> Json:
    if isinstance(spec, str):
        return colours.get(spec, spec)
    if isinstance(spec, Mapping):
        return {key: _replaced(value, colours) for key, value in spec.items()}
    return [_replaced(value, colours) for value in spec] if isinstance(spec, Sequence) else spec


def chart_config() -> Config:
    """Vega-Lite configuration: quiet axes, horizontal grid, legend above the plot."""
    grey = LIGHT["muted"]
    text: Config = {"labelColor": grey, "titleColor": grey, "titleFontWeight": "normal"}
    line: Config = {"domainColor": LIGHT["line"], "tickColor": LIGHT["line"]}
    return {
        "background": "transparent",
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            **text,
            **line,
            "labelFontSize": 12,
            "gridColor": LIGHT["grid"],
            "titleFontSize": 12,
            "titlePadding": 8,
        },
        "axisX": {"grid": False},
        "axisY": {"domain": False, "ticks": False, "labelPadding": 6, "tickCount": 5},
        "legend": {
            **text,
            "labelColor": LIGHT["ink"],
            "labelFontSize": 12.5,
            "titleFontSize": 12,
            "orient": "top",
            "direction": "horizontal",
            "symbolStrokeWidth": 2.5,
            "columnPadding": 26,
            "symbolOpacity": 1,
            "offset": 6,
        },
        "title": {
            "anchor": "start",
            "frame": "group",
            "color": LIGHT["ink"],
            "fontSize": 13,
            "fontWeight": "normal",
            "offset": 10,
        },
    }
