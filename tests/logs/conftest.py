"""An import in one call."""

from pathlib import Path

import pytest

from passgap.logs import FORMATS, Asked, find_log, import_files


@pytest.fixture
def bring(tmp_path):
    """``bring(path, name=None, **asked)`` imports a log into a fresh run folder."""

    def bring(path, name=None, out="run", **asked):
        found = find_log(FORMATS, name, [path] if isinstance(path, (str, Path)) else path)
        return import_files(found.format, found.files, tmp_path / out, Asked(**asked))

    return bring
