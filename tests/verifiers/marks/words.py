"""Words after numbers: units, things counted, money, percent; words that are part of a value."""

from collections.abc import Iterator
from random import Random

from .cases import BOXES, LATEX, WORDS, Case, Row, filled, right, said, tabled, wrong

COUNTED = (
    "dollars", "apples", "students", "people", "ways", "days", "hours", "minutes", "points",
    "marbles", "pages", "tickets", "years", "coins", "pairs of shoes", "dollars per day",
    "square units", "kilograms of rice", "years old", "boxes of pencils", "different ways",
)  # fmt: skip
MEASURED = (
    "km", "cm", "m", "kg", "g", "mm", "ft", "L", "mL", "s", "Hz", "N", "W", "J", "mph", "km/h",
    "m/s", "lbs", "cubic feet", "square feet", "miles per hour", "meters per second", "inches",
    "cubic centimeters", "degrees", "meters", "gallons", "seconds", "feet", "miles", "units",
)  # fmt: skip
SENTENCES = (
    "The answer is @ #.",
    "So the answer is @ #, as was to be shown.",
    "#### @ #",
    "**Answer:** @ #",
    "<answer>@ #</answer>",
    "Therefore, the total is @ #.",
    "Altogether that makes **@ #**.",
    "Thus the result is $@$ #.",
    r"We find $x = @$ #.",
    r"So we get \[@\] #.",
)
IN_BOXES = (
    r"The final answer is $\boxed{@ #}$.",
    r"The final answer is $\boxed{@\text{ #}}$.",
    r"\[\boxed{@ \text{#}}\]",
    r"So it is $\boxed{@\ \mathrm{#}}$.",
    r"Hence $\boxed{@}$ #.",
    r"Hence \boxed{@} #.",
    r"\boxed{@~\textrm{ #}}",
    r"Answer: $@\,\text{#}$",
    r"$\boxed{\text{@ #}}$",
    r"$$\boxed{@ \quad \text{(#)}}$$",
)


def cases() -> Iterator[Case]:
    yield from counted("words-after-a-number", COUNTED, SENTENCES, Random("counted"))
    yield from counted("units-in-a-box", MEASURED, IN_BOXES, Random("measured"))
    yield from counted("units-in-a-box", COUNTED, IN_BOXES, Random("counted boxed"))
    yield from counted("units-stated", MEASURED, SENTENCES, Random("measured stated"))
    yield from gold_with_unit(Random("golds"))
    yield from tabled("units-with-powers", POWERS)
    yield from tabled("units-of-other-values", IRRATIONAL)
    yield from tabled("units-conflicting", CONFLICTING, WORDS)
    yield from tabled("words-that-count", COUNTING, BOXES)
    yield from tabled("currency", money(Random("money")), WORDS)
    yield from tabled("currency", MONEY, BOXES)
    yield from tabled("percent", percent(Random("percent")), LATEX)
    yield from tabled("percent", PERCENT, WORDS)


def near(value: int, rng: Random) -> str:
    """A near miss of a whole number of at least two digits."""
    misses = [
        f"{value + 1}",
        f"{value - 1}",
        f"{value}0",
        f"{value}.5",
        f"{value // 10}.{value % 10}",
    ]
    return rng.choice(misses if value % 10 else misses[:4])


def counted(
    kind: str, units: tuple[str, ...], forms: tuple[str, ...], rng: Random
) -> Iterator[Case]:
    """Each unit once right and once wrong, each in another form."""
    for turn, unit in enumerate(units):
        value = rng.randint(11, 98)
        form = filled(forms[turn % len(forms)], "@", unit)
        other = filled(forms[(turn + 3) % len(forms)], "@", unit)
        yield right(kind, str(value), said(str(value), turn, (form,)))
        yield wrong(kind, str(value), said(near(value, rng), turn, (other,)))


def gold_with_unit(rng: Random) -> Iterator[Case]:
    """The reference carries the unit; the answer has it, in another dress, or leaves it out."""
    for turn, unit in enumerate((*COUNTED[::2], *MEASURED[::2])):
        value = rng.randint(11, 98)
        gold = (f"{value} {unit}", rf"{value}\text{{ {unit}}}", rf"{value} \mathrm{{{unit}}}")[
            turn % (2 if " " in unit else 3)
        ]
        bare = said(str(value), turn, LATEX)
        dressed = said(f"{value} {unit}", turn, WORDS)
        miss = said(rf"{near(value, rng)}\text{{ {unit}}}", turn, LATEX)
        yield right("units-in-the-gold", gold, bare if turn % 2 else dressed)
        yield wrong("units-in-the-gold", gold, miss)


