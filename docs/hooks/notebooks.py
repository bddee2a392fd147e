"""Notebooks as pages. In: ``docs/notebooks/*.ipynb`` with their outputs. Out: Markdown pages.

Cells become text, Python and its printed output; `tests/docs/test_docs_notebook.py` runs the
notebook and holds the stored outputs to what it prints.
"""

import json
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for every notebook."""
    for path in sorted(Path(config.docs_dir, "notebooks").glob("*.ipynb")):
        page = f"notebooks/{path.stem}.md"
        files.append(File.generated(config, page, content=markdown(json.loads(path.read_text()))))
    return files


def markdown(notebook: dict[str, Any]) -> str:
    """The notebook's cells, one after the other."""
    return "\n\n".join(part for cell in notebook["cells"] for part in _cell(cell)) + "\n"


def _cell(cell: dict[str, Any]) -> list[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return [source]
    return [f"```python\n{source}\n```", *(_output(output) for output in cell["outputs"])]


def _output(output: dict[str, Any]) -> str:
    text = output.get("text") or output["data"]["text/plain"]
    return f"```text\n{''.join(text).rstrip()}\n```"
