"""Accounts of another source than /etc/passwd are known to audit rules, owners of files and guards."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import logins
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import owner_kind
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.audit_rule_words import Words

FILES = {
    "etc/passwd": "root:x:0:0::/root:/bin/bash\nbob:x:1000:1000::/home/bob:/bin/bash\n",
    "etc/group": "root:x:0:\nbob:x:1000:\n",
    "etc/shells": "/bin/bash\n",
    "etc/nsswitch.conf": "passwd: files extrausers\ngroup: files extrausers\n",
    "var/lib/extrausers/passwd": "eve:x:2001:2001::/home/eve:/bin/bash\nbob:x:3000:3000::/home/bob:/bin/bash\n",
    "var/lib/extrausers/group": "ops:x:2002:eve\n",
}


@pytest.fixture
def host(tmp_path):
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return Host(str(tmp_path), lambda _argv, _timeout: CommandResult(0, "x86_64\n", ""), privileged=True)


def test_audit_rules_mean_the_accounts_of_every_source_the_first_of_a_name(host):
    words = Words(host)

    assert (words.user("eve"), words.user("bob"), words.user("nobody")) == (2001, 1000, None)
    assert words.group("ops") == 2002


def test_an_owner_of_another_source_is_a_person(host):
    assert owner_kind(host, 2001) == "login"


def test_guards_find_accounts_and_groups_of_every_source(host):
    eve = logins.find(host, "eve")

    assert eve is not None
    assert eve.uid == 2001
    assert logins.group_names(host, "eve") == {"ops"}
