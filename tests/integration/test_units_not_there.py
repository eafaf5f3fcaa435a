"""Many units that are asked for at once are what each of them is when it is asked for alone."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import request_for
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.units import MANY
from tests.integration import test_scenarios_on_hosts
from tests.integration.test_scenarios_on_hosts import OBSERVE

pytestmark = pytest.mark.hosts
host = test_scenarios_on_hosts.host
UNITS = {
    "ssh": True,
    "plain-alias": True,
    "nonesuch": False,
    "nonesuch@instance": False,
    "getty@tty7": True,
    # What systemd still runs, or knows by a name that is gone from the disk, is there.
    "unlinked": True,
    "file-is-gone": True,
    # A mask, and what others only name.
    "masked-away": True,
    "wanted-only": False,
    "dbus-org.freedesktop.hostname1": True,
}
PLANT = """
cd /etc/systemd/system
for unit in plain unlinked-own file-is-gone; do printf '[Service]\\nExecStart=/bin/sleep infinity\\n' > $unit.service; done
printf '[Unit]\\nWants=wanted-only.service\\n' >> plain.service
ln -sf plain.service plain-alias.service; ln -sf unlinked-own.service unlinked.service
ln -sf /dev/null masked-away.service
systemctl daemon-reload; systemctl start plain unlinked file-is-gone
rm unlinked.service file-is-gone.service
"""


def states(booted, script, *names):
    request = request_for([{"kind": "service", "name": name} for name in names])
    seen = json.loads(booted.run(["python3", "-c", script], data=request).stdout)
    return [seen[str(number)] for number in range(len(names))]


def test_many_are_what_each_is(host):
    host.run(["sh", "-ec", PLANT])
    script = OBSERVE.replace("['observations']['0']", "['observations']")

    many = dict(zip(UNITS, states(host, script, *UNITS), strict=True))

    assert len(UNITS) >= MANY
    assert many == {name: states(host, script, name)[0] for name in UNITS}
    assert {name: one["state"] != "absent" for name, one in many.items()} == UNITS
    host.run(["sh", "-ec", "systemctl daemon-reload"])
    (gone,) = states(host, script, "unlinked")
    assert gone["state"] == "absent"
