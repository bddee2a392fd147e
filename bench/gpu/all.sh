#!/usr/bin/env bash
# Everything that is to be measured on a GPU, in one command; writes docs/results/gpu*.md.
#   bench/gpu/all.sh MODEL [PYTHON of an environment with vllm and passgap]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=${PYTHON:-.venv/bin/python}
model=${1:?give a folder with safetensors weights, such as the one of make models}

"$python" bench/sampling.py --device cuda --dtype bfloat16 ${2:+--vllm-python "$2"} |
  tee docs/results/gpu-sampling.md
"$python" bench/gpu/language_model.py "$model" --out runs/gpu --page docs/results/gpu.md
"$python" bench/gpu/algorithms.py "$model" --out runs/gpu-algorithms \
  --page docs/results/gpu-algorithms.md
