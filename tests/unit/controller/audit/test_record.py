"""The record of a host: what is left of it where the host could not be audited."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import spoil_record
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
