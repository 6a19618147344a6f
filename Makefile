# make book      build the book: book/_build/html/index.html
# make test      everything that keeps the book true: unit tests, every chapter run again, the built pages
# make check     the loop of whoever changes a line: format, lint, spelling, stamps, unit tests that train nothing
# make lab       open the chapters in JupyterLab
# make pdf       the whole book in one file: book/_build/penalise-what-deserves-it.pdf (needs Chromium)
# make execute   run all chapters again and store what they show; CHAPTER=04 for one of them
# make source    say where the book lives, by which rule, and write the chapters' first cells
# make colab-branch   publish the last commit's chapters and wheel to the branch colab of origin, as the workflow does
# make check-colab   run the chapters with Colab's versions, each alone in an empty folder; CHAPTER=04 for one of them
# make bench     how long a training step takes, and how long it would have to; about three minutes
# make format    write code and notebooks the way make check wants them
# make hooks     let git ask the quick questions of make check before each commit
# make clean     remove what was built (the Python environments, .venv and .venv-colab, stay)
# make test-unit, test-chapters, test-browser   the parts of make test
#
# Each target sets itself up. All that is needed is make and a Python from 3.11 to 3.13 with venv.

VENV   := .venv
PY     := $(VENV)/bin/python
READY  := $(VENV)/.ready
BEGUN  := $(VENV)/.begun
HTML   := book/_build/html/index.html
WORKS  := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))

# The first Python on this machine that will do. TensorFlow 2.21 has no wheels for 3.14 or newer.
ifndef PYTHON
PYTHON := $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(shell $(p) -c '$(WORKS)' 2>/dev/null && echo $(p))))
endif

# Before TensorFlow starts: its start-up notes would end up in the chapters' outputs.
export TF_CPP_MIN_LOG_LEVEL := 3
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup book test check lint test-unit test-chapters test-browser lab pdf execute source colab-branch check-colab bench \
  format hooks clean

help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile

setup: $(READY)

# Half an environment must never pass for a whole one: a mark is set before the first step and removed after
# the last. requirements.txt names every package, so pip need not work out what else is wanted (--no-deps).
# It must compile them, though it takes a while: else the first import does, and shows the packages' warnings.
$(READY): requirements.txt pyproject.toml
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(WORKS)' || { \
	  echo "Python 3.11, 3.12 or 3.13 with venv is needed; found $$($(or $(PYTHON),python3) --version 2>&1)."; \
	  echo "Install one (on Debian and Ubuntu its venv is a package of its own: python3-venv) and, if it"; \
	  echo "is not called python3, name it: make book PYTHON=/path/to/python3.12"; exit 1; }
	@if test -e $(BEGUN); then echo "The last set-up was interrupted: starting again."; rm -rf $(VENV); fi
	@mkdir -p $(VENV) && rm -f $(READY) && touch $(BEGUN)
	@echo "Setting up $(VENV) with $(PYTHON): about 800 MB to download, a few minutes, once."
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --no-deps -r requirements.txt
	$(PY) -m pip install --no-deps --no-build-isolation -e .
	@rm $(BEGUN) && touch $(READY)

# Always from nothing: a page that is not read again does not repeat its warnings, and one that has been
# deleted would stay. The chapters' stored outputs are used; nothing is trained.
book: $(READY)
	@rm -rf book/_build
	$(VENV)/bin/jupyter-book build . --path-output book -W --keep-going -n -q
	@echo "The book: file://$(CURDIR)/$(HTML)"

# One worker more than there are cores, for each waits for a browser or another process at times, if there are 3 GB of
# memory for each. (pytest's own -n auto counts one core on some virtual machines.) So each needs one thread of
# TensorFlow's, and one of BLAS's: two spin while they wait for one another, half a second for a Fréchet distance that
# takes one alone three milliseconds. Whole files (loadfile), since a chapter's cells share one kernel; in their order,
# so that the chapters, which take longest, come first.
CORES   := import os; print(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
GB      := import os; print(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 30)
WORKERS ?= $(shell $(PY) -c '$(CORES)' | awk -v gb=$$($(PY) -c '$(GB)') '{n = int(gb / 3); most = $$1 + 1; print n < 1 ? 1 : n < most ? n : most}')
THREADS  = TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
PYTEST   = $(THREADS) $(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
NBVAL   := --nbval-lax --nbval-current-env --nbval-cell-timeout=2400

test: $(READY)
	@$(MAKE) --no-print-directory -j2 book lint
	$(PYTEST) chapters tests $(NBVAL)

check: lint
	$(PYTEST) tests -m "not slow and not browser and not html"

lint: $(READY)
	$(PY) -m ruff format --check -q .
	$(PY) -m ruff check -q .
	$(VENV)/bin/codespell
	$(PY) tools/stamp.py --check

test-unit: lint
	$(PYTEST) tests -m "not browser and not html"

test-chapters: $(READY)
	$(PYTEST) chapters $(NBVAL)

test-browser: book
	$(PYTEST) tests -m "browser or html"

format: $(READY)
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

hooks: $(READY)
	$(VENV)/bin/pre-commit install

lab: $(READY)
	$(PY) -m jupyterlab chapters

pdf: $(READY)
	$(PY) tools/pdf.py

execute: $(READY)
	$(PY) tools/execute.py $(CHAPTER)

source: $(READY)
	$(PY) tools/source.py

# TO="--to REMOTE --raw URL" for a remote that is not on GitHub
colab-branch: $(READY)
	$(PY) tools/publish.py $(TO)

# A PYTHON named on the command line is for .venv-colab, too: it has to be Colab's, 3.13, or 3.12.
check-colab: $(READY)
	$(PY) tools/check_colab.py $(CHAPTER)

# BENCH="--help" lists its options. PyTorch and JAX are compared with where they are in $(VENV); the book needs neither.
bench: $(READY)
	$(PY) tests/benchmarks/bench.py $(BENCH)

clean:
	rm -rf book/_build .pytest_cache .hypothesis .ruff_cache gancode.egg-info build
	find gancode tests tools chapters -name __pycache__ -o -name .ipynb_checkpoints | xargs rm -rf
