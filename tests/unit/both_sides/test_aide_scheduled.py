"""What counts as a regular check of the files: the rule as it is, by the timer or by a line of cron's tables."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import aide
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlannedRule, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.values import Value, substitute

CATALOG = load_catalog()
RULE = CATALOG.rules["aide_scheduled"]
SETTINGS = tuple(substitute(one, {"integrity_check_days": Value(7, 7, 7, "default")}) for one in RULE.settings)
ON, OFF = {"enabled": True, "active": True, "masked": False}, {"enabled": False, "active": False, "masked": False}


def outcome(tree, cron=True, timer=False):
    """Return what the rule says of a tree on which cron, or the timer, is on or off."""
    seen = {}
    for one in leaves(SETTINGS):
        if one["kind"] == "aide":
            seen[setting_key(one)] = aide.read(Host(str(tree)), [one["address"]])[0].as_dict()
        else:
            on = cron if one["address"]["name"] in ("cron.service", "crond.service") else timer
            seen[setting_key(one)] = {"state": "value", "value": ON if on else OFF}
    judge = Judge(CATALOG.platforms["linux"], seen)
    return judge.judge(
        PlannedRule(RULE.__class__(**{**vars(RULE), "applies_if": ()}), "b", (), SETTINGS, "", {})
    ).outcome


def plant(tree, path, text):
    place = tree / path[1:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


def test_without_a_timer_something_else_is_needed(tmp_path):
    assert outcome(tmp_path) == "fail"


@pytest.mark.parametrize("path", ["/etc/crontab", "/etc/cron.d/aide", "/var/spool/cron/crontabs/root"])
def test_line_of_any_of_crons_tables_counts_while_cron_is_at_work(tmp_path, path):
    plant(tmp_path, path, "MAILTO=root\n0 5 * * * root /usr/bin/aide.wrapper --config /etc/aide/aide.conf --check\n")

    assert outcome(tmp_path) == "pass"
    assert outcome(tmp_path, cron=False) == "fail"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0 5 * * * root aide -C", "pass"),
        ("@daily root /usr/bin/aide --update", "pass"),
        ("5 4 * * sun root /usr/bin/aide -c /x --check >/dev/null", "pass"),
        ("# 0 5 * * * root aide --check", "fail"),
        ("0 5 * * * root aide --init", "fail"),
        ("@reboot root aide --check", "fail"),
        ("0 5 * * * root echo # aide --check", "fail"),
        ("0 5 * * * root echo aide --check", "fail"),
        ("0 5 * * * root echo now; nice aide --check | mail root", "pass"),
        ("MAILTO=aide --check", "fail"),
        ("0 5 * * * root /usr/bin/aide --checkx", "fail"),
        ("0 5 * * * root /usr/bin/aide-helper --check", "fail"),
    ],
)
def test_line_has_to_run_a_check_again_and_again(tmp_path, line, expected):
    plant(tmp_path, "/etc/cron.d/aide", line + "\n")

    assert outcome(tmp_path) == expected


def test_script_of_the_package_is_no_check_under_systemd(tmp_path):
    plant(tmp_path, "/etc/cron.daily/aide", "#!/bin/sh\naide --check\n")

    assert outcome(tmp_path) == "fail"


def test_timer_of_which_systemd_tells_nothing_is_an_error_and_no_pass(tmp_path):
    plant(tmp_path, "/etc/systemd/system/files.timer", "[Timer]\nOnCalendar=daily\n")
    plant(tmp_path, "/etc/systemd/system/files.service", "[Service]\nExecStart=/usr/bin/aide --check\n")
    plant(tmp_path, "/run/systemd/system/x", "")

    assert outcome(tmp_path, cron=False) == "error"


def test_timers_do_nothing_without_systemd(tmp_path):
    plant(tmp_path, "/etc/systemd/system/files.timer", "[Timer]\nOnCalendar=daily\n")
    plant(tmp_path, "/etc/systemd/system/files.service", "[Service]\nExecStart=/usr/bin/aide --check\n")

    assert outcome(tmp_path, cron=False) == "fail"
