"""README line by line, as somebody follows it who has just cloned the repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hosts.inventory import variables

ROOT = Path(__file__).parents[2]
HOST = "ward-7"


def commands(section):
    """Return the commands of a section, without their remarks."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
    lines = [line[4:] for line in text.split("\n") if re.match("    [a-z]", line)]
    return [re.sub(r"\s{2,}# .*", "", line).strip() for line in lines if not line.startswith("callbacks_enabled")]


@pytest.fixture
def clone(tmp_path):
    """Return a clone as it is cloned, with the environment of one who has not used Ansible before."""
    place = tmp_path / "clone"
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listing.split("\0")):
        if os.path.lexists(ROOT / name):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name, follow_symlinks=False)
    keep = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "HIPAA_CIS_", "PYTHON"))}
    programs = Path(sys.executable).parent
    # Making an environment anew is what `make setup` is for, and takes a minute.
    make = {"MAKEFLAGS": f"VENV={programs.parent}"} if programs.parent.name == ".venv" else {}
    return place, {
        **keep,
        **make,
        "HOME": str(tmp_path / "home"),
        "PATH": f"{programs}:{keep['PATH']}",
        "ANSIBLE_HOST_KEY_CHECKING": "False",
    }


@pytest.mark.hosts
def test_what_readme_says_works_line_by_line(clone, booted_host, tmp_path):
    place, environment = clone
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    few = {"hipaa_cis_include": {"rules": ["sudo_use_pty", "ssh_max_auth_tries"]}}
    document = {"all": {"hosts": {HOST: {**variables(booted_host, "root"), **few}}}}
    (elsewhere / "inventory").write_text(json.dumps(document))
    (elsewhere / "ansible.cfg").write_text("[defaults]\ncallbacks_enabled = hipaa.cis.summary\n")

    followed = [*commands("Audit your hosts"), *commands("Fix them")]
    for line in followed:
        folder = elsewhere if line.startswith("ansible-playbook") else place
        done = subprocess.run(
            line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"{line}\n{said}"
        assert "Traceback" not in said, f"{line}\n{said}"
        assert "Unexpected Exception" not in said, f"{line}\n{said}"
        if line.startswith("ansible-playbook hipaa.cis.audit"):
            assert "HIPAA technical safeguards" in said
        if line.startswith("ansible-playbook hipaa.cis.remediate"):
            doing = "planning" if "--check" in line else "making"
            assert re.search(rf"^{HOST}: {doing} \d+ changes? \([a-z_]+ \d+", done.stderr, re.MULTILINE), said
        if "--diff" in line:
            assert "[ssh_max_auth_tries]" in said

    assert [line.split()[0] for line in followed].count("ansible-playbook") >= 4
    installed = tmp_path / "home/.ansible/collections/ansible_collections/hipaa/cis"
    assert (installed / "MANIFEST.json").is_file()
    assert (place / "ansible_collections/hipaa/cis").is_symlink()


def test_what_readme_says_of_a_release_works_line_by_line(clone, tmp_path):
    place, environment = clone
    release = tmp_path / "release"
    release.mkdir()
    prepared = "make build && cp build/*.tar.gz {0} && cd {0} && sha256sum *.tar.gz > SHA256SUMS"
    lines = [(place, prepared.format(release)), *((release, line) for line in commands("From a release"))]
    for folder, line in lines:
        done = subprocess.run(
            line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"

    assert {"requirements.txt", "locks"} <= {path.name for path in release.iterdir()}
    assert (tmp_path / "home/.ansible/collections/ansible_collections/hipaa/cis/MANIFEST.json").is_file()
