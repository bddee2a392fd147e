#!/usr/bin/env bash
# The core and its light extras at the lowest versions that pyproject.toml allows, in an empty
# environment. In: nothing; PyPI is needed. Out: 0, or the light tests that fail there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"${PYTHON:-python3}" - >"$folder/floors.txt" <<'PYTHON'
import tomllib

with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
light = [project["optional-dependencies"][name] for name in ("charts", "math", "remote")]
for line in sum(light, project["dependencies"]):
    name, version = line.split(">=")
    print(f"{name.partition('[')[0]}=={version}")
PYTHON

"${PYTHON:-python3}" -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --constraint "$folder/floors.txt" \
  '.[charts,math,remote]' pytest hypothesis
# an old release may call what a new one of another package deprecates: no warning is an error here
CI=true "$python" -m pytest -q -p no:cacheprovider -W default -m "not slow and not soak" --durations 15 \
  --ignore tests/logs/test_mutated_logs.py \
  tests/stats/test_passk.py tests/stats/test_intervals.py tests/stats/test_tilt.py \
  tests/analysis/test_probe_and_compare.py tests/runs/test_shards.py tests/runs/test_watch.py \
  tests/stages/test_counts.py tests/stages/test_golds.py tests/logs tests/checks \
  tests/verifiers/test_math.py tests/test_light.py
echo "the lowest versions work: $(tr '\n' ' ' <"$folder/floors.txt")"
