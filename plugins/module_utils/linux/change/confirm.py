# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Confirmed commit: the host undoes the changes that may have cut the controller off, unless it is told not to.

Before such changes the host is armed: a transient systemd timer (without systemd a detached process) runs the rollback
after the timeout, and a unit does so at the next boot. They use a copy of this code in the run's folder, so they need
neither the controller nor the SSH session. Who wins, the timer or the controller's word, is decided by one rename.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from typing import Any, Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import lock
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import (
    ChangeError,
    remove_quietly,
    sync_folder,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Report, Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import run_command
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, Runner

PACKAGE = "ansible_collections.hipaa.cis.plugins.module_utils.linux"
BOOT_UNIT = "/etc/systemd/system/hipaa-cis-rollback.service"
BOOT_LINK = "/etc/systemd/system/multi-user.target.wants/hipaa-cis-rollback.service"
AT_BOOT = "at-boot"
REVERT = "revert"
# How long an undoing waits for the process that is still at work, which ends with its present step (seconds).
PATIENCE = 60.0
POLL_SECONDS = 1.0
_LATER = "import subprocess, sys, time; time.sleep(float(sys.argv[1])); subprocess.call(sys.argv[2:])"


def unit_name(run_id: str) -> str:
    """Return the name of the run's timer, without its suffix."""
    return "hipaa-cis-rollback-" + re.sub(r"[^A-Za-z0-9_-]", "_", run_id)


def arm(journal: Journal, timeout: float, runner: Runner, root: str = "/") -> None:
    """Make the host undo the run's connection group in ``timeout`` seconds. Raises `ChangeError`, `OSError`."""
    archive = os.path.join(journal.folder, "rollback.zip")
    _write_archive(archive)
    # Only plain words: where the units are read anew, systemd takes a semicolon or a quote for something else.
    argv = [sys.executable, "-B", archive, REVERT, journal.run_id]
    _write(os.path.join(journal.folder, "armed"), _armed(timeout, root))
    if os.path.isdir(os.path.join(root, "run/systemd/system")):
        _write_boot_unit(root, [*argv, AT_BOOT])
        result = runner(
            ["systemd-run", "--quiet", "--collect", "--unit=" + unit_name(journal.run_id),
             "--on-active=%ds" % max(1, round(timeout)), "--timer-property=AccuracySec=1s",
             "--service-type=oneshot", *argv], 30.0,
        )  # fmt: skip
        if result.missing:
            _start_detached(timeout, argv)
        elif result.problem or result.exit_code:
            _forget(journal, root)
            raise ChangeError(
                "the host could not be armed to undo changes by itself, so they were not made: %s"
                % (result.problem or result.stderr.strip()[:200])
            )
    else:
        _start_detached(timeout, argv)


def _armed(timeout: float, root: str) -> str:
    return json.dumps({"boot": lock.boot_id(root), "until": lock.uptime() + timeout, "timeout": timeout})


def extend(journal: Journal, timeout: float, root: str = "/") -> None:
    """Let the time begin anew, for there is progress: it counts from the last change, not from the first.

    Written in place: what is armed may be renamed at any moment, and must not come to be once more.
    """
    try:
        with open(os.path.join(journal.folder, "armed"), "r+", encoding="utf-8") as stream:
            stream.write(_armed(timeout, root))
            stream.truncate()
    except FileNotFoundError:
        pass  # too late, which the next step or the controller will find out


def _remaining(journal: Journal, root: str = "/") -> float:
    """Return the seconds that are left to confirm; none where nothing is armed or what is written of it cannot be read."""
    for _attempt in range(3):
        try:
            with open(os.path.join(journal.folder, "armed"), encoding="utf-8") as stream:
                armed = json.loads(stream.read())
            return float(armed["until"]) - lock.uptime() if armed["boot"] == lock.boot_id(root) else 0.0
        except OSError:
            return 0.0
        except (ValueError, KeyError, TypeError):
            time.sleep(0.1)  # it may be written at this very moment
    return 0.0


def _start_detached(timeout: float, argv: List[str]) -> None:
    subprocess.Popen(
        [sys.executable, "-B", "-c", _LATER, str(timeout), *argv],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        cwd="/", start_new_session=True,
    )  # fmt: skip


def refuse_late(journal: Journal) -> None:
    """Raise `ChangeError` where the host has begun to undo: an apply must not outlast its own undoing."""
    if status(journal)["state"] in ("reverting", "reverted"):
        raise ChangeError(
            "making the changes took longer than hipaa_cis_confirm_timeout, so the host began to undo them; "
            "allow more time"
        )


def disarm(journal: Journal, runner: Runner, root: str = "/") -> bool:
    """Confirm: the changes stay. Return False where it is too late, for the host undid or is undoing them."""
    if not _claim(journal, "confirmed"):
        return False
    journal.confirm()
    _remove_boot_unit(root)
    if os.path.isdir(os.path.join(root, "run/systemd/system")):
        runner(["systemctl", "stop", unit_name(journal.run_id) + ".timer"], 30.0)
    return True


def status(journal: Journal) -> Dict[str, Any]:
    """Return ``{state: none|armed|confirmed|reverting|reverted, report}``."""
    for name in ("armed", "reverting", "reverted", "confirmed"):
        path = os.path.join(journal.folder, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as stream:
                return {"state": name, "report": json.loads(stream.read() or "{}")}
    return {"state": "none", "report": {}}


def revert(journal: Journal, host: Host, runner: Runner, at_boot: bool = False) -> bool:
    """Undo what is unconfirmed now, where it is armed. Return whether this call did it.

    ``at_boot``: go on with what a power cut interrupted, for nobody else is at work then. (The number of the boot
    would not tell: a container that was started anew has that of its kernel.)
    """
    interrupted = at_boot and os.path.exists(os.path.join(journal.folder, "reverting"))
    if not _claim(journal, "reverting") and not interrupted:
        return False
    # An apply that is still at work sees the claim and ends at its next step.
    with lock.at_work(host.root, patience=PATIENCE, insist=True):
        report = Rollback(host, runner, journal, unconfirmed=True, force=True).run()
    _end(journal, report, host.root)
    return True


def _end(journal: Journal, report: Report, root: str) -> None:
    """Note that all is undone; the run that did it can go on no more."""
    path = os.path.join(journal.folder, "reverting")
    _write(path, json.dumps(vars(report)))
    os.replace(path, os.path.join(journal.folder, "reverted"))
    _remove_boot_unit(root)
    lock.release(root, journal.run_id)


def main(run_id: str, when: str = "") -> None:
    """What the timer and the boot unit start. The timer knows the first end of the time only, so what is left is waited for."""
    journal = Journal("/", run_id)
    remaining = 0.0 if when == AT_BOOT else _remaining(journal)
    while remaining > 0:
        time.sleep(min(remaining, POLL_SECONDS))
        remaining = _remaining(journal)
    revert(journal, Host("/"), run_command, at_boot=when == AT_BOOT)


def start(arguments: List[str]) -> None:
    """What the archive does: ``revert RUN_ID [at-boot]`` for the timer and the boot unit, else `by_hand`."""
    if len(arguments) > 1 and arguments[0] == REVERT:
        main(*arguments[1:])
    else:
        by_hand(arguments)


def by_hand(arguments: List[str]) -> None:
    """What ``python3 rollback.zip <run id>`` does at the console of a host that is cut off: roll the whole run back."""
    if len(arguments) != 1:
        raise SystemExit("usage: python3 rollback.zip RUN_ID")
    journal = Journal("/", arguments[0])
    if not journal.exists():
        raise SystemExit("there is no journal of the run %s" % journal.run_id)
    _claim(journal, "reverting")
    with lock.at_work("/", patience=PATIENCE, insist=True):
        report = Rollback(Host("/"), run_command, journal, force=True).run()
    _end(journal, report, "/")
    sys.stdout.write("".join("undone: %s\n" % text for text in report.undone))
    sys.stdout.write("".join("PROBLEM: %s\n" % text for text in report.problems))
    raise SystemExit(1 if report.problems else 0)


def _claim(journal: Journal, name: str) -> bool:
    try:
        os.rename(os.path.join(journal.folder, "armed"), os.path.join(journal.folder, name))
    except FileNotFoundError:
        return False
    sync_folder(journal.folder)
    return True


def _forget(journal: Journal, root: str) -> None:
    remove_quietly(os.path.join(journal.folder, "armed"))
    _remove_boot_unit(root)


def _write(path: str, text: str) -> None:
    handle = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(path + ".new", path)


def _write_boot_unit(root: str, argv: List[str]) -> None:
    quoted = " ".join('"%s"' % part.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") for part in argv)
    # It must come before whatever may not come up, and must not hold the boot up for long.
    text = (
        "[Unit]\nDescription=Undo unconfirmed changes of hipaa.cis\nBefore=ssh.service\n"
        "[Service]\nType=oneshot\nTimeoutStartSec=300\nExecStart=%s\n[Install]\nWantedBy=multi-user.target\n" % quoted
    )
    path = os.path.join(root, BOOT_UNIT.lstrip("/"))
    link = os.path.join(root, BOOT_LINK.lstrip("/"))
    os.makedirs(os.path.dirname(link), exist_ok=True)
    _write(path, text)
    if not os.path.islink(link):
        os.symlink(BOOT_UNIT, link)


def _remove_boot_unit(root: str) -> None:
    for path in (BOOT_LINK, BOOT_UNIT):
        remove_quietly(os.path.join(root, path.lstrip("/")))


def _write_archive(path: str) -> None:
    """Write this collection's loaded target code as an archive that Python can import from.

    The code itself may come from such an archive (Ansible sends modules so), which is gone when the module ends.
    """
    names = sorted(name for name in sys.modules if name.startswith(PACKAGE + "."))
    # The archive's importer knows no folder without such a file.
    parents = {
        ".".join(parts[:count]) for parts in (name.split(".") for name in names) for count in range(1, len(parts))
    }
    temporary = path + ".new"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            for package in sorted(parents):
                archive.writestr(package.replace(".", "/") + "/__init__.py", "")
            archive.writestr(
                "__main__.py", "import sys\nfrom %s.change.confirm import start\nstart(sys.argv[1:])\n" % PACKAGE
            )
            for name in names:
                source = _source(name)
                if source:
                    archive.writestr(name.replace(".", "/") + ".py", source)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)


def _source(name: str) -> str:
    module = importlib.import_module(name)
    if hasattr(module, "__path__"):
        return ""
    loader: Any = module.__spec__.loader if module.__spec__ else None
    source = loader.get_source(name) if loader is not None else ""
    # Ansible's own loader of collections gives bytes.
    return source.decode() if isinstance(source, bytes) else str(source)
