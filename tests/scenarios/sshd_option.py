"""Scenarios of sshd's options: the general result by `sshd -T`, and Match blocks that loosen it."""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from tests.scenarios import Command, Scenario

MAIN = "/etc/ssh/sshd_config"
EXTRA = "/etc/ssh/sshd_config.d/x.conf"
NO = {"equals": "no"}


def _case(name: str, verdict: str, output: Command, files: Dict[str, Any], **keys: Any) -> Scenario:
    expect = keys.pop("expect", NO)
    observed = keys.pop("observed", {"state": "value"})
    return Scenario(
        name, {"name": "PermitRootLogin"}, expect, verdict, observed, files=files, commands={"sshd -T": output}, **keys
    )


SCENARIOS = [
    _case("right", "pass", "permitrootlogin no\n", {MAIN: "PermitRootLogin no\n"}),
    _case("wrong", "fail", "permitrootlogin yes\n", {MAIN: "PermitRootLogin yes\n"}),
    _case("default", "fail", "permitrootlogin without-password\n", {MAIN: ""}),
    _case("commented-out", "fail", "permitrootlogin without-password\n", {MAIN: "#PermitRootLogin no\n"}),
    _case("not-printed", "fail", "port 22\n", {MAIN: ""}),
    _case("match-loosens", "fail", "permitrootlogin no\n", {MAIN: "Match User bob\n  PermitRootLogin yes\n"}),
    _case(
        "match-agrees-in-odd-case", "pass", "permitrootlogin no\n", {MAIN: "MATCH user bob\n\tpermitROOTlogin = No\n"}
    ),
    _case("match-all-is-general", "pass", "permitrootlogin no\n", {MAIN: "Match all\nPermitRootLogin no\n"}),
    _case(
        "match-in-an-include",
        "fail",
        "permitrootlogin no\n",
        {MAIN: "Include /etc/ssh/sshd_config.d/*.conf\n", EXTRA: "Match Address 10.0.0.0/8\nPermitRootLogin yes\n"},
    ),
    _case(
        "relative-include-in-a-match",
        "fail",
        "permitrootlogin no\n",
        {MAIN: "Match User bob\nInclude sshd_config.d/x.conf\n", EXTRA: "PermitRootLogin yes\n"},
    ),
    _case(
        "includes-itself", "error", "permitrootlogin no\n", {MAIN: "Include sshd_config\n"}, observed={"state": "error"}
    ),
    _case(
        "broken-configuration",
        "error",
        CommandResult(255, "", "line 1: Bad configuration option"),
        {MAIN: "x\n"},
        observed={"state": "error"},
    ),
    _case(
        "hangs", "error", CommandResult(problem="no answer within 20 seconds"), {MAIN: ""}, observed={"state": "error"}
    ),
    _case("prints-nothing", "error", "", {MAIN: ""}, observed={"state": "error"}),
    _case(
        "options-on-the-command-line",
        "error",
        "permitrootlogin no\n",
        {MAIN: "", "/etc/default/ssh": 'SSHD_OPTS="-o PermitRootLogin=yes"\n'},
        observed={"state": "error"},
    ),
    _case("not-root", "error", "permitrootlogin no\n", {MAIN: ""}, observed={"state": "error"}, privileged=False),
    Scenario("no-sshd", {"name": "PermitRootLogin"}, NO, "fail", {"state": "absent"}),
    Scenario(
        "time-in-a-match",
        {"name": "ClientAliveInterval"},
        {"between": [1, 300]},
        "pass",
        {"state": "value"},
        files={MAIN: "Match User bob\nClientAliveInterval 4m30s\n"},
        commands={"sshd -T": "clientaliveinterval 300\n"},
    ),
]
