"""No fact of accounts holds a planted hash, whole or in part."""

from __future__ import annotations

import json

from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import accounts
from tests.scenarios.linux import host_for, plant
from tests.scenarios.linux.accounts import HASH, SCENARIOS


def test_no_hash_comes_back(tmp_path):
    plant(str(tmp_path), SCENARIOS[0])
    host = host_for(str(tmp_path), SCENARIOS[0])

    told = json.dumps([seen.as_dict() for seen in accounts.read(host, [{"fact": fact} for fact in accounts.FACTS])])

    assert "yescrypt" in told
    assert not any(part in told for part in HASH.split("$") if len(part) > 2)
