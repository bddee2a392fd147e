"""The labels of every verdict: what each says, its colour, and what would settle it.

A label is added here and nowhere else: terminal, page, notebook, viewer and Markdown read what they
show from its member. A sentence is a template; the fields that a question fills in are listed above
its enum. Labels compare and serialise as their value, a plain string.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Literal, Self

State = Literal["up", "equivalent", "down", "unclear"]
STATES: Mapping[State, str] = {  # where the trained policy stands at one k, in words
    "up": "better",
    "down": "worse",
    "equivalent": "the same, within the margin",
    "unclear": "not shown to be better or worse",
}
KNOWN: frozenset[State] = frozenset({"up", "equivalent", "down"})
UNCLEAR: frozenset[State] = frozenset({"unclear"})


class Tone(Enum):
    """How a label is shown: the news is good, still open, or bad."""

    GOOD = "green"
    OPEN = "yellow"
    BAD = "red"


@dataclass(frozen=True)
class Variant:
    """Another sentence for the same label, for these states at the two deciding k."""

    small: frozenset[State]
    large: frozenset[State]
    sentence: str


class Label(StrEnum):
    """A verdict's label; the enum of each question holds its members.

    ``sentence`` says the verdict to whoever pays for the training, ``settles`` says what would
    decide an open one and is empty for a decided one.
    """

    tone: Tone
    sentence: str
    settles: str
    variants: tuple[Variant, ...]

    def __new__(
        cls,
        value: str,
        tone: Tone,
        sentence: str,
        settles: str = "",
        variants: tuple[Variant, ...] = (),
    ) -> Self:
        label = str.__new__(cls, value)
        label._value_ = value
        label.tone, label.sentence, label.settles = tone, sentence, settles
        label.variants = variants
        return label

    def sentence_at(self, small: State | None, large: State | None) -> str:
        """The sentence for the states of the difference at the small and at the large k."""
        fitting = (one for one in self.variants if small in one.small and large in one.large)
        return next((one.sentence for one in fitting), self.sentence)

    @property
    def settled(self) -> bool:
        """Whether nothing is left open."""
        return not self.settles

    @property
    def words(self) -> str:
        """The label as people read it."""
        return self.value.replace("_", " ").replace("rlvr", "RLVR")


class ProbeLabel(Label):
    """Before training. Fields: k, K, at_k, at_K, gap, gap_range, of, open."""

    RLVR_CAN_PAY = (
        "rlvr_can_pay",
        Tone.GOOD,
        "Reinforcement learning can pay here: with {K} tries the model solves {at_K} of {of}, "
        "with {k} only {at_k}. Training can turn part of that {gap}-point gap into answers found "
        "in the first tries.",
    )
    MODEST_HEADROOM = (
        "modest_headroom",
        Tone.OPEN,
        "Expect a modest gain: {K} tries solve {at_K} of {of} and {k} tries {at_k}, so training "
        "has about {gap} points to work with.",
    )
    LITTLE_HEADROOM = (
        "little_headroom",
        Tone.BAD,
        "Little to gain: the model either masters a problem or never solves it. {K} tries solve "
        "{at_K} of {of}, hardly more than {k} tries ({at_k}).",
    )
    SATURATED = (
        "saturated",
        Tone.BAD,
        "These problems are too easy to train on: {k} tries already solve {at_k} of them. Harder "
        "problems would teach more.",
    )
    OUT_OF_REACH = (
        "out_of_reach",
        Tone.BAD,
        "Reinforcement learning has nothing to reinforce here: even {K} tries solve only {at_K} of "
        "{of}. Improve the base model first, by pretraining, fine-tuning or distillation.",
    )
    UNDECIDED = (
        "undecided",
        Tone.OPEN,
        "Not decided: the gap between {k} and {K} tries is {gap} points ({gap_range}){open}.",
        "more problems, or more samples per problem where the interval is about exactly these "
        "problems",
    )


LEFT_OPEN: Mapping[tuple[bool, bool], str] = {  # is a small gap possible, and a large one?
    (True, True): (
        ", so headroom is at least {low} and at most {high} points: a gain worth paying for and "
        "no gain at all are both possible"
    ),
    (True, False): (
        ", so headroom is at most {high} points, which excludes a large gain; whether there are "
        "{small} points or more is open"
    ),
    (False, True): (
        ", so headroom is at least {low} points: there is something to gain; whether it is worth "
        "training for, above {large} points, is open"
    ),
    (False, False): ", and no verdict is given: {reason}",
}


MORE_PROBLEMS = (
    "more problems, or more samples per problem where the interval is about exactly these problems"
)


FEW_DRAWS_UP = (
    "The model finds answers sooner: within {k} tries the change is {delta_k}. With the samples "
    "available, {K} is the largest number of tries that can be compared, too few to say what "
    "training did overall: {delta_K}."
)
FEW_DRAWS_DOWN = (
    "The model got worse at its first tries: within {k} tries the change is {delta_k}. With the "
    "samples available, {K} is the largest number of tries that can be compared, too few to say "
    "what training did overall: {delta_K}."
)
FEW_DRAWS_SAME = (
    "Within {k} tries there is no change that matters: {delta_k}. With the samples available, {K} "
    "is the largest number of tries that can be compared, too few to say what training did "
    "overall: {delta_K}."
)


UNPAIRED = (  # an open label of runs that are not paired, with both ends decided
    "Within {k} tries the change is {delta_k}, within {K} tries {delta_K}. That is the net "
    "change: runs that are not paired cannot show whether the solved problems are still the same "
    "ones."
)


class CompareLabel(Label):
    """After training.

    Fields: k, K, base_k, base_K, trained_k, trained_K, delta_k, delta_K, at_k, at_K, reason, new,
    lost, odds, lost_odds.
    """

    SHARPENED = (
        "sharpened",
        Tone.GOOD,
        "Training made the model find answers sooner, not find more of them: within {k} tries it "
        "solves {trained_k} of the problems (before: {base_k}), within {K} tries no more than "
        "before ({trained_K}, before: {base_K}).",
        "",
        (
            Variant(
                KNOWN | UNCLEAR,
                frozenset({"up"}),
                "Training made the model find answers sooner: within {k} tries it solves "
                "{trained_k} of the problems (before: {base_k}). Within {K} tries it also solves "
                "more ({trained_K}, before: {base_K}): the base is not exhausted there, and no "
                "problem is shown to be new.",
            ),
        ),
    )
    SHARPENED_NARROWED = (
        "sharpened_narrowed",
        Tone.BAD,
        "Training made the model find answers sooner and lose others: within {k} tries it solves "
        "{trained_k} of the problems (before: {base_k}), but within {K} tries fewer than before "
        "({trained_K}, before: {base_K}).",
        "",
        (
            Variant(
                KNOWN,
                frozenset({"up", "equivalent", "unclear"}),
                "Training made the model find answers sooner and lose others: within {k} tries it "
                "solves {trained_k} of the problems (before: {base_k}), but {lost} problems that "
                "the base solves are lost. Within {K} tries it solves {trained_K} (before: "
                "{base_K}).",
            ),
        ),
    )
    NARROWED = (
        "narrowed",
        Tone.BAD,
        "Training cost ability: within {k} tries nothing was gained ({trained_k}, before: "
        "{base_k}), and problems were lost: within {K} tries the model solves {trained_K} "
        "(before: {base_K}).",
    )
    EXPANDED = (
        "expanded",
        Tone.GOOD,
        "Training reached further: the model solves {new} problems that the base does not, and "
        "no sharpening of the odds by up to {odds}-fold explains that. Within {K} tries it "
        "solves {trained_K} of the problems (before: {base_K}), within {k} tries {trained_k} "
        "(before: {base_k}).",
    )
    RESHUFFLED = (
        "reshuffled",
        Tone.OPEN,
        "Training traded abilities: the model solves {new} problems that the base does not, and "
        "no longer solves {lost} that the base does. The net change is {delta_k} within {k} "
        "tries and {delta_K} within {K}.",
    )
    BROADENED = (
        "broadened",
        Tone.BAD,
        "Training spread the model out: it is no better within {k} tries ({trained_k}, before: "
        "{base_k}) but better within {K} ({trained_K}, before: {base_K}).",
    )
    DEGRADED = (
        "degraded",
        Tone.BAD,
        "Training made the model worse: within {k} tries it solves {trained_k} of the problems "
        "(before: {base_k}), within {K} tries {trained_K} (before: {base_K}).",
    )
    UNCHANGED = (
        "unchanged",
        Tone.BAD,
        "Training changed nothing that matters: the model solves {trained_k} of the problems "
        "within {k} tries (before: {base_k}) and {trained_K} within {K} (before: {base_K}).",
    )
    UP_AT_SMALL_K = (
        "up_at_small_k",
        Tone.OPEN,
        "The model finds answers sooner: within {k} tries the change is {delta_k}. Within {K} "
        "tries the result is open: {delta_K}.",
        MORE_PROBLEMS,
        (Variant(KNOWN, KNOWN, FEW_DRAWS_UP),),
    )
    DOWN_AT_SMALL_K = (
        "down_at_small_k",
        Tone.OPEN,
        "The model got worse at its first tries: within {k} tries the change is {delta_k}. Within "
        "{K} tries the result is open: {delta_K}.",
        MORE_PROBLEMS,
        (Variant(KNOWN, KNOWN, FEW_DRAWS_DOWN),),
    )
    SAME_AT_SMALL_K = (
        "same_at_small_k",
        Tone.OPEN,
        "Within {k} tries there is no change that matters: {delta_k}. Within {K} tries the result "
        "is open: {delta_K}.",
        MORE_PROBLEMS,
        (Variant(KNOWN, KNOWN, FEW_DRAWS_SAME),),
    )
    UP_AT_LARGE_K = (
        "up_at_large_k",
        Tone.OPEN,
        "With many tries the model solves more: within {K} tries the change is {delta_K}. Within "
        "{k} tries the result is open: {delta_k}.",
        MORE_PROBLEMS,
    )
    DOWN_AT_LARGE_K = (
        "down_at_large_k",
        Tone.OPEN,
        "With many tries the model solves fewer problems, or some are lost: within {K} tries the "
        "change is {delta_K}. Within {k} tries the result is open: {delta_k}.",
        MORE_PROBLEMS,
    )
    SAME_AT_LARGE_K = (
        "same_at_large_k",
        Tone.OPEN,
        "Within {K} tries there is no change that matters: {delta_K}. Within {k} tries the result "
        "is open: {delta_k}.",
        MORE_PROBLEMS,
    )
    DEPENDS_ON_CUTS = (
        "depends_on_cuts",
        Tone.OPEN,
        "The verdict depends on answers that were cut off or never given: {reason}.",
        "a higher max_tokens for both policies, or a comparison of complete answers only",
    )
    DEPENDS_ON_MARKS = (
        "depends_on_marks",
        Tone.OPEN,
        "The verdict depends on how answers are read: {reason}.",
        "the same answer format for both policies, or an audit of the verifier (passgap audit)",
    )
    INCONCLUSIVE = (
        "inconclusive",
        Tone.OPEN,
        "The numbers do not decide it yet: within {k} tries the difference is {delta_k}, within "
        "{K} tries it is {delta_K}.",
        MORE_PROBLEMS,
        (
            Variant(
                KNOWN,
                UNCLEAR,
                "No verdict is given: {reason}. Within {k} tries the trained policy is {at_k}: "
                "{delta_k}; within {K} tries the result is open: {delta_K}.",
            ),
            Variant(
                UNCLEAR,
                KNOWN,
                "No verdict is given: {reason}. Within {K} tries the trained policy is {at_K}: "
                "{delta_K}; within {k} tries the result is open: {delta_k}.",
            ),
            Variant(
                KNOWN,
                KNOWN,
                "No verdict is given: {reason}. Within {k} tries the trained policy is {at_k}: "
                "{delta_k}; within {K} tries {at_K}: {delta_K}.",
            ),
        ),
    )


AT_SMALL = {CompareLabel.UP_AT_SMALL_K, CompareLabel.DOWN_AT_SMALL_K, CompareLabel.SAME_AT_SMALL_K}


class SweepLabel(Label):
    """Several checkpoints. Fields: K, since, step, keep."""

    COVERAGE_FALLS = (
        "coverage_falls",
        Tone.BAD,
        "Coverage, pass@{K}, begins to fall between {since} and step {step}. {keep}",
    )
    COVERAGE_HOLDS = ("coverage_holds", Tone.GOOD, "Coverage, pass@{K}, holds throughout. {keep}")
    NO_FALL_SHOWN = (
        "no_fall_shown",
        Tone.OPEN,
        "A fall of coverage, pass@{K}, is neither shown nor excluded. {keep}",
        "more problems",
    )
    INCONCLUSIVE = (
        "inconclusive",
        Tone.OPEN,
        "A fall of coverage, pass@{K}, is neither shown nor excluded. {keep}",
        "more samples per problem",
    )


class StartsLabel(Label):
    """Several starts, or pools. Fields: verb, best, has, noun, where, ahead, alike."""

    ONE_STANDS_OUT = (
        "one_stands_out",
        Tone.GOOD,
        "{verb} {best}: it has {has}, and every other {noun} is shown to be behind it {where}.",
    )
    TRADE_OFF = (
        "trade_off",
        Tone.OPEN,
        "{best} has {has}, but {ahead} is ahead of it {where}: what training makes of that is what "
        "the forecast is unsure of.",
        "a short training from each of the two",
    )
    NONE_STANDS_OUT = (
        "none_stands_out",
        Tone.OPEN,
        "{best} has {has}, but it is not shown to differ from {alike} {where}.",
        "more problems",
    )


class ReachLabel(Label):
    """Could the base have done it? Fields: gained, budget, reachable, beyond_budget, undecided."""

    NOTHING_GAINED = (
        "nothing_gained",
        Tone.OPEN,
        "Nothing to explain: the base solved every problem that the trained policy solved, in "
        "its own samples.",
    )
    WITHIN_REACH = (
        "within_reach",
        Tone.OPEN,
        "The base could have solved what only the trained policy solved: on {reachable} of "
        "{gained} such problems it is certified to succeed within {budget} samples.",
    )
    BEYOND_REACH = (
        "beyond_reach",
        Tone.GOOD,
        "What only the trained policy solved is out of the base's reach: on {beyond_budget} of "
        "{gained} such problems it needs more than {budget} samples.",
    )
    MIXED = (
        "mixed",
        Tone.OPEN,
        "Of {gained} problems that only the trained policy solved, {reachable} are within the "
        "base's reach ({budget} samples) and {beyond_budget} are not.",
    )
    UNDECIDED = (
        "undecided",
        Tone.OPEN,
        "Not decided: on {undecided} of {gained} problems that only the trained policy solved, "
        "the base may or may not succeed within {budget} samples.",
        "more samples of the trained policy, which raise the lower bounds",
    )
