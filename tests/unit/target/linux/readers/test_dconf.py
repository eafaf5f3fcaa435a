"""What a session sees is what was compiled; a keyfile that was removed since still counts for it."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import dconf

KEY = "/org/gnome/desktop/screensaver/lock-enabled"
SET = "[org/gnome/desktop/screensaver]\nlock-enabled=true\n"
DB = "etc/dconf/db/"
PROFILE = "user-db:user\nsystem-db:local\nsystem-db:distro\n"


def _seen(root, compiled, newer):
    """Return what is observed where distro sets the key, and local was compiled from a file that is gone."""
    files = {
        "etc/dconf/profile/user": PROFILE,
        DB + "local": compiled,
        DB + "local.d/locks/.keep": "",
        DB + "distro": "GVariant",
        DB + "distro.d/00-a": SET,
        # dconf looks into no folder below.
        DB + "distro.d/old/00-b": SET.replace("true", "false"),
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for path in root.rglob("*"):
        os.utime(path, (100, 100))
    for path in newer:
        os.utime(root / path, (200, 200))
    return dconf.read(Host(str(root)), [{"key": KEY, "type": "boolean"}])[0]


@pytest.mark.parametrize("folder", ["local.d", "local.d/locks"])
def test_keyfile_or_lock_that_was_removed_since_counts_until_the_update(tmp_path, folder):
    seen = _seen(tmp_path, "GVariant\0lock-enabled\0", [DB + folder])

    assert seen.reason == "/etc/dconf/db/local is older than its keyfiles; run dconf update"


@pytest.mark.parametrize(
    ("compiled", "newer"),
    [("GVariant\0lock-enabled\0", []), ("GVariant\0idle-delay\0", [DB + "local.d"])],
    ids=["compiled", "says-nothing-of-it"],
)
def test_database_of_which_nothing_was_removed_that_matters_is_taken(tmp_path, compiled, newer):
    assert _seen(tmp_path, compiled, newer).value == {"value": True, "locked": False}
