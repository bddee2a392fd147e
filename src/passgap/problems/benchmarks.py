"""The named benchmarks: which fields of a row make a problem, and where the rows come from.

In: a benchmark's name, or one of its rows. Out: its rows' file or hub id, a Problem. References
differ between mirrors (``27.0`` and ``27``); identity is that of question and reference as written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from passgap.data.problems import Problem
from passgap.latex import last_boxed
from passgap.problems.tests import assert_tests, check_tests, code_problem, livecodebench_tests

Row = Mapping[str, object]


@dataclass(frozen=True)
class Benchmark:
    """Where a benchmark's rows are and how a row becomes a problem.

    ``files`` are patterns of file names under ``PASSGAP_DATA``, ``hub`` is the data set's id with
    its ``config`` and ``split``.
    """

    problem: Callable[[Row], Problem]
    hub: str
    files: tuple[str, ...]
    config: str | None = None
    split: str = "test"


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
}
