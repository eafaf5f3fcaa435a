"""Scenarios of sshd's options: the general result by `sshd -T`, and Match blocks that loosen it."""

from __future__ import annotations

import glob
from typing import Any, Callable, Dict, List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from tests.scenarios.linux import Command, File, Scenario

MAIN = "/etc/ssh/sshd_config"
EXTRA = "/etc/ssh/sshd_config.d/x.conf"
SNIPPET = "/etc/systemd/system/ssh.service.d/site.conf"
UNIT = "[Service]\nEnvironmentFile=-/etc/default/ssh\nExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n"
NO = {"equals": "no"}
INCLUDE = "Include /etc/ssh/sshd_config.d/*.conf\n"


def sshd(**defaults: str) -> Callable[[str], str]:
    """Return what `sshd -T` would print: the first value outside of Match blocks, else the default."""

    def general(root: str, path: str) -> List[List[str]]:
        with open(path, encoding="utf-8") as stream:
            rows = [row.split(None, 1) for row in stream if row.strip() and not row.startswith("#")]
        found: List[List[str]] = []
        for word, text in rows:
            if word.lower() == "match":
                break
            found.append([word.lower(), text.strip()])
            if word == "Include":
                found += [row for name in sorted(glob.glob(root + text.strip())) for row in general(root, name)]
        return found

    def show(root: str) -> str:
        seen: Dict[str, str] = {}
        for name, text in general(root, root + MAIN):
            seen.setdefault(name, text)
        return "".join("%s %s\n" % item for item in {**defaults, **seen}.items())

    return show


def _case(name: str, verdict: str, output: Command, files: Dict[str, Any], **keys: Any) -> Scenario:
    expect = keys.pop("expect", NO)
    observed = keys.pop("observed", {"state": "value"})
    return Scenario(
        name, {"name": "PermitRootLogin"}, expect, verdict, observed, files=files, commands={"sshd -T": output}, **keys
    )


SSHD = sshd()


def _fix(name: str, files: Dict[str, Any], output: Command = SSHD) -> Scenario:
    return _case(name, "fail", output, files, wanted="no")


def _list(name: str, effective: str, files: Dict[str, Any], default: Optional[bool]) -> Scenario:
    document: Dict[str, Any] = {"effective": effective, "overrides": [], "stated": None}
    observed = {"state": "value", "value": document, "default": default}
    output = {"sshd -T": "kexalgorithms %s\n" % effective}
    return Scenario(name, {"name": "KexAlgorithms"}, {"contains": "b"}, "pass", observed, files=files, commands=output)


POLICY_UNIT = {
    MAIN: "",
    "/usr/lib/systemd/system/sshd.service": "[Service]\nEnvironmentFile=-/etc/crypto-policies/back-ends/opensshserver.config\n"
    "EnvironmentFile=-/etc/sysconfig/sshd\nExecStart=/usr/sbin/sshd -D $OPTIONS $CRYPTO_POLICY\n",
    "/etc/sysconfig/sshd": "SSH_USE_STRONG_RNG=0\n# CRYPTO_POLICY=\n",
}


def _policy(name: str, verdict: str, given: str, command: str, files: Optional[Dict[str, Any]] = None) -> Scenario:
    """Red Hat 8: the unit gives sshd the algorithms of the cryptographic policy by arguments."""
    planted = {**POLICY_UNIT, "/etc/crypto-policies/back-ends/opensshserver.config": given, **(files or {})}
    return Scenario(
        "policy-" + name,
        {"name": "Ciphers"},
        {"equals": "aes256-ctr"},
        verdict,
        {"state": "error" if verdict == "error" else "value"},
        files=planted,
        commands={command: "ciphers aes256-ctr\n", "sshd -T": "ciphers aes128-cbc\n"},
    )


