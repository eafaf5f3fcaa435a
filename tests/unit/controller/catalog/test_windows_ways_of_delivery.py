"""Of the ways in which a value comes to a Windows host (policy, management of devices, its own setting) the one that counts there is judged."""

from __future__ import annotations

import pytest

from tests.unit.controller.catalog.windows_hosts import judged

DEFENDER = "SOFTWARE\\Policies\\Microsoft\\Windows Defender"
DEVICE = f"{DEFENDER}\\Policy Manager"
OWN = "SOFTWARE\\Microsoft\\Windows Defender"
UPDATE = "SOFTWARE\\Microsoft\\PolicyManager\\current\\device\\Update"
SWITCHES = {
    "windows_defender_real_time": ("DisableRealtimeMonitoring", "AllowRealtimeMonitoring"),
    "windows_defender_downloads": ("DisableIOAVProtection", "AllowIOAVProtection"),
    "windows_defender_behavior": ("DisableBehaviorMonitoring", "AllowBehaviorMonitoring"),
    "windows_defender_scripts": ("DisableScriptScanning", "AllowScriptScanning"),
}


def outcome(plan, rule, values):
    return judged(plan, rule, values).outcome


def of_defender(rule, policy=None, device=None, own=None, override=None):
    off, allow = SWITCHES[rule]
    found = {
        (f"{DEFENDER}\\Real-Time Protection", off): policy,
        (f"{DEFENDER}\\Real-Time Protection", f"LocalSettingOverride{off}"): override,
        (DEVICE, allow): device,
        (f"{OWN}\\Real-Time Protection", off): own,
    }
    return {place: number for place, number in found.items() if number is not None}


@pytest.mark.parametrize("rule", SWITCHES)
@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, "pass"),
        ({"own": 1}, "fail"),
        # A management of devices has a place of its own, which counts more than the host's own setting and less than a policy.
        ({"device": 0}, "fail"),
        ({"device": 0, "own": 0}, "fail"),
        ({"device": 1, "own": 1}, "pass"),
        ({"policy": 0, "device": 0}, "pass"),
        ({"policy": 1, "device": 1}, "fail"),
        ({"policy": 0, "own": 1}, "pass"),
        ({"policy": 0, "own": 1, "override": 0}, "pass"),
    ],
)
def test_defender_is_not_switched_off_by_the_way_that_counts(rule, given, wanted):
    for plan in ("windows_11/workstation", "windows_server_2022/member_server"):
        assert outcome(plan, rule, of_defender(rule, **given)) == wanted


@pytest.mark.parametrize("rule", [rule for rule in SWITCHES if rule != "windows_defender_scripts"])
@pytest.mark.parametrize(("own", "wanted"), [(1, "fail"), (0, "pass"), (None, "pass")])
def test_a_policy_of_defender_that_lets_the_host_decide_says_nothing(rule, own, wanted):
    given = of_defender(rule, policy=0, own=own, override=1)

    assert outcome("windows_server_2022/member_server", rule, given) == wanted


@pytest.mark.parametrize(
    ("policy", "override", "device", "own", "wanted"),
    [
        (0, None, None, 2, "pass"),
        (0, 1, None, 2, "fail"),
        (0, 1, None, 0, "pass"),
        (None, None, 1, 0, "fail"),
        (None, None, 0, 2, "pass"),
        (None, None, None, 0, "pass"),
        (None, None, None, None, "fail"),
    ],
)
def test_defender_reports_nothing_by_the_way_that_counts(policy, override, device, own, wanted):
    given = {
        (f"{DEFENDER}\\Spynet", "SpynetReporting"): policy,
        (f"{DEFENDER}\\Spynet", "LocalSettingOverrideSpynetReporting"): override,
        (DEVICE, "AllowCloudProtection"): device,
        (f"{OWN}\\Spynet", "SpyNetReporting"): own,
    }
    assert outcome("windows_server_2022/member_server", "windows_defender_maps_off", given) == wanted


@pytest.mark.parametrize(("channel", "wanted"), [(None, "pass"), (16, "pass"), (8, "fail"), (2, "fail")])
def test_an_insider_channel_that_only_a_management_of_devices_names(channel, wanted):
    given = {(UPDATE, "BranchReadinessLevel"): channel}

    assert outcome("windows_11/workstation", "windows_update_no_insider_channel", given) == wanted


@pytest.mark.parametrize(
    "name",
    [
        *("ADEncryptedPasswordHistorySize", "ADPasswordEncryptionEnabled", "AutomaticAccountManagementEnableAccount"),
        *("AutomaticAccountManagementEnabled", "AutomaticAccountManagementRandomizeName", "PassphraseLength"),
        *("AutomaticAccountManagementTarget", "PasswordAgeDays", "PasswordComplexity", "PasswordLength"),
        *("PasswordExpirationProtectionEnabled", "PostAuthenticationActions", "PostAuthenticationResetDelay"),
    ],
)
def test_any_setting_of_laps_by_a_management_of_devices_takes_the_policy_out_of_force(name):
    policy = {("SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\LAPS", "BackupDirectory"): 2}
    device = {("SOFTWARE\\Microsoft\\Policies\\LAPS", name): 1}

    assert outcome("windows_server_2022/member_server", "windows_laps_backup", policy) == "pass"
    assert outcome("windows_server_2022/member_server", "windows_laps_backup", {**policy, **device}) == "fail"
