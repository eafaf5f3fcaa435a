# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that was broken off is gone on with: hosts that it audited are not audited again, and nothing else is mixed into it.

What of a run is there already is looked at once a command, by the first of its workers, and holds for all of them: what they
write themselves is no earlier run's.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.parameters import coerced
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import IN_FORCE, Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.options import LATEST, NO
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import outcomes, packed
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import is_there, shared_text, utc_now
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import (
    RunStore,
    check_run_id,
    file_name,
    run_base,
)

Record = dict[str, Any]
ANOTHER = "Begin a new run: leave hipaa_cis_resume out, and give another hipaa_cis_run_id or none."
# Of a host in one of these states there is nothing more to find out; the others failed before anything was seen, and are tried again.
KEPT = ("audited", "not_assessed")
# What a host says of a tree that `hipaa_cis_root` names; a chroot or a container is the host itself.
IMAGE = "image"
# Of a run as a whole, in the words of a message.
_WHOLE = {"collection_version": "version of hipaa.cis", "catalog_digest": "catalog", "framework": "framework"}
_SELECTED = {
    "benchmarks": "hipaa_cis_benchmark",
    "level": "hipaa_cis_level",
    "profile": "hipaa_cis_profile",
    "profiles": "hipaa_cis_profiles",
    "include": "hipaa_cis_include",
    "exclude": "hipaa_cis_exclude",
    "run_tags": "--tags",
    "skip_tags": "--skip-tags",
}


class Refused(HipaaCisError):
    """A run that this command may not write to. What it holds stays as it is."""


class _Found(NamedTuple):
    """What a command found of a run: the names of hosts' files, the hosts that it was to audit, and whether it had ended."""

    files: frozenset[str]
    expected: frozenset[str]
    ended: bool


def run_id(base: str, given: str | None, how: str) -> str | None:
    """Return the id of the run to write to; None for a new one.

    ``base``: the folder of the runs; ``how``: ``resume`` as `resumed` gives it: `NO`, `NAMED` or `LATEST`. Raises `Refused`.
    """
    if how == NO:
        return given or None
    folder = run_base(base)
    if how == LATEST:
        if given:
            raise Refused(
                f"hipaa_cis_resume is {LATEST}, and hipaa_cis_run_id names the run {given}. Give hipaa_cis_resume=true for that one."
            )
        # Once for all workers: another command may begin a run meanwhile.
        name = shared_text(f"resumed-{_digest(str(folder))}", lambda: _latest(folder))
        if not name:
            raise Refused(f"There is no run to resume below {folder}: nothing was audited there yet. {ANOTHER}")
    else:
        name = given or ""
        if not name:
            raise Refused(
                "hipaa_cis_resume goes on with a run that is named: give its hipaa_cis_run_id, or resume the last with latest."
            )
    check_run_id(name)
    if not (folder / name / "hosts").is_dir():
        raise Refused(
            f"There is no run {name} to resume below {folder}. See hipaa_cis_run_dir and hipaa_cis_run_id. {ANOTHER}"
        )
    return name


def check(store: RunStore, how: str, host: str, hosts: list[str]) -> Record | None:
    """Return the record that another command wrote of a host in this run, to be resumed; None where there is none that counts.

    ``hosts``: those of the play. Raises `Refused` where the run cannot be resumed, or may not be written to without that.
    """
    found = _found(store)
    there = file_name(host) in found.files
    if how == NO:
        # A remediation looks again at what it changed, and the run may have begun with an audit.
        if there and not (store.folder / "remediation" / (file_name(host) + ".json")).exists():
            raise Refused(
                f"another command used the run id {store.run_id} before, and has a record of {host} in that run. Give another "
                "hipaa_cis_run_id, or none for one made of the time; where that command was broken off, hipaa_cis_resume=true goes on with it."
            )
        return None
    if found.ended:
        raise Refused(f"The run {store.run_id} has ended, and there is nothing to resume. {ANOTHER}")
    if found.expected and not found.expected & set(hosts):
        raise Refused(f"The run {store.run_id} is of other hosts: it has none of this play's. {ANOTHER}")
    record = _readable(store, packed.file_in(store.folder / "hosts", file_name(host))) if there else None
    if record is not None and record["run_id"] != store.run_id:
        raise Refused(
            f"The record of {host} in {store.folder} is of the run {record['run_id']}; was the folder renamed? {ANOTHER}"
        )
    return record if record is not None and record["status"] in KEPT else None


