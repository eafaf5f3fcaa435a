# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What PAM's modules make of their arguments: each has a rule of its own for which of several wins."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import pam_conf
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.login_defs import PATH as LOGIN_DEFS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_run import module_file
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_stack import Module

HISTORY = "/etc/security/pwhistory.conf"
# In this order pam_unix looks for a word that begins with one of them.
HASHES = ("md5", "bigcrypt", "sha256", "sha512", "blowfish", "des", "gost_yescrypt", "yescrypt")
MOST_REMEMBERED = 400
Seen = Tuple[Any, str]


def option(host: Host, module: Module, name: str) -> Seen:
    """Return an option's value and its place: true for a word, text for a number or path, None where nothing sets it."""
    value, place = _OPTIONS.get(module.name, _plain)(host, module, name)
    return value, place or module.place


def _last(module: Module, name: str, small: bool = False) -> Optional[str]:
    words = [lowered(word) if small else word for word in module.arguments]
    found = [word[len(name) + 1 :] for word in words if word.startswith(name + "=")]
    return found[-1] if found else None


def _plain(_host: Host, module: Module, name: str) -> Seen:
    return (True if name in module.arguments else _last(module, name)), ""


def _unix(host: Host, module: Module, name: str) -> Seen:
    """pam_unix takes each word for the option that it begins with, and of several hashes the last."""
    if name == "hash":
        words = [method for word in module.arguments for method in HASHES if word.startswith(method)]
        said = None if words else pam_conf.looked_up(host, LOGIN_DEFS, "ENCRYPT_METHOD")
        words += [method for method in HASHES if said and lowered(said[0]).startswith(method)][:1]
        return (words or ["des"])[-1], said[1] if said else ""
    if name == "remember":
        text = _last(module, name)
        return (None if text is None else str(pam_conf.number_of(text) or 0)), ""
    return (True if any(word.startswith(name) for word in module.arguments) else None), ""


def _faillock(host: Host, module: Module, name: str) -> Seen:
    """The last argument that pam_faillock understands."""
    if name == "conf":
        return _last(module, name), ""
    found: Optional[str] = None
    for word in module.arguments:
        key, _sign, text = word.partition("=")
        if key == name:
            seen = pam_conf.faillock_value(host, name, text)
            found = found if seen is None else seen or "true"
    return (True if found == "true" else found), ""


def _quality(host: Host, module: Module, name: str) -> Seen:
    """Arguments win over the file, the last of those that are understood, whatever the case of their names."""
    said: Dict[str, str] = {}
    for word in module.arguments:
        key, _sign, text = word.partition("=")
        if pam_conf.quality_understood(key, text):
            said[lowered(key)] = text
    if name == "shortest":
        rows = pam_conf.quality_rows(host, pam_conf.QUALITY)
        return pam_conf.shortest({**{key: text for key, text, _place in rows}, **said}), ""
    if name in pam_conf.QUALITY_NUMBERS:
        return said.get(name), ""
    return _plain(host, module, name) if name not in said else (said[name] or True, "")


def _history(host: Host, module: Module, name: str) -> Seen:
    """Arguments win over pwhistory.conf, which only newer releases read; of several the last."""
    small = [lowered(word) for word in module.arguments]
    # `use_authtok` is looked for by libpam, to which case counts.
    if name == "use_authtok":
        return (True if any(word == name or word.startswith(name + "=") for word in module.arguments) else None), ""
    path = _last(module, "conf") or HISTORY
    conf = pam_conf.looked_up(host, path, name) if _reads_conf(host, module) else None
    if name == "remember":
        text = _last(module, name, small=True)
        number = pam_conf.number_of(conf[0] if conf and text is None else text or "")
        if text is None and number is None:
            return "10", ""
        return str(min(max(number or 0, 0), MOST_REMEMBERED)), conf[1] if conf and text is None else ""
    if name == "file":
        # A path that is none from the root is passed over.
        said = [word[len("file=") :] for word in module.arguments if lowered(word).startswith("file=/")]
        paths = said[-1:] or ([conf[0]] if conf and conf[0].startswith("/") else [])
        seen = pam_conf.history_in(host, paths[0].rstrip(BLANKS)) if paths and _reads_conf(host, module) else None
        return seen, conf[1] if conf and not said else ""
    return (True, "") if name in small else (True if conf else None, conf[1] if conf else "")


def _reads_conf(host: Host, module: Module) -> bool:
    path = module_file(host, module.path)
    return not path or "pwhistory.conf" in host.read_text(path)


_OPTIONS: Dict[str, Callable[[Host, Module, str], Seen]] = {
    "pam_faillock.so": _faillock,
    "pam_pwhistory.so": _history,
    "pam_pwquality.so": _quality,
    "pam_unix.so": _unix,
}
