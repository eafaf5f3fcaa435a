# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of systemd's programs (journald.conf and its like), read as systemd.syntax(7) and the programs themselves do.

Seen on systemd 252 and 257: a value that a key does not take, mostly an empty one too, is ignored, and one before it stays in force.
The files of journald, systemd-journal-upload and systemd-journal-remote were held against what these programs then do.
"""

from __future__ import annotations

import re
from typing import Iterator, List, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import (
    SYSTEMD_BLANKS,
    lowered,
    split_lines,
    words_of,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import (
    need_newlines,
    snippet_text,
    snippets,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.kernel_arguments import last_value, split_line
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import assignments, fragments

JOURNALD = "systemd/journald.conf"
# The folder of a journal beside the main one, from its first record until the next boot.
USED = "/run/systemd/journal."
ROOTS = ("/etc/", "/run/", "/usr/local/lib/", "/usr/lib/")
# Before, the main file is only looked for in /etc.
MAIN_ANYWHERE = 253
_ON, _OFF = ("1", "yes", "y", "true", "t", "on"), ("0", "no", "n", "false", "f", "off")
_SWITCH = "(?i:%s)" % "|".join(_ON + _OFF)
# A way up or a name that is too long is no path, and empty takes back what was before.
_PATH = r"|(?!.*/\.\.(?:/|\Z))(?!.*[^/]{256})/.*"
_SIZE = r"(?:[ \t]*\d+(?:\.\d*)?[ \t]*[EPTGMKB]?)+"
# What a key takes; the words of enumerations only in small letters.
_TAKEN = {
    name: re.compile(r"(?:%s)\Z" % text, re.ASCII)
    for names, text in (
        (("Storage",), "auto|volatile|persistent|none|external|journal"),
        (("ForwardToSyslog", "ForwardToKMsg", "ForwardToConsole", "ForwardToWall", "Seal", "ReadKMsg"), _SWITCH),
        # Empty is the default: it compresses.
        (("Compress",), "|%s|%s" % (_SWITCH, _SIZE)),
        # Quotes are no part of the syntax: what stands in them is ignored.
        (("URL",), r"[^\"'\\\x00-\x1f\x7f]*"),
        # To the sender a dash is a file that is not wanted, to the receiver's own key and certificate nothing.
        (("ServerKeyFile", "ServerCertificateFile", "TrustedCertificateFile"), "-|" + _PATH),
        (("Remote.ServerKeyFile", "Remote.ServerCertificateFile"), _PATH),
        (("SplitMode",), "none|host"),
        (("SystemMaxUse", "SystemKeepFree", "RuntimeMaxUse", "RuntimeKeepFree", "ProcessSizeMax"), _SIZE),
    )
    for name in names
}
_JOURNALD_ARGUMENTS = {
    "ForwardToSyslog": "systemd.journald.forward_to_syslog",
    "ForwardToKMsg": "systemd.journald.forward_to_kmsg",
    "ForwardToConsole": "systemd.journald.forward_to_console",
    "ForwardToWall": "systemd.journald.forward_to_wall",
}
_NO_UTF_8 = re.compile(r"\\x[89a-f][0-9a-f]", re.ASCII)
# Programs that end where an option says anew what stands in their file, and the options that say other things.
_STARTED = {
    "systemd/journal-upload.conf": (
        "systemd-journal-upload",
        "-m|--(?:merge|system|user|machine|namespace|directory|file|cursor|after-cursor|follow|save-state)",
    ),
    "systemd/journal-remote.conf": (
        "systemd-journal-remote",
        "--(?:url|getter|listen-raw|listen-http|listen-https|output|compress)",
    ),
}
Found = Optional[Tuple[str, str]]


def in_force(host: Host, file: str, section: str, name: str) -> Found:
    """Return (value, place) of a setting now; what the next boot changes, for /run does not last, is a part of the text."""
    base = file.rsplit("/etc/", 1)[-1]
    _refuse_options(host, base)
    found = _on_command_line(host, base, name) or _in_files(host, base, section, name)
    if base != JOURNALD:
        return found
    for namespace in _namespaces(host):
        other = _of_namespace(host, namespace, section, name)
        if other and _plain(other[0]) != _plain(found[0] if found else None):
            said = found[0] if found else "not set"
            return "%s (in the journal of the namespace %s: %s)" % (said, printable(namespace), other[0]), other[1]
    return found


def _plain(text: Optional[str]) -> Optional[str]:
    word = lowered(text or "")
    return "yes" if word in _ON else "no" if word in _OFF else text


def _namespaces(host: Host) -> List[str]:
    """Return the journals beside the main one (LogNamespace=) that have files of their own, or were there since the last boot."""
    patterns = [root + "systemd/journald@?*.conf" + more for root in ROOTS for more in ("", ".d")]
    files = (path.rsplit("/journald@", 1)[-1] for pattern in patterns for path in host.glob(pattern))
    named = [re.sub(r"\.conf(?:\.d)?\Z", "", name, flags=re.ASCII) for name in files]
    return sorted({*named, *(path[len(USED) :] for path in host.glob(USED + "?*"))})


def _of_namespace(host: Host, namespace: str, section: str, name: str) -> Found:
    """Return what a journal does that takes nothing from the main one's files; None where that is as good as any.

    Seen on systemd 252 and 257: unless told otherwise it is kept on disk, and what it forwards goes to a socket of its
    own, at which rsyslog does not listen.
    """
    found = _in_files(host, "systemd/journald@%s.conf" % namespace, section, name)
    if name == "ForwardToSyslog" and host.exists(USED + namespace) and not host.exists(USED + namespace + "/syslog"):
        return "no", "%s%s (units with LogNamespace=%s)" % (USED, printable(namespace), printable(namespace))
    # The folder below /var/log that this asks for is made by its unit.
    return None if name == "Storage" and found and found[0] == "auto" else found


def _in_files(host: Host, base: str, section: str, name: str) -> Found:
    paths = _paths(host, base, ROOTS)
    now = _last(host, paths, section, name)
    if not any(path.startswith("/run/") for path in paths):
        return now
    later = _last(host, _paths(host, base, [root for root in ROOTS if root != "/run/"]), section, name)
    if (now and now[0]) == (later and later[0]):
        return later
    text = "%s (until the next boot, then %s)" % (now[0] if now else "not set", later[0] if later else "not set")
    return text, (now or later or ("", "/etc/" + base))[1]


def _refuse_options(host: Host, base: str) -> None:
    """Raise `ReadError` where the unit of a program, or a snippet of it, starts it with what its file may not say.

    Only options written out are known to be harmless: quotes, escapes and variables may hold any.
    """
    program, harmless = _STARTED.get(base, ("", ""))
    for place in fragments(host, program + ".service") if program else ():
        for name, text in assignments(snippet_text(host, place), "Service"):
            # An empty one only takes back those before it.
            first, *words = (words_of(text) if name == "ExecStart" else []) or [program]
            known = first.rsplit("/", 1)[-1] == program
            odd = [word for word in words if not re.match(r"(?:%s)(?:=[^\"'\\]*)?\Z" % harmless, word, re.ASCII)]
            if odd or not known:
                raise ReadError(
                    "%s starts %s, which may say what /etc/%s does not; say it there, and let ExecStart give none of it"
                    % (printable(place), printable((odd or [first])[0][:100]), base)
                )


def _on_command_line(host: Host, base: str, name: str) -> Found:
    """Return what the command line gives journald, behind all its files: the kernel's, in a container that of init."""
    argument = _JOURNALD_ARGUMENTS.get(name, "") if base == JOURNALD else ""
    if not argument:
        return None
    place = "/proc/cmdline"
    if host.exists("/run/systemd/container"):
        place = "/proc/1/cmdline"
    text = host.read_text(place).replace("\0", " ") if host.exists(place) else ""
    if argument not in text.replace("-", "_"):
        return None
    found = last_value(split_line(text), argument)
    # Bare, it switches on.
    plain = found or "yes"
    return (plain, place + ":1") if found is not None and _TAKEN[name].match(plain) else None


