# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer one request: hand each kind's addresses to its reader and collect the observations."""

from __future__ import annotations

import json
import platform
import resource
import time
from typing import TYPE_CHECKING, Any, Callable, Collection, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import COMMAND_TIMEOUT, Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.later import Later
from ansible_collections.hipaa.cis.plugins.module_utils.linux.masking import hidden, is_secret_name
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, Observation, ReadError, error
from ansible_collections.hipaa.cis.plugins.module_utils.linux.os_release import PLACES, read_release
from ansible_collections.hipaa.cis.plugins.module_utils.linux.request import RequestError, parse_version
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.container import not_booted

if TYPE_CHECKING:  # Ansible sends what is imported anywhere in a file, here too.
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import (  # noqa: F401
        accounts,
        aide,
        apparmor,
        audit_rule,
        authorized_keys,
        authselect,
        automatic_updates,
        backup,
        bootloader,
        chrony,
        cron_access,
        crypto,
        crypto_policy,
        dconf,
        directory,
        disk_encryption,
        display_manager,
        file,
        file_lines,
        filesystem_scan,
        firewall,
        host_fact,
        ipsec,
        kernel_module,
        listening_socket,
        log_forwarding,
        log_retention,
        login_defs,
        login_factors,
        logrotate,
        mounts,
        openvpn,
        os_support,
        package,
        package_integrity,
        package_source,
        pam,
        privileged_accounts,
        rsyslog,
        selinux,
        shell_variable,
        sshd_option,
        su_access,
        sudo,
        sysctl,
        syslog_ng,
        text_setting,
        umask,
        units,
        wireguard,
    )

REQUEST_VERSION = 2
MAX_OBSERVATION_BYTES = 256 * 1024

KindReader = Callable[[Host, Sequence[Address]], List[Observation]]

KINDS: Dict[str, KindReader] = {
    "accounts": Later("readers.accounts"),
    "aide": Later("readers.aide"),
    "apparmor": Later("readers.apparmor"),
    "audit_rule": Later("readers.audit_rule"),
    "authorized_keys": Later("readers.authorized_keys"),
    "authselect": Later("readers.authselect"),
    "automatic_updates": Later("readers.automatic_updates"),
    "backup": Later("readers.backup"),
    "bootloader": Later("readers.bootloader"),
    "chrony": Later("readers.chrony"),
    "cron_access": Later("readers.cron_access"),
    "crypto": Later("readers.crypto"),
    "crypto_policy": Later("readers.crypto_policy"),
    "dconf": Later("readers.dconf"),
    "directory": Later("readers.directory"),
    "disk_encryption": Later("readers.disk_encryption"),
    "display_manager": Later("readers.display_manager"),
    "file": Later("readers.file"),
    "file_lines": Later("readers.file_lines"),
    "filesystem_scan": Later("readers.filesystem_scan"),
    "firewall": Later("readers.firewall"),
    "host_fact": Later("readers.host_fact"),
    "ipsec": Later("readers.ipsec"),
    "kernel_module": Later("readers.kernel_module"),
    "listening_socket": Later("readers.listening_socket"),
    "log_forwarding": Later("readers.log_forwarding"),
    "log_retention": Later("readers.log_retention"),
    "login_defs": Later("readers.login_defs"),
    "login_factors": Later("readers.login_factors"),
    "logrotate": Later("readers.logrotate"),
    "mount_option": Later("readers.mounts", "read_options"),
    "mount_point": Later("readers.mounts", "read_points"),
    "openvpn": Later("readers.openvpn"),
    "os_support": Later("readers.os_support"),
    "package": Later("readers.package"),
    "package_integrity": Later("readers.package_integrity"),
    "package_source": Later("readers.package_source"),
    "pam": Later("readers.pam"),
    "privileged_accounts": Later("readers.privileged_accounts"),
    "rsyslog": Later("readers.rsyslog"),
    "selinux": Later("readers.selinux"),
    "service": Later("readers.units", "read_services"),
    "shell_variable": Later("readers.shell_variable"),
    "socket": Later("readers.units", "read_sockets"),
    "sshd_option": Later("readers.sshd_option"),
    "su_access": Later("readers.su_access"),
    "sudo": Later("readers.sudo"),
    "sysctl": Later("readers.sysctl"),
    "syslog_ng": Later("readers.syslog_ng"),
    "text_setting": Later("readers.text_setting"),
    "timer": Later("readers.units", "read_timers"),
    "umask": Later("readers.umask"),
    "wireguard": Later("readers.wireguard"),
}


# What may hang or takes long stands behind all others, so that it costs no more than itself.
WALKS = ("accounts", "audit_rule", "filesystem_scan", "package_integrity")
LAST = ("file", *WALKS)
# Their settings are steps of their own: one that hangs is left out, and the others are read all the same.
APART = ("file",)


def request_for(settings: Sequence[Mapping[str, Any]]) -> str:
    """Return the request for a list of settings, each ``{kind: ..., <address keys>}``."""
    asked = [
        [setting.get("kind"), {key: item for key, item in setting.items() if key != "kind"}] for setting in settings
    ]
    benchmarks = {"settings": {"detect": None, "settings": [[0, len(asked)]]}}
    return json.dumps({"version": REQUEST_VERSION, "benchmarks": benchmarks, "settings": asked, "options": {}})


def host_for(options: Mapping[str, Any]) -> Host:
    """Return this very host, read as a request's options say, or the tree of files in the folder ``root``. Raises `RequestError`."""
    timeout = float(options.get("command_timeout", COMMAND_TIMEOUT))
    root = options.get("root") or ""
    if root:
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.tree import tree_for

        return tree_for(root, command_timeout=timeout, options=options)
    host = Host("/", command_timeout=timeout, options=options)
    what = not_booted(host)
    if not what:
        return host
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.tree import Tree

    return Tree("/", what, command_timeout=timeout, options=options)


def observe(request_text: str, host: Optional[Host] = None) -> Dict[str, Any]:
    """Answer a request (JSON text) with ``{version, benchmarks, facts, observations, stats}``.

    ``benchmarks``: the candidates that the host's facts match (or that were named). Only their
    settings are read. Raises `RequestError` on a request that is not understood.
    """
    request = parse(request_text)
    answer = gathered(steps(request, host or host_for(request.get("options", {}))))
    answer.pop("reading", None)
    return answer


def steps(
    request: Mapping[str, Any], host: Host, known: Collection[str] = (), kinds: Collection[str] = tuple(KINDS)
) -> Iterator[Dict[str, Any]]:
    """Yield the parts of the answer as they come: the settings of these ``kinds``, without those that are ``known``.

    Before each kind comes its name as ``reading``, with ``walks`` before the walks; ``apart`` is then the one setting that is read.
    """
    started = time.monotonic()
    facts = host_facts(host)
    chosen = [name for name, wanted in request["benchmarks"].items() if _matches(wanted.get("detect"), facts)]
    yield {"version": REQUEST_VERSION, "benchmarks": chosen, "facts": facts, "observations": {}}
    asked = {key: request["settings"][key] for key in keys_of(request, chosen) if key not in known}
    yield from _observe_kinds(host, {key: setting for key, setting in asked.items() if setting[0] in kinds})
    yield {"stats": stats(started)}


def stats(started: float) -> Dict[str, Any]:
    """Return what the reading has cost this process and those that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "seconds": round(time.monotonic() - started, 3),
        "cpu_seconds": round(sum(one.ru_utime + one.ru_stime for one in used), 3),
        "peak_memory_kib": max(one.ru_maxrss for one in used),
    }


def gathered(parts: Iterable[Mapping[str, Any]]) -> Dict[str, Any]:
    """Return the answer that its parts make; ``reading`` is then the kind that was begun last."""
    answer: Dict[str, Any] = {"observations": {}, "stats": {}}
    for part in parts:
        answer["observations"].update(part.get("observations", {}))
        answer.update((key, what) for key, what in part.items() if key not in ("observations", "walks", "apart"))
    return answer


def keys_of(request: Mapping[str, Any], chosen: Sequence[str]) -> List[str]:
    """Return the keys of the settings that the chosen benchmarks need."""
    return list(dict.fromkeys(key for name in chosen for key in request["benchmarks"][name]["settings"]))


def parse(text: str) -> Dict[str, Any]:
    """Return a request that was looked at, its settings by their numbers, as text. Raises `RequestError`."""
    request = parse_version(text, REQUEST_VERSION)
    settings = request.get("settings")
    benchmarks = request.get("benchmarks")
    if not isinstance(settings, list) or not isinstance(benchmarks, dict):
        raise RequestError("the request needs the list 'settings' and the object 'benchmarks'")
    request["settings"] = {str(number): setting for number, setting in enumerate(settings)}
    for key, setting in request["settings"].items():
        _check_setting(key, setting)
    for name, wanted in benchmarks.items():
        wanted["settings"] = [
            str(number) for first, end in _ranges(name, wanted, len(settings)) for number in range(first, end)
        ]
    return request


def _ranges(name: str, wanted: Any, most: int) -> List[List[int]]:
    """Return the ranges of a benchmark: ``[first, behind the last]``, each number there being a setting's."""
    ranges = wanted.get("settings") if isinstance(wanted, dict) else None
    if not isinstance(ranges, list) or not all(_is_range(one, most) for one in ranges):
        raise RequestError("benchmark %s names settings that the request does not hold: %.200r" % (name, ranges))
    return ranges


