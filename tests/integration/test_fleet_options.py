"""What a fleet is asked for is looked at and made ready once, and each host still gets what its own variables say."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.documents import Reader
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.packed import read_packed
from tests import pump

FLEET = 24
OWN = {
    "deep": {"hipaa_cis_level": 2},
    "loose": {"hipaa_cis_parameter_pump_screen_lock_minutes": 2},
    "worked-out": {"hipaa_cis_exclude": {"rules": "{{ ['pump_telnet_off'] if inventory_hostname == 'worked-out' else [] }}"}},
}  # fmt: skip


@pytest.fixture
def command(tmp_path):
    """A function that runs a playbook on hosts, each with variables of its own: what came of it, and the run."""

    def run(book, hosts, **variables):
        shared = {"ansible_connection": "local", **pump.variables(tmp_path / "runs"), **variables}
        inventory = tmp_path / "inventory.json"
        inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": shared}}))
        environ = pump.checkout_environment(tmp_path, pump.SAFE)
        return pump.play([str(book), "-i", str(inventory), "-f", "8"], environ), tmp_path / "runs" / "latest"

    return run


def records(run):
    """Return the run's records by host, without what tells one host or hour from another."""
    found = {}
    for path in (run / "hosts").iterdir():
        record = dict(Reader().read(read_packed(path, 10_000_000)[1]))
        host = record.pop("host")
        found[host] = {
            name: value for name, value in record.items() if name not in ("run_id", "audited_at", "platforms")
        }
    return found


def test_host_of_a_fleet_is_judged_as_it_is_alone(command):
    fleet: dict[str, dict[str, object]] = {f"pump-{number}": {} for number in range(FLEET)}
    done, run = command("hipaa.cis.audit", {**fleet, **OWN})
    assert done.returncode == 0, done.stdout + done.stderr
    together = records(run)

    assert set(together) == {*fleet, *OWN}
    for host, own in {"pump-1": {}, **OWN}.items():
        done, run = command("hipaa.cis.audit", {host: own})
        assert done.returncode == 0, done.stdout + done.stderr
        assert records(run) == {host: together[host]}
    assert all(together[host] == together["pump-1"] for host in fleet)
    assert len({json.dumps(together[host], sort_keys=True) for host in ("pump-1", *OWN)}) == 1 + len(OWN)


def test_fault_of_some_hosts_is_told_once_with_the_first_of_them(command):
    faulty = {f"faulty-{number}": {"hipaa_cis_level": 7} for number in range(8)}
    done, _run = command("hipaa.cis.audit", {"good": {}, **faulty, "other": {"hipaa_cis_levl": 2}})

    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 2
    assert "Nothing was begun: faulty-0, faulty-1, faulty-2, faulty-3, faulty-4 and 3 more: unknown level '7'" in said
    assert "Also: other: unknown variable 'hipaa_cis_levl'" in said
    assert said.count("fatal: ") == 1


def test_fault_of_all_hosts_names_none(command):
    done, _run = command("hipaa.cis.audit", {"one": {}, "two": {}}, hipaa_cis_level=7)

    assert "Nothing was begun: unknown level '7'" in done.stdout + done.stderr


@pytest.mark.parametrize("strategy", ["linear", "free", "host_pinned"])
def test_fault_of_one_host_is_found_by_whatever_strategy(command, tmp_path, strategy):
    """By `free` Ansible gives a task that says `run_once` to every host: there each looks at its own."""
    book = tmp_path / "own.yml"
    task = "{hipaa.cis.preflight: {read_only: true}, run_once: true}"
    book.write_text(f"- hosts: all\n  gather_facts: false\n  strategy: {strategy}\n  tasks: [{task}]\n")
    done, _run = command(book, {"one": {}, "two": {"hipaa_cis_level": 7}})

    assert done.returncode == 2
    assert "unknown level '7'" in done.stdout + done.stderr


def test_host_whose_connection_cannot_be_worked_out_keeps_no_other_back(command):
    """Ansible fails such a host by itself; what it is reached by only spares the others some work."""
    lost = {"ansible_shell_type": "{{ nobody_set_this }}", "hipaa_cis_level": 2}
    done, run = command("hipaa.cis.audit", {"good": {}, "lost": lost})

    said = done.stdout + done.stderr
    assert "Nothing was begun" not in said
    assert done.returncode != 0
    assert "good" in records(run)


def test_variable_of_a_play_is_looked_for_at_each_host_whatever_it_is_called(command, tmp_path):
    book = tmp_path / "own.yml"
    task = "{hipaa.cis.preflight: {read_only: true, play_variables: [wards_at_once]}, run_once: true}"
    book.write_text(f"- hosts: all\n  gather_facts: false\n  tasks: [{task}]\n")
    done, _run = command(book, {"one": {}, "two": {"wards_at_once": 2}})

    assert done.returncode == 2
    assert "two: wards_at_once is set for this host" in " ".join((done.stdout + done.stderr).split())
