"""Hosts of different platforms in one play: each is asked for what is of its own, and what it is reached by says which that is."""

from __future__ import annotations

import json
import os
import shutil
import sys

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.replay import judge_again
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import raw_answers
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests import pump
from tests.pump import ROOT
from tests.records import record_in

PLATFORM = ROOT / "tests" / "powershell_platform"
SEEN = {"state": "value", "value": 4, "source": "the terminal"}
WRONG = {**SEEN, "value": 0}
ANSWER = {
    "benchmarks": ["bedside_terminal/ward"],
    "facts": {"os_release": {"ID": "terminal", "PLACE": "ward"}},
    "observations": {str(number): SEEN for number in range(3)},
    "changed": False,
}
# No Windows is here: what Ansible sends it is taken in, and one answer is given.
POWERSHELL = "#!/bin/sh\ncat > '{folder}/sent'\ncat '{folder}/answer.json'\n"
LINUX = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
BY_SHELL = {"ansible_connection": "local", "ansible_shell_type": "powershell", "ansible_pipelining": True}
# Named, for the one answer of the stand-in is none of Windows.
TERMINAL = {**BY_SHELL, "hipaa_cis_platforms": ["bedside_terminal"]}
DEAD = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_ssh_retries": 0}
OF_ITS_TIME = ("run_id", "audited_at")


@pytest.fixture
def audit(tmp_path):
    """A function that audits hosts, each with variables of its own, by default variables and these: the process, and the run."""
    programs = tmp_path / "programs"
    programs.mkdir()
    # ansible-core calls it by the second name from 2.21 on.
    for name in ("PowerShell", "powershell"):
        (programs / name).write_text(POWERSHELL.replace("{folder}", str(tmp_path)))
        (programs / name).chmod(0o755)
    (tmp_path / "answer.json").write_text(json.dumps(ANSWER))

    def run(hosts, command="hipaa.cis.audit", **variables):
        shared = {
            "hipaa_cis_run_dir": str(tmp_path / "runs"),
            "hipaa_cis_catalog_paths": [str(PLATFORM / "catalog"), str(pump.PLATFORM / "catalog")],
            "hipaa_cis_scan_exclude": ["/"],
            **variables,
        }
        inventory = tmp_path / "inventory.json"
        inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": shared}}))
        environ = {
            **pump.checkout_environment(tmp_path, pump.SAFE),
            "ANSIBLE_LIBRARY": f"{PLATFORM / 'library'}:{pump.PLATFORM / 'library'}",
            "PATH": f"{programs}:{os.environ['PATH']}",
        }
        return pump.play([command, "-i", str(inventory)], environ), tmp_path / "runs" / "latest"

    return run


def record_of(run, host):
    """A host's record without what tells one hour from another."""
    record = {name: value for name, value in record_in(run, host).items() if name not in OF_ITS_TIME}
    for platform in record["platforms"].values():
        platform["stats"] = {}
    return record


def outcomes(record):
    return {one["rule"]: one["outcome"] for one in record["findings"]}


def test_linux_host_a_terminal_and_a_dead_one_give_two_records_and_one_missing(audit):
    process, run = audit({"linux": LINUX, "terminal": TERMINAL, "dead": DEAD})

    said = " ".join((process.stdout + process.stderr).split())
    assert process.returncode == 4, said
    terminal = record_of(run, "terminal")
    assert (terminal["status"], [one["id"] for one in terminal["benchmarks"]]) == ("audited", ["bedside_terminal"])
    assert outcomes(terminal) == {"terminal_locks": "pass", "terminal_forgets": "pass"}
    assert set(terminal["platforms"]) == {"bedside_terminal"}
    assert record_of(run, "dead")["status"] == "unreachable"
    summary = json.loads((run / "summary.json").read_text())
    assert {one["host"]: one["status"] for one in summary["hosts"]}["linux"] in ("audited", "not_assessed")
    together = record_of(run, "linux")
    _process, run = audit({"linux": LINUX})
    assert record_of(run, "linux") == together
    assert "bedside_terminal" not in together["platforms"]


