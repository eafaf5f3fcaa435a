"""Scenarios of mount options: in effect now, and written for the next boot."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence, Union

from tests.scenarios.linux import File, Scenario

EXPECT = {"fields": {"running": {"equals": True}, "configured": {"any_of": [{"absent": True}, {"equals": True}]}}}
STRICT = {"fields": {"running": {"equals": True}, "configured": {"equals": True}}}
TABLE = "/proc/self/mountinfo"
ROOT = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
UNIT = "/etc/systemd/system/tmp.mount"
WANTED: Dict[str, Union[str, bytes, File]] = {
    "/etc/systemd/system/local-fs.target.wants/tmp.mount": File(link="../tmp.mount")
}

Files = Dict[str, Union[str, bytes, File]]


def _case(
    name: str,
    verdict: str,
    now: Optional[str],
    running: Optional[bool],
    files: Union[str, Files],
    configured: Optional[bool],
    **more: Any,
) -> Scenario:
    """``now``: the options in effect on /tmp; ``files``: also an fstab option list."""
    path = more.pop("path", "/tmp")
    address = {"path": path, "option": more.pop("option", "nodev")}
    planted: Files = {"/etc/fstab": "x %s tmpfs %s 0 0\n" % (path, files)} if isinstance(files, str) else dict(files)
    parts = [] if now is None else ["30 22 0:30 / %s %s shared:2 - tmpfs tmpfs rw,size=1g\n" % (path, now)]
    planted[TABLE] = ROOT + "".join(parts)
    seen = {"state": "value", "value": {"running": running, "configured": configured}}
    return Scenario(name, address, more.pop("expect", EXPECT), verdict, seen, files=planted, **more)


def _host(name: str, verdict: str, fstab: str, now: str, running: bool, configured: bool) -> Scenario:
    """Return a scenario that a booted host can take on: mount by fstab, then change what runs."""
    commands: Sequence[Sequence[str]] = [
        ("mkdir", "-p", "/srv/data"),
        ("mount", "/srv/data"),
        ("mount", "-o", "remount," + now.replace("relatime", "rw"), "/srv/data"),
    ]
    return _case(name, verdict, now, running, fstab, configured, path="/srv/data", on_host=True, host_commands=commands)


def _unit(options: str) -> Files:
    return {UNIT: "[Mount]\nWhat=tmpfs\nWhere=/tmp\nType=tmpfs\n" + options, **WANTED}


SNIPPET = "/etc/systemd/system/tmp.mount.d/10-options.conf"
SCENARIOS = [
    _host("host-right", "pass", "nodev,nosuid", "rw,nosuid,nodev", running=True, configured=True),
    _host("host-wrong", "fail", "nosuid", "rw,nosuid,dev", running=False, configured=False),
    _host("host-only-running", "fail", "nosuid", "rw,nosuid,nodev", running=True, configured=False),
    _host("host-only-configured", "fail", "nodev", "rw,dev", running=False, configured=True),
    _host("host-later-option-wins", "fail", "nodev,dev", "rw,nodev", running=True, configured=False),
    _case("right", "pass", "rw,nosuid,nodev", True, "defaults,nodev", True),
    _case("wrong", "fail", "rw,relatime", False, "defaults", False),
    _case("not-configured-at-all", "pass", "rw,nodev", True, {}, None),
    _case("not-configured-where-it-has-to-be", "fail", "rw,nodev", True, {}, None, expect=STRICT),
    _case("running-only", "fail", "rw,nodev", True, "defaults", False),
    _case("configured-only", "fail", "rw", False, "nodev", True),
    _case("not-mounted", "fail", None, None, "nodev", True),
    _case("defaults-behind-takes-nothing-back", "pass", "rw,nodev", True, "nodev,defaults", True),
    _case("later-option-takes-it-back", "fail", "rw,nodev", True, "nodev,dev", False),
    _case("earlier-option-does-not", "pass", "rw,nodev", True, "dev,nodev", True),
    _case("user-brings-it", "pass", "rw,nodev", True, "user", True),
    _case("user-then-exec", "fail", "rw,noexec", True, "user,exec", False, option="noexec"),
    _case("odd-case-is-another-option", "fail", "rw,nodev", True, "NoDev", False),
    _case("quotes-are-part-of-the-option", "fail", "rw,nodev", True, '"nodev"', False),
    _case("longer-word", "fail", "rw,nodevx", False, "nodevx,xnodev", False),
    _case("blank-ends-the-options", "fail", "rw,nodev", True, "nosuid, nodev", False),
    _case(
        "carriage-return-spoils-the-option", "fail", "rw,nodev", True, {"/etc/fstab": "x /tmp tmpfs nodev\r\n"}, False
    ),
    _case("no-options-field", "fail", "rw,nodev", True, {"/etc/fstab": "x /tmp tmpfs\n"}, False),
    _case(
        "first-of-two-lines-wins",
        "fail",
        "rw,nodev",
        True,
        {"/etc/fstab": "x /tmp tmpfs nosuid\nx /tmp tmpfs nodev\n"},
        False,
    ),
    _case("written-though-not-mounted-at-boot", "fail", "rw,nodev", True, "noauto", False),
    _case("option-of-the-file-system", "pass", "rw,nodev", True, "size=1g", True, option="size=1g"),
    _case("lack-of-nodev-is-dev", "pass", "rw", True, "defaults", True, option="dev"),
    _case("read-only", "pass", "ro,nodev", True, "ro", True, option="ro"),
    _case("read-only-is-not-writable", "fail", "ro,nodev", False, "rw,ro", False, option="rw"),
    _case("unit-right", "pass", "rw,nodev", True, _unit("Options=nosuid,nodev\n"), True),
    _case("unit-odd-spacing", "pass", "rw,nodev", True, _unit("  Options =  nosuid, nodev \n"), True),
    _case("unit-comment", "fail", "rw,nodev", True, _unit("#Options=nodev\n;Options=nodev\n"), False),
    _case("unit-odd-case", "fail", "rw,nodev", True, _unit("options=nodev\n"), False),
    _case("unit-other-section", "fail", "rw,nodev", True, _unit("[Install]\nOptions=nodev\n"), False),
    _case("unit-last-line-wins", "fail", "rw,nodev", True, _unit("Options=nodev\nOptions=nosuid\n"), False),
    _case("unit-empty-line-resets", "fail", "rw,nodev", True, _unit("Options=nodev\nOptions=\n"), False),
    _case(
        "unit-beats-fstab",
        "fail",
        "rw,nodev",
        True,
        {**_unit("Options=nosuid\n"), "/etc/fstab": "x /tmp tmpfs nodev\n"},
        False,
    ),
    _case(
        "drop-in-replaces",
        "fail",
        "rw,nodev",
        True,
        {**_unit("Options=nodev\n"), SNIPPET: "[Mount]\nOptions=nosuid\n"},
        False,
    ),
    _case(
        "drop-in-adds-nothing-else",
        "pass",
        "rw,nodev",
        True,
        {**_unit("Options=nodev\n"), SNIPPET: "[Mount]\nTimeoutSec=9\n"},
        True,
    ),
    _case(
        "drop-in-on-fstab",
        "pass",
        "rw,nodev",
        True,
        {"/etc/fstab": "x /tmp tmpfs rw\n", SNIPPET: "[Mount]\nOptions=nodev\n"},
        True,
    ),
    _case(
        "later-drop-in-wins-whatever-its-directory",
        "fail",
        "rw,nodev",
        True,
        {
            **_unit("Options=rw\n"),
            SNIPPET: "[Mount]\nOptions=nodev\n",
            "/usr/lib/systemd/system/mount.d/20-all.conf": "[Mount]\nOptions=noatime\n",
        },
        False,
    ),
    _case(
        "drop-in-hidden-by-null",
        "fail",
        "rw,nodev",
        True,
        {
            **_unit("Options=rw\n"),
            SNIPPET: File(link="/dev/null"),
            "/usr/lib/systemd/system/tmp.mount.d/10-options.conf": "[Mount]\nOptions=nodev\n",
        },
        False,
    ),
    _case(
        "drop-in-for-a-prefix",
        "pass",
        "rw,nodev",
        True,
        {
            "/etc/fstab": "x /var/log tmpfs rw\n",
            "/etc/systemd/system/var-.mount.d/x.conf": "[Mount]\nOptions=nodev\n",
        },
        True,
        path="/var/log",
    ),
    _case("shared-memory-default", "pass", "rw,nosuid,nodev", True, {}, None, path="/dev/shm"),
    _case("shared-memory-by-fstab", "fail", "rw,nosuid,nodev", True, "nosuid", False, path="/dev/shm"),
    _case("shared-memory-noauto-counts", "fail", "rw,nosuid,nodev", True, "nosuid,noauto", False, path="/dev/shm"),
    _case(
        "shared-memory-unit-is-refused",
        "fail",
        "rw,nosuid,nodev",
        True,
        {
            "/etc/systemd/system/dev-shm.mount": "[Mount]\nWhat=tmpfs\nWhere=/dev/shm\nOptions=nodev\n",
            "/etc/systemd/system/local-fs.target.wants/dev-shm.mount": File(link="../dev-shm.mount"),
        },
        None,
        path="/dev/shm",
        expect=STRICT,
    ),
    Scenario(
        "neither-mounted-nor-configured",
        {"path": "/tmp", "option": "nodev"},
        EXPECT,
        "fail",
        {"state": "absent"},
        files={TABLE: ROOT},
    ),
    Scenario(
        "drop-in-is-a-directory",
        {"path": "/tmp", "option": "nodev"},
        EXPECT,
        "error",
        {"state": "error", "reason": SNIPPET + " is not a regular file"},
        files={TABLE: ROOT, "/etc/fstab": "x /tmp tmpfs nodev\n", SNIPPET: File(directory=True)},
    ),
    Scenario(
        "fstab-too-large",
        {"path": "/tmp", "option": "nodev"},
        EXPECT,
        "error",
        {"state": "error", "reason": "/etc/fstab is larger than 4194304 bytes and was not read"},
        files={TABLE: ROOT, "/etc/fstab": "#" * 4194305},
    ),
    Scenario(
        "no-option",
        {"path": "/tmp"},
        EXPECT,
        "error",
        {"state": "error", "reason": "the address needs the key 'option' with a text"},
        files={TABLE: ROOT},
    ),
]
