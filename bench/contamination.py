"""Duplicates between problem sets: what is found, and what it costs, beside MinHash LSH.

    pip install --target .peers --no-deps datasketch==2.0.0
    python bench/contamination.py [--peers .peers] [--page docs/results/contamination.md]

Three questions: which edits of GSM8K's questions are still found; what is reported between sets of
one generator, which share their form but no problem; and time, memory and recall at several sizes.
GSM8K comes from PASSGAP_DATA or the hub. About ten minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from unittest import mock

import numpy as np

from passgap.data.problems import Problem, ProblemSet
from passgap.problems import overlap as ours
from passgap.results.overlap import KINDS, Overlap
from passgap.stages.resolving import resolve_problems

Edit = Callable[[str, random.Random], str]
WORD = re.compile(r"[A-Za-z]{3,}")
GENERATORS = (
    *("chain_sum", "gsm_symbolic", "knights_knaves", "word_sorting", "letter_counting"),
    *("countdown", "simple_equations", "syllogism", "propositional_logic", "caesar_cipher"),
)
WORDS = 20_000  # of the fabricated questions, with Zipf's frequencies
LENGTHS = {4: (1, 2), 5: (1, 2, 1), 8: (1, 2, 4)}  # of n-grams, and how they are put together
COMPARED = ("1 word changed", "2 words changed", "4 words changed", "one sentence left out")
PLANTED = 10  # every so many problems have a copy among the others
SIZES = ((1_000, 10_000), (10_000, 100_000))
EXACT_SIZE = (1_000, 5_000)
FORM = "solve the problem step by step and put the final answer in the last line"
PERMUTATIONS = 128
LETTERS = str.maketrans("0123456789", "abcdefghij")


# What is found


def renamed(number: int) -> Edit:
    """That many words become a word that is in no question."""

    def edit(text: str, rng: random.Random) -> str:
        spans = [match.span() for match in WORD.finditer(text)]
        for start, end in sorted(rng.sample(spans, min(number, len(spans))), reverse=True):
            text = f"{text[:start]}zq{rng.randrange(10**6):x}{text[end:]}"
        return text

    return edit


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.?!])\s+", text.strip())


def shuffled(text: str, rng: random.Random) -> str:
    *told, asked = sentences(text)
    return " ".join([*rng.sample(told, len(told)), asked])


def shortened(text: str, rng: random.Random) -> str:
    parts = sentences(text)
    parts.pop(rng.randrange(len(parts)))
    return " ".join(parts)


def renumbered(text: str, rng: random.Random) -> str:
    return re.sub(r"\d+", lambda found: str(int(found[0]) + rng.randrange(1, 9)), text)


EDITS: dict[str, Edit] = {
    "capitals and spaces": lambda text, _: "  ".join(text.upper().split(" ")),
    "an instruction before it": lambda text, _: f"{FORM}. {text}",
    "a number before it": lambda text, rng: f"Question {rng.randrange(999)}: {text}",
    "1 word changed": renamed(1),
    "2 words changed": renamed(2),
    "4 words changed": renamed(4),
    "8 words changed": renamed(8),
    "sentences in another order": shuffled,
    "one sentence left out": shortened,
    "other numbers": renumbered,
}


def edited(problems: ProblemSet, edit: Edit) -> Overlap:
    """The first half of the problems against their edits and the other half, as it is."""
    rng = random.Random(0)
    half = len(problems) // 2
    asked = ProblemSet("asked", problems.problems[:half])
    copies = [Problem(edit(p.question, rng), p.reference) for p in asked]
    others = ProblemSet.of("others", [*copies, *problems.problems[half:]])
    return ours.overlap(asked, others)


def shares(found: Overlap) -> list[str]:
    counts = [len(found.of(kind)) / found.problems for kind in KINDS]
    return [f"{share:.1%}" for share in (*counts, 1 - sum(counts))]


def edit_rows(spec: str) -> Iterator[list[str]]:
    problems = resolve_problems(spec)
    for name, edit in EDITS.items():
        print(name, flush=True)
        yield [name, *shares(edited(problems, edit))]


def length_rows(spec: str) -> Iterator[list[str]]:
    """The share of edited questions that n-grams of several lengths report."""
    problems = resolve_problems(spec)
    for name in COMPARED:
        row = [name]
        for length, steps in LENGTHS.items():
            print(name, length, flush=True)
            with mock.patch.multiple(ours, GRAM=length, DOUBLINGS=steps):
                found = edited(problems, EDITS[name])
            row.append(f"{len(found.matches) / found.problems:.1%}")
        yield row


def generator_rows() -> Iterator[list[str]]:
    for name in GENERATORS:
        print(name, flush=True)
        asked = resolve_problems(f"gym:{name}?size=300&seed=1")
        others = resolve_problems(f"gym:{name}?size=3000&seed=100000")
        found = ours.overlap(asked, others)
        yield [f"`gym:{name}`", *(f"{len(found.of(kind)):,}" for kind in KINDS)]


# What it costs


def fabricated(problems: int, others: int) -> tuple[ProblemSet, ProblemSet]:
    """Questions of 15 to 90 words after one form; every tenth has a copy with 0 to 3 edits."""
    rng = np.random.default_rng(0)
    words = np.array([f"{i:05d}".translate(LETTERS) for i in range(WORDS)])
    chance = 1 / np.arange(2.0, WORDS + 2)
    lengths = rng.integers(15, 91, problems + others)
    drawn = rng.choice(WORDS, int(lengths.sum()), p=chance / chance.sum())
    texts = np.split(drawn, np.cumsum(lengths)[:-1])
    for i in range(0, problems, PLANTED):
        copy = texts[i].copy()
        copy[rng.integers(len(copy), size=i // PLANTED % 4)] = rng.integers(WORDS)
        texts[problems + i * others // problems] = copy
    asked = [Problem(f"{FORM} {' '.join(words[text])}", str(i)) for i, text in enumerate(texts)]
    return (
        ProblemSet("asked", tuple(asked[:problems])),
        ProblemSet("others", tuple(asked[problems:])),
    )


Best = dict[int, float]  # the largest similarity of each problem that has a near duplicate


Grams = set[tuple[str, ...]]


def by_passgap(asked: ProblemSet, others: ProblemSet) -> Best:
    at = {problem.id: i for i, problem in enumerate(asked)}
    found = ours.overlap(asked, others).of("exact", "near")
    return {at[match.problem]: match.similarity for match in found}


def by_brute_force(sets: Sequence[Grams], first: int) -> Best:
    """Every pair of sets of 4-grams."""
    found: Best = {}
    for i, mine in enumerate(sets[:first]):
        for theirs in sets[first:]:
            if not mine.isdisjoint(theirs):
                _confirm(found, i, mine, theirs)
    return found


def by_datasketch(sets: Sequence[Grams], first: int) -> Best:
    """MinHash LSH for the candidates, then their similarity."""
    from datasketch import MinHash, MinHashLSH

    kept = [i for i, own in enumerate(sets) if own]
    coded = ([" ".join(gram).encode() for gram in sets[i]] for i in kept)
    hashes = dict(zip(kept, MinHash.bulk(coded, num_perm=PERMUTATIONS), strict=True))
    index = MinHashLSH(threshold=ours.NEAR, num_perm=PERMUTATIONS)
    for i in kept:
        if i >= first:
            index.insert(i, hashes[i])
    found: Best = {}
    for i in kept:
        for j in index.query(hashes[i]) if i < first else ():
            _confirm(found, i, sets[i], sets[j])
    return found


def _confirm(found: Best, i: int, mine: Grams, theirs: Grams) -> None:
    similarity = len(mine & theirs) / len(mine | theirs)
    if similarity >= ours.NEAR:
        found[i] = max(similarity, found.get(i, 0.0))


def own_sets(asked: ProblemSet, others: ProblemSet) -> list[Grams]:
    """The 4-grams of each question that are no form, by the definition; none of a short one."""
    sets = []
    for problem in (*asked, *others):
        words = problem.question.split()
        sets.append(set(zip(*(words[i:] for i in range(ours.GRAM)), strict=False)))
    seen = Counter(gram for grams in sets for gram in grams)
    sets = [{gram for gram in grams if seen[gram] <= ours.FORM} for grams in sets]
    return [grams if len(grams) >= ours.LEAST else set() for grams in sets]


PEERS = {"brute force": by_brute_force, "datasketch": by_datasketch}
WAYS = ("passgap", *PEERS)


def measured(way: str, sizes: Sequence[int], peers: str) -> tuple[Best, float, float]:
    """What a way finds, its seconds, and its memory in GB above that of the questions."""
    command = [sys.executable, __file__, "--way", way, "--sizes", *map(str, sizes)]
    print(way, *sizes, flush=True)
    path = os.pathsep.join([peers, os.environ.get("PYTHONPATH", "")])
    told = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, check=True
    )
    best, seconds, memory = json.loads(told.stdout)
    return {int(i): similarity for i, similarity in best.items()}, seconds, memory


def one_way(way: str, sizes: Sequence[int]) -> str:
    asked, others = fabricated(*sizes)
    sets = [] if way == "passgap" else own_sets(asked, others)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    best = by_passgap(asked, others) if way == "passgap" else PEERS[way](sets, len(asked))
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return json.dumps([best, seconds, (after - before) / 1024**2])


def cost_rows(peers: str) -> Iterator[list[str]]:
    for sizes in (EXACT_SIZE, *SIZES):
        ways = [way for way in WAYS if way != "brute force" or sizes == EXACT_SIZE]
        found = {way: measured(way, sizes, peers) for way in ways}
        truth = found.get("brute force", found["passgap"])[0]
        for way, (best, seconds, memory) in found.items():
            recall = sum(i in best for i in truth) / len(truth)
            apart = max((abs(best[i] - truth[i]) for i in truth if i in best), default=0.0)
            yield [
                f"{sizes[0]:,} × {sizes[1]:,}",
                way,
                f"{seconds:.1f}",
                f"{memory:.2f}",
                f"{len(best):,}",
                f"{recall:.1%}",
                f"{apart:.0e}" if apart else "0",
            ]


# The page

PAGE = """# Duplicates between problem sets