def test_terminal_is_never_changed_and_has_nothing_to_be_taken_back(audit, tmp_path):
    (tmp_path / "answer.json").write_text(json.dumps({**ANSWER, "observations": {str(at): WRONG for at in range(3)}}))
    process, run = audit({"terminal": TERMINAL}, command="hipaa.cis.remediate")

    said = " ".join((process.stdout + process.stderr).split())
    assert process.returncode == 0, said
    assert "The platform bedside_terminal is audited alone: nothing is changed there" in said
    assert "fail" in outcomes(record_of(run, "terminal")).values()
    (tmp_path / "sent").unlink()

    process, _run = audit({"terminal": TERMINAL}, command="hipaa.cis.rollback")
    assert process.returncode == 0, process.stdout + process.stderr
    assert '"nothing"' in process.stdout
    assert not (tmp_path / "sent").exists()


CLOSED = {"port": 1, "host": "127.0.0.1", "retries": 1, "delay": 0}


@pytest.mark.parametrize(
    ("more", "code", "status", "told"),
    [([], 0, "audited", "PLAY RECAP"), ([CLOSED], 2, "not_begun", "terminal: port 1")],
    ids=["on the host", "from here"],
)
def test_health_of_what_is_never_changed_is_asked_for_from_here_alone(audit, tmp_path, more, code, status, told):
    checks = [{"name": "the queue", "command": ["/bin/false"]}, {"unit": "hl7.service"}, *more]
    process, run = audit({"terminal": TERMINAL}, command="hipaa.cis.remediate", hipaa_cis_health_checks=checks)

    assert process.returncode == code, process.stdout + process.stderr
    assert told in process.stdout + process.stderr
    assert record_of(run, "terminal")["status"] == status
    sent = tmp_path / "sent"
    assert "hl7" not in (sent.read_text() if sent.exists() else "")


def test_request_to_a_terminal_asks_for_nothing_of_linux(audit, tmp_path):
    audit({"terminal": TERMINAL})

    sent = (tmp_path / "sent").read_text()
    assert "terminal_setting" in sent
    assert "sysctl" not in sent
    assert "pump_setting" not in sent


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"hipaa_cis_platforms": ["bedside"]}, "unknown name in hipaa_cis_platforms: 'bedside'. Did you mean bedside_terminal"),
        ({"hipaa_cis_benchmark": ["debian_12"]}, "Nothing that hipaa_cis_benchmark names is for a host that is reached by powershell: debian_12@"),
    ],
    ids=["unknown", "of-another-platform"],
)  # fmt: skip
def test_what_is_not_for_a_terminal_is_told(audit, own, told):
    process, _run = audit({"terminal": {**BY_SHELL, **own}})

    assert process.returncode == 2
    assert told in " ".join((process.stdout + process.stderr).split())


def test_platform_that_a_site_names_is_asked_whatever_the_host_is_reached_by(audit):
    process, run = audit({"pump": {**LINUX, "hipaa_cis_platforms": ["infusion_pump"]}})

    assert process.returncode == 0, process.stdout + process.stderr
    record = record_of(run, "pump")
    assert [one["id"] for one in record["benchmarks"]] == ["pump"]
    assert set(record["platforms"]) == {"infusion_pump"}


def test_host_that_nothing_of_the_catalog_is_for_has_failed_and_the_others_are_audited(audit, tmp_path):
    shutil.copytree(PLATFORM / "catalog" / "platforms", tmp_path / "unused" / "platforms")
    pumps = [str(tmp_path / "unused"), str(pump.PLATFORM / "catalog")]
    hosts = {"terminal": TERMINAL, "pump": {**LINUX, "hipaa_cis_platforms": ["infusion_pump"]}}
    process, run = audit(hosts, hipaa_cis_catalog_paths=pumps)

    assert process.returncode == 2
    assert "The catalog has no benchmark for this host" in record_of(run, "terminal")["reason"]
    assert record_of(run, "pump")["status"] == "audited"


