# make demo   set up all it needs, then run the whole loop on the embedded lab and write the page
# make test   set up all it needs, then run the tests
# make check  lint, types, tests, docs: what CI runs
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.installed

.PHONY: demo test check lint models clean help

demo: $(SETUP)
	$(BIN)/passgap demo --out demo

test: $(SETUP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

check: lint test

lint: $(SETUP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

models: $(SETUP)
	$(BIN)/python tools/fetch_models.py

$(SETUP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[lm,gym,models,dev]'
	@touch $(SETUP)

clean:
	rm -rf $(VENV) demo dist build .pytest_cache .mypy_cache .ruff_cache

help:
	@sed -n '1,3p' Makefile
