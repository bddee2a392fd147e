#!/usr/bin/env bash
# The wheel in an empty environment: what it holds, and that its light core works without torch.
# In: dist/*.whl, as `make dist` leaves it. Out: 0, or the first thing that is wrong.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

wheels=(dist/passgap-*.whl)
[ ${#wheels[@]} = 1 ] && [ -f "${wheels[0]}" ] || { echo "one wheel in dist/ is needed: make dist" >&2; exit 1; }
wheel=$(realpath "${wheels[0]}")
root=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"${PYTHON:-python3}" - "$wheel" <<'PYTHON'
import pathlib, sys, zipfile

wheel = zipfile.ZipFile(sys.argv[1])
sizes = {entry.filename: entry.file_size for entry in wheel.infolist()}
weights = pathlib.Path("src").glob("passgap/lab/policies/*/model.safetensors")
policies = {path.relative_to("src").as_posix() for path in weights}
needed = {"passgap/py.typed", "passgap/show/page/templates/page.html.j2", *policies}
problems = [f"{name} is missing" for name in sorted(needed - set(sizes))]
problems += [f"{n} has {s:,} bytes" for n, s in sizes.items() if s > 500_000 and n not in policies]
problems += [f"{n} is not passgap's" for n in sizes if not n.startswith(("passgap/", "passgap-"))]
sys.exit("\n".join(problems) or 0)
PYTHON

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --constraint constraints.txt "$wheel" pytest hypothesis
CI=true "$folder/venv/bin/python" -m pytest -q -p no:cacheprovider tests/stats tests/test_light.py

cd "$folder"
export PATH="$folder/venv/bin:$PATH"
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$root/src/passgap/_version.py")
[ "$(python -c 'import passgap; print(passgap.__version__)')" = "$version" ]
python - <<'PYTHON'
import importlib.util, json, pathlib, random

assert not [name for name in ("torch", "transformers", "trl") if importlib.util.find_spec(name)]
draw = random.Random(0)
problems = [{"question": f"{i} + {i}?", "answer": str(2 * i)} for i in range(160)]
pathlib.Path("problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in problems))
chance = [draw.betavariate(0.6, 1.2) for _ in problems]
for name, power in {"base": 1.0, "trained": 0.4}.items():
    rows = [
        {"problem_id": str(i), "n": 128, "c": sum(draw.random() < p**power for _ in range(128))}
        for i, p in enumerate(chance)
    ]
    lines = ["problem_id,n,c", *(",".join(map(str, row.values())) for row in rows)]
    pathlib.Path(f"{name}.csv").write_text("\n".join(lines) + "\n")
PYTHON
passgap probe base.csv --json >probe.json
grep -q '"label": "rlvr_can_pay"' probe.json
passgap compare base.csv trained.csv --json >compare.json
grep -q '"at_small_k": "up"' compare.json
passgap plan base.csv --half-width 0.05 >/dev/null
passgap sample known problems.jsonl --engine fake --verifier numeric -n 32 --out run 2>/dev/null
passgap verify run 2>/dev/null >/dev/null
passgap select run --out teach >/dev/null
! passgap report run --out page.html 2>missing.txt
grep -q "passgap\[charts\]" missing.txt  # the page needs an extra, and the error says which
echo "the wheel's light core works: $(basename "$wheel")"
