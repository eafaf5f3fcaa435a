"""What a site's own rule on Windows names and is never observed is told when the catalog is read: its absence would always pass."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import CatalogError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.well_known_sids import WELL_KNOWN
from tests.pump import ROOT

RIGHT = {"kind": "user_right", "right": "SeNetworkLogonRight"}
SERVICE = {"kind": "service", "name": "wuauserv"}


def loaded(folder, setting):
    """Return the catalog with a site's rule of one setting."""
    (folder / "rules").mkdir(exist_ok=True)
    rule = {
        "id": "ward_rule",
        "title": "The ward's own rule holds",
        "why": "Somebody at this site has found that this has to be so.",
        "fix": "Set it as the site's page on it says.",
        "severity": "low",
        "disrupts": "none",
        "settings": [setting],
        "hardening_only": "It is here to be looked at by a test, and nobody else.",
    }
    document = {"platform": "windows", "topic": "Ward", "rules": [rule]}
    (folder / "rules" / "ward.yml").write_text(yaml.safe_dump(document, sort_keys=False))
    return load_catalog([str(folder)])


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({**RIGHT, "expect": {"none_of": ["S-1-5-11"]}}, "'S-1-5-11' is never observed: holders are told by English names"),
        ({**RIGHT, "expect": {"none_of": ["Authenticated Users"]}}, "'Authenticated Users' is never observed"),
        ({**RIGHT, "expect": {"not_equals": "Builtin\\Admins"}}, "'Builtin\\Admins' is never observed"),
        ({**RIGHT, "expect": {"any_of": [{"empty": True}, {"contains_all": ["Jeder"]}]}}, "'Jeder' is never observed"),
        ({**SERVICE, "expect": {"fields": {"strat": {"absent": True}}}}, "unknown field 'strat'. Did you mean start"),
        ({**SERVICE, "expect": {"any_of": [{"absent": True}, {"fields": {"state": {"equals": "stopped"}}}]}}, "unknown field 'state'"),
        ({"kind": "audit_policy", "subcategory": "Logon", "expect": {"fields": {"sucess": {"equals": True}}}}, "unknown field 'sucess'"),
        # A number is no text.
        ({"kind": "registry", "key": "SOFTWARE\\x", "name": "y", "view": 31, "expect": {"equals": 1}}, "unknown view '31'. Known: 32."),
    ],
)  # fmt: skip
def test_what_is_never_observed_is_told(tmp_path, setting, told):
    with pytest.raises(CatalogError) as problem:
        loaded(tmp_path, setting)

    assert told in str(problem.value)
    assert "ward.yml:" in str(problem.value)


@pytest.mark.parametrize(
    "expect",
    [
        {"none_of": ["NT Authority\\Authenticated Users", "Everyone"]},
        {"subset_of": ["Builtin\\Administrators", "S-1-5-21-1-2-3-1105", "Domain Admins (S-1-5-21-1-2-3-512)"]},
        {"empty": True},
    ],
)
def test_what_is_observed_is_taken(tmp_path, expect):
    assert "ward_rule" in loaded(tmp_path, {**RIGHT, "expect": expect}).rules


def test_the_names_of_holders_are_those_by_which_they_are_told():
    words = yaml.safe_load((ROOT / "catalog/platforms/windows.yml").read_text())["kinds"]["user_right"]["words"]

    assert set(words["one_of"]) == set(WELL_KNOWN.values()) - {WELL_KNOWN["S-1-0-0"]}
