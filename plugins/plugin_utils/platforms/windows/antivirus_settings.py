# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind ``defender``: the antivirus of a host, by Defender's own classes, and on a workstation by what other products say of themselves.

``{in_charge, engine, real_time, real_time_configured, behavior, downloads, tamper_protection, signature_age, exclusions, whole_drives,
excluded_programs, opened_by, asr, others}``; all but ``in_charge`` and ``others`` is Defender's. ``in_charge``: `defender`; `other` where Defender itself
says that it stands back (its passive modes) and no list of products is there to say that nobody else is, or where it is not there or does not
answer and a workstation names another product; else `none`. ``opened_by``: processes whose files are left out, wherever these lie.
``signature_age`` are days. ``asr``: the rules on attack surface by the numbers of their GUIDs, with their action.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    part,
    value,
)

# Microsoft's page on passive mode: what AMRunningMode says, in English everywhere.
PASSIVE = frozenset(("passive", "passive mode", "sxs passive mode", "edr block mode"))
ACTIVE = frozenset(("", "normal", "not running"))
# Defender among the products of the security center.
DEFENDER = "{d68ddc3a-831f-4fae-9e44-da132c1acf46}"
# Set-MpPreference, AttackSurfaceReductionRules_Actions.
ACTIONS = {0: "off", 1: "block", 2: "audit", 5: "not_configured", 6: "warn"}
# No page tells what productState means; these four bits are what tools agree on, and nothing passes by them.
STATES = {0: "off", 1: "on", 2: "snoozed", 3: "expired"}
# Types of files that Windows runs, or has another program run.
PROGRAMS = frozenset(
    ("*", "bat", "cmd", "com", "cpl", "dll", "exe", "hta", "jar", "js", "jse", "msi", "ps1", "psm1", "scr", "sys", "vbe", "vbs", "wsf")
)  # fmt: skip
# Programs that open what others wrote: what one of them opens is looked at by nobody, where it is left out by its name.
OPENING = frozenset(
    (
        "cmd.exe", "conhost.exe", "cscript.exe", "dllhost.exe", "excel.exe", "explorer.exe", "java.exe", "javaw.exe", "mshta.exe", "msiexec.exe",
        "outlook.exe", "powerpnt.exe", "powershell.exe", "pwsh.exe", "python.exe", "regsvr32.exe", "rundll32.exe", "svchost.exe", "winword.exe",
        "wmiprvse.exe", "wscript.exe",
    )
)  # fmt: skip
NEVER = 65535
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# A drive or all of them, by letter, volume or variable, with nothing but wildcards behind it; a share; everything.
_WHOLE = re.compile(
    r"(?:\\\\[?.]\\)?(?:[a-z*?]:|volume\{[^}]*\}|%systemdrive%|%homedrive%|\*+)[\\/*?.]*"
    r"|\\\\[^\\]+(?:\\[^\\]+)?[\\*?]*|[\\/*?]+"
)
# Every file of a type, in whatever folder.
_TYPE_ANYWHERE = re.compile(r"\*+\.([a-z0-9*]+)")


