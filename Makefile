# Every target works on a fresh clone: the environment is made first. `make help` lists them.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made
PYTHON ?= python3
TORCH_PIN := torch==2.13.0
# uv, unlike pip, does not read PIP_FIND_LINKS: a locally provided CPU torch is taken from there.
ifdef PIP_FIND_LINKS
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
endif
export MLFLOW_DISABLE_TELEMETRY := true

.DEFAULT_GOAL := help
.PHONY: help setup demo app test test-slow mutate chromium postgresql check format mlflow serve viz bench lock clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# Programs in .venv name the folder they were made in: after a move, or in a copy, they would run the old one's code.
MOVED := $(shell test ! -L $(VENV) -a -s $(STAMP) && test "$$(cat $(STAMP))" != "$$(pwd -P)" && echo yes)
ifeq ($(MOVED),yes)
.PHONY: $(STAMP)
endif

# A .venv that is a link belongs to another working tree: it stays as it is, and runs the code of this one.
ifeq ($(shell test -L $(VENV) && echo yes),yes)
export PYTHONPATH := $(CURDIR)/src
LINKED := yes
endif

setup: $(if $(LINKED),,$(STAMP)) ## Create .venv with the project at its locked versions

$(STAMP): pyproject.toml constraints.txt
	@echo "Setting up $(VENV)$(if $(MOVED), anew: the project was moved or copied) ..."
	$(if $(MOVED),@rm -rf $(VENV))
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(VENV) --constraint constraints.txt --editable ".[dev]"
	@pwd -P > $(STAMP)

demo: setup ## The whole chain on the drawn set: ingest, tag, train, directions, evaluate, publish
	$(BIN)/kedro run
	@$(BIN)/python -m anime_gen summary

app: setup ## The page on 127.0.0.1:8501, from the registered champion
	@$(BIN)/python -m anime_gen register-shipped
	$(BIN)/streamlit run streamlit_app/streamlit_app.py --server.port $(or $(PORT),8501)

test: setup chromium postgresql ## The whole test suite, Chromium and PostgreSQL included
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile -m "not slow"

test-slow: setup ## The long proofs: 50 kills, 20 ingest kills, ...
	$(BIN)/pytest -m slow --timeout 3600

# The default takes the third, eleventh and 23rd change of every function.
MUTANTS ?= *__mutmut_3 *__mutmut_11 *__mutmut_23
MUTATED := latent|stylegan2\.training|serving|evaluation

mutate: setup ## Whether tests notice small changes of the code: a sample (all of a package: MUTANTS='anime_gen.latent.*')
	OMP_NUM_THREADS=1 $(BIN)/mutmut run --max-children $(or $(JOBS),1) $(foreach names,$(MUTANTS),'$(names)')
	@$(BIN)/mutmut results --all true | awk -F ': ' '$$2 != "not checked" { \
	    match($$1, /$(MUTATED)/); room = substr($$1, RSTART, RLENGTH); tried[room]++; \
	    if ($$2 ~ /killed|timeout/) killed[room]++; else print $$1 ": " $$2 } \
	  END { for (room in tried) printf "%-20s %4d of %4d killed, %.0f %%\n", room, killed[room], tried[room], \
	    100 * killed[room] / tried[room] }'

chromium:
	@command -v chromium >/dev/null || { echo "Installing Chromium for the browser tests ..."; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } || \
	  { echo "Chromium is missing and could not be installed. As root: apt-get install chromium"; exit 1; }

postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { echo "Installing PostgreSQL for MLflow's tests ..."; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null; } || \
	  echo "PostgreSQL could not be installed: the tests of MLflow on it are left out."

check: setup ## Lint, types, direction of imports, dead code, docstrings
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	$(BIN)/lint-imports && $(BIN)/vulture && $(BIN)/pydoclint -q src

format: setup ## Format the code
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

mlflow: setup ## The MLflow pages on 127.0.0.1:5000 (PORT=... for another)
	@$(BIN)/python -m anime_gen mlflow --port $(or $(PORT),5000)

serve: setup ## The champion over HTTP on 127.0.0.1:5001
	@$(BIN)/python -m anime_gen serve --port $(or $(PORT),5001)

viz: setup ## Kedro-Viz on 127.0.0.1:4141
	$(BIN)/uv pip install --quiet --python $(VENV) --constraint constraints.txt --editable ".[viz]"
	$(BIN)/kedro viz run --host 127.0.0.1

bench: setup ## Benchmarks: engine against the machine's limit, drawing, ingest, labelling
	$(BIN)/python -m tests.benchmarks

lock: setup ## Write constraints.txt anew from the ranges in pyproject.toml
	printf '%s\n' $(TORCH_PIN) > $(VENV)/pins.txt
	$(BIN)/uv pip compile -q --upgrade pyproject.toml --extra dev --extra viz --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links -c $(VENV)/pins.txt -o $(VENV)/locked.txt
	sed 's/+cpu//' $(VENV)/locked.txt > constraints.txt

clean: ## Remove what runs left behind; the environment and the shipped model stay
	rm -rf mutants data/0[1-5]_* data/07_* data/08_* data/smoke data/sources data/project.json mlflow.db mlflow.db.lock mlruns
	find data/06_models -mindepth 1 -maxdepth 1 ! -name shipped -exec rm -rf {} +
