"""The ledger: every finished run once, whole or not at all, as episodes of findings."""

from __future__ import annotations

import io
import json
import multiprocessing
import shutil
import sqlite3
import subprocess
import sys
import textwrap

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import (
    address,
    answers,
    at_end,
    catch_up,
    connection,
    kept_slices,
    links,
    write,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.history import DAY, History
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.tables import VERSION_TABLE, tables
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.terms import Terms
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import chain, outcomes
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.verify import verify
from tests.past_runs import CITES, RULES, START, day, end, finished, record


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request):
    """The address of a ledger: None is the file in the run base."""
    return None if request.param == "sqlite" else request.getfixturevalue("postgresql")


def episodes(base, url=None):
    """Return (host, rule, outcome, from run, until run) of all episodes, after the ledger was brought up to date."""
    known = tables()
    e, h, r = known.episodes.c, known.hosts.c, known.rules.c
    query = sqlalchemy.select(h.name, r.name.label("rule"), e.outcome, e.from_position, e.until_position).where(
        e.host_id == h.id, e.rule_id == r.id
    )
    with catch_up.current(base, url) as ledger:
        rows = [tuple(row) for row in ledger.connection.execute(query)]
    return sorted(rows, key=lambda row: (row[0], RULES.index(row[1]), row[3]))


def count(base, table, url=None):
    with catch_up.current(base, url) as ledger:
        return ledger.connection.execute(
            sqlalchemy.select(sqlalchemy.func.count()).select_from(tables()._asdict()[table])
        ).scalar()


def test_finding_is_a_row_when_it_changes_and_not_with_each_run(tmp_path, url):
    for number, letters in enumerate(["pf", "pf", "pp", "pp"]):
        finished(tmp_path, f"run-{number}", number, {"web": letters})

    assert episodes(tmp_path, url) == [
        ("web", "ssh_root", "p", 1, None),
        ("web", "audit_on", "f", 1, 3),
        ("web", "audit_on", "p", 3, None),
    ]


def test_run_is_entered_once_whoever_comes_first(tmp_path, url):
    finished(tmp_path, "run-1", 1, {"web": "pf"})

    for _again in range(3):
        assert catch_up.bring_up_to_date(tmp_path, url) == ()
    end(write_store(tmp_path, "run-1"), 1)
    assert (count(tmp_path, "runs", url), count(tmp_path, "looks", url), count(tmp_path, "episodes", url)) == (1, 1, 2)


def write_store(base, run_id):
    from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

    return RunStore.open(str(base / run_id))


def test_run_that_grew_is_entered_again_with_what_is_new(tmp_path, url):
    finished(tmp_path, "run-1", 1, {"web": "pf"})
    catch_up.bring_up_to_date(tmp_path, url)
    finished(tmp_path, "run-1", 1, {"db": "fp"})

    assert episodes(tmp_path, url)[:2] == [("db", "ssh_root", "f", 2, None), ("db", "audit_on", "p", 2, None)]
    assert (count(tmp_path, "runs", url), count(tmp_path, "looks", url)) == (2, 2)


def test_what_a_run_did_not_look_at_stays_and_what_is_asked_no_more_ends(tmp_path):
    finished(tmp_path, "run-1", 1, {"web": "pff"})
    finished(tmp_path, "run-2", 2, {"web": "..p"}, left=RULES[:2])
    finished(tmp_path, "run-3", 3, {"web": "p.p"}, left=())

    assert episodes(tmp_path) == [
        ("web", "ssh_root", "p", 1, None),
        ("web", "audit_on", "f", 1, 3),
        ("web", "idle_timeout", "f", 1, 2),
        ("web", "idle_timeout", "p", 2, None),
    ]


def test_host_that_was_not_reached_keeps_what_was_known_of_it(tmp_path):
    finished(tmp_path, "run-1", 1, {"web": "pf"})
    finished(tmp_path, "run-2", 2, {"web": ""})

    assert len(episodes(tmp_path)) == 2
    assert count(tmp_path, "looks") == 2


