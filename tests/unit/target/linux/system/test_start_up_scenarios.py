"""What the shells are said to have after their start-up files, held against what bash and dash themselves said."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from tests.scenarios import start_up_files as table
from tests.scenarios.start_up_files import told

pytestmark = pytest.mark.root


@pytest.mark.parametrize("name", table.SCENARIOS)
def test_told_is_what_the_shells_have(tmp_path, name):
    host = Host(str(table.plant(tmp_path, name)), privileged=True)
    wrong = {
        way: (found, said)
        for way, said in table.ANSWERS[name].items()
        for found in [told(host, way)]
        if said and not (said in found if table.may_be_more(name, way) else found == {said})
    }

    assert not wrong
