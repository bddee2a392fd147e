"""Contest problems: what a program finds at hand, its limits, and when its answer is the expected.

The grader of LiveCodeBench is the measure (`lcb_runner/evaluation/testing_util.py`): its imports,
its recursion limit, numbers on standard output compared as decimals.
"""

import json
import shutil
import sys

import pytest

from passgap.data.problems import Problem
from passgap.problems.tests import assert_tests, check_tests, livecodebench_tests
from passgap.verifiers import get_verifier
from passgap.verifiers.inside.comparing import same_output, same_value
from passgap.verifiers.inside.prelude import OPENED, imported, with_prelude

needs_bwrap = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is missing: apt-get install bubblewrap"
)


@pytest.fixture(scope="module")
def mark():
    verifier = get_verifier("code")

    def outcome(tests, source):
        found = verifier.verify(Problem("q", "r", "code", {"tests": tests}), source)
        return found.status if found.status == "correct" else found.reason

    yield outcome
    verifier.close()


def reading(given, expected):
    case = {"input": given, "output": expected, "testtype": "stdin"}
    return livecodebench_tests(json.dumps([case]), "", None)


def calling(given, expected, name="f"):
    case = {"input": given, "output": expected, "testtype": "functional"}
    return livecodebench_tests(json.dumps([case]), "", name)


AT_HAND = """
sqrt(16) == 4 and math.sqrt(16) == 4 and inf > 1 and gcd(4, 6) == 2
Counter("aab")["a"] == 2 and collections.Counter("a") == Counter("a")
defaultdict(list)[1] == [] and list(deque([1])) == [1] and OrderedDict(a=1)["a"] == 1
type(Counter()) is Counter and isinstance(OrderedDict(), dict)
heapify([2, 1]) is None and heapq.heappop([1]) == 1 and heappop([3]) == 3
bisect_left([1, 2], 2) == 1 and bisect.bisect([1], 1) == 1
list(accumulate([1, 2])) == [1, 3] and itertools.chain and list(permutations([1]))
reduce(add, [1, 2]) == 3 and lru_cache and cache and functools.reduce and cmp_to_key
List[int] and Optional[int] and Dict[str, int] and Tuple[int] and Any
ascii_lowercase[0] == "a" and string.digits[0] == "0"
re.sub("a", "b", "a") == "b" and findall("a", "aa") == ["a", "a"]
copy.copy([1]) == [1] and deepcopy([1]) == [1]
datetime.datetime(2000, 1, 1).year == 2000 and timedelta(1).days == 1
median([1, 2, 3]) == 2 and mean([1, 3]) == 2 and statistics.mode([1, 1]) == 1
random.random() < 1 and randint(1, 1) == 1
json.dumps([1]) == "[1]" and loads("1") == 1
itemgetter(0)([5]) == 5 and operator.mul(2, 3) == 6
sys.maxsize == maxsize and getrecursionlimit() == 50000 and sys.getrecursionlimit() == 50000
StringIO("a").read() == "a" and io.BytesIO(b"a").read() == b"a"
pow(2, 3, 5) == 3 and abs(-1) == 1 and sum([1]) == 1 and open is not io.open or True
pow is __import__("builtins").pow and input is __import__("builtins").input
""".strip().splitlines()


@needs_bwrap
@pytest.mark.parametrize("expression", AT_HAND)
def test_what_livecodebench_imports_is_at_hand_in_its_problems(mark, expression):
    assert mark(reading("", "True"), f"print(bool({expression}))") == "correct"
    solution = f"class Solution:\n    def f(self, n):\n        return bool({expression})"
    assert mark(calling("1", "true"), solution) == "correct"


@needs_bwrap
def test_other_problems_import_what_they_use(mark):
    problem = assert_tests(["assert f(16) == 4"])
    assert mark(problem, "def f(n): return math.sqrt(n)") == "exception"
    assert mark(problem, "import math\ndef f(n): return math.sqrt(n)") == "correct"
    plain = {"kind": "stdio", "cases": [{"input": "16", "output": "4.0"}]}
    assert mark(plain, "print(sqrt(int(input())))") == "exception"


@needs_bwrap
@pytest.mark.parametrize("name", ["search", "count", "sample", "product", "sub", "mean", "index"])
def test_an_imported_function_is_not_the_one_asked_for(mark, name):
    tests = calling("3", "6", name)
    right = f"class Solution:\n    def {name}(self, n):\n        return 2 * n"
    assert mark(tests, right) == "correct"
    assert mark(tests, f"def {name}(n): return 2 * n") == "correct"
    assert (
        mark(tests, "class Solution:\n    def other(self, n):\n        return 2 * n") == "exception"
    )
    both = f"def {name}(n): return 0\n{right}"
    assert mark(tests, both) == "correct"


