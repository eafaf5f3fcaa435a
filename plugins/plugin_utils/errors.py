# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors that reach the user as one clear message: what is wrong, where, and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class HipaaCisError(Exception):
    """Something the user can mend. Its text is shown as it is, without a traceback."""


class NoAnswer(HipaaCisError):
    """A module on the host ended without an answer, so nobody knows how far it got."""


class NoBenchmark(HipaaCisError):
    """No benchmark fits a host that answered: it is not assessed, and nothing is wrong with it or with the audit."""


class CatalogError(HipaaCisError):
    """The catalog can't be used. ``problems`` are lines of the form ``file:line: what``."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("The catalog cannot be used:\n" + "\n".join("  " + problem for problem in problems))


def unknown(what: str, name: object, allowed: Iterable[object], most: int = 12) -> str:
    """Return the message for a name that is not known: the nearest names first, then what is allowed."""
    names = sorted(map(str, allowed))
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.6)
    hint = " Did you mean {}?".format(" or ".join(near)) if near else ""
    listed = ", ".join(names[:most]) + (f", ... ({len(names)} in all)" if len(names) > most else "")
    return f"unknown {what} '{name}'.{hint} Known: {listed}."
