"""A host on which as much as possible is wrong, for the test that fixes all of it and goes back.

What follows from the catalog (modes of files, kernel parameters, services, packages) is derived from it, so that a new
rule of such a kind is broken by itself; the rest is written down. Nothing here may keep the key of a user out.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import matchers
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog, leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.remedies import NoRemedy, wanted_value

REPOSITORY = "/srv/packages"

SSHD = """\
PermitRootLogin yes
MaxAuthTries 9
MaxSessions 90
MaxStartups 100:30:600
LoginGraceTime 600
ClientAliveInterval 0
ClientAliveCountMax 0
PermitEmptyPasswords yes
PermitUserEnvironment yes
HostbasedAuthentication yes
IgnoreRhosts no
GSSAPIAuthentication yes
LogLevel QUIET
UsePAM yes
Banner none
AllowTcpForwarding yes
X11Forwarding yes
Ciphers aes128-cbc,aes256-ctr
MACs hmac-md5,hmac-sha2-256
KexAlgorithms diffie-hellman-group14-sha1,curve25519-sha256
"""

WRITTEN_DOWN = f"""\
cat > /etc/ssh/sshd_config.d/10-sick.conf <<'EOF'
{SSHD}EOF
printf 'Defaults !use_pty\\nDefaults timestamp_timeout=60\\n' > /etc/sudoers.d/sick
chmod 0440 /etc/sudoers.d/sick
sed -i 's/^PASS_MAX_DAYS.*/PASS_MAX_DAYS 99999/; s/^PASS_WARN_AGE.*/PASS_WARN_AGE 1/' /etc/login.defs
sed -i 's/^ENCRYPT_METHOD.*/ENCRYPT_METHOD MD5/; s/^UMASK.*/UMASK 022/' /etc/login.defs
printf 'minlen = 4\\ndifok = 0\\nmaxrepeat = 0\\nmaxsequence = 0\\ndictcheck = 0\\nenforcing = 0\\n' >> /etc/security/pwquality.conf
printf 'deny = 99\\nunlock_time = 1\\n' >> /etc/security/faillock.conf
printf 'INACTIVE=-1\\n' >> /etc/default/useradd
mkdir -p /etc/systemd/journald.conf.d
printf '[Journal]\\nCompress=no\\nStorage=volatile\\nForwardToSyslog=no\\n' > /etc/systemd/journald.conf.d/sick.conf
rm -f /etc/cron.allow; touch /etc/cron.deny; chmod 0666 /etc/cron.deny
usermod --password "$(printf x)" plain && chage -M 99999 -W 1 -I -1 plain
useradd --system --shell /bin/bash sickservice
useradd --system --shell /usr/sbin/nologin --password x sickunlocked
printf '\\\\S \\\\r \\\\m\\n' > /etc/issue
printf '\\\\S \\\\r \\\\m\\n' > /etc/issue.net
mkdir -p /srv/open && touch /srv/open/file && chmod 0666 /srv/open/file && chmod 0777 /srv/open
echo /usr/sbin/nologin >> /etc/shells
echo 'umask 022' >> /root/.bashrc
chmod 0640 /etc/ssh/ssh_host_ecdsa_key && chmod 0666 /etc/ssh/ssh_host_ecdsa_key.pub
printf '$FileCreateMode 0644\\nmodule(load="imtcp")\\ninput(type="imtcp" port="514")\\n' > /etc/rsyslog.d/sick.conf
[ ! -d /etc/aide/aide.conf.d ] || echo '/usr/sbin/audit p' > /etc/aide/aide.conf.d/20_sick
mountpoint -q /tmp || mount -t tmpfs tmpfs /tmp
"""
# What concerns the kernel and daemons that need one of their own, and so applies to a virtual machine only.
OF_THE_KERNEL = """\
sed -i 's/^max_log_file_action.*/max_log_file_action = rotate/; s/^disk_full_action.*/disk_full_action = ignore/' /etc/audit/auditd.conf
touch /var/log/audit/audit.log && chmod 0666 /var/log/audit/audit.log && chown plain:plain /var/log/audit/audit.log
# Its owner stays: auditd would not start with the file of another, nor with one that anybody may write to.
chmod 0664 /etc/audit/auditd.conf && chgrp plain /etc/audit/auditd.conf
for file in /etc/audit/rules.d/*.rules; do chown plain "$file"; done
sed -i 's/^max_log_file = .*/max_log_file = 1/' /etc/audit/auditd.conf
systemctl kill --kill-who=main --signal=TERM auditd.service 2>/dev/null
[ ! -f /etc/chrony/chrony.conf ] || sed -i 's/^pool/#pool/; s/^server/#server/; $a user root' /etc/chrony/chrony.conf
"""


def script(known: Catalog) -> str:
    """Return a shell script, for root, that makes a booted host sick."""
    return "\n".join(["set -u", WRITTEN_DOWN, *_broken(known, known.rules), "true\n"])


def script_for(known: Catalog, rules: Collection[str]) -> str:
    """Return the part of it that breaks these rules of a host with a kernel of its own, and little else."""
    return "\n".join(["set -u", OF_THE_KERNEL, *_broken(known, rules), "true\n"])


def _broken(known: Catalog, rules: Collection[str]) -> list[str]:
    """Return the commands that follow from the catalog."""
    lines: list[str] = []
    for rule in (known.rules[name] for name in rules):
        for leaf in leaves(rule.settings) if rule.platform == "linux" else ():
            try:
                wanted = wanted_value(leaf)
            except NoRemedy:
                continue
            breaker = _BREAKERS.get(leaf["kind"])
            if breaker and not rule.manual:
                lines += breaker(leaf, wanted)
    return list(dict.fromkeys(lines))


def packages(known: Catalog) -> dict[str, list[str]]:
    """Return the packages that must not be there, each with the units that its rule looks at.

    The host's own firewall stays, and the desktop's rules need more than a name.
    """
    found: dict[str, list[str]] = {}
    for rule in known.rules.values():
        parts = list(leaves(rule.settings))
        names = [leaf["address"]["name"] for leaf in parts if _must_be_gone(leaf)]
        units = [leaf["address"]["name"] for leaf in parts if leaf["kind"] in ("service", "socket")]
        for name in names:
            found[name] = [unit for unit in units if unit.endswith(".service")] if name == names[0] else []
    return {name: found[name] for name in sorted(set(found) - {"nftables", "ufw", "iptables-persistent", "gdm3"})}


def _must_be_gone(leaf: Any) -> bool:
    return leaf["kind"] == "package" and "absent" in (leaf.get("expect") or {})


def plant_packages(wanted: dict[str, list[str]]) -> str:
    """Return a script that makes packages of nothing but units, puts them into a local archive and installs them."""
    made = "\n".join(f"make {name} {' '.join(units)}" for name, units in wanted.items())
    units = sorted({unit for names in wanted.values() for unit in names})
    return f"""\
