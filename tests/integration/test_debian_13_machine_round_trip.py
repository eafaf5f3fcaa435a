"""The round-trip law on Debian 13 with a kernel of its own: made wrong, fixed, started again, nothing left for a second run, and taken back.

Only what a container cannot show, a few rules of each topic: kernel modules, parameters of the kernel, audit rules and their daemon, the
boot loader, AppArmor, options of real mounts. All that a container has as well is left to the booted host's round trip
(test_debian_13_round_trip.py), the other rules of these topics to the Debian 12 machine's (test_machine_round_trip.py).
"""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests.integration import sick_host
from tests.integration.remediating import changes, playbook, playbook_command, remediation_of, run_command
from tests.integration.test_machine_round_trip import FOR_A_PERSON, OF_A_START, RUNNING, SECONDS
from tests.integration.test_round_trip import NOT_RESTORED, outcomes

__all__ = ["playbook", "playbook_command", "remediation_of"]

pytestmark = [pytest.mark.hosts, pytest.mark.machine, pytest.mark.long]

RULES = {
    "kernel modules": ["kernel_module_cramfs", "kernel_module_sctp", "kernel_module_usb_storage"],
    "parameters": ["address_space_randomized", "core_dumps_of_privileged_programs", "ptrace_restricted"],
    "audit rules": ["audit_account_files", "audit_permission_changes", "audit_sessions", "audit_rules_locked"],
    "audit daemon": [
        "auditd_running",
        "audit_disk_full",
        "audit_log_groups",
        "audit_log_modes",
        "audit_log_owners",
        "audit_log_size",
    ],
    "boot loader": ["audit_backlog", "audit_from_boot", "boot_loader_configuration_access", "boot_loader_password"],
    "AppArmor": ["apparmor_boot_arguments", "apparmor_profiles_enforced"],
    "mounts": ["mount_dev_shm_noexec", "mount_tmp_nosuid", "mount_var_log_audit_nodev"],
}
NAMES = [name for names in RULES.values() for name in names]


@pytest.fixture
def sick(debian13_machine):
    """A virtual machine on which all that concerns its kernel is wrong."""
    known = load_catalog()
    # On an emulated machine beside other tests a disk may take longer to show itself at a start than the usual 90 seconds.
    debian13_machine.write("/etc/systemd/system.conf.d/slow.conf", "[Manager]\nDefaultDeviceTimeoutSec=15min\n")
    debian13_machine.run(["sh", "-c", sick_host.script_for(known, NAMES)], timeout=300)
    return debian13_machine


def running(machine):
    """Return what is in effect now, which no file says."""
    return machine.run(["sh", "-c", RUNNING.replace("{modules}", "cramfs usb_storage")], check=False).stdout


def test_what_needs_a_kernel_is_fixed_stays_so_and_goes_back(
    sick, playbook, playbook_command, remediation_of, tmp_path
):
    everything = {
        "hipaa_cis_benchmark": ["auto"],
        "hipaa_cis_include": {"rules": NAMES},
        "hipaa_cis_level": 2,
        "hipaa_cis_allow_disruption": ["all"],
        # An emulated machine beside other tests may take longer for a new connection than a real one ever does.
        "hipaa_cis_confirm_timeout": 900,
    }
    restart = {"hipaa_cis_reboot": "allowed", "hipaa_cis_reboot_timeout": 900}
    before, running_before, boot = sick.snapshot(), running(sick), sick.boot_id()

    code, said = run_command(playbook_command("remediate", [sick], **everything, **restart), seconds=SECONDS)
    assert code == 0, said
    assert "CIS Debian Linux 13 Benchmark v1.1.0" in said
    assert sick.boot_id() != boot
    first = remediation_of(sick)
    assert first["pending_reboot"] == []
    results = {item["rule"]: item for item in first["results"]}
    assert {name for name, item in results.items() if item["before"]["outcome"] != "fail"} == set()
    left = {name: item for name, item in results.items() if item["result"] != "fixed"}
    assert set(left) == set(FOR_A_PERSON), left
    assert {name for name, outcome in outcomes(tmp_path, sick).items() if outcome != "pass"} == set(FOR_A_PERSON)

    playbook("remediate", [sick], **everything)
    assert not remediation_of(sick)["steps"]

    code, said = playbook("rollback", [sick], hipaa_cis_run_id=first["run_id"])
    assert code == 0, said
    # While the rules are locked augenrules 4 leaves it as it is; the next start makes it anew.
    assert not changes(before, sick, (*NOT_RESTORED, *OF_A_START, "/etc/audit/audit.rules"))
    assert running(sick) == running_before
