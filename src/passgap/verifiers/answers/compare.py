"""Whether an answer is the reference: form by form, value by value.

In: two answers. Out: True, False, or None where algebra has to decide; then `asked` lists the pairs
of expressions to ask it about. Order counts where the form has one (a tuple, an interval, a matrix)
but not where it has none (a list, a set); a name binds its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from passgap.verifiers.answers.forms import (
    Based,
    Clock,
    Either,
    Equation,
    Form,
    Grid,
    Group,
    Named,
    Nothing,
    Opaque,
    Ratio,
    Region,
    Relation,
    Scalar,
    Words,
)
from passgap.verifiers.answers.parse import as_list, form
from passgap.verifiers.answers.regions import as_region
from passgap.verifiers.answers.scalars import PRINTED_DIGITS, proportional, same_value
from passgap.verifiers.answers.spelling import squeezed
from passgap.verifiers.answers.units import same_unit
from passgap.verifiers.answers.values import has_letters, known_value
from passgap.verifiers.answers.words import plain_words

Pair = tuple[str, str]
Answer = bool | None
Rule = Callable[..., Answer]
MOST_UNORDERED = 64


@dataclass
class Algebra:
    """Algebra's verdicts on pairs of expressions, and the open questions to it."""

    known: dict[Pair, bool] = field(default_factory=dict)
    asked: list[Pair] = field(default_factory=list)

    def same(self, first: str, second: str) -> Answer:
        """Whether two expressions are equal as far as is known."""
        found = same_value(first, second)
        if found is not None:
            return found
        return self.ask(first, second)

    def ask(self, first: str, second: str) -> Answer:
        """Algebra's verdict; None if unknown, and then the pair is queued for it."""
        pair = (first, second)
        if pair not in self.known:
            self.asked.append(pair)
        return self.known.get(pair)


def equal(gold: str, answer: str, algebra: Algebra | None = None) -> Answer:
    r"""Whether an answer is the reference.

    >>> equal("5", "x = 5"), equal("(3,4)", "y=3, x=4"), equal(r"[3,\infty)", r"x \ge 3")
    (True, False, True)
    """
    if gold.strip() == answer.strip():
        return True
    ours, theirs = exact(gold), exact(answer)
    if ours is not None and theirs is not None and len(gold) + len(answer) < PRINTED_DIGITS:
        return ours == theirs
    wanted, given = form(gold), form(answer)
    found = _same(wanted, given, algebra or Algebra())
    if found is False and isinstance(wanted, Group) and isinstance(given, Scalar) and "," in answer:
        return _same(wanted, as_list(answer), algebra or Algebra())  # 10,100 is two numbers too
    return found


@lru_cache(maxsize=200_000)
def exact(answer: str) -> Fraction | None:
    """The number, if an answer is a number and nothing else; None otherwise."""
    found = form(answer)
    if not isinstance(found, Scalar) or found.unit or found.percent or has_letters(found.text):
        return None
    number = known_value(found.text)
    return number if isinstance(number, Fraction) else None


def _same(gold: Form, answer: Form, algebra: Algebra) -> Answer:
    rule, swapped = RULE_OF.get((type(gold), type(answer)), (_different, False))
    found = rule(answer, gold, algebra) if swapped else rule(gold, answer, algebra)
    if found is True or (found is False and isinstance(gold, Scalar) and gold.unit is None):
        return found  # different values are different, however they are written
    return True if _without_spaces(gold) == _without_spaces(answer) else found


def _without_spaces(found: Form) -> str:
    text = found.whole if isinstance(found, Scalar) and found.whole else found.text
    return _bare(text)


@lru_cache(maxsize=100_000)
def _bare(text: str) -> str:
    return squeezed(ONE_IN_BRACES.sub(r"\1", text))


ONE_IN_BRACES = re.compile(r"\{(\w)\}")


def _different(gold: Form, answer: Form, algebra: Algebra) -> Answer:
    return False


def _all(found: Sequence[Answer]) -> Answer:
    if any(one is False for one in found):
        return False
    return None if any(one is None for one in found) else True


# -- one rule for each pair of kinds


def _opaque(one: Opaque, other: Form, algebra: Algebra) -> Answer:
    """What is not understood goes to algebra, unless the other is words or has another shape."""
    if isinstance(other, Words | Clock | Based) or not one.text or not other.text:
        return plain_words(one.text) == plain_words(other.text) and bool(plain_words(one.text))
    if "\\text{" in one.text or re.search(r"[A-Za-z]{4,} [A-Za-z]{2,}", one.text):
        return plain_words(one.text) == plain_words(other.text)
    whole = other.whole if isinstance(other, Scalar) else other.text
    return algebra.ask(one.text, whole)


