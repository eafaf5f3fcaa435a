"""Scenarios planted on a booted host get the verdict that their table states, by the same reader on real files and programs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import request_for
from tests.scenarios.linux import File, all_scenarios
from tests.unit.both_sides.test_scenario_verdicts import verdict_of

pytestmark = pytest.mark.hosts

ROOT = Path(__file__).parents[2]
CODE = "/opt/hipaa-cis-test"
# Recordings of what a kernel or systemd shows; on a host its own state brings them about.
RECORDED = ("/proc/", "/sys/", "/run/systemd/")
CASES = [(kind, scenario) for kind, scenario in all_scenarios() if scenario.on_host]
OBSERVE = (
    f"import json, sys; sys.path.insert(0, {CODE!r}); "
    "from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import observe; "
    "print(json.dumps(observe(sys.stdin.read())['observations']['0']))"
)


@pytest.fixture(scope="module")
def host(debian12_lender):
    """A booted host that has the target's code, for all scenarios one after the other."""
    with debian12_lender.lend(1) as hosts:
        base = "ansible_collections/hipaa/cis/plugins/module_utils"
        for folder, _names, files in os.walk(ROOT / "plugins" / "module_utils"):
            for name in files:
                if name.endswith(".py"):
                    path = Path(folder, name)
                    relative = path.relative_to(ROOT / "plugins" / "module_utils")
                    hosts[0].write(f"{CODE}/{base}/{relative}", path.read_text())
        yield hosts[0]


def planted(scenario) -> dict[str, File]:
    found = {path: item if isinstance(item, File) else File(text=item) for path, item in scenario.files.items()}
    return {path: item for path, item in found.items() if not path.startswith(RECORDED)}


def plant(host: Any, scenario) -> None:
    for path, item in planted(scenario).items():
        if item.link is not None:
            host.run(["sh", "-c", 'mkdir -p "${2%/*}"; ln -sfn "$1" "$2"', "plant", item.link, path])
        elif item.directory:
            host.run(["sh", "-c", 'mkdir -p "$1" && chmod "$2" "$1"', "plant", path, f"{item.mode:o}"])
        else:
            text = item.text if isinstance(item.text, str) else item.text.decode("utf-8", "surrogateescape")
            host.write(path, text, item.mode)


def mounts(host: Any) -> list[str]:
    return host.run(["findmnt", "-rno", "TARGET"]).stdout.split("\n")[:-1]


@pytest.fixture
def restored(host):
    """A function that notes what paths of the host were, so that they are put back after the test."""
    noted: list[str] = []
    host.run(["sh", "-c", "rm -rf /opt/kept && mkdir /opt/kept"])
    mounted = mounts(host)

    def note(paths) -> None:
        for path in paths:
            noted.append(path)
            host.run(["sh", "-c", 'mkdir -p "/opt/kept${1%/*}"; [ ! -e "$1" ] && [ ! -L "$1" ] || cp -a "$1" "/opt/kept$1"',
                      "note", path])  # fmt: skip

    yield note
    for path in reversed([path for path in mounts(host) if path not in mounted]):
        host.run(["umount", path])
    for path in reversed(noted):
        host.run(["sh", "-c", 'rm -rf "$1"; [ ! -e "/opt/kept$1" ] && [ ! -L "/opt/kept$1" ] || cp -a "/opt/kept$1" "$1"',
                  "restore", path])  # fmt: skip


@pytest.mark.parametrize(("kind", "scenario"), CASES, ids=[f"{kind}-{case.id}" for kind, case in CASES])
def test_verdict_on_a_booted_host(kind, scenario, host, restored):
    restored(planted(scenario))
    plant(host, scenario)
    for command in scenario.host_commands:
        host.run(list(command))

    request = request_for([{"kind": kind, **scenario.address}])
    seen = json.loads(host.run(["python3", "-c", OBSERVE], data=request).stdout)

    assert verdict_of(kind, scenario, seen) == scenario.verdict, seen
