"""Documents of a run are JSON that people and ``diff`` can read."""

from __future__ import annotations

import json

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.documents import as_text

DOCUMENT = {"b": {"z": 1, "a": [1, 2]}, "a": [{"y": 1, "x": "ü\n\ud800"}, "two"], "empty": [], "none": None, "n": {}}


def test_nothing_is_lost_or_changed():
    assert json.loads(as_text(DOCUMENT)) == DOCUMENT


def test_each_entry_and_each_item_of_a_list_has_a_line_of_its_own():
    assert as_text(DOCUMENT).split("\n") == [
        "{",
        ' "a": [',
        '  {"x": "\\u00fc\\n\\ud800", "y": 1},',
        '  "two"',
        " ],",
        ' "b": {"a": [1, 2], "z": 1},',
        ' "empty": [],',
        ' "n": {},',
        ' "none": null',
        "}",
        "",
    ]


def test_same_document_gives_the_same_bytes():
    assert as_text(dict(reversed(DOCUMENT.items()))) == as_text(DOCUMENT)
