# What one does here, each by one word; `make` alone lists them. ARGS="..." goes to pytest.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-real test-real-openclaw test-oldest soak check fmt bench pins clean

# Work started in a pane of tutti's own, or with modules on a path of one's own, tests the same as anywhere else.
unexport PYTHONPATH PYTHONHOME TMUX TMUX_PANE
unexport TUTTI_ROOT TUTTI_AGENT TUTTI_WORKSPACE TUTTI_TMUX_SOCKET TUTTI_DISABLE_PLUGINS
# Without bytecode every pytest and every `tt` compiles anew what it imports: half of what the tests cost.
unexport PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX

PYTEST := .venv/bin/python -m pytest
# Two more than there are cores: tests of a terminal wait as long as they work.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' Makefile

setup: ## make or refresh .venv (PYTHON=... chooses the interpreter)
	@scripts/setup

demo: setup ## see a team at work: no account, no network
	@.venv/bin/tt demo

test: setup ## lint, types and tests
	.venv/bin/ruff check .
	.venv/bin/mypy
	$(PYTEST) -n $(WORKERS) --dist worksteal $(ARGS)

test-real: ## the tests that need real agent CLIs (installs them once, outside the clone)
	@scripts/real $(ARGS)

test-real-openclaw: ## those that need OpenClaw (installs it and a Node.js for it once, 900 MB)
	@scripts/real openclaw $(ARGS)

test-oldest: ## the tests with the oldest dependencies (PYTHON=... for the oldest Python)
	@scripts/oldest $(ARGS)

soak: setup ## the tests at full size
	$(PYTEST) -m "soak or hypothesis" --timeout 3600 --hypothesis-profile default $(ARGS)

check: setup ## lint, format and types, without tests
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

fmt: setup ## format, and mend what can be mended without asking
	.venv/bin/ruff check --fix-only .
	.venv/bin/ruff format .

bench: setup ## measure
	@benchmarks/run

pins: setup ## resolve constraints.txt anew
	@scripts/pins

clean: ## remove whatever was made here
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis uv.lock
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
