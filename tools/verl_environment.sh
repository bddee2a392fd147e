#!/usr/bin/env bash
# An environment of its own for verl, whose pins conflict with trl's. In: a folder and a constraints
# file. Out: the folder as a virtual environment with verl and passgap's core, without trl and vllm.
#   tools/verl_environment.sh .venv-verl
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=${1:?give the folder of the environment}
version=0.9.1
core=(numpy scipy polars pyarrow fsspec jinja2 markupsafe altair vl-convert-python typer rich
  "math-verify[antlr4_13_2]")
python3 -m venv "$folder"
pip=("$folder/bin/python" -m pip)

# torch first, by itself: an unpinned torch draws gigabytes of CUDA packages
"${pip[@]}" install --quiet "torch==2.13.0"
"${pip[@]}" install --quiet "torch==2.13.0" "verl==$version" "${core[@]}" pytest
# --no-deps: passgap's lower bounds are those of its own environment; verl's pins are older
"${pip[@]}" install --quiet --no-deps --editable .
