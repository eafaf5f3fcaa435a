"""What is written as text, on a booted server: settings of programs, lines of files, and the PAM stack.

A PAM stack that is wrong locks everybody out, so it is tried with each program that asks it.
"""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.integration.remediating import changes, playbook, playbook_command, remediation_of, results

__all__ = ["playbook", "playbook_command", "remediation_of", "results"]

pytestmark = pytest.mark.hosts

PAM = [
    "pam_unix_enabled", "pam_faillock_enabled", "pam_pwquality_enabled", "pam_pwhistory_enabled",
    "faillock_deny", "faillock_unlock_time", "faillock_root",
    "password_history", "password_history_for_root", "password_history_uses_token",
    "pam_unix_no_nullok", "pam_unix_no_remember", "pam_unix_strong_hash", "pam_unix_uses_token",
    "password_difok", "password_minimum_length", "password_complexity", "password_max_repeat", "password_max_sequence",
    "password_dictionary_check", "password_quality_enforced", "password_quality_for_root",
]  # fmt: skip
TEXT = [
    "nologin_is_no_shell", "shell_timeout", "default_umask", "motd_without_system_facts", "issue_notice",
    "issue_net_notice", "journal_forwarded_to_rsyslog", "journal_compressed", "journal_persistent",
    "rsyslog_file_mode", "rsyslog_receiver_off", "core_dumps_limited", "password_hash_for_new_passwords",
]  # fmt: skip
# Debian has these right, and breaking them by hand would keep pam-auth-update from the files.
RIGHT = {"pam_unix_enabled", "pam_pwquality_enabled"}
WRONG = r"""
set -eu
sed -i 's/pam_pwquality.so retry=3/& minlen=4 difok=0 maxrepeat=9 maxsequence=9 dictcheck=0 enforcing=0 ucredit=1/
        s/pam_unix.so obscure use_authtok try_first_pass yescrypt/pam_unix.so obscure try_first_pass md5 remember=2/' \
    /etc/pam.d/common-password
printf 'minlen = 4\ndifok = 0\nmaxrepeat = 0\nmaxsequence = 0\ndictcheck = 0\nenforcing = 0\nucredit = 2\n' \
    >> /etc/security/pwquality.conf
mkdir -p /etc/security/pwquality.conf.d && echo 'minclass = 1' > /etc/security/pwquality.conf.d/50.conf
printf 'deny = 99\nunlock_time = 1\nroot_unlock_time = 1\n' >> /etc/security/faillock.conf
echo /usr/sbin/nologin >> /etc/shells
printf 'export TMOUT=9000\nif true; then\n    umask 022\nfi\n' > /etc/profile.d/wrong.sh
printf 'umask 022\nunset TMOUT\n' >> /etc/bash.bashrc
printf '\\S \\r \\m\n' | tee /etc/issue > /etc/issue.net
mkdir -p /etc/systemd/journald.conf.d
printf '[Journal]\nCompress=no\nStorage=volatile\nForwardToSyslog=no\n' > /etc/systemd/journald.conf.d/wrong.conf
sed -i 's/^$FileCreateMode.*/$FileCreateMode 0666/' /etc/rsyslog.conf
printf 'module(load="imudp")\ninput(type="imudp" port="514")\n' > /etc/rsyslog.d/wrong.conf
printf '* hard core 100\n* - core unlimited\n' > /etc/security/limits.d/wrong.conf
sed -i 's/^ENCRYPT_METHOD.*/ENCRYPT_METHOD MD5/; s/^UMASK.*/UMASK 022/' /etc/login.defs
systemctl restart rsyslog systemd-journald
"""
EVERYTHING = {
    "hipaa_cis_level": 2,
    "hipaa_cis_allow_disruption": ["service_reload", "service_restart", "sessions", "login"],
}
# What the services of the host write while they are restarted.
WORK = ("/var/log/*", "/var/lib/logrotate", "/var/lib/logrotate/*", "/var/cache/debconf*",
        "/var/lib/systemd/*", "/var/cache", "/var/cache/*", "/var/spool/rsyslog", "/var/spool/rsyslog/*")  # fmt: skip


