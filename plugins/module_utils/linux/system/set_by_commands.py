# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel parameters that the lines of scripts and of start-up commands set: sysctl(8), and echo into /proc/sys.

A script is not run, and what its conditions come to is not asked: what stands there may be set.
"""

from __future__ import annotations

import os
import re
import stat
from typing import Iterator, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.set_elsewhere import Setting
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.sysctl_file import normal_key, parse

# As run-parts(8) and the dispatchers take names.
_NAMES = re.compile(r"[A-Za-z0-9_.-]+\Z", re.ASCII)
_SYSCTL = re.compile(r"(?:^|[\s;&|(\"'=])(?:\S*/)?sysctl\s+([^;&|#\n]*)", re.ASCII)
_WRITTEN = re.compile(
    r"(?:echo|printf)\s+(?:-\w+\s+)?[\"']?([^\s\"'\\;|&<>]*)(?:\\n)?[\"']?\s*"
    r"(?:>+|\|\s*(?:sudo\s+)?tee\s+(?:-\w+\s+)?)\s*[\"']?/proc/sys/([^\s\"';&|]+)",
    re.ASCII,
)
_VARIABLE = re.compile(r"\$(?:\{[^}]*\}|\w+|[@*])", re.ASCII)
# A program by its path; those that packages bring have their settings in files, which are read for themselves.
_CALLED = re.compile(
    r"(?:^|(?<=[\s;&|(\"'=]))/(?!(?:usr/)?(?:s?bin|lib\w*)/|proc/|sys/|dev/)[^\s\"'`;&|()<>$*]+", re.ASCII
)
# More is no script.
MAX_CALLED = 256 * 1024
SYSCTL_CONF = "/etc/sysctl.conf"


def of_folder(host: Host, by: str, folder: str) -> List[Setting]:
    """Return what the programs of a folder set that is run as run-parts(8) does: those that are executable."""
    try:
        names = host.list_directory(folder)
    except NotFound:
        return []
    return [one for name in names if _NAMES.match(name) for one in of_script(host, by, folder + "/" + name)]


def of_script(host: Host, by: str, path: str, called: bool = False) -> List[Setting]:
    """Return what a script sets; nothing where it is missing, not executable, or a program of another language.

    ``called``: by another one; those that it calls itself are not looked at.
    """
    try:
        status = host.stat(path)
    except NotFound:
        return []
    if not stat.S_ISREG(status.st_mode) or not status.st_mode & 0o111 or (called and status.st_size > MAX_CALLED):
        return []
    text = host.read_text(path)
    if not text.startswith("#!") and "\0" in text:
        return []
    lines = enumerate(text.split("\n"), 1)
    return [one for number, line in lines for one in of_line(host, by, line, (path, number), called)]


def of_line(host: Host, by: str, line: str, place: Tuple[str, int], called: bool = False) -> Iterator[Setting]:
    """Yield what one line of a shell sets, and the scripts that it names. ``place``: its file and number."""
    if line.lstrip(" \t").startswith("#"):
        return
    for found in _SYSCTL.finditer(line):
        yield from _of_sysctl(host, by, words_of(found.group(1)), place)
    for text, key in _WRITTEN.findall(line):
        yield Setting(by, _key("/" + key), _known(text), *place)
    for path in () if called else _CALLED.findall(line):
        yield from of_script(host, by, path, called=True)


def _of_sysctl(host: Host, by: str, words: List[str], place: Tuple[str, int]) -> Iterator[Setting]:
    """Yield what one call of sysctl sets, by its arguments or by the files that it reads."""
    plain = [word.strip("\"'") for word in words]
    for word in plain:
        key, equals, text = word.partition("=")
        if equals and key and not key.startswith("-"):
            yield Setting(by, _key(key), _known(text.strip("\"'")), *place)
    reads = [word for word in plain if word in ("--system", "-p", "--load") or word.startswith(("-p", "--load="))]
    if not reads:
        return
    named = [word for word in plain if word.startswith("/") and "=" not in word]
    named += [word[len(start) :] for word in reads for start in ("--load=", "-p") if word.startswith(start + "/")]
    for path in named or [SYSCTL_CONF]:
        if os.path.isabs(path) and not _VARIABLE.search(path) and host.exists(path):
            for one in parse(path, host.read_text(path)):
                if one.text is not None:
                    yield Setting(by, one.key, one.text, path, one.line)


def _key(text: str) -> str:
    """Return a key with slashes; what a variable stands for is any."""
    return normal_key(_VARIABLE.sub("*", text))


def _known(text: str) -> Optional[str]:
    return None if not text or _VARIABLE.search(text) or "`" in text else " ".join(words_of(text))
