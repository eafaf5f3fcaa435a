"""What a request says and what the host keeps secret stands in no log, on no console and in no report."""

from __future__ import annotations

import json
import os
import re

import pytest

from tests.integration.remediating import playbook_command, run_command
from tests.records import texts_below

pytestmark = pytest.mark.hosts
__all__ = ["playbook_command"]

MARKER = "sEcReT9marker"
# Secrets where readers and writers look and quote, each in the way of the program that reads the file.
FILES = {
    "/etc/apt/sources.list.d/site.list": f"deb https://site:{MARKER}@apt.example.org/debian bookworm main\n"
    f"deb https://site:p@ss:{MARKER}@apt.example.org/debian x main\ndeb https://apt.example.org/tok/{MARKER}/debian x main\n"
    f"deb [trusted=yes] https://{MARKER}@apt.example.org/debian x main # {MARKER}\n",
    "/etc/apt/sources.list.d/site.sources": f"Types: deb\nURIs: https://a:{MARKER}@h/debian\nSuites: x\nComponents: main\n",
    "/etc/apt/apt.conf.d/95proxy": f'Acquire::https::Proxy "http://proxy:{MARKER}@127.0.0.1:9/";\nAcquire::https::h::Password "{MARKER}";\n'
    f'APT::Periodic::Unattended-Upgrade "1"; // token {MARKER}\n',
    "/etc/rsyslog.d/60-site.conf": f'*.* action(type="omfwd" target="10.9.9.9" pwd="{MARKER}")\n*.* :ommysql:h,db,u,{MARKER}\n'
    f"*.* :omlibdbi:mysql,h,db,user,{MARKER}\n*.* >host,db,user,{MARKER}\n*.* :omhttp:https://x/{MARKER}\n*.* ^/usr/bin/x -k {MARKER}\n"
    f'*.* action(type="omrelp" target="10.9.9.9" tls.mycertpass="{MARKER}")\n*.* @@10.9.9.9:514;tmpl # password {MARKER}\n'
    f'*.* action(type="omhttp" httpheadervalue="Splunk {MARKER}" Authorization="{MARKER}")\n',
    "/etc/systemd/journal-upload.conf": f"[Upload]\nURL=https://writer:{MARKER}@10.9.9.9:19532\n",
    "/etc/default/grub": f'GRUB_CMDLINE_LINUX="nfsroot_password={MARKER} inst.rootpw={MARKER} rd.luks.key={MARKER} x=u:{MARKER}@p:1"\n',
    "/boot/grub/grub.cfg": f"set superusers=root\npassword root {MARKER}\nlinux /vmlinuz root=/dev/sda api_key={MARKER}\n",
    "/etc/sudoers.d/90-site": f"bob ALL=(root) NOPASSWD: /usr/bin/tool --token {MARKER}\n"
    f"bob ALL=(root) NOPASSWD: /usr/bin/x -r rest\\:http\\://u\\:{MARKER}@h, /bin/x --password\\={MARKER}, /usr/bin/ldapsearch -w {MARKER}\n"
    f"bob ALL=(root) NOPASSWD: /usr/bin/env PGPASSWORD\\={MARKER} psql, /usr/bin/redis-cli -a {MARKER}, /usr/bin/smbclient -U b%{MARKER}\n"
    f'Defaults:bob !authenticate, passprompt="{MARKER}"\n',
    "/etc/cron.d/site": f"0 1 * * * root curl -u backup:{MARKER} https://10.9.9.9/\n",
    "/etc/crontab": f"0 1 * * * root mysqldump -uroot -p{MARKER} --all-databases\n",
    "/etc/environment": f"API_TOKEN={MARKER}\nhttp_proxy=http://proxy:{MARKER}@127.0.0.1:9/\nhttps_proxy=u:{MARKER}@p:1\n",
    "/etc/profile.d/site.sh": f"export TMOUT=9 DB_PASSWORD='{MARKER}'; umask 000 # password={MARKER}\n",
    "/etc/profile.d/more.sh": f"export TMOUT=5000; DBPASS={MARKER} BOT_KEY={MARKER}\numask 022; KEY={MARKER} AUTH={MARKER} x -p {MARKER}\n"
    f"umask 000 # secret {MARKER}\nexport TMOUT=99 http_proxy=u:{MARKER}@p:1 DBPW={MARKER}; umask 000\n",
    "/etc/bash.bashrc": f"umask 000; export AWS_SECRET_ACCESS_KEY={MARKER}\n",
    "/etc/motd": f"Debian: log in with password={MARKER}\npassword {MARKER} Debian\nroot/{MARKER} Debian\n",
    "/etc/issue.net": f"Debian \\r \x1b[2J token={MARKER}\n",
    "/etc/ssh/sshd_config.d/50-site.conf": f"MaxAuthTries 9 # --password {MARKER}\nBanner /x?tok={MARKER}\n",
    "/etc/sysctl.d/50-site.conf": f"net.ipv4.ip_forward = 1 # {MARKER}\n# password={MARKER}\n",
    "/etc/security/limits.d/site.conf": f"* hard core 1 # {MARKER}\n",
    "/etc/pam.d/portal": f"auth required pam_unix.so nullok\nauth optional pam_exec.so /usr/bin/x --token={MARKER}\n",
    "/root/.bashrc": f"umask 000\nexport RESTIC_PASSWORD={MARKER}\n",
}
FSTAB = (
    f"//10.9.9.9/share /srv/share cifs noauto,username=u,password={MARKER} 0 0\n"
    f"//10.9.9.9/s /srv/s cifs noauto,user=u%{MARKER},password2={MARKER} 0 0\n"
    f"u:{MARKER}@10.9.9.9:/ /srv/t fuse.sshfs noauto,password={MARKER} 0 0\n"
)


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
    server_host.write("/srv/open\x1b[2J", "", 0o666)
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

    runs = tmp_path / "runs"
    assert '"fixed": ' in "".join(text for _path, text in texts_below(runs)), "nothing was done"
    assert re.findall(f".{{0,120}}{MARKER}.{{0,20}}", said) == []
    assert "\x1b" not in said
    assert "[U+001B][2J" in said, "what steers a terminal is shown as what it is"
    assert [path for path, text in texts_below(runs) if MARKER in text] == []
    logs = logged(server_host)
    assert MARKER not in logs
    assert not re.search(r"Invoked with.*(request|run_id)=", logs)
    assert "(masked)" in said
    assert sum(path.suffix == ".gz" for path, _text in texts_below(runs)) > 2, "nothing packed was looked into"
    told = "".join(text for _path, text in texts_below(runs))
    for kept in (
        "umask 000",
        "/etc/profile.d/more.sh",
        "/bin/x (arguments not shown)",
        ":omlibdbi:(masked)",
        "apt.example.org",
    ):
        assert kept in told, kept


def test_module_that_a_user_calls_leaves_nothing_of_its_settings_in_the_logs(booted_host, run_ansible, write_inventory):
    inventory = write_inventory([booted_host], user="auditor")
    asked = {"settings": [{"kind": "sysctl", "name": "kernel.core_pattern"}]}

    seen = run_ansible("all", "-i", inventory, "-b", "-m", "hipaa.cis.linux_observe", "-a", json.dumps(asked))

    assert "observations" in seen
    assert "core_pattern" not in logged(booted_host)
