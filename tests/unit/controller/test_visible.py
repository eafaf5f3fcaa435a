# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's text steers no terminal."""

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[31mall is well", "[U+001B][2J[U+001B][31mall is well"),
        ("no\rPASSED", "no[U+000D]PASSED"),
        ("bell\x07 del\x7f nul\x00", "bell[U+0007] del[U+007F] nul[U+0000]"),
        ("c1 \x9b31m nel\x85", "c1 [U+009B]31m nel[U+0085]"),
        ("x\u202etxt.exe", "x[U+202E]txt.exe"),
        ("line\u2028separator", "line[U+2028]separator"),
        ("zero\u200bwidth \ufeffmark", "zero[U+200B]width [U+FEFF]mark"),
        ("half \udc80", "half [U+DC80]"),
    ],
)
def test_what_steers_is_written_out(text, shown):
    assert spelled_out(text) == shown
    shown.encode("utf-8")


@pytest.mark.parametrize("text", ["a\tb\nc", "Grüße 患者 🏥", "[U+001B]", "", "naïve é"])
def test_what_is_only_text_stays(text):
    assert spelled_out(text) == text
