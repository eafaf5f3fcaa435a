"""The round-trip law: what is wrong is fixed, a second run changes nothing, and the way back leads to what was.

For every rule with an automatic fix at once, on one booted host on which as much as possible is wrong.
"""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.remedies import NoRemedy, wanted_value
from tests.integration import sick_host
from tests.integration.remediating import changes, playbook, playbook_command, remediation_of
from tests.records import record_in

__all__ = ["playbook", "playbook_command", "remediation_of"]

pytestmark = pytest.mark.hosts

# Rules with an automatic fix that are right on this host and stay so, each with the reason.
PERSON_DECIDES = "what the rule finds wrong is settled by a person; only a part that is right here could be written"
NEEDED = "the host could not be reached or remediated without it"
PAM_TEST = "broken, fixed and taken back with the whole PAM stack in test_writers_text.py"
NEXT = "broken, fixed and taken back in test_benchmark_versions.py"
ELSEWHERE = {
    "files_have_owners": PERSON_DECIDES,
    "only_group_root_has_number_zero": PERSON_DECIDES,
    "only_root_has_group_zero": PERSON_DECIDES,
    "only_root_has_number_zero": PERSON_DECIDES,
    "root_password_controlled": PERSON_DECIDES,
    "sudo_installed": NEEDED,
    "sudo_authenticate_on": NEEDED,
    "ssh_pam_on": NEEDED,
    "firewall_nftables_installed": "the host's own firewall stays",
    "gdm_absent": "with the desktop's package all rules of the desktop would apply, which need more than a name",
    "journald_running": "a static unit that systemd starts again at once",
    "journal_receiver_off": "needs the package that receives journals of other hosts",
    "one_logging_system": "one of two systems; to have both is not wrong on this host",
    "mail_transfer_agent_local": "needs a mail server; its settings are put through the law on directory trees",
    "package_source_logins_private": NEXT,
    "sudo_events_recorded": NEXT,
    "rsyslog_installed": "part of the base; auditd and others show how packages are installed",
    "pam_pwquality_enabled": PAM_TEST,
    "pam_pwquality_installed": PAM_TEST,
    "pam_unix_enabled": PAM_TEST,
    "pam_unix_no_remember": PAM_TEST,
    "pam_unix_strong_hash": PAM_TEST,
    "pam_unix_uses_token": PAM_TEST,
}
# Why a rule with an automatic fix does not apply here, and where it is put through the law instead.
NOT_HERE = {
    "the host has no kernel of its own (a container)": "test_machine_round_trip.py, on a virtual machine",
    "is not a file system of its own": "test_machine_round_trip.py, on a virtual machine with such file systems",
    "the kernel does not know the setting": "test_round_trip_trees.py",
    "rsyslog sends nothing to another host": "the scenarios of package",
    "is not installed": "the scenarios of the kinds",
    "is not started at boot": "test_writers_packages.py, with the firewall that the host has",
    "is installed": "the scenarios of text settings",
    "is there and not masked": "the scenarios of text settings, and those of service",
    "does not exist": "the scenarios of file",
}
REBOOT = "a file system of its own needs a reboot, which is not allowed here"
RULES = "which packets are let in and out is the site's to say"
# Rules that fail and are left to a person, each with what stands in the way on this host.
FOR_A_PERSON = {
    "aide_installed": "its database takes long to make and has to be kept elsewhere",
    "firewall_nftables_default_refuse": RULES,
    "firewall_ufw_chosen": "the host has another firewall",
    "package_weak_dependencies_off": "what a site installs by it is its to say",
    "ssh_key_exchange_post_quantum": "remediation takes algorithms away and adds none",
    "firewall_nftables_loopback": RULES,
    "log_rotation": "the block of a log is in a package's file, and which one the site wants changed is its to say",
    "mount_home": REBOOT,
    "mount_var": REBOOT,
    "mount_var_log": REBOOT,
    "mount_var_log_audit": REBOOT,
    "mount_var_tmp": REBOOT,
    "ssh_access_limited": "the site has to name the groups",
    "sudo_password_required": "the user that Ansible connects as has no password",
}
# Rules of which a part is made, and what stands in the way of the rest.
IN_PART = {"world_writable_secured": "/srv/open/file lies in /srv/open"}
# What is not brought back: the journal itself, logs, caches, and the package manager's own records.
NOT_RESTORED = (
    "/var/lib/dpkg", "/var/lib/dpkg/*", "/var/cache",
    "/var/cache/*", "/var/lib/apt", "/var/lib/apt/*", "/var/log/*", "/var/lib/systemd/*", "/etc/ld.so.cache",
)  # fmt: skip


