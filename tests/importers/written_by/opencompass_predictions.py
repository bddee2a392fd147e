"""Writes logs/predictions/scripted/sums.json with OpenCompass 0.5.4's output handler.

3 problems written twice over, as n = 2 repeats are. The handler is cut from the installed source,
since the package needs far more than it does. Run: python opencompass_predictions.py OUT
PATH/TO/opencompass (the package's folder).
"""

import ast
import json
import sys
from pathlib import Path

source = Path(sys.argv[2], "openicl", "icl_inferencer", "icl_base_inferencer.py").read_text()
wanted = ("dump_results_dict", "GenInferencerOutputHandler")
nodes = [node for node in ast.parse(source).body if getattr(node, "name", "") in wanted]
space = {"json": json, "Path": Path}
exec(compile(ast.Module(nodes, []), "opencompass", "exec"), space)
handler = space["GenInferencerOutputHandler"]()
SAID = {1: ["2", "3"], 2: ["9", "4"], 3: ["6", "6"]}
for repeat in range(2):
    for place, (i, said) in enumerate(SAID.items()):
        handler.save_results(
            [{"role": "HUMAN", "prompt": f"{i}+{i}?"}],
            said[repeat],
            repeat * len(SAID) + place,
            gold=str(2 * i),
        )
folder = Path(sys.argv[1], "predictions", "scripted")
folder.mkdir(parents=True, exist_ok=True)
handler.write_to_json(str(folder), "sums.json")
