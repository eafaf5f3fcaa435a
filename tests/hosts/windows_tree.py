"""The tree of a Windows-like host: Wine in a Debian tree, and in it PowerShell's Windows build with one machine for each release.

PowerShell, .NET and the stand-ins come from a folder beside the checkout (its README.md says what they are and what they cannot do).
Standard library only and Python 3.8, like the conftest that asks what is missing.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import re
import shutil
from pathlib import Path

from tests.hosts.system import PATIENCE, run

ROOT = Path(__file__).resolve().parents[2]
BESIDE = ROOT.parent / "shared" / "tools" / "windows"
HOW = "missing the folder of the Windows-like host (name it in HIPAA_CIS_WINDOWS_HOST, or put it beside the checkout as shared/tools/windows)"
# As in the folder's new_host.sh; 11 is Windows 11.
RELEASES = ("2019", "2022", "2025", "11")
PLACE = "opt/windows"
MACHINES = "var/lib/windows"
LOCALES = ("de_DE", "tr_TR")
# The names that a host is asked for PowerShell by, each a link to the program that starts it.
COMMANDS = ("PowerShell", "powershell", "powershell.exe", "pwsh")

# Raised whenever what is done here changes, so that trees made by an earlier recipe are not used.
RECIPE = 1

# Wine's libraries are the same in each machine, and nobody changes them in place: 770 MB for all machines instead of for each. What Wine
# keeps of the registry, each has for itself.
MAKE = """
set -eu
first=
for release in {releases}; do
    machine=/{machines}/$release
    if [ -n "$first" ]; then
        cp -al "$first" "$machine"
        rm "$machine"/*.reg "$machine/.update-timestamp"
        cp -p "$first"/*.reg "$first/.update-timestamp" "$machine"
    fi
    /{place}/new_host.sh "$machine" "$release"
    first=${{first:-$machine}}
done
"""


def folder() -> Path | None:
    """Return the folder that HIPAA_CIS_WINDOWS_HOST names, or the one beside the checkout; None where there is none."""
    named = os.environ.get("HIPAA_CIS_WINDOWS_HOST")
    if named:
        return Path(named)
    return BESIDE if (BESIDE / "new_host.sh").is_file() else None


def missing_windows_folder() -> list[str]:
    """Return what is missing beside all that hosts need. A folder that was named by mistake is no reason to leave tests out."""
    if folder() is None:
        return [HOW]
    if platform.machine() != "x86_64":
        return ["a processor of the kind x86_64, for which Windows' programs are built"]
    return []


@functools.lru_cache(maxsize=None)  # noqa: UP033 - Python 3.8 has no other
def fingerprint() -> str:
    """Return what tells one folder from another: the names and sizes of its files, and the text of the small ones."""
    found = folder()
    if found is None:
        return "none"
    digest = hashlib.sha256(str(RECIPE).encode())
    for path in sorted(path for path in found.rglob("*") if path.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(found)}:{size}\n".encode())
        if size < 1 << 18:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def put(tree: Path) -> None:
    """Put the folder into a Debian tree, and make a machine of each release there."""
    found = folder()
    if found is None:
        raise FileNotFoundError(HOW)
    place = tree / PLACE
    shutil.copytree(found, place, symlinks=True)
    mend(place)
    (tree / MACHINES).mkdir(parents=True)
    for locale in LOCALES:
        run(["chroot", str(tree), "localedef", "-i", locale, "-f", "UTF-8", f"{locale}.UTF-8"])
    script = MAKE.format(releases=" ".join(RELEASES), machines=MACHINES, place=PLACE)
    inside(tree, script)


def inside(tree: Path, script: str) -> None:
    """Run a shell script in a tree that is not booted, with the file systems of the kernel that Wine needs."""
    entry = ["systemd-nspawn", "--quiet", f"--directory={tree}", "--register=no", "--keep-unit", "--pipe", "--as-pid2"]
    run([*entry, "/bin/sh", "-c", script], timeout=600 / PATIENCE * 2)


def mend(place: Path) -> None:
    """Give a copy what it may have lost on its way here: links, permissions to run, and names that were folded."""
    for path in (place, *place.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.suffix in (".sh", ".py", ".exe", ".dll", "") else 0o644)
    shutil.rmtree(place / "bin", ignore_errors=True)
    (place / "bin").mkdir()
    for name in COMMANDS:
        (place / "bin" / name).symlink_to("../run.py")
    replayed = place / "powershell/Modules/Replay/Replay.psd1"
    replayed.write_text(re.sub(r"-\n\s+", "-", replayed.read_text()))
