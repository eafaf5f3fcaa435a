"""Each kind of setting of Windows that the catalog knows has a collector on the host and a reader on the controller."""

from __future__ import annotations

import re

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import reader
from tests.powershell import ROOT

COLLECTORS = (ROOT / "plugins" / "module_utils" / "windows" / "observe.psm1").read_text(encoding="ascii")


def test_each_kind_is_read_and_what_it_is_made_of_is_collected():
    kinds = load_catalog().platforms["windows"].kinds
    collected = set(re.findall(r"(?m)^        (\w+) = @\{ read = '", COLLECTORS))

    assert {kind.asks["kind"] for kind in kinds.values()} <= collected
    assert {*kinds} == {*reader._READERS}
