"""How to read a page: caveats, and the methods in plain words, each with its source.

In: whether one run is shown or a pair. Out: the terms of the page's last section.
"""

from __future__ import annotations

from collections.abc import Sequence

from passgap.show.blocks import Term

PAPERS = "https://arxiv.org/abs/"
METHODS = "https://github.com/passgap/passgap/blob/main/docs/methods/"


def _paper(number: str) -> tuple[str, str]:
    return f"arXiv {number}", f"{PAPERS}{number}"


ALWAYS = (
    Term(
        "pass@k",
        "the share of problems that at least one of k independent tries solves, estimated without "
        "bias from n ≥ k samples. At k = 1 it is plain accuracy; at large k it is what the model "
        "can reach at all.",
        (_paper("2107.03374"), _paper("2504.13837")),
    ),
    Term(
        "Intervals",
        "95%. Those marked population are for problems like these; those marked fixed are for "
        "exactly these problems, where only the samples are random. A band holds for all k at "
        "once.",
        (_paper("2411.00640"),),
    ),
    Term(
        "Luck",
        "what guessing would solve within k tries, from how often wrong samples of other problems "
        "give this problem's answer.",
        (("how luck is measured", f"{METHODS}luck.md"),),
    ),
    Term(
        "Tilt",
        "every problem's odds multiplied by the same factor, exp(δ): what KL-regularised "
        "reinforcement learning with a verifiable reward does at its optimum. It changes problems "
        "that have some chance of success and leaves the others unchanged.",
        (_paper("2503.06639"),),
    ),
    Term(
        "Groups that teach",
        "GRPO compares completions of one problem with each other; a group that is all right or "
        "all wrong has no gradient.",
        (_paper("2402.03300"),),
    ),
)
AFTER = (
    Term(
        "Verdict",
        "the paired difference at a small and at a large k, each better, worse, the same within "
        "the margin, or open; and two tests, whether problems are new or lost that no change of "
        "the odds up to a limit explains. “Expanded” and “reshuffled” need the first of these "
        "tests.",
        (("how two runs are compared", f"{METHODS}comparison.md"),),
    ),
)
CAVEATS_AFTER = (
    Term(
        "One checkpoint is not a recipe.",
        "The intervals cover the choice of problems and the luck of the samples, not the luck of "
        "the training seed. For a claim about a method, train several seeds.",
    ),
    Term(
        "Unclear is not equal.",
        "“Equivalent” is claimed only where the interval lies inside the margin; a wide interval "
        "proves nothing, and the verdict then says what would settle it.",
    ),
    Term(
        "“Lost” and “gained” are partly luck.",
        "A problem solved once in many samples may be missed the next time; compare both numbers "
        "with the changes that chance alone causes.",
    ),
)
CAVEATS_BEFORE = (
    Term(
        "A small gap means two things.",
        "If nearly all problems are solved, they are mastered; if nearly none are, they are out of "
        "reach. The verdict distinguishes the two cases, the gap alone does not.",
    ),
    Term(
        "Headroom is what could be gained, not what will be.",
        "Training also needs groups that contain correct and incorrect completions, and a recipe "
        "that works.",
    ),
)
CAVEATS_ALWAYS = (
    Term(
        "It is as good as its verifier.",
        "A correct answer with wrong reasoning counts; a correct answer in a form that the "
        "verifier cannot read does not. At large k, lucky guesses count as ability. "
        "Read some completions.",
    ),
    Term(
        "Population or these problems.",
        "An interval marked population treats the problems as a sample of those you care about; "
        "fixed means exactly these problems. The settings say which one is used.",
    ),
)


def methods(*, paired: bool) -> list[Term]:
    """The methods behind a page of one run, or of two."""
    return [*ALWAYS, *(AFTER if paired else ())]


def caveats(temperatures: Sequence[float], *, paired: bool) -> list[Term]:
    """When not to trust it; ``temperatures`` are those of the runs, as far as they are known."""
    found = ", ".join(map(str, sorted(set(temperatures))))
    at = f" These runs: temperature {found}." if found else ""
    decoding = Term(
        "It holds at this temperature and prompt.",
        "The curves describe weights and decoding together; at another temperature or with another "
        f"prompt they can have other values and cross elsewhere.{at}",
    )
    return [decoding, *(CAVEATS_AFTER if paired else CAVEATS_BEFORE), *CAVEATS_ALWAYS]
