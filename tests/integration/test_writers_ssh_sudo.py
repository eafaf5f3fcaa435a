"""SSH, sudo and su on a booted host: what is wrong is fixed, by the programs' own word; twice is once; and the way back."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests.integration.remediating import changes, journals, playbook, playbook_command, remediation_of, results

__all__ = ["playbook", "playbook_command", "remediation_of", "results"]

pytestmark = pytest.mark.hosts

TOPICS = ("SSH server, access", "SSH server, sessions and encryption", "SSH server, files", "sudo and su")
# For a person: the connecting account has no password, the package is there already, nothing lifts authentication. There is no doas
# and no directory.
NOT_HERE = {
    "sudo_password_required",
    "sudo_installed",
    "sudo_authenticate_on",
    "doas_password_required",
    "directory_access_chosen",
    "directory_cached_logins_end",
}
# Debian's sudo leaves this with members of the group sudo, whatever they run; groupadd makes the lock.
TRACES = ("/home/auditor/.sudo_as_admin_successful", "/etc/.pwd.lock", "/var/log/*")
WRONG_SSHD = """\
LoginGraceTime 5m
MaxAuthTries 9
MaxSessions 50
MaxStartups 20:50:100
LogLevel QUIET
Ciphers +aes128-cbc
KexAlgorithms +diffie-hellman-group14-sha1
MACs +hmac-md5
HostbasedAuthentication yes
IgnoreRhosts no
PermitEmptyPasswords yes
PermitUserEnvironment yes
GSSAPIAuthentication yes
ClientAliveInterval 0
DisableForwarding no
UsePAM no
PermitRootLogin yes
Match User bob
  MaxAuthTries 20
  PermitRootLogin yes
"""
RIGHT_SSHD = {
    "permitrootlogin no", "maxauthtries 4", "logingracetime 60", "usepam yes", "disableforwarding yes",
    "loglevel VERBOSE", "maxstartups 10:30:60", "clientaliveinterval 300", "allowgroups sudo", "banner /etc/issue.net",
}  # fmt: skip


def plant(host):
    host.write("/etc/ssh/sshd_config.d/50-site.conf", WRONG_SSHD, 0o644)
    host.write("/etc/sudoers.d/50-site", "Defaults !use_pty\nDefaults timestamp_timeout=60, !logfile, insults\n", 0o440)
    host.run(["chmod", "644", "/etc/ssh/sshd_config"])
    host.run(["chmod", "644", "/etc/ssh/ssh_host_rsa_key"])
    host.run(["chmod", "666", "/etc/ssh/ssh_host_ed25519_key.pub"])
    # The account that connects is let in by the group that the site names.
    host.run(["usermod", "-aG", "sudo", "auditor"])
    host.run(["systemctl", "reload", "ssh"])


def effective(host, name):
    """Return what sshd says of an option."""
    lines = host.run(["sshd", "-T"]).stdout.splitlines()
    return next(line.split(" ", 1)[1] for line in lines if line.startswith(f"{name} "))


@pytest.fixture
def given():
    rules = {rule.id for rule in load_catalog().rules.values() if rule.topic in TOPICS}
    return {
        "hipaa_cis_include": {"rules": sorted(rules - NOT_HERE)},
        "hipaa_cis_level": 2,
        "hipaa_cis_confirm_timeout": 30,
        "hipaa_cis_allow_disruption": ["service_reload", "login", "sessions"],
        "hipaa_cis_parameters": {"ssh_allow_groups": "sudo"},
        # It comes in by a key, and is in none of these groups.
        "hipaa_cis_close_accounts": ["plain"],
    }


def test_wrong_host_is_fixed_and_brought_back(booted_host, playbook, results, given):
    plant(booted_host)
    before = booted_host.snapshot()

    code, said = playbook("remediate", [booted_host], **given)

    assert code == 0, said
    assert set(results(booted_host).values()) == {"fixed"}, results(booted_host)
    seen = set(booted_host.run(["sshd", "-T", "-C", "user=bob,host=h,addr=10.0.0.1"]).stdout.splitlines())
    assert seen >= RIGHT_SSHD
    assert booted_host.ssh(["true"], user="root", check=False).returncode != 0
    assert booted_host.ssh(["sudo", "true"], user="auditor").returncode == 0
    assert "use_pty" in booted_host.run(["sudo", "-l", "-U", "auditor"]).stdout
    assert "Defaults insults" in booted_host.read("/etc/sudoers.d/50-site")
    booted_host.run(["visudo", "-c"])
    # root may use su as before, another is not in the group.
    booted_host.run(["su", "plain", "-s", "/bin/sh", "-c", "true"])
    assert booted_host.ssh(["sh", "-c", "echo x | su -c true"], user="auditor", check=False).returncode != 0

    _code, said = playbook("remediate", [booted_host], **given)
    assert set(results(booted_host).values()) == {"already_right"}, said

    code, said = playbook("rollback", [booted_host], hipaa_cis_run_id=journals(booted_host)[0])
    assert code == 0, said
    assert changes(before, booted_host, ignore=TRACES) == []
    assert "permitrootlogin yes" in booted_host.run(["sshd", "-T"]).stdout


# What the SCAP Security Guide for Debian 12 takes, in its order and ours.
KEY_EXCHANGES = (
    "sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,"
    "ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,"
    "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256"
)
KEX = {"hipaa_cis_include": {"rules": ["ssh_key_exchange"]}, "hipaa_cis_confirm_timeout": 30}


def test_key_exchanges_that_sshd_chose_are_written_out_and_left_to_it_again(
    booted_host, playbook, results, remediation_of
):
    by_default = effective(booted_host, "kexalgorithms")
    before = booted_host.snapshot()

    code, said = playbook("remediate", [booted_host], **KEX)
    assert code == 0, said
    record = remediation_of(booted_host)
    assert results(booted_host) == {"ssh_key_exchange": "already_right"}
    assert effective(booted_host, "kexalgorithms") == KEY_EXCHANGES
    assert set(KEY_EXCHANGES.split(",")) <= set(by_default.split(","))
    for path in ("sshd_config", "sshd_config.d/00-hipaa-cis.conf"):
        assert f"\nKexAlgorithms {KEY_EXCHANGES}\n" in booted_host.read(f"/etc/ssh/{path}")
    assert booted_host.ssh(["true"], user="auditor").returncode == 0

    playbook("remediate", [booted_host], **KEX)
    assert not remediation_of(booted_host)["steps"]

    code, said = playbook("rollback", [booted_host], hipaa_cis_run_id=record["run_id"])
    assert code == 0, said
    assert changes(before, booted_host, ignore=TRACES) == []
    assert effective(booted_host, "kexalgorithms") == by_default


def test_key_exchanges_that_the_site_chose_are_left(booted_host, playbook, results):
    booted_host.write("/etc/ssh/sshd_config.d/50-site.conf", "KexAlgorithms curve25519-sha256\n", 0o644)
    before = booted_host.snapshot()

    code, said = playbook("remediate", [booted_host], **KEX)

    assert code == 0, said
    assert results(booted_host) == {"ssh_key_exchange": "already_right"}
    assert changes(before, booted_host, ignore=TRACES) == []


def test_check_mode_changes_nothing(booted_host, playbook, results, given):
    plant(booted_host)
    before = booted_host.snapshot()

    code, said = playbook("remediate", [booted_host], "--check", "--diff", **given)

    assert code == 0, said
    assert set(results(booted_host).values()) == {"would_fix"}, results(booted_host)
    assert "+PermitRootLogin no" in said
    assert changes(before, booted_host, ignore=TRACES) == []
