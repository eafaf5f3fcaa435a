"""The accounts of a test host, and the key that opens them.

root, `auditor` (sudo without a password) and `plain` (no sudo at all) accept the pool's key.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.hosts.system import run

AUDITOR = "auditor"
PLAIN = "plain"
USERS = {"root": "root", AUDITOR: f"home/{AUDITOR}", PLAIN: f"home/{PLAIN}"}


def create(tree: Path) -> None:
    """Add the users to a tree that is not running. `*` is no password and, unlike `!`, no lock."""
    for name in (AUDITOR, PLAIN):
        run(["chroot", str(tree), "useradd", "--create-home", "--shell", "/bin/bash", "--password", "*", name])
    rule = tree / "etc/sudoers.d" / AUDITOR
    rule.write_text(f"{AUDITOR} ALL=(ALL:ALL) NOPASSWD: ALL\n")
    rule.chmod(0o440)


def make_key(path: Path) -> Path:
    """A new key pair without a passphrase; returns the private half's path."""
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test-host", "-f", str(path)])
    return path


def authorise(tree: Path, public_key: str) -> None:
    """Let the key in as each of the users."""
    for home in USERS.values():
        place = tree / home
        owner = place.stat()
        directory = place / ".ssh"
        directory.mkdir(mode=0o700, exist_ok=True)
        keys = directory / "authorized_keys"
        keys.write_text(public_key)
        keys.chmod(0o600)
        for path in (directory, keys):
            os.chown(path, owner.st_uid, owner.st_gid)
