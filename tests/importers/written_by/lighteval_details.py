"""Writes logs/details_*.parquet from lighteval 0.13.0's own Doc and ModelResponse.

3 documents: one response each (``sums_once``) and 4 each with pass@k:k=1 (``sums``). The two
classes are loaded from their files, since the package's loggers need far more than they do; rows
are put together as ``DetailsLogger.Detail`` and ``EvaluationTracker.save`` do. Run where datasets
and torch are installed: python lighteval_details.py OUT PATH/TO/lighteval (the package's folder).
"""

import importlib.util
import sys
from dataclasses import asdict
from pathlib import Path

from datasets import Dataset


def load(file):
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


PACKAGE = Path(sys.argv[2])
sys.path.insert(0, str(PACKAGE.parent))
Doc = load(PACKAGE / "tasks" / "requests.py").Doc
ModelResponse = load(PACKAGE / "models" / "model_output.py").ModelResponse

SAID = {1: ["2", "3", "2", "2"], 2: ["9", "4", "9", "9"], 3: ["6", "6", "6", "6"]}


def write(name, draws):
    details = []
    for i, said in SAID.items():
        doc = Doc(query=f"{i}+{i}?", choices=[str(2 * i)], gold_index=0, id=str(i), task_name=name)
        texts = said[:draws]
        share = sum(text == str(2 * i) for text in texts) / draws
        metric = {"extractive_match": share} if draws == 1 else {f"pass@k:k=1&n={draws}": share}
        response = ModelResponse(input=doc.query, text=texts, output_tokens=[[1]] * draws)
        details.append({"doc": asdict(doc), "model_response": asdict(response), "metric": metric})
    frame = Dataset.from_list(details)
    frame = frame.select_columns(sorted(frame.column_names))  # as EvaluationTracker.save does
    frame.to_parquet(Path(sys.argv[1]) / f"details_{name}_2026-11-25T00-00-00.000000.parquet")


write("sums", 4)
write("sums_once", 1)
