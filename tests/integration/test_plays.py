"""Whatever a play does with the audit, each host counts once and none is lost. Several behaviours share a run."""

from __future__ import annotations

import json
import sys

import pytest

from tests import pump
from tests.pump import SAFE
from tests.records import records_in

# Alike but for case and signs: naive file names of these are the same.
ALIKE = ["Ward/1", "ward/1", "ward_1", "WARD 1"]
INVENTORY = {
    "all": {
        "children": {
            "pumps": {"hosts": {name: {} for name in [*ALIKE, "pump-1", "pump-2"]}},
            "broken": {"hosts": {"no-python": {"ansible_python_interpreter": "/nonexistent/python3"}}},
            # A closed port of this machine's loopback interface: refused at once.
            "dark": {
                "hosts": {
                    "dark-1": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
                }
            },
        },
        "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
    }
}
PLAYS = """
- hosts: all
  gather_facts: false
  strategy: {strategy}
  serial: {serial}
  tasks:
    - hipaa.cis.audit:
      register: seen
      until: seen.counts is defined and seen.attempts > 1
      retries: 2
      delay: 0
      ignore_errors: true
      ignore_unreachable: true
    - hipaa.cis.audit:
      loop: [1, 2]
      no_log: true
      when: inventory_hostname in groups.pumps
- hosts: pumps
  gather_facts: false
  tasks:
    - hipaa.cis.audit:
      run_once: true
    - hipaa.cis.audit:
      delegate_to: pump-2
      when: inventory_hostname == 'pump-2'
"""


@pytest.mark.parametrize(("strategy", "serial"), [("linear", "[2, 100%]"), ("free", "100%")])
def test_each_host_counts_once_and_none_is_lost(tmp_path, strategy, serial):
    (tmp_path / "inventory.json").write_text(json.dumps(INVENTORY))
    (tmp_path / "play.yml").write_text(PLAYS.format(strategy=strategy, serial=serial))
    variables = pump.variables(tmp_path / "runs")
    del variables["ansible_python_interpreter"]  # the inventory's own, one of which is broken
    process = pump.play(
        [str(tmp_path / "play.yml"), "-f", "50", "-i", str(tmp_path / "inventory.json"), "-e", json.dumps(variables)],
        pump.checkout_environment(tmp_path, SAFE),
    )

    said = process.stdout + process.stderr
    assert "Traceback" not in said
    assert "callback" not in process.stderr.lower(), process.stderr
    latest = tmp_path / "runs" / "latest"
    summary = json.loads((latest / "summary.json").read_text())
    by_name = {host["host"]: host["status"] for host in summary["hosts"]}
    assert sorted(by_name) == sorted([*ALIKE, "pump-1", "pump-2", "no-python", "dark-1"])
    assert {name for name, status in by_name.items() if status == "audited"} == {*ALIKE, "pump-1", "pump-2"}
    assert by_name["dark-1"] == "unreachable"
    assert by_name["no-python"] == "failed"
    assert len(records_in(latest)) == len(by_name)
    assert "NOT AUDITED dark-1 (unreachable)" in process.stdout
    assert "NOT AUDITED no-python (failed)" in process.stdout
    # One table after each of the two plays.
    assert process.stdout.count("HIPAA technical safeguards") == 2


DELEGATED = """
- hosts: dark-1
  gather_facts: false
  tasks:
    - hipaa.cis.%s:
      delegate_to: pump-1
- hosts: all
  gather_facts: false
  tasks:
    - hipaa.cis.report:
        fail_on: [unreachable, error]
"""