def test_nothing_imported_hides_a_builtin():
    import builtins

    names = with_prelude()
    assert all(names[name] is value for name, value in vars(builtins).items())
    assert not set(imported()) & set(vars(builtins))
    assert set(OPENED[1:]) < set(names)


@needs_bwrap
@pytest.mark.parametrize(
    "source",
    [
        "from __future__ import annotations\nprint(sqrt(16))",
        "def sqrt(n): return 4.0\nprint(sqrt(16))",
        "from math import *\nprint(sqrt(16))",
        "import math\nprint(math.sqrt(16))",
        "print = print\nprint(sqrt(16))",
        "exec('print(sqrt(16))')",
        "print(eval('sqrt(n)', {'n': 16}))",
        "def f():\n    global sqrt\n    sqrt = lambda n: 4.0\nf()\nprint(sqrt(16))",
        "class A:\n    def go(self): print(sqrt(16))\nA().go()",
        "if __name__ == '__main__':\n    print(sqrt(16))",
    ],
)
def test_imports_at_hand_disturb_no_program(mark, source):
    assert mark(reading("", "4.0"), source) == "correct"


WORDS = "print(*sys.stdin.read().split())"
# programs that write the words they read, then others and what is wrong with them
READING = dict.fromkeys(
    [
        "n, m = int(input()), input().split()\nprint(n, *m)",
        WORDS,
        "input = sys.stdin.readline\nprint(int(input()), *input().split())",
        "input = sys.stdin.buffer.readline\nprint(int(input()), input().decode().strip())",
        "from sys import stdin\nprint(*' '.join(map(str.strip, stdin)).split())",
        "print(*stdin.read().split())",
        "print(*' '.join(sys.stdin.readlines()).split())",
        "print(*open(0).read().split())",
        "print(*open('/dev/stdin').read().split())",
        "print(*os.read(0, 99).decode().split())",
        "import fileinput\nprint(*' '.join(fileinput.input()).split())",
        "print(*io.BytesIO(os.read(0, os.fstat(0).st_size)).read().decode().split())",
        "sys.stdout.write(' '.join(sys.stdin.read().split()))",
        "os.write(1, ' '.join(sys.stdin.read().split()).encode())",
        "sys.stdout.buffer.write(b' '.join(sys.stdin.buffer.read().split()))",
        f"t = threading.Thread(target=lambda: {WORDS})\nt.start()\nt.join()",
        f"threading.Thread(target=lambda: {WORDS}).start()",
        f"threading.Thread(target=lambda: (time.sleep(0.3), {WORDS})).start()",
        f"def main():\n    {WORDS}\n    sys.exit(0)\nmain()",
        f"{WORDS}\nexit()",
        f"{WORDS}\nraise SystemExit(1)",
        f"{WORDS}\nsys.stdout.flush()\nos._exit(0)",
    ],
    "correct",
) | {
    f"print('n?')\n{WORDS}": "",
    "n = input('n? ')\nprint(n, input())": "",
    "input()\ninput()\ninput()": "exception",
    "print(*open('in.txt').read().split())": "exception",
    "print(*sys.stdin.read().split(), file=sys.stderr)": "",
    f"{WORDS}\n1 / 0": "exception",
    f"{WORDS}\nprint('done')": "",
}


@needs_bwrap
@pytest.mark.parametrize("source", READING)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_standard_input_is_read_in_every_way(mark, source, end):
    given = f"2{end}1 3{end}"
    program = f"import io, os, sys, threading, time\n{source}"
    assert mark(reading(given, f"2 1 3{end}"), program) == READING[source]


@needs_bwrap
def test_many_lines_are_read_fast_from_the_bytes_of_standard_input(mark):
    source = "read = sys.stdin.buffer.readline\nprint(sum(int(read()) for _ in range(200000)))"
    assert mark(reading("7\n" * 200_000, "1400000"), source) == "correct"


SAME = [
    ("5", "5.0"),
    ("5.", "5"),
    ("0.5", ".5"),
    ("1e3", "1000"),
    ("-0", "0"),
    ("+3", "3"),
    ("007", "7"),
    ("1 2.0 3", "1.0 2 3"),
    ("1  2", "1 2"),
    ("a \nb", "a\nb\n\n"),
    ("a\r\nb\r\n", "a\nb"),
    ("  a", "a"),
    ("0.3333333333333333", "0.33333333333333330"),
    ("1" + "0" * 5000, "1" + "0" * 5000 + ".0"),
    ("nan", "nan"),
    ("", "\n"),
]
DIFFERENT = [
    ("0.333333333333", "0.3333333333333333"),
    ("1_000", "1000"),
    ("50000000000000001", "50000000000000000"),
    ("1" + "0" * 5000, "1" + "0" * 4999 + "1"),
    ("1,000", "1000"),
    ("٣", "3"),
    ("\uff13", "3"),
    ("1/2", "0.5"),
    ("0x10", "16"),
    ("a  b", "a b"),
    ("a\n\nb", "a\nb"),
    ("A", "a"),
    ("1 2", "1\n2"),
    ("[1,2]", "[1, 2]"),
    ("", "0"),
    ("1", "1 1"),
    ("True", "1"),
    ("snan", "nan"),
]


