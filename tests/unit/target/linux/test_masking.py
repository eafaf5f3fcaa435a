# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be a secret is masked wherever it stands, and what only looks like one stays."""

import json

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.masking import (
    MASK,
    hidden,
    is_secret_name,
    mask_all,
    masked,
)

M = "sEcReT9marker"
LINES = [
    f"deb https://user:{M}@mirror.example.org/debian bookworm main",
    f"deb [signed-by=/k.gpg] https://{M}@mirror.example.org/debian bookworm main",
    f"https://user:p@{M}@h/x",
    f"https://user:a/{M}@h/x",
    f"see https://user:{M}",
    f"//guest:{M}@nas/share /mnt cifs ro 0 0",
    f"//nas/share /mnt cifs username=u,password={M},ro 0 0",
    f"//nas/share /mnt cifs username=u,pass={M} 0 0",
    f'Acquire::http::Proxy "http://proxy:{M}@10.0.0.1:3128/";',
    f"http_proxy=http://proxy:{M}@10.0.0.1:3128/",
    f"export PGPASSWORD='{M} with blanks'",
    f'*.* action(type="omelasticsearch" server="h" uid="u" pwd="{M}")',
    f"*.* :ommysql:db.example.org,syslog,writer,{M}",
    f"*.* :ommysql:db.example.org,syslog,writer,{M};template",
    f"URL=https://writer:{M}@journal.example.org:19532",
    f"GRUB_CMDLINE_LINUX='root=/dev/sda1 nfsroot_password={M}'",
    f"password root {M}",
    f"password_pbkdf2 root grub.pbkdf2.sha512.10000.{'AB01' * 8}",
    f"*/5 * * * * root curl -u backup:{M} https://h/x",
    f"*/5 * * * * root curl -s --user 'backup:{M}' https://h/x",
    f"0 1 * * * root mysqldump -u root -p{M} --all-databases",
    f"0 1 * * * root sshpass -p {M} scp a b:",
    f"0 1 * * * root restic --password {M} backup",
    f"0 1 * * * root x --api-key={M}",
    f"0 1 * * * root openssl rsa -passin pass:{M} -in k",
    f"0 1 * * * root wget --header 'Authorization: Basic {M}' https://h",
    f"0 1 * * * root curl -H 'Authorization: Bearer {M}' https://h",
    f"0 1 * * * root curl 'https://h/x?id=1&access_token={M}&a=b'",
    f"0 1 * * * root curl 'https://h/x?sv=1&sig={M}'",
    f"ops ALL=(root) NOPASSWD: /usr/bin/tool --token {M}",
    f'Defaults env_set += "DB_PASSWORD={M}"',
    f"API_TOKEN={M}",
    f"api_key: {M}",
    f'"client_secret": "{M}",',
    f"bindpw {M}",
    f"ldap_default_authtok = {M}",
    f"rocommunity {M} 10.0.0.0/8",
    f"createUser audit SHA {M} AES",
    f"machine h login u password {M}",
    f"+bindpw {M}",
    f"-  password user {M}",
    f"root:$6$salt${M}/.:19000:0:99999:7:::",
    f"$y$j9T$salt${M}",
    f"app:$2b$12${M}",
    f"userPassword: {{SSHA}}{M}",
    f"joe:{M}:19000:0:99999:7:::",
    f"-----BEGIN OPENSSH PRIVATE KEY-----\n{M}\n-----END OPENSSH PRIVATE KEY-----",
    f"-----BEGIN PRIVATE KEY-----\n{M} cut",
    f"ghp_0123456789{M}",
    f"https://hooks.chat.example/services/T0/B0/{M}",
    f"eyJhbGciOi{M}.eyJzdWIi{M}.x{M}",
    f"AWS_SECRET_ACCESS_KEY=/{M}",
]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("around", ["%s", "one\n%s\nthree", "`install x` failed: E: %s"])
def test_secret_is_masked_and_it_is_said(line, around):
    if around.endswith("E: %s") and line.startswith(
        ("+", "-", "password ", "bindpw", "rocommunity", "createUser", "joe")
    ):
        around = "%s"  # directives without a sign are known at the start of a line
    shown = masked(around % line)

    assert M not in shown
    assert "AB01AB01" not in shown
    assert MASK in shown
    assert masked(shown) == shown


