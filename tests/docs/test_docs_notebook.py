"""The notebook runs, without torch, and prints what is stored in it (and shown on the site)."""

from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebooks" / "from_counts_to_verdict.ipynb"
LOADED = "import sys\nprint({'torch', 'transformers'} & set(sys.modules))"


def printed(notebook: Any) -> list[str]:
    """What each cell of code printed; any other output (a warning, a picture) is shown as it is."""
    return [
        "".join(output.get("text", repr(output)) for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of the kernel's connection, not of the cells
def test_the_notebook_prints_what_is_stored_in_it():
    stored = nbformat.read(NOTEBOOK, as_version=4)
    fresh = nbformat.read(NOTEBOOK, as_version=4)
    fresh.cells.append(nbformat.v4.new_code_cell(LOADED))
    nbclient.NotebookClient(fresh, timeout=120, kernel_name="python3").execute()
    *texts, loaded = printed(fresh)
    assert texts == printed(stored)
    assert all(texts)
    assert loaded == "set()\n"
