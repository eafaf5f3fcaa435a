# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PATH and umask of root, from the files that a login shell of root reads. No shell is started."""

from __future__ import annotations

import re
import stat
from typing import List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.login_defs import settings_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound

START_UP = ("/root/.bash_profile", "/root/.bash_login", "/root/.profile", "/root/.bashrc")
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def path_problems(host: Host) -> List[str]:
    """Return what is wrong with root's PATH: empty or relative parts, what is no directory, foreign or writable ones."""
    found: List[str] = []
    for part in _path(host).split(":"):
        shown = printable(part)
        if part in ("", "."):
            found.append("the current directory")
        elif not part.startswith("/"):
            found.append("%s is relative" % shown)
        else:
            found.extend("%s %s" % (shown, problem) for problem in _directory_problems(host, part))
    return found


def _path(host: Host) -> str:
    setting = settings_of(host).get("ENV_SUPATH")
    path = setting[0].replace("PATH=", "", 1) if setting else DEFAULT_PATH
    for file in START_UP:
        for line in _lines(host, file):
            assigned = re.match(r"(?:export\s+)?PATH=[\"']?([^\"';\s]*)", line)
            if assigned:
                path = re.sub(r"\$\{?PATH\}?", path, assigned.group(1))
    return re.sub(r"\$\{?HOME\}?", "/root", path)


def _lines(host: Host, path: str) -> List[str]:
    try:
        return [line.strip() for line in host.read_text(path).splitlines()]
    except NotFound:
        return []


def _directory_problems(host: Host, path: str) -> List[str]:
    try:
        status = host.stat(path)
    except NotFound:
        return ["does not exist"]
    problems = []
    if not stat.S_ISDIR(status.st_mode):
        problems.append("is no directory")
    if status.st_uid != 0:
        problems.append("is not owned by root")
    if stat.S_IMODE(status.st_mode) & 0o022:
        problems.append("can be written by others")
    return problems


def umasks(host: Host) -> List[str]:
    """Return every umask that root's own start-up files set, in order."""
    found = []
    for file in START_UP:
        for line in _lines(host, file):
            assigned = re.match(r"umask\s+([0-7]{1,4})\b", line)
            if assigned:
                found.append("%04o" % int(assigned.group(1), 8))
    return found
