# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Windows a host runs and which role it has, from numbers and names that no language translates.

A host sends a mapping with ``build`` (CurrentBuildNumber), ``ubr``, ``product_type`` (1 workstation, 2 domain controller, 3 server, or
WinNT, LanmanNT, ServerNT of ProductOptions), ``domain_role`` (of Win32_ComputerSystem) or ``domain_member``, ``installation_type``
(Client, Server, Server Core) and ``edition`` (EditionID), and maybe ``display_version`` (25H2). A number may come as its digits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.lifecycle import (
    CHECKED,
    ENTERPRISE,
    HOME_PRO,
    IOT_LTSC,
    LTSC,
    OLDER,
    RELEASES,
    SERVER,
    Release,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.registry_value import is_whole
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

WORKSTATION, DOMAIN_CONTROLLER, MEMBER_SERVER = 1, 2, 3
OF_CONTROLLERS = "LanmanNT"
PRODUCT_TYPES = {"WinNT": WORKSTATION, OF_CONTROLLERS: DOMAIN_CONTROLLER, "ServerNT": MEMBER_SERVER}
# Win32_ComputerSystem.DomainRole to the product type that it goes with, and the role.
DOMAIN_ROLES = {
    0: (WORKSTATION, "stand_alone"),
    1: (WORKSTATION, "member"),
    2: (MEMBER_SERVER, "stand_alone"),
    3: (MEMBER_SERVER, "member"),
    4: (DOMAIN_CONTROLLER, "domain_controller"),
    5: (DOMAIN_CONTROLLER, "domain_controller"),
}
# EditionIDs by what they begin with, the longer ones first; the N editions end the same days.
CHANNELS = (
    ("IoTEnterpriseS", IOT_LTSC),
    ("EnterpriseS", LTSC),
    ("IoTEnterprise", ENTERPRISE),
    ("Enterprise", ENTERPRISE),
    ("Education", ENTERPRISE),
    ("Professional", HOME_PRO),
    ("Core", HOME_PRO),
)
UNKNOWN_ROLE = "unknown"
FIRST_WINDOWS_11 = 22000
SUPPORTED = "Windows Server 2019, 2022 and 2025, and Windows 11, are audited"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")


@dataclass(frozen=True)
class Windows:
    """A host's Windows. ``role``: domain_controller, member, stand_alone (also a host that only Entra knows), or unknown.

    ``preview``: what a preview of this release calls itself; empty where it is none, as far as it says.
    """

    product: str
    version: str
    build: int
    revision: int
    edition: str
    role: str
    core: bool
    channel: str | None
    end_of_support: date | None
    preview: str


def windows(facts: Any) -> Windows:
    """Return what a host runs. Raises `HipaaCisError` where that is not audited here, or cannot be told."""
    if not isinstance(facts, Mapping):
        raise HipaaCisError("What Windows this is cannot be told: the host sent no facts of itself.")
    build, revision = _number(facts, "build"), _number(facts, "ubr")
    kind = _product_type(facts.get("product_type"))
    edition, installed = _name(facts, "edition"), _name(facts, "installation_type")
    release = _release(build, kind, edition, installed)
    channel = SERVER if kind != WORKSTATION else _channel(edition)
    told = facts.get("display_version")
    # A preview has the build of the release that it becomes, and the name of the one before: until June 2026 build 26300 was a 25H2.
    preview = told[:10] if isinstance(told, str) and told != release.version else ""
    ends = release.ends.get(channel) if channel and not preview else None
    return Windows(
        release.product,
        release.version,
        build,
        revision,
        edition,
        _role(facts, kind),
        installed == "Server Core",
        channel,
        ends,
        preview,
    )


def role(facts: Mapping[str, Any]) -> str:
    """Return what a host is to a domain (`Windows.role`), also where its Windows is none that is audited. Raises `HipaaCisError`."""
    return _role(facts, _product_type(facts.get("product_type")))


def supported(host: Windows, day: date) -> bool:
    """Return whether security updates came on a day, the last one included. Raises `HipaaCisError` where the table does not tell."""
    if host.preview:
        raise HipaaCisError(
            f"Build {host.build} is {host.product} {host.version}, and this host calls itself {spelled_out(host.preview)}: it is a preview, "
            "which nobody mends. Install the release."
        )
    if host.end_of_support is None:
        raise HipaaCisError(
            f"Until when {host.product} {host.version} ({host.edition}) gets updates is not in the table of {CHECKED}. "
            "Look it up in Microsoft's lifecycle pages, and update the collection."
        )
    return day <= host.end_of_support


def _release(build: int, kind: int, edition: str, installed: str) -> Release:
    server = kind != WORKSTATION
    if server and installed == "Client":
        raise _unsupported(f"Windows {edition} for several sessions (build {build})")
    if server != installed.startswith("Server"):
        raise HipaaCisError(
            f"What Windows this is cannot be told: product type {kind} and installation '{installed}' do not fit each other."
        )
    if server and (
        installed not in ("Server", "Server Core")
        or edition.endswith("ACor")
        or edition.startswith("ServerAzureStackHCI")
    ):
        raise _unsupported(f"{edition} ({installed}, build {build})")
    for release in RELEASES:
        if release.build == build and (SERVER in release.ends) == server:
            return release
    if build in OLDER:
        raise _unsupported(f"{OLDER[build]} (build {build})")
    if build > max(release.build for release in RELEASES if (SERVER in release.ends) == server):
        raise _unsupported(f"A preview, or a Windows newer than the table of {CHECKED}: build {build}")
    if not server and 10240 <= build < FIRST_WINDOWS_11:
        raise _unsupported(f"Windows 10 (build {build})")
    raise _unsupported(f"Build {build} of a {'server' if server else 'workstation'}")


def _unsupported(what: str) -> HipaaCisError:
    return HipaaCisError(f"{what} is not audited. {SUPPORTED}.")


def _channel(edition: str) -> str | None:
    return next((channel for begin, channel in CHANNELS if edition.startswith(begin)), None)


def _role(facts: Mapping[str, Any], kind: int) -> str:
    given = facts.get("domain_role")
    if given is not None:
        number = _number(facts, "domain_role")
        if number not in DOMAIN_ROLES or DOMAIN_ROLES[number][0] != kind:
            raise HipaaCisError(
                f"What role this host has cannot be told: product type {kind} and domain role {number} do not fit each other."
            )
        return DOMAIN_ROLES[number][1]
    if kind == DOMAIN_CONTROLLER:
        return "domain_controller"
    member = facts.get("domain_member")
    return UNKNOWN_ROLE if not isinstance(member, bool) else "member" if member else "stand_alone"


def _product_type(given: Any) -> int:
    kind = PRODUCT_TYPES.get(given) if isinstance(given, str) and not given.isdigit() else _digits(given)
    if kind is None or kind not in PRODUCT_TYPES.values():
        raise HipaaCisError(f"What Windows this is cannot be told: '{str(given)[:40]}' is no product type.")
    return kind


def _number(facts: Mapping[str, Any], name: str) -> int:
    number = _digits(facts.get(name))
    if number is None:
        raise HipaaCisError(
            f"What Windows this is cannot be told: its {name} '{str(facts.get(name))[:40]}' is no number."
        )
    return number


def _digits(given: Any) -> int | None:
    if isinstance(given, str) and re.fullmatch("[0-9]{1,10}", given):
        given = int(given)
    return given if is_whole(given) and 0 <= given < 1 << 32 else None


def _name(facts: Mapping[str, Any], name: str) -> str:
    given = facts.get(name)
    if not isinstance(given, str) or not _NAME.fullmatch(given):
        raise HipaaCisError(f"What Windows this is cannot be told: its {name} '{str(given)[:40]}' is no name.")
    return given
