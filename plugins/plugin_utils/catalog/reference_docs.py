# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the reference pages and the roles of the standards from the catalog, or say where they drifted (``--check``)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import matchers, role_docs
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import (
    SEVERITIES,
    Benchmark,
    Catalog,
    Cite,
    Rule,
    topic_tag,
)

ROOT = Path(__file__).parents[3]
FOLDER = "docs/reference/"
NOTE = "<!-- Written by `make docs` from the catalog; changes here are lost. -->"


def pages(known: Catalog) -> dict[str, str]:
    """Return path below the repository -> text of every page."""
    result = {
        **{f"rules_{one}.md": _page(f"Rules of {one}", _rules(known, one)) for one in known.platforms},
        "mapping.md": _page("Mapping to 45 CFR 164.312", _mapping(known)),
        "parameters.md": _page("Parameters", _parameters(known)),
        "selection.md": _page("What can be included and excluded", _selection(known)),
    }
    for benchmark in [one for newest in known.benchmarks.values() for one in newest.versions]:
        result[f"benchmark_{benchmark.id}_{benchmark.version}.md"] = _page(
            f"{benchmark.title} v{benchmark.version}", _benchmark(known, benchmark)
        )
    return {FOLDER + name: text for name, text in result.items()}


def _page(title: str, lines: Iterator[str]) -> str:
    return "\n".join([f"# {title}", "", NOTE, "", *lines]).rstrip() + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(text: str) -> str:
    """Return a cell that is shown as it is written: a pattern has stars and brackets that Markdown means something by."""
    return f"`{_cell(text)}`" if re.search(r"[*_\[\]^\\]", text) else _cell(text)


def _rules(known: Catalog, platform: str) -> Iterator[str]:
    topics: dict[str, list[Rule]] = {}
    for rule in known.rules.values():
        if rule.platform != platform:
            continue
        topics.setdefault(rule.topic, []).append(rule)
    for topic in sorted(topics):
        yield from (f"## {topic}", "")
        for rule in topics[topic]:
            yield from _rule(known, rule)


def _rule(known: Catalog, rule: Rule) -> Iterator[str]:
    places = ", ".join(f"{item['benchmark']} {item['id']}" for item in known.rule_recommendations(rule.id)) or "none"
    yield from (f"### {rule.id}", "", f"**{rule.title}.** {_cell(rule.why)}", "")
    yield f"- severity {rule.severity}; disrupts {rule.disrupts}; recommendations: {places}"
    if rule.closes:
        yield f"- closes, to those who keep another way: {', '.join(rule.closes)}"
    yield f"- fix: {_cell(rule.fix)}"
    if rule.manual:
        yield f"- a person checks: {_cell(rule.manual)}"
    for mapping in rule.hipaa:
        yield f"- {mapping['cite']} ({mapping['strength']}): {_cell(mapping['because'])}"
    if rule.hardening_only:
        yield f"- hardening only: {_cell(rule.hardening_only)}"
    yield ""


def _mapping(known: Catalog) -> Iterator[str]:
    for rows, head in ((known.safeguards, "Safeguards"), (known.neighbours, "Neighbours")):
        yield from (f"## {head}", "")
        for row in rows.values():
            yield from _cite(known, row)


def _cite(known: Catalog, row: Cite) -> Iterator[str]:
    yield from (f"### {row.cite} {row.name} ({row.obligation})", "")
    if row.nist_800_53:
        yield from (f"SP 800-53: {', '.join(row.nist_800_53)}", "")
    found = [(rule, mapping) for rule in known.rules.values() for mapping in rule.hipaa if mapping["cite"] == row.cite]
    if row.mechanisms:
        yield from ("| mechanism that can carry it | what it does | rules |", "|---|---|---|")
        for name, what in row.mechanisms.items():
            carriers = ", ".join(rule.id for rule, mapping in found if mapping.get("mechanism") == name)
            yield f"| {name} | {_cell(what)} | {carriers or 'none yet'} |"
        yield ""
    if not found:
        yield from ("No rule bears on it; it needs an attestation.", "")
        return
    yield from ("| rule | strength | because |", "|---|---|---|")
    yield from (f"| {rule.id} | {mapping['strength']} | {_cell(mapping['because'])} |" for rule, mapping in found)
    yield ""


def _parameters(known: Catalog) -> Iterator[str]:
    yield from (
        "Set one with `hipaa_cis_parameter_<name>` for a host or group. Where it is not set, hosts are judged by its default,",
        "and remediation writes the default too, or the stricter value that stands behind it.",
        "",
    )
    yield from ("| name | what | type | default | the benchmark's bound |", "|---|---|---|---|---|")
    for item in known.parameters.values():
        bound = matchers.describe(item.bound) if item.bound else "none"
        unit = f" {item.unit}" if item.unit else ""
        written = "" if item.written is None else f" (written: {_cell(str(item.written))})"
        default = f"{_cell(str(item.default))}{unit}{written}"
        yield f"| {item.id} | {_cell(item.title)} | {item.type} | {default} | {_code(bound)} |"


