r"""Units, currencies and the words after a number.

In: the spelled text of an answer. Out: the value's text and what follows it as a `Unit`. Known
units have a dimension and a size, so that ``1 km`` is ``1000 m`` and ``5 cm`` is not ``5 cm^3``;
any other words only name what was counted.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from passgap.verifiers.answers.vocabulary import listed


class Unit(NamedTuple):
    """The words after a value.

    ``dimension`` is empty if the words are not a known unit; ``size`` is then 1.
    """

    words: str
    dimension: tuple[tuple[str, int], ...] = ()
    size: Fraction = Fraction(1)


def _table() -> dict[str, tuple[str, Fraction]]:
    """Every known name with its dimension and size."""
    found: dict[str, tuple[str, Fraction]] = {}
    for line in UNITS.strip().splitlines():
        kind, size, names = line.split(None, 2)
        for name in names.split("|"):
            found[name.strip()] = (kind, Fraction(size))
    return found


UNITS = """
length 1 m|meter|meters|metre|metres
length 1/100 cm|centimeter|centimeters|centimetre|centimetres
length 1/1000 mm|millimeter|millimeters|millimetre|millimetres
length 1/10 dm|decimeter|decimeters
length 1000 km|kilometer|kilometers|kilometre|kilometres|kms
length 1/1000000000 nm|nanometer|nanometers
length 1/1000000 μm|micrometer|micrometers
length 127/5000 in|inch|inches
length 381/1250 ft|foot|feet
length 1143/1250 yd|yard|yards|yds
length 201168/125 mi|mile|miles
mass 1 kg|kilogram|kilograms|kgs|kilo|kilos
mass 1/1000 g|gram|grams|gm
mass 1/1000000 mg|milligram|milligrams
mass 1000 t|tonne|tonnes
pound 1 lb|lbs|pound|pounds
pound 1/16 oz|ounce|ounces
time 1 s|sec|secs|second|seconds
time 1/1000 ms|millisecond|milliseconds
time 60 min|mins|minute|minutes
time 3600 h|hr|hrs|hour|hours
time 86400 d|day|days
time 604800 wk|week|weeks
month 1 month|months
month 12 yr|yrs|year|years
volume 1 L|l|liter|liters|litre|litres
volume 1/1000 mL|ml|milliliter|milliliters|millilitre|millilitres|cc
gallon 1 gal|gallon|gallons
gallon 1/4 qt|quart|quarts
gallon 1/8 pint|pints
cup 1 cup|cups
money 1 dollar|dollars|USD|usd|bucks
money 1/100 cent|cents|¢
euro 1 euro|euros|EUR
sterling 1 GBP
yen 1 yen|JPY|yuan|RMB|CNY
rupee 1 rupee|rupees|Rs|INR
angle 1 degree|degrees|deg|degs|°
radian 1 rad|rads|radian|radians
temperature 1 celsius|Celsius|°C
fahrenheit 1 fahrenheit|Fahrenheit|°F
kelvin 1 K|kelvin|kelvins
force 1 N|newton|newtons|Newton|Newtons
energy 1 J|joule|joules|Joule|Joules
energy 1000 kJ|kilojoule|kilojoules
power 1 W|watt|watts|Watt|Watts
power 1000 kW|kilowatt|kilowatts
voltage 1 V|volt|volts|Volt|Volts
current 1 A|amp|amps|ampere|amperes
resistance 1 Ω|ohm|ohms|\\Omega
pressure 1 Pa|pascal|pascals
pressure 1000 kPa
pressure 101325 atm
frequency 1 Hz|hertz|Hertz
frequency 1000 kHz
charge 1 C|coulomb|coulombs
field 1 T|tesla|teslas
amount 1 mol|mole|moles
amount 1/1000 mmol
data 1 byte|bytes|B
data 1000000 MB
data 1000000000 GB
bits 1 bit|bits
"""
TABLE = _table()
SPEED = {"mph": ("mi", "h"), "kph": ("km", "h"), "kmh": ("km", "h"), "kmph": ("km", "h")}
MULTIPLIERS = {
    "hundred": 10**2,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "dozen": 12,
}
POWERS = {"square": 2, "sq": 2, "squared": 2, "cubic": 3, "cu": 3, "cubed": 3}
NOT_UNITS = frozenset(
    listed(
        "or and not but if when for is are was then than to mod modulo over plus minus "
        "times divided either neither between i e x y z n a b more less fewer greater "
        "least most until only except below above under through remainder"
    )
)
TOKEN = re.compile(
    r"\\text\{([^{}]*)\}|(\\Omega|°[CF]|[A-Za-zμΩ°¢]+|[^\W\d_]+)|\^\{?(-?\d)\}?|([/*.\- ,])|(\d)"
    r"|\\frac(?=\{)|[{}()]"
)
GLUED = re.compile(
    r"^(.*?\d)((?:k|c|m|d|n)?(?:m|g|L|l|Hz|W|J|N|V|Pa)|[A-Za-z]{3,12}|lb|ft|yd|mi|oz|hr|in)$"
)
LEADING = re.compile(
    r"^([-+]?)((?:US|AU|CA|A|C|HK|NZ)?\\\$|US\$|€|£|¥|₹|₩|USD|EUR|GBP|Rs\.?)\s*(?=[-\d.\\])"
)
TRAILING_SIGN = re.compile(r"^(.*[\d}])\s*(€|£|¥|₹|元|\\\$)$")
SIGN_OF = {"€": "euro", "£": "GBP", "¥": "yen", "元": "yen", "₹": "rupee", "Rs": "rupee"}
TRIGONOMETRIC = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc)")
VALUE_END = re.compile(r"[\d})\]%]$|[\d})]\s*\\pi$|\\pi$|\\infty$|[A-Za-z]$|!$|\|$")


def without_unit(text: str) -> tuple[str, Unit | None]:
    """The value and its unit, None if it has none.

    >>> value, unit = without_unit(r"12 km/h")
    >>> value, unit.words
    ('12', 'km/h')
    >>> without_unit("2 x")
    ('2 x', None)
    """
    found = LEADING.match(text)
    if found:
        sign, name = found.group(1), found.group(2).rstrip(".")
        rest, _ = without_unit(text[found.end() :])
        return sign + rest, unit_of(SIGN_OF.get(name, "dollars"))
    found = TRAILING_SIGN.match(text)
    if found:
        return found.group(1), unit_of(SIGN_OF.get(found.group(2), "dollars"))
    if text.endswith("°") and not TRIGONOMETRIC.search(text):
        return text[:-1], unit_of("°")
    return _words_after(text)


def _words_after(text: str) -> tuple[str, Unit | None]:
    at = text.find("\\text{")
    if at <= 0:
        at = _first_word(text)
    if at > 0:
        value, unit = text[:at].rstrip().rstrip("/*"), unit_of(text[at:])
        return (value, unit) if unit is not None and VALUE_END.search(value) else (text, None)
    glued = GLUED.match(text)
    if glued and len(glued.group(2)) > 1 and (glued.group(2) in TABLE or glued.group(2) in SPEED):
        unit = unit_of(glued.group(2))
        return (text, None) if unit is None else (glued.group(1), unit)
    return text, None


WORD_START = re.compile(
    r"(?<=[\d})\]%!|]) (?=[A-Za-zμΩ°¢])|(?<=\\pi) (?=[A-Za-z])|(?<=\d)(?=°[CF]|Ω|¢)"
)
WORD = re.compile(r"[^\W\d_]+|°[CF]|¢")


def _first_word(text: str) -> int:
    """Where the words after a value begin; -1 if there are none."""
    for match in WORD_START.finditer(text):
        word = WORD.match(text, match.end())
        if word and (len(word.group()) > 1 or word.group() in TABLE):
            return match.start()
    return -1


@lru_cache(maxsize=20_000)
def unit_of(words: str) -> Unit | None:
    """What words after a value mean; None if they are more than a unit or a thing counted."""
    words = words.strip()
    flat = re.sub(r"\\text\{([^{}]*)\}", r" \1 ", words).strip().strip(".")
    tokens = list(TOKEN.finditer(flat))
    all_read = flat and "".join(token.group() for token in tokens) == flat
    return _read(words, tokens) if all_read else None


def _read(words: str, tokens: list[re.Match[str]]) -> Unit | None:
    dimension: dict[str, int] = {}
    size, sign, pending = Fraction(1), 1, 1
    last: tuple[str, int, Fraction] | None = None
    known, names = True, 0
    for token in tokens:
        name, power, between, digit = token.group(2), token.group(3), token.group(4), token.group(5)
        if name is not None:
            names += 1
            plain = name.lower() if len(name) > 1 else name
            if plain in NOT_UNITS and (names == 1 or plain in ("or", "and", "not")):
                return None
            if name.lower() in POWERS:
                if name.lower() in ("squared", "cubed") and last:
                    power, name = str(POWERS[name.lower()]), ""
                else:
                    pending = POWERS[name.lower()]
                    continue
            elif name == "per":
                sign = -1
                continue
        if name:
            kind, much = _kind(name)
            if not kind:
                known, last = False, ("", sign, Fraction(1))
                continue
            exponent, last = sign * pending, (kind, sign, much)
            for one, times, amount in _parts_of(name, kind, much):
                dimension[one] = dimension.get(one, 0) + exponent * times
                size *= amount**exponent
            pending = 1
        elif power or digit:
            if last is None or (digit and digit not in "23"):
                return None
            extra = last[1] * (int(power or digit) - 1)
            dimension[last[0]] = dimension.get(last[0], 0) + extra
            size *= last[2] ** extra
        elif between == "/":
            sign = -1
    if not names:
        return None
    if not known:
        return Unit(words)
    return Unit(words, tuple(sorted((k, v) for k, v in dimension.items() if v)), size)


def _kind(name: str) -> tuple[str, Fraction]:
    if name in SPEED:
        return "speed", Fraction(1)
    return (
        TABLE.get(name) or TABLE.get(name.lower() if len(name) > 2 else name) or ("", Fraction(1))
    )


def _parts_of(name: str, kind: str, much: Fraction) -> list[tuple[str, int, Fraction]]:
    if kind == "volume":  # a litre is a thousandth of a cubic metre
        return [("length", 3, much / 1000)]
    if name not in SPEED:
        return [(kind, 1, much)]
    over, under = (TABLE[part] for part in SPEED[name])
    return [(over[0], 1, over[1]), (under[0], -1, 1 / under[1])]


DEGREES = ({"angle", "temperature"}, {"angle", "fahrenheit"})


def same_unit(first: Unit | None, second: Unit | None) -> Fraction | None:
    """How many of the second unit make one of the first; None if their dimensions differ.

    Unknown words, and no unit at all, match everything.
    """
    if first is None or second is None or not first.dimension or not second.dimension:
        return Fraction(1)
    if first.dimension != second.dimension:
        kinds = {kind for unit in (first, second) for kind, _ in unit.dimension}
        return Fraction(1) if kinds in DEGREES else None
    return first.size / second.size
