# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent: a finished run under its name. And how a sending fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import archive


class Failed(Exception):
    """A run could not be delivered. Its text holds no secret.

    ``again``: whether another attempt may help; ``taken``: whether its place holds another run.
    """

    def __init__(self, text: str, again: bool = False, taken: bool = False) -> None:
        super().__init__(text)
        self.again, self.taken = again, taken


@dataclass(frozen=True)
class Parcel:
    """A run as it is sent to one destination.

    ``name``: its id, with ``@`` and a part of it behind, where it is one of several slices. ``files``: SHA-256 by path within ``folder``.
    ``digest``: that of its content. ``before``: that of the content which this run has delivered there last; empty where none.
    ``noted``: what the destination wants to know the next time; it may write into it.
    """

    folder: Path
    name: str
    files: Mapping[str, str]
    digest: str
    summary: Mapping[str, Any]
    before: str
    noted: dict[str, Any]

    @property
    def part(self) -> str:
        """Which slice of a run of several it is; empty where it is a whole run."""
        return self.name.partition(archive.PART)[2]

    @contextmanager
    def packed(self) -> Iterator[BinaryIO]:
        """Give the run as an archive. Raises `OSError`."""
        with archive.packed(self.folder, self.files, self.name) as stream:
            yield stream


def other_content(place: str) -> Failed:
    """Return the failure of a place where another run stands under the same id."""
    return Failed(
        f"{place} holds another content under this run's id, and is left as it is. Did another run use the id? Give this one an id of its own "
        "(hipaa_cis_run_id), or take the other away where it is not wanted",
        taken=True,
    )
