"""The checks that Galaxy makes of an archive before it takes it, all that need no container engine."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from tests.tools.release import environments
from tests.tools.release.checkout import Refused

# As Galaxy has it, but for `run_ansible_test`, which starts a container: `make sanity` runs these tests without one.
SETTINGS = """\
[galaxy-importer]
check_changelog = true
check_required_tags = true
run_ansible_doc = true
run_ansible_lint = true
offline_ansible_lint = true
run_ansible_test = false
run_flake8 = false
"""
COMPLAINT = re.compile(r"^(?:WARNING|ERROR|CRITICAL): (.+)$", re.MULTILINE)


def check(archive: Path, programs: Path, place: Path) -> None:
    """Raises Refused with all that the importer complains of, warnings too."""
    place.mkdir()
    shutil.copy2(archive, place)
    (place / "settings.cfg").write_text(SETTINGS, encoding="utf-8")
    extra = {
        "GALAXY_IMPORTER_CONFIG": str(place / "settings.cfg"),
        "GALAXY_IMPORTER_ANSIBLE_LOCAL_TMP": str(place / "tmp"),
        "HOME": str(place),
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
    command = [str(programs / "python"), "-m", "galaxy_importer.main", archive.name]
    said = environments.run(command, "galaxy-importer does not take the archive", folder=place, extra=extra)
    complaints = complaints_of(said)
    if not (place / "importer_result.json").is_file():
        complaints.append("it wrote no result")
    if complaints:
        raise Refused("galaxy-importer complains of the archive: " + "; ".join(complaints))


def complaints_of(said: str) -> list[str]:
    """Return what the importer complains of; raises Refused where it had no time to look."""
    # It waits for three minutes, takes the archive all the same, and says so in a line among others.
    if "Timeout on call to ansible-lint" in said:
        raise Refused(
            "ansible-lint did not end in the three minutes that galaxy-importer gives it: this machine is busy; run it again"
        )
    complaints = COMPLAINT.findall(said)
    if "ansible-lint run complete" not in said:
        complaints.append("it did not run ansible-lint")
    return complaints
