"""A site's folder and lists: what counts, what of it concerns a host, and what is said of mistakes."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions import site, site_files
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.entries import SECTIONS, Context
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.scope import Host, covers
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

ROOT = Path(__file__).resolve().parents[4]
EXAMPLE = ROOT / "docs" / "examples" / "site"
KNOWN = load_catalog()
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=timezone.utc)
LATER = datetime(2028, 1, 1, tzinfo=timezone.utc)


def read(folder, now=NOW):
    return site.read_folder(folder, Context(KNOWN, now, folder))


def host_of(folder, name, *groups, now=NOW):
    return site.of_host([read(folder, now)], Host(name, frozenset(groups)), Context(KNOWN, now, folder))


@pytest.fixture
def folder(tmp_path):
    """A copy of the example that a test may spoil."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "site"))


def spoil(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def faults(folder):
    return [text for _section, text in read(folder)["faults"]]


def test_the_example_is_sound_and_uses_every_file():
    checked = read(EXAMPLE)

    assert checked["faults"] == []
    assert {section for section, _place, _item in checked["entries"]} == set(SECTIONS)
    assert json.loads(json.dumps(checked)) == checked


@pytest.mark.parametrize(
    ("name", "groups", "excepted", "system", "high"),
    [
        ("pacs-1", ["pacs"], {"ssh_key_exchange", "ssh_macs"}, "Imaging archive", 14),
        ("pacs-archive-2", ["pacs"], set(), "Imaging archive", 14),
        ("ward-7", ["public_wards"], set(), "Ward workstations", 30),
        ("kiosk", [], set(), None, 14),
    ],
)
def test_what_concerns_a_host(name, groups, excepted, system, high):
    """Where nobody says what a host does with ePHI, the shorter deadline counts."""
    found = host_of(EXAMPLE, name, *groups)
    validator("site").evolve(schema={"$ref": "https://hipaa.cis/schema/site.json#/$defs/of_host"}).validate(
        found.as_dict()
    )

    assert found.decisions.excepted == excepted
    assert (found.system or {}).get("name") == system
    assert found.deadlines["high"] == high
    assert [one["safeguard"] for one in found.attestations] == ["164.312(a)(2)(ii)", "164.308(a)(1)(ii)(D)"]
    assert found.notices == ()


def test_what_is_meant_for_a_host_is_its_systems():
    assert host_of(EXAMPLE, "p", "pacs").meant == {"level": 2, "profile": "server"}
    assert host_of(EXAMPLE, "kiosk").meant == {}


def lock_of(found, given=None):
    """The outcome that the values in force leave to a rule that passes, and the value."""
    values, decided = found.tailored(given or {})
    (plan,) = make_plan(KNOWN, Selection(("debian_12",), level=2), values, {}, decided=decided)
    (planned,) = [one for one in plan.benchmarks[0].rules if one.rule.id == "desktop_locks_when_idle"]
    return planned.values["screen_idle_seconds"], bool(planned.loose)


def test_tailored_value_that_is_looser_is_a_decision_and_no_bare_failure():
    value, loose = lock_of(host_of(EXAMPLE, "r", "reading_rooms"))
    assert (value.value, value.looser_than_bound, loose) == (1800, "between 1 and 900", False)
    assert value.as_dict()["decision"]["approved_by"] == "J. Doe, security officer"

    value, loose = lock_of(host_of(EXAMPLE, "w", "public_wards"))
    assert (value.value, loose) == (180, False)


@pytest.mark.parametrize(("value", "refused"), [(600, False), ("600", False), (1800, True)])
def test_value_that_a_rule_cannot_follow_is_refused_with_what_to_do(value, refused):
    """The rule of the shells' time-out looks for longer values by the benchmark's own number."""
    item = {"parameter": "shell_timeout", "value": value, "reason": "r", "approved_by": "J. Doe"}
    faults = site.read_lists({"tailoring": [item]}, Context(KNOWN, NOW))["faults"]

    assert bool(faults) is refused
    assert all("document an exception of the rule instead" in text for _section, text in faults)


def test_parameters_whose_bound_stands_in_a_rule_too_are_firm():
    """A number of the bound in a pattern, or the bound itself as an expectation: the value alone does not decide then."""
    found = set()
    for rule in KNOWN.rules.values():
        settings = json.dumps(rule.settings)
        for parameter in (KNOWN.parameters[name] for name in rule.parameters):
            if parameter.bound is None:
                continue
            numbers = re.findall(r"\d{3,}", json.dumps(parameter.bound)) if parameter.type == "integer" else ()
            fixed = any(re.search(rf"(?<!\d){number}(?!\d)", settings) for number in numbers)
            if fixed or json.dumps(parameter.bound) in settings:
                found.add(parameter.id)

    assert {"shell_timeout", "ssh_max_startups", "sudo_log_file", "time_servers"} <= found
    assert found <= {name for name, parameter in KNOWN.parameters.items() if parameter.firm}


def test_tailoring_speaks_for_its_own_value_and_its_own_time_only():
    rooms = host_of(EXAMPLE, "r", "reading_rooms")
    value, loose = lock_of(rooms, {"screen_idle_seconds": 3600})
    assert (value.value, value.decision, loose) == (3600, None, True)

    # The value stays when the decision is over, and nobody stands for it.
    value, loose = lock_of(host_of(EXAMPLE, "r", "reading_rooms", now=LATER))
    assert (value.value, loose) == (1800, True)

    # Before it holds, nothing is said.
    value, loose = lock_of(host_of(EXAMPLE, "r", "reading_rooms", now=datetime(2026, 11, 1, tzinfo=timezone.utc)))
    assert (value.value, loose) == (900, False)


def test_second_tailoring_of_a_parameter_on_a_host_is_told_with_the_one_that_counts():
    def of(*entries):
        listed = [
            {"parameter": "screen_idle_seconds", "reason": "r", "approved_by": "J. Doe", **one} for one in entries
        ]
        checked = [site.read_lists({"tailoring": listed}, Context(KNOWN, NOW))]
        return [
            (one["kind"], one["text"].partition(": ")[2])
            for one in site.of_host(checked, Host("a"), Context(KNOWN, NOW)).notices
            if one["kind"] != "expired"
        ]

    told = (
        "overlaps",
        (
            "tailoring T2 is about the same as T1 by J. Doe, which stands first and counts: screen_idle_seconds is 300 and not 60; keep one of them, or "
            "leave hosts out with '!'"
        ),
    )
    first, second = {"id": "T1", "value": 300}, {"id": "T2", "value": 60, "hosts": ["a"]}
    assert of(first, second) == [told]
    assert of({**first, "hosts": ["all", "!a"]}, second) == []
    assert of({**first, "expires": "2026-11-01"}, second) == []


def test_what_does_not_hold_is_told_with_its_place():
    told = {one["text"]: one["kind"] for one in host_of(EXAMPLE, "p", "pacs", now=LATER).notices}
    lines = EXAMPLE.joinpath("exceptions.yml").read_text(encoding="utf-8").split("\n")
    first = next(number for number, line in enumerate(lines, 1) if "EX-2026-003" in line)

    place = f"exceptions.yml:{first}"
    assert (
        told[f"{place}: exception EX-2026-003 expired on 2027-05-31 (America/New_York); renew it, or take it out"]
        == "expired"
    )
    assert sum(kind == "expired" for kind in told.values()) == 3

    early = host_of(EXAMPLE, "p", "pacs", now=datetime(2026, 11, 1, tzinfo=timezone.utc)).notices
    assert {one["kind"] for one in early} == {"not_yet_valid"}


def test_a_mistake_takes_its_own_entry_away_and_no_other(folder):
    spoil(folder / "exceptions.yml", "approved_by: J. Doe", "aproved_by: J. Doe")
    said = faults(folder)

    assert len(said) == 2
    assert all(text.startswith("exceptions.yml:") for text in said)
    assert (
        "exception 1 (rules ssh_key_exchange, ssh_macs): unknown key 'aproved_by'. Did you mean approved_by"
        in said[0] + said[1]
    )
    assert not host_of(folder, "p", "pacs").decisions.exceptions
    assert host_of(folder, "g", "infusion_gateways").decisions.exceptions


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("exceptions.yml", "ssh_key_exchange, ", "ssh_key_exchang, ", "exceptions.yml:4: exception 1.*unknown rule 'ssh_key_exchang'"),
        ("exceptions.yml", "exceptions:", "exeptions:", "exceptions.yml:1: it has to be a mapping with the key exceptions"),
        ("exceptions.yml", "exceptions:", "more: 1\nexceptions:", "exceptions.yml:2: unknown key 'more'"),
        ("exceptions.yml", "  - id", "  - id: [", "exceptions.yml:.* not valid YAML"),
        ("attestations.yml", "164.312(a)(2)(ii)", "164.312(a)(9)", "attestations.yml:5: attestation 1.*unknown cite"),
        ("attestations.yml", "2027-11-01", "2026-11-01", "valid_until: 2026-11-01 is before attested_on"),
        ("tailoring.yml", "screen_idle_seconds", "screen_idle", "tailoring.yml:5: tailoring 1.*unknown parameter 'screen_idle'"),
        ("tailoring.yml", "value: 180", "value: soon", "value: it has to be of type integer"),
        ("systems.yml", "debian_12", "debian_21", "systems.yml:12: system 1 .Imaging archive.*unknown benchmark"),
        ("systems.yml", "profile: server", "profile: servr", "unknown profile 'servr'"),
        ("systems.yml", "hosts: [pacs]", "# none", "systems.yml:3: system 1 .Imaging archive.*fits none .*needs name, and hosts or"),
        ("systems.yml", "said_on: 2026-10-12", "said_on: '2026-10-99'", "said_on: 2026-10-99 is no date"),
        ("systems.yml", "said_on: 2026-10-12", "said_on: 2026-10-99", "said_on: 2026-10-99 is no date"),
        ("attestations.yml", "2027-11-01", "9999-12-31", "valid_until: 9999-12-31 has to be a day of the years 1900 to 8999"),
        ("tailoring.yml", "2026-11-02", "0001-01-01", "approved_on: 0001-01-01 has to be a day of"),
        ("exceptions.yml", "2027-05-31", "2027-02-30", "exceptions.yml:.* exception 1 .*expires: 2027-02-30 is no date"),
        ("systems.yml", "name: Ward workstations", "name: Imaging archive", "system 2 .* it stands twice, system 1"),
        ("deadlines.yml", "days: 7", "days: -7", "deadlines.yml:3: deadline 1 .severity critical., days: -7 is less than"),
    ],
)  # fmt: skip
def test_mistake_is_named_with_file_line_and_remedy(folder, file, old, new, said):
    spoil(folder / file, old, new)

    (text,) = faults(folder) or [""]
    assert text
    with pytest.raises(HipaaCisError, match=said):
        site.refuse_faults([read(folder)], SECTIONS)


