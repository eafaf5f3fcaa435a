# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enter what a run found into the ledger: of each host a look, of each finding that changed the end of one episode and the begin of another."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.tables import tables
from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import outcomes

# Rows that are held before they are written.
AT_ONCE = 50_000
UNKNOWN = "-"
# Statements for rows given as tuples, in the driver's own way: half the time of the same by names. `?` is what the driver writes for a value.
_CLOSE = "UPDATE hipaa_cis_episodes SET until_position = ?, after = ? WHERE host_id = ? AND rule_id = ? AND until_position IS NULL"
_OPEN = "INSERT INTO hipaa_cis_episodes (host_id, rule_id, from_position, outcome, before, after) VALUES (?, ?, ?, ?, ?, '-')"
_LOOK = "INSERT INTO hipaa_cis_looks (host_id, position, audited_at, status, scope_id) VALUES (?, ?, ?, ?, ?)"
_STATE = (
    "INSERT INTO hipaa_cis_states (host_id, scope_id, letters, audited_at) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (host_id) DO UPDATE SET scope_id = excluded.scope_id, letters = excluded.letters, audited_at = excluded.audited_at"
)
# The same for PostgreSQL, all rows in one statement: a column is an array. A statement for each row would have to be kept prepared to be quick.
_TYPES = {_CLOSE: ("int", "text", "int", "int"), _OPEN: ("int", "int", "int", "text", "text"),
          _LOOK: ("int", "int", "bigint", "text", "int"), _STATE: ("int", "int", "text", "bigint")}  # fmt: skip
_CLOSE_ARRAYS = (
    "UPDATE hipaa_cis_episodes AS e SET until_position = rows.until_position, after = rows.after "
    "FROM {rows} AS rows (until_position, after, host_id, rule_id) "
    "WHERE e.host_id = rows.host_id AND e.rule_id = rows.rule_id AND e.until_position IS NULL"
)
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Origin:
    """Where a run comes from: its run base, its link there, and the digest of what it found."""

    source: str
    link: int
    link_digest: str
    digest: str


class Scope(NamedTuple):
    """What a host was asked: rules with the benchmark that asks, then rules that were left out. A letter each in its state."""

    id: int
    rules: tuple[int, ...]
    left: tuple[int, ...]


class State(NamedTuple):
    """What is known of a host: a letter for each rule of its scope, `-` where it was never looked at."""

    scope: Scope
    letters: str
    audited_at: int


@dataclass
class _Rows:
    """Rows that wait to be written."""

    connection: Any
    position: int
    looks: list[Row] = field(default_factory=list)
    states: list[Row] = field(default_factory=list)
    closed: list[Row] = field(default_factory=list)
    opened: list[Row] = field(default_factory=list)
    late: int = 0

    def flush(self, least: int = 1) -> None:
        """Write what waits, where it is as much as ``least``."""
        if len(self.opened) + len(self.closed) + len(self.states) + len(self.looks) < least:
            return
        pairs = ((_CLOSE, self.closed), (_OPEN, self.opened), (_LOOK, self.looks), (_STATE, self.states))
        for statement, rows in pairs:
            if rows and self.connection.dialect.name == "sqlite":
                self.connection.exec_driver_sql(statement, rows)
            elif rows:
                self.connection.exec_driver_sql(_of_arrays(statement), tuple(map(list, zip(*rows, strict=True))))
            rows.clear()

    def change(self, host_id: int, rule_id: int, before: str, after: str) -> None:
        """Note that a rule has another outcome than before, or none any more (``after`` is `-`)."""
        if before != UNKNOWN:
            self.closed.append((self.position, after, host_id, rule_id))
        if after != UNKNOWN:
            self.opened.append((host_id, rule_id, self.position, after, before))


def _of_arrays(statement: str) -> str:
    """Return a statement as it takes, in place of the values of a row, those of each column of all rows."""
    rows = f"unnest({', '.join(f'%s::{name}[]' for name in _TYPES[statement])})"
    if statement == _CLOSE:
        return _CLOSE_ARRAYS.format(rows=rows)
    head, values, tail = re.split(r"VALUES \((.+?)\)", statement)
    constants = "".join(f", {one}" for one in values.split(", ") if one != "?")
    return f"{head}SELECT rows.*{constants} FROM {rows} AS rows{tail}"  # noqa: S608 - no text of others


def seconds(moment: str) -> int:
    """Return a time of a record as seconds since 1970. Raises `ValueError`."""
    return int(datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp())


