# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs below a home that others run: login shells, forced commands, jobs of cron, links in the folders of commands.

What root runs does not count, for root enters everywhere; nor does what the account itself runs.
"""

from __future__ import annotations

import os
import re
import stat
from typing import Iterator, List, NamedTuple, Pattern, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import jobs
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import authorized_keys
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import User
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import all_users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.file_tree import matching

COMMANDS = ("/usr/local/bin", "/usr/local/sbin", "/usr/bin")
SSHD = ("/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/**")
# Root runs these, so they count only where they change to another account.
SCRIPTS = ("/etc/cron.hourly/*", "/etc/cron.daily/*", "/etc/cron.weekly/*", "/etc/cron.monthly/*")
BECOMES = re.compile(r"(?<![\w.-])(su|sudo|runuser|setpriv|start-stop-daemon|setuidgid|chpst|gosu)\s", re.ASCII)
KEY_FILES = re.compile(r"\s*AuthorizedKeysFile[\s=]+(.*)", re.IGNORECASE | re.ASCII)
USUAL_KEY_FILES = (".ssh/authorized_keys", ".ssh/authorized_keys2")
COMMAND = re.compile(r'\bcommand="((?:\\.|[^"\\])*)"', re.IGNORECASE | re.ASCII)
MATCH = re.compile(r"\s*Match\s+(.*)", re.IGNORECASE | re.ASCII)
MATCH_USER = re.compile(r"User[\s=]+(\S+)\s*\Z", re.IGNORECASE | re.ASCII)


class _Use(NamedTuple):
    """What runs something: its place, what is run, and as which account (name or number), nobody where it may be anybody."""

    place: str
    text: str
    account: str


class _Link(NamedTuple):
    """A link in a folder of commands: the path that it names, and where that leads in the end."""

    path: str
    target: str
    end: str


def used_by(host: Host, user: User) -> str:
    """Return who runs what lies below a home, for a sentence; nothing where nobody is seen to. Raises `ReadError`."""
    home = user.home.rstrip("/")
    below = (home + "/", _end(host, home) + "/")
    for one in all_users(host):
        if one.uid not in (0, user.uid) and (one.shell.startswith(below) or _end(host, one.shell).startswith(below)):
            return "the account %s, whose login shell lies below" % one.name
    mention = re.compile(r"(?<![\w.-])(?:%s|~%s)(?![\w.-])" % (re.escape(home), re.escape(user.name)), re.ASCII)
    for use in _uses(host):
        if mention.search(use.text) and not _is_own(host, use.account, user):
            return "what %s runs" % use.place
    for place, text in _scripts(host):
        if mention.search(text) and _becomes_other(text, mention, user):
            return "what %s runs" % place
    for link in _links(host):
        if link.target.startswith(below) or link.end.startswith(below):
            return "all who run %s, a link that leads below" % printable(link.path)
    return ""


def _is_own(host: Host, account: str, user: User) -> bool:
    """Return whether an account is root or this one; of several names with one number each is the same account."""
    same = {one.name for one in all_users(host) if one.uid in (0, user.uid)}
    return account in same or account in ("0", str(user.uid))


def _becomes_other(text: str, mention: Pattern[str], user: User) -> bool:
    """Return whether a script of root changes to somebody else than this account."""
    name = re.compile(r"(?<![\w.-])%s(?![\w.-])" % re.escape(user.name), re.ASCII)
    lines = [mention.sub("", line) for line in text.split("\n") if not line.lstrip(BLANKS).startswith("#")]
    return any(BECOMES.search(line) and not name.search(line) for line in lines)


def _uses(host: Host) -> List[_Use]:
    found: List[_Use] = host.shared(
        "programs of others", lambda: [*_forced(host), *_keys(host), *_crontabs(host), *_tables(host)]
    )
    return found


def _forced(host: Host) -> Iterator[_Use]:
    """Yield the lines of sshd's configuration (`ForceCommand`, `Subsystem`, `ChrootDirectory`)."""
    for path, lines in _files(host, SSHD):
        account = ""
        for number, line in lines:
            block = MATCH.match(line)
            only = MATCH_USER.match(block.group(1)) if block else None
            if block:
                # A list or a pattern is no name of an account, so it counts as anybody.
                account = only.group(1).strip('"') if only else ""
            else:
                yield _Use("%s:%d" % (printable(path), number), line, account)


