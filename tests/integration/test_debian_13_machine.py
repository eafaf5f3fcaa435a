"""Debian 13 with a kernel of its own: what its programs do differently, and what the verdicts make of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hosts.system import wait_until
from tests.integration.remediating import (
    changes,
    module_on,
    playbook,
    playbook_command,
    remediation_of,
)

__all__ = ["playbook", "playbook_command", "remediation_of"]

pytestmark = [pytest.mark.hosts, pytest.mark.machine]

LOG = "/var/log/audit/audit.log"
# The architecture and the number of a call, as the kernel says them.
CALLS = {
    ("c000003e", "90"): "chmod",
    ("c000003e", "452"): "fchmodat2",
    ("c000003e", "322"): "execveat",
    ("40000003", "193"): "truncate64",
    ("40000003", "212"): "chown32",
}
OF_ACCESS = {"a": {"chmod", "fchmodat2", "chown32"}, "w": {"truncate64"}, "x": {"execveat"}}
FORMS = {
    "watch": ("-w {path} -p wax -k watch",),
    "path": ("-a always,exit -F path={path} -F perm=wax -k path",),
    "arch": tuple(f"-a always,exit -F arch={arch} -F path={{path}} -F perm=wax -k arch" for arch in ("b64", "b32")),
    "arch-all": tuple(f"-a always,exit -F arch={arch} -S all -F path={{path}} -F perm=wax -k arch-all" for arch in ("b64", "b32")),
}  # fmt: skip
BENCHMARK = {"hipaa_cis_force_benchmark": True, "hipaa_cis_level": 2}


def recorded(machine, key):
    """Return the names of the calls that were recorded with a key."""
    rows = re.findall(rf'(?m)^type=SYSCALL .*arch=(\w+) syscall=(\d+) .*key="{key}"', machine.read(LOG))
    return {CALLS.get(row, row[1]) for row in rows}


def test_a_kind_of_access_is_covered_where_the_kernel_records_all_its_calls(
    debian13_machine, run_ansible, write_inventory
):
    """auditctl 4 puts single calls into a rule that names an architecture, and forgets some: those leave no record."""
    machine = debian13_machine
    paths = {form: f"/srv/{form}" for form in FORMS}
    for path in paths.values():
        machine.run(["cp", "/usr/bin/true", path])
    rules = [line.format(path=paths[form]) for form, lines in FORMS.items() for line in lines]
    machine.write("/etc/audit/rules.d/site.rules", "\n".join([*rules, "-w /srv/end -p a -k end"]) + "\n", mode=0o640)
    machine.run(["touch", "/srv/end"])
    machine.run(["augenrules", "--load"])

    probe = Path(__file__).with_name("probe_calls.py").read_text()
    for path in paths.values():
        machine.run(["python3", "-", path], data=probe)
    machine.run(["chmod", "0600", "/srv/end"])
    wait_until(lambda: recorded(machine, "end"), seconds=30, what="the last record")
    seen = {form: recorded(machine, form) & set(CALLS.values()) for form in FORMS}
    everything = set(CALLS.values())
    assert seen == {"watch": everything, "path": everything, "arch": {"chmod"}, "arch-all": everything}

    asked = [(form, letter) for form in FORMS for letter in OF_ACCESS]
    settings = [
        {"kind": "audit_rule", "query": "watch", "path": paths[form], "permissions": letter} for form, letter in asked
    ]
    answer = module_on(machine, run_ansible, write_inventory)("linux_observe", {"settings": settings})
    values = {pair: one["value"] for pair, one in zip(asked, answer["observations"], strict=True)}
    for (form, letter), said in values.items():
        whole = OF_ACCESS[letter] <= seen[form]
        assert (said["unrecorded_now"] == [], said["unrecorded_at_boot"] == []) == (whole, whole), (form, letter, said)
    assert "without execveat" in str(values["arch", "x"])
    assert "without chown32, execveat, fchmodat2" in str(values["arch", "a"])


MOUNTS = """\
set -e
mkdir -p /mnt/x
mount -t tmpfs none /mnt/x && mount -o remount,size=1m /mnt/x && umount /mnt/x
mount --bind /home /mnt/x && umount /mnt/x
cp /etc/issue /root/issue && mv /root/issue /root/moved && rm /root/moved
"""
NUMBERS = {
    "fsopen": "430",
    "fsmount": "432",
    "fspick": "433",
    "move_mount": "429",
    "open_tree": "428",
    "mount_setattr": "442",
}


def test_what_mount_calls_is_recorded_and_a_second_fix_changes_nothing(debian13_machine, playbook, remediation_of):
    machine = debian13_machine
    rules = {
        "hipaa_cis_include": {
            "rules": ["audit_mounts", "audit_deletions", "audit_time_changes", "audit_permission_changes", "audit_refused_access",
                      "audit_account_files", "audit_chcon", "apparmor_profiles_loaded", "apparmor_profiles_enforced"]
        },
        "hipaa_cis_allow_disruption": ["all"],
        **BENCHMARK,
    }  # fmt: skip
    loaded, before = machine.run(["auditctl", "-l"]).stdout, machine.snapshot()

    code, said = playbook("remediate", [machine], **rules)
    assert code == 0, said
    first = remediation_of(machine)
    assert {item["result"] for item in first["results"]} <= {"fixed", "already_right"}, first["results"]

    machine.ssh(["sudo", "sh", "-c", MOUNTS], user="auditor")
    machine.run(["sync"])
    wait_until(lambda: recorded(machine, "delete"), seconds=30, what="record of the removal")
    # mount(2) itself is called no more.
    assert recorded(machine, "mounts") >= set(NUMBERS.values())

    playbook("remediate", [machine], **rules)
    assert not remediation_of(machine)["steps"]

    code, said = playbook("rollback", [machine], hipaa_cis_run_id=first["run_id"])
    assert code == 0, said
    assert machine.run(["auditctl", "-l"]).stdout == loaded
    assert not changes(before, machine, ("/var/log/*", "/mnt/x", "/root/*"))