def _banner(name: str, verdict: str, path: str, files: Optional[Dict[str, Any]] = None, config: str = "") -> Scenario:
    """A case of what is shown before a login. ``config``: further lines of the main file."""
    return Scenario(
        "banner-" + name, {"name": "Banner"}, {"each": {"fields": {"shown": {"equals": True}, "names_system": {"empty": True}}}},
        verdict, {"state": "error" if verdict == "error" else "value"}, select="notices",
        files={MAIN: "Banner %s\n%s" % (path, config), **(files or {})}, commands={"sshd -T": sshd(banner="none")},
    )  # fmt: skip


NOTICE = "For staff only. Use is watched.\n"
SCENARIOS = [
    _banner("at-another-path", "pass", "/srv/notice", {"/srv/notice": NOTICE}),
    _banner("none", "fail", "none"),
    _banner("that-is-not-there", "fail", "/srv/notice"),
    _banner("of-blanks", "fail", "/srv/notice", {"/srv/notice": " \n\n"}),
    _banner("with-an-escape", "fail", "/srv/notice", {"/srv/notice": NOTICE + "\\s \\r\n"}),
    _banner("that-names-the-system", "fail", "/srv/notice", {"/srv/notice": "Rocky Linux 9\n"}),
    _banner("behind-a-link", "pass", "/srv/a", {"/srv/a": File(link="/srv/notice"), "/srv/notice": NOTICE}),
    _banner("that-is-a-folder", "error", "/srv/a", {"/srv/a": File(directory=True)}),
    _banner("that-is-too-large", "error", "/srv/a", {"/srv/a": "x" * (1024 * 1024 + 1)}),
    _banner("not-for-everybody", "fail", "/srv/a", {"/srv/a": NOTICE}, "Match User eve\n  Banner none\n"),
    _banner(
        "another-for-some", "pass", "/srv/a", {"/srv/a": NOTICE, "/srv/b": NOTICE}, "Match User eve\n  Banner /srv/b\n"
    ),
    _policy(
        "by-arguments",
        "pass",
        "CRYPTO_POLICY='-oCiphers=aes256-ctr -oMACs=hmac-sha2-256'\n",
        "sshd -T -oCiphers=aes256-ctr -oMACs=hmac-sha2-256",
    ),
    _policy(
        "taken-back",
        "fail",
        "CRYPTO_POLICY='-oCiphers=aes256-ctr'\n",
        "sshd -T -oCiphers=aes256-ctr",
        {"/etc/sysconfig/sshd": "CRYPTO_POLICY=\n"},
    ),
    _policy(
        "other-argument",
        "error",
        "CRYPTO_POLICY='-oCiphers=aes256-ctr -oPermitRootLogin=yes'\n",
        "sshd -T -oCiphers=aes256-ctr",
    ),
    _policy(
        "unit-that-does-not-take-it",
        "fail",
        "CRYPTO_POLICY='-oCiphers=aes256-ctr'\n",
        "sshd -T -oCiphers=aes256-ctr",
        {"/usr/lib/systemd/system/sshd.service": "[Service]\nExecStart=/usr/sbin/sshd -D $OPTIONS\n"},
    ),
    _case("right", "pass", "permitrootlogin no\n", {MAIN: "PermitRootLogin no\n"}),
    _case("wrong", "fail", "permitrootlogin yes\n", {MAIN: "PermitRootLogin yes\n"}),
    _case("default", "fail", "permitrootlogin without-password\n", {MAIN: ""}),
    _case("commented-out", "fail", "permitrootlogin without-password\n", {MAIN: "#PermitRootLogin no\n"}),
    _case("not-printed", "fail", "port 22\n", {MAIN: ""}),
    _case("match-loosens", "fail", "permitrootlogin no\n", {MAIN: "Match User bob\n  PermitRootLogin yes\n"}),
    _case(
        "match-agrees-in-odd-case", "pass", "permitrootlogin no\n", {MAIN: "MATCH user bob\n\tpermitROOTlogin = No\n"}
    ),
    _case("match-all-is-general", "pass", "permitrootlogin no\n", {MAIN: "Match all\nPermitRootLogin no\n"}),
    _case(
        "match-in-an-include",
        "fail",
        "permitrootlogin no\n",
        {MAIN: "Include /etc/ssh/sshd_config.d/*.conf\n", EXTRA: "Match Address 10.0.0.0/8\nPermitRootLogin yes\n"},
    ),
    _case(
        "relative-include-in-a-match",
        "fail",
        "permitrootlogin no\n",
        {MAIN: "Match User bob\nInclude sshd_config.d/x.conf\n", EXTRA: "PermitRootLogin yes\n"},
    ),
    _case(
        "includes-itself", "error", "permitrootlogin no\n", {MAIN: "Include sshd_config\n"}, observed={"state": "error"}
    ),
    _case(
        "broken-configuration",
        "error",
        CommandResult(255, "", "line 1: Bad configuration option"),
        {MAIN: "x\n"},
        observed={"state": "error"},
    ),
    _case(
        "hangs", "error", CommandResult(problem="no answer within 20 seconds"), {MAIN: ""}, observed={"state": "error"}
    ),
    _case("prints-nothing", "error", "", {MAIN: ""}, observed={"state": "error"}),
    _case(
        "options-on-the-command-line",
        "error",
        "permitrootlogin no\n",
        {MAIN: "", "/etc/default/ssh": 'SSHD_OPTS="-o PermitRootLogin=yes"\n'},
        observed={"state": "error"},
    ),
    _case(
        "unit-as-debian-ships-it",
        "pass",
        "permitrootlogin no\n",
        {MAIN: "", "/lib/systemd/system/ssh.service": UNIT, "/etc/default/ssh": "# -o\nSSHD_OPTS=\n"},
        observed={"state": "value"},
    ),
    _case(
        "other-options-on-the-command-line",
        "pass",
        "permitrootlogin no\n",
        {MAIN: "", "/lib/systemd/system/ssh.service": UNIT, "/etc/default/ssh": "SSHD_OPTS='-4 -p 22 -Eo.log'\n"},
        observed={"state": "value"},
    ),
    _case(
        "option-in-a-unit-snippet",
        "error",
        "permitrootlogin no\n",
        {
            MAIN: "",
            "/lib/systemd/system/ssh.service": UNIT,
            SNIPPET: "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D -oPermitRootLogin=yes\n",
        },
        observed={"state": "error"},
    ),
    _case(
        "other-file-in-a-unit-of-the-site",
        "error",
        "permitrootlogin no\n",
        {
            MAIN: "",
            "/lib/systemd/system/ssh.service": UNIT,
            "/etc/systemd/system/ssh.service": "[Service]\nExecStart=/usr/sbin/sshd -Df /srv/sshd_config\n",
        },
        observed={"state": "error"},
    ),
    _case(
        "option-in-the-environment-of-a-unit",
        "error",
        "permitrootlogin no\n",
        {
            MAIN: "",
            "/lib/systemd/system/ssh.service": UNIT,
            SNIPPET: '[Service]\nEnvironment="SSHD_OPTS=-o PermitRootLogin=yes"\nEnvironment=A=b\n',
        },
        observed={"state": "error"},
    ),
    _case(
        "option-in-another-environment-file",
        "error",
        "permitrootlogin no\n",
        {
            MAIN: "",
            "/lib/systemd/system/ssh.service": UNIT,
            SNIPPET: "[Service]\nEnvironmentFile=-/srv/ssh.env\n",
            "/srv/ssh.env": "OPTIONS=-g0\n",
        },
        observed={"state": "error"},
    ),
    _case(
        "option-in-a-unit-of-sockets",
        "error",
        "permitrootlogin no\n",
        {MAIN: "", "/lib/systemd/system/ssh@.service": "[Service]\nExecStart=-/usr/sbin/sshd -i -o UsePAM=no\n"},
        observed={"state": "error"},
    ),
    _case("not-root", "error", "permitrootlogin no\n", {MAIN: ""}, observed={"state": "error"}, privileged=False),
    Scenario("no-sshd", {"name": "PermitRootLogin"}, NO, "fail", {"state": "absent"}),
    Scenario(
        "time-in-a-match",
        {"name": "ClientAliveInterval"},
        {"between": [1, 300]},
        "pass",
        {"state": "value"},
        files={MAIN: "Match User bob\nClientAliveInterval 4m30s\n"},
        commands={"sshd -T": "clientaliveinterval 300\n"},
    ),
    # Planted on the real sshd of Debian 12: bob's block goes on behind the Include, so root may log in as bob's group may.
    _case(
        "match-all-in-an-include-of-a-match",
        "fail",
        "permitrootlogin no\n",
        {
            MAIN: "PermitRootLogin no\nMatch User bob\nInclude sshd_config.d/x.conf\nPermitRootLogin yes\n",
            EXTRA: "Match all\n",
        },
    ),
    _case(
        "match-ends-with-its-include",
        "pass",
        "permitrootlogin no\n",
        {MAIN: INCLUDE + "PermitRootLogin no\n", EXTRA: "Match User bob\nX11Forwarding no\n"},
        observed={"state": "value", "value": {"effective": "no", "overrides": [], "stated": True}},
    ),
    _list("list-by-default", "a,b", {MAIN: INCLUDE + "Ciphers c\n"}, default=True),
    _list("list-of-the-site", "b", {MAIN: INCLUDE, EXTRA: "kexAlgorithms=-a\n"}, default=None),
    # What is written.
    _fix("fix-by-drop-in", {MAIN: INCLUDE + "PermitRootLogin yes\n"}),
    _fix("fix-default", {MAIN: INCLUDE}, sshd(permitrootlogin="without-password")),
    _fix("fix-in-another-drop-in", {MAIN: INCLUDE, EXTRA: "permitrootlogin yes\n"}),
    _fix("fix-in-a-drop-in-that-sorts-first", {MAIN: INCLUDE, EXTRA.replace("x.", "00-a."): "PermitRootLogin yes\n"}),
    _fix("fix-without-include", {MAIN: "Port 22\nPermitRootLogin yes\nMatch User bob\nPermitTTY no\n"}),
    _fix("fix-with-the-include-in-a-match", {MAIN: "PermitRootLogin yes\nMatch User bob\n" + INCLUDE}),
    _fix("fix-with-a-late-include", {MAIN: "PermitRootLogin yes\n" + INCLUDE}),
    _fix("fix-in-a-match", {MAIN: "PermitRootLogin no\nMatch User bob\n  PermitRootLogin yes\n  PermitTTY no\n"}),
    _fix(
        "fix-in-a-match-of-an-include",
        {MAIN: INCLUDE, EXTRA: "Match Address 10.0.0.0/8\nPermitRootLogin = yes\n"},
        sshd(permitrootlogin="no"),
    ),
    _fix("fix-behind-match-all", {MAIN: INCLUDE + "Match all\nPermitRootLogin yes\n"}, sshd(permitrootlogin="yes")),
    Scenario(
        "fix-keeps-what-is-stricter",
        {"name": "MaxAuthTries"},
        {"equals": "2"},
        "fail",
        {"state": "value"},
        files={MAIN: INCLUDE + "MaxAuthTries 2\nMatch User bob\nMaxAuthTries 9\n"},
        commands={"sshd -T": sshd()},
        wanted=4,
    ),
    Scenario(
        "fix-of-startups-keeps-what-is-stricter",
        {"name": "MaxStartups"},
        {"equals": "5:30:60"},
        "fail",
        {"state": "value"},
        files={MAIN: INCLUDE + "MaxStartups 5:50:80\n"},
        commands={"sshd -T": sshd()},
        wanted="10:30:60",
    ),
    Scenario(
        "fix-of-ciphers-adds-none",
        {"name": "Ciphers"},
        {"equals": "aes256-ctr"},
        "fail",
        {"state": "value"},
        files={MAIN: INCLUDE, EXTRA: "Ciphers aes256-ctr,3des-cbc\n"},
        commands={"sshd -T": sshd()},
        wanted="aes256-gcm@openssh.com,aes256-ctr",
    ),
    Scenario(
        "fix-of-groups-keeps-those-of-a-match",
        {"name": "AllowGroups"},
        {"any_of": [{"equals": "staff"}, {"equals": "bobs"}]},
        "fail",
        {"state": "value"},
        files={MAIN: INCLUDE + "Match User bob\nAllowGroups bobs\n", "/etc/group": "staff:x:50:auditor\n"},
        commands={"sshd -T": sshd()},
        wanted="staff",
    ),
]

