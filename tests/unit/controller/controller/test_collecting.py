"""The garbage collector rests for one task, and is as it was afterwards."""

from __future__ import annotations

import gc

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.collecting import no_collections


@no_collections()
def fails():
    with no_collections():
        pass
    assert not gc.isenabled()
    raise KeyError


def test_it_rests_meanwhile_and_works_again_afterwards_even_of_a_failure():
    with pytest.raises(KeyError):
        fails()
    assert gc.isenabled()


def test_who_had_it_switched_off_has_it_switched_off():
    gc.disable()
    try:
        with no_collections():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
