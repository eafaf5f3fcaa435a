"""The recipes of docs/pipelines.md: their shell steps are taken from the page and run, as each pipeline runs them, against pumps."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.sarif import Sarif
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.summary import Summary
from tests.builders import SAMPLES, make_finding, make_record
from tests.pump import ROOT, SAFE, checkout_environment, variables

junitparser = pytest.importorskip("junitparser", reason="left out on this machine: missing junitparser")

PAGE = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
# Making an environment anew is what `make setup` is for, and takes a minute.
SET_UP = "make setup"

pytestmark = pytest.mark.skipif(
    not shutil.which("jq") or not shutil.which("ssh-agent"), reason="left out on this machine: missing jq or ssh-agent"
)


def blocks(section):
    """The blocks of code of a section."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    found = re.findall(r"(?:^(?:    .*|)\n)+", text, re.MULTILINE)
    return ["\n".join(line[4:] for line in block.strip("\n").split("\n")) + "\n" for block in found if block.strip()]


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


class Project:
    """A repository with an inventory of pumps, and the shell of a pipeline that works in it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.runs = folder / "hipaa-cis-runs"
        self.environment = {**environment, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def pumps(self, hosts, **settings):
        """Let every pump have these settings; `hosts` are those of the inventory."""
        (self.folder / "pump.json").write_text(json.dumps({**SAFE, **settings}))
        shared = {**variables(self.runs), "ansible_connection": "local"}
        del shared["hipaa_cis_run_dir"]
        document = {"all": {"hosts": {host: {} for host in hosts}, "vars": shared}}
        (self.folder / "inventory").mkdir(exist_ok=True)
        (self.folder / "inventory" / "hosts.json").write_text(json.dumps(document))

    def gate(self, text):
        (self.folder / "gate.yml").write_text(text)

    def shell(self, script, *options, **more):
        """Run a script, and end the agent that it may have started."""
        done = subprocess.run(
            ["bash", *options, "-c", f"trap '[ -z \"$SSH_AGENT_PID\" ] || kill $SSH_AGENT_PID' EXIT\n{script}"],
            cwd=self.folder,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
        return done


@pytest.fixture
def project(tmp_path):
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    environment = {key: value for key, value in checkout_environment(tmp_path, SAFE).items() if key != "SSH_AUTH_SOCK"}
    made = Project(tmp_path, environment)
    made.pumps(["pump-1", "pump-2"])
    return made


def actions(project, key, number):
    """Run the steps of the workflow as GitHub does; return status, output and step summary of each by its name."""
    workflow = yaml.safe_load(blocks("GitHub Actions")[0])
    variables_of_job, summary = project.folder / "github_env", project.folder / "step_summary"
    variables_of_job.write_text("")
    summary.write_text("")
    found = {}
    for step in workflow["jobs"]["audit"]["steps"]:
        if "run" not in step or step["run"] == SET_UP:
            continue
        assert "${{" not in step["run"], "an expression in a script is a hole for whoever chooses its value"
        set_before = dict(line.split("=", 1) for line in variables_of_job.read_text().splitlines())
        own = {"AUDIT_SSH_KEY": key.read_text()} if "AUDIT_SSH_KEY" in step.get("env", {}) else {}
        found[step["name"]] = project.shell(
            step["run"],
            "-e",
            GITHUB_RUN_ID=str(number),
            GITHUB_RUN_ATTEMPT="1",
            GITHUB_ENV=str(variables_of_job),
            GITHUB_STEP_SUMMARY=str(summary),
            **set_before,
            **own,
        )
    return found, summary.read_text()


def statuses(found):
    return {name: done.returncode for name, done in found.items()}


def said(found):
    return "\n".join(f"{name}: {done.stdout}{done.stderr}" for name, done in found.items())


def test_github_actions_may_upload_from_a_private_repository_and_do_no_more():
    """The upload reads the workflow's run; in a public repository everybody may, in a private one the token has to be allowed to."""
    workflow = yaml.safe_load(blocks("GitHub Actions")[0])
    assert workflow["permissions"] == {"actions": "read", "contents": "read", "security-events": "write"}
    assert all("permissions" not in job for job in workflow["jobs"].values())


