"""What the reader says that the next boot starts is what runs after it."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import request_for
from tests.integration import test_scenarios_on_hosts
from tests.integration.test_scenarios_on_hosts import OBSERVE

pytestmark = pytest.mark.hosts
host = test_scenarios_on_hosts.host
ETC = "/etc/systemd/system"
UNITS = ["enabled", "by-own", "linked-by-hand", "unlinked-by-hand", "by-a-snippet", "alone", "conditioned", "disabled"]
CLEAN = f"cd {ETC}; rm -rf *.service.d own.target* default.target */linked-by-hand.service"
PLANT = f"""
cd {ETC}
for unit in {" ".join(UNITS)}; do
  target=multi-user.target; [ $unit = by-own ] && target=own.target
  printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=%s\\n' $target > $unit.service
done
printf '[Unit]\\nConditionPathExists=/nonesuch\\n' > /tmp/c; mkdir conditioned.service.d; cp /tmp/c conditioned.service.d/c.conf
printf '[Unit]\\nRequires=basic.target\\nWants=ssh.service networking.service\\nAllowIsolate=yes\\n' > own.target
mkdir ssh.service.d; printf '[Unit]\\nWants=by-a-snippet.service\\n' > ssh.service.d/wants.conf
systemctl daemon-reload
systemctl enable -q enabled by-own unlinked-by-hand conditioned
systemctl start conditioned
systemctl show unlinked-by-hand.service > /dev/null
# What is done by hand systemd does not know before it is told.
ln -sf {ETC}/linked-by-hand.service multi-user.target.wants/
rm multi-user.target.wants/unlinked-by-hand.service
"""


def said(booted):
    script = OBSERVE.replace("['observations']['0']", "['observations']")
    request = request_for([{"kind": "service", "name": unit} for unit in UNITS])
    seen = json.loads(booted.run(["python3", "-c", script], data=request).stdout)
    return {unit: seen[str(number)]["value"]["enabled"] for number, unit in enumerate(UNITS)}


def running(booted):
    return {unit for unit in UNITS if booted.run(["systemctl", "is-active", unit], check=False).returncode == 0}


@pytest.mark.parametrize(
    ("default", "started"),
    [
        ("", {"enabled", "linked-by-hand", "by-a-snippet"}),
        # Enabled units that hang on another target are not started, whatever is-enabled says.
        (f"ln -s {ETC}/own.target {ETC}/default.target; systemctl daemon-reload", {"by-own", "by-a-snippet"}),
    ],
)
def test_next_boot_starts_what_the_reader_says(host, default, started):
    host.run(["sh", "-c", CLEAN])
    host.run(["sh", "-ec", PLANT + default])

    before = said(host)
    host.restart()

    assert running(host) == {unit for unit, enabled in before.items() if enabled} == started
    assert before["conditioned"] is None, "neither on nor off"
    assert before["disabled"] is False


def test_target_that_systemd_has_not_loaded_is_no_answer(host):
    host.run(["sh", "-ec", CLEAN])
    host.restart()
    host.run(["sh", "-ec", f"{PLANT} ln -s {ETC}/own.target default.target"])

    script = OBSERVE.replace("['observations']['0']", "['observations']")
    seen = json.loads(
        host.run(["python3", "-c", script], data=request_for([{"kind": "service", "name": "by-a-snippet"}])).stdout
    )

    assert "systemctl daemon-reload" in seen["0"]["reason"]


BY_CALL = f"""
cd {ETC}
for unit in direct aliased unaliased kept; do
  printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nAlias=dbus-org.example.%s.service\\n' $unit > $unit.service
  asked=dbus-org.example.$unit; case $unit in direct|kept) asked=$unit;; esac
  printf '[D-BUS Service]\\nName=org.example.%s\\nExec=/bin/false\\nUser=root\\nSystemdService=%s.service\\n' $unit $asked \\
    > /usr/share/dbus-1/system-services/org.example.$unit.service
done
systemctl daemon-reload
systemctl enable -q aliased unaliased
systemctl disable -q unaliased
systemctl mask -q --now kept || {{ mv kept.service /usr/lib/systemd/system/; systemctl mask -q kept; }}
systemctl restart dbus
"""
CALL = "org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus StartServiceByName su org.example.{} 0"


def test_call_on_d_bus_starts_what_the_reader_says_may_be_started(host):
    host.run(["sh", "-ec", BY_CALL])
    names = ["direct", "aliased", "unaliased", "kept"]
    script = OBSERVE.replace("['observations']['0']", "['observations']")
    request = request_for([{"kind": "service", "name": unit} for unit in names])
    seen = json.loads(host.run(["python3", "-c", script], data=request).stdout)

    for unit in names:
        host.run(["busctl", "--timeout=3", "call", *CALL.format(unit).split()], check=False)
    started = {unit for unit in names if host.run(["systemctl", "is-active", unit], check=False).returncode == 0}

    off = {unit for number, unit in enumerate(names) if seen[str(number)]["value"]["enabled"] is False}
    assert off == {"unaliased", "kept"}
    assert started == {"direct", "aliased"}
