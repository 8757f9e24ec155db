# One word does it. "make demo" on a bare Debian 12 ends with a running city.
PYTHON ?= python3
GEZHI := .venv/bin/gezhi
SETUP := $(PYTHON) tools/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help setup demo up test lint bench faults fuzz words lock clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 14

setup: ## install what is missing (root on Debian; else it says what to install)
	@$(SETUP)

demo: ## set up, start, and build the demo city if it is not there yet
	@$(SETUP)
	@exec $(GEZHI) up --demo

up: ## set up and start, without the demo city
	@$(SETUP)
	@exec $(GEZHI) up

test: ## set up and run every check and test
	@$(SETUP) --dev
	@exec .venv/bin/python tools/check.py

lint: ## the quick checks only: style, imports, types
	@$(SETUP) --dev
	@exec .venv/bin/python tools/check.py --quick

bench: ## set up and run the benchmarks
	@$(SETUP) --dev
	@exec .venv/bin/python tools/bench.py

faults: ## kill processes at random under load for a minute, start again, count
	@$(SETUP) --dev
	@exec .venv/bin/python tools/faults.py

fuzz: ## send random requests made from the API's description; no answer may be a 5xx
	@$(SETUP) --dev
	@exec .venv/bin/python tools/check.py --fuzz

words: ## bring the catalogues of words and docs/roles.md up to the code
	@$(SETUP)
	@.venv/bin/python tools/words.py
	@.venv/bin/python tools/roles.py

lock: ## rewrite the lock files from pyproject.toml and package.json (needs uv and npm)
	@$(PYTHON) tools/lock.py

clean: ## remove what set-up made; the city's data in var/ stays
	rm -rf .venv node_modules src/gezhi/ui/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis
