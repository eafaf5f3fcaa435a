# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Units of systemd as steps: in which order they are changed, and what of it is kept."""

from __future__ import annotations

from typing import Dict, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import COMMAND, PHASE_COMMANDS, Step

# All links by which units are enabled or masked, those of init scripts too.
UNIT_LINKS = ("/etc/systemd/system", "/etc/rc0.d", "/etc/rc1.d", "/etc/rc2.d", "/etc/rc3.d", "/etc/rc4.d",
              "/etc/rc5.d", "/etc/rc6.d", "/etc/rcS.d")  # fmt: skip
# One of two programs for the same purpose is stopped before the other is started.
ORDER: Dict[str, int] = {"mask": 0, "disable": 0, "stop": 0, "unmask": 1, "enable": 2, "start": 2}
TIMEOUT = 120.0


def unit_step(verbs: Sequence[str]) -> Step:
    """Return the step of ``systemctl VERBS``, still without units; ``verbs`` is a verb and its options."""
    base: Tuple[str, ...] = ("systemctl", *verbs)
    return Step(
        COMMAND,
        " ".join(base),
        argv=base,
        base=base,
        title=" ".join(base),
        undo=[["systemctl", "daemon-reload"]],
        watch=UNIT_LINKS,
        phase=PHASE_COMMANDS,
        order=ORDER[verbs[0]],
        timeout=TIMEOUT,
    )


def undo_order(argv: Sequence[str]) -> Tuple[bool, bool]:
    """Sort what takes a step back: the unit files are read first, and a socket can't be started behind its service."""
    return argv[1] != "daemon-reload", argv[-1].endswith(".service")
