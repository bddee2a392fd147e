"""Writes logs/verl/<step>.jsonl with the dump writer of verl 0.9.1, cut from its source.

verl's trainer needs a cluster to be imported, so its ``_write_generations`` is taken out of the
installed file and called as it is. Run: python verl_dump.py OUT
PATH/TO/verl (the package's folder).
"""

import ast
import json
import os
import sys
from pathlib import Path

source = Path(sys.argv[2], "trainer", "ppo", "ray_trainer.py").read_text()
function = next(
    node
    for node in ast.walk(ast.parse(source))
    if isinstance(node, ast.FunctionDef) and node.name == "_write_generations"
)
function.decorator_list = []
space = {"os": os, "json": json}
exec(compile(ast.Module([function], []), "verl", "exec"), space)
HEAD = "system\nYou are helpful.\nuser\n"
for step in (0, 50):
    inputs = [f"{HEAD}{i}+{i}?\nassistant\n" for i in (1, 2, 3) for _ in range(4)]
    outputs = [str(2 * i + (draw > step // 25)) for i in (1, 2, 3) for draw in range(4)]
    golds = [str(2 * i) for i in (1, 2, 3) for _ in range(4)]
    scores = [1.0 if said == gold else -1.0 for said, gold in zip(outputs, golds, strict=True)]
    extra = {"acc": [score > 0 for score in scores], "pred": outputs}
    extra["uid"] = [f"{step}{i}_{draw}_0" for i in (1, 2, 3) for draw in range(4)]
    space["_write_generations"](
        inputs, outputs, golds, scores, extra, str(Path(sys.argv[1], "verl")), step
    )
