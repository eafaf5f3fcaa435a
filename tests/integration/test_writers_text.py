"""What is written as text, on a booted server: settings of programs, lines of files, and the PAM stack.

A PAM stack that is wrong locks everybody out, so it is tried with each program that asks it.
"""

from __future__ import annotations

import time

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
    "rsyslog_file_mode", "rsyslog_receiver_off", "audit_log_size", "audit_logs_kept", "audit_disk_full",
    "audit_space_warning", "core_dumps_limited", "password_hash_for_new_passwords",
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
sed -i 's/^max_log_file = .*/max_log_file = 1/' /etc/audit/auditd.conf
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


@pytest.mark.parametrize("rules", [PAM, TEXT], ids=["pam", "text"])
def test_wrong_is_put_right_and_taken_back(server_host, playbook, results, remediation_of, rules):
    server_host.run(["sh", "-c", WRONG])
    before = server_host.snapshot()
    include = {"hipaa_cis_include": {"rules": rules}, **EVERYTHING}

    code, said = playbook("remediate", [server_host], **include)
    assert code == 0, said
    record = remediation_of(server_host)
    odd = {item["rule"]: item for item in record["results"] if item["result"] != "fixed"}
    assert {name for name, item in odd.items() if item["result"] == "already_right"} == RIGHT & set(rules), odd
    assert odd.keys() <= RIGHT, odd

    playbook("remediate", [server_host], **include)
    assert not remediation_of(server_host)["steps"]
    assert set(results(server_host).values()) == {"already_right"}
    for unit in ("rsyslog", "systemd-journald", "ssh"):
        assert server_host.run(["systemctl", "is-active", unit]).stdout == "active\n"

    code, said = playbook("rollback", [server_host], hipaa_cis_run_id=record["run_id"])
    assert code == 0, said
    assert not changes(before, server_host, WORK)
