"""Packages that are to go: not where another needs them."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import package


def host(tmp_path, *rows):
    text = "".join("\t".join(row) + "\n" for row in rows)
    return Host(str(tmp_path), lambda _argv, _timeout: CommandResult(0, text))


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([("exim4", "", "")], False),
        ([("exim4", "", ""), ("mailx", "exim4 (>= 4)", "")], True),
        ([("exim4", "", ""), ("mailx", "libc6, exim4 | postfix", "")], True),
        ([("exim4", "", "mail-agent"), ("mailx", "mail-agent", "")], True),
        ([("exim4", "", "mail-agent"), ("mailx", "other-agent", "")], False),
        ([("exim4", "", ""), ("mailx", "exim4-config", "")], False),
        ([("exim4", "mail-agent", "mail-agent"), ("mailx", "libc6", "")], False),
        ([("exim4", "", ""), ("postfix", "", "mail-agent"), ("mailx", "mail-agent", "")], False),
    ],
)
def test_package_is_needed_where_another_names_it_or_what_it_provides(tmp_path, rows, named):
    assert package._is_named_by_others(host(tmp_path, *rows), "exim4") is named
