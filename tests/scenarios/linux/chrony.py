"""Scenarios of chrony's configuration: what includes and folders bring, as ``chronyd -p`` prints it."""

from __future__ import annotations

from typing import Any, Dict

from tests.scenarios.linux import File, Scenario

MAIN, MORE = "/etc/chrony/chrony.conf", "/srv/c/a.conf"
UNIT, SNIPPET = "/etc/systemd/system/chrony.service", "/usr/lib/systemd/system/chrony.service.d/a.conf"
SERVER = "server time.example.org iburst\n"
SOME = {"any": {"present": True}}
OWN = {"each": {"fields": {"argument": {"equals": "_chrony"}}}}


def _case(name: str, verdict: str, main: str, files: Dict[str, Any], query: str = "sources", **more: Any) -> Scenario:
    seen = {"state": "error" if verdict == "error" else "value"}
    expect = OWN if query == "users" else SOME
    return Scenario(name, {"query": query}, expect, verdict, seen, files={MAIN: main, **files}, **more)


OWN_UNIT = "/etc/systemd/system/clock.service"
OWN_WANTED = {"/etc/systemd/system/multi-user.target.wants/clock.service": File(link=OWN_UNIT)}
SCENARIOS = [
    _case("right", "pass", SERVER, {}),
    _case("capitals-and-tabs", "pass", "\tSERVER\ttime.example.org\n", {}),
    _case("comments", "fail", "".join(sign + SERVER for sign in "#!;%"), {}),
    _case("included", "pass", "include /srv/c/*.conf\n", {MORE: SERVER}),
    _case("included-folder", "pass", "Confdir /srv/none /srv/c\n", {MORE: SERVER}),
    _case("hidden-by-another-folder", "fail", "confdir /srv/b /srv/c\n", {MORE: SERVER, "/srv/b/a.conf": "# x\n"}),
    _case("file-of-another-name", "fail", "confdir /srv/c\nsourcedir /srv/c\n", {MORE + "x": SERVER}),
    _case("source-folder", "pass", "sourcedir /srv/c\n", {"/srv/c/a.sources": SERVER}),
    _case("nothing-that-a-pattern-finds", "fail", "include /srv/none*\n", {}),
    _case("include-of-nothing", "error", SERVER + "include /srv/none\n", {}),
    _case("include-that-leads-nowhere", "error", SERVER + "include /srv/c/*\n", {MORE: File(link="/nowhere")}),
    _case("includes-itself", "error", "include %s\n" % MAIN, {}),
    _case("no-user", "pass", SERVER, {}, "users"),
    _case("user-in-an-include", "fail", "user _chrony\ninclude /srv/c/a.conf\n", {MORE: "user root\n"}, "users"),
    _case("fix-user", "fail", "User root\nconfdir /etc/chrony/conf.d\n", {"/etc/chrony/conf.d/a.conf": "user x\nuser _chrony\n"}, "users", wanted="_chrony"),
    _case("user-in-a-source-folder", "pass", "sourcedir /srv/c\n", {"/srv/c/a.sources": "user root\n"}, "users"),
    _case("other-configuration", "error", SERVER, {"/etc/default/chrony": 'DAEMON_OPTS="-F 1 -f /srv/c"\n'}),
    *(
        _case("user-of-the-unit-%d" % number, verdict, SERVER, {UNIT: "[Service]\n" + unit, **files}, "users")
        for number, (verdict, unit, files) in enumerate(
            [
                ("pass", "EnvironmentFile=-/etc/default/chrony\nExecStart=!/usr/sbin/chronyd $DAEMON_OPTS\n", {}),
                ("pass", "ExecStart=!/usr/lib/systemd/scripts/chronyd-starter.sh $DAEMON_OPTS\n", {}),
                ("pass", "ExecStart=/usr/sbin/chronyd -n -u _chrony -F 1\n", {}),
                ("pass", "ExecStart=-/usr/sbin/chronyd -F 1\n", {}),
                ("pass", "ExecStart=-/usr/sbin/chronyd $O\n", {}),
                ("fail", "ExecStart=-/usr/sbin/chronyd -u root\n", {}),
                ("error", "ExecStart=-/usr/sbin/chronyd 'user root'\n", {}),
                ("fail", "ExecStart=/usr/sbin/chronyd -n -u root\n", {}),
                ("fail", "ExecStart=/usr/sbin/chronyd -nuroot\n", {}),
                ("fail", "ExecStart=/usr/sbin/chronyd $O\nEnvironment='X=1' \"O=-F 1 -u root\"\n", {}),
                ("pass", 'ExecStart=/usr/sbin/chronyd $O\nEnvironment="P=-u root"\n', {}),
                ("fail", "ExecStart=/usr/sbin/chronyd $O\nEnvironmentFile=-/etc/other\n", {"/etc/other": 'O="-u root"\n'}),
                ("fail", "ExecStart=/usr/sbin/chronyd\n", {SNIPPET: "[Service]\nExecStart=\nExecStart=/usr/sbin/chronyd -u root\n"}),
                ("pass", "ExecStart=/usr/sbin/chronyd -u root\n", {SNIPPET: "[Service]\nExecStart=\nExecStart=/usr/sbin/chronyd\n"}),
                ("error", "ExecStart=/usr/sbin/chronyd 'server 192.0.2.1' 'user root'\n", {}),
                ("error", "ExecStart=/usr/sbin/chronyd $O\nEnvironment=\"O='user root'\"\n", {}),
                ("error", "ExecStart=/opt/site/clock\n", {}),
            ]
        )
    ),
    # A chronyd that the site built and starts by a unit of its own; the file of the package that was there is left.
    *(
        _case("own-unit-" + name, verdict, SERVER, {OWN_UNIT: "[Service]\n%s\n" % start, **more}, "users")
        for name, verdict, start, more in (
            ("with-another-file", "error", "ExecStart=/usr/local/sbin/chronyd -f /usr/local/etc/chrony.conf", OWN_WANTED),
            ("by-its-name-alone", "error", "ExecStart=-chronyd -f /usr/local/etc/chrony.conf", OWN_WANTED),
            ("in-quotes", "error", 'ExecStart="/usr/local/sbin/chronyd" -f /usr/local/etc/chrony.conf', OWN_WANTED),
            ("of-another-program", "error", "ExecStart=/usr/local/sbin/chronyd", OWN_WANTED),
            ("that-starts-the-packages", "fail", "ExecStart=/usr/sbin/chronyd -u root", OWN_WANTED),
            ("that-starts-something-else", "pass", "ExecStart=/usr/bin/chronyc -f /srv/x", OWN_WANTED),
            ("that-nothing-starts", "pass", "ExecStart=/usr/local/sbin/chronyd -f /srv/x", {}),
        )
    ),
    _case("stock-options", "pass", SERVER, {"/etc/default/chrony": 'DAEMON_OPTS="-F 1"\n'}),
    Scenario(
        "file-of-red-hat", {"query": "sources"}, SOME, "pass",
        {"state": "value", "value": [{"file": "/etc/chrony.conf", "line": 1, "argument": "time.example.org", "text": SERVER.rstrip()}]},
        files={"/etc/chrony.conf": SERVER},
    ),
    Scenario("absent", {"query": "sources"}, SOME, "fail", {"state": "absent"}),
]  # fmt: skip
