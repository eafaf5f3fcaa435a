"""Units that are switched on and off: only by what systemctl does, and with a way back."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from tests.scenarios.linux import ask

pytestmark = pytest.mark.root

ON, OFF = {"enabled": True, "active": True}, {"enabled": False, "active": False}
ENABLED, DISABLED = ("loaded", "active", "enabled"), ("loaded", "inactive", "disabled")


@pytest.fixture
def switch(tmp_path):
    """A function that plans a change of a unit in a state: (state of the change, [(argv, undo)])."""

    def call(wanted, states, kind="service", name="pump", triggers="", answers=None):
        (tmp_path / "run/systemd/system").mkdir(parents=True, exist_ok=True)

        def runner(argv, _timeout):
            if " ".join(argv) in (answers or {}):
                return answers[" ".join(argv)]
            if "--property=TriggeredBy" in argv:
                return CommandResult(0, f"TriggeredBy={triggers}\n")
            if argv[:2] != ["systemctl", "show"]:
                return CommandResult()
            shown = []
            for unit, (_load, _active, state) in states.items():
                link = tmp_path / ("etc/systemd/system/default.target.wants/" + unit)
                if state == "enabled" and not link.is_symlink():
                    link.parent.mkdir(parents=True, exist_ok=True)
                    link.symlink_to("/usr/lib/systemd/system/" + unit)
            for unit in argv[list(argv).index("--") + 1 :]:
                load, active, state = states.get(
                    unit,
                    (
                        "loaded" if unit.endswith(".target") else "not-found",
                        "active" if unit.endswith(".target") else "inactive",
                        "",
                    ),
                )
                shown.append(f"Id={unit}\nNames={unit}\nLoadState={load}\nActiveState={active}\nUnitFileState={state}")
            return CommandResult(0, "\n\n".join(shown))

        answer = ask(str(tmp_path), runner, {"it": [kind, {"name": name}, wanted]}, group="connection")
        return answer["changes"]["it"], [(step["argv"], step["undo"]) for step in answer["steps"]]

    return call


@pytest.mark.parametrize(
    ("wanted", "state", "argv", "undo"),
    [
        (ON, DISABLED, ["enable", "--now"], "stop"),
        ({"enabled": True}, DISABLED, ["enable"], ""),
        ({"active": True}, DISABLED, ["start"], "stop"),
        ({"active": True}, ("loaded", "inactive", "static"), ["start"], "stop"),
        (ON, ("loaded", "inactive", "enabled"), ["start"], "stop"),
        (ON, ("loaded", "active", "disabled"), ["enable"], ""),
        (ON, ("loaded", "active", "enabled-runtime"), ["enable"], ""),
        (ON, ("loaded", "inactive", "linked"), ["enable", "--now"], "stop"),
        (OFF, ("loaded", "inactive", "enabled-runtime"), ["mask", "--now"], ""),
        (OFF, ENABLED, ["mask", "--now"], "start"),
        ({"enabled": False}, ENABLED, ["mask", "--now"], "start"),
        ({"active": False}, ("loaded", "active", "static"), ["mask", "--now"], "start"),
        ({"masked": True}, ("loaded", "inactive", "enabled"), ["mask", "--now"], ""),
    ],
)
def test_unit_is_switched_by_one_call_with_its_way_back(switch, wanted, state, argv, undo):
    change, steps = switch(wanted, {"pump.service": state})

    assert change["state"] == "planned"
    ((made, back),) = steps
    assert made == ["systemctl", *argv, "pump.service"]
    verbs = [command[1] for command in back if command[1] != "daemon-reload"]
    assert verbs == ([undo] if undo else [])


@pytest.mark.parametrize(
    ("wanted", "state"),
    [
        (ON, ENABLED),
        (OFF, DISABLED),
        (OFF, ("masked", "inactive", "masked")),
        ({"enabled": True}, ENABLED),
        ({}, ENABLED),
    ],
)
def test_unit_that_is_as_wanted_is_left_alone(switch, wanted, state):
    change, steps = switch(wanted, {"pump.service": state})

    assert (change["state"], steps) == ("nothing", [])


@pytest.mark.parametrize(
    ("wanted", "state", "said"),
    [
        ({"enabled": "yes"}, DISABLED, "only enabled, active and masked of pump.service can be set"),
        ({"started": True}, DISABLED, "only enabled, active and masked"),
        ({"enabled": True, "active": False}, DISABLED, "cannot be both switched on and off"),
        ({"enabled": True, "masked": True}, DISABLED, "cannot be both switched on and off"),
        (ON, None, "there is no pump.service on this host"),
        (ON, ("loaded", "inactive", "static"), "pump.service is static, which systemctl enable does not change"),
        ({"enabled": True}, ("loaded", "active", ""), "pump.service is without a unit file, which"),
        (ON, ("masked", "inactive", "masked-runtime"), "until the next boot only; run systemctl unmask pump.service"),
        (OFF, ("not-found", "active", ""), "pump.service runs but its unit file is gone; stop it by hand"),
    ],
)
def test_unit_that_systemctl_would_not_switch_is_left_to_a_person(switch, wanted, state, said):
    change, steps = switch(wanted, {"pump.service": state} if state else {})

    assert (change["state"], steps) == ("refused", [])
    assert said in change["reason"]


def test_masked_unit_is_unmasked_first(switch, tmp_path):
    place = tmp_path / "etc/systemd/system/pump.service"
    place.parent.mkdir(parents=True)
    place.symlink_to("/dev/null")

    change, steps = switch(ON, {"pump.service": ("masked", "inactive", "masked")})

    assert change["state"] == "planned"
    assert [argv[1] for argv, _undo in steps] == ["unmask", "enable"]


def test_unit_that_is_masked_by_an_empty_file_is_left_to_a_person(switch, tmp_path):
    place = tmp_path / "etc/systemd/system/pump.service"
    place.parent.mkdir(parents=True)
    place.write_text("")

    change, steps = switch(ON, {"pump.service": ("masked", "inactive", "masked")})

    assert (change["state"], steps) == ("refused", [])
    assert "is masked by an empty file, not by a link" in change["reason"]


def test_unit_file_of_the_site_is_disabled_and_not_masked(switch, tmp_path):
    place = tmp_path / "etc/systemd/system/pump.service"
    place.parent.mkdir(parents=True)
    place.write_text("[Service]\n")

    _change, steps = switch(OFF, {"pump.service": ENABLED})

    assert [argv[1:3] for argv, _undo in steps] == [["disable", "--now"]]


def test_what_would_start_it_again_is_switched_off_too(switch):
    states = {"pump.service": ENABLED, "pump.socket": ENABLED, "pump.timer": DISABLED}

    _change, steps = switch(OFF, states, triggers="pump.timer pump.socket")

    assert sorted(name for argv, _undo in steps for name in argv[3:]) == ["pump.service", "pump.socket"]


@pytest.mark.parametrize("kind", ["service", "socket", "timer"])
def test_each_kind_has_its_suffix(switch, kind):
    _change, steps = switch(OFF, {f"pump.{kind}": ENABLED}, kind=kind)

    assert steps[0][0][-1] == f"pump.{kind}"


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, ""),
        (
            {"nft list ruleset": CommandResult(0, "table inet x {}\n")},
            "firewall rules are loaded that nftables.service",
        ),
        ({"nft list ruleset": CommandResult(0, " \n")}, ""),
        ({'nft -c include "/etc/nftables.conf"\n': CommandResult(1, "", "syntax error")}, "syntax error"),
    ],
)
@pytest.mark.parametrize("wanted", [ON, {"enabled": True}])
def test_nftables_does_not_start_over_rules_in_use(switch, answers, said, wanted):
    said = said if wanted == ON else ""

    change, _steps = switch(wanted, {"nftables.service": DISABLED}, name="nftables", answers=answers)

    assert said in change.get("reason", "")
    assert (change["state"] == "planned") is not bool(said)


def test_firewall_that_is_only_enabled_refuses_nothing_yet(switch, tmp_path):
    (tmp_path / "etc").mkdir()
    chain = "table inet t { chain c { type filter hook output priority 0; policy drop; } }\n"
    (tmp_path / "etc/nftables.conf").write_text(chain)

    assert switch({"enabled": True}, {"nftables.service": DISABLED}, name="nftables")[0]["state"] == "planned"
    assert switch(ON, {"nftables.service": DISABLED}, name="nftables")[0]["state"] == "refused"