def test_github_actions_with_a_baseline_tells_what_is_new(project, key):
    project.pumps(["pump-1", "pump-2"], telnet=True)

    found, summary = actions(project, key, 1)
    assert set(statuses(found).values()) == {0}, said(found)
    assert (project.runs / "baseline" / "summary.md").is_file()
    assert summary.startswith("## Gate: passed\n")

    # What failed in the baseline fails still, and is nothing new.
    found, _summary = actions(project, key, 2)
    assert set(statuses(found).values()) == {0}, said(found)

    project.pumps(["pump-1", "pump-2"], telnet=True, screen_lock_minutes=60)
    found, summary = actions(project, key, 3)
    assert {name for name, status in statuses(found).items() if status} == {"Gate"}, said(found)
    assert summary.startswith("## Gate: failed\n")
    assert "pump_screen_lock" in summary.split("# HIPAA technical safeguards")[0]
    lines = found["Annotations"].stdout.splitlines()
    assert len(lines) == 2
    assert all(
        re.fullmatch(r"::(error|warning|notice) title=pump_\w+::.*fails on 2 of 2 host\(s\).*", line) for line in lines
    )
    alerts = json.loads((project.folder / "findings.sarif").read_text())["runs"][0]["results"]
    assert len(alerts) == 2


def test_github_gets_no_alert_and_no_annotation_of_what_is_accepted(project, key):
    project.pumps(["pump-1"], telnet=True)
    accepted = {
        "id": "EX-7",
        "rule": "pump_telnet_off",
        "reason": "the vendor's own service needs it",
        "approved_by": "the security officer",
        "expires": str((datetime.now(timezone.utc) + timedelta(days=30)).date()),
    }
    path = project.folder / "inventory" / "hosts.json"
    document = json.loads(path.read_text())
    document["all"]["vars"]["hipaa_cis_exceptions"] = [accepted]
    path.write_text(json.dumps(document))

    found, _summary = actions(project, key, 1)

    assert set(statuses(found).values()) == {0}, said(found)
    (whole,) = json.loads((project.runs / "baseline" / "findings.sarif").read_text())["runs"][0]["results"]
    assert "[EX-7]" in whole["suppressions"][0]["justification"]
    assert json.loads((project.folder / "findings.sarif").read_text())["runs"][0]["results"] == []
    assert found["Annotations"].stdout == ""


def test_github_actions_tell_of_hosts_that_are_all_lost(project, key):
    """No task that writes reports is left then: the callback knows what was asked for."""
    path = project.folder / "inventory" / "hosts.json"
    gone = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    path.write_text(json.dumps({"all": {"hosts": {"gone": {**json.loads(path.read_text())["all"]["vars"], **gone}}}}))

    found, summary = actions(project, key, 1)

    assert {name for name, status in statuses(found).items() if status} == {"Audit", "Gate"}, said(found)
    assert "THE AUDIT COULD NOT BE DONE" in found["Gate"].stderr
    assert summary.startswith("## Gate: failed\n")
    assert "1 host(s) not audited" in summary
    (line,) = found["Annotations"].stdout.splitlines()
    assert line.startswith(
        "::error title=hipaa_cis_hosts_not_audited::All hosts are audited: 1 of 1 host(s) were not audited."
    )


def test_annotations_stay_within_what_github_shows_and_no_host_writes_a_command_of_its_own(project):
    """Ten of each level and step. A line that begins with `::` is a command, whoever it comes from."""
    wide = [
        make_finding(
            sample, "fail", rule=f"{sample.rule}_{number}", severity=severity, fix="x\n::error::mine %0A::error::yours"
        )
        for number, sample in enumerate(SAMPLES[:1] * 15)
        for severity in ("high", "medium", "low")
    ]
    catalog, folder = load_catalog(), project.runs / "one"
    folder.mkdir(parents=True)
    records = [
        make_record("a::b,c\r\n::error::mine", [{**one, "rule": f"{one['rule']}_{one['severity']}"} for one in wide])
    ]
    summary = Summary(catalog, "one")
    with (folder / "findings.sarif").open("w") as stream:
        made = Sarif(stream)
        for record in records:
            summary.add(record, "x", "")
            made.add(record)
        made.finish(summary.as_dict())
    workflow = yaml.safe_load(blocks("GitHub Actions")[0])
    (step,) = (one for one in workflow["jobs"]["audit"]["steps"] if one.get("name") == "Annotations")

    done = project.shell(step["run"], "-e", run="one")

    lines = done.stdout.splitlines()
    assert Counter(line.split()[0] for line in lines) == {"::error": 10, "::warning": 10, "::notice": 10}, done.stderr
    assert all(re.fullmatch(r"::(error|warning|notice) title=\w+::[^\r\n]*", line) for line in lines)
    assert "mine %250A::error::yours" in lines[0]


