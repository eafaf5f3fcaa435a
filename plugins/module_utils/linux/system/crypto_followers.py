# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that do not take what the system-wide cryptographic policy gives them."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import openssl_config, sshd_config, tls_environment
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.crypto_policies import BACK_ENDS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import fragments

SSHD = BACK_ENDS + "/opensshserver.config"
OPENSSL = BACK_ENDS + "/opensslcnf.config"
KERBEROS = BACK_ENDS + "/krb5.config"
SYSCONFIG = "/etc/sysconfig/sshd"
ALGORITHMS = frozenset(
    {
        "ciphers",
        "macs",
        "kexalgorithms",
        "gssapikexalgorithms",
        "hostkeyalgorithms",
        "pubkeyacceptedkeytypes",
        "pubkeyacceptedalgorithms",
        "casignaturealgorithms",
        "requiredrsasize",
        "rsaminsize",
    }
)
_ENCTYPES = re.compile(
    r"\s*(permitted_enctypes|default_tkt_enctypes|default_tgs_enctypes|allow_weak_crypto|allow_rc4|allow_des3)\s*=",
    re.ASCII,
)
_INCLUDED = re.compile(r"\s*includedir\s+/etc/krb5\.conf\.d/?\s*\Z", re.ASCII)
Entry = Dict[str, Any]


def not_following(host: Host) -> Iterator[Entry]:
    """Yield `{program, place, why}`."""
    yield from _sshd(host)
    yield from _openssl(host)
    yield from _kerberos(host)
    for found in tls_environment.overrides(host):
        yield _entry("a program", found.place, "it is given %s" % found.name)


def _entry(program: str, place: str, why: str) -> Entry:
    return {"program": program, "place": printable(place), "why": why}


def _sshd(host: Host) -> Iterator[Entry]:
    if not host.exists(sshd_config.CONFIGURATION):
        return
    by_arguments = any("$CRYPTO_POLICY" in snippet_text(host, place) for place in fragments(host, "sshd.service"))
    try:
        stated = split_lines(host.read_text(SYSCONFIG))
    except NotFound:
        stated = []
    for number, text in enumerate(stated, 1):
        if text.lstrip(BLANKS).startswith("CRYPTO_POLICY=") and by_arguments:
            yield _entry("sshd", "%s:%d" % (SYSCONFIG, number), "it takes its arguments from here")
    if by_arguments:
        return
    lines = [line for line in sshd_config.lines(host, sshd_config.CONFIGURATION) if line.name in ALGORITHMS]
    ours = {line.name for line in lines if line.file == SSHD}
    if not ours:
        yield _entry("sshd", sshd_config.CONFIGURATION, "nothing includes %s" % SSHD)
        return
    seen = set()
    for line in lines:
        # sshd takes the first.
        if line.name not in seen and line.file != SSHD and line.name in ours:
            yield _entry("sshd", "%s:%d" % (line.file, line.number), "%s stands before that of the policy" % line.name)
        seen.add(line.name)


def _openssl(host: Host) -> Iterator[Entry]:
    path = openssl_config.FILES[0]
    if not host.exists(path):
        return
    # The policy gives datagrams their own line of the same name.
    commands = openssl_config.section_of(host, path)
    if not any(value.place.startswith(OPENSSL + ":") for _name, value in commands):
        yield _entry("OpenSSL", path, "what holds for every program does not include %s" % OPENSSL)
        return
    for name, value in commands:
        if not value.place.startswith(OPENSSL + ":"):
            yield _entry("OpenSSL", value.place, "%s is set beside the policy" % name)


def _kerberos(host: Host) -> Iterator[Entry]:
    try:
        main = split_lines(host.read_text("/etc/krb5.conf"))
    except NotFound:
        return
    snippets = [
        path
        for path in host.glob("/etc/krb5.conf.d/*")
        if re.match(r"[\w-]+(?:\.conf)?\Z", path.rpartition("/")[2], re.ASCII)
    ]
    kept = [path for path in snippets if host.place(path)[0] == host.place(KERBEROS)[0]]
    if not kept or not any(_INCLUDED.match(line) for line in main):
        yield _entry("Kerberos", "/etc/krb5.conf", "nothing includes %s" % KERBEROS)
    for path in ["/etc/krb5.conf", *(one for one in snippets if one not in kept)]:
        for number, line in enumerate(split_lines(snippet_text(host, path)), 1):
            found = _ENCTYPES.match(line)
            if found:
                yield _entry("Kerberos", "%s:%d" % (path, number), "%s is set beside the policy" % found.group(1))
