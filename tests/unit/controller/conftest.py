"""What all tests of the controller share."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_files_parsed_once() -> Iterator[None]:
    """Parse the collection's own catalog once: whoever loads it with files of a site would spend a second on what stays the same."""
    # The finder of collections is put in place when the first test file is read, which is later than this one.
    from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import check
    from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import CATALOG_FOLDER

    parsed_file = check.parsed_file
    kept: dict[tuple[str, str], bytes] = {}

    def once(section: str, name: str, path: Path) -> tuple[Any, list[str]]:
        if not path.is_relative_to(CATALOG_FOLDER):
            return parsed_file(section, name, path)
        if (section, name) not in kept:
            kept[section, name] = pickle.dumps(parsed_file(section, name, path))
        return pickle.loads(kept[section, name])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "parsed_file", once)
        yield
