"""Scenarios of the configuration of rsyslog, held against rsyslogd itself on a booted host as well."""

from __future__ import annotations

from typing import Any, Dict, Optional

from tests.scenarios.linux import File, Scenario

MAIN, ONE, TWO = "/etc/rsyslog.conf", "/etc/rsyslog.d/a.conf", "/etc/rsyslog.d/b.conf"
UNIT = "/etc/systemd/system/rsyslog.service"
RECEIVERS, FILES = {"query": "receivers"}, {"query": "files"}
NONE = {"empty": True}
CLOSED = {"each": {"fields": {"mode": {"mode_at_most": "0640"}}}}
TCP = 'module(load="imtcp")\ninput(type="imtcp" port="10514")\n'
LEGACY = "$ModLoad imtcp\n$InputTCPServerRun 10514\n"
INCLUDE = "$IncludeConfig /etc/rsyslog.d/*.conf\n"
LOG = "*.* /var/log/it\n"


def _receivers(name: str, verdict: str, main: str, more: Optional[Dict[str, Any]] = None, **keys: Any) -> Scenario:
    seen = {"state": "error" if verdict == "error" else "value"}
    return Scenario(name, RECEIVERS, NONE, verdict, seen, files={**(more or {}), MAIN: main}, **keys)


def _modes(name: str, modes: str, main: str, more: Optional[Dict[str, Any]] = None, **keys: Any) -> Scenario:
    verdict = "pass" if all(mode in ("0600", "0640", "0400") for mode in modes.split()) else "fail"
    return Scenario(name, FILES, CLOSED, verdict, {"state": "value"}, files={**(more or {}), MAIN: main}, **keys)


def _clear(name: str, verdict: str, main: str) -> Scenario:
    seen = {"state": "error" if verdict == "error" else "value"}
    return Scenario("sent-" + name, {"query": "forwards_in_clear"}, NONE, verdict, seen, files={MAIN: LOG + main})


DRIVER = 'global(DefaultNetstreamDriver="gtls")\n'
OLD_DRIVER = "$DefaultNetstreamDriver gtls\n$ActionSendStreamDriverMode 1\n"
PROVEN = "$ActionSendStreamDriverAuthMode x509/name\n"
FORWARD = 'action(type="omfwd" target="log.example.org" protocol="tcp" StreamDriverMode="1" StreamDriverAuthMode="x509/name"%s)\n'


BLOCKS = """template(name="l" type="list") { constant(value="x") property(name="msg") }
if $msg contains 'x' then { action(type="omfile" file="/var/log/a") } else if $msg contains 'y' then stop else { set $.a = 1; stop }
foreach ($.i in $.l) do { stop }
:msg, contains, "a" /var/log/b
& stop
*.info;auth.none {
$FileCreateMode 0640
action(type="omfile" file="/var/log/c")
}
"""


