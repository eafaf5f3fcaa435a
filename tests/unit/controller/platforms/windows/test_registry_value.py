# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of the registry, as hosts send them and as they should not."""

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.registry_value import (
    MAX_DATA,
    Absent,
    RegistryValue,
    from_bytes,
    judged,
    read,
)


def sent(kind, data):
    return read({"view": 64, "type": kind, "data": data}, 64, "it")


def wide(text):
    return text.encode("utf-16-le")


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        (4, 1, RegistryValue("REG_DWORD", 1)),
        ("REG_DWORD", 0, RegistryValue("REG_DWORD", 0)),
        (4, 4294967295, RegistryValue("REG_DWORD", 4294967295)),
        (11, 9007199254740993, RegistryValue("REG_QWORD", 9007199254740993)),
        (1, "10", RegistryValue("REG_SZ", "10")),
        (1, "", RegistryValue("REG_SZ", "")),
        (2, "%SystemRoot%\\x", RegistryValue("REG_EXPAND_SZ", "%SystemRoot%\\x")),
        (7, [], RegistryValue("REG_MULTI_SZ", ())),
        (7, ["a", "b"], RegistryValue("REG_MULTI_SZ", ("a", "b"))),
        (7, [""], RegistryValue("REG_MULTI_SZ", ())),
        (3, "AQID", RegistryValue("REG_BINARY", b"\1\2\3")),
        (0, "", RegistryValue("REG_NONE", b"")),
        (5, "AAAAAQ==", RegistryValue("REG_DWORD_BIG_ENDIAN", b"\0\0\0\1")),
        (0xFFFF0011, "AQ==", RegistryValue("REG_0xFFFF0011", b"\1")),
    ],
)
def test_each_type_has_its_form(kind, data, value):
    assert sent(kind, data) == value


def test_numbers_that_dotnet_reads_as_negative_are_not():
    assert sent(4, -1).data == 0xFFFFFFFF
    assert sent(11, -(1 << 63)).data == 1 << 63


def test_an_absent_key_an_absent_value_and_an_empty_one_are_three_things():
    assert read({"view": 32, "absent": "key"}, 32, "it") == Absent("key")
    assert read({"view": 64, "absent": "value"}, 64, "it") == Absent("value")
    assert sent(1, "") == RegistryValue("REG_SZ", "")


def test_a_nul_at_the_end_that_an_import_has_left_is_no_part_of_a_text():
    assert sent(1, "Keep out\0").data == "Keep out"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "no mapping"),
        ([4, 1], "no mapping"),
        ({}, "64-bit view"),
        ({"view": 32, "type": 4, "data": 1}, "64-bit view"),
        ({"view": "64", "type": 4, "data": 1}, "64-bit view"),
        ({"view": True, "type": 4, "data": 1}, "64-bit view"),
        ({"view": 64}, "neither an absence"),
        ({"view": 64, "type": 4}, "neither an absence"),
        ({"view": 64, "data": 1}, "neither an absence"),
        ({"view": 64, "absent": "value", "type": 4, "data": 1}, "neither an absence"),
        ({"view": 64, "absent": True}, "neither its key nor the value"),
        ({"view": 64, "error": "access is denied"}, "access is denied"),
        ({"view": 64, "type": 1, "size": 1048576}, "REG_SZ with 1048576 bytes"),
        ({"view": 64, "type": True, "data": 1}, "'True' is no type"),
        ({"view": 64, "type": -1, "data": 1}, "no type"),
        ({"view": 64, "type": "DWORD", "data": 1}, "no type"),
        ({"view": 64, "type": "4", "data": 1}, "no type"),
        ({"view": 64, "type": [4], "data": 1}, "no type"),
    ],
)
def test_an_answer_of_another_shape_is_an_error_and_no_absence(answer, message):
    with pytest.raises(HipaaCisError, match=f"^The registry value HKLM.Key.Name cannot be judged: .*{message}"):
        read(answer, 64, "HKLM\\Key|Name")


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        (4, "1", "number of 32 bits"),
        (4, None, "number of 32 bits"),
        (4, True, "number of 32 bits"),
        (4, 1.0, "number of 32 bits"),
        (4, 1 << 32, "number of 32 bits"),
        (4, -(1 << 31) - 1, "number of 32 bits"),
        (11, 1 << 64, "number of 64 bits"),
        (1, 1, "not sent as text"),
        (1, None, "not sent as text"),
        (1, ["10"], "not sent as text"),
        (1, "0\x001", "NUL in it"),
        (1, "x" * (MAX_DATA + 1), "more than the"),
        (7, "a", "not sent as a list"),
        (7, None, "not sent as a list"),
        (7, ["a", 1], "not sent as a list"),
        (7, ["a\0b"], "NUL in it"),
        (7, ["x" * MAX_DATA, "y"], "more than the"),
        (7, ["x"] * (MAX_DATA + 1), "more than the"),
        (3, "no base64!", "base64"),
        (3, "AQI", "base64"),
        (3, "äöü=", "base64"),
        (0, 5, "not sent as text"),
    ],
)
def test_data_of_another_form_than_their_type_has_are_an_error(kind, data, message):
    with pytest.raises(HipaaCisError, match=message):
        sent(kind, data)


