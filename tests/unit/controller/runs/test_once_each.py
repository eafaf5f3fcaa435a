"""What is made once for an object is never another object's."""

from __future__ import annotations

import itertools

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import once_each
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.once_each import OnceEach


def test_each_object_is_asked_once_and_equal_ones_are_two(monkeypatch):
    numbers = itertools.count(1)
    once = OnceEach(lambda _document: next(numbers))
    first, second = {"a": 1}, {"a": 1}

    assert [once(first), once(first), once(second), once(first)] == [1, 1, 2, 1]
    monkeypatch.setattr(once_each, "MAX_KEPT", 2)
    assert once({"b": 1}) == 3
    assert once(first) == 4


def test_object_of_which_something_is_kept_stays_so_that_no_other_has_its_number():
    once = OnceEach(lambda document: document["number"])

    assert [once({"number": number}) for number in range(1000)] == list(range(1000))
