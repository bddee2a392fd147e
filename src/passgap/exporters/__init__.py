"""Data, rewards and launch files for other trainers: rows in, folders out that their loaders read.

rows.py says what a trainer is given of a problem, formats.py writes it for TRL, verl and OpenRLHF,
jobs.py adds the reward file, the launch script and the three commands to run.
"""

from passgap.exporters.formats import FORMS, check_forms, write_format
from passgap.exporters.jobs import TRAINERS, JobSettings, check_job, write_job
from passgap.exporters.rows import Row, read_problems, rows_of, write_problems

__all__ = [
    "FORMS",
    "TRAINERS",
    "JobSettings",
    "Row",
    "check_forms",
    "check_job",
    "read_problems",
    "rows_of",
    "write_format",
    "write_job",
    "write_problems",
]