@pytest.mark.parametrize("items", [["", "evil"], ["a", "", "b"]])
def test_an_empty_text_within_a_list_hides_the_rest_from_some_programs_and_is_an_error(items):
    with pytest.raises(HipaaCisError, match="empty text before its last one"):
        sent(7, items)
    with pytest.raises(HipaaCisError, match="empty text before its last one"):
        from_bytes(7, wide("\0".join([*items, "", ""])), "it")


@pytest.mark.parametrize(
    ("items", "found"),
    [
        (["", "netlogon", "samr"], ("netlogon", "samr")),
        (["a", "", "b", ""], ("a", "b")),
        ([""], ()),
        ([], ()),
    ],
)
def test_where_a_list_may_have_empty_texts_they_are_left_out(items, found):
    answer = {"view": 64, "type": 7, "data": items}

    assert read(answer, 64, "it", blanks=True) == RegistryValue("REG_MULTI_SZ", found)


def test_only_a_value_of_the_type_that_windows_reads_is_judged():
    assert judged(sent(4, 1), ("REG_DWORD",), "it") == 1
    assert judged(sent(2, "x"), frozenset(("REG_SZ", "REG_EXPAND_SZ")), "it") == "x"
    with pytest.raises(HipaaCisError, match="it is REG_SZ, and Windows reads REG_DWORD there"):
        judged(sent(1, "1"), ("REG_DWORD",), "it")
    with pytest.raises(HipaaCisError, match="it is REG_NONE"):
        judged(sent(0, ""), ("REG_DWORD",), "it")


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        (4, b"\1\0\0\0", RegistryValue("REG_DWORD", 1)),
        (11, b"\xff" * 8, RegistryValue("REG_QWORD", (1 << 64) - 1)),
        (1, wide("1\0"), RegistryValue("REG_SZ", "1")),
        (1, wide("no end"), RegistryValue("REG_SZ", "no end")),
        (1, b"", RegistryValue("REG_SZ", "")),
        (7, wide("a\0b\0\0"), RegistryValue("REG_MULTI_SZ", ("a", "b"))),
        (7, wide("a\0b"), RegistryValue("REG_MULTI_SZ", ("a", "b"))),
        (7, wide("\0"), RegistryValue("REG_MULTI_SZ", ())),
        (7, b"", RegistryValue("REG_MULTI_SZ", ())),
        (3, b"\0\xff", RegistryValue("REG_BINARY", b"\0\xff")),
        (0, b"", RegistryValue("REG_NONE", b"")),
    ],
)
def test_bytes_come_to_the_same_form(kind, data, value):
    assert from_bytes(kind, data, "it") == value


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        (4, b"\1", "REG_DWORD with 1 bytes"),
        (4, b"\1\0\0\0\0", "REG_DWORD with 5 bytes"),
        (4, b"", "REG_DWORD with 0 bytes"),
        (11, b"\1\0\0\0", "REG_QWORD with 4 bytes"),
        (1, b"\1", "no text of UTF-16"),
        (1, b"\0\xd8", "no text of UTF-16"),
        (7, b"a\0b", "no text of UTF-16"),
        (1, wide("a\0b\0"), "NUL in it"),
        (3, bytes(MAX_DATA + 1), "more than the"),
    ],
)
def test_bytes_that_do_not_fit_their_type_are_an_error(kind, data, message):
    with pytest.raises(HipaaCisError, match=message):
        from_bytes(kind, data, "it")