@pytest.fixture
def sick(server_host):
    """A server on which as much as possible is wrong."""
    known = load_catalog()
    server_host.run(["sh", "-c", sick_host.plant_packages(sick_host.packages(known))], timeout=180)
    server_host.run(["sh", "-c", sick_host.script(known)], timeout=120)
    return server_host


# Judged by the values of the kernel, which are those of whatever machine the tests run on.
OF_THE_MACHINE = ["address_space_randomized", "core_dumps_of_privileged_programs", "ptrace_restricted"]
NEW_OF_THE_MACHINE = [
    "hard_links_protected",
    "kernel_addresses_hidden",
    "kernel_messages_restricted",
    "symbolic_links_protected",
]
EVERYTHING = {
    "hipaa_cis_include": {},
    "hipaa_cis_exclude": {"rules": [*OF_THE_MACHINE, *NEW_OF_THE_MACHINE]},
    "hipaa_cis_level": 2,
    "hipaa_cis_allow_disruption": ["service_reload", "service_restart", "sessions", "login", "network"],
}


def outcomes(tmp_path, host):
    record = record_in(tmp_path / "runs" / "latest", host.name)
    assert record["status"] == "audited", record
    return {finding["rule"]: finding["outcome"] for finding in record["findings"]}


def not_applicable(tmp_path, host):
    """Return rule -> reason of what has an automatic fix and does not apply to the host."""
    record = record_in(tmp_path / "runs" / "latest", host.name)
    names = fixable(load_catalog())
    findings = [item for item in record["findings"] if item["outcome"] == "not_applicable" and item["rule"] in names]
    return {item["rule"]: item["reason"] for item in findings}


def fixable(known):
    """Return the rules of which some setting has a value to be written and a kind that can be written."""
    kinds = known.platforms["linux"].kinds
    found = set()
    for rule in known.rules.values():
        for leaf in leaves(rule.settings) if rule.platform == "linux" else ():
            try:
                wanted_value(leaf)
            except NoRemedy:
                continue
            if kinds[leaf["kind"]].write and not rule.manual:
                found.add(rule.id)
    return found


@pytest.mark.parametrize("version", ["1.1.0", "2.0.0"])
def test_fix_all_of_a_sick_host_and_go_back(version, sick, playbook, remediation_of, tmp_path):
    everything = {**EVERYTHING, "hipaa_cis_benchmark": [f"debian_12@{version}"]}
    asked = load_catalog().benchmark(f"debian_12@{version}").rules
    playbook("audit", [sick], **everything)
    sick_outcomes = outcomes(tmp_path, sick)
    before = sick.snapshot()
    for name, reason in not_applicable(tmp_path, sick).items():
        assert any(known in reason for known in NOT_HERE), (name, reason)
    assert {name for name in fixable(load_catalog()) if sick_outcomes.get(name) == "pass"} == {*ELSEWHERE} & asked

    code, said = playbook("remediate", [sick], **everything)
    assert code == 0, said
    first = remediation_of(sick)
    results = {item["rule"]: item for item in first["results"]}
    failing = {name: item["reason"] for name, item in results.items() if item["result"] in ("still_failing", "error")}
    assert failing.keys() == IN_PART.keys()
    assert all(why in failing[name] for name, why in IN_PART.items())
    skipped = {name for name, item in results.items() if item["result"] == "skipped"}
    assert {name for name in skipped if sick_outcomes[name] == "fail"} == {*FOR_A_PERSON} & asked

    playbook("remediate", [sick], **everything)
    assert not remediation_of(sick)["steps"]

    code, said = playbook("rollback", [sick], hipaa_cis_run_id=first["run_id"])
    assert code == 0, said
    assert not changes(before, sick, NOT_RESTORED)
    playbook("audit", [sick], **everything)
    assert outcomes(tmp_path, sick) == sick_outcomes
