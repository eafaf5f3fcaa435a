"""Debian 13 refuses a controller for reasons that Ansible does not tell: a server of OpenSSH 10, and sudo-rs in the place of sudo."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.integration.test_programs_agree import CODE, carry_code, of_gnutls

pytestmark = pytest.mark.hosts
INSTALL = "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends install sudo-rs libgnutls30t64"
# A connection that is kept needs no login.
ANEW = {"ansible_ssh_args": "-o ControlMaster=no -o ControlPath=none", "ansible_ssh_timeout": 2}
PASSWORD = {"ansible_become_password": "agree"}
ONE_RULE = {"hipaa_cis_include": {"rules": ["dot_files_private"]}}
RULE = "echo plain:agree | chpasswd; echo 'plain ALL=(ALL:ALL) ALL' > /etc/sudoers.d/plain"
IN_PLACE = "ln -s /usr/lib/cargo/bin/sudo /usr/local/bin/sudo; sudo -V"


@pytest.fixture(scope="module")
def refusing_host(debian13_lender):
    with debian13_lender.lend(1) as (host,):
        host.run(["sh", "-c", INSTALL], timeout=300)
        yield host


def test_reader_of_gnutls_says_what_its_next_version_allows(refusing_host):
    carry_code(refusing_host)
    refusing_host.write(f"{CODE}/agree.py", Path(__file__).with_name("agree_on_host.py").read_text(encoding="utf-8"))
    refusing_host.write(f"{CODE}/given.json", json.dumps({"gnutls": of_gnutls()}))

    seen = json.loads(refusing_host.run(["python3", f"{CODE}/agree.py", CODE, f"{CODE}/given.json"]).stdout)["gnutls"]

    assert len(seen) > 20
    assert {name: pair for name, pair in seen.items() if pair[0] != pair[1] and pair[1] != "error"} == {}


def test_sudo_rs_never_takes_a_password_from_ansible(refusing_host, audit_hosts):
    """With the other sudo, named by its path, all is as before."""

    def audit(**more):
        return audit_hosts([refusing_host], user="plain", own={refusing_host: {**ANEW, **more}}, **ONE_RULE)

    assert "sudo-rs" in refusing_host.run(["sh", "-c", IN_PLACE]).stderr
    assert "the user may not become root by sudo" in audit().said
    refusing_host.run(["sh", "-c", RULE])

    assert "becoming root needs a password, and sudo-rs puts the prompt" in audit().said
    assert "becoming root never came to its prompt. sudo-rs puts the prompt" in audit(**PASSWORD).said
    assert audit(**PASSWORD, ansible_become_exe="/usr/bin/sudo").code == 0


# The last one: the penalty holds for minutes.
def test_openssh_refuses_who_did_not_log_in_too_often(refusing_host, audit_hosts):
    """As by monitoring that looks whether the port answers; what is said of it names the number and the way out."""
    assert _knocks(refusing_host) in range(12, 20)

    audit = audit_hosts([refusing_host], own={refusing_host: ANEW})

    assert audit.code == 4
    assert "connected some 15 times without a login (PerSourcePenalties" in audit.said
    assert "penalty" in refusing_host.run(["journalctl", "--unit=ssh", "--no-pager"]).stdout


def _knocks(host, most=60):
    """Connect without a login until the server refuses that; return how often it did not."""
    for count in range(most):
        with socket.create_connection((host.address, host.port), timeout=5) as connection:
            if connection.recv(4) != b"SSH-":
                return count
    return most
