"""The antivirus of a host, by what Defender and the security center say, and the supplement's rules on it."""

from __future__ import annotations

import pytest

from tests.unit.controller.platforms.windows.judged import CLIENT, SERVER, read, rule

STATUS = {
    "AMServiceEnabled": True,
    "AntivirusEnabled": True,
    "RealTimeProtectionEnabled": True,
    "OnAccessProtectionEnabled": True,
    "BehaviorMonitorEnabled": True,
    "IoavProtectionEnabled": True,
    "signature_age": 1,
    "mode": "Normal",
    "tamper_protected": True,
}  # fmt: skip
PREFERENCE = {
    "real_time_off": False,
    "administrator": True,
    "shown": True,
    "paths": 2,
    "extensions": 1,
    "processes": 0,
    "wide": ["scan.exe"],
    "wide_processes": ["sqlservr.exe"],
    "wide_rules": ["scan.exe"],
    "excluded_types": [".mdf"],
    "asr_ids": ["9E6C4E1F-7D60-472F-BA1A-A39EF669E4B2", "01443614-cd74-433a-b99e-2ecdc07bfc25"],
    "asr_actions": [1, 2],
}
OTHER = {"name": "Other", "id": "{11111111-0000-0000-0000-000000000000}", "state": 0x41000}
ITSELF = {"name": "Windows Defender", "id": "{D68DDC3A-831F-4fae-9E44-DA132C1ACF46}", "state": 0x61100}
ANTIVIRUS = ("windows_antivirus_on", "windows_antivirus_current", "windows_antivirus_whole_drives")


def antivirus(status=None, preference=None, products=None):
    return {
        "status": {**STATUS, **(status or {})},
        "preference": {**PREFERENCE, **(preference or {})},
        "products": products,
    }


def test_the_document_of_defender():
    assert read({"kind": "defender"}, antivirus(products=[ITSELF])) == {
        "in_charge": "defender",
        "others": [],
        "engine": "on",
        "real_time": "on",
        "behavior": "on",
        "downloads": "on",
        "tamper_protection": "on",
        "signature_age": 1,
        "real_time_configured": "on",
        "exclusions": {"paths": 2, "extensions": 1, "processes": 0},
        "whole_drives": [],
        "excluded_programs": [],
        "opened_by": [],
        "asr": [
            {"id": "01443614-cd74-433a-b99e-2ecdc07bfc25", "action": "audit"},
            {"id": "9e6c4e1f-7d60-472f-ba1a-a39ef669e4b2", "action": "block"},
        ],
    }


@pytest.mark.parametrize("age", [None, 65535, 4294967295, -1, True])
def test_an_age_that_is_none_is_not_told(age):
    assert "signature_age" not in read({"kind": "defender"}, antivirus({"signature_age": age}))


@pytest.mark.parametrize("name", ANTIVIRUS)
def test_a_sound_antivirus_passes(name):
    assert rule(name, antivirus()).outcome == "pass"


@pytest.mark.parametrize(
    ("name", "status", "preference"),
    [
        *(("windows_antivirus_on", {part: off}, {}) for part in STATUS if part.endswith("Enabled") for off in (False, None)),
        ("windows_antivirus_on", {}, {"real_time_off": True}),
        ("windows_antivirus_on", {}, {"real_time_off": None}),
        ("windows_antivirus_on", {"mode": "Not running", "AntivirusEnabled": False}, {}),
        ("windows_antivirus_current", {"signature_age": 4}, {}),
        ("windows_antivirus_current", {"signature_age": None}, {}),
        # No signature at all.
        ("windows_antivirus_current", {"signature_age": 65535}, {}),
        ("windows_antivirus_current", {"signature_age": 4294967295}, {}),
        *(("windows_antivirus_whole_drives", {}, {"wide": [one]}) for one in
          ("C:", "d:\\", "E:\\*", "*:\\", "*", "**", "\\\\?\\C:\\", "%SystemDrive%", "%systemdrive%\\*.*", "\\\\files\\share", "?:\\", "C:/",
           "\\\\?\\Volume{1}\\", " C:\\ ", "*.exe")),
        ("windows_antivirus_whole_drives", {}, {"wide_rules": ["C:\\"]}),
        *(("windows_antivirus_whole_drives", {}, {"wide_processes": [one]}) for one in ("C:\\*", "*", "%SystemDrive%\\*", "PowerShell.exe")),
        *(("windows_antivirus_whole_drives", {}, {"excluded_types": [one]}) for one in ("exe", ".DLL", "*", ".*", "*.ps1")),
    ],
)  # fmt: skip
def test_an_antivirus_that_is_not_sound_fails(name, status, preference):
    assert rule(name, antivirus(status, preference)).outcome == "fail"


