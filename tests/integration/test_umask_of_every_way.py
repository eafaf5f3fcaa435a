"""The umask that each way in really gives on a booted host, beside what the audit says of it, before and after the fix."""

from __future__ import annotations

import json

import pytest

from tests.integration.remediating import changes, playbook, playbook_command, remediation_of, results
from tests.integration.test_programs_agree import CODE, carry_code

__all__ = ["playbook", "playbook_command", "remediation_of", "results"]

pytestmark = pytest.mark.hosts

RULE = "umask_of_every_way"
# As the account plain: a file by sftp, a command by SSH, su and sudo called with a umask that closes nothing; then its manager.
TRIED = r"""
set -u
[ -f /root/way ] || ssh-keygen -q -t ed25519 -N '' -f /root/way
home=$(getent passwd plain | cut -d: -f6)
mkdir -p "$home/.ssh"; cp /root/way.pub "$home/.ssh/authorized_keys"; chown -R plain: "$home/.ssh"
rm -f "$home/way"; echo x > /tmp/way; chmod 666 /tmp/way
options='-i /root/way -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR'
echo "ssh host command=$(ssh $options plain@127.0.0.1 umask)"
echo "put /tmp/way way" | sftp -q $options -b - plain@127.0.0.1 > /dev/null
printf 'sftp=%04o\n' $((0666 & ~0$(stat -c %a "$home/way")))
echo "su=$(umask 022; su plain -c umask)"
echo "sudo=$(umask 022; sudo -u plain sh -c umask)"
systemctl restart "user@$(id -u plain).service"
echo "services of users=$(awk '/^Umask/ {print $2}' /proc/$(systemctl show -P MainPID "user@$(id -u plain).service")/status)"
rm -r "$home/.ssh" "$home/way" /tmp/way /root/way /root/way.pub
systemctl stop "user@$(id -u plain).service"
"""


def tried(host):
    return dict(line.split("=") for line in host.run(["bash", "-c", TRIED]).stdout.splitlines() if "=" in line)


# Files of sftp have no x, so only what the two have in common is seen of a umask.
FILES = 0o666
ASK = f"""
import json, sys
sys.path.insert(0, "{CODE}")
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import umask
print(json.dumps([[row["way"], int(row["umask"], 8)] for row in umask.read(Host("/"), [{{}}])[0].value]))
"""


def possible(host):
    """Return the umasks that the reader holds possible, once each way has given one of its own."""
    seen = json.loads(host.run(["python3", "-c", ASK]).stdout)
    given = tried(host)
    assert given.keys() == {way for way, _umask in seen} - {"cron"}
    for way, umask in given.items():
        bits = FILES if way == "sftp" else 0o777
        assert int(umask, 8) in {one & bits for there, one in seen if there == way}, (way, umask, seen)
    return {f"{umask:04o}" for _way, umask in seen}


@pytest.mark.parametrize("name", ["server_host", "debian13_server"])
def test_each_way_gives_what_the_audit_says(request, audit_hosts, playbook, remediation_of, name):
    host = request.getfixturevalue(name)
    asked = {"hipaa_cis_benchmark": ["debian_12"], "hipaa_cis_include": {"rules": [RULE]}}
    carry_code(host)
    before = host.snapshot()
    stock = {"0022"} if name == "server_host" else {"0022", "0002"}
    assert possible(host) == stock
    assert audit_hosts([host], **asked).findings(host.name)[RULE]["outcome"] == "fail"

    code, said = playbook(
        "remediate", [host], **asked, hipaa_cis_allow_disruption=["login"], hipaa_cis_force_benchmark=True
    )
    assert code == 0, said
    record = remediation_of(host)
    assert {item["result"] for item in record["results"] if item["rule"] == RULE} == {"fixed"}, record["results"]
    assert possible(host) == {"0027"}
    assert audit_hosts([host], **asked).findings(host.name)[RULE]["outcome"] == "pass"

    code, said = playbook("rollback", [host], hipaa_cis_run_id=record["run_id"])
    assert code == 0, said
    assert not [
        path
        for path in changes(before, host)
        if path.startswith(("/etc/pam.d", "/usr/share/pam-configs", "/var/lib/pam"))
    ]
