# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `ipsec`: which algorithms IPsec may use, for how long, how the other end proves who it is, and who gets at the files of its keys."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    ReadError,
    absent,
    value,
)

# As Debian and Ubuntu have it, and EPEL.
SWANCTL = ("/etc/swanctl", "/etc/strongswan/swanctl")
KEY_FOLDERS = ("private", "rsa", "ecdsa", "bliss", "pkcs8", "pkcs12")
LIBRESWAN = ("/usr/libexec/ipsec/pluto", "/usr/lib/ipsec/pluto", "/usr/local/libexec/ipsec/pluto")
STARTER = ("/usr/lib/ipsec/starter", "/usr/libexec/ipsec/starter", "/usr/libexec/strongswan/starter")
IPSEC_CONF = ("/etc/ipsec.conf", "/etc/strongswan/ipsec.conf")
# Beside ipsec.conf.
SECRETS = ("ipsec.secrets", "ipsec.d/private/*", "ipsec.d/*.secrets", "ipsec.d/key*.db")
NSS = "/var/lib/ipsec/nss"
_INCLUDED = re.compile(r"^[ \t]*include[ \t]+\"?([^\" \t\n]+)", re.MULTILINE)
_KEY = re.compile(r"^[^#\n]*?:[ \t]+(?:RSA|ECDSA|PKCS8|P12)[ \t]+\"?([^\"{% \t\n][^\" \t\n]*)", re.MULTILINE)
_CONN = re.compile(r"^conn[ \t]+(?!%default[ \t\n])[^ \t\n]", re.MULTILINE)
SOURCE = "swanctl.conf and ipsec.conf of strongSwan, ipsec.conf of Libreswan"
MAX_CONNECTIONS = 150


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe ``{connections: [{name, file, ...}], keys}``, see docs/kinds.md; absent where nothing is configured. Raises `ReadError`."""
    host.need_root("the configuration of IPsec")
    folders = [folder for folder in SWANCTL if host.exists(folder + "/swanctl.conf")]
    files = [path for path in IPSEC_CONF if host.exists(path)]
    if not folders and not files:
        return [absent(SOURCE)] * len(addresses)
    # Few hosts have it.
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import key_files

    found: List[Dict[str, Any]] = []
    keys: List[str] = []
    for look, paths in ((_swanctl, folders), (_ipsec_conf, files)):
        for path in paths:
            connections, secret = look(host, path)
            found += connections
            keys += secret
    if len(found) > MAX_CONNECTIONS:
        raise ReadError("more than %d connections of IPsec are configured" % MAX_CONNECTIONS)
    if not found and not keys:
        return [absent(SOURCE)] * len(addresses)
    shown = [{**one, "name": printable(one["name"])} for one in found]
    return [value({"connections": shown, "keys": key_files.documents(host, keys)}, SOURCE)] * len(addresses)


def _swanctl(host: Host, folder: str) -> Tuple[List[Dict[str, Any]], List[str]]:
    """Return the connections of swanctl.conf, and the files of keys."""
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import ike_connections, swanctl_config

    main = folder + "/swanctl.conf"
    root = swanctl_config.read(host, main)
    keys = [path for name in KEY_FOLDERS for path in host.glob("%s/%s/*" % (folder, name))]
    return list(ike_connections.connections(root, main)), keys + list(swanctl_config.secret_files(root))


def _ipsec_conf(host: Host, path: str) -> Tuple[List[Dict[str, Any]], List[str]]:
    """Return the connections of ipsec.conf as the program that is installed makes them, and the files of keys."""
    base = path.rpartition("/")[0]
    secrets = [base + "/" + name for name in SECRETS]
    found: List[Dict[str, Any]] = []
    if base == "/etc" and any(host.exists(program) for program in LIBRESWAN):
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import (
            libreswan_config,
            libreswan_connections,
        )

        config = libreswan_config.read(host, path)
        found = list(libreswan_connections.connections(config, host, path))
        secrets += [config.setup.get("nssdir", NSS) + "/key*.db", config.setup.get("secretsfile", secrets[0])]
        secrets += [config.setup.get("ipsecdir", base + "/ipsec.d") + "/nsspassword"]
    elif any(host.exists(program) for program in STARTER):
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import starter_connections, swanctl_config

        main = base + "/strongswan.conf"
        settings = swanctl_config.read(host, main) if host.exists(main) else swanctl_config.Section()
        path = settings.below("starter").word("config_file", path)
        found = list(starter_connections.connections(host, path, settings))
        secrets.append(settings.below("charon").below("plugins").below("stroke").word("secrets_file", secrets[0]))
    elif any(_CONN.search(text) for _file, text in _with_included(host, [path])):
        raise ReadError(
            "%s has connections, and neither Libreswan nor the starter of strongSwan is where packages put them; move the file away"
            % path
        )
    else:
        secrets.append(NSS + "/key*.db")
    files = [one for pattern in secrets for one in host.glob(pattern)]
    return found, _with_named(host, files, base + "/ipsec.d/private/")


def _with_named(host: Host, files: Sequence[str], folder: str) -> List[str]:
    """Return files with those of secrets that they include, and of keys that these name; of what else stands in them nothing is kept.

    ``folder``: where keys are that are named by no whole path.
    """
    secrets = [one for one in files if not one.endswith((".db", "/nsspassword")) and not one.startswith(folder)]
    read = list(_with_included(host, secrets))
    keys = [one for _file, text in read for one in _KEY.findall(text)]
    named = [one if one.startswith("/") else folder + one for one in keys]
    return [*files, *(file for file, _text in read), *named]


def _with_included(host: Host, files: Sequence[str]) -> Iterator[Tuple[str, str]]:
    """Yield (file, text) of some files and of those that they include."""
    read = list(files)
    # It grows.
    for file in read:
        text = host.read_text(file)
        yield file, text
        for pattern in _INCLUDED.findall(text):
            beside = "" if pattern.startswith("/") else file.rpartition("/")[0] + "/"
            read += [one for one in host.glob(beside + pattern) if one not in read]
