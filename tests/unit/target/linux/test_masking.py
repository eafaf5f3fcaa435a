# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be a secret is masked wherever it stands, and what only looks like one stays."""

import json

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux import masking
from ansible_collections.hipaa.cis.plugins.module_utils.linux.masking import (
    FORMS,
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
    f"bob ALL=(root) /usr/bin/x -r rest\\:http\\://u\\:{M}@h, /bin/x --password\\={M}",
    f"env PGPASSWORD\\={M} psql",
    f"smbclient //h/s -U bob%{M}",
    f"//h/s /m cifs user=a%{M},password2={M} 0 0",
    f"http_proxy=u:{M}@p:1",
    f"netroot=iscsi:bob:{M}@1.2.3.4::3260::x",
    f"TMOUT=9 DBPW={M} KEY={M} AUTH={M}",
    f"quiet rd.luks.key={M} inst.rootpw={M}",
    f"password=no-{M}",
    f'PGPASSWORD="a \\" {M}" psql',
    f'*.* action(type="omrelp" tls.mycertpass="{M}" Authorization="Splunk {M}")',
    f"curl -sSu bob:{M} --cert c.pem:{M} -H 'X-Vault-Token: {M}'",
    f"snmpget -v3 -A {M} -X {M} h",
    f"password {M}",
    f'Acquire::https::repo::Password "{M}";',
]

# The least text in which each form is found, which nothing else in it gives away.
EXAMPLES = {
    "address": f"x://{M}@h",
    "address with a slash": f"x://u:a/{M}@h",
    "address cut off": f"x://u:{M}",
    "share": f"//u:{M}@n",
    "user and host": f"u:{M}@h",
    "query": f"/x?t={M}",
    "user with percent": f"user=u%{M}",
    "secret name": f"pw={M}",
    "any name": f"keys={M}",
    "any name, line": f"auth_data: {M}",
    "quoted": f'Repo::Password "{M}"',
    "spoken": f"Password: a {M}",
    "header": f'httpheadervalue="a {M}"',
    "option": f"--key {M}",
    "authorization": f"Authorization: Splunk {M}",
    "bearer": f"bearer {M}",
    "cookie": f"Cookie: session={M}; a",
    "sshpass": f"sshpass -p{M}",
    "database": f"mysqldump -uroot -p{M}",
    "fetch": f"curl -sSu u:{M}",
    "fetch, cookie": f"curl -b {M}",
    "certificate": f"--cert c.pem:{M}",
    "redis": f"redis-cli -a {M}",
    "directory": f"ldapsearch -w {M}",
    "snmp": f"snmpget -c {M}",
    "snmp, privacy": f"snmpget -X {M}",
    "archive": f"zip -P{M}",
    "program": f"docker login -p {M}",
    "openssl": f"openssl enc -k {M}",
    "source of openssl": f"pass:{M}",
    "echoed": f"echo {M} | sudo -S x",
    "rsyslog": f":omlibdbi:mysql,h,d,u,{M}",
    "directive": f"community {M}",
    "word and value": f"wpa-psk {M}",
    "netrc": f"machine h password {M}",
    "netrc, login": f"login u password {M}",
    "key of a server": f"server h key {M}",
    "secret in braces": f'{{ secret "{M}"; }}',
    "boot loader": f"password root {M}",
    "hash": f"$6${M}",
    "hash of GRUB": f"grub.pbkdf2.sha512.10000.{M}",
    "hash of LDAP": f"{{SSHA}}{M}",
    "shadow": f"u:{M}:1:0:9:7:::",
    "private key": f"-----BEGIN PGP PRIVATE KEY BLOCK-----{M}",
    "key of a cloud": "AKIA0123456789ABCDEF",
    "token": f"glpat-{M}",
    "token of mail": f"SG.{M}.{M}",
    "signed token": f"eyJ{M}.{M}",
    "token of a log service": f"[{M}@41058]",
    "web hook": f"hooks.x.y/services/{M}",
}


def test_each_form_has_its_example():
    assert set(EXAMPLES) == {form.name for form in FORMS}
    assert len(FORMS) == len(EXAMPLES)


@pytest.mark.parametrize("form", FORMS, ids=[form.name for form in FORMS])
def test_form_finds_its_example_alone_by_its_own_hint(form, monkeypatch):
    monkeypatch.setattr(masking, "FORMS", (form,))
    monkeypatch.setattr(masking, "_HINTS", form.hints)
    shown = masked(EXAMPLES[form.name])

    assert MASK in shown
    assert M not in shown
    assert "0123456789ABCDEF" not in shown
    assert all(hint == hint.lower() for hint in form.hints)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_is_masked_by_all_forms_together_and_stays_so(name):
    shown = masked(EXAMPLES[name])

    assert M not in shown
    assert masked(shown) == shown


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
        "PermitRootLogin no",
        "PermitRootLogin=without-password",
        "minlen = 14",
        "password [success=1 default=ignore] pam_unix.so obscure sha512 remember=5",
        "account required pam_faillock.so",
        "auth [default=die] pam_faillock.so authfail deny=5",
        "AuthorizedKeysFile .ssh/authorized_keys .ssh/authorized_keys2",
        "AuthorizedKeysFile=.ssh/authorized_keys",
        "ServerKeyFile=/etc/ssl/private/host.key",
        "HostKey=/etc/ssh/ssh_host_rsa_key",
        "PASS_WARN_AGE=7",
        "HostKeyAlgorithms ssh-ed25519,rsa-sha2-512",
        "PubkeyAcceptedAlgorithms=ssh-ed25519,rsa-sha2-512",
        "AuthenticationMethods publickey,password",
        "auth,authpriv.*;*.info /var/log/auth.log",
        "-w /etc/passwd -p wa -F key=identity",
        "/root/.ssh/authorized_keys: permission denied",
        "/etc/ssh/ssh_host_ed25519_key:12",
        "apt-get --allow-unauthenticated install x",
        "systemctl --no-ask-password restart ssh",
        "command: systemctl show user@1000.service",
        "deb [signed-by=/usr/share/keyrings/x.gpg] http://deb.debian.org/debian bookworm main",
        "Defaults passwd_tries=3, !authenticate, timestamp_timeout=5",
        "kernel.keys.maxkeys = 200",
        "account [success=1 new_authtok_reqd=done auth_err=die default=ignore] pam_unix.so",
        "Auth-Type: Primary",
        "keymap=de",
        "*.* @@logs.example.org:514",
        "docker run -p 80:80 x",
        "[Journal]",
        "/etc/systemd/system/x.service.d/a.conf:3",
        "curl -fsSL https://h/x",
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


def test_switch_with_the_name_of_a_secret_is_shown():
    assert [hidden(text) for text in ("true", "No", "off", "1", "truer", "12")] == [
        "true",
        "No",
        "off",
        "1",
        MASK,
        MASK,
    ]
