"""Programs that few hosts have, on a booted host: what the readers say of doas, systemd-cron, bcron, dropbear and extrausers is what they do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.test_programs_agree import CODE, carry_code
from tests.scenarios.linux import accounts, host_fact

pytestmark = pytest.mark.hosts
INSTALL = "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends doas libnss-extrausers dropbear-bin"
JOB = "1 1 * * * root /opt/mark\n"
NAMES = "/etc/nsswitch.conf"
# To doas a last line without an end is a mistake, and it lets nobody in; the other is about what it is run with.
NOT_SEEN = {"doas_unasked-without-an-end-of-line", "doas_unasked-arguments-stay-here"}
DOOR, UNIT = "/usr/local/sbin/door", "/etc/systemd/system/door.service"


def of_doas():
    """Return the texts that the scenarios have of it."""
    cases = [one for one in host_fact.SCENARIOS if one.id.startswith("doas_unasked") and "/usr/bin/doas" in one.files]
    return {one.id: [one.files["/etc/doas.conf"]] for one in cases if one.id not in NOT_SEEN}


def of_extrausers():
    """Return the files of it and of nsswitch.conf in the scenarios of an account of its own that has no password."""
    found = {}
    for one in accounts.SCENARIOS:
        files = {path: text for path, text in one.files.items() if path == NAMES or path.startswith(accounts.EXTRA)}
        has_eve = str(files.get(accounts.EXTRA + "passwd", "")).startswith("eve:")
        if one.address == {"fact": "empty_password"} and NAMES in files and has_eve:
            # So that the password is not too old.
            shadow = str(files.get(accounts.EXTRA + "shadow", "")).replace(":90:", ":99999:")
            found[one.id] = [{**files, accounts.EXTRA + "shadow": shadow}]
    return found


GIVEN = {
    "doas": of_doas(),
    "extrausers": of_extrausers(),
    "crontab": {
        "cron": ["cron", "cron.service"],
        "bcron": ["bcron", "bcron-sched.service"],
        "systemd-cron": ["systemd-cron", "cron.target"],
    },
    "planned": {
        "tables": [
            {
                "/etc/cron.d/plain": JOB,
                "/etc/cron.d/with.dot": JOB,
                "/etc/cron.d/at-boot-alone": JOB.replace("1 1 * * *", "@reboot"),
                "/etc/cron.d/daily": JOB.replace("1 1 * * *", "@daily"),
                "/etc/cron.d/remark": "# " + JOB,
            }
        ]
    },
    "dropbear": {
        "nothing": [{}, ""],
        "unit": [{UNIT: "[Service]\nExecStart=/usr/sbin/dropbear -EFR -p 2222\n"}, "door.service"],
        "script": [
            {DOOR: "#!/bin/sh\nexec /usr/sbin/dropbear -EFR -p 2222\n", UNIT: f"[Service]\nExecStart={DOOR}\n"},
            "door.service",
        ],
        "socket": [
            {
                UNIT.replace(".service", ".socket"): "[Socket]\nListenStream=2222\nAccept=yes\n",
                UNIT.replace(
                    ".service", "@.service"
                ): "[Service]\nExecStart=-/usr/sbin/dropbear -iR\nStandardInput=socket\n",
            },
            "door.socket",
        ],
        "nothing any more": [{}, ""],
    },
}


def test_readers_say_what_rare_programs_do(booted_host):
    booted_host.run(["sh", "-c", INSTALL], timeout=300)
    carry_code(booted_host)
    booted_host.write(f"{CODE}/ways.py", Path(__file__).with_name("ways_on_host.py").read_text(encoding="utf-8"))
    booted_host.write(f"{CODE}/given.json", json.dumps(GIVEN))

    answer = json.loads(booted_host.run(["python3", f"{CODE}/ways.py", CODE, f"{CODE}/given.json"], timeout=120).stdout)

    seen = {f"{way} {name}": pair for way, cases in answer.items() for name, pair in cases.items()}
    # It also runs a table of cron with a dot in its name, which cron passes over, and so does the reader.
    assert "/etc/cron.d/with.dot" in seen["planned tables"][0]
    seen["planned tables"][0].remove("/etc/cron.d/with.dot")
    assert len(seen) > 40
    # Of what a program does not take no verdict is given.
    assert {name: pair for name, pair in seen.items() if pair[0] != pair[1] and pair[1] != "error"} == {}
