"""Options of the remediation that are no options: what is wrong is said before a host is touched."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import DISRUPTIONS
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError


@pytest.mark.parametrize("given", [["all"], ["all", "login"], ["none", "all"]])
def test_all_classes_are_allowed_by_all_beside_others_too(given):
    assert options.disruption(given) == list(DISRUPTIONS)


def test_some_classes_are_allowed():
    assert options.disruption(["login", "none"]) == ["login", "none"]
    assert options.disruption([]) == []


@pytest.mark.parametrize("given", [["all", "logn"], ["logn"]])
def test_unknown_class_is_named_beside_all_too(given):
    with pytest.raises(HipaaCisError, match=r"unknown disruption class 'logn'\. Did you mean login"):
        options.disruption(given)


@pytest.mark.parametrize("seconds", [0.0, -5.0, 14.9, 3600.1, float("nan"), float("inf")])
def test_time_in_which_nobody_can_confirm_is_refused(seconds):
    with pytest.raises(HipaaCisError, match="from 15 to 3600 seconds"):
        options.check_confirm_timeout(seconds)


@pytest.mark.parametrize("seconds", [15.0, 120.0, 3600.0])
def test_time_in_which_one_can_confirm_is_taken(seconds):
    options.check_confirm_timeout(seconds)
