"""Numbers drawn at random and written in many ways: fractions, mixed, recurring, scientific, huge.

Truth follows from exact values: a right answer spells the value of the reference, a wrong one
spells another value (asserted), a near miss.
"""

from collections.abc import Iterator
from fractions import Fraction
from random import Random

from .cases import WORDS, Case, Row, tabled

FRAC = r"\frac{%d}{%d}"


def cases() -> Iterator[Case]:
    yield from tabled("fractions", fractions(Random("fractions")))
    yield from tabled("mixed-numbers", mixed(Random("mixed")))
    yield from tabled("mixed-numbers", mixed_in_words(Random("mixed words")), WORDS)
    yield from tabled("recurring", recurring(Random("recurring")))
    yield from tabled("scientific", scientific(Random("scientific")))
    yield from tabled("thousands", thousands(Random("thousands")))
    yield from tabled("thousands", thousands_in_words(Random("thousands words")), WORDS)
    yield from tabled("thousands", ELSEWHERE, WORDS)
    yield from tabled("complex", gaussian(Random("complex")))
    yield from tabled("huge-integers", huge(Random("huge")))
    yield from tabled("float-printing", floats(Random("floats")), WORDS)
    yield from tabled("base", bases(Random("bases")))


def proper(rng: Random) -> Fraction:
    """A fraction that is no whole number, its parts up to 19."""
    while True:
        value = Fraction(rng.randint(1, 19), rng.randint(2, 19))
        if value.denominator > 1 and value.numerator > 1:
            return value


def decimal(value: Fraction) -> str | None:
    """The finite decimal, where there is one of at most four places."""
    scaled = value * 10**4
    if scaled.denominator > 1:
        return None
    return f"{float(value):.4f}".rstrip("0").rstrip(".")


def spelled(value: Fraction) -> list[str]:
    """Ways to write a fraction that is no whole number."""
    top, low, sign = abs(value.numerator), value.denominator, "-" if value < 0 else ""
    ways = [sign + FRAC % (top, low), sign + rf"\dfrac{{{top}}}{{{low}}}"]
    ways += [sign + rf"\tfrac{{{top}}}{{{low}}}", sign + rf"\cfrac{{{top}}}{{{low}}}"]
    ways += [f"{sign}{top}/{low}", sign + FRAC % (3 * top, 3 * low)]
    ways += [rf"\frac{{{sign}{top}}}{{{low}}}", rf"\left({sign}\frac{{{top}}}{{{low}}}\right)"]
    if top < 10 and low < 10:
        ways.append(rf"{sign}\frac{top}{low}")
    if decimal(value):
        ways += [str(decimal(value)), f"{decimal(value)}0"]
    return ways


def fractions(rng: Random) -> Iterator[Row]:
    for turn in range(22):
        value = proper(rng) * (-1 if turn % 4 == 3 else 1)
        top, low = value.numerator, value.denominator
        near = [1 / value, -value, Fraction(top + 1, low), Fraction(top, low + 1)]
        wrongs = [rng.choice(spelled(v)) for v in near if v.denominator > 1 and v != value]
        glued = f"{top}{low}"
        gold = rng.choice(spelled(value)[:2])
        yield gold, tuple(rng.sample(spelled(value), 3)), (*rng.sample(wrongs, 2), glued)


def mixed_parts(rng: Random) -> tuple[int, int, int, Fraction]:
    whole, low = rng.randint(1, 9), rng.choice((2, 3, 4, 5, 7, 8))
    part = Fraction(rng.randint(1, low - 1), low)
    return whole, part.numerator, part.denominator, whole + part


def mixed(rng: Random) -> Iterator[Row]:
    for turn in range(14):
        whole, top, low, value = mixed_parts(rng)
        sign = "-" if turn % 5 == 4 else ""
        improper = sign + FRAC % (value.numerator, value.denominator)
        ways = [rf"{sign}{whole}{frac}{{{top}}}{{{low}}}" for frac in (r"\frac", r"\tfrac")]
        ways += [
            rf"{sign}{whole}\dfrac{{{top}}}{{{low}}}",
            rf"{sign}{whole} \frac {{{top}}} {{{low}}}",
        ]
        wrongs = [rf"{sign}{whole + 1}\frac{{{top}}}{{{low}}}", sign + FRAC % (top, low)]
        wrongs += [sign + rf"{whole} \cdot \frac{{{top}}}{{{low}}}", f"{sign}{whole}{top}/{low}"]
        gold, *rest = (improper, *ways) if turn % 2 else (ways[0], improper, *ways[1:])
        yield gold, tuple(rng.sample(rest, 3)), tuple(rng.sample(wrongs, 3))


