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