def test_names_that_no_database_takes_are_entered_all_the_same(tmp_path, url):
    names = ["ward\0seven", "حاسوب", "病房", "=cmd()", "\ud800", "x' OR 1=1 --", "\x1b[31m", "%s ? :name"]
    finished(tmp_path, "run-1", 1, dict.fromkeys(names, "p"))

    assert catch_up.bring_up_to_date(tmp_path, url) == ()
    assert count(tmp_path, "hosts", url) == len(names)


def test_crash_in_the_middle_leaves_the_last_whole_run(tmp_path, url, monkeypatch):
    finished(tmp_path, "run-1", 1, {"web": "pf", "db": "pf"})
    catch_up.bring_up_to_date(tmp_path, url)
    finished(tmp_path, "run-2", 2, {"web": "fp", "db": "fp"})
    finished(tmp_path, "run-3", 3, {"web": "pf", "db": "fp"})
    whole, before = write._Rows.flush, count_only(tmp_path, url)

    def breaks(self, least=1):
        whole(self, least)
        if self.position == 3 and least == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(write._Rows, "flush", breaks)
    with pytest.raises(KeyboardInterrupt):
        catch_up.bring_up_to_date(tmp_path, url)
    monkeypatch.undo()

    assert (before, count_only(tmp_path, url)) == (1, 2)
    assert len(episodes(tmp_path, url)) == 10


def count_only(base, url):
    """Return how many runs are in a ledger, without bringing it up to date."""
    with connection.opened(address.address(url, base)) as one:
        return one.execute(sqlalchemy.select(sqlalchemy.func.count()).select_from(tables().runs)).scalar()


