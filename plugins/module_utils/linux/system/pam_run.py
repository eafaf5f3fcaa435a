# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes of a stack of PAM: it is run here as libpam would, with each result that its modules may give.

Asked is about a local account without rights of its own. What a module of the table below gives it is known; one that
asks a directory does not know it; every other may let in, refuse, or say nothing.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, FrozenSet, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_stack import Action, Module

# Where a person comes in, for each type; those that this host has.
_LOGINS = (
    "login", "remote", "sshd", "su", "su-l", "sudo", "sudo-i", "polkit-1", "cockpit", "doas", "gdm-password", "gdm3",
    "lightdm", "sddm", "lxdm", "xdm", "slim", "wdm", "greetd", "xrdp-sesman",
)  # fmt: skip
_JOBS = ("cron", "crond", "atd")
SERVICES: Dict[str, Tuple[str, ...]] = {
    "auth": _LOGINS,
    "account": (*_LOGINS, *_JOBS),
    # Red Hat's cron leaves pam_unix out by design, for each job would fill the log.
    "session": _LOGINS,
    "password": ("passwd", *(name for name in _LOGINS if name not in ("sudo", "sudo-i", "polkit-1", "doas"))),
}
PROGRAMS = {
    "login": "/bin/login", "sshd": "/usr/sbin/sshd", "su": "/bin/su", "su-l": "/bin/su", "sudo": "/usr/bin/sudo",
    "passwd": "/usr/bin/passwd",
}  # fmt: skip
UNIX = "pam_unix.so"
ANYTHING = ("success", "ignore", "auth_err")
_SURE = frozenset(words_of("permit unix faillock pwquality pwhistory cracklib passwdqc"))
_BY_TABLE: Dict[str, Sequence[str]] = {
    # These refuse nobody; whether they say yes or nothing hangs on the type and the release.
    **dict.fromkeys(
        words_of(
            "env limits loginuid keyinit motd mail lastlog lastlog2 umask systemd selinux namespace mkhomedir issue faildelay "
            "group tty_audit apparmor xauth echo"
        ),
        ("success", "ignore"),
    ),
    # By what the site has written of accounts, terminals, times, or by the account's shell: yes to some, no to others.
    "access": ("success", "ignore", "perm_denied"),
    "listfile": (*ANYTHING, "service_err"),
    "securetty": ("success", "auth_err", "service_err"),
    "shells": ("success", "auth_err"),
    "time": ("success", "perm_denied"),
}
_REFUSED = {"auth": "auth_err", "account": "acct_expired", "password": "authtok_err", "session": "session_err"}
_SERVICE = re.compile(r"service (=|!=|in|notin|eq|ne) ([^ ]+)\Z")
_QUIET = frozenset(("debug", "use_uid", "quiet", "quiet_fail", "quiet_success", "audit"))
_FOLDERS = ("/lib*/security", "/lib/*/security", "/usr/lib*/security", "/usr/lib/*/security")
Results = Mapping[str, Sequence[str]]
# Whether it ends well, and which of the modules that were watched were called, by their position.
Ends = Set[Tuple[bool, FrozenSet[int]]]


def refused(kind: str) -> str:
    """Return the result by which a module says no."""
    return _REFUSED[kind]


def word_of(module: Module) -> str:
    """Return the name by which results are given; of pam_faillock also at what it is called."""
    if module.name != "pam_faillock.so":
        return module.name
    said = [word for word in module.arguments if word in ("preauth", "authfail", "authsucc")]
    return "pam_faillock.so " + (said[-1] if said else "preauth")


def run(
    host: Host, service: str, kind: str, modules: Sequence[Module], results: Results, watched: Iterable[str]
) -> Ends:
    """Return all ends that a stack may have; ``results``: of modules by `word_of`, where they are others than usual."""
    answers = [_results(host, service, kind, module, results) for module in modules]
    names = frozenset(watched)
    noted = [word_of(module) in names or module.name in names for module in modules]
    none: FrozenSet[int] = frozenset()
    # (position, level before, impression, whether all is well, those two when each level was entered, called)
    entered: Tuple[Tuple[int, bool], ...] = ((0, False),)
    todo = [(0, 0, 0, False, entered, none)]
    seen = set(todo)
    ends: Ends = set()
    while todo:
        at, before, impression, good, saved, called = todo.pop()
        if at == len(modules):
            ends.add((impression > 0 and good, called))
            continue
        module = modules[at]
        if module.level > before:
            saved = (*saved[: module.level], (impression, good))
        called = called | {at} if noted[at] else called
        for result in answers[at]:
            # A substack's own line calls nothing.
            action = module.action(result) if module.actions else "ignore"
            step = _step(modules, at, action, (impression, good) if action != "reset" else saved[module.level], result)
            state = (step[0], module.level, step[1], step[2], saved, called)
            if state not in seen:
                seen.add(state)
                todo.append(state)
    return ends


