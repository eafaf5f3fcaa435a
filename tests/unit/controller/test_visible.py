# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's text steers no terminal."""

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import all_visible, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[31mall is well", "\\x1b[2J\\x1b[31mall is well"),
        ("no\rPASSED", "no\\x0dPASSED"),
        ("bell\x07 del\x7f nul\x00", "bell\\x07 del\\x7f nul\\x00"),
        ("c1 \x9b31m nel\x85", "c1 \\x9b31m nel\\x85"),
        ("x\u202etxt.exe", "x\\u202etxt.exe"),
        ("line\u2028separator", "line\\u2028separator"),
        ("zero\u200bwidth \ufeffmark", "zero\\u200bwidth \\ufeffmark"),
        ("half \udc80", "half \\udc80"),
    ],
)
def test_what_steers_is_written_out(text, shown):
    assert visible(text) == shown
    shown.encode("utf-8")


@pytest.mark.parametrize("text", ["a\tb\nc", "Grüße 患者 🏥", "\\x1b", "", "naïve é"])
def test_what_is_only_text_stays(text):
    assert visible(text) == text


def test_document_is_made_visible_in_every_corner_but_its_keys():
    assert all_visible({"k\x1b": ["\x1b", {"a": ("\x07", 1, None, True)}]}) == {
        "k\x1b": ["\\x1b", {"a": ["\\x07", 1, None, True]}]
    }
