"""Scenarios of packages: what dpkg calls installed, and what it only remembers."""

from __future__ import annotations

from typing import Any, Dict, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.package import QUERY
from tests.scenarios.linux import Command, Scenario

GONE = {"absent": True}
HERE = {"present": True}
ABSENT = {"state": "absent"}


def _case(
    name: str, verdict: str, output: Command, observed: Dict[str, Any], expect: Optional[Dict[str, Any]] = None
) -> Scenario:
    return Scenario(name, {"name": "telnet"}, expect or GONE, verdict, observed, commands={" ".join(QUERY): output})


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
]
