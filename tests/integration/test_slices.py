"""Slices of a run by real commands at the same time, as a pipeline's matrix and a sliced job of AWX start them, and merged."""

from __future__ import annotations

import json
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests import pump
from tests.postgresql import postgresql, server
from tests.pump import SAFE

__all__ = ["postgresql", "server"]

UNSAFE = {"network": True, "telnet": True, "screen_lock_minutes": 60}
HOSTS = ["dark", "east-1", "east-2", "east-3", "west-1", "west-2", "west-3"]
GROUPS = {"east": HOSTS[1:4], "west": HOSTS[4:]}
# A closed port of this machine's loopback interface: refused at once. Nothing is piped to it: while ssh ends, a write that
# fails is told by Ansible in words of its own or in those of ssh, as a millisecond decides.
DARK = "dark ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1 ansible_pipelining=false"
# As AWX deals out hosts: in the order of their names, one to each slice in turn.
DEALT = {number: HOSTS[number - 1 :: 3] for number in (1, 2, 3)}
SYSTEM = "  - {{name: {name}, hosts: [{hosts}], role: gives medication, ephi: [processes], owner: J. Doe}}\n"
# A group, a host that only one slice has, and one that is nowhere.
SITE = "systems:\n" + "".join(SYSTEM.format(name=name, hosts=name) for name in ("west", "east-3", "east-9"))


def inventory(hosts):
    lines = [DARK if host == "dark" else f"{host} ansible_connection=local" for host in hosts]
    for group, names in GROUPS.items():
        lines += [f"[{group}]", *(name for name in names if name in hosts)]
    return "\n".join([*lines, ""])


@pytest.fixture
def command(tmp_path):
    """Return a function that runs a playbook on hosts, at a clock that stands still, with the runs in a folder."""
    (tmp_path / "all.ini").write_text(inventory(HOSTS))
    clock = str(pump.ROOT / "tests" / "fixed_clock")
    environment = {**pump.checkout_environment(tmp_path, UNSAFE), "PYTHONPATH": clock, "ANSIBLE_SHOW_CUSTOM_STATS": "1"}

    def run(playbook, runs, *extra, hosts=None, **variables):
        path = tmp_path / "all.ini"
        if hosts:
            path = tmp_path / f"{'-'.join(hosts)}.ini"
            path.write_text(inventory(hosts))
        options = {**pump.variables(tmp_path / runs), "hipaa_cis_run_id": "nightly", **variables}
        options = {name: value for name, value in options.items() if value is not None}
        return pump.play([playbook, "-i", str(path), "-e", json.dumps(options), *extra], environment)

    return run


