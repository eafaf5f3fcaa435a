"""Files that Windows wrote, in each encoding that it uses, and what is no text."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.encoded_text import MOST_BYTES, decoded

NAME = 'NewGuestName = "Invité"\r\n'


@pytest.mark.parametrize(
    ("data", "code_page"),
    [
        (("\ufeff" + NAME).encode("utf-16-le"), None),
        (("\ufeff" + NAME).encode("utf-16-le"), 1252),
        (("\ufeff" + NAME).encode("utf-16-be"), None),
        (NAME.encode("utf-16-le"), 1252),
        (NAME.encode("utf-8-sig"), 1252),
        (NAME.encode("utf-8"), 65001),
        (NAME.encode("cp1252"), 1252),
        (NAME.encode("cp1258"), 1258),
    ],
    ids=["UTF-16LE", "mark over code page", "UTF-16BE", "no mark", "UTF-8 with mark", "UTF-8", "1252", "1258"],
)
def test_the_same_text_is_read_from_each_encoding(data, code_page):
    assert decoded(data, code_page, "x") == NAME


@pytest.mark.parametrize(
    ("text", "code_page", "codec"),
    [
        ("Gäste", 1252, "cp1252"),
        ("Gość", 1250, "cp1250"),
        ("Гость", 1251, "cp1251"),
        ("ผู้เยี่ยมชม", 874, "cp874"),
        ("ゲスト", 932, "cp932"),
        ("访客", 936, "gbk"),
        ("손님", 949, "cp949"),
        ("來賓", 950, "cp950"),
    ],
)
def test_names_of_other_languages_are_read_by_the_code_page_of_the_host(text, code_page, codec):
    assert decoded(text.encode(codec), code_page, "x") == text


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe", b"\r\n", b"\xff\xfe\r\0\n\0", b"\0" * 512],
    ids=["nothing", "mark", "line", "both", "NULs"],
)
def test_a_program_that_wrote_nothing_is_an_error_that_names_the_remedy(data):
    with pytest.raises(HipaaCisError, match=r"^secedit: it is empty.*administrator"):
        decoded(data, 1252, "secedit")


@pytest.mark.parametrize(
    ("data", "code_page"),
    [
        (NAME.encode("cp1252"), None),
        (NAME.encode("cp1252"), 65001),
        (NAME.encode("cp1252"), 37),
        (NAME.encode("utf-8"), None),
        (b"\xff\xfeN\0e", 1252),
        (b"\xff\xfe\x00\xd8", 1252),
        (b"Name\0\0\0", 1252),
    ],
    ids=["no code page", "not UTF-8", "EBCDIC", "UTF-8 without a mark", "half a character", "half a pair", "NUL"],
)
def test_letters_are_never_guessed(data, code_page):
    with pytest.raises(HipaaCisError, match="Export it as UTF-16"):
        decoded(data, code_page, "x")


@pytest.mark.parametrize("code_page", [None, 37, 1252, 65001])
def test_ascii_is_read_whatever_the_code_page_of_the_host(code_page):
    assert decoded(b"Guest\r\n", code_page, "x") == "Guest\r\n"


def test_a_nul_that_the_registry_keeps_at_the_end_of_a_text_is_a_character_of_it():
    assert decoded('\ufeffa="b\0"\r\n'.encode("utf-16-le"), None, "x") == 'a="b\0"\r\n'


def test_a_file_of_any_size_is_not_read():
    assert len(decoded(b"x" * MOST_BYTES, None, "x")) == MOST_BYTES == 4_194_304
    with pytest.raises(HipaaCisError, match="are read at most"):
        decoded(b"x" * (MOST_BYTES + 1), None, "x")
