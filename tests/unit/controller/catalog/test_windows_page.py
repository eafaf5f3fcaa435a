"""What the page on Windows names is there, and what it shows can be used as it stands."""

from __future__ import annotations

import fnmatch
import re
from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions import site
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.entries import Context

KNOWN = load_catalog()
PAGE = (Path(__file__).parents[4] / "docs" / "windows.md").read_text(encoding="utf-8")
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
NOW = datetime(2026, 11, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`((?:supplement_)?windows_[a-z0-9_*]+)`", PAGE))))
def test_what_is_named_is_there(name):
    known = [*KNOWN.rules, *KNOWN.parameters, *KNOWN.benchmarks]

    assert fnmatch.filter(known, name), name


def test_variables_are_known_and_parameters_take_their_values():
    given = {name: value for block in BLOCKS for name, value in block.items() if name.startswith("hipaa_cis_")}
    options.check_variables(given, options.KNOWN_VARIABLES)
    values = {
        name.removeprefix("hipaa_cis_parameter_"): value for name, value in given.items() if "_parameter_" in name
    }

    assert len(values) >= 8
    for name, value in values.items():
        kind = {"list": list, "integer": int, "string": str}[KNOWN.parameters[name].type]
        assert isinstance(value, kind), name


def test_the_exception_is_one():
    (shown,) = [block["exceptions"] for block in BLOCKS if "exceptions" in block]

    assert site.read_lists({"exceptions": shown}, Context(KNOWN, NOW))["faults"] == []
