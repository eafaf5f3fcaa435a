"""A mistake in /etc/fstab may keep a host from its next boot, so a new one is checked before it is live."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult

pytestmark = pytest.mark.root

FSTAB = "UUID=1 / ext4 defaults 0 1\n/dev/old /mnt/old ext4 defaults 0 2\ntmpfs /tmp tmpfs rw 0 0\nodd\n"
# As findmnt of util-linux 2.38 prints it: on stdout, then on stderr.
OLD = "/mnt/old\n   [E] unreachable on boot required target: No such file or directory\n   [W] unreachable source: /dev/old\n"
SAID = "findmnt: %s: parse error at line %d -- ignored\n\n1 parse error, 1 error, 1 warning\n"


class Findmnt:
    """Complains of the old table as always, and of the new one of ``more`` and in another line."""

    def __init__(self, more="", line=4, **keys):
        self.more = more
        self.line = line
        self.keys = keys
        self.checked = []

    def __call__(self, argv, _timeout):
        if argv[0] != "findmnt":
            return CommandResult()
        self.checked.append(argv[-1])
        if self.keys:
            return CommandResult(**self.keys)
        new = argv[-1] != "/etc/fstab"
        return CommandResult(1, OLD + (self.more if new else ""), SAID % (argv[-1], self.line if new else 4))


@pytest.fixture
def root(tmp_path):
    files = {
        "/etc/fstab": FSTAB,
        "/etc/passwd": "root:x:0:0::/:/bin/sh\n",
        "/proc/1/mountinfo": "1 0 8:1 / / rw - ext4 /dev/vda1 rw\n2 1 0:9 / /tmp rw,nodev - tmpfs tmpfs rw\n",
    }
    for path, text in files.items():
        place = tmp_path / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (tmp_path / "var/lib").mkdir(parents=True)
    return tmp_path


def apply(root, runner, mode="apply"):
    request = {"version": 1, "mode": mode, "run_id": "run", "group": "plain", "options": {}}
    request["changes"] = {"it": ["mount_option", {"path": "/tmp", "option": "nodev"}, {"configured": True}]}
    return Apply(parse(json.dumps(request)), str(root), runner).answer()


def test_what_was_wrong_before_does_not_hinder(root):
    findmnt = Findmnt()
    answer = apply(root, findmnt)

    assert answer["changes"]["it"] == {"state": "done"}
    assert "tmpfs /tmp tmpfs rw,nodev 0 0" in (root / "etc/fstab").read_text()
    assert not answer["notes"]
    # The new one was looked at where it was not live yet.
    assert findmnt.checked[0] == "/etc/fstab"
    assert findmnt.checked[1].endswith(".hipaa-cis")


@pytest.mark.parametrize(
    ("more", "line", "reason"),
    [
        ("/tmp\n   [E] unsupported filesystem: tmpfz\n", 4, "/tmp: unsupported filesystem: tmpfz"),
        ("", 3, "/etc/fstab: parse error at line 3"),
    ],
)
def test_what_the_old_one_did_not_have_is_refused(root, more, line, reason):
    answer = apply(root, Findmnt(more, line))

    assert answer["changes"]["it"]["state"] == "failed"
    assert reason in answer["changes"]["it"]["reason"]
    assert "mnt/old" not in answer["changes"]["it"]["reason"]
    assert (root / "etc/fstab").read_text() == FSTAB
    assert not [path for path in (root / "etc").iterdir() if path.name.endswith(".hipaa-cis")]


@pytest.mark.parametrize(
    "keys",
    [
        {"problem": "not installed", "missing": True},
        {"problem": "no answer within 20 seconds"},
        {"exit_code": 1, "stderr": "findmnt: unrecognized option '--verify'\n"},
    ],
)
def test_host_that_cannot_check_is_told_of(root, keys):
    answer = apply(root, Findmnt(**keys))

    assert answer["changes"]["it"]["state"] == "done"
    assert "/etc/fstab is written unchecked" in answer["notes"][0]


def test_plan_looks_at_the_old_one_only(root):
    findmnt = Findmnt()
    apply(root, findmnt, "plan")

    assert findmnt.checked == ["/etc/fstab"]


@pytest.mark.parametrize(("exit_code", "checked"), [(0, 2), (1, 2), (2, 1), (-1, 1)])
def test_table_is_checked_where_findmnt_could_look_at_the_old_one(root, exit_code, checked):
    findmnt = Findmnt(exit_code=exit_code)

    answer = apply(root, findmnt)

    assert len(findmnt.checked) == checked
    assert any("is written unchecked" in note for note in answer["notes"]) is (checked == 1)
