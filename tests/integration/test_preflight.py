"""What a site has mistyped is found before any host is touched, also in check mode. No host is needed for it."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from tests import pump
from tests.pump import SAFE

# Windows that are closed for days, whenever a test runs.
CLOSED = {"from": "00:00", "to": "00:01", "timezone": "UTC"}
WINDOW = {"from": "00:00", "to": "23:59", "timezone": "UTC"}


@pytest.fixture
def command(tmp_path):
    """A function that runs a playbook on two hosts, the second with variables of its own: (exit code, what was said)."""

    def run(book, *extra, own=None, **variables):
        # Where a host is reached at all, its Python is not there.
        hosts = {"one": {}, "two": own or {}}
        shared = {"ansible_connection": "local", "ansible_python_interpreter": "/nonexistent/python3"}
        (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": shared}}))
        given = {"hipaa_cis_become": False, "hipaa_cis_run_dir": str(tmp_path / "runs"), **variables}
        process = pump.play(
            [book, "-i", str(tmp_path / "inventory.json"), "-e", json.dumps(given), *extra],
            pump.checkout_environment(tmp_path, SAFE),
        )
        return process.returncode, " ".join((process.stdout + process.stderr).split())

    return run


@pytest.mark.parametrize("mode", [[], ["--check"]], ids=["apply", "check"])
@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"hipaa_cis_health_checks": [{"comand": "true"}]}, "unknown key 'comand'. Did you mean command?"),
        ({"hipaa_cis_health_checks": [{"port": "ssh"}]}, "health check 1"),
        ({"hipaa_cis_windows": [{**WINDOW, "form": "1"}]}, "unknown key 'form'. Did you mean from?"),
        ({"hipaa_cis_windows": [{**WINDOW, "timezone": "Europe/Berln"}]}, "Europe/Berlin"),
        ({"hipaa_cis_before_reboot": ["drain"]}, "hipaa_cis_before_reboot, command 1: write the program"),
        ({"hipaa_cis_window_minuts": 5}, "unknown variable 'hipaa_cis_window_minuts'. Did you mean hipaa_cis_window_minutes"),
    ],
    ids=["check-key", "check-value", "window-key", "window-zone", "command", "variable"],
)  # fmt: skip
def test_typing_error_of_one_host_stops_all_at_the_start(command, tmp_path, own, told, mode):
    code, said = command("hipaa.cis.remediate", *mode, own=own)

    assert code == 2
    assert "Nothing was begun" in said
    assert told in said
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"hipaa_cis_fail_on": ["gap"]}, "unknown value of hipaa_cis_fail_on: 'gap'"),
        ({"hipaa_cis_level": 3}, "unknown level '3'"),
        ({"hipaa_cis_level": "two"}, "argument 'level' is of type"),
        ({"hipaa_cis_include": {"tags": ["shs"]}}, "unknown name in include.tags: 'shs'"),
        ({"hipaa_cis_parameter_ssh_max_sesions": 4}, "unknown parameter 'ssh_max_sesions'"),
        ({"hipaa_cis_parameter_ssh_max_sessions": "many"}, "ssh_max_sessions"),
        ({"hipaa_cis_allow_disruption": ["logn"]}, "unknown disruption class 'logn'"),
        ({"hipaa_cis_confirm_timeout": 1}, "hipaa_cis_confirm_timeout is 1"),
        ({"hipaa_cis_command_timeout": 0}, "hipaa_cis_command_timeout is 0"),
        ({"hipaa_cis_observe_max_seconds": 0}, "hipaa_cis_observe_max_seconds is 0"),
        ({"hipaa_cis_scan_max_seconds": "inf"}, "hipaa_cis_scan_max_seconds is inf"),
        ({"hipaa_cis_scan_exclude": ["usr"]}, "hipaa_cis_scan_exclude names 'usr'"),
        ({"hipaa_cis_run_id": "a b"}, "The run id 'a b' may only hold"),
        ({"hipaa_cis_resume": "nightly"}, "hipaa_cis_resume is 'nightly', and has to be true"),
        ({"hipaa_cis_plan": None}, "hipaa_cis_plan is empty"),
        ({"hipaa_cis_merge_max_age": -1}, "hipaa_cis_merge_max_age is -1"),
        ({"hipaa_cis_exceptions": "ssh_banner"}, "hipaa_cis_exceptions has to be a list"),
        ({"hipaa_cis_site_dir": "/nowhere"}, "/nowhere is no folder"),
        ({"hipaa_cis_ledger": "postgres://db/audits"}, "hipaa_cis_ledger is no address of a ledger"),
        ({"hipaa_cis_levl": 2}, "unknown variable 'hipaa_cis_levl'"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)).removeprefix("hipaa_cis_"),
)
def test_option_of_one_host_that_cannot_be_used_stops_an_audit_before_any_is_touched(command, tmp_path, own, told):
    code, said = command("hipaa.cis.audit", own=own)

    assert code == 2
    assert "Nothing was begun" in said
    assert told in said
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "own",
    [
        {"hipaa_cis_fail_on": ["gap_required"]},
        {"hipaa_cis_report": False},
        {"hipaa_cis_resume": False},
        {"hipaa_cis_merge_max_age": 3},
        {"hipaa_cis_walks_at_once": 1},
    ],
    ids=lambda value: next(iter(value)).removeprefix("hipaa_cis_"),
)
def test_option_of_the_whole_run_that_hosts_have_differently_is_refused(command, tmp_path, own):
    """The report is one task for all hosts, and takes the first one's: a gate of the second would never be looked at."""
    code, said = command("hipaa.cis.audit", own=own)

    assert code == 2
    assert f"{next(iter(own))} is one for the whole run, and it is another one here than for" in said
    assert not (tmp_path / "runs").exists()


