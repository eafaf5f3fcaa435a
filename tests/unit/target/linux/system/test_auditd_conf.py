"""The log that auditd is to open: whose it has to be, and where."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.auditd_conf import unwritable_log

FILE = "/etc/audit/auditd.conf"
LOG = "/var/log/audit/audit.log"
SPACE = "space_left = 75\n"


class OthersHost(Host):
    """A host on which the log belongs to somebody else."""

    def stat(self, path, follow=True):
        fields = list(super().stat(path, follow))
        if path == LOG:
            fields[4] = os.geteuid() + 1
        return os.stat_result(fields)


@pytest.fixture
def tree(tmp_path):
    for path, text in ((FILE, "log_file = %s\n%s" % (LOG, SPACE)), (LOG, "")):
        place = tmp_path / path[1:]
        place.parent.mkdir(parents=True)
        place.write_text(text)
    return tmp_path


def test_auditd_does_not_start_with_the_log_of_another(tree):
    assert unwritable_log(Host(str(tree)), FILE) == ""
    said = "auditd does not start with /var/log/audit/audit.log (/etc/audit/auditd.conf:1): it has to be a file of root"
    assert unwritable_log(OthersHost(str(tree)), FILE) == said


def test_the_log_that_it_was_built_with_is_not_looked_at(tree):
    (tree / FILE[1:]).write_text("log_format = ENRICHED\n" + SPACE)
    assert unwritable_log(OthersHost(str(tree)), FILE) == ""


def test_each_of_several_lines_is_looked_at_though_the_last_counts(tree):
    (tree / FILE[1:]).write_text("log_file = %s\nlog_file = /var/log/audit/other.log\n%s" % (LOG, SPACE))
    assert ":1)" in unwritable_log(OthersHost(str(tree)), FILE)


@pytest.mark.parametrize("path", ["/a.log", "/x/a.log", "/xy/a.log"], ids=["root", "one-sign", "two-signs"])
def test_a_folder_with_a_name_that_short_is_refused(tree, path):
    (tree / FILE[1:]).write_text("log_file = %s\n%s" % (path, SPACE))
    (tree / "x").mkdir()
    (tree / "xy").mkdir()
    assert "four signs" in unwritable_log(Host(str(tree)), FILE)
