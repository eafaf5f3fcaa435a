"""A request as it travels: settings by number, benchmarks as ranges of numbers."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import keys_of, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.request import RequestError
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import named, numbered, ordered

ASKED = {"one": ["a", "b", "c", "e"], "two": ["b", "e", "d"], "none": [], "three": ["e", "a"]}
SETTINGS = {key: ["file", {"path": f"/{key}"}] for key in "abcde"}


def request():
    benchmarks = {name: {"detect": None, "settings": keys} for name, keys in ASKED.items()}
    return {"version": 2, "settings": ordered(SETTINGS, benchmarks), "benchmarks": benchmarks, "options": {}}


def test_host_takes_of_each_benchmark_the_settings_that_it_names():
    plain = request()
    taken = parse(json.dumps(numbered(plain)))

    for name, keys in ASKED.items():
        wanted = [plain["settings"][key] for key in keys]
        assert sorted(map(str, wanted)) == sorted(str(taken["settings"][key]) for key in keys_of(taken, [name]))


def test_what_was_answered_by_number_comes_back_by_name():
    plain = request()
    numbers = {str(number): setting for number, setting in enumerate(numbered(plain)["settings"])}

    assert named(numbers, plain["settings"]) == SETTINGS
    assert named({"1": "x", "99": "y", "-1": "z"}, "ab") == {"b": "x"}


def test_settings_of_the_same_benchmarks_stand_together():
    """Ten benchmarks that ask for the same are ten ranges, however their settings are mixed up."""
    keys = [str(number) for number in range(100)]
    asked = {f"b{turn}": {"detect": None, "settings": keys[turn:] + keys[:turn]} for turn in range(10)}
    asked["odd"] = {"detect": None, "settings": keys[1::2]}
    sent = numbered({"settings": ordered({key: ["k", {}] for key in keys}, asked), "benchmarks": asked})

    assert sum(len(one["settings"]) for one in sent["benchmarks"].values()) <= 21


@pytest.mark.parametrize(
    "ranges", [None, [0], [[0]], [[0, 6]], [[-1, 2]], [[0, True]], [[0, 1.0]], [["0", 1]], {"a": 1}, "05"]
)
def test_range_of_what_is_not_there_is_refused(ranges):
    sent = numbered(request())
    sent["benchmarks"]["one"]["settings"] = ranges

    with pytest.raises(RequestError, match="benchmark one names settings that the request does not hold"):
        parse(json.dumps(sent))