@pytest.mark.parametrize(("a", "b"), SAME)
def test_the_same_numbers_may_be_written_otherwise(a, b):
    assert same_output(a, b)
    assert same_output(b, a)


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_other_outputs_are_others(a, b):
    assert not same_output(a, b)
    assert not same_output(b, a)


# what a method returns, and the JSON expected of it
RETURNED = [
    ("1 / 3", "0.333333333", True),
    ("1 / 3", "0.33333", True),
    ("1 / 3", "0.3333333333333333", True),
    ("1 / 3", "0.3332", False),
    ("0.3333", "0.333333333", False),
    ("0", "0.1", False),
    ("3", "3.0", True),
    ("3.0", "3", True),
    ("2.9999999999", "3", False),
    ("2.9999999999", "3.0", True),
    ("1e300 * 1e300", "0.5", False),
    ("10 ** 400", "0.5", False),
    ("float('nan')", "0.5", False),
    ("'0.5'", "0.5", False),
    ("True", "true", True),
    ("1", "true", True),
    ("True", "1.0", True),
    ("False", "0.000001", False),
    ("None", "null", True),
    ("[]", "null", False),
    ("0", "null", False),
    ("[1, 2]", "[1, 2]", True),
    ("(1, 2)", "[1, 2]", True),
    ("[(1, 2)]", "[[1, 2]]", True),
    ("((1, 2), [3])", "[[1, 2], [3]]", True),
    ("range(3)", "[0, 1, 2]", True),
    ("range(10 ** 18)", "[0, 1, 2]", False),
    ("deque([1, 2])", "[1, 2]", True),
    ("__import__('numpy').arange(3)", "[0, 1, 2]", True),
    ("__import__('numpy').eye(2)", "[[1, 0], [0, 1]]", True),
    ("__import__('numpy').float64(0.25)", "0.25", True),
    ("__import__('numpy').int64(3)", "3", True),
    ("__import__('numpy').bool_(True)", "true", True),
    ("[1 / 3, 2 / 3]", "[0.333333333, 0.666666667]", True),
    ("[1 / 3, 0.6]", "[0.333333333, 0.666666667]", False),
    ("{'a': 1 / 3}", '{"a": 0.333333333}', True),
    ("{'a': 1, 'b': 2}", '{"a": 1}', False),
    ("{'a': (1,)}", '{"a": [1]}', True),
    ("[2, 1]", "[1, 2]", False),
    ("[1]", "[1, 1]", False),
    ("[1, 1]", "[1]", False),
    ("{1, 2}", "[1, 2]", False),
    ("'ab'", '["a", "b"]', False),
    ("['a', 'b']", '"ab"', False),
    ("'ab'", '"ab"', True),
    ("'a '", '"a"', False),
    ("[[]]", "[]", False),
    ("[]", "[]", True),
    ("10 ** 5000", "1" + "0" * 5000, True),
    ("10 ** 5000 + 1", "1" + "0" * 5000, False),
    ("str(10 ** 5000)", '"1' + "0" * 5000 + '"', True),
    ("[10 ** 5000]", "[1" + "0" * 5000 + "]", True),
    ("Fraction(1, 2)", "0.5", None),
    ("__import__('fractions').Fraction(1, 3)", "0.333333333", True),
    ("__import__('decimal').Decimal('0.5')", "0.5", True),
    ("type('E', (), {'__eq__': lambda s, o: True})()", "0.5", False),
    ("type('E', (list,), {'__eq__': lambda s, o: True})()", "[1]", False),
    ("type('E', (float,), {'__eq__': lambda s, o: True})(7)", "0.5", False),
    ("print", "null", False),
]


@needs_bwrap
@pytest.mark.parametrize(("value", "expected", "same"), RETURNED)
def test_returned_values_are_compared_as_lists_and_numbers(mark, value, expected, same):
    solution = f"class Solution:\n    def f(self, n):\n        return {value}"
    found = mark(calling("1", expected), solution)
    assert found == {True: "correct", False: "", None: "exception"}[same]


