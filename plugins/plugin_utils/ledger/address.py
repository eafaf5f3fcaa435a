# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the ledger is, and what is said of one that cannot be used: one clear message, never with the password."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library

FILE = "_ledger.sqlite"
OPTION = "hipaa_cis_ledger"
FORMS = "sqlite:////srv/hipaa-cis/ledger.sqlite or postgresql://USER:PASSWORD@HOST/DATABASE"
_HEAD = re.compile(r"(sqlite|postgresql)(\+psycopg)?://")
# Characters of a piece of a password that is masked where it is a word of its own only.
_SHORT = 4
_HELD = "another program has held it for too long. Wait for it, then start again; nothing was lost"
_NO_ROOM = "there is no room left for it. Make room, then start again; what was in it before is still there"
# words of SQLite -> what to do
_SAID = (
    ("is locked", _HELD),
    ("disk is full", _NO_ROOM),
    ("readonly", "it is read-only. Let the user of Ansible write to it and to its folder"),
    ("unable to open", "it cannot be opened. Does its folder exist, and may the user of Ansible write there?"),
    ("not a database", "it is no ledger, but another file. Name another one"),
    (
        "malformed",
        "it is damaged. Put a copy of it back, or move it away: it is made anew from the runs that are there",
    ),
)
# SQLSTATE of PostgreSQL, whose words are in the language of the server -> the same
_STATES = {
    "55P03": _HELD,
    "53100": _NO_ROOM,
    "25006": "it is read-only. Let the user that the address names write to it",
    "42501": "the user that the address names has too few rights. Let it make tables there, read and write",
    "22P05": "its encoding lacks a character of a name. Make the database anew with ENCODING 'UTF8'",
}


def address(given: str | None, base: Path) -> str:
    """Return the URL of the ledger: the one given, or that of the file in the run base. Raises `HipaaCisError`."""
    if given is None or not given.strip():
        return f"sqlite:///{base / FILE}"
    url = given.strip()
    head = _HEAD.match(url)
    if not head or (head[1] == "sqlite" and head[2]):
        raise HipaaCisError(
            f"{OPTION} is no address of a ledger: it has to be of the form {FORMS}. (It is not shown, for it may hold a password.)"
        )
    if head[1] == "sqlite":
        path = url[len("sqlite:///") :]
        if not url.startswith("sqlite:///") or not os.path.isabs(path) or "?" in path:
            raise HipaaCisError(
                f"{OPTION} has to name a file by its whole path, with four slashes: sqlite:////srv/hipaa-cis/ledger.sqlite"
            )
        return url
    try:
        parsed = library("sqlalchemy").make_url(url)
        whole = bool(parsed.database)
    except (ValueError, library("sqlalchemy.exc").ArgumentError):
        whole = False
    if not whole:
        raise HipaaCisError(
            f"{OPTION} is no address of a database: it has to be of the form {FORMS}, with @ : / ? # and % of a password written as "
            "%40 %3A %2F %3F %23 and %25. (It is not shown, for it may hold a password.)"
        )
    return url


def shown(url: str) -> str:
    """Return how a ledger is named to people: without user, password and options."""
    if url.startswith("sqlite"):
        return f"The ledger {url[len('sqlite:///') :]}"
    parsed = library("sqlalchemy").make_url(url)
    # Of a password with an @ or / in it, host and database are parts.
    doubtful = any(
        sign in str(parsed.password or "") + str(parsed.host or "") + str(parsed.database) for sign in "@/?#:"
    )
    return (
        "The ledger in PostgreSQL" if doubtful else f"The ledger {parsed.database} on {parsed.host or 'this machine'}"
    )


def explained(url: str, problem: Exception) -> HipaaCisError:
    """Return what is said of a database that could not be used."""
    driver = getattr(problem, "orig", None) or problem
    said = without_secrets(url, str(driver)).strip().split("\n", maxsplit=1)[0]
    meaning = _STATES.get(str(getattr(driver, "sqlstate", None)))
    if url.startswith("sqlite"):
        meaning = next((meaning for words, meaning in _SAID if words in said.lower()), None)
    if meaning:
        return HipaaCisError(f"{shown(url)} cannot be used: {meaning}. ({said})")
    return HipaaCisError(
        f"{shown(url)} cannot be used: {said}. See that {OPTION} is right, and that the database lets you in."
    )


def without_secrets(url: str, text: str) -> str:
    """Return a text without anything that may be of a password in the URL, in whatever way that was mistyped."""
    rest = url.partition("://")[2]
    places = [rest.rpartition("@")[0].partition(":")[2], *re.findall(r"(?i)(?:password|passfile)[^=&]*=([^&]*)", rest)]
    pieces = {
        piece for place in places for one in (place, unquote(place)) for piece in [one, *re.split(r"[@:/?#&]", one)]
    }
    for piece in sorted(filter(None, pieces), key=len, reverse=True):
        # What is as short as that stands in many a word, and would be told by what is left of the word.
        whole = rf"(?<!\w){re.escape(piece)}(?!\w)" if len(piece) < _SHORT else re.escape(piece)
        text = re.sub(whole, "***", text)
    return text


def file_of(url: str) -> Path:
    """Return the file of a ledger of SQLite."""
    return Path(url[len("sqlite:///") :])
