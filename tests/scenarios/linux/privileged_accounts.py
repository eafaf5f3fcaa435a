"""Scenarios of accounts for emergencies and of others with rights of root; who gets what was asked of `sudo -l -U` 1.9.13 and 1.9.16."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from tests.scenarios.linux import Scenario
from tests.scenarios.linux.sshd_option import sshd

HASH = "$y$j9T$planted.salt$planted.hash"
PASSWD = (
    "root:x:0:0::/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/bash\nbob:x:1001:1001::/home/bob:/bin/sh\n"
    "web:x:33:33::/srv:/usr/sbin/nologin\n"
)
GROUP = "root:x:0:\nanna:x:1000:\nbob:x:1001:\nweb:x:33:\n"
SHADOW = "root:*:19000:0:99999:7:::\nanna:%s:19000:0:99999:7:::\nbob:%s:19000:0:99999:7:::\nweb:!:19000::::::\n" % (
    HASH,
    HASH,
)
BASE: Dict[str, Any] = {
    "/etc/passwd": PASSWD,
    "/etc/group": GROUP,
    "/etc/shadow": SHADOW,
    "/etc/shells": "/bin/sh\n/bin/bash\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\n",
}
USABLE = {"all_of": [{"any": {"fields": {"why": {"equals": ""}}}}, {"each": {"fields": {"why": {"equals": ""}}}}]}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPlanted anna\n"
KEYS = "/root/.ssh/authorized_keys"
MAIN = "/etc/ssh/sshd_config"


def _emergency(name: str, why: str, shadow: str = "", **files: str) -> Scenario:
    planted = {**BASE, "/etc/shadow": SHADOW.replace("anna:%s:19000:0:99999:7:::" % HASH, shadow) if shadow else SHADOW}
    planted.update({path.replace("__", "/"): text for path, text in files.items()})
    return Scenario(
        "emergency: " + name,
        {"query": "emergency", "names": ["anna"]},
        USABLE,
        "fail" if why else "pass",
        {"state": "value", "value": [{"name": "anna", "why": why}]},
        files=planted,
    )


def _undeclared(
    name: str, found: Dict[str, str], files: Dict[str, Any], names: Sequence[str] = (), more: Sequence[str] = ()
) -> Scenario:
    return Scenario(
        "undeclared: " + name,
        {"query": "undeclared", "names": list(names), "more": list(more)},
        {"empty": True},
        "fail" if found else "pass",
        {"state": "value", "value": [{"name": who, "how": how} for who, how in found.items()]},
        files={**BASE, **files},
        commands={"sshd -T": sshd()} if MAIN in files else {},
    )


def _rule(name: str, rules: str, found: Sequence[str], line: int = 1, **files: Any) -> Scenario:
    how = "/etc/sudoers:%d" % line
    return _undeclared("rule: " + name, dict.fromkeys(found, how), {"/etc/sudoers": rules, **files})


def _error(name: str, reason: str, files: Dict[str, Any], **address: Any) -> Scenario:
    return Scenario(
        name,
        address or {"query": "undeclared", "names": []},
        {"empty": True},
        "error",
        {"state": "error", "reason": reason},
        files={**BASE, **files},
    )


LOCKED = "it is locked or was never given a password"
AGED = "its password has expired or has to be changed first"
DOAS: Dict[str, Any] = {"/usr/bin/doas": "", "/etc/doas.conf": "permit nopass :anna\npermit bob as web\ndeny root\n"}
SCENARIOS: List[Scenario] = [
    _emergency("open", ""),
    Scenario("emergency: none is named", {"query": "emergency", "names": []}, USABLE, "fail", {"state": "value", "value": []}, files=BASE),
    Scenario("emergency: missing", {"query": "emergency", "names": ["eve", "anna"]}, USABLE, "fail",
             {"state": "value", "value": [{"name": "eve", "why": "there is no such account on this host"}, {"name": "anna", "why": ""}]}, files=BASE),
    _emergency("locked", LOCKED, "anna:!%s:19000:0:99999:7:::" % HASH),
    _emergency("never given one", LOCKED, "anna:!:19000:0:99999:7:::"),
    _emergency("no hash", "what stands in the place of its password is no hash", "anna:x:19000:0:99999:7:::"),
    _emergency("empty", "its password is empty", "anna::19000:0:99999:7:::"),
    _emergency("account has expired", "the account has expired", "anna:%s:19000:0:99999:7::19001:" % HASH),
    _emergency("expires in far days", "", "anna:%s:19000:0:99999:7::99999:" % HASH),
    _emergency("password has expired", AGED, "anna:%s:19000:0:90:7:::" % HASH),
    _emergency("has to be changed", AGED, "anna:%s:0:0:99999:7:::" % HASH),
    _emergency("never expires", "", "anna:%s:19000:0:-1:7:-1:-1:" % HASH),
    _emergency("twice, once locked", LOCKED, "anna:%s:19000:0:99999:7:::\nanna:!:19000::::::" % HASH),
    _emergency("not in shadow", "it has no line in /etc/shadow", "eve:!:19000::::::"),
    _emergency("shell", "its shell lets nobody in", "", **{"/etc/passwd": PASSWD.replace("anna:/bin/bash", "anna:/usr/sbin/nologin")}),
    _emergency("login without a list", "", "", **{"/etc/pam.d/login": "account required pam_unix.so\n"}),
    _error("emergency: list of the site's", "/etc/pam.d/login:1 has pam_access.so decide who gets in, which is not followed; look whether it lets "
           "anna in, and document an exception", {"/etc/pam.d/login": "account required pam_access.so\n"}, query="emergency", names=["anna"]),
    _undeclared("nobody", {}, {}),
    _undeclared("root with a password", {"root": "uid 0"}, {"/etc/shadow": SHADOW.replace("root:*", "root:" + HASH)}),
    _undeclared("root that is for emergencies", {}, {"/etc/shadow": SHADOW.replace("root:*", "root:" + HASH)}, ["root"]),
    _undeclared("root with a key", {"root": "uid 0"}, {KEYS: KEY, MAIN: "PermitRootLogin prohibit-password\nPubkeyAuthentication yes\n"}),
    _undeclared("root with a key that is kept out", {}, {KEYS: KEY, MAIN: "PermitRootLogin no\n"}),
    _undeclared("root with a key for some", {"root": "uid 0"}, {KEYS: KEY, MAIN: "PermitRootLogin no\nMatch Address 10.0.0.1\nPermitRootLogin yes\n"}),
    _undeclared("root with keys from elsewhere", {"root": "uid 0"}, {MAIN: "AuthorizedKeysCommand /usr/bin/keys\nPermitRootLogin yes\n"}),
    _undeclared("key without a server", {}, {KEYS: KEY}),
    _undeclared("second root", {"eve": "uid 0"}, {"/etc/passwd": PASSWD + "eve:x:0:0::/:/bin/sh\n", "/etc/shadow": SHADOW + "eve:%s:::::::\n" % HASH}),
    _undeclared("group", {"anna": "group sudo"}, {"/etc/group": GROUP + "sudo:x:27:anna\n"}),
    _undeclared("group by number", {"bob": "group wheel"}, {"/etc/group": GROUP.replace("bob:x:1001:", "wheel:x:1001:")}),
    # It is the program's own documentation that says so of each.
    _undeclared("groups of programs that act as root", {"anna": "group docker", "bob": "group lxd"},
                {"/etc/group": GROUP + "docker:x:90:anna,web\nlxd:x:91:bob\n"}),
    _undeclared("named", {}, {"/etc/group": GROUP + "sudo:x:27:anna,bob\n"}, ["bob"], ["anna"]),
    _undeclared("service in a group", {}, {"/etc/group": GROUP + "sudo:x:27:web\n"}),
    # Whoever makes that account, or a directory that has it, gives it all rights.
    _undeclared("member from elsewhere", {"eve": "group sudo; no account of this host itself"}, {"/etc/group": GROUP + "sudo:x:27:eve\n"}),
    _undeclared("account that has expired", {}, {"/etc/group": GROUP + "sudo:x:27:anna\n", "/etc/shadow": SHADOW.replace("7:::\nbob", "7::19001:\nbob")}),
    _rule("user", "anna ALL=(ALL:ALL) ALL\n", ["anna"]),
    _rule("root and nobody else", "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n%admin ALL=(ALL) ALL\n", []),
    _rule("everybody", "ALL ALL=(root) /usr/bin/id\n", ["anna", "bob"]),
    _rule("several", 'bob , "anna"\tALL = NOPASSWD: ALL\n', ["anna", "bob"]),
    _rule("escaped", "an\\na ALL=ALL\n", ["anna"]),
    _rule("numbers", "#1000, %#1001 ALL=ALL\n", ["anna", "bob"]),
    _rule("group", "%bob host=/bin/x\n", ["bob"]),
    _rule("alias", "Host_Alias H = a\nUser_Alias A = anna, !bob : B = A\nB H=ALL\n", ["anna"], 3),
    _rule("alias beside its rule", "User_Alias A = %bob\nA ALL=(A) ALL\n", ["bob"], 2),
    _rule("to become another", "anna ALL=(web) ALL\nbob ALL=(:web) /bin/x\n", ["bob"], 2),
    _rule("to become another, then root", "anna ALL=(web) /bin/x, (root) /bin/y\n", ["anna"]),
    _rule("to become another, on other hosts root", "anna ALL=(web) /bin/x : web1, web2 = /bin/y\n", ["anna"]),
    _rule("to become another, in a network root", "anna ALL=(web) /bin/x : 10.0.0.0/8 = /bin/y\n", ["anna"]),
    _rule("to become another, in a group of hosts root", "anna ALL=(web) /bin/x : +web = /bin/y\n", ["anna"]),
    _rule("to become another, on hosts of a pattern root", "anna ALL=(web) /bin/x : web* = /bin/y\n", ["anna"]),
    _rule("to become another by a digest", "anna ALL=(web) NOPASSWD: sha256:AbC0= /bin/x\n", []),
    _rule("to become another on all hosts", "anna ALL=(web) NOPASSWD: /bin/x a\\=b : web1 = (web) /bin/y\n", []),
    _rule("to become root in quotes", 'anna ALL=("root") ALL\n', ["anna"]),
    _rule("root for the first", "anna ALL=/bin/x, (web) /bin/y\n", ["anna"]),
    _rule("taken out again counts all the same", "ALL, !bob ALL=ALL\n", ["anna", "bob"]),
    _undeclared("doas", {"anna": "/etc/doas.conf:1", "bob": "/etc/doas.conf:2"}, DOAS),
    _undeclared("doas by numbers", {"anna": "/etc/doas.conf:1", "bob": "/etc/doas.conf:2"},
                {**DOAS, "/etc/doas.conf": "permit 1000\npermit :1001\n"}),
    _undeclared("doas that is not there", {}, {"/etc/doas.conf": "permit bob\n"}),
    _error("include of what is not there", "sudo is told to include what is not there, take that out: /etc/more does not exist",
           {"/etc/sudoers": "anna ALL=ALL\n@include /etc/more\n"}),
    _error("netgroup", "/etc/sudoers:1 is for +ops, which only a directory knows; look there who that is", {"/etc/sudoers": "+ops ALL=ALL\n"}),
    _error("no rule", "/etc/sudoers:1 is no rule of sudo that is understood here; look at it by hand (visudo -c)", {"/etc/sudoers": "anna\n"}),
    _error("alias that is none", "/etc/sudoers:1: this alias is not understood; write it by itself", {"/etc/sudoers": "User_Alias a = anna\n"}),
    _error("group of a directory", "/etc/sudoers:1 is for the group ops, whose members are nowhere on this host; look in the directory who they are, and "
           "document an exception", {"/etc/sudoers": "%ops ALL=ALL\n", "/etc/nsswitch.conf": "passwd: files winbind\ngroup: files winbind\n",
                                     "/etc/samba/smb.conf": "[global]\nsecurity = ads\nrealm = X\nworkgroup = X\n"}),
    _error("other query", "unknown query 'x'; known: emergency, undeclared", {}, query="x"),
    _error("names", "the key 'names' of the address has to be a list of names", {}, query="emergency", names="anna"),
]  # fmt: skip
