"""Runs whose truth is known, written through the store, and the app over a folder of them."""

import re
import time

from starlette.testclient import TestClient

from passgap.data.completions import Completion
from passgap.data.identity import digest
from passgap.data.outcomes import Outcome
from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.runs import Manifest, Round, Run
from passgap.runs.outcomes import OutcomesAbout
from passgap.runs.policy import Request, Weights, write_policy
from passgap.show.viewer.app import build
from passgap.show.viewer.finding import root_of
from passgap.show.viewer.guard import Access
from passgap.show.viewer.library import Library

N = 24
VERIFIER = digest("known")
REASONS = {"correct": "", "incorrect": "no_answer", "unscored": "timeout"}
ORIGIN = "http://127.0.0.1:8177"


def sums(count: int = 70) -> ProblemSet:
    return ProblemSet.of(
        "sums",
        [
            Problem(
                f"What is \\({i} + 1\\)?", str(i + 1), "math", {"level": i % 5, "subject": "add"}
            )
            for i in range(count)
        ],
    )


def write_run(path, problems, draws, *, n=N, policy="base", verified=True, block=240):
    """A run whose completion ``draw`` of problem ``i`` is ``draws(i, draw)``: text, status."""
    manifest = Manifest(
        policy={"path": policy, "revision": None, "weights_digest": digest(policy)},
        prompt=Policy(policy).prompt.to_dict(),
        engine={"name": "fake", "args": {}},
        sampling=SamplingParams(64).to_dict(),
        problem_set={
            "name": problems.name,
            "digest": problems.digest,
            "size": len(problems),
            "merged": 0,
        },
        n=n,
        seed=0,
        rounds=(Round.of(0, n, block_size=block),),
        created="2026-01-01T00:00:00+00:00",
    )
    run = Run.create(path, manifest, problems)
    place = {problem.id: i for i, problem in enumerate(problems)}
    with run.writing():
        for name in run.blocks:
            add_block(run, name, place, draws, verified=verified)
        if verified:
            run.set_outcomes_about(VERIFIER, OutcomesAbout(faults={}))
            run.set_verifier_digest(VERIFIER)
    return run


def add_block(run, name, place, draws, *, verified=True):
    block = run.blocks[name]
    keys = [(i, block.first_draw + j) for i in block.problem_ids for j in range(block.size)]
    made = {(i, draw): draws(place[i], draw) for i, draw in keys}
    run.add_completions(
        name, [Completion(i, d, made[i, d][0], (7, 8, 0), "stop", -2.5) for i, d in keys]
    )
    if verified:
        rows = [(i, d, Outcome(made[i, d][1], str(d), REASONS[made[i, d][1]])) for i, d in keys]
        run.add_outcomes(VERIFIER, name, rows)


def solved_by(least):
    """Draw ``d`` of problem ``i`` is correct while ``d < least(i)``; the last is unscored at 3."""

    def draw(i, d):
        status = "correct" if d < least(i) else "incorrect"
        if i == 3 and d == N - 1:
            status = "unscored"
        answer = i + 1 + (d >= least(i))
        code = f"```python\nprint('{i}' + 1)  # so\n```"
        return f"First \\(x_{{{d}}} = {i}\\).\n{code}\nThe answer is \\boxed{{{answer}}}.", status

    return draw


def trained_from(folder, base):
    """A policy folder that says it was trained from the policy of that name."""
    folder.mkdir(parents=True)
    weights = Weights(base, weights_digest=digest(base))
    write_policy(folder, Request(algorithm="grpo", base=weights), {})
    return folder


def ids_of(text):
    """Ids of the runs and training folders of the list, by name."""
    found = re.findall(r'class="row" href="/(?:run|training)/(\w+)">(.*?)</a>', text)
    return {name.replace("<wbr>", ""): key for key, name in found}


def client_of(root, access=None):
    library = Library(root_of(root))
    client = TestClient(
        build(library, access or Access.of("127.0.0.1", 8177)),
        base_url=ORIGIN,
        raise_server_exceptions=False,
    )
    return client, library


def settled(client, url, seconds=60):
    """The page once nothing on it is still worked out."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = client.get(url)
        waiting = "refresh" in answer.headers
        if not waiting and ">counting<" not in answer.text and ">checking<" not in answer.text:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{url} is still worked out after {seconds} s")
