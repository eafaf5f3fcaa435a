"""The archive of the collection: what ansible-galaxy builds, with what belongs into it and nothing else, the same bytes each time."""

from __future__ import annotations

import fnmatch
import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from tests.tools.release.checkout import Checkout, Refused

# What a user of the installed collection needs; patterns of fnmatch, in which * goes through folders.
BELONGS = (
    *("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "requirements.txt", "execution-environment.yml"),
    ".ansible-lint",  # it names the modules of another collection that the set-up of a controller needs, for Galaxy's check too
    *("catalog/*.json", "catalog/*.yml"),
    *("changelogs/changelog.yaml", "changelogs/config.yaml"),
    *("docs/*.cfg", "docs/*.md", "docs/*.png", "docs/*.rst", "docs/*.txt", "docs/*.yaml", "docs/*.yml"),
    "locks/ansible-core-*.txt",
    "meta/*.yml",
    "playbooks/*.yml",
    *("plugins/*.css", "plugins/*.j2", "plugins/*.js", "plugins/*.py"),
    *("plugins/*.ps1", "plugins/*.psm1", "plugins/modules/*.yml"),
    *("roles/*.md", "roles/*.yml"),
)
# What ansible-galaxy writes.
WRITTEN = {"MANIFEST.json", "FILES.json"}
# Bytes. A file that is larger is data that came along, and an archive that is larger has doubled since this was written.
LARGEST_FILE, LARGEST_ARCHIVE = 512 * 1024, 4 * 1024 * 1024


def belongs(name: str) -> bool:
    """Whether a file of the checkout is for users."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in BELONGS)


def build(place: Path, output: Path, epoch: int, repository: str = "") -> Path:
    """Build the copy of the checkout in ``place``. ``repository``: where it is published, if galaxy.yml does not say it."""
    galaxy = place / "galaxy.yml"
    described = galaxy.read_text(encoding="utf-8")
    if repository and not yaml.safe_load(described).get("repository"):
        galaxy.write_text(f"{described.rstrip()}\nrepository: {json.dumps(repository)}\n", encoding="utf-8")
    command = [
        str(Path(sys.executable).with_name("ansible-galaxy")),
        "collection",
        "build",
        "--output-path",
        str(output),
    ]
    try:
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    finally:
        galaxy.write_text(described, encoding="utf-8")
    if done.returncode != 0:
        raise Refused(f"ansible-galaxy does not build the collection: {done.stderr.strip()[-500:]}")
    (built,) = output.glob("*.tar.gz")
    settle(built, epoch)
    return built


def settle(archive: Path, epoch: int) -> None:
    """Write an archive of ansible-galaxy anew, in order and with one time, so that the same files give the same bytes."""
    with tarfile.open(archive) as tar:
        contents = {member.name: (member, _content(tar, member)) for member in tar.getmembers()}
    listing = json.loads(contents["FILES.json"][1])
    listing["files"].sort(key=lambda entry: entry["name"])
    files = json.dumps(listing, indent=1).encode()
    manifest = json.loads(contents["MANIFEST.json"][1])
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(files).hexdigest()
    contents["FILES.json"] = (contents["FILES.json"][0], files)
    contents["MANIFEST.json"] = (contents["MANIFEST.json"][0], json.dumps(manifest, indent=1).encode())
    # What describes the others comes first: a reader of a stream needs it there.
    names = sorted(contents, key=lambda name: (name not in WRITTEN, name))
    write(archive, ((contents[name][0], contents[name][1]) for name in names), epoch)


def manifest(archive: Path) -> dict[str, Any]:
    """Return what an archive says of itself (MANIFEST.json)."""
    with tarfile.open(archive) as tar:
        return dict(json.loads(_content(tar, tar.getmember("MANIFEST.json"))))


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    read = tar.extractfile(member) if member.isreg() else None
    return read.read() if read else b""


def write(archive: Path, members: Iterable[tuple[tarfile.TarInfo, bytes]], epoch: int) -> None:
    """Write a packed archive in which nothing but its members' names, kinds, modes and contents is left of where it was made."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=epoch) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for member, content in members:
            member.mtime, member.size = epoch, len(content)
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            tar.addfile(member, io.BytesIO(content))
    archive.write_bytes(packed.getvalue())


def check(archive: Path, checkout: Checkout) -> int:
    """Return how many files an archive has; raises Refused where it lacks one that belongs there, or has another."""
    with tarfile.open(archive) as tar:
        sizes = {member.name: member.size for member in tar.getmembers() if not member.isdir()}
    faults = faults_of(sizes, checkout.tracked)
    if archive.stat().st_size > LARGEST_ARCHIVE:
        faults.append(f"it has {archive.stat().st_size} bytes; more than {LARGEST_ARCHIVE} are not expected")
    if faults:
        raise Refused(f"{archive.name}: " + "; ".join(faults))
    return len(sizes)


def faults_of(sizes: dict[str, int], tracked: Iterable[str]) -> list[str]:
    """Say what is wrong with the files of an archive. ``sizes``: bytes by name; ``tracked``: the files of the checkout."""
    needed = {name for name in tracked if belongs(name)} | WRITTEN | {"CHANGELOG.md"}
    faults = [f"it lacks {name}: build_ignore of galaxy.yml leaves it out" for name in sorted(needed - sizes.keys())]
    faults += [
        f"{name} got into it: name it in build_ignore of galaxy.yml, or, where users need it, in BELONGS of {Path(__file__).name}"
        for name in sorted(sizes.keys() - needed)
    ]
    faults += [
        f"{name} has {size} bytes, more than {LARGEST_FILE}"
        for name, size in sorted(sizes.items())
        if size > LARGEST_FILE
    ]
    return faults
