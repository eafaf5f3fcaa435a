"""Five thousand accounts changed: the size of the journal, and the time of its rollback; on a tree, with played tools.

The tools' own time is no part of what is measured, so they change one line of a file in memory and write it.
"""

from __future__ import annotations

import json
import os
import resource
import time

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

pytestmark = pytest.mark.root
ACCOUNTS = 5000
# Bounds: bytes of the journal's folder, seconds of the rollback, how much more bytes five times as many may take.
MOST_BYTES, MOST_SECONDS, MOST_GROWTH = 20_000_000, 60.0, 5.5
HASH = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7"
COLUMNS = {"--maxdays": 4, "--mindays": 3, "--warndays": 5}
CHANGES = {
    'accounts {"fact": "password_maximum_age"} = 365': ["accounts", {"fact": "password_maximum_age"}, 365],
    'accounts {"fact": "password_minimum_age"} = 1': ["accounts", {"fact": "password_minimum_age"}, 1],
    'accounts {"fact": "password_warning"} = 14': ["accounts", {"fact": "password_warning"}, 14],
}


def plant(root, count):
    today = int(time.time() // 86400)
    names = [f"person{number:05d}" for number in range(count)]
    texts = {
        "etc/passwd": [
            f"{name}:x:{number}:{number}::/home/{name}:/bin/bash" for number, name in enumerate(names, 1000)
        ],
        "etc/shadow": [f"{name}:{HASH}:{today}:0:99999:7:::" for name in names],
        "etc/group": [f"{name}:x:{number}:" for number, name in enumerate(names, 1000)],
        "etc/gshadow": [f"{name}:!::" for name in names],
    }
    (root / "var/lib").mkdir(parents=True)
    (root / "etc").mkdir()
    for path, lines in texts.items():
        (root / path).write_text("\n".join(["root:*:0:0:::" if "shadow" not in path else "root:*:1::::::", *lines, ""]))
        (root / path).chmod(0o640)


class Chage:
    """Stands for chage: a new file with one line changed, and a copy of the old one."""

    def __init__(self, root):
        self.path = f"{root}/etc/shadow"
        with open(self.path, "rb") as stream:
            self.content = bytearray(stream.read())

    def __call__(self, argv, _timeout):
        if argv[0] == "chage":
            _chage, option, days, name = argv
            start = self.content.index(b"\n%s:" % name.encode()) + 1
            end = self.content.index(b"\n", start)
            fields = bytes(self.content[start:end]).split(b":")
            fields[COLUMNS[option]] = days.encode()
            self.content[start:end] = b":".join(fields)
            os.replace(self.path, self.path + "-")
            with open(self.path, "wb") as stream:
                stream.write(self.content)
            os.chmod(self.path, 0o640)
        return CommandResult()


def measure(root, count):
    """Return (bytes of the journal, seconds of the apply, seconds of the rollback, seconds of its check mode)."""
    plant(root, count)
    before = (root / "etc/shadow").read_bytes()
    host = str(root)
    request = {"version": 1, "mode": "apply", "run_id": "run", "group": "plain", "options": {}, "changes": CHANGES}
    started = time.monotonic()
    answer = Apply(parse(json.dumps(request)), host, Chage(host)).answer()
    applied = time.monotonic() - started
    assert {state["state"] for state in answer["changes"].values()} == {"done"}
    assert (root / "etc/shadow").read_bytes().count(b":1:365:14:") == count
    size = sum(entry.stat().st_size for entry in (root / "var/lib/hipaa-cis").rglob("*") if entry.is_file())
    started = time.monotonic()
    assert len(Rollback(Host(host), Chage(host), Journal(host, "run")).run(dry=True).undone) == 3 * count
    checked = time.monotonic() - started
    started = time.monotonic()
    report = Rollback(Host(host), Chage(host), Journal(host, "run")).run()
    taken_back = time.monotonic() - started
    assert (report.problems, report.conflicts, len(report.undone)) == ([], [], 3 * count)
    assert (root / "etc/shadow").read_bytes() == before
    return size, applied, taken_back, checked


def test_thousands_of_accounts(tmp_path_factory, capsys):
    fifth = measure(tmp_path_factory.mktemp("fifth"), ACCOUNTS // 5)
    whole = measure(tmp_path_factory.mktemp("whole"), ACCOUNTS)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with capsys.disabled():
        for count, (size, applied, taken_back, checked) in ((ACCOUNTS // 5, fifth), (ACCOUNTS, whole)):
            print(
                f"\n{count} accounts, 3 changes each: journal {size / 1e6:.1f} MB; apply {applied:.1f} s; "
                f"rollback {taken_back:.1f} s, in check mode {checked:.1f} s"
            )
        print(f"peak memory {peak // 1024} MiB")

    assert whole[0] < MOST_BYTES
    assert whole[2] < MOST_SECONDS
    assert whole[0] / fifth[0] < MOST_GROWTH
