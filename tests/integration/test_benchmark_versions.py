"""A booted host that moves from one version of a benchmark to the next."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests.integration import sick_host
from tests.integration.remediating import changes, playbook, playbook_command, remediation_of
from tests.integration.test_round_trip import NEW_OF_THE_MACHINE, NOT_RESTORED, outcomes

__all__ = ["playbook", "playbook_command", "remediation_of"]

pytestmark = pytest.mark.hosts
# Of v1.1.0 it is 2.4.1.7, which is another item in v2.0.0.
RULE = "cron_d_permissions"

EXPIRES = (datetime.now(timezone.utc) + timedelta(days=100)).date().isoformat()


def document(audit, name):
    return json.loads((audit.folder / name).read_text(encoding="utf-8"))


def test_move_to_another_version_is_no_drift_and_an_exception_by_its_old_number_holds_on(server_host, audit_hosts):
    host = server_host
    host.run(["chmod", "0777", "/etc/cron.d"])
    excepted = {
        "benchmark": "debian_12@1.1.0", "recommendation": "2.4.1.7", "reason": "a test", "approved_by": "J. Doe", "expires": EXPIRES,
    }  # fmt: skip
    before = audit_hosts([host], hipaa_cis_exceptions=[excepted], hipaa_cis_benchmark=["debian_12@1.1.0"])
    after = audit_hosts([host], hipaa_cis_exceptions=[excepted])

    assert (before.code, after.code) == (0, 0), after.said
    assert "v1.1.0, SUPERSEDED by v2.0.0 (1 host(s); ID=debian, VERSION_ID=12)" in before.said
    assert "CIS Debian Linux 12 Benchmark v2.0.0 (1 host(s); ID=debian, VERSION_ID=12)" in after.said
    for audit, numbers, version in ((before, ["2.4.1.7"], "1.1.0"), (after, ["2.4.1.8"], "2.0.0")):
        finding = audit.findings(host.name)[RULE]
        assert (finding["outcome"], finding["recommendations"]) == ("fail", numbers)
        assert finding["benchmark"] == f"debian_12@{version}"
        assert finding["exception"]["state"] == "in_force"
        assert f"v{version}" in (audit.folder / "report.html").read_text(encoding="utf-8")
    drift = document(after, "history.json")
    assert not any(drift["counts"][kind] for kind in ("regressed", "demanded", "resolved", "relaxed", "unclear"))
    asked_before = {*before.findings(host.name)}
    assert not asked_before & {row["rule"] for row in drift["drift"]["new"]}
    (moved,) = drift["moved"]
    assert (moved["from"], moved["to"], moved["hosts"]) == ("debian_12 1.1.0", "debian_12 2.0.0", 1)
    assert moved["same"] > 250
    then, later = (load_catalog().benchmark(f"debian_12@{one}").numbers for one in ("1.1.0", "2.0.0"))
    assert moved["renumbered"] == sum(then[rule] != later[rule] for rule in then.keys() & later) > 10
    assert f"rules asked by both ({moved['renumbered']} of them renumbered), {moved['new']} new" in after.said
    assert moved["new"] == len({*after.findings(host.name)} - asked_before) > 10
    assert moved["retired"] == drift["counts"]["gone"]
    # As by the version before: of what can be seen here nothing is an error.
    errors = {rule for rule, finding in after.findings(host.name).items() if finding["outcome"] == "error"}
    assert errors <= {rule for rule, finding in before.findings(host.name).items() if finding["outcome"] == "error"}


def rules_of(name):
    """Return the rules of a benchmark."""
    return {rule for item in load_catalog().benchmark(name).recommendations for rule in item.rules}


NEW = sorted(rules_of("debian_12@2.0.0") - rules_of("debian_12@1.1.0"))
# Remediation takes algorithms away and adds none.
FOR_A_PERSON = {
    "firewall_ufw_chosen",
    "package_weak_dependencies_off",
    "ssh_key_exchange_post_quantum",
}
# Right on this host, and of what a person settles.
RIGHT = {"package_keys_protected"}
# What the law does not break by itself.
PLANTED = """install -m 0644 /dev/null /etc/apt/auth.conf.d/planted.conf
install -m 0440 /dev/null /etc/sudoers.d/planted
echo 'Defaults !syslog' > /etc/sudoers.d/planted
"""
EVERYTHING = {
    "hipaa_cis_benchmark": ["debian_12@2.0.0"],
    "hipaa_cis_include": {"rules": [rule for rule in NEW if rule not in NEW_OF_THE_MACHINE]},
    "hipaa_cis_level": 2,
    "hipaa_cis_allow_disruption": ["service_reload", "service_restart", "sessions", "login", "network"],
}


def test_what_the_next_version_asks_anew_is_fixed_and_taken_back(server_host, playbook, remediation_of, tmp_path):
    known = load_catalog()
    rules = {name: known.rules[name] for name in NEW if name not in NEW_OF_THE_MACHINE}
    broken = dataclasses.replace(known, rules=rules)
    server_host.run(["sh", "-c", sick_host.plant_packages(sick_host.packages(broken))], timeout=180)
    server_host.run(["sh", "-c", PLANTED + sick_host.script(broken)], timeout=120)
    playbook("audit", [server_host], **EVERYTHING)
    sick = outcomes(tmp_path, server_host)
    before = server_host.snapshot()

    code, said = playbook("remediate", [server_host], **EVERYTHING)
    assert code == 0, said
    first = remediation_of(server_host)
    results = {item["rule"]: item["result"] for item in first["results"]}
    assert {rule for rule, outcome in sick.items() if outcome == "pass"} == RIGHT
    failing = {rule for rule, outcome in sick.items() if outcome == "fail"}
    assert failing - FOR_A_PERSON == {rule for rule, result in results.items() if result == "fixed"}
    assert len(failing) >= 10
    playbook("remediate", [server_host], **EVERYTHING)
    assert not remediation_of(server_host)["steps"]
    code, said = playbook("rollback", [server_host], hipaa_cis_run_id=first["run_id"])
    assert code == 0, said
    assert not changes(before, server_host, NOT_RESTORED)


def test_beside_auto_stands_a_supplement(server_host, audit_hosts):
    audit = audit_hosts(
        [server_host],
        hipaa_cis_benchmark=["auto", "supplement_linux"],
        hipaa_cis_include={"rules": [RULE, "system_supported"]},
    )

    assert audit.code == 0, audit.said
    assert {rule: one["benchmark"] for rule, one in audit.findings(server_host.name).items()} == {
        RULE: "debian_12@2.0.0",
        "system_supported": "supplement_linux@0.1.0",
    }
