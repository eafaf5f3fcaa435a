"""Lock what the collection needs, with hashes, for each line of ansible-core: ``make lock``. ``--mine`` names this Python's line.

``locks/ansible-core-LINE.txt`` is what a site installs, ``locks/development-LINE.txt`` that and the tools of ``requirements-dev.txt``,
``locks/release.txt`` what ``make release`` uses beside them.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Each line of ansible-core with the Pythons that it is tested on, the oldest first.
LINES = {"2.16": ("3.10",), "2.19": ("3.11",), "2.21": ("3.12", "3.13", "3.14")}
# The tools of a release are locked once, for this line and the Pythons from its oldest on.
RELEASE_LINE = "2.19"


def line_of(version: tuple[int, ...]) -> str:
    """Return the line that a Python has: the newest whose oldest Python it is not older than."""
    fitting = [line for line, pythons in LINES.items() if version[:2] >= tuple(map(int, pythons[0].split(".")))]
    if not fitting:
        raise SystemExit("Python 3.10 or newer is needed, and this is {}.{}".format(*version))
    return fitting[-1]


def lock(line: str, sources: list[str], name: str, fixed: str) -> None:
    """Write ``locks/NAME.txt``, for the Pythons of a line. ``fixed``: what limits it, in the form of a constraints file."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as limits:
        limits.write(fixed)
        limits.flush()
        target = f"locks/{name}.txt"
        options = ["--universal", "--python-version", LINES[line][0], "--generate-hashes", "--no-annotate", "--upgrade"]
        options += ["--quiet", "--custom-compile-command", "make lock", "--constraint", limits.name]
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "pip", "compile", *options, "--output-file", target, *sources], cwd=ROOT, check=True)
    print(target)


def pins(line: str) -> str:
    """Return the lock of a line without its hashes, as constraints."""
    text = (ROOT / "locks" / f"ansible-core-{line}.txt").read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^[A-Za-z0-9._-]+==[^\\\n]+", text, re.MULTILINE)) + "\n"


def release_limits() -> str:
    """Return what limits the tools of a release: their line of ansible-core, and the versions of the development tools."""
    return f"ansible-core=={RELEASE_LINE}.*\n" + (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Name this Python's line, or write all locks."""
    if arguments == ["--mine"]:
        print(line_of(sys.version_info[:2]))
        return
    (ROOT / "locks").mkdir(exist_ok=True)
    for line in LINES:
        lock(line, ["requirements.txt"], f"ansible-core-{line}", f"ansible-core=={line}.*\n")
        lock(line, ["requirements.txt", "requirements-dev.txt"], f"development-{line}", pins(line))
    lock(RELEASE_LINE, ["requirements-release.txt"], "release", release_limits())


if __name__ == "__main__":
    main(sys.argv[1:])
