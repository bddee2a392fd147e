# make demo   set up all it needs, then run the whole loop on the embedded lab and write the page
# make test   set up all it needs, then run the tests (make test-slow: the longest ones)
# make check  lint, types, tests, docs: what CI runs
# make docs   the documentation, in build/site
# make dist   wheel and sdist, in dist/
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.installed

.PHONY: demo test test-slow test-soak check lint docs dist test-vllm test-verl test-dashboards \
	test-trainers models clean help

demo: $(SETUP)
	$(BIN)/passgap demo --out demo

test: $(SETUP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow and not soak"

# the longest ones: kill -9, hostile input, browsers, trainings, whole studies
test-slow: $(SETUP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m "slow and not soak"

# more than CI has time for: broken logs, worlds of the lab
test-soak: $(SETUP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m soak

check: lint test test-slow docs

lint: $(SETUP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# the documentation as pages in build/site, every link checked; no network is needed
docs: $(SETUP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "open build/site/index.html"

# wheel and sdist in dist/, their metadata checked
dist: $(SETUP)
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*

# the vllm engine in its own environment, on SmolLM2 (make models first)
test-vllm: .venv-vllm/.installed
	HF_HUB_OFFLINE=1 VLLM_CPU_KVCACHE_SPACE=1 VLLM_CPU_OMP_THREADS_BIND=nobind \
	VLLM_LOGGING_LEVEL=WARNING .venv-vllm/bin/python -m pytest -rA -p no:cacheprovider \
	-W default -o addopts= tests/own_environment/test_vllm_for_real.py

.venv-vllm/.installed: tools/vllm_environment.sh
	tools/vllm_environment.sh .venv-vllm
	@touch $@

# what is exported for verl and OpenRLHF, read and called by their own code, on the CPU
test-verl: .venv-verl/.installed
	HF_HUB_OFFLINE=1 .venv-verl/bin/python -m pytest -rA -p no:cacheprovider -W default \
	-o addopts= tests/own_environment/test_verl_for_real.py

.venv-verl/.installed: tools/verl_environment.sh
	tools/verl_environment.sh .venv-verl
	@touch $@

# the dashboards whose pins conflict with ours, in their own environment
test-dashboards: .venv-dashboards/.installed
	folder=$$(mktemp -d) && TRACKIO_DIR=$$folder .venv-dashboards/bin/python -m pytest -rA \
	-p no:cacheprovider -W default -o addopts= tests/own_environment/test_dashboards_for_real.py

.venv-dashboards/.installed: tools/dashboards_environment.sh
	tools/dashboards_environment.sh .venv-dashboards
	@touch $@

# the rewards of docs/trainers/others.md, called by the trainers' own code, on the CPU
test-trainers: .venv-trainers/.installed
	HF_HUB_OFFLINE=1 .venv-trainers/bin/python -m pytest -rA -p no:cacheprovider -W default \
	-o addopts= tests/own_environment/test_trainers_for_real.py

.venv-trainers/.installed: tools/trainers_environment.sh
	tools/trainers_environment.sh .venv-trainers
	@touch $@

models: $(SETUP)
	$(BIN)/python tools/fetch_models.py

$(SETUP): pyproject.toml constraints.txt
	@echo "setting up $(VENV): a minute or two of downloads, silent unless something fails"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[lm,charts,math,remote,gym,models,openai,ray,view,docs,dev]'
	@touch $(SETUP)

clean:
	rm -rf $(VENV) demo dist build .pytest_cache .mypy_cache .ruff_cache

help:
	@sed -n '1,5p' Makefile
