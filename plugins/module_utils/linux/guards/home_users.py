# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which homes somebody else than their owner gets at: web and file servers, services, accounts, programs that others run."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from typing import Iterator, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import file_users, home_programs
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import User
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import all_users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.file_tree import matching

# Where programs that hand out files as an account of their own are told which.
SERVERS = (
    "/etc/apache2/**", "/etc/httpd/**", "/etc/nginx/**", "/etc/lighttpd/**", "/etc/caddy/**", "/etc/haproxy/**",
    "/etc/php/**", "/etc/uwsgi/**", "/etc/samba/**", "/etc/exports", "/etc/exports.d/**", "/etc/rsyncd.conf",
    "/etc/proftpd/**", "/etc/vsftpd.conf", "/etc/pure-ftpd/**",
)  # fmt: skip
UNITS = ("/etc/systemd/system/**",)
# The home of each account: /home/*/www, /home/$1/www, ~user of UserDir.
EACH_HOME = re.compile(r"/home/[*$(\[]")
USER_DIR = re.compile(r"\bUserDir\s+(?!disabled\b)([\w.-]+)", re.IGNORECASE | re.ASCII)
PUBLIC = "public_html"
UNIT_USER = re.compile(r"^\s*User\s*=\s*(\S+)", re.MULTILINE | re.ASCII)


@dataclass(frozen=True)
class _Line:
    """A line of a configuration that is no comment, with its place."""

    place: str
    text: str


def needed_by(host: Host, user: User) -> str:
    """Return who gets at a home as neither its owner nor root, for a sentence; nothing where nobody is seen to.

    Raises `ReadError` where that can't be told.
    """
    nested = [
        one.name for one in all_users(host) if one.uid not in (0, user.uid) and one.home.startswith(user.home + "/")
    ]
    if nested:
        return "the account %s, whose home lies below" % nested[0]
    running = file_users.below(host, user.home, user.uid)
    if running:
        return running
    place = _named(host, user)
    return "what %s configures" % place if place else home_programs.used_by(host, user)


def _named(host: Host, user: User) -> str:
    """Return the place where a server's configuration names a path at or below a home, or "" where none does."""
    mention = re.compile(re.escape(user.home) + r"(?![\w.-])", re.ASCII)
    for line in _lines(host):
        if mention.search(line.text):
            return line.place
        each = EACH_HOME.search(line.text) and user.home.startswith("/home/")
        folder = USER_DIR.search(line.text)
        public = folder.group(1) if folder else PUBLIC if PUBLIC in line.text else ""
        if each or (public and _is_folder(host, user.home + "/" + public)):
            return line.place
    return next((path for path, text in _units(host) if mention.search(text) and _runs_as_other(text, user)), "")


def _lines(host: Host) -> List[_Line]:
    found: List[_Line] = host.shared("lines of servers", lambda: list(_all_lines(host)))
    return found


def _all_lines(host: Host) -> Iterator[_Line]:
    for path, text in _texts(host, SERVERS):
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip(BLANKS) and line.strip(BLANKS)[0] not in "#;":
                yield _Line("%s:%d" % (printable(path), number), line)


def _units(host: Host) -> List[Tuple[str, str]]:
    found: List[Tuple[str, str]] = host.shared("own units", lambda: list(_texts(host, UNITS)))
    return found


def _texts(host: Host, patterns: Tuple[str, ...]) -> Iterator[Tuple[str, str]]:
    for pattern in patterns:
        for path in matching(host, pattern):
            try:
                if stat.S_ISREG(host.stat(path).st_mode):
                    yield path, host.read_text(path)
            except NotFound:
                continue


def _runs_as_other(unit: str, user: User) -> bool:
    name: Optional[str] = next(iter(UNIT_USER.findall(unit)), None)
    if name is None:
        return (
            re.search(r"^\s*DynamicUser\s*=\s*(yes|true|on|1)\s*$", unit, re.MULTILINE | re.IGNORECASE | re.ASCII)
            is not None
        )
    return name not in ("root", "0", user.name, str(user.uid))


def _is_folder(host: Host, path: str) -> bool:
    try:
        return stat.S_ISDIR(host.stat(path).st_mode)
    except (NotFound, ReadError):
        return False
