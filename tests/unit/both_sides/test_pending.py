"""What fails now and is right from the next boot on is said to be pending, of each kind that can tell, and never passes."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import PENDING, Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlannedRule, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Rule

ONE = {"equals": 1}
OFF = {"any_of": [{"absent": True}, {"fields": {"enabled": {"equals": False}, "active": {"equals": False}}}]}
ON = {"fields": {"enabled": {"equals": True}, "active": {"equals": True}}}
ARGUMENT = {"fields": {"running": {"equals": "1"}, "configured": {"equals": "1"}}}
KEPT_OUT = {
    "fields": {"loaded": {"equals": False}, "install_blocked": {"equals": True}, "denylisted": {"equals": True}}
}
IN_EFFECT = {"fields": {"running": {"equals": True}, "configured": {"equals": True}}}
SYSCTL = {"running": "0", "configured": "1", "interfaces": [], "set_by": []}
MODULE = {"built_in": False, "loaded": True, "install_blocked": True, "denylisted": True}
UNIT = {"enabled": False, "active": True, "state": "disabled"}
CASES = [
    ("sysctl", ONE, SYSCTL, True),
    ("sysctl", ONE, {**SYSCTL, "configured": None}, False),
    ("sysctl", ONE, {**SYSCTL, "interfaces": [{"name": "eth0", "running": "0"}]}, True),
    ("sysctl", ONE, {**SYSCTL, "interfaces": [{"name": "eth0", "running": "1", "configured": "0"}]}, False),
    ("sysctl", ONE, {**SYSCTL, "set_by": [{"value": "0"}]}, False),
    ("kernel_module", KEPT_OUT, MODULE, True),
    ("kernel_module", KEPT_OUT, {**MODULE, "denylisted": False}, False),
    ("kernel_module", KEPT_OUT, {**MODULE, "built_in": True}, False),
    ("service", OFF, UNIT, True),
    ("service", OFF, {**UNIT, "state": "static"}, False),
    ("service", ON, {"enabled": True, "active": False, "state": "enabled"}, False),
    ("bootloader", ARGUMENT, {"running": None, "configured": "1"}, True),
    ("bootloader", ARGUMENT, {"running": "1", "configured": None}, False),
    ("mount_option", IN_EFFECT, {"running": False, "configured": True}, True),
    ("audit_rule", {"empty": True}, {"unrecorded_now": ["open"], "unrecorded_at_boot": []}, True),
    ("audit_rule", {"empty": True}, {"unrecorded_now": [], "unrecorded_at_boot": ["open"]}, False),
]


def finding(*leaves, seen, groups=()):
    settings = groups or leaves
    rule = Rule("r", "t", "w", "f", "high", "none", "linux", "topic", settings=settings)
    seen_by_key = {setting_key(one): item for one, item in zip(leaves, seen, strict=True)}
    return Judge(load_catalog().platforms["linux"], seen_by_key).judge(PlannedRule(rule, "b", (), settings, "", {}))


def leaf(kind, expect, name="x"):
    return {"kind": kind, "address": {"name": name}, "expect": expect}


def value(document):
    return {"state": "value", "value": document, "source": "s"}


@pytest.mark.parametrize(("kind", "expect", "document", "pending"), CASES)
def test_what_is_right_from_the_next_boot_on_fails_and_says_so(kind, expect, document, pending):
    found = finding(leaf(kind, expect), seen=[value(document)])

    assert found.outcome == "fail"
    assert found.pending is pending
    assert (found.as_dict().get("reason") == PENDING) is pending
    assert (found.as_dict()["checks"][0].get("reason") == PENDING) is pending


def test_rule_is_pending_only_where_all_that_fails_is():
    waits, fails = value(SYSCTL), value({**SYSCTL, "configured": "0"})
    settings = (leaf("sysctl", ONE, "a"), leaf("sysctl", ONE, "b"))

    assert finding(*settings, seen=[waits, waits]).pending
    assert finding(*settings, seen=[waits, value({**SYSCTL, "running": "1"})]).pending
    assert not finding(*settings, seen=[waits, fails]).pending
    either = ({"any_of": list(settings)},)
    assert finding(*settings, seen=[waits, fails], groups=either).pending
    assert not finding(*settings, seen=[fails, fails], groups=either).pending
