# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a site decided and knows, once for a command; and what of it concerns one host.

A mistake in an entry takes that entry away and is told; the others count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions import (
    attestations,
    days,
    deadlines,
    exceptions,
    site_files,
    systems,
    tailoring,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.entries import (
    SECTIONS,
    Context,
    Entries,
    check,
    listed,
    subject_of,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.scope import Host, covers
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

MODULES: Mapping[str, Any] = {
    "exceptions": exceptions,
    "attestations": attestations,
    "tailoring": tailoring,
    "systems": systems,
    "deadlines": deadlines,
}
# What a remediation must not misunderstand: an exception keeps it from a setting, a tailoring says what it writes.
FOR_REMEDIATION = ("exceptions", "tailoring", "")
INVALID, NO_HOST, OVERLAPS, SECOND_SYSTEM = "invalid", "matches_no_host", "overlaps", "second_system"
Json = dict[str, Any]


def read_folder(folder: Path, context: Context) -> Json:
    """Return what the site's folder holds, checked, as JSON."""
    read = site_files.read(folder)
    return _checked("folder", read.entries, context, read.faults)


def read_lists(given: Mapping[str, Any], context: Context) -> Json:
    """Return the lists of a host's variables (section -> list), checked, as JSON. Raises `HipaaCisError` on what is no list."""
    exceptions.is_a_list(given.get("exceptions", ()))
    for section, items in given.items():
        if not isinstance(items, (list, tuple)):
            raise HipaaCisError(f"hipaa_cis_{section} has to be a list, so nothing was begun. It is: {items!r:.200}")
    return _checked("lists", [listed(section, items) for section, items in given.items()], context, {})


def _checked(source: str, lists: Iterable[Entries], context: Context, faults: Mapping[str, list[str]]) -> Json:
    wrong_files = [[section, text] for section, texts in faults.items() for text in texts]
    result: Json = {"source": source, "entries": [], "faults": wrong_files}
    for entries in lists:
        sound, wrong = check(entries, MODULES[entries.section], context)
        result["faults"] += [[entries.section, text] for text in wrong]
        result["entries"] += [[entries.section, entries.place(number), entries.items[number]] for number in sound]
    return result


def refuse_faults(checked: Iterable[Json], sections: Iterable[str] = FOR_REMEDIATION) -> None:
    """Raise `HipaaCisError` with every fault in these sections: one that is misunderstood would leave a gap or open one."""
    faults = [
        (site_files.OPTION if one["source"] == "folder" else f"hipaa_cis_{section}", text)
        for one in checked
        for section, text in one["faults"]
        if section in sections
    ]
    if faults:
        names = " and ".join(dict.fromkeys(name for name, _text in faults))
        lines = "\n".join(f"  {text}" for _name, text in faults)
        raise HipaaCisError(f"{names} cannot be used, so nothing was begun:\n{lines}")


@dataclass(frozen=True)
class HostSite:
    """What of a site's decisions concerns one host, as it was when the run began there."""

    decisions: exceptions.Decisions = field(default_factory=exceptions.Decisions)
    attestations: tuple[Json, ...] = ()
    tailoring: tuple[Json, ...] = ()
    system: Json | None = None
    deadlines: Mapping[str, int] = field(default_factory=dict)
    notices: tuple[Json, ...] = ()

    @property
    def meant(self) -> Json:
        """Level and profile that the host's system is meant for, as far as the site says."""
        return {key: self.system[key] for key in ("level", "profile") if key in self.system} if self.system else {}

    def tailored(self, given: Mapping[str, Any]) -> tuple[Json, dict[str, Json]]:
        """Return the values of parameters with what the site tailored, and parameter id -> tailoring in force.

        A value that a variable gives stays, for it is nearer; where it is another, no tailoring speaks for it. One that has
        expired keeps its value: what is set so on the host is not to go back at night; but nobody stands for it any more.
        """
        begun = [one for one in self.tailoring if one["state"] != days.NOT_YET]
        by_name: dict[str, Json] = {}
        # Of several the one in force, and then the first.
        for one in sorted(begun, key=lambda one: one["state"] != days.IN_FORCE):
            by_name.setdefault(one["parameter"], one)
        values = {**{name: one["value"] for name, one in by_name.items()}, **given}
        return values, {name: one for name, one in by_name.items() if one["state"] == days.IN_FORCE}

    def as_dict(self) -> Json:
        """Return the JSON form of the host record; what is empty is left out."""
        parts = {
            "exceptions": [one.as_dict() for one in self.decisions.exceptions],
            "attestations": list(self.attestations),
            "tailoring": list(self.tailoring),
            "system": self.system,
            "deadlines": dict(self.deadlines),
            "notices": list(self.notices),
        }
        return {key: value for key, value in parts.items() if value}


def of_host(checked: Iterable[Json], host: Host, context: Context) -> HostSite:
    """Return what concerns a host. ``checked``: what `read_folder` and `read_lists` gave."""
    found: dict[str, list[tuple[str, Any]]] = {section: [] for section in SECTIONS}
    notices: list[Json] = []
    for one in checked:
        if one["source"] == "lists":
            # Those of the folder are told once for the run (`fleet`).
            notices += [{"kind": INVALID, "text": text} for _section, text in one["faults"]]
        for section, place, item in one["entries"]:
            if covers(item.get("hosts", ()), host) and (section != "systems" or "hosts" in item):
                found[section] += [(place, made) for made in MODULES[section].made(item, context)]
    decided = exceptions.Decisions(tuple(made for _place, made in found["exceptions"]))
    system = found["systems"][0][1] if found["systems"] else None
    notices += _out_of_force(found)
    for first, second in decided.overlaps():
        text = f"two exceptions about the same: {_named(first)} and {_named(second)}. The one that holds longer counts; keep one of them"
        notices.append({"kind": OVERLAPS, "text": text})
    notices += _tailored_twice(found["tailoring"])
    for place, more in found["systems"][1:]:
        text = f"{place}: system {more['name']} has a host that is of {found['systems'][0][1]['name']} too, which counts for it"
        notices.append({"kind": SECOND_SYSTEM, "text": text})
    ephi = None if system is None or "ephi" not in system else system["ephi"]
    return HostSite(
        decided,
        tuple(made for _place, made in found["attestations"]),
        tuple(made for _place, made in found["tailoring"]),
        system,
        deadlines.by_severity((made for _place, made in found["deadlines"]), ephi),
        tuple({json_key(one): one for one in notices}.values()),
    )


def json_key(notice: Json) -> tuple[str, str]:
    """Return what makes two notices the same one."""
    return notice["kind"], notice["text"]


def _named(one: exceptions.ExceptionDecision) -> str:
    return f"{one.more['id']} ({one.subject})" if "id" in one.more else f"that on {one.subject} by {one.approved_by}"


def _out_of_force(found: Mapping[str, list[tuple[str, Any]]]) -> list[Json]:
    """Return a notice of each decision that concerns the host and does not hold now."""
    result = []
    for section in ("exceptions", "attestations", "tailoring"):
        for place, made in found[section]:
            told = made.as_dict() if isinstance(made, exceptions.ExceptionDecision) else made
            if told["state"] != days.IN_FORCE:
                result.append({"kind": told["state"], "text": f"{place}: {when(SECTIONS[section], told)}"})
    return result


def _tailored_twice(found: Iterable[tuple[str, Json]]) -> list[Json]:
    """Return a notice of each tailoring in force of a parameter that another one in force, which stands first, is about."""
    first: dict[str, Json] = {}
    result = []
    for place, one in found:
        if one["state"] != days.IN_FORCE:
            continue
        before = first.setdefault(one["parameter"], one)
        if before is not one:
            text = (
                f"{place}: tailoring {one.get('id') or subject_of(one)} is about the same as {before.get('id') or 'that'} by {before['approved_by']}, "
                f"which stands first and counts: {one['parameter']} is {before['value']} and not {one['value']}; keep one of them, or leave hosts out with '!'"
            )
            result.append({"kind": OVERLAPS, "text": text})
    return result


def when(noun: str, told: Mapping[str, Any]) -> str:
    """Return when a decision, in the form of the records, expired or begins to hold, and what to do."""
    about = told.get("id") or subject_of(told)
    zone = told["timezone"]
    if told["state"] == days.EXPIRED:
        return f"{noun} {about} expired on {told.get('expires') or told.get('valid_until')} ({zone}); renew it, or take it out"
    return f"{noun} {about} holds only from {told.get('approved_on') or told.get('attested_on')} on ({zone})"


def fleet(checked: Json, hosts: Iterable[Host], files: Mapping[str, str]) -> Json:
    """Return what concerns no single host, as ``catalog/schema/site.json`` has it. ``hosts``: all of the inventory."""
    everywhere = list(hosts)
    notices = [{"kind": INVALID, "text": text} for _section, text in checked["faults"]]
    listed_systems = []
    for section, place, item in checked["entries"]:
        patterns = item.get("hosts")
        if section == "systems":
            meant = [host.name for host in everywhere if covers(patterns, host)] if patterns else []
            listed_systems.append({**item, "hosts": sorted(meant)})
        if patterns and "cannot_be_audited" not in item and not any(covers(patterns, host) for host in everywhere):
            about = item.get("id") or subject_of(item)
            text = f"{place}: {SECTIONS[section]} {about} is of no host of the inventory: {', '.join(item['hosts'])}"
            notices.append({"kind": NO_HOST, "text": text})
    return {
        "schema": "hipaa.cis/site/1",
        "files": dict(files),
        "notices": notices,
        "systems": listed_systems,
    }