def test_what_is_no_secret_of_the_line_stays():
    assert masked(LINES[0]) == "deb https://(masked)@mirror.example.org/debian bookworm main"
    assert masked("root:$6$salt$abcdefghi:19000:0:99999:7:::") == "root:$6$(masked):19000:0:99999:7:::"
    assert masked("a password='x y' b") == "a password='(masked)' b"
    assert masked("-----BEGIN RSA PRIVATE KEY-----\nAAA\n-----END RSA PRIVATE KEY-----") == (
        "-----BEGIN RSA PRIVATE KEY-----(masked)-----END RSA PRIVATE KEY-----"
    )


@pytest.mark.parametrize(
    "text",
    [
        "password requisite pam_pwquality.so retry=3",
        "password\t[success=1 default=ignore]\tpam_unix.so obscure use_authtok try_first_pass yescrypt",
        "password include common-password",
        "auth required pam_faillock.so preauth",
        "PASS_MAX_DAYS 365",
        "PasswordAuthentication no",
        "PermitRootLogin prohibit-password",
        "passwd: files systemd",
        "shadow: files",
        "Defaults passwd_timeout=1",
        "Defaults rootpw",
        "%ops ALL=(ALL) NOPASSWD: ALL",
        "HostKey /etc/ssh/ssh_host_ed25519_key",
        "deb http://deb.debian.org/debian bookworm main",
        "http://h:8080/a@b",
        "-a always,exit -F arch=b64 -S adjtimex -k time-change",
        "-w /etc/passwd -p wa -k identity",
        "use_pty",
        "root:x:0:0:root:/root:/bin/bash",
        "root:*:19000:0:99999:7:::",
        "daemon:!:19000::::::",
        "sudo:$1",
        "the password of alice is older than 365 days",
        "PermitEmptyPasswords=no",
        "enforce_for_root token=yes",
        "postgres://db/x",
        "umask 027",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKey root@host",
        "KexAlgorithms curve25519-sha256@libssh.org,ecdh-sha2-nistp256",
        "/home/alice/.ssh/authorized_keys mode=0644",
        "remote_host=::1",
    ],
)
def test_what_is_no_secret_stays(text):
    assert masked(text) == text


def test_document_is_masked_in_every_corner_but_not_its_keys_and_what_was_asked():
    asked = 'sysctl {"name": "secret"} = api_key=x'
    document = {"token=a": [{"line": f"token={M}", "n": 1, "none": None, "yes": True}], "changes": [asked]}

    shown = mask_all(document, {asked})

    assert M not in json.dumps(shown)
    assert shown == {"token=a": [{"line": "token=(masked)", "n": 1, "none": None, "yes": True}], "changes": [asked]}


@pytest.mark.parametrize(
    ("name", "secret"),
    [("bindpw", True), ("API_TOKEN", True), ("ldap_default_authtok", True), ("smtp_password", True), ("use_authtok", False),
     ("PASS_MAX_DAYS", False), ("PasswordAuthentication", False), ("ENCRYPT_METHOD", False)],
)  # fmt: skip
def test_setting_is_known_to_be_a_secret_by_its_name(name, secret):
    assert is_secret_name(name) is secret


def test_secret_setting_is_hidden_whatever_it_looks_like():
    assert hidden({"value": "plain", "all": ["a", 7], "set": True, "empty": ""}) == {
        "value": MASK, "all": [MASK, MASK], "set": True, "empty": "",
    }  # fmt: skip