def test_report_refuses_a_mistyped_variable(command):
    code, said = command("hipaa.cis.report", hipaa_cis_merge_max_ages=3)

    assert code == 2
    assert "unknown variable 'hipaa_cis_merge_max_ages'. Did you mean hipaa_cis_merge_max_age" in said


def closed():
    """Return windows that do not open within the next two days."""
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    return [{**CLOSED, "days": [days[(datetime.now(timezone.utc).weekday() + 3) % 7]]}]


def test_run_outside_its_window_ends_cleanly_with_every_host_not_begun(command, tmp_path):
    code, said = command("hipaa.cis.remediate", hipaa_cis_windows=closed(), hipaa_cis_batches=[1, 1])

    assert code == 0, said
    run = tmp_path / "runs" / "latest"
    summary = json.loads((run / "summary.json").read_text())
    assert {host["host"]: host["status"] for host in summary["hosts"]} == {"one": "not_begun", "two": "not_begun"}
    for host in ("one", "two"):
        record = json.loads((run / "remediation" / f"{host}.json").read_text())
        validator("remediation_record").validate(record)
        assert "outside of the maintenance windows" in record["not_begun"]
        assert not record["changed"]
    validator("summary").validate(summary)
    assert "not begun" in (run / "report.html").read_text()
    assert "NOT BEGUN" in said
    code, said = command("hipaa.cis.remediate", hipaa_cis_windows=closed(), hipaa_cis_fail_on=["unreachable"])
    assert code == 2, said
    assert "not_begun: one" in said


def test_host_outside_its_own_window_is_left_alone_and_the_others_of_its_batch_are_not(command, tmp_path):
    """The first host is open: it is reached, where its Python is not there."""
    code, said = command("hipaa.cis.remediate", own={"hipaa_cis_windows": closed()}, hipaa_cis_batches=[2])

    assert code == 2
    assert "one : ok=" in said
    assert "/nonexistent/python3" in said or "no Python" in said
    summary = json.loads((tmp_path / "runs" / "latest" / "summary.json").read_text())
    assert {host["host"]: host["status"] for host in summary["hosts"]} == {"one": "failed", "two": "not_begun"}


