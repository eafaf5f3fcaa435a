"""Scenarios on a booted host: what a reader says of them is what the program itself makes of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.scenarios.linux import crypto, rsyslog, sudo, text_setting

pytestmark = pytest.mark.hosts
ROOT = Path(__file__).parents[2]
CODE = "/opt/hipaa-cis-test"
TARGET = "plugins/module_utils/linux"
# They ask for something else than whether a port is taken or which mode a file gets.
NOT_SEEN = {"absent", "what-is-sent", "other-configuration", "stock-unit", "include-leads-nowhere"}


def given():
    """Return the scenarios that a program can be asked about; those of journald for one of another name."""
    journals = [
        asdict(one) for one in text_setting.SCENARIOS if one.address == text_setting.JOURNAL and not one.commands
    ]
    # The host has its own library.
    tls = [
        {**asdict(one), "files": {path: text for path, text in one.files.items() if path != crypto.LIBRARY}}
        for one in crypto.SCENARIOS
        if one.address == crypto.OPENSSL and crypto.LIBRARY in one.files
    ]
    return {
        "crypto": tls,
        "rsyslog": [asdict(one) for one in rsyslog.SCENARIOS if one.id not in NOT_SEEN],
        "sudo": [asdict(one) for one in sudo.FREED],
        "text_setting": json.loads(json.dumps(journals).replace("journald.conf", "journald@agree.conf")),
    }


def test_readers_say_what_the_programs_do(server_host):
    for path in (ROOT / TARGET).rglob("*.py"):
        server_host.write(
            f"{CODE}/ansible_collections/hipaa/cis/{path.relative_to(ROOT)}", path.read_text(encoding="utf-8")
        )
    server_host.write(f"{CODE}/agree.py", Path(__file__).with_name("agree_on_host.py").read_text(encoding="utf-8"))
    server_host.write(f"{CODE}/given.json", json.dumps(given()))

    answer = json.loads(server_host.run(["python3", f"{CODE}/agree.py", CODE, f"{CODE}/given.json"]).stdout)

    seen = {f"{kind} {name}": pair for kind, rows in answer.items() for name, pair in rows.items()}
    assert len(seen) > 115
    # Of what a program complains about no verdict is given.
    assert {name: pair for name, pair in seen.items() if pair[0] != pair[1] and pair[1] != "error"} == {}
