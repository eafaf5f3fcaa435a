"""The walk of the file systems against one `find` that prints the same columns, and its memory against the number of files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

FEW, MANY = 50_000, 500_000
FILES_PER_FOLDER = 50
ROUNDS = 5
# Of a loop that lists and asks the same and judges nothing. How long that takes against `find`, Python and the kernel decide.
MOST_TIMES_LOOP = 1.5
# What may come from other causes than the number of files: the allocator, the longest list of folders.
MOST_MORE_KIB = 2048

# In a process of its own, so that the peak is that of the walk; the start of Python is no part of the time.
# VmHWM and not ru_maxrss: the latter begins with the peak of whoever forked, here pytest's, and hides what is below.
WALK = """
import json, sys, time
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import filesystem_scan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
host = Host(sys.argv[1], privileged=True)
started = time.perf_counter()
seen = filesystem_scan.read(host, [{"find": "suid"}])[0]
seconds = time.perf_counter() - started
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
print(json.dumps([seconds, peak, seen.state, seen.value["count"]]))
"""


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """Two trees on disk, by their number of files."""
    return {count: grow(tmp_path_factory.mktemp("tree"), count) for count in (FEW, MANY)}


def grow(root, count):
    (root / "etc").mkdir()
    (root / "etc" / "passwd").write_text(f"me:x:{os.getuid()}:{os.getgid()}::/:/bin/sh\n")
    (root / "etc" / "group").write_text(f"me:x:{os.getgid()}:\n")
    for number in range(count // FILES_PER_FOLDER):
        folder = root / f"{number % 23}" / f"{number // 23 % 41}" / f"folder-{number}"
        folder.mkdir(parents=True)
        for name in range(FILES_PER_FOLDER):
            os.close(os.open(folder / f"file-{name}.txt", os.O_CREAT | os.O_WRONLY, 0o644))
    (folder / "file-0.txt").chmod(0o4755)
    return root


def walk(root):
    """Return (seconds, peak memory in KiB) of one walk."""
    told = subprocess.run([sys.executable, "-c", WALK, str(root)], stdout=subprocess.PIPE, check=True).stdout
    seconds, memory, state, found = json.loads(told)
    assert (state, found) == ("value", 1)
    return seconds, memory


LOOP = """
import os, sys, time
def look(folder):
    below = []
    with os.scandir(folder) as found:
        for entry in found:
            if entry.stat(follow_symlinks=False)[0] & 0o170000 == 0o040000:
                below.append(entry.name)
    for name in below:
        handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
        look(handle)
        os.close(handle)
started = time.perf_counter()
look(os.open(sys.argv[1], os.O_RDONLY))
print(time.perf_counter() - started)
"""


def loop(root):
    return float(subprocess.run([sys.executable, "-c", LOOP, str(root)], stdout=subprocess.PIPE, check=True).stdout)


def find(root):
    started = time.perf_counter()
    subprocess.run(["find", str(root), "-xdev", "-printf", "%m %U %G %y %p\n"], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def test_walk_against_a_loop_and_find(trees, capsys):
    root = trees[MANY]
    find(root), loop(root), walk(root)
    rounds = [(find(root), loop(root), walk(root)[0]) for _round in range(ROUNDS)]
    found, looped, walked = (min(column) for column in zip(*rounds, strict=True))
    ratios = sorted(third / first for first, _second, third in rounds)
    with capsys.disabled():
        print(f"\n{MANY} files, the best: find {found:.2f} s, loop {looped:.2f} s, walk {walked:.2f} s;")
        print(
            f"walk against find {walked / found:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), loop {walked / looped:.2f}"
        )
    assert walked <= MOST_TIMES_LOOP * looped


def test_memory_does_not_grow_with_the_files(trees, capsys):
    few, many = (min(walk(trees[count])[1] for _round in range(3)) for count in (FEW, MANY))
    with capsys.disabled():
        print(f"\npeak memory: {few} KiB with {FEW} files, {many} KiB with {MANY}")
    assert many <= few + MOST_MORE_KIB
