"""Slices that wait in a ledger's database for their merge: kept once, given back as they were, and nothing else is taken for one."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy

from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import archive, deliver
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import ledger as destination
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.entries import parse
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import address, connection, kept_slices
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.tables import tables
from tests.builders import RUN_ID
from tests.postgresql import postgresql, server

__all__ = ["postgresql", "server"]
PART = "1-of-2"
# Of the server of the tests, in an address and as it is.
PASSWORDS = ("p%40ss%2Fw%3Ard", "p@ss/w:rd")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    return f"sqlite:///{tmp_path}/slices.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgresql")


@pytest.fixture
def entry(url):
    return {"type": "ledger", "url": url, "retries": 0}


@pytest.fixture
def fetch(entry, tmp_path):
    """Return a function that fetches the slices of a run."""

    def run(run_id=RUN_ID):
        return deliver.fetch_runs(parse([entry])[0], run_id, tmp_path / "into")

    return run


def rows(url, column="*", table="hipaa_cis_slices"):
    with connection.opened(url) as one:
        found = one.exec_driver_sql(f"SELECT {column} FROM {table} ORDER BY 1, 2").all()
    return [tuple(row) for row in found]


def change(url, statement, *values):
    """Do what somebody does who may write to the database."""
    with connection.opened(url) as one, connection.writing(one):
        one.execute(sqlalchemy.text(statement), *values)


def large(finished, size=3 * kept_slices.PIECE + 17):
    """Let a slice be larger than a piece, whatever packs it."""
    (finished.folder / "hosts" / "large.bin").write_bytes(os.urandom(size))


def test_slice_comes_back_as_it_was_and_no_row_is_large(send, fetch, finished, url):
    large(finished)
    place = send({"type": "ledger", "url": url}, PART).place
    (folder,) = fetch()

    assert place == f"{address.shown(url)}, slice {PART} of the run {RUN_ID}"
    assert (folder.name, archive.digests(folder)) == (f"{RUN_ID}@{PART}", archive.digests(finished.folder))
    lengths = [length for (length, _number) in rows(url, "length(content), number", "hipaa_cis_slice_pieces")]
    assert (len(lengths), max(lengths)) == (4, 1 << 20)
    # The run is no run of the ledger until it is merged.
    assert rows(url, "run_id, part", "hipaa_cis_runs") == []


def test_slice_is_kept_once_and_a_second_report_packs_nothing(send, entry, url, monkeypatch):
    send(entry, PART)
    before = rows(url)
    monkeypatch.setattr(archive, "packed", None)
    assert send(entry, PART).place
    assert rows(url) == before


def test_slice_that_went_on_takes_its_own_place(send, entry, fetch, finished, goes_on, url):
    large(finished)
    send(entry, PART)
    (finished.folder / "hosts" / "large.bin").unlink()
    goes_on()
    assert send(entry, PART).place
    (folder,) = fetch()

    assert archive.digests(folder) == archive.digests(finished.folder)
    # Of what it was before, no piece is left.
    assert len(rows(url, "run_id, number", "hipaa_cis_slice_pieces")) == 1


def test_other_content_under_the_run_and_slice_is_left_as_it_is(send, entry, finished, goes_on, url, no_pauses):
    send(entry, PART)
    before = rows(url)
    goes_on()
    # On another machine nobody knows of the first.
    shutil.rmtree(finished.folder.parent / deliver.FOLDER)
    told = send({**entry, "retries": 3}, PART)

    assert told.taken
    assert (
        f"slice {PART} of the run {RUN_ID} holds another content under this run's id, and is left as it is"
        in told.problem
    )
    assert no_pauses == []
    assert rows(url) == before


@pytest.mark.parametrize(("digest", "taken"), [(None, False), ("of another", True)], ids=["same", "another"])
def test_slice_that_came_while_this_one_was_packed_is_not_overwritten(send, entry, url, monkeypatch, digest, taken):
    packed = archive.packed

    def slow(*arguments):
        monkeypatch.setattr(archive, "packed", packed)
        assert send(entry, PART).place
        if digest:
            change(url, f"UPDATE hipaa_cis_slices SET digest = '{digest}'")
        return packed(*arguments)

    monkeypatch.setattr(archive, "packed", slow)
    told = send(entry, PART)
    assert (told.taken, bool(told.place)) == (taken, not taken)
    assert len(rows(url)) == 1


def test_slices_of_a_run_are_fetched_together_and_no_other_run(send, entry, fetch, url):
    send(entry, "2-of-2")
    send(entry, PART)
    change(url, "INSERT INTO hipaa_cis_slices VALUES ('audit-10', '1-of-2', '', 0, 0)")

    assert [folder.name for folder in fetch()] == [f"{RUN_ID}@{PART}", f"{RUN_ID}@2-of-2"]
    with pytest.raises(
        HipaaCisError, match=r"ledger: The ledger .* keeps no slice of the run other\. Give the slices this"
    ):
        fetch("other")


def test_whole_run_is_entered_as_ever_and_is_no_slice(send, entry, fetch, url):
    send(entry)
    assert [row[0] for row in rows(url, "run_id, part", "hipaa_cis_runs")] == [RUN_ID]
    with pytest.raises(HipaaCisError, match="keeps no slice"):
        fetch()


def _keep(url, number):
    content = bytes([number % 3]) * (kept_slices.PIECE + 1)
    with connection.opened(url) as one:
        slice_ = kept_slices.Kept("night-1", f"{number % 3 + 1}-of-3", number)
        return kept_slices.keep(one, slice_, f"digest-{number % 3}", "", io.BytesIO(content))


def test_controllers_that_send_at_once_keep_each_slice_once(url):
    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(lambda number: _keep(url, number), range(12)))

    assert [row[:2] for row in rows(url, "name, size")] == [(f"{n}-of-3", kept_slices.PIECE + 1) for n in (1, 2, 3)]
    assert len(rows(url, "name, number", "hipaa_cis_slice_pieces")) == 6


def test_slices_of_one_run_do_not_wait_for_each_other(postgresql, monkeypatch):
    monkeypatch.setattr(connection, "PATIENCE", 0.2)
    _keep(postgresql, 0)
    with (
        connection.opened(postgresql) as one,
        connection.writing(one, kept_slices._lock(kept_slices.Kept("night-1", "1-of-3", 0))),
    ):
        assert _keep(postgresql, 1)
        with pytest.raises(HipaaCisError, match="another program has held it for too long"):
            _keep(postgresql, 0)


# --- what somebody did to it

CHANGES = [
    ("UPDATE hipaa_cis_slices SET digest = 'x'", "its content is another than its digest says"),
    ("UPDATE hipaa_cis_slices SET size = size + 1", "its pieces are not those that were stored"),
    ("DELETE FROM hipaa_cis_slice_pieces WHERE number = 1", "its pieces are not those that were stored"),
    ("UPDATE hipaa_cis_slice_pieces SET number = 7 WHERE number = 0", "its pieces are not those that were stored"),
    ("UPDATE hipaa_cis_slices SET name = '2-of-2'; ", "its pieces are not those that were stored"),
]


@pytest.mark.parametrize(("statement", "said"), CHANGES)
def test_slice_that_was_changed_in_the_database_is_refused(send, fetch, finished, url, statement, said):
    large(finished)
    send({"type": "ledger", "url": url}, PART)
    change(url, statement)
    with pytest.raises(HipaaCisError, match=f"is not what was delivered: {said}"):
        fetch()


def put(url, content, name=PART, piece=None):
    """Let somebody put an archive there as a slice of the run."""
    change(url, "DELETE FROM hipaa_cis_slice_pieces")
    change(url, "DELETE FROM hipaa_cis_slices")
    names = {"run_id": RUN_ID, "name": name}
    with connection.opened(url) as one, connection.writing(one):
        one.execute(tables().slices.insert(), {**names, "digest": "0" * 64, "size": len(content), "stored_at": 0})
        one.execute(tables().slice_pieces.insert(), {**names, "number": 0, "content": piece or content})


def test_what_is_no_archive_of_the_slice_is_refused(fetch, finished, url, monkeypatch):
    put(url, b"theirs")
    with pytest.raises(
        HipaaCisError, match=rf"ledger: The ledger .*, slice {PART} of the run {RUN_ID} is no archive of a run"
    ):
        fetch()
    with archive.packed(finished.folder, archive.digests(finished.folder), "../other") as stream:
        put(url, stream.read())
    with pytest.raises(HipaaCisError, match=r"is no archive of a run: it holds '\.\./other"):
        fetch()
    with archive.packed(finished.folder, archive.digests(finished.folder), f"{RUN_ID}@2-of-2") as stream:
        put(url, stream.read(), name="../\x1b[31m1-of-2")
    with pytest.raises(HipaaCisError, match="is not what was delivered") as problem:
        fetch()
    assert "\x1b" not in str(problem.value)
    put(url, b"x" * (kept_slices.PIECE + 1))
    with pytest.raises(HipaaCisError, match="its pieces are not those that were stored"):
        fetch()
    # An archive of a few KB that would fill the disk.
    monkeypatch.setattr(archive, "MAX_BYTES", 1000)
    with archive.packed(finished.folder, archive.digests(finished.folder), f"{RUN_ID}@{PART}") as stream:
        put(url, stream.read())
    with pytest.raises(HipaaCisError, match="or 1,000 bytes"):
        fetch()


def test_text_in_the_place_of_bytes_is_refused(send, tmp_path):
    url = f"sqlite:///{tmp_path}/slices.sqlite"
    send({"type": "ledger", "url": url}, PART)
    change(url, "UPDATE hipaa_cis_slice_pieces SET content = 'a text'")
    change(url, "UPDATE hipaa_cis_slices SET size = 6")
    (parsed,) = parse([{"type": "ledger", "url": url}])
    with pytest.raises(HipaaCisError, match="its pieces are not those that were stored"):
        deliver.fetch_runs(parsed, RUN_ID, tmp_path / "into")


# --- a database that cannot be used


def test_ledger_of_an_older_version_learns_of_slices_and_keeps_its_runs(send, entry, fetch, finished, url, tmp_path):
    shutil.copytree(connection.MIGRATIONS, tmp_path / "old")
    (tmp_path / "old" / "versions" / "v0002_slices.py").unlink()
    with connection.opened(url, tmp_path / "old") as one:
        assert not sqlalchemy.inspect(one).has_table("hipaa_cis_slices")
        with connection.writing(one):
            one.exec_driver_sql("INSERT INTO hipaa_cis_hosts VALUES (1, 'ward')")
    with pytest.raises(HipaaCisError, match="keeps no slice of the run"):
        fetch()
    assert send(entry, PART).place
    (folder,) = fetch()
    assert archive.digests(folder) == archive.digests(finished.folder)
    assert rows(url, "id, name", "hipaa_cis_hosts") == [(1, "ward")]


def test_ledger_of_a_newer_version_is_left_alone(send, entry, fetch, url):
    send(entry, PART)
    change(url, "UPDATE hipaa_cis_version SET version_num = '0999'")
    assert "it was written by a newer one. Update the collection" in send(entry, "2-of-2").problem
    with pytest.raises(HipaaCisError, match=r"written by a newer one\. Update the collection"):
        fetch()


@pytest.fixture
def reader(postgresql):
    """The address of the same ledger, for a user that may read what is there and nothing else."""
    schema = postgresql.rpartition("%3D")[2]
    with connection.opened(postgresql):
        pass
    with psycopg.connect(postgresql, autocommit=True) as one:
        one.execute(f"CREATE ROLE reader_of_{schema} LOGIN PASSWORD 'p@ss/w:rd'")
        one.execute(f"GRANT USAGE ON SCHEMA {schema} TO reader_of_{schema}")
        one.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader_of_{schema}")
        yield postgresql.replace("cis:", f"reader_of_{schema}:", 1)
        one.execute(f"DROP OWNED BY reader_of_{schema}")
        one.execute(f"DROP ROLE reader_of_{schema}")


def test_user_that_may_only_read_fetches_slices_and_is_told_that_it_sends_none(
    send, finished, postgresql, reader, tmp_path
):
    send({"type": "ledger", "url": postgresql}, PART)
    (folder,) = deliver.fetch_runs(parse([{"type": "ledger", "url": reader}])[0], RUN_ID, tmp_path / "into")
    assert archive.digests(folder) == archive.digests(finished.folder)
    told = send({"type": "ledger", "url": reader, "retries": 0}, "2-of-2")
    assert (
        "the user that the address names has too few rights. Let it make tables there, read and write" in told.problem
    )
    assert rows(postgresql, "name, size")[0][0] == PART
    assert len(rows(postgresql)) == 1


def test_user_that_may_only_read_is_told_that_the_ledger_is_of_an_older_version(postgresql, reader, tmp_path):
    change(postgresql, "DROP TABLE hipaa_cis_slices")
    change(postgresql, "DROP TABLE hipaa_cis_slice_pieces")
    change(postgresql, "UPDATE hipaa_cis_version SET version_num = '0001'")
    with pytest.raises(HipaaCisError, match=r"has too few rights\. Let it make tables there"):
        deliver.fetch_runs(parse([{"type": "ledger", "url": reader}])[0], RUN_ID, tmp_path / "into")


def test_file_that_may_only_be_read_is_told(send, tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/slices.sqlite"
    send({"type": "ledger", "url": url}, PART)
    engine = connection._engine

    def read_only(sa, given):
        made = engine(sa, given)
        sa.event.listen(made, "connect", lambda one, _record: one.execute("PRAGMA query_only = ON"))
        return made

    monkeypatch.setattr(connection, "_engine", read_only)
    told = send({"type": "ledger", "url": url, "retries": 0}, "2-of-2").problem
    assert "it is read-only. Let the user of Ansible write to it" in told


def test_server_that_goes_in_the_middle_of_a_slice_keeps_none_of_it_and_the_next_attempt_is_whole(
    send, finished, postgresql, no_pauses, tmp_path
):
    large(finished)
    with connection.opened(postgresql), psycopg.connect(postgresql, autocommit=True) as one:
        one.execute("CREATE SEQUENCE turn")
        one.execute(
            "CREATE FUNCTION go() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF NEW.number = 1 AND nextval('turn') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; END $$"
        )
        one.execute("CREATE TRIGGER go BEFORE INSERT ON hipaa_cis_slice_pieces FOR EACH ROW EXECUTE FUNCTION go()")
        told = send({"type": "ledger", "url": postgresql, "retries": 0}, PART).problem
        assert "ledger: The ledger in PostgreSQL cannot be used: " in told
        assert "terminat" in told
        assert "See that url is right" in told
        assert rows(postgresql) == rows(postgresql, "run_id, number", "hipaa_cis_slice_pieces") == []
        one.execute("ALTER SEQUENCE turn RESTART")
        assert send({"type": "ledger", "url": postgresql, "retries": 1}, PART).place
    assert no_pauses == [1.0]
    assert len(deliver.fetch_runs(parse([{"type": "ledger", "url": postgresql}])[0], RUN_ID, tmp_path / "into")) == 1


def test_server_that_goes_while_slices_are_fetched_is_told(send, finished, postgresql, monkeypatch, tmp_path):
    large(finished)
    send({"type": "ledger", "url": postgresql}, PART)

    class Goes(io.BytesIO):
        def write(self, content):
            with psycopg.connect(postgresql, autocommit=True) as one:
                one.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            return super().write(content)

    monkeypatch.setattr(destination, "tempfile", type("", (), {**vars(tempfile), "TemporaryFile": Goes}))
    with pytest.raises(HipaaCisError, match=r"ledger: The ledger in PostgreSQL cannot be used: .*terminat") as problem:
        deliver.fetch_runs(parse([{"type": "ledger", "url": postgresql}])[0], RUN_ID, tmp_path / "into")
    assert not any(one in str(problem.value) for one in PASSWORDS)


def test_server_that_is_gone_without_a_word_is_given_up(postgresql):
    with connection.opened(postgresql) as one:
        known = one.connection.driver_connection.info.get_parameters()
    assert (known["keepalives_idle"], known["tcp_user_timeout"]) == ("30", "60000")


def test_address_with_a_typing_error_is_told_without_its_password(tmp_path):
    (parsed,) = parse([{"type": "ledger", "url": "postgrsql://alice:pass-word@db.example/hipaa"}])
    with pytest.raises(HipaaCisError, match="ledger: url is no address of a ledger") as problem:
        deliver.fetch_runs(parsed, RUN_ID, tmp_path / "into")
    assert "pass-word" not in str(problem.value)
    (parsed,) = parse([{"type": "ledger", "url": "postgresql://alice:pass-word@127.0.0.1:1/hipaa"}])
    with pytest.raises(
        HipaaCisError, match=r"ledger: The ledger hipaa on 127.0.0.1 cannot be used: .*See that url is right"
    ) as problem:
        deliver.fetch_runs(parsed, RUN_ID, tmp_path / "into")
    assert "pass-word" not in str(problem.value)
