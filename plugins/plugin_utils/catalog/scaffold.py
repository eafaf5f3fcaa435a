# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a rule to start from. What it writes loads as it is; every text in capitals wants to be replaced."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import write_private

HEAD = """---
platform: {platform}
topic: {topic}
rules:
"""
RULE = """  - id: {id}
    title: STATE THE GOOD CONDITION OF THE SETTING
    why: SAY IN ONE OR TWO SENTENCES WHAT GOES WRONG WITHOUT IT.
    fix: SAY IN ONE LINE WHAT TO DO.
    severity: medium
    settings:
      - kind: {kind}
{address}        expect: {{present: true}}
    disrupts: none
    # closes: [su]    # where it closes a way that somebody gets in by; see catalog/schema/rules.json
    hipaa:
      - {{cite: 164.312(a)(1), strength: supporting, because: SAY HOW THIS VERY SETTING BEARS ON THE SAFEGUARD.}}
"""


def platform_of(kind: str) -> str:
    """Return the platform that has a kind: Linux, where several or none have it."""
    having = [platform.id for platform in load_catalog().platforms.values() if kind in platform.kinds]
    return having[0] if len(having) == 1 else "linux"


def rule_text(platform: str, kind: str, identifier: str, address: dict[str, str]) -> str:
    """Return the rule's YAML. Raises `HipaaCisError` on a kind or address key that the platform does not have, and on one that is missing."""
    known = load_catalog()
    if platform not in known.platforms:
        raise HipaaCisError(unknown("platform", platform, known.platforms))
    kinds = known.platforms[platform].kinds
    if kind not in kinds:
        raise HipaaCisError(unknown("kind", kind, kinds, most=40))
    if identifier in known.rules:
        raise HipaaCisError(f"the rule '{identifier}' is there already")
    keys = kinds[kind].address
    for key in address:
        if key not in keys:
            raise HipaaCisError(unknown(f"key of kind {kind}", key, keys))
    for key, wanted in keys.items():
        if wanted.get("required") and key not in address:
            raise HipaaCisError(f"the kind {kind} needs --address {key}=VALUE")
    lines = "".join(f"        {key}: {_written(text, keys[key]['type'])}\n" for key, text in address.items())
    return RULE.format(id=identifier, kind=kind, address=lines)


def _written(text: str, wanted: str) -> str:
    """Return an address's value as YAML; a backslash means itself in single quotes alone."""
    return "'" + text.replace("'", "''") + "'" if wanted == "string" else text


def _pair(given: str) -> tuple[str, str]:
    key, equals, text = given.partition("=")
    if not equals:
        raise HipaaCisError(f"--address takes KEY=VALUE, not '{given}'")
    return key, text


def main(arguments: Sequence[str]) -> int:
    """Append a rule to a topic's file, which is made where it is missing; return the exit code."""
    parser = argparse.ArgumentParser(description="Write a rule to start from.")
    parser.add_argument("--id", required=True, help="the rule's id: short, in words")
    parser.add_argument("--kind", required=True, help="the kind of setting; see docs/kinds.md")
    parser.add_argument(
        "--address", action="append", default=[], metavar="KEY=VALUE", help="a key of the kind's address"
    )
    parser.add_argument("--platform", help="where several have a kind of that name; linux without it")
    parser.add_argument("--topic", default="A new topic", help="for a file that is made")
    parser.add_argument("--file", required=True, type=Path, help="the rule file of the topic")
    chosen = parser.parse_args(arguments)
    try:
        platform = chosen.platform or platform_of(chosen.kind)
        text = rule_text(platform, chosen.kind, chosen.id, dict(map(_pair, chosen.address)))
    except HipaaCisError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    head = HEAD.format(platform=platform, topic=chosen.topic)
    before = chosen.file.read_text(encoding="utf-8") if chosen.file.exists() else head
    write_private(chosen.file, before + text)
    chosen.file.chmod(0o644)
    sys.stdout.write(
        f"{chosen.file}: rule '{chosen.id}' added; replace what stands in capitals, then make lint-catalog\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
