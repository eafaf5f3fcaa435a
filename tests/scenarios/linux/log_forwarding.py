"""Scenarios of records that are sent to other hosts; what of each program counts is in the scenarios of rsyslog, syslog-ng and text_setting.

systemd-journal-upload 252 and 257 take a URL without a scheme, and one with HTTP in capital letters, as one of HTTPS.
"""

from __future__ import annotations

from typing import Any, Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.units import PROPERTIES
from tests.scenarios import boot
from tests.scenarios.linux import File, Part, Scenario
from tests.scenarios.linux.service import BOOTED

RSYSLOG, SYSLOG_NG, UPLOAD = "/etc/rsyslog.conf", "/etc/syslog-ng/syslog-ng.conf", "/etc/systemd/journal-upload.conf"
SENT = {
    "all_of": [
        {"any": {"fields": {"enabled": {"equals": True}, "active": {"equals": True}, "target": {"one_of": ["log.example"]}, "part": {"equals": ""}}}},
        {"each": {"fields": {"in_clear": {"equals": ""}}}},
    ]
}  # fmt: skip
NAMES = {RSYSLOG: "rsyslog", SYSLOG_NG: "syslog-ng", UPLOAD: "systemd-journal-upload"}
PROGRAMS = {
    RSYSLOG: "/usr/sbin/rsyslogd", SYSLOG_NG: "/usr/sbin/syslog-ng", UPLOAD: "/usr/lib/systemd/systemd-journal-upload",
}  # fmt: skip
DRIVER = 'global(DefaultNetstreamDriver="gtls")\n'
TLS = 'action(type="omfwd" target="log.example" protocol="tcp" StreamDriverMode="1" StreamDriverAuthMode="x509/name")\n'
RELP = 'module(load="omrelp")\naction(type="omrelp" target="log.example" port="2514" tls="on" tls.authMode="name")\n'
NG = "@version: 3.38\nsource i { internal(); };\ndestination d { %s };\nlog { source(i); destination(d); };\n"
NG_TLS = 'network("log.example" port(6514) transport("tls") tls(ca-dir("/etc/ssl/certs")));'
URL = "[Upload]\nURL=%s\n"
FOLDER, LACKING = "/usr/lib/x86_64-linux-gnu/rsyslog/", "the driver for TLS is not installed, so that nothing is sent"
UDP, PLAIN = "over UDP", "no TLS (StreamDriver, StreamDriverMode)"


def _show(name: str, state: str) -> str:
    active = {"on": "active", "stopped": "inactive", "off": "inactive"}[state]
    unit = {"on": "enabled", "stopped": "enabled", "off": "disabled"}[state]
    return "Id=%s\nNames=%s\nLoadState=loaded\nActiveState=%s\nUnitFileState=%s\n" % (name, name, active, unit)


def _case(
    name: str, verdict: str, main: str, text: str, rows: List[Dict[str, Any]], state: str = "on", **files: Any
) -> Scenario:
    """``rows``: what is seen of each statement that sends."""
    unit = NAMES[main] + ".service"
    command = "systemctl show --no-pager --property=%s -- %s" % (PROPERTIES, unit)
    linked = {} if state == "off" else {path: File(link=where) for path, where in boot.link(unit).items()}
    observed: Dict[str, Any] = (
        {"state": "error"}
        if verdict == "error"
        else {"state": "value", "value": [Part(by=NAMES[main], **row) for row in rows]}
    )
    return Scenario(
        name, {}, SENT, verdict, observed,
        files={PROGRAMS[main]: "", main: text, **BOOTED, **linked, **files},
        commands={command: _show(unit, state), "systemctl --version": "systemd 252 (252)\n"},
    )  # fmt: skip


def _rsyslog(name: str, text: str, *rows: Dict[str, Any], verdict: str = "fail", state: str = "on") -> Scenario:
    return _case("rsyslog: " + name, verdict, RSYSLOG, text, list(rows), state)


def _upload(name: str, text: str, *rows: Dict[str, Any], verdict: str = "fail") -> Scenario:
    return _case("upload: " + name, verdict, UPLOAD, text, list(rows))


def _row(in_clear: str = "", part: str = "", target: str = "log.example", **more: Any) -> Dict[str, Any]:
    return {"target": target, "in_clear": in_clear, "part": part, **more}


def _part(text: str) -> Dict[str, Any]:
    return _row(part="only what is selected before it is sent: " + text)


SOME = "which of the records come to this destination of syslog-ng is not followed"

NG_ALL = "log { source(s); destination(d); };"


def _ng(name: str, paths: str, part: str = "") -> Scenario:
    text = "source s { system(); internal(); };\ndestination d { %s };\n%s\n" % (NG_TLS, paths)
    return _case("syslog-ng: " + name, "fail" if part else "pass", SYSLOG_NG, text, [_row(part=part)])


