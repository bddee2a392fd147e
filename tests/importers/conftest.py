"""What the importers' tests share: an import in one call, its counts by the source's own id."""

from pathlib import Path

import pytest

from passgap.counts import count
from passgap.importers import FORMATS, Asked, find_log, import_files

LOGS = Path(__file__).parent / "logs"


@pytest.fixture
def bring(tmp_path):
    """``bring(path, name=None, **asked)`` imports a log into a fresh run folder."""

    def bring(path, name=None, out="run", **asked):
        found = find_log(FORMATS, name, [path] if isinstance(path, (str, Path)) else path)
        return import_files(found.format, found.files, tmp_path / out, Asked(**asked))

    return bring


def counted(result):
    """``{question: (n, c, unscored)}`` of an import's source labels."""
    counts = count(result.run)
    questions = {problem.id: problem.question for problem in result.run.problems()}
    rows = zip(counts.problem_id, counts.n, counts.c, counts.unscored, strict=True)
    return {questions[i]: (int(n), int(c), int(u)) for i, n, c, u in rows}
