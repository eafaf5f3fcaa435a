"""What runs and who logs in goes on after a remediation, on a booted host: logs, keys, homes, start-up files of shells."""

from __future__ import annotations

import pytest

from tests.integration.remediating import playbook, playbook_command, remediation_of

__all__ = ["playbook", "playbook_command", "remediation_of"]

pytestmark = pytest.mark.hosts

SHELLS = ("dash", "bash", "bash --posix", "mksh", "busybox ash", "zsh --emulate sh")
RULES = ["log_files_closed", "home_directories_private", "ssh_private_host_keys_permissions", "shell_timeout"]
# A service without a login shell, one with (as postgres has), a key of another program, and a home that a server serves.
SITE = r"""
set -eu
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends mksh busybox zsh >/dev/null
useradd --system --shell /usr/sbin/nologin collector
useradd --system --create-home --home-dir /var/lib/database --shell /bin/bash database
useradd --create-home --shell /bin/bash nurse && chmod 755 /home/nurse
useradd --create-home --shell /bin/bash webmaster && chmod 755 /home/webmaster
echo hello > /home/webmaster/page
for name in collector database; do echo x > /var/log/$name.log; chown $name: /var/log/$name.log; chmod 644 /var/log/$name.log; done
runuser -u nobody -- tail -f /var/log/dpkg.log >/dev/null 2>&1 </dev/null &
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/tunnel && chown database: /etc/ssh/tunnel && chmod 640 /etc/ssh/tunnel
mkdir -p /etc/nginx/sites-enabled && echo 'root /home/webmaster;' > /etc/nginx/sites-enabled/site
chmod 644 /var/log/dpkg.log /var/log/alternatives.log
cat > /etc/profile.d/zz-hipaa-cis-tmout.sh <<'OLD'
# Written by hipaa.cis.
TMOUT=900
export TMOUT
if [ -n "${BASH_VERSION:-}" ]; then
    typeset -xr TMOUT=900
fi
readonly TMOUT
OLD
"""


def test_what_others_use_stays_and_the_rest_is_put_right(server_host, playbook, remediation_of):
    host = server_host
    host.run(["sh", "-c", SITE], timeout=180)

    code, said = playbook(
        "remediate", [host], hipaa_cis_include={"rules": RULES}, hipaa_cis_level=2, hipaa_cis_allow_disruption=["all"]
    )

    assert code == 0, said
    reasons = {item["rule"]: (item["result"], item.get("reason", "")) for item in remediation_of(host)["results"]}
    assert reasons["shell_timeout"][0] == "already_right"
    for rule, result, name in (
        ("log_files_closed", "still_failing", "/var/log/database.log belongs to the account database"),
        ("log_files_closed", "still_failing", "/var/log/dpkg.log is in use by tail"),
        ("ssh_private_host_keys_permissions", "skipped", "/etc/ssh/tunnel is no host key of this sshd"),
        ("home_directories_private", "still_failing", "/etc/nginx/sites-enabled/site:1 configures"),
    ):
        assert reasons[rule][0] == result, reasons[rule]
        assert name in reasons[rule][1]

    stat = host.run(["stat", "-c", "%U %a", "/var/log/collector.log", "/var/log/database.log", "/var/log/dpkg.log",
                     "/var/log/alternatives.log", "/etc/ssh/tunnel", "/home/nurse", "/home/webmaster"]).stdout  # fmt: skip
    assert stat.split("\n")[:7] == [
        "collector 640", "database 640", "root 644", "root 640", "database 640", "nurse 750", "webmaster 755",
    ]  # fmt: skip
    # As themselves: what wrote still writes, what was served still is.
    host.run(["runuser", "-u", "collector", "--", "sh", "-c", "echo y >> /var/log/collector.log"])
    host.run(["runuser", "-u", "database", "--", "sh", "-c", "echo y >> /var/log/database.log && cat /etc/ssh/tunnel"])
    host.run(["runuser", "-u", "www-data", "--", "cat", "/home/webmaster/page"])

    script = "set -eu; . /etc/profile.d/zz-hipaa-cis-tmout.sh; . /etc/profile.d/zz-hipaa-cis-tmout.sh; echo $TMOUT"
    for shell in SHELLS:
        done = host.run([*shell.split(), "-c", script], check=False)
        assert (done.stdout, done.stderr) == ("900\n", ""), shell
    assert host.run(["sh", "-lc", ". /etc/profile; echo still here"]).stdout == "still here\n"
