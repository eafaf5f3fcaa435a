"""Booted hosts are what they promise to be, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.accounts import AUDITOR, PLAIN
from tests.hosts.host import Host
from tests.hosts.plugin import HostFactory

pytestmark = pytest.mark.hosts


def test_boots_debian_12_with_systemd(booted_host: Host) -> None:
    assert "VERSION_CODENAME=bookworm" in booted_host.read("/etc/os-release")
    assert booted_host.run(["systemctl", "is-active", "ssh"]).stdout.strip() == "active"


def test_boots_debian_13_with_systemd(debian13_host: Host) -> None:
    assert "VERSION_CODENAME=trixie" in debian13_host.read("/etc/os-release")
    assert debian13_host.run(["systemctl", "is-active", "ssh"]).stdout.strip() == "active"


@pytest.mark.parametrize(("user", "becomes_root"), [("root", True), (AUDITOR, True), (PLAIN, False)])
def test_each_user_comes_in_by_key(booted_host: Host, user: str, becomes_root: bool) -> None:
    assert booted_host.ssh(["id", "-un"], user=user).stdout.strip() == user
    assert (booted_host.ssh(["sudo", "-n", "true"], user=user, check=False).returncode == 0) == becomes_root


def test_python_is_where_ansible_is_told(booted_host: Host) -> None:
    assert booted_host.ssh(["/usr/bin/python3", "-c", "print(1)"]).stdout == "1\n"


def test_several_hosts_boot_at_once_and_reach_each_other(booted_hosts: HostFactory) -> None:
    first, second = booted_hosts(2)
    assert first.address != second.address
    probe = f"import socket; print(socket.create_connection(({second.address!r}, 22), 5).recv(4))"
    assert first.run(["python3", "-c", probe]).stdout.strip() == "b'SSH-'"


def test_a_service_stopped_on_one_host_goes_on_on_another(booted_hosts: HostFactory) -> None:
    first, second = booted_hosts(2)
    first.run(["systemctl", "kill", "--signal=KILL", "cron"])
    first.run(["systemctl", "stop", "cron"])
    assert second.run(["systemctl", "is-active", "cron"]).stdout.strip() == "active"


def test_reset_undoes_everything(booted_host: Host) -> None:
    booted_host.write("/etc/ssh/sshd_config.d/mine.conf", "Port 2222\n")
    booted_host.run(["rm", "-r", "/etc/cron.daily"])
    booted_host.reset()
    assert booted_host.run(["ls", "-d", "/etc/cron.daily"]).returncode == 0
    assert booted_host.run(["ls", "/etc/ssh/sshd_config.d/mine.conf"], check=False).returncode != 0
    assert booted_host.ssh(["true"]).returncode == 0


def test_restart_keeps_the_disk(booted_host: Host) -> None:
    booted_host.write("/etc/mine", "kept", mode=0o600)
    booted_host.restart()
    assert booted_host.read("/etc/mine") == "kept"
    assert booted_host.run(["stat", "-c", "%a", "/etc/mine"]).stdout.strip() == "600"


def test_commands_run_inside_from_the_root_directory(booted_host: Host) -> None:
    booted_host.run(["touch", "mine"])
    assert booted_host.run(["sh", "-c", "pwd; ls /mine; hostname"]).stdout.split() == ["/", "/mine", booted_host.name]
    assert not Path("/mine").exists()


def test_write_follows_links_as_the_host_does(booted_host: Host) -> None:
    booted_host.run(["ln", "-s", "/etc/mine", "/root/link"])
    booted_host.write("/root/link", "inside")
    assert booted_host.read("/etc/mine") == "inside"
    assert not Path("/etc/mine").exists()


def test_ansible_modules_run_on_a_host(ansible_booted_host: Any, booted_host: Host) -> None:
    assert ansible_booted_host.ping().contacted[booted_host.name]["ping"] == "pong"
    facts = ansible_booted_host.setup(gather_subset="!all,min").contacted[booted_host.name]["ansible_facts"]
    assert facts["ansible_distribution_release"] == "bookworm"


def test_a_connection_of_ansible_does_not_outlive_a_reset(
    booted_host: Host, write_inventory: Callable[..., Path], run_ansible: Callable[..., str]
) -> None:
    path = write_inventory([booted_host], user=AUDITOR)
    for _rest in range(2):
        assert "SUCCESS" in run_ansible("-i", path, booted_host.name, "-m", "ansible.builtin.ping")
        assert list(booted_host.control.iterdir())
        booted_host.reset()
        assert not list(booted_host.control.iterdir())
