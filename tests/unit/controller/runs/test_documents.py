"""Documents of a run are JSON that people and ``diff`` can read."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import documents
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.documents import Reader, as_text

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


@pytest.mark.parametrize(
    "text",
    [
        as_text(DOCUMENT),
        json.dumps(DOCUMENT),
        json.dumps(DOCUMENT, indent=1),
        '{\n "a": [\n  1,\n  2\n ],\n "a": [\n  3\n ]\n}\n',
        '{\n "a": "text: [",\n "b": [\n  "]",\n  "},"\n ]\n}\n',
        "[1]",
        "7",
    ],
)
def test_what_is_read_is_what_json_reads(text):
    reader = Reader()

    assert [reader.read(text.encode()) for _time in range(2)] == [json.loads(text)] * 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{\n}",
        as_text(DOCUMENT)[:-3],
        as_text(DOCUMENT) + "x",
        as_text(DOCUMENT).replace(" ],", " ]"),
        as_text(DOCUMENT).replace('  "two"\n', '  "two",\n'),
        as_text(DOCUMENT).replace('  "two"\n', ""),
        as_text(DOCUMENT).replace(' "none"', '"none'),
        '{\n "a": 1\n "b": 2\n}\n',
        '{\n "a": 1,\n}\n',
    ],
)
def test_what_json_refuses_is_refused(text):
    def refused(read):
        try:
            read(text.encode())
        except ValueError:
            return True
        return False

    assert refused(Reader().read) is refused(json.loads)


def test_documents_share_the_lines_they_have_in_common_and_no_more_is_kept_than_allowed(monkeypatch):
    reader = Reader()
    first, second = (reader.read(as_text({"host": host, "list": [{"same": 1}, host]}).encode()) for host in "ab")
    assert first["list"][0] is second["list"][0]

    monkeypatch.setattr(documents, "MAX_KEPT_CHARACTERS", 0)
    again = reader.read(as_text({"list": ["another line", {"same": 1}]}).encode())
    assert again["list"][1] is not first["list"][0]
