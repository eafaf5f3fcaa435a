# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run directory: ``<base>/<run id>/`` with one record per host and the summary's files.

Workers of the same run write here at the same time, each its own host's file. Folders are 0700,
files 0600, and a host name never becomes a path as it is.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import (
    link_atomically,
    make_private_folder,
    private_file,
    write_private,
    write_private_bytes,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import outcomes, packed, plan_file
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.documents import Reader, as_text
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.joined_records import (
    join_host_records,
    join_remediations,
    restarted,
    taken_back,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
LATEST = "latest"
# Of a host in one of these states the run has something to say; else it failed before it looked at anything.
SEEN = ("audited", "not_begun")
# Records that a run had when it ended, and that were written anew since.
EARLIER = "earlier"
LOOKED_AGAIN = "The run %s had ended before it looked at this host again; what it said of it then is kept in %s."
RESUME = "-e hipaa_cis_run_id=%s -e hipaa_cis_resume=true"
DEFAULT_BASE = "hipaa-cis-runs"
# A host with every rule failing in full takes a hundredth of it.
MAX_RECORD_BYTES = 64 * 1024 * 1024
HOST_SCHEMA = "hipaa.cis/host_record/1"
REMEDIATION_SCHEMA = "hipaa.cis/remediation_record/1"
ROLLBACK_SCHEMA = "hipaa.cis/rollback_record/1"
SITE_SCHEMA = "hipaa.cis/site/1"


def run_base(given: str) -> Path:
    """Return the folder that holds the runs, as a whole path."""
    return Path(os.path.abspath(os.path.expanduser(given)))


def file_name(host: str) -> str:
    """Return a file name for a host name, different for different names on any file system.

    Names of plain lower-case letters are kept; all others get a digest behind what is plain in them.
    """
    if re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,99}", host):
        return host
    plain = re.sub(r"[^a-z0-9._-]+", "_", host.lower()).lstrip(".")[:60] or "host"
    # '@' is in no plain name, so that no host can be called like another's digest.
    return f"{plain}@{hashlib.sha256(host.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def not_a_record(path: Path, why: str) -> HipaaCisError:
    """Return the error of a file that is no host record of ours."""
    return HipaaCisError(f"{path} is no host record of version 1: {why}. Audit the host again, or take the file away.")


def is_space_missing(problem: OSError) -> bool:
    """Return whether a file cannot be written for want of space alone."""
    return problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def cannot_write(path: Path, problem: OSError, run_id: str) -> HipaaCisError:
    """Return the error of a file of a run that cannot be written, and where only space is missing, what to do then."""
    remedy = (
        f" What was written before is whole. Make space, then go on with the run: {RESUME % run_id}."
        if is_space_missing(problem)
        else ""
    )
    return HipaaCisError(f"{path} cannot be written: {problem.strerror or problem}.{remedy}")


def _record(path: Path, schema: str) -> dict[str, Any] | None:
    """Return the record in a file, or None where there is none that can be read."""
    try:
        record = json.loads(packed.read_packed(path, MAX_RECORD_BYTES)[1])
        return record if record["schema"] == schema else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_record(path: Path, record: dict[str, Any]) -> Path:
    """Write a record into a private folder and return its path. Raises `HipaaCisError`."""
    try:
        make_private_folder(path.parent)
        write_private(path, as_text(record))
    except OSError as problem:
        raise HipaaCisError(f"The record {path} cannot be written: {problem.strerror or problem}.") from None
    return path


def check_run_id(run_id: str) -> None:
    """Raise `HipaaCisError` where a run cannot be called so."""
    if run_id.lower() == LATEST:
        raise HipaaCisError(
            f"'{run_id}' cannot be the id of a run, for the link {LATEST} leads to the last one. Give another hipaa_cis_run_id, or "
            "none for one made of the time."
        )
    if not RUN_ID.fullmatch(run_id):
        raise HipaaCisError(f"The run id '{run_id}' may only hold letters, digits, '.', '_' and '-' (at most 100).")


class RunStore:
    """One run's directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run_id = folder.name

    @classmethod
    def create(cls, base: str, run_id: str) -> RunStore:
        """Return the store of a run, made where it is missing. Raises `HipaaCisError` where it can't be written."""
        check_run_id(run_id)
        store = cls(run_base(base) / run_id)
        try:
            make_private_folder(store.folder / "hosts")
            make_private_folder(store.folder / "expected")
        except OSError as problem:
            raise HipaaCisError(
                f"The run directory {store.folder} cannot be written: {problem.strerror or problem}. "
                "Set hipaa_cis_run_dir to a folder on the controller that you may write to."
            ) from None
        return store

    @classmethod
    def open(cls, folder: str) -> RunStore:
        """Return the store of a run that is there. Raises `HipaaCisError` where it is none."""
        path = run_base(folder)
        if not (path / "hosts").is_dir():
            raise HipaaCisError(
                f"{path} is no run directory: it has no folder 'hosts'. No host was audited in this run."
            )
        return cls(path.resolve())

    def become_latest(self) -> None:
        """Let the link ``latest`` lead to this run, of which there is something to see by now. Raises `HipaaCisError`."""
        link = self.folder.parent / LATEST
        try:
            link_atomically(link, self.run_id)
        except OSError as problem:
            raise HipaaCisError(f"The link {link} cannot be made: {problem.strerror or problem}.") from None

    def write_record(self, record: dict[str, Any]) -> tuple[Path, str]:
        """Write a host's record, joined with what this run has of it, and return path and SHA-256. Raises `HipaaCisError`."""
        standing = self.host_file(record["host"])
        path = standing.with_name(file_name(record["host"]) + packed.PACKED)
        earlier = _record(standing, HOST_SCHEMA)
        joined = join_host_records(earlier, record) if earlier else record
        try:
            kept = self._keep_ended(standing)
            if kept and joined is record:
                joined = {**record, "warnings": [*record.get("warnings", ()), LOOKED_AGAIN % (self.run_id, kept)]}
            content = packed.write_packed(path, as_text(joined))
            if standing != path:
                standing.unlink(missing_ok=True)
        except OSError as problem:
            raise cannot_write(path, problem, self.run_id) from None
        if joined["status"] in SEEN:
            self.become_latest()
        return path, hashlib.sha256(content).hexdigest()

    def take_over(self, host: str, file: Path) -> None:
        """Have a host's record as another store of this run has it in a file. Raises `OSError`."""
        content, standing = file.read_bytes(), self.host_file(host)
        if standing.exists() and standing.read_bytes() == content:
            return
        self._keep_ended(standing)
        path = standing.with_name(file_name(host) + file.name[len(packed.stem(file)) :])
        write_private_bytes(path, content)
        if standing != path:
            standing.unlink(missing_ok=True)

    def _keep_ended(self, standing: Path) -> str:
        """Keep a host's record that the run had when it ended, before it is written anew, and return where below the run.

        Empty where the run has not ended yet, or has no record. Raises `OSError`.
        """
        if not (self.folder / outcomes.FILE).exists() or not standing.exists():
            return ""
        content = standing.read_bytes()
        name, digest = packed.stem(standing), hashlib.sha256(content).hexdigest()
        kept = self.folder / EARLIER / f"{name}.{digest[:16]}{standing.name[len(name) :]}"
        make_private_folder(kept.parent)
        write_private_bytes(kept, content)
        return f"{EARLIER}/{kept.name}"

    def standing(self) -> str:
        """Return a digest of the run's files by name, size and time: another one where anything was written since.

        Empty where that cannot be told, as while another process writes: then it is nobody's.
        """
        try:
            paths = sorted(path for path in self.folder.rglob("*") if not path.is_dir())
            seen = [(str(path), one.st_ino, one.st_size, one.st_mtime_ns) for path in paths for one in (path.lstat(),)]
        except OSError:
            return ""
        return hashlib.sha256(repr(seen).encode("utf-8", "surrogatepass")).hexdigest()

    def host_file(self, host: str) -> Path:
        """Return where a host's record stands, or would."""
        return packed.file_in(self.folder / "hosts", file_name(host))

    def write_remediation(self, record: dict[str, Any]) -> Path:
        """Write what a remediation did on a host, joined with what this run did there before, and return the path.

        Raises `HipaaCisError`.
        """
        path = self.folder / "remediation" / (file_name(record["host"]) + ".json")
        earlier = _record(path, REMEDIATION_SCHEMA)
        record = join_remediations(earlier, record) if earlier else record
        written = _write_record(path, record)
        if record["results"]:
            self.become_latest()
        return written

    def write_plan(self, host: str, task: dict[str, Any]) -> Path:
        """Write what a task would change on a host, beside that of other tasks. Raises `HipaaCisError`.

        `join_plan` makes one plan of all hosts' parts.
        """
        path = self.folder / "plan" / (file_name(host) + ".json")
        part = plan_file.joined_part(_record(path, plan_file.PART_SCHEMA), host, task)
        try:
            make_private_folder(path.parent)
            write_private(path, as_text(part))
        except OSError as problem:
            raise HipaaCisError(f"The plan {path} cannot be written: {problem.strerror or problem}.") from None
        return path

    def join_plan(self) -> tuple[Path, str] | None:
        """Write ``plan.json`` of what hosts have planned in this run so far, and return path and digest; None without any.

        Raises `HipaaCisError`.
        """
        parts = []
        for path in sorted((self.folder / "plan").glob("*.json")):
            part = _record(path, plan_file.PART_SCHEMA)
            if part is None:
                raise HipaaCisError(f"{path} is no part of a plan; was it changed?")
            parts.append(part)
        if not parts:
            return None
        plan = plan_file.join(parts)
        try:
            # Read by who approves it: each change on lines of its own.
            return self.write("plan.json", json.dumps(plan, indent=1, sort_keys=True) + "\n"), plan["digest"]
        except OSError as problem:
            raise HipaaCisError(
                f"The plan in {self.folder} cannot be written: {problem.strerror or problem}."
            ) from None

    def note_rollback(self, host: str, moment: str, pending: Sequence[str] = ()) -> Path | None:
        """Say in a host's remediation record that what it fixed was taken back, and return its path; None where it has none.

        ``pending``: what of it stays in effect until the host is started again.
        """
        path = self.folder / "remediation" / (file_name(host) + ".json")
        record = _record(path, REMEDIATION_SCHEMA)
        if not record:
            return None
        write_private(path, as_text(taken_back(record, moment, pending)))
        return path

    def add_rollback(self, host: str, rollback: dict[str, Any]) -> Path:
        """Add a rollback to what this run took back on a host, and return the record's path. Raises `HipaaCisError`."""
        path = self.folder / "rollback" / (file_name(host) + ".json")
        earlier = _record(path, ROLLBACK_SCHEMA) or {"rollbacks": []}
        record = {
            "schema": ROLLBACK_SCHEMA,
            "run_id": self.run_id,
            "host": host,
            "rollbacks": [*earlier["rollbacks"], rollback],
        }
        return _write_record(path, record)

    def note_restart(self, host: str, moment: str, restart: dict[str, Any]) -> None:
        """Say in a host's remediation record that it was restarted, or why not, and what its record says since.

        Nothing where it has none.
        """
        path = self.folder / "remediation" / (file_name(host) + ".json")
        record = _record(path, REMEDIATION_SCHEMA)
        seen = _record(self.host_file(host), HOST_SCHEMA)
        if record and seen:
            record = restarted(record, seen, moment, restart)
            write_private(path, as_text(record))

    def remediations(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (relative path, remediation record) of every host that has one. Raises `HipaaCisError`."""
        for path in sorted((self.folder / "remediation").glob("*.json")):
            record = _record(path, REMEDIATION_SCHEMA)
            if record is None:
                raise HipaaCisError(
                    f"{path} is no remediation record of version 1; was it changed or written by a newer version?"
                )
            yield f"remediation/{path.name}", record

    def records(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield (relative path, SHA-256, record) of every host, one at a time, in the order of host names.

        Raises `HipaaCisError` on a file that is no record.
        """
        reader = Reader()
        for path in packed.files_in(self.folder / "hosts"):
            yield (f"hosts/{path.name}", *self.record(f"hosts/{path.name}", reader))

    def record(self, file: str, reader: Reader | None = None) -> tuple[str, dict[str, Any]]:
        """Return SHA-256 of a file below the run directory, and the host record in it. Raises `HipaaCisError` where it is none.

        Records that one reader has read share what they have in common: nobody changes it.
        """
        path = self.folder / file
        try:
            content, text = packed.read_packed(path, MAX_RECORD_BYTES)
        except OSError as problem:
            raise HipaaCisError(f"{path} cannot be read: {problem.strerror or problem}.") from None
        except packed.TooLarge as problem:
            raise not_a_record(path, f"{problem}, which no host record has") from None
        except ValueError as problem:
            raise not_a_record(path, str(problem)) from None
        try:
            record: dict[str, Any] = (reader or Reader()).read(text)
            known, host = record["schema"] == HOST_SCHEMA, record["host"]
        except (ValueError, KeyError, TypeError, RecursionError):
            known, host = False, None
        if not known or not isinstance(host, str):
            raise not_a_record(path, "was it changed or written by a newer version?")
        if packed.stem(path) != file_name(host):
            raise not_a_record(path, f"it is of the host {spelled_out(host)[:100]}, whose record has another name")
        return hashlib.sha256(content).hexdigest(), record

    def expect_hosts(self, hosts: list[str]) -> None:
        """Note which hosts the play was to audit, so that those without a record are missed by name."""
        text = json.dumps(sorted(hosts))
        path = self.folder / "expected" / (hashlib.sha256(text.encode()).hexdigest()[:16] + ".json")
        try:
            if not path.exists():
                write_private(path, text)
        except OSError as problem:
            raise cannot_write(path, problem, self.run_id) from None

    def note_framework(self, framework: str) -> None:
        """Note that the run is held against a framework that is not in force. Raises `HipaaCisError`."""
        path = self.folder / "framework" / file_name(framework)
        try:
            make_private_folder(path.parent)
            write_private(path, framework)
        except OSError as problem:
            raise HipaaCisError(f"{path} cannot be written: {problem.strerror or problem}.") from None

    def frameworks(self) -> set[str]:
        """Return the frameworks not in force that the run is held against."""
        # What a process that was killed left half-written begins with a dot.
        return {path.read_text(encoding="utf-8") for path in (self.folder / "framework").glob("[!.]*")}

    def note_site(self, name: str, text: str) -> None:
        """Keep what a site decided for the run as a whole, in the form of ``catalog/schema/site.json``; once for each name.

        Raises `HipaaCisError`.
        """
        path = self.folder / "site" / f"{name}.json"
        try:
            make_private_folder(path.parent)
            if not path.exists():
                write_private(path, text)
        except OSError as problem:
            raise HipaaCisError(f"{path} cannot be written: {problem.strerror or problem}.") from None

    def put_site(self, name: str, text: str) -> None:
        """Keep the same, in the place of what is there by this name. Raises `OSError`."""
        path = self.folder / "site" / f"{name}.json"
        make_private_folder(path.parent)
        write_private(path, text)

    def sites(self) -> Iterator[dict[str, Any]]:
        """Yield what sites decided for the run as a whole. Raises `HipaaCisError` on a file that cannot be read."""
        for _name, site in self.named_sites():
            yield site

    def named_sites(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the same, each with its name. Raises as `sites`."""
        for path in sorted((self.folder / "site").glob("*.json")):
            site = _record(path, SITE_SCHEMA)
            if site is None:
                raise HipaaCisError(f"{path} is no record of decisions; was it changed or written by a newer version?")
            yield path.stem, site

    def begin(self, host: str) -> None:
        """Note that a remediation turns to a host, so that one without a record is told from one whose turn never came.

        Raises `HipaaCisError`.
        """
        path = self.folder / "begun" / file_name(host)
        try:
            make_private_folder(path.parent)
            write_private(path, "")
        except OSError as problem:
            raise HipaaCisError(f"{path} cannot be written: {problem.strerror or problem}.") from None

    def is_begun(self, host: str) -> bool:
        """Return whether a host's turn came, as far as that was noted: audits note nothing of it."""
        folder = self.folder / "begun"
        return not folder.is_dir() or (folder / file_name(host)).exists()

    def expected_hosts(self) -> list[str]:
        """Return all hosts that any play of the run was to audit."""
        names: set[str] = set()
        for path in sorted((self.folder / "expected").glob("*.json")):
            names.update(json.loads(path.read_text(encoding="utf-8")))
        return sorted(names)

    def write(self, name: str, text: str) -> Path:
        """Write one of the summary's files. Raises `OSError`."""
        write_private(self.folder / name, text)
        return self.folder / name

    def writing(self, name: str) -> Any:
        """Return a context that writes one of the summary's files piece by piece."""
        return private_file(self.folder / name)
