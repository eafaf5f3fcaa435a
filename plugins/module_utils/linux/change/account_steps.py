# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that change records of accounts: of each one the fields that it changes are kept, and nothing else.

There may be thousands, so what is kept must not grow with the files. One copy of these for all the commands of an
apply (`base`) says in addition how they were written; the state before a command is ``{kind: accounts, old: [...]}``,
the old value of each of its records (None: there was none). No secret is part of it.
"""

from __future__ import annotations

import os
from typing import Dict, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import files
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_files import (
    COPIES,
    DATABASE,
    NAME,
    NEW,
    PASSWD,
    SECRET,
    Merged,
    Record,
    alike,
    field_back,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Entry
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

KIND = "accounts"
WATCHED = (*DATABASE, *COPIES)
Signature = Tuple[int, int, int, int]


class Lines:
    """The text of an account file by its records, so that one among thousands is found at once."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self._places: Dict[str, int] = {}
        for number, line in enumerate(self.lines):
            name, colon, _rest = line.partition(":")
            if colon and name:
                self._places.setdefault(name, number)

    def fields(self, name: str) -> Optional[List[str]]:
        """Return the fields of the first record of this name."""
        place = self._places.get(name)
        return None if place is None else self.lines[place].split(":")

    def put(self, name: str, column: int, value: str) -> None:
        """Change one field of a record that is there."""
        fields = self.lines[self._places[name]].split(":")
        fields[column] = value
        self.lines[self._places[name]] = ":".join(fields)

    def text(self) -> str:
        """Return the file's text."""
        return "\n".join(self.lines)

    def written_as(self, base: Lines) -> str:
        """Return the text with what says the same as in ``base`` written as it is there.

        The tools write numbers in their own way (007 as 7), put records in another order and mend the end of the file.
        """
        for name, place in self._places.items():
            known, fields = base.fields(name), self.lines[place].split(":")
            if known is not None and known != fields and len(known) == len(fields):
                pairs = zip(known, fields)
                self.lines[place] = ":".join(then if alike(then, there) else there for then, there in pairs)
        whole = base.text()
        same = sorted(filter(None, self.lines)) == sorted(filter(None, base.lines))
        return whole if same else self.text()


def before(host: Host, step: Step) -> State:
    """Return what has to be known to take the step back. Raises `OSError`."""
    texts: Dict[str, str] = {}
    old: List[Optional[str]] = []
    for record in step.records:
        path, name, column = str(record[0]), str(record[1]), int(str(record[2]))
        if path not in texts:
            texts[path] = "\n" + read(host.path(path, follow=False))
        fields = _record(texts[path], name)
        if fields is None or column >= len(fields):
            old.append(None)
        else:
            old.append(_shape(path, column, fields[column]))
    return {"kind": KIND, "old": old}


def _shape(path: str, column: int, value: str) -> str:
    """Return an old value as it is kept: of a password no more than whether it is locked, and whether there is one."""
    if column == NEW:
        return ""
    if column != SECRET or (path, value) == (PASSWD, "x"):
        return value
    bare = value.lstrip("!")
    return value[: len(value) - len(bare)] + ("*" if bare else "")


def read(real: str) -> str:
    """Return the text of an account file; nothing where there is none. Raises `OSError`, `ChangeError`."""
    try:
        with open(real, "rb") as stream:
            content = stream.read(files.MAX_BYTES + 1)
    except FileNotFoundError:
        return ""
    if len(content) > files.MAX_BYTES:
        raise ChangeError("%s is larger than %d bytes and is not changed" % (real, files.MAX_BYTES))
    return content.decode("latin-1")


def _record(text: str, name: str) -> Optional[List[str]]:
    """Return the fields of a record in a text that begins with a line end."""
    start = text.find("\n" + name + ":")
    if start < 0:
        return None
    end = text.find("\n", start + 1)
    return text[start + 1 : None if end < 0 else end].split(":")


class Look:
    """What the account files are like beside their content, to tell whether a command touched them."""

    def __init__(self, host: Host) -> None:
        self.states: Dict[str, State] = {}
        self.signatures: Dict[str, Optional[Signature]] = {}
        for path in WATCHED:
            real = host.path(path, follow=False)
            self.states[path] = files.state(real, contents=False)
            self.signatures[path] = signature(real)

    def is_other(self, then: Look) -> bool:
        """Return whether any file was written since."""
        return self.signatures != then.signatures

    def effects(self, then: Look) -> Dict[str, Dict[str, State]]:
        """Return path -> {before, after} of the files whose mode or owner is another one now."""
        return {
            path: {"before": then.states[path], "after": now}
            for path, now in self.states.items()
            if now["kind"] == then.states[path]["kind"] == "file" and not files.same(now, then.states[path])
        }


def signature(real: str) -> Optional[Signature]:
    """Return what changes whenever a file is written; None where there is none."""
    try:
        status = os.lstat(real)
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def is_accounts(entry: Entry) -> bool:
    """Return whether a change is one of account records."""
    return entry.before["kind"] == KIND


def made(entry: Entry) -> List[Record]:
    """Return the records that the command made, as it is to be told from those that were there."""
    return [
        record for record, old in zip(entry.step["records"], entry.before["old"]) if record[2] == NEW and old is None
    ]


def take_back(entry: Entry, view: Dict[str, Lines], merged: Merged, apply: bool = True) -> bool:
    """Give the fields in ``view`` their old values (``apply`` false: only look); return whether any had another one."""
    differs = False
    for record, old in zip(entry.step["records"], entry.before["old"]):
        path, name, column, value = str(record[0]), str(record[1]), int(record[2]), str(record[3])
        fields = view[path].fields(name) if path in view else None
        if column == NAME or old is None or fields is None or column >= len(fields):
            continue
        back = field_back((path, name, column), old, _new(path, column, old, value), fields[column], merged)
        differs = differs or not alike(back, fields[column])
        if apply and back != fields[column]:
            view[path].put(name, column, back)
    return differs


def _new(path: str, column: int, old: str, value: str) -> str:
    """Return what the command makes of a field; a password is locked by a mark before it, where it stands."""
    if column != SECRET:
        return value
    return old if (path, old) == (PASSWD, "x") or old.startswith("!") else value + old