def write_record(store: RunStore, record: Record) -> tuple[Path, str]:
    """Write a host's record, as `RunStore.write_record` does. Raises `Refused` where another command wrote one since this one looked.

    Two commands that were begun at the same moment with one run id find nothing of each other.
    """
    host = record["host"]
    name = f"wrote-{_digest(str(store.folder), host)}"
    with _alone(store.folder / "hosts"):
        found = file_name(host) in _found(store).files or is_there(name)
        if not found and store.host_file(host).exists():
            raise Refused(
                f"another command uses the run id {store.run_id} at the same time, and has written a record of {host} in that run, which stays as it is. "
                "Give each command a hipaa_cis_run_id of its own, or none."
            )
        written = store.write_record(record)
        # Without it a further task of this command is refused, which is better than to lose what this one found.
        with suppress(HipaaCisError):
            shared_text(name, utc_now)
        return written


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Have no other process between look and write, where the file system has locks."""
    with ExitStack() as held:
        # Of a folder that is gone, who writes to it says so.
        with suppress(OSError):
            place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            held.callback(os.close, place)
            fcntl.flock(place, fcntl.LOCK_EX)
        yield


def is_done(
    store: RunStore,
    standing: Record | None,
    asked: Record,
    values: Mapping[str, Any],
    catalog: Catalog,
    root: str | None = None,
) -> bool:
    """Return whether a host's record in a run that is resumed answers what this command asks.

    ``standing``: that record, None where the host has none; ``asked``: a record that is still empty; ``values``: of the
    site's parameters; ``root``: the tree that is to be judged in the place of the host. Raises `Refused` where the run was
    asked something else.
    """
    mine = _whole(asked)
    known = _whole(standing) if standing else mine if _has(store, mine) else _first(store)
    for key, name in _WHOLE.items():
        if known[key] != mine[key]:
            raise _other(store, name, known[key], mine[key])
    if standing is None or not _is_asked(store, standing, asked):
        return False
    before, now = _image_of(standing), os.path.normpath(root) if root else ""
    if before != now and standing["status"] == "audited":
        raise _other(store, "hipaa_cis_root", before, now, standing["host"])
    return _has_values(store, standing, values, catalog)


def check_tree(store: RunStore, host: str, root: str | None, on: str) -> None:
    """Raise `HipaaCisError` where an earlier task of this command looked at another tree, or at the host itself, under a host's name.

    ``root``: the tree, None for the host; ``on``: the host that it lies on, where that is another one.
    """
    mine = f"{os.path.normpath(root)}{f' on {on}' if on else ''}" if root else "the host itself"
    first = shared_text(f"looked-at-{_digest(str(store.folder), host)}", lambda: mine)
    if first != mine:
        raise HipaaCisError(
            f"This run has {host} for {first}, and cannot have {mine} under the same name. Give each tree a host of its own in the inventory, "
            "with its hipaa_cis_root."
        )


def _image_of(record: Record) -> str:
    """Return the folder of the image that was judged in the place of a host, as its real path; empty where the host was."""
    facts = (one["facts"] for one in record["platforms"].values())
    return next((str(one["tree"]) for one in facts if one.get("tree_is") == IMAGE), "")


def _is_asked(store: RunStore, standing: Record, asked: Record) -> bool:
    """Return whether the selection is one that the record has, or that of a further task. Raises `Refused` where it is another run's."""
    mine, host = asked["selection"], asked["host"]
    # A second task of one play asks the host something else, in the command that resumes as in the one before.
    first = shared_text(f"resumed-{_digest(str(store.folder), host)}", lambda: _text(mine))
    if not any(_is_same(mine, one) for one in (standing["selection"], *standing.get("earlier_selections", ()))):
        if first != _text(mine):
            return False
        for key, name in _SELECTED.items():
            before, now = standing["selection"].get(key), mine.get(key)
            if before != now and not (key == "profile" and standing["selection"].get("by_role")):
                raise _other(store, name, before, now, host)
    if not _is_same(asked["meant"], {**standing["meant"], **_by_role(standing["selection"])}):
        raise _other(store, "hipaa_cis_meant_level or hipaa_cis_meant_profile", standing["meant"], asked["meant"], host)
    return True


