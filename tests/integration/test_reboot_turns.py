"""What a restart means for the other hosts of a batch: played hosts that can be told to restart, with Ansible's own way to do it."""

from __future__ import annotations

import json
from itertools import groupby

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from tests.integration import test_site_settings
from tests.integration.test_site_settings import HOSTS, Site

WHOLE = ["drain", "drained", "restart", "rejoin"]
# As the other one, but the pump takes its settings up when it starts.
APPLY = (
    test_site_settings.APPLY.replace('    json.dump(settings, open(path, "w"))', '    json.dump(settings, open(path + ".next", "w"))')
    .replace('{"state": "done"}', '{"state": "done", "pending_reboot": True}')
    .replace('"pending_reboot": []', '"pending_reboot": ["the new settings"] if states else []')
)  # fmt: skip
CONNECTION = '''\
DOCUMENTATION = """
name: pump
short_description: A pump on this machine that can be told to restart
description: It is gone for good where its file says that it does not survive that.
author: [the tests]
options:
  host:
    description: Which one.
    type: str
    vars: [{name: inventory_hostname}]
"""
import os, shutil, subprocess
from pathlib import Path
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase

class Connection(ConnectionBase):
    transport = "pump"
    has_pipelining = True

    def _connect(self):
        self.name, self.folder = self.get_option("host"), Path(os.environ["PUMP_SITE"])
        if (self.folder / f"{self.name}.gone").exists():
            raise AnsibleConnectionFailure(f"{self.name} does not answer")
        return self

    def exec_command(self, cmd, in_data=None, sudoable=True):
        self._connect()
        boot = self.folder / f"{self.name}.boot"
        if "boot_id" in cmd:
            return 0, boot.read_bytes(), b""
        if "shutdown -r" in cmd:
            return self.shut_down(boot)
        done = subprocess.run(["/bin/sh", "-c", cmd], input=in_data, capture_output=True)
        return done.returncode, done.stdout, done.stderr

    def shut_down(self, boot):
        with (self.folder / "log").open("a") as log:
            print("restart", self.name, file=log)
        os.rename(self.folder / f"{self.name}.json.next", self.folder / f"{self.name}.json")
        boot.write_text(boot.read_text() + "+")
        if (self.folder / f"{self.name}.dies").exists():
            (self.folder / f"{self.name}.gone").touch()
        return 0, b"", b""

    def put_file(self, source, target):
        shutil.copy(source, target)

    fetch_file = put_file

    def close(self):
        pass

    def reset(self):
        pass
'''


class Ward(Site):
    """Three pumps that take their new settings up when they are restarted."""

    def __init__(self, folder):
        super().__init__(folder)
        (folder / "platform/library/infusion_pump_apply.py").write_text(APPLY)
        (folder / "connection").mkdir()
        (folder / "connection/pump.py").write_text(CONNECTION)
        inventory = json.loads((folder / "inventory.json").read_text())
        for name in HOSTS:
            inventory["all"]["hosts"][name]["ansible_connection"] = "pump"
            (folder / f"{name}.boot").write_text(name)
        (folder / "inventory.json").write_text(json.dumps(inventory))

    def restart(self, *, before="true", after="true", **variables):
        """Remediate two in one batch, restarts allowed; return (code, output). ``before``, ``after``: what decides on each host."""
        given = {
            "hipaa_cis_reboot": "allowed",
            "hipaa_cis_reboot_timeout": 4,
            "hipaa_cis_before_reboot": [self.noting("drain"), ["sh", "-c", before], self.noting("drained")],
            "hipaa_cis_after_reboot": [
                {"command": self.noting("rejoin"), "delegate_to": "localhost"},
                ["sh", "-c", after],
            ],
            "hipaa_cis_hosts": "one,two",
            "hipaa_cis_batches": [2],
            "hipaa_cis_health_checks": [],
        }
        environment = {"PUMP_SITE": str(self.folder), "ANSIBLE_CONNECTION_PLUGINS": str(self.folder / "connection")}
        return self.remediate(environment, **{**given, **variables})

    def noting(self, word):
        return ["sh", "-c", f"echo {word} {{{{ inventory_hostname }}}} >>{self.folder}/log"]

    def turns(self):
        """Return host -> what was done, in the order of their turns, which is not that of the inventory; never two at a time."""
        path = self.folder / "log"
        lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        turns = [(name, [word for word, _name in done]) for name, done in groupby(lines, key=lambda line: line[1])]
        assert len(dict(turns)) == len(turns), turns
        return dict(turns)

    def record(self, name):
        record = json.loads((self.folder / f"runs/latest/remediation/{name}.json").read_text())
        validator("remediation_record").validate(record)
        return record


