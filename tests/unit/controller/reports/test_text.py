"""Text from targets is shown in full view, on a bounded length."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.text import MAX_CHARACTERS, one_line, visible
from tests.hostile import HOSTILE, HUGE


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain text, ütf-8 日本語 ✓", "plain text, ütf-8 日本語 ✓"),
        ("two\nlines", "two\nlines"),
        ("two\r\nlines", "two\nlines"),
        ("over\rwritten", "over[U+000D]written"),
        ("a\u202eb", "a[U+202E]b"),
        ("a\u2067b\u2069", "a[U+2067]b[U+2069]"),
        ("zero\u200bwidth", "zero[U+200B]width"),
        ("\x1b[31m", "[U+001B][31m"),
        ("\x00", "[U+0000]"),
        ("\ud800", "[U+D800]"),
        ("\U000e0041", "[U+E0041]"),
        ("no\u00a0break", "no[U+00A0]break"),
        ("tab\tstop", "tab    stop"),
        ("vie\u0323\u0302t", "vie\u0323\u0302t"),
        (7, "7"),
    ],
)
def test_nothing_hides(raw, shown):
    assert visible(raw) == shown


def test_marks_do_not_pile_up_over_the_next_line():
    shown = visible("a" + "\u0334" * 50)

    assert shown.count("\u0334") == 3
    assert shown.count("[U+0334]") == 47


def test_what_is_cut_is_said():
    shown = visible(HUGE)

    assert len(shown) < MAX_CHARACTERS + 100
    assert shown.endswith("… [cut: 10,000,001 characters in all]")


def test_one_line_is_one_line():
    assert one_line("a\nb\u2028c") == "a ⏎ b[U+2028]c"


@pytest.mark.parametrize("text", HOSTILE)
def test_result_can_be_written(text):
    visible(text).encode("utf-8")
