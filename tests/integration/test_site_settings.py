"""What a site sets for all its plays does not switch off what makes a remediation safe: one setting a test, on played hosts."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests import pump
from tests.pump import PLATFORM

UNSAFE = {"network": True, "telnet": True, "screen_lock_minutes": 60}
HOSTS = ("one", "two", "three")
APPLY = """\
import json, os, time
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule(argument_spec={"request": {"type": "json", "required": True}}, supports_check_mode=True)
request = json.loads(module.params["request"])
path = os.environ["PUMP_SETTINGS"]
states, steps = {}, []
for change, (_kind, address, wanted) in request.get("changes", {}).items():
    states[change] = {"state": "done"}
    steps.append({"type": "file", "label": address["name"], "group": request["group"], "changes": [change]})
if steps and request["mode"] == "apply":
    time.sleep(float(os.environ.get("PUMP_SLOW", 0)))
    settings = json.load(open(path))
    settings.update({address["name"]: wanted for _kind, address, wanted in request["changes"].values()})
    json.dump(settings, open(path, "w"))
answer = {"changed": bool(steps), "changes": states, "steps": steps, "notes": [], "pending_reboot": []}
if request["mode"] == "apply" and steps:
    answer["journal"] = "/nowhere"
module.exit_json(**answer)
"""


class Site:
    """Three pumps that can be remediated, each with settings of its own, as three hosts on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(PLATFORM, folder / "platform")
        platform = folder / "platform/catalog/platforms/infusion_pump.yml"
        text = platform.read_text().replace(
            "observe: infusion_pump_observe\n", "observe: infusion_pump_observe\napply: infusion_pump_apply\n"
        )
        platform.write_text(text.replace("    address:\n", "    write: plain\n    address:\n", 1))
        (folder / "platform/library/infusion_pump_apply.py").write_text(APPLY)
        hosts = {}
        for name in HOSTS:
            (folder / f"{name}.json").write_text(json.dumps(UNSAFE))
            program = folder / f"python-{name}"
            program.write_text(f'#!/bin/sh\nPUMP_SETTINGS={folder}/{name}.json exec {sys.executable} "$@"\n')
            program.chmod(0o755)
            hosts[name] = {"ansible_connection": "local", "ansible_python_interpreter": str(program)}
        (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}))

    def remediate(self, environment=None, configuration="", arguments=(), **variables):
        """Return (code, output) of the playbook; a pump that was changed and is called two is unwell."""
        given = pump.variables(self.folder / "runs")
        del given["ansible_python_interpreter"]
        given.update(
            hipaa_cis_catalog_paths=[str(self.folder / "platform/catalog")],
            hipaa_cis_allow_disruption=["all"],
            hipaa_cis_batches=[2, 1],
            hipaa_cis_health_checks=[{"name": "display", "command": self.check(), "retries": 0}],
        )
        given.update(variables)
        config = self.folder / "ansible.cfg"
        root = Path(pump.ROOT)
        config.write_text(
            f"[defaults]\ncollections_path = {root}\ncallbacks_enabled = hipaa.cis.summary\n{configuration}\n"
        )
        process = pump.play(
            ["hipaa.cis.remediate", "-i", str(self.folder / "inventory.json"), "-e", json.dumps(given), *arguments],
            {**os.environ, "ANSIBLE_CONFIG": str(config), "ANSIBLE_LIBRARY": str(self.folder / "platform/library"),
             "HIPAA_CIS_CATALOG_PATHS": str(self.folder / "platform/catalog"), **(environment or {})},
        )  # fmt: skip
        return process.returncode, " ".join((process.stdout + process.stderr).split())

    def check(self):
        """The command of a check that fails on the second host once it is changed."""
        return f"grep -q 'telnet.: true' {self.folder}/two.json"

    def changed(self):
        return [json.loads((self.folder / f"{name}.json").read_text()) != UNSAFE for name in HOSTS]


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


# Each would, without what the plays say themselves, let the batch after go on, end a host's part early, or kill an apply.
# Those that touch different things are set together, for each play takes its time.
SETTINGS = {
    "strategy": ({"ANSIBLE_STRATEGY": "free"}, ""),
    "strategy-in-file": ({}, "strategy = host_pinned"),
    "forks-null-undefined": (
        {"ANSIBLE_FORKS": "1", "ANSIBLE_NULL_REPRESENTATION": "null", "ANSIBLE_ERROR_ON_UNDEFINED_VARS": "false"},
        "",
    ),
    "gathering-and-facts-kept": (
        {"ANSIBLE_GATHERING": "implicit", "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile"},
        "",
    ),
    "any-errors-fatal": ({"ANSIBLE_ANY_ERRORS_FATAL": "true"}, ""),
    "force-handlers": ({"ANSIBLE_FORCE_HANDLERS": "true"}, ""),
    "native": ({"ANSIBLE_JINJA2_NATIVE": "true"}, ""),
    "callback-and-debugger": (
        {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal", "ANSIBLE_ENABLE_TASK_DEBUGGER": "true"},
        "",
    ),
    "callbacks": ({"ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit"}, ""),
    "become": ({"ANSIBLE_BECOME_USER": "nobody", "ANSIBLE_BECOME_METHOD": "su"}, ""),
    "task-timeout": ({"ANSIBLE_TASK_TIMEOUT": "1", "PUMP_SLOW": "2"}, ""),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_unwell_host_takes_its_batch_back_and_stops_the_rest(site, name):
    environment, configuration = SETTINGS[name]
    if "ANSIBLE_CACHE_PLUGIN" in environment:
        environment = {**environment, "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(site.folder / "facts")}

    code, said = site.remediate(environment, configuration)

    assert code == 2, said
    assert "The batch was taken back, for after the remediation this was not well" in said, said
    assert site.changed() == [True, True, False], said
    # Who switches our callback off has no summary.
    if name != "callbacks":
        summary = json.loads((site.folder / "runs/latest/summary.json").read_text())
        assert {host["host"]: host["status"] for host in summary["hosts"]}["three"] == "not_begun"


def test_check_that_fails_before_stops_the_batch(site):
    code, said = site.remediate(hipaa_cis_health_checks=[{"name": "display", "command": "false", "retries": 0}])

    assert code == 2
    assert "Nothing was begun on this batch, nor on those after it" in said, said
    assert site.changed() == [False] * 3
    summary = json.loads((site.folder / "runs/latest/summary.json").read_text())
    assert {host["status"] for host in summary["hosts"]} == {"not_begun"}


def test_play_of_the_site_in_which_hosts_go_their_own_way_begins_nothing(site):
    (site.folder / "play.yml").write_text("- hosts: all\n  gather_facts: false\n  roles: [hipaa.cis.remediate]\n")
    given = {**pump.variables(site.folder / "runs"), "hipaa_cis_allow_disruption": ["all"]}
    process = pump.play(
        [str(site.folder / "play.yml"), "-i", str(site.folder / "inventory.json"), "-e", json.dumps(given)],
        {**pump.checkout_environment(site.folder, UNSAFE), "ANSIBLE_STRATEGY": "free"},
    )
    assert process.returncode == 2
    assert "Nothing was begun: the play's strategy is free" in " ".join(process.stdout.split())
    assert site.changed() == [False] * 3
