"""Rules of the supplement on what only a site can name: they pass where it has named it and the host is so, and never before."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import observe
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import named, numbered
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests.scenarios import imitated

STOCKS = {stock.name: stock for stock in imitated.stocks()}
CATALOG = load_catalog()
SENT = (
    'global(DefaultNetstreamDriver="gtls")\n'
    'action(type="omfwd" target="%s" protocol="tcp" StreamDriverMode="1" StreamDriverAuthMode="x509/name")\n'
)
PART = SENT.replace("action(", "mail.* action(")
FORWARD, AUDIT, PLUGIN, ROTATE = (
    "/etc/rsyslog.d/00-send.conf",
    "/etc/audit/auditd.conf",
    "/etc/audit/plugins.d/syslog.conf",
    "/etc/logrotate.d/rsyslog",
)
TO_HOST = {"log_collectors": ["log.example"]}
LOG_HOST = {
    FORWARD: SENT % "log.example",
    PLUGIN: "active = yes\npath = /sbin/audisp-syslog\n",
    "/sbin/audisp-syslog": "",
}


@pytest.fixture
def outcome(tmp_path):
    """Return a function: (stock host, rule, the site's parameters, files that are other) -> the rule's outcome."""

    def judge(stock, rule, values=None, files=None):
        (plan,) = make_plan(CATALOG, Selection(("supplement_linux",), level=2), values or {}, {})
        host = imitated.build(str(tmp_path), STOCKS[stock])
        for path, text in (files or {}).items():
            (tmp_path / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path[1:]).write_text(text, encoding="utf-8")
        answer = observe(json.dumps(numbered(plan.request)), host)
        judge = Judge(CATALOG.platforms["linux"], named(answer["observations"], plan.request["settings"]))
        return {planned.rule.id: judge.judge(planned) for one in plan.benchmarks for planned in one.rules}[rule].outcome

    return judge


@pytest.mark.root
@pytest.mark.parametrize(
    ("values", "files", "expected"),
    [
        (TO_HOST, LOG_HOST, "pass"),
        ({"log_collectors": ["other.example"]}, LOG_HOST, "fail"),
        ({}, LOG_HOST, "fail"),
        (TO_HOST, {}, "fail"),
        # What auditd keeps ends with a number of files, and is not sent.
        (TO_HOST, {FORWARD: SENT % "log.example"}, "fail"),
        (TO_HOST, {**LOG_HOST, FORWARD: "*.notice @@log.example\n"}, "fail"),
        ({**TO_HOST, "log_buffer_days": 60}, LOG_HOST, "fail"),
        # An application's log that is not known to be sent has to be kept here.
        ({**TO_HOST, "retained_logs": ["/srv/ehr.log"]}, LOG_HOST, "pass"),
        ({**TO_HOST, "retained_logs": ["/srv/ehr.log"]}, {**LOG_HOST, "/etc/logrotate.d/ehr": "/srv/ehr.log {\ndaily\nrotate 7\n}\n"}, "fail"),
    ],
    ids=["sent", "to-another", "nobody-named", "not-sent", "audit-log-stays", "a-part", "short-buffer", "own-log-kept", "own-log-dropped"],
)  # fmt: skip
def test_records_are_kept_by_a_log_host_that_the_site_has_named(values, files, expected, outcome):
    assert outcome("rhel_9", "logs_kept", values, files) == expected


@pytest.mark.root
@pytest.mark.parametrize(("rotate", "days", "expected"), [(4, 2192, "fail"), (314, 2192, "pass"), (314, 3000, "fail")])
def test_records_are_kept_here_where_all_logs_are(rotate, days, expected, outcome):
    logs = "/var/log/syslog /var/log/mail.log /var/log/kern.log /var/log/auth.log /var/log/user.log /var/log/cron.log /var/log/ufw.log"
    files = {ROTATE: logs + f" {{\nrotate {rotate}\nweekly\nmissingok\n}}\n", "/etc/logrotate.d/ufw": ""}

    assert outcome("ubuntu_24_04", "logs_kept", {"log_retention_days": days}, files) == expected


@pytest.mark.root
@pytest.mark.parametrize(
    ("text", "expected"),
    [(SENT % "log.example", "pass"), (PART % "log.example", "fail"), (PART % "a.example" + SENT % "log.example", "pass"),
     ("*.* @@log.example\n", "fail"), (SENT % "log.example" + "*.* @old.example\n", "fail"), ("", "fail")],
    ids=["encrypted", "a-part", "a-part-and-all", "in-the-clear", "one-in-the-clear", "nothing"],
)  # fmt: skip
def test_records_leave_the_host_encrypted_or_the_rule_fails(text, expected, outcome):
    assert outcome("rhel_9", "logs_sent_encrypted", {}, {FORWARD: text}) == expected


@pytest.mark.root
@pytest.mark.parametrize(
    ("names", "expected"),
    [([], "fail"), (["root"], "pass"), (["root", "vendor"], "fail"), (["nobody"], "fail")],
    ids=["nobody-named", "usable", "one-missing", "no-shell"],
)  # fmt: skip
def test_accounts_for_emergencies_are_those_that_the_site_has_named(names, expected, outcome):
    assert outcome("rhel_9", "emergency_accounts_usable", {"emergency_accounts": names}) == expected


@pytest.mark.root
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "fail"),
        ({"administrators": ["anna"]}, "fail"),
        ({"administrators": ["anna"], "emergency_accounts": ["root"]}, "pass"),
        ({"administrators": ["anna", "root", "eve"]}, "pass"),
    ],
    ids=["nobody-named", "root-left", "both", "one-more"],
)  # fmt: skip
def test_who_has_rights_of_root_is_named_by_the_site(values, expected, outcome):
    assert outcome("rhel_9", "privileged_accounts_declared", values) == expected


def test_a_shorter_time_for_records_is_a_decision_that_the_site_writes_down():
    """HIPAA's six years are of documentation: less is allowed, and not without a word."""
    assert CATALOG.parameters["log_retention_days"].bound == {"between": [2192, 36500]}
