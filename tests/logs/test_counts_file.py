"""Counts become a counts file; a refusal of anything else says what to type instead."""

import pytest
from commands import run

from passgap.errors import UsageError
from passgap.logs import import_log


def test_counts_make_no_run_folder_and_the_hint_works(tmp_path):
    (tmp_path / "outcomes.csv").write_text("problem_id,n,c\n" + "a,32,4\nb,32,0\n")
    with pytest.raises(UsageError, match=r"give --out runs/t\.csv, or use .*outcomes\.csv as it"):
        import_log(tmp_path / "outcomes.csv", form="counts", out="runs/t")
    for hint in (
        ("import", "counts", "outcomes.csv", "--out", "t.csv"),
        ("probe", "outcomes.csv"),
        ("probe", "t.csv"),
    ):
        assert run(*hint, cwd=tmp_path).returncode == 0
