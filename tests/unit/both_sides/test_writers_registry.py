"""What the platform file says can be written is what the target has writers for."""

from __future__ import annotations

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import WRITERS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import KINDS
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog


def test_every_kind_that_can_be_written_has_a_writer():
    kinds = load_catalog().platforms["linux"].kinds

    assert {name for name, kind in kinds.items() if kind.write} == set(WRITERS)


def test_every_kind_has_a_reader():
    assert set(load_catalog().platforms["linux"].kinds) == set(KINDS)
