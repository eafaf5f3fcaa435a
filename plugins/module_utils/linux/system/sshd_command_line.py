# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options on sshd's command line, which `sshd -T` does not see: they win over every file."""

from __future__ import annotations

import re
from typing import List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import assignments, fragments

# Debian's script of sysvinit reads it too.
DEFAULTS = "/etc/default/ssh"
UNITS = ("ssh.service", "sshd.service", "ssh@.service", "sshd@.service")
# sshd(8): an option, another configuration file, the grace time; and all letters that take an argument.
UNSEEN = "ofg"
TAKES_ARGUMENT = "CEbcfghkopu"


def refuse_options(host: Host) -> None:
    """Raise `ReadError` where a unit, its snippets or its environment starts sshd with what `sshd -T` does not see.

    A line that a later snippet takes back is refused too: better an error than a verdict on another configuration.
    """
    environments = [DEFAULTS]
    for unit in UNITS:
        for place in fragments(host, unit):
            for name, text in assignments(snippet_text(host, place), "Service"):
                if name in ("ExecStart", "Environment"):
                    _refuse(place, text)
                elif name == "EnvironmentFile":
                    environments += host.glob(text.lstrip("-"))
    for path in dict.fromkeys(environments):
        try:
            lines = split_lines(host.read_text(path))
        except NotFound:
            continue
        for number, line in enumerate(lines, 1):
            if not line.lstrip(BLANKS).startswith(("#", ";")):
                _refuse("%s:%d" % (path, number), line)


def _refuse(place: str, text: str) -> None:
    words: List[str] = [
        re.sub(r"^\w+=", "", word, flags=re.ASCII) for word in re.split(r"[\s\"'\\]+|(?<==)(?=-)", text, flags=re.ASCII)
    ]
    unseen = [word for word in words if _is_unseen(word)]
    if unseen:
        raise ReadError(
            "%s starts sshd with %s, which sshd -T does not see; move it to /etc/ssh/sshd_config"
            % (place, " ".join(unseen)[:100])
        )


def _is_unseen(word: str) -> bool:
    """Return whether one of the letters behind a dash counts; what follows a letter with an argument is that."""
    if not word.startswith("-"):
        return False
    for letter in word[1:]:
        if letter in UNSEEN:
            return True
        if letter in TAKES_ARGUMENT:
            return False
    return False
