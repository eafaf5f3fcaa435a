"""The round-trip law on a host with a kernel of its own: what does not apply in a container, and options of real mounts.

Made to fail, found, fixed, started again as the site allows, looked at again, and taken back.
"""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import leaves
from tests.integration import sick_host
from tests.integration.remediating import changes, playbook, playbook_command, remediation_of, run_command
from tests.integration.test_round_trip import NOT_RESTORED, OF_THE_MACHINE, fixable, outcomes

__all__ = ["playbook", "playbook_command", "remediation_of"]

pytestmark = [pytest.mark.hosts, pytest.mark.machine, pytest.mark.long]


def rules_of_the_kernel(known):
    """Return the rules with an automatic fix that need a kernel of their own, a real mount or a running audit daemon.

    How packages are installed is proven in test_writers_packages.py: this host has no network.
    """
    found = set(OF_THE_MACHINE)
    for name in fixable(known):
        rule = known.rules[name]
        facts = [item["setting"]["address"].get("fact") for item in rule.applies_if]
        kinds = {leaf["kind"] for leaf in leaves(rule.settings)}
        if name in MAKE_AN_IMAGE:
            continue
        if kinds != {"package"} and ("own_kernel" in facts or "mount_option" in kinds):
            found.add(name)
    return sorted(found)


# Not wrong on this host, each with the reason why it stays so.
CHRONY = "the clock is kept by chrony; one package excludes the other"
RIGHT = {
    "timesyncd_running": CHRONY,
    "timesyncd_servers": CHRONY,
}
# Rules that fail and are left to a person.
FOR_A_PERSON = {"boot_loader_password": "a password is never made up"}
# Done, and in effect once the host has started again.
AT_NEXT_BOOT = {
    "audit_backlog": "the kernel reads its arguments once",
    "audit_from_boot": "the kernel reads its arguments once",
    "audit_rules_locked": "what is loaded now could not be taken back without a reboot",
    "kernel_module_sctp": "once loaded it counts as in use for as long as the host runs",
}
# With a restart of an emulated machine, beside other tests.
SECONDS = 1500
# The initial file system carries this module, and to make it anew takes minutes on an emulated machine: test_programs_agree.py does.
MAKE_AN_IMAGE = ("kernel_module_udf",)
# What a start of the host writes by itself.
OF_A_START = ("/etc/audit/audit.rules.prev", "/var/lib/systemd/*", "/var/lib/chrony/*", "/var/tmp/systemd-private-*")

RUNNING = """\
sysctl kernel.randomize_va_space kernel.yama.ptrace_scope fs.suid_dumpable
for path in /tmp /dev/shm /home /var /var/tmp /var/log /var/log/audit; do echo $path $(findmnt -no OPTIONS $path); done
for name in {modules}; do grep -qw ^$name /proc/modules && echo $name is loaded; done
sort /sys/kernel/security/apparmor/profiles
systemctl is-active auditd chrony
"""


@pytest.fixture
def sick(machine):
    """A virtual machine on which all that concerns its kernel is wrong."""
    known = load_catalog()
    machine.run(["sh", "-c", sick_host.script_for(known, rules_of_the_kernel(known))], timeout=300)
    return machine


def running(machine):
    """Return what is in effect now, which no file says.

    A module that could not be unloaded is left out: after a start it is not loaded again, for the run had not unloaded it.
    """
    known = load_catalog()
    names = [name for name in rules_of_the_kernel(known) if name not in AT_NEXT_BOOT]
    parts = [leaf for name in names for leaf in leaves(known.rules[name].settings)]
    modules = sorted({leaf["address"]["name"] for leaf in parts if leaf["kind"] == "kernel_module"})
    script = RUNNING.replace("{modules}", " ".join(modules).replace("-", "_"))
    return machine.run(["sh", "-c", script], check=False).stdout


def test_fix_what_needs_a_kernel_start_again_and_go_back(sick, playbook, playbook_command, remediation_of, tmp_path):
    everything = {
        "hipaa_cis_include": {"rules": rules_of_the_kernel(load_catalog())},
        "hipaa_cis_level": 2,
        "hipaa_cis_allow_disruption": ["all"],
    }
    restart = {
        "hipaa_cis_reboot": "allowed",
        "hipaa_cis_reboot_timeout": 900,
        "hipaa_cis_before_reboot": [
            {"command": ["touch", str(tmp_path / "drained")], "delegate_to": "localhost"},
            ["touch", "/run/drained"],
        ],
        "hipaa_cis_after_reboot": [["touch", "/run/rejoined"]],
        "hipaa_cis_health_checks": [{"unit": "ssh.service"}, {"command": "test ! -e /run/drained"}],
    }
    before, running_before, boot = sick.snapshot(), running(sick), sick.boot_id()

    code, said = run_command(playbook_command("remediate", [sick], **everything, **restart), seconds=SECONDS)
    assert code == 0, said
    first = remediation_of(sick)
    assert first["reboot"]["done"]
    assert first["pending_reboot"] == []
    assert sick.boot_id() != boot
    assert (tmp_path / "drained").exists()
    assert sick.run(["ls", "/run/rejoined", "/run/drained"], check=False).stdout.split() == ["/run/rejoined"]
    results = {item["rule"]: item for item in first["results"]}
    sick_outcomes = {name: item["before"]["outcome"] for name, item in results.items()}
    assert {name for name, outcome in sick_outcomes.items() if outcome != "fail"} == set(RIGHT)
    left = {name: item["reason"] for name, item in results.items() if item["result"] in ("still_failing", "skipped")}
    assert set(left) == set(FOR_A_PERSON), left
    assert {item["result"] for name, item in results.items() if name not in {*left, *RIGHT}} == {"fixed"}
    assert {name for name, outcome in outcomes(tmp_path, sick).items() if outcome == "fail"} == set(FOR_A_PERSON)

    playbook("remediate", [sick], **everything)
    assert not remediation_of(sick)["steps"]

    code, said = playbook("rollback", [sick], hipaa_cis_run_id=first["run_id"])
    assert code == 0, said
    assert "in effect since a restart, so restart the host again to take it back: the kernel argument" in " ".join(
        said.split()
    )
    assert not changes(before, sick, (*NOT_RESTORED, *OF_A_START))
    assert running(sick) == running_before
    playbook("audit", [sick], **everything)
    assert outcomes(tmp_path, sick) == sick_outcomes
