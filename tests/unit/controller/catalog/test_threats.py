"""What can happen to ePHI where a rule fails: each rule has one threat, and a narrower one counts."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import CATALOG_FOLDER, load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import CatalogError

KNOWN = load_catalog()
GIVEN = yaml.safe_load((CATALOG_FOLDER / "threats" / "threats.yml").read_text(encoding="utf-8"))["threats"]


def test_each_rule_has_one_threat_by_its_name_or_its_topic():
    named = [rule for threat in KNOWN.threats for rule in threat.rules]
    topics = {topic for one in GIVEN for topic in one.get("topics", ())}
    by_name = {rule for one in GIVEN for rule in one.get("rules", ())}

    assert sorted(named) == sorted(KNOWN.rules)
    # What only the fallbacks catch would say too little of what can happen.
    assert [name for name, rule in KNOWN.rules.items() if rule.topic not in topics and name not in by_name] == []


def test_each_cite_of_the_framework_has_a_threat_for_rules_of_a_site():
    cites = {cite for one in GIVEN for cite in one.get("safeguards", ())}

    assert set(KNOWN.safeguards) <= cites
    assert [threat.id for threat in KNOWN.threats if threat.otherwise] == ["weakened_host"]


def test_rule_by_its_name_counts_before_its_topic():
    of = {rule: threat.id for threat in KNOWN.threats for rule in threat.rules}

    assert (of["shell_timeout"], of["kernel_module_usb_storage"]) == ("unattended_session", "foreign_programs")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("topics: [Audit demon]", "Audit daemon"),
        ("rules: [shell_timeouts]", "shell_timeout"),
        ("safeguards: ['164.312(z)']", "unknown cite"),
        ("topics: [Audit daemon]", "'Audit daemon' has the threat 'unnoticed_access' already"),
        ("otherwise: true", "what is in no other has the threat 'weakened_host' already"),
    ],
)
def test_mistake_in_a_threat_is_told_with_its_place(tmp_path, given, said):
    folder = tmp_path / "threats"
    folder.mkdir()
    (folder / "own.yml").write_text(
        f"threats:\n  - {{id: own, title: It goes wrong, threat: Something goes wrong., {given}}}\n"
    )

    with pytest.raises(CatalogError, match=r"threats/own\.yml:2") as raised:
        load_catalog([str(tmp_path)])
    assert said in str(raised.value)
