# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registry.pol. Besides these, the 17 files of NSA's public Windows baseline were read without an error, 1,103 values in them."""

import contextlib
import struct
import time

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.registry_pol import (
    CREATE_KEY,
    DELETE,
    HEADER,
    MAX_FILE,
    NOT_CONFIGURED,
    SET,
    SET_IF_ABSENT,
    Instruction,
    delivered,
    parse,
)

LOGGING = "Software\\Policies\\Microsoft\\Windows\\PowerShell\\ScriptBlockLogging"
BLANK = " \0".encode("utf-16-le")


def wide(text):
    return text.encode("utf-16-le")


def line(key, name, kind, data):
    return (
        wide(f"[{key}\0;{name}\0;")
        + struct.pack("<I", kind)
        + wide(";")
        + struct.pack("<I", len(data))
        + wide(";")
        + data
        + wide("]")
    )


def number(key, name, value):
    return line(key, name, 4, struct.pack("<I", value))


def outcome(*lines, key=LOGGING, name="EnableScriptBlockLogging"):
    found = delivered(parse(HEADER + b"".join(lines), "it"), key, name, "it")
    return found.state, found.value and found.value.data


def test_a_file_as_the_editor_writes_it_when_logging_is_switched_on():
    raw = bytes.fromhex("5052656701000000") + number(LOGGING, "EnableScriptBlockLogging", 1)
    raw += line(LOGGING, "**del.EnableScriptBlockInvocationLogging", 1, BLANK)

    assert parse(raw, "it") == (
        Instruction(SET, LOGGING, ("EnableScriptBlockLogging",), 4, b"\1\0\0\0"),
        Instruction(DELETE, LOGGING, ("EnableScriptBlockInvocationLogging",), 1, BLANK),
    )


def test_a_file_with_nothing_but_its_header_delivers_nothing():
    assert parse(HEADER, "it") == ()
    assert outcome() == (NOT_CONFIGURED, None)


def test_a_key_alone_and_a_value_without_a_name_are_two_things():
    alone, default = parse(HEADER + line("SOFTWARE\\A", "", 0, b"") + line("SOFTWARE\\A", "", 1, wide("x\0")), "it")

    assert (alone.action, alone.names) == (CREATE_KEY, ())
    assert (default.action, default.names) == (SET, ("",))


def test_brackets_and_semicolons_in_data_and_names_end_nothing():
    key = "Software\\Policies\\[a;b]"
    assert outcome(line(key, "c];[d", 1, wide("];[x;y;\1;\1;z]\0")), key=key, name="c];[d") == (SET, "];[x;y;\1;\1;z]")


def test_a_letter_whose_half_is_zero_beside_the_end_ends_nothing():
    assert outcome(line("Software\\Ā", "Ā", 1, b""), key="software\\ā", name="ā") == (SET, "")


def test_names_of_keys_and_values_have_no_case():
    assert outcome(number(LOGGING.upper(), "ENABLESCRIPTBLOCKLOGGING", 1)) == (SET, 1)


def test_another_key_or_value_delivers_nothing():
    assert outcome(number(LOGGING + "\\Below", "EnableScriptBlockLogging", 1)) == (NOT_CONFIGURED, None)
    assert outcome(number(LOGGING, "Enable", 1)) == (NOT_CONFIGURED, None)


def test_the_last_instruction_decides():
    on, off = number(LOGGING, "EnableScriptBlockLogging", 1), number(LOGGING, "EnableScriptBlockLogging", 0)
    gone = line(LOGGING, "**DEL.EnableScriptBlockLogging", 1, BLANK)

    assert outcome(on, off) == (SET, 0)
    assert outcome(on, gone) == (DELETE, None)
    assert outcome(gone, on) == (SET, 1)


@pytest.mark.parametrize(
    "instruction",
    [
        line(LOGGING, "**delvals.", 1, BLANK),
        line(LOGGING, "**DelVals", 0, b""),
        line(LOGGING, "**DeleteValues", 1, wide("Other; EnableScriptBlockLogging\0")),
        line(LOGGING, "**deletevalues", 1, wide("enablescriptblocklogging;Other")),
    ],
    ids=["delvals with a dot", "delvals without", "a list", "a list without its end"],
)
def test_values_are_deleted_all_at_once_or_by_a_list(instruction):
    assert outcome(number(LOGGING, "EnableScriptBlockLogging", 1), instruction) == (DELETE, None)
    assert outcome(instruction, number(LOGGING, "EnableScriptBlockLogging", 1)) == (SET, 1)


