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

finished() { [[ -e $runs/$1.done ]]; }
part() { # NAME COMMAND...: once, timed, its output kept
  finished "$1" || { { time "${@:2}"; } 2>&1 | tee "$runs/$1.log" && touch "$runs/$1.done"; }
}
measure() { # NAME POLICY PROBLEMS DRAWS...
  part "$1-sample" $passgap sample "$2" "$3" --out "$runs/$1" "${@:4}"
  part "$1-verify" $passgap verify "$runs/$1"
}
loop() { # MODEL TERMS SEED HELD_OUT DRAWS STEPS PROMPTS: before, GRPO, after on chain_sum
  local name=${1%%-*} sums="max_terms=$2&max_digits=2"
  local train="gym:chain_sum?size=500&seed=$3&$sums"
  local held_out="gym:chain_sum?size=$4&seed=1&$sums" shots="gym:chain_sum?size=3&seed=100000&$sums"
  measure "$name-sums" "$models/$1" "$held_out" --shots "$shots" --stop '\n' --max-tokens 20 \
    -n "$5" --engine-arg batch_size=80
  $passgap probe "$runs/$name-sums"
  part "$name-train" $passgap train "$models/$1" "$train" --held-out "$held_out" \
    --leave-out-held-out --shots "$shots" --stop '\n' --max-tokens 20 \
    --out "$runs/$name-policy" --steps "$6" --learning-rate 1e-5 --prompts-per-step "$7" \
    --group-size 8 --batch-size 16 --eval-every 0
  measure "$name-sums-grpo" "$runs/$name-policy" "$held_out" --max-tokens 20 -n "$5" \
    --engine-arg batch_size=80
  $passgap compare "$runs/$name-sums" "$runs/$name-sums-grpo" --k-large 16
  $passgap report "$runs/$name-sums" "$runs/$name-sums-grpo" --k-large 16 \
    --out "$pages/$name-chain_sum.html"
}

# few draws and few steps: what two cores do in an hour; k = 16 decides, set beforehand; the seeds
# of the training problems are such that the worked examples are not among them
loop SmolLM2-135M-Instruct-Q4 3 10000 100 40 20 8
loop gemma-3-270m-Q4 2 40000 70 24 10 4

if [[ -e $gsm8k ]]; then
  measure SmolLM2-gsm8k "$models/SmolLM2-135M-Instruct-Q4" "$gsm8k" --limit 20 --template boxed \
    --max-tokens 256 -n 24 --engine-arg batch_size=64
  $passgap probe "$runs/SmolLM2-gsm8k"
  $passgap report "$runs/SmolLM2-gsm8k" --out "$pages/SmolLM2-gsm8k.html"
else
  echo "no $gsm8k: the GSM8K part is left out; set PASSGAP_DATA" >&2
fi