def test_killed_writer_leaves_the_last_whole_run(tmp_path):
    finished(tmp_path, "run-1", 1, {"web": "pf"})
    catch_up.bring_up_to_date(tmp_path, None)
    finished(tmp_path, "run-2", 2, {"web": "fp"})
    program = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import catch_up, write
        whole = write._Rows.flush
        def dies(self, least=1):
            whole(self, least)
            os.kill(os.getpid(), signal.SIGKILL)
        write._Rows.flush = dies
        catch_up.bring_up_to_date(Path({str(tmp_path)!r}), None)
    """)

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    assert count_only(tmp_path, None) == 1
    assert len(episodes(tmp_path)) == 4


def _audit(base, url, number):
    finished(
        base / str(number),
        f"run-{number}",
        number,
        {f"host-{number}": "pf", "shared": "pf"[:: 1 if number % 2 else -1]},
    )
    catch_up.bring_up_to_date(base / str(number), url)


def test_writers_at_the_same_time_lose_nothing(tmp_path, url):
    own = url or f"sqlite:///{tmp_path}/common.sqlite"
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_audit, args=(tmp_path, own, number)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [worker.exitcode for worker in workers] == [0] * 4
    with connection.opened(own) as one:
        runs = one.execute(sqlalchemy.select(tables().runs.c.position, tables().runs.c.run_id)).all()
        looks = one.execute(sqlalchemy.select(sqlalchemy.func.count()).select_from(tables().looks)).scalar()
        still = sqlalchemy.select(tables().episodes).where(tables().episodes.c.until_position.is_(None))
        open_now = one.execute(still).all()
    assert sorted(run.position for run in runs) == [1, 2, 3, 4]
    assert {run.run_id for run in runs} == {f"run-{number}" for number in range(4)}
    assert (looks, len(open_now)) == (8, 10)


def test_fork_after_use_harms_nobody(tmp_path, postgresql):
    finished(tmp_path, "run-1", 1, {"web": "pf"})
    catch_up.bring_up_to_date(tmp_path, postgresql)
    finished(tmp_path, "run-2", 2, {"web": "ff"})
    child = multiprocessing.get_context("fork").Process(target=catch_up.bring_up_to_date, args=(tmp_path, postgresql))
    child.start()
    child.join()

    assert child.exitcode == 0
    assert count(tmp_path, "runs", postgresql) == 2


def test_two_runs_with_one_id_are_told_apart_and_the_first_stays(tmp_path, url):
    own = url or f"sqlite:///{tmp_path}/common.sqlite"
    finished(tmp_path / "a", "nightly", 1, {"web": "pf"})
    finished(tmp_path / "b", "nightly", 2, {"web": "ff"})
    catch_up.bring_up_to_date(tmp_path / "a", own)

    (warning,) = catch_up.bring_up_to_date(tmp_path / "b", own)

    assert "run nightly of another run base already" in warning
    assert count_only(tmp_path, own) == 1


def test_run_that_the_ledger_of_the_site_does_not_take_is_a_failure_and_no_other_is(tmp_path):
    own = f"sqlite:///{tmp_path}/common.sqlite"
    at_end.enter(finished(tmp_path / "a", "nightly", 1, {"web": "pf"}), {"hosts": []}, own)
    second = finished(tmp_path / "b", "nightly", 2, {"web": "ff"})
    with pytest.raises(HipaaCisError, match="it is not in the ledger: the ledger has a run nightly of another run"):
        at_end.enter(second, {"hosts": []}, own)
    (warning,) = at_end.enter(finished(tmp_path / "b", "weekly", 3, {"web": "ff"}), {"hosts": []}, own)
    assert "run nightly is not in the ledger" in warning


def test_clock_that_goes_back_is_said_and_nothing_is_lost(tmp_path):
    finished(tmp_path, "run-1", 9, {"web": "pf"})
    finished(tmp_path, "run-2", 3, {"web": "ff"})

    (warning,) = catch_up.bring_up_to_date(tmp_path, None)

    assert "run run-2 is dated before" in warning
    assert ("web", "ssh_root", "f", 2, None) in episodes(tmp_path)


SPOILED = [
    (lambda file: file.write_text(file.read_text()[:-9]), "is not what it was when the run ended"),
    (lambda file: file.unlink(), "No such file"),
    (lambda file: shutil.rmtree(file.parent), "No such file"),
]


@pytest.mark.parametrize(("spoil", "said"), SPOILED)
def test_run_that_was_spoiled_is_named_and_the_others_are_entered(tmp_path, spoil, said):
    for number in (1, 2, 3):
        finished(tmp_path, f"run-{number}", number, {"web": "pf"})
    spoil(tmp_path / "run-2" / "outcomes.json")

    (warning,) = catch_up.bring_up_to_date(tmp_path, None)

    assert warning.startswith("run run-2 is not in the ledger: ")
    assert said in warning
    assert count_only(tmp_path, None) == 2


FORMS = [
    {"schema": "hipaa.cis/outcomes/2"}, {"hosts": [["web"]]}, {"hosts": [["web", "audited", "yesterday", 0, "pf"]]},
    {"hosts": [["web", "audited", day(1), 7, "pf"]]}, {"hosts": [["web", "audited", day(1), 0, "p"]]},
    {"hosts": [["web", "audited", day(1), 0, "xx"]]}, {"hosts": [[{}, "audited", day(1), 0, "pf"]]}, {"rules": []},
    {"hosts": [["web", "audited", "99999-12-31T23:59:59Z", 0, "pf"]]},
]  # fmt: skip


@pytest.mark.parametrize("change", FORMS)
def test_outcomes_of_another_form_are_refused_whole(tmp_path, change):
    store = finished(tmp_path, "run-1", 1, {"web": "pf"})
    document = json.loads((store.folder / "outcomes.json").read_text())
    with (
        connection.opened(address.address(None, tmp_path)) as one,
        pytest.raises(HipaaCisError, match="another form than this version knows"),
        connection.writing(one),
    ):
        write.add_run(one, {**document, **change}, write.Origin("s", 1, "", ""))

    assert count_only(tmp_path, None) == 0


def test_small_run_does_not_wait_for_the_ledger_and_a_large_one_enters_it(tmp_path):
    store = finished(tmp_path, "run-1", 1, {"web": "pf"})

    assert at_end.enter(store, {"hosts": [{}]}, None) == ()
    assert not (tmp_path / address.FILE).exists()
    at_end.enter(store, {"hosts": [{}] * at_end.WORTH_IT}, None)
    assert count_only(tmp_path, None) == 1


def test_what_an_audit_loads_knows_nothing_of_databases():
    program = (
        "import sys; from ansible_collections.hipaa.cis.plugins.callback import summary; "
        "from ansible_collections.hipaa.cis.plugins.action import report, audit; "
        "sys.exit(any(name in sys.modules for name in ('sqlalchemy', 'alembic', 'psycopg', 'sqlite3')))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# --- schemas


def test_migrations_end_in_the_tables_that_we_know(tmp_path, url):
    with connection.opened(address.address(url, tmp_path)) as one:
        context = MigrationContext.configure(one, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, tables().metadata) == []


def revisions():
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(connection.MIGRATIONS))
    return [one.revision for one in script.walk_revisions()][::-1]


NEXT = """
revision = "{name}"
down_revision = "{before}"


