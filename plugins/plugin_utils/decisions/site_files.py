# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a site's folder, each with the entries of one section."""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import yaml_file
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.entries import SECTIONS, Entries, listed
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import CatalogError, HipaaCisError

OPTION = "hipaa_cis_site_dir"
# Far above what people write; aliases that unfold to more are refused as well.
MAX_BYTES = 8 << 20
MAX_VALUES = 500_000
MAX_DEPTH = 20


@dataclass
class Read:
    """What a folder holds. ``faults``: section -> messages of files that cannot be used; the empty section is of the folder."""

    entries: list[Entries] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)


def folder(given: str) -> Path:
    """Return a site's folder. Raises `HipaaCisError` where it is none: nothing of it would be known, in silence."""
    if not given.strip():
        # Else it would be the folder that the command was started in, and in it no file of decisions.
        raise HipaaCisError(f"{OPTION} is empty. Name the folder with the site's decisions, or leave the variable out.")
    path = Path(os.path.abspath(os.path.expanduser(given)))
    if not path.is_dir():
        raise HipaaCisError(
            f"{OPTION} is '{given}', and {path} is no folder. Make it, or correct {OPTION}: a relative path is taken from where "
            "the command was started."
        )
    return path


def fingerprint(path: Path) -> dict[str, str]:
    """Return name -> SHA-256 of the YAML files of a folder. Raises `HipaaCisError` where one cannot be read."""
    found = {}
    for file in _yaml(path):
        try:
            status = file.stat()
            small = status.st_size <= MAX_BYTES and file.is_file()
            content = file.read_bytes() if small else f"{status.st_size} {status.st_mtime_ns}".encode()
            found[file.name] = hashlib.sha256(content).hexdigest()
        except OSError as problem:
            raise HipaaCisError(f"{file} cannot be read: {problem.strerror}.") from None
    return found


def read(path: Path) -> Read:
    """Return the entries of a folder's files, and what is wrong with files as a whole."""
    result = Read()
    for file in _yaml(path):
        if not file.is_file():
            result.faults.setdefault("", []).append(
                f"{file.name}:1: it is no file, so nothing of it counts; put one in its place"
            )
            continue
        if file.stem not in SECTIONS or file.suffix != ".yml":
            result.faults.setdefault("", []).append(_stray(file))
            continue
        try:
            result.entries.append(_entries(file))
        except CatalogError as problem:
            result.faults.setdefault(file.stem, []).extend(problem.problems)
    return result


def _yaml(path: Path) -> list[Path]:
    return sorted(file for file in path.iterdir() if file.suffix in (".yml", ".yaml") and not file.name.startswith("."))


def _stray(file: Path) -> str:
    names = [f"{section}.yml" for section in SECTIONS]
    near = difflib.get_close_matches(file.with_suffix(".yml").name, names, n=1, cutoff=0.6)
    hint = f"Is {near[0]} meant? " if near else ""
    return (
        f"{file.name}:1: no file of decisions has this name, so nothing in it counts. {hint}Known: {', '.join(names)}"
    )


def _entries(file: Path) -> Entries:
    section = file.stem
    if file.stat().st_size > MAX_BYTES:
        raise CatalogError(
            [
                f"{file.name}:1: it has more than {MAX_BYTES >> 20} MiB, so nothing in it counts; take out what is no decision"
            ]
        )
    try:
        parsed = yaml_file.parse(file, file.name)
    except RecursionError:
        raise CatalogError([f"{file.name}:1: it is nested too deeply; write it as in docs/decisions.md"]) from None
    if _too_much(parsed.data):
        raise CatalogError(
            [
                f"{file.name}:1: it unfolds to more than {MAX_VALUES:,} values, or is nested deeper than {MAX_DEPTH}; write out what is meant"
            ]
        )
    if parsed.data is None:
        return Entries(section, [], parsed)
    if not isinstance(parsed.data, Mapping) or not isinstance(parsed.data.get(section), list):
        raise CatalogError([f"{file.name}:1: it has to be a mapping with the key {section}, and a list below it"])
    for key in parsed.data:
        if key != section:
            raise CatalogError([parsed.problem([key], f"unknown key '{key}'. Known: {section}")])
    return listed(section, parsed.data[section], parsed)


def _too_much(data: Any) -> bool:
    """Return whether a document unfolds to more values, or is nested more deeply, than anybody writes."""
    left = MAX_VALUES
    waiting = [(data, 0)]
    while waiting and left:
        left -= 1
        value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return True
        inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
        waiting.extend((one, depth + 1) for one in inner)
    return not left
