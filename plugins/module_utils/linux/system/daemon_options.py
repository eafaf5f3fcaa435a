# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options on a daemon's command line that win over its files, or lead to others, and so spoil what is read of them."""

from __future__ import annotations

import re
from typing import Iterator, List, NamedTuple, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import assignments, fragments


class Daemon(NamedTuple):
    """``defaults``: files of its environment that scripts read too; ``unseen``: the letters that count, among ``with_argument``.

    ``unseen_words``: the same of options with two dashes, where the daemon has such.
    """

    name: str
    units: Tuple[str, ...]
    defaults: Tuple[str, ...]
    unseen: str
    with_argument: str
    advice: str
    unseen_words: Tuple[str, ...] = ()


# sshd(8): an option, another configuration file, the grace time; and all letters that take an argument.
SSHD = Daemon(
    "sshd",
    ("ssh.service", "sshd.service", "ssh@.service", "sshd@.service"),
    ("/etc/default/ssh",),
    "ofg",
    "CEbcfghkopu",
    "which sshd -T does not see; move it to /etc/ssh/sshd_config",
)
# rsyslogd(8): another configuration file.
RSYSLOGD = Daemon(
    "rsyslogd",
    ("rsyslog.service",),
    ("/etc/default/rsyslog", "/etc/sysconfig/rsyslog"),
    "f",
    "FMNSTfiou",
    "so that /etc/rsyslog.conf does not count; move that configuration there",
)

# syslog-ng(8): another configuration file, another root.
SYSLOG_NG = Daemon(
    "syslog-ng",
    ("syslog-ng.service", "syslog-ng@.service"),
    ("/etc/default/syslog-ng", "/etc/default/syslog-ng@default", "/etc/sysconfig/syslog-ng"),
    "fC",
    "CRcfgpu",
    "so that /etc/syslog-ng/syslog-ng.conf does not count; move that configuration there",
    ("cfgfile", "chroot"),
)

# chronyd(8): another configuration file.
CHRONYD = Daemon(
    "chronyd",
    ("chrony.service", "chronyd.service"),
    ("/etc/default/chrony", "/etc/sysconfig/chronyd"),
    "f",
    "fFlLPtu",
    "so that its usual file does not count; move that configuration there",
)

# auditd(8): another folder of configuration.
AUDITD = Daemon(
    "auditd",
    ("auditd.service",),
    (),
    "c",
    "cs",
    "so that /etc/audit/auditd.conf does not count; move that configuration there",
)


# By these options of Red Hat 8's unit the cryptographic policy gives sshd its algorithms.
POLICY = "CRYPTO_POLICY"
_POLICY_OPTION = re.compile(
    r"-o(?:Ciphers|MACs|KexAlgorithms|GSSAPIKexAlgorithms|HostKeyAlgorithms|PubkeyAccepted(?:KeyTypes|Algorithms)|CASignatureAlgorithms)=[\w@.,+-]+\Z",
    re.ASCII,
)


def policy_arguments(host: Host) -> List[str]:
    """Return the arguments that a unit gives sshd by ``$CRYPTO_POLICY``, of the last file that sets it. Raises `ReadError` for others."""
    settings = [
        setting
        for place in fragments(host, "sshd.service")
        for setting in assignments(snippet_text(host, place), "Service")
    ]
    if not any(name == "ExecStart" and "$" + POLICY in text for name, text in settings):
        return []
    found = ""
    for path in (text.lstrip("-") for name, text in settings if name == "EnvironmentFile"):
        for line in split_lines(_optional(host, path)):
            name, sign, text = line.strip(BLANKS).partition("=")
            found = text.strip(BLANKS + "\"'") if sign and name == POLICY else found
    words = re.split(r"\s+", found, flags=re.ASCII) if found else []
    odd = next((word for word in words if not _POLICY_OPTION.match(word)), None)
    if odd is not None:
        raise ReadError(
            "%s gives sshd %s, which is none of the cryptographic policy; move it to /etc/ssh/sshd_config"
            % (POLICY, odd[:100])
        )
    return words


def _optional(host: Host, path: str) -> str:
    try:
        return host.read_text(path)
    except NotFound:
        return ""


