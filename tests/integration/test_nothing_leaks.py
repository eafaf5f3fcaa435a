"""What a request says and what the host keeps secret stands in no log, on no console and in no report."""

from __future__ import annotations

import json
import os
import re

import pytest

from tests.integration.remediating import playbook_command, run_command

pytestmark = pytest.mark.hosts
__all__ = ["playbook_command"]

MARKER = "sEcReT9marker"
# Secrets where readers and writers look and quote, each in the way of the program that reads the file.
FILES = {
    "/etc/apt/sources.list.d/site.list": f"deb https://site:{MARKER}@apt.example.org/debian bookworm main\n",
    "/etc/apt/apt.conf.d/95proxy": f'Acquire::https::Proxy "http://proxy:{MARKER}@127.0.0.1:9/";\n',
    "/etc/rsyslog.d/60-site.conf": f'*.* action(type="omfwd" target="10.9.9.9" pwd="{MARKER}")\n*.* :ommysql:h,db,u,{MARKER}\n',
    "/etc/systemd/journal-upload.conf": f"[Upload]\nURL=https://writer:{MARKER}@10.9.9.9:19532\n",
    "/etc/default/grub": f'GRUB_CMDLINE_LINUX="nfsroot_password={MARKER}"\n',
    "/boot/grub/grub.cfg": f"set superusers=root\npassword root {MARKER}\nlinux /vmlinuz root=/dev/sda api_key={MARKER}\n",
    "/etc/sudoers.d/90-site": f"bob ALL=(root) NOPASSWD: /usr/bin/tool --token {MARKER}\n",
    "/etc/cron.d/site": f"0 1 * * * root curl -u backup:{MARKER} https://10.9.9.9/\n",
    "/etc/crontab": f"0 1 * * * root mysqldump -uroot -p{MARKER} --all-databases\n",
    "/etc/environment": f"API_TOKEN={MARKER}\nhttp_proxy=http://proxy:{MARKER}@127.0.0.1:9/\n",
    "/etc/profile.d/site.sh": f"export TMOUT=9 DB_PASSWORD='{MARKER}'; umask 000 # password={MARKER}\n",
    "/etc/bash.bashrc": f"umask 000; export AWS_SECRET_ACCESS_KEY={MARKER}\n",
    "/etc/motd": f"Debian: log in with password={MARKER}\n",
    "/etc/issue.net": f"Debian \\r \x1b[2J token={MARKER}\n",
    "/etc/ssh/sshd_config.d/50-site.conf": f"MaxAuthTries 9 # --password {MARKER}\n",
    "/etc/sysctl.d/50-site.conf": f"net.ipv4.ip_forward = 1\n# password={MARKER}\n",
    "/etc/pam.d/portal": f"auth required pam_unix.so nullok\nauth optional pam_exec.so /usr/bin/x --token={MARKER}\n",
    "/root/.bashrc": f"umask 000\nexport RESTIC_PASSWORD={MARKER}\n",
}
FSTAB = f"//10.9.9.9/share /srv/share cifs noauto,username=u,password={MARKER} 0 0\n"


def texts_below(folder):
    for place, _folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            with open(path, encoding="utf-8", errors="replace") as stream:
                yield path, stream.read()


def logged(host):
    """Everything that the host's logs hold, the journal among them."""
    logs = "find /var/log -type f ! -path '/var/log/journal/*' -exec cat {} +; journalctl --all --no-pager -o export"
    return host.run(["sh", "-c", logs], timeout=60).stdout


def test_neither_requests_nor_secrets_get_anywhere(server_host, playbook_command, tmp_path):
    for path, text in FILES.items():
        mode = {"/etc/sudoers.d": 0o440, "/etc/apt/sources.list.d": 0o600, "/boot/grub": 0o600}.get(
            os.path.dirname(path), 0o644
        )
        server_host.write(path, text, mode)
    server_host.run(["sh", "-c", f"echo '{FSTAB}' >> /etc/fstab; visudo -cq"])
    given = {"hipaa_cis_level": 2, "hipaa_cis_include": {}, "hipaa_cis_allow_disruption": ["all"]}

    said = ""
    for name, extra in (
        ("audit", []),
        ("remediate", ["--check", "--diff"]),
        ("remediate", ["--diff"]),
        ("rollback", ["--diff"]),
    ):
        command = playbook_command(name, [server_host], *extra, "-vvv", **given)
        code, output = run_command(command)
        assert code in (0, 2), output[-3000:]
        said += output

    assert '"fixed": ' in "".join(text for _path, text in texts_below(tmp_path / "runs")), "nothing was done"
    assert MARKER not in said
    assert "\x1b" not in said
    assert "[U+001B][2J" in said, "what steers a terminal is shown as what it is"
    assert [path for path, text in texts_below(tmp_path / "runs") if MARKER in text] == []
    logs = logged(server_host)
    assert MARKER not in logs
    assert not re.search(r"Invoked with.*(request|run_id)=", logs)
    assert "(masked)" in said


def test_module_that_a_user_calls_leaves_nothing_of_its_settings_in_the_logs(booted_host, run_ansible, write_inventory):
    inventory = write_inventory([booted_host], user="auditor")
    asked = {"settings": [{"kind": "sysctl", "name": "kernel.core_pattern"}]}

    seen = run_ansible("all", "-i", inventory, "-b", "-m", "hipaa.cis.linux_observe", "-a", json.dumps(asked))

    assert "observations" in seen
    assert "core_pattern" not in logged(booted_host)
