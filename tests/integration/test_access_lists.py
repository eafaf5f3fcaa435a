"""Access control lists on a booted server, made by setfacl: seen where a mode is judged, taken by a fix, brought back."""

from __future__ import annotations

import pytest

from tests.integration.remediating import changes, playbook, playbook_command, remediation_of, results

__all__ = ["playbook", "playbook_command", "remediation_of", "results"]

pytestmark = pytest.mark.hosts

GIVEN = r"""
set -eu
chmod 600 /var/log/*.log /var/log/faillog
setfacl -m u:plain:r /etc/shadow
setfacl -m g:plain:rw,m::r /etc/crontab
setfacl -d -m u:4711:r /var/log/apt
setfacl -m u:nobody:x /home/plain
mkdir -p /var/log/journal/x && touch /var/log/journal/x/user-1000.journal
setfacl -m u:1000:r,g:adm:r /var/log/journal/x/user-1000.journal
setfacl -d -m g:adm:rX /var/log/journal
"""
FIXED = ["shadow_permissions", "crontab_permissions", "log_files_closed"]


def test_lists_are_judged_taken_and_brought_back(server_host, playbook, results, remediation_of):
    server_host.run(["sh", "-c", "DEBIAN_FRONTEND=noninteractive apt-get -qq install acl >/dev/null"], timeout=120)
    server_host.run(["sh", "-c", GIVEN])
    before = server_host.snapshot()
    include = {"hipaa_cis_include": {"rules": [*FIXED, "home_directories_private"]}, "hipaa_cis_level": 2}

    code, said = playbook(
        "remediate", [server_host], **include, hipaa_cis_allow_disruption=["service_reload", "login", "sessions"]
    )
    assert code == 0, said
    record = remediation_of(server_host)
    assert "/etc/shadow loses what goes beyond 0640 of its access control list: user:plain:r--" in str(record)
    seen = results(server_host)
    assert {rule: seen[rule] for rule in FIXED} == dict.fromkeys(FIXED, "fixed"), record["results"]
    assert "open by an access control list to user:nobody:--x" in str(record["results"])
    assert server_host.run(["getfacl", "-cs", "/etc/shadow", "/etc/crontab"]).stdout == ""
    assert "adm" in server_host.run(["getfacl", "-c", "/var/log/journal"]).stdout

    code, said = playbook("rollback", [server_host], hipaa_cis_run_id=record["run_id"])
    assert code == 0, said
    assert not changes(before, server_host)
    assert "user:plain:r--" in server_host.run(["getfacl", "-cs", "/etc/shadow"]).stdout
