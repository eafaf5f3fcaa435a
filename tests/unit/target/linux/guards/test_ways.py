"""Who gets in by what: each way is there for one reason, and goes with it."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import ways
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.access import Access
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.logins import Rule
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.ways import KINDS, Way, covers, is_kept
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import (
    EMPTY,
    IN_PASSWD,
    SHADOWED,
    Password,
    User,
)

DAY = 20000
ADA = User("ada", 1000, 1000, "/home/ada", "/bin/bash", SHADOWED)
ROOT = User("root", 0, 0, "/root", "/bin/bash", SHADOWED)
NONE = Password("ada", False, False, "", DAY - 10, 0, 99999, 7, None)
GIVEN = dataclasses.replace(NONE, algorithm="yescrypt")
NOBODY: frozenset = frozenset()
ME = frozenset(["ada"])
# Nothing but a key over SSH.
BASE = Access(
    users=(ADA,), passwords={"ada": NONE}, groups={"ada": frozenset(["care"])}, sshd={"usepam": "yes"}, matched={},
    keys=ME, maybe_keys=ME, trusted=NOBODY, shosts=NOBODY, rhosts=NOBODY, kerberos=False, sudo=(), unasked=NOBODY, becomes=NOBODY, su_group="",
    empty_allowed=False, cron={}, units={}, services=(), shell_services=(),
    shells=NOBODY, day=DAY,
)  # fmt: skip


def kinds(sure=False, **changes):
    """The kinds of ways of ada, without the one that every account has."""
    return {way.kind for way in seen_ways(dataclasses.replace(BASE, **changes), sure) if way.user == "ada"}


def seen_ways(access, sure=False):
    return {way for way in ways.ways(access, sure) if way.detail != ways.THROUGH_PAM}


def sshd(**options):
    return {"sshd": {"usepam": "yes", **options}}


def believing(ignored):
    return sshd(hostbasedauthentication="yes", ignorerhosts=ignored)


def account(**changes):
    return {"users": (dataclasses.replace(ADA, **changes),)}


def password(entry=GIVEN, **changes):
    return {"passwords": {"ada": dataclasses.replace(entry, **changes)}}


LOCKED = {"algorithm": "yescrypt", "locked": True, "locked_by_mark": True}
BLANK = {"empty": True}
MATCHED = {"passwordauthentication": frozenset(["yes"])}
ASKED = {"shell_services": ("vsftpd",), "shells": frozenset(["/bin/bash"])}
ALL = Rule(("ada",), True, False)
TAGGED = Rule(("ada",), False, True)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, {"ssh_key"}),
        ({"sshd": {}}, set()),
        (sshd(pubkeyauthentication="no"), set()),
        ({**sshd(pubkeyauthentication="no"), "matched": {"pubkeyauthentication": frozenset(["yes"])}}, {"ssh_key"}),
        ({"keys": NOBODY}, {"ssh_key"}),
        ({"maybe_keys": NOBODY}, set()),
        (account(shell="/usr/sbin/nologin"), {"ssh_key"}),
        (password(expires=DAY), set()),
        (password(NONE, changed=0), set()),
        ({**password(NONE, expires=DAY - 1), **sshd(usepam="no")}, set()),
        ({**password(NONE, expires=0), **sshd(usepam="no")}, set()),
        ({**password(NONE, expires=DAY), **sshd(usepam="no")}, {"ssh_key"}),
        ({**password(NONE, expires=-1), **sshd(usepam="no")}, {"ssh_key"}),
        ({"passwords": {}}, {"ssh_key"}),
        # A password, and where it is asked for.
        (password(), {"ssh_key", "ssh_password", "console"}),
        ({**password(), **account(shell="/usr/sbin/nologin")}, {"ssh_key", "ssh_password"}),
        ({**password(), **account(shell="")}, {"ssh_key", "ssh_password", "console"}),
        ({**password(), **sshd(passwordauthentication="no")}, {"ssh_key", "console"}),
        (
            {**password(), **sshd(passwordauthentication="no"), "matched": MATCHED},
            {"ssh_key", "ssh_password", "console"},
        ),
        (
            {**password(), **sshd(passwordauthentication="no", kbdinteractiveauthentication="yes")},
            {"ssh_key", "ssh_password", "console"},
        ),
        (
            {**password(), **sshd(usepam="no", passwordauthentication="no", kbdinteractiveauthentication="yes")},
            {"ssh_key", "console"},
        ),
        (password(**LOCKED), {"ssh_key"}),
        ({**password(**LOCKED), **sshd(usepam="no")}, set()),
        ({**password(locked=True), **sshd(usepam="no")}, {"ssh_key"}),
        ({**account(password=IN_PASSWD), "passwords": {}}, {"ssh_key", "ssh_password", "console"}),
        (password(changed=0), {"ssh_password", "console"}),
        ({**password(changed=0), **sshd(usepam="no")}, {"ssh_key", "ssh_password", "console"}),
        # An empty one.
        (password(NONE, **BLANK), {"ssh_key"}),
        ({**password(NONE, **BLANK), **sshd(permitemptypasswords="yes")}, {"ssh_key", "empty_password"}),
        (
            {**password(NONE, **BLANK), **sshd(permitemptypasswords="yes", passwordauthentication="no")},
            {"ssh_key"},
        ),
        ({**password(NONE, **BLANK), "empty_allowed": True}, {"ssh_key", "empty_password"}),
        ({**account(password=EMPTY), "empty_allowed": True}, {"ssh_key", "empty_password"}),
        ({**account(password=EMPTY, shell="/bin/false"), "empty_allowed": True}, {"ssh_key"}),
        ({"empty_allowed": True}, {"ssh_key"}),
        # Hosts and tickets.
        ({"trusted": ME}, {"ssh_key"}),
        (sshd(hostbasedauthentication="yes"), {"ssh_key"}),
        ({**sshd(hostbasedauthentication="yes"), "trusted": ME}, {"ssh_key", "ssh_hostbased"}),
        ({**sshd(hostbasedauthentication="yes"), "shosts": ME, "rhosts": ME}, {"ssh_key"}),
        ({**believing("no"), "shosts": ME}, {"ssh_key", "ssh_hostbased"}),
        ({**believing("no"), "rhosts": ME}, {"ssh_key", "ssh_hostbased"}),
        ({**believing("shosts-only"), "shosts": ME}, {"ssh_key", "ssh_hostbased"}),
        ({**believing("shosts-only"), "rhosts": ME}, {"ssh_key"}),
        ({**believing("yes"), "shosts": ME, "rhosts": ME}, {"ssh_key"}),
        ({**believing("yes"), "trusted": ME}, {"ssh_key", "ssh_hostbased"}),
        ({"kerberos": True}, {"ssh_key"}),
        (sshd(gssapiauthentication="yes"), {"ssh_key"}),
        ({**sshd(gssapiauthentication="yes"), "kerberos": True}, {"ssh_key", "ssh_gssapi"}),
        # Lists of sshd.
        (sshd(denyusers="ada"), set()),
        (sshd(denyusers="bo"), {"ssh_key"}),
        (sshd(denyusers="ada@10.*"), {"ssh_key"}),
        (sshd(denygroups="care"), set()),
        (sshd(allowusers="bo"), set()),
        (sshd(allowusers="bo a*"), {"ssh_key"}),
        (sshd(allowusers="a* !ada"), set()),
        (sshd(allowusers="ada@10.*"), {"ssh_key"}),
        (sshd(allowgroups="care"), {"ssh_key"}),
        (sshd(allowgroups="staff"), set()),
        ({**sshd(allowusers="bo"), "matched": {"allowusers": frozenset(["ada"])}}, {"ssh_key"}),
        # More rights, for who is in.
        ({"sudo": (ALL,)}, {"ssh_key"}),
        ({"sudo": (ALL,), **password()}, {"ssh_key", "ssh_password", "console", "sudo"}),
        ({"sudo": (TAGGED,)}, {"ssh_key", "sudo_unasked"}),
        ({"sudo": (ALL,), "unasked": ME}, {"ssh_key", "sudo_unasked"}),
        ({"sudo": (Rule(("%care",), True, True),)}, {"ssh_key", "sudo_unasked"}),
        ({"sudo": (Rule(("bo",), True, True),)}, {"ssh_key"}),
        ({"sudo": (TAGGED,), "sshd": {}}, set()),
        ({"sudo": (TAGGED,), **account(shell="/bin/false")}, {"ssh_key"}),
        ({"sudo": (TAGGED,), **account(uid=0)}, {"ssh_key"}),
        ({"sudo": (TAGGED,), **password(NONE, expires=1)}, set()),
        # What runs as it.
        ({"cron": {"ada": "/etc/crontab"}}, {"ssh_key", "cron"}),
        ({"cron": {"bo": "/etc/crontab"}}, {"ssh_key"}),
        ({"cron": {"ada": "/etc/crontab"}, **password(NONE, expires=1)}, set()),
        ({"units": {"ada": "x.service"}}, {"ssh_key", "unit"}),
        ({"units": {"1000": "x.service"}, **password(NONE, expires=1)}, {"unit"}),
        ({"becomes": ME}, {"ssh_key", "sudo"}),
        ({"becomes": ME, **account(shell="/bin/false")}, {"ssh_key"}),
        ({"services": ("dovecot",)}, {"ssh_key"}),
        ({"services": ("dovecot",), **password(), "sshd": {}}, {"console", "service"}),
        ({"services": ("dovecot",), **password(expires=1)}, set()),
        (ASKED, {"ssh_key", "service"}),
        ({**ASKED, "shells": NOBODY}, {"ssh_key"}),
        ({**ASKED, "shell_services": ()}, {"ssh_key"}),
        ({**ASKED, "maybe_keys": NOBODY}, set()),
        ({**ASKED, "maybe_keys": NOBODY, "sshd": {}, **password()}, {"console", "service"}),
        ({**ASKED, **password(expires=1)}, set()),
    ],
)
def test_way_is_there_for_its_reason_only(changes, found):
    assert kinds(**changes) == found


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, True),
        ({"sshd": {}, **account(shell="/usr/sbin/nologin")}, True),
        (password(**LOCKED), True),
        ({"passwords": {}}, True),
        (password(expires=1), False),
        (password(NONE, changed=0), False),
        (password(**LOCKED, maximum=1), False),
    ],
)
def test_whatever_runs_through_pam_goes_by_the_account_step_alone(changes, found):
    mine = {way for way in ways.ways(dataclasses.replace(BASE, **changes)) if way.detail == ways.THROUGH_PAM}

    assert mine == ({Way("ada", "unit", "jobs", ways.THROUGH_PAM)} if found else set())


def test_key_that_is_not_surely_there_is_no_sure_way():
    assert kinds(sure=True) == {"ssh_key"}
    assert kinds(sure=True, keys=NOBODY) == set()


@pytest.mark.parametrize(
    ("said", "keys", "given", "found"),
    [
        ("yes", True, True, True),
        ("yes", False, True, True),
        ("no", True, True, False),
        ("prohibit-password", True, False, True),
        ("prohibit-password", False, True, False),
        ("without-password", True, False, True),
        ("forced-commands-only", True, False, True),
        (None, True, False, True),
        (None, False, True, False),
    ],
)
def test_root_comes_by_what_sshd_lets_it(said, keys, given, found):
    base = dataclasses.replace(
        BASE,
        users=(ROOT,),
        passwords={"root": GIVEN if given else NONE},
        groups={},
        maybe_keys=frozenset(["root"]) if keys else NOBODY,
        sshd={"usepam": "yes", **({"permitrootlogin": said} if said else {})},
    )

    assert ("root_ssh" in {way.kind for way in ways.ways(base)}) is found


@pytest.mark.parametrize(
    ("root", "group", "found"),
    [(GIVEN, "", True), (GIVEN, "care", True), (GIVEN, "wheel", False), (NONE, "", False)],
)
def test_su_needs_the_password_of_root_and_its_group(root, group, found):
    passwords = {"ada": NONE, "root": dataclasses.replace(root, name="root")}

    assert ("su" in kinds(users=(ADA, ROOT), passwords=passwords, su_group=group)) is found
    closed = {**passwords, "root": dataclasses.replace(root, expires=1)}
    assert "su" not in kinds(users=(ADA, ROOT), passwords=closed, su_group=group)


APP = dataclasses.replace(ADA, name="app", uid=1001)


@pytest.mark.parametrize(
    ("entry", "changes", "found"),
    [
        (GIVEN, {}, True),
        (NONE, {}, False),
        (dataclasses.replace(GIVEN, expires=1), {}, False),
        (GIVEN, {"su_group": "wheel"}, False),
        (GIVEN, {"users": (ADA, dataclasses.replace(APP, shell="/bin/false"))}, False),
        (GIVEN, {"users": (ADA,)}, False),
    ],
)
def test_su_to_another_account_needs_its_password(entry, changes, found):
    passwords = {"ada": NONE, "app": dataclasses.replace(entry, name="app")}
    seen = ways.ways(dataclasses.replace(BASE, **{"users": (ADA, APP), "passwords": passwords, **changes}))

    said = [(way.rights, way.said) for way in seen if (way.user, way.kind) == ("ada", "su")]
    assert said == ([("another account", "su (to become app)")] if found else [])


def test_accounts_that_su_leads_to_are_told_up_to_a_few():
    names = ["ada", "b", "c", "d", "e"]
    users = tuple(dataclasses.replace(ADA, name=name) for name in names)
    seen = ways.ways(dataclasses.replace(BASE, users=users, passwords=dict.fromkeys(names, GIVEN)))

    assert {way.user: way.to for way in seen if way.kind == "su"}["ada"] == "to become b, c, d and others"


def test_rights_and_details_are_told():
    access = dataclasses.replace(
        BASE, sudo=(ALL, TAGGED), cron={"ada": "/etc/crontab"}, services=("dovecot",), **password()
    )

    assert {(way.kind, way.rights, way.said) for way in seen_ways(access)} == {
        ("ssh_key", "a shell from elsewhere", "a key over SSH"),
        ("ssh_password", "a shell from elsewhere", "a password over SSH"),
        ("console", "a shell", "a password at the console"),
        ("sudo", "root", "sudo"),
        ("sudo", "commands of sudo", "sudo"),
        ("sudo_unasked", "commands of sudo", "sudo without a password"),
        ("cron", "jobs with a shell", "jobs of cron (/etc/crontab)"),
        ("service", "what dovecot gives", "a password at other services (dovecot)"),
    }
    changed = {way.kind: way for way in ways.ways(dataclasses.replace(BASE, **password(changed=0)))}
    assert changed["console"].said == "a password at the console (with a new one chosen first)"
    assert changed["ssh_password"].detail == "with a new one chosen first"
    (files,) = seen_ways(dataclasses.replace(BASE, **account(shell="/bin/false")))
    assert files.rights == "SFTP or tunnels"
    jobs = ways.ways(dataclasses.replace(BASE, cron={"ada": "x"}, **account(shell="/bin/false")))
    assert "jobs" in {way.rights for way in jobs}


@pytest.mark.parametrize(
    ("mine", "wanted", "held"),
    [
        ("root", "root", True),
        ("root", "commands of sudo", True),
        ("root", "another account", True),
        ("commands of sudo", "another account", False),
        ("commands of sudo", "root", False),
        ("a shell from elsewhere", "a shell", True),
        ("a shell from elsewhere", "SFTP or tunnels", True),
        ("a shell", "a shell from elsewhere", False),
        ("jobs with a shell", "jobs", True),
        ("jobs", "jobs with a shell", False),
    ],
)
def test_rights_that_hold_others(mine, wanted, held):
    assert covers(mine, wanted) is held


KEY = Way("ada", "ssh_key", "a shell from elsewhere")
BECOMES_ROOT = Way("ada", "sudo", "root")
AS_ROOT = Way("root", "root_ssh", "a shell from elsewhere")


@pytest.mark.parametrize(
    ("way", "after", "kept"),
    [
        (KEY, {KEY}, False),
        (KEY, {Way("ada", "ssh_password", "a shell from elsewhere")}, True),
        (KEY, {Way("bo", "ssh_password", "a shell from elsewhere")}, False),
        (KEY, {Way("ada", "console", "a shell")}, False),
        (Way("ada", "console", "a shell"), {KEY}, True),
        (AS_ROOT, {KEY, BECOMES_ROOT}, True),
        (AS_ROOT, {KEY}, False),
        (AS_ROOT, {BECOMES_ROOT}, False),
        (AS_ROOT, {Way("bo", "ssh_key", "a shell from elsewhere"), BECOMES_ROOT}, False),
    ],
)
def test_another_way_to_the_same_rights_keeps_one(way, after, kept):
    assert is_kept(way, frozenset(after)) is kept


def test_every_kind_is_told_in_words_of_its_own():
    assert len(set(KINDS.values())) == len(KINDS)


def test_rule_of_sudo_that_is_not_surely_for_somebody_is_no_sure_way():
    assert "sudo_unasked" in kinds(sudo=(Rule(("OPS",), True, True),))
    assert "sudo_unasked" not in kinds(sure=True, sudo=(Rule(("OPS",), True, True),))
