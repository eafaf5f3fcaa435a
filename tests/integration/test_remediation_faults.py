"""Faults of real hosts while they are remediated: nothing is lost, and the message says what happened and what to do."""

from __future__ import annotations

import subprocess
import time

import pytest

from tests.hosts.system import wait_until
from tests.integration.remediating import (
    changes,
    journals,
    kill_tree,
    mode,
    playbook,
    playbook_command,
    remediation_of,
    results,
)

__all__ = ["playbook", "playbook_command", "remediation_of", "results"]

pytestmark = pytest.mark.hosts

DROP_IN = "/etc/sysctl.d/99-zz-hipaa-cis.conf"


def reasons(remediation_of, host):
    return {item["rule"]: item.get("reason", "") for item in remediation_of(host)["results"]}


def test_immutable_file(booted_host, playbook, results, remediation_of):
    booted_host.run(["chattr", "+i", "/etc/crontab"])
    try:
        code, said = playbook("remediate", [booted_host])
        assert code == 0, said
        assert results(booted_host)["crontab_permissions"] == "still_failing"
        assert "marked immutable" in reasons(remediation_of, booted_host)["crontab_permissions"]
        assert results(booted_host)["redirects_not_sent"] == "fixed"
    finally:
        booted_host.run(["chattr", "-i", "/etc/crontab"])


def test_read_only_file_system(booted_host, playbook, results, remediation_of):
    booted_host.run(["sh", "-c", "mount --bind /etc/sysctl.d /etc/sysctl.d && mount -o remount,ro,bind /etc/sysctl.d"])
    try:
        code, said = playbook("remediate", [booted_host])
        assert code == 0, said
        assert results(booted_host)["redirects_not_sent"] == "still_failing"
        assert "mounted read-only" in reasons(remediation_of, booted_host)["redirects_not_sent"]
        assert results(booted_host)["crontab_permissions"] == "fixed"
    finally:
        booted_host.run(["umount", "/etc/sysctl.d"])


def test_file_that_is_mounted_over(booted_host, playbook, results, remediation_of):
    booted_host.write("/srv/conf", "net.ipv4.conf.all.send_redirects = 1\n")
    booted_host.write("/etc/sysctl.d/50-bound.conf", "")
    booted_host.run(["mount", "--bind", "/srv/conf", "/etc/sysctl.d/50-bound.conf"])
    try:
        playbook("remediate", [booted_host])
        assert results(booted_host)["redirects_not_sent"] == "still_failing"
        assert "bind mount" in reasons(remediation_of, booted_host)["redirects_not_sent"]
    finally:
        booted_host.run(["umount", "/etc/sysctl.d/50-bound.conf"])


def test_folder_that_is_mounted_over(booted_host, playbook, results, remediation_of):
    """It is changed where it comes from, which is said, and brought back there."""
    booted_host.write("/srv/conf/50-bound.conf", "net.ipv4.conf.all.send_redirects = 1\n")
    booted_host.run(["mount", "--bind", "/srv/conf", "/etc/sysctl.d"])
    try:
        code, said = playbook("remediate", [booted_host])
        assert code == 0, said
        assert results(booted_host)["redirects_not_sent"] == "fixed"
        assert any(
            "a bind mount of " in text and "/srv/conf" in text for text in remediation_of(booted_host)["warnings"]
        )
        code, said = playbook("rollback", [booted_host])
        assert code == 0, said
        assert booted_host.run(["ls", "-A", "/srv/conf"]).stdout.split() == ["50-bound.conf"]
        assert booted_host.read("/srv/conf/50-bound.conf") == "net.ipv4.conf.all.send_redirects = 1\n"
    finally:
        booted_host.run(["umount", "/etc/sysctl.d"])


