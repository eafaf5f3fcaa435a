# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matchers: hold an observed value against an expectation.

An expectation is a mapping with exactly one matcher: ``{"at_most": 4}``. `matches` decides,
`describe` says it in words. A value that a matcher can't be applied to never matches.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS

Expectation = Mapping[str, Any]


MAX_DIGITS = 100


class _Absent:
    """What a matcher is given where nothing was observed."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()


def matches(expectation: Expectation, observed: Any) -> bool:
    """Return whether ``observed`` (a JSON value or `ABSENT`) is as expected."""
    ((name, wanted),) = expectation.items()
    if observed is ABSENT and name not in _ON_ABSENT:
        return False
    return _MATCHERS[name](wanted, observed)


def describe(expectation: Expectation) -> str:
    """Return the expectation in words: ``at most 4``."""
    ((name, wanted),) = expectation.items()
    return _WORDS[name](wanted)


def number(value: Any) -> float | None:
    """Return ``value`` as a number, or None. Truth values are no numbers."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        text = value.strip(BLANKS)
        # Longer ones no program means as a number, and Python refuses to read some.
        if len(text) > MAX_DIGITS:
            return None
        if re.fullmatch(r"[+-]?[0-9]+", text):
            return int(text)
        if re.fullmatch(r"[+-]?[0-9]+\.[0-9]+", text):
            return float(text)
    return None


def same(wanted: Any, observed: Any) -> bool:
    """Return whether two values are equal. ``1`` equals the text ``1``; truth values equal only themselves."""
    if isinstance(wanted, list) or isinstance(observed, list):
        both = isinstance(wanted, list) and isinstance(observed, list) and len(wanted) == len(observed)
        return both and all(same(one, other) for one, other in zip(wanted, observed, strict=False))
    if isinstance(wanted, bool) or isinstance(observed, bool):
        return wanted is observed
    if isinstance(wanted, str) and isinstance(observed, str):
        return wanted == observed
    first, second = number(wanted), number(observed)
    return first is not None and first == second


def elements(observed: Any) -> list[Any]:
    """Return a list's items; a text is a list whose items are divided by commas or blanks."""
    if isinstance(observed, list):
        return observed
    if isinstance(observed, str):
        return [piece for piece in re.split(r"[,\s]+", observed, flags=re.ASCII) if piece]
    return [observed]


def permission_bits(value: Any) -> int | None:
    """Return an octal mode text as a number, or None where it is none."""
    return int(value, 8) if isinstance(value, str) and re.fullmatch(r"[0-7]{3,5}", value) else None


def _member(wanted: list[Any], observed: Any) -> bool:
    return any(same(item, observed) for item in wanted)


def _none_of(wanted: list[Any], observed: Any) -> bool:
    # The whole text too: a forbidden value may itself hold a blank or a comma.
    return not _member(wanted, observed) and not any(_member(wanted, item) for item in elements(observed))


def _compare(test: Callable[[float], bool], observed: Any) -> bool:
    value = number(observed)
    return value is not None and test(value)


def _mode_at_most(wanted: str, observed: Any) -> bool:
    bits, limit = permission_bits(observed), permission_bits(wanted)
    return bits is not None and limit is not None and bits & ~limit == 0


def today() -> str:
    """Return the day by the controller's clock (UTC): a host's own may be wrong, and would let it off."""
    return datetime.now(timezone.utc).date().isoformat()


def _passed(wanted: bool, observed: Any) -> bool:
    is_day = isinstance(observed, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", observed) is not None
    return is_day and (observed < today()) is wanted


def _fields(wanted: Mapping[str, Expectation], observed: Any) -> bool:
    return isinstance(observed, dict) and all(matches(nested, field(observed, key)) for key, nested in wanted.items())


def field(document: Mapping[str, Any], key: str) -> Any:
    """Return a document's field; one that is missing or null is `ABSENT`."""
    value = document.get(key)
    return ABSENT if value is None else value


_MATCHERS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": same,
    "not_equals": lambda wanted, observed: not same(wanted, observed),
    "one_of": _member,
    "none_of": _none_of,
    "at_least": lambda wanted, observed: _compare(lambda value: value >= wanted, observed),
    "at_most": lambda wanted, observed: _compare(lambda value: value <= wanted, observed),
    "between": lambda wanted, observed: _compare(lambda value: wanted[0] <= value <= wanted[1], observed),
    "matches": lambda wanted, observed: isinstance(observed, str) and re.search(wanted, observed, re.ASCII) is not None,
    "contains": lambda wanted, observed: any(same(wanted, item) for item in elements(observed)),
    "contains_all": lambda wanted, observed: all(_member(elements(observed), item) for item in wanted),
    "subset_of": lambda wanted, observed: all(_member(wanted, item) for item in elements(observed)),
    "absent": lambda _wanted, observed: observed is ABSENT,
    "present": lambda _wanted, observed: observed is not ABSENT,
    "empty": lambda _wanted, observed: observed in ("", [], {}) and not isinstance(observed, bool),
    "mode_at_most": _mode_at_most,
    "passed": _passed,
    "each": lambda wanted, observed: isinstance(observed, list) and all(matches(wanted, item) for item in observed),
    "any": lambda wanted, observed: isinstance(observed, list) and any(matches(wanted, item) for item in observed),
    "fields": _fields,
    "all_of": lambda wanted, observed: all(matches(nested, observed) for nested in wanted),
    "any_of": lambda wanted, observed: any(matches(nested, observed) for nested in wanted),
}
NAMES = frozenset(_MATCHERS)
_ON_ABSENT = frozenset({"absent", "present", "all_of", "any_of"})


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if value == "" else str(value)


def _list(values: list[Any], word: str = ", ") -> str:
    return word.join(_text(value) for value in values)


_WORDS: dict[str, Callable[[Any], str]] = {
    "equals": lambda wanted: _list(wanted) if isinstance(wanted, list) else _text(wanted),
    "not_equals": lambda wanted: f"not {_text(wanted)}",
    "one_of": lambda wanted: f"one of {_list(wanted)}",
    "none_of": lambda wanted: f"none of {_list(wanted)}",
    "at_least": lambda wanted: f"at least {_text(wanted)}",
    "at_most": lambda wanted: f"at most {_text(wanted)}",
    "between": lambda wanted: f"between {_text(wanted[0])} and {_text(wanted[1])}",
    "matches": "matching {}".format,
    "contains": lambda wanted: f"containing {_text(wanted)}",
    "contains_all": lambda wanted: f"containing all of {_list(wanted)}",
    "subset_of": lambda wanted: f"nothing but {_list(wanted)}",
    "absent": lambda _wanted: "absent",
    "present": lambda _wanted: "present",
    "empty": lambda _wanted: "empty",
    "mode_at_most": "mode at most {}".format,
    "passed": lambda wanted: "a day that has passed" if wanted else "a day that has not passed",
    "each": lambda wanted: f"each: {describe(wanted)}",
    "any": lambda wanted: f"at least one: {describe(wanted)}",
    "fields": lambda wanted: ", ".join(_field_words(key, nested) for key, nested in wanted.items()),
    "all_of": lambda wanted: " and ".join(describe(nested) for nested in wanted),
    "any_of": lambda wanted: " or ".join(describe(nested) for nested in wanted),
}


def _field_words(key: str, nested: Expectation) -> str:
    words = describe(nested)
    return words if words.startswith(key + " ") else f"{key} {words}"
