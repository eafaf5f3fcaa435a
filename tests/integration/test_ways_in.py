"""Who gets in on a booted host is not shut out by a run, and is where the site says so; PAM and crypt(3) have the last word."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import algorithm_of, passwords
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.password_ages import OPEN, state
from tests.integration.remediating import playbook, playbook_command, remediation_of, results

__all__ = ["playbook", "playbook_command", "remediation_of", "results"]

pytestmark = pytest.mark.hosts

RULES = ["password_maximum_age", "system_accounts_without_shell", "accounts_without_shell_locked", "su_restricted",
         "ssh_access_limited", "ssh_public_host_keys_permissions"]  # fmt: skip
ALLOWED = {
    "hipaa_cis_include": {"rules": RULES},
    "hipaa_cis_level": 2,
    "hipaa_cis_allow_disruption": ["all"],
    "hipaa_cis_parameters": {"ssh_allow_groups": "sudo"},
}
# What a rule would shut out, each by another way.
SHUT_OUT = {
    "password_maximum_age": ["old (", "a key over SSH"],
    "system_accounts_without_shell": ["git (a key over SSH"],
    "accounts_without_shell_locked": ["upload (a password over SSH)", "fish (a password at the console"],
    "su_restricted": ["fish (su)"],
    "ssh_access_limited": ["git (", "plain ("],
    "ssh_public_host_keys_permissions": ["/etc/ssh/keys/old is no host key of this sshd"],
}
SFTP = "AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u\nMatch User upload\n  ForceCommand internal-sftp\n"
PLANT = """
set -e
useradd -m -s /usr/sbin/nologin upload; useradd -m -s /opt/fish fish; useradd -r -m -d /srv/git -s /bin/bash git; useradd -m old
ln -s /bin/bash /opt/fish
printf '%s\\n' upload:Secret-1 fish:Secret-2 old:Secret-3 root:Secret-4 | chpasswd
usermod --lock old; chage --lastday 2020-01-01 old
install -d -o git -m 700 /srv/git/.ssh; install -o git -m 600 /root/.ssh/authorized_keys /srv/git/.ssh/authorized_keys
install -d /etc/ssh/keys; install -o old -m 600 /root/.ssh/authorized_keys /etc/ssh/keys/old
usermod -aG sudo auditor
systemctl reload ssh
"""


def test_nobody_is_shut_out_unless_the_site_says_so(booted_host, playbook, remediation_of, results):
    host = booted_host
    host.write("/etc/ssh/sshd_config.d/60-site.conf", SFTP, 0o644)
    host.run(["sh", "-c", PLANT])
    shadow, passwd = host.read("/etc/shadow").split("\n"), host.read("/etc/passwd")

    code, said = playbook("remediate", [host], **ALLOWED)

    assert code == 0, said
    told = {item["rule"]: item for item in remediation_of(host)["results"] if item["result"] != "fixed"}
    # Of the ages that of one account is left; of the others nothing would be.
    assert {rule: item["result"] for rule, item in told.items()} == {
        **dict.fromkeys(RULES, "skipped"),
        "password_maximum_age": "still_failing",
    }
    reasons = {rule: item["reason"] for rule, item in told.items()}
    for rule, texts in SHUT_OUT.items():
        assert all(text in reasons[rule] for text in texts), (rule, reasons[rule])
    changed = {line.split(":")[0] for line in set(host.read("/etc/shadow").split("\n")).difference(shadow)}
    assert (changed, host.read("/etc/passwd")) == ({"root", "upload", "fish"}, passwd)
    for name in ("git", "old", "plain"):
        assert host.ssh(["true"], user=name).returncode == 0

    names = ["old", "git", "upload", "fish", "plain", "root"]
    code, said = playbook("remediate", [host], hipaa_cis_close_accounts=names, **ALLOWED)

    assert code == 0, said
    assert {name for name, result in results(host).items() if result != "fixed"} == {"ssh_public_host_keys_permissions"}
    # PAM, sshd and su do what the refusals said.
    for name in ("git", "old", "plain"):
        assert host.ssh(["true"], user=name, check=False).returncode != 0
    assert host.ssh(["true"], user="auditor").returncode == 0


AGES = ["!:{old}:0:30:7:::", "*:{old}:0:30:7:::", "*::0:30:7:::", "*:0:0:99999:7:::", "*:{edge}:0:30:7:::", "*:{over}:0:30:7:::",
        "*:{old}:0:30:7:10::", "*:{next}:0:30:7:::", "*:{day}:0:99999:7::{day}:", "*:{day}:0:99999:7::0:",
        "*:{day}:0:99999:7::{next}:", "*:{old}:0::7:::"]  # fmt: skip


def test_account_step_is_what_pam_makes_of_it(booted_host, tmp_path):
    day = int(time.time() // 86400)
    others = [one for one in booted_host.read("/etc/shadow").split("\n") if one and not one.startswith("plain:")]
    (tmp_path / "etc").mkdir()
    seen = {}
    for line in AGES:
        fields = "plain:" + line.format(day=day, old=day - 999, edge=day - 30, over=day - 31, next=day + 1)
        booted_host.write("/etc/shadow", "\n".join([*others, fields]) + "\n", 0o640)
        (tmp_path / "etc/shadow").write_text(fields + "\n")
        (entry,) = passwords(Host(str(tmp_path), privileged=True))
        let_in = booted_host.run(["su", "plain", "-c", "true"], check=False).returncode == 0
        seen[line] = (state(entry, day) == OPEN, let_in)

    assert {line for line, (mine, theirs) in seen.items() if mine != theirs} == set()
    assert {theirs for _mine, theirs in seen.values()} == {True, False}


MARKS = ["NP", "*LK*", "locked", "*" * 13, "x", "!!", "*", "abc", "_abc", "$", "$6", "$6$"]
HASHES = """
import crypt, json, sys
marks = json.loads(sys.argv[1])
def match(mark):
    try:
        return crypt.crypt("", mark) == mark or crypt.crypt("x", mark) == mark
    except OSError:
        return False
salts = ["ab", "_J9..rasm", *(crypt.mksalt(one) for one in crypt.methods), "$y$j9T$abcdefgh$", "$7$CU..../....abcdefgh$", "$sha1$40$abcdefgh$"]
print(json.dumps([[one for one in marks if match(one)], [crypt.crypt("x", salt) for salt in salts]]))
"""


def test_what_crypt_makes_is_a_password_and_nothing_else(booted_host):
    said = booted_host.run(["python3", "-W", "ignore", "-c", HASHES, json.dumps(MARKS)]).stdout

    matching, hashes = json.loads(said)

    assert matching == []
    assert [mark for mark in MARKS if algorithm_of(mark)] == []
    made = [one for one in hashes if one and not one.startswith("*")]
    assert len(made) >= 7
    assert all(algorithm_of(one) not in ("", "unknown") for one in made), made
