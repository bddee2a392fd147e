"""The files of docs/trainers/others.md, as a trainer imports them.

In: a trainer's heading on that page, and a folder. Out: the module that the page shows, whose watch
writes into the folder.
"""

import importlib
import re
import sys
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "trainers" / "others.md"
SHOWN = "/data/out/watch"  # where the page records to


def example(trainer, folder, nth=0):
    """Import the ``nth`` file that the page shows for a trainer; it records in ``folder/watch``."""
    text = blocks(trainer)[nth]
    assert text.count(f'"{SHOWN}"') == 1, trainer
    name = f"shown_{re.sub('[^a-z]', '_', trainer.lower())}_{nth}"
    (folder / f"{name}.py").write_text(text.replace(SHOWN, str(folder / "watch")))
    return loaded(folder, name)


def loaded(folder, name):
    """Import a file of a folder anew."""
    sys.path.insert(0, str(folder))
    try:
        sys.modules.pop(name, None)
        importlib.invalidate_caches()
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))


def blocks(trainer):
    """The Python files below a heading of the page."""
    sections = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    (section,) = [one for one in sections if one.startswith(f"{trainer}\n")]
    return re.findall(r"^```python\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)


def headings():
    """The trainers of the page."""
    return re.findall(r"^## (.+)$", PAGE.read_text(), re.MULTILINE)
