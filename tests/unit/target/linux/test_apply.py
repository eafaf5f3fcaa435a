"""What remediation writes on a directory tree: twice is as good as once, and a rollback leaves no trace."""

from __future__ import annotations

import os
import stat

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from tests.scenarios.linux import all_scenarios, apply_wanted, changer_for, plant

pytestmark = pytest.mark.root


CASES = [(kind, case) for kind, case in all_scenarios() if case.wanted is not None]
IDS = ["%s-%s" % (kind, case.id) for kind, case in CASES]


def tree(root):
    """Return path -> (mode, owners, content) of all but the journal's own folder."""
    found = {}
    for folder, names, files in os.walk(root):
        if folder.endswith("/var/lib/hipaa-cis"):
            names.clear()
            continue
        for name in names + files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            content = b""
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path).encode()
            elif stat.S_ISREG(status.st_mode):
                with open(path, "rb") as stream:
                    content = stream.read()
            found[path[len(root) :]] = (status.st_mode, status.st_uid, status.st_gid, content)
    return {path: seen for path, seen in found.items() if not path.startswith("/var/lib/hipaa-cis")}


@pytest.fixture
def root(tmp_path):
    """A host's tree with the accounts that every host has."""
    for name, text in (("passwd", "root:x:0:0:root:/root:/bin/bash\n"), ("group", "root:x:0:\nadm:x:4:\n")):
        path = tmp_path / "etc" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    # The folders of the journal's own parents are not part of what is compared.
    (tmp_path / "var" / "lib").mkdir(parents=True)
    return str(tmp_path)


@pytest.mark.parametrize(("kind", "scenario"), CASES, ids=IDS)
def test_second_apply_changes_nothing_and_rollback_restores(kind, scenario, root):
    plant(root, scenario)
    before = tree(root)

    first = apply_wanted(root, kind, scenario)
    again = apply_wanted(root, kind, scenario, "second")

    assert first["changes"]["it"]["state"] in ("done", "nothing"), first
    assert first["changed"] == (tree(root) != before or any(step["type"] == "command" for step in first["steps"]))
    if not any(step["type"] == "command" for step in first["steps"]):
        assert again["changes"]["it"]["state"] == "nothing", again
    if first["changed"]:
        report = Rollback(Host(root), changer_for(scenario), Journal(root, "first"), force=again["changed"]).run()
        assert not report.problems
    assert tree(root) == before
