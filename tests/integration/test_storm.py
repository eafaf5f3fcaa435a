"""Whatever happens at whatever moment: a rollback leaves other people's work alone and takes all of ours back."""

from __future__ import annotations

import os

import pytest

from tests.storm.others import APT, Act
from tests.storm.round import Round, Script

pytestmark = [pytest.mark.hosts, pytest.mark.slow]

ROUNDS = 8
PAM_RULES = ("pam_faillock_enabled", "pam_pwhistory_enabled", "pam_pwquality_enabled", "pam_pwquality_installed")
# `make test` gives another one at each call, and its head names it; tests.tools.rollback_storm plays one again.
FIRST = int(os.environ.get("HIPAA_CIS_STORM_SEED") or 1)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + ROUNDS))
def test_storm(server_host, seed):
    played = Round(server_host, seed)

    faults = played.play()

    assert not faults, "\n".join([f"seed {seed}: {played.script}", *played.claims.acts, *played.told, *faults[:12]])


def test_a_storm_sees_what_is_lost(server_host, monkeypatch):
    """Somebody's file that goes, and one of ours that stays, are faults: else no round could ever fail."""
    act = Act("makes /etc/site.txt", "echo theirs > /etc/site.txt", ("/etc/site.txt",))
    played = Round(server_host, 0, Script(rules=("crontab_permissions",), after=(act,)))
    undone = played.target.roll_back
    monkeypatch.setattr(played.target, "roll_back", lambda *given, **more: _losing(server_host, undone(*given, **more)))

    faults = played.play()

    assert sorted(fault.split(" is not")[0].split(":")[0] for fault in faults) == [
        "/etc/ours",
        "the content of /etc/site.txt",
    ]


def _losing(host, report):
    host.run(["sh", "-c", "rm -f /etc/site.txt; echo ours > /etc/ours"])
    return report


def test_packages_of_others_are_no_part_of_what_is_taken_back(server_host):
    act = Act("installs tree", f"{APT} install tree", packages=True)
    # What pam-auth-update remembers is written by us first, and then by the package's own script.
    script = Script(rules=PAM_RULES, purged=("libpam-pwquality",), after=(act,))

    assert not Round(server_host, 0, script).play()
