"""Rules with the names of a benchmark's own distributions: packages and units in settings, conditions, reasons and the fix."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.names import Called
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import leaves

CATALOG = load_catalog()
RED_HAT = CATALOG.benchmark("rhel_9@2.0.0")
DEBIAN = CATALOG.benchmark("debian_12@1.1.0")


def asked(rule):
    """Return the (kind, name) of the settings of a rule."""
    return [(leaf["kind"], leaf["address"].get("name")) for leaf in leaves(rule.settings)]


def test_packages_and_units_have_the_names_of_the_family():
    rule = Called(CATALOG).rule(RED_HAT, "dhcp_server_unused")

    assert asked(rule) == [("package", "dhcp-server"), ("service", "dhcpd.service"), ("service", "dhcpd6.service")]


def test_condition_and_its_reason_name_the_same_package():
    (condition,) = [
        one
        for one in Called(CATALOG).rule(RED_HAT, "audit_sudo_rules").applies_if
        if one["setting"]["kind"] == "package"
    ]

    assert condition["setting"]["address"] == {"name": "audit"}
    assert condition["otherwise"] == "the package audit is not installed"


def test_condition_of_a_setting_in_a_group_is_asked_by_its_name_too():
    (plan,) = make_plan(CATALOG, Selection(benchmarks=(RED_HAT.name,), level=2), {}, {})
    names = {address["name"] for kind, address in plan.request["settings"].values() if kind in ("package", "service")}

    assert {"audit", "gdm", "chronyd.service", "libpwquality"} <= names
    assert not names & {name for called in CATALOG.platforms["linux"].names["redhat"].values() for name in called}


@pytest.mark.parametrize(
    ("rule", "fix"),
    [
        (
            "dns_server_unused",
            "Remove bind, or stop and mask named.service where another package needs it.",
        ),
        # One name there for two here is said once.
        (
            "mail_access_server_unused",
            "Remove dovecot, or cyrus-imapd, or stop and mask dovecot.service, dovecot.socket, cyrus-imapd.service where another package needs them.",
        ),
        (
            "rsync_daemon_unused",
            "Remove rsync-daemon, or stop and mask rsyncd.service where another package needs it.",
        ),
    ],
)
def test_fix_says_what_to_do_there(rule, fix):
    assert Called(CATALOG).rule(RED_HAT, rule).fix.strip() == fix


def test_word_of_the_fix_that_is_no_package_of_the_rule_stays():
    """The rule asks for auditd as a condition alone, and its fix is about the daemon."""
    rule = replace(CATALOG.rules["audit_log_size"], fix="Restart auditd.")
    catalog = replace(CATALOG, rules={**CATALOG.rules, rule.id: rule})

    assert Called(catalog).rule(RED_HAT, rule.id).fix == "Restart auditd."


def test_benchmark_without_names_has_the_rules_as_they_stand():
    assert all(Called(CATALOG).rule(DEBIAN, name) is rule for name, rule in CATALOG.rules.items())


def test_later_family_counts():
    later = replace(RED_HAT, names=("redhat", "redhat_10"))

    assert asked(Called(CATALOG).rule(later, "dhcp_server_unused"))[0] == ("package", "kea")
    assert asked(Called(CATALOG).rule(later, "dns_server_unused"))[0] == ("package", "bind")


def test_expectations_and_the_rest_of_a_setting_are_left_as_they_are():
    there = Called(CATALOG).rule(RED_HAT, "tftp_server_unused")
    here = CATALOG.rules["tftp_server_unused"]

    for mine, other in zip(leaves(here.settings), leaves(there.settings), strict=True):
        assert {**mine, "address": None} == {**other, "address": None}
