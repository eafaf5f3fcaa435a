# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Slices of runs wait in the ledger's database for their merge."""

from __future__ import annotations

from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the two tables of slices."""
    sa, op = library("sqlalchemy"), library("alembic.op")
    op.create_table(
        "hipaa_cis_slices",
        sa.Column("run_id", sa.Text, primary_key=True, nullable=False),
        sa.Column("name", sa.Text, primary_key=True, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("stored_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "hipaa_cis_slice_pieces",
        sa.Column("run_id", sa.Text, primary_key=True, nullable=False),
        sa.Column("name", sa.Text, primary_key=True, nullable=False),
        sa.Column("number", sa.Integer, primary_key=True, nullable=False, autoincrement=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Refuse: a ledger is evidence, and is never taken back to an older form."""
    raise NotImplementedError("a ledger is never taken back to an older form")
