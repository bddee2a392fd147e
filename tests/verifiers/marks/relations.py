"""Relations and intervals, assignments by name, sets, lists, tuples, plus-minus, times, ratios."""

from collections.abc import Iterator
from fractions import Fraction
from random import Random

from .cases import BOXES, WORDS, Case, Row, tabled

BOUNDS = ("-5", "-2", "-1", "0", r"\frac{1}{2}", "1", r"\sqrt{2}", "3", "4", "7")


def cases() -> Iterator[Case]:
    yield from tabled("intervals", bounded(Random("bounded")))
    yield from tabled("intervals", half_lines(Random("half lines")))
    yield from tabled("intervals", INTERVALS)
    yield from tabled("relations", RELATIONS)
    yield from tabled("assignments", named(Random("named")))
    yield from tabled("assignments", ASSIGNMENTS)
    yield from tabled("lists", lists(Random("lists")))
    yield from tabled("lists", LISTS)
    yield from tabled("lists", LISTS_IN_WORDS, WORDS)
    yield from tabled("tuples", tuples(Random("tuples")))
    yield from tabled("plus-minus", PLUS_MINUS)
    yield from tabled("times-and-ratios", TIMES, BOXES)
    yield from tabled("times-and-ratios", TIMES_IN_WORDS, WORDS)
    yield from tabled("times-and-ratios", ratios(Random("ratios")))


def interval(low: str, high: str, closed: tuple[bool, bool], join: str = ", ") -> str:
    return ("[" if closed[0] else "(") + low + join + high + ("]" if closed[1] else ")")


def sized(text: str) -> str:
    return rf"\left{text[:-1]}\right{text[-1]}"


def chain(low: str, high: str, closed: tuple[bool, bool], sign: str = r"\le") -> str:
    left, right = (sign if edge else "<" for edge in closed)
    return f"{low} {left} x {right} {high}"


def bounded(rng: Random) -> Iterator[Row]:
    """``(-1, 2]`` and ``-1 < x \\le 2``, each as the reference of the other."""
    for turn in range(14):
        at = rng.randint(0, 6)
        low, high, beyond = BOUNDS[at], BOUNDS[at + 2], BOUNDS[at + 3]
        closed = (turn % 2 == 0, turn % 4 < 2)
        other = (not closed[0], closed[1]) if turn % 3 else (closed[0], not closed[1])
        ways = [interval(low, high, closed), chain(low, high, closed)]
        gold = ways[turn % 2]
        more = [rf"x \in {ways[0]}", sized(ways[0]), interval(low, high, closed, ",")]
        more += [chain(low, high, closed, r"\leq"), chain(low, high, closed, r"\leqslant")]
        rights = (ways[1 - turn % 2], *rng.sample(more, 2))
        wrongs = [interval(low, high, other), chain(low, high, other), chain(low, beyond, closed)]
        wrongs += [interval(low, beyond, closed), f"x < {high}", high]
        yield gold, rights, tuple(rng.sample(wrongs, 3))


def half_lines(rng: Random) -> Iterator[Row]:
    signs = {">": ("<", r"\ge"), r"\ge": (r"\le", ">"), "<": (">", r"\le"), r"\le": (r"\ge", "<")}
    for turn in range(12):
        sign, bound = list(signs)[turn % 4], rng.choice(BOUNDS)
        mirror, near = signs[sign]
        closed = sign.startswith("\\")
        if sign in (">", r"\ge"):
            text = interval(bound, r"\infty", (closed, False))
        else:
            text = interval(r"-\infty", bound, (False, closed))
        ways = [f"x {sign} {bound}", text]
        rights = [ways[1 - turn % 2], f"{bound} {mirror} x", rf"x \in {text}"]
        rights += [text.replace(r"\infty)", r"+\infty)"), f"x{sign}{bound}"]
        wrongs = [
            f"x {near} {bound}",
            f"x {mirror} {bound}",
            bound,
            f"{bound} {sign} x",
            rf"x \ne {bound}",
        ]
        yield ways[turn % 2], tuple(rng.sample(rights, 3)), tuple(rng.sample(wrongs, 3))


