#!/usr/bin/env bash
# A hacked reward planted in SmolLM2, and what the audit names (docs/methods/reward-audit.md).
#
#   bench/planted_hack.sh [RUNS]
#
# SmolLM2 (make models first) is trained on short sums with a reward that also pays any text with a
# full stop (bench/planted_reward.py); base and policy are sampled on other sums and audited. 25
# minutes on a core shared with other work; killed, the same command goes on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${1:-runs/planted}
passgap=.venv/bin/passgap
model=${PASSGAP_MODELS:-$HOME/.cache/passgap/models}/SmolLM2-135M-Instruct-Q4
digits="min_digits=1&max_digits=1&max_terms=4&allow_parentheses=0"
sums="gym:basic_arithmetic?size=110&seed=1&$digits"
train="gym:basic_arithmetic?size=600&seed=20000&$digits"
shots="gym:basic_arithmetic?size=3&seed=100000&$digits"
reward=python:planted_reward:hacked
export PYTHONPATH=bench
mkdir -p "$runs"

measure() { # NAME POLICY FLAGS...: sample, mark by the hacked reward and by the sums' own checker
  $passgap sample "$2" "$sums" --out "$runs/$1" -n 16 --max-tokens 16 \
    --engine-arg batch_size=64 "${@:3}"
  $passgap verify "$runs/$1"
  $passgap verify "$runs/$1" --verifier "$reward"
}

measure base "$model" --shots "$shots" --stop '\n'
$passgap train "$model" "$train" --held-out "$sums" --leave-out-held-out --verifier "$reward" \
  --shots "$shots" --stop '\n' --max-tokens 16 --out "$runs/policy" --steps 8 \
  --learning-rate 1e-5 --prompts-per-step 4 --group-size 8 --batch-size 16 --eval-every 0 \
  --resume-every 2
measure trained "$runs/policy"
$passgap audit "$runs/base" "$runs/trained" --features
$passgap audit "$runs/base" "$runs/trained" --proxy "$reward" --gold gym
$passgap audit "$sums" --reward "$reward"
