"""Charts, drawn by altair and made pictures by vl-convert: the extra ``charts``.

Neither is loaded before a chart is drawn: what only prints tables does without them.
"""

from __future__ import annotations

import importlib

from passgap.errors import MissingExtraError

PACKAGES = {"altair": "altair", "vl_convert": "vl-convert-python"}


def check_charts() -> None:
    """Say what is missing, before anything is worked out.

    Raises
    ------
    MissingExtraError
        If a package of the extra ``charts`` is not installed.
    """
    for module, package in PACKAGES.items():
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise MissingExtraError(package, "charts") from error