SCENARIOS = [
    _receivers("nothing-received", "pass", LOG),
    _receivers("over-several-lines", "fail", 'module(load="imtcp")\ninput(type="imtcp"\n  port="10514")\n' + LOG, wanted=[]),
    _receivers("words-apart", "fail", 'module\n(load="imtcp" ) input ( type = # c )\n /* ) */ "imtcp" port="10514" )\n' + LOG),
    _receivers("comment-over-several-lines", "pass", "/*\n" + TCP + "*/\n" + LOG),
    _receivers("commented-out", "pass", '#module(load="imtcp")\n  # ' + TCP.replace("\n", "\n#") + "\n" + LOG),
    _receivers("continued", "fail", "$ModLoad imtcp\n$InputTCPServerRun \\\n  10514\n" + LOG, wanted=[]),
    _receivers("comment-that-is-continued", "pass", "# x \\\n$ModLoad imtcp\n# y \\\n$InputTCPServerRun 10514\n" + LOG),
    _receivers("old-language-in-small-letters", "fail", LEGACY.lower() + LOG, wanted=[]),
    _receivers("in-an-include", "fail", INCLUDE + LOG, {ONE: TCP}, wanted=[]),
    _receivers("in-an-include-behind-a-tab", "fail", "$IncludeConfig\t/etc/rsyslog.d/*.conf\n" + LOG, {ONE: TCP}),
    _receivers("include-on-the-next-line", "fail", "$IncludeConfig \n /etc/rsyslog.d/a.conf\n" + LOG, {ONE: TCP}),
    _receivers("in-an-include-object", "fail", 'include(\n file="/etc/rsyslog.d/[a]*")\n' + LOG, {ONE: TCP}, wanted=[]),
    _receivers("include-that-is-off", "pass", 'include(file="/etc/rsyslog.d/" config.enabled="off")\n' + LOG, {ONE: TCP}),
    _receivers("not-included", "pass", INCLUDE + LOG, {ONE + "x": TCP, "/etc/rsyslog.d/.b.conf": TCP}),
    _receivers("folder-included", "fail", 'include(file="/etc/rsyslog.d")\n' + LOG, {"/etc/rsyslog.d/sub/x": TCP}),
    _receivers("text-included", "fail", r'include(text="module(load=\"imtcp\")\ninput(type=\"imtcp\" port=\"10514\")")' + "\n" + LOG),
    _receivers("include-of-nothing-that-may-be", "fail", 'include(file="/etc/no*" )\ninclude(file="/etc/none")\n' + TCP + LOG),
    _receivers("include-of-nothing", "error", LOG + "$IncludeConfig /etc/none.conf\n" + TCP),
    _receivers("include-leads-nowhere", "error", LOG + INCLUDE, {ONE: File(link="/nowhere")}),
    _receivers("includes-itself", "fail", INCLUDE + LOG, {ONE: INCLUDE + TCP, TWO: "$IncludeConfig /etc/rsyslog.conf\n"}),
    _receivers("comment-open-at-the-end-of-a-file", "pass", INCLUDE + LOG, {ONE: LOG + "/* open\n", TWO: TCP}),
    _receivers("input-that-is-off", "pass", 'input(type="imtcp" port="10514" config.enabled="no")\n' + LOG),
    _receivers("not-a-comment-behind-an-action", "fail", LOG + "*.* -/var/log/it2\n*.* :omusrmsg:* # /*\n" + TCP),
    _receivers("in-a-block", "fail", 'if $msg contains "x)" or ($msg == \'do\') then {\n' + LEGACY + "stop }\n" + LOG),
    _receivers("set-and-call", "fail", 'ruleset(name="rr") { /var/log/r\n}\nset $.x = "a\\"b" & \'then\';\ncall rr\n' + TCP + LOG),
    _receivers("call-of-one-letter", "error", "call r\n" + TCP + LOG),
    _receivers("crlf", "fail", (TCP + LOG).replace("\n", "\r\n"), wanted=[]),
    # rsyslogd starts with all of these, and goes by what stands before the place.
    _receivers("block-without-end", "error", LOG + 'ruleset(name="a") {\n*.* /var/log/a\n'),
    _receivers("block-that-an-old-action-swallows", "error", LOG + 'ruleset(name="a") { *.* /var/log/a }\n'),
    _receivers("end-without-block", "error", "}\n" + LOG),
    _receivers("block-of-nothing", "error", LOG + "{\n*.info /var/log/a\n}\n"),
    _receivers("empty-block", "error", LOG + "if $msg contains 'x' then { }\n"),
    _receivers("object-without-end", "error", LOG + 'action(type="omfile" file="/var/log/a"\n'),
    _receivers("filter-without-action", "error", LOG + "*.info\n"),
    _receivers("condition-without-action", "error", LOG + "if $msg contains 'x' then\n"),
    _receivers("else-of-nothing", "error", "else { stop }\n" + LOG),
    # A surprise: seen on 8.2302 and 8.2504, which then have no active actions and end.
    _receivers("all-directives-reset", "error", "$ResetConfigVariables\n" + LOG),
    _receivers("empty-ruleset", "pass", LOG + 'ruleset(name="a") { }\n'),
    _receivers("comment-without-end", "pass", LOG + "/* x\n"),
    _receivers("blocks", "pass", LOG + BLOCKS),
    _receivers("sign-that-rsyslogd-skips", "error", TCP + "%% x\n" + LOG),
    _receivers("module-that-the-environment-names", "error", "module(load=`echo $X`)\n" + LOG),
    _receivers("other-configuration", "error", LOG, {"/lib/systemd/system/rsyslog.service": "[Service]\nExecStart=/usr/sbin/rsyslogd -nf/etc/x\n"}),
    _receivers("stock-unit", "pass", LOG, {"/lib/systemd/system/rsyslog.service": "[Service]\nExecStart=/usr/sbin/rsyslogd -n -iNONE\n"}),
    _modes("mode-for-what-follows", "0644 0600", "*.* /var/log/it\n$FileCreateMode 0600\n*.* /var/log/it2\n", wanted="0640"),
    _modes("mode-of-three-digits", "0644", "$FileCreateMode 600\n*.* /var/log/it\n", wanted="0640"),
    _modes("mode-of-five-digits", "0060", "$FileCreateMode 00600\n*.* /var/log/it\n"),
    _modes("mode-in-quotes", "0600", '$FileCreateMode  0600 # c\n$FileCreateMode "0644"\n*.* /var/log/it\n'),
    _modes(
        "mode-of-each-language", "0644 0640 0600",
        '$FileCreateMode 0600\n*.* action(type="omfile" file="/var/log/it")\n'
        '*.* action(type="omfile" file="/var/log/it2" filecreatemode="0640")\n*.* :omfile:/var/log/it3\n', wanted="0640",
    ),
    _modes(
        "mode-of-the-module", "0600 0644 0640",
        'module(load="builtin:omfile" fileCreateMode="0600")\n*.* action(type="omfile" file="/var/log/it")\n'
        "*.* /var/log/it2\n$FileCreateMode 0640\n*.* /var/log/it3\n", wanted="0640",
    ),
    _modes("umask", "0640 0640", "*.* /var/log/it\n$FileCreateMode 0666\n*.* -/var/log/it2\n$Umask 0027\n"),
    _modes("umask-of-the-object", "0600", 'global(umask="0077")\n*.* /var/log/it\n$Umask 0022\n'),
    # As Red Hat's unit has it; what rsyslog's own configuration says comes after it.
    _modes("umask-of-the-unit", "0600", "*.* /var/log/it\n", {UNIT: "[Service]\nUMask=0066\nExecStart=/usr/sbin/rsyslogd -n\n"}),
    _modes("umask-that-is-taken-back", "0644", "*.* /var/log/it\n$Umask 0000\n", {UNIT: "[Service]\nUMask=0066\n"}),
    _modes("mode-within-a-ruleset", "0644", '$FileCreateMode 0600\nruleset(name="r") {\n$FileCreateMode 0644\nstop\n}\n*.* /var/log/it\n', wanted="0640"),
    _modes(
        "mode-of-blocks", "0600 0644 0600 0600",
        '$FileCreateMode 0600\n*.* {\n /var/log/it\n action(type="omfile"\n file="/var/log/it2")\n}\n'
        "if 1==1 then /var/log/it3\n& /var/log/it4\n", wanted="0640",
    ),
    _modes("mode-of-a-template", "0604", '$template l,"/var/log/it"\n$FileCreateMode 0604\n*.* ?l\n', wanted="0640"),
    Scenario("absent", RECEIVERS, {"any_of": [{"absent": True}, NONE]}, "pass", {"state": "absent"}),
    Scenario(
        "what-is-sent", {"query": "forwards"}, {"each": {"present": True}}, "pass",
        {"state": "value", "value": [
            {"file": MAIN, "line": 1, "text": "*.* @@log.example.org"},
            {"file": MAIN, "line": 2, "text": '*.* action(type="omfwd" target="log.example.org" pwd="(masked)")'},
        ]},
        files={MAIN: '*.* @@log.example.org\n*.* action(type="omfwd"\n  target="log.example.org"\n  pwd="x")\n' + LOG},
    ),
    _clear("nothing", "pass", ""),
    _clear("over-udp", "fail", "*.* @log.example.org\n"),
    _clear("over-tcp", "fail", "*.* @@log.example.org:6514\n"),
    _clear("old-language", "pass", OLD_DRIVER + PROVEN + "*.* @@(o)log.example.org:6514;RSYSLOG_SyslogProtocol23Format\n"),
    _clear("old-language-to-anybody", "fail", OLD_DRIVER + "*.* @@log.example.org\n"),
    _clear("old-language-set-behind-it", "fail", "*.* @@log.example.org\n" + OLD_DRIVER + PROVEN),
    _clear("old-language-reset", "error", OLD_DRIVER + PROVEN + "$ResetConfigVariables\n*.* @@log.example.org\n"),
    _clear("old-language-udp-all-the-same", "fail", OLD_DRIVER + PROVEN + "*.* @log.example.org\n"),
    _clear("new-language", "pass", DRIVER + FORWARD % ""),
    _clear("new-language-own-driver", "pass", FORWARD % ' StreamDriver="ossl"'),
    _clear("new-language-no-driver", "fail", FORWARD % ""),
    _clear("new-language-plain-driver", "fail", DRIVER + FORWARD % ' StreamDriver="ptcp"'),
    _clear("new-language-mode-off", "fail", DRIVER + FORWARD.replace('Mode="1"', 'Mode="0"') % ""),
    _clear("new-language-to-anybody", "fail", DRIVER + FORWARD.replace("x509/name", "anon") % ""),
    _clear("new-language-udp-where-nothing-is-said", "fail", DRIVER + FORWARD.replace(' protocol="tcp"', "") % ""),
    # Directives count for the old language only.
    _clear("new-language-behind-directives", "fail", OLD_DRIVER + PROVEN + 'action(type="omfwd" target="log.example.org" protocol="tcp")\n'),
    _clear("one-of-two", "fail", DRIVER + FORWARD % "" + "*.* @other.example.org\n"),
    _clear("to-this-host", "pass", "*.* @@127.0.0.1:514\n*.* @[::1]:514\n" + 'action(type="omfwd" target="localhost")\n'),
    _clear("relp", "pass", 'module(load="omrelp")\naction(type="omrelp" target="a" tls="on" tls.authMode="name")\n'),
    _clear("relp-in-the-clear", "fail", 'module(load="omrelp")\naction(type="omrelp" target="a")\n'),
    _clear("other-case", "fail", 'action(type="OmFwd" target="a" protocol="tcp")\n'),
    _clear("sender-that-is-made-up", "fail", 'module(load="omudpspoof")\naction(type="omudpspoof" target="a")\n'),
    _clear("other-module-of-the-old-language", "error", "$ModLoad omudpspoof\n*.* :omudpspoof:\n"),
    _clear("other-module", "error", 'module(load="omkafka")\naction(type="omkafka" broker=["a"] topic="b")\n'),
]  # fmt: skip
