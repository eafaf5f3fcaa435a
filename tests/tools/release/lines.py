"""The archive as a site uses it, with each line of ansible-core: a fresh environment, an empty folder, an audit, its report."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path

from tests.tools.lock import LINES
from tests.tools.pythons import find_python
from tests.tools.release import environments
from tests.tools.release.checkout import Refused

# Audited is this very machine, by what it may read, without what walks its disks or asks for each package's files. The benchmark is
# named because the machine may be of any kind.
OPTIONS = {
    "hipaa_cis_become": False,
    "hipaa_cis_benchmark": ["debian_12"],
    "hipaa_cis_include": {"tags": ["kernel_module", "mount", "network", "pam", "services", "ssh", "sudo"]},
}
# A machine of which less than this can be judged was not read.
FEWEST_FINDINGS = 50


def interpreters() -> dict[str, str]:
    """Return an interpreter by line, for each line of which this machine has one."""
    found = {line: next(filter(None, map(find_python, pythons)), None) for line, pythons in LINES.items()}
    return {line: python for line, python in found.items() if python}


def missing(found: Mapping[str, str]) -> list[str]:
    """Say which interpreters are not here."""
    return [f"ansible-core {line} needs Python {' or '.join(LINES[line])}" for line in LINES if line not in found]


def try_line(archive: Path, line: str, python: str, place: Path) -> str:
    """Install and run the archive with a line of ansible-core; return its version and how many findings there are.

    Nothing of the checkout is used: what the environment is made of comes from the archive, too.
    """
    place.mkdir()
    lock = f"locks/ansible-core-{line}.txt"
    with tarfile.open(archive) as tar:
        locked = tar.extractfile(lock)
        assert locked is not None, f"{lock} is a file"
        (place / "lock.txt").write_bytes(locked.read())
    programs = environments.make(python, place / "lock.txt", place / "environment")
    installed, runs = place / "collections", place / "runs"
    extra = {"HOME": str(place), "ANSIBLE_HOME": str(place / "home"), "ANSIBLE_COLLECTIONS_PATH": str(installed)}
    extra["PATH"] = f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin"

    def said(*command: str) -> str:
        argv = [str(programs / command[0]), *command[1:]]
        return environments.run(argv, f"with ansible-core {line}", folder=place, extra=extra)

    version = re.search(r"core (\S+)\]", said("ansible", "--version"))
    if version is None or not version[1].startswith(f"{line}."):
        raise Refused(f"the environment for ansible-core {line} has another one: {version and version[1]}")
    said("ansible-galaxy", "collection", "install", "--offline", "--collections-path", str(installed), str(archive))
    said("ansible-galaxy", "collection", "verify", "--offline", "hipaa.cis")
    said("ansible-doc", "hipaa.cis.audit")
    options = {**OPTIONS, "ansible_python_interpreter": str(programs / "python"), "hipaa_cis_run_dir": str(runs)}
    said("ansible-playbook", "hipaa.cis.audit", "-i", "localhost,", "-c", "local", "-e", json.dumps(options))
    return f"ansible-core {version[1]}, {findings_in(runs / 'latest')} findings"


def findings_in(run: Path) -> int:
    """Return how many findings a run has; raises Refused where its report is none of one host that was read."""
    report = run / "report.html"
    if not report.is_file() or not report.read_text(encoding="utf-8").rstrip().endswith("</html>"):
        raise Refused("the audit left no whole report")
    totals = json.loads((run / "summary.json").read_text(encoding="utf-8"))["totals"]
    counted = sum(totals["findings"].values())
    if totals["audited"] != 1 or counted < FEWEST_FINDINGS:
        raise Refused(f"the report is of {totals['audited']} hosts with {counted} findings")
    return counted
