"""Files of xrdp on booted hosts: what the rules say of them is what xrdp lets in, and the time after which its sesman disconnects."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.scenarios import xrdp

pytestmark = pytest.mark.hosts
INSTALL = "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends install xrdp"
# Its account has to read the key.
READY = """usermod -aG ssl-cert xrdp && systemctl restart xrdp
for at in $(seq 50); do ss -Hltn sport = :3389 | grep -q . && exit; sleep 0.2; done
exit 1"""
SCRIPT = "/root/rdp_on_host.py"
# Of Debian; and OpenSSL, which by itself takes nothing old and nothing weak, takes all that xrdp lets it.
GIVEN = "certificate=\nkey_file=\ntls_ciphers=DEFAULT:@SECLEVEL=0\n"


def with_key(text):
    return re.sub(r"(\[ ?globals ?\][\r\n])", lambda head: head[0] + GIVEN, text, flags=re.IGNORECASE)


@pytest.mark.parametrize("release", ["booted_host", "debian13_host"])
def test_xrdp_and_its_sesman_do_what_the_rules_say_of_their_files(release, request):
    host = request.getfixturevalue(release)
    host.run(["sh", "-c", INSTALL], timeout=300)
    host.run(["sh", "-c", READY])
    host.write(SCRIPT, Path(__file__).with_name("rdp_on_host.py").read_text(encoding="utf-8"))
    texts = {"limits": list(xrdp.LIMITS), "security": [with_key(text) for text in xrdp.SECURITY]}

    told = json.loads(host.run(["python3", SCRIPT], data=json.dumps(texts), timeout=300).stdout)

    # Less than 0 is never too.
    assert dict(zip(xrdp.LIMITS, (max(0, one) for one in told["limits"]), strict=True)) == xrdp.LIMITS
    assert dict(zip(xrdp.SECURITY, told["security"], strict=True)) == xrdp.SECURITY
