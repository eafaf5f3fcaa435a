"""What the apply module says of the host after it changed it, and what of that may fail without the change being lost."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux import in_time
from ansible_collections.hipaa.cis.plugins.module_utils.linux.request import RequestError
from ansible_collections.hipaa.cis.plugins.modules import linux_apply


@pytest.mark.parametrize(
    "problem", [RequestError("not understood"), OSError(12, "no memory"), BlockingIOError(11, "no process")]
)
def test_look_that_fails_leaves_the_answer_to_what_was_made(monkeypatch, problem):
    def fails(_text):
        raise problem

    monkeypatch.setattr(in_time, "observe_in_time", fails)

    assert linux_apply._observed({}) == {}


def test_look_is_of_the_request(monkeypatch):
    monkeypatch.setattr(in_time, "observe_in_time", lambda text: {"asked": text})

    assert linux_apply._observed({"a": 1}) == {"observed": {"asked": '{"a": 1}'}}