INTERVALS: tuple[Row, ...] = (
    (r"(-\infty, 1) \cup (2, \infty)",
     (r"(2,\infty)\cup(-\infty,1)", r"x<1 \text{ or } x>2", r"(-\infty,1)∪(2,∞)",
      r"x \in (-\infty,1)\cup(2,\infty)",
      r"\left(-\infty,1\right)\cup\left(2,+\infty\right)"),
     (r"(-\infty,1]\cup[2,\infty)", r"(1,2)", r"(-\infty,2)\cup(1,\infty)", r"x>2", r"1<x<2",
      r"(-\infty,1)")),
    (r"[0,1)\cup(1,2]", (r"(1,2]\cup[0,1)", r"[0,1) \cup (1,2]", r"x\in[0,1)\cup(1,2]"),
     (r"[0,2]", r"[0,1]\cup[1,2]", r"(0,1)\cup(1,2)", r"[0,1)")),
    (r"x \le -3 \text{ or } x \ge 3", (r"(-\infty,-3]\cup[3,\infty)",
     r"x\ge 3 \text{ or } x\le -3"),
     (r"x \ge 3", r"-3\le x\le 3", r"(-\infty,-3)\cup(3,\infty)", r"[-3,3]")),
    (r"\mathbb{R}", (r"(-\infty,\infty)", r"\mathbb R", r"(-\infty, +\infty)", "ℝ",
     r"x\in\mathbb{R}"),
     (r"[0,\infty)", r"\mathbb{Q}", r"\mathbb{Z}", r"(-\infty,0)", r"\emptyset")),
    (r"\emptyset", (r"\varnothing", "∅", r"\{\}"), (r"\{0\}", "0", r"\mathbb{R}", r"\infty")),
    (r"\mathbb{R}\setminus\{2\}", (r"(-\infty,2)\cup(2,\infty)", r"\mathbb{R} \setminus \{2\}"),
     (r"\mathbb{R}", r"\{2\}", r"(2,\infty)", r"\mathbb{R}\setminus\{-2\}")),
    (r"(0, \infty)", ("x > 0", r"(0,+\infty)", "(0,∞)"), (r"[0,\infty)", r"x\ge0", r"(-\infty,0)",
     r"\infty")),
)  # fmt: skip
RELATIONS: tuple[Row, ...] = (
    ("2", ("x=2", "2"), ("> 2", r"\ge 2", r"\le 2", "x>2", r"x\ne2", "x<2", r"x \geq 2", r"\gt 2")),
    ("x > 5", ("5 < x", "x>5", r"x \gt 5"), ("5", "x<5", "x>6", r"x\ge 5", "x=5")),
    (r"m \ge \sqrt{2}", (r"m\geq\sqrt2", r"\sqrt{2}\le m", "m ≥ √2", r"m \geqslant \sqrt{2}"),
     (r"m>\sqrt2", r"m\le\sqrt{2}", r"\sqrt{2}", r"m \ge 2")),
    (r"x \ne 3", (r"x\neq 3", r"x \not= 3", "x ≠ 3"), ("x=3", "3", r"x\ne -3", "x>3")),
    (r"k \le \frac{9}{4}", (r"k\leq 2.25", r"\frac94\ge k", r"k \le 9/4"),
     (r"k<\frac94", r"k\ge\frac94", r"\frac94", r"k\le\frac49")),
    ("a<b<c", ("a < b < c", "c>b>a"), ("a<c<b", "c<b<a", r"a\le b\le c")),
)  # fmt: skip


