# `make demo` and `make test` need Python 3.11 or newer with its venv module, make, and nothing else. uv is used when it is there.
PYTHON ?= python3
UV ?= $(shell command -v uv 2>/dev/null)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
AUDIT := .venv-audit
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test bench fuzz audit lint lock clean
.DELETE_ON_ERROR:

help:  ## say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

demo: $(READY)  ## run the whole chain on an invented world, in a fresh folder demo/
	@rm -rf demo
	$(BIN)/guvoh demo demo
	@echo "The report lies in demo/report.html: open it in a browser."

test: lint  ## the same, and run the tests
	$(BIN)/python -m pytest -q

lint: $(READY)  ## check style, types and import rows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)  ## run the benchmarks, one after another
	@set -e; for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python "$$file"; done

fuzz: $(READY)  ## run the long suites that `make test` leaves out
	@$(BIN)/python -m pytest -q -m slow || { code=$$?; \
	  [ $$code -ne 5 ] && exit $$code; echo "There is no long suite yet: nothing was run."; }

audit: $(READY) $(AUDIT)/.ready  ## list what Guvoh is made of, its licences and its known holes, in build/audit/
	@mkdir -p build/audit
	$(AUDIT)/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible \
	  --of JSON -o build/audit/sbom.cdx.json $(BIN)/python
	$(BIN)/python scripts/licences.py scripts/licences.toml build/audit/licences.md
	@# --strict: a package that could not be looked up is no package without holes
	$(AUDIT)/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.txt -f markdown \
	  -o build/audit/holes.md || { echo "A known hole, or the advisories could not be asked: see above."; exit 1; }

lock:  ## write the two lock files anew (needs uv)
	@test -n "$(UV)" || { echo "make lock needs uv: pip install uv, or make lock UV=/path/to/uv"; exit 1; }
	$(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-header --extra dev \
	  pyproject.toml -o requirements.txt
	$(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-header --group audit \
	  -o requirements-audit.txt

clean:  ## remove everything that can be made again
	rm -rf $(VENV) $(AUDIT) build dist demo .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} +

# A new enough Python, or words that say what to do.
define check_python
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
  echo "Guvoh needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1 || true)."; \
  echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
endef

# $(1) the folder of the environment, $(2) the lock file: every package is checked against its hash.
ifneq ($(UV),)
define install_locked
$(UV) venv --quiet --allow-existing --python $(PYTHON) $(1)
$(UV) pip install --quiet --python $(1)/bin/python --require-hashes -r $(2)
endef
define install_guvoh
$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
endef
else
define install_locked
@echo "Installing $(2) into $(1); this takes a minute or two."
$(PYTHON) -m venv $(1)
$(1)/bin/python -m pip install -qq --no-compile --require-hashes -r $(2)
endef
define install_guvoh
$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
endef
endif

$(READY): requirements.txt pyproject.toml
	$(check_python)
	$(call install_locked,$(VENV),requirements.txt)
	$(install_guvoh)
	@touch $@

$(AUDIT)/.ready: requirements-audit.txt
	$(check_python)
	$(call install_locked,$(AUDIT),requirements-audit.txt)
	@touch $@