def _scalars(gold: Scalar, answer: Scalar, algebra: Algebra) -> Answer:
    if gold.percent != answer.percent and gold.unit is None and answer.unit is None:
        return _percent(gold, answer, algebra)
    if CHOICE_LETTERS.fullmatch(gold.whole) and CHOICE_LETTERS.fullmatch(answer.whole):
        return gold.whole.lower() == answer.whole.lower()
    factor = same_unit(answer.unit, gold.unit)
    if factor is None:
        return False
    scaled = answer.text if factor == 1 else f"({answer.text})*({factor})"
    found = algebra.same(gold.text, scaled)
    if found is False and (gold.unit or answer.unit) and "\\text" not in gold.whole + answer.whole:
        whole = same_value(gold.whole, answer.whole)  # a letter that is not a unit
        return bool(whole)
    return found


CHOICE_LETTERS = re.compile(r"[A-Ja-j]")


def _percent(one: Scalar, other: Scalar, algebra: Algebra) -> Answer:
    percent, plain = (one, other) if one.percent else (other, one)
    found = algebra.same(percent.text, plain.text)
    return found or algebra.same(f"\\frac{{{percent.text}}}{{100}}", plain.text)


def _words(one: Words, other: Form, algebra: Algebra) -> Answer:
    mine = one.text
    if isinstance(other, Words):
        return _singular(mine) == _singular(other.text)
    if isinstance(other, Scalar) and re.fullmatch(r"[A-Za-z]{1,3}", other.whole):
        return mine == other.whole.lower() and (len(mine) == 1 or mine not in ("e", "i"))
    return False


def _singular(text: str) -> str:
    return re.sub(r"(?<=\w{2})s\b", "", text).replace("-", " ")


def _either(one: Either, other: Form, algebra: Algebra) -> Answer:
    """Said twice: one of the two being right is enough; two choices are compared by their
    letters."""
    if isinstance(other, Either) and all(isinstance(e.options[0], Words) for e in (one, other)):
        return _same(one.options[0], other.options[0], algebra)
    found = [_same(option, other, algebra) for option in one.options]
    return True if True in found else None if None in found else False


def _named(one: Named, other: Form, algebra: Algebra) -> Answer:
    if isinstance(other, Named):
        return _both_named(one, other, algebra)
    if isinstance(other, Equation):
        return _as_equation(one, other, algebra)
    if isinstance(other, Region | Relation | Opaque):
        return False
    names = [name for name, _ in one.values]
    if len(set(names)) == 1:
        items = tuple(item for _, item in one.values)
        if len(items) == 1:
            return _same(items[0], other, algebra)
        return _same(Group(one.text, items), other, algebra)
    if not isinstance(other, Group) or len(set(names)) != len(names):
        return False
    one_letter = len({name.split("_")[0] for name in names}) == 1  # x_1, x_2: no order is implied
    if other.brackets == "{}" or (not other.brackets and one_letter):
        return _unordered(tuple(item for _, item in one.values), other.items, algebra)
    if other.brackets not in ("()", "[]", ""):
        return False
    by_name = sorted(one.values, key=lambda pair: pair[0].strip().lstrip("\\"))
    return _ordered([item for _, item in by_name], other.items, algebra)


def _both_named(one: Named, other: Named, algebra: Algebra) -> Answer:
    ours, theirs = _by_name(one), _by_name(other)
    if set(ours) != set(theirs):
        if len(one.values) == len(other.values) == 1 and _labels(
            one.values[0][0], other.values[0][0]
        ):
            return _same(one.values[0][1], other.values[0][1], algebra)
        return _as_equation(one, other, algebra)
    return _all([_unordered(ours[name], theirs[name], algebra) for name in ours])


def _by_name(named: Named) -> dict[str, tuple[Form, ...]]:
    found: dict[str, tuple[Form, ...]] = {}
    for name, item in named.values:
        key = re.sub(r"[\s{}]", "", name)
        found[key] = (*found.get(key, ()), item)
    return found


def _labels(one: str, other: str) -> bool:
    """Whether two different names may mean the same thing: words, ``y`` and ``f(x)``."""
    if any("\\text" in name or len(re.sub(r"[^A-Za-z]", "", name)) > 3 for name in (one, other)):
        return True
    return any("(" in name for name in (one, other)) and any(name == "y" for name in (one, other))