def named(rng: Random) -> Iterator[Row]:
    """Values go by name, not by place."""
    for turn in range(12):
        x, y = ("x", "y") if turn % 3 else ("a", "b")
        first, second = rng.sample([-4, -3, -1, 0, 2, 3, 5, 8, 9], 2)
        gold = (
            f"({first},{second})",
            f"{x}={first}, {y}={second}",
            f"({x},{y})=({first},{second})",
        )[turn % 3]
        rights = [
            f"({x}, {y}) = ({first}, {second})",
            f"{x} = {first}, {y} = {second}",
            f"({first}, {second})",
        ]
        rights += [f"{y}={second}, {x}={first}", rf"{x}={first} \text{{ and }} {y}={second}"]
        if turn % 3 == 1:
            rights.pop(2)
        wrongs = [
            f"{x}={second}, {y}={first}",
            f"({x},{y})=({second},{first})",
            f"{y}={first}, {x}={second}",
        ]
        wrongs += [f"{x}={first}", f"({second},{first})", f"({x},{y})=({first},{second + 1})"]
        yield gold, tuple(rng.sample(rights, 3)), tuple(rng.sample(wrongs, 3))


ASSIGNMENTS: tuple[Row, ...] = (
    ("5", ("x=5", "f(2)=5", "n = 5", r"\lambda=5", "a_3 = 5", r"S_{10} = 5", "AB=5", r"|AB| = 5",
     "x_1=5",
           r"\text{Area} = 5", r"f(2) = 2+3 = 5", r"P(2) = 5", r"\overline{AB} = 5", r"\Delta = 5"),
     ("x=-5", "f(5)=2", "n=6", r"\lambda=15", "a_5=3", r"S_{5}=10", "AB=25", "|AB|=4", "x_5=1",
      "5=6",
      r"\text{Area}=50", r"f(2)=5+3=8", r"P(5)=3", r"\Delta=0.5")),
    (r"\frac{1}{3}", (r"P(A)=\frac13", r"\tan\theta=\frac{1}{3}", r"p=\frac{2}{6}"),
     (r"P(A)=\frac23", r"\tan\theta = 3", r"p=\frac{1}{6}")),
    ("60", (r"\angle ABC = 60^\circ", r"\theta=60", r"\alpha = 60^{\circ}"),
     (r"\angle ABC=30^\circ", r"\theta=6")),
    ("2", ("x=2",), ("f(2)=5", "x_2=7", "a_2", "2x=1", "y=2x")),
    ("x^2+1", ("f(x)=x^2+1", "f(x)=1+x^2", "P(x) = x^2+1"), ("f(x)=x^2", "f(x)=x^2-1", "f(1)=2",
     "P(x)=2x+1")),
    ("a=1,b=2,c=3", ("a=1, b=2, c=3", "c=3, a=1, b=2", "(a,b,c)=(1,2,3)"),
     ("a=1, b=3, c=2", "c=1, b=2, a=3", "a=1,b=2", "(a,b,c)=(3,2,1)", "(c,b,a)=(1,2,3)")),
    (r"(p,q)=\left(\frac12,-3\right)", (r"p=\frac12, q=-3", r"q=-3, p=0.5", r"(p,q)=(1/2,-3)"),
     (r"p=-3, q=\frac12", r"(q,p)=(\frac12,-3)", r"p=\frac12, q=3")),
)  # fmt: skip


def lists(rng: Random) -> Iterator[Row]:
    """Any order, any of the usual words; not fewer, more or other values, and not glued digits."""
    for turn in range(14):
        values = rng.sample([2, 5, 7, 10, 12, 19, 46, 82, 100, -1, -3, -6], rng.choice((2, 2, 3)))
        words = [str(v) for v in values]
        gold = ", ".join(words) if turn % 2 else rf"\{{{', '.join(words)}\}}"
        back = words[::-1]
        rights = [
            ", ".join(back),
            rf"{', '.join(back[:-1])} \text{{ and }} {back[-1]}",
            rf"\{{{','.join(back)}\}}",
        ]
        rights += [rf"\left\{{{', '.join(words)}\right\}}", r"\text{, }".join(words)]
        changed = [str(values[0] + 1), *words[1:]]
        wrongs = [", ".join(words[:-1]), ", ".join([*words, "33"]), ", ".join(changed), words[-1]]
        wrongs += [
            rf"\{{{', '.join(changed)}\}}",
            rf"{changed[0]} \text{{ and }} {words[1]}",
            "".join(words),
        ]
        yield gold, tuple(rng.sample(rights, 3)), tuple(rng.sample(wrongs, 3))