def mixed_in_words(rng: Random) -> Iterator[Row]:
    for _ in range(10):
        whole, top, low, value = mixed_parts(rng)
        gold = rng.choice(
            (FRAC % (value.numerator, value.denominator), rf"{whole}\frac{{{top}}}{{{low}}}")
        )
        rights = (f"{whole} {top}/{low}", f"{value.numerator}/{value.denominator}")
        yield gold, rights, (f"{whole + 1} {top}/{low}", f"{whole}{top}/{low}")


def repeating(prefix: str, period: str) -> Fraction:
    """The value of 0.prefix(period)."""
    nines = 10 ** len(period) - 1
    return (int(prefix or 0) + Fraction(int(period), nines)) / 10 ** len(prefix)


def recurring_ways(whole: int, prefix: str, period: str) -> list[str]:
    head = f"{whole}.{prefix}"
    ways = [rf"{head}\overline{{{period}}}", f"{head}({period})"]
    if len(period) == 1:
        ways += [rf"{head}\bar{{{period}}}", rf"{head}\dot{{{period}}}"]
        ways += [f"{head}{period * 4}\\ldots", f"{head}{period * 5}..."]
    else:
        ways += [rf"{head}\dot{{{period[0]}}}{period[1:-1]}\dot{{{period[-1]}}}"]
    return ways


def recurring(rng: Random) -> Iterator[Row]:
    for turn in range(16):
        whole, prefix = rng.choice((0, 0, 2)), rng.choice(("", "", "1", "4"))
        period = rng.choice("23567") if turn % 2 else rng.choice(("27", "36", "142857", "81"))
        value = whole + repeating(prefix, period)
        gold = FRAC % (value.numerator, value.denominator)
        ways = recurring_ways(whole, prefix, period)
        other = str((int(period[0]) + 1) % 9) + period[1:]
        wrongs = [rng.choice(recurring_ways(whole, prefix, other))]
        cut = (f"{whole}.{prefix}{period}",) if len(prefix + period) < 3 else ()
        if prefix:
            assert repeating("", prefix + period) != repeating(prefix, period)
            wrongs.append(rf"{whole}.\overline{{{prefix}{period}}}")
        yield gold, tuple(rng.sample(ways, min(3, len(ways)))), (*wrongs, *cut)
        yield ways[0], (gold,), cut or (other,)


def plain(mantissa: str, power: int) -> str:
    value = Fraction(mantissa) * Fraction(10) ** power
    return f"{value.numerator}" if value.denominator == 1 else f"{float(value):.12f}".rstrip("0")


def scientific(rng: Random) -> Iterator[Row]:
    for turn in range(14):
        first, second = rng.sample(range(1, 10), 2)
        mantissa, power = f"{first}.{second}", rng.choice((-6, -4, -3, 3, 5, 7, 8))
        ways = [rf"{mantissa} \times 10^{{{power}}}", rf"{mantissa}\cdot 10^{{{power}}}"]
        ways += [f"{mantissa}e{power}", f"{mantissa}E{power}", plain(mantissa, power)]
        ways += [rf"{first}{second} \times 10^{{{power - 1}}}"]
        other = f"{second}.{first}"
        wrongs = [rf"{mantissa}\times 10^{{{power + 1}}}", rf"{mantissa} \times 10^{{{-power}}}"]
        wrongs += [rf"{other}\times 10^{{{power}}}", plain(mantissa, power + 1), mantissa]
        gold = ways[0] if turn % 2 else ways[4]
        ways.remove(gold)
        yield gold, tuple(rng.sample(ways, 3)), tuple(rng.sample(wrongs, 3))


def swapped(digits: str, rng: Random) -> str:
    """Two neighbouring digits that differ change places."""
    at = rng.choice([i for i in range(1, len(digits) - 1) if digits[i] != digits[i + 1]])
    return digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]


def thousands(rng: Random) -> Iterator[Row]:
    for _ in range(12):
        value = rng.randint(1_023, 98_765_432)
        grouped = f"{value:,}"
        ways = [grouped, grouped.replace(",", "{,}"), grouped.replace(",", r"\,")]
        ways += [grouped.replace(",", r",\!"), f"{value}.0", f"{grouped}.00"]
        wrongs = [f"{value + 1:,}", swapped(str(value), rng), f"{grouped},000"]
        wrongs += [grouped.split(",", 1)[1].replace(",", "{,}"), grouped.replace(",", ", ")]
        yield str(value), tuple(rng.sample(ways, 3)), tuple(rng.sample(wrongs[:4], 3))


