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

# An environment whose interpreter is gone (an upgrade of the system, a moved checkout) is made again.
ifneq ($(shell $(BIN)/python -c 'import pip' 2>/dev/null && echo usable),usable)
.PHONY: $(VENV)/.made
endif

.DEFAULT_GOAL := help

$(VENV)/.made: tests/tools/find_python.sh
	@python=$$(tests/tools/find_python.sh) && echo "Making $(VENV) with $$python" && "$$python" -m venv --clear $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.made requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.development: $(VENV)/.runtime requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-dev.txt
	@touch $@

.PHONY: setup
setup: $(VENV)/.development ## make the virtual environment (.venv) with all tools
