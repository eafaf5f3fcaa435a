"""docs/platforms.md says what the tests' tables say."""

from __future__ import annotations

from tests.tools import platforms


def test_page_is_what_the_tables_give():
    assert platforms.PAGE.read_text(encoding="utf-8") == platforms.page(), "run python -m tests.tools.platforms"


def test_every_kind_has_its_row_and_was_tried_somewhere():
    rows = {cells[0].strip("`"): cells[1:] for cells in platforms.rows()}
    assert set(rows) >= set(platforms.observe.KINDS)
    assert {kind for kind, cells in rows.items() if set(cells[:-1]) == {"no"}} == set()


def test_tests_of_their_own_are_about_their_kind():
    for kind, (path, word) in platforms.OWN_TESTS.items():
        assert word in (platforms.ROOT / path).read_text(encoding="utf-8"), kind


def test_settings_that_need_a_kernel_do_not_count_as_booted():
    booted, machines = platforms._booted(), platforms._machines()
    assert not {"apparmor", "audit_rule", "kernel_module"} & set(booted)
    for kinds in machines:
        assert {"apparmor", "audit_rule", "kernel_module"} <= kinds


def test_what_no_machine_was_made_to_fail_in_is_not_said_to_be_tried_on_one():
    """No test has a machine with an encrypted disk, or with SELinux."""
    tried = {cells[0].strip("`"): cells[1:3] for cells in platforms.rows()}
    assert tried["disk_encryption"] == tried["selinux"] == ("recorded", "recorded")


def test_no_kind_of_windows_is_said_to_be_tried_on_more_than_it_was():
    """Wine has a registry and services of its own; all else is a stand-in's there."""
    tried = {
        how: {kind.strip("`") for kind, told, *_more in platforms.windows_rows() if told == how}
        for how in ("Windows-like host", "recorded")
    }

    assert tried["Windows-like host"] == {"registry", "service", "user_registry"}
    assert len(tried["recorded"]) > 20