def upgrade():
    from alembic import op
    import sqlalchemy as sa
{steps}
"""
REMAKE = """
    with op.batch_alter_table("hipaa_cis_hosts", recreate="always") as batch:
        batch.add_column(sa.Column("owner", sa.Text, nullable=False, server_default=""))
"""


def with_next(place, steps):
    """Return migrations with one more after the newest."""
    shutil.copytree(connection.MIGRATIONS, place)
    text = NEXT.format(name="next", before=revisions()[-1], steps=steps)
    (place / "versions" / "next.py").write_text(text)
    return place


def until(place, revision):
    """Return migrations up to one of them: what an earlier version of the collection had."""
    shutil.copytree(connection.MIGRATIONS, place)
    for later in revisions()[revisions().index(revision) + 1 :]:
        next(path for path in (place / "versions").glob("*.py") if f'revision = "{later}"' in path.read_text()).unlink()
    return place


def contents(one):
    names = sorted(name for name in sqlalchemy.inspect(one).get_table_names() if name != VERSION_TABLE)
    return {
        name: one.execute(sqlalchemy.text(f"SELECT * FROM {name} ORDER BY 1, 2")).mappings().all() for name in names
    }


def fill(base, own, migrations):
    for number, letters in enumerate(["pf", "fp", "pp"]):
        finished(base / "runs", f"run-{number}", number, {"web": letters, "db": letters}, {"web": ["ssh_root"]})
    with connection.opened(own, migrations) as one:
        assert list(catch_up._enter(one, base / "runs")) == []
        if sqlalchemy.inspect(one).has_table("hipaa_cis_slices"):
            kept_slices.keep(one, kept_slices.Kept("run-9", "1-of-2", 1), "digest", "", io.BytesIO(b"\0packed\xff"))
        return contents(one)


@pytest.mark.parametrize("revision", revisions())
def test_ledger_of_each_earlier_schema_keeps_its_data(tmp_path, url, revision):
    own = url or f"sqlite:///{tmp_path}/old.sqlite"
    before = fill(tmp_path, own, until(tmp_path / "old", revision))

    with connection.opened(own) as one:
        after = contents(one)

    for name, rows in before.items():
        assert [{key: row[key] for key in rows[0]} for row in after[name]] == [dict(row) for row in rows]
        assert rows, name


def test_table_that_is_made_anew_loses_no_rows_and_no_index(tmp_path, url):
    own = url or f"sqlite:///{tmp_path}/old.sqlite"
    before = fill(tmp_path, own, connection.MIGRATIONS)

    with connection.opened(own, with_next(tmp_path / "next", REMAKE)) as one:
        after = contents(one)
        assert {index["name"] for index in sqlalchemy.inspect(one).get_indexes("hipaa_cis_episodes")} >= {
            "ix_hipaa_cis_episodes_failed"
        }

    assert {name: len(rows) for name, rows in after.items()} == {name: len(rows) for name, rows in before.items()}
    assert after["hipaa_cis_hosts"][0]["owner"] == ""


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ('    op.execute("DELETE FROM hipaa_cis_looks")', "rows of hipaa_cis_looks would have been lost"),
        ('    op.execute("SELECT nothing")', "nothing"),
    ],
)
def test_migration_that_loses_rows_or_fails_leaves_the_ledger_as_it_was(tmp_path, url, steps, said):
    own = url or f"sqlite:///{tmp_path}/old.sqlite"
    before = fill(tmp_path, own, connection.MIGRATIONS)

    with pytest.raises(HipaaCisError, match=said), connection.opened(own, with_next(tmp_path / "next", REMAKE + steps)):
        pass

    with connection.opened(own) as one:
        assert contents(one) == before


def test_ledger_of_a_newer_version_is_left_alone(tmp_path, url):
    own = url or f"sqlite:///{tmp_path}/new.sqlite"
    with connection.opened(own, with_next(tmp_path / "next", "    pass")):
        pass

    with pytest.raises(HipaaCisError, match=r"written by a newer one\. Update the collection"), connection.opened(own):
        pass


# --- what is no ledger, or cannot be used


def sqlite_of_others(path):
    with sqlite3.connect(path) as one:
        one.execute("CREATE TABLE patients (name TEXT)")
    one.close()


BAD_FILES = [
    (sqlite_of_others, "is not ours: it has tables (patients)"),
    (
        lambda path: path.write_text("a letter to the ward, long enough to be no database"),
        "it is no ledger, but another file",
    ),
    (lambda path: path.mkdir(), "it cannot be opened"),
]


@pytest.mark.parametrize(("make", "said"), BAD_FILES)
def test_file_that_is_no_ledger_is_left_alone(tmp_path, make, said):
    make(tmp_path / "x.sqlite")

    with pytest.raises(HipaaCisError) as error, connection.opened(f"sqlite:///{tmp_path}/x.sqlite"):
        pass

    assert said in str(error.value)


def test_locked_ledger_is_said_and_enters_the_run_later(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "PATIENCE", 0.1)
    finished(tmp_path, "run-1", 1, {"web": "pf"})
    catch_up.bring_up_to_date(tmp_path, None)
    store = finished(tmp_path, "run-2", 2, {"web": "pf"})
    holder = sqlite3.connect(tmp_path / address.FILE, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")

    with pytest.raises(HipaaCisError, match=r"not in the ledger yet: .* another program has held it for too long"):
        at_end.enter(store, {"hosts": []}, f"sqlite:///{tmp_path / address.FILE}")
    holder.close()

    assert count(tmp_path, "runs") == 2


def on_connect(monkeypatch, pragma):
    """Let each connection to a ledger begin with a statement, by which SQLite itself behaves as a full or read-only disk would."""
    engine = connection._engine

    def changed(sa, url):
        made = engine(sa, url)
        sa.event.listen(made, "connect", lambda one, _record: one.execute(pragma).fetchall())
        return made

    monkeypatch.setattr(connection, "_engine", changed)


def test_full_ledger_is_said_and_keeps_what_it_had(tmp_path, monkeypatch):
    finished(tmp_path, "run-1", 1, {"web": "pf"})
    catch_up.bring_up_to_date(tmp_path, None)
    finished(tmp_path, "run-2", 2, {f"host-{number}-{'x' * 90}": "pf" for number in range(300)})
    on_connect(monkeypatch, "PRAGMA max_page_count = 20")
    with pytest.raises(HipaaCisError, match="there is no room left for it"):
        catch_up.bring_up_to_date(tmp_path, None)
    monkeypatch.undo()

    assert count_only(tmp_path, None) == 1


def test_read_only_ledger_is_said(tmp_path, monkeypatch):
    finished(tmp_path, "run-1", 1, {"web": "pf"})
    catch_up.bring_up_to_date(tmp_path, None)
    finished(tmp_path, "run-2", 2, {"web": "pf"})
    on_connect(monkeypatch, "PRAGMA query_only = ON")

    with pytest.raises(HipaaCisError, match="it is read-only"):
        catch_up.bring_up_to_date(tmp_path, None)


def test_locked_ledger_in_postgresql_is_said_and_enters_the_run_later(tmp_path, postgresql, monkeypatch):
    finished(tmp_path, "run-1", 1, {"web": "pf"})
    catch_up.bring_up_to_date(tmp_path, postgresql)
    store = finished(tmp_path, "run-2", 2, {"web": "pf"})
    with connection.opened(postgresql) as holder, connection.writing(holder):
        monkeypatch.setattr(connection, "PATIENCE", 0.1)
        with pytest.raises(HipaaCisError, match=r"not in the ledger yet: .* another program has held it for too long"):
            at_end.enter(store, {"hosts": []}, postgresql)

    assert count(tmp_path, "runs", postgresql) == 2


def test_read_only_ledger_in_postgresql_is_said(tmp_path, postgresql):
    finished(tmp_path, "run-1", 1, {"web": "pf"})
    catch_up.bring_up_to_date(tmp_path, postgresql)
    store = finished(tmp_path, "run-2", 2, {"web": "pf"})

    with pytest.raises(HipaaCisError, match=r"not in the ledger yet: .* it is read-only\. Let the user"):
        at_end.enter(store, {"hosts": []}, postgresql + "%20-cdefault_transaction_read_only%3Don")

    assert count_only(tmp_path, postgresql) == 1


ANSWERS_OF_A_SERVER = [
    ("53100", "konnte Datei nicht erweitern", "there is no room left for it"),
    ("42501", "keine Berechtigung", "has too few rights"),
    ("22P05", "nicht darstellbar", "ENCODING 'UTF8'"),
    ("25006", "nur lesbar", "it is read-only"),
]


@pytest.mark.parametrize(("state", "words", "said"), ANSWERS_OF_A_SERVER)
def test_what_a_server_says_in_its_own_language_is_understood_and_nothing_is_lost(
    tmp_path, postgresql, state, words, said
):
    import psycopg

    finished(tmp_path, "run-1", 1, {"web": "pf"})
    catch_up.bring_up_to_date(tmp_path, postgresql)
    finished(tmp_path, "run-2", 2, {"web": "fp"})
    with psycopg.connect(postgresql, autocommit=True) as one:
        one.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{words}' USING ERRCODE = '{state}'; END $$"
        )
        one.execute("CREATE TRIGGER refuse BEFORE INSERT ON hipaa_cis_looks EXECUTE FUNCTION refuse()")

    with pytest.raises(HipaaCisError, match=rf"{said}.*\({words}\)"):
        catch_up.bring_up_to_date(tmp_path, postgresql)

    assert count_only(tmp_path, postgresql) == 1


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_database_of_another_encoding_keeps_every_name_or_says_that_it_cannot(tmp_path, server, encoding):
    import psycopg

    with psycopg.connect(server.format("postgres"), autocommit=True) as one:
        one.execute(
            f"CREATE DATABASE of_{encoding.lower()} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
    url = server.format(f"of_{encoding.lower()}")
    finished(tmp_path, "run-1", 1, {"p\xfcmp": "pf"})
    assert catch_up.bring_up_to_date(tmp_path, url) == ()
    finished(tmp_path, "run-2", 2, {"\u6cf5": "pf"})

    if encoding == "LATIN1":
        with pytest.raises(HipaaCisError, match="its encoding lacks a character of a name"):
            catch_up.bring_up_to_date(tmp_path, url)
    else:
        assert {row[0] for row in episodes(tmp_path, url)} == {"p\xfcmp", "\u6cf5"}


def test_nothing_is_kept_prepared_in_a_session_that_a_pooler_gives_to_others(tmp_path, postgresql):
    finished(tmp_path, "run-1", 1, {f"host-{number}": "pfpf" for number in range(50)})
    finished(tmp_path, "run-2", 2, {f"host-{number}": "fpfp" for number in range(50)})

    with catch_up.current(tmp_path, postgresql) as ledger:
        kept = ledger.connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements").all()

    assert kept == []


@pytest.mark.parametrize("level", ["read committed", "serializable"])
def test_who_reads_sees_one_moment_whatever_is_entered_meanwhile(tmp_path, postgresql, level):
    url = postgresql + "%20-cdefault_transaction_isolation%3D" + level.replace(" ", "%5C%20")
    finished(tmp_path, "run-1", 1, {"web": "pf"})
    with catch_up.current(tmp_path, url) as ledger:
        history = History(ledger.connection)
        finished(tmp_path, "run-2", 2, {"web": "fp", "new": "ff"})
        catch_up.bring_up_to_date(tmp_path, url)
        told = answers.answer(history, Terms(START.timestamp() + 9 * DAY, deadlines={"high": 1}), CITES)

    assert (told["last_run"]["run_id"], told["overdue"], told["drift"]["first_seen"]) == ("run-1", [], ["web"])


def test_writers_at_the_same_time_lose_nothing_where_transactions_are_serializable_by_default(tmp_path, postgresql):
    test_writers_at_the_same_time_lose_nothing(
        tmp_path, postgresql + "%20-cdefault_transaction_isolation%3Dserializable"
    )


def test_outcomes_of_a_hostile_size_are_not_read_and_the_others_are_entered(tmp_path, monkeypatch):
    finished(tmp_path, "run-1", 1, {"web": "pf"})
    finished(tmp_path, "run-2", 2, {f"host-{number}": "pf" for number in range(100)})
    monkeypatch.setattr(catch_up, "MAX_BYTES", 3000)

    (warning,) = catch_up.bring_up_to_date(tmp_path, None)

    assert "run run-2 is not in the ledger: " in warning
    assert "more than any run" in warning
    assert count_only(tmp_path, None) == 1


TYPOS = [
    "postgre://cis:s3cret@db/ledger", "postgresql//cis:s3cret@db/ledger", "mysql://cis:s3cret@db/ledger", "postgresql://cis:s3cret@db",
    "postgresql://cis:s3cret@db:port/ledger", "sqlite://s3cret.sqlite", "sqlite:///s3cret.sqlite", "sqlite:////tmp/x?s3cret", "s3cret",
    "postgresql+asyncpg://cis:s3cret@db/ledger", "sqlite+psycopg:////s3cret",
]  # fmt: skip


@pytest.mark.parametrize("typo", TYPOS)
def test_address_with_a_typo_is_refused_without_its_password(tmp_path, typo):
    with pytest.raises(HipaaCisError, match="hipaa_cis_ledger") as error:
        address.address(typo, tmp_path)

    assert "s3cret" not in str(error.value)


UNREACHED = [
    "postgresql://cis:s3cret@127.0.0.1:1/ledger", "postgresql://cis:s3/cret@127.0.0.1:1/ledger", "postgresql://cis:s3@cret@127.0.0.1:1/x",
    "postgresql://cis@127.0.0.1:1/ledger?password=s3cret", "postgresql://cis:s3cret@nowhere.invalid/ledger",
]  # fmt: skip


@pytest.mark.parametrize("given", UNREACHED)
def test_server_that_is_not_reached_is_named_without_the_password(tmp_path, given):
    store = finished(tmp_path, "run-1", 1, {"web": "pf"})

    with pytest.raises(HipaaCisError) as error:
        at_end.enter(store, {"hosts": []}, given)

    assert "hipaa_cis_ledger" in str(error.value)
    assert "cret" not in str(error.value)
    assert "s3" not in str(error.value)


def test_wrong_password_is_said_without_it(tmp_path, postgresql):
    with pytest.raises(HipaaCisError, match="authentication failed") as error:
        catch_up.bring_up_to_date(tmp_path, postgresql.replace("p%40ss", "wr%40ng"))

    assert not [piece for piece in ("wr@ng", "wr%40ng", "ng/w") if piece in str(error.value)]


def test_short_piece_of_a_password_is_not_told_by_the_words_that_it_is_in():
    said = address.without_secrets("postgresql://cis:p%40ss%2Fword@db/x", "prepared for p@ss/word: p, ss, word")

    assert said == "prepared for ***: ***, ***, ***"


def test_ledger_in_a_database_that_others_use_too(tmp_path, postgresql):
    import psycopg

    with psycopg.connect(postgresql, autocommit=True) as one:
        one.execute("CREATE TABLE alembic_version (version_num text)")
        one.execute("CREATE TABLE runs (id int)")
    finished(tmp_path, "run-1", 1, {"web": "pf"})

    assert catch_up.bring_up_to_date(tmp_path, postgresql) == ()


def test_run_that_was_changed_and_gained_something_else_since_is_named(tmp_path, url):
    store = finished(tmp_path, "run-1", 1, {"web": "pf"})
    chain.seal(store, only=[store.add_rollback("web", {"ok": True})])
    (store.folder / outcomes.FILE).write_text("{}")

    (warning,) = catch_up.bring_up_to_date(tmp_path, url)

    assert "run run-1 is not in the ledger" in warning


def test_chain_that_was_begun_anew_shows_in_the_ledger(tmp_path, url):
    finished(tmp_path, "run-1", 1, {"web": "ff"})
    catch_up.bring_up_to_date(tmp_path, url)
    shutil.rmtree(tmp_path / "_chain")
    write_store(tmp_path, "run-1").write_record(record("web", "pp", day(1)))
    end(write_store(tmp_path, "run-1"), 1)

    found = verify(tmp_path)

    assert found.problems == ()
    assert links.against_ledger(tmp_path, url, found.digests) == [
        "link 1 (run run-1): the ledger knows it as one of another chain than the one that is here"
    ]


def test_runs_of_another_folder_in_a_common_ledger_are_no_problem(tmp_path, url):
    common = url or f"sqlite:///{tmp_path}/common.sqlite"
    for number in (1, 2):
        finished(tmp_path / str(number), f"run-{number}", 1, {"web": "ff"})
        catch_up.bring_up_to_date(tmp_path / str(number), common)

    assert links.against_ledger(tmp_path / "1", common, verify(tmp_path / "1").digests) == []


def test_chain_that_was_written_anew_as_a_whole_shows_in_the_ledger(tmp_path, url):
    runs = tmp_path / "runs"
    finished(runs, "run-1", 1, {"web": "ff"})
    finished(runs, "run-2", 2, {"web": "ff"})
    catch_up.bring_up_to_date(runs, url)
    source = json.loads(next(runs.glob("_chain/00000001*")).read_text())["source"]
    shutil.rmtree(runs / "_chain")
    shutil.rmtree(runs / "run-2")
    write_store(runs, "run-1").write_record(record("web", "pp", day(1)))
    end(write_store(runs, "run-1"), 1)
    first = next(runs.glob("_chain/00000001*"))
    first.write_text(first.read_text().replace(json.loads(first.read_text())["source"], source))

    found = verify(runs)

    assert found.problems == ()
    assert links.against_ledger(runs, url, found.digests) == [
        "link 1 (run run-1): the ledger knows it with another content",
        "link 2 (run run-2): not there any more, though the ledger knows it",
    ]
