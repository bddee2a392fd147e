"""Writes logs/traces.jsonl (verifiers 0.4.0) or logs/results.jsonl (verifiers 0.1.14).

2 tasks x 3 rollouts by the package's own writers; one rollout failed for want of infrastructure.
Run in an environment of its own with either version: python verifiers_logs.py OUT.
"""

import sys
from importlib.metadata import version
from pathlib import Path

OUT = Path(sys.argv[1])
ASKED = {0: ("1+1?", "2"), 1: ("2+2?", "4")}
SAID = {0: ["2", "3", "2"], 1: ["4", None, "5"]}


def write_traces():
    from verifiers.v1.agent import AgentConfig
    from verifiers.v1.episode import EnvInfo, Episode
    from verifiers.v1.graph import MessageNode
    from verifiers.v1.task import WireTaskData
    from verifiers.v1.trace import AgentInfo, ModelCall, Trace, TraceTask
    from verifiers.v1.types import AssistantMessage, UserMessage
    from verifiers.v1.utils.trace_store import write_episode

    for idx, (question, answer) in ASKED.items():
        for said in SAID[idx]:
            data = WireTaskData(idx=idx, prompt=question, answer=answer)
            task = TraceTask(type="Sums", data=data, key=f"key{idx}", hash=f"hash{idx}")
            trace = Trace(task=task, agent=AgentInfo(config=AgentConfig(model="m")))
            trace.nodes = [MessageNode(message=UserMessage(content=question))]
            if said is not None:
                message = AssistantMessage(content=said)
                trace.nodes.append(MessageNode(parent=0, message=message, sampled=True))
                trace.calls = [ModelCall(node=1, model="m", finish_reason="stop")]
                trace.record_reward("correct", float(said == answer))
                trace.ok = trace.is_completed = True
            else:
                trace.record_error(RuntimeError("sandbox gone"))
            episode = Episode(env=EnvInfo(id="sums"), task=task, traces=[trace], ok=trace.ok)
            write_episode(OUT, episode)


def write_results():
    import json

    from verifiers.types import State
    from verifiers.utils.save_utils import state_to_output

    rows = []
    for idx, (question, answer) in ASKED.items():
        for said in SAID[idx]:
            state = State(
                input={"prompt": [{"role": "user", "content": question}], "example_id": idx},
                example_id=idx,
                prompt=[{"role": "user", "content": question}],
                completion=[] if said is None else [{"role": "assistant", "content": said}],
                answer=answer,
                reward=float(said == answer),
                metrics={"correct": float(said == answer)},
                error=None,
                is_completed=True,
                is_truncated=False,
                timing={},
            )
            output = state_to_output(state)
            if said is None:
                output["error"] = {"error": "SandboxError", "error_chain_repr": "SandboxError()"}
            rows.append(json.dumps(output, default=str))
    (OUT / "results.jsonl").write_text("\n".join(rows) + "\n")


write_traces() if version("verifiers").startswith("0.4") else write_results()
