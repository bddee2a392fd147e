#!/usr/bin/env bash
# An environment of its own for verl, whose pins conflict with trl's. In: a folder. Out: the folder as
# a virtual environment with verl, passgap's core, and OpenRLHF's Python files (to run it needs
# flash-attn's CUDA build).
#   tools/verl_environment.sh .venv-verl
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=${1:?give the folder of the environment}
python3 -m venv "$folder"
pip=("$folder/bin/python" -m pip)

# torch first, by itself: an unpinned torch draws gigabytes of CUDA packages
"${pip[@]}" install --quiet "torch==2.13.0"
"${pip[@]}" install --quiet "torch==2.13.0" "verl==0.9.1" pytest hypothesis --editable '.[math]'
"${pip[@]}" install --quiet --no-deps "openrlhf==0.11.2"
