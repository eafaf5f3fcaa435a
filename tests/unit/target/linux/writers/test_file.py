"""Files whose mode or owner is put right: not where others than root could lead the way elsewhere."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.file import refuse_planted

pytestmark = pytest.mark.root


@pytest.fixture
def opt(tmp_path):
    folder = tmp_path / "opt" / "tool"
    folder.mkdir(parents=True)
    for one in (tmp_path / "opt", folder):
        one.chmod(0o755)
    return folder


def test_file_in_folders_of_root_is_not_refused(tmp_path, opt):
    (opt / "x").write_text("")

    refuse_planted(Host(str(tmp_path)), "/opt/tool/x")


@pytest.mark.usefixtures("opt")
@pytest.mark.parametrize("folder", ["/opt/tool", "/opt"])
@pytest.mark.parametrize("mode", [0o775, 0o757, 0o1777], ids=["group", "others", "sticky"])
def test_file_below_a_folder_in_which_others_may_write_is_refused(tmp_path, folder, mode):
    os.chmod(str(tmp_path) + folder, mode)

    with pytest.raises(CannotFix, match="/opt/tool/x lies in %s, which is a link or where others" % folder):
        refuse_planted(Host(str(tmp_path)), "/opt/tool/x")


def test_file_below_somebody_elses_folder_is_refused(tmp_path, opt):
    os.chown(opt, 4711, 0)

    with pytest.raises(CannotFix):
        refuse_planted(Host(str(tmp_path)), "/opt/tool/x")


@pytest.mark.usefixtures("opt")
def test_file_behind_a_link_is_refused(tmp_path):
    os.symlink("tool", tmp_path / "opt" / "link")

    with pytest.raises(CannotFix, match="/opt/link, which is a link"):
        refuse_planted(Host(str(tmp_path)), "/opt/link/x")


@pytest.mark.parametrize("name", ["bin", "sbin", "lib", "lib64"])
def test_links_of_every_current_system_into_usr_are_no_danger(tmp_path, name):
    folder = tmp_path / "usr" / name
    folder.mkdir(parents=True)
    for one in (tmp_path / "usr", folder):
        one.chmod(0o755)
    (tmp_path / name).symlink_to("usr/" + name)

    refuse_planted(Host(str(tmp_path)), "/%s/x" % name)

    folder.chmod(0o775)
    with pytest.raises(CannotFix):
        refuse_planted(Host(str(tmp_path)), "/%s/x" % name)