def refuse(host: Host, daemon: Daemon) -> None:
    """Raise `ReadError` where a unit, its snippets or its environment starts a daemon with what its files do not say.

    A line that a later snippet takes back is refused too: better an error than a verdict on another configuration.
    """
    environments = list(daemon.defaults)
    for unit in daemon.units:
        for place in fragments(host, unit):
            for name, text in assignments(snippet_text(host, place), "Service"):
                if name in ("ExecStart", "Environment"):
                    _refuse(daemon, place, text)
                elif name == "EnvironmentFile":
                    environments += host.glob(text.lstrip("-"))
    for path in dict.fromkeys(environments):
        try:
            lines = split_lines(host.read_text(path))
        except NotFound:
            continue
        for number, line in enumerate(lines, 1):
            # What that variable brings is asked for by `policy_arguments`.
            if not line.lstrip(BLANKS).startswith(("#", ";", POLICY + "=")):
                _refuse(daemon, "%s:%d" % (path, number), line)


def _refuse(daemon: Daemon, place: str, text: str) -> None:
    found = unseen(daemon, text)
    if found:
        raise ReadError("%s starts %s with %s, %s" % (place, daemon.name, " ".join(found)[:100], daemon.advice))


def unseen(daemon: Daemon, text: str) -> List[str]:
    """Return the options of a command line that win over the daemon's files, or lead to others."""
    words: List[str] = [
        re.sub(r"^\w+=", "", word, flags=re.ASCII) for word in re.split(r"[\s\"'\\]+|(?<==)(?=-)", text, flags=re.ASCII)
    ]
    return [word for word in words if _is_unseen(daemon, word)]


def _is_unseen(daemon: Daemon, word: str) -> bool:
    """Return whether one of the letters behind a dash counts; what follows a letter with an argument is that."""
    if not word.startswith("-"):
        return False
    if word.startswith("--") and daemon.unseen_words:
        return word[2:].partition("=")[0] in daemon.unseen_words
    for letter in word[1:]:
        if letter in daemon.unseen:
            return True
        if letter in daemon.with_argument:
            return False
    return False


def command_lines(host: Host, daemon: Daemon) -> Iterator[Tuple[str, str]]:
    """Yield (place, text): the command line that each unit ends up with, then what each variable in it may be."""
    for unit in daemon.units:
        starts: List[Tuple[str, str]] = []
        given: List[Tuple[str, str]] = []
        for place in fragments(host, unit):
            for name, text in assignments(snippet_text(host, place), "Service"):
                if name == "ExecStart":
                    starts = [*starts, (place, text)] if text else []
                elif name == "Environment":
                    given += [(place, word) for word in _quoted(text)]
                elif name == "EnvironmentFile":
                    files = host.glob(text.lstrip("-"))
                    given += [
                        (path, line.strip(BLANKS)) for path in files for line in split_lines(_optional(host, path))
                    ]
        used = set(re.findall(r"\$\{?(\w+)", " ".join(text for _place, text in starts), re.ASCII))
        yield from starts
        for place, line in given:
            name, sign, text = line.partition("=")
            if sign and name.strip(BLANKS) in used:
                yield place, "$" + name + " " + text


def _quoted(text: str) -> List[str]:
    """Return the assignments of a line of `Environment=`, without the quotes around each."""
    return [one.strip("\"'") for one in re.findall(r"\"[^\"]*\"|'[^']*'|[^\s\"']+", text, re.ASCII)]


def options_of(daemon: Daemon, text: str) -> Tuple[List[Tuple[str, str]], List[str]]:
    """Return the options with an argument, as (letter, argument), and the other words, of a command line; its program stands first there."""
    found: List[Tuple[str, str]] = []
    words = [word for word in re.split(r"[\s\"'\\]+", text, flags=re.ASCII) if word]
    # A dash before the program is no option: systemd takes its failure for none.
    plain, words = words[:1] or [""], words[1:]
    while words:
        word = words.pop(0)
        if not word.startswith("-"):
            plain.append(word)
            continue
        at = next((at for at, letter in enumerate(word) if at and letter in daemon.with_argument), None)
        if at is not None:
            found.append((word[at], word[at + 1 :] or (words.pop(0) if words else "")))
    return found, plain


def unit_umask(host: Host, daemon: Daemon) -> int:
    """Return the umask with which its unit starts a daemon, 0 where that says none."""
    found = 0
    for unit in daemon.units:
        for place in fragments(host, unit):
            for name, text in assignments(snippet_text(host, place), "Service"):
                if name == "UMask" and re.match(r"[0-7]{1,4}\Z", text, re.ASCII):
                    found = int(text, 8)
    return found
