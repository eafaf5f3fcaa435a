"""A whole release, as a maintainer makes it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile

import pytest

from tests.pump import ROOT
from tests.tools.release import lines

pytestmark = [pytest.mark.long, pytest.mark.slow]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    if absent := lines.missing(lines.interpreters()):
        pytest.skip(f"left out on this machine: {'; '.join(absent)}")
    place = tmp_path_factory.mktemp("release") / "checkout"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place)], check=True)
    return place


def release(checkout, *arguments, **environment):
    command = [sys.executable, "-m", "tests.tools.release", *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command, cwd=checkout, env={**kept, **environment}, capture_output=True, text=True, timeout=1800, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def bytes_by_name(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_release_is_checked_run_with_each_line_and_the_same_bytes_again(checkout):
    said = release(checkout)
    (folder,) = (checkout / "build/release").iterdir()
    version = folder.name
    made = bytes_by_name(folder)

    assert set(made) == {f"hipaa-cis-{version}.tar.gz", f"hipaa-cis-{version}-docs.tar.gz", "SHA256SUMS"}
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=folder, check=True)
    assert re.findall(r"ansible-core (2\.\d+)\.\d+, \d+ findings", said)
    assert {line: line in said for line in ("ansible-core 2.16.", "ansible-core 2.19.", "ansible-core 2.21.")} == {
        "ansible-core 2.16.": True,
        "ansible-core 2.19.": True,
        "ansible-core 2.21.": True,
    }
    assert "galaxy-importer: nothing to complain of" in said
    # The checkout is what it was.
    status = subprocess.run(["git", "status", "--porcelain"], cwd=checkout, capture_output=True, text=True, check=True)
    assert status.stdout == ""

    release(checkout, "--trial", "--without", "importer", "--without", "lines", LC_ALL="C", TZ="Pacific/Auckland")
    assert bytes_by_name(checkout / "build/release/trial") == made


def test_site_is_whole_and_loads_nothing_from_elsewhere(checkout):
    folders = [folder for folder in (checkout / "build/release").glob("*") if folder.name != "trial"]
    assert folders, "the test before makes it"
    (packed,) = folders[0].glob("*-docs.tar.gz")
    with tarfile.open(packed) as tar:
        pages = {
            member.name.split("/", 1)[1]: read.read().decode()
            for member in tar.getmembers()
            if member.name.endswith(".html") and (read := tar.extractfile(member))
        }

    assert {"index.html", "README.html", "CHANGELOG.html", "docs/kinds.html", "collection/audit_module.html"} <= set(
        pages
    )
    loaded = r"""<(?:script|img|link[^>]*rel="stylesheet")[^>]*(?:src|href)="https?://"""
    assert not [name for name, page in pages.items() if re.search(loaded, page)]