@pytest.fixture
def server(server_host):
    """A server with the dictionary without which pam_pwquality turns down every password."""
    install = ["apt-get", "-qq", "install", "--no-install-recommends", "cracklib-runtime"]
    server_host.run(["env", "DEBIAN_FRONTEND=noninteractive", *install], timeout=120)
    return server_host


@pytest.mark.parametrize("rules", [PAM, TEXT], ids=["pam", "text"])
def test_wrong_is_put_right_and_taken_back(server, playbook, results, remediation_of, rules):
    server.run(["sh", "-c", WRONG])
    before = server.snapshot()
    include = {"hipaa_cis_include": {"rules": rules}, **EVERYTHING}

    code, said = playbook("remediate", [server], **include)
    assert code == 0, said
    record = remediation_of(server)
    odd = {item["rule"]: item for item in record["results"] if item["result"] != "fixed"}
    assert {name for name, item in odd.items() if item["result"] == "already_right"} == RIGHT & set(rules), odd
    assert odd.keys() <= RIGHT, odd

    playbook("remediate", [server], **include)
    assert not remediation_of(server)["steps"]
    assert set(results(server).values()) == {"already_right"}
    for unit in ("rsyslog", "systemd-journald", "ssh"):
        assert server.run(["systemctl", "is-active", unit]).stdout == "active\n"

    code, said = playbook("rollback", [server], hipaa_cis_run_id=record["run_id"])
    assert code == 0, said
    assert not changes(before, server, WORK)


OLD, NEW = "Kx7#mplw!qBz4Rt", "Vn2$hdyc&uWs8Jf"
THREE_KINDS = "Vn2XhdycTuWs8Jf"
# Logs in on a terminal of its own, says a command to the shell and prints all that came.
LOGIN = """
import os, pty, select, sys, time
child, terminal = pty.fork()
if not child:
    os.execvp("login", ["login", *sys.argv[2:]])
said = b""
end = time.monotonic() + 10
prompt = b"# " if "root" in sys.argv else b"$ "
for wait, text in ((b"assword:", sys.argv[1]), (prompt, "echo its me-$((40+2))"), (b"me-42", "exit")):
    while (text or prompt != b"# ") and wait not in said and b"ncorrect" not in said and time.monotonic() < end:
        try:
            said += os.read(terminal, 4096) if select.select([terminal], [], [], 0.2)[0] else b""
        except OSError:
            break
    if text and wait in said:
        os.write(terminal, text.encode() + b"\\n")
os.kill(child, 9)
print(said.decode(errors="replace"))
"""


