# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `umask`: with which umask people make files on the ways in that start no login shell."""

from __future__ import annotations

import getopt
import re
from typing import Any, Dict, FrozenSet, Iterable, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    ERROR,
    VALUE,
    Address,
    NotFound,
    Observation,
    ReadError,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import sshd_option, sudo
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import sudo_program
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import all_users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_stack import has_service
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_umask import (
    SYSTEM_UMASK,
    first_umasks,
    own_umasks,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_startup import (
    BASH_BY_SSH,
    BASH_LOGIN,
    ORDINARY,
    script,
    start,
    texts,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_variables import (
    LOGINS,
    UMASK,
    given_by_host,
    given_in_files,
    umask_value,
    umask_ways,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_words import UNSET, only
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import assignments, fragments

SOURCE = "/etc/pam.d, sshd -T, sudoers, units and the files that shells read"
# What decides: the stack of a service, or what only its own place can change.
PAM = "/etc/pam.d/"
COMMAND_BY_SSH, SFTP, CRON, MANAGER, SU, SUDO = (
    "ssh host command", "sftp", "cron", "services of users", "su", "sudo",
)  # fmt: skip
# Way -> its services of PAM, and the units that start it.
STARTED: Dict[str, Tuple[Tuple[str, ...], Tuple[str, ...]]] = {
    "sshd": (("sshd",), ("ssh.service", "sshd.service", "ssh@.service", "sshd@.service")),
    CRON: (("cron", "crond"), ("cron.service", "crond.service")),
    MANAGER: (("systemd-user",), ("user@.service",)),
}
BASH_ENV, SCRIPTS = "BASH_ENV", "scripts of bash"
# What neither bash nor pam_env makes something else of.
_PATH = re.compile(r"/[\w./+-]+\Z", re.ASCII)
SUDO_SERVICES = ("sudo", "sudo-i")
# What a shell makes something else of.
_TO_SHELL = re.compile(r"['\"\\$`;&|<>(){}*?~#]")
SFTP_SERVERS = frozenset(("internal-sftp", "sftp-server"))
SFTP_OPTIONS = "d:f:l:P:p:Q:u:cehR"
FIRST_USER = 1000
Umasks = FrozenSet[str]
Row = Dict[str, Any]


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `[{way, umask, from}]`: every umask that a way may give, and what decides it.

    scp is the way of sftp or of a command; at(1) keeps in a job what its shell had. Login shells are the kind `shell_variable`.
    """
    ways = list(_ways(host))
    ways += _by_files_of_scripts(host, frozenset(one for _way, umasks, _place in ways for one in umasks))
    rows = [
        {"way": way, "umask": one, "from": printable(place)} for way, umasks, place in ways for one in sorted(umasks)
    ]
    return [value(rows, SOURCE)] * len(addresses)


def _ways(host: Host) -> Iterator[Tuple[str, Umasks, str]]:
    yield from _by_ssh(host)
    for way in (CRON, MANAGER):
        services, units = STARTED[way]
        for service in [name for name in services if has_service(host, name)]:
            yield way, first_umasks(host, (service,), before=_of_units(host, units)), PAM + service
    callers = frozenset(umask_value(umask_ways(host)[0])["values"])
    if has_service(host, "su"):
        yield SU, first_umasks(host, ("su",), before=callers), PAM + "su"
    if has_service(host, "sudo"):
        yield from _by_sudo(host, callers)
    services = (*LOGINS, *SUDO_SERVICES, *STARTED[CRON][0], *STARTED[MANAGER][0])
    for name, umask in own_umasks(host, services):
        yield "all ways of " + printable(name), frozenset((umask,)), "the account's own record (GECOS)"


def _by_files_of_scripts(host: Host, before: Umasks) -> Iterator[Tuple[str, Umasks, str]]:
    """Yield what the file that BASH_ENV names leaves of the umasks before: bash reads it for a script, a job and `su -c`."""
    found = list(given_by_host(host, BASH_ENV))
    login = start(host, ORDINARY, BASH_LOGIN, (BASH_ENV,), {BASH_ENV: only(UNSET)})
    found += [(", ".join(login.places[:10]), text) for text in texts(login.state.get(BASH_ENV))]
    for text in _sshd(host, ("setenv",)).get("setenv", []):
        place = "sshd: SetEnv %s" % printable(text)[:80]
        found += [(place, said) for said in re.findall(r"\bBASH_ENV=[\"']?([^\s\"']*)", text, re.ASCII)]
        # For dash it names a file as well, by a login alone; what merely says `ENV=production` names none.
        found += [(place, None) for _said in re.findall(r"(?:\A|[\s\"'])ENV=[\"']?/", text, re.ASCII)]
    found += _by_sudoers(host)
    for place, path in found:
        if path is None or (path and not _PATH.match(path)):
            raise ReadError(
                "%s: bash reads the file that BASH_ENV names for each script, and which one that is cannot be told here; "
                "name it by its path or take BASH_ENV out" % place
            )
        if path:
            shell = script(host, [path], (UMASK,), {" umask": only(*before)})
            yield SCRIPTS, frozenset(texts(shell.state.get(" umask"))), ", ".join(shell.places[:10]) or place


def _by_sudoers(host: Host) -> List[Tuple[str, Optional[str]]]:
    """Return (place, text) of what the files that sudoers names for the environment give to BASH_ENV."""
    try:
        if sudo_program.is_rs(host):
            return []
        said = list(sudo.defaults(host, ("env_file", "restricted_env_file")))
    except NotFound:
        return []
    return given_in_files(host, BASH_ENV, [str(text) for _place, _scope, _name, text in said if text])


def _of_units(host: Host, units: Iterable[str]) -> Umasks:
    """Return the umask that systemd starts these with; of the last line that it understands."""
    found = set()
    for unit in units:
        paths = list(fragments(host, unit))
        said = [
            text for path in paths for name, text in assignments(snippet_text(host, path), "Service") if name == "UMask"
        ]
        good = [text for text in said if re.match(r"[0-7]{1,5}\Z", text)]
        if paths:
            found.add("%04o" % (int(good[-1], 8) & 0o777) if good else SYSTEM_UMASK)
    return frozenset(found or (SYSTEM_UMASK,))


def _by_ssh(host: Host) -> Iterator[Tuple[str, Umasks, str]]:
    options = _sshd(host, ("usepam", "forcecommand", "subsystem"))
    if not options:
        return
    # Whatever its unit says, sshd takes the right to write from group and others.
    before = frozenset("%04o" % (int(one, 8) | 0o022) for one in _of_units(host, STARTED["sshd"][1]))
    services = sshd_option.pam_services(host)
    first = first_umasks(host, services, before=before) if "yes" in options["usepam"] else before
    place = ", ".join(PAM + service for service in services)
    shell = start(host, ORDINARY, BASH_BY_SSH, (UMASK,), {" umask": first})
    by_shell = frozenset(texts(shell.state.get(" umask"))) | (first if _has_other_shells(host) else frozenset())
    where = ", ".join(shell.places[:10]) or place
    forced = [text for text in options["forcecommand"] if text != "none"]
    yield COMMAND_BY_SSH, by_shell, where
    subsystems = [" ".join(words_of(text)[1:]) for text in options["subsystem"] if words_of(text)[:1] == ["sftp"]]
    for text in [*subsystems, *forced]:
        _followed(text)
    for text in subsystems:
        if words_of(text)[0].rsplit("/", 1)[-1] not in SFTP_SERVERS:
            raise ReadError(
                "the server of sftp is %s, and the umask that this gives is not followed; try it"
                % printable(text)[:100]
            )
    for text in dict.fromkeys([*subsystems, *(one for one in forced if words_of(one)[:1] == ["internal-sftp"])]):
        # Every server but the one within sshd is started by the account's shell, which reads its files for that.
        began = (first, place) if words_of(text)[:1] == ["internal-sftp"] else (by_shell, where)
        given = _given_to_server(text)
        yield (SFTP, *((frozenset((given,)), "sshd: " + text) if given else began))


def _followed(text: str) -> None:
    """Raise `ReadError` where a command of sshd's configuration sets a umask that only a shell, or a program of the site, knows.

    sshd gives it to the account's shell, all but the server of sftp within it.
    """
    first = words_of(text)[:1]
    if first == ["internal-sftp"]:
        return
    is_server = bool(first) and first[0].rsplit("/", 1)[-1] == "sftp-server"
    if (is_server and _TO_SHELL.search(text)) or re.search(r"\bumask\b", text, re.ASCII):
        raise ReadError("sshd starts %s, and the umask that this gives is not followed; try it" % printable(text)[:100])


def _sshd(host: Host, names: Sequence[str]) -> Dict[str, List[str]]:
    """Return what options of sshd are for everybody and in Match blocks; nothing where there is no sshd. Raises `ReadError`."""
    found: Dict[str, List[str]] = {}
    for name, seen in zip(names, sshd_option.read(host, [{"name": name} for name in names])):
        if seen.state == ERROR:
            raise ReadError(seen.reason)
        if seen.state == VALUE:
            effective = seen.value["effective"] or []
            more = [str(item["value"]) for item in seen.value["overrides"]]
            found[name] = [*(effective if isinstance(effective, list) else [effective]), *more]
    return found


def _given_to_server(text: str) -> str:
    """Return the umask that `-u` gives to the server of sftp, the last of several; nothing where none is given."""
    try:
        found, _rest = getopt.gnu_getopt(words_of(text)[1:], SFTP_OPTIONS)
    except getopt.GetoptError:
        return ""
    said = [text for sign, text in found if sign == "-u" and re.match(r"[0-7]+\Z", text)]
    return "%04o" % (int(said[-1], 8) & 0o777) if said else ""


def _has_other_shells(host: Host) -> bool:
    """Return whether a person has another shell than bash, which reads nothing for a command."""
    try:
        people = [user for user in all_users(host) if user.uid >= FIRST_USER]
    except NotFound:
        return False
    shells = {user.shell.rsplit("/", 1)[-1] for user in people}
    return bool(shells - {"bash", "nologin", "false"})


def _by_sudo(host: Host, callers: Umasks) -> Iterator[Tuple[str, Umasks, str]]:
    """Yield what a command of sudo begins with: sudo adds to the caller's umask, PAM's counts where sudoers says none (sudoers(5))."""
    try:
        if not sudo_program.is_rs(host):
            sudo.only_files(host)
        found = list(sudo.defaults(host, ("umask", "umask_override", "pam_session")))
    except NotFound:
        return
    named = [one if has_service(host, one) else "other" for one in sudo.pam_services(host)]
    forces = any(name == "umask_override" and text is True for _place, _scope, name, text in found)
    unopened = [place for place, _scope, name, text in found if name == "pam_session" and text is False]
    for text in _in_force(found, "umask"):
        given = "" if text is False else "0022" if text is None else str(text)
        number = int(given, 8) if re.match(r"[0-7]+\Z", given) else 0o777
        before = callers if number == 0o777 else frozenset("%04o" % (int(one, 8) | number) for one in callers)
        if text is None or number == 0o777:
            yield SUDO, first_umasks(host, (*SUDO_SERVICES, *named), before=before), PAM + "sudo"
            # Without a session no module of PAM gives one.
            if False in _in_force(found, "pam_session"):
                yield SUDO, before, ", ".join(unopened)
        else:
            places = ", ".join(place for place, _scope, name, _text in found if name == "umask")
            yield SUDO, frozenset(("%04o" % number,)) if forces else before, places


def _in_force(found: Sequence[Tuple[str, str, str, Any]], wanted: str) -> List[Any]:
    """Return what a default is for everybody, the last one, None where nothing says it; then what it is for some."""
    said = [(scope, text) for _place, scope, name, text in found if name == wanted]
    return [*([text for scope, text in said if not scope][-1:] or [None]), *(text for scope, text in said if scope)]
