# SPDX-License-Identifier: GPL-3.0-or-later
# `make demo` and `make test` work on a fresh Debian 12 or Ubuntu 24.04 and do all the set-up they need; see scripts/setup.sh.

# The Python GNU Radio belongs to. Not python3 from the PATH, which may be a virtual environment or conda.
PYTHON ?= /usr/bin/python3
# A package index with a CPU build of torch, as its makers offer one; empty for pip's default build, which may bring CUDA along.
TORCH_INDEX ?=
# Further arguments for run_flowgraph.py and pytest: make demo DEMO_ARGS="--snr 5", make test PYTEST_ARGS="-k phy -x"
DEMO_ARGS ?=
PYTEST_ARGS ?=

# matplotlib wants qtsvg in Qt windows; without it GNU Radio says with every one that matplotlib is missing.
PACKAGES := gnuradio gnuradio-dev cmake g++ python3-venv python3-pyqt5.qtsvg
# A display for the tests that open GRC and Qt windows.
TEST_PACKAGES := xvfb xauth
# A browser for the tests of the live view. Ubuntu has it as a snap alone, under other names: there they are skipped.
OPTIONAL_TEST_PACKAGES := chromium chromium-driver
# GRC's window; the package gnuradio only recommends it.
COMPANION_PACKAGES := gir1.2-gtk-3.0

export PYTHON TORCH_INDEX
# Where GRC finds the blocks of a virtual environment. (GNU Radio looks into /usr and /usr/local by itself.)
export GRC_BLOCKS_PATH := $(CURDIR)/.venv/share/gnuradio/grc/blocks$(if $(GRC_BLOCKS_PATH),:$(GRC_BLOCKS_PATH))

VENV_PYTHON := .venv/bin/python
SETUP := scripts/setup.sh

.DEFAULT_GOAL := help
.PHONY: help demo test setup test-setup build lint format companion uninstall clean distclean
.NOTPARALLEL:

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r t d; do printf '  make %-14s %s\n' "$$t" "$$d"; done

demo: build ## send a picture, with all the set-up needed; pictures, metrics.json and report.html in out/demo
	$(VENV_PYTHON) run_flowgraph.py --out out/demo $(DEMO_ARGS)

# Lint goes first so that the output ends with pytest's summary, but does not keep the tests from running.
test: test-setup ## run ruff, mypy and all tests, with all the set-up needed (installs torch)
	@status=0; \
	$(MAKE) --no-print-directory lint-only || status=1; \
	$(VENV_PYTHON) -m pytest $(PYTEST_ARGS) || status=1; \
	exit $$status

setup: build ## Debian packages (with GRC's), virtual environment and module, without running anything
	@$(SETUP) system $(COMPANION_PACKAGES)

build:  ## build and install the module into .venv (after the set-up it needs)
	@$(SETUP) system $(PACKAGES)
	@$(SETUP) python
	@$(SETUP) module

.PHONY: train-setup
train-setup: build ## what `deepjscec train` and `export` need (torch), into .venv
	@$(SETUP) python test train  # each set counts as installed only on top of those before it

.PHONY: evaluate-setup
evaluate-setup: build ## what `deepjscec evaluate` needs for separate coding (HEVC, AV1, 5G LDPC) and for many processes
	@$(SETUP) python test train evaluate
	@$(SETUP) ldpc

test-setup:
	@$(SETUP) system $(PACKAGES) $(TEST_PACKAGES)
	@$(SETUP) optional $(OPTIONAL_TEST_PACKAGES)
	@$(SETUP) python test train evaluate
	@$(SETUP) ldpc
	@$(SETUP) module

lint: ## run ruff and mypy
	@$(SETUP) system $(PACKAGES)
	@$(SETUP) python test
	@$(MAKE) --no-print-directory lint-only

.PHONY: lint-only
lint-only:
	@status=0; \
	$(VENV_PYTHON) -m ruff check --output-format=concise . || status=1; \
	$(VENV_PYTHON) -m mypy || status=1; \
	exit $$status

format: ## let ruff format the Python files and repair what it can
	@$(SETUP) system $(PACKAGES)
	@$(SETUP) python test
	$(VENV_PYTHON) -m ruff check --fix .
	$(VENV_PYTHON) -m ruff format .

.PHONY: wheel deb
wheel: build ## a wheel of library, blocks and models, in dist/
	$(VENV_PYTHON) -m pip wheel --no-deps --no-build-isolation --wheel-dir dist .

deb: build ## a Debian package, in build/deb/
	cmake --preset deb -Wno-dev && cmake --build build/deb --target package

companion: setup ## open the simulated link in GNU Radio Companion
	.venv/bin/gnuradio-companion grc/loopback_sim.grc

uninstall: ## remove the module from .venv
	@if [ -f build/install_manifest.txt ]; then cmake --build build --target uninstall -- --no-print-directory; fi
	@rm -f .venv/.stamps/module

# Uninstalls first: with the build folder goes the list of what is installed. Leaves the rest of out/, which may hold measurements.
clean: uninstall ## remove the build folder, caches and out/demo
	rm -rf build out/demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv*' -type d -prune -exec rm -rf {} +

distclean: clean ## clean, and remove the virtual environments
	rm -rf .venv .venv-ldpc python/deepjscec.egg-info
