"""Options of mounts in fstab: one field is changed, and all the rest of the line stays."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import mounts
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.mounts import _joined, _with_option


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("/dev/sdb /tmp ext4 defaults 0 2", "/dev/sdb /tmp ext4 defaults,nosuid 0 2"),
        ("/dev/sdb /tmp ext4 defaults", "/dev/sdb /tmp ext4 defaults,nosuid"),
        ("/dev/sdb\t/tmp  ext4\tsuid,noatime\t0 2", "/dev/sdb\t/tmp  ext4\tnoatime,nosuid\t0 2"),
        ("/dev/sdb /tmp ext4 nosuid,dev 0 2", "/dev/sdb /tmp ext4 dev,nosuid 0 2"),
        (" /dev/sdb /tmp ext4 suid 0 2", " /dev/sdb /tmp ext4 nosuid 0 2"),
        ("tmpfs tmpfs tmpfs tmpfs 0 0", "tmpfs tmpfs tmpfs tmpfs,nosuid 0 0"),
    ],
)
def test_option_is_added_and_its_opposite_taken_away(line, after):
    assert _with_option("# first\n%s\n# last\n" % line, 2, "nosuid") == "# first\n%s\n# last\n" % after


def test_line_without_options_is_left_to_a_person():
    with pytest.raises(CannotFix, match="/etc/fstab:1 has no options; write them by hand"):
        _with_option("/dev/sdb /tmp ext4\n", 1, "nosuid")


@pytest.mark.parametrize(("text", "after"), [("", "x\n"), ("a", "a\nx\n"), ("a\n", "a\nx\n")])
def test_line_is_added_as_a_line_of_its_own(text, after):
    assert _joined(text, "x") == after


MOUNTED = {"/proc/1/mountinfo": "1 0 8:1 / / rw - ext4 /dev/vda1 rw\n2 1 0:9 / /tmp rw - tmpfs tmpfs rw\n"}


@pytest.mark.root
@pytest.mark.parametrize(
    ("option", "wanted"),
    [
        ("relatime", {"configured": True}),
        ("nodev", {"configured": False}),
        ("nodev", {"configured": True, "running": 1}),
    ],
)
def test_only_three_options_are_put_on_a_mount(planned, option, wanted):
    state, steps = planned("mount_option", {"path": "/tmp", "option": option}, wanted, MOUNTED)

    assert (state["state"], steps) == ("refused", [])
    assert "only nodev, nosuid and noexec" in state["reason"]


@pytest.mark.root
def test_unit_that_would_still_win_is_named(planned, monkeypatch):
    other = SimpleNamespace(options=["rw"], by="/etc/systemd/system/tmp.mount")
    mount = SimpleNamespace(options=["rw"], fstype="tmpfs", has=lambda _flag: False)
    seen = itertools.chain([(mount, None, "")], itertools.repeat((mount, other, "")))
    monkeypatch.setattr(mounts.mounts.Mounts, "find", lambda _self, _address: next(seen))

    state, steps = planned("mount_option", {"path": "/tmp", "option": "nodev"}, {"configured": True}, MOUNTED)

    assert (state["state"], steps) == ("refused", [])
    assert state["reason"] == "/etc/systemd/system/tmp.mount would still win for /tmp; change it by hand"


def test_dataset_of_zfs_is_left_with_the_command(planned):
    from tests.scenarios.linux.mount_point import ON_ZFS, ROOT, TABLE, ZFS_LIST

    links = "/etc/systemd/system/zfs.target.wants/zfs-mount.service"
    files = {TABLE: ROOT + ON_ZFS, "/usr/sbin/zfs": "", links: "", "/etc/fstab": ""}
    rows = {ZFS_LIST: "tank/tmp\t/tmp\ton\toff\ton\ton\ton\n"}

    state, steps = planned(
        "mount_option", {"path": "/tmp", "option": "noexec"}, {"running": True, "configured": True}, files, rows
    )

    assert (state["state"], steps) == ("refused", [])
    assert (
        state["reason"]
        == "/tmp is mounted by the properties of the ZFS dataset tank/tmp; run zfs set exec=off tank/tmp"
    )