def _selection(known: Catalog) -> Iterator[str]:
    """Write the names by which rules are chosen; those of rules, safeguards and parameters have pages of their own."""
    yield from (
        "`hipaa_cis_include` and `hipaa_cis_exclude` take lists of names by these keys; several keys of an include have to fit together:",
        "",
        "    hipaa_cis_include: {tags: [ssh], severity: [high, critical]}",
        "",
        "| key | names |",
        "|---|---|",
        "| `tags` | [below](#tags) |",
        f"| `rules` | those of the rules of {', '.join(f'[{one}](rules_{one}.md)' for one in known.platforms)} |",
        "| `safeguards` | the cites of the [mapping](mapping.md) |",
        "| `recommendations` | the numbers of a benchmark, such as 5.1.2 |",
        f"| `severity` | {', '.join(SEVERITIES)} |",
        "",
        "`--tags` and `--skip-tags` take tags, [topics](#topics), cites, and the levels `level_1` and `level_2`:",
        "",
        "    ansible-playbook hipaa.cis.audit -i inventory --tags audit_rules",
        "",
    )
    tags: dict[str, list[str]] = {}
    topics: dict[str, list[str]] = {}
    for rule in known.rules.values():
        topics.setdefault(topic_tag(rule.topic), []).append(rule.id)
        for tag in rule.tags:
            tags.setdefault(tag, []).append(rule.id)
    for head, word, found in (("Tags", "tag", tags), ("Topics", "topic", topics)):
        yield from (f"## {head}", "", f"| {word} | rules |", "|---|---|")
        yield from (f"| {name} | {', '.join(sorted(found[name]))} |" for name in sorted(found))
        yield ""


def _benchmark(known: Catalog, benchmark: Benchmark) -> Iterator[str]:
    judged = [item for item in benchmark.recommendations if item.rules]
    manual = sum(all(known.rules[rule].manual for rule in item.rules) for item in judged)
    total = len(benchmark.recommendations)
    yield f"Named as `{benchmark.name}`{_versions(benchmark, known.benchmarks[benchmark.id].version == benchmark.version)}."
    yield ""
    yield f"{total} recommendations: {len(judged) - manual} judged, {manual} for a person, {total - len(judged)} not yet automated."
    older = [one for one in known.benchmarks[benchmark.id].versions if one.number < benchmark.number]
    if older:
        yield from _since(max(older, key=lambda one: one.number), benchmark)
    yield from ("", "| id | levels | rules |", "|---|---|---|")
    for item in benchmark.recommendations:
        levels = ", ".join(f"{profile} {level}" for profile, level in item.level.items())
        what = ", ".join(item.rules) or f"not yet automated: {_cell(item.title)} ({_cell(item.not_yet_automated)})"
        yield f"| {item.id} | {levels} | {what} |"


def _since(before: Benchmark, benchmark: Benchmark) -> Iterator[str]:
    """Write which numbers the rules of the version before have now. What runs compare is rules, so none of this is drift."""
    then, now = before.numbers, benchmark.numbers
    moved = {rule: (then[rule], now[rule]) for rule in then if rule in now and then[rule] != now[rule]}
    yield from ("", f"Since v{before.version}: {len(moved)} rules have other numbers,")
    yield f"{len(now.keys() - then.keys())} are new ({_named(now.keys() - then.keys())}),"
    yield f"{len(then.keys() - now.keys())} are asked no more ({_named(then.keys() - now.keys())})."
    yield from ("", f"| rule | v{before.version} | v{benchmark.version} |", "|---|---|---|")
    yield from (f"| {rule} | {', '.join(moved[rule][0])} | {', '.join(moved[rule][1])} |" for rule in moved)


def _named(rules: Iterable[str]) -> str:
    return ", ".join(sorted(rules)) or "none"


def _versions(benchmark: Benchmark, meant: bool) -> str:
    """Return how it stands to other versions. ``meant``: it is the one that its id alone means."""
    if benchmark.preview:
        return ", and so only: it is a preview, of which not all is judged yet that could be"
    if benchmark.opt_in:
        return f", or as `{benchmark.id}`, and so only: a site asks for it"
    newer = f"; superseded by v{benchmark.superseded_by}" if benchmark.superseded_by else ""
    return f", or as `{benchmark.id}`{newer}" if meant else newer


def main(arguments: Sequence[str]) -> int:
    """Write the pages; with ``--check`` only say which differ. Returns the exit code."""
    known = load_catalog()
    wanted = {**pages(known), **role_docs.files(known)}
    present = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in [*(ROOT / FOLDER).glob("*.md"), *(ROOT / name for name in wanted if (ROOT / name).exists())]
    }
    drifted = sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))
    if "--check" in arguments:
        sys.stdout.write("".join(f"{name} is not what the catalog says; run make docs\n" for name in drifted))
        return 1 if drifted else 0
    for name in drifted:
        if name in wanted:
            (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / name).write_text(wanted[name], encoding="utf-8")
        else:
            (ROOT / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
