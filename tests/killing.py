"""Programs that are killed (-9) at a chosen moment of their work.

In: a folder, and a program: arguments of ``passgap``, or Python code. Out: how it ended, and how
many file events it caused in the folder once it had begun to write there. A program is killed in
such an event, so that a kill always falls within its work and never after its end; what happens
between two events (bytes being written) is met by a delay.

Programs are forked from one process that has imported passgap, so that each starts in no time; the
events are those of Python's audit hooks.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

PACKAGES = ("passgap.cli", "passgap.stages.verifying", "passgap.show.page.gathering")
PASSGAP = "from passgap.cli import main; main()"
EVENTS = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "shutil.rmtree")
WRITES = os.O_WRONLY | os.O_RDWR
LONGEST = 300  # seconds a program may take


@dataclass(frozen=True)
class Ended:
    """``killed``, or ended by itself after so many ``events`` with a ``status``.

    ``said`` is its standard error.
    """

    killed: bool
    status: int
    events: int
    said: str


def run(
    folder: Path,
    *arguments,
    code: str = PASSGAP,
    packages: Sequence[str] = (),
    kill_at: int = 0,
    delay: float = 0,
) -> Ended:
    """Run a program in a folder and kill it at event ``kill_at`` (0: never).

    It is killed ``delay`` seconds after the event, or at the next one if that comes first.
    ``packages`` are imported before it is forked, once for all.
    """
    asked = {
        "packages": list(packages),
        "folder": str(folder),
        "arguments": [str(one) for one in arguments],
        "code": code,
        "kill_at": kill_at,
        "delay": delay,
    }
    process = _starter()
    process.stdin.write(json.dumps(asked) + "\n")
    process.stdin.flush()
    told = json.loads(process.stdout.readline())
    return Ended(told["status"] == -signal.SIGKILL, **told)


@cache
def _starter() -> subprocess.Popen:
    """The process that starts programs; it ends with this one."""
    process = subprocess.Popen(
        [sys.executable, __file__, *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    atexit.register(process.communicate)  # closes its input, at which it ends
    return process


# -- in the process that starts programs


def serve() -> None:
    """Start a program for each line of standard input."""
    import warnings

    sys.path[:] = sys.argv[1:]
    # Python warns of threads: those of polars' allocator, which are made for forks.
    warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*multi-threaded")
    for line in sys.stdin:
        asked = json.loads(line)
        with suppress(ImportError):  # the program says what is missing
            for name in (*PACKAGES, *asked["packages"]):
                __import__(name)
        said, told = os.memfd_create("said"), os.memfd_create("told")
        program = get_context("fork").Process(target=_program, args=(asked, said, told))
        program.start()
        program.join(LONGEST)
        program.terminate()  # no kill of the test's: it fails
        program.join()
        text, events = (os.pread(one, 1 << 20, 0).decode() for one in (said, told))
        os.close(said), os.close(told)
        ended = {"status": program.exitcode, "events": int(events or 0), "said": text}
        print(json.dumps(ended), flush=True)


def _program(asked: dict, said: int, told: int) -> None:
    """The forked process."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0), os.dup2(null, 1), os.dup2(said, 2)
    os.chdir(asked["folder"])
    sys.argv = ["passgap", *asked["arguments"]]
    events = Events(asked["folder"], asked["kill_at"], asked["delay"])
    sys.addaudithook(events.hook)
    try:
        exec(asked["code"], {"__name__": "__main__"})
    finally:
        events.end()
        os.pwrite(told, str(events.count).encode(), 0)


class Events:
    """Counts the file events of this process in a folder, from the first that writes there."""

    def __init__(self, folder: str, kill_at: int, delay: float) -> None:
        self._folder, self._kill_at, self._delay = folder, kill_at, delay
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._over = False
        self.count = 0

    def end(self) -> None:
        """The program is done: it is not killed any more."""
        with self._lock:
            self._over = True

    def hook(self, name: str, values: tuple) -> None:
        if self._over or name not in EVENTS or os.getpid() != self._process:
            return
        path = values[0]
        if not isinstance(path, str | os.PathLike) or not self._is_ours(os.fspath(path)):
            return
        if not self.count and name == "open" and not (values[2] or 0) & WRITES:
            return
        self.count += 1
        if self._kill_at and self.count > self._kill_at:
            self._kill()
        elif self.count == self._kill_at:
            if not self._delay:
                self._kill()
            threading.Thread(target=self._later, daemon=True).start()

    def _is_ours(self, path: str) -> bool:
        return os.path.abspath(path).startswith(self._folder)

    def _later(self) -> None:
        time.sleep(self._delay)
        with self._lock:
            if not self._over:
                self._kill()

    def _kill(self) -> None:
        os.kill(self._process, signal.SIGKILL)


if __name__ == "__main__":
    serve()
