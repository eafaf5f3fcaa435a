"""A firewall that is switched off leaves no host open, one that is switched on no connection hanging."""

from __future__ import annotations

import shutil

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from tests.scenarios.linux import ask

pytestmark = pytest.mark.root

UNITS = ("ufw.service", "nftables.service", "netfilter-persistent.service")
NFT = "table inet t { chain c { type filter hook %s priority 0; policy %s; } }\n"
DROPS = NFT % ("input", "drop")
TRACKED = "/proc/sys/net/netfilter/nf_conntrack_count"
SSH = "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n"
OUT = "### tuple ### allow any 53 0.0.0.0/0 any 0.0.0.0/0 out\n"
UFW_FILES = {"/etc/ufw/ufw.conf": "ENABLED=yes\n", "/etc/ufw/user.rules": SSH + OUT}
OFF = {"enabled": False, "active": False}
ON = {"enabled": True, "active": True}


@pytest.fixture
def plan(tmp_path):
    """A function that plans changes on a host on which the named units are on: (reasons, steps by label)."""

    def call(changes, on=(), files=None):
        for path, text in {"/run/systemd/system/x": "", **(files or {})}.items():
            place = tmp_path / path[1:]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        shutil.rmtree(tmp_path / "etc/systemd/system/default.target.wants", ignore_errors=True)
        for name in on:
            link = tmp_path / ("etc/systemd/system/default.target.wants/" + name)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to("/usr/lib/systemd/system/" + name)

        def runner(argv, _timeout):
            if list(argv[:2]) != ["systemctl", "show"] or "--property=TriggeredBy" in argv:
                return CommandResult()
            return CommandResult(
                0,
                "\n\n".join(
                    _unit(name, name in on or name.endswith(".target")) for name in argv[argv.index("--") + 1 :]
                ),
            )

        asked = {str(number): list(change) for number, change in enumerate(changes)}
        answer = ask(str(tmp_path), runner, asked, group="connection")
        return [state.get("reason", "") for state in answer["changes"].values()], [
            step["label"] for step in answer["steps"]
        ]

    return call


def _unit(name, is_on):
    state = ("active", "enabled") if is_on else ("inactive", "disabled")
    return f"Id={name}\nNames={name}\nLoadState=loaded\nActiveState={state[0]}\nUnitFileState={state[1]}"


def service(name, wanted):
    return "service", {"name": name}, wanted


def setting(name, value, file="/etc/ufw/ufw.conf"):
    return "text_setting", {"file": file, "name": name, "format": "shell"}, value


def test_only_firewall_that_filters_stays(plan):
    reasons, steps = plan([service("ufw.service", OFF), setting("ENABLED", "no")], on=UNITS, files=UFW_FILES)

    assert all("without it this host would be open" in reason for reason in reasons)
    assert not steps


def test_of_two_that_filter_one_stays(plan):
    files = {**UFW_FILES, "/etc/nftables.conf": DROPS}
    off = [service("nftables.service", OFF), service("ufw.service", OFF)]

    reasons, steps = plan(off, on=UNITS, files=files)

    assert [bool(reason) for reason in reasons] == [False, True]
    assert steps[0] == "systemctl mask --now nftables.service"
    assert steps[1] == "load the rules of ufw again"


def test_firewall_that_filters_nothing_is_switched_off(plan):
    reasons, steps = plan([service("nftables.service", OFF)], on=UNITS, files=UFW_FILES)
    assert reasons == [""]
    assert steps[1] == "load the rules of ufw again"

    reasons, steps = plan([service("netfilter-persistent.service", OFF)], on=UNITS, files=UFW_FILES)
    assert (reasons, steps) == ([""], ["systemctl mask --now netfilter-persistent.service"])


def test_firewall_of_which_only_the_files_are_there_is_no_other(plan):
    files = {**UFW_FILES, "/etc/nftables.conf": DROPS}

    reasons, _steps = plan([service("ufw.service", OFF)], on=["ufw.service"], files=files)

    assert "without it this host would be open" in reasons[0]


@pytest.mark.parametrize("count", [None, "0\n"])
def test_what_goes_out_is_not_refused_before_connections_are_followed(plan, count):
    files = {**UFW_FILES, "/etc/ufw/ufw.conf": "ENABLED=no\n", "/etc/default/ufw": "DEFAULT_OUTPUT_POLICY=ACCEPT\n"}
    files.update({TRACKED: count} if count else {})
    changes = [setting("ENABLED", "yes"), setting("DEFAULT_OUTPUT_POLICY", "DROP", "/etc/default/ufw")]

    reasons, _steps = plan(changes, on=["ufw.service"], files=files)
    assert reasons[0] == ""
    assert "does not follow its connections yet" in reasons[1]

    reasons, _steps = plan(changes, on=["ufw.service"], files={**files, TRACKED: "3\n"})
    assert reasons == ["", ""]


def test_firewall_that_refuses_what_goes_out_does_not_start_before_connections_are_followed(plan):
    files = {"/etc/nftables.conf": NFT % ("output", "drop")}

    reasons, steps = plan([service("nftables.service", ON)], files=files)
    assert "does not follow its connections yet" in reasons[0]
    assert not steps

    reasons, _steps = plan([service("nftables.service", ON)], files={**files, TRACKED: "3\n"})
    assert reasons == [""]


def test_rules_of_ufw_come_before_it_is_switched_on_or_after_it_started(plan):
    rule = ("file_lines", {"path": "/etc/ufw/user.rules", "pattern": "x"}, {"ufw": "deny in from ::1"})
    files = {**UFW_FILES, "/usr/sbin/ufw": "", "/etc/ufw/ufw.conf": "ENABLED=no\n"}

    _reasons, steps = plan([setting("ENABLED", "yes"), service("ufw.service", ON), rule], files=files)
    assert steps[:3] == ["ufw deny in from ::1", "/etc/ufw/ufw.conf", "systemctl enable --now ufw.service"]

    _reasons, steps = plan([rule, service("ufw.service", ON)], files={**files, **UFW_FILES})
    assert steps[:2] == ["systemctl enable --now ufw.service", "ufw deny in from ::1"]
