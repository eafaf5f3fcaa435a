"""An export of secedit is looked at only where it is whole."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.security_export import whole
from tests.windows_exports import SECTIONS, security, security_text


def test_an_export_is_its_sections():
    export = whole(security(), None)

    assert list(export.sections) == [name.lower() for name in SECTIONS]


# All rights behind the cut would be held by nobody.
def test_an_export_whose_version_does_not_stand_last_may_be_cut():
    order = ["Unicode", "Version", *list(SECTIONS)[1:-1]]
    text = "".join("\r\n".join([f"[{name}]", *SECTIONS[name], ""]) for name in order)

    with pytest.raises(HipaaCisError, match="is not whole"):
        whole(text.encode(), 1252)


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
