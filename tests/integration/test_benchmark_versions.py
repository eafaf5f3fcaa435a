"""A booted host that moves from one version of a benchmark to the next."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

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
    before = audit_hosts([host], hipaa_cis_exceptions=[excepted])
    after = audit_hosts([host], hipaa_cis_exceptions=[excepted], hipaa_cis_benchmark=["debian_12@2.0.0"])

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
    assert moved["new"] == len({*after.findings(host.name)} - asked_before) > 10
    assert moved["retired"] == drift["counts"]["gone"]
    # As by the version before: of what can be seen here nothing is an error.
    errors = {rule for rule, finding in after.findings(host.name).items() if finding["outcome"] == "error"}
    assert errors <= {rule for rule, finding in before.findings(host.name).items() if finding["outcome"] == "error"}
