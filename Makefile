# Everything a reader of the README runs. `make` alone lists the targets.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TRITON ?= .venv-triton
TENSORRT ?= .venv-tensorrt
SHELL := /bin/bash
export OMP_NUM_THREADS ?= 1
export DVC_NO_ANALYTICS ?= 1
export MLFLOW_DISABLE_TELEMETRY ?= true
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1
NAME ?= news
# tests wait for servers, time limits and stages: on two cores, two workers left a third of the processor time unused
WORKERS ?= 3
# stages of dvc.yaml call `python`: that of the virtual environment
DVC := PATH="$(abspath $(BIN)):$$PATH" $(BIN)/dvc
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all check format lint types contracts golden intent example repro bench bench-serving docs findings hashes release clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.ready  ## make the virtual environment with the pinned packages

$(VENV)/.ready: pyproject.toml constraints.txt requirements-examples.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q torch==2.13.0 -c constraints.txt
	$(BIN)/pip install -q -e '.[run,diffusion,dev,deploy,sql,cloud,hub]' -c constraints.txt
	$(BIN)/pip install -q --no-deps -r requirements-examples.txt
	$(BIN)/python -m compileall -q trainerspec
	touch $@

demo: setup  ## draft, check, build, run, serve and ask: examples/news from a sentence to an answer
	$(MAKE) --no-print-directory example NAME=news

example: setup  ## run one example to its answer in build/examples/NAME (NAME=news)
	$(BIN)/python examples/run.py $(NAME)

test: setup  ## all tests that fit in a few minutes
	$(PYTEST) -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m 'not tensorrt and not triton and not llm and not pythons and not sources and not croissant' $(ARGS)

test-all: setup $(TRITON)/.ready $(TENSORRT)/.ready  ## all tests: also real Triton, TensorRT-RTX and language model, and the other Pythons found
	$(BIN)/pip install -q --no-deps -r requirements-real.txt
	TRAINERSPEC_TRITON_PYTHON=$(abspath $(TRITON))/bin/python TRAINERSPEC_TENSORRT_PYTHON=$(abspath $(TENSORRT))/bin/python $(PYTEST) $(ARGS)

# tritonserver's Python backend gives empty answers with NumPy 2, so it has an environment of its own
$(TRITON)/.ready:
	test -x $(TRITON)/bin/python || $(PYTHON) -m venv $(TRITON)
	$(TRITON)/bin/pip install -q nvidia-pytriton==0.7.0 onnxruntime==1.32.0 'numpy<2'
	touch $@

# NVIDIA's libraries, 330 MB: nothing else needs them
$(TENSORRT)/.ready: requirements-tensorrt.txt
	test -x $(TENSORRT)/bin/python || $(PYTHON) -m venv $(TENSORRT)
	$(TENSORRT)/bin/pip install -q --no-deps -r requirements-tensorrt.txt
	touch $@

# MLServer is only a peer to compare with; its pins are not ours
.venv-mlserver/.ready:
	test -x .venv-mlserver/bin/python || $(PYTHON) -m venv .venv-mlserver
	.venv-mlserver/bin/pip install -q mlserver==1.7.1 onnxruntime==1.32.0 tokenizers==0.23.3
	touch $@

check: format-check lint types contracts  ## format, lint, types and import contracts

format: setup  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

format-check: setup
	$(BIN)/ruff format --check .

lint: setup  ## lint
	$(BIN)/ruff check .

types: setup  ## check types
	$(BIN)/mypy
	$(PYTEST) -q tests/templates/test_types.py

contracts: setup  ## check who may import whom
	$(BIN)/lint-imports
	$(PYTEST) -q tests/templates/test_rooms.py

intent: setup  ## train what `draft` has learnt anew: its classifier, its words of harm, its ranking and its votes (four minutes)
	$(BIN)/python -m intent.train
	$(BIN)/python -m intent.harm
	$(BIN)/python -m intent.rank
	$(BIN)/python -m intent.votes

golden: setup  ## make the golden trees anew
	$(BIN)/python tests/golden/regenerate.py

repro: setup  ## reproduce an example's package and metrics/NAME.json with `dvc repro` (NAME=news)
	$(DVC) repro $(NAME)

bench: setup  ## measure the compiler and what a run adds around the training
	$(DVC) repro compiler pipeline

bench-serving: setup $(TRITON)/.ready .venv-mlserver/.ready  ## compare the laptop server with its peers (needs wrk), load it, compare answers
	TRAINERSPEC_TRITON_PYTHON=$(abspath $(TRITON))/bin/python $(DVC) repro serving serving-load parity

docs: setup  ## write the generated pages of docs/ anew
	$(BIN)/python -m trainerspec.diagnostics.reference > docs/errors.md
	$(BIN)/python -m benchmarks.page > docs/benchmarks.md

findings: setup  ## run findings/ and tell which changed (NAMES="A B" for some; needs a package index)
	$(BIN)/python findings/run.py $(NAMES)

hashes: setup  ## record the digests of what a package's image installs, after constraints.txt changed (needs a package index)
	$(BIN)/python scripts/hashes.py

release: setup  ## build wheel and sdist in dist/, check them, and try the wheel in a fresh environment
	$(BIN)/python scripts/release.py

clean:  ## delete what can be made again
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
