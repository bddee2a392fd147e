"""Hostile programs: none passes, hangs, gets out, or spoils the mark of the honest one after it."""

import base64
import json
import math
import os
import shutil
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passgap.data.problems import Problem
from passgap.problems.tests import assert_tests, check_tests, code_problem
from passgap.verifiers import Item, get_verifier
from passgap.verifiers.inside.confine import ARCHITECTURES, filter_rules
from passgap.verifiers.inside.confine import CALLS as FORBIDDEN
from passgap.verifiers.inside.values import decode, encode
from passgap.verifiers.programs import program
from passgap.verifiers.workers.sandbox import ENVIRONMENT

pytestmark = pytest.mark.slow


needs_bwrap = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap (bwrap) is not installed"
)
HONEST = "def f(x):\n    return [x, 2 * x]\n"
CALLS = code_problem("calls", assert_tests(["assert f(3) == [3, 6]", "assert f(41) == [41, 82]"]))
STDIO = code_problem(
    "stdio", {"kind": "stdio", "cases": [{"input": "20 22\n", "output": "SECRET-42\n"}]}
)
HONEST_STDIO = "a, b = map(int, input().split())\nprint(f'SECRET-{a + b}')\n"
LOOPING = code_problem("loop", assert_tests(["n = 0\nfor i in g(3):\n    n += i\nassert n == 3"]))
BIG = code_problem("big", assert_tests(["assert g('x' * 5_000_000) == 5_000_000"]))
CATCHING = code_problem(
    "catch",
    assert_tests(["try:\n    g(1)\n    ok = False\nexcept Exception:\n    ok = True\nassert ok"]),
)
PRINTING = code_problem("print", assert_tests(["print(g(1), flush=True)", "assert g(2) == 2"]))

