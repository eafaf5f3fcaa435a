"""Accounts that systemd-homed makes on a booted Debian 13: what is told of their records is what getent says of them."""

from __future__ import annotations

import json

import pytest

from tests.integration.test_programs_agree import CODE, carry_code

pytestmark = pytest.mark.hosts

MADE = """
set -e
DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends systemd-homed libnss-systemd >/dev/null
export NEWPASSWORD=Secret-12345
homectl create eve --storage=directory
homectl create fay --storage=directory --uid=60200 --password-change-max=30d --password-change-min=1d --not-after=2031-05-06
homectl create gil --storage=directory --locked=yes
"""
ASK = f"""
import json, sys
sys.path.insert(0, "{CODE}")
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import accounts
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import account_sources
host = Host("/")
try:
    users, passwords = account_sources.more_users(host), account_sources.more_passwords(host)
    print(json.dumps([[[one.name, one.uid, one.gid] for one in users], [[one.name, one.algorithm, one.maximum, one.minimum] for one in passwords],
                      [[one.name, one.gid] for one in account_sources.more_groups(host)]]))
except ReadError as problem:
    print(json.dumps(str(problem)))
"""


def asked(host):
    return json.loads(host.run(["python3", "-c", ASK]).stdout)


def got(host, database):
    names = ("eve", "fay", "gil")
    return [host.run(["getent", database, name]).stdout.strip("\n").split(":") for name in names]


def test_accounts_of_homed_are_told_as_getent_gives_them(debian13_server):
    host = debian13_server
    host.run(["bash", "-c", MADE], timeout=240)
    carry_code(host)

    users, passwords, groups = asked(host)

    assert users == [[fields[0], int(fields[2]), int(fields[3])] for fields in got(host, "passwd")]
    assert groups == [[fields[0], int(fields[2])] for fields in got(host, "group")]
    assert [
        [name, "" if most is None else str(most), "" if least is None else str(least)]
        for name, _algorithm, most, least in passwords
    ] == [[fields[0], fields[4], fields[3]] for fields in got(host, "shadow")]

    # A home whose record is gone still gives its account.
    host.run(
        [
            "sh",
            "-c",
            "systemctl stop systemd-homed; mv /var/lib/systemd/home/eve.identity /root; systemctl start systemd-homed",
        ]
    )
    assert host.run(["getent", "passwd", "eve"]).stdout.startswith("eve:")
    assert "/home/eve.homedir is a home of systemd-homed" in asked(host)
