# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The slices of a run, put together as the run directory that one process would have written.

Each record stands there as its slice wrote it, so all that reads a run finds nothing else in it than in one that was not sliced. What was
merged, and what is missing, is in ``slices.json``. Merging again changes nothing; a slice that came late is added.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import put_private_bytes
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import packed, raw_answers, slices
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.documents import as_text
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import SEEN, RunStore, file_name, run_base
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

SCHEMA = "hipaa.cis/merged_slices/1"
FILE = "slices.json"
# Of a host, beside its record.
_BESIDE = ("remediation", "rollback", "plan")
# Of the run as a whole: what any slice noted holds for it.
_OF_RUN = ("framework", "begun")
# Folders in which no slice lies: those of a run, and what runs share.
_INSIDE = frozenset({"hosts", "expected", "raw", "earlier", "site", *_OF_RUN, *_BESIDE, "_raw", "_chain"})
NAMED = 10
NO_HOST = "matches_no_host"
MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Part:
    """A slice that is there."""

    store: RunStore
    head: slices.Head
    expected: frozenset[str]

    @property
    def slice(self) -> slices.Slice:
        """Which it is."""
        return slices.slice_of(self.head)

    @property
    def place(self) -> str:
        """Its name and folder, for people."""
        return f"slice {self.slice.name} ({self.store.folder})"


@dataclass(frozen=True)
class Merged:
    """A merged run, with the names of the slices in it, of those that are missing, and what to warn of."""

    store: RunStore
    found: tuple[str, ...]
    missing: tuple[str, ...]
    warnings: tuple[str, ...]


def find(entries: Sequence[str]) -> list[Path]:
    """Return the run directories of slices at or below the named folders or globs. Raises `HipaaCisError` where one names none."""
    found: dict[Path, None] = {}
    for entry in entries:
        folders = sorted(one for one in glob.glob(os.path.expanduser(entry), recursive=True) if os.path.isdir(one))
        inside = [path for folder in folders for path in _below(os.path.abspath(folder))]
        if not inside:
            why = "there is no slice in it" if folders else "there is no such folder"
            raise HipaaCisError(
                f"Slices are looked for in '{spelled_out(entry)}' (hipaa_cis_merge_from), and {why}. A slice is a run directory with the file "
                f"{slices.FILE}, which an audit with hipaa_cis_slice writes; runs that are no slices are merged by hipaa.cis.report with hipaa_cis_run."
            )
        found.update(dict.fromkeys(inside))
    return list(found)


def _below(folder: str) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        if slices.FILE in names:
            folders.clear()
            yield Path(where).resolve()
        folders[:] = sorted(set(folders) - _INSIDE)


def parts_of(folders: Iterable[Path]) -> list[Part]:
    """Return the slices in run directories, in their order. Raises `HipaaCisError` where one is none."""
    found = []
    for folder in folders:
        head, store = slices.read(folder), RunStore.open(str(folder))
        # A folder that was copied may be called otherwise.
        store.run_id = head["run_id"]
        found.append(Part(store, head, frozenset(_expected(store))))
    return sorted(found, key=lambda part: (part.head["number"], part.head["job"], str(part.store.folder)))


