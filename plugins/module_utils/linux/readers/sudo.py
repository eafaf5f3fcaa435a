# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `sudo`: defaults and tags of sudoers(5), as far as they bear on who proves what."""

from __future__ import annotations

import math
import os
import re
import stat
from typing import Any, Dict, Iterator, List, Optional, Pattern, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import (
    BLANKS,
    SPACES_AND_TABS,
    lowered,
    split_lines,
    words_of,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    VALUE,
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import sudo_program
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shown_sources import sudoers

MAIN = "/etc/sudoers"
CONF = "/etc/sudo.conf"
# Which service of PAM sudo asks: in general, for `-i` and for `-A`.
PAM_SERVICES = ("pam_service", "pam_login_service", "pam_askpass_service")
# Plugins beside the one that decides.
OWN_FOLDERS = ("/usr/libexec/sudo", "/usr/lib/sudo", "/usr/lib64/sudo")
BESIDE = re.compile(r"(?:.*_(?:io|audit|approval)|audit_json)\Z", re.ASCII)
NAME_SERVICES = "/etc/nsswitch.conf"
MAX_FILES = 128  # the depth at which sudo itself gives up
# What holds where nothing sets it is compiled in and differs between distributions; `sudo -V` tells it to root.
COMPILED_IN = {
    "timestamp_timeout": re.compile(
        r"^Authentication timestamp timeout: (-?\d+(?:\.\d+)?) minutes$", re.MULTILINE | re.ASCII
    )
}
# What is on where nothing is said, so that one for some only is beside it.
ON_BY_ITSELF = frozenset(("syslog",))
# Settings that ask for the password of root, of the account to become or of `runas_default`, not for one's own.
OTHER_PASSWORDS = ("rootpw", "targetpw", "runaspw")
Line = Tuple[str, int, str]
# To sudo only spaces and tabs are blanks; a line with others in such places is refused.
# `Defaults`, then optionally a scope: of host (@), user (:), command (!) or target user (>), with blanks around its commas.
_MEMBER = r"!*[ \t]*(?:\"[^\"]*\"|(?:\\.|[^ \t,\"\\])+)"
DEFAULTS = re.compile(
    r"Defaults(?P<scope>[@:!>][ \t]*%s(?:[ \t]*,[ \t]*%s)*)?[ \t]+(?P<settings>.*)" % (_MEMBER, _MEMBER),
    re.DOTALL | re.ASCII,
)
FLAG = re.compile(r"(?P<signs>(?:![ \t]*)*)(?P<name>[^ \t!]+)\Z")
INCLUDE = re.compile(r"[#@](include|includedir)[ \t]+(?:\"([^\"]+)\"|((?:\\.|[^ \t\\])+))", re.ASCII)
CONTINUED = re.compile(r"\\[ \t]*\Z")
# Settings are divided by commas that are outside quotes and not escaped.
SETTING = re.compile(r'(?:"(?:\\.|[^"\\])*"|\\.|[^,"\\])+')


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Answer `default` with the value in force for everyone, `nopasswd` and `not_authenticate` with lines."""
    try:
        host.stat(main(host))
    except NotFound:
        return [absent(MAIN)] * len(addresses)
    host.need_root("The rules of sudo")
    if not sudo_program.is_rs(host):
        only_files(host)
    found = lines(host)

    def one(address: Address) -> Observation:
        query = required(address, "query")
        if query == "default":
            return _default(host, found, required(address, "name"))
        if query == "nopasswd":
            return value([_entry(line) for line in found if has_nopasswd(line[2])], MAIN)
        if query == "not_authenticate":
            return value([_entry(line) for line in found if freed(line[2])], MAIN)
        raise UsageError("unknown query %r; known: default, nopasswd, not_authenticate" % query)

    return read_each(addresses, one)


def only_files(host: Host) -> None:
    """Raise `ReadError` where sudo also asks a directory service (sudoers.ldap(5)), whose rules are not on the host."""
    try:
        text = host.read_text(NAME_SERVICES)
    except NotFound:
        return
    for number, line in enumerate(split_lines(text), 1):
        database, sign, services = line.split("#", 1)[0].partition(":")
        # [NOTFOUND=return] and its like are no sources.
        others = [word for word in words_of(re.sub(r"\[[^]]*\]", " ", services)) if lowered(word) != "files"]
        if sign and lowered(database.strip(BLANKS)) == "sudoers" and others:
            raise ReadError(
                "sudo also takes rules from %s (%s:%d), which are not on this host; check them there"
                % (printable(", ".join(others))[:100], NAME_SERVICES, number)
            )


def main(host: Host) -> str:
    """Return the file in which the rules begin: another one where sudo.conf(5) gives it to the plugin that decides."""
    if sudo_program.is_rs(host):
        return sudo_program.OWN_RULES if host.exists(sudo_program.OWN_RULES) else MAIN
    found = MAIN
    try:
        text = host.read_text(CONF)
    except NotFound:
        return found
    for number, _last, line in joined(text):
        what, symbol, module, *arguments = [*words_of(without_comment(line)), "", "", ""]
        if lowered(what) == "path" and symbol == "plugin_dir" and module.rstrip("/") not in OWN_FOLDERS:
            raise ReadError("%s:%d has sudo take its modules from elsewhere; take it out" % (CONF, number))
        if lowered(what) != "plugin" or BESIDE.match(symbol):
            continue
        files = [one.partition("=")[2] for one in arguments if one.startswith("sudoers_file=")]
        folder, _sign, name = module.rpartition("/")
        # A module of the site's own may give out any symbol.
        own = name in ("", "sudoers.so") and (not folder or folder in OWN_FOLDERS)
        if symbol != "sudoers_policy" or not own or ":" in "".join(files):
            raise ReadError("%s:%d has sudo decide by other rules than one file; check them there" % (CONF, number))
        found = files[-1] if files else found
    return found


def lines(host: Host) -> List[Line]:
    """Return the lines of all files that sudo reads, in its order. Raises `NotFound`, `ReadError`."""
    return list(_lines(host, main(host), [0]))


def _lines(host: Host, path: str, opened: List[int]) -> Iterator[Line]:
    """Yield (file, line, text) with continued lines joined, comments gone and included files in their place."""
    opened[0] += 1
    if opened[0] > MAX_FILES:
        raise ReadError("%s: too many included files; does a file include itself?" % path)
    _closed(host, path)
    for number, _last, text in joined(host.read_text(path)):
        include = INCLUDE.match(text)
        if include is None:
            plain = without_comment(text)
            if plain:
                yield path, number, plain
            continue
        target = include.group(2) or re.sub(r"\\(.)", r"\1", include.group(3))
        for found in _included(host, include.group(1), target, path):
            yield from _lines(host, found, opened)


def _closed(host: Host, path: str) -> None:
    """Raise `ReadError` where sudo passes over a file or folder because of who may write it."""
    seen = host.stat(path)
    if seen.st_mode & 0o002 or (seen.st_mode & 0o020 and seen.st_gid) or seen.st_uid not in (0, os.geteuid()):
        raise ReadError(
            "sudo reads nothing of %s, for others than root can write it; look at it and close it" % printable(path)
        )


def joined(text: str) -> Iterator[Tuple[int, int, str]]:
    """Yield (first line, last line, text) with continued lines joined; a comment is never continued."""
    start, number, pending = 0, 0, ""
    for number, line in enumerate(split_lines(text), 1):
        start = start or number
        whole = pending + line
        goes_on = CONTINUED.search(whole)
        if goes_on and without_comment(whole) == whole.strip(SPACES_AND_TABS):
            pending = whole[: goes_on.start()]
            continue
        yield start, number, whole.strip(SPACES_AND_TABS)
        start, pending = 0, ""
    if pending:
        yield start, number, pending.strip(SPACES_AND_TABS)


def _included(host: Host, what: str, target: str, path: str) -> List[str]:
    if "%" in target:
        raise ReadError("%s includes %s, whose name depends on the host; it cannot be read safely" % (path, target))
    # A list of paths, of which the first that is there counts, to sudo 1.9.16; to 1.9.13 the name of one file.
    if ":" in target:
        raise ReadError(
            "%s includes %s, which is several paths to some releases of sudo and one to others; name one"
            % (path, target)
        )
    full = target if target.startswith("/") else path.rsplit("/", 1)[0] + "/" + target
    if what == "include":
        return [full]
    try:
        names = host.list_directory(full)
    except NotFound:
        return []
    _closed(host, full)
    # sudoers(5): names that end in ~ or hold a dot are skipped, and what is no file; the others come in lexical order.
    found = [full + "/" + name for name in names if "." not in name and not name.endswith("~")]
    return [one for one in found if host.exists(one) and stat.S_ISREG(host.stat(one).st_mode)]


def without_comment(text: str) -> str:
    """Return a line without its comment; `#` followed by digits is a user number, and quotes protect."""
    quoted = False
    for position, sign in enumerate(text):
        if sign == '"':
            quoted = not quoted
        elif sign == "#" and not quoted and not (position and text[position - 1] == "\\"):
            if re.match(r"#\d", text[position:], re.ASCII) and (position == 0 or text[position - 1] in " \t,=(:%!"):
                continue
            return text[:position].strip(SPACES_AND_TABS)
    return text.strip(SPACES_AND_TABS)


def _entry(line: Line) -> Dict[str, Any]:
    return {"file": line[0], "line": line[1], "text": sudoers(line[2])[:200]}


def has_nopasswd(text: str) -> bool:
    """Return whether a line is a rule that does without the password."""
    return not DEFAULTS.match(text) and re.search(r"\bNOPASSWD\s*:", text, re.ASCII) is not None


def scope_without_password(text: str) -> Optional[str]:
    """Return the scope (empty: everybody) of a line of defaults that lifts the password, or None where it does not."""
    found = DEFAULTS.match(text)
    lifts = found and any(name == "authenticate" and seen is False for name, seen in _settings(found.group("settings")))
    return (found.group("scope") or "") if found and lifts else None


def exempted(text: str) -> str:
    """Return the group that a line of defaults frees from giving a password; nothing where it frees none."""
    found = DEFAULTS.match(text)
    group = dict(_settings(found.group("settings"))).get("exempt_group") if found else ""
    return group if isinstance(group, str) else ""


def freed(text: str) -> Tuple[str, ...]:
    """Return for whom a line of defaults lifts the password, in the words of sudoers; a scope that is not one of users is for all."""
    scope, group = scope_without_password(text), exempted(text)
    if scope is not None:
        return tuple(one.strip(SPACES_AND_TABS) for one in scope[1:].split(",")) if scope.startswith(":") else ("ALL",)
    return ("%" + group,) if group else ()


def asks_for_another(text: str) -> str:
    """Return the setting by which a line of defaults has sudo ask for somebody else's password; nothing where none does."""
    found = DEFAULTS.match(text)
    settings = dict(_settings(found.group("settings"))) if found else {}
    return next((name for name in OTHER_PASSWORDS if settings.get(name) is True), "")


def _settings(text: str) -> Iterator[Tuple[str, Any]]:
    """Yield (name, value) of a Defaults line: true or false for flags, text else."""
    for piece in SETTING.findall(text):
        if piece.strip(SPACES_AND_TABS):
            yield setting_of(piece)


def setting_of(piece: str) -> Tuple[str, Any]:
    """Return (name, value) of one setting of a Defaults line."""
    setting = piece.strip(SPACES_AND_TABS)
    name, sign, seen = setting.partition("=")
    if sign:
        return name.strip(SPACES_AND_TABS).rstrip("+-").strip(SPACES_AND_TABS), seen.strip(SPACES_AND_TABS).strip('"')
    # In a scope of commands the arguments of one stand before it.
    flag = FLAG.search(setting)
    return (flag.group("name"), flag.group("signs").count("!") % 2 == 0) if flag else (setting, True)


def _default(host: Host, found_lines: Sequence[Line], name: str) -> Observation:
    """Return the last general setting. Where one is scoped, the loosest counts: it is the one that may be used."""
    rs = sudo_program.is_rs(host)
    if rs and sudo_program.RS_DEFAULTS.get(name, name) is None:
        return absent("sudo-rs, which does not know %s" % name)
    general: Any = None
    source = MAIN
    # A line such as `Defaults:bob !use_pty` holds for some whatever comes later.
    for_some: List[Tuple[Any, str, str]] = []
    for file, number, scope, seen in _set_by(found_lines, name, rs):
        place = "%s:%d" % (file, number)
        if not scope:
            general, source = seen, place
        elif seen is not True:
            for_some.append((seen, scope, place))
    found = _unset(host, name, rs) if general is None else value(general, source)
    if for_some:
        return _loosest(name, found, general is not None, for_some)
    if name == "logfile" and isinstance(general, str) and sudo_program.rs_beside(host):
        return value(general + ", but nothing of what is called by %s (sudo-rs)" % sudo_program.BESIDE, source)
    return found


def _loosest(name: str, found: Observation, is_set: bool, for_some: Sequence[Tuple[Any, str, str]]) -> Observation:
    """Return what of a default counts: what all have, or what some (value, scope, place) have where that is looser."""
    for seen, scope, place in for_some:
        if seen is False:
            return value(False, "%s (for %s)" % (place, printable(scope)[:100]))
    if name == "timestamp_timeout":
        seen, _scope, place = max(for_some, key=lambda one: _lasting(one[0]))
        longer = found.state != VALUE or _lasting(seen) > _lasting(found.value)
        return value(str(seen), place) if longer else found
    for seen, scope, place in for_some:
        # What some have is nothing that all have, but it is beside what is compiled in; a device keeps no log.
        if is_set or name in COMPILED_IN or name in ON_BY_ITSELF or str(seen).startswith("/dev/"):
            return value("%s for %s" % (lowered(str(seen)), scope), place)
    return found


def _lasting(minutes: Any) -> float:
    """Return for how long a password counts; for ever where the number is negative or none."""
    number = re.match(r"\d+(?:\.\d*)?\Z", str(minutes), re.ASCII)
    return float(number.group()) if number else math.inf


def _set_by(found_lines: Sequence[Line], name: str, rs: bool) -> Iterator[Tuple[str, int, str, Any]]:
    """Yield (file, line, scope, value) of each place that sets a default. Raises `ReadError` where sudo-rs may pass over it."""
    for file, number, text in found_lines:
        found = DEFAULTS.match(text)
        settings = list(_settings(found.group("settings"))) if found else []
        for seen in [seen for setting, seen in settings if setting == name]:
            strange = sudo_program.unknown_to_rs(settings) if rs else ""
            if strange:
                raise ReadError(
                    "%s:%d: sudo-rs passes over a line with a setting that it does not take (%s); take that out, or give %s a line "
                    "of its own" % (printable(file), number, printable(strange)[:60], name)
                )
            yield file, number, (found and found.group("scope")) or "", seen


def defaults(host: Host, names: Sequence[str]) -> Iterator[Tuple[str, str, str, Any]]:
    """Yield (place, scope, name, value) of each line that sets one of these defaults. Raises `NotFound`, `ReadError`."""
    rs = sudo_program.is_rs(host)
    for name in names if not rs else ():
        for file, number, scope, seen in _set_by(lines(host), name, rs):
            yield "%s:%d" % (file, number), scope, name, seen


def pam_services(host: Host) -> List[str]:
    """Return the services of PAM that sudoers names in place of `sudo` and `sudo-i`, for whomever. Raises `ReadError`."""
    try:
        return list(
            dict.fromkeys(
                str(text) for _place, _scope, _name, text in defaults(host, PAM_SERVICES) if text is not False
            )
        )
    except NotFound:
        return []


def _unset(host: Host, name: str, rs: bool) -> Observation:
    """Return what holds of a setting that no file gives."""
    if rs and name in sudo_program.RS_DEFAULTS:
        return value(sudo_program.RS_DEFAULTS[name], "sudo-rs", default=True)
    return _compiled_in(host, COMPILED_IN[name]) if name in COMPILED_IN else absent(MAIN)


def _compiled_in(host: Host, pattern: Pattern[str]) -> Observation:
    """Return what sudo itself says of a setting that no file gives."""
    try:
        found = pattern.search(host.run(("sudo", "-V")).stdout)
    except NotFound:
        return absent(MAIN)
    if found is None:
        raise ReadError("sudo -V does not say what holds where nothing sets it")
    return value("%g" % float(found.group(1)), "command: sudo -V", default=True)
