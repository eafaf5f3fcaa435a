# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way into the ledger: one connection, opened and closed in this process, of a schema that we know.

Ansible runs an action in a forked worker. A connection from before a fork would be closed for its parent too, and a pool may hang;
so there is no pool, and no engine outlives the block it is used in.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import address
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.tables import PREFIX, VERSION_TABLE, tables
from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library
from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import make_private_folder

MIGRATIONS = Path(__file__).parent / "migrations"
# Seconds that a writer waits for another one.
PATIENCE = 60
# One writer of ours at a time in a database of PostgreSQL: the number is our name.
_LOCK = 0x48495041
# Text is exchanged in UTF-8, in whatever encoding the database keeps it. Behind a pooler the next transaction may be in another session of
# the server, so that no statement is kept prepared.
_TO_SERVER = {"connect_timeout": 15, "client_encoding": "utf8", "prepare_threshold": None}
# A server, or a network, that is gone without a word is given up after a minute, and not after hours.
_ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}


@contextmanager
def opened(url: str, migrations: Path = MIGRATIONS) -> Iterator[Any]:
    """Give a connection to the ledger, of which each `writing` is a transaction. Made, and brought up to date, where it is not.

    Raises `HipaaCisError`, also for what the database says of the statements in the block.
    """
    sa = library("sqlalchemy")
    try:
        engine = _engine(sa, url)
        try:
            with engine.connect() as connection:
                _bring_up_to_date(connection, migrations, url)
                yield connection
        finally:
            engine.dispose()
    except library("sqlalchemy.exc").SQLAlchemyError as problem:
        raise address.explained(url, problem) from None


@contextmanager
def writing(connection: Any, lock: int = _LOCK) -> Iterator[None]:
    """Hold the ledger alone, and write what the block does whole or not at all.

    ``lock``: a number for what is held alone in PostgreSQL, where that is less than the ledger.
    """
    connection.rollback()
    connection.info["write"] = True
    try:
        with connection.begin():
            if connection.dialect.name == "postgresql":
                # What others wrote while this one waited is seen. Before any other statement, or the server refuses it.
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock})")
            yield
    finally:
        connection.info.pop("write", None)


def _engine(sa: Any, url: str) -> Any:
    if not url.startswith("sqlite"):
        library("psycopg")
        # Of the plain name SQLAlchemy 2.0 would take another driver than 2.1 does.
        url = "postgresql+psycopg://" + url.partition("://")[2]
        # Who reads sees one moment, whatever is entered meanwhile.
        level = "REPEATABLE READ"
        return sa.create_engine(
            url,
            poolclass=sa.NullPool,
            connect_args={**_ALIVE, **_TO_SERVER},
            hide_parameters=True,
            isolation_level=level,
        )
    path = address.file_of(url)
    try:
        make_private_folder(path.parent)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except OSError as problem:
        raise HipaaCisError(f"{address.shown(url)} cannot be made: {problem.strerror or problem}.") from None
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"timeout": PATIENCE}, hide_parameters=True)

    def on_connect(connection: Any, _record: Any) -> None:
        # sqlite3 would begin on its own, late, and not at all before statements that change the schema.
        connection.isolation_level = None
        connection.execute("PRAGMA cache_size = -65536")

    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info.get("write") else "BEGIN")

    sa.event.listen(engine, "connect", on_connect)
    sa.event.listen(engine, "begin", on_begin)
    return engine


def _bring_up_to_date(connection: Any, migrations: Path, url: str) -> None:
    """Run the migrations that the ledger lacks. Raises `HipaaCisError` where it is newer, or none of ours."""
    script = library("alembic.script").ScriptDirectory(
        str(migrations), version_locations=[str(migrations / "versions")]
    )
    newest = script.get_current_head()
    if _version(connection, script, url) == newest:
        return
    if connection.dialect.name == "sqlite":
        # Where a table is made anew under it, SQLite would delete the rows that refer to it. No effect within a transaction.
        connection.rollback()
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
    with writing(connection):
        version = _version(connection, script, url)  # another one may have been here meanwhile
        if version != newest:
            before = _rows(connection)
            _migrate(connection, script, version, newest)
            lost = [name for name, rows in _rows(connection).items() if rows < before.get(name, 0)]
            if lost:
                raise HipaaCisError(
                    f"{address.shown(url)} was not brought up to date: rows of {', '.join(lost)} would have been lost. It is as it was before."
                )


def _migrate(connection: Any, script: Any, version: str | None, newest: str) -> None:
    def steps(_revision: Any, _context: Any) -> Any:
        return script._upgrade_revs(newest, version)  # noqa: SLF001 - what Alembic's own commands call

    environment = library("alembic.runtime.environment").EnvironmentContext(
        library("alembic.config").Config(), script, fn=steps, destination_rev=newest
    )
    with environment:
        # The transaction is ours; Alembic makes its version table and steps within it.
        environment.configure(connection=connection, version_table=VERSION_TABLE, transactional_ddl=True)
        environment.run_migrations()


def _version(connection: Any, script: Any, url: str) -> str | None:
    """Return the version of the ledger's schema, None where it is empty. Raises `HipaaCisError` where it is not ours."""
    sa = library("sqlalchemy")
    names = set(sa.inspect(connection).get_table_names())
    own = {name for name in names if name.startswith(PREFIX)}
    sqlite = connection.dialect.name == "sqlite"
    if VERSION_TABLE not in names:
        if own or (sqlite and names):
            raise HipaaCisError(
                f"{address.shown(url)} is not ours: it has tables ({', '.join(sorted(own or names)[:3])}), but not the one that says which "
                f"version of the ledger they are. Name another one with {address.OPTION}."
            )
        return None
    found = connection.execute(sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE))).scalars().all()
    known = {one.revision for one in script.walk_revisions()}
    if len(found) != 1 or found[0] not in known:
        raise HipaaCisError(
            f"{address.shown(url)} has the version {', '.join(found) or 'none'}, which this version of the collection does not know: it was "
            "written by a newer one. Update the collection, or name another ledger."
        )
    return str(found[0])


def _rows(connection: Any) -> dict[str, int]:
    sa = library("sqlalchemy")
    names = [name for name in sa.inspect(connection).get_table_names() if name.startswith(PREFIX)]
    return {name: connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar() for name in names}


def schema() -> Any:
    """Return the tables' description, which the migrations have to end in."""
    return tables().metadata