# run when the module is loaded, then answered by an f that is wrong
DEEDS = """
import os; os._exit(0)
import os; os._exit(7)
import os; os._exit(9)
import os; os._exit(13)
import sys; sys.exit()
import sys; sys.exit(0)
raise SystemExit(0)
raise KeyboardInterrupt
raise GeneratorExit
raise MemoryError
raise StopIteration
raise AssertionError("correct")
quit()
import os; os.close(3)
import os; os.closerange(0, 64)
import os; os.dup2(1, 3)
import os; os.abort()
import ctypes; ctypes.string_at(0)
import sys; sys.setrecursionlimit(10**9); g = lambda: g(); g()
import os, signal; os.kill(os.getppid(), signal.SIGKILL)
import os, signal; os.kill(os.getppid(), signal.SIGSTOP)
import os, signal; os.kill(1, signal.SIGKILL)
import os, signal; os.kill(-1, signal.SIGKILL)
import os, signal; os.kill(0, signal.SIGKILL)
import os, signal; os.kill(2, signal.SIGSTOP)
import os, signal; os.killpg(os.getpgid(os.getppid()), 9)
import os; os.fork()
import os; os.forkpty()
import os; os.posix_spawn("/bin/sh", ["sh"], {})
import os; os.execv("/bin/true", ["true"])
import os; assert os.system("kill -9 -1") == 0
import subprocess; subprocess.run(["sleep", "60"])
import multiprocessing; multiprocessing.get_context("fork").Process(target=print).start()
import pty; pty.spawn("/bin/sh")
import socket; socket.socket()
import socket; socket.socketpair()
import socket; socket.create_connection(("127.0.0.1", 80), 1)
import urllib.request; urllib.request.urlopen("http://127.0.0.1")
open("/etc/passwd").read()
open("/etc/shadow").read()
open("/proc/1/environ").read()
open("/proc/1/mem", "r+b")
open("/proc/1/maps").read()
open("/proc/1/fd/1", "w").write('["correct", ""]\\n')
open("/proc/2/fd/1", "w").write('["correct", ""]\\n')
import os; open(f"/proc/{os.getppid()}/mem", "rb")
import os; open(f"/proc/{os.getppid()}/fd/0").read()
import os; os.listdir("/proc/1/fd")
import os; os.listdir("/proc/1/root")
import os; os.readlink("/proc/1/cwd")
open("/proc/1/oom_score_adj", "w").write("1000")
open("/proc/self/oom_score_adj", "w").write("1000")
open("/proc/self/autogroup", "w").write("19")
open("/proc/sysrq-trigger", "w").write("b")
open("/proc/sys/kernel/core_pattern", "w").write("|/bin/sh")
open("/code/passgap/verifiers/inside/server.py", "a")
open("/usr/x", "w")
open("/x", "w")
open("/dev/x", "w")
open("/dev/shm/x", "w")
import os; os.listdir("/root/.ssh")
import os; os.listdir("/home")
import os; os.listdir("/work")
import os; os.chroot("/tmp")
import os; os.mknod("/tmp/dev", 0o60600, os.makedev(254, 0))
import os; os.sched_setaffinity(os.getppid(), {0})
import os; os.sched_setscheduler(os.getppid(), os.SCHED_IDLE, os.sched_param(0))
import os; os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)
import os; os.setpriority(os.PRIO_USER, 0, 19)
import os; os.nice(19)
import os; os.setuid(0)
import os; os.setgroups([0])
import resource; resource.setrlimit(resource.RLIMIT_CPU, (10**6, 10**6))
import resource, os; resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (0, 0))
import fcntl, os; fcntl.fcntl(3, fcntl.F_SETOWN, os.getppid())
import fcntl, os, struct; fcntl.ioctl(3, 0x8901, struct.pack("i", os.getppid()))
import fcntl, os, struct; fcntl.ioctl(3, 0x8902, struct.pack("i", os.getppid()))
import fcntl; fcntl.ioctl(3, 0x5412, b"x")
import ctypes as c; assert c.CDLL(None).ptrace(16, 1, 0, 0) == 0
import ctypes as c, os; assert c.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0
import ctypes as c; assert c.CDLL(None).unshare(0x10000000) == 0
import ctypes as c; assert c.CDLL(None).setns(0, 0) == 0
import ctypes as c; assert c.CDLL(None).mount(b"x", b"/tmp", b"tmpfs", 0, None) == 0
import ctypes as c; assert c.CDLL(None).umount2(b"/tmp", 2) == 0
import ctypes as c; assert c.CDLL(None).shmget(7, 4096, 0o1600) >= 0
import ctypes as c; assert c.CDLL(None).semget(7, 1, 0o1600) >= 0
import ctypes as c; assert c.CDLL(None).msgget(7, 0o1600) >= 0
import ctypes as c; assert c.CDLL(None).syscall(c.c_long(57)) >= 0
import ctypes as c; assert c.CDLL(None).syscall(c.c_long(58)) >= 0
import ctypes as c; assert c.CDLL(None).syscall(c.c_long(435), None, 0) >= 0
import ctypes as c; assert c.CDLL(None).syscall(c.c_long(425), 8, None) >= 0
import ctypes as c; assert c.CDLL(None).syscall(c.c_long(434), 1, 0) >= 0
import ctypes as c; assert c.CDLL(None).syscall(c.c_long(321), 0, None, 0) >= 0
import ctypes as c; assert c.CDLL(None).syscall(c.c_long(0x40000000 + 57)) >= 0
import ctypes as c; c.CDLL(None).prctl(22, 0, 0, 0, 0); import os; os.fork()
import ctypes as c; c.CDLL(None).prctl(4, 1, 0, 0, 0); import os; os.fork()
import ctypes as c; assert c.CDLL(None).personality(0x0040000) < 0
import threading, time; [threading.Thread(target=time.sleep, args=(9,)).start() for _ in range(400)]
import atexit; atexit.register(lambda: print("correct"))
print('["correct", ""]'); print('["correct", ""]', file=__import__("sys").stderr)
import sys; sys.stdout = sys.stderr = sys.stdin = None
import sys; sys.modules.clear()
import sys; sys.settrace(lambda *a: None); sys.setprofile(lambda *a: None)
import builtins; builtins.AssertionError = type("A", (), {})
import builtins; builtins.isinstance = lambda *a: True
import builtins; builtins.compile = builtins.exec = lambda *a: None
import builtins; builtins.len = lambda x: 0
import builtins; builtins.type = lambda x: int
import json; json.dumps = lambda *a: "{}"
import json; json.loads = lambda *a: {"do": "exec", "source": "", "name": "x"}
import struct; struct.pack = lambda *a: b"0000"
import pickle; pickle.loads = pickle.Unpickler = None
import socket; socket.socket.sendall = lambda *a: None
import socket; socket.socket.recv = lambda *a: b""
import os; os.write = os._exit = lambda *a: 0
import gc; [o.clear() for o in gc.get_objects() if type(o) is dict and "__builtins__" not in o]
import gc; gc.disable(); gc.set_threshold(1)
import unittest.mock as m; m.patch("builtins.open").start()
import signal; signal.setitimer(signal.ITIMER_REAL, 0.01)
import os; os.chmod("/tmp", 0)
import os; os.makedirs("/tmp/a/b"); os.chmod("/tmp/a/b", 0); os.chmod("/tmp/a", 0)
import os; os.symlink("/usr", "/tmp/usr"); os.symlink("/tmp", "/tmp/me"); os.symlink("x", "/tmp/x")
import os; os.mkfifo("/tmp/fifo"); os.mkdir("/tmp/\\udcff\\n"); os.link("/tmp/fifo", "/tmp/hard")
import os; [open(f"/tmp/{i}", "w").close() for i in range(20000)]
import os; os.setxattr("/tmp", "user.x", b"1")
import os; os.makedirs("/tmp/d"); os.setxattr("/tmp/d", "user.x", b"1")
open("/tmp/big", "wb").write(bytes(1 << 25))
open("/tmp/sparse", "wb").truncate(1 << 40)
""".strip().splitlines()

