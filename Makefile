# SPDX-License-Identifier: GPL-3.0-or-later
# Every target sets up what it needs, in .venv and .cache of the checkout. Works with GNU make 3.81 and newer.

.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/sh
# Servers live in sbin, which an ordinary user's PATH often leaves out.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin

VENV := .venv
# What the demo plays: blue_green, canary, toggle, or several of them, one after the other.
PART := blue_green

.PHONY: help
help: ## what there is to run
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: environment-demo ## deliver releases under load, and take bad ones back; no root. PART=canary does so step by step, PART=toggle with a feature
	@$(VENV)/bin/python examples/demo/demo.py $(PART)

.PHONY: test
test: ## packages, lint, sanity, unit, integration and e2e, up to the first that fails
	@MAKE="$(MAKE)" scripts/test.sh

.PHONY: packages
packages: ## what the tests need from the system: installed through apt as root, else named
	@scripts/packages.sh

.PHONY: lint
lint: environment-test ## style, types, documentation, names, licences
	@scripts/lint.sh

.PHONY: format
format: environment-test ## put the Python code into form
	@$(VENV)/bin/ruff check --quiet --fix --select I --cache-dir .cache/ruff .
	@$(VENV)/bin/ruff format --cache-dir .cache/ruff .

.PHONY: sanity
sanity: environment-test ## ansible-test sanity, without exceptions
	@scripts/sanity.sh $(VENV)/bin/python

.PHONY: unit
unit: environment-test ## unit tests on every Python that this machine has
	@scripts/unit.sh

.PHONY: integration
integration: environment-test ## the modules as ansible-test runs them
	@scripts/integration.sh $(VENV)/bin/python

.PHONY: e2e
e2e: environment-test ## real balancers under load, kills and faults
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python -m pytest tests/e2e --numprocesses 4 --dist loadfile --no-loadscope-reorder --durations 40 --durations-min 8

.PHONY: bench
bench: link ## how it compares; prints a table and writes .cache/bench.json
	@scripts/environment.sh .cache/bench bench
	@.cache/bench/bin/python tests/bench/bench.py --output .cache/bench.json

.PHONY: bench-judge
bench-judge: environment-test ## how often verdicts on a canary are wrong, and how soon they come, beside rivals' rules
	@$(VENV)/bin/python tests/bench/bench_judge.py --output .cache/bench-judge.json

.PHONY: errors
errors: environment-test ## write docs/errors.md from the errors that the libraries can raise
	@$(VENV)/bin/python scripts/errors.py

.PHONY: changelog
changelog: environment-test ## write CHANGELOG.md from the fragments, for the version in galaxy.yml
	@scripts/changelog.sh

.PHONY: lock
lock: ## take the newest versions of what requirements/*.in name
	@scripts/lock.sh

.PHONY: clean
clean: ## remove everything that was made here
	rm -rf $(VENV) .cache .ansible .pytest_cache .hypothesis .mypy_cache .ruff_cache tests/output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: link
link:
	@scripts/link_collection.sh

.PHONY: environment-demo
environment-demo: link
	@scripts/environment.sh $(VENV) demo

.PHONY: environment-test
environment-test: link
	@scripts/environment.sh $(VENV) test
