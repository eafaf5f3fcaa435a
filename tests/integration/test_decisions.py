"""A site's folder through the real ansible-playbook: what the site decided stands in record, reports and gate."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests import pump

NOW = datetime.now(timezone.utc)
PAST, SOON = ((NOW + timedelta(days=days)).date().isoformat() for days in (-2, 100))
UNSAFE = {"network": True, "telnet": True, "screen_lock_minutes": 60}
FACTORS = "{size_and_complexity: one ward, infrastructure: no lock that leaves alarms visible, cost: new pumps, risk: hidden alarms}"
EXCEPTIONS = f"""\
exceptions:
  - id: EX-1
    rule: pump_telnet_off
    hosts: [pump-1]
    kind: vendor_conflict
    reason: The vendor's service needs it.
    compensating: [A network of its own.]
    approved_by: J. Doe, security officer
    expires: {SOON}
  - id: EX-2
    rule: pump_screen_lock
    kind: medical_device
    reason: Alarms have to stay visible.
    addressable: {{not_reasonable_because: {FACTORS}, alternative: A staffed room behind a door with badges.}}
    approved_by: J. Doe, security officer
    expires: {SOON}
  - id: EX-3
    rule: pump_telnet_off
    hosts: [pump-2]
    reason: It was agreed for a week.
    approved_by: J. Doe, security officer
    expires: {PAST}
  - rule: pump_telnet_of
    reason: Mistyped.
    approved_by: J. Doe, security officer
    expires: {SOON}
"""
ATTESTATIONS = f"""\
attestations:
  - safeguard: 164.312(a)(2)(ii)
    statement: A break-glass account lies in a sealed envelope.
    attested_by: P. Nguyen, chief nursing officer
    attested_on: {PAST}
    valid_until: {SOON}
"""
SYSTEMS = """\
systems:
  - {name: Pumps, hosts: [pump-1, pump-2], ephi: [stores], level: 2, audit_interval: 31}
  - name: Old pumps
    ephi: [stores]
    medical_device: true
    cannot_be_audited: {because: Nobody has access to them., said_by: "M. Sato, clinical engineering"}
"""


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    for name, text in (("exceptions", EXCEPTIONS), ("attestations", ATTESTATIONS), ("systems", SYSTEMS)):
        (folder / f"{name}.yml").write_text(text)
    return folder


def first_record(run_directory):
    return next(RunStore.open(str(run_directory)).records())[2]


@pytest.fixture
def audit(tmp_path, site):
    """Return a function that audits three pumps with the site's decisions, and gives (process, run directory)."""

    def run(settings=None, **variables):
        options = {**pump.variables(tmp_path / "runs"), "hipaa_cis_site_dir": str(site), **variables}
        command = ["hipaa.cis.audit", "-i", "pump-1,pump-2,pump-3,", "-c", "local", "-e", json.dumps(options)]
        process = pump.play(command, pump.checkout_environment(tmp_path, settings or UNSAFE))
        return process, tmp_path / "runs" / "latest"

    return run