# bodies of an f(x) that tries to pass by what it returns
VALUES = """
type("E", (), {"__eq__": lambda s, o: True})()
type("E", (list,), {"__eq__": lambda s, o: True})()
type("E", (int,), {"__eq__": lambda s, o: True, "__hash__": lambda s: 0})(7)
type("E", (str,), {"__eq__": lambda s, o: True, "__hash__": lambda s: 0})("7")
type("E", (dict,), {"__eq__": lambda s, o: True})()
type("E", (tuple,), {"__eq__": lambda s, o: True})()
type("E", (set,), {"__eq__": lambda s, o: True})()
type("E", (float,), {"__eq__": lambda s, o: True})()
type("E", (bytes,), {"__eq__": lambda s, o: True})()
type("E", (complex,), {"__eq__": lambda s, o: True})()
type("E", (), {"__class__": list, "__eq__": lambda s, o: True})()
type("E", (), {"__class__": property(lambda s: int), "__eq__": lambda s, o: True})()
type("E", (), {"__module__": "numpy", "tolist": lambda s: s, "__eq__": lambda s, o: True})()
type("E", (list,), {"__iter__": lambda s: iter([3, 6]), "__eq__": lambda s, o: True})()
type("E", (list,), {"__reduce__": lambda s: (eval, ("1",)), "__ne__": lambda s, o: False})()
type("E", (), {"__getattr__": lambda s, n: s, "__call__": lambda s, *a: s})()
type("E", (), {"__del__": lambda s: 1 / 0})()
type("M", (type,), {"__eq__": lambda s, o: True, "__hash__": lambda s: 0})("E", (), {})
[type("E", (int,), {"__eq__": lambda s, o: True})(0)] * 2
[type("E", (), {"__eq__": lambda s, o: True})()] * 2
__import__("unittest.mock").mock.ANY
[__import__("unittest.mock").mock.ANY] * 2
__import__("unittest.mock").mock.MagicMock()
__import__("numpy").array([])
__import__("numpy").array([float("nan")] * 2)
__import__("numpy").array([[3, 6], [3, 6]])
__import__("numpy").ma.masked
__import__("numpy").zeros(10**6)
__import__("decimal").Decimal("NaN")
__import__("decimal").Decimal("sNaN")
__import__("decimal").Decimal("1e999999999")
__import__("fractions").Fraction(1, 3)
float("nan")
float("inf")
-0.0
10**10000
10**400000
"9" * 10**6
"\\ud800"
"\\0" * 1000
b"\\xff" * 1000
bytearray(10)
range(10**12)
range(10**30)
iter([3])
(i for i in range(9))
map(int, "36")
enumerate([3, 6])
reversed([3, 6])
{}.keys()
memoryview(b"36")
print
Ellipsis
NotImplemented
__builtins__
type
lambda: 1
None
True
[[]] * 100000
[3, 6, 9]
[3]
(3, 6)
{3, 6}
{3: 6}
"[3, 6]"
["3", "6"]
["l", [3, 6]]
{"value": ["l", [3, 6]], "changed": []}
['["correct", ""]']
AssertionError()
__import__("sys").modules
__import__("sys")._getframe(1).f_locals
__import__("gc").get_objects()[:3]
open("/proc/self/environ").read()
open("/proc/self/maps").read()
[c for c in object.__subclasses__()]
exec("while 0: pass")
exec("raise Exception")
exec("raise SystemExit")
exec("raise BaseException")
exec("raise type('E', (Exception,), {'__str__': lambda s: 1 / 0})")
exec("raise type('E', (Exception,), {'__str__': lambda s: __import__('os')._exit(0)})")
exec("raise type('AssertionError', (BaseException,), {})")
exec("raise type('StopIteration', (Exception,), {})")
exec("raise type('x' * 10**6, (Exception,), {})('y' * 10**6)")
exec("raise UnicodeDecodeError('a', b'', 1, 2, 'b')")
exec("raise ExceptionGroup('a', [ValueError()])")
__import__("os")._exit(0)
__import__("os").close(3)
__import__("sys").exit()
f(x)
eval("(" * 300 + ")" * 300)
eval("-" * 10**6 + "1")
exec("x = []; x.append(x)") or (lambda a: (a.append(a), a)[1])([])
(lambda d: (d.update(a=d), d)[1])({})
__import__("functools").reduce(lambda a, _: [a], range(10**5), [])
__import__("functools").reduce(lambda a, _: {0: a}, range(900), {})
__import__("sys").modules["passgap.verifiers.inside.tests"].__dict__
__import__("sys").modules["passgap.verifiers.inside.server"].PRIVATE
""".strip().splitlines()

