"""Scenarios of chrony's configuration: what includes and folders bring, as ``chronyd -p`` prints it."""

from __future__ import annotations

from typing import Any, Dict

from tests.scenarios.linux import File, Scenario

MAIN, MORE = "/etc/chrony/chrony.conf", "/srv/c/a.conf"
SERVER = "server time.example.org iburst\n"
SOME = {"any": {"present": True}}
OWN = {"each": {"fields": {"argument": {"equals": "_chrony"}}}}


def _case(name: str, verdict: str, main: str, files: Dict[str, Any], query: str = "sources", **more: Any) -> Scenario:
    seen = {"state": "error" if verdict == "error" else "value"}
    expect = OWN if query == "users" else SOME
    return Scenario(name, {"query": query}, expect, verdict, seen, files={MAIN: main, **files}, **more)


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
    _case("stock-options", "pass", SERVER, {"/etc/default/chrony": 'DAEMON_OPTS="-F 1"\n'}),
    Scenario(
        "file-of-red-hat", {"query": "sources"}, SOME, "pass",
        {"state": "value", "value": [{"file": "/etc/chrony.conf", "line": 1, "argument": "time.example.org", "text": SERVER.rstrip()}]},
        files={"/etc/chrony.conf": SERVER},
    ),
    Scenario("absent", {"query": "sources"}, SOME, "fail", {"state": "absent"}),
]  # fmt: skip
