# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which service reads a changed file, and how it is told to read it again.

Nothing is started that does not run. Where systemd did not boot the host, services read their files when they start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_grammar import is_shell

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

# auditd keeps recording while it reads its file again (auditd(8)); a restart would leave a gap, and many units refuse it.
AUDITD = (
    "systemctl --quiet is-active auditd.service || exit 0; systemctl kill --signal=HUP --kill-who=main auditd.service"
)
# As Debian builds it, journald turns the kernel's audit system off when it starts (journald.conf(5), Audit=), unless that is locked.
JOURNALD = (
    "on=$(auditctl -s 2>/dev/null | grep -c '^enabled 1'); systemctl try-restart systemd-journald.service; status=$?; "
    'if [ "$on" = 1 ]; then auditctl -e 1 >/dev/null || exit; fi; exit $status'
)
# Loads or clears the filter as ufw.conf says by then: the same command serves an apply and a rollback.
UFW = (
    "if grep -Eq '^ENABLED=.?(yes|YES)' /etc/ufw/ufw.conf; then /usr/lib/ufw/ufw-init force-reload; "
    "else /usr/lib/ufw/ufw-init force-stop; fi"
)


# What the scripts are for, in place of their text.
LABELS = {
    AUDITD: "let auditd read its configuration again",
    JOURNALD: "systemctl try-restart systemd-journald.service",
    UFW: "load the rules of ufw again",
}


def _restart(unit: str) -> Tuple[str, ...]:
    return ("systemctl", "try-restart", unit)


# The start of a path and the command; the first that fits counts.
COMMANDS: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    ("/etc/systemd/journald.conf", ("sh", "-c", JOURNALD)),
    ("/etc/systemd/journal-upload.conf", _restart("systemd-journal-upload.service")),
    ("/etc/systemd/timesyncd.conf", _restart("systemd-timesyncd.service")),
    ("/etc/rsyslog", _restart("rsyslog.service")),
    ("/etc/chrony/", _restart("chrony.service")),
    ("/etc/default/chrony", _restart("chrony.service")),
    ("/etc/postfix/", _restart("postfix.service")),
    # Its start makes the configuration from this file.
    ("/etc/exim4/", _restart("exim4.service")),
    ("/etc/audit/auditd.conf", ("sh", "-c", AUDITD)),
    ("/etc/ufw/", ("sh", "-c", UFW)),
    ("/etc/default/ufw", ("sh", "-c", UFW)),
)


def reload_for(plan: ChangePlan, path: str) -> None:
    """Let the service that reads ``path`` do so once all is written."""
    if path.startswith("/etc/gdm3/"):
        plan.warn("the display manager reads %s when it starts again; restarting it would end desktop sessions" % path)
    argv = next((argv for start, argv in COMMANDS if path.startswith(start)), None)
    if argv is not None and plan.host.exists("/run/systemd/system"):
        refresh(plan, argv)


def refresh(plan: ChangePlan, argv: Sequence[str]) -> None:
    """Run a command of this table at the end, under a label that says what it is for."""
    plan.refresh(argv, LABELS.get(argv[-1], ""))


def validators(plan: ChangePlan, path: str) -> Sequence[Sequence[str]]:
    """Return the commands that look at a finished file before it is put in place."""
    if is_shell(path):
        return [["bash" if plan.host.exists("/bin/bash") else "sh", "-n", "{file}"]]
    return []


def checks(path: str) -> Sequence[Sequence[str]]:
    """Return the commands that look at the whole configuration afterwards."""
    return [["rsyslogd", "-N1"]] if path.startswith("/etc/rsyslog") else []
