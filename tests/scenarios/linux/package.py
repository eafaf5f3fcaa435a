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


def _lost(name: str, verdict: str, listed: str, observed: Dict[str, Any], asked: str = "telnet") -> Scenario:
    files: Dict[str, Union[str, bytes, File]] = {"/var/lib/dpkg/info/" + listed: "/.\n"}
    commands: Dict[str, Command] = {" ".join(QUERY): "bash\tinstalled\t5\n"}
    expect = GONE if asked == "telnet" else HERE
    return Scenario(name, {"name": asked}, expect, verdict, observed, files=files, commands=commands)


# As rpm 4.18 and 4.19 print it.
SIGNATURE = "RSA/SHA256, Tue 05 Nov 2024 10:21:05 AM, Key ID 199e2f91fd431d51"
RPMS = "bash\t0:5.1.8-9.el9\tx86_64\t%s(none)(none)(none)\n" % SIGNATURE
SQLITE = "/var/lib/rpm/rpmdb.sqlite"
# As rpm 4.18 does where the entry of a package is damaged: it ends with 0 and says the others.
PASSED_OVER = CommandResult(
    0, RPMS, "error: rpmdbNextIterator: skipping h#       1 blob size(1216): BAD, 8 + 16 * il(40)\n"
)
# Of a database in the format of before, which it reads all the same.
OLDER = CommandResult(
    0, RPMS, "warning: Found bdb_ro Packages database while attempting sqlite backend: using bdb_ro backend.\n"
)
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
    # Zeros that a lost power left in the status swallow what stands between, and dpkg-query ends with 0 and says nothing of it.
    _lost("lost-from-the-status", "error", "telnet.list", {"state": "error"}),
    _lost("lost-from-the-status-of-one-architecture", "error", "telnet:amd64.list", {"state": "error"}),
    _lost("lost-is-another", "pass", "telnetd.list", ABSENT),
    _lost("no-list-of-a-package", "pass", "telnet.md5sums", ABSENT),
    _lost("list-of-one-that-is-there", "pass", "bash.list", {"value": "5"}, "bash"),
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
    _rpm("damaged-entry-is-passed-over", "error", PASSED_OVER, {"state": "error"}),
    _rpm("warning", "pass", OLDER, ABSENT),
    _rpm("odd-output", "error", "error: x\n", {"state": "error"}),
    Scenario("rpm-missing", {"name": "telnet"}, GONE, "error", {"state": "error"}, files={SQLITE: "x"}),
]