@pytest.mark.parametrize("one", ["scan.exe", "*.mdf", "%ProgramData%", "backup"])
def test_what_is_no_drive_is_not_taken_for_one(one):
    assert rule("windows_antivirus_whole_drives", antivirus(preference={"wide": [one]})).outcome == "pass"


@pytest.mark.parametrize(
    ("given", "facts", "outcome", "reviewed"),
    [
        (antivirus({"mode": "Passive Mode"}), SERVER, "not_applicable", "manual"),
        (antivirus({"mode": "EDR Block Mode"}), SERVER, "not_applicable", "manual"),
        (antivirus({"mode": "Passive"}), SERVER, "not_applicable", "manual"),
        (antivirus({"mode": "Half asleep"}), SERVER, "error", "error"),
        (antivirus({"mode": "Not running", "AntivirusEnabled": False}, products=[OTHER]), CLIENT, "not_applicable", "manual"),
        ({"status": None, "preference": None, "products": [OTHER]}, CLIENT, "not_applicable", "manual"),
        ({"status": {"error": "0x800106ba"}, "preference": {"error": "x"}, "products": [OTHER, ITSELF]}, CLIENT, "not_applicable", "manual"),
        # Another product beside a Defender that is in charge takes nothing off it.
        (antivirus({"RealTimeProtectionEnabled": False}, products=[OTHER]), CLIENT, "fail", "not_applicable"),
        # It stands back, and there is nobody.
        (antivirus({"mode": "Passive Mode"}, products=[ITSELF]), CLIENT, "fail", "not_applicable"),
        (antivirus({"mode": "EDR Block Mode"}, products=[]), CLIENT, "fail", "not_applicable"),
        (antivirus({"mode": "Passive Mode"}, products=[ITSELF, OTHER]), CLIENT, "not_applicable", "manual"),
        # None that is seen, and what registers itself as Defender is no other.
        ({"status": None, "preference": None, "products": None}, SERVER, "fail", "not_applicable"),
        ({"status": None, "preference": None, "products": [ITSELF]}, CLIENT, "fail", "not_applicable"),
        ({"status": {"error": "0x800106ba"}, "preference": None, "products": None}, SERVER, "error", "error"),
        ({"status": {"error": "0x800106ba"}, "preference": None, "products": [ITSELF]}, CLIENT, "error", "error"),
        (antivirus(preference={"shown": False}), SERVER, "error", "error"),
        (antivirus(preference={"administrator": False}), SERVER, "error", "error"),
        ({**antivirus(), "preference": None}, SERVER, "error", "error"),
        ({**antivirus(), "preference": {"error": "x"}}, SERVER, "error", "error"),
        (antivirus(preference={"asr_actions": [1]}), SERVER, "error", "error"),
        (antivirus(preference={"asr_actions": [1, 7]}), SERVER, "error", "error"),
    ],
)  # fmt: skip
def test_another_antivirus_is_looked_at_by_a_person_and_never_passes(given, facts, outcome, reviewed):
    found = [rule(name, given, facts).outcome for name in ANTIVIRUS]
    assert found[0] == outcome
    assert outcome == "fail" or set(found) == {outcome}
    assert rule("windows_antivirus_reviewed", given, facts).outcome == reviewed


def test_what_another_product_says_of_itself_is_shown():
    told = read(
        {"kind": "defender"},
        {
            "status": None,
            "preference": None,
            "products": [OTHER, {**OTHER, "state": 0x40010}, {**OTHER, "state": None}],
        },
    )

    assert [(one["state"], one["signatures"]) for one in told["others"]] == [
        ("on", "up_to_date"),
        ("off", "out_of_date"),
        ("off", "up_to_date"),
    ]
