"""One function in its own process, with limits.

    python -m passgap.verifiers.workers.child MODULE:FUNCTION SECONDS REAL|PROF

In: requests on standard input (see ``pool``). Out: what the function returns for each item, or
``{"lost": reason}`` if it raised, took too long or too much memory. A call that ignores its alarm
is ended by the parent, or by the limit on CPU time if the parent is gone.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType

from passgap.verifiers.workers.pool import Child, Pool, Reply, processors

GRACE_SECONDS = 5.0
MEMORY = 4 << 30
Call = Callable[[object, object], object]


class OutOfTimeError(BaseException):
    """The item's time is over; no ``except Exception`` catches it."""


def function_pool(
    function: str,
    kind: type[Reply],
    *,
    seconds: float,
    with_working_folder: bool = False,
    of_processor: bool = False,
) -> Pool[Reply]:
    """A pool of children that call ``module:function(head, item)``, ``seconds`` at most each.

    ``of_processor`` counts CPU time, so that losses do not depend on the machine's load; four times
    as much wall time is allowed then. ``with_working_folder`` lets them import modules of the
    working folder too.
    """
    python = [sys.executable] if with_working_folder else [sys.executable, "-P"]
    timer = "PROF" if of_processor else "REAL"
    command = [*python, "-m", __name__, function, str(seconds), timer]
    by_the_clock = (4 * seconds if of_processor else seconds) + GRACE_SECONDS
    start = partial(Child, command)
    return Pool(start, kind, workers=processors(), seconds=by_the_clock)


def main(function: str, seconds: float, timer: str) -> None:
    """Answer requests until standard input ends; ``prepare`` of the module is called first."""
    module, _, name = function.partition(":")
    imported = importlib.import_module(module)
    call: Call = getattr(imported, name)
    getattr(imported, "prepare", lambda: None)()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a function prints is not a reply
    which = getattr(signal, f"ITIMER_{timer}")
    signal.signal(signal.SIGPROF if timer == "PROF" else signal.SIGALRM, _over)
    replies.write('"ready"\n')
    for line in sys.stdin.buffer:
        request = json.loads(line)
        for item in request["items"]:
            replies.write(json.dumps(_answer(call, request["head"], item, seconds, which)) + "\n")


def _answer(call: Call, head: object, item: object, seconds: float, timer: int) -> object:
    # Three clocks: the timer raises between two steps of Python; a call that stays in C (a regular
    # expression) never gets there, and the parent kills it; if the parent is gone too, the limit on
    # CPU time ends this process.
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    resource.setrlimit(resource.RLIMIT_CPU, (int(used + seconds + 2 * GRACE_SECONDS) + 1, hard))
    signal.setitimer(timer, seconds)
    try:
        return call(head, item)
    except OutOfTimeError:
        return {"lost": "timeout"}
    except MemoryError:
        return {"lost": "memory"}
    except Exception as error:  # a function may raise anything
        return {"lost": "error", "error": f"{type(error).__name__}: {error}"[:500]}
    finally:
        signal.setitimer(timer, 0)


def _over(number: int, frame: FrameType | None) -> None:
    raise OutOfTimeError


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3])
