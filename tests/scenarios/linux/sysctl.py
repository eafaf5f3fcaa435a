"""Scenarios of kernel parameters: what runs, what the next boot sets."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Union

from tests.scenarios.linux import File, Part, Scenario
from tests.scenarios.sysctl_by_others import CASES, Others

KEY = "net.ipv4.conf.all.log_martians"
PROC = "/proc/sys/net/ipv4/conf/all/log_martians"
NAME = {"name": KEY}
ONE = {"equals": 1}
SNIPPET = "/etc/sysctl.d/60-hardening.conf"
APPLY = (("/lib/systemd/systemd-sysctl",),)
UFW = {
    "/etc/systemd/system/multi-user.target.wants/ufw.service": File(link="/lib/systemd/system/ufw.service"),
    "/lib/systemd/system/ufw.service": "[Service]\nExecStart=/lib/ufw/ufw-init start quiet\n",
    "/etc/default/ufw": 'IPV6=yes\nIPT_SYSCTL=/etc/ufw/sysctl.conf\nIPT_MODULES=""\n',
    "/etc/ufw/ufw.conf": "# comment\nENABLED=yes\nLOGLEVEL=low\n",
    "/etc/ufw/sysctl.conf": "net/ipv4/conf/all/log_martians=0\n",
}

Files = Dict[str, Union[str, bytes, File]]


def _case(
    name: str, verdict: str, files: Files, running: Optional[str], configured: Optional[str], **more: Any
) -> Scenario:
    planted: Files = {"/proc/sys/kernel/ostype": "Linux\n", **files}
    if running is not None:
        planted[PROC] = running + "\n"
    seen: Dict[str, Any] = {"running": running, "configured": configured}
    if "sources" in more:
        seen["sources"] = more.pop("sources")
    else:
        found = more.pop("line", None)
        seen["sources"] = [] if found is None else [found]
    seen["interfaces"] = more.pop("interfaces", [])
    seen["set_by"] = []
    seen["stated"] = more.pop("stated", configured is not None)
    more.setdefault("wanted", None if running is None else 1)
    return Scenario(name, NAME, ONE, verdict, {"state": "value", "value": seen}, files=planted, **more)


def _line(file: str, line: int, text: str) -> Dict[str, Any]:
    return {"file": file, "line": line, "value": text}


def _set(file: str, text: str) -> Files:
    return {file: "%s = %s\n" % (KEY, text)}


def _on_interfaces(
    name: str, verdict: str, key: str, own: Files, odd: List[Dict[str, str]], equals: int = 0, **more: Any
) -> Scenario:
    """The value asked for is right now and at the next boot; ``odd``: what is not on interfaces."""
    folder, _slash, parameter = key.replace(".", "/").rpartition("/all/")
    places = {"/proc/sys/" + key.replace(".", "/"): "%d\n" % equals}
    settings = "%s = %d\n" % (key, equals) + (
        "%s = %d\n" % (key.replace(".all.", ".default."), equals) if folder else ""
    )
    files: Files = {"/proc/sys/kernel/ostype": "Linux\n", **places, SNIPPET: settings}
    for interface in ("all", "default", "lo") if folder else ():
        files["/proc/sys/%s/%s/%s" % (folder, interface, parameter)] = "%d\n" % equals
    wanted = equals if verdict == "fail" else None
    return Scenario(
        name,
        {"name": key},
        {"equals": equals},
        verdict,
        {"state": "value", "value": Part(running=str(equals), configured=str(equals), interfaces=odd)},
        files={**files, **own},
        wanted=wanted,
        **more,
    )


def _running(interface: str, parameter: str, text: str, family: int = 4) -> Files:
    return {"/proc/sys/net/ipv%d/conf/%s/%s" % (family, interface, parameter): text + "\n"}


CONF = "net.ipv4.conf.all."
OWN = "/etc/sysctl.d/70-own.conf"
CREDENTIAL = "/etc/credstore/sysctl.extra"
INTERFACES = [
    _on_interfaces("interface-as-all", "pass", CONF + "rp_filter", _running("eth0", "rp_filter", "1"), [], 1),
    _on_interfaces("interface-without-it", "pass", CONF + "rp_filter", _running("eth0", "rp_filter", "0"), [], 1),
    _on_interfaces(
        "interface-is-loose",
        "fail",
        CONF + "rp_filter",
        _running("host0", "rp_filter", "2"),
        [{"name": "host0", "running": "2"}],
        1,
        on_host=True,
        host_commands=(*APPLY, ("sysctl", "-qw", "net.ipv4.conf.host0.rp_filter=2")),
    ),
    _on_interfaces(
        "interface-forwards",
        "fail",
        "net.ipv4.ip_forward",
        _running("eth0", "forwarding", "1"),
        [{"name": "eth0", "running": "1"}],
    ),
    _on_interfaces(
        "interface-will-forward",
        "fail",
        "net.ipv4.ip_forward",
        {OWN: "net.ipv4.conf.wg0.forwarding = 1\n"},
        [{"name": "wg0", "configured": "1"}],
    ),
    _on_interfaces(
        "interfaces-to-come-will-forward",
        "fail",
        "net.ipv4.ip_forward",
        {OWN: "net.ipv4.conf.wg*.forwarding = 1\n"},
        [{"name": "wg*", "configured": "1"}],
    ),
    _on_interfaces(
        "later-pattern-closes",
        "pass",
        "net.ipv4.ip_forward",
        {OWN: "net.ipv4.conf.wg*.forwarding = 1\nnet.ipv4.conf.*.forwarding = 0\n"},
        [],
    ),
    _on_interfaces(
        "interface-takes-redirects",
        "fail",
        CONF + "accept_redirects",
        _running("eth0", "accept_redirects", "1"),
        [{"name": "eth0", "running": "1"}],
    ),
    _on_interfaces(
        "forwarding-interface-takes-none",
        "pass",
        CONF + "accept_redirects",
        {**_running("eth0", "accept_redirects", "1"), **_running("eth0", "forwarding", "1")},
        [],
    ),
    _on_interfaces(
        "source-routes-by-both", "pass", CONF + "accept_source_route", _running("eth0", "accept_source_route", "1"), []
    ),
    _on_interfaces(
        "interface-sends-redirects",
        "fail",
        CONF + "send_redirects",
        {**_running("eth0", "send_redirects", "1"), OWN: "net/ipv4/conf/eth0.5/send_redirects = 1\n"},
        [{"name": "eth0", "running": "1"}, {"name": "eth0.5", "configured": "1"}],
    ),
    _on_interfaces(
        "ipv6-by-interface-alone",
        "fail",
        "net.ipv6.conf.all.accept_ra",
        _running("eth0", "accept_ra", "2", 6),
        [{"name": "eth0", "running": "2"}],
    ),
    _on_interfaces(
        "ipv6-forwards-by-all-alone", "pass", "net.ipv6.conf.all.forwarding", _running("eth0", "forwarding", "1", 6), []
    ),
    _on_interfaces(
        "ipv6-forced-to-forward",
        "fail",
        "net.ipv6.conf.all.forwarding",
        _running("eth0", "force_forwarding", "1", 6),
        [{"name": "eth0", "running": "1"}],
    ),
]


def _by_others(case: Others) -> Scenario:
    """The value asked for is right now and in the files; ``says``: what others set it to."""
    place = case.key.replace(".", "/")
    settings = "%s = %d\n" % (case.key, case.equals)
    said = [dict(zip(("by", "name", "value", "file", "line"), one)) for one in case.says]
    observed = {"state": "value", "value": Part(running=str(case.equals), set_by=said)}
    return Scenario(
        case.id,
        {"name": case.key},
        {"equals": case.equals},
        case.verdict,
        {"state": "error"} if case.verdict == "error" else observed,
        files={SNIPPET: settings, "/proc/sys/%s" % place: "%d\n" % case.equals, **case.files},
        commands={"systemctl --version": "systemd %d (%d-1)\n" % (case.systemd, case.systemd)},
    )


GRUB = "/boot/grub/grub.cfg"
ENTRY, OPTIONS = "/boot/loader/entries/%s.conf", "options ro sysctl.net.ipv4.conf.all.log_martians=%s\n"
ON_COMMAND_LINE = "linux /vmlinuz root=/dev/vda1 ro sysctl.net.ipv4.conf.all.log_martians=%s\n"


def _booted(name: str, verdict: str, grub: str, configured: Optional[str], files: Files, **more: Any) -> Scenario:
    """``grub``: the entries of the boot loader; one that sets the parameter is its source."""
    return _case(name, verdict, {GRUB: grub, **files}, "1", configured, wanted=None, **more)


SCENARIOS = [
    _booted("on-the-command-line", "pass", ON_COMMAND_LINE % "1" * 2, "1", {}, line=_line(GRUB, 0, "1"), stated=False),
    _booted("in-one-entry-alone", "fail", ON_COMMAND_LINE % "1" + "linux /vmlinuz ro single\n", None, {}),
    _booted(
        "in-entries-of-their-own",
        "pass",
        "",
        "1",
        {ENTRY % "a": OPTIONS % "1", ENTRY % "b": OPTIONS % "1"},
        line=_line(ENTRY % "a", 1, "1"),
        stated=False,
    ),
    _booted(
        "in-one-entry-of-its-own-alone", "fail", "", None, {ENTRY % "a": OPTIONS % "1", ENTRY % "b": "options ro\n"}
    ),
    _booted(
        "beside-an-entry-without-options", "fail", "", None, {ENTRY % "a": OPTIONS % "1", ENTRY % "b": "title x\n"}
    ),
    _booted("beside-an-entry-of-the-menu", "fail", "\tlinux /vmlinuz ro\n", None, {ENTRY % "a": OPTIONS % "1"}),
    _booted(
        "beside-a-loader-that-is-not-read",
        "fail",
        ON_COMMAND_LINE % "1",
        None,
        {"/boot/extlinux/extlinux.conf": "append ro\n"},
    ),
    _booted(
        "beside-an-entry-of-systemd-boot",
        "fail",
        ON_COMMAND_LINE % "1",
        None,
        {"/efi/loader/loader.conf": "editor no\n", "/efi/loader/entries/a.conf": "linux /a\noptions ro\n"},
    ),
    _booted(
        "beside-an-entry-that-cannot-be-read",
        "fail",
        "",
        None,
        {ENTRY % "a": OPTIONS % "1", ENTRY % "b": File(directory=True)},
    ),
    _booted(
        "file-behind-the-command-line",
        "fail",
        ON_COMMAND_LINE % "1",
        "0",
        _set(SNIPPET, "0"),
        sources=[_line(GRUB, 0, "1"), _line(SNIPPET, 1, "0")],
    ),
    *(_by_others(case) for case in CASES),
    _case(
        "right", "pass", _set(SNIPPET, "1"), "1", "1", line=_line(SNIPPET, 1, "1"), on_host=True, host_commands=APPLY
    ),
    _case(
        "wrong", "fail", _set(SNIPPET, "0"), "0", "0", line=_line(SNIPPET, 1, "0"), on_host=True, host_commands=APPLY
    ),
    _case(
        "file-right-running-wrong",
        "fail",
        _set(SNIPPET, "1"),
        "0",
        "1",
        line=_line(SNIPPET, 1, "1"),
        on_host=True,
        host_commands=(("sh", "-c", "echo 0 > " + PROC),),
    ),
    _case(
        "running-right-file-wrong",
        "fail",
        _set(SNIPPET, "0"),
        "1",
        "0",
        line=_line(SNIPPET, 1, "0"),
        on_host=True,
        host_commands=(("sh", "-c", "echo 1 > " + PROC),),
    ),
    _case(
        "running-right-no-file", "fail", {}, "1", None, on_host=True, host_commands=(("sh", "-c", "echo 1 > " + PROC),)
    ),
    _case("system-default", "fail", {}, "0", None, on_host=True),
    _case(
        "commented-out",
        "fail",
        {SNIPPET: "# %s = 1\n;%s=1\n" % (KEY, KEY)},
        "0",
        None,
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "last-line-wins",
        "fail",
        {SNIPPET: "%s=1\n%s=0\n" % (KEY, KEY)},
        "0",
        "0",
        sources=[_line(SNIPPET, 1, "1"), _line(SNIPPET, 2, "0")],
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "later-name-wins-over-directory-order",
        "fail",
        {**_set(SNIPPET, "1"), **_set("/usr/lib/sysctl.d/70-vendor.conf", "0")},
        "0",
        "0",
        sources=[_line(SNIPPET, 1, "1"), _line("/usr/lib/sysctl.d/70-vendor.conf", 1, "0")],
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "same-name-in-etc-hides-vendor",
        "pass",
        {**_set("/etc/sysctl.d/70-vendor.conf", "1"), **_set("/usr/lib/sysctl.d/70-vendor.conf", "0")},
        "1",
        "1",
        line=_line("/etc/sysctl.d/70-vendor.conf", 1, "1"),
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "link-to-null-hides-vendor",
        "fail",
        {**_set("/usr/lib/sysctl.d/70-vendor.conf", "1"), "/etc/sysctl.d/70-vendor.conf": File(link="/dev/null")},
        "0",
        None,
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "dangling-link-hides-vendor",
        "fail",
        {**_set("/usr/lib/sysctl.d/70-vendor.conf", "1"), "/etc/sysctl.d/70-vendor.conf": File(link="/nowhere")},
        "0",
        None,
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "local-lib-hides-lib",
        "pass",
        {**_set("/usr/local/lib/sysctl.d/70-x.conf", "1"), **_set("/usr/lib/sysctl.d/70-x.conf", "0")},
        "1",
        "1",
        line=_line("/usr/local/lib/sysctl.d/70-x.conf", 1, "1"),
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "run-does-not-last", "fail", _set("/run/sysctl.d/60-x.conf", "1"), "1", None, on_host=True, host_commands=APPLY
    ),
    _case(
        "not-a-conf-file",
        "fail",
        _set("/etc/sysctl.d/60-x.conf.bak", "1"),
        "0",
        None,
        on_host=True,
        host_commands=APPLY,
    ),
    _case("hidden-file", "fail", _set("/etc/sysctl.d/.60-x.conf", "1"), "0", None, on_host=True, host_commands=APPLY),
    _case(
        "sysctl-conf-through-link",
        "pass",
        {**_set("/etc/sysctl.conf", "1"), "/etc/sysctl.d/99-sysctl.conf": File(link="../sysctl.conf")},
        "1",
        "1",
        line=_line("/etc/sysctl.d/99-sysctl.conf", 1, "1"),
    ),
    _case("sysctl-conf-without-link", "fail", _set("/etc/sysctl.conf", "1"), "1", None),
    _case(
        "slashes-and-odd-spacing",
        "pass",
        {SNIPPET: "\t net/ipv4/conf/all/log_martians=\t1 \t\r\n"},
        "1",
        "1",
        line=_line(SNIPPET, 1, "1"),
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "leading-slash",
        "pass",
        {SNIPPET: "/net/ipv4/conf/all/log_martians = 1"},
        "1",
        "1",
        line=_line(SNIPPET, 1, "1"),
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "dash-means-failure-is-fine",
        "pass",
        {SNIPPET: "-%s = 1\n" % KEY},
        "1",
        "1",
        line=_line(SNIPPET, 1, "1"),
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "odd-case-is-another-key",
        "fail",
        {SNIPPET: KEY.upper() + " = 1\n"},
        "0",
        None,
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "byte-order-mark-spoils-the-key",
        "fail",
        {SNIPPET: "\ufeff%s = 1\n" % KEY},
        "0",
        None,
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "text-behind-the-value",
        "fail",
        {SNIPPET: "%s = 1 # on\n" % KEY},
        "1",
        "1 # (masked)",
        line=_line(SNIPPET, 1, "1 # (masked)"),
    ),
    _case(
        "pattern",
        "pass",
        {SNIPPET: "net.ipv4.conf.*.log_martians = 1\n"},
        "1",
        "1",
        line=_line(SNIPPET, 1, "1"),
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "named-key-before-later-pattern",
        "fail",
        {SNIPPET: "%s=0\nnet.ipv4.conf.*.log_martians = 1\n" % KEY},
        "0",
        "0",
        sources=[_line(SNIPPET, 1, "0"), _line(SNIPPET, 2, "1")],
        interfaces=[{"name": "*", "configured": "1"}],
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "key-taken-out-of-pattern",
        "fail",
        {SNIPPET: "net.ipv4.conf.*.log_martians = 1\n-%s\n" % KEY},
        "0",
        None,
        line=_line(SNIPPET, 1, "1"),
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "dash-alone-takes-a-named-key-out",
        "fail",
        {SNIPPET: "%s = 1\n-%s\n" % (KEY, KEY)},
        "0",
        None,
        line=_line(SNIPPET, 1, "1"),
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "repeated-pattern-keeps-its-place",
        "fail",
        {
            SNIPPET: "net.ipv4.conf.a*.log_martians=1\nnet.ipv4.conf.*l.log_martians=0\nnet.ipv4.conf.a*.log_martians=1\n"
        },
        "0",
        "0",
        sources=[_line(SNIPPET, 1, "1"), _line(SNIPPET, 2, "0"), _line(SNIPPET, 3, "1")],
        interfaces=[{"name": "a*", "configured": "1"}],
        on_host=True,
        host_commands=APPLY,
    ),
    _case(
        "ufw-overrides",
        "fail",
        {**_set(SNIPPET, "1"), **UFW},
        "0",
        "0",
        sources=[_line(SNIPPET, 1, "1"), _line("/etc/ufw/sysctl.conf", 1, "0")],
        stated=False,
    ),
    _case(
        "only-ufw-sets-it",
        "pass",
        {**UFW, "/etc/ufw/sysctl.conf": "net/ipv4/conf/all/log_martians=1\n"},
        "1",
        "1",
        line=_line("/etc/ufw/sysctl.conf", 1, "1"),
        stated=False,
        wanted=None,
    ),
    _case(
        "ufw-switched-off",
        "pass",
        {**_set(SNIPPET, "1"), **UFW, "/etc/ufw/ufw.conf": "ENABLED=no\n"},
        "1",
        "1",
        line=_line(SNIPPET, 1, "1"),
    ),
    _case(
        "ufw-removed-but-its-files-left",
        "pass",
        {**_set(SNIPPET, "1"), **{path: text for path, text in UFW.items() if not path.startswith("/lib")}},
        "1",
        "1",
        line=_line(SNIPPET, 1, "1"),
    ),
    _case("kernel-has-no-such-key", "fail", _set(SNIPPET, "1"), None, "1", line=_line(SNIPPET, 1, "1")),
    _case(
        "name-that-is-not-utf-8",
        "pass",
        {**_set(SNIPPET, "1"), "/etc/sysctl.d/50-\udcff.conf": KEY + " = 0\n"},
        "1",
        "1",
        sources=[_line("/etc/sysctl.d/50-\\xff.conf", 1, "0"), _line(SNIPPET, 1, "1")],
    ),
    Scenario(
        "blanks-between-fields",
        {"name": "net.ipv4.tcp_rmem"},
        {"equals": "4096 131072 6291456"},
        "pass",
        {
            "state": "value",
            "value": {
                "running": "4096 131072 6291456",
                "configured": "4096 131072 6291456",
                "sources": [_line(SNIPPET, 1, "4096 131072 6291456")],
                "stated": True,
                "interfaces": [],
                "set_by": [],
            },
        },
        files={
            SNIPPET: "net.ipv4.tcp_rmem=4096   131072\t6291456\n",
            "/proc/sys/net/ipv4/tcp_rmem": "4096\t131072\t6291456\n",
        },
        on_host=True,
        host_commands=APPLY,
    ),
    Scenario(
        "dot-inside-an-interface-name",
        {"name": "net.ipv4.conf.eth0/100.log_martians"},
        ONE,
        "pass",
        {
            "state": "value",
            "value": {
                "running": "1",
                "configured": "1",
                "sources": [_line(SNIPPET, 1, "1")],
                "stated": True,
                "interfaces": [],
                "set_by": [],
            },
        },
        files={
            SNIPPET: "net/ipv4/conf/eth0.100/log_martians=1\n",
            "/proc/sys/net/ipv4/conf/eth0.100/log_martians": "1\n",
        },
    ),
    Scenario(
        "directory-in-place-of-a-snippet",
        NAME,
        ONE,
        "error",
        {"state": "error", "reason": "/etc/sysctl.d/60-hardening.conf is not a regular file"},
        files={SNIPPET: File(directory=True), PROC: "1\n"},
    ),
    Scenario(
        "snippet-in-a-loop-of-links",
        NAME,
        ONE,
        "error",
        {"state": "error", "reason": "/etc/sysctl.d/60-hardening.conf: too many levels of symbolic links"},
        files={SNIPPET: File(link="60-hardening.conf"), PROC: "1\n"},
    ),
    Scenario(
        "snippet-too-large",
        NAME,
        ONE,
        "error",
        {"state": "error", "reason": "/etc/sysctl.d/60-hardening.conf is larger than 4194304 bytes and was not read"},
        files={SNIPPET: "#" * 4194305, PROC: "1\n"},
    ),
    Scenario(
        "no-proc",
        NAME,
        ONE,
        "error",
        {"state": "error", "reason": "/proc/sys is not there; running kernel parameters cannot be read"},
        files=_set(SNIPPET, "1"),
    ),
    Scenario(
        "ufw-file-by-a-variable",
        NAME,
        ONE,
        "error",
        {"state": "error", "reason": "/etc/default/ufw: '$HOME/sysctl.conf' is not a plain text"},
        files={**_set(SNIPPET, "1"), **UFW, "/etc/default/ufw": "IPT_SYSCTL=$HOME/sysctl.conf\n", PROC: "1\n"},
    ),
    *(
        Scenario(
            "greater-one-stays-%s" % place,
            {"name": "kernel.yama.ptrace_scope"},
            {"equals": 2},
            "fail",
            {"state": "value"},
            files={
                "/proc/sys/kernel/yama/ptrace_scope": running + "\n",
                SNIPPET: "kernel.yama.ptrace_scope = %s\n" % configured,
            },
            wanted={"at_least": 1},
        )
        for place, running, configured in (("running", "2", "0"), ("configured", "0", "2"))
    ),
    Scenario(
        "key-that-leads-out-of-proc",
        {"name": "/../../etc/shadow"},
        ONE,
        "error",
        {"state": "error", "reason": "'/../../etc/shadow' is not the name of one kernel parameter"},
    ),
    *INTERFACES,
    _case(
        "credential-behind-all-files",
        "fail",
        {**_set(SNIPPET, "1"), **_set(CREDENTIAL, "0")},
        "1",
        "0",
        sources=[_line(SNIPPET, 1, "1"), _line(CREDENTIAL, 1, "0")],
        on_host=True,
        host_commands=(("systemctl", "restart", "systemd-sysctl"), ("sysctl", "-qw", KEY + "=1")),
    ),
    _case(
        "credential-of-a-systemd-that-reads-none",
        "pass",
        {
            **_set(SNIPPET, "1"),
            **_set(CREDENTIAL, "0"),
            "/usr/lib/systemd/system/systemd-sysctl.service": "[Service]\nExecStart=/lib/systemd/systemd-sysctl\n",
        },
        "1",
        "1",
        line=_line(SNIPPET, 1, "1"),
    ),
    Scenario(
        "applied-by-nothing",
        NAME,
        ONE,
        "error",
        {
            "state": "error",
            "reason": "systemd-sysctl.service is masked, so no file of sysctl.d is applied at boot; unmask it",
        },
        files={**_set(SNIPPET, "1"), PROC: "1\n", "/etc/systemd/system/systemd-sysctl.service": File(link="/dev/null")},
    ),
]
