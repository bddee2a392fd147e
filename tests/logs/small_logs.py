"""What the importers' tests share: small logs of real packages, and counts by question."""

from pathlib import Path

from passgap.stages.counting import count

LOGS = Path(__file__).parent / "logs"


def counted(result):
    """``{question: (n, c, unscored)}`` of an import's source labels."""
    counts = count(result.run)
    questions = {problem.id: problem.question for problem in result.run.problems()}
    rows = zip(counts.problem_id, counts.n, counts.c, counts.unscored, strict=True)
    return {questions[i]: (int(n), int(c), int(u)) for i, n, c, u in rows}
