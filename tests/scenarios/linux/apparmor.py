"""Scenarios of AppArmor: on or off, modes of profiles, processes that run without theirs."""

from __future__ import annotations

from typing import Any, Dict, Union

from tests.scenarios.linux import File, Scenario

ON = "/sys/module/apparmor/parameters/enabled"
LIST = "/sys/kernel/security/apparmor/profiles"
POLICY = "/sys/kernel/security/apparmor/policy/profiles"
ENFORCED = {
    "fields": {
        "enabled": {"equals": True},
        "profiles": {"at_least": 1},
        "complain": {"empty": True},
        "unconfined": {"empty": True},
        "unconfined_processes": {"empty": True},
    }
}

NONE: Dict[str, Any] = {
    "enforce": [],
    "complain": [],
    "unconfined": [],
    "unconfined_by_design": [],
    "unconfined_processes": [],
}

Files = Dict[str, Union[str, bytes, File]]
PROGRAM = "/usr/sbin/cupsd"


LOCAL = "  include if exists <local/chrome>\n"


def _naming(head: str, rules: str) -> str:
    return "abi <abi/4.0>,\ninclude <tunables/global>\n\nprofile %s flags=(unconfined) {\n%s}\n" % (head, rules)


def _process(number: int, label: str, program: str = PROGRAM, place: str = "attr/apparmor/current") -> Files:
    return {"/proc/%d/exe" % number: File(link=program), "/proc/%d/%s" % (number, place): label + "\n"}


def _case(name: str, verdict: str, profiles: str, files: Files, **seen: Any) -> Scenario:
    document: Dict[str, Any] = dict(NONE)
    document.update(enabled=True, profiles=len(profiles.splitlines()), **seen)
    planted: Files = {ON: "Y\n", LIST: profiles, "/proc/uptime": "1 1\n", **files}
    return Scenario(name, {}, ENFORCED, verdict, {"state": "value", "value": document}, files=planted)


def _error(name: str, reason: str, files: Files, **more: Any) -> Scenario:
    return Scenario(name, {}, ENFORCED, "error", {"state": "error", "reason": reason}, files=files, **more)


OFF = {"enabled": False, "profiles": 0, **NONE}
CUPS = PROGRAM + " (enforce)\n"
SCENARIOS = [
    _case("right", "pass", CUPS, _process(7, PROGRAM + " (enforce)"), enforce=[PROGRAM]),
    _case("complain", "fail", CUPS + "man_groff (complain)\n", {}, enforce=[PROGRAM], complain=["man_groff"]),
    _case("kill-enforces", "pass", "a (kill)\nb (enforce)\n", {}, enforce=["a", "b"]),
    _case("profile-that-confines-nothing", "fail", "chrome (unconfined)\n", {}, unconfined=["chrome"]),
    _case(
        "profile-that-only-names-a-program",
        "pass",
        CUPS + "chrome (unconfined)\nMongoDB Compass (unconfined)\nslirp (unconfined)\n",
        {
            "/etc/apparmor.d/local/chrome": "",
            "/etc/apparmor.d/chrome": _naming(
                "chrome /opt/chrome", "  userns,\n\n  # More. See local/README\n" + LOCAL
            ),
            "/etc/apparmor.d/mongo": _naming('"MongoDB Compass" "/usr/lib/MongoDB Compass"', "  userns,\n"),
            "/etc/apparmor.d/slirp": _naming("slirp /usr/bin/slirp", "  userns,\n  pivot_root,\n"),
        },
        enforce=[PROGRAM],
        unconfined_by_design=["MongoDB Compass", "chrome", "slirp"],
    ),
    _case(
        "profile-that-was-made-to-confine",
        "fail",
        PROGRAM + " (unconfined)\nfree (unconfined)\n",
        {
            "/etc/apparmor.d/cupsd": _naming(PROGRAM + " " + PROGRAM, "  userns,\n  /etc/cups/** r,\n"),
            # In force is what was loaded, not what its file says since.
            "/etc/apparmor.d/free": "profile free /opt/free {\n  userns,\n}\n",
        },
        unconfined=[PROGRAM, "free"],
    ),
    _case("blanks-in-a-name", "pass", "/opt/my app//null-/bin/x (enforce)\n", {}, enforce=["/opt/my app//null-/bin/x"]),
    _case("no-profiles", "fail", "", {}),
    _case(
        "started-before-its-profile",
        "fail",
        CUPS,
        _process(7, "unconfined"),
        enforce=[PROGRAM],
        unconfined_processes=[PROGRAM],
    ),
    _case(
        "old-kernel-place-of-the-label",
        "fail",
        CUPS,
        _process(7, "unconfined", place="attr/current"),
        enforce=[PROGRAM],
        unconfined_processes=[PROGRAM],
    ),
    _case(
        "program-replaced-by-an-upgrade",
        "fail",
        CUPS,
        _process(7, "unconfined", PROGRAM + " (deleted)"),
        enforce=[PROGRAM],
        unconfined_processes=[PROGRAM],
    ),
    _case("process-without-a-profile", "pass", CUPS, _process(7, "unconfined", "/usr/bin/bash"), enforce=[PROGRAM]),
    _case("kernel-thread", "pass", CUPS, {"/proc/2/comm": "kthreadd\n"}, enforce=[PROGRAM]),
    _case(
        "profile-not-named-after-its-program",
        "fail",
        "cupsd (enforce)\n",
        {POLICY + "/cupsd.1/attach": PROGRAM + "\n", **_process(7, "unconfined")},
        enforce=["cupsd"],
        unconfined_processes=[PROGRAM],
    ),
    Scenario("switched-off", {}, ENFORCED, "fail", {"state": "value", "value": OFF}, files={ON: "N\n"}),
    Scenario(
        "kernel-without-it", {}, ENFORCED, "fail", {"state": "value", "value": OFF}, files={"/sys/kernel/mm/x": ""}
    ),
    _error("no-sys", "/sys is not there; the state of AppArmor cannot be read", {}),
    _error(
        "not-root",
        "AppArmor's list of profiles can only be read by root; run the audit with become",
        {ON: "Y\n", LIST: CUPS},
        privileged=False,
    ),
    _error("odd-state", ON + " holds '1', neither Y nor N", {ON: "1\n"}),
    _error("unknown-mode", LIST + ": 'x (dream)' is not understood", {ON: "Y\n", LIST: "x (dream)\n"}),
    _error("line-without-mode", LIST + ": 'x' is not understood", {ON: "Y\n", LIST: "x\n"}),
    _error("no-list", LIST + " is not there although AppArmor is on; is securityfs mounted?", {ON: "Y\n"}),
    _error("directory-in-place-of-the-list", LIST + " is not a regular file", {ON: "Y\n", LIST: File(directory=True)}),
    _error(
        "label-not-there",
        "/proc/7/attr/current is not there",
        {ON: "Y\n", LIST: CUPS, "/proc/7/exe": File(link=PROGRAM)},
    ),
]