def defender(_facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return the document of the antivirus. Raises `HipaaCisError` where Defender does not answer, and nobody else is in charge."""
    status, preference = part(seen, "status"), part(seen, "preference")
    others = [_product(one) for one in part(seen, "products") or () if str(one["id"]).lower() != DEFENDER]
    may_be_others = bool(others) or part(seen, "products") is None
    found: dict[str, Any] = {"in_charge": _in_charge(status, others, may_be_others), "others": others}
    if status is not None and "error" not in status:
        found.update(_of_status(status))
    if found["in_charge"] == "defender":
        if preference is None or "error" in preference:
            told = "has no class of its settings" if preference is None else preference["error"]
            raise HipaaCisError(f"The settings of Defender cannot be read: {told}")
        found.update(_of_preference(preference))
    return value({name: one for name, one in found.items() if one is not None}, seen)


def _in_charge(status: Mapping[str, Any] | None, others: list[dict[str, str]], may_be_others: bool) -> str:
    if status is None:
        return "other" if others else "none"
    if "error" in status:
        if others:
            return "other"
        raise HipaaCisError(f"Defender does not say how it is: {status['error']}")
    mode = str(status.get("mode") or "").strip().lower()
    if mode not in PASSIVE | ACTIVE:
        raise HipaaCisError(f"Defender says that it runs in the mode '{mode[:40]}', which is not known.")
    if mode in PASSIVE:
        return "other" if may_be_others else "none"
    return "other" if mode == "not running" and others else "defender"


def _of_status(status: Mapping[str, Any]) -> dict[str, Any]:
    age = status["signature_age"]
    return {
        "engine": _on(_both(status["AMServiceEnabled"], status["AntivirusEnabled"])),
        "real_time": _on(_both(status["RealTimeProtectionEnabled"], status["OnAccessProtectionEnabled"])),
        "behavior": _on(status["BehaviorMonitorEnabled"]),
        "downloads": _on(status["IoavProtectionEnabled"]),
        "tamper_protection": _on(status.get("tamper_protected")),
        # Without any signature it is the largest number of 16 or of 32 bits.
        "signature_age": age if isinstance(age, int) and not isinstance(age, bool) and 0 <= age < NEVER else None,
    }


def _of_preference(given: Mapping[str, Any]) -> dict[str, Any]:
    if not given["shown"] or given["administrator"] is not True:
        raise HipaaCisError(
            "What Defender is told to leave out is not shown to this account: run the audit as an administrator, "
            "and do not hide exclusions from local administrators."
        )
    wide = [str(one).strip() for one in given["wide"]]
    types = {str(one).strip().lower().lstrip("*").lstrip(".") or "*" for one in given["excluded_types"]}
    types |= {found[1] for one in wide if (found := _TYPE_ANYWHERE.fullmatch(one.lower()))}
    processes = [str(one).strip() for one in given["wide_processes"]]
    off = given["real_time_off"]
    return {
        "real_time_configured": None if off is None else _on(not off),
        "exclusions": {name: given[name] for name in ("paths", "extensions", "processes")},
        "whole_drives": [
            one for one in (*wide, *map(str, given["wide_rules"])) if _WHOLE.fullmatch(one.strip().lower())
        ],
        "excluded_programs": sorted(types & PROGRAMS),
        "opened_by": [one for one in processes if _WHOLE.fullmatch(one.lower()) or one.lower() in OPENING],
        "asr": _rules(given["asr_ids"], given["asr_actions"]),
    }


def _rules(ids: list[Any], actions: list[Any]) -> list[dict[str, str]]:
    if len(ids) != len(actions):
        raise HipaaCisError(f"Defender names {len(ids)} rules on attack surface and {len(actions)} actions.")
    found = []
    for one, action in zip(ids, actions, strict=True):
        name = str(one).strip("{}").lower()
        if not _GUID.fullmatch(name) or isinstance(action, bool) or action not in ACTIONS:
            raise HipaaCisError(f"'{name[:40]}' with '{str(action)[:20]}' is no rule on attack surface with an action.")
        found.append({"id": name, "action": ACTIONS[action]})
    return sorted(found, key=lambda rule: rule["id"])


def _product(one: Mapping[str, Any]) -> dict[str, str]:
    state = one["state"] if isinstance(one["state"], int) else 0
    return {
        "name": str(one["name"]),
        "state": STATES.get(state >> 12 & 0xF, "unknown"),
        "signatures": {0: "up_to_date", 1: "out_of_date"}.get(state >> 4 & 0xF, "unknown"),
    }


def _both(one: Any, other: Any) -> bool | None:
    return None if one is None or other is None else one is True and other is True


def _on(given: Any) -> str | None:
    return None if given is None else "on" if given is True else "off"
