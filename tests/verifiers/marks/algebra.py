"""Expressions equal by identity, polynomials, lines, circles, matrices, roots, close values."""

from collections.abc import Iterator
from math import gcd
from random import Random

from .cases import Case, Row, tabled
from .tables import CLOSE, EQUATIONS, IDENTITIES, ROUNDED, UNICODE


def cases() -> Iterator[Case]:
    yield from tabled("roots", roots(Random("roots")))
    yield from tabled("polynomials", polynomials(Random("polynomials")))
    yield from tabled("polynomials", two_letters(Random("two letters")))
    yield from tabled("lines", lines(Random("lines")))
    yield from tabled("circles", circles(Random("circles")))
    yield from tabled("matrices", matrices(Random("matrices")))
    yield from tabled("vectors", vectors(Random("vectors")))
    yield from tabled("multiples-of-pi", angles(Random("angles")))
    yield from tabled("identities", IDENTITIES)
    yield from tabled("equations", EQUATIONS)
    yield from tabled("close-values", CLOSE)
    yield from tabled("close-values", close(Random("close")))
    yield from tabled("rounding", ROUNDED)
    yield from tabled("unicode", UNICODE)


def roots(rng: Random) -> Iterator[Row]:
    for _ in range(14):
        a, b = rng.randint(2, 9), rng.choice([2, 3, 5, 6, 7, 10, 11])
        if a == b:
            continue
        rights = [
            rf"\sqrt{{{a * a * b}}}",
            rf"{a} \sqrt{{{b}}}",
            rf"\frac{{{a * b}}}{{\sqrt{{{b}}}}}",
        ]
        rights += [
            rf"{a}\cdot\sqrt{{{b}}}",
            f"{a}√{b}",
            rf"{a}\cdot {b}^{{1/2}}",
            rf"{a}*sqrt({b})",
        ]
        wrongs = [
            rf"{b}\sqrt{{{a}}}",
            rf"{a}\sqrt{{{b + 1}}}",
            f"{a * b**0.5:.2f}",
            rf"\sqrt{{{a * b}}}",
        ]
        wrongs += [
            rf"{a + 1}\sqrt{{{b}}}",
            rf"{a}\sqrt[3]{{{b}}}",
            f"{a * b}",
            rf"-{a}\sqrt{{{b}}}",
        ]
        yield rf"{a}\sqrt{{{b}}}", tuple(rng.sample(rights, 3)), tuple(rng.sample(wrongs, 3))


def monomial(factor: int, letters: str) -> str:
    size = "" if abs(factor) == 1 and letters else str(abs(factor))
    return ("+" if factor > 0 else "-") + size + letters


def summed(terms: list[tuple[int, str]]) -> str:
    """``2x^2-3x+1`` from its terms, those with factor 0 left out."""
    return "".join(monomial(f, letters) for f, letters in terms if f).removeprefix("+")


def polynomials(rng: Random) -> Iterator[Row]:
    """(x+a)(kx+b), expanded, in any order, factored; a sign or a coefficient changed is wrong."""
    for turn in range(14):
        a, b, k = (
            rng.choice([-5, -3, 2, 4, 7]),
            rng.choice([-6, -4, -1, 3, 5]),
            rng.choice([1, 1, 2, 3]),
        )
        v = "xtn"[turn % 3]
        terms = [(k, f"{v}^2"), (b + k * a, v), (a * b, "")]
        expanded, backwards = summed(terms), summed(terms[::-1])
        factored = f"({v}{a:+d})({summed([(k, v), (b, '')])})"
        other_way = f"({summed([(k, v), (b, '')])})({v}{a:+d})"
        inner = f"{v}({summed([(k, v), (b + k * a, '')])}){a * b:+d}"
        nested = [inner] if b + k * a else []
        gold, *rest = (expanded, factored) if turn % 2 else (factored, expanded)
        rights = [*rest, backwards, other_way, expanded.replace(f"{v}^2", f"{v}^{{2}}"), *nested]
        wrongs = [f"({v}{-a:+d})({summed([(k, v), (b, '')])})", summed([*terms[:2], (-a * b, "")])]
        wrongs += [
            summed([terms[0], (b + k * a + 1, v), terms[2]]),
            summed([(k + 1, f"{v}^2"), *terms[1:]]),
        ]
        wrongs += [
            f"({v}{a:+d})({summed([(k, v), (b + 1, '')])})",
            summed([(k, f"{v}^3"), *terms[1:]]),
        ]
        yield gold, tuple(rng.sample(rights, 3)), tuple(rng.sample(wrongs, 3))