def _by_role(selection: Record) -> Record:
    return {"by_role": True} if selection.get("by_role") else {}


def _is_same(asked: Record, standing: Record) -> bool:
    """Return whether the same was asked, where a host may have said itself by which profile it is judged."""
    return standing == (
        {**asked, "profile": standing["profile"], "by_role": True} if standing.get("by_role") else asked
    )


def _has_values(store: RunStore, standing: Record, values: Mapping[str, Any], catalog: Catalog) -> bool:
    """Return that the record was judged by the site's values as they are. Raises `Refused` where they are others."""
    for name, one in standing["parameters"].items():
        now = coerced(catalog.parameters[name].type, values[name]) if name in values else one["default"]
        if _text(now) != _text(one["value"]):
            raise _other(store, f"hipaa_cis_parameter_{name}", one["value"], now, standing["host"])
    return True


def play_hosts(variables: Mapping[str, Any]) -> list[str]:
    """Return the hosts of the play, those that it lost among them."""
    return [str(host) for host in variables.get("ansible_play_hosts_all", [])]


def _other(store: RunStore, name: str, before: Any, now: Any, host: str = "") -> Refused:
    where = f" for {host}" if host else ""
    return Refused(
        f"The run {store.run_id} cannot be resumed: it was begun with another {name}{where} ({_said(before)}) than this command has "
        f"({_said(now)}). Give what was given then, or begin a new run: leave hipaa_cis_resume out."
    )


def _said(value: Any) -> str:
    return (value if isinstance(value, str) else _text(value))[:100] or "none"


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _latest(base: Path) -> str:
    """Return the id of the run that the link leads to, empty without one."""
    link = base / LATEST
    return link.resolve().name if link.is_symlink() and link.is_dir() else ""


def _found(store: RunStore) -> _Found:
    text = shared_text(f"found-{_digest(str(store.folder))}", lambda: json.dumps(_look(store)))
    files, expected, ended = json.loads(text)
    return _Found(frozenset(files), frozenset(expected), ended)


def _look(store: RunStore) -> tuple[list[str], list[str], bool]:
    try:
        files = [packed.stem(path) for path in packed.files_in(store.folder / "hosts")]
        expected = store.expected_hosts()
    except (OSError, ValueError) as problem:
        raise Refused(f"What the run {store.run_id} holds cannot be read: {problem}. {ANOTHER}") from None
    # Reports that were made of what a run that was broken off left behind did not end it: hosts are missing.
    whole = {file_name(host) for host in expected} <= set(files)
    return files, expected, whole and (store.folder / outcomes.FILE).exists()


def _readable(store: RunStore, path: Path) -> Record | None:
    """Return the record in a file; None where it is none: then its host is audited again."""
    try:
        return store.record(f"hosts/{path.name}")[1]
    except HipaaCisError:
        return None


def _whole(record: Mapping[str, Any]) -> dict[str, str]:
    return {
        **{key: record[key] for key in _WHOLE if key != "framework"},
        "framework": record.get("framework", IN_FORCE),
    }


def _audited(store: RunStore) -> Iterator[Record]:
    """Yield the records of hosts that the run audited before this command, one at a time."""
    files = _found(store).files
    for path in packed.files_in(store.folder / "hosts"):
        record = _readable(store, path) if packed.stem(path) in files else None
        if record is not None and record["status"] == "audited":
            yield record


def _has(store: RunStore, whole: Mapping[str, str]) -> bool:
    """Return whether a host was audited by this catalog, or none was at all. The first record says so, or else all are read once."""

    def look() -> str:
        records = _audited(store)
        first = next(records, None)
        return (
            "yes" if first is None or _whole(first) == whole or any(_whole(one) == whole for one in records) else "no"
        )

    return shared_text(f"same-{_digest(str(store.folder), _text(whole))}", look) == "yes"


def _first(store: RunStore) -> dict[str, str]:
    return _whole(next(_audited(store)))
