"""What documentation and comments say of the checkout's files is so: no path is named that is not there."""

from __future__ import annotations

import re

import pytest

from tests.unit.repository.test_checkout import ROOT, tracked_files
from tests.unit.repository.test_rooms import rooms

TOP = "plugins|module_utils|plugin_utils|modules|action|tests|catalog|docs|roles|playbooks|extensions|changelogs"
NAMED = re.compile(rf"(?<![\w./~<>-])(?:{TOP})/[\w./<>*-]*[\w>](?:/\*+|/)?")
MODULE = re.compile(r"ansible_collections\.hipaa\.cis((?:\.\w+)+)")
# What a reader is to make.
EXAMPLES = {"catalog/rules/linux/my_topic.yml"}
# Rooms that the layout names before their first file is there; test_rooms.py sees to those.
TO_COME = {path for room in rooms() if room.to_come for path in room.paths}
KINDS = (".md", ".py", ".yml", ".toml", ".cfg", "Makefile")
# Generated pages, the history, and a list of what is ignored are left out.
PAGES = [
    name
    for name in tracked_files()
    if name.endswith(KINDS) and not name.startswith(("docs/reference/", "changelogs/", "galaxy.yml"))
]


def exists(named: str, folder: str = "") -> bool:
    """Return whether a path is there: from the top, below plugins/, or from the folder of the page that names it."""
    pattern = re.sub(r"<\w+>", "*", named).rstrip("/")
    return any(next(ROOT.glob(base + pattern), None) is not None for base in ("", "plugins/", folder))


@pytest.mark.parametrize("page", [name for name in PAGES if not name.endswith(".py")])
def test_a_page_names_only_files_that_are_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")

    folder = f"{page.rpartition('/')[0]}/".lstrip("/")
    gone = {named for named in NAMED.findall(text) if not exists(named, folder)} - EXAMPLES - TO_COME
    gone |= {dotted for dotted in MODULE.findall(text) if not exists(dotted[1:].replace(".", "/") + "*")}

    assert not gone


@pytest.mark.parametrize("page", [name for name in PAGES if name.endswith(".py") and not name.startswith("tests/")])
def test_comments_and_strings_of_the_code_name_only_modules_that_are_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w/.])(?:module_utils|plugin_utils|plugins)/[\w/]+\.\w+", text))

    assert not {name for name in named if not exists(name)}


def test_a_path_that_is_gone_is_seen():
    assert NAMED.findall("see `plugin_utils/aggregate.py`, docs/kinds.md.") == [
        "plugin_utils/aggregate.py",
        "docs/kinds.md",
    ]
    assert not exists("plugin_utils/aggregate.py")
    assert exists("docs/kinds.md")
