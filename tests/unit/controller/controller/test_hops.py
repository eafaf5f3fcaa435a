"""Which hosts are reached through which, by all that Ansible's connections say."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import hops


@pytest.fixture
def behind(monkeypatch, tmp_path):
    def ask(hosts, configured="", file=""):
        monkeypatch.setattr(hops, "shared_text", lambda _name, make: make())
        monkeypatch.setattr(hops, "_configured", lambda option: configured if option == "ssh_args" else "")
        (tmp_path / "config").write_text(file)
        monkeypatch.setattr(hops, "SSH_FILES", (str(tmp_path / "config"),))
        variables = {"hostvars": hosts, "groups": {"all": list(hosts)}}
        return hops.behind(hops.read(variables), ["gate", "192.0.2.9"])

    return ask


@pytest.mark.parametrize(
    "given",
    [
        {"ansible_ssh_common_args": "-o ProxyJump=admin@gate:2222"},
        {"ansible_ssh_common_args": "-J other,admin@192.0.2.9"},
        {"ansible_ssh_extra_args": "-Jgate -v".replace("-Jgate", "-J gate")},
        {"ansible_ssh_args": "-o ProxyCommand='ssh -W %h:%p -q admin@gate.example.org'"},
        {"ansible_ssh_common_args": '-o "ProxyCommand=ssh -W [%h]:%p ssh://admin@gate:22"'},
        {"ansible_paramiko_proxy_command": "nc -x gate:1080 %h %p"},
    ],
)
def test_host_behind_a_gate(behind, given):
    assert behind({"gate": {"ansible_host": "192.0.2.9"}, "ward": given, "web": {}}) == ["ward"]


@pytest.mark.parametrize("text", ["-J other", "-o ControlPath=/tmp/gate", "-o ProxyJump=none", ""])
def test_host_behind_another_or_none(behind, text):
    assert behind({"gate": {}, "ward": {"ansible_ssh_common_args": text}}) == []


def test_ansible_cfg_holds_for_all_who_say_nothing_else(behind):
    assert behind({"gate": {}, "ward": {}, "web": {"ansible_ssh_args": "-C"}}, "-o ProxyJump=gate") == ["ward"]


def test_what_is_configured_is_asked_of_ansible_itself(monkeypatch):
    monkeypatch.setenv("ANSIBLE_SSH_COMMON_ARGS", "-J gate")

    assert hops._configured("ssh_common_args") == "-J gate"


def test_own_file_of_ssh(behind):
    assert behind({"gate": {}}, file="Host ward*\n  ProxyJump gate\n")[0].startswith("hosts of ")
    assert behind({"gate": {}}, file="Host gate\n  # ProxyJump gate\n") == []


def test_addresses_of_the_others():
    known = {"proxies": {}, "addresses": {"a": "192.0.2.1", "b": "192.0.2.2"}}

    assert hops.peers(known, "a") == {"b": "192.0.2.2"}