def test_what_the_site_decided_stands_in_everything_that_is_written(audit):
    process, run_directory = audit(
        hipaa_cis_fail_on=["gap_addressable", "decision_invalid", "decision_expired", "severity>=critical", "stale>1"]
    )
    said = " ".join((process.stdout + process.stderr).split())
    summary = json.loads((run_directory / "summary.json").read_text())
    states = {row["cite"]: row["state"] for row in summary["safeguards"]}

    assert process.returncode == 2
    assert "Traceback" not in said
    assert (states["164.312(a)(2)(iii)"], states["164.312(e)(1)"]) == ("alternative_documented", "gap")
    assert states["164.312(a)(2)(ii)"] == "attested"
    record = first_record(run_directory)
    assert summary["ansible_core_version"] == record["ansible_core_version"] == version("ansible-core")
    assert summary["collection_version"] == record["collection_version"]
    assert summary["catalog_digests"] == [record["catalog_digest"]]
    assert {name: values[0]["value"] for name, values in summary["parameters"].items()} == {
        name: one["value"] for name, one in record["parameters"].items()
    }
    host = next(row for row in summary["hosts"] if row["host"] == "pump-1")
    assert host["safeguards"]["164.312(e)(1)"] == "gap_excepted"
    assert host["system"] == "Pumps"
    assert summary["decisions"]["hosts_without_system"] == ["pump-3"]
    # The entry with a mistake counts for nothing, the others do, and the gate says both.
    assert (
        "exceptions.yml:23: exception 4 (rule pump_telnet_of), rule: unknown rule 'pump_telnet_of'. Did you mean pump_telnet_off"
        in said
    )
    assert f"exception EX-3 expired on {PAST} (UTC); renew it, or take it out (on pump-2)" in said
    assert "critical: pump_telnet_off fails on 2 host(s): pump-2, pump-3" in said
    assert "gap (addressable)" not in said
    assert "stale:" not in said


def test_gate_lets_pass_what_is_decided_and_nothing_where_it_is_to_count_all(audit, site):
    text = EXCEPTIONS[: EXCEPTIONS.index("  - id: EX-3")].replace("    hosts: [pump-1]\n", "")
    (site / "exceptions.yml").write_text(text)
    covered = ["gap_required", "gap_addressable", "severity>=low", "decision_invalid", "decision_expired"]

    process, _run = audit(hipaa_cis_fail_on=covered)
    assert process.returncode == 2
    assert "hipaa_cis_allow: [accepted_required] lets it pass" in " ".join(process.stderr.split())
    process, _run = audit(hipaa_cis_fail_on=covered, hipaa_cis_allow=["accepted_required"])
    assert process.returncode == 0, process.stdout + process.stderr
    process, _run = audit(hipaa_cis_fail_on=["severity>=low:all"])
    assert "pump_telnet_off fails on 3 host(s): pump-1, pump-2, pump-3; an exception covers 3 of them" in process.stderr


def test_gate_begins_with_nothing_new(audit, site):
    (site / "exceptions.yml").write_text("exceptions: []\n")
    new = {"hipaa_cis_fail_on": ["regressed", "error"], "hipaa_cis_compare_with": "before"}
    assert audit({**pump.SAFE, "telnet": True}, hipaa_cis_run_id="before")[0].returncode == 0

    process, _run = audit({**pump.SAFE, "telnet": True}, **new)
    assert process.returncode == 0, process.stdout + process.stderr
    by_ledger = {
        "hipaa_cis_fail_on": ["regressed", "overdue", "error"],
        "hipaa_cis_deadlines": [{"severity": name, "days": 1} for name in ("critical", "high", "medium")],
        "hipaa_cis_audit_interval": 9,
    }
    process, run_directory = audit({**pump.SAFE, "telnet": True, "screen_lock_minutes": 60}, **by_ledger)
    assert process.returncode == 2
    said = process.stderr
    assert "regressed: pump_screen_lock fails on 3 host(s), and did not in run 2" in said, said
    assert ("overdue:" in said, "could not be done" in said.lower()) == (False, False), said
    register = json.loads((run_directory / "risk_register.json").read_text())
    entries = {(one["rule"], one["group"]): one for one in register["entries"]}
    telnet, lock = (entries[rule, "Pumps"] for rule in ("pump_telnet_off", "pump_screen_lock"))
    assert telnet["history"][0]["run_id"] == "before"
    assert (telnet["first_seen"] < lock["first_seen"], lock["hosts_failing"], "due" in lock) == (True, 2, True)
    # What the system says counts before what holds for all.
    assert first_record(run_directory)["decisions"]["system"]["audit_interval"] == 31
    process, _run = audit(**{**new, "hipaa_cis_compare_with": ""})
    assert "hipaa_cis_compare_with is empty" in " ".join((process.stdout + process.stderr).split())
