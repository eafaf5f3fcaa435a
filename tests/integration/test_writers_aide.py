"""The rules that are put into AIDE's configuration, with AIDE itself as the judge of what it then watches."""

from __future__ import annotations

import pytest

from tests.integration.remediating import changes, playbook, playbook_command, remediation_of

__all__ = ["playbook", "playbook_command", "remediation_of"]

pytestmark = [pytest.mark.hosts, pytest.mark.slow]

MAIN = "/etc/aide/aide.conf"
# What both releases have: auditd 4 comes without autrace.
TOOLS = ["auditctl", "auditd", "ausearch", "aureport", "augenrules"]
WANTED = {"p", "i", "n", "u", "g", "s", "b", "acl", "xattrs", "sha512"}
RULE = {
    "hipaa_cis_benchmark": ["auto"],
    "hipaa_cis_include": {"rules": ["aide_watches_audit_tools"]},
    "hipaa_cis_level": 2,
}


def watched(host, tool):
    """Return (attributes by which AIDE watches a file, the file that its rule stands in)."""
    said = host.run(["aide", "--config", MAIN, "-p", f"f:/usr/sbin/{tool}"]).stdout
    row = next(line for line in said.splitlines() if "rule: '" in line)
    return set(row.split("'")[-4].split()[-1].split("+")), row.split("(/")[1].split(":")[0]


def round_trip(host, playbook, remediation_of, slip, place):
    """Put a slip into the configuration, have it mended, look, and go back."""
    host.run(["sh", "-c", slip])
    given, _rules = watched(host, "ausearch")
    before = host.snapshot()

    code, said = playbook("remediate", [host], **RULE)
    assert code == 0, said
    first = remediation_of(host)
    assert [item["result"] for item in first["results"]] == ["fixed"]
    assert "made anew" in " ".join(first["warnings"])
    for tool in TOOLS:
        attributes, where = watched(host, tool)
        assert attributes >= WANTED | given
        assert where == place

    playbook("remediate", [host], **RULE)
    assert not remediation_of(host)["steps"]
    code, said = playbook("rollback", [host], hipaa_cis_run_id=first["run_id"])
    assert code == 0, said
    assert not changes(before, host, ("/var/log/*", "/var/lib/systemd/*"))


def test_what_a_later_file_watches_too_little_is_mended_by_a_file_before_it(server_host, playbook, remediation_of):
    slip = "echo '/usr/sbin/a[u] f p+caps+ftype' > /etc/aide/aide.conf.d/20_site"

    round_trip(server_host, playbook, remediation_of, slip, "etc/aide/aide.conf.d/00_hipaa_cis")


def test_what_stands_before_all_includes_is_mended_there_with_all_checksums_kept(
    debian13_server, playbook, remediation_of
):
    slip = f"sed -i '/^@@x_include .etc.aide.aide.conf.d/i /usr/sbin/au f H+ftype' {MAIN}"

    round_trip(debian13_server, playbook, remediation_of, slip, "etc/aide/aide.conf")