def test_file_with_other_names(booted_host, playbook, results, remediation_of):
    """The mode is theirs too; the content would be left behind in the others."""
    text = "net.ipv4.conf.all.send_redirects = 1\n"
    booted_host.write("/etc/sysctl.d/50-linked.conf", text)
    booted_host.run(["ln", "/etc/sysctl.d/50-linked.conf", "/srv/linked"])
    booted_host.run(["cp", "/etc/crontab", "/etc/crontab.own"])
    booted_host.run(["sh", "-c", "mv /etc/crontab.own /etc/crontab && ln /etc/crontab /srv/crontab"])
    before = booted_host.snapshot()

    code, said = playbook("remediate", [booted_host])
    assert code == 0, said
    assert results(booted_host)["crontab_permissions"] == "fixed"
    assert mode(booted_host, "/srv/crontab") == "600"
    # The value for new interfaces stands in no file with other names, and is set.
    assert results(booted_host)["redirects_not_sent"] == "still_failing"
    assert "find / -xdev -samefile" in reasons(remediation_of, booted_host)["redirects_not_sent"]

    code, said = playbook("rollback", [booted_host])
    assert code == 0, said
    assert not changes(before, booted_host)


def test_no_room_for_the_journal(booted_host, playbook):
    booted_host.run(["mkdir", "-p", "/var/lib/hipaa-cis"])
    booted_host.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/var/lib/hipaa-cis"])
    try:
        code, said = playbook("remediate", [booted_host])
        assert code == 2
        assert "less than 8 MiB free; nothing was changed" in said
        assert "Traceback" not in said
        assert mode(booted_host) == "644"
    finally:
        booted_host.run(["umount", "/var/lib/hipaa-cis"])


def test_disk_that_is_full_in_the_middle(booted_host, playbook, results, remediation_of):
    """The folder of the drop-in is full; the journal, on another file system, is not."""
    booted_host.run(["mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=3", "tmpfs", "/etc/sysctl.d"])
    booted_host.run(["sh", "-c", "cat /dev/zero > /etc/sysctl.d/filler 2>/dev/null || true"])
    try:
        code, said = playbook("remediate", [booted_host])
        assert code == 0, said
        assert "file system is full" in reasons(remediation_of, booted_host)["redirects_not_sent"]
        assert results(booted_host)["crontab_permissions"] == "fixed"
        assert booted_host.run(["ls", "-A", "/etc/sysctl.d"]).stdout.split() == ["filler"]
    finally:
        booted_host.run(["umount", "/etc/sysctl.d"])


def test_damaged_journal(booted_host, playbook, tmp_path):
    playbook("remediate", [booted_host])
    run_id = (tmp_path / "runs" / "latest").resolve().name
    journal = f"/var/lib/hipaa-cis/{run_id}/journal"
    booted_host.run(["sed", "-i", "2s/crontab/crontaX/; 3s/^./X/", journal])

    code, said = playbook("rollback", [booted_host])
    assert code == 2
    assert "is damaged; nothing was rolled back" in " ".join(said.split())
    assert mode(booted_host) == "600"

    code, said = playbook("rollback", [booted_host], hipaa_cis_force=True)
    assert code == 0, said
    assert booted_host.run(["test", "-e", DROP_IN], check=False).returncode == 1


def test_clock_that_jumps(booted_host, playbook, results):
    """Locks and timers go by the time since the boot, so a clock in the past or future does not matter."""
    booted_host.run(["mkdir", "-p", "-m", "700", "/var/lib/hipaa-cis/older/blobs"])
    booted_host.write("/var/lib/hipaa-cis/older/journal", "", 0o600)
    booted_host.run(["touch", "-d", "2039-01-01", "/var/lib/hipaa-cis/older", "/var/lib/hipaa-cis/older/blobs"])

    playbook("remediate", [booted_host])
    assert results(booted_host)["crontab_permissions"] == "fixed"
    code, said = playbook("rollback", [booted_host])

    assert code == 0, said
    assert mode(booted_host) == "644"