def test_gitlab_reads_the_tests_of_a_run_whose_gate_fails(project, key):
    project.gate('hipaa_cis_fail_on: ["severity>=low"]\n')
    project.pumps(["pump-1", "pump-2"], telnet=True)
    pipeline = yaml.safe_load(blocks("GitLab CI")[0])
    more = {"CI_PIPELINE_ID": "9", "AUDIT_SSH_KEY": str(key)}

    audit, gate = (
        project.shell("\n".join(pipeline[job]["script"]), "-eo", "pipefail", **more) for job in ("audit", "gate")
    )
    assert (audit.returncode, gate.returncode) == (0, 2), audit.stderr + gate.stderr
    assert "THE HOSTS DO NOT COMPLY" in gate.stderr
    artifact = pipeline["audit"]["artifacts"]["reports"]["junit"].replace("$CI_PIPELINE_ID", "9")
    suites = {suite.name: suite for suite in junitparser.JUnitXml.fromfile(str(project.folder / artifact))}
    assert set(suites) == {"pump-1", "pump-2"}
    assert all(suite.failures == 1 and suite.errors == 0 for suite in suites.values())


def test_jenkins_reads_the_tests_also_where_hosts_are_lost(project):
    project.gate("hipaa_cis_fail_on: [unreachable]\n")
    project.pumps(["pump-1", "pump-2"])
    path = project.folder / "inventory" / "hosts.json"
    document = json.loads(path.read_text())
    document["all"]["hosts"]["gone"] = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    path.write_text(json.dumps(document))
    pipeline = blocks("Jenkins")[0]
    _set_up, audit, gate = re.findall(r"\bsh '([^']*)'", pipeline)
    (name,) = re.findall(r'environment \{ RUN = "([^"]*)" \}', pipeline)
    run = name.replace("${BUILD_NUMBER}", "12")
    assert _set_up == SET_UP

    lost, held = (project.shell(script, "-xe", RUN=run) for script in (audit, gate))
    assert (lost.returncode, held.returncode) == (4, 2), lost.stderr + held.stderr
    assert "THE AUDIT COULD NOT BE DONE" in held.stderr
    (place,) = re.findall(r'testResults: "([^"]*)"', pipeline)
    suites = {
        suite.name: suite for suite in junitparser.JUnitXml.fromfile(str(project.folder / place.replace("${RUN}", run)))
    }
    assert suites["gone"].errors == 1
    assert suites["pump-1"].errors == 0


def audit_without_a_task_for_the_reports(project, formats):
    command = (
        ".venv/bin/ansible-playbook hipaa.cis.audit -i inventory/ -e hipaa_cis_report=false -e hipaa_cis_run_id=one"
    )
    done = project.shell(command, HIPAA_CIS_REPORTS=formats)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project.runs / "one" / "report.html").is_file()
    return " ".join((done.stdout + done.stderr).split())


def test_callback_writes_formats_where_no_task_does(project):
    audit_without_a_task_for_the_reports(project, "junit,sarif")
    found = {path.name for path in (project.runs / "one").iterdir()}
    assert {"junit.xml", "findings.sarif"} <= found
    assert "summary.md" not in found


def test_callback_tells_of_a_format_that_there_is_not_and_writes_the_others_of_a_run(project):
    assert "unknown format in hipaa_cis_reports: 'junitt'" in audit_without_a_task_for_the_reports(project, "junitt")


def test_report_on_a_run_that_is_there_writes_what_it_is_asked_for(project):
    audit_without_a_task_for_the_reports(project, "")
    report = ".venv/bin/ansible-playbook hipaa.cis.report -i localhost, -e hipaa_cis_run_id=one -e hipaa_cis_reports="
    done = project.shell(report + "sariff")
    assert done.returncode == 2
    assert "unknown format in hipaa_cis_reports: 'sariff'. Did you mean sarif?" in " ".join(
        (done.stdout + done.stderr).split()
    )
    done = project.shell(report + "markdown")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project.runs / "one" / "summary.md").is_file()


def test_format_that_there_is_not_stops_a_run_before_it_is_begun(project):
    done = project.shell(".venv/bin/ansible-playbook hipaa.cis.audit -i inventory/ -e hipaa_cis_reports=junit,sariff")
    assert done.returncode == 2
    told = " ".join((done.stdout + done.stderr).split())
    assert "Nothing was begun: unknown format in hipaa_cis_reports: 'sariff'. Did you mean sarif?" in told
    assert not project.runs.exists()
