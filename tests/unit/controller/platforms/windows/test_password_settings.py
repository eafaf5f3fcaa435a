"""Fine-grained password policies are held against what is asked of the domain's own."""

from __future__ import annotations

import pytest

from tests.unit.controller.platforms.windows.judged import ALONE, GONE, MAIN, SERVER, check, read, rule, value

DAY, MINUTE, NEVER = 864000000000, 600000000, -9223372036854775808
PASSWORDS, LOCKOUT = "windows_dc_fine_grained_passwords", "windows_dc_fine_grained_lockout"
SETTING = {"kind": "password_settings"}
NAMES = {
    "precedence": "msDS-PasswordSettingsPrecedence",
    "length": "msDS-MinimumPasswordLength",
    "complexity": "msDS-PasswordComplexityEnabled",
    "reversible": "msDS-PasswordReversibleEncryptionEnabled",
    "history": "msDS-PasswordHistoryLength",
    "least": "msDS-MinimumPasswordAge",
    "most": "msDS-MaximumPasswordAge",
    "attempts": "msDS-LockoutThreshold",
    "lock": "msDS-LockoutDuration",
    "window": "msDS-LockoutObservationWindow",
}
GOOD = {
    "precedence": 10,
    "length": 14,
    "complexity": True,
    "reversible": False,
    "history": 24,
    "least": -DAY,
    "most": -365 * DAY,
    "attempts": 5,
    "lock": -15 * MINUTE,
    "window": -15 * MINUTE,
}


def policy(name="Services", applies=1, **more):
    return {"name": name, "applies": applies, **{NAMES[key]: str(one) for key, one in {**GOOD, **more}.items()}}


def without(key):
    return {name: one for name, one in policy().items() if name != NAMES.get(key, key)}


def shown(*policies, **more):
    return {"container": True, "creates": True, "objects": list(policies), **more}


def judged(name, answer, facts=None, values=None):
    facts = MAIN if facts is None else facts
    kind = value({"view": 64, "type": 1, "data": facts["product_type"]})
    return rule(name, lambda address: kind if "key" in address else answer, facts, values)


def both(answer, **more):
    return judged(PASSWORDS, answer, **more).outcome, judged(LOCKOUT, answer, **more).outcome


def test_all_of_a_policy_is_told_in_days_and_minutes():
    told = read(SETTING, shown(policy(most=NEVER, lock=NEVER, least=-2 * DAY, window=-30 * MINUTE)), MAIN)

    assert told == [
        {
            "name": "Services",
            "precedence": 10,
            "length": 14,
            "complexity": True,
            "reversible": False,
            "history": 24,
            "minimum_days": 2,
            "maximum_days": "never",
            "lockout_attempts": 5,
            "lockout_minutes": "never",
            "counted_minutes": 30,
        }
    ]


def test_those_that_apply_to_somebody_are_told_in_the_order_in_which_they_count():
    told = read(
        SETTING, shown(policy("C", precedence=9), policy("B", 0), policy("A", 3, precedence=10), policy("D", precedence=1)), MAIN
    )  # fmt: skip

    assert [one["name"] for one in told] == ["D", "C", "A"]


@pytest.mark.parametrize(("of", "fields"), [("passwords", 8), ("lockout", 5)])
def test_a_part_is_told_alone(of, fields):
    (told,) = read({**SETTING, "of": of}, shown(policy()), MAIN)

    assert len(told) == fields
    assert {"name", "precedence"} < set(told)


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({}, "pass"),
        ({"length": 13}, "fail"),
        ({"length": 20}, "pass"),
        ({"complexity": False}, "fail"),
        ({"reversible": True}, "fail"),
        ({"history": 23}, "fail"),
        ({"history": 1024}, "pass"),
        ({"most": -366 * DAY}, "fail"),
        # A fraction is taken for the looser whole.
        ({"most": -365 * DAY - 1}, "fail"),
        ({"most": -DAY}, "pass"),
        ({"most": NEVER}, "fail"),
        ({"most": 0}, "fail"),
        ({"least": 0}, "fail"),
        ({"least": -DAY + 1}, "fail"),
        ({"least": -2 * DAY}, "pass"),
        # It needs an age without end, and never comes alone.
        ({"least": NEVER, "most": NEVER}, "fail"),
        # Each rule looks at its own.
        ({"attempts": 0, "lock": -MINUTE, "window": 0}, "pass"),
    ],
)
def test_passwords_of_a_policy_are_as_strong_as_those_of_the_domain(more, outcome):
    assert judged(PASSWORDS, shown(policy(**more))).outcome == outcome


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({}, "pass"),
        ({"attempts": 0}, "fail"),
        ({"attempts": 1}, "pass"),
        ({"attempts": 6}, "fail"),
        ({"lock": -14 * MINUTE}, "fail"),
        ({"lock": -15 * MINUTE + 1}, "fail"),
        # Until an administrator unlocks it, by both numbers.
        ({"lock": NEVER}, "pass"),
        ({"lock": 0}, "pass"),
        ({"window": -14 * MINUTE}, "fail"),
        ({"window": 0}, "fail"),
        ({"window": NEVER, "lock": NEVER}, "pass"),
        ({"length": 0, "complexity": False, "history": 0, "most": NEVER}, "pass"),
    ],
)
def test_the_lock_of_a_policy_is_as_strict_as_that_of_the_domain(more, outcome):
    assert judged(LOCKOUT, shown(policy(**more))).outcome == outcome


