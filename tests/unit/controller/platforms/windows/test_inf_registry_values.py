"""The security options that an export has with the types of the registry."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.inf_registry_values import (
    NO_LEGACY_AUDIT as LEGACY_PATH,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.inf_registry_values import (
    registry_value,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.security_export import whole
from tests.windows_exports import NO_LEGACY_AUDIT, SECTIONS, security

LSA = r"MACHINE\System\CurrentControlSet\Control\Lsa"
POLICIES = r"MACHINE\Software\Microsoft\Windows\CurrentVersion\Policies\System"


def read(path, *lines):
    return registry_value(whole(security({"Registry Values": [*SECTIONS["Registry Values"], *lines]}), 1252), path)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (NO_LEGACY_AUDIT, ("REG_DWORD", 1)),
        (NO_LEGACY_AUDIT.lower(), ("REG_DWORD", 1)),
        (rf"{LSA}\FullPrivilegeAuditing", ("REG_BINARY", ("0",))),
        (rf"{LSA}\RestrictRemoteSAM", ("REG_SZ", "O:BAG:BAD:(A;;RC;;;BA)")),
        (rf"{POLICIES}\LegalNoticeCaption", ("REG_SZ", "")),
        # A comma parts the lines of the notice, and one of its own is quoted.
        (rf"{POLICIES}\LegalNoticeText", ("REG_MULTI_SZ", ("Stop, this is a clinic.", "Go home."))),
        (r"MACHINE\System\CurrentControlSet\Control\Session Manager\SubSystems\optional", ("REG_MULTI_SZ", ())),
        (
            r"MACHINE\System\CurrentControlSet\Services\LanManServer\Parameters\NullSessionPipes",
            ("REG_MULTI_SZ", ("SQL\\QUERY", "EPMAPPER")),
        ),
        (rf"{LSA}\NotThere", None),
    ],
)
def test_a_value_is_read_with_its_type(path, wanted):
    assert read(path) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("4,2147483640", ("REG_DWORD", 2147483640)),
        ("4,4294967295", ("REG_DWORD", 4294967295)),
        ("4,0x20080000", ("REG_DWORD", 537395200)),
        ("4,0X00000010", ("REG_DWORD", 16)),
        ("4,010", ("REG_DWORD", 10)),
        ('1,"a \0"', ("REG_SZ", "a ")),
        ('7,"a \0"', ("REG_MULTI_SZ", ("a ",))),
        ('1,"10"', ("REG_SZ", "10")),
        ("1,10", ("REG_SZ", "10")),
        ('2,"%SystemRoot%\\x"', ("REG_EXPAND_SZ", "%SystemRoot%\\x")),
        ('7,"a","b"', ("REG_MULTI_SZ", ("a", "b"))),
        ('7,"a\0"', ("REG_MULTI_SZ", ("a",))),
        ("7", ("REG_MULTI_SZ", ())),
        # Of a domain controller: an empty text stands first in the list.
        ("7,,netlogon,samr", ("REG_MULTI_SZ", ("", "netlogon", "samr"))),
    ],
)
def test_values_of_all_types_are_read(value, wanted):
    assert read(r"MACHINE\x\y", rf"MACHINE\x\y={value}") == wanted


def test_a_path_may_be_quoted():
    assert read(r"MACHINE\x\a=b", r'"MACHINE\x\a=b"=4,1') == ("REG_DWORD", 1)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "4",
        "4,",
        "4,one",
        "4,-1",
        "4,4294967296",
        "4,1,2",
        "4,\uff11",
        "1",
        '1,"a","b"',
        "8,Remove:,lsarpc",
        "11,1",
        ",",
        "dword,1",
    ],
)
def test_a_value_of_no_type_is_an_error_for_it_alone(value):
    with pytest.raises(HipaaCisError, match=r"line \d+ of \[Registry Values\]"):
        read(r"MACHINE\x\y", rf"MACHINE\x\y={value}")
    assert read(NO_LEGACY_AUDIT, rf"MACHINE\x\y={value}") == ("REG_DWORD", 1)


def test_without_the_section_nothing_is_absent():
    with pytest.raises(HipaaCisError, match="has no section"):
        registry_value(whole(security({"Registry Values": None}), 1252), NO_LEGACY_AUDIT)


def test_whether_legacy_categories_override_is_read_at_the_path_that_secedit_writes():
    assert read(LEGACY_PATH) == ("REG_DWORD", 1)
