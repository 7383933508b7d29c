# Two commands: `make run` and `make test`. Each sets up what it needs by itself.

STUDY ?=
CORES ?= $(shell python3 -c "import os; print(min(4, os.cpu_count() or 1))")
PYTHON ?= python3
BIN := .venv/bin

CONFIG := $(if $(STUDY),--configfile config/studies/$(STUDY).yaml,)

# Each step is a Python of its own: none is to compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test docs truth calibration codebook why lock clean

run: .venv/ready
	@$(if $(STUDY),test -f config/studies/$(STUDY).yaml || { \
	  echo "There is no study config/studies/$(STUDY).yaml. There are:"; \
	  ls config/studies | sed 's/\.yaml$$//; s/^/  /'; exit 2; },:)
	@TOLD=1 $(BIN)/snakemake --cores $(CORES) $(CONFIG)
	@echo "Look next: results/$(or $(STUDY),conversion)/release/report.html"

test: .venv/ready
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -q
	@echo "Look next: CONTRIBUTING.md says what each test folder holds."

docs: .venv/ready
	@$(BIN)/python -m twoarm.document

# From what `make run STUDY=truth` found.
truth: .venv/ready
	@$(BIN)/python -m twoarm.truth results/truth/release/performance.csv

# From what `make run STUDY=calibration` found.
calibration: .venv/ready
	@$(BIN)/python -m twoarm.calibration results/calibration/release/performance.csv

# Of new exports, for a person to confirm: make codebook CENTRE=west FROM=exports/west
codebook: .venv/ready
	@$(BIN)/python -m twoarm.ingestion.codebook "$(CENTRE)" "$(FROM)"

# Where a released number comes from: make why OF=effects.csv:70 STUDY=heart
why: .venv/ready
	@$(BIN)/python -m twoarm.why "results/$(or $(STUDY),conversion)/release/$(OF)"

# A universal lock: versions alone, no addresses.
lock: .venv/ready
	@$(BIN)/python -m pip install -qq uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev \
	  --no-header --no-annotate pyproject.toml -o requirements.lock

clean:
	rm -rf results logs .snakemake

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { \
	  echo "twoarm needs Python 3.11 or later; found $$($(PYTHON) --version)."; \
	  echo "Name another: make PYTHON=python3.12 run"; exit 2; }
	@echo "Setting up .venv (once, about a minute) ..."
	@$(PYTHON) -m venv .venv || { \
	  echo "On Debian the module venv is a package: apt-get install python3-venv"; exit 2; }
	@$(BIN)/python -m pip install -qq --requirement requirements.lock
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch .venv/ready
