# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files below /etc/ssh are sshd's own, read as root. The others are read by who knows whom, as somebody else."""

from __future__ import annotations

import stat
from typing import Sequence, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import logins
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import sshd_config

FOLDER = "/etc/ssh/"
SNIPPETS = FOLDER + "sshd_config.d"


def refuse_read_by_others(host: Host, path: str) -> None:
    """Raise `CannotFix` for a file below /etc/ssh that is neither configuration nor a host key of this host's sshd.

    Keys of accounts (`AuthorizedKeysFile /etc/ssh/keys/%u`) are read as the account, those of other services as theirs: with
    another owner or mode nobody comes in any more, or the service stops.
    """
    if path.startswith(FOLDER) and path not in _own(host):
        raise CannotFix(
            "%s is no host key of this sshd, so sshd or another service may read it as somebody else, who could do so no more; "
            "find out who reads it, and change it by hand or move it out of %s" % (printable(path), FOLDER)
        )


def _own(host: Host) -> Set[str]:
    options = logins.sshd_values(host)
    keys = [key for name in ("hostkey", "hostcertificate") for key in options.get(name, [])]
    snippets = host.glob(SNIPPETS + "/*.conf")
    return {
        sshd_config.CONFIGURATION,
        *snippets,
        *([SNIPPETS] if _holds_only(host, snippets) else []),
        *keys,
        *[key + ".pub" for key in keys],
    }


def _holds_only(host: Host, snippets: Sequence[str]) -> bool:
    """Return whether nothing else lies between the snippets: whose key does could reach it no more in a closed folder."""
    try:
        names = host.list_directory(SNIPPETS)
    except NotFound:
        return False
    return len(names) == len(snippets) and all(stat.S_ISREG(host.stat(path).st_mode) for path in snippets)
