# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `text_setting`: drop-ins of our own where they win, else the line in the program's own file."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.reload import reload_for
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import MARK, assign, comment_out, text_or
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import settings
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import (
    BLANKS,
    SYSTEMD_BLANKS,
    lowered,
    split_lines,
    words_of,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import text_setting
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippets
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_conf import (
    limit_of,
    name_and_value,
    quality_files,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.systemd_settings import ini_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import package

# Behind what others number; of drop-ins the last by name wins.
OWN_NAME = "zz-hipaa-cis.conf"
PLAIN_WORD = re.compile(r"[\w./:@%+,-]*\Z", re.ASCII)


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Give a setting a value; ``wanted``: text, a number, or true for a flag that has none."""
    form, file, name = required(address, "format"), required(address, "file"), required(address, "name")
    text = "" if wanted is True else str(wanted)
    if wanted is None or wanted is False or isinstance(wanted, (dict, list)) or "\n" in text:
        raise CannotFix("%r cannot be the value of %s" % (wanted, name))
    settings.check(plan, file, name, text, lambda needed: package.write(plan, {"name": needed}, True))
    FORMATS[form](plan, file, name, str(address.get("section", "")), text)
    seen = text_setting.read(plan.host, [address])[0]
    if seen.state == "error":
        raise CannotFix(seen.reason)
    if seen.state != "value" or seen.value not in (text, [text]):
        raise CannotFix("%s still says otherwise; change it there by hand" % seen.source)
    reload_for(plan, file)


def _systemd(plan: ChangePlan, file: str, name: str, section: str, text: str) -> None:
    """A drop-in of our own; other values below /etc become comments."""
    base = file.rsplit("/etc/", 1)[-1]
    own = "/etc/%s.d/%s" % (base, OWN_NAME)
    for path in ["/etc/" + base, *snippets(plan.host, ["/etc/%s.d" % base])]:
        old = text_or(plan.host, path)
        numbers = [] if path == own else _ini_numbers(old, section, name, text)
        if numbers:
            plan.write(path, comment_out(old, numbers))
    line = "%s=%s" % (name, text)
    plan.write(own, in_section(text_or(plan.host, own, MARK), section, name, line, keep=False))
    main = "/etc/" + base
    if plan.host.options.get("write_out") and plan.host.exists(main):
        old = plan.host.read_text(main)
        if not _ini_numbers(old, section, name):
            plan.write(main, in_section(old, section, name, line, keep=False))


def _ini_numbers(text: str, section: str, name: str, right: str = "\n") -> List[int]:
    """Return the numbers of all lines that give the key another value than ``right``."""
    found: List[int] = []
    for first, last, line, group in ini_lines(text):
        key, sign, seen = line.partition("=")
        if sign and group == section and key.strip(SYSTEMD_BLANKS) == name and seen.strip(SYSTEMD_BLANKS) != right:
            found.extend(range(first, last + 1))
    return found


def in_section(text: str, section: str, name: str, line: str, keep: bool) -> str:
    """Return a text in which ``line`` stands in a section in place of the key's other lines, else at the section's end."""
    numbers = _ini_numbers(text, section, name)
    if numbers:
        return assign(text, numbers, line, keep)
    rows = split_lines(text, ends=True)
    header = "[%s]" % section
    heads = [number for number, row in enumerate(rows, 1) if row.strip(SYSTEMD_BLANKS) == header]
    if not heads:
        return assign(assign(text, [], header), [], line)
    above, below = rows[: heads[-1]], rows[heads[-1] :]
    return assign("".join(above), [], line) + "".join(below)


def _gdm(plan: ChangePlan, file: str, name: str, section: str, text: str) -> None:
    old = plan.host.read_text(file)
    plan.write(file, in_section(old, section, name, "%s=%s" % (name, text), keep=True))


def _limits(plan: ChangePlan, file: str, name: str, _section: str, text: str) -> None:
    """A drop-in of our own behind the others (limits.conf(5)); other values become comments."""
    domain, kind, item = words_of(name)
    folder = file.rsplit("/", 1)[0] + "/limits.d"
    own = "%s/%s" % (folder, OWN_NAME)

    def value(row: str) -> str:
        seen = limit_of(row, kind, item)
        return seen[1] if seen and seen[0] == domain else ""

    for path in [file, *snippets(plan.host, [folder])]:
        old = text_or(plan.host, path)
        numbers = [number for number, row in enumerate(split_lines(old), 1) if value(row) not in ("", text)]
        if numbers and path != own:
            plan.write(path, comment_out(old, numbers))
    old = text_or(plan.host, own, MARK)
    numbers = [number for number, row in enumerate(split_lines(old), 1) if value(row)]
    plan.write(own, assign(old, numbers, "%s %s" % (name, text), keep=False))


def _pairs(text: str, name: str, ignore_case: bool = False) -> List[int]:
    """Return the numbers of the lines that set a key."""
    found: List[int] = []
    for number, row in enumerate(split_lines(text), 1):
        key = name_and_value(row)[0]
        if key == name or (ignore_case and lowered(key) == lowered(name)):
            found.append(number)
    return found


def _pwquality(plan: ChangePlan, file: str, name: str, _section: str, text: str) -> None:
    """The main file is read after the drop-ins and wins (pwquality.conf(5)); other values in drop-ins become comments."""
    for path in quality_files(plan.host, file)[:-1]:
        old = plan.host.read_text(path)
        rows = split_lines(old)
        numbers = [n for n in _pairs(old, name, ignore_case=True) if name_and_value(rows[n - 1])[1] != text]
        if numbers:
            plan.write(path, comment_out(old, numbers))
    old = text_or(plan.host, file, MARK)
    line = "%s = %s" % (name, text) if text else name
    plan.write(file, assign(old, _pairs(old, name, ignore_case=True), line))


def _plain(plan: ChangePlan, file: str, name: str, _section: str, text: str) -> None:
    old = text_or(plan.host, file, MARK)
    plan.write(file, assign(old, _pairs(old, name), "%s = %s" % (name, text) if text else name))


def _useradd(plan: ChangePlan, file: str, name: str, _section: str, text: str) -> None:
    old = text_or(plan.host, file, MARK)
    rows = enumerate(split_lines(old), 1)
    plan.write(
        file, assign(old, [number for number, row in rows if row.startswith(name + "=")], "%s=%s" % (name, text))
    )


def _auditd(plan: ChangePlan, file: str, name: str, _section: str, text: str) -> None:
    """A file that its program can't do without: where it is missing, nothing is known of what it should hold."""
    old = plan.host.read_text(file)
    plan.write(file, assign(old, _pairs(old, name, ignore_case=True), "%s = %s" % (name, text)))


def _postfix(plan: ChangePlan, file: str, name: str, _section: str, text: str) -> None:
    """In place of the last line, with those that continue it."""
    old = plan.host.read_text(file)
    found = text_setting.postfix_lines(old)
    numbers = [n for first, last, key, _value in found if key == name for n in range(first, last + 1)]
    plan.write(file, assign(old, numbers, "%s = %s" % (name, text)))


def _directive(plan: ChangePlan, file: str, name: str, _section: str, text: str) -> None:
    old = plan.host.read_text(file)
    rows = enumerate(split_lines(old), 1)
    numbers = [number for number, row in rows if words_of(row, 1)[:1] and lowered(words_of(row, 1)[0]) == lowered(name)]
    plan.write(file, assign(old, numbers, ("%s %s" % (name, text)).rstrip(BLANKS)))


def _shell(plan: ChangePlan, file: str, name: str, _section: str, text: str) -> None:
    """A plain assignment in place of the last; at the end of the file where a condition or a script's line sets it too."""
    if not PLAIN_WORD.match(text) and "'" in text:
        raise CannotFix("%r cannot stand in %s" % (text[:60], file))
    old = text_or(plan.host, file, MARK)
    rows = split_lines(old)
    plain = re.compile(
        r"[ \t]*(?:export[ \t]+)?%s=(?:\"[^\"]*\"|'[^']*'|[^\s;&|#()`]*)[ \t]*(?:#.*)?\Z" % re.escape(name), re.ASCII
    )
    found = list(text_setting.shell_assignments(rows, name))
    numbers = [number for number, _value, depth in found if not depth and plain.match(rows[number - 1])]
    line = "%s=%s" % (name, text if PLAIN_WORD.match(text) else "'%s'" % text)
    wins = numbers and numbers[-1] == found[-1][0]
    new = assign(old, numbers, line) if wins else assign(comment_out(old, numbers), [], line)
    plan.write(file, new, validate=[["sh", "-n", "{file}"]])


FORMATS: Dict[str, Callable[[ChangePlan, str, str, str, str], None]] = {
    "auditd": _auditd,
    "directive": _directive,
    "faillock": _plain,
    "gdm": _gdm,
    "limits": _limits,
    "postfix": _postfix,
    "pwquality": _pwquality,
    "shell": _shell,
    "systemd": _systemd,
    "useradd": _useradd,
}