def test_ssh_configuration_that_is_broken_before(booted_host, playbook, results, remediation_of):
    booted_host.write("/etc/ssh/sshd_config.d/10-broken.conf", "NoSuchOption yes\n")
    variables = {"hipaa_cis_include": {"rules": ["ssh_max_auth_tries", "crontab_permissions"]}}
    before = booted_host.read("/etc/ssh/sshd_config")

    code, said = playbook("remediate", [booted_host], **variables)

    assert code == 0, said
    assert results(booted_host) == {"ssh_max_auth_tries": "error", "crontab_permissions": "fixed"}
    assert "NoSuchOption" in reasons(remediation_of, booted_host)["ssh_max_auth_tries"]
    assert booted_host.read("/etc/ssh/sshd_config") == before


def no_module(host):
    return host.run(["pgrep", "--full", "python3|sudo"], check=False).returncode == 1


@pytest.mark.parametrize("seconds", [1.5, 2.0, 2.5, 3.0, 3.5])
def test_controller_that_is_killed(booted_host, playbook, playbook_command, results, seconds):
    playbook("audit", [booted_host])
    before = booted_host.snapshot()
    argv = playbook_command("remediate", [booted_host])
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    # Its workers have sessions of their own; one that lives on would begin after all.
    kill_tree(process.pid)
    process.wait()
    # A module that was sent off goes on by itself, longer on a busy machine.
    wait_until(lambda: no_module(booted_host), seconds=30, what="end of the module")

    # The lock of a killed run is still held, for nobody knows that it is dead; who names it takes the host from it.
    for run_id in journals(booted_host):
        if booted_host.read("/var/lib/hipaa-cis/lock"):
            code, said = playbook("rollback", [booted_host])
            assert code == 2, said
            assert f"hipaa_cis_run_id={run_id}" in said
        code, said = playbook("rollback", [booted_host], hipaa_cis_run_id=run_id)
        assert code == 0, said
    assert not changes(before, booted_host)
    code, said = playbook("remediate", [booted_host])
    assert code == 0, said
    assert set(results(booted_host).values()) == {"fixed"}


FSTAB = {"hipaa_cis_include": {"rules": ["mount_tmp_nodev"]}}
# A disk that is not plugged in: findmnt has called this an error all along.
UNPLUGGED = "LABEL=unplugged /srv/unplugged ext4 defaults 0 2\ntmpfs /tmp tmpfs rw,exec 0 0\n"
DENIES = '#!/bin/sh\n/usr/bin/findmnt "$@"\ncase "$3" in *.hipaa-cis) printf "/tmp\\n   [E] no such option\\n"; exit 1;; esac\n'


def test_table_of_mounts_is_checked_before_it_is_live(booted_host, playbook, results, remediation_of):
    booted_host.write("/etc/fstab", UNPLUGGED)
    booted_host.run(["sh", "-c", "mountpoint -q /tmp || mount /tmp; mount -o remount,dev /tmp"])
    assert booted_host.run(["findmnt", "--verify"], check=False).returncode == 1
    booted_host.write("/usr/local/bin/findmnt", DENIES, 0o755)

    playbook("remediate", [booted_host], **FSTAB)
    assert results(booted_host) == {"mount_tmp_nodev": "still_failing"}
    assert "/tmp: no such option" in reasons(remediation_of, booted_host)["mount_tmp_nodev"]
    assert "unplugged" not in reasons(remediation_of, booted_host)["mount_tmp_nodev"]
    assert booted_host.read("/etc/fstab") == UNPLUGGED

    booted_host.run(["rm", "/usr/local/bin/findmnt"])
    code, said = playbook("remediate", [booted_host], **FSTAB)
    assert code == 0, said
    assert results(booted_host) == {"mount_tmp_nodev": "fixed"}
    assert "/tmp tmpfs rw,exec,nodev 0 0" in booted_host.read("/etc/fstab")
