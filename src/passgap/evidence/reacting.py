"""What an early warning sets off. In: results of a watched run. Out: a request to stop, a message.

A message goes to a web address or to a command. Both are given when passgap is started and never
come from a file, which a stranger could have written.
"""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from http.client import HTTPException
from pathlib import Path

from passgap.analysis.watch.alarms import WARNINGS
from passgap.errors import PassgapError, UsageError, WorkError
from passgap.plain import shareable
from passgap.results.findings import Finding
from passgap.results.watching import Watching
from passgap.runs.stopping import Stop, request_stop

ANY = "any"
EVERY = 10  # steps between two looks of passgap train at its own record
SECONDS = 30.0
SCHEMA = "passgap.warning/1"


class Reactions:
    """Reacts to the early warnings of one run, to each name once.

    Parameters
    ----------
    stop_on
        Names of early warnings, or ``any``.
    notify
        Where they are sent: an address (``https://..``), which gets a JSON document by POST, or a
        command for the shell, which gets it on its standard input.
    tell
        Called with what could not be sent, and why; training goes on.

    Raises
    ------
    UsageError
        For an unknown name.
    """

    def __init__(
        self,
        stop_on: Sequence[str] = (),
        notify: Sequence[str] = (),
        *,
        tell: Callable[[str], None],
    ) -> None:
        for name in stop_on:
            if name not in (*WARNINGS, ANY):
                raise UsageError(f"--stop-on {name!r}; allowed: {', '.join(WARNINGS)}, {ANY}")
        self._stop_on, self._notify, self._tell = frozenset(stop_on), notify, tell
        self._sent: set[str] = set()

    def react(self, result: Watching, watch: Path | str) -> Finding | None:
        """Send the new warnings; the one that training is to stop for, with the request left."""
        for finding in result.warnings:
            if finding.check not in self._sent:
                self._sent.add(finding.check)
                self._send(finding, result, watch)
        for finding in result.warnings:
            if self._stop_on & {finding.check, ANY}:
                step = result.steps[-1].last_step
                request_stop(Path(watch), Stop(finding.check, finding.evidence, step))
                return finding
        return None

    def _send(self, finding: Finding, result: Watching, watch: Path | str) -> None:
        document = {
            "schema": SCHEMA,
            "folder": shareable(str(watch)),
            "step": result.steps[-1].last_step,
            "warning": finding.check,
            "severity": finding.severity,
            "evidence": finding.evidence,
            "remedy": finding.remedy,
        }
        for target in self._notify:
            try:
                notify(target, document)
            except PassgapError as error:
                self._tell(str(error))


def notify(target: str, document: dict[str, object]) -> None:
    """Send a document to an address or a command; a WorkError where that fails."""
    data = json.dumps(document).encode()
    if target.startswith(("http://", "https://")):
        _post(target, data)
    else:
        _run(target, data)


def _post(address: str, data: bytes) -> None:
    try:
        request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=SECONDS):
            return
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        raise WorkError(
            f"--notify {shareable(address)} was not reached ({error}); check the address"
        ) from error


def _run(command: str, data: bytes) -> None:
    try:  # by the shell: the user typed it there
        done = subprocess.run(
            command, shell=True, input=data, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise WorkError(
            f"--notify {command!r} took more than {SECONDS:.0f} seconds and was ended; let it "
            "start its work in the background"
        ) from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["nothing"]
        raise WorkError(
            f"--notify {command!r} ended with code {done.returncode} and said: {said[-1][:200]}"
        )
