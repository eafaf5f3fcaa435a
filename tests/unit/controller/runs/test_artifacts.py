"""What a job tells later ones: small, named by the job, and true to the summary."""

from __future__ import annotations

import hashlib
import json
from typing import NamedTuple

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import artifacts
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore


class Delivery(NamedTuple):
    shown: str
    place: str


@pytest.fixture
def store(tmp_path):
    made = RunStore.create(str(tmp_path), "2026-11.night_1")
    made.write("summary.json", "{}")
    return made


SUMMARY = {
    "totals": {"hosts": 2, "findings": {"fail": 1}},
    "safeguards": [{"cite": "164.312(b)", "state": "gap"}, {"cite": "164.312(d)", "state": "met"}],
}


@pytest.mark.parametrize(
    ("job", "name"),
    [
        ("42", "hipaa_cis_job_42"),
        ("", "hipaa_cis_job_2026_11_night_1"),
        ("4 2", "hipaa_cis_job_2026_11_night_1"),
        # Other programs set it to other things.
        ("nightly", "hipaa_cis_job_2026_11_night_1"),
        ("1" * 19, "hipaa_cis_job_2026_11_night_1"),
    ],
)
def test_name_is_of_the_job_else_of_the_run_and_one_that_variables_can_have(store, monkeypatch, job, name):
    monkeypatch.setenv("JOB_ID", job)
    (told,) = artifacts.of_job(store, SUMMARY, [])
    assert told == name
    assert told.isidentifier()


def test_it_tells_run_digest_totals_states_and_where_the_run_is(store, monkeypatch):
    monkeypatch.delenv("JOB_ID", raising=False)
    (told,) = artifacts.of_job(
        store, SUMMARY, [Delivery("s3 b/", "s3://b/x.tar.gz"), Delivery("path /mnt", "")]
    ).values()
    assert told == {
        "run_id": "2026-11.night_1",
        "digest": hashlib.sha256(b"{}").hexdigest(),
        "totals": SUMMARY["totals"],
        "safeguards": {"164.312(b)": "gap", "164.312(d)": "met"},
        "delivered": ["s3://b/x.tar.gz"],
        "not_delivered": ["path /mnt"],
    }


def test_it_stays_small_whatever_there_is(store):
    safeguards = [{"cite": f"164.312(x)({number})", "state": "not_assessed"} for number in range(500)]
    many = [Delivery("path /mnt/" + "x" * 200, "/mnt/" + "x" * 200) for _number in range(50)]
    told = artifacts.of_job(store, {**SUMMARY, "safeguards": safeguards}, [*many, Delivery("y" * 100, "")])
    assert len(json.dumps(told)) <= artifacts.MAX_BYTES
    (told,) = told.values()
    assert (told["delivered"], told["safeguards"]) == (50, 500)