LISTS: tuple[Row, ...] = (
    ("10, 100", ("10,\\ 100", "100, 10", r"\{10, 100\}", r"10 \text{ and } 100"), ("10100",
     r"10{,}100", "100", "10, 101")),
    ("10100", ("10100", "10,100", r"10\,100"), ("10, 100", r"10\text{ and }100", r"\{10,100\}",
     "10")),
    ("3, 4", ("3,4", "4, 3", r"3 \text{ and } 4", r"3\text{ or }4"), ("34", "43", "3.4", "7", "4",
     "12")),
    ("1,2,3", (r"1, 2, \text{ and } 3", r"\{1,2,3\}", "3,2,1"), ("123", "1,2", "1, 23", "6")),
    (r"-2 \text{ or } 3", (r"3\text{ or }-2", "x=-2, 3", r"x = 3, x = -2", r"x\in\{-2,3\}",
     r"x=-2\text{ or }x=3"),
     ("3", "-2", r"2 \text{ or } -3", r"x=-2,-3", r"x\in\{2,3\}")),
    (r"\frac{1}{2}, -\frac{1}{2}", (r"-\frac12, \frac12", "0.5, -0.5", r"\{\pm\frac{1}{2}\}",
     r"\frac12\text{ and }-\frac12"),
     (r"\frac12", r"2,-2", r"\frac12, -\frac14", "0")),
    (r"1+\sqrt{2}, 1-\sqrt{2}", (r"1-\sqrt2, 1+\sqrt2", r"\{1+\sqrt{2},1-\sqrt{2}\}"),
     (r"1+\sqrt2", r"1+\sqrt3, 1-\sqrt3", r"-1+\sqrt{2}, -1-\sqrt{2}")),
)  # fmt: skip
LISTS_IN_WORDS: tuple[Row, ...] = (
    (
        "2, 7",
        ("2 and 7", "7 and 2", "2, 7", "x = 2 or x = 7", "x = 2 and x = 7"),
        ("27", "2", "2 and 8", "9"),
    ),
    (
        "3, 5, 11",
        ("3, 5 and 11", "11, 5, 3", "3, 5, and 11", "{3, 5, 11}"),
        ("3, 5", "3, 5, 7", "3511", "11"),
    ),
    ("-1, 4", ("-1 or 4", "4, -1", "x=-1 or x=4"), ("1 or -4", "4", "-14")),
)


def tuples(rng: Random) -> Iterator[Row]:
    for turn in range(12):
        a, b, c, d = rng.sample([-5, -2, 0, 1, 3, 4, 6, 8], 4)
        half = Fraction(2 * d + 1, 2)
        if turn % 3 == 0:
            rights = (f"({a}, {b}), ({c}, {d})", f"({c},{d}), ({a},{b})",
            rf"\{{({a},{b}),({c},{d})\}}",
                      rf"({a},{b}) \text{{ and }} ({c},{d})")  # fmt: skip
            wrongs = (
                f"({a},{b})",
                f"({a},{d}),({c},{b})",
                f"({b},{a}),({d},{c})",
                f"({a},{b},{c},{d})",
            )
            yield f"({a},{b}),({c},{d})", rights, wrongs
        elif turn % 3 == 1:
            rights = (
                rf"\left({a}, {b}, {c}\right)",
                f"(x,y,z)=({a},{b},{c})",
                f"( {a} , {b} , {c} )",
            )
            yield (
                f"({a},{b},{c})",
                rights,
                (f"({b},{a},{c})", f"({a},{b})", f"({a},{b},{c + 1})", f"{c}"),
            )
        else:
            half_tex = rf"\frac{{{half.numerator}}}{{{half.denominator}}}"
            rights = (f"({a}, {float(half)})", rf"\left({a},{half_tex}\right)", f"({a},{half})")
            yield (
                f"({a},{half_tex})",
                rights,
                (f"({half_tex},{a})", f"({a},{d})", f"({-a - 1},{half_tex})"),
            )


