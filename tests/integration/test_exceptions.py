"""A documented exception on a booted host: the rule stays as it is, says why, and still fails in the audit."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.integration.remediating import mode, playbook, playbook_command, remediation_of, results
from tests.records import record_in

__all__ = ["playbook", "playbook_command", "remediation_of", "results"]

pytestmark = pytest.mark.hosts

# As a site writes it: YAML makes a date of it, and not a text.
FILE = """\
hipaa_cis_exceptions:
  - rule: crontab_permissions
    reason: The vendor's updater reads it.
    approved_by: J. Doe, security officer
    expires: {expires}
    timezone: America/New_York
    compensating: [No job in it names a password.]
"""


def today(days):
    """Return the date some days from now where the exception ends."""
    return (datetime.now(ZoneInfo("America/New_York")) + timedelta(days=days)).date()


@pytest.fixture
def exceptions(tmp_path):
    """A function that writes a file of one exception, which ends some days from today: the option for it."""

    def write(days, text=FILE):
        (tmp_path / "exceptions.yml").write_text(text.format(expires=today(days)))
        return ["-e", f"@{tmp_path / 'exceptions.yml'}"]

    return write


def test_excepted_rule_stays_and_the_others_are_fixed(
    booted_host, playbook, results, remediation_of, exceptions, tmp_path
):
    said = f"excepted until {today(30)} by J. Doe, security officer: The vendor's updater reads it."

    code, output = playbook("remediate", [booted_host], "--check", "--diff", *exceptions(30))
    assert code == 0, output
    assert f"skipped: rule crontab_permissions: {said}" in output
    assert results(booted_host)["crontab_permissions"] == "skipped"

    code, output = playbook("remediate", [booted_host], *exceptions(30))
    assert code == 0, output
    assert results(booted_host) == {
        "crontab_permissions": "skipped",
        "cron_hourly_permissions": "fixed",
        "redirects_not_sent": "fixed",
    }
    (result,) = [item for item in remediation_of(booted_host)["results"] if item["result"] == "skipped"]
    assert result["reason"] == said
    assert result["exception"]["compensating"] == ["No job in it names a password."]
    assert mode(booted_host) == "644"

    record = record_in(tmp_path / "runs" / "latest", booted_host.name)
    outcomes = {finding["rule"]: finding["outcome"] for finding in record["findings"]}
    assert outcomes["crontab_permissions"] == "fail"


def test_expired_exception_keeps_the_rule_and_warns(booted_host, playbook, results, exceptions):
    code, output = playbook("remediate", [booted_host], *exceptions(-1))

    assert code == 0, output
    assert results(booted_host)["crontab_permissions"] == "skipped"
    assert f"expired on {today(-1)} (America/New_York)" in " ".join(output.split())
    assert mode(booted_host) == "644"


def test_exception_that_is_misunderstood_stops_before_the_host_is_touched(booted_host, playbook, exceptions):
    code, output = playbook("remediate", [booted_host], *exceptions(30, FILE.replace("crontab_perm", "crontab_prem")))

    assert code == 2
    assert "Did you mean crontab_permissions" in " ".join(output.split())
    assert booted_host.run(["test", "-e", "/var/lib/hipaa-cis"], check=False).returncode == 1
    assert mode(booted_host) == "644"
