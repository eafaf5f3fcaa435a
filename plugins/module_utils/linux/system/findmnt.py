# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What findmnt(8) of util-linux complains of in a table of file systems (``findmnt --verify``)."""

from __future__ import annotations

import re
from typing import List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.fstab import FSTAB

_SUMMARY = re.compile(r"\s*(\d+ parse errors?,|Success\b)", re.ASCII)


def errors(result: CommandResult, path: str) -> List[str]:
    """Return the errors of a table, each with the mount that it is of; warnings are none of them."""
    found: List[str] = []
    mount = ""
    for line in split_lines(result.stdout):
        if line[:1] not in (" ", ""):
            mount = line.strip(BLANKS)
        elif "[E]" in line:
            found.append("%s: %s" % (mount, line.split("[E]", 1)[1].strip(BLANKS)))
    said = [
        line.strip(BLANKS) for line in split_lines(result.stderr) if line.strip(BLANKS) and not _SUMMARY.match(line)
    ]
    return found + [line.replace(path, FSTAB) for line in said]
