# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PATH and umask of root, from the files that a login shell of root reads. No shell is started."""

from __future__ import annotations

import re
import stat
from typing import Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ERROR, NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import sudo
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.access_list import lists_of, mode_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.login_defs import settings_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_umask import first_umasks
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_core import REMEDY
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_startup import (
    BASH_INTERACTIVE,
    BASH_LOGIN,
    BASH_LOGIN_COMMAND,
    DASH_LOGIN,
    DASH_LOGIN_COMMAND,
    root_person,
    start,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_variables import LOGINS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_words import known

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
WATCHED = ("PATH", "umask")


def path_problems(host: Host) -> List[str]:
    """Return what is wrong with root's PATH: empty or relative parts, what is no directory, foreign or writable ones.

    Every part that any possible PATH has is looked at, as the benchmark does for the one of `sudo -Hiu root env`.
    """
    found: List[str] = []
    parts = [part for path in _start_up(host)["PATH"] for part in path.split(":")]
    for part in dict.fromkeys(parts):
        shown = printable(part)[:200]
        if part in ("", "."):
            found.append("the current directory")
        elif not part.startswith("/"):
            found.append("%s is relative" % shown)
        else:
            found.extend("%s %s" % (shown, problem) for problem in _directory_problems(host, part))
    return list(dict.fromkeys(found))


def umasks(host: Host) -> List[str]:
    """Return every umask that a login shell of root may end with; the one before its files, where they set none."""
    return _start_up(host)[" umask"]


def _start_up(host: Host) -> Dict[str, List[str]]:
    found: Dict[str, List[str]] = host.shared("root's start-up files", lambda: _follow(host))
    return found


def _follow(host: Host) -> Dict[str, List[str]]:
    """Return what PATH and umask may be in a login shell of root, and in an interactive one within it."""
    root = root_person(host)
    before = {"PATH": frozenset(_first_paths(host)), " umask": first_umasks(host, LOGINS, root=True)}
    ways = [DASH_LOGIN, DASH_LOGIN_COMMAND] if root.plain else [BASH_LOGIN, BASH_LOGIN_COMMAND]
    shells = [start(host, root, way, WATCHED, before) for way in ways]
    if not root.plain:
        within = {name: shells[0].state.get(name) for name in before}
        shells.append(start(host, root, BASH_INTERACTIVE, WATCHED, within))
    found = {}
    for name in before:
        values = frozenset().union(*(shell.state.get(name) for shell in shells))
        if not all(known(value) for value in values):
            places = ", ".join(place for shell in shells for place in shell.places[:10])
            raise ReadError("%s: what %s is in the end cannot be told; %s" % (places, name.strip(" "), REMEDY))
        found[name] = sorted(values)
    return found


def _first_paths(host: Host) -> List[str]:
    """Return what PATH may be before the shell starts: sudo's, that of pam_env(8), or that of login(1) and su(1)."""
    paths = []
    secure = sudo.read(host, [{"query": "default", "name": "secure_path"}])[0]
    if secure.state == ERROR:
        raise ReadError(secure.reason)
    if isinstance(secure.value, str):
        paths.append(secure.value)
    for line in _lines(host, "/etc/environment"):
        assigned = re.match(r"(?:export\s+)?PATH=(.*)\Z", line, re.ASCII)
        if assigned:
            paths.append(assigned.group(1).strip("\"'"))
    setting = settings_of(host).get("ENV_SUPATH")
    paths.append(setting[0].replace("PATH=", "", 1) if setting else DEFAULT_PATH)
    return list(dict.fromkeys(paths))


def _lines(host: Host, path: str) -> List[str]:
    try:
        return [line.strip(BLANKS) for line in host.read_text(path).split("\n")]
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
    if mode_of(status, lists_of(host, path, status)) & 0o022:
        problems.append("can be written by others")
    return problems
