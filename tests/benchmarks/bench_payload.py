"""What an audit sends to a host and what the host's Python has to compile, against the module `setup`, in turn."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

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
