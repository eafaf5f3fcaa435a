"""What is told of start-up files is what the shells of a booted Debian 12 have: a whole table of them in one go."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from tests.scenarios import start_up_files as table

pytestmark = [pytest.mark.hosts, pytest.mark.root]


def test_shells_have_what_is_told(server_host, tmp_path):
    said = server_host.run(["python3", "-c", table.DRIVER], data=table.question(), timeout=240).stdout
    answers = {name: dict(zip(table.WAYS, ways, strict=True)) for name, ways in json.loads(said).items()}

    assert answers == table.ANSWERS
    wrong = []
    for number, (name, ways) in enumerate(answers.items()):
        host = Host(str(table.plant(tmp_path / str(number), name)), privileged=True)
        wrong += [(name, way) for way, text in ways.items() if text and text not in table.told(host, way)]
    assert not wrong
