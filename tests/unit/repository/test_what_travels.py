"""What an audit carries to a host: readers and what they stand on, and nothing that changes a host."""

from __future__ import annotations

from tests.payload import our_files, payload

CHANGING = (
    "module_utils/linux/writers/",
    "module_utils/linux/guards/",
    "module_utils/linux/change/",
    "module_utils/linux/apply.py",
)


def test_an_audit_carries_nothing_that_changes_a_host(tmp_path):
    arguments = {"settings": [{"kind": "host_fact", "fact": "efi"}]}

    files = our_files(payload("hipaa.cis.linux_observe", arguments, tmp_path))

    assert {"modules/linux_observe.py", "module_utils/linux/readers/sysctl.py", "module_utils/linux/host.py"} <= files
    assert not [name for name in files if name.startswith(CHANGING)]