@pytest.fixture
def ward(tmp_path):
    return Ward(tmp_path)


def test_one_after_the_other_each_between_the_commands_and_looked_at_again(ward):
    code, said = ward.restart()

    assert code == 0, said
    assert ward.turns() == {"one": WHOLE, "two": WHOLE}
    assert ward.changed() == [True, True, False]
    for name in ("one", "two"):
        record = ward.record(name)
        assert record["reboot"]["done"]
        assert "problem" not in record["reboot"]
        assert record["pending_reboot"] == []
        assert record["counts"]["fixed"]
        assert not record["counts"]["still_failing"]
    summary = json.loads((ward.folder / "runs/latest/summary.json").read_text())
    validator("summary").validate(summary)
    assert all(item["reboot"]["done"] for item in summary["remediation"])


@pytest.mark.parametrize("how", ["never", "check"])
def test_nothing_is_restarted_by_default_nor_in_check_mode(ward, how):
    given = {"hipaa_cis_reboot": "never"} if how == "never" else {"arguments": ["--check"]}
    code, said = ward.restart(**given)

    assert code == 0, said
    assert ward.turns() == {}
    told = {
        "never": "one is not restarted (hipaa_cis_reboot: allowed does that); this takes effect at its next boot: the new settings",
        "check": "one would be restarted, inside of its window, so that this takes effect: the new settings",
    }
    assert told[how] in said
    assert "reboot pending: the new settings" in said
    assert ward.record("one")["pending_reboot"] == ["the new settings"]
    assert "reboot" not in ward.record("one")


def test_host_that_cannot_be_drained_is_not_restarted_and_rejoins(ward):
    code, said = ward.restart(before="if [ {{ inventory_hostname }} = two ]; then echo still busy >&2; exit 3; fi")

    assert code == 0, said
    assert ward.turns() == {"one": WHOLE, "two": ["drain", "rejoin"]}
    assert "Not restarted: `sh -c" in said
    assert "failed: still busy" in said
    record = ward.record("two")
    assert not record["reboot"]["done"]
    assert "still busy" in record["reboot"]["problem"]
    assert record["pending_reboot"] == ["the new settings"]
    assert "NOT RESTARTED: `sh -c" in said


def test_host_that_does_not_come_back_fails_and_keeps_the_others_from_being_restarted(ward):
    for name in HOSTS:
        (ward.folder / f"{name}.dies").touch()
    code, said = ward.restart(hipaa_cis_hosts="all", hipaa_cis_batches=[2, 1], hipaa_cis_max_fail_percentage=90)

    assert code == 2, said
    [(lost, done)] = ward.turns().items()
    assert done == ["drain", "drained", "restart"]
    assert f"{lost}: it did not come back within 4 seconds" in said
    assert "No other host of this run is restarted." in said
    assert "The batch was taken back" not in said
    record = ward.record(lost)
    assert record["reboot"]["done"]
    assert "did not come back within 4 seconds" in record["reboot"]["problem"]
    for name in {*HOSTS} - {lost}:
        assert ward.record(name)["reboot"]["problem"] == f"{lost} did not come back from a restart as it should"
        assert ward.record(name)["pending_reboot"]


def test_host_that_cannot_rejoin_is_not_well_and_takes_its_batch_back(ward):
    code, said = ward.restart(after="echo no such pool >&2; exit 1")

    assert code == 2, said
    [(unwell, done)] = ward.turns().items()
    assert done == WHOLE
    assert f"The batch was taken back, for after the remediation this was not well: {unwell}: rejoin: `sh -c" in said
    assert "failed: no such pool" in said


def test_host_whose_window_has_closed_meanwhile_stays_as_it_is(ward):
    closed = "[{'days': ['mon'], 'from': '00:00', 'to': '00:01', 'timezone': 'UTC'}]"
    windows = "{{ [] if hipaa_cis_remediation is not defined else " + closed + " }}"
    code, said = ward.restart(hipaa_cis_windows=windows)

    assert code == 0, said
    assert ward.turns() == {}
    assert "Not restarted: It is outside of the maintenance windows" in said
    assert ward.record("one")["pending_reboot"] == ["the new settings"]
    assert "outside of the maintenance windows" in ward.record("one")["reboot"]["problem"]
