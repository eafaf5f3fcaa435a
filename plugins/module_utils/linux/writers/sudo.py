# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `sudo`: a drop-in of our own that comes last, and what is looser elsewhere taken out."""

from __future__ import annotations

import re
from typing import Any, Callable, Collection, Dict, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import DISABLED, MARK, text_or, with_line
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import logins, sudo_password
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SPACES_AND_TABS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import sudo
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import sudo_program

# The last setting wins and files come in lexical order; a name with a dot would be skipped (sudoers(5)).
OWN_FILE = "/etc/sudoers.d/zz-hipaa-cis"
FOLDER = re.compile(r'[#@]includedir\s+"?/etc/sudoers\.d/?"?\s*\Z', re.ASCII)
NOPASSWD = re.compile(r"\bNOPASSWD\s*:\s*", re.ASCII)
NUMBER = re.compile(r"-?\d+(\.\d+)?\Z", re.ASCII)
# Returns the line as it is to be: itself where nothing is wrong with it, empty where nothing of it is left.
Edit = Callable[[str], str]
# A file and the number of a line.
Place = Tuple[str, int]


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Set a default for everyone, or take out what does without the password."""
    query = required(address, "query")
    if query == "default":
        _write_default(plan, required(address, "name"), wanted)
    elif wanted != []:
        raise CannotFix("only an empty list can be brought about for %s" % query)
    elif query == "nopasswd":
        _require_password(plan, address, lambda text: NOPASSWD.sub("", text) if sudo.has_nopasswd(text) else text)
    else:
        _require_password(plan, address, _without_lifting)


def _without_lifting(text: str) -> str:
    text = _without(text, "authenticate", lambda seen: seen is False)
    return _without(text, "exempt_group", lambda seen: isinstance(seen, str))


def _write_default(plan: ChangePlan, name: str, wanted: Any) -> None:
    if name in ("logfile", "log_allowed"):
        _need_other_than_rs(plan.host)
    _rewrite(plan, lambda text: _without(text, name, lambda seen: not _holds(seen, wanted)))
    if not _holds(_in_force(plan.host, name), wanted):
        _add(plan, name, wanted)
    seen = sudo.read(plan.host, [{"query": "default", "name": name}])[0]
    if seen.state != "value" or not _holds(seen.value, wanted):
        raise CannotFix("%s still says otherwise; change it there by hand with visudo" % seen.source)


def _need_other_than_rs(host: Host) -> None:
    if sudo_program.is_rs(host):
        raise CannotFix(
            "sudo is sudo-rs here, which keeps no log file of its own and passes over a line that asks for one; have the other sudo "
            "decide (Ubuntu: update-alternatives --set sudo /usr/bin/sudo.ws), or make an exception: what it writes goes to syslog"
        )
    if sudo_program.rs_beside(host):
        raise CannotFix("%s (sudo-rs) may be called too and keeps no log file; remove it" % sudo_program.BESIDE)


def _in_force(host: Host, name: str) -> Any:
    seen = sudo.read(host, [{"query": "default", "name": name}])[0]
    return seen.value if seen.state == "value" and not seen.default else None


def _holds(seen: Any, wanted: Any) -> bool:
    """Return whether a value is the wanted one or as strict: fewer minutes, another file."""
    if isinstance(wanted, bool):
        return seen is wanted
    if isinstance(wanted, int):
        return isinstance(seen, str) and NUMBER.match(seen) is not None and 0 <= float(seen) <= wanted
    if str(wanted).startswith("/"):
        return isinstance(seen, str) and seen.startswith("/")
    return bool(seen == wanted)


def _add(plan: ChangePlan, name: str, wanted: Any) -> None:
    if isinstance(wanted, bool):
        setting = name if wanted else "!" + name
    elif isinstance(wanted, int):
        setting = "%s=%d" % (name, wanted)
    elif re.match(r"[^\s\"\\#]+\Z", str(wanted), re.ASCII):
        setting = '%s="%s"' % (name, wanted)
    else:
        raise CannotFix("%r cannot stand in sudoers" % str(wanted)[:60])
    main = sudo.main(plan.host)
    included = any(FOLDER.match(text) for _first, _last, text in sudo.joined(plan.host.read_text(main)))
    path = OWN_FILE if included else main
    text = with_line(text_or(plan.host, path, MARK), "Defaults " + setting, lambda line: _sets_only(line, name))
    _write(plan, path, text, new=path == OWN_FILE)


def _sets_only(line: str, name: str) -> bool:
    found = sudo.DEFAULTS.match(line)
    if found is None or found.group("scope"):
        return False
    return [sudo.setting_of(piece)[0] for piece in sudo.SETTING.findall(found.group("settings"))] == [name]


def _write(plan: ChangePlan, path: str, text: str, new: bool = False) -> None:
    plan.write(
        path, text, mode=0o440 if new else None, validate=[["visudo", "-cf", "{file}"]], check=[["visudo", "-c"]]
    )


def _without(text: str, name: str, wrong: Callable[[Any], bool]) -> str:
    """Return a line of defaults without the settings of this name that are wrong."""
    found = sudo.DEFAULTS.match(text)
    if found is None:
        return text
    pieces = [
        piece.strip(SPACES_AND_TABS)
        for piece in sudo.SETTING.findall(found.group("settings"))
        if piece.strip(SPACES_AND_TABS)
    ]
    kept = [piece for piece in pieces if sudo.setting_of(piece)[0] != name or not wrong(sudo.setting_of(piece)[1])]
    if len(kept) == len(pieces):
        return text
    return "Defaults%s %s" % (found.group("scope") or "", ", ".join(kept)) if kept else ""


def _rewrite(plan: ChangePlan, edit: Edit, but: Collection[Place] = ()) -> None:
    """Edit every line of all files below /etc that sudo reads, ``but`` those at some places."""
    for path in sorted({file for file, _line, _text in sudo.lines(plan.host)}):
        old = plan.host.read_text(path)
        new = _edited(old, edit, {line for file, line in but if file == path})
        if new != old and path.startswith("/etc/"):
            _write(plan, path, new)


def _edited(text: str, edit: Edit, but: Collection[int]) -> str:
    rows = split_lines(text, ends=True)
    for first, last, whole in reversed(list(sudo.joined(text))):
        plain = sudo.without_comment(whole)
        changed = (
            edit(plain) if plain and first not in but and not plain.startswith(("@include", "#include")) else plain
        )
        if changed != plain:
            # Scanners search comments too, so what was there is kept in a form that sets nothing.
            note = DISABLED + plain.replace("=", " ").replace("\\", "/") + "\n"
            rows[first - 1 : last] = [note, changed + "\n"] if changed else [note]
    return "".join(rows)


def _require_password(plan: ChangePlan, address: Address, edit: Edit) -> None:
    """Take out what lifts the password, where everybody whom it is for can give one; other lines are left."""
    kept: Dict[Place, str] = {}

    def judge(place: str) -> None:
        file, number, text = found[place]
        try:
            sudo_password.refuse_unanswerable(plan.host, _who(text), place)
        except CannotFix as problem:
            kept[file, number] = str(problem)
            raise

    found = {
        "%s:%d" % (file, number): (file, number, text)
        for file, number, text in sudo.lines(plan.host)
        if edit(text) != text
    }
    plan.each(found, judge)
    _rewrite(plan, edit, kept)
    left = sudo.read(plan.host, [address])[0]
    if left.state != "value" or len(left.value) > len(kept):
        places = ["%s:%d" % (item["file"], item["line"]) for item in left.value or []]
        raise CannotFix("%s still lifts the password; change it there by hand with visudo" % ", ".join(places))


def _who(text: str) -> Tuple[str, ...]:
    """Return the words of sudoers that say for whom a line is."""
    rule = logins.rule_of(text)
    if rule is not None:
        return rule.who or ("ALL",)
    return sudo.freed(text) or ("ALL",)
