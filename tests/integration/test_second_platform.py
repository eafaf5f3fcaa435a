"""A second platform, added by a module and catalog files alone, through the real ansible-playbook."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone

import pytest

from tests import pump
from tests.pump import SAFE
from tests.records import record_in

EXPIRES = (datetime.now(timezone.utc) + timedelta(days=100)).date().isoformat()
UNSAFE = {"network": True, "telnet": True, "screen_lock_minutes": 60}
OFFLINE = {"network": False, "telnet": True, "screen_lock_minutes": 4}


@pytest.fixture
def audit(tmp_path):
    """Return a function that audits pumps with these settings and gives (process, run directory)."""

    def run(settings, *extra, hosts=("pump-1", "pump-2"), playbook="hipaa.cis.audit", environment=None):
        options = json.dumps(pump.variables(tmp_path / "runs"))
        process = pump.play(
            [playbook, "-i", ",".join(hosts) + ",", "-c", "local", "-e", options, *extra],
            {**pump.checkout_environment(tmp_path, settings), **(environment or {})},
        )
        return process, tmp_path / "runs" / "latest"

    return run


def outcomes(run_directory, host="pump-1"):
    record = record_in(run_directory, host)
    return {finding["rule"]: finding["outcome"] for finding in record["findings"]}


@pytest.mark.parametrize(
    ("settings", "lock", "telnet"),
    [(SAFE, "pass", "pass"), (UNSAFE, "fail", "fail"), (OFFLINE, "pass", "not_applicable")],
)
def test_verdicts_are_what_was_planted(audit, settings, lock, telnet):
    process, run_directory = audit(settings)

    assert process.returncode == 0, process.stdout + process.stderr
    assert outcomes(run_directory) == {"pump_screen_lock": lock, "pump_telnet_off": telnet}
    assert {path.name for path in run_directory.iterdir()} == {
        "drift.csv",
        "expected",
        "findings.csv",
        "history.json",
        "hosts",
        "outcomes.json",
        "overdue.csv",
        "raw",
        "report.html",
        "risk_register.csv",
        "risk_register.json",
        "summary.json",
    }


def test_narrow_run_calls_nothing_clean_that_it_did_not_look_at(audit):
    narrow = json.dumps({"hipaa_cis_include": {"rules": ["pump_telnet_off"]}, "hipaa_cis_fail_on": ["not_assessed"]})
    process, run_directory = audit(SAFE, "-e", narrow)
    summary = json.loads((run_directory / "summary.json").read_text())

    assert process.returncode == 2
    assert "include rules: pump_telnet_off" in process.stdout
    assert "looked at)" in process.stdout
    assert all(row["state"] != "supported" for row in summary["safeguards"] if row["looked_at"] < row["meant"])
    assert "pump_screen_lock" in (run_directory / "findings.csv").read_text()
    assert "were not looked at on every host" in (run_directory / "report.html").read_text()


PLAY = """
- hosts: all
  gather_facts: false
  serial: 1
  tasks:
    - hipaa.cis.audit:
"""
REPORT = """
    - hipaa.cis.report:
      delegate_to: localhost
      run_once: true
