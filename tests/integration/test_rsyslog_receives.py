"""Events for a SIEM as rsyslog itself takes them in, over UDP and over TCP with counted octets."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import cef, syslog
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.entries import parse
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.parcel import Parcel
from tests.builders import make_run

pytestmark = pytest.mark.hosts

CONF = """
global(workDirectory="/run/siem")
module(load="imtcp")
module(load="imudp")
template(name="told" type="list" option.jsonf="on") {
  property(outname="priority" name="pri" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="id" name="msgid" format="jsonf")
  property(outname="from" name="inputname" format="jsonf")
  property(outname="version" name="protocol-version" format="jsonf")
  property(outname="said" name="msg" format="jsonf")
}
ruleset(name="keep") { action(type="omfile" file="/run/siem/told" template="told") }
input(type="imtcp" port="6601" ruleset="keep")
input(type="imudp" port="6601" ruleset="keep")
"""


@pytest.fixture
def receiver(booted_host):
    booted_host.run(["mkdir", "-p", "/run/siem"])
    booted_host.write("/run/siem/conf", CONF)
    booted_host.run(["systemd-run", "--unit=siem", "rsyslogd", "-n", "-f", "/run/siem/conf", "-i", "/run/siem/pid"])
    for _attempt in range(100):
        if "6601" in booted_host.run(["ss", "-ltnuH"]).stdout:
            break
        time.sleep(0.1)
    yield booted_host
    booted_host.run(["systemctl", "stop", "siem"])


def told_to(host, number):
    """Return what it has taken in, once that are so many."""
    for _attempt in range(50):
        lines = [line for line in host.read("/run/siem/told").splitlines() if line]
        if len(lines) >= number:
            break
        time.sleep(0.1)
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("protocol", ["udp", "tcp"])
def test_rsyslog_takes_in_what_was_said(receiver, tmp_path, protocol):
    receiver.write("/run/siem/told", "")
    summary = make_run(40).summary
    (entry,) = parse([{"type": "syslog", "host": receiver.address, "port": 6601, "protocol": protocol}])
    syslog.send(entry, Parcel(tmp_path, "x", {}, "", summary, "", {}))

    worst = cef.worst_severities(summary)
    told = told_to(receiver, len(summary["hosts"]))
    assert {one["said"] for one in told} == {cef.line(summary, row, worst.get(row["host"])) for row in summary["hosts"]}
    assert {(one["app"], one["id"], one["from"], one["version"]) for one in told} == {
        ("hipaa-cis", "audit", f"im{protocol}", "1")
    }
    assert {one["priority"] for one in told} <= {"108", "110"}