def test_a_value_is_compared_no_deeper_than_what_is_expected():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert not same_value(deep, [[1]])


@needs_bwrap
def test_long_integers_are_read_written_and_compared(mark):
    digits = "7" * 6000
    assert mark(reading(digits, digits), "print(int(input()))") == "correct"
    assert mark(reading(digits, digits), "print(int(input()) + 1)") == ""
    assert mark(reading("", digits), f"print({digits})") == "correct"
    tests = assert_tests(["assert str(f(5000)) == '1' + '0' * 5000", f"assert g() == {digits}"])
    source = f"def f(n): return 10 ** n\ndef g(): return {digits}"
    assert mark(tests, source) == "correct"
    assert mark(tests, source.replace("10 **", "11 **")) == ""


SUM_TO = "def f(n): return 0 if n == 0 else n + f(n - 1)\nprint(f(int(input())))"
CACHED = f"@cache\n{SUM_TO}"
RAISED = "import sys\nsys.setrecursionlimit(10 ** 6)\n"
LARGE = "import threading\nthreading.stack_size(1 << 28)\n"


@needs_bwrap
@pytest.mark.parametrize(
    ("depth", "source", "expected"),
    [
        (900, SUM_TO, "correct"),
        (40_000, SUM_TO, "correct"),
        (50_000, SUM_TO, "exception"),
        (50_000, RAISED + SUM_TO, "correct"),
        (300_000, RAISED + SUM_TO, "correct"),
        (20_000, CACHED, "correct"),
        (50_000, RAISED + CACHED, "correct"),
        (150_000, RAISED + CACHED, "correct"),
        (
            50_000,
            f"{RAISED}{LARGE}def main():\n    def f(n): return 0 if n == 0 else n + f(n - 1)\n"
            "    print(f(int(input())))\nt = threading.Thread(target=main)\nt.start()\nt.join()",
            "correct",
        ),
    ],
)
def test_recursion_goes_as_deep_as_livecodebench_and_the_program_say(mark, depth, source, expected):
    assert mark(reading(f"{depth}\n", str(depth * (depth + 1) // 2)), source) == expected


@needs_bwrap
def test_other_problems_have_pythons_own_recursion_limit(mark):
    tests = assert_tests(["assert f(5000) == 5000"])
    source = "def f(n): return 0 if n == 0 else 1 + f(n - 1)"
    assert mark(tests, source) == "exception"
    assert mark(tests, f"import sys\nsys.setrecursionlimit(10000)\n{source}") == "correct"


@needs_bwrap
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = bytearray(1 << 30)", "correct"),
        ("x = bytearray(1 << 30); y = [0] * 10 ** 7", "correct"),
        ("x = [0] * 10 ** 8", "correct"),
        ("import numpy; x = numpy.zeros(10 ** 8)", "correct"),
        ("x = list(range(10 ** 6)); y = set(x)", "correct"),
        ("x = bytearray(3 << 30)", "memory"),
    ],
)
def test_two_gibibytes_are_a_programs_memory(mark, line, expected):
    assert mark(reading("6", "6"), f"{line}\nprint(int(input()))") == expected


UNKNOWN = "def f(x: Unknown) -> Nothing:\n    return x\n"


@needs_bwrap
def test_annotations_are_evaluated_unless_the_program_says_otherwise(mark):
    future = "from __future__ import annotations\n"
    head = "def f(x):\n"
    check = check_tests(head, "def check(f):\n    assert f(1) == 1\n", "f")
    for tests in (assert_tests(["assert f(1) == 1"]), check, calling("1", "1")):
        assert mark(tests, UNKNOWN) == "exception"
        assert mark(tests, future + UNKNOWN) == "correct"
        assert mark(tests, UNKNOWN.replace("Unknown", "'Unknown'").replace("Nothing", "int")) == (
            "correct"
        )
    assert mark(reading("", "1"), f"{UNKNOWN}print(f(1))") == "exception"
    assert mark(reading("", "1"), f"{future}{UNKNOWN}print(f(1))") == "correct"
    assert mark(
        reading("", "<class 'int'>"), "def f(x: int): 0\nprint(f.__annotations__['x'])"
    ) == ("correct")


@needs_bwrap
def test_annotations_in_the_tests_of_a_data_set_are_evaluated_too(mark):
    setup = "class A:\n    x: int = 1\nassert A.__annotations__['x'] is int\n"
    assert mark(assert_tests(["assert f(1) == 1"], setup), "def f(x): return x") == "correct"


def test_this_process_keeps_its_own_limits():
    assert sys.get_int_max_str_digits() == 4300
    assert sys.getrecursionlimit() < 50_000