"""


@pytest.mark.parametrize(
    ("settings", "tasks", "status", "said"),
    [
        (SAFE, REPORT, 0, ""),
        (UNSAFE, REPORT, 2, "pump_telnet_off fails on 1 host(s): pump-1"),
        (UNSAFE, "", 0, "no task hipaa.cis.report held this run against it"),
    ],
)
def test_gate_does_not_trip_on_batches_to_come_and_is_missed_where_nothing_holds_it(
    audit, tmp_path, settings, tasks, status, said
):
    (tmp_path / "mine.yml").write_text(PLAY + tasks)
    gate = json.dumps({"hipaa_cis_fail_on": ["severity>=high", "unreachable", "error"]})
    process, _run = audit(settings, "-e", gate, playbook=str(tmp_path / "mine.yml"))

    assert process.returncode == status, process.stdout + process.stderr
    assert said in " ".join(process.stderr.split())
    assert "no record" not in process.stderr
    assert ("held this run against it" in process.stderr) == (not tasks)


def test_exceptions_stand_in_an_audits_reports(audit):
    listed = [
        {"rule": "pump_telnet_off", "reason": "The vendor asks for it.", "approved_by": "J. Doe", "expires": EXPIRES}
    ]
    process, run_directory = audit(UNSAFE, "-e", json.dumps({"hipaa_cis_exceptions": listed}))

    said = f"excepted until {EXPIRES} by J. Doe: The vendor asks for it."
    assert said in process.stdout
    assert said in (run_directory / "findings.csv").read_text()
    assert said in (run_directory / "report.html").read_text()
    (item,) = json.loads((run_directory / "summary.json").read_text())["exceptions"]
    assert (item["rule"], item["hosts"]) == ("pump_telnet_off", ["pump-1", "pump-2"])
    assert outcomes(run_directory)["pump_telnet_off"] == "fail"


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        (["-e", "hipaa_cis_hosts=pumps"], "unknown host or group 'pumps'"),
        (["-e", "hipaa_cis_hosts=pump-1", "--limit", "pump-2"], "within --limit 'pump-2'"),
        (["--tags", "acces_control"], "unknown tag 'acces_control'. Did you mean access_control"),
        (["--skip-tags", "always"], "--skip-tags always leaves nothing over"),
        (["--tags", "level_2"], "The selection leaves no recommendation over"),
    ],
    ids=["group", "limit", "tags", "skip", "level"],
)
@pytest.mark.parametrize("playbook", ["hipaa.cis.audit", "hipaa.cis.remediate"])
def test_command_that_looks_at_nothing_fails_and_says_why(audit, extra, told, playbook):
    process, _run_directory = audit(SAFE, *extra, playbook=playbook)

    assert process.returncode in (1, 2, 4)
    assert told in " ".join((process.stdout + process.stderr).split())


def test_tags_choose_the_rules_of_a_standard(audit):
    process, run_directory = audit(SAFE, "--tags", "access_control")

    assert process.returncode == 0, process.stdout + process.stderr
    assert outcomes(run_directory) == {"pump_screen_lock": "pass"}
    assert "Looked at: level 1, profile server; --tags access_control" in process.stdout


def test_gate_trips_where_a_rule_was_left_out(audit):
    left_out = {"hipaa_cis_fail_on": ["not_assessed"], "hipaa_cis_exclude": {"rules": ["pump_telnet_off"]}}
    process, _run_directory = audit(SAFE, "-e", json.dumps(left_out))

    assert process.returncode == 2
    assert "THE AUDIT COULD NOT BE DONE" in process.stderr + process.stdout


def test_everything_written_is_private(audit):
    _process, run_directory = audit(SAFE)

    for path in run_directory.resolve().rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_table_is_printed_once_and_safeguards_are_all_there(audit):
    process, _run_directory = audit(UNSAFE)

    assert process.stdout.count("HIPAA technical safeguards") == 1
    assert process.stdout.count("164.312(") >= 12
    assert "Traceback" not in process.stdout + process.stderr


@pytest.mark.parametrize(
    ("settings", "fail_on", "code", "message"),
    [
        (UNSAFE, [], 0, ""),
        (SAFE, ["gap_required", "gap_addressable", "severity>=low", "error", "unreachable"], 0, ""),
        (UNSAFE, ["gap_required"], 2, "THE HOSTS DO NOT COMPLY"),
        (UNSAFE, ["severity>=critical"], 2, "THE HOSTS DO NOT COMPLY"),
        ({"network": "?"}, ["severity>=low"], 2, "THE HOSTS DO NOT COMPLY"),
        # What no rule for pumps sees is attested to.
        (SAFE, ["not_assessed"], 0, ""),
        (SAFE, ["gap"], 2, "unknown value of hipaa_cis_fail_on"),
    ],
)
def test_gate(audit, settings, fail_on, code, message):
    process, _run_directory = audit(settings, "-e", json.dumps({"hipaa_cis_fail_on": fail_on}))

    assert process.returncode == code, process.stdout
    assert message in process.stdout + process.stderr


def test_gate_that_trips_tells_each_reason_once_for_people_to_read(audit):
    process, _run_directory = audit(UNSAFE, "-e", '{"hipaa_cis_fail_on": ["severity>=low"]}')
    said = process.stdout + process.stderr

    assert process.returncode == 2
    for rule in ("pump_screen_lock", "pump_telnet_off"):
        assert said.count(f"{rule} fails on 2 host(s)") == 1
        assert re.search(rf"^  - \w+: {rule} fails on 2 host", process.stderr, re.MULTILINE)


def test_report_is_named_without_the_summary_at_the_end(audit, tmp_path):
    plain = tmp_path / "plain.cfg"
    plain.write_text(f"[defaults]\ncollections_path = {pump.ROOT}\n")
    process, run_directory = audit(SAFE, hosts=["pump-1"], environment={"ANSIBLE_CONFIG": str(plain)})

    assert "HIPAA technical safeguards" not in process.stdout
    assert process.stderr.count(f"Report: {run_directory.resolve()}/report.html") == 1


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"hipaa_cis_benchmark": ["pimp"]}, "unknown benchmark 'pimp'. Did you mean pump?"),
        ({"hipaa_cis_level": 7}, "unknown level '7'"),
        ({"hipaa_cis_levle": 2}, "unknown variable 'hipaa_cis_levle'. Did you mean hipaa_cis_level"),
        ({"hipaa_cis_parameter_pump_lock": 2}, "unknown parameter 'pump_lock'"),
        ({"hipaa_cis_parameter_pump_screen_lock_minutes": "soon"}, "has to be of type integer"),
        ({"hipaa_cis_include": {"rules": ["pump_of"]}}, "unknown name in include.rules"),
        ({"hipaa_cis_run_id": "../x"}, "may only hold letters"),
        ({"hipaa_cis_run_id": "latest"}, "'latest' cannot be the id of a run"),
        ({"hipaa_cis_catalog_paths": ["/nonexistent"]}, "is no folder"),
    ],
)
def test_wrong_input_is_one_clear_message(audit, variables, message):
    process, _run_directory = audit(SAFE, "-e", json.dumps(variables))

    # Ansible folds long messages; the words are what counts.
    said = " ".join((process.stdout + process.stderr).split())
    assert process.returncode == 2, said
    assert message in said
    assert "Traceback" not in said


def test_value_looser_than_the_bound_fails_and_says_so(audit):
    loose = {"hipaa_cis_parameter_pump_screen_lock_minutes": 15}
    _process, run_directory = audit(SAFE, "-e", json.dumps(loose))
    record = record_in(run_directory, "pump-1")

    assert outcomes(run_directory)["pump_screen_lock"] == "fail"
    assert record["parameters"]["pump_screen_lock_minutes"] == {
        "value": 15, "default": 5, "origin": "site", "unit": "minutes", "looser_than_bound": "between 1 and 5",
    }  # fmt: skip


PLAYS = """
- hosts: all
  gather_facts: false
  strategy: {strategy}
  serial: {serial}
  tasks:
    - hipaa.cis.audit:
      no_log: {no_log}
      loop: "{{{{ range({loops}) | list }}}}"
    - hipaa.cis.audit:
      run_once: true
