"""The checkout keeps the promises that tools and contributors rely on."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from tests.tools.lock import LINES, RELEASE_LINE, line_of

ROOT = Path(__file__).resolve().parents[3]
REQUIREMENT_FILES = ("requirements.txt", "requirements-dev.txt", "requirements-release.txt")
PIN = re.compile(r"^(?P<name>[A-Za-z0-9_-]+)==(?P<version>\d+(\.\d+)+)(?: ; (?P<marker>python_version .+))?$")
RANGE = re.compile(r"^[A-Za-z0-9_-]+(\[[a-z]+\])?>=\d+(\.\d+)+,<\d+(\.\d+)*( ; python_version (>=|<) .\d\.\d+.)?$")
LOCKED = re.compile(
    r"^([a-z0-9-]+)==(\S+)(?: ; [^\\]+?)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


def tracked_files() -> list[str]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in listing.stdout.split("\0") if name]


def requirement_lines(*names: str) -> list[str]:
    lines = [line for name in names for line in (ROOT / name).read_text(encoding="utf-8").split("\n")]
    return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Build the collection from the tracked files and from what must never get into the archive."""
    if shutil.which("git") is None:
        pytest.skip("left out on this machine: missing git")
    checkout = tmp_path_factory.mktemp("checkout")
    for name in tracked_files():
        if not (ROOT / name).exists():
            continue
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, checkout / name, follow_symlinks=False)
    for name in (
        ".venv/bin/python",
        ".nox/x",
        "hipaa-cis-runs/one/host.json",
        "hipaa-cis-selftest/x.json",
        "tmp/x",
        "plugins/__pycache__/x.pyc",
    ):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text("", encoding="utf-8")
    output = tmp_path_factory.mktemp("archive")
    galaxy = Path(sys.executable).with_name("ansible-galaxy")
    subprocess.run([galaxy, "collection", "build", "--output-path", output], cwd=checkout, check=True)
    (built,) = output.glob("hipaa-cis-*.tar.gz")
    with tarfile.open(built) as tar:
        return set(tar.getnames())


@pytest.mark.parametrize(
    "part", ["catalog", "changelogs", "docs", "meta/runtime.yml", "plugins", "README.md", "LICENSE"]
)
def test_archive_has_what_users_need(archive, part):
    assert part in archive


def test_archive_has_every_tracked_file_users_need(archive):
    needed = {name for name in tracked_files() if name.startswith(("catalog/", "playbooks/", "plugins/", "roles/"))}

    assert needed <= archive


def test_archive_has_nothing_else(archive):
    leading = {name.split("/")[0] for name in archive}

    assert leading.isdisjoint(
        {".ci", ".git", ".nox", ".venv", "ansible_collections", "hipaa-cis-runs", "hipaa-cis-selftest", "tests", "tmp"}
    )
    assert not [name for name in archive if "__pycache__" in name]
    assert {name for name in archive if name.startswith("locks/")} == {
        f"locks/ansible-core-{line}.txt" for line in LINES
    }


@pytest.mark.parametrize("line", requirement_lines("requirements-dev.txt", "requirements-release.txt"))
def test_tool_is_pinned_exactly(line):
    assert PIN.match(line), f"not an exact pin: {line}"


@pytest.mark.parametrize("line", requirement_lines("requirements.txt"))
def test_requirement_of_users_is_a_range(line):
    assert RANGE.match(line), f"no range with both ends: {line}"


@pytest.mark.parametrize("line", LINES)
def test_each_line_of_ansible_is_locked_with_hashes(line):
    runtime = LOCKED.findall((ROOT / f"locks/ansible-core-{line}.txt").read_text(encoding="utf-8"))
    development = LOCKED.findall((ROOT / f"locks/development-{line}.txt").read_text(encoding="utf-8"))
    names = {name: version for name, version, _hashes in runtime}

    wanted = {re.split(r"[><=\[]", one)[0].lower() for one in requirement_lines("requirements.txt")}
    assert wanted <= names.keys()
    assert names["ansible-core"].startswith(f"{line}.")
    # What is tested is what is released.
    assert set(runtime) <= set(development)
    for name in ("ansible-core", "development"):
        text = (ROOT / f"locks/{name}-{line}.txt").read_text(encoding="utf-8")
        assert len(re.findall("^[a-z].*==", text, re.MULTILINE)) == len(LOCKED.findall(text))


def test_tools_are_locked_as_they_are_pinned():
    pins = {
        match["name"].lower(): match for match in map(PIN.match, requirement_lines("requirements-dev.txt")) if match
    }
    locked = {one[0]: one[1] for one in LOCKED.findall((ROOT / "locks/development-2.21.txt").read_text())}
    for name in ("ruff", "mypy", "nox", "molecule"):
        assert locked[name] == pins[name]["version"]


def test_tools_of_a_release_are_locked_with_hashes_as_they_are_pinned():
    text = (ROOT / "locks/release.txt").read_text(encoding="utf-8")
    locked = {name: version for name, version, _hashes in LOCKED.findall(text)}
    pins = {line.split("==")[0]: line.split("==")[1] for line in requirement_lines("requirements-release.txt")}

    assert pins.items() <= locked.items()
    assert locked["ansible-core"].startswith(f"{RELEASE_LINE}.")
    assert len(re.findall("^[a-z].*==", text, re.MULTILINE)) == len(LOCKED.findall(text))


def test_line_of_ansible_is_chosen_by_the_interpreter():
    assert [line_of((3, minor)) for minor in range(10, 16)] == ["2.16", "2.19", "2.21", "2.21", "2.21", "2.21"]
    with pytest.raises(SystemExit, match=r"Python 3\.10 or newer"):
        line_of((3, 9))


def test_each_requirement_has_one_version_per_python():
    seen = [
        (match["name"].lower(), match["marker"])
        for match in map(PIN.match, requirement_lines("requirements-dev.txt"))
        if match
    ]
    unconditional = {name for name, marker in seen if marker is None}

    assert len(seen) == len(set(seen))
    assert not [name for name, marker in seen if marker and name in unconditional]


def test_versions_stand_nowhere_else():
    """A second place for a version is a place to forget."""
    pins = {f"=={match['version']}" for match in map(PIN.match, requirement_lines("requirements-dev.txt")) if match}
    for name in tracked_files():
        path = ROOT / name
        if name in REQUIREMENT_FILES or path.suffix not in {".cfg", ".py", ".toml", ".yml", ""} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        assert not [pin for pin in pins if pin in text], f"{name} repeats a pin"


def test_checkout_is_importable_as_the_collection():
    importlib.import_module("ansible_collections.hipaa.cis.plugins.module_utils.linux.host")

    assert (ROOT / "ansible_collections" / "hipaa" / "cis").resolve() == ROOT


def test_link_is_relative():
    assert (ROOT / "ansible_collections" / "hipaa" / "cis").readlink() == Path("../..")


def test_actions_of_the_runtime_metadata_exist():
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))

    for action in runtime["action_groups"]["all"]:
        assert (ROOT / "plugins" / "action" / f"{action}.py").exists()
        assert (ROOT / "plugins" / "modules" / f"{action}.py").exists()


def test_oldest_ansible_is_the_oldest_line_tested():
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    (wanted,) = [line for line in requirement_lines("requirements.txt") if line.startswith("ansible-core")]
    oldest, newest = next(iter(LINES)), tuple(map(int, list(LINES)[-1].split(".")))

    assert runtime["requires_ansible"] == f">={oldest}.0"
    assert wanted == f"ansible-core>={oldest}.0,<{newest[0]}.{newest[1] + 1}"
