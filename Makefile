# One recipe a task; `make help` lists them. Works with nothing but git, make and Python 3.11+.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.8
READY := $(VENV)/.ready
# The last file that a build writes stands for all of them.
TRACKER := services/storepulse/tracking/built/tag_manager.js
SHOP := services/storepulse/query/demo_shop/built/index.html
CONSOLE := services/storepulse/query/console/built/index.html
BUILT := $(TRACKER) $(SHOP) $(CONSOLE)

# What `make check` runs beside the linters: tests that compare generated or numbered files.
CHECKED_TESTS := tests/unit/cli tests/integration/migrations
# Two cores: one test process each. Tests that time out on a busy machine get no more of them.
WORKERS ?= 2
TEST_LIMIT_SECONDS ?= 3000
TEST_OPTIONS ?=

# The tests start hundreds of processes, each in half the time where compiled modules are kept.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run test check test-long console-screens bench lock lock-migrations clean

help: ## List the tasks
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) $(BUILT) ## Create .venv with all dependencies, and build what runs in browsers

run: $(READY) $(BUILT) ## Start Kafka, PostgreSQL and all services; Ctrl-C stops them
	@$(BIN)/storepulse up

test: $(READY) $(BUILT) ## Run the tests (half an hour on two cores)
	@timeout --foreground $(TEST_LIMIT_SECONDS) $(BIN)/pytest -n $(WORKERS) --dist loadgroup -m 'not long' -q --durations=25 --durations-min=5 $(TEST_OPTIONS) tests

check: $(READY) $(BUILT) ## Format, lint, types, layers, dead code, schemas, alerts, the tracker's sizes, migrations, generated pages
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/mypy -p bench
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/storepulse schemas check
	cd deploy/migrations && sha256sum --check --quiet --strict released.sha256
	bash deploy/check_alerts.sh $(VENV)
	bash deploy/browser.sh check
	$(BIN)/pytest -q $(CHECKED_TESTS)

# The long ones run one at a time: beside a campaign, who measures seconds would miss them.
test-long: $(READY) $(BUILT) ## Run every test, the long ones too (two hours or so)
	@bash deploy/fault_tools.sh $(VENV)
	@bash deploy/browsers.sh
	@$(MAKE) test TEST_LIMIT_SECONDS=4500
	@$(BIN)/pytest -m long -q tests

console-screens: $(READY) $(BUILT) ## Take pictures of every page of the console into docs/console
	@$(BIN)/python -m tests.console.screens

bench: $(READY) ## Measure throughput and latency on this machine
	@$(BIN)/python -m bench

lock: $(READY) ## Resolve requirements*.in again, with hashes
	$(BIN)/python -m pip install -q uv==$(UV_VERSION)
	$(BIN)/uv pip compile -q --no-emit-index-url --universal --generate-hashes --python-version 3.11 --custom-compile-command 'make lock' requirements.in -o requirements.lock
	$(BIN)/uv pip compile -q --no-emit-index-url --universal --generate-hashes --python-version 3.11 --custom-compile-command 'make lock' -c requirements.lock requirements-dev.in -o requirements-dev.lock
	$(BIN)/uv pip compile -q --no-emit-index-url --universal --generate-hashes --python-version 3.11 --custom-compile-command 'make lock' -c requirements.lock requirements-bench.in -o requirements-bench.lock

lock-migrations: ## At a release: hold the migrations as they are, which never change from then on
	cd deploy/migrations && sha256sum *.sql > released.sha256

clean: ## Remove .venv, .storepulse and everything that was built
	@if [ -x $(BIN)/storepulse ]; then $(BIN)/storepulse down; \
	  $(BIN)/python -c 'import os; from storepulse.adapters.settings import load; from storepulse.local.postgres_folder import remove; remove(load(os.environ).home)'; fi
	@rm -rf $(foreach folder,gateway/tracker tracking query/demo_shop query/console,services/storepulse/$(folder)/built) services/*/node_modules services/tracker/dist
	@rm -rf $(VENV) .storepulse build dist services/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find services tests -name __pycache__ -prune -exec rm -rf {} +

# The stamp is newer than everything that decides what is installed, so the second `make` is quick.
$(READY): requirements.lock requirements-dev.lock pyproject.toml deploy/setup.sh
	@UV_VERSION=$(UV_VERSION) bash deploy/setup.sh $(VENV)
	@touch $@

TRACKER_SOURCES := $(shell find services/tracker/src -type f)
SHOP_SOURCES := $(shell find services/shop/src -type f) $(wildcard services/shop/*.html)

$(TRACKER): $(TRACKER_SOURCES) services/tracker/build.mjs services/tracker/package-lock.json deploy/browser.sh
	@bash deploy/browser.sh tracker
	@touch $@

# The shop holds the tracker's hooks. One after the other, because either may install Node first.
$(SHOP): $(SHOP_SOURCES) $(TRACKER_SOURCES) services/shop/build.mjs services/shop/package-lock.json deploy/browser.sh | $(TRACKER)
	@bash deploy/browser.sh shop
	@touch $@

CONSOLE_SOURCES := $(shell find services/console/src services/console/public -type f) $(wildcard services/console/*.html services/console/*.ts services/console/*.mjs)

$(CONSOLE): $(CONSOLE_SOURCES) services/console/package-lock.json deploy/browser.sh | $(TRACKER)
	@bash deploy/browser.sh console
	@touch $@