def test_only_what_a_remediation_must_not_misunderstand_stops_one(folder):
    spoil(folder / "systems.yml", "debian_12", "debian_21")
    site.refuse_faults([read(folder)])
    spoil(folder / "tailoring.yml", "value: 180", "value: soon")
    with pytest.raises(HipaaCisError, match="hipaa_cis_site_dir cannot be used, so nothing was begun"):
        site.refuse_faults([read(folder)])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda path: path.unlink(),
            r"cannot be read \(No such file or directory\), so nothing shows what is attested",
        ),
        (lambda path: path.write_text("another"), "it is not what was attested, for its SHA-256 is [0-9a-f]{64} now"),
    ],
)
def test_evidence_that_vanished_or_changed_attests_nothing(folder, change, said):
    change(folder / "evidence" / "break-glass-drill.txt")
    (text,) = faults(folder)

    assert text.startswith(
        "attestations.yml:14: attestation 1 (safeguard 164.312(a)(2)(ii)), evidence: file 1, evidence/"
    )
    with pytest.raises(HipaaCisError, match=said):
        site.refuse_faults([read(folder)], SECTIONS)
    assert [one["safeguard"] for one in host_of(folder, "a").attestations] == ["164.308(a)(1)(ii)(D)"]


def test_evidence_lies_below_the_folder(folder):
    spoil(folder / "attestations.yml", "evidence/break-glass-drill.txt", "../../../etc/passwd")
    assert "outside of the site's folder" in faults(folder)[0]