# in the program's own process a harness's module is worth nothing: whatever it says is a value
PATCHES = [
    f"import sys; m = sys.modules['passgap.verifiers.inside.{module}']; m.{name} = {new}"
    for module, name, new in [
        ("program", "send", "lambda *a: None"),
        ("program", "receive", "lambda *a: {'do': 'call', 'name': 'f', 'args': [], 'kwargs': {}}"),
        ("program", "encode", "lambda *a: ['l', [1, 1]]"),
        ("program", "decode", "lambda *a: 1"),
        ("program", "confine", "None"),
        ("program", "FAILED", "0"),
        ("program", "Space._call", "lambda *a: {'value': True, 'changed': []}"),
        ("program", "Space._call", "lambda *a: {'value': True}"),
        ("program", "Space.answer", "lambda *a: 'correct'"),
        ("program", "Space.answer", "lambda *a: ['correct', '']"),
        ("program", "Space.answer", "lambda *a: {'lost': 'correct'}"),
        ("program", "Space.answer", "lambda *a: {'lost': ['correct']}"),
        ("program", "Space.answer", "lambda *a: {'raised': []}"),
        ("program", "Space.answer", "lambda *a: {'raised': ['AssertionError', 'x']}"),
        ("program", "Space.answer", "lambda *a: {'raised': ['SystemExit', 0]}"),
        ("program", "Space.answer", "lambda *a: {'raised': ['__import__', 'os']}"),
        ("program", "Space.answer", "lambda *a: {'raised': [['x'], {'y': 1}]}"),
        ("messages", "send", "lambda *a: None"),
        ("messages", "receive", "lambda *a: None"),
        ("messages", "exactly", "lambda *a: b''"),
        ("tests", "run", "lambda *a: None"),
        ("tests", "same_output", "lambda *a: True"),
        ("tests", "Handle.__eq__", "lambda *a: True"),
        ("server", "verdict", "lambda *a: ['correct', '']"),
        ("server", "wipe", "lambda *a: None"),
        ("zygote", "serve_orders", "None"),
        ("values", "_atom", "lambda v: (True,)"),
        ("confine", "LIBC", "None"),
    ]
]
FORGE = """
import json, os, struct, time
def say(text, length=None):
    data = text if isinstance(text, bytes) else text.encode()
    data = struct.pack(">I", len(data) if length is None else length) + data
    while data:
        data = data[os.write(3, data):]
"""
FORGED = [
    "say('{}'); say('[\"correct\", \"\"]')",
    "say('{}'); say('{\"status\": \"correct\"}')",
    "say('null')",
    "say('true')",
    "say('\"correct\"')",
    "say('x')",
    "say(b'\\xff')",
    "say('')",
    "say('[' * 100000)",
    "say('[' * 900 + ']' * 900)",
    "say('1' * 100000)",
    "say('{}', 0xFFFFFFFF)",
    "say('{}', 64 << 20); os._exit(0)",
    "os.write(3, b'\\0'); os._exit(0)",
    'say(\'{"lost": "correct"}\')',
    "say('{\"lost\": \"' + 'x' * 30000000 + '\"}')",
    'say(\'{"lost": {"a": 1}}\')',
    'say(\'{"lost": "\\\\ud800"}\')',
    "say('{\"raised\": 1}')",
    'say(\'{"raised": ["SystemExit", 0]}\')',
    'say(\'{"raised": ["LostError", "x"]}\')',
    *(
        f"say('{{}}'); say(json.dumps({{'value': {value}, 'changed': {changed}}}))"
        for value, changed in [
            ("['o', 1, 'f']", "[]"),
            ("['o']", "[]"),
            ("['l', 5]", "[]"),
            ("['zz', 5]", "[]"),
            ("[]", "[]"),
            ("{'a': 1}", "[]"),
            ("['F', '0x1', '0x0']", "[]"),
            ("['i', 'zz']", "[]"),
            ("['D', 'x']", "[]"),
            ("['r', 0, 1, 0]", "[]"),
            ("['d', [[['l', []], 1]]]", "[]"),
            ("['s', [['l', []]]]", "[]"),
            ("['n', ['l', [['l', [1]], 2]]]", "[]"),
            ("['c', 'x', 'y']", "[]"),
            ("['b', '\\u1234']", "[]"),
            ("['I', ['x', 1]]", "[]"),
            ("1", "[[0, ['l', [1]]]]"),
            ("1", "[[9, ['l', [1]]]]"),
            ("1", "[[-1, 5]]"),
            ("1", "5"),
            ("1", "[[0]]"),
        ]
    ),
]
SCRIPTS = """
print("SECRET-41")
print("SECRET")
print(open(0).read())
print(*open("/proc/self/fd/0"))
print(*[open(f"/proc/self/fd/{i}", "rb").read() for i in (0, 1)])
import gc; print([o for o in gc.get_objects() if "SECRET" in repr(o)][:9])
import sys; print([v for m in sys.modules.values() for v in vars(m).values() if type(v) is list])
import os; print(os.environ)
import os; os.write(3, b"x"); os.write(1, b"SECRET-41")
import os; os.write(3, b'["correct", ""]')
import os; os.close(3); print("SECRET-41")
import os; os.ftruncate(1, (16 << 20) - 1)
import os; os.ftruncate(1, 16 << 20); os._exit(0)
import os; os.close(1)
import os; os._exit(0)
import os; os._exit(7)
import os; os._exit(9)
import sys; sys.stdout.close()
print("SECRET-41\\nSECRET-42\\nSECRET-43")
print("\\0SECRET-42")
print("SECRET-NaN")
print("x" * 17_000_000)
raise SystemExit("SECRET-42")
raise KeyboardInterrupt
raise MemoryError
import sys; print("SECRET-42", file=sys.stderr)
input(); input(); print("SECRET-42")
import atexit; atexit.register(print, "SECRET-42")
print(open("/proc/1/fd/0").read())
import os; print(open(f"/proc/{os.getppid()}/mem").read())
import __main__; print(vars(__main__))
import sys; print(sys._getframe(1).f_locals, sys._getframe(2).f_locals)
def f(:
""".strip().splitlines()


