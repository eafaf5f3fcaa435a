"""For whom a line of sudoers is: they must have a password before they are asked for it."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import closing, logins, sudo_password
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.sudo import (
    _holds,
    _sets_only,
    _who,
    _without,
)


@pytest.fixture
def host(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text(
        "root:x:0:0::/:/bin/sh\nanna:x:1000:1000::/:/bin/sh\nbo:x:1001:50::/:/bin/sh\n"
    )
    (tmp_path / "etc/group").write_text("root:x:0:\nanna:x:1000:\ncare:x:50:anna,root\n")
    return Host(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("anna ALL=(ALL) NOPASSWD: ALL", ["anna"]),
        ("anna, bo ALL=(ALL) NOPASSWD: ALL", ["anna", "bo"]),
        ("root ALL=(ALL) NOPASSWD: ALL", []),
        ("%care ALL=(ALL) NOPASSWD: ALL", ["anna", "bo"]),
        ("Defaults:anna !authenticate", ["anna"]),
        ("Defaults:anna,bo !authenticate", ["anna", "bo"]),
    ],
)
def test_users_of_a_line_are_told(host, text, users):
    assert sudo_password.users_of(host, _who(text), "/etc/sudoers:1") == users


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Defaults !authenticate", "is for ALL, whose passwords cannot be told"),
        ("Defaults@ward !authenticate", "is for ALL, whose passwords cannot be told"),
        ("ALL ALL=(ALL) NOPASSWD: ALL", "is for ALL"),
        ("NURSES ALL=(ALL) NOPASSWD: ALL", "is for NURSES"),
        ("%ldap ALL=(ALL) NOPASSWD: ALL", "the group ldap is not a local one"),
    ],
)
def test_line_for_whom_nobody_can_tell_is_left_to_a_person(host, text, said):
    with pytest.raises(CannotFix, match=said):
        sudo_password.users_of(host, _who(text), "/etc/sudoers:1")


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("anna ALL=(ALL) ALL", "anna ALL=(ALL) ALL"),
        ("Defaults !authenticate", ""),
        ("Defaults:anna !authenticate, env_reset", "Defaults:anna env_reset"),
        ("Defaults authenticate", "Defaults authenticate"),
        ("Defaults env_reset", "Defaults env_reset"),
    ],
)
def test_only_the_wrong_settings_leave_a_line_of_defaults(line, after):
    assert _without(line, "authenticate", lambda seen: seen is False) == after


@pytest.mark.parametrize(
    ("seen", "wanted", "holds"),
    [
        (True, True, True),
        (False, True, False),
        ("1", True, False),
        ("5", 5, True),
        ("4.5", 5, True),
        ("0", 5, True),
        ("-1", 5, False),
        ("6", 5, False),
        ("soon", 5, False),
        (None, 5, False),
        (True, 5, False),
        ("/var/log/sudo.log", "/var/log/other.log", True),
        ("syslog", "/var/log/sudo.log", False),
        (True, "/var/log/sudo.log", False),
        ("a", "a", True),
        ("a", "b", False),
    ],
)
def test_value_that_is_as_strict_holds(seen, wanted, holds):
    assert _holds(seen, wanted) is holds


@pytest.mark.parametrize(
    ("line", "only"),
    [
        ("Defaults use_pty", True),
        ("Defaults !use_pty", True),
        ("Defaults use_pty, env_reset", False),
        ("Defaults:anna use_pty", False),
        ("anna ALL=ALL", False),
        ("Defaults env_reset", False),
    ],
)
def test_line_that_sets_only_this_is_told(line, only):
    assert _sets_only(line, "use_pty") is only


RULE = "%s ALL=(ALL) NOPASSWD: ALL\n"
HASH = "$y$j9T$s$h:20000:0:99999:7:::"
FILES = {
    "/etc/passwd": "root:x:0:0::/:/bin/sh\nanna:x:1000:1000::/:/bin/sh\nbo:x:1001:50::/:/bin/sh\n",
    "/etc/group": "root:x:0:\nanna:x:1000:\ncare:x:50:anna,root\n",
    "/etc/shadow": f"root:*:20000:0:99999:7:::\nanna:{HASH}\nbo:{HASH}\n",
}


def refuse(root, who, files):
    """Ask whether these could answer sudo where these files are there; returns whether its model leaves the rule too."""
    for path, text in {**FILES, "/etc/sudoers": RULE % ",".join(who), **files}.items():
        place = root / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    there = Host(str(root), privileged=True)
    modelled = closing._is_left(there, logins.Rule(tuple(who), True, True))
    try:
        sudo_password.refuse_unanswerable(there, who, "/etc/sudoers:1")
    except CannotFix as problem:
        return str(problem), modelled
    return "", modelled


@pytest.mark.parametrize(
    ("who", "files", "said"),
    [
        (["anna"], {"/etc/sudoers": RULE % "anna" + "Defaults rootpw\n"}, "by rootpw at /etc/sudoers:2"),
        (["anna"], {"/etc/sudoers": "Defaults:bo env_reset, targetpw\n"}, "by targetpw at /etc/sudoers:1"),
        (["%care"], {"/etc/sudoers": "Defaults@ward runaspw\n"}, "by runaspw at /etc/sudoers:1"),
        (["anna"], {"/var/spool/cron/crontabs/anna": "@daily sudo x\n"}, "(/var/spool/cron/crontabs/anna)"),
        (
            ["bo", "anna"],
            {"/etc/cron.d/x": "@daily anna sudo x\n"},
            "for anna, as whom jobs run that cannot type a password (/etc/cron.d/x)",
        ),
        (["%care"], {"/etc/systemd/system/x.service": "User=1001\n"}, "(/etc/systemd/system/x.service)"),
        (["anna"], {"/var/lib/systemd/linger/anna": ""}, "(/var/lib/systemd/linger/anna)"),
        (["anna"], {"/etc/shadow": FILES["/etc/shadow"].replace("anna:$", "anna:!$")}, "anna, who has no password"),
    ],
)
def test_rule_of_those_who_could_not_answer_is_left(tmp_path, who, files, said):
    reason, modelled = refuse(tmp_path, who, files)

    assert said in reason
    assert modelled


@pytest.mark.parametrize(
    ("who", "files"),
    [
        (["anna"], {}),
        (["anna"], {"/etc/sudoers": "Defaults !rootpw\n"}),
        (["anna"], {"/etc/sudoers": "# Defaults rootpw\nroot ALL=(ALL) ALL\n"}),
        (["root"], {"/etc/sudoers": "Defaults rootpw\n"}),
        (["anna"], {"/var/spool/cron/crontabs/bo": "@daily sudo x\n", "/etc/cron.d/x": "@daily root x\n"}),
    ],
)
def test_rule_of_those_who_can_answer_is_not_left(tmp_path, who, files):
    assert refuse(tmp_path, who, files) == ("", False)


def test_job_of_at_is_one_by_the_number_of_its_owner(tmp_path, monkeypatch):
    monkeypatch.setattr(sudo_password.jobs, "cron_jobs", lambda _host: {"1000": "/var/spool/cron/atjobs/a1"})

    assert "(/var/spool/cron/atjobs/a1)" in refuse(tmp_path, ["anna"], {})[0]
