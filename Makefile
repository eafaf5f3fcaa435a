# Everything a contributor, a site and CI do with this checkout. `make help` lists the targets.
# GNU make and a POSIX shell; each target sets up what it needs first.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# The name through which Python and Ansible import the checkout (a tracked link).
COLLECTION := ansible_collections.hipaa.cis
ARGS ?=

export PATH := $(CURDIR)/$(BIN):$(PATH)
# The checkout's own settings, whatever the caller has exported.
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
# What Python compiles is kept, whatever the caller has exported: the tests start hundreds of processes.
export PYTHONDONTWRITEBYTECODE :=

# An environment whose interpreter is gone (an upgrade of the system, a moved checkout) is made again.
ifneq ($(shell $(BIN)/python -c 'import pip' 2>/dev/null && echo usable),usable)
.PHONY: $(VENV)/.made
endif

.DEFAULT_GOAL := help

$(VENV)/.made: tests/tools/find_python.sh
	@[ ! -L $(VENV) ] || { echo "$(VENV) is a link, and what it leads to is not emptied: remove the link, then run this again"; exit 1; }
	@python=$$(tests/tools/find_python.sh) && echo "Making $(VENV) with $$python" && "$$python" -m venv --clear $(VENV)
	@touch $@

# What is installed is locked, with hashes, for the line of ansible-core that the interpreter has.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
LINE = $$($(BIN)/python tests/tools/lock.py --mine)

$(VENV)/.runtime: $(VENV)/.made $(wildcard locks/ansible-core-*.txt)
	@$(INSTALL) -r locks/ansible-core-$(LINE).txt
	@touch $@

$(VENV)/.development: $(VENV)/.runtime $(wildcard locks/development-*.txt)
	@$(INSTALL) -r locks/development-$(LINE).txt
	@touch $@

.PHONY: setup
setup: $(VENV)/.development ## make the virtual environment (.venv) with all tools
	@said=$$($(BIN)/ansible --version) && echo "$(VENV) is ready: $$(echo "$$said" | sed -n 1p)"

# The Python the audited machine (this very one) is read with: the system's where it is new enough, else ours.
LOCAL_PYTHON = $(shell /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null \
	&& echo /usr/bin/python3 || echo $(CURDIR)/$(BIN)/python)

.PHONY: audit
audit: $(VENV)/.runtime ## audit this very machine, changing nothing (as root: everything; else what you may read); ARGS="-e ..."
	@$(BIN)/ansible-playbook hipaa.cis.audit --inventory localhost, --connection local \
		--extra-vars ansible_python_interpreter=$(LOCAL_PYTHON) --extra-vars hipaa_cis_become=false $(ARGS)

# The tests of a file that boots hosts stay on one worker; the others run wherever there is room.
PYTEST := $(BIN)/python -m pytest
# Most of them wait for hosts: three keep two cores busy.
JOBS ?= 3
# What the storms of this call are drawn from; the head of the output names it.
export HIPAA_CIS_STORM_SEED ?= $(shell date +%s)

.PHONY: test
test: $(VENV)/.development ## run all tests that this machine can run, and list those it cannot; ARGS="-k ..."
	@$(PYTEST) --numprocesses $(JOBS) --dist loadgroup --durations 25 --durations-min 20 -m "not long" $(ARGS)
	@echo "What takes longer than CI bears is left to \`make test-long\` (docs/testing.md)."

.PHONY: test-long
test-long: $(VENV)/.development ## run the tests that take longer than CI bears; ARGS="-k ..."
	@$(PYTEST) --numprocesses $(JOBS) --dist loadgroup --durations 0 --durations-min 20 -m long $(ARGS)

.PHONY: bench
bench: $(VENV)/.development ## measure times and memory (tests/benchmarks)
	@$(PYTEST) $(if $(findstring tests/,$(ARGS)),,tests/benchmarks) $(ARGS) --override-ini 'python_files=bench_*.py' --capture=no

