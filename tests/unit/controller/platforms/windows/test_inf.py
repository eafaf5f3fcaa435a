"""INF: sections, settings and their fields, and lines that are none."""

from __future__ import annotations

import time

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.inf import fields, parsed


def value(text, section="A", key="k"):
    found = parsed(text).section(section)
    one = found.one(key) if found else None
    return one.value if one else None


@pytest.mark.parametrize(
    "text",
    [
        "[A]\r\nk = 1\r\n",
        "[A]\nk=1",
        "[ A ]\r\nK=1\r\n",
        "[a]\r\n \tk\t=\t1 \r\n",
        "; a comment\r\n\r\n[A]\r\n;k = 2\r\nk = 1\r\n\r\n[B]\r\nk = 3\r\n",
        '[A]\r\n"k" = 1\r\n',
        "[A]\r\nk = 1\r\nk = 1\r\n",
        "[A]\r\nk \\\r\n = 1\r\n",
        "[A]\r\n[A]\r\nk = 1\r\n",
    ],
)
def test_a_setting_is_found_however_it_is_set_out(text):
    assert value(text) == "1"


def test_what_is_not_there_is_told_from_what_is_empty():
    assert value("[A]\r\nk =\r\n") == ""
    assert value("[A]\r\nx = 1\r\n") is None
    assert parsed("[A]\r\n").section("B") is None


def test_a_backslash_takes_in_the_next_line():
    assert value("[A]\r\nk = *S-1-1-0,\\\r\n  *S-1-5-11,\\\r\n*S-1-5-19\r\n") == "*S-1-1-0,*S-1-5-11,*S-1-5-19"


# A list whose last path ends in a backslash is written bare: the setting behind it would be missing, and so be "nobody" or "not set".
@pytest.mark.parametrize("behind", ["other = 2", "", "; other", "[B]"])
def test_a_value_that_ends_in_a_backslash_takes_in_no_setting_and_no_section(behind):
    text = f"[A]\r\nk = 7,C:\\\r\n{behind}\r\n[C]\r\nk = 3\r\n"

    assert (value(text), value(text, "C")) == ("7,C:\\", "3")
    assert value(text, key="other") == ("2" if behind == "other = 2" else None)


def test_a_key_that_stands_twice_with_different_values_is_an_error_for_that_key_alone():
    text = "[A]\r\nk = 1\r\nother = 5\r\nK = 2\r\n"

    with pytest.raises(HipaaCisError, match=r"\[A\] k stands with different values in lines 2, 4"):
        value(text)
    assert value(text, key="other") == "5"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("MinimumPasswordLength 14", "line 3 is no setting"),
        ("= 14", "line 3 is no setting"),
        ('x"y = 1', "line 3 is no setting"),
        ('"x" y = 1', "line 3 is no setting"),
        ('notice = 1,"Stop', "line 3: a quote is opened and not closed"),
        ("[B", "line 3 is no setting"),
    ],
)
def test_a_line_that_is_no_setting_spoils_its_section_alone(line, why):
    text = f"[A]\r\nk = 1\r\n{line}\r\n[C]\r\nk = 3\r\n"

    with pytest.raises(HipaaCisError, match=rf"\[A\] cannot be read: {why}"):
        value(text)
    assert value(text, "C") == "3"


# secedit never writes one twice; a text with lines of its own in the registry could.
def test_a_section_that_stands_twice_cannot_be_trusted():
    with pytest.raises(HipaaCisError, match="it stands twice, again at line 5"):
        value("[A]\r\nk = 1\r\n[B]\r\nk = 2\r\n[a]\r\nother = 3\r\n")


@pytest.mark.parametrize("text", ["WARNING: profile\r\n[A]\r\nk = 1\r\n", "k = 1\r\n", "\ufeff[A]\r\nk = 1\r\n"])
def test_what_does_not_begin_with_a_section_is_no_export(text):
    with pytest.raises(HipaaCisError, match="line 1 stands before any section"):
        parsed(text)


def test_only_line_ends_of_windows_end_a_line():
    assert value("[A]\r\nk = 1\x0b\x85\u2028m = 2\r\n") == "1\x0b\x85\u2028m = 2"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        (" \t", []),
        ("4,1", ["4", "1"]),
        ("7,", ["7", ""]),
        ("7,a,,b", ["7", "a", "", "b"]),
        ("a , b ", ["a", "b"]),
        ('"  Administrator"', ["  Administrator"]),
        (' "a" , "b" ', ["a", "b"]),
        ('""', [""]),
        ('"a ""b"" c"', ['a "b" c']),
        ('7,Stop"," this is a clinic.,Go home.', ["7", "Stop, this is a clinic.", "Go home."]),
        ('1,"a,b;c=d"', ["1", "a,b;c=d"]),
        ("a b; c", ["a b; c"]),
        ("\u00a0a\u00a0", ["\u00a0a\u00a0"]),
        ('a, b"c"', ["a", "bc"]),
        ('"a"b , c', ["ab", "c"]),
    ],
)
def test_fields_are_parted_by_commas_outside_quotes(text, wanted):
    assert fields(text) == wanted


@pytest.mark.parametrize("text", ['"', '1,"a', '"a""', 'a"b"c"'])
def test_a_quote_that_is_not_closed_is_an_error(text):
    with pytest.raises(HipaaCisError, match="not closed"):
        fields(text)


@pytest.mark.parametrize(
    "row",
    ['a"b"' * 100_000, "," * 800_000, "a" + " " * 800_000 + "b", '"' * 799_999, "[" * 800_000, "x\\\r\n" * 400_000],
)
def test_a_hostile_line_takes_no_longer_than_it_is(row):
    start = time.process_time()

    parsed(f"[A]\r\nk = {row}\r\n{row}\r\n")

    assert time.process_time() - start < 5
