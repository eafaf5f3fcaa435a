"""The rule on rotated logs as it is: each log that rsyslog writes, by its block, with what has logrotate run."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import logrotate

RSYSLOG = "auth,authpriv.* /var/log/auth.log\n*.* -/var/log/syslog;RSYSLOG_FileFormat\nkern.* |/dev/xconsole\n*.emerg :omusrmsg:*\nmail.* /dev/tty8\n"
BLOCK = "/var/log/auth.log /var/log/syslog {\nweekly\nrotate 4\npostrotate\ntrue\nendscript\n}\n"
TIMER = "[Timer]\nOnCalendar=%s\n"
SERVICE = "[Service]\nExecStart=/usr/sbin/logrotate /etc/logrotate.conf\n"


def plant(tree, **files):
    for path, text in files.items():
        place = tree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def seen(tree, address, version="3.22.0", units=""):
    said = {
        ("logrotate", "--version"): CommandResult(0, "", f"logrotate {version}\n"),
    }

    def run(argv, _timeout):
        if argv[0] == "systemctl":
            return CommandResult(0, units, "")
        return said.get(tuple(argv), CommandResult(problem="not installed", missing=True))

    return logrotate.read(Host(str(tree), runner=run), [address])[0]


@pytest.fixture
def tree(tmp_path):
    plant(
        tmp_path,
        **{"usr/sbin/logrotate": "", "etc/rsyslog.conf": RSYSLOG, "etc/logrotate.conf": BLOCK, "var/log/syslog": ""},
    )
    (tmp_path / "var/log").chmod(0o755)
    return tmp_path


def test_logs_of_rsyslog_are_its_files_without_devices(tree):
    found = seen(tree, {"query": "logs", "of": "rsyslog"})
    assert [(one["path"], one["rotated"], one["reopened"]) for one in found.value] == [
        ("/var/log/auth.log", True, True),
        ("/var/log/syslog", True, True),
    ]


def test_log_whose_name_a_template_makes_is_an_error(tree):
    plant(
        tree,
        **{
            "etc/rsyslog.conf": 'template(name="t" type="string" string="/var/log/%hostname%")\naction(type="omfile" dynaFile="t")\n'
        },
    )
    found = seen(tree, {"query": "logs", "of": "rsyslog"})
    assert found.state == "error"
    assert found.reason.startswith("/etc/rsyslog.conf:2: the name of this log is made")


def test_log_that_is_rotated_with_nobody_told_is_not_reopened(tree):
    plant(tree, **{"etc/logrotate.conf": "/var/log/syslog {\nweekly\nrotate 4\n}\n"})
    (one,) = seen(tree, {"query": "logs", "paths": ["/var/log/syslog"]}).value
    assert (one["rotated"], one["reopened"], one["kept_days"]) == (True, False, 28)


def test_hard_link_keeps_a_log_from_being_rotated(tree):
    os.link(tree / "var/log/syslog", tree / "var/log/other")
    (one,) = seen(tree, {"query": "logs", "paths": ["/var/log/syslog"]}).value
    assert (one["rotated"], one["why"]) == (False, "it has another name (a hard link)")
    assert seen(tree, {"query": "logs", "paths": ["/var/log/syslog"]}, "3.18.0").value[0]["rotated"]
    plant(tree, **{"etc/logrotate.conf": "allowhardlink\n" + BLOCK})
    assert seen(tree, {"query": "logs", "paths": ["/var/log/syslog"]}).value[0]["rotated"]


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("/usr/sbin/logrotate /etc/logrotate.conf", ("/etc/logrotate.conf",)),
        ("logrotate -s /var/lib/status '/etc/a.conf' /etc/b >/dev/null 2>&1", ("/etc/a.conf", "/etc/b")),
        ("logrotate --state=/x -v /etc/a.conf && true", ("/etc/a.conf",)),
        ("[ -x /usr/sbin/logrotate ] || exit 0; /usr/sbin/logrotate /etc/a.conf", ("/etc/a.conf",)),
        ("logrotate -d /etc/logrotate.conf", ()),
        ("logrotate -vd /etc/logrotate.conf", ()),
        ("ls /etc/logrotate.d", ()),
        ("logrotate", ()),
    ],
)
def test_files_of_a_command(line, files):
    assert logrotate._files(line) == files


@pytest.mark.parametrize(
    ("calendar", "kept"), [("daily", 4), ("*-*-* 03:10:00", 4), ("hourly", 0), ("weekly", 28), ("Mon *-*-*", 0)]
)
def test_size_promises_as_many_days_as_lie_between_runs(calendar, kept):
    job = logrotate.scheduled_jobs.Job("timer", "logrotate.timer", True, True, [], ["OnCalendar=" + calendar], 1)
    days, _longest = logrotate._days_between(job)
    assert logrotate._kept_days({"every": "size", "size": 1, "rotate": 4}, days) == kept


def test_job_that_runs_once_a_week_makes_a_daily_log_a_weekly_one():
    job = logrotate.scheduled_jobs.Job("cron", "/etc/cron.weekly/logrotate", True, True, [], ["weekly"], 7)
    assert logrotate._days_between(job) == (7, 7)