{date}; two CPU cores, load {load} at the end, Python {python}, numpy {numpy}, polars {polars},
datasketch {datasketch}. Made by

    pip install --target .peers --no-deps datasketch==2.0.0
    python bench/contamination.py

What `passgap check --against` and `passgap train --held-out` find, and what it costs
([why this way](../decisions/0043-duplicates.md)).

## Which edits are found

The first half of GSM8K's test questions ({asked} of them) against their edited copies and the other
half as it is. *Missed* are the questions for which nothing is reported.

{edits}

Each changed word changes four 4-grams, so that a short question with several changed words is
missed. Free paraphrases and translations are missed too. Sentences in another order are exact where
chance left them as they were; other numbers are exact in questions without digits.

Longer n-grams find less of them, at the same threshold:

{lengths}

## Which problems of one generator are reported

300 problems of a generator of reasoning-gym against 3,000 from other seeds. They share their form,
and are not reported for that. Exact ones are the same problem, generated twice.

{generators}

In `letter_counting`, near duplicates have one text and ask for two different letters.

## Time, memory and recall

Fabricated questions of 15 to 90 words with Zipf's frequencies, all after the same instruction;
every tenth has a copy among the others with 0 to 3 changed words. Each row is a process of its own.
*brute force* compares every pair. *datasketch* finds candidates by MinHash LSH ({permutations}
permutations, threshold {near}) and then computes their similarity. All use the same 4-grams;
seconds and memory include making them for passgap only. Memory is the peak above the peak before,
so that 0.00 is no more than making the questions took.
Recall is against brute force, and at the larger sizes against passgap; the last column is the
largest difference in similarity. At a load above two, other work ran beside, and seconds are rough.

