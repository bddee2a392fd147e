"""Sending what is new. In: results of a watched run, one after the other. Out: dashboards.

What was sent is kept in ``dashboards.json`` beside the record, with the run in each dashboard: the
same command again goes on in the same run, after the last step that was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from passgap.errors import UsageError
from passgap.results.watching import Watching
from passgap.runs.documents import decoded, write_json
from passgap.runs.names import WATCH
from passgap.runs.writing import own
from passgap.show.dashboards.numbers import Numbers
from passgap.show.dashboards.trackers import TRACKERS, Tracker

FILE = "dashboards.json"
SCHEMA = "passgap.dashboards/1"
BEFORE = -1  # nothing was sent


class Sent(msgspec.Struct):
    """The run in one dashboard, and the last step sent to it."""

    run: str
    step: int


class _Document(msgspec.Struct):
    sent: dict[str, Sent] = {}


class Sender:
    """Sends numbers by step to dashboards, each step once.

    Parameters
    ----------
    asked
        Names of `TRACKERS`, each with ``:RUN`` for a run that is there already.

    Raises
    ------
    UsageError
        For another name, or the same one twice.
    MissingExtraError
        If a library is not installed.
    """

    def __init__(self, asked: Sequence[str]) -> None:
        for one in asked:
            name = one.partition(":")[0]
            if name not in TRACKERS:
                raise UsageError(f"--to {one!r}; allowed: {', '.join(TRACKERS)}, or NAME:RUN")
            if asked.count(one) > 1:
                raise UsageError(f"--to {one} is given twice; allowed: once")
            TRACKERS[name].library()
        self._asked = asked
        self._open: dict[str, Tracker] = {}
        self._sent: dict[str, Sent] = {}

    def send(self, folder: Path | str, numbers: dict[int, Numbers]) -> None:
        """Send the steps that were not sent yet.

        ``folder`` is the watch folder, which keeps what was sent.
        """
        root = Path(folder).resolve()
        if not self._sent:
            self._sent = {one: Sent("", BEFORE) for one in self._asked} | _read(root)
        place = root.parent if root.name == WATCH else root
        for one in self._asked:
            for step in sorted(numbers):
                if step > self._sent[one].step:
                    self._tracker(one, place).log(step, numbers[step])
                    self._sent[one].step = step
        document = {"schema": SCHEMA, **msgspec.to_builtins(_Document(self._sent))}
        write_json(own(root, FILE), document)

    def _tracker(self, one: str, place: Path) -> Tracker:
        if one not in self._open:
            name, _, run = one.partition(":")
            self._open[one] = TRACKERS[name](place, run, self._sent[one].run)
            self._sent[one].run = self._open[one].run
        return self._open[one]

    def close(self) -> None:
        """Let the libraries send what waits."""
        for tracker in self._open.values():
            tracker.close()
        self._open = {}


def settled(result: Watching) -> int:
    """The last step of which nothing more can come: a later one has begun."""
    return result.steps[-1].step - 1


def _read(root: Path) -> dict[str, Sent]:
    path = own(root, FILE)
    if not path.is_file():
        return {}
    return decoded(path.read_bytes(), path, _Document, SCHEMA, "remove it to send all again").sent