def two_letters(rng: Random) -> Iterator[Row]:
    for _ in range(8):
        a, b, c = (rng.choice([-4, -3, 2, 3, 5]) for _ in range(3))
        gold = summed([(a, "x^2"), (b, "xy"), (c, "y^2")])
        rights = (
            summed([(c, "y^2"), (b, "xy"), (a, "x^2")]),
            summed([(b, "yx"), (a, "x^2"), (c, "y^2")]),
        )
        wrongs = (
            summed([(a, "x^2"), (-b, "xy"), (c, "y^2")]),
            summed([(a, "x^2"), (b, "x"), (c, "y^2")]),
        )
        yield gold, rights, wrongs


def lines(rng: Random) -> Iterator[Row]:
    """a x + b y + c = 0, up to a factor and solved for y."""
    turn = 0
    while turn < 12:
        a, b, c = (
            rng.choice([1, 2, 3, 5]),
            rng.choice([-7, -4, -3, 4, 7]),
            rng.choice([-9, -5, 1, 2, 8]),
        )
        if gcd(a, gcd(b, c)) > 1:
            continue
        turn += 1
        left = summed([(a, "x"), (b, "y"), (c, "")])
        sign = "-" if a * b > 0 else ""
        slope, height = rf"{sign}\frac{{{a}}}{{{abs(b)}}}x", rf"\frac{{{-c}}}{{{b}}}"
        rights = [
            f"{summed([(a, 'x'), (b, 'y')])} = {-c}",
            f"{summed([(-a, 'x'), (-b, 'y'), (-c, '')])} = 0",
        ]
        rights += [
            f"{summed([(3 * a, 'x'), (3 * b, 'y'), (3 * c, '')])} = 0",
            f"y = {slope} + {height}",
        ]
        rights += [f"{summed([(b, 'y'), (a, 'x'), (c, '')])}=0", f"0 = {left}"]
        wrongs = [
            f"{summed([(a, 'x'), (b, 'y'), (-c, '')])} = 0",
            f"{summed([(a, 'x'), (-b, 'y'), (c, '')])} = 0",
        ]
        wrongs += [
            f"{summed([(a, 'x'), (b, 'y')])} = {c}",
            f"{summed([(2 * a, 'x'), (b, 'y'), (c, '')])}=0",
        ]
        yield f"{left}=0", tuple(rng.sample(rights, 3)), tuple(rng.sample(wrongs, 3))


def circles(rng: Random) -> Iterator[Row]:
    for _ in range(8):
        h, k, r = rng.choice([-4, -1, 2, 3]), rng.choice([-5, -2, 1, 6]), rng.choice([2, 3, 5, 7])
        gold = f"(x{-h:+d})^2+(y{-k:+d})^2={r * r}"
        flat = summed(
            [(1, "x^2"), (1, "y^2"), (-2 * h, "x"), (-2 * k, "y"), (h * h + k * k - r * r, "")]
        )
        rights = (
            f"(y{-k:+d})^2+(x{-h:+d})^2={r * r}",
            f"{flat}=0",
            f"(x{-h:+d})^2+(y{-k:+d})^2={r}^2",
        )
        wrongs = [f"(x{h:+d})^2+(y{-k:+d})^2={r * r}", f"(x{-h:+d})^2+(y{-k:+d})^2={r}", f"{r * r}"]
        wrongs += [f"(x{-h:+d})^2-(y{-k:+d})^2={r * r}", f"(x{-k:+d})^2+(y{-h:+d})^2={r * r}"]
        yield gold, rights, tuple(rng.sample(wrongs, 3))


