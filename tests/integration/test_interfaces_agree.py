"""What brings up an interface on a booted host sets those kernel parameters that the reader says, and no others."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.integration.test_programs_agree import CODE, carry_code
from tests.scenarios.linux import File
from tests.scenarios.sysctl_by_others import CASES

pytestmark = pytest.mark.hosts
BY_DHCPCD = "ifupdown-starts-dhcpcd-"
DHCPCD = "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install dhcpcd-base"


def answers(host, chosen):
    """Return {case: [whether what its rule asks for is in force, whether the reader says so]}, as a host gives them."""
    cases = []
    for case in chosen:
        files = {path: asdict(one) if isinstance(one, File) else one for path, one in case.files.items()}
        cases.append({"id": case.id, "key": case.key, "equals": case.equals, "files": files})
    carry_code(host)
    path = Path(__file__).with_name("interfaces_on_host.py")
    host.write(f"{CODE}/interfaces.py", path.read_text(encoding="utf-8"))
    host.write(f"{CODE}/given.json", json.dumps(cases))
    return json.loads(host.run(["python3", f"{CODE}/interfaces.py", CODE, f"{CODE}/given.json"], timeout=120).stdout)


def differ(seen):
    """Return the cases in which the reader says something else; some of them hold and some do not."""
    assert {found for found, _told in seen.values()} == {True, False}
    return {name: pair for name, pair in seen.items() if pair[0] != pair[1]}


@pytest.mark.parametrize("release", ["booted_host", "debian13_host"])
def test_networkd_sets_what_is_read(release, request):
    chosen = [case for case in CASES if case.id.startswith("networkd-")]

    assert differ(answers(request.getfixturevalue(release), chosen)) == {}


def test_ifupdown_sets_what_is_read(booted_host):
    chosen = [case for case in CASES if case.id.startswith("ifupdown-") and not case.id.startswith(BY_DHCPCD)]

    assert differ(answers(booted_host, chosen)) == {}


def test_dhcpcd_that_ifupdown_starts_takes_what_is_read(debian13_host):
    debian13_host.run(["sh", "-c", DHCPCD], timeout=300)
    # Those of other clients have no such clients.
    chosen = [case for case in CASES if case.id.startswith(BY_DHCPCD) and "where" not in case.id]

    assert differ(answers(debian13_host, chosen)) == {}