def clean(text: str) -> str:
    """Return a text as a database takes it: without what is no character."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "[U+0000]")


def add_run(connection: Any, document: Mapping[str, Any], origin: Origin) -> list[str]:
    """Enter a run, in a transaction of the caller, and return warnings. Nothing where it stands there already.

    ``document``: as `outcomes` makes it. Raises `HipaaCisError` where it is none, or where another run has its id.
    """
    try:
        return _add_run(connection, document, origin)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as problem:
        raise HipaaCisError(
            f"what the run found in short ({outcomes.FILE}) has another form than this version knows: {problem!r}"
        ) from None


def _add_run(connection: Any, document: Mapping[str, Any], origin: Origin) -> list[str]:
    if document["schema"] != outcomes.SCHEMA:
        raise ValueError(document["schema"])
    sa, known = library("sqlalchemy"), tables()
    runs = known.runs
    run_id = clean(document["run_id"])
    parts = connection.execute(sa.select(runs.c.source, runs.c.digest).where(runs.c.run_id == run_id)).all()
    if any(source != origin.source for source, _digest in parts):
        raise HipaaCisError(
            f"the ledger has a run {run_id} of another run base already. A run that is entered needs an id of its own: leave hipaa_cis_run_id out"
        )
    if any(digest == origin.digest for _source, digest in parts):
        return []
    last = connection.execute(sa.select(sa.func.max(runs.c.position))).scalar() or 0
    newest = connection.execute(sa.select(sa.func.max(runs.c.finished_at))).scalar() or 0
    rows = _Rows(connection, last + 1)
    connection.execute(runs.insert(), _run_row(document, run_id, origin, last + 1, len(parts) + 1))
    _add_hosts(connection, document, rows)
    rows.flush()
    if rows.late or seconds(document["finished_at"]) < newest:
        hosts = f" ({rows.late} host(s) were looked at later than it says)" if rows.late else ""
        return [
            f"run {run_id} is dated before what the ledger has already{hosts}: a clock went back, or it came late. It counts as the newest"
        ]
    return []


def _run_row(document: Mapping[str, Any], run_id: str, origin: Origin, position: int, part: int) -> dict[str, Any]:
    hosts = document["hosts"]
    return {
        "position": position,
        "run_id": run_id,
        "part": part,
        "source": origin.source,
        "link": origin.link,
        "link_digest": origin.link_digest,
        "digest": origin.digest,
        "started_at": seconds(document["started_at"]),
        "finished_at": seconds(document["finished_at"]),
        "hosts": len(hosts),
        "audited": sum(host[1] == "audited" for host in hosts),
        "collection_version": clean(document["collection_version"]),
        "catalog_digests": clean(", ".join(document["catalog_digests"])),
    }


def _add_hosts(connection: Any, document: Mapping[str, Any], rows: _Rows) -> None:
    known = tables()
    rules = _rule_ids(connection, document)
    scopes = _scopes(connection, document, rules)
    hosts = {clean(name): rest for name, *rest in document["hosts"]}
    ids = _ids(connection, known.hosts, {name: {} for name in hosts})
    states = _states(connection, [ids[name] for name in hosts])
    for name, (status, moment, place, letters) in hosts.items():
        host_id, when, scope = ids[name], seconds(moment), None
        if status == "audited" and place is not None:
            scope = scopes[place]
            before = states.get(host_id)
            if (
                before
                and (before.audited_at, before.scope.id) == (when, scope.id)
                and before.letters.startswith(letters)
            ):
                continue  # an earlier part of the same run
            rows.late += bool(before and before.audited_at > when)
            _compare(host_id, before, scope, letters, when, rows)
        rows.looks.append((host_id, rows.position, when, clean(status), scope.id if scope else None))
        rows.flush(AT_ONCE)
    fixed = [
        {"host_id": ids[clean(host)], "rule_id": rules[rule], "position": rows.position}
        for host, names in document["fixed"].items()
        for rule in names
        if clean(host) in ids and rule in rules
    ]
    if fixed:
        connection.execute(known.fixes.insert(), fixed)


def _compare(host_id: int, before: State | None, scope: Scope, letters: str, moment: int, rows: _Rows) -> None:
    """Note what differs from what was known of the host, and what is known now."""
    if len(letters) != len(scope.rules) or set(letters) - set(outcomes.NAMES):
        raise ValueError(letters)
    if before and before.scope.id == scope.id:
        after = letters + before.letters[len(letters) :]
        if after != before.letters:
            for rule_id, old, new in zip(scope.rules, before.letters, letters, strict=False):
                if old != new:
                    rows.change(host_id, rule_id, old, new)
    else:
        known = dict(zip((*before.scope.rules, *before.scope.left), before.letters, strict=True)) if before else {}
        for rule_id, letter in zip(scope.rules, letters, strict=True):
            earlier = known.pop(rule_id, UNKNOWN)
            if earlier != letter:
                rows.change(host_id, rule_id, earlier, letter)
        after = letters + "".join(known.pop(rule_id, UNKNOWN) for rule_id in scope.left)
        # What is neither looked at nor left out is asked of this host no more.
        for rule_id, letter in known.items():
            if letter != UNKNOWN:
                rows.change(host_id, rule_id, letter, UNKNOWN)
    rows.states.append((host_id, scope.id, after, moment))


def _ids(connection: Any, table: Any, names: Mapping[str, Mapping[str, Any]], key: str = "name") -> dict[str, int]:
    """Return the id of each name, those that are new entered with their other columns."""
    sa = library("sqlalchemy")
    ids: dict[str, int] = dict(map(tuple, connection.execute(sa.select(table.c[key], table.c.id))))
    new = [name for name in names if name not in ids]
    following = max(ids.values(), default=0) + 1
    fresh = {name: following + index for index, name in enumerate(new)}
    if fresh:
        connection.execute(table.insert(), [{"id": number, key: name, **names[name]} for name, number in fresh.items()])
    return {**ids, **fresh}


def _rule_ids(connection: Any, document: Mapping[str, Any]) -> dict[str, int]:
    """Return the id of each rule that the run names, with the titles that it has now."""
    sa, table = library("sqlalchemy"), tables().rules
    told = {
        clean(name): {
            "title": clean(rule["title"]),
            "severity": clean(rule["severity"]),
            "cites": json.dumps(rule["cites"]),
        }
        for name, rule in document["rules"].items()
    }
    left = {
        clean(rule): {"title": "", "severity": "", "cites": "[]"}
        for scope in document["scopes"]
        for rule in scope["left"]
    }
    columns = (table.c.name, table.c.title, table.c.severity, table.c.cites)
    had = {
        name: {"title": title, "severity": severity, "cites": cites}
        for name, title, severity, cites in connection.execute(sa.select(*columns))
    }
    ids = _ids(connection, table, {**left, **told})
    for name, columns_now in told.items():
        if name in had and had[name] != columns_now:
            connection.execute(table.update().where(table.c.name == name).values(**columns_now))
    return {
        name: ids[clean(name)]
        for name in (*document["rules"], *(rule for scope in document["scopes"] for rule in scope["left"]))
    }


def _scopes(connection: Any, document: Mapping[str, Any], rules: Mapping[str, int]) -> list[Scope]:
    """Return the scopes of the document in its order, those that are new entered."""
    asked = [
        json.dumps(
            {
                "rules": [[rules[rule], clean(by)] for rule, by in one["rules"]],
                "left": [rules[rule] for rule in one["left"]],
            }
        )
        for one in document["scopes"]
    ]
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in asked]
    ids = _ids(
        connection,
        tables().scopes,
        {digest: {"asked": text} for digest, text in zip(digests, asked, strict=True)},
        "digest",
    )
    return [scope_of(ids[digest], text) for digest, text in zip(digests, asked, strict=True)]


def scope_of(scope_id: int, asked: str) -> Scope:
    """Return a scope from its row."""
    content = json.loads(asked)
    return Scope(scope_id, tuple(rule for rule, _by in content["rules"]), tuple(content["left"]))


def _states(connection: Any, host_ids: Iterable[int]) -> dict[int, State]:
    sa, known = library("sqlalchemy"), tables()
    wanted = list(host_ids)
    query = sa.select(known.states)
    if len(wanted) < 500:
        query = query.where(known.states.c.host_id.in_(wanted))
    rows = connection.execute(query).all()
    used = {row.scope_id for row in rows}
    scopes = {
        row.id: scope_of(row.id, row.asked)
        for row in connection.execute(sa.select(known.scopes.c.id, known.scopes.c.asked))
        if row.id in used
    }
    return {row.host_id: State(scopes[row.scope_id], row.letters, row.audited_at) for row in rows}
