"""What a site says, as an action meets it."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options, site
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

GIVEN = {
    **{section: [] for section in options.DECISIONS},
    "site_dir": None,
    "second_person": False,
    "systems": [
        {"name": "Wards", "hosts": ["wards"]},
        {"name": "PACS", "hosts": ["pacs"], "audit_interval": 7, "owner": "K. Lee"},
        {"name": 7, "hosts": ["pacs"]},
    ],
    "exceptions": [
        {
            "rule": "shell_timeout",
            "hosts": ["pacs"],
            "reason": "r",
            "approved_by": "a",
            "expires": "2020-01-31",
            "ticket": "SEC-7",
        }
    ],
}


@pytest.mark.parametrize(("name", "groups", "expected"), [("ws-1", ["wards"], 9), ("pacs", [], 7)])
def test_interval_that_holds_for_all_is_that_of_systems_that_say_nothing(name, groups, expected):
    host = {"inventory_hostname": name, "group_names": groups}
    system = site.of_host({**GIVEN, "audit_interval": 9.0}, load_catalog(), host, None, strict=False).system

    assert system is not None
    assert system["audit_interval"] == expected


def test_interval_that_is_none_is_told():
    with pytest.raises(HipaaCisError, match="hipaa_cis_audit_interval is 0"):
        site.of_host({**GIVEN, "audit_interval": 0}, load_catalog(), {"inventory_hostname": "a"}, None, strict=False)


def test_of_several_hosts_each_has_what_its_groups_and_name_say_and_faults_are_told():
    groups = {"groups": {"wards": ["ws-1"], "all": ["ws-1", "pacs"]}}
    found, faults = site.of_hosts(GIVEN, load_catalog(), groups, ["ws-1", "pacs", "gone"])

    systems = {name: one.system["name"] for name, one in found.items() if one.system}
    assert systems == {"ws-1": "Wards", "pacs": "PACS"}
    assert [one.more["ticket"] for one in found["pacs"].decisions.exceptions] == ["SEC-7"]
    assert len(faults) == 1
    assert "system 3" in faults[0]
