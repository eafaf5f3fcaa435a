"""Firewalls switched on and off on booted hosts: SSH stays, no host is opened, the second run does nothing, and the way back."""

from __future__ import annotations

import re

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests.integration.remediating import changes, playbook, playbook_command, remediation_of, results

__all__ = ["playbook", "playbook_command", "remediation_of", "results"]

pytestmark = pytest.mark.hosts

FILTER = """\
#!/usr/sbin/nft -f
flush ruleset
table inet site {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state established,related accept
        tcp dport { 80, %s } accept
    }
}
"""
# What ufw allows out is what lets it refuse the rest. Without --force it would ask whether SSH may be cut off.
UFW = """\
set -eu
ufw allow 22/tcp
ufw allow out 53
"""
RECORDS = ("/var/log/*", "/home/auditor/.sudo_as_admin_successful", "/run/ufw.lock", "/var/lib/systemd/*",
           "/var/lib/dpkg", "/var/lib/dpkg/*", "/var/lib/apt", "/var/lib/apt/*", "/var/cache/*")  # fmt: skip


@pytest.fixture
def given():
    rules = sorted(rule.id for rule in load_catalog().rules.values() if rule.topic == "Host firewall")
    return {
        "hipaa_cis_include": {"rules": rules},
        "hipaa_cis_level": 2,
        "hipaa_cis_confirm_timeout": 30,
        "hipaa_cis_allow_disruption": ["service_reload", "network"],
    }


@pytest.fixture
def ufw_host(booted_host):
    """A host with ufw as Debian installs it: its unit starts at boot, itself it is switched off."""
    install = ["apt-get", "-qq", "install", "--no-install-recommends", "ufw"]
    booted_host.run(["apt-get", "-qq", "update"], timeout=120)
    booted_host.run(["env", "DEBIAN_FRONTEND=noninteractive", *install], timeout=180)
    return booted_host


@pytest.fixture
def there_and_back(playbook, results, remediation_of, given):
    """A function that remediates, does so again, and goes back; `look` is called in between. Gives rule -> result."""

    def go(host, look):
        before, rules = host.snapshot(), loaded(host)
        code, said = playbook("remediate", [host], **given)
        assert code == 0, said
        first = remediation_of(host)
        made = {item["rule"]: item["result"] for item in first["results"] if item["result"] != "not_applicable"}
        assert host.ssh(["true"], user="auditor", check=False).returncode == 0
        look()

        code, said = playbook("remediate", [host], **given)
        assert code == 0, said
        assert not remediation_of(host)["steps"]
        assert "fixed" not in results(host).values()

        code, said = playbook("rollback", [host], hipaa_cis_run_id=first["run_id"])
        assert code == 0, said
        assert host.ssh(["true"], user="auditor", check=False).returncode == 0
        assert not changes(before, host, RECORDS)
        assert refusals(loaded(host)) == refusals(rules)
        return made

    return go


def loaded(host):
    return host.run(["nft", "--stateless", "list", "ruleset"]).stdout


def refusals(rules):
    """Return the lines of a rule set that refuse anything."""
    return sorted(line.strip() for line in rules.splitlines() if re.search(r"\b(drop|reject)(;|\Z| with)", line))


def state(host, unit):
    """Return whether a unit is started at boot, and whether it runs."""
    shown = [host.run(["systemctl", verb, unit], check=False).stdout.strip() for verb in ("is-enabled", "is-active")]
    return tuple(shown)


def test_ufw(ufw_host, there_and_back):
    ufw_host.run(["sh", "-c", UFW])
    ufw_host.run(["sed", "-i", "s/^DEFAULT_INPUT_POLICY=.*/DEFAULT_INPUT_POLICY=ACCEPT/", "/etc/default/ufw"])

    def look():
        said = ufw_host.run(["ufw", "status", "verbose"]).stdout
        assert "Status: active" in said
        assert "deny (incoming), deny (outgoing), deny (routed)" in said
        assert state(ufw_host, "ufw.service") == ("enabled", "active")
        assert "policy drop" in loaded(ufw_host)

    assert there_and_back(ufw_host, look) == {
        "firewall_single_tool": "fixed", "firewall_ufw_installed": "already_right",
        "firewall_ufw_without_iptables_persistent": "already_right", "firewall_ufw_running": "fixed",
        "firewall_ufw_loopback": "fixed", "firewall_ufw_outbound": "skipped", "firewall_ufw_default_refuse": "fixed",
        "firewall_ufw_ports": "fixed",
    }  # fmt: skip


