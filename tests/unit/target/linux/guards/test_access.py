"""What decides who gets in, as it stands in the files of a host."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import access, jobs
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.access import OWN_SERVICES
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotTouched

KEY = "ssh-ed25519 AAAAC3Nz me\n"
BASE = {
    "/etc/passwd": "root:x:0:0::/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\nbo:x:1001:50::/home/bo/:/bin/sh\n",
    "/etc/group": "root:x:0:\ncare:x:50:ada\nada:x:1000:\ntwin:x:50:\n",
    "/etc/ssh/sshd_config": "",
    "/etc/sudoers": "root ALL=(ALL) ALL\n",
    "/etc/pam.d/su": "auth sufficient pam_rootok.so\n",
    "/etc/shadow": "root:*:1::::::\nada:$y$j9T$s$h:1::::::\nada:!:2::::::\n",
}
SSHD = "usepam yes\nauthorizedkeysfile .ssh/authorized_keys\n"


@pytest.fixture
def seen(tmp_path):
    """A function that gives what is seen on a host with some more files."""

    def call(files=None, sshd=SSHD):
        for path, text in {**BASE, **(files or {})}.items():
            place = tmp_path / path[1:]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)

        def runner(_argv, _timeout):
            return CommandResult(0, sshd) if sshd else CommandResult(problem="not installed", missing=True)

        return access.access(Host(str(tmp_path), runner, privileged=True))

    return call


def test_accounts_are_known_with_their_groups_and_the_first_of_two_passwords(seen):
    found = seen()

    assert [user.name for user in found.users] == ["root", "ada", "bo"]
    assert found.groups == {"root": {"root"}, "ada": {"care", "ada"}, "bo": {"care"}}
    assert found.passwords["ada"].usable
    assert (found.sshd["usepam"], found.su_group, found.kerberos, found.empty_allowed) == ("yes", "", False, False)


def test_host_without_files_lets_nobody_in(tmp_path):
    missing = Host(str(tmp_path), lambda _argv, _timeout: CommandResult(problem="-", missing=True), privileged=True)

    found = access.access(missing)

    assert (found.users, found.passwords, found.groups, found.sshd, found.matched) == ((), {}, {}, {}, {})


@pytest.mark.parametrize("name", sorted(OWN_SERVICES))
def test_service_of_pam_that_is_no_way_by_itself_is_left_out(seen, name):
    files = {
        "/etc/pam.d/common-auth": "",
        f"/etc/pam.d/{name}": "@include common-auth\n",
        "/etc/pam.d/dovecot": "@include common-auth\n",
    }

    assert seen(files).services == ("dovecot",)


def test_programs_that_are_no_way_in_by_themselves_are_all_known():
    """By the manual pages of the packages that bring them: passwd, login, cron, at, sudo, openssh-server, systemd."""
    assert set(OWN_SERVICES) == {
        "atd", "chfn", "chpasswd", "chsh", "cron", "crond", "groupmems", "login", "newusers", "other", "passwd",
        "polkit-1", "remote", "runuser", "runuser-l", "ssh", "sshd", "su", "su-l", "sudo", "sudo-i", "system-auth",
        "systemd-user", "useradd",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "counts"),
    [
        ("dovecot", "@include common-auth\n", True),
        ("dovecot", "  @include   common-auth\n", True),
        ("dovecot", "auth required pam_unix.so\n", True),
        ("dovecot", "auth required pam_permit.so\n", False),
        ("dovecot", "# @include common-auth\n", False),
        ("dovecot", "auth required pam_deny.so # not pam_unix\n", False),
        ("common-auth", "auth required pam_unix.so\n", False),
        (".dovecot", "@include common-auth\n", False),
        ("dovecot.dpkg-old", "@include common-auth\n", False),
        ("dovecot.dpkg-dist", "@include common-auth\n", False),
        ("dovecot~", "@include common-auth\n", False),
    ],
)
def test_service_that_takes_passwords_is_a_way(seen, name, text, counts):
    assert seen({"/etc/pam.d/" + name: text}).services == ((name,) if counts else ())


@pytest.mark.parametrize(
    ("name", "text", "asks"),
    [
        ("vsftpd", "auth required pam_shells.so\n", True),
        ("sshd", "account required pam_shells.so\n", True),
        ("common-account", "account required pam_shells.so\n", True),
        ("vsftpd", "# auth required pam_shells.so\n", False),
        ("vsftpd", "auth required pam_unix.so # pam_shells.so\n", False),
        ("chsh", "auth required pam_shells.so\n", False),
        ("chfn", "auth required pam_shells.so\n", False),
    ],
)
def test_service_that_asks_for_a_listed_shell_is_known(seen, name, text, asks):
    found = seen({"/etc/pam.d/" + name: text, "/etc/shells": "# all\n/bin/sh\n"})

    assert (found.shell_services, found.shells) == ((name,) if asks else (), {"/bin/sh"})


@pytest.mark.parametrize(
    ("path", "text", "field", "who"),
    [
        ("/etc/ssh/shosts.equiv", "ward\n", "trusted", {"root", "ada", "bo"}),
        ("/etc/hosts.equiv", "ward\n", "trusted", {"root", "ada", "bo"}),
        ("/etc/hosts.equiv", "# nobody\n\n", "trusted", set()),
        ("/home/ada/.shosts", "ward\n", "shosts", {"ada"}),
        ("/home/bo/.rhosts", "ward ada\n", "rhosts", {"bo"}),
        ("/home/ada/.shosts", " # nobody\n", "shosts", set()),
        ("/home/ada/.ssh/shosts", "ward\n", "shosts", set()),
    ],
)
def test_hosts_that_are_believed_are_known(seen, path, text, field, who):
    found = seen({path: text})

    assert {name: getattr(found, name) for name in ("trusted", "shosts", "rhosts") if getattr(found, name)} == (
        {field: who} if who else {}
    )


NFS = "1 0 254:0 / / rw - ext4 x rw\n30 1 0:30 / /home/ada rw - nfs x rw\n"


def test_files_of_a_home_that_may_not_answer_count_where_sshd_looks_at_them(seen):
    files = {"/proc/self/mountinfo": NFS, "/home/ada/.shosts": "ward\n", "/home/ada/.ssh/authorized_keys": KEY}

    found = seen(files)

    assert (found.shosts, found.keys, found.maybe_keys) == (set(), set(), {"ada"})
    for more in ({}, {"/etc/ssh/sshd_config": "Match User ada\nHostbasedAuthentication yes\n"}):
        with pytest.raises(NotTouched, match=r"/home/ada/\.shosts was not looked at"):
            seen({**files, **more}, SSHD if more else SSHD + "hostbasedauthentication yes\n")


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("auth [success=1 default=ignore] pam_unix.so nullok\n", True),
        ("  auth required pam_unix.so try_first_pass nullok\n", True),
        ("auth required pam_unix.so\n", False),
        ("# auth required pam_unix.so nullok\n", False),
        ("auth required pam_unix.so # nullok\n", False),
        ("password required pam_unix.so nullok\n", False),
    ],
)
def test_empty_passwords_are_taken_where_pam_says_so(seen, text, allowed):
    assert seen({"/etc/pam.d/common-auth": text}).empty_allowed is allowed


def test_keys_and_tickets_are_known(seen):
    found = seen({"/home/ada/.ssh/authorized_keys": KEY, "/etc/krb5.keytab": ""})

    assert (found.keys, found.maybe_keys, found.kerberos) == ({"ada"}, {"ada"}, True)


def test_keys_that_a_command_gives_may_be_everybodys(seen):
    found = seen({"/home/ada/.ssh/authorized_keys": KEY}, SSHD + "authorizedkeyscommand /usr/bin/keys\n")

    assert (found.keys, found.maybe_keys) == (set(), {"root", "ada", "bo"})


def test_rules_of_sudo_are_known(seen):
    found = seen({"/etc/sudoers": "Defaults:ada !authenticate\n%care ALL=(git,ALL) /bin/x\n"})

    assert (found.unasked, found.becomes) == ({"ada"}, {"git"})
    assert [rule.who for rule in found.sudo] == [("%care",)]


@pytest.mark.parametrize(
    ("line", "user"),
    [
        ("5 4 * * * git /bin/true", "git"),
        ("@daily git /bin/true", "git"),
        ("@reboot  git  /bin/true", "git"),
        ("*/5 4 1-2 * mon git true", "git"),
        ("# 5 4 * * * git true", None),
        ("PATH=/bin", None),
        ("MAIL TO = x", None),
        ("A = 1 2 3 4 git true", None),
        ("", None),
        ("5 4 * * * git", None),
    ],
)
def test_job_of_the_hosts_tables_is_somebodys(tmp_path, line, user):
    (tmp_path / "etc/cron.d").mkdir(parents=True)
    (tmp_path / "etc/cron.d/x").write_text(line + "\n")

    assert jobs.cron_jobs(Host(str(tmp_path))) == ({user: "/etc/cron.d/x"} if user else {})


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("su - batch -c 'run it'", True),
        ("[ -x /bin/x ] && /bin/su -s /bin/sh batch", True),
        ("x=$(runuser -u batch -- x)", True),
        ("/sbin/runuser --user=batch x", True),
        ("su -s /bin/sh \\\n  -c 'x' batch", True),
        ("# su - batch", False),
        ("sulogin batch", False),
        ("do-su batch", False),
        ("su", False),
        ("su - /srv/batch", False),
        ("echo batch", False),
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        "etc/cron.hourly/x", "etc/cron.daily/x", "etc/cron.weekly/x", "etc/cron.monthly/x", "etc/anacrontab",
        "var/spool/cron/crontabs/root",
    ],
)  # fmt: skip
def test_account_that_a_script_of_cron_becomes_is_known(tmp_path, path, line, found):
    place = tmp_path / path
    place.parent.mkdir(parents=True)
    place.write_text("#!/bin/sh\n" + line + "\n")

    assert jobs.cron_jobs(Host(str(tmp_path))).get("batch") == ("/" + path if found else None)


def test_account_that_a_table_or_a_unit_becomes_is_known(tmp_path):
    for path, text in {
        "etc/crontab": "1 2 3 4 5 root su - batch -c x\n",
        "etc/systemd/system/x.service": "[Service]\nExecStart=/bin/su - batch2 -c x\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    assert jobs.cron_jobs(Host(str(tmp_path)))["batch"] == "/etc/crontab"
    assert jobs.unit_jobs(Host(str(tmp_path)))["batch2"] == "/etc/systemd/system/x.service"


def test_tables_of_accounts_and_units_are_known(tmp_path):
    for path, text in {
        "var/spool/cron/crontabs/ada": "@daily true\n",
        "var/spool/cron/crontabs/bo": "# nothing\nA = 1\n",
        "var/spool/cron/carl": "@daily true\n",
        "etc/crontab": "1 2 3 4 5 git true\n1 2 3 4 5 ada true\n",
        "var/lib/systemd/linger/ada": "",
        "etc/systemd/system/x.service": "[Service]\nUser=git\n",
        "lib/systemd/system/y.service": "[Service]\n User = 110 \n#User=none\n",
        "usr/lib/systemd/system/z.service.d/a.conf": "[Service]\nUser=bo\n",
        "etc/systemd/system/x.socket": "User=other\n",
    }.items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (tmp_path / "etc/systemd/system/masked.service").symlink_to("/dev/null")
    host = Host(str(tmp_path))

    assert jobs.cron_jobs(host) == {
        "ada": "/var/spool/cron/crontabs/ada",
        "carl": "/var/spool/cron/carl",
        "git": "/etc/crontab",
    }
    assert jobs.unit_jobs(host) == {
        "ada": "/var/lib/systemd/linger/ada",
        "git": "/etc/systemd/system/x.service",
        "110": "/lib/systemd/system/y.service",
        "bo": "/usr/lib/systemd/system/z.service.d/a.conf",
    }
