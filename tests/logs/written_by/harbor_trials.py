"""Writes logs/harbor/ with harbor 0.26.0's models: five trials of one job.

Its trials need Docker, so they are made here and written as Trial and Job do
(harbor/trial/trial.py, harbor/job.py). Run in an environment of its own, on Python 3.12 or
later: pip install harbor==0.26.0; python harbor_trials.py OUT
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from harbor.models.agent.context import AgentContext
from harbor.models.job.result import JobResult, JobStats
from harbor.models.task.id import LocalTaskId
from harbor.models.trajectories import Agent, Step, Trajectory
from harbor.models.trial.config import AgentConfig, TaskConfig, TrialConfig
from harbor.models.trial.result import AgentInfo, ExceptionInfo, ModelInfo, TrialResult
from harbor.models.verifier.result import VerifierResult

NOW = datetime(2026, 11, 30, tzinfo=UTC)
RAN = {
    "hello-world": [(1.0, None), (0.0, "AgentTimeoutError")],
    "fix-git": [(0.0, None), (0.0, "ApiConnectionError"), (None, "EnvironmentStartTimeoutError")],
}


def trial(task, number, reward, exception):
    name = f"{task}__script{number}"
    failure = exception and ExceptionInfo(
        exception_type=exception,
        exception_message="scripted",
        exception_traceback="",
        occurred_at=NOW,
    )
    return TrialResult(
        id=UUID(int=number),
        task_name=task,
        trial_name=name,
        trial_uri=f"file:///jobs/scripted/{name}",
        task_id=LocalTaskId(path=Path("tasks") / task),
        task_checksum="0" * 64,
        config=TrialConfig(
            task=TaskConfig(path=Path("tasks") / task),
            trial_name=name,
            agent=AgentConfig(
                name="terminus-2",
                model_name="scripted/model",
                kwargs={"temperature": 0.7},
            ),
        ),
        agent_info=AgentInfo(
            name="terminus-2",
            version="2.0.0",
            model_info=ModelInfo(name="model", provider="scripted"),
        ),
        agent_result=AgentContext(n_input_tokens=100, n_output_tokens=10),
        verifier_result=None if reward is None else VerifierResult(rewards={"reward": reward}),
        exception_info=failure,
        started_at=NOW,
        finished_at=NOW,
    )


def trajectory(task):
    said = [("user", f"Please do {task}."), ("agent", "I look around."), ("agent", "Done.")]
    return Trajectory(
        schema_version="ATIF-v1.6",
        session_id="scripted",
        agent=Agent(name="terminus-2", version="2.0.0", model_name="scripted/model"),
        steps=[Step(step_id=i, source=who, message=text) for i, (who, text) in enumerate(said, 1)],
    )


if __name__ == "__main__":
    out = Path(sys.argv[1])
    trials = []
    for task, ends in RAN.items():
        for reward, exception in ends:
            one = trial(task, len(trials), reward, exception)
            trials.append(one)
            folder = out / one.trial_name
            (folder / "agent").mkdir(parents=True, exist_ok=True)
            (folder / "result.json").write_text(one.model_dump_json(indent=4))
            if reward is not None:
                text = trajectory(task).model_dump_json(indent=2, exclude_none=True)
                (folder / "agent" / "trajectory.json").write_text(text)
    stats = JobStats.from_trial_results(trials)
    job = JobResult(
        id=UUID(int=99), started_at=NOW, finished_at=NOW, n_total_trials=len(trials), stats=stats
    )
    text = job.model_dump_json(indent=4, exclude={"trial_results"})
    (out / "result.json").write_text(text)