FALSE_TARGET = 'action(type="omfwd" target=`echo $HOST` protocol="tcp")\n'
SCENARIOS = [
    Scenario("nothing is there", {}, SENT, "fail", {"state": "value", "value": []}),
    _rsyslog("nothing is sent", "*.* /var/log/it\n"),
    _rsyslog("encrypted", DRIVER + TLS, _row(active=True, enabled=True, file=RSYSLOG, line=2), verdict="pass"),
    _rsyslog("encrypted, of all", DRIVER + "*.* /var/log/it\n*.* " + TLS, _row(), verdict="pass"),
    _rsyslog("RELP", RELP, _row(), verdict="pass"),
    _rsyslog("name in capital letters", DRIVER + TLS.replace("log.example", "LOG.example"), _row(), verdict="pass"),
    _case("rsyslog: without its driver", "fail", RSYSLOG, DRIVER + TLS, [_row(LACKING)], **{FOLDER + "lmnsd_ptcp.so": ""}),
    _case("rsyslog: with a driver", "pass", RSYSLOG, DRIVER + TLS, [_row()], **{FOLDER + "lmnsd_ossl.so": ""}),
    _case("rsyslog: RELP without a driver", "pass", RSYSLOG, RELP, [_row()], **{FOLDER + "omrelp.so": ""}),
    _rsyslog("stopped", DRIVER + TLS, _row(active=False, enabled=True), state="stopped"),
    _rsyslog("switched off", DRIVER + TLS, _row(active=False, enabled=False), state="off"),
    _rsyslog("UDP", "*.* @log.example\n", _row(UDP)),
    _rsyslog("TCP", "*.* @@log.example:6514\n", _row(PLAIN)),
    _rsyslog("encrypted and in the clear beside it", DRIVER + TLS + "*.* @[fd00::1]\n", _row(), _row(UDP, target="fd00::1")),
    _rsyslog("another host", DRIVER + TLS.replace("log.example", "x.example"), _row(target="x.example")),
    _rsyslog("this host", "*.* @@127.0.0.1\n"),
    _rsyslog("some facilities", DRIVER + "mail.* " + TLS, _part("mail.*")),
    _rsyslog("all but some", DRIVER + "*.*;auth.none " + TLS, _part("*.*;auth.none")),
    _rsyslog("all but debugging", DRIVER + "*.info " + TLS, _row(), verdict="pass"),
    _rsyslog("all but what is usual", DRIVER + "*.notice " + TLS, _part("*.notice")),
    _rsyslog("a condition", DRIVER + "if $msg contains 'x' then " + TLS, _row(part="only what is selected before it is sent: if")),
    _rsyslog("a block", DRIVER + "if $msg contains 'x' then {\n" + TLS + "}\n",
             _row(part="it stands in a block, and which records come there is not followed")),
    _rsyslog("behind a block", DRIVER + "if $msg contains 'x' then {\n/var/log/x\n}\n" + TLS, _row(), verdict="pass"),
    _rsyslog("after some were thrown away", DRIVER + ':msg, contains, "x" stop\n' + TLS, _row(part="/etc/rsyslog.conf:2 throws records away before")),
    _rsyslog("after some were thrown away, as of old", DRIVER + "auth.* ~\n" + TLS, _row(part="/etc/rsyslog.conf:2 throws records away before")),
    _rsyslog("some other module", 'action(type="omkafka" topic="x")\n', verdict="error"),
    _rsyslog("target that only rsyslogd knows", FALSE_TARGET, verdict="error"),
    _ng("with all of the host", NG_ALL),
    _ng("in its place", "log { source { system(); }; destination(d); flags(flow-control); };"),
    _ng("from all sources", 'source other { file("/x"); }; log { destination(d); flags(catchall); };'),
    _ng("behind others", "destination e { }; log { source(s); filter { facility(mail); }; destination(e); };" + NG_ALL),
    _ng("through a filter", "log { source(s); filter { facility(mail); }; destination(d); };", SOME),
    _ng("through a parser", 'log { source(s); parser { csv-parser(columns("a")); }; destination(d); };', SOME),
    _ng("in a path within", "log { source(s); log { destination(d); }; };", SOME),
    _ng("of a file alone", 'source f { file("/x"); }; log { source(f); destination(d); };', SOME),
    _ng("of a source with a channel", "source c { channel { source { system(); }; filter { facility(mail); }; }; }; log { source(c); destination(d); };", SOME),
    _ng("of what nobody took", "destination e { }; log { source(s); destination(e); }; log { source(s); destination(d); flags(fallback); };", SOME),
    _ng("behind a last one", "destination e { }; log { source(s); destination(e); flags(final); };" + NG_ALL, SOME),
    _ng("behind a last one within", "destination e { }; log { source(s); log { destination(e); flags(final); }; };" + NG_ALL),
    _case("syslog-ng in the clear", "fail", SYSLOG_NG, NG % 'udp("log.example");', [_row(UDP, SOME)]),
    _case("syslog-ng, not followed", "error", SYSLOG_NG, NG % 'http(url("https://log.example"));', []),
    _upload("encrypted", URL % "https://log.example:19532", _row(active=True, enabled=True, line=2), verdict="pass"),
    _upload("no scheme", URL % "log.example", _row(), verdict="pass"),
    _upload("in the clear", URL % "http://log.example", _row("over HTTP in the clear")),
    _upload("any certificate", URL % "https://log.example" + "TrustedCertificateFile=-\n", _row("any receiver is taken (TrustedCertificateFile)")),
    _upload("own authority", URL % "https://log.example" + "TrustedCertificateFile=/etc/ssl/own.pem\n", _row(), verdict="pass"),
    _upload("this host", URL % "https://[::1]:19532"),
    _upload("no URL", "[Upload]\n# URL=\n"),
    Scenario("a file without its program", {}, SENT, "fail", {"state": "value", "value": []}, files={RSYSLOG: DRIVER + TLS, UPLOAD: URL % "log.example"}),
]  # fmt: skip
