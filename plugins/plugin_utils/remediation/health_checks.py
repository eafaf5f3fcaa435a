# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health checks of a site: what has to work after a change, else it is taken back.

A check names one of ``command`` or ``unit`` (on the host), ``port`` or ``url`` (from the controller).
"""

from __future__ import annotations

import socket
import time
import urllib.error
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown

ON_THE_HOST = ("command", "unit")
ACTS = (*ON_THE_HOST, "port", "url")
_DEFAULTS: dict[str, Any] = {"retries": 3, "delay": 2.0, "timeout": 10.0, "status_code": 200, "host": "", "name": ""}
# Runs argv on the host and returns why that is not well, or nothing.
OnHost = Callable[[list[str] | str], str]


@dataclass(frozen=True)
class HealthCheck:
    """One check. ``act``: what it does; ``target``: command line, unit, port or address; times in seconds."""

    act: str
    target: str
    name: str
    retries: int
    delay: float
    timeout: float
    status_code: int
    host: str


def parse(given: Sequence[Any]) -> list[HealthCheck]:
    """Return the checks of a site's list. Raises `HipaaCisError`."""
    return [_check(item, f"health check {number}") for number, item in enumerate(given, 1)]


def _check(item: Any, place: str) -> HealthCheck:
    if not isinstance(item, Mapping):
        raise HipaaCisError(f"{place}: it has to hold one of {', '.join(ACTS)}.")
    for key in item:
        if key not in ACTS and key not in _DEFAULTS:
            raise HipaaCisError(f"{place}: {unknown('key', key, {*ACTS, *_DEFAULTS})}")
    acts = [act for act in ACTS if act in item]
    if len(acts) != 1:
        raise HipaaCisError(f"{place}: it needs exactly one of {', '.join(ACTS)}.")
    values = {**_DEFAULTS, **{key: item[key] for key in _DEFAULTS if key in item}}
    try:
        return HealthCheck(
            acts[0],
            str(int(item["port"]) if acts[0] == "port" else item[acts[0]]),
            str(values["name"] or f"{acts[0]} {item[acts[0]]}"),
            int(values["retries"]),
            float(values["delay"]),
            float(values["timeout"]),
            int(values["status_code"]),
            str(values["host"]),
        )
    except (TypeError, ValueError) as problem:
        raise HipaaCisError(f"{place}: {problem}.") from None


def run(checks: Sequence[HealthCheck], address: str, on_host: OnHost) -> list[str]:
    """Make all checks, each as often as it says, and return what is not well. ``address``: the host's."""
    found = ((check, _tried(check, address, on_host)) for check in checks)
    return [f"{check.name}: {problem}" for check, problem in found if problem]


def _tried(check: HealthCheck, address: str, on_host: OnHost) -> str:
    problem = ""
    for attempt in range(check.retries + 1):
        if attempt:
            time.sleep(check.delay)
        problem = _once(check, address, on_host)
        if not problem:
            return ""
    return problem


def _once(check: HealthCheck, address: str, on_host: OnHost) -> str:
    if check.act == "command":
        return on_host(check.target)
    if check.act == "unit":
        return on_host(["systemctl", "is-active", check.target])
    if check.act == "port":
        return _reach(check.host or address, int(check.target), check.timeout)
    return _ask(check)


def _reach(host: str, port: int, timeout: float) -> str:
    try:
        socket.create_connection((host, port), timeout).close()
    except OSError as problem:
        return f"port {port} of {host} cannot be reached: {problem.strerror or problem}"
    return ""


def _ask(check: HealthCheck) -> str:
    # It brings TLS and certificates with it, of which a play without such a check needs nothing.
    from ansible.module_utils.urls import open_url

    try:
        code = int(open_url(check.target, timeout=check.timeout).getcode())
    except urllib.error.HTTPError as problem:
        code = problem.code
    except Exception as problem:
        return f"{check.target} does not answer: {problem}"
    return "" if code == check.status_code else f"{check.target} answers {code}, not {check.status_code}"