{costs}
"""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", type=Path, default=Path("docs/results/contamination.md"))
    parser.add_argument("--peers", default=".peers")
    parser.add_argument("--questions", default="gsm8k")
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--sizes", type=int, nargs=2)
    asked = parser.parse_args()
    if asked.way:
        print(one_way(asked.way, asked.sizes))
        return
    kinds = ["exact", "near", "other numbers"]
    edits = table(["edit", *kinds, "missed"], [*edit_rows(asked.questions)])
    grams = [f"{length}-grams" for length in LENGTHS]
    lengths = table(["edit", *grams], [*length_rows(asked.questions)])
    generators = table(["generator", *kinds], [*generator_rows()])
    head = ["problems × others", "by", "seconds", "memory, GB", "found", "recall", "difference"]
    costs = table(head, [*cost_rows(asked.peers)])
    asked.page.write_text(
        PAGE.format(
            date=date.today(),
            load=f"{os.getloadavg()[0]:.1f}",
            python=sys.version.split()[0],
            numpy=version("numpy"),
            polars=version("polars"),
            datasketch="2.0.0",
            permutations=PERMUTATIONS,
            near=ours.NEAR,
            asked=len(resolve_problems(asked.questions)) // 2,
            edits=edits,
            lengths=lengths,
            generators=generators,
            costs=costs,
        )
    )
    print(f"{asked.page}: written")


if __name__ == "__main__":
    main()
