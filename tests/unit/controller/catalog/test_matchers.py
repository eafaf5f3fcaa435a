"""Matchers: what matches, and above all what must not."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.matchers import ABSENT, NAMES, describe, matches

CASES: list[tuple[Any, Any, bool]] = [
    ({"equals": 1}, "1", True),
    ({"equals": 1}, " 1 ", True),
    ({"equals": 1}, True, False),
    ({"equals": True}, "true", False),
    ({"equals": False}, 0, False),
    ({"equals": "no"}, "No", False),
    ({"equals": ["root"]}, ["root"], True),
    ({"equals": ["root"]}, ["root", "toor"], False),
    ({"passed": True}, "2001-02-03", True),
    ({"passed": True}, "9999-12-31", False),
    ({"passed": False}, "9999-12-31", True),
    ({"passed": False}, "2001-02-03", False),
    ({"passed": False}, "never", False),
    ({"passed": False}, ABSENT, False),
    ({"not_equals": False}, True, True),
    ({"not_equals": "x"}, ABSENT, False),
    ({"one_of": ["no", "local"]}, "no", True),
    ({"one_of": ["no"]}, ABSENT, False),
    ({"none_of": ["3des-cbc"]}, "aes128-ctr,3des-cbc", False),
    ({"none_of": ["3des-cbc"]}, "aes128-ctr", True),
    ({"none_of": ["3des-cbc"]}, ABSENT, False),
    ({"at_least": 14}, "14", True),
    ({"at_least": 14}, "fourteen", False),
    ({"at_least": 0}, True, False),
    ({"at_least": 14}, "\t14 ", True),
    ({"at_least": 14}, "14\xa0", False),
    ({"at_least": 14}, "\x1c14", False),
    ({"at_least": 14}, "\uff11\uff14", False),
    ({"equals": 1}, "\u0661", False),
    ({"at_most": 4}, "4", True),
    ({"at_most": 4}, "", False),
    ({"between": [1, 300]}, "0", False),
    ({"between": [1, 300]}, "300", True),
    ({"matches": "^a"}, "ba", False),
    ({"matches": "^a"}, ["a"], False),
    ({"matches": r"^a\s\d"}, "a\t1", True),
    ({"matches": r"^a\s\d"}, "a\xa01", False),
    ({"matches": r"^a\s\d"}, "a \u0661", False),
    ({"matches": "(?i)^k"}, "\u212a", False),
    ({"contains": "apparmor"}, ["lockdown", "apparmor"], True),
    ({"contains_all": ["a", "b"]}, "a b c", True),
    ({"contains_all": ["a", "b"]}, "a\xa0b c", False),
    ({"contains_all": ["a", "d"]}, "a b c", False),
    ({"subset_of": ["a", "b"]}, "a,b", True),
    ({"subset_of": ["a", "b"]}, "a,c", False),
    ({"absent": True}, ABSENT, True),
    ({"absent": True}, "", False),
    ({"present": True}, ABSENT, False),
    ({"empty": True}, [], True),
    ({"empty": True}, 0, False),
    ({"empty": True}, ABSENT, False),
    ({"mode_at_most": "0640"}, "0600", True),
    ({"mode_at_most": "0640"}, "0604", False),
    ({"mode_at_most": "0755"}, "4755", False),
    ({"mode_at_most": "0640"}, "rw", False),
    ({"each": {"equals": 1}}, [1, 1], True),
    ({"each": {"equals": 1}}, [], True),
    ({"each": {"equals": 1}}, ABSENT, False),
    ({"any": {"equals": 1}}, [], False),
    ({"fields": {"owner": {"equals": "root"}}}, {"owner": "root"}, True),
    ({"fields": {"owner": {"equals": "root"}}}, {"owner": None}, False),
    ({"fields": {"owner": {"absent": True}}}, {}, True),
    ({"fields": {"owner": {"absent": True}}}, ABSENT, False),
    ({"all_of": [{"present": True}, {"equals": 1}]}, ABSENT, False),
    ({"any_of": [{"absent": True}, {"equals": 1}]}, ABSENT, True),
    ({"any_of": [{"absent": True}, {"equals": 1}]}, 2, False),
]


@pytest.mark.parametrize(("expectation", "observed", "expected"), CASES)
def test_matches(expectation, observed, expected):
    assert matches(expectation, observed) is expected


def test_every_matcher_has_a_case_and_words():
    assert {name for expectation, _observed, _expected in CASES for name in expectation} == NAMES
    assert all(describe(expectation) for expectation, _observed, _expected in CASES)


def test_unknown_matcher_is_no_pass():
    with pytest.raises(KeyError):
        matches({"resembles": 1}, 1)
