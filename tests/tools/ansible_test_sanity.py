"""Run ``ansible-test sanity`` on the tracked files of this checkout.

``ansible-test`` wants the collection at a path ending in ``ansible_collections/hipaa/cis`` and keeps
virtual environments in the home directory; both are made below ``tmp/``, so that neither the layout of the
checkout nor the user's home is touched. Only the interpreter this script runs with is used: other Pythons are
what noxfile.py is for.

Its environments get pip from a fixed host on the internet. A stand-in for that download, which installs
pip from the interpreter's own ``ensurepip`` and then from the configured package index, makes it work behind a mirror.

Arguments are handed on, for example ``--test pep8`` or file names.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

# Started as a file, a script has its own folder in the path, not the checkout's.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.powershell import pwsh

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "tmp"
COPY = WORK / "ansible_collections" / "hipaa" / "cis"
HOME = WORK / "sanity-home"

# The link through which the checkout is importable is no part of the collection and points out of the copy.
NOT_COPIED = ("ansible_collections/",)

# Tests that need a program which no Python package brings.
NEEDED_PROGRAMS = {
    "shellcheck": ("shellcheck", "the package shellcheck"),
}

GET_PIP = '''\
"""Stands in for the get-pip script: the interpreter's own pip installs the versions asked for."""
import os
import subprocess
import sys

os.environ.pop("GET_PIP", None)
wanted = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip", "--upgrade"], stdout=subprocess.DEVNULL)
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", "--quiet"] + wanted))
'''


def copy_tracked_files() -> None:
    """Copy what is tracked, as it is in the working tree, to the path ansible-test insists on."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    shutil.rmtree(COPY, ignore_errors=True)
    for name in filter(None, listing.split("\0")):
        source = ROOT / name
        if name.startswith(NOT_COPIED) or not source.exists():
            continue
        target = COPY / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
    # ansible-test asks git what to examine; without a repository of its own the copy is an ignored directory of ours.
    subprocess.run(["git", "init", "--quiet"], cwd=COPY, check=True)
    subprocess.run(["git", "add", "--all"], cwd=COPY, check=True)


def pip_versions() -> set[str]:
    """Return every version of pip this ansible-test may ask the get-pip script for."""
    import ansible_test  # a directory next to ansible, present wherever ansible-core is

    source = Path(next(iter(ansible_test.__path__))) / "_internal" / "python_requirements.py"
    return set(re.findall(r"pip['\"]?\s*[:=]+\s*['\"]?(\d+(?:\.\d+)+)", source.read_text(encoding="utf-8")))


def prepare_home() -> None:
    """Place the stand-in where ansible-test looks before it downloads."""
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in pip_versions():
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(GET_PIP, encoding="utf-8")


def environment() -> dict[str, str]:
    """Return the caller's environment with our home; version managers and pip keep finding their own settings."""
    old_home = Path.home()
    env = dict(os.environ, HOME=str(HOME))
    env.pop("ANSIBLE_CONFIG", None)
    env["PATH"] = str(Path(sys.executable).parent) + os.pathsep + env.get("PATH", os.defpath)
    if pwsh():
        # By it ansible-test reads which arguments a module of PowerShell takes.
        env["PATH"] += os.pathsep + str(Path(pwsh()).parent)
    env.setdefault("PYENV_ROOT", str(old_home / ".pyenv"))
    for settings in (old_home / ".config" / "pip" / "pip.conf", old_home / ".pip" / "pip.conf"):
        if settings.exists():
            env.setdefault("PIP_CONFIG_FILE", str(settings))
    return env


def left_out() -> dict[str, str]:
    """Map each test that cannot run here to the reason."""
    skipped = {
        test: f"needs {program} ({source})"
        for test, (program, source) in NEEDED_PROGRAMS.items()
        if shutil.which(program) is None
    }
    if not has_analyzer():
        skipped["pslint"] = "needs pwsh (PowerShell with PSScriptAnalyzer)"
    return skipped


def has_analyzer() -> bool:
    """Return whether there is a PowerShell, and that has the module with which ansible-test looks at scripts."""
    question = "exit [int](-not (Get-Module -ListAvailable -Name PSScriptAnalyzer))"
    argv = [pwsh(), "-NoProfile", "-NonInteractive", "-Command", question]
    return bool(pwsh()) and subprocess.run(argv, check=False, stdin=subprocess.DEVNULL).returncode == 0


def unread_modules() -> list[str]:
    """Return the modules of PowerShell that ansible-test fails at where there is none."""
    return [] if pwsh() else sorted(str(path.relative_to(COPY)) for path in COPY.glob("plugins/modules/*.ps1"))


def main(arguments: list[str]) -> int:
    copy_tracked_files()
    prepare_home()
    skipped = left_out()
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = ["ansible-test", "sanity", "--python", python, "--color", "no"]
    for test in skipped:
        command += ["--skip-test", test]
    for name in unread_modules():
        command += ["--exclude", name]
    returncode = subprocess.run(command + arguments, cwd=COPY, env=environment(), check=False).returncode
    for test, reason in skipped.items():
        print(f"Left out: {test} {reason}.")
    for name in unread_modules():
        print(f"Left out: {name} needs pwsh (PowerShell).")
    return returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