# Another server beside sshd: who comes in by it meets other settings than `sshd -T` prints.
UNITS = "/etc/systemd/system/"
ASKED = "systemctl is-active door.socket"
PROGRAM, SOCKET = b"\x7fELF /etc/ssh/sshd_config", "[Socket]\nListenStream=2222\nService=second.service\n"
WANTED = {UNITS + "multi-user.target.wants/second.service": File(link=UNITS + "second.service")}


SHARE = {
    "/proc/self/mountinfo": "21 1 8:1 / / rw - ext4 /dev/sda rw\n22 21 0:40 / /srv rw - nfs4 a:/srv rw\n",
    "/srv/bin/door": "OpenSSH /etc/ssh/sshd_config",
}


def _beside(
    name: str,
    verdict: str,
    files: Dict[str, Any],
    start: str = "/usr/sbin/sshd -D -f /etc/ssh/second",
    commands: Optional[Dict[str, Command]] = None,
) -> Scenario:
    unit = "[Service]\nExecStart=%s\n" % start
    observed = {"state": "error" if verdict == "error" else "value"}
    planted = {MAIN: "PermitRootLogin no\n", UNITS + "second.service": unit, **files}
    said = {"sshd -T": "permitrootlogin no\n", **(commands or {})}
    return Scenario(name, {"name": "PermitRootLogin"}, NO, verdict, observed, files=planted, commands=said)


