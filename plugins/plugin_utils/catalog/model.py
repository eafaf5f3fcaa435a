# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalog as the controller knows it: platforms, rules, benchmarks, parameters, safeguards.

Setting trees stay plain data, for they come from YAML and go to JSON. A leaf is
``{kind, address, select?, expect?, set?, write_out?, applies_if?}``; a group is ``{any_of: [...]}`` or
``{all_of: [...]}``; a condition is ``{setting: leaf, otherwise: text}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown

Setting = Mapping[str, Any]
# The keys of a leaf that say what remediation writes.
WRITTEN_KEYS = ("set", "write_out")

OUTCOMES = ("pass", "fail", "error", "not_applicable", "manual")
# What applying a rule may disrupt, from the least to the most.
DISRUPTIONS = ("none", "service_reload", "service_restart", "sessions", "login", "network", "reboot")
# Ways to get in, or to more rights, that a rule may close.
WAYS = (
    "ssh_key", "ssh_password", "ssh_hostbased", "ssh_gssapi", "root_ssh", "console", "empty_password", "su", "sudo",
    "sudo_unasked", "cron", "unit", "service",
)  # fmt: skip
# The framework that is in force.
IN_FORCE = "hipaa"
SEVERITIES = ("low", "medium", "high", "critical")
# Profiles that a host is held against by itself where its benchmark has no roles.
OWN_PROFILES = ("server", "workstation")
_PRECEDENCE = ("not_applicable", "pass", "manual", "fail", "error")


def worst(outcomes: Iterator[str] | list[str]) -> str:
    """Return the outcome that stands for several: error > fail > manual > pass > not applicable."""
    return max(outcomes, key=_PRECEDENCE.index)


@dataclass(frozen=True)
class Kind:
    """A kind of setting. ``expect_on``: the parts of its document on which an expectation has to hold.

    ``write``: ``plain`` or ``connection`` where remediation can write it, else empty. ``elements``: where a list of
    documents is observed, the key of each that becomes its own address. ``fields_written``: field of the document ->
    key of what is written; only keys of failing fields are. ``write_out``: the fields of the document that say what
    holds (``value``) and whether it is written where people look for it (``stated``). ``effect``: what is seen follows from
    other settings, so it is looked at again once those of its rule are changed. ``at_boot``: field of the document ->
    what the next boot makes of it, as an expression over the document. ``asks``: ``{kind, by}`` where the host is asked for something
    else, of which the platform's reader makes the setting: the kind there, and the keys of the address that are its address too;
    ``with``: keys of that address that are the same for all.
    """

    label: str
    address: Mapping[str, Mapping[str, Any]]
    expect_on: tuple[str, ...] = ()
    one_address_of: tuple[str, ...] = ()
    write: str = ""
    elements: str = ""
    fields_written: Mapping[str, str] = field(default_factory=dict)
    effect: bool = False
    write_out: Mapping[str, str] = field(default_factory=dict)
    at_boot: Mapping[str, str] = field(default_factory=dict)
    asks: Mapping[str, Any] = field(default_factory=dict)


# Platforms whose hosts send raw material, of which a module of the collection makes settings (`platforms/<id>/reader.py`).
WITH_READER = ("windows",)
# Families of shells: what a module is written for.
SHELLS = SH, POWERSHELL = ("sh", "powershell")


@dataclass(frozen=True)
class Platform:
    """What is observed by one module and changed by another (``apply``; empty: it can't be changed).

    ``shell``: by which family of shells (`SHELLS`) its hosts are reached. ``detected``: hosts are looked at for its benchmarks when none is
    named. ``facts``: what of a host's facts says which system it is. ``unproven``: what of it
    no test has seen on the real system. ``governed``: ``{setting, look_at}`` of what a host may
    leave to others to govern; empty where it may leave nothing.
    """

    id: str
    observe: str
    apply: str
    detected: bool
    kinds: Mapping[str, Kind]
    shell: str = SH
    facts: str = "os_release"
    unproven: str = ""
    governed: Mapping[str, Any] = field(default_factory=dict)
    # Family of distributions -> kind -> name in the rules -> what the family calls it.
    names: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """One control in our own words. ``closes``: the ways (`WAYS`) that it means to close to those who keep another.

    ``governed``: what it is about that is governed elsewhere for accounts of a directory (a key of the platform's ``look_at``).
    """

    id: str
    title: str
    why: str
    fix: str
    severity: str
    disrupts: str
    platform: str
    topic: str
    tags: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    applies_if: tuple[Mapping[str, Any], ...] = ()
    manual: str = ""
    settings: tuple[Setting, ...] = ()
    hipaa: tuple[Mapping[str, str], ...] = ()
    hardening_only: str = ""
    governed: str = ""
    references: Mapping[str, Any] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    # Ids that it had before.
    formerly: tuple[str, ...] = ()

    @property
    def cites(self) -> list[str]:
        """The cites it is mapped to, in the catalog's order."""
        return [mapping["cite"] for mapping in self.hipaa]


