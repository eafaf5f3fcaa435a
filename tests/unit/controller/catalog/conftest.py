"""What tests of catalogs have in common."""

from __future__ import annotations

import shutil

import pytest


@pytest.fixture
def only_the_framework(tmp_path, monkeypatch):
    """The collection's own rules are no part of the fault, and take a second to be checked each time."""
    # The finder of collections is put in place when the first test file is read, which is later than this one.
    from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import load

    own = tmp_path / "own"
    shutil.copytree(load.CATALOG_FOLDER / "frameworks", own / "frameworks")
    monkeypatch.setattr(load, "CATALOG_FOLDER", own)
