"""Rocky Linux 9, as its installer leaves it: what of it is not as on RHEL 9. AlmaLinux and Oracle Linux differ from it by names alone."""

from __future__ import annotations

from typing import List

from tests.scenarios.imitated import Files, Row, Stock
from tests.scenarios.imitated.rhel_9 import COMMANDS, ELSEWHERE, ROWS, UNITS
from tests.scenarios.imitated.rhel_9 import STOCK as RED_HAT
from tests.scenarios.imitated.rhel_9_system_files import repositories

KEY = "RPM-GPG-KEY-Rocky-9"
FILES: Files = {
    **{
        path: text
        for path, text in RED_HAT.files.items()
        if not path.startswith(("/etc/yum.repos.d/", "/etc/pki/rpm-gpg/"))
    },
    "/etc/os-release": (
        'NAME="Rocky Linux"\nVERSION="9.4 (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n'
        'PLATFORM_ID="platform:el9"\nPRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"\n'
    ),
    "/etc/redhat-release": "Rocky Linux release 9.4 (Blue Onyx)\n",
    "/etc/yum.repos.d/rocky.repo": repositories("Rocky Linux", KEY, "baseos", "appstream"),
    "/etc/pki/rpm-gpg/" + KEY: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
    "/etc/chrony.conf": str(RED_HAT.files["/etc/chrony.conf"]).replace("2.rhel.", "2.rocky."),
}
ROWS_HERE: List[Row] = [
    *(row for row in ROWS if row[0] != "chrony"),
    ("chrony", {"query": "sources"}, {"each": {"fields": {"argument": {"equals": "2.rocky.pool.ntp.org"}}}}, "pass"),
]
STOCK = Stock("el9_clones", FILES, UNITS, COMMANDS, ROWS_HERE, ELSEWHERE)
