"""Rules ask for what their kinds can tell: a setting that is missing in a rule no scenario of its kind would notice."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.parameters import resolve
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.values import substitute
from tests.scenarios.linux import Scenario, all_scenarios, plant
from tests.scenarios.linux.audit_rule import BASE, RULES
from tests.unit.both_sides.test_scenario_verdicts import verdict

KNOWN = load_catalog()
AUDITD = "/etc/audit/auditd.conf"
KERNEL = {"/proc/sys/kernel/osrelease": "6.1.0-18-amd64\n"}
SPACE = "space_left = 75\nadmin_space_left = 50\n"
EMPTIED = next(one for kind, one in all_scenarios() if (kind, one.id) == ("firewall", "ufw-emptied"))
# What the benchmarks list, and what programs of today call in its place.
CALLS = {
    "audit_deletions": ("rename,renameat,unlink,unlinkat", {"renameat2"}),
    "audit_time_changes": ("adjtimex,settimeofday,clock_settime,clock_settime64", {"clock_adjtime", "clock_adjtime64"}),
    "audit_refused_access": ("creat,open,openat,truncate,ftruncate", {"openat2", "truncate64", "ftruncate64"}),
    "audit_mounts": ("mount", {"fsopen", "fsmount", "fspick", "move_mount", "open_tree", "mount_setattr"}),
}


def outcomes(root, rule, kind, address, given):
    """Return the outcomes of those settings of a rule on the tree of the scenario ``given``."""
    values = resolve(KNOWN, KNOWN.benchmark("debian_12"), {})
    parameters = {name: values[name] for name in KNOWN.rules[rule].parameters}
    plant(str(root), given)
    asked = [substitute(one, parameters) for one in leaves(KNOWN.rules[rule].settings) if one["kind"] == kind]
    cases = [
        Scenario("it", one["address"], one["expect"], "", {}, commands=given.commands)
        for one in asked
        if address.items() <= one["address"].items()
    ]
    return [verdict(kind, case, str(root)) for case in cases]


@pytest.mark.parametrize(
    ("rule", "kind", "address", "files"),
    [
        ("auditd_running", "text_setting", {"name": "local_events"}, {AUDITD: SPACE + "local_events = no\n"}),
        ("auditd_running", "text_setting", {"name": "write_logs"}, {AUDITD: SPACE + "write_logs = no\n"}),
        # It is a word of no hash to shadow's tools, which take DES then.
        ("password_hash_for_new_passwords", "login_defs", {}, {"/etc/login.defs": "ENCRYPT_METHOD sha512\n"}),
        ("sudo_log_file", "sudo", {"name": "log_allowed"}, {"/etc/sudoers": "Defaults !log_allowed\n"}),
        ("sudo_events_recorded", "sudo", {"name": "log_allowed"}, {"/etc/sudoers": "Defaults !log_allowed\n"}),
    ],
)
def test_setting_that_undoes_what_the_rule_is_for_fails(tmp_path, rule, kind, address, files):
    assert outcomes(tmp_path, rule, kind, address, Scenario("it", {}, {}, "", {}, files=files)) == ["fail"]


@pytest.mark.parametrize("rule", ["firewall_single_tool", "firewall_ufw_running"])
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_ufw_that_another_program_emptied_fails(tmp_path, rule, family):
    assert outcomes(tmp_path, rule, "firewall", {"query": "in_force", "family": family}, EMPTIED) == ["fail"]


@pytest.mark.parametrize("rule", CALLS)
def test_calls_of_the_benchmark_are_not_all_that_does_it(tmp_path, rule):
    older, newer = CALLS[rule]
    loaded = "".join(f"-a always,exit -F arch={arch} -S {older} -k site\n" for arch in ("b64", "b32"))
    asked = [one["address"] for one in leaves(KNOWN.rules[rule].settings) if "syscalls" in one["address"]]
    supplements = [one for one in asked if newer >= set(one["syscalls"])]

    assert {name for one in supplements for name in one["syscalls"]} == newer
    for number, one in enumerate(supplements):
        assert outcomes(tmp_path / str(number), rule, "audit_rule", one, recording(loaded)) == ["fail"]


def test_files_of_netplan_are_watched(tmp_path):
    loaded = "-w /etc/network -p wa -k site\n"
    watched = {"query": "watch", "path": "/etc/netplan/"}

    assert outcomes(tmp_path, "audit_network_names", "audit_rule", watched, recording(loaded)) == ["fail"]


def recording(rules):
    """Return a scenario in which the kernel has these rules, and the next boot loads them."""
    names = {name for older, newer in CALLS.values() for name in (*older.split(","), *newer)}
    table = "".join(f"{number}\t{name}\n" for number, name in enumerate(sorted(names)))
    commands = {
        **{f"ausyscall {machine} --dump": f"Using {machine}\n{table}" for machine in ("x86_64", "i386")},
        "uname -m": "x86_64\n",
        "auditctl -v": "auditctl version 3.0.9\n",
        "auditctl -l": rules,
        "auditctl -s": "enabled 1\nfailure 1\npid 340\n",
    }
    return Scenario("it", {}, {}, "", {}, files={**BASE, **KERNEL, RULES: rules}, commands=commands)
