"""A site's own content: the example of an EHR vendor's application server, followed as its page says, on a booted host."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.hosts.inventory import variables
from tests.records import record_in

pytestmark = pytest.mark.hosts
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs/examples/ehr_application"
HOST = "ehr1.example.org"
RULES = {
    "ehr_service_account", "ehr_files_private", "ehr_proxy_tls", "ehr_session_ends", "ehr_log_folder", "ehr_database_local",
}  # fmt: skip
LISTEN = "systemd-run -q --unit=ehr-database python3 -m http.server 5432 --bind"
NGINX = "export DEBIAN_FRONTEND=noninteractive; apt-get -qq update; apt-get -qq -y install nginx-light openssl >/dev/null 2>&1"
GOOD = f"""\
useradd --system --shell /usr/sbin/nologin ehr
mkdir -p /etc/ehr/tls /var/log/ehr
printf '[Service]\\nUser=ehr\\nExecStart=/opt/ehr/bin/server\\n' > /etc/systemd/system/ehr.service
printf 'session_timeout_minutes=5\\ndatabase_password=hush\\n' > /etc/ehr/ehr.conf
chown root:ehr /etc/ehr/ehr.conf; chmod 0640 /etc/ehr/ehr.conf
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=ehr -keyout /etc/ehr/tls/server.key -out /etc/ehr/tls/server.crt 2>/dev/null
chmod 0600 /etc/ehr/tls/server.key
sed -i 's/^\\(\\s*ssl_protocols\\).*;/\\1 TLSv1.2 TLSv1.3;/' /etc/nginx/nginx.conf
cat > /etc/nginx/sites-enabled/ehr <<END
server {{
    listen 443 ssl;
    # ssl_protocols TLSv1;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate /etc/ehr/tls/server.crt;
    ssl_certificate_key /etc/ehr/tls/server.key;
    location / {{ include proxy_params; proxy_pass http://127.0.0.1:8080; }}
}}
END
nginx -t
chown ehr:adm /var/log/ehr; chmod 0750 /var/log/ehr
{LISTEN} 127.0.0.1
"""
# What makes each rule fail alone, where the rest is good; a drop-in and an included file count as the file itself does.
BAD = f"""\
mkdir -p /etc/systemd/system/ehr.service.d; printf '[Service]\\nUser=root\\n' > /etc/systemd/system/ehr.service.d/own.conf
chmod 0644 /etc/ehr/tls/server.key
printf 'server {{ listen 444 ssl; ssl_protocols\\n  TLSv1.1 TLSv1.2; include ehr_tls; }}\\n' > /etc/nginx/conf.d/old.conf
printf 'ssl_certificate /etc/ehr/tls/server.crt;\\nssl_certificate_key /etc/ehr/tls/server.key;\\n' > /etc/nginx/ehr_tls
nginx -t
sed -i s/minutes=5/minutes=8/ /etc/ehr/ehr.conf
chmod 0755 /var/log/ehr
systemctl stop ehr-database; {LISTEN} 0.0.0.0
"""


class Example:
    """A copy of the example, and what its page says is typed there."""

    def __init__(self, folder: Path, host) -> None:
        self.folder = folder / "ehr_application"
        shutil.copytree(EXAMPLE, self.folder)
        today = datetime.now(timezone.utc).date()
        # The day on which this test runs is not the page's.
        exceptions = self.folder / "site/exceptions.yml"
        text = exceptions.read_text(encoding="utf-8")
        exceptions.write_text(
            re.sub(r"expires: \S+", f"expires: {today + timedelta(days=90)}", text).replace(
                "approved_on: 2026-11-02", f"approved_on: {today - timedelta(days=9)}"
            )
        )
        # How the host is reached is all that the test adds.
        self.connection = folder / "connection.json"
        self.connection.write_text(json.dumps({"all": {"hosts": {HOST: variables(host, "root")}}}))
        collections = folder / "home/.ansible/collections"
        collections.mkdir(parents=True)
        (collections / "ansible_collections").symlink_to(ROOT / "ansible_collections")
        keep = {name: text for name, text in os.environ.items() if not name.startswith(("ANSIBLE_", "HIPAA_CIS_", "PYTHON"))}  # fmt: skip
        self.environment = {
            **keep,
            "HOME": str(folder / "home"),
            "PATH": f"{Path(sys.executable).parent}:{keep['PATH']}",
        }

    def commands(self) -> list[str]:
        lines = (self.folder / "README.md").read_text(encoding="utf-8").split("\n")
        return [line.strip() for line in lines if re.match("    (PYTHONPATH|ansible)", line)]

    def follow(self) -> str:
        script = "\n".join(
            f"{line} -i {self.connection}" if line.startswith("ansible-playbook") else line for line in self.commands()
        )
        done = subprocess.run(
            ["bash", "-euc", script], cwd=self.folder, env=self.environment, capture_output=True, text=True,
            timeout=500, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def record(self):
        return record_in(self.folder / "hipaa-cis-runs/latest", HOST)

    def outcomes(self) -> dict[str, str]:
        self.follow()
        return {one["rule"]: one["outcome"] for one in self.record()["findings"] if one["rule"] in RULES}


def test_example_is_followed_word_by_word(tmp_path, booted_host):
    example = Example(tmp_path, booted_host)
    assert [line.split()[-1] for line in example.commands()] == ["catalog", "inventory.yml"]

    # A host on which nothing of the application is passes nothing of it; nginx as it comes on Debian 12 allows TLS 1.0.
    booted_host.run(["bash", "-euc", NGINX], timeout=200)
    assert example.outcomes() == dict.fromkeys(RULES, "fail")

    booted_host.run(["bash", "-euc", GOOD])
    said = example.follow()
    record = example.record()
    findings = {one["rule"]: one for one in record["findings"]}
    assert {rule: findings[rule]["outcome"] for rule in RULES} == dict.fromkeys(RULES, "pass")
    assert {findings[rule]["benchmark"] for rule in RULES} == {"ehr_application@1.0.0"}
    assert {one["benchmark"] for one in record["findings"]} == {"ehr_application@1.0.0", "debian_12@2.0.0"}
    # What is switched off still fails, and says by which decision; a value that is stricter is simply judged by.
    assert findings["ssh_forwarding_off"]["outcome"] == "fail"
    assert findings["ssh_forwarding_off"]["exception"]["id"] == "EX-2026-021"
    assert findings["shell_timeout"]["parameters"]["shell_timeout"]["value"] == 300
    # No setting that was read leaves the host with its secret.
    assert "hush" not in json.dumps(record)
    assert "HIPAA technical safeguards" in said

    booted_host.run(["bash", "-euc", BAD])
    assert example.outcomes() == dict.fromkeys(RULES, "fail")
