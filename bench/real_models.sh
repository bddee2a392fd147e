#!/usr/bin/env bash
# The loop on two small real models (make models first): what docs/results/real-models.md reports.
# bench/real_models.sh [RUNS]   about an hour on 2 cores; killed, the same command goes on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${1:-runs/real}
models=${PASSGAP_MODELS:-$HOME/.cache/passgap/models}
gsm8k=${PASSGAP_DATA:-../shared/data}/problems/gsm8k_test.jsonl.gz
pages=docs/results/real-models
passgap=.venv/bin/passgap
mkdir -p "$runs" "$pages"

sums="max_terms=3&max_digits=2"
held_out="gym:chain_sum?size=100&seed=1&$sums"
train="gym:chain_sum?size=500&seed=10000&$sums"
prompt=(--shots "gym:chain_sum?size=3&seed=100000&$sums" --stop '\n' --max-tokens 20)

finished() { [[ -e $runs/$1.done ]]; }
part() { # NAME COMMAND...: once, timed, its output kept
  finished "$1" || { { time "${@:2}"; } 2>&1 | tee "$runs/$1.log" && touch "$runs/$1.done"; }
}
measure() { # NAME POLICY PROBLEMS DRAWS...
  part "$1-sample" $passgap sample "$2" "$3" --out "$runs/$1" "${@:4}"
  part "$1-verify" $passgap verify "$runs/$1"
}

for model in SmolLM2-135M-Instruct-Q4 gemma-3-270m-Q4; do
  name=${model%%-*}
  measure "$name-sums" "$models/$model" "$held_out" "${prompt[@]}" -n 40 --engine-arg batch_size=80
  $passgap probe "$runs/$name-sums"
  steps=30 # long enough to see whether anything moves; each takes 10 to 25 s
  part "$name-train" $passgap train "$models/$model" "$train" --held-out "$held_out" \
    "${prompt[@]}" --out "$runs/$name-policy" --steps $steps --learning-rate 1e-5 \
    --prompts-per-step 8 --group-size 8 --batch-size 16 --eval-every 15 --eval-problems 32 \
    --eval-draws 8
  measure "$name-sums-grpo" "$runs/$name-policy" "$held_out" --max-tokens 20 -n 40 \
    --engine-arg batch_size=80
  $passgap compare "$runs/$name-sums" "$runs/$name-sums-grpo"
  $passgap report "$runs/$name-sums" "$runs/$name-sums-grpo" --out "$pages/$name-chain_sum.html"
done

if [[ -e $gsm8k ]]; then
  measure SmolLM2-gsm8k "$models/SmolLM2-135M-Instruct-Q4" "$gsm8k" --limit 20 --template boxed \
    --max-tokens 256 -n 32 --engine-arg batch_size=64
  $passgap probe "$runs/SmolLM2-gsm8k"
  $passgap report "$runs/SmolLM2-gsm8k" --out "$pages/SmolLM2-gsm8k.html"
else
  echo "no $gsm8k: the GSM8K part is left out; set PASSGAP_DATA" >&2
fi
