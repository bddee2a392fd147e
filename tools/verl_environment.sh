#!/usr/bin/env bash
# An environment of its own for verl, whose pins conflict with trl's. In: a folder. Out: the folder as
# a virtual environment with verl, OpenRLHF's Python files (it needs flash-attn's CUDA build to run)
# and passgap with its core dependencies.
#   tools/verl_environment.sh .venv-verl
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=${1:?give the folder of the environment}
python3 -m venv "$folder"
pip=("$folder/bin/python" -m pip)
# passgap's core dependencies without their lower bounds: verl's pins decide
mapfile -t core < <("$folder/bin/python" - <<'PYTHON'
import re, tomllib

with open("pyproject.toml", "rb") as file:
    for line in tomllib.load(file)["project"]["dependencies"]:
        print(re.split("[<>=!~]", line)[0])
PYTHON
)

# torch first, by itself: an unpinned torch draws gigabytes of CUDA packages
"${pip[@]}" install --quiet "torch==2.13.0"
"${pip[@]}" install --quiet "torch==2.13.0" "verl==0.9.1" "${core[@]}" pytest
"${pip[@]}" install --quiet --no-deps "openrlhf==0.11.2" --editable .