def _expected(store: RunStore) -> list[str]:
    try:
        names = store.expected_hosts()
        whole = all(isinstance(name, str) for name in names)
    except (OSError, ValueError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise HipaaCisError(f"{store.folder / 'expected'} does not say which hosts the slice was of; was it changed?")
    return names


def check(parts: Sequence[Part], run_id: str, hosts: Collection[str]) -> None:
    """Raise `HipaaCisError` where slices are not of this run, of one audit, or of the inventory with these hosts."""
    first = {**parts[0].head, "run_id": run_id}
    for part in parts:
        for problem in slices.differences(first, part.head):
            beside = "" if part is parts[0] else f" as {parts[0].place} is"
            raise HipaaCisError(
                f"{part.place} cannot be merged: {problem}{beside}. Name only slices of one run that were audited alike in "
                "hipaa_cis_merge_from, and audit the others again."
            )
    _check_numbers(parts)
    _check_inventory(parts)
    for part in parts:
        strange = sorted(part.expected.difference(hosts))
        if strange:
            raise HipaaCisError(
                f"{part.place} has hosts that the inventory of the merge does not know: {_listed(strange)}. Did the inventory change since? Give the "
                "merge the inventory of the slices (-i, without --limit), or a file that lists its hosts (hipaa_cis_merge_hosts)."
            )


def _check_numbers(parts: Sequence[Part]) -> None:
    """Raise `HipaaCisError` where two slices with one number are of different hosts. One that was begun again is of the same."""
    by_number: dict[int, Part] = {}
    for part in parts:
        number = part.head["number"]
        known = by_number.setdefault(number, part) if number else part
        if not (part.expected <= known.expected or known.expected <= part.expected):
            raise HipaaCisError(
                f"{known.place} and {part.place} have the same number and different hosts. Give each slice a number of its own, or name only one of "
                "the two in hipaa_cis_merge_from."
            )


def _of_whole_inventory(parts: Sequence[Part]) -> list[Part]:
    """Return the slices that know the inventory they were cut from. One that has its own hosts only, as in AWX, tells nothing of the others."""
    return [part for part in parts if part.head["number"] and part.head["inventory"] != slices.digest_of(part.expected)]


def _check_whole(parts: Sequence[Part], missing: Sequence[str], hosts: Collection[str]) -> None:
    """Raise `HipaaCisError` where the hosts of the merge are not those that slices were cut from: a missing slice may have had the others."""
    its = slices.digest_of(hosts)
    for part in _of_whole_inventory(parts):
        if part.head["inventory"]["digest"] != its["digest"]:
            raise HipaaCisError(
                f"Slices are missing ({', '.join(missing)[:300]}), and nobody knows whether they had hosts: the merge has {its['hosts']} host(s), and the "
                f"inventory has {part.head['inventory']['hosts']} for {part.place}. Give the merge the inventory of the slices (-i, without --limit), or, "
                "where the run was meant for some of its hosts, a file that lists these (hipaa_cis_merge_hosts)."
            )


def _check_inventory(parts: Sequence[Part]) -> None:
    """Raise `HipaaCisError` where slices were cut from different inventories."""
    whole = _of_whole_inventory(parts)
    for part in whole[1:]:
        mine, its = whole[0].head["inventory"], part.head["inventory"]
        if mine["digest"] != its["digest"]:
            counts = f"it has {its['hosts']} hosts for {part.place} and {mine['hosts']} for {whole[0].place}"
            same = ", which have other names" if mine["hosts"] == its["hosts"] else ""
            raise HipaaCisError(
                f"The inventory changed between slices: {counts}{same}. Nobody knows whether each host is in a slice; audit all slices of "
                "the run again with one inventory, under another hipaa_cis_run_id."
            )


def merge(parts: Sequence[Part], base: str, run_id: str, hosts: Collection[str], listed: bool = False) -> Merged:
    """Put slices together as the run ``run_id`` below ``base``. ``hosts``: all of the inventory; ``listed``: somebody said that these are all.

    Raises `HipaaCisError` where they are not of one run, or another run has its id.
    """
    check(parts, run_id, hosts)
    folder = run_base(base) / run_id
    earlier = merged_before(folder)
    places, doubles = _newest(parts, run_id, hosts)
    store = RunStore.create(base, run_id)
    try:
        found, missing = _found_and_missing(parts, earlier)
        known = {host for part in parts for host in part.expected} | set(places)
        if missing and not listed and not set(hosts) - known:
            _check_whole(parts, missing, hosts)
        unseen = sorted(host for host in set(hosts) - known if not store.host_file(host).exists())
        # First: where it stands, the run is a merge, and a merge that was broken off is done again.
        document = {
            "schema": SCHEMA,
            "run_id": run_id,
            "slices": found,
            "missing": missing,
            "hosts_of_no_slice": unseen,
        }
        store.write(FILE, as_text(document))
        store.expect_hosts(list(hosts))
        bare = [host for host in sorted(places) if not _take_over(store, places[host], host)]
        _take_over_beside(store, parts, places)
        for part in parts:
            _take_over_of_run(store, part)
        told = _join_sites(store, parts)
        if any(status in SEEN for _part, _file, status in places.values()):
            store.become_latest()
    except OSError as problem:
        raise HipaaCisError(f"The slices cannot be merged into {folder}: {problem.strerror or problem}.") from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as problem:
        raise HipaaCisError(
            f"A file of a slice is of another form ({type(problem).__name__}: {spelled_out(str(problem))[:200]}); was it changed? Audit the slice again."
        ) from None
    if missing:
        told = [f"slices of the run {run_id} are missing: {', '.join(missing)}. {_without(unseen)}", *told]
    elif unseen:
        told = [
            f"hosts of the inventory are in no slice of the run {run_id}, and not audited: {_listed(unseen)}",
            *told,
        ]
    if doubles:
        told.append(
            f"{len(doubles)} host(s) have different records in several slices, and the newest counts: {_listed(sorted(doubles))}"
        )
    if bare:
        told.append(
            f"what {len(bare)} host(s) answered does not lie beside their slices ({raw_answers.SHARED}), and is not kept with the run: {_listed(bare)}"
        )
    return Merged(store, tuple(found), tuple(missing), tuple(told))


def left_out(store: RunStore) -> dict[str, str]:
    """Return why hosts of a merged run, which no slice was to audit, have no record. Raises `HipaaCisError`."""
    if not (store.folder / FILE).exists():
        return {}
    document = merged_before(store.folder)
    missing = document["missing"]
    why = f"slices are missing: {', '.join(missing)}" if missing else "each slice came"
    return dict.fromkeys(document["hosts_of_no_slice"], f"no record: no slice that was merged is of this host; {why}")


def names_in(folder: Path) -> list[str]:
    """Return the names of the slices that a run directory was merged from; none where it was not. Raises `HipaaCisError`."""
    return list(merged_before(folder)["slices"]) if (folder / FILE).exists() else []


def _without(unseen: Sequence[str]) -> str:
    if unseen:
        return f"{len(unseen)} host(s) have no record and are not audited: {_listed(unseen)}"
    return "All hosts of the inventory are in the others."


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(spelled_out(name)[:100] for name in names[:NAMED]) + more


def merged_before(folder: Path) -> Mapping[str, Any]:
    """Return what was merged into a run directory before; nothing where nothing was. Raises `HipaaCisError` where the run is another's."""
    path = folder / FILE
    if not path.exists():
        if (folder / "hosts").is_dir() and any((folder / "hosts").iterdir()):
            raise HipaaCisError(
                f"{folder} is a run that was not merged from slices: another run used this id. Give the run of the slices an id of its own "
                "(hipaa_cis_run_id), or merge it below another hipaa_cis_run_dir."
            )
        return {}
    try:
        document = json.loads(packed.read_packed(path, MOST_BYTES)[1])
        lists = [document[key] for key in ("slices", "missing", "hosts_of_no_slice")]
        whole = document["schema"] == SCHEMA and all(isinstance(one, list) for one in lists)
        whole = whole and all(isinstance(name, str) for one in lists for name in one)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise HipaaCisError(f"{path} does not say what was merged; was it changed or written by a newer version?")
    return dict(document)


def _found_and_missing(parts: Sequence[Part], earlier: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the names of slices that are there or were merged before, and of those that are not."""
    found = list(dict.fromkeys([*(part.slice.name for part in parts), *earlier.get("slices", ())]))
    count, numbered = parts[0].head["count"], parts[0].head["number"]
    names = [slices.Slice(number, count).name for number in range(1, count + 1)] if numbered else []
    missing = [name for name in names if name not in found]
    if count and not numbered:
        # A job that was launched again has the same hosts, or some of them, and another id.
        whole = {one.expected for one in parts if not any(one.expected < other.expected for other in parts)}
        came = len(whole) + len(set(earlier.get("slices", ())).difference(part.slice.name for part in parts))
        missing = [f"{count - came} of {count}"] if came < count else []
    return found, missing


def _newest(
    parts: Sequence[Part], run_id: str, hosts: Collection[str]
) -> tuple[dict[str, tuple[Part, str, str]], set[str]]:
    """Return of each host the slice that has its newest record, its file and status; and the hosts that have different ones."""
    order: dict[str, tuple[tuple[bool, str, str], Part, str, str]] = {}
    doubles = set()
    known = set(hosts)
    for part in parts:
        for file, digest, record in part.store.records():
            host, status = record["host"], str(record.get("status"))
            if host not in known or record.get("run_id") != run_id:
                raise HipaaCisError(
                    f"{part.store.folder / file} is a record of {spelled_out(host)[:100]} in the run {spelled_out(str(record.get('run_id')))[:100]}, which is "
                    "not of this run and its inventory; was it put there? Take it away, or merge with the inventory of the slices."
                )
            # Where nobody looked, what was seen before is still the newest there is.
            key = (status != "not_begun", str(record.get("audited_at")), digest)
            before = order.get(host)
            if before and before[0][2] != digest:
                doubles.add(host)
            if before is None or key > before[0]:
                order[host] = (key, part, file, status)
    return {host: found[1:] for host, found in order.items()}, doubles


def _take_over(store: RunStore, place: tuple[Part, str, str], host: str) -> bool:
    """Copy a host's record and answers as a slice has them; return whether the answers are there. Raises `OSError` and `HipaaCisError`."""
    part, file, _status = place
    store.take_over(host, part.store.folder / file)
    return raw_answers.take_over(part.store, store, host)


def _take_over_beside(store: RunStore, parts: Sequence[Part], places: Mapping[str, tuple[Part, str, str]]) -> None:
    """Copy what slices have of hosts beside their records, such as what was done on them, from where the record is. Raises `OSError`."""
    names = {file_name(host): part for host, (part, _file, _status) in places.items()}
    for part in parts:
        for folder in _BESIDE:
            for path in sorted((part.store.folder / folder).glob("*")):
                if names.get(packed.stem(path), part) is part and not path.is_symlink():
                    _copy(path, store.folder / folder / path.name)


def _take_over_of_run(store: RunStore, part: Part) -> None:
    """Copy what is of the run as a whole, but for what the site decided. Raises `OSError`."""
    for folder in _OF_RUN:
        for path in sorted((part.store.folder / folder).glob("*")):
            if not path.is_symlink():
                _copy(path, store.folder / folder / path.name)


def _copy(source: Path, target: Path) -> None:
    put_private_bytes(target, packed.read_packed(source, MOST_BYTES)[0])


def _join_sites(store: RunStore, parts: Sequence[Part]) -> list[str]:
    """Write what the site decided for the run as a whole, and return warnings.

    What a slice of AWX says of it knows the slice's hosts only: a system has the hosts of all, and an entry is of no host where it is of none of all.
    """
    names: dict[str, tuple[str, list[dict[str, Any]]]] = {}
    for part in parts:
        for name, site in part.store.named_sites():
            alike = {
                **site,
                "notices": [one for one in site["notices"] if one["kind"] != NO_HOST],
                "systems": [{key: value for key, value in one.items() if key != "hosts"} for one in site["systems"]],
            }
            names.setdefault(as_text(alike), (name, []))[1].append(site)
    for name, sites in names.values():
        store.put_site(name, as_text(_joined_site(sites)))
    folders = {as_text(sites[0]["files"]) for _name, sites in names.values() if sites[0]["files"]}
    return (
        ["slices were audited by different decisions of the site; each counts for its hosts"]
        if len(folders) > 1
        else []
    )


def _joined_site(sites: Sequence[dict[str, Any]]) -> dict[str, Any]:
    everywhere = set.intersection(*({one["text"] for one in site["notices"]} for site in sites))
    systems = []
    for number, system in enumerate(sites[0]["systems"]):
        systems.append(
            {**system, "hosts": sorted({host for site in sites for host in site["systems"][number]["hosts"]})}
        )
    return {
        **sites[0],
        "notices": [one for one in sites[0]["notices"] if one["text"] in everywhere],
        "systems": systems,
    }