def test_file_that_nobody_reads_is_named(folder):
    (folder / "exception.yml").write_text("exceptions: []\n")
    (folder / "tailoring.yaml").write_text("tailoring: []\n")

    assert ["Is exceptions.yml meant?" in text or "Is tailoring.yml meant?" in text for text in faults(folder)] == [
        True,
        True,
    ]


def test_aliases_that_unfold_without_end_are_refused(folder):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (folder / "deadlines.yml").write_text("\n".join([*lines, "deadlines: []", ""]))

    (text,) = faults(folder)
    assert "it unfolds to more than 500,000 values, or is nested deeper than 20" in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("deadlines: " + "[" * 100_000, "deadlines.yml:1: "),
        ("deadlines:\n- " + "[" * 30 + "]" * 30, "nested deeper than 20"),
        ("deadlines: [" + "#" * (9 << 20), "it has more than 8 MiB"),
        ("deadlines:\n- \x07", "not valid YAML"),
        (
            "deadlines:\n- {severity: {{ severity }}, days: 7}",
            "deadlines.yml:2: not valid YAML: a key has to be a word",
        ),
        (
            "deadlines:\n- {severity: high, days: 0b_}",
            "deadlines.yml:2: deadline 1 (severity high), days: '0b_' is not",
        ),
    ],
    ids=["bottomless", "deep", "long", "control", "template", "number"],
)
def test_hostile_file_is_one_message_and_voids_no_other(folder, content, said):
    (folder / "deadlines.yml").write_text(content)

    (text,) = faults(folder)
    assert said in text
    assert len(text) < 500
    assert site_files.fingerprint(folder).keys() == {f"{section}.yml" for section in SECTIONS}
    assert host_of(folder, "p", "pacs").decisions.exceptions


