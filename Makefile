# Everything a newcomer needs: `make run`, then `make dashboard`. `make help` lists the rest.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SCALE  ?= 1
# One process a core; the tests of a file stay together and the files with a slow test go first.
PARALLEL ?= --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# A scaled sample lives in a home of its own, so that it never mixes with the plain one.
ifneq ($(SCALE),1)
export OMS_HOME ?= $(CURDIR)/data/scale-$(SCALE)
endif

.DEFAULT_GOAL := help
.PHONY: help setup run dashboard dagster test lint docs bench peers lock clean

help:            ## this list
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/.ready: requirements.lock requirements-textbook.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, found " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-compile --no-deps --require-hashes -r requirements.lock -r requirements-textbook.lock
	$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true  # on all cores; pip would use one, for forty seconds
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(VENV)/.ready   ## a virtual environment with the locked dependencies

run: setup       ## the main job on the sample (SCALE=10 for ten times the orders)
	@$(BIN)/oms run --sample --scale $(SCALE)

dashboard: setup ## Streamlit on the published release
	@$(BIN)/oms dashboard

dagster: setup   ## Dagster's own UI on the same assets
	@$(BIN)/oms dagster

test: setup lint ## every test
	@$(BIN)/python -m pytest $(PARALLEL)

lint: setup      ## style and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache

docs: setup      ## the data dictionary from the table contracts
	@$(BIN)/oms docs --out docs/data-dictionary.md

bench: setup     ## the main job and the order book against the machine's limit
	@$(BIN)/python -m benchmarks.main_job
	@$(BIN)/python -m benchmarks.order_book

peers:           ## an environment of its own with the forecasting peers: .venv-peers/bin/python -m benchmarks.m5 --peers
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes -r requirements-peers.lock

lock: setup      ## resolve the dependencies anew (needs uv on the PATH)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --extra dev pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --extra peers --constraints requirements.lock pyproject.toml -o requirements-peers.lock
	echo stockpyl | uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	  --no-header --no-deps - -o requirements-textbook.lock  # its sixty dependencies are for its own docs and drawings

clean:           ## the environment and everything the platform wrote
	rm -rf $(VENV) .venv-peers data
