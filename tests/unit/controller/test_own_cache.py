"""What is kept in the user's cache folder does not stay there for ever."""

from __future__ import annotations

import os
import time

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils import own_cache


@pytest.mark.parametrize("ending", own_cache.KEPT)
def test_what_nobody_made_anew_for_long_is_forgotten_and_nothing_else(tmp_path, monkeypatch, ending):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "hipaa-cis"
    own_cache.write("old" + ending, "a")
    own_cache.write("young" + ending, "b")
    (folder / "of somebody else").touch()
    for name, days in (("old" + ending, 1), ("young" + ending, -1), ("of somebody else", 1)):
        then = time.time() - (own_cache.KEPT_DAYS + days) * 86400
        os.utime(folder / name, (then, then))

    own_cache.write("new" + ending, "c")

    assert sorted(os.listdir(folder)) == sorted(["new" + ending, "young" + ending, "of somebody else"])
