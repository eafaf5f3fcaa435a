"""The settings of an export that have keys of their own: passwords, lockout, accounts, tickets, the legacy audit policy."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.security_export import whole
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.security_policy import setting
from tests.windows_exports import SECTIONS, changed, security

ACCESS = "System Access"
KERBEROS = [
    "MaxTicketAge = 10",
    "MaxRenewAge = 7",
    "MaxServiceAge = 600",
    "MaxClockSkew = 5",
    "TicketValidateClient = 1",
]


def read(key, data=None, section=ACCESS):
    return setting(whole(data or security(), 1252), section, key)


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("MinimumPasswordLength", 14),
        ("minimumpasswordlength", 14),
        ("PasswordComplexity", 1),
        ("ClearTextPassword", 0),
        ("LockoutDuration", 15),
        ("NewAdministratorName", "Keeper"),
    ],
)
def test_a_setting_is_read_by_its_key_in_any_case(key, wanted):
    assert read(key) == wanted


@pytest.mark.parametrize("section", [ACCESS, "Event Audit", "Kerberos Policy"])
def test_each_setting_that_secedit_writes_is_known(section):
    lines = {**SECTIONS, "Kerberos Policy": KERBEROS}[section]
    wanted = [line.split('"')[1] if '"' in line else int(line.split(" = ")[1]) for line in lines]

    values = [read(line.split(" ", maxsplit=1)[0], security({"Kerberos Policy": KERBEROS}), section) for line in lines]

    assert values == [0 if section == "Event Audit" and value == 4 else value for value in wanted]


@pytest.mark.parametrize(
    ("key", "line", "wanted"),
    [
        # -1 would be at most 365 days to a rule that compares numbers.
        ("MaximumPasswordAge", "-1", "never"),
        ("LockoutDuration", "-1", "never"),
        ("MaximumPasswordAge", "0", 0),
        ("ResetLockoutCount", "-1", 0),
        ("PasswordComplexity", "2", 1),
        ("ClearTextPassword", "65535", 1),
        ("NewGuestName", '"  Guest"', "  Guest"),
        ("NewGuestName", '"Gäste, alle"', "Gäste, alle"),
        ("NewGuestName", "Invitado", "Invitado"),
        ("NewGuestName", '"14"', "14"),
        ("MinimumPasswordAge", "4294967295", 4294967295),
    ],
)
def test_a_value_means_what_windows_takes_it_for(key, line, wanted):
    assert read(key, changed(ACCESS, key, f"{key} = {line}")) == wanted


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("MinimumPasswordLength", "-1"),
        ("MinimumPasswordLength", "14 ; days"),
        ("MinimumPasswordLength", "0x0E"),
        ("MinimumPasswordLength", "\uff11\uff14"),
        ("MinimumPasswordLength", "14,15"),
        ("MinimumPasswordLength", "9" * 11),
        ("MinimumPasswordLength", ""),
        ("MaximumPasswordAge", "-2"),
        ("ResetLockoutCount", "-x"),
        ("PasswordComplexity", "-1"),
        ("NewGuestName", ""),
        ("NewGuestName", '""'),
        ("NewGuestName", '"a","b"'),
    ],
)
def test_a_value_that_windows_does_not_write_is_an_error_for_that_setting_alone(key, line):
    data = changed(ACCESS, key, f"{key} = {line}")

    with pytest.raises(HipaaCisError, match=rf"\[System Access\] {key} in line \d+"):
        read(key, data)
    assert read("PasswordHistorySize", data) == 24


def test_without_a_limit_of_bad_attempts_secedit_leaves_out_how_long_the_lock_lasts():
    lines = [line for line in SECTIONS[ACCESS] if "Lockout" not in line]
    data = security({ACCESS: [*lines, "LockoutBadCount = 0"]})

    assert [read(key, data) for key in ("LockoutBadCount", "LockoutDuration", "ResetLockoutCount")] == [0, None, None]


@pytest.mark.parametrize(
    "key", ["LockoutDuration", "ResetLockoutCount", "MinimumPasswordLength", "LockoutBadCount", "ClearTextPassword"]
)
def test_what_each_windows_has_is_not_taken_for_absent_where_it_is_missing(key):
    with pytest.raises(HipaaCisError, match=f"does not say .*{key}, which every Windows has"):
        read(key, changed(ACCESS, key))


def test_older_builds_do_not_know_whether_the_administrator_can_be_locked_out():
    assert read("AllowAdministratorLockout") is None
    assert (
        read("AllowAdministratorLockout", security({ACCESS: [*SECTIONS[ACCESS], "AllowAdministratorLockout = 1"]})) == 1
    )


@pytest.mark.parametrize("key", ["MinimumPasswordLenght", "", "MaxTicketAge"])
def test_a_key_that_no_windows_has_is_an_error_and_not_absent(key):
    with pytest.raises(HipaaCisError, match=r"unknown setting of \[System Access\]"):
        read(key)


def test_only_a_domain_controller_has_tickets():
    data = security({"Kerberos Policy": KERBEROS})

    assert read("MaxTicketAge", section="Kerberos Policy") is None
    assert [read(line.split(" ", maxsplit=1)[0], data, "Kerberos Policy") for line in KERBEROS] == [10, 7, 600, 5, 1]


@pytest.mark.parametrize(
    ("key", "wanted"),
    [("AuditLogonEvents", 3), ("AuditPrivilegeUse", 0), ("AuditPolicyChange", 1), ("AuditDSAccess", 0)],
)
def test_legacy_categories_are_read_as_numbers_and_4_is_none(key, wanted):
    assert read(key, section="Event Audit") == wanted


def test_a_legacy_category_has_no_other_numbers():
    with pytest.raises(HipaaCisError, match=r"\[Event Audit\] AuditDSAccess"):
        read("AuditDSAccess", changed("Event Audit", "AuditDSAccess", "AuditDSAccess = 5"), "Event Audit")


@pytest.mark.parametrize("section", [ACCESS, "Event Audit"])
def test_a_section_that_is_missing_is_an_error_that_names_the_area(section):
    with pytest.raises(HipaaCisError, match=r"has no section .*SECURITYPOLICY"):
        read(
            {ACCESS: "MinimumPasswordLength", "Event Audit": "AuditDSAccess"}[section],
            security({section: None}),
            section,
        )
