# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which benchmark a host carries by what it says of itself in os-release(5), and why none does.

A system that is made of another is held against the benchmark of that one only where the catalog names it: its packages and its
defaults may be others, and ``ID_LIKE`` says nothing of which release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Benchmark, Catalog

Release = Mapping[str, str]
RELEASE = "VERSION_ID"


def accepted(benchmark: Benchmark, candidates: Iterable[Benchmark]) -> dict[str, list[str]]:
    """Return the facts by which a host carries a benchmark: key of os-release -> values, one of which it has to have.

    A derivative that another candidate is made for is that one's.
    """
    facts = {key: list(values) for key, values in benchmark.detect.items()}
    others = [one for one in candidates if one.id != benchmark.id and not one.supplement]
    derivatives = [name for name in benchmark.derivatives if not any(_is_own(one, name, benchmark) for one in others)]
    return {**facts, **({"ID": [*facts.get("ID", ()), *derivatives]} if derivatives else {})}


def _is_own(other: Benchmark, derivative: str, benchmark: Benchmark) -> bool:
    """Return whether another benchmark is made for a derivative, in all versions for which this one would be taken."""
    versions = other.detect.get(RELEASE)
    return (
        other.platform == benchmark.platform
        and derivative in other.detect.get("ID", ())
        and (not versions or all(_has(RELEASE, one, versions) for one in benchmark.detect.get(RELEASE, ("",))))
    )


def fits(benchmark: Benchmark, release: Release) -> bool:
    """Return whether a host carries a benchmark. The host judges by the same (`observe` in ``module_utils``)."""
    return all(_has(key, release.get(key, ""), values) for key, values in accepted(benchmark, ()).items())


def _has(key: str, value: str, wanted: Sequence[str]) -> bool:
    """Return whether a value is one of those wanted; a version also where it is a release below one: 9.4 of 9."""
    return value in wanted or (key == RELEASE and any(value.startswith(one + ".") for one in wanted))


def relation(benchmark: Benchmark, release: Release) -> str:
    """Return by what a host carries a benchmark that fits it: ``ID=rocky by ID_LIKE=rhel centos fedora, VERSION_ID=9.4 of 9``."""
    told = []
    for key, values in benchmark.detect.items():
        value = release.get(key, "")
        text = f"{key}={value}"
        if key == RELEASE and value not in values:
            text += f" of {next(one for one in values if _has(key, value, [one]))}"
        elif key == "ID" and value not in values:
            like = release.get("ID_LIKE", "")
            known = any(one in like.split() for one in values)
            text += f" by ID_LIKE={like}" if known else f", which the catalog counts among those made of {values[0]}"
        told.append(text)
    return ", ".join(told)


def why_none(catalog: Catalog, release: Release, unknown: str = "") -> str:
    """Return in a sentence why no benchmark of the catalog fits a host, and what can be set. ``unknown``: why it does not say what it is."""
    because = f": {unknown}" if unknown else _because(list(catalog.benchmarks.values()), release)
    platforms = {one.platform for one in catalog.benchmarks.values() if set(release) & {*one.detect}} or {
        *catalog.platforms
    }
    known = ", ".join(
        one.name for newest in catalog.benchmarks.values() for one in newest.versions if one.platform in platforms
    )
    return (
        f"No benchmark fits this host ({system(release)}){because}. Name one with hipaa_cis_benchmark, for the host or its group, to use it all the "
        f"same. Known: {known}."
    )


def system(release: Release) -> str:
    """Return what a host calls itself, for people. Windows 11 calls itself Windows 10 in its product name, so the build stands beside it."""
    if "build" in release:
        return f"{release.get('product_name', 'Windows')}, build {release['build']}"
    return release.get("PRETTY_NAME") or release.get("ID") or "an unknown system"


def _because(benchmarks: Sequence[Benchmark], release: Release) -> str:
    for one in benchmarks:
        if one.roles and fits(one, release):
            keys = sorted({key for facts in one.roles.values() for key in facts})
            said = ", ".join(f"{key}={release.get(key, '')}" for key in keys)
            return f": it is a system of {one.id}, and what it says of its role ({said}) is none of {', '.join(one.roles)}; hipaa_cis_profile names one"
    name, version = release.get("ID", ""), release.get(RELEASE, "")
    own = sorted(
        {one for each in benchmarks if name in each.detect.get("ID", ()) for one in each.detect.get(RELEASE, ())}
    )
    if own and not version:
        return f": it says ID={name} and no VERSION_ID, as a release does that is not finished, so its release is not known"
    if own:
        return f": it is release {version} of {name}, and the benchmarks are for {', '.join(own)}"
    made_for = {one for each in benchmarks for one in each.detect.get("ID", ())}
    like = [one for one in release.get("ID_LIKE", "").split() if one in made_for]
    if like:
        for one in benchmarks:
            for key, codename in one.codename.items():
                if release.get(key) == codename:
                    return f": it is {name}, made of the release that {one.id} is for ({key}={codename}), and what is different in it is not known"
        return f": it is {name}, made of {like[0]} (ID_LIKE={release['ID_LIKE']}), and of which release, and what is different in it, is not known"
    return ""