class People:
    """Tries the ways in: each returns whether it worked."""

    def __init__(self, host, tmp_path):
        self.host = host
        self._asked = tmp_path / "ask"
        for name in ("root", "plain"):
            host.run(["sh", "-c", f"echo '{name}:{OLD}' | chpasswd"])
        host.run(["sh", "-c", "echo 'plain ALL=(ALL:ALL) ALL' > /etc/sudoers.d/plain"])
        host.write("/root/login.py", LOGIN)

    def ssh(self, password):
        self._asked.write_text(f"#!/bin/sh\necho '{password}'\n")
        self._asked.chmod(0o700)
        argv = ["ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "PubkeyAuthentication=no",
                "-o", "NumberOfPasswordPrompts=1", f"plain@{self.host.address}", "true"]  # fmt: skip
        asking = {**os.environ, "SSH_ASKPASS": str(self._asked), "SSH_ASKPASS_REQUIRE": "force"}
        done = subprocess.run(
            argv,
            env=asking,
            capture_output=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        return done.returncode == 0

    def key(self, user):
        return self.host.ssh(["true"], user=user, check=False).returncode == 0

    def sudo(self, password):
        return self._as_plain(f"echo '{password}' | sudo -S -k id -u").endswith("0\n")

    def su(self, password):
        return self._as_plain(f"echo '{password}' | su root -c 'id -u'").endswith("0\n")

    def login(self, password, *arguments):
        return "me-42" in self.host.run(["python3", "/root/login.py", password, *arguments], check=False).stdout

    def passwd(self, old, new):
        """Return what passwd says to the account's owner."""
        argv = ["runuser", "-u", "plain", "--", "passwd"]
        done = self.host.run(argv, data=f"{old}\n{new}\n{new}\n", check=False)
        return done.stdout + done.stderr

    def _as_plain(self, command):
        # A login with the key would end a lock: pam_faillock counts anew after every login that is let in.
        return str(self.host.run(["runuser", "-u", "plain", "--", "sh", "-c", command], check=False).stdout)


def test_people_get_in_and_guessers_do_not(server, playbook, results, tmp_path):
    people = People(server, tmp_path)

    def everyone_gets_in(password):
        return {
            "key": people.key("auditor"),
            "ssh": people.ssh(password),
            "sudo": people.sudo(password),
            "su": people.su(OLD),
            "login": people.login(password, "plain"),
        }

    assert set(everyone_gets_in(OLD).values()) == {True}, everyone_gets_in(OLD)
    code, said = playbook("remediate", [server], hipaa_cis_include={"rules": PAM}, **EVERYTHING)
    assert code == 0, said
    assert set(results(server).values()) == {"fixed", "already_right"}

    # All still get in; a package that brings the stack up to date changes nothing of it.
    assert everyone_gets_in(OLD) == dict.fromkeys(("key", "ssh", "sudo", "su", "login"), True)
    stack = server.run(["sh", "-c", "cat /etc/pam.d/common-*"]).stdout
    server.run(["env", "DEBIAN_FRONTEND=noninteractive", "pam-auth-update", "--package"])
    assert server.run(["sh", "-c", "cat /etc/pam.d/common-*"]).stdout == stack

    # New passwords are judged, remembered, and can be changed.
    assert "BAD PASSWORD" in people.passwd(OLD, "short1A")
    assert "less than 1 non-alphanumeric characters" in people.passwd(OLD, THREE_KINDS)
    assert "updated successfully" in people.passwd(OLD, NEW)
    assert "already used" in people.passwd(NEW, OLD)
    assert server.run(["chpasswd"], data=f"plain:{OLD}\n", check=False).returncode != 0
    assert "$y$" in server.run(["grep", "^plain:", "/etc/shadow"]).stdout

    # After four wrong passwords the right one is refused, too; keys and other people are not concerned.
    assert not any(people.ssh("wrong") for _try in range(4))
    assert [people.ssh(NEW), people.sudo(NEW), people.login(NEW, "plain")] == [False, False, False]
    assert [people.key("auditor"), people.su(OLD)] == [True, True]
    server.run(["faillock", "--user", "plain", "--reset"])
    assert [people.ssh(NEW), people.sudo(NEW), people.login(NEW, "plain")] == [True, True, True]

    # root is locked as well; who is at the console without a password, or has the key, stays in.
    assert not any(people.su("wrong") for _try in range(4))
    assert not people.su(OLD)
    assert [people.key("root"), people.login("", "-f", "root")] == [True, True]
    server.run(["faillock", "--user", "root", "--reset"])
    assert people.su(OLD)


def test_stack_that_was_changed_by_hand_is_left(server_host, playbook, remediation_of):
    server_host.run(["sed", "-i", "/pam_unix.so/i auth\trequired\tpam_warn.so", "/etc/pam.d/common-auth"])
    before = server_host.run(["sh", "-c", "cat /etc/pam.d/common-*"]).stdout
    rules = ["pam_faillock_enabled", "pam_pwhistory_enabled"]

    code, said = playbook("remediate", [server_host], hipaa_cis_include={"rules": rules}, **EVERYTHING)

    reasons = {item["rule"]: item["reason"] for item in remediation_of(server_host)["results"]}
    assert all("common-auth:" in reasons[rule] and "pam-auth-update --force" in reasons[rule] for rule in rules), said
    assert server_host.run(["sh", "-c", "cat /etc/pam.d/common-*"]).stdout == before
    assert code == 0, said
