"""Each kind of Windows settings is asked for by a name that the module collects, with keys that it takes, and is read by a function."""

from __future__ import annotations

import re

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import reader
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.lifecycle import RELEASES
from tests.powershell import ROOT

CATALOG = load_catalog()
KINDS = CATALOG.platforms["windows"].kinds
OBSERVE = (ROOT / "plugins" / "module_utils" / "windows" / "observe.psm1").read_text(encoding="ascii")
ROW = re.compile(
    r"^        (\w+) = @\{ read = '([\w-]+)'; first = '([\w-]*)'; needs = @\((.*?)\); may = @\((.*?)\) \}$",
    re.MULTILINE,
)
# A line that is not of this form would be none of the table to this test.
TABLE = OBSERVE[OBSERVE.index("function Get-HipaaKind") : OBSERVE.index("function Read-HipaaKind")]
COLLECTED = {
    name: (read, first, re.findall(r"'(\w+)'", needs), re.findall(r"'(\w+)'", may))
    for name, read, first, needs, may in ROW.findall(TABLE)
}
DEFINED = {
    name
    for path in (ROOT / "plugins" / "module_utils" / "windows").glob("*.psm1")
    for name in re.findall(r"^function ([\w-]+) \{", path.read_text(encoding="ascii"), re.MULTILINE)
}


def test_every_line_of_the_table_is_seen():
    assert len(COLLECTED) == TABLE.count("read =") == len(set(ROW.findall(TABLE)))


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_asked_for_as_it_is_collected_and_read(name):
    asks = KINDS[name].asks

    assert name in reader.READERS
    assert asks["kind"] in COLLECTED
    _read, _first, needs, may = COLLECTED[asks["kind"]]
    given = {*asks["by"], *asks.get("with", {})}
    assert given <= {*needs, *may}
    required = {key for key, part in KINDS[name].address.items() if part.get("required")}
    assert {*needs} <= {*asks.get("with", {})} | ({*asks["by"]} & required)


def test_nothing_is_read_or_collected_that_no_kind_asks_for():
    assert set(reader.READERS) == set(KINDS)
    assert set(COLLECTED) == {kind.asks["kind"] for kind in KINDS.values()}


@pytest.mark.parametrize("name", COLLECTED)
def test_what_collects_a_kind_is_there(name):
    read, first, _needs, _may = COLLECTED[name]

    assert read in DEFINED
    assert not first or first in DEFINED


def test_a_default_is_of_releases_that_there_are():
    given = [leaf["address"].get("default") for rule in CATALOG.rules.values() for leaf in leaves(rule.settings)]
    named = {release for default in given if isinstance(default, dict) for release in default}

    assert named == {one.product for one in RELEASES}
