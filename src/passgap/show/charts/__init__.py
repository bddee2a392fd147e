"""Charts, drawn by altair and made pictures by vl-convert: the extra ``charts``."""

from __future__ import annotations

from passgap.errors import MissingExtraError

try:
    import altair
    import vl_convert
except ImportError as error:
    package = {"vl_convert": "vl-convert-python"}.get(error.name or "", error.name or "altair")
    raise MissingExtraError(package, "charts") from error

del altair, vl_convert