@pytest.mark.parametrize("name", ["hipaa_cis_batches", "hipaa_cis_max_fail_percentage", "hipaa_cis_hosts"])
def test_what_a_play_cannot_see_is_refused_in_the_inventory(command, tmp_path, name):
    code, said = command("hipaa.cis.remediate", "--check", own={name: 2})

    assert code == 2
    assert f"{name} is set for this host or for a group of it, where it has no effect" in said
    # Before ansible-core 2.19 the message is shown as JSON only, with quotes escaped.
    assert f"""-e '{{"{name}": 2}}'""" in said.replace("\\", "")
    assert not (tmp_path / "runs").exists()


def test_batches_of_the_command_line_are_taken(command, tmp_path):
    _code, said = command("hipaa.cis.remediate", "--check", hipaa_cis_batches=[1, 1], hipaa_cis_max_fail_percentage=100)

    assert "has no effect" not in said
    assert (tmp_path / "runs").exists()


def test_batches_of_the_playbook_that_imports_ours_are_taken(command, tmp_path):
    wrapper = tmp_path / "site.yml"
    wrapper.write_text("- import_playbook: hipaa.cis.remediate\n  vars: {hipaa_cis_batches: [2]}\n")

    _code, said = command(str(wrapper), "--check")

    assert "has no effect" not in said
    assert (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"hipaa_cis_runid": "one-that-is-not-there"}, "unknown variable 'hipaa_cis_runid'. Did you mean hipaa_cis_run_id"),
        ({"hipaa_cis_run_id": ""}, "hipaa_cis_run_id is empty"),
    ],
)  # fmt: skip
def test_rollback_of_a_run_that_was_mistyped_is_none_of_the_last_run(command, variables, told):
    code, said = command("hipaa.cis.rollback", **variables)

    assert code == 2
    assert told in said
    assert "/nonexistent/python3" not in said


def test_rollback_takes_its_options_from_variables(command):
    """The module is sent, with what the variables say."""
    python = {"ansible_python_interpreter": sys.executable}
    code, said = command("hipaa.cis.rollback", "--check", hipaa_cis_run_id="one-that-is-not-there", **python)

    assert code == 2
    assert "no journal of the run one-that-is-not-there" in said or "has to be run as root" in said


def test_run_that_is_not_there_can_be_no_error(command, tmp_path):
    book = tmp_path / "book.yml"
    tasks = [
        {"name": "nothing", "hipaa.cis.rollback": {"run_id": "one-that-is-not-there", "must_exist": False}},
        {"name": "damaged name", "hipaa.cis.rollback": {"run_id": "../x", "must_exist": False}},
    ]
    book.write_text(json.dumps([{"hosts": "one", "gather_facts": False, "tasks": tasks}]))

    code, said = command(str(book), "--check", ansible_python_interpreter=sys.executable)

    assert code == 2
    assert "one : ok=1" in said or "has to be run as root" in said
    assert "may only hold letters" in said or "has to be run as root" in said


@pytest.mark.parametrize("task", ["health_check", "maintenance_window"])
def test_mistyped_variable_is_an_error_of_the_other_actions_too(command, tmp_path, task):
    book = tmp_path / "book.yml"
    book.write_text(json.dumps([{"hosts": "one", "gather_facts": False, "tasks": [{f"hipaa.cis.{task}": {}}]}]))

    code, said = command(str(book), hipaa_cis_window=[WINDOW])

    assert code == 2
    assert "unknown variable 'hipaa_cis_window'" in said


def test_remediation_is_not_resumed_but_begun_anew(command):
    code, said = command("hipaa.cis.remediate", hipaa_cis_run_id="one", hipaa_cis_resume=True)

    assert code == 2
    assert "Nothing was begun: hipaa_cis_resume goes on with an audit. A remediation is begun anew" in said
