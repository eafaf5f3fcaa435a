"""Each file has its room, and rooms know only what lies below them, as the record of the layout says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLUGINS = ROOT / "plugins"
LAYOUT = ROOT / "docs" / "adr" / "0018-rooms.md"
PACKAGE = "ansible_collections.hipaa.cis.plugins."
PATHS = re.compile(r"`([^`]+)`")


class Room(NamedTuple):
    name: str
    paths: tuple[str, ...]
    knows: tuple[str, ...]
    to_come: bool


def rooms() -> list[Room]:
    """Read the tables of the layout, in their order: what stands first is the top floor."""
    rows = [
        line.strip("| ").split(" | ") for line in LAYOUT.read_text(encoding="utf-8").splitlines() if line[:1] == "|"
    ]
    cells = [row for row in rows if len(row) == 4 and row[0] != "room"]
    return [
        Room(name, tuple(PATHS.findall(paths)), tuple(PATHS.findall(knows)), "(to come)" in paths)
        for name, paths, _what, knows in cells
    ]


ROOMS = {room.name: room for room in rooms()}
FILES = sorted(str(path.relative_to(PLUGINS)) for path in PLUGINS.rglob("*.py"))


def room_of(path: str) -> str | None:
    """Return the room of a file below plugins/: by its own name, else by its folder's."""
    places = [(place, room.name) for room in ROOMS.values() for place in room.paths]
    found = [name for place, name in places if path == place]
    found = found or [name for place, name in places if place.endswith("/") and path.startswith(place)]
    assert len(found) < 2, f"{path} lies in {found}"
    return found[0] if found else None


def imported(source: str, path: str) -> Iterator[str]:
    """Yield the files below plugins/ that a file imports: at its head, inside a function, or by a name in a text."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: imports are written in full"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[\w.]+", node.value):
            names = [node.value]
        for name in names:
            if name.startswith(PACKAGE):
                file = file_of(name)
                assert file or isinstance(node, ast.Constant), f"{path}: {name} is a folder or nothing at all"
                if file:
                    yield file


def file_of(name: str) -> str | None:
    """Return the file below plugins/ that a dotted name is of: of a module, or of something in it."""
    parts = name[len(PACKAGE) :].split(".")
    for file in ("/".join(parts) + ".py", "/".join(parts[:-1]) + ".py"):
        if (PLUGINS / file).is_file():
            return file
    return None


def test_the_tables_are_read():
    assert len(ROOMS) >= 20
    assert ROOMS["readers"].knows == ("system", "ground", "lines")
    assert ROOMS["lines"].knows == ()


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_knows_only_what_lies_below_it(name):
    order = list(ROOMS)

    assert not [known for known in ROOMS[name].knows if order.index(known) <= order.index(name)]


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_is_there_or_is_said_to_come(name):
    there = [path for path in ROOMS[name].paths if (PLUGINS / path).exists()]

    assert there == ([] if ROOMS[name].to_come else list(ROOMS[name].paths))


@pytest.mark.parametrize("path", FILES)
def test_a_file_has_a_room_and_imports_only_what_that_room_knows(path):
    here = room_of(path)
    assert here is not None, f"{path} lies in no room that {LAYOUT.name} names"
    allowed = {here, *ROOMS[here].knows}

    files = set(imported((PLUGINS / path).read_text(encoding="utf-8"), path))
    wrong = sorted(f"{file} ({room_of(file)})" for file in files if room_of(file) not in allowed)

    assert not wrong, f"the room {here} does not know what {path} imports: {wrong}"


@pytest.mark.parametrize("path", sorted(str(path.relative_to(PLUGINS)) for path in PLUGINS.rglob("*.ps*1")))
def test_a_script_of_powershell_has_a_room(path):
    assert room_of(path) is not None, f"{path} lies in no room that {LAYOUT.name} names"


@pytest.mark.parametrize(
    "source",
    [
        f"def late():\n    from {PACKAGE}module_utils.linux.change import plan\n",
        f"from {PACKAGE}module_utils.linux.change.plan import ChangePlan as Other\n",
        f"import {PACKAGE}module_utils.linux.change.plan\n",
        f"if TYPE_CHECKING:\n    from {PACKAGE}module_utils.linux.change.plan import ChangePlan\n",
        f"importlib.import_module('{PACKAGE}module_utils.linux.change.plan')\n",
        f"from {PACKAGE}module_utils.linux.change.plan import *\n",
    ],
)
def test_every_way_to_import_is_seen(source):
    assert list(imported(source, "x.py")) == ["module_utils/linux/change/plan.py"]


@pytest.mark.parametrize(
    "source",
    [
        f"from {PACKAGE}module_utils.linux import writers\n",
        f"from {PACKAGE}module_utils import linux\n",
        f"from {PACKAGE}module_utils.linux.writers import *\n",
        "from ..change import plan\n",
    ],
)
def test_an_import_that_names_no_file_is_refused(source):
    with pytest.raises(AssertionError):
        list(imported(source, "x.py"))


@pytest.mark.parametrize("path", [path for path in FILES if path.count("/") > 1])
def test_a_name_does_not_repeat_its_folder(path):
    folder, name = path.removesuffix(".py").split("/")[-2:]

    assert not {folder, folder.removesuffix("s")} & set(name.split("_"))


def test_a_writer_is_named_like_a_reader():
    readers, writers = (
        {path.name for path in (PLUGINS / ROOMS[name].paths[0]).glob("*.py")} for name in ("readers", "writers")
    )

    assert not writers - readers


@pytest.mark.parametrize("path", FILES)
def test_lines_are_what_one_function_says(path):
    tree = ast.parse((PLUGINS / path).read_text(encoding="utf-8"))

    names = [(getattr(node, "attr", ""), getattr(node, "id", "")) for node in ast.walk(tree)]

    assert not any("splitlines" in pair for pair in names)


def test_tests_of_what_runs_on_targets_know_nothing_of_the_controller():
    """They run with every Python that a target may have, and the controller's code needs a newer one."""
    tests = sorted((ROOT / "tests" / "unit" / "target").rglob("*.py"))
    assert len(tests) > 50
    assert [str(path) for path in tests if "plugin_utils" in path.read_text(encoding="utf-8")] == []
