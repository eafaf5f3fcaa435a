"""What is released: the tracked files of a checkout in which nothing is left over, under a version that is new."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

SEMANTIC = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?")
# The link through which the checkout is importable leads out of a copy; caches of Python are in no copy.
NOT_COPIED = ("ansible_collections/",)


class Refused(Exception):
    """Why nothing is released, and what to do."""


@dataclass(frozen=True)
class Checkout:
    """A checkout at a commit: its version, the seconds since 1970 of the commit, and what is tracked."""

    root: Path
    version: str
    epoch: int
    tracked: tuple[str, ...]

    @property
    def day(self) -> str:
        """The day of the release, as the changelog has it."""
        return time.strftime("%Y-%m-%d", time.gmtime(self.epoch))


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(f"git {arguments[0]} fails in {root}: {done.stderr.strip()}")
    return done.stdout


def _listed(root: Path, *arguments: str) -> tuple[str, ...]:
    return tuple(filter(None, _git(root, *arguments).split("\0")))


def look_at(root: Path, *, trial: bool) -> Checkout:
    """Return what a release is made of.

    ``trial``: what is not committed is taken as it is, and a version that exists is taken again.

    Raises Refused for anything that would make the release another one than its commit, or its version one that exists.
    """
    if shutil.which("git") is None:
        raise Refused("git is missing, which says what belongs to the release; install it (apt-get install git)")
    version = str(yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8")).get("version"))
    if not SEMANTIC.fullmatch(version):
        raise Refused(f"galaxy.yml: version {version} is none that Galaxy takes; write it as 1.2.3")
    if not trial:
        _refuse_changes(root)
        _refuse_version(root, version)
    given = os.environ.get("SOURCE_DATE_EPOCH", "").strip()
    if given and not given.isdecimal():
        raise Refused(f"SOURCE_DATE_EPOCH is {given}; it is a number of seconds since 1970")
    epoch = int(given or _git(root, "log", "-1", "--format=%ct"))
    tracked = [name for name in _listed(root, "ls-files", "-z") if not name.startswith(NOT_COPIED)]
    # In a trial what is tracked may be gone from the folder.
    return Checkout(root, version, epoch, tuple(name for name in tracked if os.path.lexists(root / name)))


def _refuse_changes(root: Path) -> None:
    changed = [line[3:] for line in _listed(root, "status", "--porcelain", "-z", "--no-renames")]
    if changed:
        shown = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        raise Refused(
            f"not committed: {shown}. Commit, stash or remove it; `make release ARGS=--trial` tries it as it is"
        )


def _refuse_version(root: Path, version: str) -> None:
    fragments, released = sorted((root / "changelogs/fragments").glob("*.y*ml")), releases(root)
    if version in released and fragments:
        raise Refused(
            f"the changelog has {version} already, and {len(fragments)} fragments came after it (the first: {fragments[0].name}): "
            "raise `version` in galaxy.yml"
        )
    if version not in released and not fragments:
        raise Refused(
            f"nothing says what is new in {version}: there is no fragment in changelogs/fragments, and changelogs/changelog.yaml does not have it"
        )
    here = _git(root, "rev-parse", "HEAD")
    for tag in _git(root, "tag", "--list", version, f"v{version}").split():
        if _git(root, "rev-parse", f"{tag}^{{commit}}") != here:
            raise Refused(
                f"{version} was released: the tag {tag} is on another commit. Raise `version` in galaxy.yml, or check the tag out"
            )


def releases(root: Path) -> dict[str, object]:
    """Return what the changelog has, by version."""
    text = (root / "changelogs/changelog.yaml").read_text(encoding="utf-8")
    return dict((yaml.safe_load(text) or {}).get("releases") or {})


def copy(checkout: Checkout, place: Path) -> None:
    """Copy what is tracked into ``place``, a repository of its own: nothing that lies about comes along."""
    for name in checkout.tracked:
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(checkout.root / name, target, follow_symlinks=False)
    _git(place, "init", "--quiet")
    _git(place, "add", "--all", "--force")


def make_changelog(checkout: Checkout, place: Path) -> bool:
    """Make the changelog from the fragments in the copy, where that was not done yet; return whether it was made here."""
    if checkout.version in releases(place):
        return False
    command = [
        str(Path(sys.executable).with_name("antsibull-changelog")),
        "release",
        "--version",
        checkout.version,
        "--date",
        checkout.day,
    ]
    # It asks ansible-doc what is new.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        command, cwd=place, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Refused(f"antsibull-changelog makes no changelog: {(done.stderr or done.stdout).strip()[-500:]}")
    return True
