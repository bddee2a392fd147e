"""Charts, the page and the terminal's tables: dicts of results in, pictures and words out.

Computes no statistic and reads no run. What goes in is `PageData`: the ``to_dict()`` of a probe
and a comparison, rows of training, problems and completions. What comes out is one HTML file
(`write_page`), picture files (`write_figures`) or rich renderables (`probe_view`,
`comparison_view`; `print_result` prints either, `print_checks` the data checks, `print_agreement`
what two verifiers say of one run, `print_audit` what a person's marks say of one,
`print_watching` a training run while it runs).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from passgap.show.data import PageData
from passgap.show.terminal import (
    comparison_view,
    print_agreement,
    print_audit,
    print_case,
    print_checks,
    print_result,
    print_tried,
    probe_view,
)
from passgap.show.watched import print_watching, watching_view

if TYPE_CHECKING:
    from passgap.show.charts.figures import write_figures, write_result
    from passgap.show.page.page import write_page

_DRAWN = {  # loaded when first used: a terminal's tables need no charts
    "write_figures": "passgap.show.charts.figures",
    "write_result": "passgap.show.charts.figures",
    "write_page": "passgap.show.page.page",
}


def __getattr__(name: str) -> Any:
    if name in _DRAWN:
        return getattr(importlib.import_module(_DRAWN[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "PageData",
    "comparison_view",
    "print_agreement",
    "print_audit",
    "print_case",
    "print_checks",
    "print_result",
    "print_tried",
    "print_watching",
    "probe_view",
    "watching_view",
    "write_figures",
    "write_page",
    "write_result",
]
