"""A second run sends what Ansible has put together in the first, and gives the same verdicts."""

from __future__ import annotations

import json
import os
import sys

from tests import pump
from tests.records import records_in


def test_ansible_uses_what_was_kept(tmp_path):
    inventory = tmp_path / "hosts"
    inventory.write_text(f"here ansible_connection=local ansible_python_interpreter={sys.executable}\n")
    environ = {
        **os.environ,
        "ANSIBLE_CONFIG": str(pump.ROOT / "ansible.cfg"),
        "ANSIBLE_DEBUG": "1",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    variables = {
        "hipaa_cis_run_dir": str(tmp_path / "runs"),
        "hipaa_cis_become": False,
        "hipaa_cis_benchmark": "debian_12",
        "hipaa_cis_include": {"rules": ["packets_not_forwarded"]},
    }
    arguments = ["hipaa.cis.audit", "-i", str(inventory), "-e", json.dumps(variables)]

    first, second = (pump.play(arguments, environ) for _run in range(2))

    assert "ANSIBALLZ: Creating module" in first.stdout + first.stderr
    said = second.stdout + second.stderr
    assert "ANSIBALLZ: using cached module" in said
    assert "ANSIBALLZ: Creating module" not in said
    one, two = (record["findings"] for run in sorted((tmp_path / "runs").glob("2*")) for record in records_in(run))
    assert one
    assert [finding["outcome"] for finding in one] == [finding["outcome"] for finding in two]
