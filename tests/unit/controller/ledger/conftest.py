"""Ledgers of both kinds: a file, and a PostgreSQL server of the tests' own."""

from __future__ import annotations

from tests.postgresql import postgresql, server

__all__ = ["postgresql", "server"]