SCENARIOS += [
    _beside("second-sshd-with-a-file-of-its-own", "error", WANTED),
    _beside("second-sshd-with-an-option", "error", WANTED, "/usr/sbin/sshd -D -oPermitRootLogin=yes"),
    _beside("second-sshd-of-the-same-files", "pass", WANTED, "/usr/sbin/sshd -D -p 2222"),
    _beside("second-sshd-not-started", "pass", {}),
    # What it is cannot be told: it may be a copy of sshd.
    _beside("program-on-a-share", "error", {**WANTED, **SHARE}, "/srv/bin/door"),
    _beside("program-on-a-share-that-nobody-starts", "pass", SHARE, "/srv/bin/door"),
    _beside("program-that-is-not-there", "pass", WANTED, "/srv/bin/door"),
    _beside("second-sshd-runs-now", "error", {"/run/systemd/units/invocation:second.service": "x"}),
    _beside(
        "second-sshd-taken-back", "pass", {**WANTED, UNITS + "second.service.d/off.conf": "[Service]\nExecStart=\n"}
    ),
    _beside("dropbear-beside", "error", WANTED, "/usr/sbin/dropbear -EF -p 2222"),
    # Its package has a socket at port 22, on every address that sshd leaves free.
    _beside(
        "tinysshd-beside",
        "error",
        {
            "/usr/lib/systemd/system/tinysshd@.service": "[Service]\nExecStart=/usr/sbin/tinysshd ${TINYSSHDOPTS} -- /etc/tinyssh/sshkeydir\n",
            UNITS + "sockets.target.wants/tinysshd.socket": File(link="/usr/lib/systemd/system/tinysshd.socket"),
        },
    ),
    _beside("tinysshd-that-makes-keys", "pass", WANTED, "/usr/sbin/tinysshd-makekey -q /etc/tinyssh/sshkeydir"),
    _beside("program-for-keys-beside", "pass", WANTED, "/usr/bin/ssh-keygen -A -f /"),
    _beside(
        "second-sshd-by-socket",
        "error",
        {
            UNITS + "third@.service": "[Service]\nExecStart=-/usr/sbin/sshd -i -f /etc/ssh/third\n",
            UNITS + "sockets.target.wants/third.socket": "",
        },
    ),
    _beside("sshd-of-another-make", "error", WANTED, "/opt/openssh/sbin/sshd -D"),
    _beside(
        "sshd-by-a-link",
        "error",
        {**WANTED, "/usr/sbin/sshd-sftp": File(link="sshd"), "/usr/sbin/sshd": PROGRAM},
        "/usr/sbin/sshd-sftp -D -f /x",
    ),
    _beside("sshd-by-a-copy", "error", {**WANTED, "/opt/x": PROGRAM}, "/opt/x -D -f /x"),
    _beside("sshd-in-a-script", "error", {**WANTED, "/opt/x": "#!/bin/sh\nexec /usr/sbin/sshd -D -f /x\n"}, "/opt/x"),
    _beside(
        "script-that-speaks-of-sshd",
        "pass",
        {**WANTED, "/opt/x": "#!/bin/sh\n# /usr/sbin/sshd\nsystemctl restart sshd\n"},
        "/opt/x",
    ),
    _beside("program-of-the-site", "pass", {**WANTED, "/opt/x": b"\x7fELF"}, "/opt/x"),
    # systemd.socket(5): `Service=` names a unit of another stem.
    _beside(
        "second-sshd-by-a-socket-of-another-name",
        "error",
        {UNITS + "door.socket": SOCKET, UNITS + "sockets.target.wants/door.socket": ""},
    ),
    # Of a socket that somebody started there is no mark below /run.
    _beside(
        "second-sshd-by-a-socket-started-by-hand",
        "error",
        {UNITS + "door.socket": SOCKET},
        commands={ASKED: "active\n"},
    ),
    _beside(
        "second-sshd-by-a-socket-not-started",
        "pass",
        {UNITS + "door.socket": SOCKET},
        commands={ASKED: CommandResult(3, "inactive\n", "")},
    ),
    _beside(
        "sshd-of-another-make-by-ssh-s-own-unit",
        "error",
        {
            UNITS + "ssh.service": "[Service]\nExecStart=/opt/openssh/sbin/sshd -D\n",
            UNITS + "multi-user.target.wants/ssh.service": "",
        },
    ),
    _beside(
        "sshd-by-an-init-script",
        "error",
        {"/etc/rc3.d/S20own": "", "/etc/init.d/own": File("/usr/sbin/sshd -f /x\n", 0o755)},
    ),
    _beside(
        "init-script-behind-a-unit",
        "pass",
        {
            "/etc/rc3.d/S20ssh": "",
            "/etc/init.d/ssh": File("/usr/sbin/sshd\n", 0o755),
            "/lib/systemd/system/ssh.service": "",
        },
    ),
    _beside("sshd-by-rc-local", "error", {"/etc/rc.local": File("/usr/sbin/sshd -f /x\n", 0o755)}),
    _beside("rc-local-that-is-not-run", "pass", {"/etc/rc.local": "/usr/sbin/sshd -f /x\n"}),
    _beside(
        "sshd-by-inetd",
        "error",
        {"/usr/sbin/inetd": "", "/etc/inetd.conf": "2222 stream tcp nowait root /usr/sbin/sshd sshd -i -f /x\n"},
    ),
    _beside(
        "sshd-by-xinetd",
        "error",
        {"/usr/sbin/xinetd": "", "/etc/xinetd.d/own": "service own\n{\n server = /usr/sbin/sshd\n}\n"},
    ),
    _beside(
        "sshd-disabled-in-xinetd",
        "pass",
        {
            "/usr/sbin/xinetd": "",
            "/etc/xinetd.d/own": "service own\n{\n disable = yes\n server = /usr/sbin/sshd\n}\n",
        },
    ),
    _beside(
        "table-of-inetd-that-is-gone",
        "pass",
        {"/etc/inetd.conf": "2222 stream tcp nowait root /usr/sbin/sshd sshd -i\n"},
    ),
    _beside("second-sshd-masked", "pass", {UNITS + "second.service": File(link="/dev/null")}),
]