def test_one_weak_policy_among_others_is_found():
    told = judged(PASSWORDS, shown(policy("Good"), policy("Weak", length=4)))

    assert told.outcome == "fail"
    assert "Weak" in told.checks[-1].observed


def test_a_policy_that_applies_to_nobody_weakens_nothing():
    assert both(shown(policy(applies=0, length=0, attempts=0))) == ("pass", "pass")


def test_a_domain_without_such_policies_passes():
    assert both(shown()) == ("pass", "pass")


def test_the_bounds_are_those_of_the_domains_own_policy():
    site = {
        "windows_password_minimum_length": 16,
        "windows_password_maximum_age": 90,
        "windows_password_minimum_age": 2,
    }
    locks = {"windows_lockout_threshold": 3, "windows_lockout_duration": 30, "windows_lockout_counter_reset": 20}

    assert both(shown(policy()), values={**site, **locks}) == ("fail", "fail")
    strict = policy(length=16, most=-90 * DAY, least=-2 * DAY, attempts=3, lock=-30 * MINUTE, window=-20 * MINUTE)
    assert both(shown(strict), values={**site, **locks}) == ("pass", "pass")
    assert both(shown({**strict, NAMES["length"]: "15"}), values={**site, **locks}) == ("fail", "pass")
    assert both(shown({**strict, NAMES["window"]: str(-19 * MINUTE)}), values={**site, **locks}) == ("pass", "fail")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (shown(container=False), "is not shown to this account; run the audit on the domain controller as a domain administrator"),
        # To whom it is hidden a container looks empty.
        (shown(creates=False), "their container may look empty; run the audit on the domain controller as a domain administrator"),
        # What such an account is shown need not be all.
        (shown(policy(), creates=False), "may look empty"),
        (shown(creates="true"), "may look empty"),
        (shown({"applies": 0}), "not shown to this account with its name"),
        (shown(without("name")), "not shown to this account with its name"),
        *((shown(without(key)), "not all of the password settings object 'Services' is shown") for key in NAMES),
        # To whom it applies may be hidden with the rest.
        (shown({"name": "Services", "applies": 0}), "not all of the password settings object 'Services' is shown"),
        (shown(without("applies")), "whether the password settings object 'Services' applies to anybody"),
        (shown({**policy(), "applies": "1"}), "applies to anybody"),
        (shown({**policy(), "applies": True}), "applies to anybody"),
        (shown(policy(length="14 characters")), "msDS-MinimumPasswordLength of the password settings object 'Services' is no number"),
        (shown(policy(history="")), "is no number"),
        (shown(policy(most="-")), "is no number"),
        (shown({**policy(), NAMES["attempts"]: None}), "is no number"),
        (shown(policy(complexity="Wahr")), "is neither true nor false"),
        (shown({**policy(), NAMES["reversible"]: 0}), "is neither true nor false"),
        (shown(policy(most=DAY)), "msDS-MaximumPasswordAge of the password settings object 'Services' is no interval"),
        (shown(policy(window=1)), "is no interval"),
        (shown("Services"), "no password settings object where one has to be"),
        ({**shown(), "objects": None}, "no list of password settings objects"),
        ({"container": True, "creates": True}, "no 'objects'"),
        ({"objects": []}, "no 'container'"),
        ({"container": True, "objects": []}, "no 'creates'"),
        ([], "no 'container'"),
        ({"state": "error", "reason": "Der Server ist nicht funktionstüchtig."}, "nicht funktionstüchtig"),
    ],
)  # fmt: skip
def test_what_is_not_shown_or_not_understood_is_an_error_and_no_pass(answer, why):
    told = check({**SETTING, "expect": {"each": {"fields": {"length": {"at_least": 0}}}}}, answer, MAIN)

    assert told.outcome == "error"
    assert why in told.reason
    assert both(answer if "state" in answer else value(answer)) == ("error", "error")


@pytest.mark.parametrize("facts", [SERVER, ALONE])
def test_on_other_hosts_there_is_nothing_to_look_at(facts):
    assert check({**SETTING, "expect": {"absent": True}}, GONE, facts).outcome == "pass"
    with pytest.raises(ValueError, match="not enough values"):
        judged(PASSWORDS, GONE, facts)


def test_a_controller_that_says_nothing_of_it_does_not_pass():
    assert both(GONE) == ("fail", "fail")
