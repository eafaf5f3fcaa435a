# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds ``windows_feature``, ``windows_support`` and ``installed_update``: what of Windows is installed, and how fresh it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import (
    kept,
    lifecycle,
    release,
    update_history,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    absent,
    part,
    value,
)

# Win32_OptionalFeature, InstallState.
FEATURE_STATES = {1: "enabled", 2: "disabled", 3: "removed", 4: "unknown"}
# _CbsInstallState of the component store: installed, and permanent as what came with an image.
INSTALLED = (112, 128)
# Name, key and architecture of a cumulative update, no language, then build, revision and two numbers of the package.
_ROLLUP = re.compile(r"Package_for_RollupFix~[0-9a-f]{16}~[a-z0-9]+~~([0-9]{5})\.([0-9]{1,6})\.[0-9]+\.[0-9]+")
_FIRST = datetime(1601, 1, 1, tzinfo=timezone.utc)


def windows_feature(_facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return ``enabled``, ``disabled``, ``removed`` (its files too) or ``unknown`` of an optional feature; absent where Windows has none of that name."""
    if seen["state"] == "absent":
        return absent(seen, "this Windows has no such feature")
    state = part(seen, "install_state")
    if isinstance(state, bool) or state not in FEATURE_STATES:
        raise HipaaCisError(f"the feature has a state that no Windows has ({str(state)[:40]})")
    return value(FEATURE_STATES[state], seen)


def windows_support(facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return ``{product, version, edition, last_day, table}``: until when Microsoft mends this release, and of which day the table is."""
    host = release.windows(facts)
    if host.end_of_support is None:
        release.supported(host, lifecycle.CHECKED)
    told = {"product": host.product, "version": host.version, "edition": host.edition}
    return value({**told, "last_day": str(host.end_of_support), "table": str(lifecycle.CHECKED)}, seen)


def installed_update(facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return ``{build, revision, installed, age_days, lacks_since, lacks_days, table, restart_pending, paused_until}`` of the update that runs.

    ``installed`` is the day on which the component store took the update whose revision is the running system's; whether a newer one is there
    it does not say. ``lacks_since`` is the day of the first security update in our own table that is newer (``lacks_days`` 0: none is).
    """
    host = release.windows(facts)
    days = [day for one in part(seen, "rollups") if (day := _installed(one, host)) is not None]
    lacking = update_history.lacks_since(host.product, host.build, host.revision)
    # A hotpatch has a package of another name, and an image its update from before: then the update after it tells how old it is.
    since = max(days, default=lacking)
    if since is None:
        raise HipaaCisError(
            f"When revision {host.revision} of build {host.build} was installed is not known: the component store lists no such update. "
            "It may have come with an image, or wait for a restart."
        )
    age = (today() - since).days
    if age < -1:
        raise HipaaCisError(
            f"The update is said to have been installed on {since}, which is yet to come: a clock is wrong."
        )
    found = {
        "build": host.build,
        "revision": host.revision,
        "installed": str(since) if days else None,
        "age_days": max(age, 0),
        "lacks_since": str(lacking) if lacking else None,
        "lacks_days": (today() - lacking).days if lacking else 0,
        "table": str(update_history.LATEST),
        "restart_pending": bool(part(seen, "restart_pending")),
        "paused_until": _text(part(seen, "paused_until"), "PauseUpdatesExpiryTime"),
    }
    return value({name: one for name, one in found.items() if one is not None}, seen)


def today() -> date:
    """Return the day by the controller's clock (UTC): a host's own may be wrong, and would let it off."""
    return datetime.now(timezone.utc).date()


def _installed(one: Mapping[str, Any], host: release.Windows) -> date | None:
    """Return when an update was installed; None for one that is not the running one."""
    named = _ROLLUP.fullmatch(str(one["name"]))
    # 23H2 and 25H2 are switched on by a small package: their updates have the build of the release before.
    if not named or int(named[1]) > host.build or int(named[2]) != host.revision:
        return None
    if kept.number(one, "CurrentState") not in INSTALLED:
        return None
    high, low = kept.number(one, "InstallTimeHigh"), kept.number(one, "InstallTimeLow")
    if high is None or low is None:
        return None
    try:
        # FILETIME: tenths of microseconds since 1601, UTC.
        return (_FIRST + timedelta(microseconds=((high << 32) + low) // 10)).date()
    except OverflowError:
        raise HipaaCisError("the time of an update's installation is no time") from None


def _text(given: Any, name: str) -> str | None:
    data = kept.value(given, name, "REG_SZ")
    return data[:40] if isinstance(data, str) else None
