# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `file_lines`: what is to be done with the lines is said by the rule, in one of a few forms."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Mapping, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.reload import (
    UFW,
    checks,
    reload_for,
    validators,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import (
    ORDER_FIRST,
    ORDER_LAST,
    PHASE_COMMANDS,
    PHASE_FILES,
    CannotFix,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import (
    DISABLED,
    MARK,
    assign,
    comment_out,
    text_or,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.firewall import UFW_CONF, ufw_is_on
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import file_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_grammar import is_shell
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import pam

Wanted = Mapping[str, Any]
# A line with one of these may open or close something that other lines belong to.
BLOCK = re.compile(
    r"\b(if|then|else|elif|fi|for|while|until|do|done|case|esac|select|function)\b|[{}()]|;;|<<|\\\s*\Z", re.ASCII
)


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Bring the lines about in the form that ``wanted`` names; see docs/kinds.md, "What is written"."""
    form = next((name for name in FORMS if isinstance(wanted, Mapping) and name in wanted), None)
    if form is None:
        raise CannotFix("%r does not say what is to be done with the lines" % (wanted,))
    FORMS[form](plan, address, wanted)


def _paths(plan: ChangePlan, address: Address) -> List[str]:
    paths = plan.host.glob(required(address, "glob")) if "glob" in address else [required(address, "path")]
    return [path for path in paths if plan.host.exists(path)]


def _numbers(plan: ChangePlan, address: Address, path: str) -> List[int]:
    only = {**{key: part for key, part in address.items() if key != "glob"}, "path": path}
    seen = file_lines.read(plan.host, [only])[0]
    if seen.state == "error":
        raise CannotFix(seen.reason)
    return [item["line"] for item in seen.value or []]


def _put(plan: ChangePlan, path: str, text: str) -> None:
    if not path.startswith(("/etc/", "/root/.")):
        raise CannotFix("%s is not a file of this host's own configuration; change it by hand" % path)
    plan.write(path, text, validate=validators(plan, path), check=checks(path))
    reload_for(plan, path)


def _need_none(plan: ChangePlan, address: Address, paths: Sequence[str]) -> None:
    for path in paths:
        for number in _numbers(plan, address, path):
            raise CannotFix("%s:%d still says otherwise; change it there by hand" % (path, number))


def _text(plan: ChangePlan, address: Address, wanted: Wanted) -> None:
    """``{text}``: it is all that the file holds."""
    _put(plan, required(address, "path"), str(wanted["text"]).rstrip("\n") + "\n")


def _lines(plan: ChangePlan, address: Address, wanted: Wanted) -> None:
    """``{lines, file?, at?, after?, instead?}``: the lines stand in the file, at its end if nothing else is said.

    ``file``: in place of the address's own path. ``at: start``: before all others. ``after``: behind the last line
    that matches this expression. ``instead``: in place of the lines that the address finds.
    """
    path = str(wanted.get("file") or required(address, "path"))
    for line in wanted["lines"]:
        text = text_or(plan.host, path, MARK)
        rows = split_lines(text, ends=True)
        if any(row.strip(BLANKS) == line for row in rows):
            continue
        if wanted.get("instead"):
            text = assign(text, _numbers(plan, address, path), line)
        elif wanted.get("at") == "start":
            text = line + "\n" + text
        elif "after" in wanted:
            found = [number for number, row in enumerate(rows, 1) if re.search(wanted["after"], row)]
            if not found:
                raise CannotFix("%s holds no line behind which %r could stand; add it by hand" % (path, line))
            text = assign("".join(rows[: found[-1]]), [], line) + "".join(rows[found[-1] :])
        else:
            text = assign(text, [], line)
        _put(plan, path, text)
    if not any(_numbers(plan, address, one) for one in _paths(plan, address)):
        raise CannotFix("%s would not hold what is looked for even with %s" % (path, ", ".join(wanted["lines"])))


def _words(plan: ChangePlan, address: Address, wanted: Wanted) -> None:
    """``{words, line, file?}``: one line for each word of a text, in which ``{word}`` stands for it."""
    words = words_of(str(wanted["words"]))
    if not words or not all(re.match(r"[\w.:-]+\Z", word, re.ASCII) for word in words):
        raise CannotFix("%r does not name what is to be written" % wanted["words"])
    _lines(plan, address, {**wanted, "lines": [str(wanted["line"]).replace("{word}", word) for word in words]})


def _remove(plan: ChangePlan, address: Address, _wanted: Wanted) -> None:
    """``{remove: paragraphs}``: paragraphs that hold a line that matches are taken out."""

    def take_out(path: str) -> None:
        chosen = set(_numbers(plan, address, path))
        kept: List[str] = []
        part: List[str] = []
        hit = False
        for number, row in enumerate([*split_lines(plan.host.read_text(path), ends=True), "\n"], 1):
            hit = hit or number in chosen
            part.append(row)
            if not row.strip(BLANKS):
                kept, part, hit = kept if hit else kept + part, [], False
        if chosen:
            _put(plan, path, "".join(kept).strip("\n") + "\n" if "".join(kept).strip(BLANKS) else "")

    _need_none(plan, address, plan.each(_paths(plan, address), take_out))


def _disable(plan: ChangePlan, address: Address, _wanted: Wanted) -> None:
    """``{disable: true}``: the lines become comments; in a script they become a command that does nothing."""

    def disable(path: str) -> None:
        numbers = _numbers(plan, address, path)
        if not numbers:
            return
        rows = split_lines(plan.host.read_text(path), ends=True)
        for number in numbers:
            row = rows[number - 1]
            before = rows[number - 2].rstrip(BLANKS) if number > 1 else ""
            entangled = BLOCK.search(row) if is_shell(path) else row.count("(") != row.count(")")
            if entangled or before.endswith("\\") or row.rstrip(BLANKS).endswith("\\"):
                raise CannotFix("%s:%d belongs to more than its own line; change it by hand" % (path, number))
            # A condition that holds nothing else would be an error of syntax.
            rows[number - 1] = ": " + DISABLED + row.lstrip(BLANKS) if is_shell(path) else row
        _put(plan, path, "".join(rows) if is_shell(path) else comment_out("".join(rows), numbers))

    _need_none(plan, address, plan.each(_paths(plan, address), disable))


def _replace(plan: ChangePlan, address: Address, wanted: Wanted) -> None:
    """``{replace, with}``: in the lines, what the expression finds becomes the other text."""

    def replace(path: str) -> None:
        rows = split_lines(plan.host.read_text(path), ends=True)
        numbers = _numbers(plan, address, path)
        for number in numbers:
            rows[number - 1] = re.sub(wanted["replace"], wanted["with"], rows[number - 1])
        if numbers:
            _put(plan, path, "".join(rows))

    _need_none(plan, address, plan.each(_paths(plan, address), replace))


def _ufw(plan: ChangePlan, _address: Address, wanted: Wanted) -> None:
    """``{ufw}``: a rule in ufw's own words; ufw writes its files and, where it filters, changes the filter."""
    if not plan.host.exists("/usr/sbin/ufw"):
        raise CannotFix("ufw is not installed")
    rule = str(wanted["ufw"])
    # ufw fails where its files say that it filters and it does not yet: so before it is switched on, or after it started.
    is_on = ufw_is_on(plan.host) and UFW_CONF not in plan.host.planned
    phase, order = (PHASE_COMMANDS, ORDER_LAST) if is_on else (PHASE_FILES, ORDER_FIRST)
    # Not by `ufw reload`, which writes the files anew with what the other files say by then.
    after_undo = [["sh", "-c", UFW]]
    argv = ["ufw", *words_of(rule)]
    plan.command("ufw " + rule, argv, watch=["/etc/ufw"], after_undo=after_undo, phase=phase, order=order)


FORMS: Dict[str, Callable[[ChangePlan, Address, Wanted], None]] = {
    "pam": pam.write,
    "text": _text,
    "words": _words,
    "lines": _lines,
    "remove": _remove,
    "disable": _disable,
    "replace": _replace,
    "ufw": _ufw,
}
