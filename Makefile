# Every target makes .venv and installs what it needs on first use; after that it is quick.
PYTHON ?= python3
BIN := .venv/bin
SHOTMAKE := $(BIN)/shotmake

.PHONY: demo test lint soak mutants bench schemas docs pictures clean

# Always the animatic pass: a demo never spends a credit, whatever is in the environment.
demo: .venv/.installed
	$(SHOTMAKE) run --pass animatic specs/ramen.yaml

test: .venv/.installed-dev
	$(BIN)/pytest -n 2 --dist worksteal

# mypy reads the benchmarks, too, and so what they import.
lint: .venv/.installed-bench
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# About an hour on two cores; a part alone: .venv/bin/python -m tests.proof.soak kills
soak: .venv/.installed-dev
	$(BIN)/python -m tests.proof.soak

# Removes each safeguard in turn: some test must fail. --write puts the table into docs/guarantees.md.
mutants: .venv/.installed-dev
	$(BIN)/python -m tests.mutants --write

# Half an hour on two cores, with nothing else on them. Needs curl. The table goes into
# docs/benchmarks.md; a part alone, without that: .venv/bin/python -m tests.bench --only noop
bench: .venv/.installed-bench
	$(BIN)/python -m tests.bench --write

# The storyboard schema's per-model part is derived from schemas/models/.
schemas: .venv/.installed
	$(BIN)/python -c "from pipeline.storyboard.schemas import write_storyboard_schema as w; print(w())"

# The references in docs/ are made from the schemas and from the parser of the command line.
docs: .venv/.installed
	$(BIN)/python -m tests.docs

# The screenshots in docs/pictures.
pictures: .venv/.installed-dev
	$(BIN)/python -m tests.browser.pictures

clean:
	rm -rf .venv dist build

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "shotmake needs Python 3.11 or newer; give one with make PYTHON=…")'
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/.installed-dev: pyproject.toml .venv/.installed
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

.venv/.installed-bench: pyproject.toml .venv/.installed-dev
	$(BIN)/python -m pip install --quiet --editable '.[dev,bench]'
	@touch $@
