"""Kinds that few hosts are asked for are imported when they are asked for, and not before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux import apply, observe
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import value
from ansible_collections.hipaa.cis.plugins.module_utils.linux.request import RequestError

ROOT = Path(__file__).parents[4]


@pytest.fixture
def loads(monkeypatch):
    """The kind `rare` beside all others; return how often it was loaded."""
    found = []

    def load():
        found.append("rare")
        return lambda _host, addresses: [value(address["name"], "rare") for address in addresses]

    monkeypatch.setitem(observe.LATER, "rare", load)
    return found


def test_rare_kind_is_read_like_any_other(loads, tmp_path):
    (tmp_path / "etc").mkdir()
    request = observe.request_for([{"kind": "rare", "name": "one"}, {"kind": "rare", "name": "two"}])

    seen = observe.observe(request, Host(str(tmp_path)))["observations"]

    assert [seen[key]["value"] for key in ("0", "1")] == ["one", "two"]
    assert loads == ["rare"]


def test_rare_kind_is_not_loaded_where_nothing_asks_for_it(loads, tmp_path):
    (tmp_path / "etc").mkdir()

    observe.observe(observe.request_for([{"kind": "file", "path": "/etc"}]), Host(str(tmp_path)))

    assert loads == []


def test_unknown_kind_is_refused_and_rare_ones_are_named(loads):
    with pytest.raises(RequestError, match=r"unknown kind 'other'; known: .*\brare\b"):
        observe.parse(observe.request_for([{"kind": "other"}]))
    assert loads == []


def test_rare_kind_that_cannot_be_imported_is_an_error_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setitem(observe.LATER, "rare", lambda: __import__("no_such_module").read)

    seen = observe.read_kind(Host(str(tmp_path)), "rare", [{"name": "one"}])[0]

    assert (seen.state, "the reader of rare failed" in seen.reason) == ("error", True)


def test_writer_of_a_rare_kind_is_loaded_when_it_is_asked_for(monkeypatch):
    monkeypatch.setitem(apply.LATER, "rare", lambda: "its writer")

    assert (apply.writer_of("rare"), apply.writer_of("file"), apply.writer_of("other")) == (
        "its writer",
        apply.WRITERS["file"],
        None,
    )
    assert {"rare", "file"} <= set(apply.written_kinds())


def test_an_audit_that_asks_for_no_rare_kind_imports_none():
    name = observe.__name__
    code = "import sys, %s; print([key for key in sys.modules if '.readers.' in key or '.system.' in key])" % name
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT).stdout.decode()

    assert ".readers.sysctl'" in found
    rare = [*observe.LATER, "dnf_sources", "dnf_config", "apt_config", "rpm", "boot_entries", "openssl_config"]
    assert [kind for kind in rare if "readers.%s'" % kind in found or "system.%s'" % kind in found] == []
