"""Every verdict on a stock host, and a host of another release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests import dead_weight

pytestmark = pytest.mark.hosts
# The host of each benchmark that has one which can be booted; the others have imitated ones (tests/unit/both_sides/test_stock_benchmarks.py).
BOOTED = {"debian_12": "server_host", "debian_13": "debian13_host"}
OF_THE_MACHINE = {
    "address_space_randomized": ("kernel.randomize_va_space", ("2",)),
    "core_dumps_of_privileged_programs": ("fs.suid_dumpable", ("0",)),
    "ptrace_restricted": ("kernel.yama.ptrace_scope", ("1", "2", "3")),
    "hard_links_protected": ("fs.protected_hardlinks", ("1",)),
    "kernel_addresses_hidden": ("kernel.kptr_restrict", ("1", "2")),
    "kernel_messages_restricted": ("kernel.dmesg_restrict", ("1",)),
    "symbolic_links_protected": ("fs.protected_symlinks", ("1",)),
}


def table(name):
    """Return rule -> outcome of a table beside this file."""
    outcomes = yaml.safe_load((Path(__file__).parent / name).read_text())
    return {rule: outcome for outcome, rules in outcomes.items() for rule in rules}


EXPECTED = table("stock_debian_12.yml")
# The version that the table is of. What the next one asks anew has its verdicts in test_benchmark_versions.py.
ITS_VERSION = "debian_12@1.1.0"
# What the same rules say of Debian 13 where it is something else, and why.
ON_DEBIAN_13 = {
    "home_directories_private": "pass",  # HOME_MODE 0700 stands in its login.defs
    "journal_forwarded_to_rsyslog": "pass",  # its package systemd says ForwardToSyslog=yes below /usr/lib
}
# And of a server with what usually runs on one (tests/hosts/base.py).
ON_A_SERVER = {
    "aide_scheduled": "pass",
    "aide_watches_audit_tools": "pass",  # all of / is watched, as the package comes
    "pam_pwquality_enabled": "pass",
    "pam_pwquality_installed": "pass",
    "pam_unix_uses_token": "pass",
    "password_dictionary_check": "pass",
    "password_quality_enforced": "pass",
}


def unexpected(host, seen, expected):
    """Return the rules of which an audit says something else than expected, and what it saw."""
    outcomes = {rule: finding["outcome"] for rule, finding in seen.items()}
    # The values of the kernel are those of the machine that the tests run on.
    for rule, (name, right) in OF_THE_MACHINE.items():
        if rule not in outcomes:
            continue
        value = host.run(["sysctl", "-n", name], check=False).stdout.strip()
        assert outcomes.pop(rule) == ("pass" if value in right else "fail"), (rule, value)
    return {
        rule: f"{outcomes.get(rule)}, not {expected.get(rule)}: {seen.get(rule, {}).get('checks')}"
        for rule in outcomes.keys() | expected.keys()
        if outcomes.get(rule) != expected.get(rule)
    }


def test_every_verdict_on_stock_debian_12_is_the_one_found_by_hand(booted_host, audit_hosts):
    seen = audit_hosts([booted_host], hipaa_cis_benchmark=[ITS_VERSION]).findings(booted_host.name)
    assert not unexpected(booted_host, seen, EXPECTED)


WRONG_DEPTH = [
    ("log_files_closed", "/var/log/app/a/b/c/deep.log"),
    ("log_files_closed", "/var/log/.hidden.log"),
]


def test_no_file_hides_from_its_rule_by_depth_or_by_a_dot(booted_host, audit_hosts):
    booted_host.run(["sh", "-c", "chmod 600 /var/log/*.log /var/log/faillog"])
    clean = audit_hosts([booted_host]).findings(booted_host.name)
    assert {clean[rule]["outcome"] for rule, _path in WRONG_DEPTH} == {"pass"}

    for rule, path in WRONG_DEPTH:
        booted_host.write(path, "x\n", 0o666)
        seen = audit_hosts([booted_host]).findings(booted_host.name)
        assert seen[rule]["outcome"] == "fail", path
        booted_host.run(["rm", path])


@pytest.mark.parametrize("name", [one.name for known in BOOTED for one in load_catalog().benchmarks[known].versions])
def test_little_of_a_benchmark_is_dead_weight_on_its_host(name, audit_hosts, request):
    benchmark = load_catalog().benchmark(name)
    host = request.getfixturevalue(BOOTED[benchmark.id])
    findings = audit_hosts([host], hipaa_cis_benchmark=[name]).findings(host.name)

    assert all(one["reason"] for one in findings.values() if one["outcome"] == "not_applicable")
    assert dead_weight.idle(benchmark, {rule: one["outcome"] for rule, one in findings.items()}) == []


def asked_of_debian_13():
    """Return what is expected of each rule of its own benchmark: as on Debian 12, but for what is asked there or is so there alone."""
    asked = {rule for item in load_catalog().benchmark("debian_13").recommendations for rule in item.rules}
    known = EXPECTED | ON_DEBIAN_13 | table("stock_debian_13.yml")
    return {rule: outcome for rule, outcome in known.items() if rule in asked}


def test_every_verdict_on_stock_debian_13_is_the_one_found_by_hand(debian13_host, audit_hosts):
    audit = audit_hosts([debian13_host])
    assert audit.code == 0, audit.said
    assert "CIS Debian Linux 13 Benchmark v1.1.0 (1 host(s); ID=debian, VERSION_ID=13)" in audit.said
    assert not unexpected(debian13_host, audit.findings(debian13_host.name), asked_of_debian_13())


def test_a_release_without_a_benchmark_is_judged_by_name_only(debian13_host, booted_host, audit_hosts):
    release = debian13_host.read("/usr/lib/os-release")
    debian13_host.write(
        "/usr/lib/os-release", release.replace('VERSION_ID="13"', 'VERSION_ID="14"').replace("Linux 13", "Linux 14")
    )
    debian13_host.write("/etc/debian_version", "14.0\n")
    mixed = audit_hosts([booted_host, debian13_host], hipaa_cis_level=1)
    assert mixed.code == 0, mixed.said
    assert f"NOT ASSESSED {debian13_host.name}: No benchmark fits this host (Debian GNU/Linux 14" in mixed.said
    assert mixed.record(debian13_host.name)["status"] == "not_assessed"
    assert mixed.record(booted_host.name)["status"] == "audited"
    summary = json.loads((mixed.folder / "summary.json").read_text())
    assert "supported" not in {row["state"] for row in summary["safeguards"]}

    by_itself = audit_hosts([debian13_host])
    assert by_itself.code == 2
    assert "No benchmark fits this host (Debian GNU/Linux 14" in by_itself.said
    assert "Name one with hipaa_cis_benchmark" in by_itself.said
    assert by_itself.record(debian13_host.name)["status"] == "not_assessed"

    named = audit_hosts([debian13_host], hipaa_cis_benchmark=[ITS_VERSION])
    assert named.code == 0, named.said
    assert "was named for it and may judge it wrongly" in " ".join(named.record(debian13_host.name)["warnings"])
    seen = named.findings(debian13_host.name)
    assert not unexpected(debian13_host, seen, EXPECTED | ON_DEBIAN_13)
    # What pam_umask leaves there to a command by ssh, a user's group being his own.
    assert debian13_host.run(["su", "-", "plain", "-c", "umask"]).stdout.strip() == "0002"
    assert "0002" in str(seen["default_umask"]["checks"])


@pytest.mark.long
def test_every_verdict_on_a_debian_13_server(debian13_server, audit_hosts):
    audit = audit_hosts([debian13_server])
    expected = asked_of_debian_13() | ON_A_SERVER
    seen = audit.findings(debian13_server.name)
    assert not unexpected(debian13_server, seen, expected)
