"""What the controller's side names is what the target's side has: writers of kinds, ways in."""

from __future__ import annotations

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import WRITERS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import ways
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import KINDS
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import WAYS


def test_every_kind_that_can_be_written_has_a_writer():
    kinds = load_catalog().platforms["linux"].kinds

    assert {name for name, kind in kinds.items() if kind.write} == set(WRITERS)


def test_every_kind_has_a_reader():
    assert set(load_catalog().platforms["linux"].kinds) == set(KINDS)


def test_both_sides_know_the_same_ways():
    assert tuple(ways.KINDS) == WAYS