@pytest.fixture(scope="module")
def sandbox():
    verifier = get_verifier("code?timeout=1&workers=2&memory=1024")
    yield verifier
    verifier.close()


def sandwiched(verifier, problem, honest, attacks):
    """The marks of the attacks, after checking the honest program that follows each."""
    items = []
    for i, attack in enumerate(attacks):
        items += [Item(problem, f"{attack}\n#{i}"), Item(problem, f"{honest}#{i}\n")]
    marks = verifier.verify_all(items)
    spoilt = [attacks[i] for i, mark in enumerate(marks[1::2]) if mark.status != "correct"]
    assert spoilt == []
    return marks[::2]


def passed(attacks, marks):
    assert len(attacks) == len(marks)
    return [
        (attack, mark.status, mark.reason)
        for attack, mark in zip(attacks, marks, strict=True)
        if mark.status != "incorrect"
    ]


@needs_bwrap
def test_no_deed_of_a_program_passes_or_harms_the_next(sandbox):
    attacks = [f"{deed}\ndef f(x):\n    return [x, -1]" for deed in DEEDS]
    assert passed(attacks, sandwiched(sandbox, CALLS, HONEST, attacks)) == []


@needs_bwrap
def test_deeds_inside_a_function_do_not_pass_either(sandbox):
    attacks = [f"def f(x):\n    {deed}" for deed in DEEDS]
    assert passed(attacks, sandwiched(sandbox, CALLS, HONEST, attacks)) == []


ALLOWED = (
    "sys.stdout = sys",  # its own names
    "settrace",
    "builtins.",
    "print(",
    "atexit",
    "pickle",
    "gc.disable",
    "m.patch",
    "setitimer",
    "personality",
    "sys.modules",
    "json",
    "struct.pack = ",
    "socket.socket.",
    "os.write = ",
    "os.chmod",
    "os.makedirs",
    "os.symlink",
    "os.mkfifo",
    "range(20000)",
    "setxattr",
    "gc.get_objects",
    "sys.exit",
    "SystemExit",
    "os.dup2",
    "KeyboardInterrupt",
    'listdir("/proc/1/fd")',  # numbers only, and to root only
)


@needs_bwrap
def test_what_the_sandbox_forbids_fails_where_it_is_tried(sandbox):
    """A program that would pass, had its deed been done: so every one of these was refused."""
    forbidden = [deed for deed in DEEDS if not any(word in deed for word in ALLOWED)]
    if os.getuid() == 0:  # root's threads are not counted
        forbidden = [deed for deed in forbidden if "threading" not in deed]
    assert len(forbidden) > 85
    attacks = [f"{deed}\n{HONEST}" for deed in forbidden]
    assert passed(attacks, sandwiched(sandbox, CALLS, HONEST, attacks)) == []


@needs_bwrap
def test_no_returned_value_passes_for_another(sandbox):
    attacks = [f"def f(x):\n    return {value}" for value in VALUES]
    assert passed(attacks, sandwiched(sandbox, CALLS, HONEST, attacks)) == []


@needs_bwrap
def test_harness_code_in_the_programs_process_is_worth_nothing(sandbox):
    attacks = [f"{patch}\ndef f(x):\n    return 0" for patch in PATCHES]
    assert passed(attacks, sandwiched(sandbox, CALLS, HONEST, attacks)) == []


@needs_bwrap
def test_forged_messages_are_wrong_values_at_most(sandbox):
    attacks = [f"{FORGE}{forged}\ndef f(x):\n    return 0" for forged in FORGED]
    marks = sandwiched(sandbox, CALLS, HONEST, attacks)
    assert passed(attacks, marks) == []
    known = {"", "crash", "exception", "exited", "timeout", "memory", "killed", "syntax"}
    assert {mark.reason for mark in marks} <= known


@needs_bwrap
def test_no_script_finds_the_output_expected(sandbox):
    assert passed(SCRIPTS, sandwiched(sandbox, STDIO, HONEST_STDIO, SCRIPTS)) == []