def _paths(host: Host, base: str, roots: Sequence[str]) -> List[str]:
    mains = [root + base for root in roots if host.exists(root + base)][:1]
    if mains and not mains[0].startswith("/etc/") and version(host) < MAIN_ANYWHERE:
        mains = []
    return mains + snippets(host, [root + base + ".d" for root in roots])


def version(host: Host) -> int:
    found = re.match(r"systemd (\d+)", host.run(("systemctl", "--version")).stdout, re.ASCII)
    if found is None:
        raise ReadError("systemctl --version does not say which systemd this is")
    return int(found.group(1))


def _last(host: Host, paths: List[str], section: str, name: str) -> Found:
    found: Found = None
    taken = _TAKEN.get("%s.%s" % (section, name)) or _TAKEN.get(name)
    for path in paths:
        text = snippet_text(host, path)
        need_newlines(path, text)
        for number, _last_number, line, group in ini_lines(text):
            if line.startswith("["):
                raise ReadError(
                    "%s:%d is no header of a section to systemd, which stops reading there; mend it"
                    % (printable(path), number)
                )
            # What is no UTF-8 is read as such an escape; written out it means nothing here.
            if _NO_UTF_8.search(line):
                raise ReadError(
                    "%s:%d is not UTF-8, and systemd stops reading there; mend it" % (printable(path), number)
                )
            key, sign, seen = line.partition("=")
            if sign and group == section and key.strip(SYSTEMD_BLANKS) == name:
                plain = seen.strip(SYSTEMD_BLANKS)
                if taken is None or taken.match(plain):
                    found = (plain, "%s:%d" % (path, number)) if plain else None
    return found


def ini_lines(text: str) -> Iterator[Tuple[int, int, str, str]]:
    """Yield (first line number, last, line, section), comments gone and lines that end in a backslash joined."""
    section, pending, start = "", "", 0
    for number, raw in enumerate(split_lines(text[1:] if text.startswith("\ufeff") else text), 1):
        line = raw.strip(SYSTEMD_BLANKS)
        if line.startswith(("#", ";")):
            continue
        start = start or number
        # Two of them are one that is meant.
        if (len(line) - len(line.rstrip("\\"))) % 2:
            pending += line[:-1] + " "
            continue
        line, pending = pending + line, ""
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif line:
            yield start, number, line, section
        start = 0
