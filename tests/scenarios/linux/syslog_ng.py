"""Scenarios of the configuration of syslog-ng, held against syslog-ng itself on a booted host as well."""

from __future__ import annotations

from typing import Any, Dict, Optional

from tests.scenarios.linux import File, Scenario

MAIN, ONE, TWO = "/etc/syslog-ng/syslog-ng.conf", "/etc/syslog-ng/conf.d/a.conf", "/etc/syslog-ng/conf.d/b~"
SCL = "/usr/share/syslog-ng/include/scl.conf"
UNIT = "/lib/systemd/system/syslog-ng.service"
NONE = {"empty": True}
CLOSED = {"each": {"fields": {"mode": {"mode_at_most": "0640"}}}}
VERSION = "@version: 3.38\n"
INCLUDE = '@include "/etc/syslog-ng/conf.d/*"\n'
NET = "source s { network(port(10514)); };\n"
USED = "log { source(s); };\n"
LOCAL = "source i { internal(); };\n"


def _receivers(name: str, verdict: str, main: str, more: Optional[Dict[str, Any]] = None) -> Scenario:
    seen = {"state": "error" if verdict == "error" else "value"}
    return Scenario(name, {"query": "receivers"}, NONE, verdict, seen, files={**(more or {}), MAIN: VERSION + main})


def _modes(name: str, modes: str, destination: str, common: str = "") -> Scenario:
    verdict = "pass" if all(mode in ("0600", "0640") for mode in modes.split()) else "fail"
    main = LOCAL + "destination d { %s };\nlog { source(i); destination(d); };\n%s" % (destination, common)
    return Scenario(
        "mode-" + name, {"query": "files"}, CLOSED, verdict, {"state": "value"}, files={MAIN: VERSION + main}
    )


def _clear(name: str, verdict: str, destination: str, more: str = "log { source(i); destination(d); };\n") -> Scenario:
    seen = {"state": "error" if verdict == "error" else "value"}
    main = VERSION + LOCAL + "destination d { %s };\n%s" % (destination, more)
    return Scenario("sent-" + name, {"query": "forwards_in_clear"}, NONE, verdict, seen, files={MAIN: main})


TLS = 'network("log.example.org" port(6514) transport("tls") tls(ca-dir("/etc/ssl/certs")%s));'