SLOW = {
    "while True: pass": "timeout",
    "import time; time.sleep(100)": "timeout",
    "import signal; signal.signal(signal.SIGXCPU, lambda *a: 0)\nwhile True: pass": "timeout",
    "import signal; signal.pthread_sigmask(0, range(1, 65))\nwhile True: pass": "timeout",
    "import re; re.match('(a+)+$', 'a' * 64 + 'b')": "timeout",
    "9 ** 9 ** 9": "timeout",
    "x = []\nwhile True: x.append(bytearray(1 << 24))": "memory",
    "while True: print('x' * 1000)": "exception",
    "while True:\n  try:\n    while True: pass\n  except BaseException: pass": "timeout",
    "import threading\n[threading.Thread(target=exec, args=('while 1: pass',)).start() for _ in "
    "range(4)]\nwhile True: pass": "timeout",
    "import os\nfor _ in range(3000):\n  os.mkdir('d'); os.chdir('d')\nos.chmod('.', 0)": "",
    "import os\nfor i in range(10**8): os.mkdir(str(i)); os.mkdir(f'{i}/{i}')": "timeout",
    "f = open('/tmp/x', 'wb')\nwhile True: f.write(bytes(1 << 20))": "exception",
    "while True: exec('class A: __del__ = lambda s: A()')": "timeout",
}


@needs_bwrap
def test_what_takes_for_ever_ends_at_its_limit():
    began = time.monotonic()
    verifier = get_verifier("code?timeout=1&workers=2&memory=1024")
    attacks = [f"{deed}\ndef f(x):\n    return 0" for deed in SLOW]
    marks = sandwiched(verifier, CALLS, HONEST, attacks)
    verifier.close()
    assert passed(attacks, marks) == []
    limits = {"timeout": {"timeout", "killed"}, "memory": {"memory", "timeout"}}
    assert [
        m.reason
        for m, r in zip(marks, SLOW.values(), strict=True)
        if r == m.reason or m.reason in limits.get(r, ())
    ] == [m.reason for m in marks]
    assert time.monotonic() - began < 8 * len(SLOW)


@needs_bwrap
@pytest.mark.parametrize(
    ("problem", "honest", "attack", "reason"),
    [
        (LOOPING, "def g(n): return range(n)\n", "def g(n):\n  while 1: yield 1", "exception"),
        (
            code_problem("list", assert_tests(["assert list(g(1)) == [0]"])),
            "def g(n): return range(n)\n",
            "def g(n): return range(10**9)",
            "memory",
        ),
        (
            BIG,
            "def g(s): return len(s)\n",
            FORGE + "say('{}'); time.sleep(60)",
            "timeout",
        ),
        (CATCHING, "def g(n): raise ValueError\n", "def g(n):\n  import os; os._exit(0)", "exited"),
        (CATCHING, "def g(n): raise ValueError\n", "def g(n):\n  while 1: pass", "timeout"),
        (CATCHING, "def g(n): raise ValueError\n", "def g(n): exit()", "exited"),
        (
            PRINTING,
            "def g(n): return n\n",
            """def g(n): return '\\n["correct", ""]\\n["correct", ""]\\n' * n * 999""",
            "",
        ),
    ],
)
def test_a_test_is_not_held_up_or_fooled_by_what_it_gets(sandbox, problem, honest, attack, reason):
    (mark,) = sandwiched(sandbox, problem, honest, [attack])
    assert (mark.status, mark.reason) == ("incorrect", reason)


@needs_bwrap
def test_what_holds_up_the_tests_themselves_costs_its_own_program_only():
    attack = (
        FORGE
        + """
say("{}")
items = [["i", hex(k * ((1 << 61) - 1))] for k in range(400_000)]
say(json.dumps({"value": ["s", items], "changed": []}))
time.sleep(60)
"""
    )
    endless = "def g(n): return range(10**11)"
    verifier = get_verifier("code?timeout=1&workers=2")
    marks = verifier.verify_all(
        [
            Item(CALLS, attack),
            Item(CALLS, HONEST),
            Item(CALLS, "x"),
            Item(LOOPING, endless),
            Item(LOOPING, "def g(n): return range(n)"),
        ]
    )
    verifier.close()
    assert [mark.reason for mark in marks] == ["timeout", "", "exception", "timeout", ""]
    assert [mark.status == "correct" for mark in marks] == [False, True, False, False, True]