@dataclass(frozen=True)
class Parameter:
    """A value that a site may tailor; ``bound`` is what the benchmark demands of it.

    ``written``: what remediation writes where the site sets nothing; None: the default. ``firm``: a rule judges by the bound besides the
    value, so no decision can make it looser.
    """

    id: str
    title: str
    type: str
    default: Any
    unit: str = ""
    bound: Mapping[str, Any] | None = None
    written: Any = None
    firm: bool = False


@dataclass(frozen=True)
class Recommendation:
    """One numbered item of a benchmark: judged by rules, or not yet automated for a reason."""

    id: str
    level: Mapping[str, int]
    rules: tuple[str, ...] = ()
    title: str = ""
    not_yet_automated: str = ""
    cites: tuple[str, ...] = ()
    # Numbers that it had in earlier versions.
    formerly: tuple[str, ...] = ()


def tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain data with tuples for its lists, as the model has them."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}


class Recommendations(Sequence[Recommendation]):
    """The recommendations of a benchmark, made of plain data once somebody looks at them: most runs look at those of one benchmark."""

    def __init__(self, items: Sequence[Mapping[str, Any]]) -> None:
        self._items = items

    @cached_property
    def _made(self) -> tuple[Recommendation, ...]:
        return tuple(Recommendation(**tuples(item)) for item in self._items)

    @property
    def plain(self) -> Sequence[Mapping[str, Any]]:
        """The same as plain data, for which none is made."""
        return self._items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        return self._made[index]

    def __iter__(self) -> Iterator[Recommendation]:
        return iter(self._made)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recommendations) and list(self._items) == list(other._items)

    def __hash__(self) -> int:
        return len(self._items)


@dataclass(frozen=True)
class Benchmark:
    """A CIS document for one platform and version.

    ``derivatives``: the ``ID`` of each system that is held against it where no benchmark is its own; ``supplement``: it stands beside
    the benchmark of a system and never in its place; ``superseded_by``: a newer version, whether the catalog has it or not;
    ``preview``: it is not whole yet, and taken where its version is named only; ``opt_in``: it is taken where it is named only;
    ``others``: the other versions that the catalog has, the newest first; ``codename``: what systems that are made of it say of its
    release, key of os-release -> name; ``roles``: profiles that a host has by what it says of itself, each with the facts for it.
    """

    id: str
    title: str
    version: str
    platform: str
    # Key of os-release -> values, one of which a host has to have; of VERSION_ID also a release below it.
    detect: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, Mapping[str, Any]]
    recommendations: Sequence[Recommendation]
    # Numbers of earlier versions that are gone -> why.
    retired: Mapping[str, str] = field(default_factory=dict)
    derivatives: tuple[str, ...] = ()
    codename: Mapping[str, str] = field(default_factory=dict)
    supplement: bool = False
    superseded_by: str = ""
    preview: bool = False
    opt_in: bool = False
    roles: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    # The families whose names for packages and units it takes (of the platform's ``names``), the later first.
    names: tuple[str, ...] = ()
    others: tuple[Benchmark, ...] = ()

    @property
    def name(self) -> str:
        """Its id with its version: ``debian_12@1.1.0``."""
        return f"{self.id}@{self.version}"

    @property
    def versions(self) -> tuple[Benchmark, ...]:
        """It and its other versions; the one that its id alone means is the first."""
        return (self, *self.others)

    @property
    def by_name(self) -> bool:
        """Whether no host carries it by what it says of itself."""
        return self.preview or self.opt_in

    def meant_by(self, name: str) -> list[Benchmark]:
        """Return the versions that a name means: one, or by the id all that are taken by themselves."""
        return [
            one for one in self.versions if name == one.name or (name == one.id and (one is self or not one.preview))
        ]

    @property
    def number(self) -> list[int]:
        """Its version, to be compared with another."""
        return [int(part) for part in self.version.split(".")]

    @property
    def profiles(self) -> set[str]:
        """The profiles that any of its recommendations knows (server, workstation)."""
        return {profile for item in self._plain() for profile in item["level"]}

    @property
    def rules(self) -> set[str]:
        """The ids of the rules of all its recommendations."""
        return {rule for item in self._plain() for rule in item.get("rules", ())}

    @property
    def numbers(self) -> dict[str, list[str]]:
        """Rule -> the ids of the recommendations that it belongs to."""
        found: dict[str, list[str]] = {}
        for item in self._plain():
            for rule in item.get("rules", ()):
                found.setdefault(rule, []).append(item["id"])
        return found

    @property
    def rules_by_itself(self) -> frozenset[str]:
        """Rules of the profiles that a host has without being asked for them; none of a benchmark that is taken by name only."""
        if self.by_name:
            return frozenset()
        own = {*self.roles, *OWN_PROFILES}
        return frozenset(rule for item in self._plain() if own & {*item["level"]} for rule in item.get("rules", ()))

    @property
    def rules_by_name(self) -> Mapping[str, frozenset[str]]:
        """Rules by the profiles that are added by name (`hipaa_cis_profiles`)."""
        own = {*self.roles, *OWN_PROFILES}
        found: dict[str, set[str]] = {}
        for item in self._plain():
            for profile in item["level"].keys() - own:
                found.setdefault(profile, set()).update(item.get("rules", ()))
        return {profile: frozenset(rules) for profile, rules in found.items()}

    def _plain(self) -> Iterable[Mapping[str, Any]]:
        items = self.recommendations
        return items.plain if isinstance(items, Recommendations) else map(vars, items)


