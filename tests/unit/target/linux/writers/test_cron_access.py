"""Lists of who may use cron: nobody loses the way to their jobs, and nobody is let in who was kept out."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import cron_access

# Who owns the jobs: anybody but root, or whoever runs the tests.
OTHER = os.getuid() or 1000
WANTED = {"allow": {"mode": "0640", "owner": "root", "group": "root"}}


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (tmp_path / "etc" / "group").write_text("root:x:0:\n")
    return ChangePlan(PlannedHost(str(tmp_path)))


@pytest.mark.parametrize("folder", ["var/spool/cron/crontabs", "var/spool/cron", "var/spool/cron/tabs"])
def test_new_list_names_who_has_a_crontab(plan, tmp_path, folder):
    crontabs = tmp_path / folder
    (crontabs / "atjobs").mkdir(parents=True)
    (crontabs / "anna").write_text("@daily true\n")

    cron_access.write(plan, {"program": "cron"}, WANTED)

    assert plan.host.read_text("/etc/cron.allow") == "root\nanna\n"


@pytest.mark.parametrize("folder", ["var/spool/cron/atjobs", "var/spool/at"])
@pytest.mark.parametrize(("deny", "allowed"), [("", "root\nanna\n"), ("bo\nanna\n", "root\n")])
def test_new_list_names_who_has_jobs_of_at_and_is_not_denied_it(plan, tmp_path, folder, deny, allowed):
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nanna:x:%d:0::/:/bin/sh\n" % OTHER)
    (tmp_path / "etc/at.deny").write_text(deny)
    (tmp_path / folder / "spool").mkdir(parents=True)
    (tmp_path / folder / "a0001").write_text("#!/bin/sh\n")
    if os.getuid() == 0:
        os.chown(tmp_path / folder / "a0001", OTHER, 0)

    cron_access.write(plan, {"program": "at"}, WANTED)

    assert plan.host.read_text("/etc/at.allow") == allowed


def test_jobs_of_at_of_no_account_are_nobodys(plan, monkeypatch):
    monkeypatch.setattr(cron_access.jobs, "at_jobs", lambda _host: {4000000: "/var/spool/at/a"})

    cron_access.write(plan, {"program": "at"}, WANTED)

    assert plan.host.read_text("/etc/at.allow") == "root\n"


def test_stricter_mode_stays(plan, tmp_path):
    allow = tmp_path / "etc" / "cron.allow"
    allow.write_text("anna\n")
    allow.chmod(0o604)

    cron_access.write(plan, {"program": "cron"}, WANTED)

    assert plan.host.stat("/etc/cron.allow").st_mode & 0o777 == 0o600
    assert plan.host.read_text("/etc/cron.allow") == "anna\n"


def test_list_of_those_denied_stays_where_it_is_the_only_one(plan, tmp_path):
    (tmp_path / "etc" / "cron.deny").write_text("mallory\n")

    with pytest.raises(CannotFix, match=r"there is no /etc/cron\.allow"):
        cron_access.write(plan, {"program": "cron"}, {"deny": "absent"})

    assert not plan.steps()