# Each role on a booted host: create, converge, idempotence, verify, destroy. ARGS="--scenario-name integrity" runs one.
.PHONY: molecule
molecule: $(VENV)/.development ## the roles on booted hosts, with idempotence (root and systemd-nspawn); ARGS="-s integrity"
	@MOLECULE_GLOB='extensions/molecule/*/molecule.yml' $(BIN)/molecule test $(or $(ARGS),--all)

.PHONY: nox
nox: $(VENV)/.development ## unit tests with each ansible-core line, target code with each Python found; ARGS="-s unit-2.16"
	@$(BIN)/nox $(ARGS)

.PHONY: sanity
sanity: $(VENV)/.development ## ansible-test sanity on a copy of the tracked files; ARGS="--test pep8"
	@$(BIN)/python tests/tools/ansible_test_sanity.py $(ARGS)

LINTS := lint-ruff lint-format lint-mypy lint-yamllint lint-ansible-lint lint-catalog lint-reference lint-docs lint-changelog
GENERATE_REFERENCE := $(BIN)/python -m $(COLLECTION).plugins.plugin_utils.catalog.reference_docs

.PHONY: lint $(LINTS)
lint: $(VENV)/.development ## all static checks; each also by its own name: make lint-mypy
	@$(MAKE) --no-print-directory --keep-going $(LINTS) && echo "All static checks passed."

$(LINTS): $(VENV)/.development

lint-ruff:
	@$(BIN)/ruff check --quiet --output-format concise .
lint-format:
	@$(BIN)/ruff format --quiet --check . || { echo "Not formatted; ruff format . does it:"; $(BIN)/ruff format --check . --output-format concise; exit 1; }
lint-mypy:
	@$(BIN)/mypy --no-error-summary
lint-yamllint:
	@$(BIN)/yamllint --strict .
lint-ansible-lint:
	@$(BIN)/ansible-lint -q --nocolor
lint-catalog:
	@$(BIN)/python -m $(COLLECTION).plugins.plugin_utils.catalog.lint
lint-reference:
	@$(GENERATE_REFERENCE) --check
lint-docs:
	@$(BIN)/antsibull-docs lint-collection-docs --plugin-docs .
lint-changelog:
	@$(BIN)/antsibull-changelog lint
	@$(BIN)/antsibull-changelog lint-changelog-yaml --no-semantic-versioning changelogs/changelog.yaml

.PHONY: docs
docs: $(VENV)/.development ## write the reference pages from the catalog anew, and what was tried on what from the tests
	@$(GENERATE_REFERENCE)
	@$(BIN)/python -m tests.tools.platforms

.PHONY: golden
golden: $(VENV)/.development ## write anew what each benchmark comes to, by level and profile (tests/golden/)
	@$(BIN)/python -m tests.tools.golden

.PHONY: format
format: $(VENV)/.development ## format the Python code
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix-only .

.PHONY: build
build: $(VENV)/.runtime ## build the archive of the collection (build/hipaa-cis-VERSION.tar.gz)
	@$(BIN)/ansible-galaxy collection build --force --output-path build .

.PHONY: changelog
changelog: $(VENV)/.development ## write CHANGELOG.md from the fragments, for the version in galaxy.yml
	@$(BIN)/antsibull-changelog release

# Where the collection is published, if galaxy.yml does not say it.
REPOSITORY ?=

.PHONY: release
release: $(VENV)/.development ## make the release of what is committed (build/release/VERSION, docs/releasing.md); ARGS=--trial tries it
	@$(BIN)/python -m tests.tools.release $(if $(REPOSITORY),--repository '$(REPOSITORY)') $(ARGS)

.PHONY: lock
lock: $(VENV)/.development ## write locks/ anew: the newest that requirements.txt allows, of each ansible-core line, with hashes
	@$(BIN)/python tests/tools/lock.py

.PHONY: clean
clean: ## remove environments, caches and products (never run directories: they are evidence)
	@rm -rf $(VENV) .nox .ansible .cache .mypy_cache collections/ansible_collections .pytest_cache .ruff_cache tmp build .ci/logs
	@find . -name __pycache__ -not -path './.git/*' -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
