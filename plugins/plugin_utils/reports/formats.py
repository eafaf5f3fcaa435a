# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats that pipelines read (``hipaa_cis_reports``): written beside those of always, where they are asked for.

A run keeps each format that it was once asked for: a file that stands there is made anew with the others, so that none is of older records.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.junit import JUnit
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.markdown import Markdown
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.sarif import Sarif
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

FILES = {"junit": "junit.xml", "markdown": "summary.md", "sarif": "findings.sarif"}
Document = Mapping[str, Any]


class Format(Protocol):
    """Writes one file of a run, a record at a time; it keeps nothing that grows with the hosts."""

    def add(self, record: Document) -> None:
        """Take one host."""

    def finish(self, summary: Document) -> None:
        """Write what is left once all hosts are counted."""


def check_formats(names: Iterable[str]) -> list[str]:
    """Return the names of formats without blanks. Raises `HipaaCisError` on one that is not known."""
    found = [name.strip() for name in names]
    for name in found:
        if name not in FILES:
            raise HipaaCisError(unknown("format in hipaa_cis_reports:", name, FILES))
    return found


def of_run(target: RunStore, asked: Collection[str]) -> list[str]:
    """Return the formats that a run has to have: those that are ``asked`` for, and those that stand there."""
    return [name for name, file in FILES.items() if name in asked or (target.folder / file).exists()]


def are_there(target: RunStore, asked: Collection[str]) -> bool:
    """Return whether a run has all formats that are asked for."""
    return all((target.folder / FILES[name]).is_file() for name in asked)


@contextmanager
def writing(target: RunStore, asked: Collection[str]) -> Iterator[list[Format]]:
    """Open the formats of a run; their files take the place of those before when the block ends well. Raises `OSError`."""
    with ExitStack() as files:
        yield [_make(name, target, files) for name in of_run(target, asked)]


def _make(name: str, target: RunStore, files: ExitStack) -> Format:
    stream = files.enter_context(target.writing(FILES[name]))
    if name == "junit":
        return JUnit(stream)
    if name == "sarif":
        return Sarif(stream)
    return Markdown(stream, target.folder / FILES[name])