LEAVES = """
import builtins, os, sys, random, json, math, threading, ctypes
builtins.leak = sys.leak = json.leak = math.leak = random.leak = 1
random.seed(7)
sys.modules["leak"] = sys
os.environ["LEAK"] = "1"
sys.path.append("/tmp")
for path in ("/tmp/leak.py", "/tmp/.hidden", "/tmp/a", "/tmp/numpy.py"):
    open(path, "w").write("leak")
os.makedirs("/tmp/d/e/f")
os.symlink("/tmp/d", "/tmp/link")
threading.Thread(target=lambda: [0 for _ in iter(int, 1)], daemon=True).start()
os.umask(0o777)
os.chdir("/tmp/d")
try:
    os.setxattr("/tmp", "user.leak", b"1")
    os.setxattr("/tmp", "system.posix_acl_default", bytes.fromhex(
        "0200000001000000ffffffff04000000ffffffff20000000ffffffff"))
except OSError:
    pass
def f(x):
    return 0
"""
FINDS = """
import builtins, os, sys, random, json, math, threading
found = [m.__name__ for m in (builtins, sys, json, math, random) if hasattr(m, "leak")]
found += os.listdir("/tmp") + os.listxattr("/tmp") + os.listdir("/dev/shm")
found += [p for p in ("leak",) if p in sys.modules] + [k for k in os.environ if "LEAK" in k]
found += [p for p in sys.path if p == "/tmp"]
found += [open("/proc/sysvipc/" + k).readlines()[1:] for k in ("shm", "sem", "msg")
          if open("/proc/sysvipc/" + k).readlines()[1:]]
open("/tmp/own", "w").write("1"); found += [] if open("/tmp/own").read() == "1" else ["acl"]
processes = [p for p in os.listdir("/proc") if p.isdigit()
             and open(f"/proc/{p}/stat").read().rpartition(")")[2].split()[0] != "Z"]
found += processes[4:]
found += [t for t in os.listdir("/proc/self/task")][1:]
if os.getcwd() != "/tmp" or os.getpriority(os.PRIO_PROCESS, 0):
    found.append("folder or priority")
def f(x):
    assert not found, found
    return [x, 2 * x]
"""


@needs_bwrap
def test_nothing_is_left_for_the_next_program():
    verifier = get_verifier("code?timeout=1&workers=1")
    items = [Item(CALLS, text + f"#{i}") for i in range(4) for text in (LEAVES, FINDS)]
    marks = verifier.verify_all(items)
    verifier.close()
    assert [mark.status for mark in marks] == ["incorrect", "correct"] * 4


@needs_bwrap
def test_nothing_of_this_machine_is_seen(sandbox, monkeypatch):
    monkeypatch.setenv("PASSGAP_SECRET", "secret-of-the-host")
    verifier = get_verifier("code?timeout=2&workers=1")
    (mark,) = verifier.verify_all(
        [
            Item(
                CALLS,
                textwrap.dedent("""
        import os
        def read(path):
            try:
                return open(path, "rb").read()
            except OSError:
                return b""
        seen = [f"/proc/{p}/{n}" for p in os.listdir("/proc") if p.isdigit() for n in
                ("environ", "fd/0", "fd/1", "fd/2", "mem", "maps") if p != str(os.getpid())
                and read(f"/proc/{p}/{n}")]
        seen += [p for p in ("/etc", "/home", "/var", "/work", "/sys", "/run") if os.path.exists(p)]
        seen += sorted(set(os.listdir("/packages")) - {"numpy", "numpy.libs"})
        seen += [k for k in os.environ if k.startswith("PASSGAP")]
        def f(x):
            assert not seen, seen
            return [x, 2 * x]
    """),
            )
        ]
    )
    verifier.close()
    assert mark.status == "correct"


@needs_bwrap
def test_a_killed_sandbox_leaves_no_process(monkeypatch):
    monkeypatch.setattr("passgap.verifiers.code.CASES_SECONDS", 2.0)
    monkeypatch.setattr("passgap.verifiers.code.RERUNS", 0)
    monkeypatch.setitem(ENVIRONMENT, "LEFT_BEHIND", "1")
    verifier = get_verifier("code?timeout=30&workers=1")
    mark = verifier.verify(CALLS, "while True: pass  # left-behind")
    assert (mark.status, mark.reason) == ("unscored", "timeout")
    verifier.close()
    until = time.monotonic() + 20
    while running("LEFT_BEHIND=1") and time.monotonic() < until:
        time.sleep(0.1)
    assert running("LEFT_BEHIND=1") == []


