"""Lists of who may use cron: nobody loses the way to their jobs, and nobody is let in who was kept out."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import cron_access

WANTED = {"allow": {"mode": "0640", "owner": "root", "group": "root"}}


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (tmp_path / "etc" / "group").write_text("root:x:0:\n")
    return ChangePlan(PlannedHost(str(tmp_path)))


def test_new_list_names_who_has_a_crontab(plan, tmp_path):
    crontabs = tmp_path / "var" / "spool" / "cron" / "crontabs"
    crontabs.mkdir(parents=True)
    (crontabs / "anna").write_text("@daily true\n")

    cron_access.write(plan, {"program": "cron"}, WANTED)

    assert plan.host.read_text("/etc/cron.allow") == "root\nanna\n"


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
