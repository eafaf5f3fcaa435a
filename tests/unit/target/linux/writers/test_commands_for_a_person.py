"""Kinds that nobody has seen fixed on a host: the refusal has the exact command, and nothing is done."""

from __future__ import annotations

import pytest


@pytest.mark.root
@pytest.mark.parametrize(
    ("kind", "address", "wanted", "said"),
    [
        ("selinux", {"query": "mode"}, {"now": "enforcing", "at_boot": "enforcing"}, "&& setenforce 1"),
        (
            "selinux",
            {"query": "boolean", "name": "httpd_enable_homedirs"},
            {"at_boot": False},
            "run: setsebool -P httpd_enable_homedirs off",
        ),
        ("selinux", {"query": "boolean", "name": "x; reboot"}, {"at_boot": False}, "'x; reboot' is no plain name"),
        ("selinux", {"query": "permissive"}, [], "semanage permissive -d DOMAIN"),
        ("selinux", {"query": "mode"}, {"at_boot": "disabled"}, "is for a person to decide"),
        (
            "crypto_policy",
            {"query": "policy"},
            "DEFAULT:NO-SHA1",
            "run: update-crypto-policies --set DEFAULT:NO-SHA1, and reboot",
        ),
        ("crypto_policy", {"query": "policy"}, {"base": "DEFAULT", "modules": ["NO-SHA1"]}, "--set DEFAULT:NO-SHA1,"),
        ("crypto_policy", {"query": "policy"}, "DEFAULT; reboot", "comes by its modules"),
        ("crypto_policy", {"query": "allows", "name": "hash"}, "DEFAULT", "comes by its modules"),
        (
            "authselect",
            {},
            {"features": ["with-faillock", "without-nullok"]},
            "authselect enable-feature with-faillock && authselect enable-feature without-nullok",
        ),
        ("authselect", {}, {"altered": []}, "authselect apply-changes"),
    ],
)
def test_person_is_told_the_command(planned, kind, address, wanted, said):
    state, steps = planned(kind, address, wanted)

    assert (state["state"], steps) == ("refused", [])
    assert said in state["reason"]
