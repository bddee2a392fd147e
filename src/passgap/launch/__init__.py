"""Data, rewards and launch files for other trainers, in the formats that they read.

rows.py says what a trainer gets of a problem. A launcher (trl.py, verl.py, openrlhf.py, or what an
installed package adds by an entry point of the group ``passgap.launchers``) writes it in the
trainer's form, with the reward file, the launch script and a README.
"""

from passgap.launch.base import Job, Launcher
from passgap.launch.jobs import FORMS, LAUNCHERS, check_forms, write_format, write_job
from passgap.launch.rows import Known, Row, read_problems, rows_of, write_problems
from passgap.launch.settings import JobSettings

__all__ = [
    "FORMS",
    "LAUNCHERS",
    "Job",
    "JobSettings",
    "Known",
    "Launcher",
    "Row",
    "check_forms",
    "read_problems",
    "rows_of",
    "write_format",
    "write_job",
    "write_problems",
]
