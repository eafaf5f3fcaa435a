"""What can carry a safeguard directly is listed with it, and a rule that claims to carry it says by which of these."""

from __future__ import annotations

from collections import Counter

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import lint
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import CatalogError
from tests.unit.controller.catalog.catalogs import changed

KNOWN = load_catalog()
LISTED = [(row.cite, name) for row in KNOWN.safeguards.values() for name in row.mechanisms]
# A rule for a person carries nothing: nobody has looked at the host.
CARRIED = Counter(
    (mapping["cite"], mapping["mechanism"])
    for rule in KNOWN.rules.values()
    if not rule.manual
    for mapping in rule.hipaa
    if "mechanism" in mapping
)

APPLICATION = "every application has its own setting; a site's rules for its application name it"
DATABASE = "a database's own benchmark sees it"
STORAGE = "few systems have it, and those without are none the worse where files are compared and copied; a site that relies on it has a rule of its own"
# Mechanisms that no rule of the collection carries yet. It only gets shorter.
NOT_CARRIED = {
    ("164.312(a)(1)", "application_roles"): APPLICATION,
    ("164.312(a)(2)(iii)", "application_timeout"): APPLICATION,
    ("164.312(a)(2)(iv)", "file_encryption"): "the rule on volumes takes a folder that is encrypted by itself for its volume",
    ("164.312(a)(2)(iv)", "database_encryption"): DATABASE,
    ("164.312(a)(2)(iv)", "backup_encryption"): "most backup programs keep it in the copy and not in a file of the host; a person is asked to look",
    ("164.312(b)", "application_log"): APPLICATION,
    ("164.312(b)", "record_review"): "people examine records; what helps them is attested to (164.308(a)(1)(ii)(D))",
    ("164.312(c)(1)", "checked_storage"): STORAGE,
    ("164.312(c)(2)", "verified_blocks"): STORAGE,
    ("164.312(c)(2)", "record_signatures"): APPLICATION,
    ("164.312(e)(1)", "private_network"): "which networks ePHI may cross in a tunnel only the site alone knows; that tunnels hold is seen",
}  # fmt: skip


def test_each_safeguard_lists_what_can_carry_it():
    assert [row.cite for row in KNOWN.safeguards.values() if not row.mechanisms] == []


@pytest.mark.parametrize(("cite", "mechanism"), LISTED)
def test_mechanism_has_a_rule_or_a_reason_why_not(cite, mechanism):
    carried, excused = (cite, mechanism) in CARRIED, (cite, mechanism) in NOT_CARRIED

    assert carried or excused, "no rule carries it; write one, or say in NOT_CARRIED why there is none yet"
    assert not (carried and excused), "a rule carries it now; take it out of NOT_CARRIED"


def test_nothing_is_excused_that_is_not_listed():
    assert [pair for pair in NOT_CARRIED if pair not in LISTED] == []


def test_automatic_logoff_is_carried_by_time_outs_and_not_by_the_probe_of_dead_clients():
    carriers = {rule.id for rule in KNOWN.rules.values() for one in rule.hipaa if one["cite"] == "164.312(a)(2)(iii)" and "mechanism" in one}  # fmt: skip

    assert carriers == {
        "shell_timeout",
        "desktop_locks_when_idle",
        "desktop_lock_enforced",
        "idle_sessions_ended",
        "rdp_idle_sessions_ended",
        "plasma_locks_when_idle",
        "mate_locks_when_idle",
        "cinnamon_locks_when_idle",
        "windows_inactivity_limit",
        "windows_rdp_idle_limit",
        "windows_idle_sessions_locked",
        "windows_shared_workstation_locked",
        "windows_rdp_idle_sessions_ended",
    }


RULES = "rules/infusion_pump.yml"


@pytest.mark.usefixtures("only_the_framework")
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("mechanism: screen_lock", "mechanism: screen_loc", "unknown mechanism of 164.312(a)(2)(iii) 'screen_loc'. Did you mean screen_lock?"),
        ("mechanism: screen_lock", "mechanism: multi_factor", "unknown mechanism of 164.312(a)(2)(iii) 'multi_factor'"),
        ("strength: direct", "strength: supporting", "only a direct mapping names a mechanism; take away 'screen_lock'"),
        ("mechanism: screen_lock, ", "", "names the mechanism by which it carries it: shell_timeout, screen_lock"),
        ("cite: 164.312(a)(2)(iii)", "cite: 164.310(b)", "unknown mechanism of 164.310(b) 'screen_lock'"),
    ],
    ids=["misspelt", "of-another-cite", "supporting", "none", "cite-without-any"],
)  # fmt: skip
def test_mistake_in_a_mechanism_is_told_with_its_place(tmp_path, old, new, said):
    folder = changed(tmp_path / "site", RULES, old, new)

    with pytest.raises(CatalogError) as caught:
        load_catalog([str(folder)])
    assert f"site/{RULES}:16: " in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.usefixtures("only_the_framework")
def test_mechanism_that_stands_in_no_form_is_told_with_its_place(tmp_path):
    own = tmp_path / "own"
    (tmp_path / "site").mkdir()
    text = (own / "frameworks/hipaa.yml").read_text()
    assert "      login_list: " in text
    (own / "frameworks/hipaa.yml").write_text(text.replace("      login_list: ", "      Login list: ", 1))

    line = text[: text.index("      login_list: ")].count("\n")
    with pytest.raises(CatalogError, match=rf"own/frameworks/hipaa\.yml:{line}: 'Login list' does not match"):
        load_catalog([str(tmp_path / "site")])


@pytest.mark.parametrize("text", [
    "The lock ends the session of a nurse who walked away.",
    "The lock ends the session of a doctor who walked away.",
    "The lock ends each session of a nurse who walked away!",
    "The lock ends the session of a nurse who then walked away.",
], ids=["same", "one-other-word", "another-word", "one-word-more"])  # fmt: skip
def test_two_mappings_with_nearly_the_same_reason_are_told(text):
    (told,) = lint.alike([("first", "The lock ends the session of a nurse who walked away."), ("second", text)])

    assert told.startswith("rules 'first' and 'second' give nearly the same reason")


def test_reasons_that_share_their_subject_only_are_no_double():
    texts = [
        "The lock ends the session of a nurse who walked away.",
        "It lets no nurse walk away from an open session.",
    ]

    assert list(lint.alike([("first", texts[0]), ("second", texts[1])])) == []
