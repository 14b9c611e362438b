# make demo     the demonstration: trains a network on handwritten digits and draws what happened
# make test     the whole test suite            make test ARGS="tests/atom -k watch"
# make check    lint, format, types, floors, documentation
# make format   let ruff put the code in order
# make docs     build the documentation into site/
# make bench    list the benchmarks             make bench NAME=atom ARGS=--quick
# make notebooks  run the notebooks and keep what they print in them
# make peers    add the libraries that tests and benchmarks compare with (PyTorch, ...)
# make clean    remove everything that was made here
#
# Needs Python 3.11 or newer and nothing else; another interpreter: make PYTHON=python3.12 ...

PYTHON := python3
VENV := .venv
BIN := $(VENV)/bin
NAME :=
ARGS :=

.PHONY: demo test check lint types floors format docs bench notebooks peers clean help
.DEFAULT_GOAL := help
.NOTPARALLEL: # one pip at a time

help:
	@sed -n 's/^# \{0,1\}//; /^make /p' Makefile

demo: $(VENV)/.has-all
	@mkdir -p demo-output
	$(BIN)/synapse-rx train --data digits --plot demo-output/digits.png
	@if [ -n "$$SYNAPSE_RX_DATA" ]; then \
		echo "MNIST: $(BIN)/synapse-rx train --data mnist --plot demo-output/mnist.png"; \
	fi

# Hundreds of processes import the library: none but the first is to compile its files once more.
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.has-test
	$(BIN)/python -m pytest -n logical --dist worksteal $(ARGS)

check: lint types floors docs

lint: $(VENV)/.has-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.has-check
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright --pythonpath $(BIN)/python

floors: $(VENV)/.has-check
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.has-check
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

# Griffe's warnings about docstrings do not fail a strict build by themselves.
docs: $(VENV)/.has-docs
	@mkdir -p build
	@$(BIN)/zensical build --strict --clean >build/docs.log 2>&1; status=$$?; \
	sed "s/$$(printf '\033')\[[0-9;]*m//g" build/docs.log; \
	[ $$status = 0 ] && ! grep -q '^griffe:' build/docs.log

bench: $(VENV)/.has-test
	$(BIN)/python -m benchmarks $(NAME) $(ARGS)

notebooks: $(VENV)/.has-test
	$(BIN)/python -m tests.notebooks.render $(NAME)

peers: $(VENV)/.has-peers

clean:
	rm -rf $(VENV) build dist site demo-output .cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each extra of pyproject.toml; an install happens again only when that file changes.
$(VENV)/.has-%: pyproject.toml | $(VENV)/bin/pip
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "synapse_rx needs Python 3.11 or newer, but $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make a virtual environment; on Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
