"""The same tests with every ansible-core line and on every Python a target may have.

``nox`` runs all of it; ``nox -s unit-2.16`` one session; ``nox -l`` lists them. A session whose
interpreter is not on this machine is skipped with a message; with ``--error-on-missing-interpreters`` it fails.
"""

from __future__ import annotations

import re
import runpy
import subprocess
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "venv"
nox.options.download_python = "never"
# Also where CI is set: which Pythons a machine has is not a fault of the code.
nox.options.error_on_missing_interpreters = False

ROOT = Path(__file__).resolve().parent
# Each line of ansible-core with its Pythons, as they are locked.
LINES = runpy.run_path(str(ROOT / "tests/tools/lock.py"))["LINES"]
find_python = runpy.run_path(str(ROOT / "tests/tools/pythons.py"))["find_python"]
# What comes next, while it is tested before its release; its Pythons, the newest first.
NEXT_LINE, NEXT_PYTHONS = "2.22", ("3.14", "3.13")
# The ends of the range; `make test` runs the same tests with the line between them.
INTEGRATION_LINES = ("2.16", "2.21")
TARGET_PYTHONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
# The sessions that CI runs: those between the ends, and the line that `make test` uses, are for `make nox`.
ENDS = "ends"


def _tags(version: str, versions: tuple[str, ...]) -> list[str]:
    return [ENDS] if version in (versions[0], versions[-1]) else []


def first_python(versions: tuple[str, ...]) -> str:
    """Return the first interpreter found, else the name of the first version, so that nox can say what is missing."""
    return next(filter(None, map(find_python, versions)), f"python{versions[0]}")


def _pytest(session: nox.Session, *arguments: str) -> None:
    # importlib mode and the cache of byte code must not mix between interpreters in one checkout
    # what must not be left out is the business of `make test`, whose environment has every tool
    environment = {"PYTHONDONTWRITEBYTECODE": "1", "HIPAA_CIS_REQUIRE_ALL": ""}
    session.run("python", "-m", "pytest", "-p", "no:cacheprovider", *arguments, *session.posargs, env=environment)


def _install_locked(session: nox.Session, line: str) -> None:
    session.install("--quiet", "--require-hashes", "-r", f"locks/ansible-core-{line}.txt")


def _add_unit(line: str, pythons: tuple[str, ...]) -> None:
    @nox.session(name=f"unit-{line}", python=first_python(pythons), tags=_tags(line, INTEGRATION_LINES))
    def unit(session: nox.Session) -> None:
        """Unit tests with one line of ansible-core, as it is locked."""
        _install_locked(session, line)
        session.install("--quiet", "pytest", "pytest-xdist", "--constraint", "requirements-dev.txt")
        check = f"from ansible.release import __version__ as v; assert v.startswith('{line}.'), v"
        session.run("python", "-c", check)
        # What runs on targets imports nothing of ansible-core that differs; it has sessions of its own.
        _pytest(session, "-n", "2", "tests/unit", "--ignore", "tests/unit/target")


def _add_integration(line: str, pythons: tuple[str, ...]) -> None:
    @nox.session(name=f"integration-{line}", python=first_python(pythons), tags=[ENDS])
    def integration(session: nox.Session) -> None:
        """The real ansible-playbook of one line: all that needs no booted host and, where hosts can boot, one audit."""
        _install_locked(session, line)
        tools = ("pytest", "pytest-xdist", "ansible-runner")
        session.install("--quiet", *tools, "--constraint", "requirements-dev.txt")
        check = f"from ansible.release import __version__ as v; assert v.startswith('{line}.'), v"
        session.run("python", "-c", check)
        places = ("tests/integration/test_second_platform.py", "tests/integration/test_plays.py")
        places += ("tests/integration/test_installed_archive.py", "tests/integration/test_runner.py")
        places += ("tests/integration/test_module_kept.py",)
        _pytest(session, "-n", "2", "-m", "not hosts", *places)
        _pytest(session, "tests/integration/test_installed_archive.py", "-m", "hosts")


def _add_target(version: str) -> None:
    @nox.session(name=f"target-{version}", python=first_python((version,)), tags=_tags(version, TARGET_PYTHONS))
    def target(session: nox.Session) -> None:
        """What runs on targets: the standard library and pytest, no ansible."""
        session.install("--quiet", "pytest", "--constraint", "requirements-dev.txt")
        # Windows' targets have PowerShell, and no Python.
        _pytest(session, "tests/unit/target", "--ignore", "tests/unit/target/windows")


def next_release(python: str) -> str:
    """Return why the next line of ansible-core can't be had for a Python, or nothing."""
    wanted = f"ansible-core>={NEXT_LINE}.0.dev0,<{NEXT_LINE}.99"
    with tempfile.TemporaryDirectory() as folder:
        argv = [python, "-m", "pip", "download", "--quiet", "--no-deps", "--pre", "--dest", folder, wanted]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"no ansible-core {NEXT_LINE} can be had here: {done.stderr.strip()[-200:]}"


@nox.session(name="unit-next", python=first_python(NEXT_PYTHONS))
def unit_next(session: nox.Session) -> None:
    """Unit tests with the line of ansible-core that comes next, where it can be had; nothing of it is locked."""
    why_not = next_release(str(session.virtualenv.bin) + "/python")
    if why_not:
        session.skip(why_not)
    wanted = f"ansible-core>={NEXT_LINE}.0.dev0,<{NEXT_LINE}.99"
    others = [line for line in (ROOT / "requirements.txt").read_text().split("\n") if re.match("[A-Za-z]", line)]
    others = [line for line in others if not line.startswith("ansible-core")]
    session.install("--quiet", "--pre", wanted)
    session.install("--quiet", *others, "pytest", "pytest-xdist", "--constraint", "requirements-dev.txt")
    session.run("python", "-c", "import ansible.release as r, sys; print(r.__version__, sys.version)")
    _pytest(session, "-n", "2", "tests/unit")


for _line, _pythons in LINES.items():
    _add_unit(_line, _pythons)
for _line in INTEGRATION_LINES:
    _add_integration(_line, LINES[_line])
for _version in TARGET_PYTHONS:
    _add_target(_version)
