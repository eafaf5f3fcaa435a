"""What an audit sends to a host and what the host's Python has to compile, against the module `setup`, in turn."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import replace

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import numbered
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests.payload import COLLECTION, payload

ROUNDS = 7
# In a Python of its own, as on a host; nothing is imported, so that only the compiler is timed.
COMPILE = """
import sys, time, zipfile
archive = zipfile.ZipFile(sys.argv[1])
sources = [(name, archive.read(name)) for name in archive.namelist() if name.endswith(".py") and name.startswith(sys.argv[2])]
started = time.perf_counter()
for name, source in sources:
    compile(source, name, "exec", dont_inherit=True)
print(len(sources), sum(len(source) for _name, source in sources), time.perf_counter() - started)
"""


def test_request_does_not_grow_with_candidates(capsys):
    """Nine more benchmarks that ask for nine tenths of the same, as versions and relatives of one do."""
    known = load_catalog()
    one = known.benchmarks["debian_12"]
    sizes = {}
    for number in (1, 10):
        others = {}
        for turn in range(1, number):
            kept = tuple(item for place, item in enumerate(one.recommendations) if place % 10 != turn)
            others[f"other_{turn}"] = replace(one, id=f"other_{turn}", recommendations=kept, others=())
        catalog = replace(known, benchmarks={"debian_12": one, **others})
        (plan,) = make_plan(catalog, Selection(level=2, platforms=("linux",)), {}, {})
        sizes[number] = len(json.dumps(numbered(plan.request)))
    with capsys.disabled():
        print()
        for number, size in sizes.items():
            print(f"request of {number} candidate benchmark(s): {size} bytes")
    assert sizes[10] < 1.2 * sizes[1]


def test_payload(tmp_path, capsys):
    archives = {}
    asked: dict[str, dict[str, object]] = {
        "hipaa.cis.linux_observe": {"settings": [{"kind": "host_fact", "fact": "efi"}]},
        "ansible.builtin.setup": {"gather_subset": ["!all"]},
    }
    for module, arguments in asked.items():
        (tmp_path / module).mkdir()
        archives[module] = tmp_path / f"{module}.zip"
        archives[module].write_bytes(payload(module, arguments, tmp_path / module))
    ways = {
        "audit, all of it": (archives["hipaa.cis.linux_observe"], ""),
        "audit, the collection's own part": (archives["hipaa.cis.linux_observe"], COLLECTION),
        "setup": (archives["ansible.builtin.setup"], ""),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    sizes = {}
    for _round in range(ROUNDS):
        for way, (path, prefix) in ways.items():
            argv = [sys.executable, "-I", "-c", COMPILE, str(path), prefix]
            files, size, took = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
            seconds[way].append(float(took))
            sizes[way] = (int(files), int(size))
    with capsys.disabled():
        print()
        for module, path in archives.items():
            print(f"{module}: {path.stat().st_size} bytes sent (before base64)")
        for way, times in seconds.items():
            print(f"{way}: {sizes[way][0]} files, {sizes[way][1]} bytes, compiled in {statistics.median(times):.3f} s")
    assert sizes["audit, the collection's own part"][0] > 40, json.dumps(sizes)