def at_once(command, *calls):
    """Run commands at the same time, each given as positional and named arguments."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: command("hipaa.cis.audit", *call[0], **call[1]), calls))


def by_limit(**variables):
    return [
        (("parts", "--limit", ",".join(hosts)), {"hipaa_cis_slice": f"{number}/3", **variables})
        for number, hosts in DEALT.items()
    ]


def by_awx(**variables):
    return [
        (("parts",), {"hosts": hosts, "hipaa_cis_slice": "auto/3", "awx_job_id": 100 + number, **variables})
        for number, hosts in DEALT.items()
    ]


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(address, statement):
    with psycopg.connect(address) as connection:
        return connection.execute(statement).fetchall()


def said_by(process):
    return " ".join((process.stdout + process.stderr).split())


@pytest.mark.parametrize("cut", [by_limit, by_awx])
def test_merged_slices_are_byte_for_byte_the_run_that_was_not_sliced(command, tmp_path, cut):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "systems.yml").write_text(SITE)
    site = {"hipaa_cis_site_dir": str(tmp_path / "site")}
    *_sliced, whole = at_once(command, *cut(**site), (("whole",), site))
    merged = command("hipaa.cis.merge", "parts")

    assert whole.returncode == 4, whole.stdout + whole.stderr
    assert merged.returncode == 0, merged.stdout + merged.stderr
    assert "WARNING" not in merged.stderr
    there = files_of(tmp_path / "parts" / "nightly")
    told = json.loads(there.pop("slices.json"))
    assert (len(told["slices"]), told["missing"], told["hosts_of_no_slice"]) == (3, [], [])
    unsliced = files_of(tmp_path / "whole" / "nightly")
    assert {"summary.json", "findings.csv", "report.html", "risk_register.json", "outcomes.json"} < set(unsliced)
    assert {name for name in {*there, *unsliced} if there.get(name) != unsliced.get(name)} == set()
    summary = json.loads(there["summary.json"])
    assert (summary["totals"]["hosts"], summary["totals"]["audited"]) == (7, 6)
    assert len(summary["decisions"]["systems"]) == 3
    (notice,) = summary["decisions"]["notices"]
    assert "is of no host of the inventory: east-9" in notice["text"]
    # Its chain holds, with what the hosts answered.
    assert command("hipaa.cis.verify_runs", "parts", "-i", "localhost,").returncode == 0


def test_ledger_has_one_run_however_often_slices_end_and_are_merged(command, tmp_path):
    ledger = {"hipaa_cis_ledger": f"sqlite:///{tmp_path}/ledger.sqlite"}
    for process in at_once(command, *by_limit(**ledger)):
        assert "not in the ledger" not in said_by(process)
    assert not (tmp_path / "ledger.sqlite").exists()
    for _turn in range(2):
        merged = command("hipaa.cis.merge", "parts", **ledger)
        assert merged.returncode == 0, merged.stdout + merged.stderr
        with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
            found = connection.execute("SELECT run_id, hosts, audited FROM hipaa_cis_runs").fetchall()
        assert found == [("nightly", 7, 6)]
    # The second merge found nothing new.
    assert len(list((tmp_path / "parts" / "_chain").glob("*.json"))) == 1


def test_missing_slice_trips_the_gate_and_no_safeguard_is_clean(command, tmp_path):
    (tmp_path / "pump.json").write_text(json.dumps(SAFE))
    at_once(command, *by_limit()[1:])
    merged = command("hipaa.cis.merge", "parts", hipaa_cis_fail_on=["unreachable"])
    said = said_by(merged)
    summary = json.loads((tmp_path / "parts" / "nightly" / "summary.json").read_text())

    assert merged.returncode == 2
    assert "slices of the run nightly are missing: 1/3" in said
    assert "THE AUDIT COULD NOT BE DONE" in said
    assert {row["host"] for row in summary["hosts"] if row["status"] == "missing"} == set(DEALT[1])
    assert "supported" not in {row["state"] for row in summary["safeguards"]}
    assert "slices are missing: 1/3" in (tmp_path / "parts" / "nightly" / "report.html").read_text()


def test_slices_that_were_sent_away_are_fetched_and_merged(command, tmp_path):
    (tmp_path / "share").mkdir()
    share = [{"type": "path", "path": str(tmp_path / "share")}]
    at_once(command, *by_limit(hipaa_cis_destinations=share)[:2])
    shutil.rmtree(tmp_path / "parts")
    # The second time the merged run lies there, too.
    for _turn in range(2):
        merged = command("hipaa.cis.merge", "parts", hipaa_cis_merge_from=share, hipaa_cis_destinations=share)
        assert merged.returncode == 0, merged.stdout + merged.stderr
    # Later jobs are told.
    assert "hipaa_cis_job_nightly" in merged.stdout
    summary = json.loads((tmp_path / "parts" / "nightly" / "summary.json").read_text())

    assert {row["host"] for row in summary["hosts"] if row["status"] == "missing"} == set(DEALT[3])
    sent = {path.name for path in (tmp_path / "share").iterdir()}
    assert sent == {"nightly", "nightly@1-of-3", "nightly@2-of-3"}
    assert json.loads((tmp_path / "share" / "nightly" / "summary.json").read_text()) == summary


def test_slices_that_wait_in_a_ledger_are_merged_as_those_in_folders_are(command, tmp_path, postgresql):
    ledger = [{"type": "ledger", "url": postgresql}]
    # Each slice has a disk of its own, which ends with it; the merge has a third.
    calls = by_limit(hipaa_cis_destinations=ledger)
    for number, process in enumerate(
        at_once(command, *(((f"disk-{n}", *where[1:]), given) for n, (where, given) in enumerate(calls))), 1
    ):
        assert (number, "Not delivered" in said_by(process)) == (number, False)
    for number in range(3):
        shutil.copytree(tmp_path / f"disk-{number}", tmp_path / "folders", dirs_exist_ok=True)
        shutil.rmtree(tmp_path / f"disk-{number}")
    by_folders = command("hipaa.cis.merge", "folders", hipaa_cis_ledger=f"sqlite:///{tmp_path}/ledger.sqlite")
    assert rows(postgresql, "SELECT count(*) FROM hipaa_cis_runs") == [(0,)]
    # Merging again changes nothing.
    for _turn in range(2):
        merged = command(
            "hipaa.cis.merge",
            "merged",
            hipaa_cis_merge_from=ledger,
            hipaa_cis_destinations=ledger,
            hipaa_cis_ledger=postgresql,
        )
        assert (by_folders.returncode, merged.returncode) == (0, 0), merged.stdout + merged.stderr
    there, folders = (files_of(tmp_path / name / "nightly") for name in ("merged", "folders"))

    assert {"summary.json", "report.html", "outcomes.json", "slices.json"} < set(there)
    # What hosts answered lies beside the slices, and does not travel with them.
    differ = {name for name in {*there, *folders} if there.get(name) != folders.get(name)}
    assert differ == {name for name in folders if name.startswith("raw/")}
    assert rows(postgresql, "SELECT run_id, hosts, audited FROM hipaa_cis_runs") == [("nightly", 7, 6)]
    assert rows(postgresql, "SELECT run_id, name FROM hipaa_cis_slices ORDER BY name") == [
        ("nightly", f"{number}-of-3") for number in (1, 2, 3)
    ]
    for text in (said_by(merged), *(content.decode("utf-8", "replace") for content in there.values())):
        assert "p@ss/w:rd" not in text
        assert "p%40ss" not in text


def test_slice_that_is_missing_in_a_ledger_is_named_and_never_clean(command, tmp_path, postgresql):
    (tmp_path / "pump.json").write_text(json.dumps(SAFE))
    ledger = [{"type": "ledger", "url": postgresql}]
    calls = by_limit(hipaa_cis_destinations=ledger)
    at_once(command, *calls[1:])
    given = {"hipaa_cis_merge_from": ledger, "hipaa_cis_ledger": postgresql, "hipaa_cis_fail_on": ["unreachable"]}
    merged = command("hipaa.cis.merge", "merged", **given)
    summary = json.loads((tmp_path / "merged" / "nightly" / "summary.json").read_text())

    assert merged.returncode == 2
    assert "slices of the run nightly are missing: 1/3" in said_by(merged)
    assert {row["host"] for row in summary["hosts"] if row["status"] == "missing"} == set(DEALT[1])
    assert "supported" not in {row["state"] for row in summary["safeguards"]}
    assert rows(postgresql, "SELECT hosts, audited FROM hipaa_cis_runs") == [(4, 4)]
    # It comes after all, and counts.
    at_once(command, calls[0])
    command("hipaa.cis.merge", "merged", **given)
    assert rows(postgresql, "SELECT hosts, audited FROM hipaa_cis_runs ORDER BY position")[-1] == (7, 6)
    other = command("hipaa.cis.merge", "merged", **{**given, "hipaa_cis_run_id": "other"})
    assert (other.returncode, "keeps no slice of the run other" in said_by(other)) == (2, True)


def test_slice_of_another_night_in_the_ledger_is_no_success(command, tmp_path, postgresql):
    given = {
        "hosts": ["east-1"],
        "hipaa_cis_slice": "1/2",
        "hipaa_cis_destinations": [{"type": "ledger", "url": postgresql}],
    }
    assert command("hipaa.cis.audit", "first", **given).returncode == 0
    before = rows(postgresql, "SELECT digest FROM hipaa_cis_slices")
    (tmp_path / "pump.json").write_text(json.dumps(SAFE))
    process = command("hipaa.cis.audit", "second", **given)

    assert process.returncode == 2
    assert "This slice is not at ledger, for that has an earlier slice of this number and run id" in said_by(process)
    assert rows(postgresql, "SELECT digest FROM hipaa_cis_slices") == before


def test_slice_in_whose_place_another_one_stands_is_no_success(command, tmp_path):
    (tmp_path / "share").mkdir()
    share = [{"type": "path", "path": str(tmp_path / "share")}]
    given = {"hosts": ["east-1"], "hipaa_cis_slice": "1/2", "hipaa_cis_destinations": share}
    assert command("hipaa.cis.audit", "first", **given).returncode == 0
    (tmp_path / "pump.json").write_text(json.dumps(SAFE))
    before = files_of(tmp_path / "share")
    # A merge would take the slice of the night before for this one.
    process = command("hipaa.cis.audit", "second", **given)

    assert process.returncode == 2
    assert "for that has an earlier slice of this number and run id" in said_by(process)
    assert files_of(tmp_path / "share") == before
    # A run of its own is left with the warning, for nothing takes the other for it.
    whole = {**given, "hipaa_cis_slice": None, "hipaa_cis_run_id": "whole"}
    assert command("hipaa.cis.audit", "third", **whole).returncode == 0
    (tmp_path / "pump.json").write_text(json.dumps(UNSAFE))
    again = command("hipaa.cis.audit", "fourth", **whole)
    assert (again.returncode, "holds another content" in said_by(again)) == (0, True)


def test_hosts_of_a_file_stand_for_the_inventory(command, tmp_path):
    at_once(command, *by_limit()[:2])
    (tmp_path / "hosts.txt").write_text("# all wards\n\n" + "\n".join(HOSTS) + "\n")
    merged = command(
        "hipaa.cis.merge",
        "elsewhere",
        hosts=["localhost"],
        hipaa_cis_run_id=None,
        hipaa_cis_merge_from=[str(tmp_path / "parts" / "_slices" / "*" / "*-of-3")],
        hipaa_cis_merge_hosts=str(tmp_path / "hosts.txt"),
    )
    summary = json.loads((tmp_path / "elsewhere" / "nightly" / "summary.json").read_text())

    assert merged.returncode == 0, merged.stdout + merged.stderr
    assert {row["host"] for row in summary["hosts"] if row["status"] == "missing"} == set(DEALT[3])


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"hipaa_cis_slice": "6/5"}, "hipaa_cis_slice is '6/5', and has to be the number of the slice"),
        ({"hipaa_cis_slice": "1/2", "hipaa_cis_run_id": None}, "hipaa_cis_slice is given without hipaa_cis_run_id"),
        ({"hipaa_cis_slice": "1/2", "hipaa_cis_fail_on": ["regressed"]}, "hipaa_cis_fail_on has regressed in a slice"),
        (
            {"hipaa_cis_slice": "1/2", "hipaa_cis_destinations": [{"type": "ledger", "url": "sqlite:///x?pass-word"}]},
            "ledger: url has to name a file by its whole path",
        ),
    ],
)
def test_slice_that_cannot_be_is_told_before_a_host_is_touched(command, tmp_path, variables, message):
    process = command("hipaa.cis.audit", "parts", hosts=["east-1"], **variables)

    assert process.returncode == 2
    assert message in said_by(process)
    assert "Traceback" not in said_by(process)
    assert "pass-word" not in said_by(process)
    assert not (tmp_path / "parts").exists()


def test_run_id_that_another_run_used_is_told_to_the_slice_already(command, tmp_path):
    command("hipaa.cis.audit", "parts", hosts=["east-1"])
    before = files_of(tmp_path / "parts")
    process = command("hipaa.cis.audit", "parts", hosts=["east-2"], hipaa_cis_slice="1/2")

    assert process.returncode == 2
    assert "another run used this id" in said_by(process)
    assert files_of(tmp_path / "parts") == before


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"hipaa_cis_resume": True}, "has ended, and there is nothing to resume"),
        ({}, "another command used the run id nightly before"),
        ({"hipaa_cis_slice": "2/2", "hipaa_cis_resume": True}, "There is no run nightly to resume"),
        ({"hipaa_cis_run_id": None, "hipaa_cis_resume": "latest"}, "hipaa_cis_slice is given without hipaa_cis_run_id"),
    ],
)
def test_slice_is_resumed_as_a_run_of_its_own(command, tmp_path, variables, message):
    first = {"hosts": ["east-1"], "hipaa_cis_slice": "1/2"}
    assert command("hipaa.cis.audit", "parts", **first).returncode == 0
    before = files_of(tmp_path / "parts")
    process = command("hipaa.cis.audit", "parts", **{**first, **variables})

    assert process.returncode == 2
    assert message in said_by(process)
    assert files_of(tmp_path / "parts") == before


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "there is no such folder"),
        ({"hipaa_cis_merge_from": [7]}, "has to be a list of folders"),
        (
            {"hipaa_cis_merge_from": [{"type": "path", "path": "/x"}], "hipaa_cis_run_id": None},
            "Give the hipaa_cis_run_id",
        ),
        ({"hipaa_cis_merge_from": [{"type": "path", "path": "/nonesuch"}]}, "/nonesuch"),
        (
            {"hipaa_cis_merge_from": [{"type": "ledger", "url": "postgresql://a:pass-word@127.0.0.1:1/hipaa"}]},
            "ledger: The ledger hipaa on 127.0.0.1 cannot be used",
        ),
        (
            {"hipaa_cis_merge_from": ["postgresql://audit:pass-word@db.example/hipaa"]},
            "hipaa_cis_merge_from has an address",
        ),
        ({"hipaa_cis_merge_from": '[{"secret_key": "pass-word", "type": "s3"}]'}, "or a text of keys"),
        ({"hipaa_cis_fail_on": ["gap"]}, "unknown value of hipaa_cis_fail_on"),
    ],
)
def test_merge_that_cannot_be_is_one_clear_message(command, variables, message):
    process = command("hipaa.cis.merge", "parts", hosts=["east-1"], **variables)

    assert process.returncode == 2
    assert message in said_by(process)
    assert "Traceback" not in said_by(process)
    assert "pass-word" not in said_by(process)