def grid(rows: list[list[str]], name: str = "pmatrix") -> str:
    body = r" \\ ".join(" & ".join(row) for row in rows)
    if name == "array":
        return rf"\left(\begin{{array}}{{{'c' * len(rows[0])}}} {body} \end{{array}}\right)"
    return rf"\begin{{{name}}} {body} \end{{{name}}}"


def matrices(rng: Random) -> Iterator[Row]:
    for _ in range(10):
        a, b, c, d = (str(n) for n in rng.sample([-6, -3, -1, 0, 2, 4, 5, 7, 9], 4))
        rows = [[a, b], [c, d]]
        rights = (
            grid(rows, "bmatrix"),
            grid(rows, "array"),
            grid(rows).replace(" ", "").replace(r"\\", r"\\ "),
        )
        wrongs = [
            grid([[a, c], [b, d]]),
            grid([[a, b], [c, "8"]]),
            grid([[b, a], [c, d]]),
            grid([[a, b]]),
            d,
        ]
        yield grid(rows), rights, tuple(rng.sample(wrongs, 3))


def vectors(rng: Random) -> Iterator[Row]:
    for turn in range(8):
        numbers = rng.sample([-6, -3, -1, 0, 2, 4, 5, 7], 3)
        half = f"{numbers[0] * 2 + 1}/2" if turn % 2 else str(numbers[0])
        dressed = rf"\frac{{{numbers[0] * 2 + 1}}}{{2}}" if turn % 2 else half
        a, b, c = half, str(numbers[1]), str(numbers[2])
        gold = grid([[dressed], [b], [c]])
        rights = (grid([[a], [b], [c]], "bmatrix"), grid([[dressed], [b], [c]], "array"))
        wrongs = [
            grid([[c], [b], [dressed]]),
            grid([[dressed], [b]]),
            grid([[dressed], [b], ["8"]]),
            c,
        ]
        yield gold, rights, tuple(rng.sample(wrongs, 2))


def angles(rng: Random) -> Iterator[Row]:
    for _ in range(10):
        low = rng.choice((2, 4, 5, 8))
        top = rng.choice([n for n in (3, 5, 7, 9) if n % low])
        gold = rf"\frac{{{top}\pi}}{{{low}}}"
        rights = [
            rf"{top / low:g}\pi",
            rf"\frac{{{top}}}{{{low}}}\pi",
            rf"{top}\pi/{low}",
            f"{top}π/{low}",
        ]
        rights += [rf"\frac{{{2 * top}\pi}}{{{2 * low}}}", rf"\dfrac{{\pi\cdot {top}}}{{{low}}}"]
        wrongs = [
            rf"\frac{{{low}\pi}}{{{top}}}",
            rf"\frac{{{top}}}{{{low}}}",
            f"{3.14159265 * top / low:.2f}",
        ]
        wrongs += [rf"\frac{{{top + 1}\pi}}{{{low}}}", rf"-\frac{{{top}\pi}}{{{low}}}", r"\pi"]
        yield gold, tuple(rng.sample(rights, 3)), tuple(rng.sample(wrongs, 3))


def close(rng: Random) -> Iterator[Row]:
    """Values that differ in the last of many digits."""
    for power in (9, 10, 12, 15):
        digits = f"{rng.randint(10 ** (power - 1), 10**power - 1)}"
        digits = digits[:-1] + rng.choice("123456")
        other = digits[:-1] + str(int(digits[-1]) + 1)
        yield f"3.{digits}", (f"3.{digits}", f"3.{digits}0"), (f"3.{other}", f"3.{digits[:-1]}")
        big = f"10^{{{power}}}+{digits[-1]}"
        rights = (f"{10**power + int(digits[-1])}", f"{digits[-1]}+10^{{{power}}}")
        yield (
            big,
            rights,
            (f"10^{{{power}}}", f"10^{{{power}}}+{other[-1]}", f"10^{{{power}}}-{digits[-1]}"),
        )
