"""Hosts that share storage are read no more at once than `hipaa_cis_walks_at_once` says."""

from __future__ import annotations

import json

import pytest

from tests import pump
from tests.pump import SAFE

HOSTS = ("first", "second", "third")
# Stands for the Python of a host and runs none. It waits for another one to be at work at the same time, and then tells so.
READER = """\
#!/bin/sh
touch {place}/at-work-$$
for _attempt in $(seq {attempts}); do
    set -- {place}/at-work-*
    [ $# -lt 2 ] || touch {place}/together
    [ ! -e {place}/together ] || break
    sleep 0.1
done
rm {place}/at-work-$$
touch {place}/done-$$
echo '{{"failed": true, "msg": "this host reads nothing"}}'
"""


@pytest.fixture
def reads(tmp_path):
    """Return a function: how many times a playbook reads hosts, and whether two at once; a reader waits so many seconds."""

    def run(playbook, at_once, seconds):
        place = tmp_path / "place"
        place.mkdir()
        reader = tmp_path / "python"
        reader.write_text(READER.format(place=place, attempts=seconds * 10))
        reader.chmod(0o755)
        options = {
            "ansible_connection": "local",
            **pump.variables(tmp_path / "runs"),
            "ansible_python_interpreter": str(reader),
            "hipaa_cis_walks_at_once": at_once,
        }
        inventory = tmp_path / "inventory.json"
        inventory.write_text(json.dumps({"all": {"hosts": {name: {} for name in HOSTS}, "vars": options}}))
        arguments = [playbook, "-f", "3", "-i", str(inventory), "-e", f"hipaa_cis_batches={len(HOSTS)}"]
        process = pump.play(arguments, pump.checkout_environment(tmp_path, SAFE))
        assert "this host reads nothing" in process.stdout, process.stdout + process.stderr
        return len(list(place.glob("done-*"))), (place / "together").exists()

    return run


PLAYBOOKS = pytest.mark.parametrize("playbook", ["hipaa.cis.audit", "hipaa.cis.remediate"])


@PLAYBOOKS
def test_hosts_are_read_one_after_the_other(reads, playbook):
    assert reads(playbook, 1, seconds=1) == (len(HOSTS), False)


@PLAYBOOKS
def test_hosts_are_read_at_once_where_nothing_is_said(reads, playbook):
    assert reads(playbook, 0, seconds=30) == (len(HOSTS), True)