def _keys(host: Host) -> Iterator[_Use]:
    """Yield the commands of keys. The files are those that sshd's configuration names anywhere, and the usual ones."""
    names = list(USUAL_KEY_FILES)
    for _path, lines in _files(host, SSHD):
        named = [KEY_FILES.match(line) for _number, line in lines]
        names += [name for one in named if one for name in words_of(one.group(1).replace('"', " "))]
    for user in all_users(host):
        for path in dict.fromkeys(authorized_keys.key_file(name, user) for name in names if lowered(name) != "none"):
            for number, line in _lines(host, path):
                for command in COMMAND.findall(line):
                    yield _Use("%s:%d" % (printable(path), number), command, user.name)


def _crontabs(host: Host) -> Iterator[_Use]:
    for path in jobs.crontabs(host):
        for number, line in _lines(host, path):
            yield _Use("%s:%d" % (printable(path), number), line, path.rsplit("/", 1)[1])


def _tables(host: Host) -> Iterator[_Use]:
    for path, lines in _files(host, jobs.SYSTEM_TABLES):
        settings: List[str] = []
        for number, line in lines:
            place = "%s:%d" % (printable(path), number)
            job = jobs.SYSTEM_JOB.match(line.strip(BLANKS))
            if jobs.ASSIGNMENT.match(line.strip(BLANKS)) or job is None:
                settings.append(line)
                continue
            # A variable such as PATH holds for every job below it.
            for text in (line, *settings):
                yield _Use(place, text, job.group("user"))


def _scripts(host: Host) -> List[Tuple[str, str]]:
    """Return what root runs by cron, with its place: whole scripts, and single jobs of the system's tables."""
    found: List[Tuple[str, str]] = host.shared("scripts of cron", lambda: list(_all_scripts(host)))
    return found


def _all_scripts(host: Host) -> Iterator[Tuple[str, str]]:
    for path, lines in _files(host, SCRIPTS):
        yield printable(path), "\n".join(line for _number, line in lines)
    for use in [*_tables(host), *_crontabs(host)]:
        if use.account in ("root", "0"):
            yield use.place, use.text


def _links(host: Host) -> List[_Link]:
    found: List[_Link] = host.shared("links to commands", lambda: list(_all_links(host)))
    return found


def _all_links(host: Host) -> Iterator[_Link]:
    for folder in COMMANDS:
        for path in host.glob(folder + "/*"):
            try:
                if stat.S_ISLNK(host.stat(path, follow=False).st_mode):
                    target = os.path.normpath(os.path.join(folder, host.read_link(path)))
                    yield _Link(path, target, _end(host, path))
            except NotFound:
                continue


def _end(host: Host, path: str) -> str:
    """Return where a path leads in the end; itself where it leads round in a circle."""
    try:
        return host.place(path)[0]
    except ReadError:
        return path


def _files(host: Host, patterns: Tuple[str, ...]) -> Iterator[Tuple[str, List[Tuple[int, str]]]]:
    for pattern in patterns:
        for path in matching(host, pattern):
            yield path, _lines(host, path)


def _lines(host: Host, path: str) -> List[Tuple[int, str]]:
    """Return the lines of a file that are no comments, with their numbers; none of what is missing or no file."""
    try:
        text = host.read_text(path) if stat.S_ISREG(host.stat(path).st_mode) else ""
    except NotFound:
        return []
    rows = enumerate(text.split("\n"), 1)
    return [(number, line) for number, line in rows if line.strip(BLANKS) and not line.lstrip(BLANKS).startswith("#")]
