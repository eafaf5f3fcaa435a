"""Scenarios of packages' integrity: what rpm and dpkg say of files, and which packages nobody signed."""

from __future__ import annotations

from typing import Any, Dict, Optional, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.package import QUERY
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.package_integrity import DPKG_VERIFY, RPM_VERIFY
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import rpm
from tests.scenarios.linux import Command, File, Scenario

EMPTY = {"empty": True}
ALTERED = {"query": "altered", "packages": ["audit", "not-there"]}
SQLITE = "/var/lib/rpm/rpmdb.sqlite"
VERIFY = " ".join([*RPM_VERIFY, "--", "audit"])
NO_PATHS: Dict[str, Union[str, bytes, File]] = {}


def _listing(signature: str) -> str:
    return (
        "audit\t0:3.1.2-2.el9\tx86_64\t%s\ngpg-pubkey\t0:fd431d51-4ae0493b\t(none)\t(none)(none)(none)(none)\n"
        % signature
    )


SIGNED = _listing("(none)(none)RSA/SHA256, Tue 05 Nov 2024, Key ID 199e2f91fd431d51(none)")
UNSIGNED = _listing("(none)(none)(none)(none)")


def _rpm(name: str, verdict: str, said: Command, observed: Any, **more: Any) -> Scenario:
    seen = {"state": "error"} if verdict == "error" else {"state": "value", "value": observed}
    commands: Dict[str, Command] = {" ".join(rpm.QUERY): more.get("listing", SIGNED), VERIFY: said}
    address = more.get("address", ALTERED)
    return Scenario("rpm-" + name, address, EMPTY, verdict, seen, files={SQLITE: "x"}, commands=commands)


def _dpkg(
    name: str,
    verdict: str,
    said: Command,
    observed: Any,
    address: Optional[Dict[str, Any]] = None,
    state: str = "installed",
) -> Scenario:
    seen = {"state": "error"} if verdict == "error" else {"state": "value", "value": observed}
    commands: Dict[str, Command] = {
        " ".join(QUERY): "audit\t%s\t1\n" % state,
        " ".join([*DPKG_VERIFY, "audit"]): said,
    }
    return Scenario("dpkg-" + name, address or ALTERED, EMPTY, verdict, seen, commands=commands)


def _one(path: str, *what: str) -> Any:
    return [{"path": path, "what": list(what)}]


# The lines are those of rpm 4.18 and dpkg 1.21.
SCENARIOS = [
    _rpm("as-delivered", "pass", "", []),
    _rpm(
        "content",
        "fail",
        CommandResult(1, "S.5....T.    /usr/sbin/auditctl\n"),
        _one("/usr/sbin/auditctl", "size", "content"),
    ),
    _rpm("mode", "fail", CommandResult(1, ".M.......    /usr/sbin/aureport\n"), _one("/usr/sbin/aureport", "mode")),
    _rpm("owner-and-group", "fail", CommandResult(1, ".....UG..    /x\n"), _one("/x", "owner", "group")),
    _rpm("link", "fail", CommandResult(1, "....L....    /x\n"), _one("/x", "link")),
    _rpm(
        "capabilities", "fail", CommandResult(1, "........P    /usr/bin/ping\n"), _one("/usr/bin/ping", "capabilities")
    ),
    _rpm(
        "missing-document",
        "fail",
        CommandResult(1, "missing   d /usr/share/doc/x\n"),
        _one("/usr/share/doc/x", "missing"),
    ),
    _rpm("missing", "fail", CommandResult(1, "missing     /a b\n"), _one("/a b", "missing")),
    _rpm("configuration", "pass", CommandResult(1, "S.5....T.  c /etc/audit/auditd.conf\n"), []),
    _rpm("missing-configuration", "pass", CommandResult(1, "missing   c /etc/x\n"), []),
    _rpm("time-alone", "pass", CommandResult(1, ".......T.    /usr/sbin/auditctl\n"), []),
    _rpm("not-to-be-read", "fail", CommandResult(1, "..?......    /x\n"), _one("/x", "not readable")),
    _rpm("many-failures", "fail", CommandResult(255, "missing     /x\n"), _one("/x", "missing")),
    _rpm("odd-line", "error", CommandResult(1, "package audit is not installed\n"), None),
    _rpm("signed", "pass", "", [], address={"query": "unsigned"}),
    _rpm("unsigned", "fail", "", ["audit"], address={"query": "unsigned"}, listing=UNSIGNED),
    _rpm("unknown-query", "error", "", None, address={"query": "colour"}),
    _dpkg("as-delivered", "pass", "", []),
    _dpkg(
        "content", "fail", CommandResult(1, "??5??????   /usr/sbin/auditctl\n"), _one("/usr/sbin/auditctl", "content")
    ),
    _dpkg("configuration", "pass", CommandResult(1, "??5?????? c /etc/audit/auditd.conf\n"), []),
    _dpkg(
        "missing", "fail", CommandResult(1, "missing     /usr/sbin/aureport\n"), _one("/usr/sbin/aureport", "missing")
    ),
    _dpkg("half-installed", "error", "", None, state="half-installed"),
    _dpkg("fails", "error", CommandResult(2, "", "dpkg: error"), None),
    Scenario(
        "dpkg-keeps-no-signatures",
        {"query": "unsigned"},
        {"any_of": [{"absent": True}, EMPTY]},
        "pass",
        {"state": "absent"},
        commands={" ".join(QUERY): "audit\tinstalled\t1\n"},
    ),
    Scenario("not-root", ALTERED, EMPTY, "error", {"state": "error"}, files=NO_PATHS, privileged=False),
]
