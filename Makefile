# Two commands matter: `make demo` shows the shop, `make test` proves it. Both set everything up first.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: setup demo test lint bench lock clean help

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

setup: $(VENV)/.ready  ## create .venv from the lock

$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/python -m models.learner.warm_up
	if [ -e .git ]; then $(BIN)/pre-commit install >/dev/null; fi
	touch $@

demo: setup  ## a shop in one command; ARGS="--seconds 30 --json" runs it unattended
	@$(BIN)/shopwindow demo $(ARGS)

test: setup  ## every test, against real servers; ARGS go to pytest
	@scripts/install-test-components
	$(BIN)/python -m pytest $(ARGS)

lint: setup  ## every pre-commit hook over all files, and mypy
	$(BIN)/pre-commit run --all-files
	$(BIN)/mypy

bench: setup  ## freshness, latency of decisions, ingest, as JSON
	$(BIN)/python -m bench.freshness $(ARGS)
	$(BIN)/python -m bench.api $(ARGS)
	$(BIN)/python -m bench.ingest

lock:  ## renew requirements.lock from pyproject.toml (needs pip-tools in .venv)
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --no-header --all-extras --generate-hashes --allow-unsafe --strip-extras \
		--output-file requirements.lock pyproject.toml
	sed -i '/^--/d' requirements.lock  # addresses belong to whoever installs

clean:  ## remove what setup and tests made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
