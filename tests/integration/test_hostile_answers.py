"""Hosts whose Python says what it likes: through the real ansible-playbook each is a failed host with a record, and no more."""

from __future__ import annotations

import json
import sys

import pytest

from tests import pump
from tests.pump import SAFE
from tests.records import records_in

SOUND = {"benchmarks": ["pump"], "facts": {"os_release": {"ID": "pump"}}, "observations": {}}
ANSWERS = {
    "deep": '{"benchmarks": ["pump"], "observations": {}, "facts": ' + '{"a": ' * 50_000 + "1" + "}" * 50_001,
    "endless": json.dumps({**SOUND, "facts": {"text": "x" * 2_000_000}}),
    "no-number": json.dumps({**SOUND, "stats": {"seconds": float("nan")}}),
    "twice": json.dumps({**SOUND, "benchmarks": ["pump", "pump"]}),
    "other": json.dumps({**SOUND, "benchmarks": ["windows"]}),
    "list": json.dumps([1]),
    "lines": json.dumps({**SOUND, "stdout": ["no", "text"]}),
    # Ansible shows all of what stands behind an answer.
    "junk": json.dumps([1]) + "\n{}\n" + "\x1b[2J\x1b]0;owned\x07 junk " * 100_000,
}
TAKES_OVER = {
    "ansible_facts": {"hipaa_cis_note": "of the host", "hipaa_cis_run_dir": "/nonexistent"},
    "add_host": {"host_name": "hostile-guest", "groups": ["all"]},
    "changed": False,
    "rc": 0,
    "run_id": "r",
    "details": [],
}
PLAY = """
- hosts: all
  gather_facts: false
  vars: {hipaa_cis_become: false}
  tasks:
    - hipaa.cis.rollback:
    - hipaa.cis.health_check:
        checks: [{command: "true"}]
    - ansible.builtin.debug:
        msg: "the folder is {{ hipaa_cis_run_dir }}, hosts: {{ groups['all'] | length }}"
"""


@pytest.fixture
def inventory(tmp_path):
    """Return a function that writes an inventory of hosts, each with a Python that gives its answer (None: the real one)."""

    def write(answers):
        hosts = {}
        for name, answer in answers.items():
            place = tmp_path / f"python-{name}"
            (tmp_path / f"{name}.json").write_text(answer or "")
            place.write_text(f"#!/bin/sh\ncat {tmp_path}/{name}.json\n")
            place.chmod(0o755)
            hosts[name] = {"ansible_python_interpreter": sys.executable if answer is None else str(place)}
        file = tmp_path / "inventory.json"
        options = pump.variables(tmp_path / "runs")
        del options["ansible_python_interpreter"]
        file.write_text(json.dumps({"all": {"hosts": hosts, "vars": {"ansible_connection": "local", **options}}}))
        return str(file)

    return write


def test_host_with_an_answer_that_cannot_be_used_is_a_failed_host_with_a_record(inventory, tmp_path):
    process = pump.play(
        ["hipaa.cis.audit", "-f", "8", "-i", inventory({**ANSWERS, "sound": None})],
        pump.checkout_environment(tmp_path, SAFE),
    )

    said = process.stdout + process.stderr
    assert "Traceback" not in said, said
    assert process.returncode == 2, said
    assert "\x1b[2J" not in said
    assert len(said) < 100_000
    records = {record["host"]: record for record in records_in(tmp_path / "runs" / "latest")}
    assert {name: record["status"] for name, record in records.items()} == {
        **dict.fromkeys(ANSWERS, "failed"),
        "sound": "audited",
    }
    for name in ANSWERS:
        assert "could not be done on this host" in records[name]["reason"], records[name]
        assert f"NOT AUDITED {name} (failed)" in said


def test_host_has_no_say_in_the_variables_of_the_controller(inventory, tmp_path):
    (tmp_path / "play.yml").write_text(PLAY)
    process = pump.play(
        [str(tmp_path / "play.yml"), "-i", inventory({"hostile": json.dumps(TAKES_OVER)})],
        pump.checkout_environment(tmp_path, SAFE),
    )

    assert process.returncode == 0, process.stdout + process.stderr
    assert f"the folder is {tmp_path}/runs, hosts: 1" in process.stdout