def _as_equation(one: Named, other: Named | Equation, algebra: Algebra) -> Answer:
    """A name and its value as an equation: ``y = 2x+1`` against ``2x - y + 1 = 0``."""
    ours = _sides(one)
    theirs = _sides(other) if isinstance(other, Named) else (other.left, other.right)
    if ours is None or theirs is None:
        return False
    if isinstance(other, Named) and not (has_letters(ours[1]) or has_letters(theirs[1])):
        return False
    found = proportional(ours, theirs)
    return algebra.ask(one.text, other.text) if found is None else found


def _sides(named: Named) -> Pair | None:
    if len(named.values) != 1 or not isinstance(named.values[0][1], Scalar):
        return None
    return named.values[0][0], named.values[0][1].text


def _groups(gold: Group, answer: Group, algebra: Algebra) -> Answer:
    brackets = {gold.brackets, answer.brackets} - {""}
    if len(brackets) == 2:
        return False
    if not brackets or brackets == {"{}"}:
        return _unordered(gold.items, answer.items, algebra)
    if gold.brackets and answer.brackets:
        return _ordered(gold.items, answer.items, algebra)
    bracketed = gold if gold.brackets else answer
    if bracketed.brackets == "()" or (bracketed.brackets == "[]" and len(bracketed.items) != 2):
        return _ordered(gold.items, answer.items, algebra)
    return False


def _ordered(gold: Sequence[Form], answer: Sequence[Form], algebra: Algebra) -> Answer:
    if len(gold) != len(answer):
        return False
    return _all([_same(a, b, algebra) for a, b in zip(gold, answer, strict=True)])


def _unordered(gold: Sequence[Form], answer: Sequence[Form], algebra: Algebra) -> Answer:
    """Whether each entry has its own partner; entries written twice count twice."""
    if len(gold) != len(answer):
        return False
    if len(gold) > MOST_UNORDERED:
        return _ordered(gold, answer, algebra)
    left = list(answer)
    unsure = False
    # The first partner known to be equal is taken at once: what is equal to it is equal to the
    # others that could have taken it. An undecided one is taken only if none known to be equal is
    # left, and then the result is undecided.
    for item in gold:
        found = [_same(item, other, algebra) for other in left]
        if True in found:
            left.pop(found.index(True))
        elif None in found:
            unsure = True
            left.pop(found.index(None))
        else:
            return False
    return None if unsure else True


def _group_and_other(one: Group, other: Form, algebra: Algebra) -> Answer:
    """A set of one entry is that entry; a column is a tuple; an interval is a region."""
    if isinstance(other, Region):
        region = as_region(one)
        return _regions(region, other, algebra) if region else False
    if isinstance(other, Grid):
        one_line = len(other.rows) == 1 or all(len(row) == 1 for row in other.rows)
        if one.brackets == "{}" or not one_line:
            return False
        return _ordered(one.items, [cell for row in other.rows for cell in row], algebra)
    single = len(one.items) == 1 and one.brackets in ("{}", "[]", "()")
    if single and isinstance(other, Scalar | Words):
        return _same(one.items[0], other, algebra)
    return False


def _regions(one: Region, other: Region, algebra: Algebra) -> Answer:
    if one.name and other.name and one.name != other.name:
        return False
    if len(one.intervals) != len(other.intervals):
        return False
    found: list[Answer] = []
    for a, b in zip(one.intervals, other.intervals, strict=True):
        if (a[1], a[3]) != (b[1], b[3]):
            return False
        found += [algebra.same(a[0], b[0]), algebra.same(a[2], b[2])]
    return _all(found)


def _relations(one: Relation, other: Relation, algebra: Algebra) -> Answer:
    if (one.equal, one.other) != (other.equal, other.other):
        return False
    found = proportional((one.left, one.right), (other.left, other.right), positive=not one.other)
    return algebra.ask(one.text, other.text) if found is None else found


def _relation_and_region(one: Relation, other: Region, algebra: Algebra) -> Answer:
    """``2x > 10`` bounds what ``x > 5`` bounds."""
    if len(other.intervals) != 1 or not other.name or one.other:
        return False
    low, low_in, high, high_in = other.intervals[0]
    if high == "\\infty":
        sides, equal_too = (other.name, low), low_in
    elif low == "-\\infty":
        sides, equal_too = (high, other.name), high_in
    else:
        return False
    if equal_too != one.equal:
        return False
    return proportional((one.left, one.right), sides, positive=True)


def _equations(one: Equation, other: Equation, algebra: Algebra) -> Answer:
    found = proportional((one.left, one.right), (other.left, other.right))
    return algebra.ask(one.text, other.text) if found is None else found


