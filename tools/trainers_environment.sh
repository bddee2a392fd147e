#!/usr/bin/env bash
# An environment of its own for the parts of trainers that run without a GPU, whose pins conflict with those of
# constraints.txt. In: a folder. Out: the folder as a virtual environment with verifiers, SkyRL's gym, the Tinker
# cookbook, ms-swift, AReaL's Python files and passgap's core.
#   tools/trainers_environment.sh .venv-trainers
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=${1:?give the folder of the environment}
python3 -m venv "$folder"
pip=("$folder/bin/python" -m pip)

# torch first, by itself: an unpinned torch draws gigabytes of CUDA packages
"${pip[@]}" install --quiet "torch==2.13.0"
"${pip[@]}" install --quiet "torch==2.13.0" "verifiers==0.4.0" "skyrl-gym==0.4.0" \
  "ms-swift==4.6.0" "tinker==0.38.0" chz colorlog pytest hypothesis --editable '.[math]'
"${pip[@]}" install --quiet --no-deps "areal==1.0.4" "tinker-cookbook==0.6.1"
