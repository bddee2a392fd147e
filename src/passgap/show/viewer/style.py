"""The viewer's style sheet: the report's palette and type, with a switch between light and dark."""

from __future__ import annotations

from functools import cache
from importlib import resources

from passgap.show.theme import DARK, LIGHT

STATIC = resources.files("passgap.show.viewer") / "static"


@cache
def style_sheet() -> str:
    """Palette by preference, or as the reader switched it; then the rules."""
    light, dark = _block(LIGHT), _block(DARK)
    return "\n".join(
        [
            f":root{{color-scheme:light;{light}}}",
            f"@media screen and (prefers-color-scheme:dark)"
            f"{{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}",
            f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}",
            static("view.css"),
        ]
    )


@cache
def static(name: str) -> str:
    """One of the package's own files."""
    return (STATIC / name).read_text(encoding="utf-8")


def _block(palette: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in palette.items())