def thousands_in_words(rng: Random) -> Iterator[Row]:
    for _ in range(8):
        value = rng.randint(1_001_234, 98_765_432)
        grouped = f"{value:,}"
        gold = rng.choice((grouped, str(value), grouped.replace(",", "{,}")))
        rights = (grouped, str(value), grouped.replace(",", "."))
        yield gold, rights[:2] + rights[2:], (f"{value - 1:,}", str(value)[:-3], grouped[:-1])


# grouped as in India and in Europe, where no other reading is left
ELSEWHERE: tuple[Row, ...] = (
    ("1234567", ("12,34,567", "1.234.567"), ("12,34,576", "1.234.576")),
    ("100000", ("1,00,000", "100.000,00"), ("10,00,000", "1.000.000")),
    ("1234.56", ("1.234,56", "1,234.56"), ("1.234,65", "123.456,00", "1,234.65")),
    ("2500000.5", ("2.500.000,5", "25,00,000.5"), ("2.500.000,05", "25,00,005")),
)


def term(factor: int, unit: str) -> str:
    """``+ 3i``, with its sign and without a 1."""
    return ("+" if factor > 0 else "-") + ("" if abs(factor) == 1 else str(abs(factor))) + unit


def gaussian(rng: Random) -> Iterator[Row]:
    for _ in range(14):
        re, im = rng.choice([-7, -5, -3, 2, 4, 6, 9]), rng.choice([-8, -4, -1, 1, 3, 5])
        gold = f"{re}{term(im, 'i')}"
        ways = [gold.replace("i", r"\mathrm{i}"), f"{re} {term(im, 'i')[0]} {term(im, 'i')[1:]}"]
        ways += [f"{im}i{re:+d}" if abs(im) > 1 else f"{re}{im:+d}i", f"({gold})", f"z={gold}"]
        ways += [rf"{re}{im:+d} \cdot i"]
        wrongs = [f"{re}{term(-im, 'i')}", f"{-re}{term(im, 'i')}", f"{im}{term(re, 'i')}", f"{re}"]
        wrongs += [f"{re}{term(im, 'x')}", f"{re + im}"]
        yield gold, tuple(rng.sample(ways, 3)), tuple(rng.sample(wrongs, 3))


def huge(rng: Random) -> Iterator[Row]:
    for size in (17, 18, 19, 20, 22, 25, 30, 40):
        value = rng.randint(10 ** (size - 1), 10**size - 1)
        rights = (str(value), f"{value:,}", f"{value:,}".replace(",", "{,}"))
        wrongs = (str(value + 1), swapped(str(value), rng), f"{value - 1:,}", str(value)[:-1])
        yield str(value), rights, tuple(rng.sample(wrongs, 3))


def floats(rng: Random) -> Iterator[Row]:
    """A computer's print of a fraction is that fraction; a few decimals are not."""
    for _ in range(14):
        low = rng.choice((3, 6, 7, 9, 11, 12, 13))
        value = Fraction(rng.choice([n for n in range(1, 40) if n % low]), low)
        if decimal(value):
            continue
        number, gold = (
            value.numerator / value.denominator,
            FRAC % (value.numerator, value.denominator),
        )
        yield gold, (repr(number), f"{number:.15f}"), (f"{number:.1f}", f"{number:.2f}")


def written(value: int, base: int) -> str:
    digits = ""
    while value:
        value, digit = divmod(value, base)
        digits = str(digit) + digits
    return digits


def bases(rng: Random) -> Iterator[Row]:
    names = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight"}
    for base in (2, 2, 3, 4, 5, 6, 7, 8, 8):
        digits = written(rng.randint(60, 900), base)
        rights = [
            rf"{digits}_{{\text{{{names[base]}}}}}",
            rf"({digits})_{{{base}}}",
            rf"{digits}_{base}",
        ]
        rights += [rf"{digits}_{{{base}}}", rf"{digits}_{{\text{{base }}{base}}}"]
        near = digits[:-1] + ("1" if digits[-1] == "0" else "0")
        wrongs = (f"{digits}_{base + 1}", f"{near}_{base}", f"{digits}0_{{{base}}}")
        yield f"{digits}_{{{base}}}", tuple(rng.sample(rights, 3)), wrongs