def answering(folder, place, *names):
    facts = {"os_release": {"ID": "terminal", "PLACE": place}}
    (folder / "answer.json").write_text(json.dumps({**ANSWER, "benchmarks": [*names], "facts": facts}))


def test_host_is_judged_by_the_role_that_it_has_by_its_own_word(audit, tmp_path):
    answering(tmp_path, "reception", "bedside_terminal/office")
    process, run = audit({"terminal": TERMINAL})

    assert process.returncode == 0, process.stdout + process.stderr
    record = record_of(run, "terminal")
    assert outcomes(record) == {"terminal_locks": "pass"}
    assert (record["selection"]["profile"], record["meant"]) == ("office", {"level": 1, "profile": "office"})
    assert json.loads((run / "summary.json").read_text())["selections"] == {"level 1, profile office": 1}
    catalog = load_catalog([str(PLATFORM / "catalog"), str(pump.PLATFORM / "catalog")])
    tasks = raw_answers.tasks_of(RunStore.open(str(run)), "terminal")
    assert [*judge_again(catalog, record, tasks)] == record["findings"]


def test_level_holds_for_the_role_and_added_profiles_beside_it(audit, tmp_path):
    answering(tmp_path, "office", "bedside_terminal/office")
    _process, run = audit({"terminal": TERMINAL}, hipaa_cis_level=2, hipaa_cis_profiles=["cards"])

    record = record_of(run, "terminal")
    assert set(outcomes(record)) == {"terminal_locks", "terminal_forgets", "terminal_card_readers"}
    assert "level 2, profile office + cards" in json.loads((run / "summary.json").read_text())["selections"]


@pytest.mark.parametrize("variables", [{}, {"hipaa_cis_benchmark": ["bedside_terminal"]}], ids=["detected", "named"])
def test_host_of_no_known_role_is_not_judged_by_any(audit, tmp_path, variables):
    answering(tmp_path, "ambulance")
    process, _latest = audit({"terminal": TERMINAL}, hipaa_cis_run_id="one", **variables)

    assert process.returncode == 2
    told = " ".join((process.stdout + process.stderr).split())
    assert "what it says of its role (PLACE=ambulance) is none of ward, office; hipaa_cis_profile names one" in told
    assert record_of(tmp_path / "runs" / "one", "terminal")["findings"] == []


def test_role_that_a_site_names_counts_whatever_the_host_says(audit, tmp_path):
    answering(tmp_path, "ambulance", "bedside_terminal")
    process, run = audit({"terminal": {**TERMINAL, "hipaa_cis_profile": "ward"}})

    assert process.returncode == 0, process.stdout + process.stderr
    record = record_of(run, "terminal")
    assert set(outcomes(record)) == {"terminal_locks", "terminal_forgets"}
    assert "by_role" not in record["selection"]


@pytest.mark.parametrize(("name", "value"), [("hipaa_cis_profile", "warden"), ("hipaa_cis_profiles", ["card"])])
def test_mistyped_profile_is_told_before_anything_begins(audit, name, value):
    process, _run = audit({"terminal": {**TERMINAL, name: value}})

    assert process.returncode == 2
    assert (
        f"Nothing was begun: unknown profile '{value if isinstance(value, str) else value[0]}'"
        in process.stdout + process.stderr
    )


def test_run_is_resumed_by_what_was_asked_and_not_by_the_role_that_was_found(audit, tmp_path):
    hosts = {"first": TERMINAL, "second": {**DEAD, "ansible_shell_type": "powershell"}}
    audit(hosts, hipaa_cis_run_id="one")
    sent = (tmp_path / "sent").stat().st_mtime_ns
    process, run = audit(hosts, hipaa_cis_run_id="one", hipaa_cis_resume=True)

    assert "cannot be resumed" not in process.stdout + process.stderr
    assert (tmp_path / "sent").stat().st_mtime_ns == sent
    assert record_of(run, "first")["selection"]["profile"] == "ward"
