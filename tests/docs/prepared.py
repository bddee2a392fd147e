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
PREPARED = {"counts": COUNTS, "samples": SAMPLES, "logs": LOGS, "watch": WATCH}
