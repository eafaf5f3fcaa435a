"""What users read of a version is written in the language that antsibull-changelog reads: reStructuredText, and not that of plugins' documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

docutils = pytest.importorskip("docutils.core", reason="left out on this machine: missing docutils")

CHANGELOGS = Path(__file__).parents[3] / "changelogs"
# C(name) and its like, which mean something in the documentation of modules only.
MARKUP = re.compile(r"\b[A-Z]\([^)]*\)")


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif value is not None and not isinstance(value, bool | int | float):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)


def faults(text: str) -> list[str]:
    """What a reader would see of a text that its writer did not mean."""
    tree = docutils.publish_doctree(text, settings_overrides={"report_level": 5, "halt_level": 6})
    found = [f"taken for a title: {node.astext()}" for node in tree.findall() if node.tagname == "title_reference"]
    found += [f"taken for an address: {node.astext()}" for node in tree.findall() if node.tagname == "reference"]
    found += [f"no reStructuredText: {node.astext()}" for node in tree.findall() if node.tagname == "problematic"]
    plain = "".join(
        node.astext() for node in tree.findall() if node.tagname == "#text" and node.parent.tagname != "literal"
    )
    return found + [f"shown as it is: {one}" for one in MARKUP.findall(plain)]


@pytest.mark.parametrize("text", ["``C(x)`` and ``a@1.0``", "a_b and CIS (C) v1", "a, b (c)", "https is not given"])
def test_text_that_is_shown_as_meant_has_no_fault(text):
    assert faults(text) == []


@pytest.mark.parametrize("text", ["C(name) is new", "the option `name`", "debian_12@2.0.0 is new", "``never closed"])
def test_text_that_is_shown_otherwise_is_named(text):
    assert len(faults(text)) == 1


def test_fragments_and_changelog_are_shown_as_they_are_meant():
    files = [CHANGELOGS / "changelog.yaml", *sorted((CHANGELOGS / "fragments").glob("*.yml"))]
    found = {
        file.name: [fault for text in texts(yaml.safe_load(file.read_text())) for fault in faults(text)]
        for file in files
    }
    assert {name: told for name, told in found.items() if told} == {}
