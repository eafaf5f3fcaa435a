"""Signs that look like blanks, on a booted host: a reader takes a line exactly where its program does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.hosts
ROOT = Path(__file__).parents[2]
CODE = "/opt/hipaa-cis-test"
TARGET = "plugins/module_utils/linux"


def test_readers_know_the_blanks_of_the_programs(server_host):
    for path in (ROOT / TARGET).rglob("*.py"):
        place = f"{CODE}/ansible_collections/hipaa/cis/{path.relative_to(ROOT)}"
        server_host.write(place, path.read_text(encoding="utf-8"))
    server_host.write(f"{CODE}/compare.py", Path(__file__).with_name("blanks_on_host.py").read_text(encoding="utf-8"))

    answer = json.loads(server_host.run(["python3", f"{CODE}/compare.py", CODE]).stdout)

    assert len(answer) == 10
    for name, rows in answer.items():
        taken = [sign for sign, by_program, _by_reader in rows if by_program]
        assert taken == [sign for sign, _by_program, by_reader in rows if by_reader], name
        assert " " in taken, name
        assert "\xa0" not in taken, name