def _is_range(given: Any, most: int) -> bool:
    # True and False are numbers to Python.
    return isinstance(given, list) and len(given) == 2 and all(_is_number(end) and 0 <= end <= most for end in given)


def _is_number(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool)


def _check_setting(key: str, setting: Any) -> None:
    if not isinstance(setting, list) or len(setting) != 2 or not isinstance(setting[1], dict):
        raise RequestError("setting %r has to be a list of kind and address" % key)
    if setting[0] not in KINDS:
        raise RequestError(
            "setting %r has the unknown kind %r; known: %s" % (key, setting[0], ", ".join(sorted(KINDS)))
        )


def _matches(detect: Any, facts: Mapping[str, Any]) -> bool:
    release = facts["os_release"]
    return detect is None or all(_has(key, release.get(key, ""), wanted) for key, wanted in detect.items())


def _has(key: str, value: str, wanted: Sequence[str]) -> bool:
    """Return whether a value is one of those wanted; a version also where it is a release below one: 9.4 of 9."""
    return value in wanted or (key == "VERSION_ID" and any(value.startswith(one + ".") for one in wanted))


def host_facts(host: Host) -> Dict[str, Any]:
    """Return what names the host and chooses its benchmark; ``os_release_unknown``: why its os-release does not."""
    release: Dict[str, str] = {}
    unknown: Dict[str, str] = {}
    try:
        release, place = read_release(host)
        if not place:
            raise ReadError("neither %s is there" % " nor ".join(PLACES))
    except ReadError as problem:
        unknown["os_release_unknown"] = str(problem)[:1000]
    return {
        **unknown,
        "os_release": {
            key: release[key][:200]
            for key in ("ID", "ID_LIKE", "VERSION_ID", "PRETTY_NAME", "UBUNTU_CODENAME", "DEBIAN_CODENAME")
            if key in release
        },
        # Of a tree these are another host's.
        **(host.about or {"kernel": platform.release(), "machine": platform.machine()}),
        "python": platform.python_version(),
        "privileged": host.privileged,
    }


def _observe_kinds(host: Host, settings: Mapping[str, Any]) -> Iterator[Dict[str, Any]]:
    by_kind: Dict[str, List[str]] = {}
    for key, (kind, _address) in settings.items():
        by_kind.setdefault(kind, []).append(key)
    for kind in sorted(by_kind, key=lambda name: LAST.index(name) if name in LAST else -1):
        keys = by_kind[kind]
        for together in [[key] for key in keys] if kind in APART else [keys]:
            yield {"reading": kind, "walks": kind in WALKS, "apart": together[0] if kind in APART else ""}
            host.note("")
            addresses = [settings[key][1] for key in together]
            seen = read_kind(host, kind, addresses)
            yield {"observations": {key: _fit(*pair) for key, *pair in zip(together, addresses, seen)}}


def _fit(address: Address, seen: Observation) -> Dict[str, Any]:
    """Return an observation as it leaves the host: bounded, and hidden where its name says that it is a secret."""
    result = _bounded(seen)
    if "value" in result and is_secret_name(str(address.get("name", ""))):
        result["value"] = hidden(result["value"])
    return result


def read_kind(host: Host, kind: str, addresses: Sequence[Address]) -> List[Observation]:
    """Return a kind's observations; whatever goes wrong with it becomes an error of each address."""
    return host.observed(kind, addresses, _read_kind)


def _read_kind(host: Host, kind: str, addresses: Sequence[Address]) -> List[Observation]:
    try:
        seen = KINDS[kind](host, addresses)
    except ReadError as problem:
        return [error(str(problem))] * len(addresses)
    except Exception as problem:  # a reader's crash may spoil its own kind, never the host
        return [error("the reader of %s failed: %s: %s" % (kind, type(problem).__name__, problem))] * len(addresses)
    if len(seen) != len(addresses):
        return [error("the reader of %s gave %d answers to %d questions" % (kind, len(seen), len(addresses)))] * len(
            addresses
        )
    return seen


def _bounded(seen: Observation) -> Dict[str, Any]:
    try:
        size = len(json.dumps(seen.as_dict()))
    except (TypeError, ValueError) as problem:
        return error("the reader gave a value that is no JSON: %s" % problem).as_dict()
    if size > MAX_OBSERVATION_BYTES:
        return error("the observation has %d bytes, more than is taken" % size, seen.source[:200]).as_dict()
    return seen.as_dict()
