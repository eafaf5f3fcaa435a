# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rollback takes back, as the operator and the record are told: for which rules, of which path, from what to what."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import account_files, difference, files
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Entry, Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import COMMAND, KERNEL
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

Item = Dict[str, Any]
Effects = Iterable[Tuple[str, Tuple[State, Optional[State]]]]
# Of one command so many paths and accounts are named, and of one rollback so many characters of differences shown.
MAX_NAMED = 50
MAX_DIFFERENCES = 256 * 1024


class TakenBack:
    """Describes entries of a journal, the last one first.

    ``dry``: nothing is taken back, so each is told of what those behind it would leave. ``differences``: with what changes
    in the files.
    """

    def __init__(self, host: Host, journal: Journal, dry: bool, differences: bool) -> None:
        self._host = host
        self._journal = journal
        self._dry = dry
        self._room = MAX_DIFFERENCES if differences else 0
        self._left: Dict[str, State] = {}

    def item(self, entry: Entry, effects: Effects, running: str = "") -> Item:
        """Return ``{label, type, rules, path?, command?, from?, to?, content?, paths?, accounts?, more?, diff?}``.

        ``effects``: path -> states of what a command changed; ``running``: the value of a kernel parameter now.
        """
        step = entry.step
        item: Item = {"label": step["label"], "type": step["type"], "rules": list(step.get("rules", ()))}
        if step["type"] == KERNEL:
            item.update(
                {"path": step["path"], "from": running.strip(BLANKS), "to": entry.before["value"].strip(BLANKS)}
            )
        elif step["type"] == COMMAND:
            item["command"] = step["label"] if step.get("packages") else " ".join(step["argv"])
            self._name(item, entry, effects)
        else:
            item.update(self._path(step["path"], entry.before, bool(step.get("secret"))))
        return item

    def _name(self, item: Item, entry: Entry, effects: Effects) -> None:
        """Add what a command changed, as far as it is named."""
        paths = [self._path(path, before, False) for path, (before, _after) in effects]
        paths = [one for one in paths if one["from"] != one["to"] or one.get("content")]
        accounts = sorted({_record(record) for record in entry.step.get("records", ())})
        for name, named in (("paths", paths), ("accounts", accounts)):
            if named:
                item[name] = named[:MAX_NAMED]
        more = max(0, len(paths) - MAX_NAMED) + max(0, len(accounts) - MAX_NAMED)
        if more:
            item["more"] = more

    def _path(self, path: str, before: State, secret: bool) -> Item:
        now = self._now(path, files.has_content(before) or before["kind"] == "absent")
        item: Item = {"path": path, "from": _said(now), "to": _said(before)}
        if files.has_content(before) and now.get("sha256", before["sha256"]) != before["sha256"]:
            item["content"] = True
        if self._room > 0 and "file" in (now["kind"], before["kind"]):
            shown = self._difference(path, now, before, secret)
            self._room -= len(shown.get("lines", ""))
            item["diff"] = shown
        if self._dry:
            self._left[path] = before
        return item

    def _now(self, path: str, contents: bool) -> State:
        if path in self._left:
            return self._left[path]
        try:
            return files.state(self._host.path(path, follow=False), contents=contents)
        except (ChangeError, OSError, ReadError):
            return {"kind": "unreadable"}

    def _difference(self, path: str, now: State, before: State, secret: bool) -> Dict[str, str]:
        try:
            old, new = self._text(path, now), self._text("", before)
            return difference.taken_back(self._host, path, (now, old), (before, new), secret)
        except (ChangeError, OSError, ReadError):
            return {"note": "the content of this file cannot be shown"}

    def _text(self, path: str, state: State) -> str:
        if path and path not in self._left and state["kind"] == "file":
            return difference.text_of(self._host.path(path, follow=False))
        if not files.has_content(state):
            return ""
        return self._journal.load(state["sha256"]).decode("utf-8", "backslashreplace")


def _said(state: State) -> str:
    if state["kind"] == "link":
        return "link to %s" % state["target"]
    if "mode" not in state:
        return str(state["kind"])
    return "%s mode=%04o uid=%d gid=%d" % (state["kind"], state["mode"], state["uid"], state["gid"])


def _record(record: Any) -> str:
    """Return which field of which account a command changed; never its value."""
    path, name, column = str(record[0]), str(record[1]), int(record[2])
    columns = account_files.COLUMNS.get(path, ())
    what = columns[column] if column < len(columns) else "field %d" % column
    return "%s: %s (%s)" % (path, name, "the whole record" if column == account_files.NEW else what)