def running(variable):
    """The processes of this machine that have this in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if variable.encode() in path.read_bytes():
                found.append(path)
    return found


def test_programs_are_found_in_linear_time_in_any_text():
    n = 200_000
    texts = [
        "```" + " " * n + "!",
        ("```" + " " * 99) * (n // 99),
        "`" * n,
        " " * n + "```",
        "```\n" * (n // 4),
        ("\n" + " " * 50 + "``") * (n // 50),
        "```py" + "p" * n + "!",
        "def" + " " * n,
        ("def" + "\n" * 100) * (n // 100),
        "async " * (n // 6),
        "\x00" * n,
        "\\boxed{" * (n // 7),
        "~~~\n" * (n // 4),
        "````markdown\n" * (n // 13),
        "".join("`" * i + "md\n" for i in range(3, 600)),
        "x```\n" * (n // 5),
        "```py\nx = 1\n```\n" * (n // 16),
        "```py\ndef f(x): pass\n" * (n // 21),
        "x = 1\n```\n" * (n // 10),
        "> ```\n> x\n" * (n // 10),
        "x y\nx = 1\n" * (n // 10),
        "(" * n,
        "(\n" * (n // 2) + "x y\n" * (n // 4),
        '"' * n,
        "'\n" * (n // 2) + "x y",
        '"""\n```\n' * (n // 8),
        "x y " * (n // 4),
        "x" + " " * n + "y",
        "x = " * (n // 4),
        "a: b" * (n // 4),
        "[BEGIN]" * (n // 7) + "[DONE]",
        "[DONE]\n" * (n // 7),
        "<answer>\n" * (n // 9) + "</answer>",
        " " * n + "[DONE]",
        ("\n" + " " * 50 + "<answer>") * (n // 58),
        "<|im_end|>" * (n // 10),
        "User" * (n // 4),
        "## " * (n // 3),
        "    def f(x): pass\n" * (n // 19),
        "\r" * n,
        "class Solution:\n" + "    def f(self): pass\n" * (n // 23),
    ]
    asked = [
        code_problem("q", check_tests("def f(x):\n", "def check(c): pass", "f")),
        code_problem("q", assert_tests(["assert f(g(1)) == h(2)"])),
        code_problem("q", {"kind": "stdio", "cases": []}),
    ]
    for text in texts:
        began = time.monotonic()
        for problem in asked:
            program(problem, text)
        assert time.monotonic() - began < 5, text[:40]


def test_the_filter_is_well_formed_on_both_machines():
    """Every jump of the filter lands inside it."""
    for machine in ARCHITECTURES:
        rules = filter_rules(machine)
        for i, (code, yes, no, _) in enumerate(rules):
            if code & 7 == 5:
                assert max(yes, no) + i + 1 < len(rules)
        assert rules[-1][0] == 6


def answered(rules, architecture, number, first=0, second=0):
    """What the kernel answers: the filter run by hand."""
    words = {0: number, 4: architecture, 16: first, 24: second}
    at = value = 0
    while True:
        code, yes, no, k = rules[at]
        at += 1
        if code == 0x06:
            return k
        if code == 0x20:
            value = words[k]
        else:
            so = {0x15: value == k, 0x45: value & k != 0, 0x35: value >= k}[code]
            at += yes if so else no


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_the_filter_answers_every_call_as_listed(machine):
    rules = filter_rules(machine)
    column, architecture = ARCHITECTURES[machine]
    listed = {n[column]: name for name, n in FORBIDDEN.items() if n[column] >= 0}
    allow, refuse = 0x7FFF0000, 0x00050001
    by_argument = {
        "clone": [((0,), refuse), ((0x11,), refuse), ((0x10000,), allow), ((0x3D0F00,), allow)],
        "clone3": [((0,), 0x00050026)],
        "fcntl": [((3, n), refuse if n in (8, 10, 15) else allow) for n in range(20)],
        "ioctl": [((3, n), refuse) for n in (0x8901, 0x8902, 0x5412)] + [((3, 0x5401), allow)],
        "prlimit64": [((0,), allow), ((1,), refuse), ((7,), refuse)],
    }
    for number in range(1024):
        name = listed.get(number)
        for args, answer in by_argument.get(name, [((), refuse if name else allow)]):
            assert answered(rules, architecture, number, *args) == answer, (name, number, args)
    assert answered(rules, architecture ^ 1, 0) == 0x80000000
    if machine == "x86_64":
        assert answered(rules, architecture, 0x40000000 + 57) == 0x80000000


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(1 << 80), 1 << 80)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
    | st.fractions()
    | st.decimals(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers() | st.tuples(st.integers()), inner, max_size=4)
        | st.sets(st.integers() | st.text(), max_size=4)
        | st.frozensets(st.binary(), max_size=4)
    ),
    max_leaves=20,
)


def same(a, b):
    """Equal in value and in type, all the way down; zeros with their sign."""
    if type(a) is not type(b) or a != b:
        return False
    if isinstance(a, list | tuple):
        return all(map(same, a, b))
    if isinstance(a, dict):
        return all(same(*pair) for pair in zip(a.items(), b.items(), strict=True))
    return not isinstance(a, float) or math.copysign(1, a) == math.copysign(1, b)


def refuse(*_):
    raise AssertionError("plain data were kept")


@settings(max_examples=300, deadline=None)
@given(PLAIN)
def test_plain_data_pass_between_test_and_program_unchanged(value):
    coded = json.loads(json.dumps(encode(value, refuse)))
    assert same(decode(coded, refuse), value)


@needs_bwrap
def test_hostile_packed_tests_are_unscored_not_run(sandbox):
    evil = base64.b64encode(b"\x78\x9c" + b"x" * 50).decode()
    tests = {"kind": "livecodebench", "public": "", "private": evil, "entry_point": None}
    marks = sandbox.verify_all(
        [Item(Problem("p", "r", "code", {"tests": tests}), "x"), Item(CALLS, HONEST)]
    )
    assert [mark.status for mark in marks] == ["unscored", "correct"]
