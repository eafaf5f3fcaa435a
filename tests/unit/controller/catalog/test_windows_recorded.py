"""What real Windows hosts were seen to hold, each in a form of our own, is judged by the benchmarks' rules as its meaning is."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import leaves
from tests.unit.controller.catalog.windows_hosts import judged

LISTS = "REG_MULTI_SZ"
# Of these fewer entries may be in force than a list has, for they name what is open.
OPENING = {"each", "empty"}


@pytest.mark.parametrize(
    ("pipes", "outcome"),
    [
        # Becoming a domain controller leaves an empty text before the three (seen on Server 2019 and 2022).
        (["", "netlogon", "samr", "lsarpc"], "pass"),
        (["LSARPC", "NETLOGON", "SAMR"], "pass"),
        ([""], "pass"),
        (["", "netlogon", "samr", "lsarpc", "spoolss"], "fail"),
        (["netlogon", "", "spoolss"], "fail"),
    ],
)
@pytest.mark.parametrize("release", ["windows_server_2019", "windows_server_2022", "windows_server_2025"])
def test_the_pipes_of_a_domain_controller(release, pipes, outcome):
    finding = judged(f"{release}/domain_controller", "windows_anonymous_pipes_controller", {"NullSessionPipes": pipes})

    assert finding.outcome == outcome, finding


@pytest.mark.parametrize(
    ("pipes", "outcome"),
    [
        ([], "pass"),
        ([""], "pass"),
        # A host that was a domain controller keeps its list.
        (["", "netlogon", "samr", "lsarpc"], "fail"),
    ],
)
def test_the_pipes_of_a_member_server(pipes, outcome):
    finding = judged("windows_server_2022/member_server", "windows_anonymous_pipes_none", {"NullSessionPipes": pipes})

    assert finding.outcome == outcome, finding


def test_empty_texts_are_left_out_only_of_lists_of_what_is_open():
    found = [
        leaf
        for rule in load_catalog().rules.values()
        for leaf in leaves(rule.settings)
        if leaf["address"].get("blanks")
    ]

    assert len(found) >= 6
    assert {leaf["address"]["type"] for leaf in found} == {LISTS}
    assert {name for leaf in found for name in leaf["expect"]} <= OPENING
