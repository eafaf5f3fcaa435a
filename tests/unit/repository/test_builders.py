"""The sample documents of the tests keep to the published schemas."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from tests.builders import make_run
from tests.hostile import hostile_run


@pytest.mark.parametrize("make", [make_run, hostile_run])
def test_samples_keep_to_the_schemas(make):
    run = make()

    validator("summary").validate(run.summary)
    for record in run.records:
        validator("host_record").validate(record)


def test_samples_show_every_outcome_and_state():
    summary = make_run().summary

    assert all(summary["totals"]["findings"].values())
    assert {row["state"] for row in summary["safeguards"]} == {"supported", "gap", "not_assessed", "needs_attestation"}
    assert {row["status"] for row in summary["hosts"]} == {"audited", "failed", "unreachable", "missing"}
