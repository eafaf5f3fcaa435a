# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The profiles of pam-auth-update(8): those of our own, and whether the files are still as it made them.

It writes the part between its marks in /etc/pam.d/common-*, keeps what it wrote in /var/lib/pam, and updates the files
only while every line between the marks is one of those, in their order; arguments may differ and lines may be missing.
"""

from __future__ import annotations

import re
from typing import Dict, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound

PROFILES = "/usr/share/pam-configs"
STATE = "/var/lib/pam"
TYPES = ("auth", "account", "password", "session", "session-noninteractive")
PRIMARY = '# here are the per-package modules (the "Primary" block)'
FALLBACK = "# here's the fallback if no module succeeds"
ADDITIONAL = '# and here are more per-package modules (the "Additional" block)'
END = "# end of pam-auth-update config"
CONTROL_AND_MODULE = re.compile(r"(\[[^\]]+\]|\w+)\s+\S+", re.ASCII)

# Not enabled by default: only the command that the executor runs brings them in. Their order in the stack follows from
# the priorities: 1024 is before every way of authentication (pam_unix has 256), 0 behind all of them.
# The lines are those of pam_faillock(8): `required`, so that a locked account is not told apart before the password is
# given, and `authsucc` behind `authfail`. A success jumps over both, and the line of account resets the count.
_PREAUTH = """\
Name: Refuse accounts locked by failed logins (hipaa.cis)
Default: no
Priority: 1024
Auth-Type: Primary
Auth:
\trequired\t\t\tpam_faillock.so preauth
Account-Type: Primary
Account:
\trequired\t\t\tpam_faillock.so
"""
_AUTHFAIL = """\
Name: Count failed logins (hipaa.cis)
Default: no
Priority: 0
Auth-Type: Primary
Auth:
\t[default=die]\t\t\tpam_faillock.so authfail
\tsufficient\t\t\tpam_faillock.so authsucc
"""
# Behind pam_pwquality (1024), which asks for the password. Where that is missing it is first and asks itself.
_HISTORY = """\
Name: Remember former passwords (hipaa.cis)
Default: no
Priority: 1000
Password-Type: Primary
Password:
\trequisite\t\t\tpam_pwhistory.so remember=24 enforce_for_root try_first_pass use_authtok
Password-Initial:
\trequisite\t\t\tpam_pwhistory.so remember=24 enforce_for_root
"""
# Behind every other module of a session. Debian 12 has none that sets it, newer ones have theirs in the files themselves.
_UMASK = """\
Name: Close new files to others (hipaa.cis)
Default: no
Priority: 0
Session-Type: Additional
Session:
\toptional\t\t\tpam_umask.so umask=0027 nousergroups
"""

# What a rule names -> file name -> text; the distribution's own profiles are named as they are.
OWN_PROFILES: Dict[str, Dict[str, str]] = {
    "hipaa-cis-faillock": {"hipaa-cis-faillock-preauth": _PREAUTH, "hipaa-cis-faillock-authfail": _AUTHFAIL},
    "hipaa-cis-pwhistory": {"hipaa-cis-pwhistory": _HISTORY},
    "hipaa-cis-umask": {"hipaa-cis-umask": _UMASK},
}


def enabled(host: Host) -> Set[str]:
    """Return the profiles that pam-auth-update has put into the files."""
    return {
        line[len("Module: ") :].strip(BLANKS)
        for kind in TYPES
        for line in split_lines(_saved(host, kind))
        if line.startswith("Module: ")
    }


def _saved(host: Host, kind: str) -> str:
    try:
        return host.read_text("%s/%s" % (STATE, kind))
    except NotFound:
        return ""


def local_changes(host: Host) -> str:
    """Return what keeps pam-auth-update from writing the files, or nothing."""
    for kind in TYPES:
        path = "/etc/pam.d/common-" + kind
        if not host.exists(path) or not host.exists("%s/%s" % (STATE, kind)):
            return "%s or what pam-auth-update knows of it is missing" % path
        found = _changes_of(path, host.read_text(path), _saved(host, kind), kind.partition("-")[0])
        if found:
            return found
    return ""


def _changes_of(path: str, text: str, saved: str, kind: str) -> str:
    known = [_comparable(line) for line in split_lines(saved) if not line.startswith("Module: ")]
    marks = [PRIMARY, FALLBACK, ADDITIONAL, END]
    for number, line in enumerate(split_lines(text), 1):
        if marks and line.startswith(marks[0]):
            marks.pop(0)
        elif len(marks) in (3, 1):
            mine = _comparable(re.sub(r"\A%s\s+" % kind, "", line, flags=re.ASCII))
            if mine not in known:
                return "%s:%d was added by hand" % (path, number)
            del known[: known.index(mine) + 1]
    return "%s lacks the marks of pam-auth-update" % path if marks else ""


def _comparable(line: str) -> str:
    """Return control and module of a line; how far a jump goes follows from the other lines."""
    found = CONTROL_AND_MODULE.match(line.strip(BLANKS))
    if found is None:
        return line
    return re.sub(r"(\[[^\]]*?=)(?:\d+|end)\b", r"\1", found.group(), flags=re.ASCII)
