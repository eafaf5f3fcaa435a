# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the self-test asks a Windows host: all that any rule asks, and a few things that can be read by a second way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import (
    REQUEST_VERSION,
    PlatformPlan,
    asked,
    setting_key,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog, Platform, leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.values import Value, substitute

PLATFORM = "windows"
NAME = "selftest"
_VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_FOLDERS = r"SOFTWARE\Microsoft\Windows\CurrentVersion"
_LSA = r"SYSTEM\CurrentControlSet\Control\Lsa"
_ENVIRONMENT = r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
# A value of each type, one that differs by the view, and what is not there. None tells who owns or uses the host.
REGISTRY = (
    (_VERSION, "CurrentBuildNumber", 64),
    (_VERSION, "UBR", 64),
    (_VERSION, "InstallTime", 64),
    (_ENVIRONMENT, "ComSpec", 64),
    (_LSA, "Authentication Packages", 64),
    (_LSA, "Bounds", 64),
    (_LSA, "LimitBlankPasswordUse", 64),
    (_FOLDERS, "ProgramFilesDir", 64),
    (_FOLDERS, "ProgramFilesDir", 32),
    (_FOLDERS + r"\Policies\System", "EnableLUA", 64),
    (_LSA, "HipaaCisNotThere", 64),
    (r"SOFTWARE\HipaaCisNotThere", "HipaaCisNotThere", 64),
)
USER_REGISTRY = (r"Control Panel\Desktop", "ScreenSaveActive")
SERVICES = (
    "EventLog",
    "LanmanServer",
    "LanmanWorkstation",
    "Schedule",
    "Spooler",
    "W32Time",
    "mpssvc",
    "HipaaCisNotThere",
)


@dataclass(frozen=True)
class Asked:
    """A setting of a rule: its kind and address, and the key of the question in its place."""

    kind: str
    address: Mapping[str, Any]
    key: str


@dataclass(frozen=True)
class Questions:
    """``plan``: what windows_observe is asked; ``settings``: what the readers are to make of it, as the rules of the catalog have it."""

    plan: PlatformPlan
    settings: tuple[Asked, ...]


def registry_address(key: str, name: str, view: int) -> dict[str, Any]:
    """Return the address of a value as windows_observe takes it."""
    return {"key": key, "name": name, **({"view": view} if view != 64 else {})}


def question(kind: str, **address: Any) -> str:
    """Return what a question of a raw kind is called."""
    return setting_key({"kind": kind, "address": address})


def questions(catalog: Catalog, seconds: float) -> Questions:
    """Return what a host is asked."""
    platform = catalog.platforms[PLATFORM]
    asking: dict[str, list[Any]] = {}
    settings = tuple(_of_rules(catalog, platform, asking))
    for kind, address in _own():
        asking.setdefault(question(kind, **address), [kind, address])
    request = {
        "version": REQUEST_VERSION,
        "benchmarks": {NAME: {"detect": None, "settings": list(asking)}},
        "settings": asking,
        "options": {"observe_max_seconds": seconds},
    }
    return Questions(PlatformPlan(platform, (), request), settings)


def second_ways(seconds: float) -> str:
    """Return what the module windows_selftest is asked, as JSON."""
    return json.dumps(
        {
            "registry": [list(one) for one in REGISTRY],
            "user_registry": list(USER_REGISTRY),
            "services": list(SERVICES),
            "seconds": seconds,
        }
    )


def _of_rules(catalog: Catalog, platform: Platform, asking: dict[str, list[Any]]) -> Iterator[Asked]:
    """Yield each setting that a rule asks for, and collect the questions in their place."""
    defaults = {
        name: Value(one.default, one.default, one.default, "default") for name, one in catalog.parameters.items()
    }
    seen: set[str] = set()
    for rule in catalog.rules.values():
        if rule.platform != platform.id:
            continue
        own_leaves = [*leaves(rule.settings)]
        conditions = (*rule.applies_if, *(one for leaf in own_leaves for one in leaf.get("applies_if", ())))
        # A site's own values are the names of its accounts and servers: nothing that a report is to hold.
        for leaf in (substitute(one, defaults) for one in (*(one["setting"] for one in conditions), *own_leaves)):
            what = asked(platform, leaf)
            key = setting_key(what)
            asking.setdefault(key, [what["kind"], what["address"]])
            own = setting_key(leaf)
            if own not in seen:
                seen.add(own)
                yield Asked(leaf["kind"], leaf["address"], key)


def _own() -> Iterator[tuple[str, dict[str, Any]]]:
    for one in REGISTRY:
        yield "registry", registry_address(*one)
    for name in SERVICES:
        yield "service", {"name": name}
    yield "user_registry", dict(zip(("key", "name"), USER_REGISTRY, strict=True))
    yield "security_export", {}
    yield "audit_backup", {}