@dataclass(frozen=True)
class Cite:
    """One row of the regulation. ``mechanisms``: what can carry it directly, id -> what it does."""

    cite: str
    name: str
    kind: str
    obligation: str
    parent: str = ""
    note: str = ""
    auditor_asks: tuple[str, ...] = ()
    nist_800_53: tuple[str, ...] = ()
    mechanisms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Amendment:
    """What a proposal would change of the framework: obligations (in force -> proposed), and rows that it would add."""

    id: str
    title: str
    source: str
    obligations: Mapping[str, str]
    safeguards: tuple[Cite, ...]


@dataclass(frozen=True)
class Gap:
    """A gap that auditors meet often. ``rules``: those that show it; ``unseen``: what of it no rule looks at."""

    id: str
    title: str
    why: str
    rules: tuple[str, ...]
    unseen: str = ""


@dataclass(frozen=True)
class Threat:
    """What can happen to ePHI where one of ``rules`` fails. ``otherwise``: also of rules that the catalog does not know."""

    id: str
    title: str
    threat: str
    rules: tuple[str, ...]
    otherwise: bool = False


@dataclass(frozen=True)
class Catalog:
    """All of it, checked. ``digest`` is the SHA-256 over the files it was made from."""

    digest: str
    platforms: Mapping[str, Platform]
    rules: Mapping[str, Rule]
    parameters: Mapping[str, Parameter]
    # By id, the newest version of each that is no preview.
    benchmarks: Mapping[str, Benchmark]
    safeguards: Mapping[str, Cite]
    neighbours: Mapping[str, Cite]
    gaps: tuple[Gap, ...] = ()
    # Each rule is in one of them.
    threats: tuple[Threat, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    # The amendment that safeguards are of; None for what is in force.
    amended_by: Amendment | None = None
    # Ids of rules that are gone -> why.
    retired: Mapping[str, str] = field(default_factory=dict)

    def under(self, framework: str) -> Catalog:
        """Return the catalog under a framework: the one in force, by `IN_FORCE`, or what an amendment would make of it.

        Raises `HipaaCisError` on one that is not known.
        """
        if framework == IN_FORCE:
            return self
        amendment = next((one for one in self.amendments if one.id == framework), None)
        if amendment is None:
            raise HipaaCisError(unknown("framework", framework, [IN_FORCE, *(one.id for one in self.amendments)]))
        rows = {
            cite: replace(row, obligation=amendment.obligations.get(row.obligation, row.obligation))
            for cite, row in self.safeguards.items()
        }
        added = {row.cite: row for row in amendment.safeguards}
        return replace(self, safeguards={**rows, **added}, amended_by=amendment)

    def benchmark_names(self) -> list[str]:
        """Return all names that `benchmark` takes."""
        versions = [one.name for newest in self.benchmarks.values() for one in newest.versions]
        return sorted([*self.benchmarks, *versions])

    def benchmark(self, name: str) -> Benchmark:
        """Return a benchmark by its id, which is its newest version that is no preview, or by id and version. Raises `HipaaCisError`."""
        identifier, sign, _version = name.partition("@")
        newest = self.benchmarks.get(identifier)
        for one in newest.versions if newest else ():
            if name in (one.id, one.name):
                return one
        names = self.benchmark_names() if sign else self.benchmarks
        known = [one.name for one in newest.versions] if newest else names
        raise HipaaCisError(unknown("benchmark", name, known))

    def numbers_of(self, name: str, version: str) -> Mapping[str, list[str]]:
        """Return rule -> ids of its recommendations in a version of a benchmark; nothing where the catalog does not have that version."""
        versions = self.benchmarks[name].versions if name in self.benchmarks else ()
        return next((one.numbers for one in versions if one.version == version), {})

    def rule_recommendations(self, rule: str) -> list[dict[str, str]]:
        """Return where a rule stands in benchmarks: ``[{benchmark, id}]``, the benchmark with its version."""
        return [
            {"benchmark": benchmark.name, "id": recommendation.id}
            for newest in self.benchmarks.values()
            for benchmark in newest.versions
            for recommendation in benchmark.recommendations
            if rule in recommendation.rules
        ]


def benchmark_id(name: str) -> str:
    """Return the id in the name of a benchmark, whether its version stands there or not."""
    return name.partition("@")[0]


def leaves(settings: Any) -> Iterator[Setting]:
    """Yield the settings of a tree that have a kind, conditions of settings left aside."""
    for setting in settings:
        group = setting.get("any_of") or setting.get("all_of")
        if group:
            yield from leaves(group)
        else:
            yield setting


def topic_tag(topic: str) -> str:
    """Return how a topic is given as a tag: ``Audit rules`` is ``audit_rules``."""
    return re.sub(r"[^a-z0-9]+", "_", topic.lower()).strip("_")
