# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first form of the ledger."""

from __future__ import annotations

from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    sa, op = library("sqlalchemy"), library("alembic.op")
    whole = {"nullable": False, "autoincrement": False}
    op.create_table(
        "hipaa_cis_runs",
        sa.Column("position", sa.Integer, primary_key=True, **whole),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("part", sa.Integer, **whole),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("link", sa.Integer, **whole),
        sa.Column("link_digest", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("finished_at", sa.BigInteger, nullable=False),
        sa.Column("hosts", sa.Integer, **whole),
        sa.Column("audited", sa.Integer, **whole),
        sa.Column("collection_version", sa.Text, nullable=False),
        sa.Column("catalog_digests", sa.Text, nullable=False),
        sa.UniqueConstraint("run_id", "part"),
    )
    op.create_table(
        "hipaa_cis_hosts",
        sa.Column("id", sa.Integer, primary_key=True, **whole),
        sa.Column("name", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "hipaa_cis_rules",
        sa.Column("id", sa.Integer, primary_key=True, **whole),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("cites", sa.Text, nullable=False),
    )
    op.create_table(
        "hipaa_cis_scopes",
        sa.Column("id", sa.Integer, primary_key=True, **whole),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
        sa.Column("asked", sa.Text, nullable=False),
    )
    op.create_table(
        "hipaa_cis_states",
        sa.Column("host_id", sa.Integer, primary_key=True, **whole),
        sa.Column("scope_id", sa.Integer, **whole),
        sa.Column("letters", sa.Text, nullable=False),
        sa.Column("audited_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "hipaa_cis_looks",
        sa.Column("host_id", sa.Integer, primary_key=True, **whole),
        sa.Column("position", sa.Integer, primary_key=True, **whole),
        sa.Column("audited_at", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("scope_id", sa.Integer, nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hipaa_cis_episodes",
        sa.Column("host_id", sa.Integer, primary_key=True, **whole),
        sa.Column("rule_id", sa.Integer, primary_key=True, **whole),
        sa.Column("from_position", sa.Integer, primary_key=True, **whole),
        sa.Column("outcome", sa.String(1), nullable=False),
        sa.Column("until_position", sa.Integer, nullable=True),
        sa.Column("before", sa.String(1), nullable=False),
        sa.Column("after", sa.String(1), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_hipaa_cis_episodes_from", "hipaa_cis_episodes", ["from_position"])
    failed = sa.text("outcome = 'f'")
    op.create_index(
        "ix_hipaa_cis_episodes_failed",
        "hipaa_cis_episodes",
        ["until_position", "rule_id"],
        sqlite_where=failed,
        postgresql_where=failed,
    )
    op.create_table(
        "hipaa_cis_fixes",
        sa.Column("host_id", sa.Integer, primary_key=True, **whole),
        sa.Column("rule_id", sa.Integer, primary_key=True, **whole),
        sa.Column("position", sa.Integer, primary_key=True, **whole),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Refuse: a ledger is evidence, and is never taken back to an older form."""
    raise NotImplementedError("a ledger is never taken back to an older form")
