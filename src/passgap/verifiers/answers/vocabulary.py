"""The words used in answers: functions, letters, numbers, short words."""

from __future__ import annotations


def listed(words: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(words.split())


FUNCTIONS = listed(
    "arcsin arccos arctan sinh cosh tanh sin cos tan cot sec csc ln log lg exp sqrt max min gcd lcm"
)
LOWER_GREEK = listed(  # in the order of Unicode, from U+03B1
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho "
    "varsigma sigma tau upsilon phi chi psi omega"
)
GREEK = tuple(name for name in LOWER_GREEK if name != "pi") + listed(
    "varepsilon vartheta varphi Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega"
)
UP_TO_TWENTY = listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
TENS = listed("thirty forty fifty sixty seventy eighty ninety")
NUMBER_WORDS = {name: value for value, name in enumerate(UP_TO_TWENTY)} | {
    name: 10 * tens for tens, name in enumerate(TENS, 3)
}
BASES = {name: value for name, value in NUMBER_WORDS.items() if 2 <= value <= 16} | {
    "binary": 2,
    "octal": 8,
    "decimal": 10,
    "hexadecimal": 16,
    "hex": 16,
}
SHORT_WORDS = frozenset(  # words of fewer than four letters that are not products of variables
    listed(
        "yes no odd all any one two six ten none true even both red blue left up down east west "
        "north south mon tue wed thu fri sat sun jan feb mar apr may jun jul aug sep oct nov dec "
        "dne man boy girl cat dog yen win lose tie"
    )
)
