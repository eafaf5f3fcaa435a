"""Accounts that are changed by their names."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import error, value
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import accounts

PLAN: Any = SimpleNamespace(host=None)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (value(["anna", {"more": 3}], "x"), "more accounts than are changed at once"),
        (value(["--root"], "x"), "more accounts than are changed at once"),
        (error("only root can read it"), "only root can read it"),
    ],
)
def test_names_that_a_command_could_mistake_are_left_to_a_person(monkeypatch, seen, said):
    monkeypatch.setattr(accounts.accounts, "read", lambda _host, _addresses: [seen])

    with pytest.raises(CannotFix, match=said):
        accounts._names(PLAN, "home_too_open")


def test_names_are_given_as_they_are_seen(monkeypatch):
    monkeypatch.setattr(accounts.accounts, "read", lambda _host, _addresses: [value(["anna", "bo"], "x")])

    assert accounts._names(PLAN, "home_too_open") == ["anna", "bo"]