def test_what_is_no_file_is_not_read(folder):
    (folder / "deadlines.yml").unlink()
    os.mkfifo(folder / "deadlines.yml")

    assert faults(folder) == ["deadlines.yml:1: it is no file, so nothing of it counts; put one in its place"]
    assert "deadlines.yml" in site_files.fingerprint(folder)


def test_name_that_a_rule_or_recommendation_had_before_is_told_with_what_became_of_it():
    benchmark = KNOWN.benchmarks["debian_12"]
    first = dataclasses.replace(benchmark.recommendations[0], formerly=("9.8.7",))
    moved = dataclasses.replace(
        KNOWN,
        rules={**KNOWN.rules, "ssh_macs": dataclasses.replace(KNOWN.rules["ssh_macs"], formerly=("ssh_mac_list",))},
        retired={"ssh_protocol": "OpenSSH has one protocol only."},
        benchmarks={
            "debian_12": dataclasses.replace(
                benchmark, recommendations=(first, *benchmark.recommendations[1:]), retired={"9.9": "CIS took it out."}
            )
        },
    )
    told = {"reason": "r", "approved_by": "J. Doe", "expires": "2027-03-01"}
    items = [
        {"rule": "ssh_mac_list"},
        {"rule": "ssh_protocol"},
        *({"benchmark": "debian_12", "recommendation": one} for one in ("9.8.7", "9.9")),
    ]
    checked = site.read_lists({"exceptions": [{**one, **told} for one in items]}, Context(moved, NOW))

    for (_section, text), said in zip(
        checked["faults"],
        (
            "the rule ssh_mac_list is called ssh_macs now",
            "the rule ssh_protocol is retired: OpenSSH has one protocol only",
            f"recommendation 9.8.7 is called {first.id} now",
            "recommendation 9.9 is retired: CIS took it out",
        ),
        strict=True,
    ):
        assert said in text