SCENARIOS = [
    _receivers("nothing-received", "pass", LOCAL + "log { source(i); };\n"),
    _receivers("in-a-log-path", "fail", NET + USED),
    _receivers("in-no-log-path", "pass", NET),
    _receivers("in-a-filter-alone", "pass", NET + LOCAL + 'log { source(i); filter { source("s") }; };\n'),
    _receivers("written-out-in-the-path", "fail", "log { source { udp(port(10514)); }; };\n"),
    _receivers("behind-an-if", "fail", NET + LOCAL + "log { if { source(s); } else { source(i); }; };\n"),
    _receivers("in-a-channel-of-a-source", "fail", "source s { channel { source { network(port(10514)); }; }; };\n" + USED),
    _receivers("in-a-junction", "fail", NET + LOCAL + "log { source(i); junction { channel { source(s); }; }; };\n"),
    _receivers("name-in-quotes", "fail", 'source "s x" { network(port("10514")); };\nlog { source("s x"); };\n'),
    _receivers("of-this-host-alone", "pass", 'source s { network(port(10515) ip("127.0.0.1")); };\n' + USED),
    _receivers("commented-out", "pass", "#" + NET + LOCAL + "log { source(i); # source(s); };\n};\n"),
    _receivers("in-a-text", "pass", LOCAL + 'template t { template("}; source s { network(port(10514)); }; \\""); };\nlog { source(i); };\n'),
    _receivers("over-several-lines", "fail", "source s {\n  network (\n    port(10514) ) ;\n}\n;\n" + USED),
    _receivers("behind-a-backslash", "fail", "source s { network\\\n(port(10514)); };\n" + USED),
    _receivers("word-cut-by-a-backslash", "error", "source s { net\\\nwork(port(10514)); };\n" + USED),
    _receivers("in-an-include", "fail", INCLUDE, {ONE: NET + USED}),
    _receivers("include-within-a-source", "fail", "source s {\n" + INCLUDE + "};\n" + USED, {ONE: "network(port(10514));\n"}),
    _receivers("glob-takes-all", "fail", INCLUDE, {ONE: LOCAL, TWO: NET + USED}),
    _receivers("folder-takes-plain-names", "pass", '@include "/etc/syslog-ng/conf.d"\n', {ONE: LOCAL, TWO: NET + USED}),
    _receivers("include-behind-a-blank", "error", " " + INCLUDE, {ONE: NET + USED}),
    _receivers("include-by-its-folder", "fail", '@include "conf.d/*.conf"\n', {ONE: NET + USED}),
    _receivers("include-of-nothing", "error", '@include "/etc/syslog-ng/none"\n' + NET + USED),
    _receivers("include-of-nothing-that-matches", "fail", '@include "/etc/syslog-ng/none*"\n' + NET + USED),
    _receivers("include-of-itself", "error", '@include "/etc/syslog-ng/syslog-ng.conf"\n' + NET + USED),
    _receivers("old-include", "error", 'include "/etc/syslog-ng/conf.d/*";\n', {ONE: NET + USED}),
    _receivers("defined-before", "fail", "@define kind network\n@define p 10514\nsource s { `kind`(port(`p`)); };\n" + USED),
    _receivers("defined-nowhere", "error", "source s { network(port(`NO_SUCH_PORT`)); };\n" + USED),
    # Comments are no exception to that.
    _receivers("backtick-in-a-comment", "error", "# it`s\n" + NET + USED),
    _receivers("block-that-is-not-used", "pass", "block source b(p(10514)) {\n network(port(`p`));\n # }\n};\n" + LOCAL + "log { source(i); };\n"),
    _receivers("block-that-is-used", "error", "block source b(p(10514)) {\n network(port(`p`));\n};\nsource s { b(); };\n" + USED),
    _receivers("behind-a-block", "fail", 'block source b() { file("/x}"); };\n' + NET + USED),
    _receivers("generator-that-is-used", "error", '@module confgen context(source) name(file) exec("/bin/x")\nsource s { file(); };\n' + USED),
    _receivers(
        "shipped-blocks-that-are-not-used", "pass", '@include "scl.conf"\n' + LOCAL + "log { source(i); };\n",
        {
            SCL: '@module appmodel\n@include "scl/*/*.conf"\n@define java-module-dir "`module-install-dir`/java-modules"\n',
            SCL[:-5] + "/a/plugin.conf": "@requires json-parser\nblock source b() { network(); };\napplication a[b] { parser { c(); }; };\n",
        },
    ),
    _receivers("unknown-source", "error", 'source s { python(class("x")); };\n' + USED),
    _receivers("source-that-is-not-there", "error", NET + "log { source(s); destination(d); };\n".replace("source(s)", "source(t)")),
    _receivers("defined-twice", "error", NET + NET + USED),
    _receivers("bracket-left-open", "error", NET + "log { source(s);\n"),
    _receivers("text-left-open", "error", NET + USED + 'template t "x;\n'),
    _receivers("other-configuration", "error", LOCAL, {UNIT: "[Service]\nExecStart=/usr/sbin/syslog-ng -F --cfgfile=/etc/x\n"}),
    _receivers("stock-unit", "pass", LOCAL, {UNIT: "[Service]\nExecStart=/usr/sbin/syslog-ng -F $SYSLOGNG_OPTS -p /run/syslogd.pid\n"}),
    _receivers("include-leads-nowhere", "error", INCLUDE + LOCAL, {ONE: File(link="/nowhere")}),
    _modes("where-nothing-is-said", "0600", 'file("/var/log/it");'),
    _modes("of-the-options-behind-it", "0644 0640", 'file("/var/log/it"); file("/var/log/it2" perm(0640));', "options { perm(0644); };\n"),
    # A decimal number, as `chmod 1200` would be.
    _modes("without-a-nought", "1200", 'file("/var/log/it" perm(640));'),
    _modes("in-hexadecimal", "0644", 'file("/var/log/it" perm(0x1a4));'),
    _modes("that-is-no-octal-number", "1261", 'file("/var/log/it" perm(0689));'),
    _modes("that-is-left-alone", "0600", 'file("/var/log/it" perm());', "options { perm(0644); };\n"),
    _modes("minus-one", "0644", 'file("/var/log/it" perm(-1));', "options { perm(0644); };\n"),
    _modes("said-twice", "0640", 'file("/var/log/it" perm(0666) perm(0640));'),
    _modes("in-a-channel", "0666", 'channel { destination { file("/var/log/it" perm(0666)); }; };'),
    Scenario(
        "mode-in-quotes", {"query": "files"}, CLOSED, "error", {"state": "error"},
        files={MAIN: VERSION + LOCAL + 'log { source(i); destination { file("/var/log/it" perm("0640")); }; };\n'},
    ),
    Scenario("absent", {"query": "receivers"}, {"any_of": [{"absent": True}, NONE]}, "pass", {"state": "absent"}),
    Scenario(
        "what-is-sent", {"query": "forwards"}, {"each": {"present": True}}, "pass",
        {"state": "value", "value": [
            {"file": MAIN, "line": 2, "text": "network(log.example.org transport(tls) port(6514) tls(...))"},
            {"file": MAIN, "line": 3, "text": "http()"},
        ]},
        files={MAIN: VERSION + "log { destination { " + TLS % "" + '\n http(url("https://u:secret@h") password("secret")); }; };\n'},
    ),
    _clear("nothing", "pass", 'file("/var/log/it");'),
    _clear("by-no-log-path", "pass", 'udp("log.example.org");', ""),
    _clear("over-udp", "fail", 'udp("log.example.org");'),
    _clear("over-tcp", "fail", 'tcp("log.example.org" port(514));'),
    _clear("by-network-where-nothing-is-said", "fail", 'network("log.example.org");'),
    _clear("by-syslog", "fail", 'syslog("log.example.org" transport(tcp));'),
    _clear("over-tls", "pass", TLS % ""),
    _clear("by-syslog-over-tls", "pass", TLS.replace("network", "syslog") % ""),
    _clear("by-tcp-with-tls", "pass", 'tcp6("log.example.org" tls(ca_file("/etc/ssl/certs/ca.pem")));'),
    _clear("over-tls-without-its-options", "fail", 'network("log.example.org" transport("tls"));'),
    _clear("over-tcp-with-options-for-tls", "fail", 'network("log.example.org" tls(ca-dir("/etc/ssl/certs")));'),
    _clear("to-anybody", "fail", TLS % " peer-verify(no)"),
    _clear("to-anybody-in-words", "fail", TLS % ' peer_verify("optional-untrusted")'),
    _clear("to-anybody-as-a-number", "fail", TLS % " peer-verify(0)"),
    _clear("to-one-that-is-trusted", "pass", TLS % " peer-verify(required-trusted)"),
    # What stands there is not looked at where the peer need not be trusted.
    _clear("to-keys-that-nobody-compares", "fail", TLS % ' peer-verify(required-untrusted) trusted-keys("SHA1:00")'),
    _clear("to-any-name", "fail", TLS % " ssl-options(ignore-hostname-mismatch)"),
    _clear("with-options-of-tls", "pass", TLS % " ssl-options(no-sslv2, no-tlsv1)"),
    _clear("to-this-host", "pass", 'udp("127.0.0.1"); network("localhost" port(601));'),
    _clear("to-this-host-or-another", "fail", 'network("127.0.0.1" failover(servers("log.example.org")));'),
    _clear("one-of-two", "fail", TLS % "" + ' udp("log.example.org");'),
    _clear("in-a-channel", "fail", 'channel { destination { udp("log.example.org"); }; };'),
    _clear("within-a-parser", "error", 'file("/x");', 'log { parser { channel { destination { udp("log.example.org"); }; }; }; };\n'),
    _clear("by-a-transport-of-a-plugin", "error", 'network("log.example.org" transport("text-with-nuls"));'),
    _clear("by-http", "error", 'http(url("https://log.example.org"));'),
    _clear("by-a-program", "error", 'program("/usr/local/bin/send");'),
    _clear("by-an-unknown-driver", "error", "kubernetes();"),
]  # fmt: skip