def _based(one: Based, other: Form, algebra: Algebra) -> Answer:
    if isinstance(other, Based):
        return one.base == other.base and one.digits == other.digits
    if isinstance(other, Scalar):
        return other.whole.upper().lstrip("0") == one.digits
    return isinstance(other, Words) and other.text.upper() == one.digits


def _clocks(one: Clock, other: Clock, algebra: Algebra) -> Answer:
    if one.seconds != other.seconds:
        return False
    if one.half and other.half:
        return _minutes(one) == _minutes(other)
    if not one.half and not other.half:
        return one.minutes == other.minutes
    halved, plain = (one, other) if one.half else (other, one)
    return plain.minutes == halved.minutes or (
        plain.minutes >= 13 * 60 and plain.minutes == _minutes(halved)
    )


def _minutes(clock: Clock) -> int:
    hours = clock.minutes // 60 % 12 + (12 if clock.half == "pm" else 0)
    return hours * 60 + clock.minutes % 60


def _ratios(one: Ratio, other: Ratio, algebra: Algebra) -> Answer:
    if len(one.parts) != len(other.parts):
        return False
    first, *rest = zip(one.parts, other.parts, strict=True)
    found = [algebra.same(f"({a})*({first[1]})", f"({b})*({first[0]})") for a, b in rest]
    return _all(found)


def _ratio_and_other(one: Ratio, other: Form, algebra: Algebra) -> Answer:
    if not isinstance(other, Scalar) or other.unit or other.percent or len(one.parts) != 2:
        return False
    return algebra.same(f"\\frac{{{one.parts[0]}}}{{{one.parts[1]}}}", other.text)


def _grids(one: Grid, other: Grid, algebra: Algebra) -> Answer:
    if len(one.rows) != len(other.rows):
        return False
    return _all([_ordered(a, b, algebra) for a, b in zip(one.rows, other.rows, strict=True)])


# The first rule that fits, in either direction, decides, so the order is part of the meaning. What
# says nothing equals nothing; what is said twice is split before anything else; what is not
# understood comes before all rules that could call it different: only a computed difference is a
# difference, and algebra has to decide about such a text.
RULES: tuple[tuple[tuple[type[Form], type[Form]], Rule], ...] = (
    ((Nothing, Form), lambda one, other, algebra: False),
    ((Either, Form), _either),
    ((Opaque, Form), _opaque),
    ((Words, Form), _words),
    ((Scalar, Scalar), _scalars),
    ((Named, Form), _named),
    ((Group, Group), _groups),
    ((Based, Form), _based),
    ((Group, Form), _group_and_other),
    ((Region, Region), _regions),
    ((Relation, Region), _relation_and_region),
    ((Relation, Relation), _relations),
    ((Equation, Equation), _equations),
    ((Clock, Clock), _clocks),
    ((Ratio, Ratio), _ratios),
    ((Ratio, Form), _ratio_and_other),
    ((Grid, Grid), _grids),
)


KINDS: tuple[type[Form], ...] = tuple(Form.__subclasses__())


def _rule(gold: type[Form], answer: type[Form]) -> tuple[Rule, bool]:
    """The rule for a pair of kinds, and whether it takes them in reverse order."""
    for kinds, rule in RULES:
        if issubclass(gold, kinds[0]) and issubclass(answer, kinds[1]):
            return rule, False
        if issubclass(gold, kinds[1]) and issubclass(answer, kinds[0]):
            return rule, True
    return _different, False


RULE_OF = {(gold, answer): _rule(gold, answer) for gold in KINDS for answer in KINDS}


WHOLE = re.compile(r"0|-?[1-9][0-9]{0,15}")  # already in that form


@lru_cache(maxsize=100_000)
def key(answer: str) -> str:
    """The form in which answers are counted: equal for answers that are equal without algebra.

    >>> key("0.5"), key(r"\\frac{2}{4}"), key("x = 5")
    ('1/2', '1/2', '5')
    """
    if len(answer) > LONGEST or WHOLE.fullmatch(answer):
        return answer
    found = form(answer)
    if isinstance(found, Named) and len(found.values) == 1:
        found = found.values[0][1]
    if isinstance(found, Words):
        return found.text
    if isinstance(found, Scalar) and not has_letters(found.text):
        exact = known_value(found.text)
        if isinstance(exact, Fraction) and max(exact.denominator, abs(exact.numerator)) < SHORT:
            return str(exact)
    return _without_spaces(found)


LONGEST = 2_000
SHORT = 10**400
