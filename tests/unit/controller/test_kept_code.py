"""What runs on the controller is compiled once, and not at each start of Ansible."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGE = "ansible_collections.hipaa.cis.plugins.plugin_utils"


@pytest.mark.parametrize("name", ["errors", "runs.store", "catalog.model"])
def test_modules_are_pythons_own_to_load_which_keeps_what_it_compiled(name):
    importlib.import_module(f"{PACKAGE}.{name}")
    spec = find_spec(f"{PACKAGE}.{name}")

    assert spec is not None
    assert isinstance(spec.loader, SourceFileLoader)
    assert spec.cached is not None
    assert spec.cached.endswith(f"{sys.implementation.cache_tag}.pyc")


def test_a_run_leaves_the_compiled_code_for_the_next_one(tmp_path):
    prefix = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    script = f"from ansible.plugins.loader import init_plugin_loader; init_plugin_loader(); import {PACKAGE}.errors"

    subprocess.run([sys.executable, "-c", script], env=prefix, cwd=Path(__file__).parents[3], check=True)

    assert list(tmp_path.rglob("plugin_utils/errors.*.pyc"))
