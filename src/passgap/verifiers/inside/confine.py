"""Limits on a program's process that it cannot lift: time, memory, output, system calls."""

from __future__ import annotations

import ctypes
import math
import os
import platform
import resource
import signal
import struct
from functools import lru_cache

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 4, 22, 38
MODE_FILTER = 2
NOT_CONFINED = 9
ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS = 0x00050001, 0x00050026
CLONE_THREAD = 0x00010000
F_SETOWN, F_SETSIG, F_SETOWN_EX = 8, 10, 15
FIOSETOWN, SIOCSPGRP, TIOCSTI = 0x8901, 0x8902, 0x5412
MOST_THREADS = 256
STEP = 7
FIRST_X32 = 0x40000000
# classic BPF: load, jump if equal, if any bit is set, if greater or equal, return
LD, JEQ, JSET, JGE, RET = 0x20, 0x15, 0x45, 0x35, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24
Rule = tuple[int, int, int, int]

# A list of forbidden calls, not of allowed ones: the calls that Python, numpy and libc make change
# with every version, and bubblewrap already blocks files and network. What is left to forbid is
# access to another process: the tester, which knows the tests and writes the verdict, is a process
# of the same user, a fork away. The numbers are x86-64's and aarch64's (-1: none).
CALLS = {
    "clone": (56, 220), "fork": (57, -1), "vfork": (58, -1), "execve": (59, 221),
    "execveat": (322, 281), "clone3": (435, 435), "ptrace": (101, 117), "kill": (62, 129),
    "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "fcntl": (72, 25), "ioctl": (16, 29), "prlimit64": (302, 261),
    "setpriority": (141, 140), "ioprio_set": (251, 30), "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "unshare": (272, 97),
    "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "chroot": (161, 51),
    "pivot_root": (155, 41), "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186),
    "mq_open": (240, 180), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "socket": (41, 198), "socketpair": (53, 199),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
}  # fmt: skip
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def confine(memory: int, seconds: float, output: int) -> None:
    """Limit this process permanently: bytes of memory and of a file, CPU seconds, calls."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    deep = (
        memory // 2
    )  # recursion through C code needs it, and nothing is allocated before it is used
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    stack = deep if most == resource.RLIM_INFINITY else min(deep, most)
    resource.setrlimit(resource.RLIMIT_STACK, (stack, stack))
    whole = math.ceil(seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    _, most = resource.getrlimit(resource.RLIMIT_NPROC)
    threads = MOST_THREADS if most == resource.RLIM_INFINITY else min(most, MOST_THREADS)
    resource.setrlimit(resource.RLIMIT_NPROC, (threads, threads))  # root is exempt
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    forbid()


def hide() -> None:
    """Keep this process and its forks from being traced or inspected by others of the user."""
    LIBC.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def forbid() -> None:
    """A seccomp filter: the calls above give an error, everything else works as before."""
    _, program = compiled_filter()
    if LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or LIBC.prctl(
        PR_SET_SECCOMP, MODE_FILTER, program, 0, 0
    ):
        os._exit(NOT_CONFINED)


@lru_cache(maxsize=1)
def compiled_filter() -> tuple[ctypes.Array[ctypes.c_char], bytes]:
    """The filter as the kernel takes it, and its memory: made once, before any fork."""
    rules = filter_rules(platform.machine())
    code = b"".join(struct.pack("HBBI", *rule) for rule in rules)
    buffer = ctypes.create_string_buffer(code, len(code))
    return buffer, struct.pack("HP", len(rules), ctypes.addressof(buffer))


def filter_rules(machine: str) -> list[Rule]:
    """The filter for a kind of machine; each rule is (code, jump if so, jump if not, value).

    Calls are looked up in steps: the kernel runs the filter for each number when it is set, which
    is once per program.
    """
    column, architecture = ARCHITECTURES[machine]
    # A number means a call only together with its architecture: a 64-bit process may enter the
    # kernel as a 32-bit or an x32 one, where ``fork`` has another number and would get through.
    rules = [(LD, 0, 0, ARCHITECTURE), (JEQ, 1, 0, architecture), (RET, 0, 0, KILL)]
    rules += [(LD, 0, 0, NUMBER)]
    if machine == "x86_64":
        rules += [(JGE, 0, 1, FIRST_X32), (RET, 0, 0, KILL)]
    calls = sorted((n[column], name) for name, n in CALLS.items() if n[column] >= 0)
    for start in range(0, len(calls), STEP):
        some = calls[start : start + STEP]
        tried = [rule for number, name in some for rule in refusal(number, name)]
        rules += [(JGE, len(tried) + 1, 0, some[-1][0] + 1), *tried, (RET, 0, 0, ALLOW)]
    return [*rules, (RET, 0, 0, ALLOW)]


def refusal(number: int, name: str) -> list[Rule]:
    """What a forbidden call gets; any other passes."""
    answer = ANSWERS.get(name, [(RET, 0, 0, EPERM)])
    return [(JEQ, 0, len(answer), number), *answer]


def only_if(argument: int, *jumps: Rule) -> list[Rule]:
    """Refused unless the jumps after loading an argument lead past the refusal."""
    return [(LD, 0, 0, argument), *jumps, (RET, 0, 0, EPERM), (RET, 0, 0, ALLOW)]


def none_of(first: int, second: int, third: int) -> list[Rule]:
    """Refused where the second argument is one of three values."""
    jumps = ((JEQ, 2, 0, first), (JEQ, 1, 0, second), (JEQ, 0, 1, third))
    return only_if(SECOND_ARGUMENT, *jumps)


ANSWERS: dict[str, list[Rule]] = {
    # threads, but no processes
    "clone": only_if(FIRST_ARGUMENT, (JSET, 1, 0, CLONE_THREAD)),
    # as if it did not exist, so that libc uses clone, whose flags a filter can read
    "clone3": [(RET, 0, 0, ENOSYS)],
    # anything but requesting signals to others
    "fcntl": none_of(F_SETOWN, F_SETSIG, F_SETOWN_EX),
    "ioctl": none_of(FIOSETOWN, SIOCSPGRP, TIOCSTI),
    # its own limits only
    "prlimit64": only_if(FIRST_ARGUMENT, (JEQ, 1, 0, 0)),
}
