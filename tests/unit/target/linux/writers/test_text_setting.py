"""Settings of text files, each format in its own way."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.text_setting import (
    _ini_numbers,
    _pairs,
    in_section,
)


@pytest.mark.parametrize(
    ("name", "ignore_case", "numbers"),
    [("a", False, [1, 5]), ("a", True, [1, 2, 5]), ("A", False, [2]), ("b", True, [])],
)
def test_lines_that_set_a_key_are_found(name, ignore_case, numbers):
    text = "a = 1\nA=2\n# a = 3\nab = 4\n  a # = 5\n"

    assert _pairs(text, name, ignore_case) == numbers


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", "[S]\na=1\n"),
        ("[S]\nb=2\n[T]\n", "[S]\na=1\nb=2\n[T]\n"),
        ("[T]\na=2\n", "[T]\na=2\n[S]\na=1\n"),
        ("[S]\na=2\nb=2\n", "[S]\na=1\nb=2\n"),
    ],
)
def test_line_stands_in_its_section(text, after):
    assert in_section(text, "S", "a", "a=1", keep=False) == after


@pytest.mark.parametrize(("right", "numbers"), [("1", [3]), ("\n", [2, 3])])
def test_lines_with_another_value_are_found(right, numbers):
    assert _ini_numbers("[S]\na=1\na = 2\nb=3\n[T]\na=4\n", "S", "a", right) == numbers


COREDUMP = {"file": "/etc/systemd/coredump.conf", "format": "systemd", "section": "Coredump", "name": "Storage"}
OWN = "/etc/systemd/coredump.conf.d/zz-hipaa-cis.conf"


@pytest.mark.root
def test_our_own_drop_in_is_written_anew_without_comments_of_the_old(planned, tmp_path):
    first = planned("text_setting", COREDUMP, "none", {COREDUMP["file"]: "[Coredump]\n"}, mode="apply")
    assert first[0]["state"] == "done"
    text = (tmp_path / OWN[1:]).read_text()
    (tmp_path / OWN[1:]).write_text(text.replace("Storage=none", "Storage=external"))

    planned("text_setting", COREDUMP, "none", mode="apply")

    assert (tmp_path / OWN[1:]).read_text() == text


@pytest.mark.root
def test_auditd_reads_its_file_again(planned):
    address = {"file": "/etc/audit/auditd.conf", "format": "auditd", "name": "max_log_file"}
    files = {address["file"]: "MAX_LOG_FILE = 3\nspace_left = 75\n", "/run/systemd/system/x": ""}

    _state, steps = planned("text_setting", address, "8", files)

    assert [step["argv"][:2] for step in steps if step["type"] == "refresh"] == [["sh", "-c"]]
    assert "+max_log_file = 8" in steps[0]["diff"]["lines"]
    assert "-MAX_LOG_FILE = 3" in steps[0]["diff"]["lines"]
