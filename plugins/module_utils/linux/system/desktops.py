# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sessions that a display manager offers, and which of them lock by what rules of their own look at."""

from __future__ import annotations

from typing import Dict, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

# GNOME's shell does not lock without its display manager.
_GDM = ("/usr/sbin/gdm3", "/usr/sbin/gdm")
# By how the files of their sessions begin, what has to be there for their rules to ask.
_FOLLOWED: Dict[str, Tuple[str, ...]] = {
    "gnome": _GDM,
    "ubuntu": _GDM,
    "plasma": ("/usr/bin/plasmashell",),
    "mate": ("/usr/bin/mate-session",),
    "cinnamon": ("/usr/bin/cinnamon-session",),
}
# What lightdm lists beside them is none of its own; a kiosk of GNOME is another shell.
_NONE, _OTHER = "lightdm-xsession.desktop", "gnome-kiosk"


def others(host: Host, patterns: Sequence[str]) -> List[str]:
    """Return the files of the sessions that no rule of their own asks about."""
    followed = tuple(name for name, programs in _FOLLOWED.items() if any(host.exists(path) for path in programs))
    found = [(path, path.rpartition("/")[2]) for pattern in patterns for path in host.glob(pattern)]
    return [
        path for path, name in found if name != _NONE and (name.startswith(_OTHER) or not name.startswith(followed))
    ]
