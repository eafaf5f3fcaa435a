"""What would surely lock out is refused before anything is changed, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.lookahead import refusals

KEY = "ssh-ed25519 AAAAC3Nz me\n"
PASSWD = (
    "root:x:0:0::/root:/bin/bash\nada:x:1000:1000::/home/ada:/bin/bash\nbob:x:1001:1001::/home/bob:/bin/bash\n"
    "off:x:1002:1002::/home/off:/usr/sbin/nologin\n"
)
ADMINISTRATORS = "%sudo ALL=(ALL:ALL) ALL\n"
GROUP = "root:x:0:\nsudo:x:27:ada,off\nada:x:1000:\nbob:x:1001:\noff:x:1002:\n"
SHADOW = "root:*:1:0:9:7:::\nada:$y$j9T$s$h:1:0:9:7:::\nbob:*:1:0:9:7:::\noff:*:1:0:9:7:::\n"
SSH_LINE = "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n"
ROOT_OFF = ("sshd_option", {"name": "PermitRootLogin"}, "no")
PASSWORDS_OFF = ("sshd_option", {"name": "PasswordAuthentication"}, "no")
TAGS: Any = ("sudo", {"query": "nopasswd"}, [])
UNASKED: Any = ("sudo", {"query": "not_authenticate"}, [])
SU: Any = ("su_access", {}, "sugroup")
UFW_ON = ("text_setting", {"file": "/etc/ufw/ufw.conf", "name": "ENABLED", "format": "shell"}, "yes")
NFTABLES_ON = ("service", {"name": "nftables.service"}, {"enabled": True, "active": True})
NFT = "table inet filter {\nchain input { type filter hook input priority 0; policy drop;\n%s\n}\n}\n"


def _list(option, text):
    return ("sshd_option", {"name": option}, text)


@pytest.fixture
def refusal(tmp_path):
    """Return a function that gives the reason for which a change is refused, or nothing; of several: name -> reason."""

    def ask(change, options, files=None, sshd="port 22\nport 2222\nauthorizedkeysfile .ssh/authorized_keys\n"):
        planted = {
            "/etc/passwd": PASSWD,
            "/etc/group": GROUP,
            "/etc/shadow": SHADOW,
            "/etc/sudoers": "root ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n",
            "/home/ada/.ssh/authorized_keys": KEY,
            **(files or {}),
        }
        for name, text in planted.items():
            path = tmp_path / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

        def runner(argv, _timeout):
            return (
                CommandResult(0, sshd, "") if list(argv) == ["sshd", "-T"] else CommandResult(missing=True, problem="-")
            )

        host = PlannedHost(str(tmp_path), runner=runner, privileged=True)
        found = refusals(host, change if isinstance(change, dict) else {"it": change}, options)
        return found if isinstance(change, dict) else found.get("it", "")

    return ask


REFUSED = [
    ("root-over-ssh", ROOT_OFF, {"user": "root"}, {}, "connect as ada"),
    ("unknown-user", ROOT_OFF, {}, {}, "set ansible_user"),
    ("su-in-use", SU, {"user": "ada", "become_method": "su"}, {}, "becomes root by su"),
    ("unknown-user-no-admin", ROOT_OFF, {}, {"/home/ada/.ssh/authorized_keys": "# " + KEY}, "no other account"),
    (
        "local-root-no-admin",
        ROOT_OFF,
        {"user": "root", "connection": "local"},
        {"/home/ada/.ssh/authorized_keys": ""},
        "no other account",
    ),
    ("root-no-admin", ROOT_OFF, {"user": "root"}, {"/etc/group": GROUP.replace("ada,", "")}, "make an account"),
    (
        "admin-without-password",
        ROOT_OFF,
        {"user": "root"},
        {"/etc/shadow": SHADOW.replace("$y$j9T$s$h", "!")},
        "make an",
    ),
    ("allow-users", _list("AllowUsers", "bob carl"), {"user": "ada"}, {}, "lock out ada"),
    ("allow-users-negated", _list("AllowUsers", "!ada *"), {"user": "ada"}, {}, "lock out ada"),
    ("allow-groups", _list("AllowGroups", "staff"), {"user": "ada"}, {}, "lock out ada"),
    ("allow-groups-unknown-user", _list("AllowGroups", "staff"), {}, {}, "not known"),
    ("deny-users", _list("DenyUsers", "a*"), {"user": "ada"}, {}, "lock out ada"),
    ("deny-groups", _list("DenyGroups", "sudo"), {"user": "ada"}, {}, "lock out ada"),
    ("passwords-off-no-key", PASSWORDS_OFF, {"user": "bob"}, {}, "no authorised key"),
    ("passwords-off-but-used", PASSWORDS_OFF, {"user": "ada", "password_used": True}, {}, "give ada a key"),
    ("passwords-off-unknown-user", PASSWORDS_OFF, {}, {}, "no authorised key"),
    ("keys-off", _list("PubkeyAuthentication", "no"), {"user": "ada"}, {}, "a key"),
    ("tags-no-password", TAGS, {"user": "bob"}, {"/etc/sudoers": "bob ALL=(ALL) NOPASSWD: ALL\n"}, "no password"),
    ("tags-none-given", TAGS, {"user": "ada"}, {"/etc/sudoers": "%sudo ALL=(ALL) NOPASSWD: ALL\n"}, "become_password"),
    ("tags-of-an-alias", TAGS, {"user": "ada"}, {"/etc/sudoers": "OPS ALL=(ALL) NOPASSWD: ALL\n"}, "become_password"),
    ("tags-unknown-user", TAGS, {}, {}, "not known"),
    *(
        (
            f"unasked-{name}",
            UNASKED,
            {"user": "ada"},
            {"/etc/sudoers": f"Defaults{scope} !authenticate\n{ADMINISTRATORS}"},
            "become_password",
        )
        for name, scope in [
            ("all", ""),
            ("user", ":bob,ada"),
            ("group", ":%sudo"),
            ("alias", ":OPS"),
            ("host", "@here"),
        ]
    ),
    (
        "unasked-but-for-one-command",
        UNASKED,
        {"user": "ada"},
        {"/etc/sudoers": f"Defaults !authenticate\n{ADMINISTRATORS}ada ALL=(ALL) NOPASSWD: /bin/ls\n"},
        "become_password",
    ),
    ("ufw-on", UFW_ON, {"user": "ada"}, {"/etc/ufw/user.rules": SSH_LINE.replace("22", "80")}, "ufw allow 22/tcp"),
    ("ufw-on-other-port", UFW_ON, {"user": "ada", "port": 2222}, {"/etc/ufw/user.rules": SSH_LINE}, "port 2222"),
    (
        "ufw-on-loopback-only",
        UFW_ON,
        {"user": "ada"},
        {"/etc/ufw/user.rules": "### tuple ### allow any any 0.0.0.0/0 any 0.0.0.0/0 in_lo\n"},
        "SSH port 22",
    ),
    (
        "ufw-on-refused-first",
        UFW_ON,
        {"user": "ada"},
        {"/etc/ufw/user.rules": SSH_LINE.replace("allow", "deny") + SSH_LINE},
        "SSH port 22",
    ),
    (
        "ufw-on-everything-allowed-but-ssh",
        UFW_ON,
        {"user": "ada"},
        {
            "/etc/ufw/user.rules": SSH_LINE.replace("allow", "reject"),
            "/etc/default/ufw": "DEFAULT_INPUT_POLICY=ACCEPT\n",
        },
        "SSH port 22",
    ),
    (
        "ufw-on-from-a-port",
        UFW_ON,
        {"user": "ada"},
        {"/etc/ufw/user.rules": SSH_LINE.replace("any 0", "22 0")},
        "port 22",
    ),
    ("nftables-on", NFTABLES_ON, {"user": "ada"}, {"/etc/nftables.conf": NFT % "tcp dport 80 accept"}, "SSH port 22"),
    (
        "nftables-on-behind-a-set",
        NFTABLES_ON,
        {"user": "ada"},
        {"/etc/nftables.conf": (NFT % "tcp dport { 80, 443 } accept\ncounter drop").replace("drop;", "accept;")},
        "SSH port 22",
    ),
    (
        "nftables-on-in-a-chain-handed-over-to",
        NFTABLES_ON,
        {"user": "ada"},
        {
            "/etc/nftables.conf": "table inet filter {\nchain rest {\nreject\n}\n}\n"
            + (NFT % "tcp dport vmap { 80 : accept }\njump rest").replace("drop;", "accept;")
        },
        "SSH port 22",
    ),
    (
        "nftables-on-in-an-included-file",
        NFTABLES_ON,
        {"user": "ada"},
        {"/etc/nftables.conf": 'flush ruleset\ninclude "/etc/nftables.d/*.nft"\n', "/etc/nftables.d/a.nft": NFT % ""},
        "SSH port 22",
    ),
]


@pytest.mark.parametrize(
    ("change", "options", "files", "said"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_what_locks_out_is_refused(refusal, change, options, files, said):
    assert said in refusal(change, options, files)


ALLOWED = [
    ("root-login-off-as-user", ROOT_OFF, {"user": "ada"}, {}),
    ("root-login-off-local", ROOT_OFF, {"user": "root", "connection": "local"}, {}),
    (
        "root-login-by-key-only",
        _list("PermitRootLogin", "prohibit-password"),
        {"user": "root"},
        {"/root/.ssh/authorized_keys": KEY},
    ),
    ("allow-users", _list("AllowUsers", "bob a?a@10.0.0.0/8"), {"user": "ada"}, {}),
    ("allow-groups", _list("AllowGroups", "staff sudo"), {"user": "ada"}, {}),
    ("own-group", _list("AllowGroups", "bob"), {"user": "bob"}, {}),
    ("deny-users", _list("DenyUsers", "bob"), {"user": "ada"}, {}),
    ("passwords-off", PASSWORDS_OFF, {"user": "ada"}, {}),
    ("ciphers", _list("Ciphers", "aes256-ctr"), {}, {}),
    ("tags-of-others", TAGS, {"user": "ada"}, {"/etc/sudoers": "bob ALL=(ALL) NOPASSWD: ALL\n%sudo ALL=(ALL) ALL\n"}),
    ("unasked-others", UNASKED, {"user": "ada"}, {"/etc/sudoers": f"Defaults:bob !authenticate\n{ADMINISTRATORS}"}),
    (
        "unasked-anyway",
        UNASKED,
        {"user": "ada"},
        {"/etc/sudoers": "Defaults !authenticate\n%sudo ALL=(ALL) NOPASSWD: ALL\n"},
    ),
    (
        "tags-with-a-password",
        TAGS,
        {"user": "ada", "become_password_used": True},
        {"/etc/sudoers": "%sudo ALL=(ALL) NOPASSWD: ALL\n"},
    ),
    ("su-not-in-use", SU, {"user": "ada", "become_method": "sudo"}, {}),
    ("su-by-root", SU, {"user": "root", "become_method": "su"}, {}),
    ("use-pty", ("sudo", {"query": "default", "name": "use_pty"}, True), {}, {}),
    ("ufw-on", UFW_ON, {"user": "ada"}, {"/etc/ufw/user.rules": SSH_LINE}),
    (
        "ufw-range",
        UFW_ON,
        {"user": "ada", "port": 2222},
        {"/etc/ufw/user.rules": SSH_LINE.replace(" 22 ", " 80,2200:2300 ")},
    ),
    ("ufw-port-translated-on-the-way", UFW_ON, {"user": "ada", "port": 8022}, {"/etc/ufw/user.rules": SSH_LINE}),
    ("nftables-on", NFTABLES_ON, {"user": "ada"}, {"/etc/nftables.conf": NFT % "tcp dport { 80, ssh } accept"}),
    ("ufw-on-log", UFW_ON, {"user": "ada"}, {"/etc/ufw/user.rules": SSH_LINE.replace("allow", "limit_log")}),
    ("ufw-on-profile", UFW_ON, {"user": "ada"}, {"/etc/ufw/user.rules": SSH_LINE.replace(" in", " OpenSSH - in_eth0")}),
    (
        "ufw-on-one-is-refused",
        UFW_ON,
        {"user": "ada"},
        {
            "/etc/ufw/user.rules": SSH_LINE.replace("allow", "deny").replace("any 0.0.0.0/0", "any 10.9.0.0/16")
            + SSH_LINE
        },
    ),
    (
        "nftables-that-refuses-in-another-hook",
        NFTABLES_ON,
        {"user": "ada"},
        {"/etc/nftables.conf": (NFT % "").replace("input", "forward")},
    ),
    ("nftables-that-refuses-nothing", NFTABLES_ON, {"user": "ada"}, {"/etc/nftables.conf": "flush ruleset\n"}),
]


@pytest.mark.parametrize(("change", "options", "files"), [case[1:] for case in ALLOWED], ids=[c[0] for c in ALLOWED])
def test_what_does_not_lock_out_is_let_through(refusal, change, options, files):
    assert refusal(change, options, files) == ""


def test_key_file_is_where_sshd_looks(refusal):
    sshd = "authorizedkeysfile /etc/keys/%u %h/k\n"

    assert "no authorised key" in refusal(PASSWORDS_OFF, {"user": "ada"}, sshd=sshd)
    assert refusal(PASSWORDS_OFF, {"user": "ada"}, {"/etc/keys/ada": KEY}, sshd=sshd) == ""
    assert refusal(PASSWORDS_OFF, {"user": "bob"}, {"/home/bob/k": 'from="10.0.0.1" ' + KEY}, sshd=sshd) == ""


def test_keys_from_a_command_are_left_to_the_confirmation(refusal):
    assert refusal(PASSWORDS_OFF, {"user": "bob"}, sshd="authorizedkeyscommand /usr/bin/keys\n") == ""


def test_what_cannot_be_told_is_refused(refusal):
    assert "cannot be told" in refusal(TAGS, {"user": "ada"}, {"/etc/sudoers": "@include /etc/sudoers.%h\n"})


def test_two_changes_of_ufw_that_lock_out_only_together(refusal):
    policy = ("text_setting", {"file": "/etc/default/ufw", "name": "DEFAULT_INPUT_POLICY", "format": "shell"}, "DROP")
    start = ("service", {"name": "ufw.service"}, {"enabled": True, "active": True})
    files = {"/etc/ufw/ufw.conf": "ENABLED=no\n", "/etc/default/ufw": "DEFAULT_INPUT_POLICY=ACCEPT\n"}
    for change in (UFW_ON, policy, start):
        assert refusal(change, {"user": "ada"}, files) == ""

    reasons = refusal({"on": UFW_ON, "policy": policy, "start": start}, {"user": "ada"}, files)

    assert set(reasons) == {"on", "policy", "start"}
    assert all("SSH port 22" in reason for reason in reasons.values())


def test_account_that_is_not_known_is_called_so(refusal):
    assert refusal(PASSWORDS_OFF, {}).startswith("the account of Ansible has no authorised key")
