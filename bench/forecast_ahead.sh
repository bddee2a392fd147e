#!/usr/bin/env bash
# Forecasts made before training, and what came (docs/results/forecast.md, "Made beforehand").
#
#   bench/forecast_ahead.sh before [RUNS]   sample the bases, write their forecasts: commit these
#   bench/forecast_ahead.sh after [RUNS]    train, sample again, write the outcomes beside them
#
# A world of the lab whose base is trained from a seed of its own, and SmolLM2 (make models first)
# on short sums. Several hours on one core; killed, the same command goes on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
when=${1:?before or after}
runs=${2:-runs/ahead}
kept=docs/results/forecast/ahead
passgap=.venv/bin/passgap
model=${PASSGAP_MODELS:-$HOME/.cache/passgap/models}/SmolLM2-135M-Instruct-Q4
digits="min_digits=1&max_digits=1&max_terms=4&allow_parentheses=0"
sums="gym:basic_arithmetic?size=230&seed=1&$digits"
train="gym:basic_arithmetic?size=600&seed=20000&$digits"
shots="gym:basic_arithmetic?size=3&seed=100000&$digits"
mkdir -p "$runs" "$kept"

measure() { # NAME FILE POLICY PROBLEMS FLAGS...: sample, verify, counts to FILE
  $passgap sample "$3" "$4" --out "$runs/$1" "${@:5}"
  $passgap verify "$runs/$1"
  $passgap export counts "$runs/$1" --out "$2"
}

case $when in
before)
  [[ -e $runs/base ]] || $passgap lab pretrain base --seed 7 --out "$runs/base"
  measure world "$kept/world-base.csv" "$runs/base" "lab:rare?size=200" --max-tokens 40 -n 128
  $passgap forecast "$kept/world-base.csv" --start base --domain in --k-large 64 --json \
    >"$kept/world.json"
  measure smollm2 "$kept/smollm2-base.csv" "$model" "$sums" --shots "$shots" --stop '\n' \
    --max-tokens 16 -n 64 --engine-arg batch_size=64
  $passgap forecast "$kept/smollm2-base.csv" --start instruct --domain in --k-large 32 --json \
    >"$kept/smollm2.json"
  ;;
after)
  $passgap train "$runs/base" "lab:rare?split=train&size=500" --out "$runs/world-policy" \
    --max-tokens 40 --steps 125 --learning-rate 1e-4 --group-size 16 --prompts-per-step 16 \
    --eval-every 0
  measure world-trained "$kept/world-trained.csv" "$runs/world-policy" "lab:rare?size=200" \
    --max-tokens 40 -n 128
  $passgap train "$model" "$train" --held-out "$sums" --leave-out-held-out --shots "$shots" \
    --stop '\n' --max-tokens 16 --out "$runs/smollm2-policy" --steps 60 --learning-rate 1e-5 \
    --prompts-per-step 8 --group-size 8 --batch-size 16 --eval-every 0 --resume-every 5
  measure smollm2-trained "$kept/smollm2-trained.csv" "$runs/smollm2-policy" "$sums" \
    --max-tokens 16 -n 64 --engine-arg batch_size=64
  ;;
*)
  echo "bench/forecast_ahead.sh before or after, not $when" >&2
  exit 2
  ;;
esac