def test_a_value_that_is_only_set_where_it_is_absent_may_not_be_what_is_in_force():
    soft = line(LOGGING, "**soft.EnableScriptBlockLogging", 4, struct.pack("<I", 1))

    assert outcome(soft) == (SET_IF_ABSENT, 1)
    assert outcome(number(LOGGING, "EnableScriptBlockLogging", 0), soft) == (SET, 0)
    assert outcome(line(LOGGING, "**delvals.", 1, BLANK), soft) == (SET, 1)


def test_permissions_of_keys_and_names_of_policies_change_no_value():
    assert outcome(
        number(LOGGING, "EnableScriptBlockLogging", 1),
        line(LOGGING, "**SecureKey", 4, struct.pack("<I", 1)),
        line(LOGGING, "**Comment:GPO Name: Baseline, Target: Machine", 1, b""),
    ) == (SET, 1)


@pytest.mark.parametrize("listed", [LOGGING, "ScriptBlockLogging", "Software\\Policies"])
def test_a_deleted_key_that_may_be_the_one_in_question_is_an_error(listed):
    above = LOGGING.rsplit("\\", 1)[0]
    with pytest.raises(HipaaCisError, match="it deletes the key"):
        outcome(line(above, "**DeleteKeys", 1, wide(f"Else;{listed}\0")))


def test_a_deleted_key_elsewhere_is_none():
    assert outcome(
        line("Software\\Else", "**DeleteKeys", 1, wide("A;B\0")), number(LOGGING, "EnableScriptBlockLogging", 1)
    ) == (SET, 1)


def test_a_number_of_another_length_is_an_error_for_that_value_only():
    raw = line(LOGGING, "Wrong", 4, b"\1") + number(LOGGING, "EnableScriptBlockLogging", 1)

    assert outcome(raw) == (SET, 1)
    with pytest.raises(HipaaCisError, match="REG_DWORD with 1 bytes"):
        outcome(raw, name="Wrong")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "does not begin"),
        (b"PReg", "does not begin"),
        (b"PReg\2\0\0\0", "does not begin"),
        (b"\xff\xfe" + wide("[Unicode]"), "does not begin"),
        (HEADER + b"\0\0", r"instruction at byte 8 is damaged \(no '\['"),
        (HEADER + number(LOGGING, "a", 1)[:-2], r"no '\]'"),
        (HEADER + number(LOGGING, "a", 1)[:-6], "4 bytes of data are said to follow, and 0 do"),
        (HEADER + number(LOGGING, "a", 1) + wide("["), "no end of the name at byte"),
        (HEADER + number(LOGGING, "a", 1) + b"\r\n", "no '"),
        (HEADER + wide("[key\0;value\0;") + b"\4\0", "no number"),
        (HEADER + wide("[key\0value\0;"), "no ';'"),
        (HEADER + wide("[key;value"), "no end of the name"),
        (HEADER + wide("[" + "k" * 20_000), "no end of the name"),
        (
            HEADER + wide("[k\0;v\0;") + struct.pack("<I", 4) + wide(";") + b"\xff\xff\xff\xff" + wide(";x]"),
            "4294967295 bytes",
        ),
        (HEADER + number("", "a", 1), "names no key"),
        (HEADER + number(LOGGING, "**unheard.of", 1), "no instruction that is known"),
        (HEADER + wide("[") + b"\0\xd8\0\0", "no text of UTF-16"),
        (bytes(MAX_FILE + 1), "more than the"),
    ],
    ids=range(18),
)
def test_a_damaged_file_is_an_error_with_its_place_and_never_half_a_policy(raw, message):
    with pytest.raises(HipaaCisError, match=f"^The policy file GPO.x.pol cannot be read: .*({message})"):
        parse(raw, "GPO\\x.pol")


def test_no_part_of_a_file_is_taken_for_the_whole():
    whole = HEADER + number(LOGGING, "EnableScriptBlockLogging", 1) + line(LOGGING, "**delvals.", 1, BLANK)
    ends = {len(HEADER), len(HEADER + number(LOGGING, "EnableScriptBlockLogging", 1))}

    for length in set(range(len(whole))) - ends:
        with pytest.raises(HipaaCisError):
            parse(whole[:length], "it")


@pytest.mark.parametrize("raw", [wide("[") * 2_000_000, number("k", "v", 1) * 20_000, wide("[" + "ĀĀ" * 8_000)])
def test_a_hostile_file_is_read_or_refused_soon(raw):
    before = time.process_time()
    with contextlib.suppress(HipaaCisError):
        parse((HEADER + raw)[:MAX_FILE], "it")
    assert time.process_time() - before < 5
