# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which program is sudo here: the one that sudoers(5) describes, or sudo-rs, which knows a part of that file.

Of sudo-rs 0.2.5 (Debian 13) and newer: it reads /etc/sudoers-rs in place of /etc/sudoers where that is there, and neither
sudo.conf nor nsswitch.conf. A line of defaults with one setting that it does not know is passed over as a whole, with a warning.
"""

from __future__ import annotations

import stat
from typing import Any, Dict, Iterable, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import SEARCH_PATH
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound

OWN_RULES = "/etc/sudoers-rs"
# Where Debian and Ubuntu put it beside the other one, set-user-ID as that is.
BESIDE = "/usr/lib/cargo/bin/sudo"
# What holds where nothing sets it; None for what it does not know.
RS_DEFAULTS: Dict[str, Optional[object]] = {
    "use_pty": True,
    "timestamp_timeout": "15",
    "logfile": None,
    "log_allowed": None,
    "pam_acct_mgmt": None,
}
# What visudo of 0.2.5 takes; newer ones know more.
_RS_KNOWS = frozenset(
    (
        *(
            "always_query_group_plugin",
            "always_set_home",
            "env_check",
            "env_delete",
            "env_editor",
            "env_keep",
            "env_reset",
        ),
        *(
            "fqdn",
            "lecture",
            "mail_badpass",
            "mailerpath",
            "match_group_by_gid",
            "passwd_tries",
            "pwfeedback",
            "rootpw",
        ),
        *("secure_path", "targetpw", "timestamp_timeout", "use_pty", "verifypw", "visiblepw"),
    )
)


def is_rs(host: Host) -> bool:
    """Return whether who calls sudo gets sudo-rs. A plain file below /usr/bin is the other one, so nothing is started for it."""
    return bool(host.shared("sudo_program:is_rs", lambda: _is_rs(host)))


def _is_rs(host: Host) -> bool:
    path = next((folder + "/sudo" for folder in SEARCH_PATH.split(":") if host.exists(folder + "/sudo")), "")
    if not path or (path == "/usr/bin/sudo" and stat.S_ISREG(host.stat(path, follow=False).st_mode)):
        return False
    try:
        said = host.run(("sudo", "-V"))
    except NotFound:
        return False
    return (said.stdout + said.stderr).startswith("sudo-rs ")


def rs_beside(host: Host) -> bool:
    """Return whether sudo-rs can be called by its own name beside the other one: for it all rules hold, and few settings."""
    return host.exists(BESIDE) and not is_rs(host)


def unknown_to_rs(settings: Iterable[Tuple[str, Any]]) -> str:
    """Return the first of a line's settings, as (name, value), for which sudo-rs may pass over the line; nothing where none is."""
    for name, seen in settings:
        if name not in _RS_KNOWS or (name == "timestamp_timeout" and str(seen).startswith("-")):
            return name
    return ""
