"""Readers and writers are imported when their kind is asked for, and not before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux import apply, observe
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.later import Later
from ansible_collections.hipaa.cis.plugins.module_utils.linux.request import RequestError

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("kind", sorted({*observe.KINDS, *apply.WRITERS}))
def test_each_kind_has_the_functions_that_it_names(kind):
    named = [table[kind] for table in (observe.KINDS, apply.WRITERS) if kind in table]

    assert all(isinstance(one, Later) and callable(one.load()) for one in named)


def test_reader_that_cannot_be_imported_is_an_error_of_its_kind(monkeypatch, tmp_path):
    monkeypatch.setitem(observe.KINDS, "rare", Later("readers.no_such_module"))

    seen = observe.read_kind(Host(str(tmp_path)), "rare", [{"name": "one"}])[0]

    assert (seen.state, "the reader of rare failed" in seen.reason) == ("error", True)


def test_unknown_kind_is_refused_and_the_known_ones_are_named():
    with pytest.raises(RequestError, match=r"unknown kind 'other'; known: .*\bselinux\b"):
        observe.parse(observe.request_for([{"kind": "other"}]))


def test_only_what_is_asked_for_is_imported(tmp_path):
    code = (
        "import sys; from %s import observe, request_for, Host;"
        " observe(request_for([{'kind': 'file', 'path': '/etc'}]), Host(%r));"
        " print([key for key in sys.modules if '.readers.' in key or '.writers.' in key])"
    ) % (observe.__name__, str(tmp_path))
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT).stdout.decode()

    assert found.strip() == str(["%s.readers.file" % observe.__name__.rpartition(".")[0]])
