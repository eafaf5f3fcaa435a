"""A ledger as a destination: runs are entered there, and an address that is mistyped is told without its password."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import deliver
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.catch_up import bring_up_to_date
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.write import write_reports
from tests.builders import RUN_ID
from tests.certificates import SECRET


def test_run_is_entered_once(send, tmp_path):
    entry = {"type": "ledger", "url": f"sqlite:///{tmp_path}/other/ledger.sqlite"}
    for _twice in range(2):
        assert send(entry).place == f"The ledger {tmp_path}/other/ledger.sqlite"
    with sqlite3.connect(tmp_path / "other" / "ledger.sqlite") as connection:
        assert connection.execute("SELECT run_id FROM hipaa_cis_runs").fetchall() == [(RUN_ID,)]


def test_run_whose_id_another_run_used_is_not_said_to_be_there(send, finished, no_pauses, tmp_path):
    url = f"sqlite:///{tmp_path}/common.sqlite"
    other = tmp_path / "other"
    finished.folder.parent.rename(other)
    bring_up_to_date(other, url)
    # The same id on another controller, with a chain of its own.
    shutil.copytree(other / RUN_ID, finished.folder)
    write_reports(load_catalog(), [finished], finished)
    # A report that is made again adds a link without what the run found.
    finished.write("summary.md", "a page")
    write_reports(load_catalog(), [finished], finished)
    assert len(list((finished.folder.parent / "_chain").glob("*.json"))) == 2

    problem = send({"type": "ledger", "url": url}).problem
    assert f"ledger: it does not take the run: the ledger has a run {RUN_ID} of another run base already" in problem
    assert no_pauses == []


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://alice:s3cr3t-T0ken%2F42@127.0.0.1", "no address of a database"),
        (f"postgrsql://alice:{SECRET}@db.example/hipaa", "no address of a ledger"),
        ("sqlite:///ledger.sqlite", "whole path, with four slashes"),
    ],
    ids=["no-database", "scheme", "relative"],
)
def test_address_with_a_typing_error_is_told_before_anything_is_begun(url, told):
    with pytest.raises(HipaaCisError, match=told) as problem:
        deliver.check([{"type": "ledger", "url": url}])
    assert "ledger: url" in str(problem.value)
    assert "alice" not in str(problem.value)
    assert "T0ken" not in str(problem.value)


def test_database_where_nobody_listens_is_told_without_the_password(send, no_pauses):
    problem = send(
        {"type": "ledger", "url": "postgresql://alice:s3cr3t-T0ken%2F42@127.0.0.1:1/hipaa", "retries": 1}
    ).problem
    assert "ledger: The ledger in PostgreSQL cannot be used" in problem
    assert "T0ken" not in problem
    assert no_pauses == [1.0]


def test_address_with_a_typing_error_is_not_tried_again(send, no_pauses):
    problem = send({"type": "ledger", "url": f"postgrsql://alice:{SECRET}@db.example/hipaa"}).problem
    assert "ledger: url is no address of a ledger" in problem
    assert no_pauses == []