- hosts: pump-1
  gather_facts: false
  tasks:
    - hipaa.cis.audit:
      delegate_to: "{{{{ inventory_hostname }}}}"
"""


@pytest.mark.parametrize(
    ("strategy", "serial", "loops", "no_log"),
    [("linear", "100%", 1, "true"), ("free", "100%", 2, "false"), ("linear", 2, 1, "false")],
)
def test_hosts_count_once_whatever_the_play_does(audit, tmp_path, strategy, serial, loops, no_log):
    play = tmp_path / "play.yml"
    play.write_text(PLAYS.format(strategy=strategy, serial=serial, loops=loops, no_log=no_log))

    process, run_directory = audit(
        SAFE, "-f", "50", hosts=[f"pump-{number}" for number in range(1, 6)], playbook=str(play)
    )

    assert process.returncode == 0, process.stdout + process.stderr
    summary = json.loads((run_directory / "summary.json").read_text())
    assert summary["totals"]["hosts"] == summary["totals"]["audited"] == 5
    assert process.stdout.count("HIPAA technical safeguards") == 2
    assert all(
        len(line) <= 80
        for line in process.stdout.splitlines()
        if line.startswith(("164.312", "pump-")) and "ok=" not in line
    )


def test_host_that_is_unreachable_is_named_and_nothing_is_clean(audit, tmp_path):
    inventory = tmp_path / "inventory.ini"
    # A closed port of this machine's loopback interface: refused at once.
    inventory.write_text(
        "pump-1 ansible_connection=local\ndark ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1\n"
    )
    process, run_directory = audit(
        SAFE, "-i", str(inventory), "-e", '{"hipaa_cis_fail_on": ["unreachable"]}', hosts=["pump-1"]
    )

    summary = json.loads((run_directory / "summary.json").read_text())
    assert process.returncode != 0
    assert "THE AUDIT COULD NOT BE DONE" in process.stdout + process.stderr
    assert "NOT AUDITED dark (unreachable)" in process.stdout
    assert "supported" not in {row["state"] for row in summary["safeguards"]}


def test_report_merges_runs_and_gives_the_same_bytes(audit, tmp_path):
    audit(SAFE, "-e", "hipaa_cis_run_id=one", hosts=["pump-1"])
    audit(UNSAFE, "-e", "hipaa_cis_run_id=two", hosts=["pump-2"])
    first = (tmp_path / "runs" / "one" / "summary.json").read_bytes()

    report = ("-e", '{"hipaa_cis_run": ["one", "two"], "hipaa_cis_run_id": "both", "hipaa_cis_hosts": "all"}')
    process, _latest = audit(SAFE, *report, hosts=["localhost"], playbook="hipaa.cis.report")
    again = ("-e", '{"hipaa_cis_run": ["one"], "hipaa_cis_hosts": "all"}')
    audit(SAFE, *again, hosts=["localhost"], playbook="hipaa.cis.report")

    assert process.returncode == 0, process.stdout + process.stderr
    merged = json.loads((tmp_path / "runs" / "both" / "summary.json").read_text())
    assert [host["host"] for host in merged["hosts"]] == ["pump-1", "pump-2"]
    # No callback shows what another command has audited.
    assert "HIPAA technical safeguards" in process.stderr
    assert process.stderr.count(f"Report: {tmp_path.resolve()}/runs/both/report.html") == 1
    assert (tmp_path / "runs" / "one" / "summary.json").read_bytes() == first
