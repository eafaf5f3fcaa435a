"""Scenarios of the lists of who may use cron."""

from __future__ import annotations

from tests.scenarios.linux import File, Scenario

RIGHT = {"fields": {"exists": {"equals": True}, "mode": {"mode_at_most": "0640"}}}
NAMES = {"/etc/passwd": "root:x:0:0::/root:/bin/sh\n", "/etc/group": "root:x:0:\n"}
WANTED = {"allow": {"mode": "0640", "owner": "root", "group": "root"}}
GONE = {"fields": {"exists": {"equals": False}}}

SCENARIOS = [
    Scenario(
        "allow-list-right",
        {"program": "cron"},
        RIGHT,
        "pass",
        {"state": "value"},
        "allow",
        {**NAMES, "/etc/cron.allow": File("", 0o640)},
    ),
    Scenario(
        "allow-list-open",
        {"program": "cron"},
        RIGHT,
        "fail",
        {"state": "value"},
        "allow",
        {**NAMES, "/etc/cron.allow": File("", 0o666)},
        wanted=WANTED,
    ),
    Scenario(
        "allow-list-absent", {"program": "cron"}, RIGHT, "fail", {"state": "value"}, "allow", NAMES, wanted=WANTED
    ),
    Scenario(
        "deny-list-beside-an-allow-list",
        {"program": "at"},
        GONE,
        "fail",
        {"state": "value"},
        "deny",
        {**NAMES, "/etc/at.allow": File("", 0o640), "/etc/at.deny": "www-data\n"},
        wanted={"deny": "absent"},
    ),
    # It asks neither list, as a booted host with it has shown.
    Scenario(
        "bcron-asks-no-list",
        {"program": "cron"},
        RIGHT,
        "error",
        {"state": "error"},
        "allow",
        {**NAMES, "/usr/sbin/bcron-spool": "", "/etc/cron.allow": File("", 0o640)},
    ),
    Scenario(
        "bcron-has-nothing-to-do-with-at",
        {"program": "at"},
        RIGHT,
        "pass",
        {"state": "value"},
        "allow",
        {**NAMES, "/usr/sbin/bcron-spool": "", "/etc/at.allow": File("", 0o640)},
    ),
    Scenario("unknown-program", {"program": "anacron"}, RIGHT, "error", {"state": "error"}, "allow", NAMES),
    # cron's own program names the list that it asks, as do cronie's and a helper of systemd-cron; dcron's and busybox' do not.
    *(
        Scenario(
            "table-taken-by-%s" % name,
            {"program": "cron"},
            RIGHT,
            verdict,
            {"state": "error" if verdict == "error" else "value"},
            "allow",
            {**NAMES, "/etc/cron.allow": File("", 0o640), **files},
        )
        for name, verdict, files in (
            ("cron", "pass", {"/usr/bin/crontab": b"\x7fELF /etc/cron.allow"}),
            (
                "systemd-cron",
                "pass",
                {"/usr/bin/crontab": b"\x7fELF", "/usr/libexec/systemd-cron/crontab_setgid": b"\x7fELF cron.allow"},
            ),
            ("busybox", "error", {"/usr/bin/crontab": File(link="busybox"), "/usr/bin/busybox": b"\x7fELF crontab"}),
            (
                "fcron",
                "error",
                {"/usr/bin/crontab": b"\x7fELF /etc/cron.allow", "/usr/bin/fcrontab": b"\x7fELF fcron.allow"},
            ),
        )
    ),
]
