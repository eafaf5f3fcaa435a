# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which factors a stack of PAM surely demands: it is run with all modules of a factor refusing, and nobody may get in."""

from __future__ import annotations

import re
from typing import AbstractSet, Dict, FrozenSet, List, Sequence, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_run import UNIX, run
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_stack import Module, stack
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.sssd_config import SssdConfig

AUTH = "auth"
# What somebody knows, what somebody holds, and a key that a person's client keeps.
PASSWORD, DEVICE, KEY = "password", "device", "key"
PASSWORDS = frozenset(
    "pam_%s.so" % name for name in ("unix", "sss", "winbind", "ldap", "krb5", "ldapd", "systemd_home")
)
# A card, which gives nothing away without its PIN.
CARD = "pam_pkcs11.so"
SSS = "pam_sss.so"
# Arguments with which who has no second factor, or whose server does not answer, is let by.
LETS_BY = frozenset(("nullok", "nouserok", "localifdown", "failmode=safe", "alwaysok"))
# For so many seconds after a login the next from the same place is asked for no code.
GRACE = "grace_period="
VERIFIES = frozenset(("pinverification=1", "userverification=1"))
DUO = "pam_duo.so"
DUO_FILES = ("/etc/duo/pam_duo.conf", "/etc/security/pam_duo.conf")
REFUSES = (
    "auth_err",
    "user_unknown",
    "authinfo_unavail",
    "cred_unavail",
    "maxtries",
    "perm_denied",
    "service_err",
    "system_err",
)
ANSWERS = ("success", *REFUSES)
# What these tell apart are accounts of the system from those of people, and those of files from those of a directory.
EITHER = ("success", "auth_err", "perm_denied")
SORTS, LOCAL = "pam_usertype.so", "pam_localuser.so"
_SECURE = re.compile(r"^[ \t]*failmode[ \t]*=[ \t]*secure[ \t]*$", re.ASCII | re.MULTILINE)
# Who is not in these groups is not asked.
_GROUPS = re.compile(r"^[ \t]*groups?[ \t]*=", re.ASCII | re.MULTILINE)


def demanded(host: Host, service: str, devices: AbstractSet[str]) -> FrozenSet[str]:
    """Return the factors without which nobody gets in by a service; ``devices``: modules that ask for something held.

    Raises `ReadError`. What is not known of a module, it may let in, so that it demands nothing of itself.
    """
    modules = stack(host, service, AUTH)
    cards = {at for at, module in enumerate(modules) if _asks_card(host, module)}
    # One name stands for one set of answers; a card's reader that is also called for passwords is told apart.
    asked = [_renamed(module, at in cards) for at, module in enumerate(modules)]
    held = {module.name for at, module in enumerate(asked) if at in cards or module.name in devices}
    known = {module.name for module in asked if module.name in PASSWORDS - held}
    # One that is called without them as well may let in by a touch alone.
    touched = {module.name for at, module in enumerate(asked) if at not in cards and not _verifies(module)}
    both = {module.name for module in asked} - touched
    sorts = {SORTS, LOCAL} if known - {UNIX} else {SORTS}
    found: Set[str] = set()
    for factor, refusing in ((DEVICE, held), (PASSWORD, known | both)):
        results: Dict[str, Sequence[str]] = dict.fromkeys((known | held) - refusing, ANSWERS)
        results.update(dict.fromkeys(sorts, EITHER))
        results.update((name, _refusals(host, asked, name)) for name in refusing)
        # Where nobody gets in at all, that holds as well.
        if not any(good for good, _called in run(host, service, AUTH, asked, results, ())):
            found.add(factor)
    return frozenset(found)


def _asks_card(host: Host, module: Module) -> bool:
    """Return whether a module lets in by a card and its PIN alone."""
    if module.name == SSS:
        # Without pam_cert_auth sssd asks for no card, whatever the module is told.
        return "require_cert_auth" in module.arguments and SssdConfig(host).switch("pam", "pam_cert_auth", False)
    return module.name == CARD


def _renamed(module: Module, card: bool) -> Module:
    if not card or module.name != SSS:
        return module
    # `run` takes results by name.
    return Module(module.file, module.line, module.level, module.actions, CARD, module.path, module.arguments)


def _verifies(module: Module) -> bool:
    """Return whether a key is asked for its PIN or a finger too."""
    return module.name == "pam_u2f.so" and bool(VERIFIES.intersection(module.arguments))


def _refusals(host: Host, modules: List[Module], name: str) -> Sequence[str]:
    """Return what a module may say of somebody who has not the factor. Releases differ in what they say where they let by."""
    mine = [module for module in modules if module.name == name]
    if name not in PASSWORDS and any(_lets_by(host, module) for module in mine):
        return (*REFUSES, "success", "ignore")
    # Of whom there is no card, or whom a directory does not know, its module says nothing where it was told to.
    ignores = any(word.startswith("ignore_") for module in mine for word in module.arguments)
    return (*REFUSES, "ignore") if name == CARD or ignores else REFUSES


def _lets_by(host: Host, module: Module) -> bool:
    graced = any(word.startswith(GRACE) and word != GRACE + "0" for word in module.arguments)
    return graced or bool(LETS_BY.intersection(module.arguments)) or _duo_lets_by(host, module)


def _duo_lets_by(host: Host, module: Module) -> bool:
    """Return whether Duo's module lets somebody by, as it does of itself where its servers are not reached."""
    if module.name != DUO:
        return False
    said = [word.partition("=")[2] for word in module.arguments if lowered(word).startswith("conf=")]
    for path in said or DUO_FILES:
        try:
            text = host.read_text(path)
        except NotFound:
            continue
        return _SECURE.search(text) is None or _GROUPS.search(text) is not None
    return True
