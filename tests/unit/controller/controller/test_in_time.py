"""A host that says nothing holds nobody for ever."""

from __future__ import annotations

import signal
import time
from contextlib import suppress

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.in_time import within
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError


def test_what_is_not_done_in_time_is_an_error_whatever_catches_others_on_the_way():
    with pytest.raises(HipaaCisError, match=r"did not answer within 0\.05 seconds"), within(0.05), suppress(Exception):
        time.sleep(10)


def test_what_is_done_in_time_is_as_it_is_and_nothing_is_left_behind():
    before = signal.getsignal(signal.SIGALRM)

    with within(5):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0

    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert signal.getsignal(signal.SIGALRM) is before


def test_timeout_of_the_task_itself_is_left_alone():
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        with within(0.001):
            time.sleep(0.05)
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 50
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
