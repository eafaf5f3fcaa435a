"""To whom a log may belong: the rule as it is, on a tree, by the file and by who can log in."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import file
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlannedRule, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog

PASSWD = """\
root:x:0:0::/root:/bin/bash
syslog:x:104:110::/:/usr/sbin/nologin
mysql:x:105:111::/:/bin/false
listed:x:106:111::/:/bin/false2
other:x:107:111::/:/opt/bash
odd:x:108:111::/:/opt/odd
plain:x:1000:1000::/home/plain:/bin/bash
"""
OWNERS = {line.split(":")[0]: int(line.split(":")[2]) for line in PASSWD.split("\n")[:-1]}
GROUPS = {"root": 0, "adm": 4, "plain": 1000, "mysql": 111}

pytestmark = pytest.mark.root


@pytest.fixture
def outcome(tmp_path):
    for folder in ("etc", "bin", "opt", "var/log/app"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/passwd").write_text(PASSWD)
    (tmp_path / "etc/group").write_text("".join(f"{name}:x:{number}:\n" for name, number in GROUPS.items()))
    (tmp_path / "etc/shells").write_text("/bin/sh\n/bin/bash\n/bin/false\n/bin/false2\n/usr/sbin/nologin\n")
    for program in ("bash", "false", "odd"):
        (tmp_path / "bin" / program).write_text("")
    (tmp_path / "bin/false2").symlink_to("false")
    (tmp_path / "opt/bash").symlink_to("../bin/bash")
    (tmp_path / "opt/odd").symlink_to("../bin/odd")

    def judged(path, owner, group, mode=0o640):
        place = tmp_path / path.lstrip("/")
        place.write_text("x\n")
        os.chown(place, OWNERS.get(owner, 4711), GROUPS[group])
        place.chmod(mode)
        catalog = load_catalog()
        rule = catalog.rules["log_files_closed"]
        host = Host(str(tmp_path))
        seen = {setting_key(one): file.read(host, [one["address"]])[0].as_dict() for one in rule.settings}
        judge = Judge(catalog.platforms["linux"], seen)
        return judge.judge(PlannedRule(rule, "b", (), rule.settings, "", {})).outcome

    return judged


@pytest.mark.parametrize(
    ("path", "owner", "group", "expected"),
    [
        ("/var/log/auth.log", "root", "adm", "pass"),
        ("/var/log/auth.log", "syslog", "adm", "pass"),
        ("/var/log/auth.log", "root", "plain", "fail"),
        ("/var/log/auth.log", "mysql", "adm", "fail"),
        ("/var/log/auth.log.1", "root", "plain", "fail"),
        ("/var/log/app/secure", "root", "plain", "fail"),
        ("/var/log/syslog", "root", "plain", "fail"),
        ("/var/log/messages-20260101", "mysql", "adm", "fail"),
        ("/var/log/app/error.log", "root", "plain", "pass"),
        ("/var/log/app/error.log", "mysql", "adm", "pass"),
        ("/var/log/app/error.log", "mysql", "mysql", "pass"),
        ("/var/log/app/error.log", "listed", "adm", "pass"),
        ("/var/log/app/error.log", "odd", "adm", "pass"),
        ("/var/log/app/error.log", "other", "adm", "fail"),
        ("/var/log/app/error.log", "plain", "adm", "fail"),
        ("/var/log/app/error.log", "nobody's", "adm", "fail"),
    ],
)
def test_owner_is_judged_by_the_file_and_by_who_can_log_in(outcome, path, owner, group, expected):
    assert outcome(path, owner, group) == expected
