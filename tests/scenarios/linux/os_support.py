"""Scenarios of the support of the operating system: which system it is, and what is listed of it."""

from __future__ import annotations

from typing import Any, Dict, List

from tests.scenarios.linux import Part, Scenario

EVER: Dict[str, Any] = {"fields": {"ends": {"any": {"fields": {"support": {"equals": "maker"}}}}}}


def _case(name: str, text: str, system: str, ends: List[str], place: str = "/etc/os-release") -> Scenario:
    supports = [pair.split(" ") for pair in ends]
    seen = Part(system=system, ends=[{"support": support, "last_day": day} for support, day in supports])
    return Scenario(name, {}, EVER, "pass" if ends else "fail", {"state": "value", "value": seen}, files={place: text})


SCENARIOS = [
    _case(
        "debian",
        'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n',
        "debian 12",
        ["maker 2026-07-11", "debian_lts 2028-06-30", "debian_elts 2033-06-30"],
    ),
    _case(
        "file of the system",
        "ID=debian\nVERSION_ID=8\n",
        "debian 8",
        ["maker 2018-06-17", "debian_lts 2020-06-30", "debian_elts 2025-06-30"],
        "/usr/lib/os-release",
    ),
    _case("release below one", 'ID="rocky"\nVERSION_ID="9.4"\n', "rocky 9.4", ["maker 2032-05-31"]),
    _case("release without a longer one", "ID=ubuntu\nVERSION_ID='25.10'\n", "ubuntu 25.10", ["maker 2026-07-09"]),
    # 24 is none of Ubuntu's releases, and 1 is not 10.
    _case("half a release", "ID=ubuntu\nVERSION_ID=24\n", "ubuntu 24", []),
    _case("release that begins like another", "ID=debian\nVERSION_ID=1\n", "debian 1", []),
    # A release that is not finished says none.
    _case("no release", "ID=debian\nVERSION_CODENAME=forky\n", "debian", []),
    _case("made of another", "ID=linuxmint\nID_LIKE=ubuntu\nVERSION_ID=22\n", "linuxmint 22", []),
    _case("says nothing", "NAME=x\n", "linux", []),
    Scenario(
        "no file",
        {},
        EVER,
        "error",
        {
            "state": "error",
            "reason": "neither /etc/os-release nor /usr/lib/os-release is there, so which system this is is not known",
        },
    ),
]
