"""What netplan made counts as long as the next boot makes the same: times of files and of their folder."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.set_elsewhere import set_elsewhere

MADE = "run/systemd/network/10-netplan-lan0.network"
PLAN, FOLDER = "etc/netplan/50-site.yaml", "etc/netplan"


@pytest.mark.parametrize(
    ("plan", "folder", "changed"),
    [
        (100, 100, ""),
        (300, 100, "/etc/netplan/50-site.yaml"),
        # Renamed, removed, or copied with its time (cp -p, rsync -a): the file is as old as before.
        (100, 300, "/etc/netplan"),
    ],
    ids=["older", "edited", "folder-changed"],
)
def test_what_netplan_made_counts_until_its_files_or_their_folder_change(tmp_path, plan, folder, changed):
    for name, text in ((PLAN, "network: {}\n"), (MADE, "[Match]\nName=lan0\n")):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    for name, when in ((MADE, 200), (PLAN, plan), (FOLDER, folder)):
        os.utime(tmp_path / name, (when, when))

    host = Host(str(tmp_path))
    if not changed:
        assert set_elsewhere(host) == []
        return
    with pytest.raises(ReadError, match=f"^{changed} was changed since netplan made"):
        set_elsewhere(host)
