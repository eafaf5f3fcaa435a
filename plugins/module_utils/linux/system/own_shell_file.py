# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The start-up file of shells that we write for a variable: read again by any shell, it does nothing and ends nobody's shell."""

from __future__ import annotations

import re
from typing import Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound

OWN_FILE = "/etc/profile.d/zz-hipaa-cis-%s.sh"
# To give a read-only variable a value, even the same, ends dash, and any shell under `set -e`: so it is tried in a subshell.
# Plain shells (dash) know no typeset; where it is known it is how the benchmark and those who check it spell this.
OWN_TEXT = """\
# Written by hipaa.cis. Where it is read again, or the variable is read-only already, it does nothing.
if ({name}={text}) 2>/dev/null; then
    {name}={text}
    export {name}
    if [ -n "${{BASH_VERSION:-}}" ]; then
        typeset -xr {name}={text}
    fi
    readonly {name}
fi
"""
_PLAIN = r"[A-Za-z0-9_./:-]+"


def is_plain(text: str) -> bool:
    """Return whether a value can stand in a script as it is."""
    return re.match(_PLAIN + r"\Z", text) is not None


def own_path(name: str) -> str:
    """Return the file in which we set a variable."""
    return OWN_FILE % lowered(name)


def own_text(name: str, text: str) -> str:
    """Return the whole file that gives a variable a plain value."""
    return OWN_TEXT.format(name=name, text=text)


def outdated(host: Host, name: str) -> Optional[str]:
    """Return the value that a file of ours sets in another way than we write it now; None where there is no such file."""
    try:
        seen = host.read_text(own_path(name))
    except NotFound:
        return None
    value = re.search(r"^\s*%s=(%s)$" % (re.escape(name), _PLAIN), seen, re.MULTILINE | re.ASCII)
    return value.group(1) if value and seen != own_text(name, value.group(1)) else None
