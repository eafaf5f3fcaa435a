# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Confirmed commit: the host undoes the changes that may have cut the controller off, unless it is told not to.

Before such changes the host is armed: a transient systemd timer (without systemd a detached process) runs the rollback
after the timeout, and a unit does so at the next boot. They use a copy of this code in the run's folder, so they need
neither the controller nor the SSH session. Who wins, the timer or the controller's word, is decided by one rename.

A try that is killed, crashes or cannot take all back is followed by another one, `TRIES` in all; then the state is
``stuck`` until the next boot or a rollback by hand. One file of fixed size is the state; it is renamed and written in
place, so that no step of an undoing needs space on the disk.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any, Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import commit_state, lock, reserve
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.archive import write_archive
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.commit_state import (
    ARMED,
    CONFIRMED,
    REVERTED,
    REVERTING,
    STATES,
    STUCK,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import (
    ChangeError,
    remove_quietly,
    sync_folder,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal, runs
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Report, Rollback, unconfirmed
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import run_command
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, Runner
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS

BOOT_UNIT = "/etc/systemd/system/hipaa-cis-rollback.service"
BOOT_LINK = "/etc/systemd/system/multi-user.target.wants/hipaa-cis-rollback.service"
AT_BOOT = "at-boot"
REVERT = "revert"
# How long an undoing waits for the process that is still at work, which ends with its present step (seconds).
PATIENCE = 60.0
POLL_SECONDS = 1.0
# How often the host tries to undo, and what it waits in between (seconds).
TRIES = 6
RETRY_SECONDS = 10.0
# Exit codes of a try: more are to come; none are.
TRY_AGAIN, GIVEN_UP = 75, 2
# How long after its time an undoing that nobody is at is taken for dead, and how long after a boot (seconds).
GRACE_SECONDS = 30.0
BOOT_SECONDS = 330.0
_LATER = """\
import subprocess, sys, time
time.sleep(float(sys.argv[1]))
for _try in range(int(sys.argv[2])):
    if subprocess.call(sys.argv[5:]) in (0, int(sys.argv[4])):
        break
    time.sleep(float(sys.argv[3]))
"""


def unit_name(run_id: str) -> str:
    """Return the name of the run's timer, without its suffix."""
    return "hipaa-cis-rollback-" + re.sub(r"[^A-Za-z0-9_-]", "_", run_id)


def arm(journal: Journal, timeout: float, runner: Runner, root: str = "/", more: int = 0) -> None:
    """Make the host undo the run's connection group in ``timeout`` seconds.

    ``more``: bytes of the files that are to be changed, for which space is set aside. Raises `ChangeError`, `OSError`;
    then the host is not armed.
    """
    refuse_late(journal)
    _refuse_unfinished(journal, root)
    if status(journal)["state"] == CONFIRMED:
        journal.confirm()  # where the disk was full when it was confirmed: it must not be undone with what comes now
    try:
        reserve.set_aside(journal, root, more)
        _start(journal, timeout, runner, root)
    except (ChangeError, OSError):
        _forget(journal, root)
        raise


def _start(journal: Journal, timeout: float, runner: Runner, root: str) -> None:
    archive = os.path.join(journal.folder, "rollback.zip")
    write_archive(archive)
    # Only plain words: where the units are read anew, systemd takes a semicolon or a quote for something else.
    argv = [sys.executable, "-B", archive, REVERT, journal.run_id]
    commit_state.write(_place(journal, ARMED), commit_state.filled(_armed(timeout, root)))
    if not os.path.isdir(os.path.join(root, "run/systemd/system")):
        _start_detached(timeout, argv)
        return
    _write_boot_unit(root, [*argv, AT_BOOT])
    result = runner(
        ["systemd-run", "--quiet", "--collect", "--unit=" + unit_name(journal.run_id),
         "--on-active=%ds" % max(1, round(timeout)), "--timer-property=AccuracySec=1s",
         # Not oneshot, for which systemd before 244 knows no restart.
         "--service-type=simple", "--property=Restart=on-failure", "--property=RestartSec=%ds" % RETRY_SECONDS,
         "--property=RestartPreventExitStatus=%d" % GIVEN_UP,
         # Where a try cannot even be counted, its number is bounded all the same.
         "--property=StartLimitIntervalSec=1h", "--property=StartLimitBurst=%d" % (2 * TRIES), *argv], 30.0,
    )  # fmt: skip
    if result.missing:
        _start_detached(timeout, argv)
    elif result.problem or result.exit_code:
        raise ChangeError(
            "the host could not be armed to undo changes by itself, so they were not made: %s"
            % (result.problem or result.stderr.strip(BLANKS)[:200])
        )


def _refuse_unfinished(journal: Journal, root: str) -> None:
    """Raise `ChangeError` where another run's changes wait to be undone: one host, one unit that does so at the boot."""
    for run in runs(root):
        other = Journal(root, run)
        state = status(other)["state"]
        if run != journal.run_id and state in (ARMED, REVERTING, STUCK) and _left(other):
            raise ChangeError(
                "what the run %s changed was neither confirmed nor wholly undone (it is %s), so nothing that may cut the "
                "connection off is changed; take it back first: ansible-playbook hipaa.cis.rollback -e hipaa_cis_run_id=%s"
                % (run, state, run)
            )


def _left(journal: Journal) -> bool:
    return any(unconfirmed(entry) for entry in journal.entries(skip_damage=True))


def _place(journal: Journal, name: str) -> str:
    return os.path.join(journal.folder, name)


def _armed(timeout: float, root: str) -> Dict[str, Any]:
    return {"boot": lock.boot_id(root), "until": lock.uptime() + timeout, "timeout": timeout}


def extend(journal: Journal, timeout: float, root: str = "/") -> None:
    """Let the time begin anew, for there is progress: it counts from the last change, not from the first.

    Written in place: what is armed may be renamed at any moment, and must not come to be once more.
    """
    # Too late, which the next step or the controller will find out; or a full disk: then the host undoes it earlier.
    with suppress(OSError):
        commit_state.overwrite(_place(journal, ARMED), commit_state.filled(_armed(timeout, root)))


def _remaining(journal: Journal, root: str = "/") -> float:
    """Return the seconds that are left to confirm; none where nothing is armed or what is written of it cannot be read."""
    armed = commit_state.read(_place(journal, ARMED)) or {}
    until = armed.get("until")
    if armed.get("boot") != lock.boot_id(root) or not isinstance(until, (int, float)):
        return 0.0
    return until - lock.uptime()


def _start_detached(timeout: float, argv: List[str]) -> None:
    subprocess.Popen(
        [sys.executable, "-B", "-c", _LATER, str(timeout), str(TRIES), str(RETRY_SECONDS), str(GIVEN_UP), *argv],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        cwd="/", start_new_session=True,
    )  # fmt: skip


def refuse_late(journal: Journal) -> None:
    """Raise `ChangeError` where the host has begun to undo: an apply must not outlast its own undoing."""
    if status(journal)["state"] in (REVERTING, STUCK, REVERTED):
        raise ChangeError(
            "making the changes took longer than hipaa_cis_confirm_timeout, so the host began to undo them; "
            "allow more time"
        )


def disarm(journal: Journal, runner: Runner, root: str = "/") -> bool:
    """Confirm: the changes stay. Return False where it is too late, for the host undid or is undoing them.

    Whoever did not hear the answer may ask again, and what a killed call left open is then done.
    """
    if not _claim(journal, CONFIRMED) and status(journal)["state"] != CONFIRMED:
        return False
    reserve.free(journal, root)
    with suppress(OSError):  # what cannot be noted is noted before this run arms the host again
        journal.confirm()
    _remove_boot_unit(root)
    if os.path.isdir(os.path.join(root, "run/systemd/system")):
        runner(["systemctl", "stop", unit_name(journal.run_id) + ".timer"], 30.0)
    return True


def status(journal: Journal) -> Dict[str, Any]:
    """Return ``{state: none|armed|confirmed|reverting|stuck|reverted, report, tries, overdue}``.

    ``report``: that of the tries so far. ``overdue``: the host should have gone on by itself and does not.
    """
    for _look in range(2):  # between two looks one may have become the other
        for name in STATES:
            found = commit_state.read(_place(journal, name))
            if found is not None:
                overdue = name in (ARMED, REVERTING) and _is_overdue(found, journal.root)
                report, tries = found.get("report", {}), found.get("tries", 0)
                return {"state": name, "report": report, "tries": tries, "overdue": overdue}
    return {"state": "none", "report": {}, "tries": 0, "overdue": False}


def _is_overdue(found: Dict[str, Any], root: str) -> bool:
    until = found.get("until")
    if found.get("boot") == lock.boot_id(root) and isinstance(until, (int, float)):
        late = lock.uptime() - until > GRACE_SECONDS
    else:
        late = lock.uptime() > BOOT_SECONDS
    return late and not lock.is_at_work(root)


def take_over(journal: Journal, host: Host, runner: Runner) -> None:
    """Undo for a host whose own undoing is dead: its timer is gone, or its process was killed too often."""
    if status(journal)["overdue"]:
        with suppress(ChangeError):  # somebody has begun this very moment
            revert(journal, host, runner, again=True, insist=False)


def revert(journal: Journal, host: Host, runner: Runner, again: bool = False, insist: bool = True) -> bool:
    """Try to undo what is unconfirmed now, where it is armed. Return whether this call did so.

    ``again``: go on with what an earlier try, a power cut or a full disk left. ``insist``: do not wait for ever for
    another process that is at work. Raises `ChangeError` where it is not to insist and there is one.
    """
    begun = _claim(journal, REVERTING)
    if not begun and not (again and (os.path.exists(_place(journal, REVERTING)) or _claim(journal, REVERTING, STUCK))):
        return False
    _count_try(journal, host.root)
    # An apply that is still at work sees the claim and ends at its next step.
    with lock.at_work(host.root, patience=PATIENCE if insist else 0.0, insist=insist):
        report = _tried(Rollback(host, runner, journal, unconfirmed, force=True))
    _end(journal, report, host.root)
    return True


def _tried(rollback: Rollback) -> Report:
    try:
        return rollback.run()
    except Exception as problem:  # a crash is told, and tried again, as anything else that went wrong
        return Report(changed=True, problems=["%s: %s" % (type(problem).__name__, problem)])


def _count_try(journal: Journal, root: str) -> None:
    found = commit_state.read(_place(journal, REVERTING)) or {}
    found.update(_armed(0.0, root), tries=found.get("tries", 0) + 1)
    with suppress(OSError):
        commit_state.overwrite(_place(journal, REVERTING), commit_state.filled(found))


def _end(journal: Journal, report: Report, root: str, last: bool = False) -> None:
    """Note how a try ended; the run that was undone can go on no more. ``last``: none will follow by itself."""
    found = commit_state.read(_place(journal, REVERTING)) or {}
    state = REVERTED if not report.problems else STUCK if last or found.get("tries", 0) >= TRIES else REVERTING
    found.update(_armed(RETRY_SECONDS, root), report=_together(found.get("report", {}), report))
    # Without space for it the state is only renamed.
    with suppress(OSError):
        if not os.path.exists(_place(journal, REVERTING)):
            commit_state.write(_place(journal, REVERTING), commit_state.filled(found))
        commit_state.overwrite(_place(journal, REVERTING), commit_state.filled(found))
    with suppress(OSError):
        if state != REVERTING:
            _claim(journal, state, REVERTING)
    if state == REVERTED:
        _remove_boot_unit(root)
        with suppress(OSError):
            lock.release(root, journal.run_id)


def _together(earlier: Dict[str, Any], report: Report) -> Dict[str, Any]:
    """Return the report of all tries: what each one took back, and what the last one could not."""
    whole = vars(report)
    for name in ("undone", "kept"):
        whole[name] = [*earlier.get(name, []), *(text for text in whole[name] if text not in earlier.get(name, []))]
    whole["changed"] = bool(earlier.get("changed")) or report.changed
    return whole


def main(run_id: str, when: str = "") -> None:
    """What the timer and the boot unit start: one try. The exit code says whether another one is to follow.

    The timer knows the first end of the time only, so what is left is waited for.
    """
    journal = Journal("/", run_id)
    at_boot = when == AT_BOOT
    remaining = 0.0 if at_boot else _remaining(journal)
    while remaining > 0:
        time.sleep(min(remaining, POLL_SECONDS))
        remaining = _remaining(journal)
    revert(journal, Host("/"), run_command, again=at_boot or status(journal)["tries"] > 0)
    state = status(journal)["state"]
    if state in (REVERTING, STUCK):
        if at_boot:
            time.sleep(POLL_SECONDS)
        raise SystemExit(TRY_AGAIN if state == REVERTING else GIVEN_UP)
    if at_boot:
        _remove_boot_unit("/")


def start(arguments: List[str]) -> None:
    """What the archive does: ``revert RUN_ID [at-boot]`` for the timer and the boot unit, else `by_hand`."""
    if sys.getfilesystemencoding() != "utf-8":
        # As the module that has written the journal named files, whatever locale systemd or the console has.
        os.execv(sys.executable, [sys.executable, "-B", "-X", "utf8", *sys.argv])  # noqa: S606 - no shell takes it
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
    if not _claim(journal, REVERTING):
        _claim(journal, REVERTING, STUCK)
    with lock.at_work("/", patience=PATIENCE, insist=True):
        report = _tried(Rollback(Host("/"), run_command, journal, force=True))
    _end(journal, report, "/", last=True)
    sys.stdout.write("".join("undone: %s\n" % text for text in report.undone))
    sys.stdout.write("".join("PROBLEM: %s\n" % text for text in report.problems))
    raise SystemExit(1 if report.problems else 0)


def _claim(journal: Journal, name: str, was: str = ARMED) -> bool:
    try:
        os.rename(_place(journal, was), _place(journal, name))
    except FileNotFoundError:
        return False
    with suppress(OSError):
        sync_folder(journal.folder)
    return True


def _forget(journal: Journal, root: str) -> None:
    remove_quietly(_place(journal, ARMED))
    reserve.free(journal, root)
    _remove_boot_unit(root)


def _write_boot_unit(root: str, argv: List[str]) -> None:
    quoted = " ".join('"%s"' % part.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") for part in argv)
    # It must come before whatever may not come up, and must not hold the boot up for long. Where a try ends badly the
    # next one follows; where it ends well that finds nothing to do.
    text = (
        "[Unit]\nDescription=Undo unconfirmed changes of hipaa.cis\nBefore=ssh.service\n"
        "[Service]\nType=oneshot\nTimeoutStartSec=300\nExecStart=-%s\nExecStart=-%s\nExecStart=%s\n"
        "[Install]\nWantedBy=multi-user.target\n" % (quoted, quoted, quoted)
    )
    path = os.path.join(root, BOOT_UNIT.lstrip("/"))
    link = os.path.join(root, BOOT_LINK.lstrip("/"))
    os.makedirs(os.path.dirname(link), exist_ok=True)
    commit_state.write(path, text)
    if not os.path.islink(link):
        os.symlink(BOOT_UNIT, link)


def _remove_boot_unit(root: str) -> None:
    for path in (BOOT_LINK, BOOT_UNIT):
        remove_quietly(os.path.join(root, path.lstrip("/")))
