"""The loader names what is wrong with file and line, and what is allowed."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import cache, lint, load
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import CatalogError
from tests.unit.controller.catalog.catalogs import SECOND_PLATFORM, changed

RULES = "rules/infusion_pump.yml"
PLATFORM, LABEL = "platforms/infusion_pump.yml", 'label: "pump setting {name}"'
FAULTS = [
    (RULES, "severity: high", "severity: severe", ":9:", "'severe' is not one of"),
    (RULES, "severity: high", "sverity: high", ":9:", "unknown key 'sverity'. Did you mean severity?"),
    (RULES, "between:", "betwen:", ":13:", "unknown matcher 'betwen'. Did you mean between"),
    (
        RULES,
        "{equals: false}",
        "{equals: false, present: true}",
        ":24:",
        "exactly one matcher must stand here, found 2",
    ),
    (
        RULES,
        "kind: pump_setting",
        "kind: pump_seting",
        ":11:",
        "unknown kind 'pump_seting'. Did you mean pump_setting?",
    ),
    (RULES, "name: screen_lock_minutes", "name: {parameter: pump_lock}", ":12:", "unknown parameter 'pump_lock'"),
    (
        RULES,
        "name: screen_lock_minutes",
        "name: {parameter: pump_screen_lock_minutes}",
        ":12:",
        "has to be of type string",
    ),
    (RULES, "name: screen_lock", "nme: screen_lock", ":12:", "unknown key of kind pump_setting 'nme'"),
    (RULES, "{parameter: pump_screen_lock_minutes}", "{parameter: pump_lock}", ":13:", "unknown parameter 'pump_lock'"),
    (RULES, "{pump_screen_lock_minutes} minutes", "{pump} minutes", ":8:", "unknown parameter 'pump'"),
    (RULES, "{equals: false}", "{equals: false}, set: {parameter: pump_lock}", ":24:", "unknown parameter 'pump_lock'"),
    (RULES, "164.312(e)(1)", "164.312(f)(1)", ":27:", "unknown cite '164.312(f)(1)'"),
    (RULES, "id: pump_telnet_off", "id: pump_screen_lock", ":17:", "the id 'pump_screen_lock' is taken"),
    (
        RULES,
        "severity: high",
        "severity: high\n    formerly: [pump_telnet_off]",
        ":10:",
        "the id 'pump_telnet_off' is taken by a rule",
    ),
    (
        RULES,
        "rules:",
        "retired: {pump_screen_lock: It is there.}\nrules:",
        ":4:",
        "the id 'pump_screen_lock' is taken by a rule",
    ),
    (RULES, "[networked]", "[networkd]", ":22:", "unknown condition 'networkd'. Did you mean networked?"),
    (RULES, "  - id: pump_telnet_off", "  - id: [pump", ":", "not valid YAML"),
    (RULES, "    disrupts: none", "    disrupts: none\n    disrupts: none", ":15:", "the key 'disrupts' stands twice"),
    (RULES, "    disrupts: none", "    disrupts: none\n    closes: [window]", ":15:", "window"),
    (
        RULES,
        "    disrupts: none",
        "    disrupts: none\n    closes: [su]\n    manual: Look at it.",
        ":15:",
        "closes nothing",
    ),
    (
        "benchmarks/pump.yml",
        "[pump_telnet_off]",
        "[pump_telnet]",
        ":9:",
        "unknown rule 'pump_telnet'. Did you mean pump_telnet_off?",
    ),
    ("benchmarks/pump.yml", '"1.2"', '"1.1"', ":9:", "recommendation 1.1 stands twice"),
    ("benchmarks/pump.yml", "platform: infusion_pump", "platform: pump", ":5:", "unknown platform 'pump'"),
    (
        PLATFORM,
        LABEL,
        f"{LABEL}\n    asks: {{kind: pump, by: [name]}}",
        ":8:",
        "only of windows are answers read on the controller",
    ),
    (
        PLATFORM,
        LABEL,
        f"{LABEL}\n    asks: {{kind: pump, by: [nme]}}",
        ":8:",
        "unknown key of the address 'nme'. Did you mean name?",
    ),
    ("parameters/infusion_pump.yml", "default: 5", "default: soon", ":7:", "has to be of type integer"),
    ("parameters/infusion_pump.yml", "default: 5", "default: 15", ":7:", "outside its own bound"),
]


@pytest.mark.usefixtures("only_the_framework")
@pytest.mark.parametrize(("file", "old", "new", "line", "message"), FAULTS)
def test_fault_is_named_with_its_place(tmp_path, file, old, new, line, message):
    folder = changed(tmp_path / "site", file, old, new)

    with pytest.raises(CatalogError) as caught:
        load_catalog([str(folder)])

    text = str(caught.value)
    assert f"site/{file}{line}" in text
    assert message in text


def test_second_platform_is_added_by_files_alone():
    known = load_catalog([str(SECOND_PLATFORM)])

    assert known.platforms["infusion_pump"].observe == "infusion_pump_observe"
    assert len(known.safeguards) == 12


def test_missing_folder_is_one_clear_message():
    with pytest.raises(CatalogError, match="is no folder"):
        load_catalog(["/nonexistent/catalog"])


def test_cache_gives_what_the_files_give(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    load._load.cache_clear()
    fresh = load_catalog([str(SECOND_PLATFORM)])
    load._load.cache_clear()
    (kept,) = (tmp_path / "hipaa-cis").glob("catalog-*.json")

    assert kept.stat().st_mode & 0o777 == 0o600
    assert load_catalog([str(SECOND_PLATFORM)]) == fresh


def test_cache_that_others_can_write_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache.write("digest", {"rules": {}})
    assert cache.read("digest") == {"rules": {}}

    (tmp_path / "hipaa-cis").chmod(0o777)

    assert cache.read("digest") is None


def test_the_collections_own_catalog_has_nothing_to_complain_about(capsys):
    assert lint.main([]) == 0, capsys.readouterr()
