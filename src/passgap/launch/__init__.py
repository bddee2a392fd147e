"""Data, rewards and launch files for other trainers: rows in, folders out that their loaders read.

rows.py says what a trainer is given of a problem, formats.py writes it for TRL, verl and OpenRLHF,
jobs.py adds the reward file, the launch script and the three commands to run.
"""

from passgap.launch.formats import FORMS, check_forms, write_format
from passgap.launch.jobs import write_job
from passgap.launch.rows import Row, read_problems, rows_of, write_problems
from passgap.launch.settings import JobSettings

__all__ = [
    "FORMS",
    "JobSettings",
    "Row",
    "check_forms",
    "read_problems",
    "rows_of",
    "write_format",
    "write_job",
    "write_problems",
]
