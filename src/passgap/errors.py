"""Every error passgap raises on purpose.

    PassgapError              the base: catch this to catch them all
    |-- UsageError            the caller asked for something impossible (exit code 2)
    |   `-- MissingExtraError a package of an optional extra is not installed
    |-- RunError              a run folder is damaged, locked or differs (exit code 2)
    |-- MismatchError         problems, prompts or settings do not agree (exit code 2)
    `-- WorkError             the request was right and the work failed (exit code 1)

A message names the value, what was allowed and the next step, in one line.
"""

from __future__ import annotations


class PassgapError(Exception):
    """Base of every deliberate passgap error; ``exit_code`` is what the CLI leaves with."""

    exit_code = 2


class UsageError(PassgapError):
    """The request cannot be carried out as given."""


class MissingExtraError(UsageError):
    """A heavy package is needed that the light core does not install."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is not installed; it comes with: pip install 'passgap[{extra}]' "
            f"(in a clone: '.[{extra}]')"
        )


class RunError(PassgapError):
    """A run folder cannot be used as it stands."""


class MismatchError(PassgapError):
    """Two inputs that have to agree do not."""


class WorkError(PassgapError):
    """The work itself failed after a correct request."""

    exit_code = 1


def in_words(error: BaseException, file: str | None = None) -> str:
    """An exception as ``Type: message at file line 7``, in one line.

    ``file`` is the source whose line is named: the last one of it that the exception passed.
    """
    try:
        message = " ".join(str(error).split())[:300]
    except Exception:  # its own __str__ may raise
        message = "(no message)"
    line, step = None, error.__traceback__
    while step is not None:
        if file is not None and step.tb_frame.f_code.co_filename == file:
            line = step.tb_lineno
        step = step.tb_next
    place = "" if line is None else f" at {str(file).rpartition('/')[2]} line {line}"
    return f"{type(error).__name__}{': ' if message else ''}{message}{place}"
