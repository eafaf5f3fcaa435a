# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a site wrote down, entry by entry: a list in a variable or in a file, held against the schema of decisions.

An entry with a mistake is known by its place and its number, and takes no other away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import schema_check
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.yaml_file import YamlFile
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions import scope

# section -> what one of its entries is called
SECTIONS = {
    "exceptions": "exception",
    "attestations": "attestation",
    "tailoring": "tailoring",
    "systems": "system",
    "deadlines": "deadline",
}
SCHEMA = "decisions"
Item = Mapping[str, Any]


@dataclass(frozen=True)
class Context:
    """What entries are checked by. ``folder``: the site's; ``second_person``: whether approver and proposer have to be two."""

    known: Catalog
    now: datetime
    folder: Path | None = None
    second_person: bool = False


@dataclass(frozen=True)
class Entries:
    """One list of entries. ``file``: where it stands, None for a variable."""

    section: str
    items: Sequence[Any]
    file: YamlFile | None = None

    def place(self, number: int) -> str:
        """Return where an entry (from 0) stands: ``file:line``, or the variable and its number in it."""
        if self.file is None:
            return f"hipaa_cis_{self.section}, {SECTIONS[self.section]} {number + 1}"
        return self.file.problem([self.section, number], "").rstrip(": ")

    def problem(self, number: int, key: str, message: str) -> str:
        """Return the message with its place and what is wanted there, which the schema says. ``key`` empty: the entry."""
        noun = SECTIONS[self.section]
        schema = schema_check.validator(SCHEMA).schema["$defs"][noun]
        known = key if key in schema["properties"] else ""
        said = f"{noun} {number + 1}{_named(self.items[number])}" + (f", {known}" if known else "")
        wanted = (schema["properties"][known] if known else schema)["description"]
        text = f"{said}: {message.rstrip('.')}. {wanted}"
        return self.file.problem([self.section, number, *([known] if known else [])], text) if self.file else text

    def one(self, number: int) -> _One:
        """Return one entry as a document of the schema."""
        return _One(self, number)


@dataclass(frozen=True)
class _One:
    entries: Entries
    number: int

    @property
    def data(self) -> dict[str, Any]:
        return {self.entries.section: [self.entries.items[self.number]]}

    def problem(self, steps: Sequence[Any], message: str) -> str:
        # Nested keys are said by the schema's message; the outermost is what one looks for.
        key = next((step for step in steps[2:] if isinstance(step, str)), "")
        inner = [str(step) for step in steps[3:] if isinstance(step, str)]
        return self.entries.problem(self.number, key, f"{'.'.join(inner)}: {message}" if inner else message)


def listed(section: str, given: Any, file: YamlFile | None = None) -> Entries:
    """Return a list as entries, its dates as the texts that they come as from JSON."""
    return Entries(section, [_with_text_dates(item) for item in given], file)


def _with_text_dates(item: Any) -> Any:
    """Return an item with the dates that YAML made of ``2027-03-01`` as texts again."""
    if isinstance(item, Mapping):
        return {key: _with_text_dates(value) for key, value in item.items()}
    if isinstance(item, (list, tuple)):
        return [_with_text_dates(value) for value in item]
    return item.isoformat() if isinstance(item, date) else item


def subject_of(item: Any) -> str:
    """Return what an entry is about, in words; nothing where it does not say."""
    if not isinstance(item, Mapping):
        return ""
    if item.get("recommendation"):
        return f"recommendation {_line(item['recommendation'])} of {_line(item.get('benchmark', ''))}"
    for key, word in (
        ("rule", "rule"), ("rules", "rules"), ("safeguard", "safeguard"), ("safeguards", "safeguards"), ("parameter", "parameter"),
        ("name", ""), ("severity", "severity"),
    ):  # fmt: skip
        if item.get(key):
            value = item[key]
            names = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            return f"{word} {_line(names)}".strip()
    return ""


def _named(item: Any) -> str:
    subject = subject_of(item)
    return f" ({subject[:200]})" if subject else ""


def _line(text: Any) -> str:
    return " ".join(str(text).split())


def names_of(item: Item, one: str, many: str) -> list[str]:
    """Return the names that an entry gives by a key, or by its plural."""
    return [_line(name) for name in ([item[one]] if one in item else item.get(many, ()))]


class Section(Protocol):
    """The module of a section: what it asks of an entry besides the schema."""

    def faults(self, _item: Item, _context: Context, /) -> Iterator[tuple[str, str]]:
        """Yield (key, message) for each fault of an entry that fits the schema."""

    def identity(self, _item: Item, /) -> Any:
        """Return what makes two entries the same one."""


def check(entries: Entries, section: Section, context: Context) -> tuple[list[int], list[str]]:
    """Return the numbers of the sound entries of a list, and every fault of the others with place and remedy."""
    sound: list[int] = []
    faults: list[str] = []
    first: dict[Any, int] = {}
    for number, item in enumerate(entries.items):
        found = schema_check.problems(entries.one(number), SCHEMA)
        if not found:
            found = [entries.problem(number, key, said) for key, said in _faults(item, section, context)]
            before = first.setdefault(section.identity(item), number)
            if before != number:
                noun = SECTIONS[entries.section]
                said = f"it stands twice, {noun} {before + 1} is about the same; keep one of them"
                found.append(entries.problem(number, "", said))
        faults += found
        sound += [] if found else [number]
    return sound, faults


def _faults(item: Item, section: Section, context: Context) -> Iterator[tuple[str, str]]:
    yield from section.faults(item, context)
    for said in scope.faults(item.get("hosts", ())):
        yield "hosts", said