set -eu
mkdir -p {REPOSITORY} && cd {REPOSITORY}
make() {{
    name=$1; shift
    mkdir -p "$name/DEBIAN" "$name/lib/systemd/system" "$name/usr/share/doc/$name"
    # A package without any file of its own disappears with the next one.
    echo test > "$name/usr/share/doc/$name/copyright"
    for unit in "$@"; do
        printf '[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n' \\
            > "$name/lib/systemd/system/$unit"
    done
    printf 'Package: %s\\nVersion: 99:1\\nArchitecture: all\\nMaintainer: test\\nDescription: test\\n' "$name" > "$name/DEBIAN/control"
    dpkg-deb --build --root-owner-group "$name" "$name.deb" > /dev/null
    {{ cat "$name/DEBIAN/control"; printf 'Filename: ./%s.deb\\nSize: %s\\nSHA256: %s\\n\\n' "$name" "$(stat -c %s "$name.deb")" \\
        "$(sha256sum "$name.deb" | cut -d' ' -f1)"; }} >> Packages
    rm -r "$name"
}}
{made}
echo 'deb [trusted=yes] file:{REPOSITORY} ./' > /etc/apt/sources.list.d/test.list
apt-get -q update -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/test.list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0
dpkg -i *.deb
systemctl daemon-reload
systemctl enable --quiet --now {shlex.join(units)}
"""


def _file(leaf: Any, wanted: dict[str, str]) -> Iterator[str]:
    place = leaf["address"].get("path") or leaf["address"].get("glob", "")
    if "**" in place or "pattern" in leaf["address"] or place.startswith(("/etc/ssh/", "/etc/sudoers")):
        return  # without them nobody comes in, or becomes root
    what = "chmod a+rwx" if "mode" in wanted else "chown plain" if "owner" in wanted else "chgrp plain"
    # The first file that a pattern fits is enough; the tools in /sbin are files of the base system below a link.
    yield f'for file in {place}; do [ -e "$file" ] && {what} "$file" && break; done'


def _sysctl(leaf: Any, wanted: Any) -> Iterator[str]:
    name = leaf["address"]["name"]
    wrong = next((value for value in (0, 1, 2) if not matchers.matches(leaf["expect"], str(value))), None)
    if wrong is not None and str(wanted) != str(wrong):
        yield f"echo '{name} = {wrong}' >> /etc/sysctl.d/99-zzz-sick.conf; sysctl -qw {name}={wrong} 2>/dev/null"


def _service(leaf: Any, wanted: Any) -> Iterator[str]:
    unit = leaf["address"]["name"]
    if isinstance(wanted, dict) and wanted.get("enabled") and unit not in ("nftables.service", "ufw.service"):
        yield f"systemctl disable --quiet --now {unit} 2>/dev/null"


def _module(leaf: Any, _wanted: Any) -> Iterator[str]:
    """Load it. What this kernel was built without lies there as a file that is no module, for that is enough to be judged."""
    name = leaf["address"]["name"]
    folder = '"/lib/modules/$(uname -r)/extra"'
    load = f"modprobe -q {name} || {{ mkdir -p {folder} && touch {folder}/{name}.ko; }}"
    yield f"systemd-detect-virt --quiet --container || {load}"


def _mount(leaf: Any, _wanted: Any) -> Iterator[str]:
    path = leaf["address"]["path"]
    yield f"! mountpoint -q {path} || mount -o remount,exec,suid,dev {path}"


_BREAKERS: dict[str, Any] = {
    "file": _file,
    "kernel_module": _module,
    "mount_option": _mount,
    "service": _service,
    "sysctl": _sysctl,
    "timer": _service,
}
