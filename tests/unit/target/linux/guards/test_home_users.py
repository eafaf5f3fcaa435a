"""Servers whose configuration is looked through for homes."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import home_users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import SHADOWED, User

ANNA = User("anna", 1000, 1000, "/home/anna", "/bin/sh", SHADOWED)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/apache2/x/y.conf", "/etc/httpd/a", "/etc/nginx/a", "/etc/lighttpd/a", "/etc/caddy/a", "/etc/haproxy/a",
        "/etc/php/8.2/fpm/pool.d/www.conf", "/etc/uwsgi/a", "/etc/samba/smb.conf", "/etc/exports", "/etc/exports.d/a",
        "/etc/rsyncd.conf", "/etc/proftpd/a", "/etc/vsftpd.conf", "/etc/pure-ftpd/conf/a",
    ],
)  # fmt: skip
def test_home_that_a_server_names_is_needed(tmp_path, path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/sh\n")
    (tmp_path / path[1:]).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path[1:]).write_text("# /home/anna\nroot /home/anna/www;\n")

    assert home_users.needed_by(Host(str(tmp_path)), ANNA) == "what %s:2 configures" % path


def test_home_that_nobody_names_is_not_needed(tmp_path):
    (tmp_path / "etc/nginx").mkdir(parents=True)
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (tmp_path / "etc/nginx/a").write_text("root /home/anna2;\n; /home/anna\n")

    assert home_users.needed_by(Host(str(tmp_path)), ANNA) == ""


PASSWD = (
    "root:x:0:0::/root:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/sh\nann:x:1000:1000::/home/anna:/bin/sh\n"
    "bo:x:1001:1001::/home/bo:/bin/sh\n"
)
CRONTABS = "/var/spool/cron/crontabs"


def needed_by(root, **files):
    """Who needs anna's home where these files are there (path -> text)."""
    for path, text in {"/etc/passwd": PASSWD, **files}.items():
        place = root / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return home_users.needed_by(Host(str(root)), ANNA)


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("/etc/ssh/sshd_config", "Match User bo\nForceCommand /home/anna/wrap\n", ":2"),
        ("/etc/ssh/sshd_config.d/a.conf", "ForceCommand /home/anna/wrap\n", ":1"),
        ("/etc/ssh/sshd_config", "Match User anna\nX11Forwarding no\nMatch all\nSubsystem x /home/anna/x\n", ":4"),
        ("/home/bo/.ssh/authorized_keys", '# a\nno-pty,command="/home/anna/wrap \\"x\\"" ssh-ed25519 AAAA\n', ":2"),
        (CRONTABS + "/bo", "# /home/anna\n@daily /home/anna/bin/job\n", ":2"),
        (CRONTABS + "/bo", "@daily ~anna/bin/job\n", ":1"),
        ("/etc/crontab", "1 2 * * * bo /home/anna/bin/job\n", ":1"),
        ("/etc/cron.d/a", "PATH=/home/anna/bin:/bin\n1 2 * * * root x\n@daily bo job\n", ":3"),
        ("/etc/cron.d/a", "@daily root su bo -c /home/anna/bin/job\n", ":1"),
        ("/etc/cron.daily/a", "JOB=/home/anna/job\nrunuser -u bo $JOB\n", ""),
    ],
)
def test_home_whose_programs_others_run_is_needed(tmp_path, path, text, line):
    assert needed_by(tmp_path, **{path: text}) == "what %s%s runs" % (path, line)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/etc/ssh/sshd_config", "# ForceCommand /home/anna/wrap\nMatch User anna\nForceCommand /home/anna/wrap\n"),
        ("/etc/ssh/sshd_config", 'Match User "anna"\nForceCommand /home/anna/wrap\n'),
        ("/etc/ssh/sshd_config", "Match User root\nForceCommand /home/anna/wrap\n"),
        ("/etc/ssh/sshd_config", "ForceCommand /home/anna2/wrap\nChrootDirectory /srv/home/anna\n"),
        ("/home/anna/.ssh/authorized_keys", 'command="/home/anna/wrap" ssh-ed25519 AAAA\n'),
        ("/root/.ssh/authorized_keys", 'command="/home/anna/wrap" ssh-ed25519 AAAA\n'),
        ("/home/bo/.ssh/authorized_keys", "ssh-ed25519 AAAA /home/anna\n"),
        (CRONTABS + "/anna", "@daily /home/anna/bin/job\n"),
        (CRONTABS + "/ann", "@daily /home/anna/bin/job\n"),
        (CRONTABS + "/root", "@daily /home/anna/bin/job\n"),
        ("/etc/crontab", "@daily root /home/anna/bin/job\n@daily anna /home/anna/bin/job\n"),
        ("/etc/cron.daily/a", "/home/anna/job\n# su bo\n"),
        ("/etc/cron.daily/a", "su - anna -c /home/anna/job\n"),
    ],
)
def test_home_whose_programs_only_root_or_its_owner_runs_is_not_needed(tmp_path, path, text):
    assert needed_by(tmp_path, **{path: text}) == ""


def test_keys_are_looked_for_where_sshd_does(tmp_path):
    files = {
        "/etc/ssh/sshd_config": "AuthorizedKeysFile /etc/keys/%u\n",
        "/etc/keys/bo": 'command="/home/anna/wrap" ssh-ed25519 AAAA\n',
    }

    assert needed_by(tmp_path, **files) == "what /etc/keys/bo:1 runs"


def test_home_with_the_login_shell_of_another_is_needed(tmp_path):
    text = PASSWD.replace("/home/bo:/bin/sh", "/home/bo:/home/anna/shell")

    assert needed_by(tmp_path, **{"/etc/passwd": text}) == ("the account bo, whose login shell lies below")


def test_home_into_which_the_login_shell_of_another_leads_is_needed(tmp_path):
    (tmp_path / "opt").mkdir()
    (tmp_path / "opt/shell").symlink_to("/home/anna/shell")
    text = PASSWD.replace("/home/bo:/bin/sh", "/home/bo:/opt/shell")

    assert "the account bo, whose login shell" in needed_by(tmp_path, **{"/etc/passwd": text})


def test_home_with_a_shell_of_its_own_is_not_needed(tmp_path):
    text = PASSWD.replace("/home/anna:/bin/sh", "/home/anna:/home/anna/shell")

    assert needed_by(tmp_path, **{"/etc/passwd": text}) == ""


@pytest.mark.parametrize("folder", ["/usr/local/bin", "/usr/local/sbin", "/usr/bin"])
@pytest.mark.parametrize("target", ["/home/anna/tool", "../../../../home/anna/tool", "/opt/tool"])
def test_home_into_which_a_link_of_commands_leads_is_needed(tmp_path, folder, target):
    for path in ("opt", "home/anna", folder[1:]):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "opt/tool").symlink_to("/home/anna/tool")
    (tmp_path / folder[1:] / "tool").symlink_to(target)

    assert needed_by(tmp_path) == "all who run %s/tool, a link that leads below" % folder


def test_links_that_lead_elsewhere_or_in_a_circle_do_not_count(tmp_path):
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/a").symlink_to("a")
    (tmp_path / "usr/bin/b").symlink_to("/home/anna2/b")

    assert needed_by(tmp_path) == ""
