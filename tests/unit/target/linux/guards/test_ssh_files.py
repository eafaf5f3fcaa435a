"""Below /etc/ssh only sshd's own files are given other permissions: the others are read by others."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.ssh_files import refuse_read_by_others

SSHD = "hostkey /etc/ssh/ssh_host_rsa_key\nhostkey /etc/ssh/more/key\n"


@pytest.fixture
def host(tmp_path):
    folder = tmp_path / "etc/ssh/sshd_config.d"
    folder.mkdir(parents=True)
    (folder / "a.conf").write_text("")
    return PlannedHost(str(tmp_path), runner=lambda _argv, _timeout: CommandResult(0, SSHD, ""), privileged=True)


@pytest.mark.parametrize("name", ["keys/ada", "ssh_host_old_key", ".helper", "ca.pub", "sshd_config.d/keys/bob"])
def test_file_that_others_may_read_is_left(host, name):
    with pytest.raises(CannotFix, match="no host key of this sshd"):
        refuse_read_by_others(host, "/etc/ssh/" + name)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/ssh/" + name
        for name in (
            "sshd_config",
            "sshd_config.d",
            "sshd_config.d/a.conf",
            "ssh_host_rsa_key",
            "more/key",
            "more/key.pub",
        )
    ]
    + ["/etc/passwd"],
)
def test_own_files_are_changed(host, path):
    refuse_read_by_others(host, path)


@pytest.mark.parametrize("name", ["bob", ".bob", "keys/bob", "keys.conf/bob"])
def test_folder_of_snippets_stays_open_where_others_have_files_in_it(host, tmp_path, name):
    other = tmp_path / "etc/ssh/sshd_config.d" / name
    other.parent.mkdir(exist_ok=True)
    other.write_text("")
    with pytest.raises(CannotFix, match="no host key of this sshd"):
        refuse_read_by_others(host, "/etc/ssh/sshd_config.d")
