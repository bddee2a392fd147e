#!/usr/bin/env bash
# Does a resolver find an environment for passgap beside each trainer, server and harness that
# docs/reference/environments.md names? On paper: nothing is installed, so CUDA is not needed.
# In: nothing, or --own for passgap's extras alone. PyPI is needed, as it was on DATE (by default the
# day of that page), so that the answer stays the same.
# Out: a row each, as on that page, and 0; or 1, with the resolver's reason.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

date=${DATE:-2026-11-29}
uv=${UV:-.venv/bin/uv}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
shown='^(torch|transformers|trl|vllm|verl|ray|openrlhf|unsloth|ms-swift|verifiers|numpy|polars)=='
failed=0

resolve() { # beside (a requirement, or nothing), extras of passgap (with commas, or nothing)
  local beside=$1 extras=$2 flags=()
  for extra in ${extras//,/ }; do flags+=(--extra "$extra"); done
  local name="${extras:+.[$extras]}"
  name="${name:-.}${beside:+ beside ${beside//$'\n'/ }}"
  if echo "$beside" | "$uv" pip compile --quiet --exclude-newer "$date" --python-version 3.12 \
    --output-file "$folder/found.txt" - pyproject.toml "${flags[@]}" 2>"$folder/why.txt" >/dev/null; then
    echo "| \`$name\` | $(grep -E "$shown" "$folder/found.txt" | sed 's/==/ /' | paste -sd, | sed 's/,/, /g') |"
  else
    echo "| \`$name\` | **no solution** |"
    cat "$folder/why.txt" >&2
    failed=1
  fi
}

resolve "" ""
resolve "" charts,math,remote
resolve "" lm,openai,gym,view,models,ray
resolve "" lm,vllm
resolve "" vllm,ray
if [ "${1:-}" = --own ]; then exit $failed; fi

for beside in 'trl[vllm]' 'ray[llm]>=2.60' 'openrlhf>=0.11' 'unsloth>=2026.10' 'ms-swift>=4' \
  'verifiers>=0.4' 'lm-eval>=0.4.9' 'inspect-ai>=0.3.200'; do
  resolve "$beside" charts,math
done
# hydra wants antlr 4.9, which math-verify takes by another name of its extra
for beside in 'verl[vllm]>=0.9.1' 'verl[verl-core]>=0.9.1' skyrl-train; do
  resolve "$beside"$'\nhydra-core>=1.3\nmath-verify[antlr4_9_3]>=0.8' charts
done
resolve 'lighteval>=0.13' charts # it pins a math-verify of its own
for beside in 'trl[vllm]' 'verl[verl-core]>=0.9.1' 'openrlhf>=0.11' 'unsloth>=2026.10'; do
  resolve "$beside" lm
done
exit $failed