def _step(
    modules: Sequence[Module], at: int, action: Action, state: Tuple[int, bool], result: str
) -> Tuple[int, int, bool]:
    """Return the next position, the impression (0 none, 1 good, -1 bad) and whether all is well."""
    level = modules[at].level
    impression, good = state
    if isinstance(action, int):
        after, left = _jump(modules, at, action)
        return (after + 1, -1, False) if left else (after + 1, impression, good)
    if action in ("ok", "done"):
        if impression == 0 or (impression > 0 and good):
            impression, good = 1, result == "success"
    elif action in ("bad", "die") and impression >= 0:
        impression, good = -1, False
    if action == "die" or (action == "done" and impression > 0):
        while at + 1 < len(modules) and modules[at + 1].level >= level:
            at += 1
    return at + 1, impression, good


def _jump(modules: Sequence[Module], at: int, distance: int) -> Tuple[int, int]:
    """Return the last position that is jumped over, and how much of the jump is left; a substack counts as one."""
    level = modules[at].level
    while distance and at + 1 < len(modules) and modules[at + 1].level >= level:
        at += 1
        while at + 1 < len(modules) and modules[at + 1].level > level:
            at += 1
        distance -= 1
    return at, distance


def _results(host: Host, service: str, kind: str, module: Module, given: Results) -> Sequence[str]:
    if not module.actions:
        return ("ignore",)
    if not module.name:
        return ("perm_denied",)
    if not is_there(host, module.path):
        return ("module_unknown",)
    for word in (word_of(module), module.name):
        if word in given:
            return given[word]
    return _usual(service, kind, module)


def _usual(service: str, kind: str, module: Module) -> Sequence[str]:
    name = module.name[4:-3] if module.name.startswith("pam_") else module.name
    if name in ("deny", "rootok"):
        return ("auth_err" if name == "rootok" or kind == "account" else _REFUSED[kind],)
    if name == "succeed_if":
        holds = _about_service(service, module.arguments)
        return ("success", "auth_err") if holds is None else ("success",) if holds else ("auth_err",)
    if (word_of(module), kind) == ("pam_faillock.so authfail", "auth") or name == "warn":
        return ("ignore",)
    if name in _BY_ARGUMENTS:
        return _BY_ARGUMENTS[name](module.arguments)
    return ("success",) if name in _SURE else _BY_TABLE.get(name, ANYTHING)


def _wheel(arguments: Sequence[str]) -> Sequence[str]:
    """Who is in the group is let in by `trust` alone; without it the module says nothing of him."""
    trusted = ("success", "ignore") if "root_only" in arguments else ("success",)
    return (*(trusted if "trust" in arguments else ("ignore",)), "perm_denied")


def _nologin(arguments: Sequence[str]) -> Sequence[str]:
    """It says nothing as long as nobody is kept out by /etc/nologin."""
    return ("success" if "successok" in arguments else "ignore", "auth_err")


def _localuser(arguments: Sequence[str]) -> Sequence[str]:
    return ("success", "perm_denied") if any(word.startswith("file=") for word in arguments) else ("success",)


def _usertype(arguments: Sequence[str]) -> Sequence[str]:
    return ("success",) if "isregular" in arguments else ("auth_err",)


def _directory(arguments: Sequence[str]) -> Sequence[str]:
    """A directory does not know the account, or cannot be asked."""
    ignores = any(word.startswith("ignore_") for word in arguments)
    return ("user_unknown", "authinfo_unavail", *(("ignore",) if ignores else ()))


_BY_ARGUMENTS: Dict[str, Callable[[Sequence[str]], Sequence[str]]] = {
    "localuser": _localuser,
    "nologin": _nologin,
    "usertype": _usertype,
    "wheel": _wheel,
    **dict.fromkeys(("sss", "winbind", "ldap", "krb5", "ldapd", "systemd_home"), _directory),
}


def _about_service(service: str, arguments: Sequence[str]) -> Optional[bool]:
    """Return whether a condition of pam_succeed_if(8) holds; None where it is about more than the service."""
    said = _SERVICE.match(" ".join(word for word in arguments if word not in _QUIET))
    if said is None:
        return None
    sign, names = said.groups()
    return (service in names.split(":") if "in" in sign else service == names) is (sign in ("=", "eq", "in"))


def is_there(host: Host, path: str) -> bool:
    """Return whether a module can be loaded; where no folder of modules is found, each is taken to be there."""
    return not _folders(host) or "$ISA" in path or bool(module_file(host, path))


def module_file(host: Host, path: str) -> str:
    """Return where a module's file lies, or nothing."""
    places = [path] if path.startswith("/") else [folder + "/" + path for folder in _folders(host)]
    return next((place for place in places if host.exists(place)), "")


def _folders(host: Host) -> List[str]:
    found: List[str] = host.shared(
        "folders of PAM's modules",
        lambda: [path for pattern in _FOLDERS for path in host.glob(pattern) if host.glob(path + "/pam_*.so")],
    )
    return found
