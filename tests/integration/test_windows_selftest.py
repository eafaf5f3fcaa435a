"""The playbook of the self-test, with a stand-in for PowerShell that gives what the collectors and second ways say of a recorded machine."""

from __future__ import annotations

import json
import os
import sys

import pytest

from tests import pump
from tests.unit.both_sides import test_windows_selftest as recorded

pytestmark = pytest.mark.pwsh

# No Windows is here: what Ansible sends tells which module it is.
POWERSHELL = """\
#!/bin/sh
cat > '{folder}/sent'
if grep -q 'windows\\.selftest\\.psm1' '{folder}/sent'; then cat '{folder}/again.json'; else cat '{folder}/ours.json'; fi
"""
WINDOWS = {
    "ansible_connection": "local",
    "ansible_shell_type": "powershell",
    "ansible_pipelining": True,
    "ansible_user": r"HOSPITAL\svc-audit",
}
LINUX = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
HOST = "../Ward 7"


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """What is answered of the machine on which both ways agree."""
    return recorded.put(tmp_path_factory.mktemp("machines"), {"agrees": recorded.CASES["agrees"]}, direct=False)[
        "agrees"
    ]


@pytest.fixture
def selftest(tmp_path, answered):
    """A function that runs the playbook on hosts, with changes of the answers: the process, and the folder of reports."""
    programs = tmp_path / "programs"
    programs.mkdir()
    # ansible-core calls it by the second name from 2.21 on.
    for name in ("PowerShell", "powershell"):
        (programs / name).write_text(POWERSHELL.replace("{folder}", str(tmp_path)))
        (programs / name).chmod(0o755)

    def run(hosts, ours=None, again=None, **variables):
        (tmp_path / "ours.json").write_text(json.dumps(ours or {"changed": False, **answered["ours"]}))
        (tmp_path / "again.json").write_text(json.dumps(again or {"changed": False, **answered["again"]}))
        shared = {"hipaa_cis_selftest_dir": str(tmp_path / "reports"), **variables}
        inventory = tmp_path / "inventory.json"
        inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": shared}}))
        environ = {
            **pump.checkout_environment(tmp_path, pump.SAFE),
            "PATH": f"{programs}:{os.environ['PATH']}",
        }
        return pump.play(["hipaa.cis.windows_selftest", "-i", str(inventory)], environ), tmp_path / "reports"

    return run


def told(process):
    return " ".join((process.stdout + process.stderr).split())


def test_report_of_a_host_on_which_both_agree(selftest):
    process, reports = selftest({HOST: WINDOWS, "linux": LINUX})

    assert process.returncode == 0, told(process)
    assert "skipped=1" in told(process)
    assert "45 agree, 0 differ, 0 could not be made" in told(process)
    (path,) = reports.iterdir()
    assert path.name.startswith("windows-selftest-")
    assert (path.stat().st_mode & 0o777, reports.stat().st_mode & 0o777) == (0o600, 0o700)
    report = json.loads(path.read_text())
    assert report["schema"] == "hipaa.cis/windows_selftest/1"
    assert report["counts"] == {"agree": 45, "differ": 0, "not_made": 0}
    assert report["windows"]["build"] == "20348"
    assert report["system"]["language"] == 1031
    assert report["connection"] == "local"
    assert report["seconds"]["second_ways"]["registry"] >= 0
    assert set(report["collectors"]) >= {"registry", "service", "security_export"}
    assert not [name for name in ("Ward", "svc-audit", "HOSPITAL", "Müller", "S-1-5-21") if name in path.read_text()]


def test_what_differs_is_shown_and_fails_unless_told_otherwise(selftest, answered):
    again = json.loads(json.dumps(answered["again"]))
    again["readings"]["system"]["value"]["sku"] = 8
    process, reports = selftest({HOST: WINDOWS}, again={"changed": False, **again})

    assert process.returncode == 2
    assert "differs fact edition ServerStandard | 8" in told(process)
    process, _reports = selftest({HOST: WINDOWS}, again={"changed": False, **again}, hipaa_cis_selftest_fails=False)
    assert process.returncode == 0
    (path,) = reports.iterdir()
    assert [one["name"] for one in json.loads(path.read_text())["checks"] if one["same"] is False] == ["fact edition"]


def test_host_of_which_one_way_says_nothing_has_failed_and_has_a_report(selftest):
    process, reports = selftest({HOST: WINDOWS}, again={"failed": True, "msg": "Cannot find type [X] for svc-audit"})

    assert process.returncode == 2
    (path,) = reports.iterdir()
    report = json.loads(path.read_text())
    assert report["counts"]["agree"] == report["counts"]["differ"] == 0
    assert "Cannot find type [X] for ..." in report["failed"]["windows_selftest"]
    assert "Cannot find type [X]" in told(process)


def test_inventory_without_any_windows_has_failed(selftest):
    process, reports = selftest({"linux": LINUX})

    assert process.returncode == 2
    assert "no Windows host" in told(process)
    assert not reports.exists()


def test_mistyped_variable_is_told(selftest):
    process, _reports = selftest({HOST: WINDOWS}, hipaa_cis_selftest_fail=False)

    assert process.returncode == 2
    assert "hipaa_cis_selftest_fails" in told(process)
