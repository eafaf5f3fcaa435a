"""Arguments of PAM modules as they are changed."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.pam import _changed


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        ([], {"add": ["use_authtok"]}, ["use_authtok"]),
        (["a", "b"], {"add": ["a"]}, ["b", "a"]),
        (["remember=5", "b"], {"add": ["remember=24"]}, ["b", "remember=24"]),
        (["rememberer=5"], {"add": ["remember=24"]}, ["rememberer=5", "remember=24"]),
        (["md5=x"], {"add": ["md5"]}, ["md5=x", "md5"]),
        (["nullok", "nullok_secure"], {"remove": ["nullok"]}, ["nullok_secure"]),
        (["remember=5", "a"], {"remove": ["remember=\\d+"], "add": ["b"]}, ["a", "b"]),
        (["a"], {}, ["a"]),
    ],
)
def test_arguments_are_replaced_by_their_name(before, wanted, after):
    assert _changed(before, wanted) == after
