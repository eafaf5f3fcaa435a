"""Stock RHEL 9 and Ubuntu as imitated trees: the whole engine gives no error there, and the right verdicts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import KINDS, observe, request_for
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlannedRule, make_plan, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import named, numbered
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Rule
from tests.scenarios.imitated import Stock, build, stocks

pytestmark = pytest.mark.root
STOCKS = stocks()
BY_NAME = pytest.mark.parametrize("stock", STOCKS, ids=[stock.name for stock in STOCKS])


def verdicts(stock: Stock, root: str) -> list[tuple[str, str, Any]]:
    """Return (verdict, kind and address, what was seen) of each row of the host's table."""
    host = build(root, stock)
    seen = observe(request_for([{"kind": kind, **address} for kind, address, _expect, _verdict in stock.rows]), host)
    found = []
    for number, (kind, address, expect, _verdict) in enumerate(stock.rows):
        leaf: dict[str, Any] = {"kind": kind, "address": address, "expect": expect}
        rule = Rule("r", "t", "w", "f", "high", "none", "linux", "topic", settings=(leaf,))
        answer = seen["observations"][str(number)]
        judge = Judge(load_catalog().platforms["linux"], {setting_key(leaf): answer})
        found.append((judge.judge(PlannedRule(rule, "b", (), (leaf,), "", {})).outcome, f"{kind} {address}", answer))
    return found


@BY_NAME
def test_verdicts_are_those_of_a_stock_host(stock, tmp_path):
    wrong = {
        what: f"{verdict}, not {row[3]}: {answer}"
        for row, (verdict, what, answer) in zip(stock.rows, verdicts(stock, str(tmp_path)), strict=True)
        if verdict != row[3]
    }
    assert not wrong
    assert len(stock.rows) >= 60
    assert {"pass", "fail"} <= {row[3] for row in stock.rows}
    assert not {row[3] for row in stock.rows} - {"pass", "fail"}


@BY_NAME
def test_every_kind_has_a_row(stock):
    assert {row[0] for row in stock.rows} | set(stock.elsewhere) >= set(KINDS)


@BY_NAME
def test_no_setting_of_the_catalog_is_an_error(stock, tmp_path):
    """Those of Debian 12 are asked, of which a part means nothing elsewhere; none may be one that cannot be read."""
    (plan,) = make_plan(load_catalog(), Selection(benchmarks=("debian_12",), level=2), {}, {})
    answer = observe(json.dumps(numbered(plan.request)), build(str(tmp_path), stock))
    seen = named(answer["observations"], plan.request["settings"])

    errors = {key: one["reason"] for key, one in seen.items() if one["state"] == "error"}
    assert {key: said for key, said in errors.items() if key.split(" ")[0] not in stock.elsewhere} == {}
    assert len(seen) > 500