POWERS: tuple[Row, ...] = (
    ("24", (r"24\text{ cm}^2", r"24\,\mathrm{cm}^2", r"24\text{ cm}^{2}", "24 cm²", r"24\ cm^2",
            r"24 \text{ units}^2", r"24\text{ sq. units}"),
     (r"42\text{ cm}^2", r"24^2\text{ cm}", r"2.4 \text{ cm}^2", "22 cm²", r"242\text{ cm}^2")),
    (r"150\text{ m}^3", ("150", r"150 \text{ m}^{3}", r"150\ \mathrm{m^3}", "150 m³",
     r"150\text{ m³}"),
     ("15", r"150^3", r"105\text{ m}^3", "153 m³", r"50\,\mathrm{m}^3")),
    (r"9.8 \text{ m/s}^2", (r"9.8\,\mathrm{m/s^2}", r"9.8\ \mathrm{m\,s^{-2}}", "9.80 m/s²", "9.8",
                            r"9.8 \frac{\text{m}}{\text{s}^2}"),
     (r"8.9\text{ m/s}^2", r"98 \text{ m/s}^2", r"9.82", r"9.6\,\mathrm{m/s^2}")),
    ("30", (r"30 \frac{\text{km}}{\text{h}}", r"30\,\mathrm{km\,h^{-1}}", r"30 \text{ km h}^{-1}",
            r"30\ \text{g/cm}^3", "30 kg·m²"),
     (r"\frac{1}{30} \text{ km/h}", r"-30\,\mathrm{km\,h^{-1}}", r"3 \text{ km/h}",
      r"33\text{ g/cm}^3")),
    (r"45^\circ", (r"45^{\circ}", r"45\text{ degrees}", "45°", "45"),
     (r"54^\circ", r"450^\circ", r"4.5^{\circ}", r"45^2")),
)  # fmt: skip
IRRATIONAL: tuple[Row, ...] = (
    (r"2\sqrt{3}", (r"2\sqrt{3} \text{ cm}", r"2\sqrt{3}\,\mathrm{m}", r"2\sqrt{3} \text{ units}",
                    r"2\sqrt{3}\text{ inches}"),
     (r"3\sqrt{2}\text{ cm}", r"2\sqrt{3} \cdot 3 \text{ cm}", r"\sqrt{3}\text{ units}",
      r"6\text{ cm}")),
    (r"9\pi", (r"9\pi\text{ square inches}", r"9\pi \text{ cm}^2", r"9 \pi \ \mathrm{m}^2",
     r"9\pi\text{ sq. ft}"),
     (r"9\text{ square inches}", r"6\pi\text{ cm}^2", r"9\pi^2 \text{ cm}", r"3\pi\text{ cm}^2")),
    (r"\frac{7}{2}", (r"\frac{7}{2}\text{ hours}", r"3.5 \text{ hours}",
     r"\frac72\text{ cups of flour}",
                      r"3\frac{1}{2}\text{ hours}"),
     (r"\frac{2}{7}\text{ hours}", r"3\text{ hours}", r"35\text{ hours}",
      r"\frac{7}{3} \text{ hours}")),
    (r"5\sqrt{2}\text{ km}", (r"5\sqrt{2}", r"5\sqrt2\ \mathrm{km}", r"\sqrt{50}\text{ km}"),
     (r"5\text{ km}", r"2\sqrt{5}\text{ km}", "10")),
    (r"-4\text{ °C}", (r"-4", r"-4\text{ degrees}", r"-4^\circ\text{C}"), ("4", r"4\text{ °C}",
     r"-40")),
)  # fmt: skip
CONFLICTING: tuple[Row, ...] = (
    (r"12 \text{ hours}", ("12 hours", "12 h"), ("12 minutes", "12 days")),
    (r"5\text{ km}", ("5 km", "5 kilometers"), ("5 m", "5 cm")),
    (r"3 \text{ kg}", ("3 kg", "3 kilograms"), ("3 g", "3 mg")),
    ("40 seconds", ("40 seconds", "40 s"), ("40 minutes", "40 hours")),
)
COUNTING: tuple[Row, ...] = (
    ("18", ("18", r"18\text{ apples}", r"\frac{36}{2}", "18.0"), (r"18x", r"18\pi", r"18\sqrt{2}",
     "18 million", r"18^2", "18!", r"18n",
     r"18+x")),
    ("18", (r"18\text{ units}",), (r"18\text{ thousand}", r"18\text{ billion}", r"\frac{18}{x}")),
    ("5000000", (r"5 \text{ million}", "5 million", r"5\times10^6"), (r"5\text{ billion}", "5",
     "5 thousand")),
    ("3000", (r"3\text{ thousand}", "3 thousand", "3,000"), ("3", r"3\text{ hundred}",
     r"3\text{ million}")),
    (r"2.5 \text{ million}", ("2500000", "2,500,000", r"2.5\times 10^6"), ("2.5", "250000",
     r"2.5\text{ billion}")),
    ("12x", ("12x", r"12 \cdot x", r"x\cdot 12"), ("12", "12y", "12+x")),
    ("6n", ("6n", r"6 n", "2n+4n"), ("6", "6m", "n^6")),
)  # fmt: skip


