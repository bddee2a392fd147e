"""What a reader has and a test has not: files that the examples of the documentation start from.

A page names them in a comment, ``<!-- prepare: counts logs -->``.
"""

COUNTS = """
python - <<'END'
import numpy as np

rng = np.random.default_rng(0)
p = rng.beta(0.5, 1.5, 200)
for name, chance in {"base": p, "trained": p**0.4}.items():
    with open(f"{name}.csv", "w") as file:
        print("problem_id,n,c", file=file)
        for i, c in enumerate(rng.binomial(128, chance)):
            print(f"q{i},128,{c}", file=file)
END
"""
SAMPLES = """
python - <<'END'
import csv
import numpy as np

rng = np.random.default_rng(0)
p = rng.beta(0.5, 1.5, 100)
for name, chance in {"base-samples": p, "rl-samples": p**0.4}.items():
    with open(f"{name}.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["problem_id", "sample_text", "correct"])
        for i, one in enumerate(chance):
            rows.writerows([f"q{i}", "some text, here", right] for right in rng.random(64) < one)
END
"""
LOGS = """
mkdir logs && python - <<'END'
import json

for name, every in {"logs/base.jsonl": 3, "logs/rl.jsonl": 2}.items():
    with open(name, "w") as file:
        for i in range(60):
            for j in range(130):
                right = i * j % every == 0
                said = f"The answer is {i if right else i + 1000}"
                row = {"question": f"q{i}", "answer": str(i), "completion": said, "correct": right}
                print(json.dumps(row), file=file)
END
"""
WATCH = """
python - <<'END'
import passgap

watch = passgap.Watch("out/watch", group_size=2)
reward = watch.reward(lambda prompts, completions, **_: [1.0, 0.0] * 8, correct=0.5)
names = [f"q{i // 2}" for i in range(16)]
for step in range(6):
    reward(prompts=names, completions=names, problem_id=names)
END
"""
AGENTS = """
mkdir base trained && python - <<'END'
import json
import random

random.seed(0)
ease = [random.betavariate(0.7, 0.9) for _ in range(100)]
for name, power in {"base": 1.0, "trained": 0.6}.items():
    rows = []
    for i in range(400):
        turns, task = random.randint(2, 12), i // 4
        ended = "user_stop" if turns < 12 else "max_steps"
        right = ended == "user_stop" and random.random() < ease[task] ** power
        speaks = [{"role": "assistant", "content": f"I look at step {j}."} for j in range(turns)]
        answers = [{"role": "user", "content": "Go on, please."}] * turns
        rows.append(
            {
                "id": str(i),
                "task_id": f"task-{task}",
                "trial": i % 4,
                "termination_reason": "infrastructure_error" if i == 7 else ended,
                "agent_cost": round(0.01 * turns, 4),
                "reward_info": {"reward": float(right)},
                "messages": [one for both in zip(speaks, answers) for one in both],
            }
        )
    agent = {"llm": name, "implementation": "llm_agent", "llm_args": {"temperature": 1.0}}
    info = {"agent_info": agent, "environment_info": {"domain_name": "shop"}}
    with open(f"{name}/results.json", "w") as file:
        json.dump({"info": info, "tasks": [], "simulations": rows}, file)
END
"""
PREPARED = {"counts": COUNTS, "samples": SAMPLES, "logs": LOGS, "watch": WATCH, "agents": AGENTS}
