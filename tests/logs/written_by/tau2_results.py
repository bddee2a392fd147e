"""Writes logs/tau2/json/results.json and logs/tau2/dir/ with tau2-bench's own models.

sierra-research/tau2-bench a2c0247 (1.0.1): Results.save in both of its layouts
(src/tau2/data_model/simulation.py). Its simulations need a served model, so they are made here. Run
in an environment of its own, on Python 3.12 or later: pip install a clone of the repository; python
tau2_results.py OUT
"""

import sys
from pathlib import Path

from tau2.data_model.message import AssistantMessage, UserMessage
from tau2.data_model.simulation import (
    AgentInfo,
    Info,
    Results,
    RewardInfo,
    SimulationRun,
    TerminationReason,
    UserInfo,
)
from tau2.data_model.tasks import StructuredUserInstructions, Task, UserScenario
from tau2.environment.environment import EnvironmentInfo

NOW = "2026-11-30T00:00:00"
RAN = {
    "0": [(1.0, "user_stop"), (0.0, "user_stop"), (0.0, "max_steps")],
    "1": [(0.0, "agent_error"), (None, "infrastructure_error"), (1.0, "user_stop")],
}


def task(name):
    instructions = StructuredUserInstructions(
        domain="mock", reason_for_call=f"Task {name}.", task_instructions="Ask for it."
    )
    return Task(id=name, user_scenario=UserScenario(instructions=instructions))


def simulation(name, trial, reward, end):
    messages = [
        AssistantMessage(role="assistant", content="Hi! How can I help you today?", timestamp=NOW),
        UserMessage(role="user", content=f"Task {name}, please.", timestamp=NOW),
        AssistantMessage(role="assistant", content="Done.", timestamp=NOW),
    ]
    return SimulationRun(
        id=f"{name}-{trial}",
        task_id=name,
        timestamp=NOW,
        start_time=NOW,
        end_time=NOW,
        duration=1.0,
        termination_reason=TerminationReason(end),
        reward_info=None if reward is None else RewardInfo(reward=reward),
        messages=messages if reward is not None else [],
        trial=trial,
        seed=trial,
    )


def info():
    return Info(
        git_commit="0",
        num_trials=3,
        max_steps=100,
        max_errors=10,
        user_info=UserInfo(implementation="user_simulator", llm="scripted/user"),
        agent_info=AgentInfo(
            implementation="llm_agent", llm="scripted/model", llm_args={"temperature": 0.7}
        ),
        environment_info=EnvironmentInfo(domain_name="mock", policy="Help."),
        seed=300,
    )


if __name__ == "__main__":
    out = Path(sys.argv[1])
    runs = [simulation(t, i, *end) for t, ends in RAN.items() for i, end in enumerate(ends)]
    results = Results(timestamp=NOW, info=info(), tasks=[task(t) for t in RAN], simulations=runs)
    for form in ("json", "dir"):
        (out / form).mkdir(parents=True, exist_ok=True)
        results.save(out / form / "results.json", format=form)