PLUS_MINUS: tuple[Row, ...] = (
    (r"\pm 2", ("2, -2", "-2, 2", r"x=\pm2", r"2\text{ and }-2", "±2", r"\{-2,2\}",
     r"x = 2 \text{ or } x = -2"),
     ("2", "-2", r"\pm 3", r"\mp 3", "4", "0", r"\pm\sqrt{2}")),
    ("3,-3", (r"\pm 3", r"x=\pm 3", "±3"), ("3", r"\pm 9", r"\pm\sqrt3")),
    (r"1\pm\sqrt{5}", (r"1+\sqrt5, 1-\sqrt5", r"x=1\pm\sqrt5", r"\{1-\sqrt{5},1+\sqrt{5}\}",
     r"1\pm\sqrt{5}"),
     (r"-1\pm\sqrt5", r"1+\sqrt{5}", r"1\pm\sqrt6", r"\pm\sqrt5")),
    (r"\frac{1\pm\sqrt{5}}{2}", (r"\frac{1+\sqrt{5}}{2}, \frac{1-\sqrt{5}}{2}",
     r"\frac12\pm\frac{\sqrt5}{2}"),
     (r"\frac{1+\sqrt5}{2}", r"\frac{-1\pm\sqrt5}{2}", r"1\pm\sqrt5")),
    (r"\pm\frac{\sqrt{3}}{3}", (r"\frac{\sqrt3}{3}, -\frac{\sqrt3}{3}", r"\pm\frac{1}{\sqrt3}"),
     (r"\frac{\sqrt3}{3}", r"\pm\sqrt3", r"\pm\frac{\sqrt{2}}{3}")),
)  # fmt: skip
TIMES: tuple[Row, ...] = (
    ("2:15", ("2:15", "2{:}15", r"\text{2:15}", "2 : 15"), ("2:51", "4:30", "2.15",
     r"\frac{2}{15}", "215", "15", "2")),
    ("10:00", ("10:00", r"\text{10:00}"), ("11:00", "10", "1:00", "10:10", "1000")),
    (r"6:30\text{ p.m.}", (r"6:30\text{ PM}", "6:30 pm", r"\text{6:30 p.m.}", r"6:30\ \mathrm{PM}"),
     (r"6:30\text{ AM}", r"6:03\text{ PM}", r"7:30 \text{ p.m.}", "6", r"3:15\text{ PM}")),
    (r"9:45 \text{ a.m.}", (r"9:45\text{ AM}", "9:45 am"), (r"9:45\text{ PM}", "9:54 am",
     r"45\text{ minutes}")),
)  # fmt: skip
TIMES_IN_WORDS: tuple[Row, ...] = (
    (r"4:20\text{ PM}", ("4:20 PM", "4:20 p.m", "4:20 pm"), ("4:20 AM", "2:40 PM", "8:40 PM")),
    ("3:30", ("3:30", r"\text{3:30}"), ("3:03", "30", "7:00", "3.30")),
)


def ratios(rng: Random) -> Iterator[Row]:
    for turn in range(6):
        a, b, c = rng.sample([1, 2, 3, 4, 5, 7, 9, 11], 3)
        if turn % 2:
            yield f"{a}:{b}", (f"{a} : {b}", rf"{a}{{:}}{b}"), (f"{b}:{a}", f"{a}:{c}", f"{a}{b}")
        else:
            rights = (f"{a} : {b} : {c}", rf"{a}\colon {b}\colon {c}", f"{a}:{b}:{c}")
            yield f"{a}:{b}:{c}", rights, (f"{b}:{a}:{c}", f"{a}:{b}", f"{a}:{b}:{c + 1}", f"{a}")
