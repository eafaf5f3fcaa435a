"""The sample documents of the tests keep to the published schemas."""

from __future__ import annotations

import json

import jsonschema
import pytest
import referencing

from tests.builders import ROOT, make_run
from tests.hostile import hostile_run


@pytest.fixture(scope="module")
def validator():
    schemas = {
        name: json.loads((ROOT / "catalog" / "schema" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("host_record", "summary")
    }
    registry = referencing.Registry().with_resources(
        [(schema["$id"], referencing.Resource.from_contents(schema)) for schema in schemas.values()]
    )
    return lambda name: jsonschema.Draft202012Validator(schemas[name], registry=registry)


@pytest.mark.parametrize("make", [make_run, hostile_run])
def test_samples_keep_to_the_schemas(validator, make):
    run = make()

    validator("summary").validate(run.summary)
    for record in run.records:
        validator("host_record").validate(record)


def test_samples_show_every_outcome_and_state():
    summary = make_run().summary

    assert all(summary["totals"]["findings"].values())
    assert {row["state"] for row in summary["safeguards"]} == {"supported", "gap", "not_assessed", "needs_attestation"}
    assert {row["status"] for row in summary["hosts"]} == {"audited", "failed", "unreachable", "missing"}
