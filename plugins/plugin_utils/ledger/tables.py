# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of the ledger, as the newest of the migrations leaves them.

A host that was looked at leaves one row a run (``looks``); a finding leaves one when it changes (``episodes``): of a host and a
rule the outcome, from the run that saw it first up to, and without, the run that saw another, and the outcomes before and after (a `-` where
there was none). The order of runs is that in
which they came (``position``). Times are seconds since 1970, in UTC. Slices that wait for their merge (``slices``) are archives in pieces.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library

PREFIX = "hipaa_cis_"
VERSION_TABLE = PREFIX + "version"


class Tables(NamedTuple):
    """The tables, each by its name without the prefix."""

    metadata: Any
    runs: Any
    hosts: Any
    rules: Any
    scopes: Any
    states: Any
    looks: Any
    episodes: Any
    fixes: Any
    slices: Any
    slice_pieces: Any


@cache
def tables() -> Tables:
    """Return the tables. Raises `HipaaCisError` where SQLAlchemy is missing."""
    sa = library("sqlalchemy")
    metadata = sa.MetaData()

    def number(name: str, **options: Any) -> Any:
        return sa.Column(name, sa.Integer, nullable=options.pop("nullable", False), autoincrement=False, **options)

    def moment(name: str) -> Any:
        return sa.Column(name, sa.BigInteger, nullable=False)

    def text(name: str, **options: Any) -> Any:
        return sa.Column(name, sa.Text, nullable=False, **options)

    def letter(name: str) -> Any:
        return sa.Column(name, sa.String(1), nullable=False)

    def table(name: str, *columns: Any, **options: Any) -> Any:
        return sa.Table(PREFIX + name, metadata, *columns, **options)

    return Tables(
        metadata,
        table(
            "runs", number("position", primary_key=True), text("run_id"), number("part"), text("source"), number("link"),
            text("link_digest"), text("digest"), moment("started_at"), moment("finished_at"), number("hosts"),
            number("audited"), text("collection_version"), text("catalog_digests"), sa.UniqueConstraint("run_id", "part"),
        ),
        table("hosts", number("id", primary_key=True), text("name", unique=True)),
        table(
            "rules", number("id", primary_key=True), text("name", unique=True), text("title"), text("severity"), text("cites")
        ),
        table("scopes", number("id", primary_key=True), text("digest", unique=True), text("asked")),
        table(
            "states", number("host_id", primary_key=True), number("scope_id"), text("letters"), moment("audited_at"),
        ),
        table(
            "looks", number("host_id", primary_key=True), number("position", primary_key=True), moment("audited_at"),
            text("status"), number("scope_id", nullable=True), sqlite_with_rowid=False,
        ),
        table(
            "episodes", number("host_id", primary_key=True), number("rule_id", primary_key=True),
            number("from_position", primary_key=True), letter("outcome"), number("until_position", nullable=True),
            letter("before"), letter("after"),
            sa.Index("ix_hipaa_cis_episodes_from", "from_position"),
            sa.Index(
                "ix_hipaa_cis_episodes_failed", "until_position", "rule_id",
                sqlite_where=sa.text("outcome = 'f'"), postgresql_where=sa.text("outcome = 'f'"),
            ),
            sqlite_with_rowid=False,
        ),
        table(
            "fixes", number("host_id", primary_key=True), number("rule_id", primary_key=True),
            number("position", primary_key=True), sqlite_with_rowid=False,
        ),
        table(
            "slices", text("run_id", primary_key=True), text("name", primary_key=True), text("digest"), moment("size"), moment("stored_at"),
        ),
        table(
            "slice_pieces", text("run_id", primary_key=True), text("name", primary_key=True), number("number", primary_key=True),
            sa.Column("content", sa.LargeBinary, nullable=False),
        ),
    )  # fmt: skip
