# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PATH and umask of root, from the files that a login shell of root reads. No shell is started."""

from __future__ import annotations

import re
import stat
from typing import List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ERROR, NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import sudo
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.access_list import lists_of, mode_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.login_defs import settings_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_startup import StartUp, umask_text

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DEFAULT_UMASK = "0022"
LOGIN_FILES = ("/.bash_profile", "/.bash_login", "/.profile")
# What has none of bash's own files; an account that cannot log in gives its files to `su -s` and `sudo -s`.
PLAIN_SHELLS = ("sh", "dash")
FOLLOWED = (*PLAIN_SHELLS, "bash", "nologin", "false", "")


def path_problems(host: Host) -> List[str]:
    """Return what is wrong with root's PATH: empty or relative parts, what is no directory, foreign or writable ones.

    Every part that any possible PATH has is looked at, as the benchmark does for the one of `sudo -Hiu root env`.
    """
    found: List[str] = []
    parts = [part for path in _start_up(host).paths for part in path.split(":")]
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
    return _start_up(host).umasks


def _start_up(host: Host) -> StartUp:
    found: StartUp = host.shared("root's start-up files", lambda: _follow(host))
    return found


def _follow(host: Host) -> StartUp:
    """Follow the files of bash(1) and dash(1): those of a login, then those of an interactive shell within it."""
    shell, home = _shell_and_home(host)
    result = StartUp(host, home, _first_paths(host), _first_umasks(host))
    result.read("/etc/profile", certain=True)
    plain = shell in PLAIN_SHELLS
    # Of the three the shell reads the first that it finds.
    for name in LOGIN_FILES[-1:] if plain else LOGIN_FILES:
        if result.read(home + name, certain=True):
            break
    if not plain:
        result.read("/etc/bash.bashrc", certain=None)
        result.read(home + "/.bashrc", certain=None)
    return result


def _shell_and_home(host: Host) -> List[str]:
    lines = [user for user in users(host) if user.name == "root"]
    if not lines:
        raise ReadError("/etc/passwd has no account root")
    shell = lines[0].shell.rsplit("/", 1)[-1]
    if shell not in FOLLOWED:
        raise ReadError(
            "root's shell is %s, whose start-up files are not known; sh, dash and bash are" % lines[0].shell
        )
    return [shell, lines[0].home.rstrip("/")]


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


def _first_umasks(host: Host) -> List[str]:
    """Return the system's umask, and that of login.defs, which holds only where pam_umask(8) is set up."""
    setting = settings_of(host).get("UMASK")
    return list(dict.fromkeys([DEFAULT_UMASK] + ([umask_text(setting[0])] if setting else [])))


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