def test_nftables(booted_host, there_and_back):
    booted_host.write("/etc/nftables.conf", FILTER % "22", 0o755)

    def look():
        assert state(booted_host, "nftables.service") == ("enabled", "active")
        assert "policy drop" in loaded(booted_host)

    made = there_and_back(booted_host, look)
    assert {rule for rule, result in made.items() if result == "fixed"} == {
        "firewall_single_tool", "firewall_nftables_running", "firewall_nftables_without_ufw", "firewall_nftables_tables",
    }  # fmt: skip
    assert set(made.values()) == {"fixed", "already_right", "skipped"}


def test_ufw_that_filters_beside_nftables_that_does_not(ufw_host, there_and_back):
    """Whoever stops nftables flushes the rules of ufw too; they have to be there afterwards."""
    ufw_host.run(["systemctl", "enable", "--quiet", "--now", "nftables.service"])
    ufw_host.run(["sh", "-c", UFW + "ufw --force enable"])
    ufw_host.run(["systemctl", "start", "ufw.service"])

    def look():
        assert state(ufw_host, "nftables.service") == ("masked", "inactive")
        assert state(ufw_host, "ufw.service") == ("enabled", "active")
        assert "policy drop" in loaded(ufw_host)
        assert "Status: active" in ufw_host.run(["ufw", "status"]).stdout

    made = there_and_back(ufw_host, look)
    assert made["firewall_single_tool"] == "fixed"
    # It filters now; after a boot nftables.service might have flushed its rules.
    assert made["firewall_ufw_running"] == "fixed"


def test_nftables_that_filters_beside_ufw_that_does_not(ufw_host, there_and_back):
    ufw_host.write("/etc/nftables.conf", FILTER % "22", 0o755)
    ufw_host.run(["systemctl", "enable", "--quiet", "--now", "nftables.service"])

    def look():
        assert state(ufw_host, "nftables.service") == ("enabled", "active")
        assert refusals(loaded(ufw_host)) == ["type filter hook input priority filter; policy drop;"]

    made = there_and_back(ufw_host, look)
    assert made["firewall_single_tool"] == "fixed"


def test_two_firewalls_that_both_filter(ufw_host, there_and_back):
    ufw_host.write("/etc/nftables.conf", FILTER % "22", 0o755)
    ufw_host.run(["systemctl", "enable", "--quiet", "--now", "nftables.service"])
    ufw_host.run(["sh", "-c", UFW + "ufw --force enable"])
    ufw_host.run(["systemctl", "start", "ufw.service"])

    def look():
        assert state(ufw_host, "nftables.service") == ("masked", "inactive")
        assert state(ufw_host, "ufw.service") == ("enabled", "active")
        assert "policy drop" in loaded(ufw_host)

    made = there_and_back(ufw_host, look)
    assert made["firewall_single_tool"] == "fixed"


@pytest.mark.parametrize("policy", ["DROP", "ACCEPT"])
def test_ufw_that_would_lock_out_is_not_switched_on(ufw_host, playbook, results, remediation_of, given, policy):
    """Each of its changes alone would be harmless where it still accepts by default."""
    ufw_host.run(["sh", "-c", "ufw allow 80/tcp; ufw allow in on lo"])
    ufw_host.run(["sed", "-i", f"s/^DEFAULT_INPUT_POLICY=.*/DEFAULT_INPUT_POLICY={policy}/", "/etc/default/ufw"])

    code, said = playbook("remediate", [ufw_host], **given)

    assert code == 0, said
    assert {results(ufw_host)[name] for name in ("firewall_single_tool", "firewall_ufw_running")} == {"skipped"}
    reasons = {item["rule"]: item.get("reason", "") for item in remediation_of(ufw_host)["results"]}
    assert "nothing allows the SSH port 22; allow it first: ufw allow 22/tcp" in reasons["firewall_ufw_running"]
    assert "ENABLED=no" in ufw_host.read("/etc/ufw/ufw.conf")
    assert "policy drop" not in loaded(ufw_host)
    assert state(ufw_host, "nftables.service") == ("disabled", "inactive")


def test_nftables_that_would_lock_out_is_not_switched_on_and_nothing_off_for_it(
    ufw_host, playbook, results, remediation_of, given
):
    ufw_host.run(["systemctl", "disable", "--quiet", "--now", "ufw.service"])
    ufw_host.write("/etc/nftables.conf", FILTER % "443", 0o755)

    code, said = playbook("remediate", [ufw_host], **given)

    assert code == 0, said
    reasons = {item["rule"]: item.get("reason", "") for item in remediation_of(ufw_host)["results"]}
    assert results(ufw_host)["firewall_nftables_running"] == "skipped"
    assert "nothing allows the SSH port 22" in reasons["firewall_nftables_running"]
    assert "nothing allows the SSH port 22" in reasons["firewall_single_tool"]
    assert state(ufw_host, "nftables.service") == ("disabled", "inactive")
    assert "policy drop" not in loaded(ufw_host)
