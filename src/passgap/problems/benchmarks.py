"""The named benchmarks: which fields of a row make a problem, and where the rows come from.

In: a benchmark's name, or one of its rows. Out: its rows' file or hub id, a Problem. References
differ between mirrors (``27.0`` and ``27``); identity is that of question and reference as written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_uppercase
from typing import cast

from passgap.data.problems import Problem
from passgap.latex import last_boxed
from passgap.plain import plural
from passgap.problems.images import images_of
from passgap.problems.tests import assert_tests, check_tests, code_problem, livecodebench_tests

Row = Mapping[str, object]


@dataclass(frozen=True)
class Benchmark:
    """Where a benchmark's rows are and how a row becomes a problem.

    ``files`` are patterns of file names under ``PASSGAP_DATA``, ``hub`` is the data set's id with
    its ``config`` and ``split``. ``images`` are the fields that may hold a question's images, the
    first with any counts; without one in a row, the problem is refused.
    """

    problem: Callable[[Row], Problem]
    hub: str
    files: tuple[str, ...]
    config: str | None = None
    split: str = "test"
    images: tuple[str, ...] = ()

    def read(self, row: Row, folder: Path) -> Problem:
        """The problem of a row; paths of images begin in ``folder``."""
        problem = self.problem(row)
        if not self.images:
            return problem
        images, _ = images_of(row, folder, self.images)
        if not images:
            raise KeyError(" or ".join(self.images))
        return replace(problem, images=images)


def _mathematics(row: Row) -> Problem:
    question = str(row.get("question") or row.get("problem") or row.get("Problem"))
    answer = row.get("answer", row.get("Answer"))
    if answer is None:
        answer = last_boxed(str(row["solution"]))
    return Problem(question, str(answer).strip(), "math", _rest(row, "question", "problem"))


def _gsm8k(row: Row) -> Problem:
    answer = str(row["answer"]).rpartition("####")[2].strip().replace(",", "")
    return Problem(str(row["question"]), answer, "math")


def _olympiad(row: Row) -> Problem:
    final = row["final_answer"]
    answers = [final] if isinstance(final, str) else _texts(final)
    joined = ", ".join(answer.strip().strip("$") for answer in answers)
    return Problem(str(row["question"]), joined, "math", _rest(row, "question"))


def _humaneval(row: Row, head: str = "") -> Problem:
    prompt = str(row["prompt"])
    return code_problem(
        prompt,
        check_tests(prompt, str(row["test"]), str(row["entry_point"])),
        solution=head + str(row["canonical_solution"]),
        metadata={"task_id": row["task_id"]},
    )


def _mbpp(row: Row) -> Problem:
    if "entry_point" in row:  # as shipped by CodeT, in HumanEval's form
        prompt = str(row["prompt"])
        head = re.search(r"^def [^\n]*\n", prompt, re.M)
        # its solutions are indented differently from its prompts, so they get their own head
        return _humaneval(row, head.group() if head else prompt)
    shown, imports = _texts(row["test_list"]), _texts(row.get("test_imports") or ())
    setup = str(row.get("test_setup_code") or "")
    asserts = [str(row["test"])] if row.get("test") else shown
    question = str(row.get("prompt") or row.get("text")).strip()
    return code_problem(
        "\n".join([question, "Your code should pass these tests:", "", *shown]),
        assert_tests([setup, *imports, *asserts]),
        solution=str(row["code"]),
        metadata={"task_id": row["task_id"]},
    )


def _livecodebench(row: Row) -> Problem:
    about = row.get("metadata") or "{}"
    about = about if isinstance(about, Mapping) else json.loads(str(about))
    entry, starter = about.get("func_name"), str(row.get("starter_code") or "")
    asked = (
        f"Use this code and complete it:\n\n{starter}"
        if starter
        else "Read the input from standard input and write the answer to standard output."
    )
    return code_problem(
        f"{row['question_content']}\n\n{asked}",
        livecodebench_tests(str(row["public_test_cases"]), str(row["private_test_cases"]), entry),
        metadata=_rest(
            row, "question_content", "public_test_cases", "private_test_cases", "starter_code"
        ),
    )


def _mathvista(row: Row) -> Problem:
    """Choices are listed by letter; a float is right where it rounds to the answer, as in MathVista
    (arXiv:2310.02255, section 4)."""
    about = row.get("metadata")
    rest = _rest(row, "question", "image", "decoded_image", "choices", "metadata", "query")
    metadata = {**rest, **(about if isinstance(about, Mapping) else {})}
    question, answer = str(row["question"]).strip(), str(row["answer"]).strip()
    if row.get("unit"):
        question += f" (Unit: {row['unit']})"
    if row["question_type"] == "multi_choice":
        options = _texts(row["choices"])
        return _choice(question, options, _letters(options)[options.index(answer)], metadata)
    precision = row.get("precision")
    if row["answer_type"] != "float" or precision is None:
        kind = "numeric" if row["answer_type"] == "integer" else "math"
        return Problem(question, answer, kind, metadata)
    places = int(float(str(precision)))
    question += f" Give the answer to {plural(places, 'decimal place')}."
    half, size = 0.5 * 10**-places, abs(float(answer))
    verifier = f"numeric?tolerance={half / size:.6g}" if size else "numeric"
    return Problem(question, answer, verifier, metadata)


def _mathvision(row: Row) -> Problem:
    """Where the options are only letters, they are in the image."""
    rest = _rest(row, "question", "image", "decoded_image", "options")
    question, answer = str(row["question"]).strip(), str(row["answer"]).strip()
    options = _texts(row.get("options") or ())
    if not options:
        return Problem(question, answer, "math", rest)
    return _choice(question, [] if options == _letters(options) else options, answer, rest)


def _geometry3k(row: Row) -> Problem:
    question = str(row["problem"]).replace("<image>", "").strip()
    return Problem(question, str(row["answer"]).strip(), "math", _rest(row, "problem", "images"))


def _choice(
    question: str, options: list[str], letter: str, metadata: Mapping[str, object]
) -> Problem:
    """A question with its options, if they are not in the image; the answer is a letter."""
    listed = [f"({name}) {text}" for name, text in zip(_letters(options), options, strict=True)]
    asked = "Answer with the letter of the right choice."
    return Problem("\n".join([question, *listed, asked]), letter, "choice", metadata)


def _letters(options: list[str]) -> list[str]:
    return list(ascii_uppercase[: len(options)])


def _texts(items: object) -> list[str]:
    """The texts in a field that holds a list."""
    return [str(item) for item in cast(Iterable[object], items)]


def _rest(row: Row, *taken: str) -> dict[str, object]:
    """The other fields of a row, as JSON values."""
    kept = {k: v for k, v in row.items() if k not in (*taken, "answer", "solution")}
    plain: dict[str, object] = json.loads(json.dumps(kept, default=str))
    return plain


BENCHMARKS = {
    "gsm8k": Benchmark(_gsm8k, "openai/gsm8k", ("gsm8k*",), "main"),
    "math500": Benchmark(_mathematics, "HuggingFaceH4/MATH-500", ("math500*", "math-500*")),
    "aime24": Benchmark(
        _mathematics, "HuggingFaceH4/aime_2024", ("*aime24*", "*aime_2024*"), split="train"
    ),
    "aime25": Benchmark(_mathematics, "math-ai/aime25", ("*aime25*", "*aime_2025*")),
    "amc23": Benchmark(_mathematics, "math-ai/amc23", ("*amc23*",)),
    "minerva": Benchmark(_mathematics, "math-ai/minervamath", ("*minerva*",)),
    "olympiadbench": Benchmark(
        _olympiad,
        "Hothan/OlympiadBench",
        ("*olympiad*",),
        "OE_TO_maths_en_COMP",
        "train",
    ),
    "humaneval": Benchmark(_humaneval, "openai/openai_humaneval", ("humaneval.*", "HumanEval.*")),
    "humanevalplus": Benchmark(
        _humaneval, "evalplus/humanevalplus", ("humanevalplus*", "HumanEvalPlus*")
    ),
    "mbpp": Benchmark(
        _mbpp, "google-research-datasets/mbpp", ("mbpp.*", "mbpp_sanitized*"), "sanitized"
    ),
    "mbppplus": Benchmark(_mbpp, "evalplus/mbppplus", ("mbppplus*", "MbppPlus*")),
    "livecodebench": Benchmark(
        _livecodebench, "livecodebench/code_generation_lite", ("livecodebench*", "*lcb*")
    ),
    "mathvista": Benchmark(
        _mathvista,
        "AI4Math/MathVista",
        ("*mathvista*", "*MathVista*"),
        split="testmini",
        images=("decoded_image", "image"),
    ),
    "mathvision": Benchmark(
        _mathvision,
        "MathLLMs/MathVision",
        ("*mathvision*", "*MathVision*"),
        images=("decoded_image", "image"),
    ),
    "geometry3k": Benchmark(
        _geometry3k,
        "hiyouga/geometry3k",
        ("*geometry3k*", "*geo3k*"),
        images=("images",),
    ),
}