def test_folder_that_is_none_stops_everything(tmp_path):
    with pytest.raises(HipaaCisError, match=r"is no folder. Make it, or correct hipaa_cis_site_dir"):
        site_files.folder(str(tmp_path / "sit"))
    with pytest.raises(HipaaCisError, match="hipaa_cis_site_dir is empty"):
        site_files.folder(" ")


def test_lists_of_variables_say_the_same_as_files():
    given = {section: yaml.safe_load((EXAMPLE / f"{section}.yml").read_text())[section] for section in SECTIONS}
    context = Context(KNOWN, NOW, EXAMPLE)
    by_lists = site.of_host([site.read_lists(given, context)], Host("p", frozenset({"pacs"})), context)

    assert by_lists.as_dict() == host_of(EXAMPLE, "p", "pacs").as_dict()


def test_list_that_is_none_is_refused():
    with pytest.raises(HipaaCisError, match="hipaa_cis_systems has to be a list"):
        site.read_lists({"systems": {"name": "x"}}, Context(KNOWN, NOW))


def test_fleet_names_systems_without_access_and_entries_without_hosts():
    hosts = [Host("pacs-1", frozenset({"pacs"})), Host("w", frozenset({"public_wards"})), Host("kiosk")]
    fleet = {"schema": "hipaa.cis/site/1", **site.fleet(read(EXAMPLE), hosts, {"exceptions.yml": "0"})}
    validator("site").validate(fleet)

    assert {one["name"]: one["hosts"] for one in fleet["systems"]} == {
        "Imaging archive": ["pacs-1"],
        "Ward workstations": ["w"],
        "Gateways of the infusion pumps": [],
        "Infusion pumps": [],
    }
    said = [one["text"].split(": ", 1)[1] for one in fleet["notices"]]
    assert said == [
        "exception EX-2026-004 is of no host of the inventory: infusion_gateways",
        "system Gateways of the infusion pumps is of no host of the inventory: infusion_gateways",
        "tailoring TA-2026-002 is of no host of the inventory: reading_rooms",
    ]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], True),
        (["all"], True),
        (["ward-7"], True),
        (["ward-8"], False),
        (["icu"], True),
        (["ward-*"], True),
        (["ward-*", "!icu"], False),
        (["ward-*", "&icu"], True),
        (["ward-*", "&pacs"], False),
        (["!pacs"], True),
        (["~ward-[0-9]"], True),
        (["~[0-9]"], False),
        (["WARD-7"], False),
    ],
)
def test_patterns_mean_what_ansible_means(patterns, expected):
    from ansible.inventory.manager import InventoryManager
    from ansible.parsing.dataloader import DataLoader

    assert covers(patterns, Host("ward-7", frozenset({"all", "icu"}))) is expected
    inventory = InventoryManager(DataLoader(), sources=None, parse=False)
    for group in ("icu", "pacs"):
        inventory.add_group(group)
    inventory.add_host("ward-7", "icu")
    inventory.add_host("p", "pacs")
    inventory.reconcile_inventory()
    assert bool([one for one in inventory.get_hosts(":".join(patterns) or "all") if one.name == "ward-7"]) is expected


def test_texts_of_any_script_are_kept():
    item = {
        "safeguard": "164.312(b)", "statement": "تمت المراجعة 已审查", "attested_by": "محمد", "attested_on": "2026-11-02",
        "valid_until": "2027-11-01",
    }  # fmt: skip
    context = Context(KNOWN, NOW)
    (found,) = site.of_host([site.read_lists({"attestations": [item]}, context)], Host("a"), context).attestations

    assert (found["statement"], found["attested_by"]) == ("تمت المراجعة 已审查", "محمد")