@pytest.mark.parametrize("action", ["audit", "remediate", "rollback"])
def test_no_host_is_looked_at_under_the_name_of_another(tmp_path, action):
    (tmp_path / "inventory.json").write_text(json.dumps(INVENTORY))
    (tmp_path / "play.yml").write_text(DELEGATED % action)
    variables = pump.variables(tmp_path / "runs")
    process = pump.play(
        [str(tmp_path / "play.yml"), "-i", str(tmp_path / "inventory.json"), "-e", json.dumps(variables)],
        pump.checkout_environment(tmp_path, SAFE),
    )
    assert process.returncode == 2
    assert "of dark-1 is delegated to pump-1: what pump-1 is would be kept under the name of dark-1" in " ".join(
        (process.stdout + process.stderr).split()
    )
    (run,) = (path for path in (tmp_path / "runs").glob("2*") if path.is_dir()) if action == "audit" else (None,)
    assert [record["status"] for record in (records_in(run) if run else ())] == (["failed"] if run else [])


ROLE = """
- hosts: pumps:dark
  gather_facts: false
  %s
  roles:
    - hipaa.cis.audit
"""


def audited_by_role(tmp_path, keywords, **variables):
    (tmp_path / "inventory.json").write_text(json.dumps(INVENTORY))
    (tmp_path / "play.yml").write_text(ROLE % keywords)
    given = {**pump.variables(tmp_path / "runs"), **variables}
    process = pump.play(
        [str(tmp_path / "play.yml"), "-i", str(tmp_path / "inventory.json"), "-e", json.dumps(given)],
        pump.checkout_environment(tmp_path, SAFE),
    )
    return process.returncode, " ".join((process.stdout + process.stderr).split())


def test_what_a_play_forgives_its_hosts_is_not_forgiven_the_gate(tmp_path):
    keywords = "ignore_errors: true\n  ignore_unreachable: true"
    code, said = audited_by_role(tmp_path, keywords, hipaa_cis_fail_on=["error"])
    assert code == 2, said
    assert "THE AUDIT COULD NOT BE DONE" in said


@pytest.mark.parametrize("strategy", ["free", "host_pinned"])
def test_a_strategy_under_which_ansible_ends_the_play_at_the_report_is_told_before_any_host_is_touched(
    tmp_path, strategy
):
    code, said = audited_by_role(tmp_path, f"strategy: {strategy}", hipaa_cis_report=False)
    assert code == 2
    assert f"Nothing was begun: the play's strategy is {strategy}" in said
    assert "take the task hipaa.cis.audit in place of the role" in said
    assert not (tmp_path / "runs").exists()


def beside_group_vars(tmp_path, site):
    """Play a playbook that has variables of ours beside it, and its inventory elsewhere: (exit code, what was said)."""
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars/all.yml").write_text("hipaa_cis_fail_on: [error]\n")
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory/hosts.json").write_text(json.dumps(INVENTORY))
    (tmp_path / "site.yml").write_text(site)
    given = json.dumps(pump.variables(tmp_path / "runs"))
    process = pump.play(
        [str(tmp_path / "site.yml"), "-i", str(tmp_path / "inventory"), "-e", given],
        pump.checkout_environment(tmp_path, SAFE),
    )
    return process.returncode, " ".join((process.stdout + process.stderr).split())


def test_what_ansible_does_not_read_beside_a_playbook_that_imports_ours_stops_it(tmp_path):
    # A play of one's own gets it, the one that is imported from a collection does not.
    code, said = beside_group_vars(tmp_path, "- import_playbook: hipaa.cis.audit\n")
    assert code != 0
    assert (
        "group_vars/all.yml sets variables hipaa_cis_..., and Ansible does not read it for a playbook of a collection"
        in said
    )
    assert not (tmp_path / "runs").exists()


def test_what_ansible_reads_beside_a_play_of_ones_own_is_no_fault(tmp_path):
    task = "{ansible.builtin.debug: {var: hipaa_cis_fail_on}}"
    play = "- hosts: \"{{ lookup('hipaa.cis.hosts', 'pumps') }}\"\n  gather_facts: false\n"
    code, said = beside_group_vars(tmp_path, f"{play}  tasks: [{task}]\n")
    assert code == 0, said
    assert '"hipaa_cis_fail_on": [ "error" ]' in said
