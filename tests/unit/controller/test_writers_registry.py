"""What the platform file says can be written is what the target has writers for."""

from __future__ import annotations

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.apply import WRITERS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import KINDS
from ansible_collections.hipaa.cis.plugins.plugin_utils import catalog


def test_every_kind_that_can_be_written_has_a_writer():
    kinds = catalog.load().platforms["linux"].kinds

    assert {name for name, kind in kinds.items() if kind.write} == set(WRITERS)


def test_every_kind_has_a_reader():
    assert set(catalog.load().platforms["linux"].kinds) == set(KINDS)
