"""Lines, blanks, words and numbers are what C programs take for them."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import (
    BLANKS,
    SPACES_AND_TABS,
    is_number,
    lowered,
    raised,
    words_of,
)

ODD = ["\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\xa0", "\u1680", "\u2003", "\u2028", "\u202f", "\u3000"]


@pytest.mark.parametrize("sign", ODD)
def test_what_only_python_takes_for_a_blank_is_a_part_of_a_word(sign):
    text = " a%sb  c%s" % (sign, sign)

    assert words_of(text) == ["a%sb" % sign, "c" + sign]
    assert words_of(text, 1) == ["a%sb" % sign, "c" + sign]
    assert words_of(text, blanks=SPACES_AND_TABS) == ["a%sb" % sign, "c" + sign]


@pytest.mark.parametrize("text", ["", " ", "a", " a\tb\vc\fd\re\n", "a  b  c ", "a ", "\t a", " a  b\t"])
@pytest.mark.parametrize("most", [-1, 1, 2])
@pytest.mark.parametrize("odd", ["", "\xe9"])
def test_words_of_plain_text_are_those_of_split(text, most, odd):
    """Whether nothing else stands in it or a letter that sends it another way."""
    text = text.replace("a", "a" + odd)

    assert words_of(text, most) == text.split(None, most)


def test_blanks_can_be_fewer():
    assert words_of("a\vb \tc\f", blanks=SPACES_AND_TABS) == ["a\vb", "c\f"]
    assert words_of(" a  b  c ", 1, " ") == ["a", "b  c "]


def test_blanks_are_those_of_c():
    assert set(BLANKS) == {chr(number) for number in range(128) if bytes([number]).isspace()}


@pytest.mark.parametrize("text", ["", "²", "٣", "１", "+1", "1_0", " 1", "1\n"])  # noqa: RUF001
def test_other_digits_are_no_number(text):
    assert not is_number(text)


def test_digits_are_a_number():
    assert is_number("0123456789")


def test_case_is_that_of_ascii():
    assert (lowered("\u212aEY A\xc4"), lowered("KEY")) == ("\u212aey a\xc4", "key")
    assert (raised("\u017fmall \u0131"), raised("small")) == ("\u017fMALL \u0131", "SMALL")
