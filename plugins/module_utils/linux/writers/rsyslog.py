# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `rsyslog`: statements that become comments, and modes of the files that it makes."""

from __future__ import annotations

import re
from typing import Any, Callable, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.reload import checks, reload_for
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import comment_out, text_or
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, ReadError, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import rsyslog
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.rsyslog_config import MAIN, Statement, statements

MODE = re.compile(r"((?:\$FileCreateMode\s+|\bfileCreateMode\s*=\s*\")0?)([0-7]{3})", re.ASCII | re.IGNORECASE)
OMFILE = ("omfile", "builtin:omfile")


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Take receivers out (``wanted``: an empty list), or close the files that rsyslogd makes (an octal mode)."""
    query = required(address, "query")
    if query == "receivers" and wanted == []:
        _take_out(plan)
    elif query == "files" and re.match(r"0[0-7]{3}\Z", str(wanted), re.ASCII):
        _close(plan, int(str(wanted), 8))
    else:
        raise CannotFix("%r cannot be brought about for %s of rsyslog" % (wanted, query))


def _put(plan: ChangePlan, path: str, text: str) -> None:
    if not path.startswith("/etc/"):
        raise CannotFix("%s is not a file of this host's own configuration; change it by hand" % path)
    # An included file may be called anything.
    plan.write(path, text, check=checks(MAIN))
    reload_for(plan, MAIN)


def _take_out(plan: ChangePlan) -> None:
    """What stands on lines of its own becomes a comment: no other statement may come, go or change by that."""
    found = statements(plan.host)
    taken = [seen for seen in found if rsyslog.is_receiver(seen)]

    def take(path: str) -> None:
        mine = [seen for seen in taken if seen.file == path]
        numbers = [number for seen in mine for number in range(seen.first, seen.last + 1)]
        text = comment_out(text_or(plan.host, path), numbers)
        others = [seen for seen in statements(plan.host) if seen not in mine]
        try:
            alone = statements(plan.host, {path: text}) == others
        except ReadError:
            alone = False
        if not alone:
            raise CannotFix("%s belongs to more than its own line; change it by hand" % mine[0].place)
        _put(plan, path, text)

    plan.each(dict.fromkeys(seen.file for seen in taken), take)


def _lax(host: Host, found: Sequence[Statement], mode: int) -> List[Statement]:
    away = rsyslog.umask(host, found)
    return [seen for seen, made in rsyslog.file_modes(found) if made & ~away & ~mode]


def _close(plan: ChangePlan, mode: int) -> None:
    """Modes that are written down are replaced where they are laxer; where none is, one is set before everything else."""
    text = "%03o" % mode
    found = statements(plan.host)
    if not _lax(plan.host, found, mode):
        return
    holders = [seen for seen in found if seen.name == "filecreatemode" or "filecreatemode" in seen.parameters]
    for path in dict.fromkeys(seen.file for seen in holders):
        mine = [seen for seen in holders if seen.file == path]
        numbers = {number for seen in mine for number in range(seen.first, seen.last + 1)}
        rows = split_lines(plan.host.read_text(path), ends=True)
        new = [MODE.sub(_strict(mode, text), row) if at in numbers else row for at, row in enumerate(rows, 1)]
        if new != rows:
            _put(plan, path, "".join(new))
    left = _lax(plan.host, statements(plan.host), mode)
    first = ["$FileCreateMode 0%s\n" % text] if any(seen.kind == "action" for seen in left) else []
    if any(seen.kind == "object" for seen in left):
        for seen in found:
            if seen.name == "module" and seen.parameters.get("load") in OMFILE:
                raise CannotFix('%s has no fileCreateMode="0%s"; add it there' % (seen.place, text))
        first.append('module(load="builtin:omfile" fileCreateMode="0%s")\n' % text)
    if first:
        _put(plan, MAIN, "".join(first) + plan.host.read_text(MAIN))
    for seen in _lax(plan.host, statements(plan.host), mode):
        raise CannotFix("%s still makes files that are open wider; change it there by hand" % seen.place)


def _strict(mode: int, text: str) -> Callable[[re.Match[str]], str]:
    """Return what puts the mode in place of one that is laxer."""
    return lambda found: found.group() if not int(found.group(2), 8) & ~mode else found.group(1) + text
