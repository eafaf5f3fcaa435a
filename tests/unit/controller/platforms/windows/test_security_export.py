"""An export of secedit is looked at only where it is whole."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.security_export import whole
from tests.windows_exports import SECTIONS, security, security_text


def test_an_export_is_its_sections():
    export = whole(security(), None)

    assert list(export.sections) == [name.lower() for name in SECTIONS]


TICKETS = {"Kerberos Policy": ["MaxTicketAge = 10", "MaxRenewAge = 7", "TicketValidateClient = 1"]}


def in_order(*names):
    """Return an export with these sections in this order, as secedit writes it to a new file."""
    sections = {**SECTIONS, **TICKETS}
    text = "".join("\r\n".join([f"[{name}]", *sections[name], ""]) for name in names)
    return ("\ufeff" + text).encode("utf-16-le")


@pytest.mark.parametrize(
    "order",
    [
        # Of a domain controller, to the byte behind the version.
        [
            "Unicode",
            "System Access",
            "Event Audit",
            "Kerberos Policy",
            "Registry Values",
            "Privilege Rights",
            "Version",
        ],
        # Of one area alone.
        ["Unicode", "Privilege Rights", "Version"],
        ["Unicode", "System Access", "Event Audit", "Registry Values", "Version"],
    ],
)
def test_exports_to_a_new_file_end_in_the_version_whatever_they_hold(order):
    assert list(whole(in_order(*order), None).sections) == [name.lower() for name in order]


# All rights behind the cut would be held by nobody.
@pytest.mark.parametrize(
    "order",
    [
        # A template of group policy.
        ["Unicode", "Version", "System Access", "Event Audit", "Registry Values", "Privilege Rights"],
        # An area was exported to the file of another.
        ["Unicode", "System Access", "Event Audit", "Registry Values", "Version", "Privilege Rights"],
        # Text of a machine that was hardened in several steps.
        ["Unicode", "System Access", "Event Audit", "Version", "Registry Values", "Privilege Rights"],
    ],
)
def test_an_export_whose_version_does_not_stand_last_may_be_cut(order):
    with pytest.raises(HipaaCisError, match="is not whole"):
        whole(in_order(*order), 1252)


def test_the_database_of_secedit_is_not_its_export():
    database = bytes.fromhex("ac9a9ae9efcdab8920060000") + bytes(500)

    with pytest.raises(HipaaCisError, match="secedit's export"):
        whole(database, 1252)


@pytest.mark.parametrize("keep", [0, 1, 2, 3])
def test_an_export_that_ends_exit_0_with_nothing_or_next_to_nothing_is_an_error(keep):
    with pytest.raises(HipaaCisError, match="secedit's export: it is empty"):
        whole(b"\xff\xfe\r\0\n\0"[:keep], 1252)


def test_an_export_that_is_cut_anywhere_is_an_error():
    data = security()

    for end in range(6, len(data), 2):
        with pytest.raises(HipaaCisError, match="secedit's export"):
            whole(data[:end], 1252)
    assert whole(data, 1252)


@pytest.mark.parametrize(
    "version", [None, [], ["Revision=1"], ['signature="$CHICAGO$"'], ['signature="$OTHER$"', "Revision=1"], ["cut"]]
)
def test_without_the_version_of_secedit_it_is_not_its_export(version):
    with pytest.raises(HipaaCisError, match="secedit's export"):
        whole(security({"Version": version}), 1252)


def test_what_powershell_prints_in_place_of_an_export_is_an_error():
    with pytest.raises(HipaaCisError, match="secedit's export: line 1 stands before any section"):
        whole(b"WARNING: the profile was not loaded\r\n" + security_text().encode(), 1252)
