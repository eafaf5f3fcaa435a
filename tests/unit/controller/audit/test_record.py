"""The record of a host: what is left of it where the host could not be audited."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import empty_record, fill_record, spoil_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests.builders import make_record


@pytest.mark.parametrize("status", ["failed", "unreachable"])
def test_host_that_is_lost_half_way_keeps_no_findings(status):
    record = make_record("ward")
    assert record["findings"]
    assert record["not_yet_automated"]
    assert any(record["counts"].values())

    spoil_record(record, status, "the connection was closed")

    assert (record["status"], record["reason"]) == (status, "the connection was closed")
    assert record["findings"] == []
    assert record["not_yet_automated"] == []
    assert set(record["counts"].values()) == {0}


def test_reason_that_never_ends_is_cut():
    record = make_record("ward")

    spoil_record(record, "failed", "x" * 2001)

    assert record["reason"] == "x" * 2000


CATALOG = load_catalog()
SERVER = {"build": "20348", "ubr": "5870", "edition": "ServerStandard", "installation_type": "Server"}
MAIN, MEMBER = {"product_type": "LanmanNT", "domain_role": "5"}, {"product_type": "ServerNT", "domain_role": "3"}


def audited(profile, carried, role, **facts):
    """Return the record of a Windows server that says what it is, and nothing else."""
    selection = Selection(("auto", "supplement_windows"), level=1, profile=profile, platforms=("windows",))
    (plan,) = make_plan(CATALOG, selection, {}, {})
    record = empty_record("ward", "run", "2026-11-30T00:00:00Z", CATALOG.digest, selection)
    answer = {
        "benchmarks": [carried, carried.replace("windows_server_2022", "supplement_windows")],
        "facts": {"windows": {**SERVER, **role}, **facts},
        "observations": {},
    }
    fill_record(record, CATALOG, [(plan, answer)])
    return record


@pytest.mark.parametrize(
    ("profile", "role", "told"),
    [
        ("member_server", MAIN, ["hipaa_cis_profile names member_server, and the host says that it is a domain_controller"]),
        ("domain_controller", MEMBER, ["hipaa_cis_profile names domain_controller, and the host says that it is a member_server"]),
        ("member_server", MEMBER, []),
        # Who does not say it is taken for what the site says.
        ("stand_alone_server", {"product_type": "ServerNT"}, []),
    ],
)  # fmt: skip
def test_role_that_a_site_names_against_the_host_is_told(profile, role, told):
    warnings = audited(profile, "windows_server_2022", role)["warnings"]

    assert len(warnings) == len(told)
    assert all(text in warning for text, warning in zip(told, warnings, strict=True))


def test_server_that_does_not_say_its_role_is_judged_as_a_member_and_warned_of():
    unknown = {"product_type": "ServerNT"}
    record = audited(
        "server", "windows_server_2022/member_server", unknown, domain_role_unknown="no answer in 8 seconds"
    )

    assert (record["selection"]["profile"], record["selection"]["by_role"]) == ("member_server", True)
    (warning,) = record["warnings"]
    assert "does not say all of its role (no answer in 8 seconds): it is judged as a member_server" in warning