def money(rng: Random) -> Iterator[Row]:
    for turn in range(10):
        whole, cents = rng.randint(12, 89), rng.choice((25, 50, 75, 90, 5))
        value = f"{whole}.{cents:02d}"
        gold = (value, rf"\${value}", f"{value} dollars", value)[turn % 4]
        rights = [f"${value}", f"{value} dollars", f"US${value}", f"{value} USD", rf"\${value}"]
        other = f"{whole}.{(cents + 3) % 100:02d}"
        wrongs = [
            f"${other}",
            f"{whole + 1}.{cents:02d} dollars",
            f"${whole}{cents:02d}",
            f"US${other}",
        ]
        yield gold, tuple(rng.sample(rights, 3)), tuple(rng.sample(wrongs, 3))


MONEY: tuple[Row, ...] = (
    ("5", ("€5", "5€", "5 €", r"\text{€}5", r"5\text{ euros}", "£5", r"\pounds 5", "¥5", "₹5"),
     ("€6", "6€", "£50", "¥0.5", r"51\text{ euros}", r"\text{€}4", "5.5 €")),
    (r"\$36", (r"\$36.00", "36", r"36\text{ dollars}", r"\text{\$}36", r"\text{\$36}", r"USD\ 36"),
     (r"\$63", r"\$3.6", r"\$36.50", r"\text{\$}360", "35")),
    (r"\$1,250", ("1250", r"\$1250", r"\$1,250.00", r"\$1{,}250"), (r"\$125", r"\$1.25",
     r"\$12,500", "250")),
    ("50", (r"50\text{ cents}", "50¢", r"50\text{¢}", "50 cents"), (r"5\text{ cents}", "55¢",
     "15 cents")),
    ("€12.50", ("12.50", "12.5", "€12.5", "12.50 €"), ("€12.05", "125", "€1.25")),
    ("-20", (r"-\$20", r"-20\text{ dollars}"), (r"\$20", r"-\$2")),
)  # fmt: skip


def percent(rng: Random) -> Iterator[Row]:
    for turn in range(10):
        value = rng.choice([n for n in range(12, 99) if n % 11 and n % 10])
        gold = (rf"{value}\%", f"{value}%", rf"{value} \%")[turn % 3]
        rights = [rf"{value}\%", rf"{value}.0\%", rf"{value}\text{{ percent}}", rf"{value} \%"]
        flipped = f"{value % 10}{value // 10}"
        wrongs = [
            rf"{flipped}\%",
            rf"{value // 10}.{value % 10}\%",
            rf"{value}0\%",
            rf"{value + 1}\%",
        ]
        yield gold, tuple(rng.sample(rights, 2)), tuple(rng.sample(wrongs, 2))


PERCENT: tuple[Row, ...] = (
    ("35\\%", ("35%", "35 percent", "35 per cent", "35.0%"), ("53%", "3.5%", "36 percent", "135%")),
    ("12.5\\%", ("12.5%", "12.50 %", "12 1/2%"), ("12%", "125%", "12.4 percent")),
    ("0.5\\%", ("0.5%", "0.50 percent"), ("5%", "50%")),
)
