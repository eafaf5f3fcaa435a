"""Every benchmark of the catalog on the stock host that it is made for: nothing errs, and little of it is dead weight.

Those of hosts that can be booted are audited there (`tests/integration/test_stock_hosts.py`), the others on imitated ones.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
import yaml

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import observe
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import named, numbered
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests import dead_weight
from tests.integration.test_stock_hosts import BOOTED
from tests.scenarios import imitated

pytestmark = pytest.mark.root
STOCKS = {stock.name: stock for stock in imitated.stocks()}
BENCHMARKS = {one.name: one for newest in load_catalog().benchmarks.values() for one in newest.versions}
IMITATED = [name for name, one in BENCHMARKS.items() if one.id in STOCKS and not one.supplement]
TABLES = Path(imitated.__file__).parent


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """Return a function: name of a benchmark -> (its findings at level 2 by rule, the host)."""

    @cache
    def audit(name):
        catalog = load_catalog()
        (plan,) = make_plan(catalog, Selection(benchmarks=(name,), level=2), {}, {})
        host = imitated.build(str(tmp_path_factory.mktemp("host")), STOCKS[BENCHMARKS[name].id])
        answer = observe(json.dumps(numbered(plan.request)), host)
        judge = Judge(catalog.platforms["linux"], named(answer["observations"], plan.request["settings"]))
        return {planned.rule.id: judge.judge(planned) for one in plan.benchmarks for planned in one.rules}, host

    return audit


def test_every_benchmark_has_a_stock_host():
    own = {one.id for one in BENCHMARKS.values() if one.platform == "linux" and not one.supplement}
    assert own <= {*STOCKS, *BOOTED}


@pytest.mark.parametrize("name", IMITATED)
def test_nothing_errs_on_its_stock_host(name, audited):
    findings, _host = audited(name)

    assert {rule: one.reason for rule, one in findings.items() if one.outcome == "error"} == {}


@pytest.mark.parametrize("name", IMITATED)
def test_little_is_dead_weight_on_its_stock_host_and_what_is_said_of_it_is_true(name, audited):
    findings, host = audited(name)
    reasons = {one.reason for one in findings.values() if one.outcome == "not_applicable"}

    assert dead_weight.idle(BENCHMARKS[name], {rule: one.outcome for rule, one in findings.items()}) == []
    assert dead_weight.untrue(reasons, evidence(STOCKS[BENCHMARKS[name].id], host)) == []


def evidence(stock, host):
    """Return what the files and answers of a stock host say of conditions, read in the plainest way."""
    packages = {
        line.split("\t")[0] for argv, answer in stock.commands.items() if argv.startswith(("dpkg-query", "rpm")) for line in answer.split("\n")
    }  # fmt: skip
    mounted = [line.split(" ")[4] for line in host.read_text("/proc/self/mountinfo").splitlines()]
    forwards = [path for path in stock.files if path.startswith("/etc/rsyslog") and "@" in str(stock.files[path])]
    return {
        "package_installed": packages.__contains__,
        "package_missing": lambda name: name not in packages,
        "file_exists": host.exists,
        "mounted": mounted.__contains__,
        "kernel_knows": lambda name: host.exists("/proc/sys/" + name.replace(".", "/")),
        "joined_to_directory": lambda _: host.exists("/etc/sssd/sssd.conf") or host.exists("/etc/krb5.keytab"),
        "rsyslog_forwards": lambda _: bool(forwards),
        "rsyslog_writes_logs": lambda _: "rsyslog" in packages,
        "chrony_keeps_time": lambda _: "chrony" in packages,
        "timesyncd_keeps_time": lambda _: "systemd-timesyncd" in packages,
        "unit_enabled": lambda name: stock.units.get(name, ("",))[0] == "enabled",
        "unit_masked_or_missing": lambda name: stock.units.get(name, ("masked",))[0] == "masked",
        "unit_not_enabled": lambda name: stock.units.get(name, ("",))[0] != "enabled",
    }


def table(name):
    """Return rule -> outcome as written down for a stock host: what its file says, before that of the one that it is like."""
    written = yaml.safe_load((TABLES / f"{name}.yml").read_text(encoding="utf-8"))
    like = table(written.pop("like")) if "like" in written else {}
    return {**like, **{rule: outcome for outcome, rules in written.items() for rule in rules}}


@pytest.mark.parametrize("name", IMITATED)
def test_every_verdict_is_the_one_found_by_hand(name, audited):
    findings, _host = audited(name)
    expected = table(BENCHMARKS[name].id)

    assert {rule: one.outcome for rule, one in findings.items()} == {
        rule: expected.get(rule, "nobody has looked") for rule in findings
    }


def test_no_table_has_rules_that_nobody_asks_for():
    asked = {rule for one in BENCHMARKS.values() for item in one.recommendations for rule in item.rules}

    assert {rule for path in TABLES.glob("*.yml") for rule in table(path.stem)} <= asked


def test_a_benchmark_that_asks_for_another_systems_things_is_found_to_be_dead_weight():
    benchmark = BENCHMARKS["debian_12@2.0.0"]
    outcomes = {rule: "not_applicable" for item in benchmark.recommendations for rule in item.rules}

    assert len(dead_weight.idle(benchmark, outcomes)) > 300
    assert dead_weight.idle(benchmark, {**outcomes, **dict.fromkeys(list(outcomes)[:200], "fail")}) == []


def test_a_reason_that_the_host_does_not_bear_out_is_found():
    said = ["the package aide is not installed", "/etc/x does not exist", "somebody said so"]
    seen = {"package_installed": {"aide"}.__contains__, "file_exists": {"/etc/y"}.__contains__}

    assert dead_weight.untrue(said, seen) == ["the package aide is not installed", "somebody said so"]


def test_no_condition_asks_for_a_field_of_what_is_seen_piece_by_piece():
    """Such a one holds nowhere, and its rules never apply: what a kind's `expect_on` names has no fields."""
    kinds = load_catalog().platforms["linux"].kinds
    conditions = yaml.safe_load(dead_weight.PLATFORM.read_text(encoding="utf-8"))["conditions"]

    assert [
        name
        for name, one in conditions.items()
        if kinds[one["setting"]["kind"]].expect_on and "select" not in one["setting"] and "fields" in one["setting"]["expect"]
    ] == []  # fmt: skip
