"""Scenarios of files: modes, links, patterns."""

from __future__ import annotations

from typing import Any

from tests.scenarios.linux import File, Scenario

PATH = "/etc/secret"
MODE = {"fields": {"mode": {"mode_at_most": "0640"}}}


def _case(name: str, verdict: str, planted: Any, observed: Any) -> Scenario:
    files = {PATH: planted, "/etc/passwd": "", "/etc/group": ""}
    wanted = {"mode": "0640"} if verdict != "error" else None
    return Scenario(name, {"path": PATH}, MODE, verdict, observed, files=files, wanted=wanted)


def _keys(name: str, verdict: str, planted: Any) -> Scenario:
    address = {"glob": "/etc/ssh/*", "pattern": "^-----BEGIN .*PRIVATE KEY-----"}
    files = {"/etc/ssh/key": planted, "/etc/ssh/other": File("x", 0o644), "/etc/passwd": "", "/etc/group": ""}
    return Scenario(
        name,
        address,
        {"each": {"fields": {"mode": {"mode_at_most": "0600"}}}},
        verdict,
        {"state": "value"},
        files=files,
    )


def _below(name: str, verdict: str, planted: Any, state: str = "value") -> Scenario:
    """Files at any depth."""
    files = {"/etc/passwd": "", "/etc/group": "", "/var/log/plain.log": File("x", 0o640), **planted}
    address = {"glob": "/var/log/**"}
    return Scenario(name, address, {"each": MODE}, verdict, {"state": state}, files=files)


SCENARIOS = [
    _case("right", "pass", File("x", 0o640), {"state": "value"}),
    _case("tighter", "pass", File("x", 0o400), {"state": "value"}),
    _case("world-readable", "fail", File("x", 0o644), {"state": "value"}),
    _case("set-user-id", "fail", File("x", 0o4640), {"state": "value"}),
    _case("dangling-link", "error", File(link="nowhere"), {"state": "error"}),
    _case("link-to-itself", "error", File(link="secret"), {"state": "error"}),
    *(
        Scenario(
            "included-by-sshd-%s" % name,
            {"included_by": "/etc/ssh/sshd_config", **({"folders": True} if folders else {})},
            {
                "any_of": [
                    {"absent": True},
                    {"each": {"fields": {"mode": {"mode_at_most": "0755" if folders else "0600"}}}},
                ]
            },
            verdict,
            {},
            files={"/etc/passwd": "", "/etc/group": "", "/srv/a.conf": File("Include b.conf\n", 0o600), **files},
        )
        for name, folders, verdict, files in (
            ("closed", False, "pass", {"/etc/ssh/sshd_config": "Include /srv/*.conf\n"}),
            (
                "in-a-match-block",
                False,
                "fail",
                {"/etc/ssh/sshd_config": "Match User x\nInclude /srv/b.conf\n", "/srv/b.conf": File("", 0o644)},
            ),
            (
                "by-what-is-included",
                False,
                "fail",
                {"/etc/ssh/sshd_config": "Include /srv/a.conf\n", "/etc/ssh/b.conf": File("", 0o644)},
            ),
            ("without-a-configuration", False, "pass", {}),
            ("from-a-folder-of-root", True, "pass", {"/etc/ssh/sshd_config": "Include /srv/*.conf\n"}),
            (
                "from-an-open-folder",
                True,
                "fail",
                {
                    "/etc/ssh/sshd_config": "Include /tmp/x/*\n",
                    "/tmp/x": File(directory=True, mode=0o777),
                    "/tmp/x/a": File("", 0o600),
                },
            ),
        )
    ),
    Scenario("absent", {"path": PATH}, MODE, "fail", {"state": "absent"}),
    # What is there is not taken for missing because something else is.
    Scenario(
        "of-nobody-knows-whom",
        {"path": PATH},
        {"any_of": [{"absent": True}, MODE]},
        "error",
        {"state": "error", "reason": "/etc/passwd is not there, and nobody knows who owns what"},
        files={PATH: File("x", 0o666)},
    ),
    _keys("private-key-right", "pass", File("-----BEGIN OPENSSH PRIVATE KEY-----\n", 0o600)),
    _keys("private-key-open", "fail", File("-----BEGIN OPENSSH PRIVATE KEY-----\n", 0o640)),
    _below("below-right", "pass", {"/var/log/a/b/c/d/e.log": File("x", 0o640)}),
    _below("below-deep", "fail", {"/var/log/a/b/c/d/e.log": File("x", 0o666)}),
    _below("below-hidden", "fail", {"/var/log/.e.log": File("x", 0o666)}),
    _below("below-hidden-folder", "fail", {"/var/log/.a/e.log": File("x", 0o666)}),
    _below("below-linked-folder", "fail", {"/var/log/a": File(link="/srv"), "/srv/e.log": File("x", 0o666)}),
    _below("below-dangling-link", "pass", {"/var/log/README": File(link="nowhere")}),
    _below("below-links-in-a-circle", "pass", {"/var/log/a/up": File(link="/var/log")}),
    _below("below-link-to-itself", "error", {"/var/log/self": File(link="self")}, "error"),
    _keys("no-private-key", "pass", File("ssh-ed25519 AAAA\n", 0o644)),
]
