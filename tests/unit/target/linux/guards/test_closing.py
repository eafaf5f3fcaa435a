"""Who gets in today is not shut out by a change, unless its rule means to and another way is kept, or the site says so."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import closing, directory
from ansible_collections.hipaa.cis.plugins.module_utils.linux.request import RequestError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import Password
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import accounts

TODAY = int(time.time() // 86400)
OLD = TODAY - 100
KEY = "ssh-ed25519 AAAAC3Nz me\n"
HASH = "$y$j9T$s$h"
SSHD = (
    "port 22\nusepam yes\npubkeyauthentication yes\npasswordauthentication yes\npermitrootlogin yes\n"
    "authorizedkeysfile .ssh/authorized_keys\n"
)
BASE = {
    "/etc/passwd": (
        "root:x:0:0::/root:/bin/bash\nada:x:1000:1000::/home/ada:/bin/bash\nfiles:x:1001:1001::/srv:/usr/sbin/nologin\n"
        "fish:x:1002:1002::/home/fish:/usr/bin/fish\ngit:x:110:110::/srv/git:/bin/bash\nidle:x:111:111::/:/bin/sh\n"
    ),
    "/etc/group": "root:x:0:\nsudo:x:27:ada\nada:x:1000:\nfiles:x:1001:\nfish:x:1002:\n",
    "/etc/shadow": (
        f"root:*:{OLD}:0:99999:7:::\nada:*:{OLD}:0:99999:7:::\nfiles:*:{OLD}:0:99999:7:::\nfish:*:{OLD}:0:99999:7:::\n"
        f"git:*:{OLD}:0:99999:7:::\nidle:*:{OLD}:0:99999:7:::\n"
    ),
    "/etc/shells": "/bin/sh\n/bin/bash\n",
    "/etc/login.defs": "UID_MIN 1000\n",
    "/etc/sudoers": "root ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) NOPASSWD: ALL\n",
    "/etc/pam.d/su": "auth sufficient pam_rootok.so\n",
    "/etc/pam.d/common-auth": "auth [success=1 default=ignore] pam_unix.so nullok\n",
    "/etc/ssh/sshd_config": "",
    "/home/ada/.ssh/authorized_keys": KEY,
}
LOCK: Any = ("accounts", {"fact": "unlocked_without_shell"}, "locked", ["ssh_password", "empty_password"])
SHELL: Any = ("accounts", {"fact": "system_accounts_with_shell"}, "nologin")
MAXIMUM: Any = ("accounts", {"fact": "password_maximum_age"}, 90)
INACTIVE: Any = ("accounts", {"fact": "password_inactive"}, 30)
SU: Any = ("su_access", {}, "sugroup", ["su"])
PAM_ON: Any = ("sshd_option", {"name": "UsePAM"}, "yes")
TAGS: Any = ("sudo", {"query": "nopasswd"}, [], ["sudo_unasked"])
NO_EMPTY: Any = (
    "pam",
    {"query": "option", "module": "pam_unix.so", "name": "nullok"},
    {"pam": "pam_unix.so", "remove": ["nullok.*"]},
    ["empty_password"],
)


def sshd_option(name, value, *closes):
    return ("sshd_option", {"name": name}, value, list(closes))


def shadow(**secrets):
    """The passwords of BASE with those of some accounts replaced, by a secret or by a secret with its fields."""
    lines = BASE["/etc/shadow"].split("\n")
    for name, secret in secrets.items():
        rest = secret if ":" in secret else f"{secret}:{OLD}:0:99999:7:::"
        lines = [f"{name}:{rest}" if line.startswith(name + ":") else line for line in lines]
    return {"/etc/shadow": "\n".join(lines)}


@pytest.fixture
def host(tmp_path):
    def make(files=None, sshd=SSHD):
        for name, text in {**BASE, **(files or {})}.items():
            path = tmp_path / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

        def runner(argv, _timeout):
            return (
                CommandResult(0, sshd, "") if list(argv) == ["sshd", "-T"] else CommandResult(missing=True, problem="-")
            )

        return PlannedHost(str(tmp_path), runner=runner, privileged=True)

    return make


@pytest.fixture
def refusal(host):
    """Return a function that gives the reason for which a change is refused, or nothing; of several: name -> reason."""

    def ask(change, files=None, sshd=SSHD, **options):
        several = change if isinstance(change, dict) else {"it": change}
        found, left = closing.refusals(host(files, sshd), several, options)
        found.update((name, "; ".join(accounts.values())) for name, accounts in left.items())
        return found if isinstance(change, dict) else found.get("it", "")

    return ask


REFUSED = [
    ("sftp-only", LOCK, shadow(files=HASH), "files (a password over SSH)"),
    ("sftp-only-by-no-rule", LOCK[:3], shadow(files=HASH), "files (a password over SSH)"),
    ("unlisted-shell", LOCK, shadow(fish=HASH), "fish (a password at the console, a password over SSH)"),
    (
        "mail-only",
        LOCK,
        {**shadow(files=HASH), "/etc/pam.d/dovecot": "@include common-auth\n"},
        "a password at other services (dovecot)",
    ),
    ("git-by-key", SHELL, {"/srv/git/.ssh/authorized_keys": KEY}, "git (a key over SSH)"),
    ("git-by-password", SHELL, shadow(git=HASH), "git ("),
    ("jobs-of-its-own", SHELL, {"/var/spool/cron/crontabs/git": "# no\n@daily true\n"}, "git (jobs of cron (/var/"),
    (
        "jobs-of-the-host",
        SHELL,
        {"/etc/cron.d/x": "PATH=/bin\n5 * * * * git true\n"},
        "git (jobs of cron (/etc/cron.d/x",
    ),
    ("units", SHELL, {"/etc/systemd/system/x.service": "[Service]\nUser = git\n"}, "git (units of systemd"),
    ("units-by-drop-in", SHELL, {"/etc/systemd/system/x.service.d/a.conf": "[Service]\nUser=110\n"}, "git (units"),
    (
        "su-of-a-script",
        SHELL,
        {"/etc/cron.daily/x": "#!/bin/sh\nsu - git -c x\n"},
        "git (jobs of cron (/etc/cron.daily/x",
    ),
    (
        "su-of-a-unit",
        SHELL,
        {"/etc/systemd/system/x.service": "[Service]\nExecStart=/bin/su - git -c x\n"},
        "git (units of systemd (/etc",
    ),
    ("to-become-it", SHELL, {"/etc/sudoers": "%dba ALL=(git) /bin/bash\n"}, "git (sudo (rules to become it))"),
    ("maximum-of-a-password", MAXIMUM, shadow(ada=HASH), "ada (a password at the console, a key over SSH"),
    ("maximum-behind-a-lock", MAXIMUM, shadow(ada=f"!{HASH}:{TODAY}:0:99999:7:::"), "ada (a key over SSH"),
    (
        "maximum-of-jobs",
        MAXIMUM,
        {**shadow(git="!" + HASH), "/var/spool/cron/crontabs/git": "@daily true\n"},
        "git (jobs of cron",
    ),
    (
        "maximum-of-what-runs-through-pam",
        MAXIMUM,
        shadow(files="!" + HASH),
        "files (units of systemd (whatever runs as it",
    ),
    (
        "maximum-of-what-may-run",
        MAXIMUM,
        shadow(idle=f"!{HASH}:{OLD}:0:99999:7:::"),
        "idle (units of systemd (whatever",
    ),
    ("inactive-of-an-old-password", INACTIVE, shadow(ada=f"{HASH}:{OLD}:0:30:7:::"), "ada (a password at the console"),
    ("su-of-who-has-nothing-else", SU, {**shadow(root=HASH, fish=HASH)}, "fish (su)"),
    ("su-to-another-account", SU, shadow(git=HASH, fish=HASH), "fish (su (to become git))"),
    ("su-to-root-and-another", SU, shadow(root=HASH, git=HASH, fish=HASH), "fish (su, su (to become git))"),
    ("empty-at-the-console", NO_EMPTY, shadow(fish=""), "fish (an empty password)"),
    ("groups", sshd_option("AllowGroups", "staff", "ssh_key", "root_ssh"), {}, "ada (a key over SSH, sudo"),
    ("root-by-no-rule", sshd_option("PermitRootLogin", "no"), {"/root/.ssh/authorized_keys": KEY}, "root (root over"),
    (
        "root-and-nobody-else",
        sshd_option("PermitRootLogin", "no", "root_ssh"),
        {"/root/.ssh/authorized_keys": KEY, "/etc/sudoers": "root ALL=(ALL) ALL\n"},
        "root (root over SSH)",
    ),
]


@pytest.mark.parametrize(("change", "files", "said"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED])
def test_what_shuts_somebody_out_is_refused(refusal, change, files, said):
    reason = refusal(change, files)

    assert said in reason
    assert "hipaa_cis_close_accounts" in reason


@pytest.mark.parametrize(("change", "files"), [case[1:3] for case in REFUSED], ids=[c[0] for c in REFUSED])
def test_listed_accounts_may_be_closed(refusal, change, files):
    assert refusal(change, files, close_accounts=["files", "fish", "git", "ada", "root", "idle"]) == ""


ALLOWED = [
    ("nobody-locked-out", LOCK, {}),
    ("password-beside-a-key", LOCK, {**shadow(files=HASH), "/srv/.ssh/authorized_keys": KEY}),
    *((f"mark-{mark}", LOCK, shadow(files=mark)) for mark in ("!locked", "*LK*", "NP", "*" * 13, "!!", "x")),
    ("idle-system-account", SHELL, {}),
    ("remark-of-cron", SHELL, {"/etc/cron.d/x": "#5 * * * * git true\nMAILTO=git x y z a b\n"}),
    ("maximum-of-a-young-password", MAXIMUM, shadow(ada=f"{HASH}:{TODAY}:0:99999:7:::")),
    ("inactive-that-is-not-reached", INACTIVE, shadow(idle=f"!{HASH}:{OLD}:0:99999:7:::")),
    ("maximum-where-pam-refuses-already", MAXIMUM, shadow(idle=f"!{HASH}:{OLD}:0:99999:7::1:")),
    ("lock-of-what-runs-through-pam", LOCK, shadow(files="!x")),
    ("maximum-without-a-password", MAXIMUM, {}),
    ("su-to-who-has-no-shell", SU, {**shadow(files=HASH), "/etc/sudoers": "root ALL=(ALL) ALL\n"}),
    ("su-without-a-password-of-root", SU, shadow(fish=HASH)),
    ("su-beside-sudo", SU, shadow(root=f"{HASH}:{OLD}:0:99999:7:::")),
    ("tags-beside-a-password", TAGS, shadow(ada=HASH)),
    # The writer leaves such a rule, and says so.
    ("tags-of-one-without", TAGS, {"/etc/sudoers": "ada ALL=(root) NOPASSWD: /bin/x\n"}),
    ("empty-beside-a-key", NO_EMPTY, shadow(ada="")),
    (
        "root-beside-an-administrator",
        sshd_option("PermitRootLogin", "no", "root_ssh"),
        {"/root/.ssh/authorized_keys": KEY},
    ),
    ("hostbased-of-nobody", sshd_option("HostbasedAuthentication", "no", "ssh_hostbased"), {}),
    ("groups-that-hold-all", sshd_option("AllowGroups", "su*"), {}),
]


@pytest.mark.parametrize(("change", "files"), [case[1:] for case in ALLOWED], ids=[c[0] for c in ALLOWED])
def test_what_shuts_nobody_out_is_let_through(refusal, change, files):
    assert refusal(change, files) == ""


def test_account_that_su_leads_to_may_be_closed_by_itself(refusal):
    files = {**shadow(git=HASH), "/etc/sudoers": "root ALL=(ALL) ALL\n"}

    assert "git (" in refusal(MAXIMUM, files)
    assert "su (" not in refusal(MAXIMUM, files)
    assert refusal(MAXIMUM, files, close_accounts=["git"]) == ""


def test_group_of_su_with_the_administrators_in_it(refusal):
    files = {**shadow(root=HASH, fish=HASH), "/etc/group": BASE["/etc/group"] + "wheel:x:99:fish\n"}

    assert "fish (su)" in refusal(SU, files)
    assert refusal(("su_access", {}, "wheel", ["su"]), files) == ""


def test_pam_that_comes_on_refuses_who_has_an_old_password(refusal):
    files, sshd = shadow(ada=f"!{HASH}:{OLD}:0:30:7:::"), SSHD.replace("usepam yes", "usepam no")

    # Without PAM sshd itself refuses the account with a lock mark, so there is nothing to close.
    assert refusal(PAM_ON, files, sshd) == ""
    assert "ada (a key over SSH)" in refusal(PAM_ON, shadow(ada=f"*:{OLD}:0:30:7:::"), sshd)


def test_believed_hosts_of_ones_own_are_ignored_only_where_another_way_is_kept(refusal):
    sshd = SSHD + "hostbasedauthentication yes\nignorerhosts no\n"
    ignored = sshd_option("IgnoreRhosts", "yes", "ssh_hostbased")

    assert "git (SSH from a host that is believed)" in refusal(ignored, {"/srv/git/.shosts": "ward\n"}, sshd)


def test_believed_hosts_of_the_host_are_no_matter_of_that(refusal):
    sshd = SSHD + "hostbasedauthentication yes\nignorerhosts no\n"
    files = {"/srv/git/.shosts": "ward\n", "/etc/hosts.equiv": "ward\n"}

    assert refusal(sshd_option("IgnoreRhosts", "yes", "ssh_hostbased"), files, sshd) == ""


def test_pam_that_comes_on_shuts_nobody_out_whom_sshd_refuses_already(refusal):
    files, sshd = shadow(ada=f"*:{OLD}:0:99999:7::1:"), SSHD.replace("usepam yes", "usepam no")

    assert refusal(PAM_ON, files, sshd) == ""


NO_NOLOGIN: Any = (
    "file_lines",
    {"path": "/etc/shells", "pattern": r"^\s*[^#]*/nologin\b"},
    {"disable": True},
)
LISTED = {
    "/etc/shells": "/bin/bash\n/usr/sbin/nologin  # not /bin/bash\n",
    "/etc/pam.d/vsftpd": "@include common-auth\nauth required pam_shells.so\n",
}


@pytest.mark.parametrize("more", [shadow(files=HASH), {"/srv/.ssh/authorized_keys": KEY}])
def test_shell_that_a_service_asks_for_stays_in_the_list(refusal, more):
    files = {**LISTED, **more}

    assert "files (a password at other services (vsftpd, for its shell in /etc/shells))" in refusal(NO_NOLOGIN, files)
    assert refusal(NO_NOLOGIN, files, close_accounts=["files"]) == ""


@pytest.mark.parametrize(
    "more",
    [
        {},
        {**shadow(files=HASH), "/etc/pam.d/vsftpd": "@include common-auth\n"},
        {**shadow(files=HASH), "/etc/shells": "/bin/bash\n"},
        shadow(ada=HASH),
    ],
)
def test_shell_that_nobody_needs_is_taken_from_the_list(refusal, more):
    assert refusal(NO_NOLOGIN, {**LISTED, **more}) == ""


@pytest.mark.root
def test_job_of_at_runs_as_the_owner_of_its_file(host, tmp_path):
    job = "/var/spool/cron/atjobs/a0000101c5f2a4"
    there = host({job: "#!/bin/sh\n"})
    os.chown(tmp_path / job.lstrip("/"), 110, 1)

    _refused, left = closing.refusals(there, {"it": SHELL}, {})
    assert "git (jobs of cron (/var/spool/cron/atjobs/a0000101c5f2a4))" in left["it"]["git"]


def test_account_that_would_be_shut_out_is_left_and_the_others_are_changed(host):
    shells = {"/srv/git/.ssh/authorized_keys": KEY}
    refused, left = closing.refusals(host(shells), {"it": SHELL}, {})
    assert (refused, list(left["it"])) == ({}, ["git"])
    assert "git (a key over SSH)" in left["it"]["git"]

    plan = ChangePlan(host(shells))
    plan.change, plan.spared = "it", left
    accounts.write(plan, SHELL[1], SHELL[2])
    assert [step.argv[-1] for step in plan.steps()] == ["idle"]
    assert plan.left["it"] == [left["it"]["git"]]


def test_change_that_would_shut_all_of_its_accounts_out_is_refused_whole(host):
    refused, _left = closing.refusals(host(shadow(files=HASH, fish=HASH)), {"it": LOCK}, {})
    assert set(refused) == {"it"}


def test_lock_closes_a_key_where_sshd_asks_no_pam(refusal):
    files = {**shadow(files=HASH), "/srv/.ssh/authorized_keys": KEY}

    assert "files (a key over SSH" in refusal(LOCK, files, SSHD.replace("usepam yes", "usepam no"))


def test_match_block_that_lets_passwords_in_counts(refusal):
    block = {"/etc/ssh/sshd_config": "Match Group sftp\n  PasswordAuthentication yes\n  ForceCommand internal-sftp\n"}
    off = SSHD.replace("passwordauthentication yes", "passwordauthentication no")

    assert refusal(LOCK, shadow(files=HASH), off) == ""
    assert "files (a password over SSH)" in refusal(LOCK, {**shadow(files=HASH), **block}, off)


def test_each_change_is_judged_as_if_those_before_were_made(refusal):
    files = {**shadow(ada=HASH)}
    keys, words = (
        sshd_option("PubkeyAuthentication", "no", "ssh_key"),
        sshd_option("PasswordAuthentication", "no", "ssh_password"),
    )

    assert refusal(keys, files) == refusal(words, files) == ""
    assert set(refusal({"keys": keys, "words": words}, files)) == {"words"}


def test_masked_unit_runs_as_nobody(refusal, tmp_path):
    folder = tmp_path / "usr/lib/systemd/system"
    folder.mkdir(parents=True)
    (tmp_path / "dev/null").mkdir(parents=True)
    (folder / "masked.service").symlink_to("/dev/null")
    (folder / "lost.service").symlink_to("/nowhere")

    assert refusal(SHELL) == ""


def test_what_cannot_be_told_is_refused(refusal):
    assert "cannot be told" in refusal(TAGS, {"/etc/sudoers": "@include /etc/sudoers.%h\n"})


@pytest.mark.parametrize(
    ("files", "concerned"),
    [
        ({"/var/lib/extrausers/passwd": "eve:x:2001:2001::/:/bin/sh\n"}, True),
        ({"/etc/userdb/eve.user": '{"userName": "eve", "uid": 2001}'}, True),
        ({"/etc/userdb/eve.user": "{"}, True),
        ({}, False),
    ],
)
def test_accounts_of_other_sources_make_it_a_matter_of_login(host, files, concerned):
    here = host({"/etc/nsswitch.conf": "passwd: files altfiles systemd\n", **files})
    if "/var/lib/extrausers/passwd" in files:
        here = host({"/etc/nsswitch.conf": "passwd: files extrausers\n", **files})

    assert bool(directory.refusals(here, {"it": SU}, {})) == concerned


@pytest.mark.parametrize("source", ["sss", "ldap", "winbind", "nis"])
@pytest.mark.parametrize(
    "change", [SU, PAM_ON, NO_EMPTY, ("text_setting", {"file": "/etc/security/faillock.conf", "name": "deny"}, "5")]
)
def test_accounts_of_a_directory_make_it_a_matter_of_login(host, source, change):
    elsewhere = host({"/etc/nsswitch.conf": f"passwd: files {source} # and more\nhosts: files dns\n"})

    assert f"({source} in /etc/nsswitch.conf)" in directory.refusals(elsewhere, {"it": change}, {})["it"]
    assert directory.refusals(elsewhere, {"it": change}, {"as_login": True}) == {}


def test_accounts_of_the_host_are_no_directory(host):
    own = host(
        {"/etc/nsswitch.conf": "passwd: files systemd [NOTFOUND=return]\nhosts: files dns\nsudoers: files sss\n"}
    )

    assert directory.refusals(own, {"it": SU}, {}) == {}
    elsewhere = host({"/etc/nsswitch.conf": "shadow: files sss\n"})
    assert directory.refusals(elsewhere, {"it": ("sshd_option", {"name": "Ciphers"}, "x")}, {}) == {}


@pytest.mark.parametrize("closes", ["su", ["window"], [1], {"su": 1}])
def test_ways_that_are_not_known_are_no_request(closes):
    text = '{"version": 1, "mode": "plan", "group": "plain", "changes": {"it": ["su_access", {}, "x", %s]}}'
    with pytest.raises(RequestError, match="closes"):
        parse(text % json.dumps(closes))
    assert parse(text % '["su"]')["changes"]


@pytest.mark.parametrize(
    "name", ["AuthorizedKeysCommand", "AuthorizedKeysFile", "DisableForwarding", "IgnoreRhosts", "UsePAM", "DenyUsers"]
)
def test_options_of_sshd_that_shut_out_accounts_of_a_directory(host, name):
    elsewhere = host({"/etc/nsswitch.conf": "passwd: files sss\n"})

    assert directory.refusals(elsewhere, {"it": ("sshd_option", {"name": name}, "x")}, {})


@pytest.mark.parametrize(
    ("locked", "changed", "field", "given"),
    [
        (True, TODAY, "maximum", TODAY - 91),
        (True, None, "maximum", TODAY - 91),
        (True, TODAY - 500, "maximum", TODAY - 500),
        (False, TODAY, "maximum", TODAY),
        (True, TODAY, "inactive", TODAY),
    ],
)
def test_locked_password_is_looked_at_as_it_will_be_when_the_days_have_passed(locked, changed, field, given):
    entry = Password("ada", False, locked, "yescrypt", changed, 0, 99999, 7, None)

    aged = closing._aged(entry, field, 90, TODAY)

    assert (getattr(aged, field), aged.changed) == (90, given)
