"""Templates are compiled once for a user, and never taken from where others could have put them."""

from __future__ import annotations

import io

import pytest
from jinja2 import environment

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.evidence_groups import Evidence
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.html import write_html
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.summary import Summary


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A function that writes a report: (the page, how many templates were compiled for it)."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    compiled = []
    compile_ = environment.Environment.compile

    def counted(self, *given, **named):
        compiled.append(given)
        return compile_(self, *given, **named)

    monkeypatch.setattr(environment.Environment, "compile", counted)

    def write():
        compiled.clear()
        stream = io.StringIO()
        write_html(stream, Summary(load_catalog(), "20261103T060000Z-000000").as_dict(), Evidence())
        return stream.getvalue(), len(compiled)

    return write


def test_templates_are_compiled_once(page):
    first, times = page()
    assert times > 3
    assert page() == (first, 0)


@pytest.mark.parametrize("folder", [True, False])
def test_what_others_can_write_is_not_used(page, tmp_path, folder):
    first, times = page()
    for path in [tmp_path / "hipaa-cis"] if folder else (tmp_path / "hipaa-cis").iterdir():
        path.chmod(0o777)
    assert page() == (first, times)


@pytest.mark.parametrize("text", ["bm90aGluZw==", "abc", ""])
def test_what_is_spoilt_is_made_anew(page, tmp_path, text):
    first, times = page()
    for path in (tmp_path / "hipaa-cis").glob("template-*"):
        path.write_text(text)
    assert page() == (first, times)
