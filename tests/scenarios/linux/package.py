"""Scenarios of packages: what dpkg calls installed, and what it only remembers."""

from __future__ import annotations

from typing import Any, Dict, Optional, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.package import QUERY
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import rpm
from tests.scenarios.linux import Command, File, Scenario

GONE = {"absent": True}
HERE = {"present": True}
ABSENT = {"state": "absent"}


def _case(
    name: str, verdict: str, output: Command, observed: Dict[str, Any], expect: Optional[Dict[str, Any]] = None
) -> Scenario:
    return Scenario(name, {"name": "telnet"}, expect or GONE, verdict, observed, commands={" ".join(QUERY): output})


# As rpm 4.18 and 4.19 print it.
SIGNATURE = "RSA/SHA256, Tue 05 Nov 2024 10:21:05 AM, Key ID 199e2f91fd431d51"
RPMS = "bash\t0:5.1.8-9.el9\tx86_64\t%s(none)(none)(none)\n" % SIGNATURE
SQLITE = "/var/lib/rpm/rpmdb.sqlite"
NO_DATABASE = CommandResult(1, "", "error: cannot open Packages database in /var/lib/rpm")


def _rpm(name: str, verdict: str, output: Command, observed: Dict[str, Any], **more: Any) -> Scenario:
    commands: Dict[str, Command] = {" ".join(rpm.QUERY): output}
    if "dpkg" in more:
        commands[" ".join(QUERY)] = more["dpkg"]
    files: Dict[str, Union[str, bytes, File]] = {more.get("database", SQLITE): "x"}
    address = {"name": "telnet"}
    return Scenario("rpm-" + name, address, more.get("expect", GONE), verdict, observed, files=files, commands=commands)


SCENARIOS = [
    _case("installed", "fail", "bash\tinstalled\t5\ntelnet\tinstalled\t0.17\n", {"state": "value", "value": "0.17"}),
    _case("wanted-and-there", "pass", "telnet\tinstalled\t0.17\n", {"state": "value", "value": "0.17"}, HERE),
    _case("never-installed", "pass", "bash\tinstalled\t5\n", ABSENT),
    _case("wanted-and-missing", "fail", "bash\tinstalled\t5\n", ABSENT, HERE),
    _case("removed-configuration-left", "pass", "bash\tinstalled\t5\ntelnet\tconfig-files\t0.17\n", ABSENT),
    _case(
        "unpacked-not-configured",
        "fail",
        "bash\tinstalled\t5\ntelnet\tunpacked\t0.17\n",
        {"state": "value", "value": "0.17"},
    ),
    _case("half-installed", "error", "bash\tinstalled\t5\ntelnet\thalf-installed\t0.17\n", {"state": "error"}),
    _case("name-is-a-prefix", "pass", "telnetd\tinstalled\t0.17\n", ABSENT),
    _case("empty-database", "error", "", {"state": "error"}),
    _case("dpkg-fails", "error", CommandResult(2, "", "dpkg-query: error: no database"), {"state": "error"}),
    _case("dpkg-hangs", "error", CommandResult(problem="no answer within 20 seconds"), {"state": "error"}),
    Scenario("no-dpkg", {"name": "telnet"}, GONE, "error", {"state": "error"}),
    _rpm("not-installed", "pass", RPMS, ABSENT),
    _rpm("installed", "fail", RPMS + RPMS.replace("bash", "telnet"), {"state": "value", "value": "5.1.8-9.el9"}),
    _rpm("wanted-and-missing", "fail", RPMS, ABSENT, expect=HERE),
    _rpm("epoch", "fail", "telnet\t1:0.17-85.el9\tx86_64\t(none)\n", {"state": "value", "value": "1:0.17-85.el9"}),
    _rpm(
        "several-versions",
        "fail",
        "telnet\t0:2-1\tx86_64\t(none)\ntelnet\t0:1-1\tx86_64\t(none)\ntelnet\t0:1-1\ti686\t(none)\n",
        {"state": "value", "value": "1-1, 2-1"},
    ),
    _rpm("name-is-a-prefix", "pass", RPMS + RPMS.replace("bash", "telnet-server"), ABSENT),
    _rpm("berkeley-database", "pass", RPMS, ABSENT, database="/var/lib/rpm/Packages"),
    _rpm("ndb-database", "pass", RPMS, ABSENT, database="/usr/lib/sysimage/rpm/Packages.db"),
    _rpm("dpkg-beside-it-keeps-nothing", "pass", RPMS, ABSENT, dpkg=""),
    _rpm("beside-dpkg-that-has-packages", "fail", RPMS, {"state": "value"}, dpkg="telnet\tinstalled\t0.17\n"),
    # Without a database rpm makes an empty one and ends with 0.
    _rpm("no-database", "error", "", {"state": "error"}, database="/var/lib/rpm/.rpm.lock"),
    _rpm("empty-database", "error", "", {"state": "error"}),
    _rpm("broken-database", "error", NO_DATABASE, {"state": "error"}),
    _rpm("odd-output", "error", "error: x\n", {"state": "error"}),
    Scenario("rpm-missing", {"name": "telnet"}, GONE, "error", {"state": "error"}, files={SQLITE: "x"}),
]
