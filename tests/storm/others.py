"""What other people do to a host while we work on it, each act with what it leaves behind."""

from __future__ import annotations

import random
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.hosts.host import Host

APT = "DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120"
# Small, with files in /etc or data below /var, and nothing that a rule looks at.
PACKAGES = ("bc", "tree", "pv", "dialog", "sqlite3", "lsb-release", "ncal", "at", "dc", "rush")
# Files that remediation changes too: to some a line can be added anywhere without breaking the program.
SHARED_FILES = (
    "/etc/login.defs", "/etc/ssh/sshd_config", "/etc/security/faillock.conf", "/etc/pam.d/common-password",
    "/etc/default/useradd", "/etc/sysctl.conf", "/etc/bash.bashrc", "/etc/profile", "/etc/adduser.conf",
)  # fmt: skip
UNITS = ("cron.service", "rsyslog.service", "apt-daily.timer", "e2scrub_all.timer", "fstrim.timer")
MODES = ("/etc/crontab", "/etc/cron.daily", "/etc/motd", "/etc/profile", "/etc/cron.d", "/etc/hosts")


@dataclass(frozen=True)
class Act:
    """Something that somebody does: a shell script for root, and what of which paths is theirs after it.

    ``contents``: paths of which they have written the content; ``modes``: paths of which they have set the permissions.
    """

    what: str
    script: str
    contents: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    packages: bool = False
    accounts: tuple[str, ...] = ()
    units: tuple[str, ...] = ()


@dataclass
class Claims:
    """What is other people's by now: path -> its content, or its mode and owner, when they were done with it."""

    contents: dict[str, str] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    installed: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    units: set[str] = field(default_factory=set)
    acts: list[str] = field(default_factory=list)


def draw(chance: random.Random, number: int) -> Act:
    """Return the next act of somebody."""
    makers: tuple[Callable[[random.Random, int], Act], ...] = (
        _edit, _edit, _new_file, _new_folder, _mode, _package, _package, _package, _unit, _account, _password,
    )  # fmt: skip
    return chance.choice(makers)(chance, number)


def _edit(chance: random.Random, number: int) -> Act:
    path = chance.choice(SHARED_FILES)
    return Act(f"adds a line to {path}", f"[ ! -e {path} ] || printf '# of the site {number}\\n' >> {path}", (path,))


def _new_file(chance: random.Random, number: int) -> Act:
    folder = chance.choice(
        ("/etc", "/etc/sysctl.d", "/etc/modprobe.d", "/etc/profile.d", "/etc/ssh/sshd_config.d", "/etc/security")
    )
    path = f"{folder}/site-{number}.txt"
    return Act(f"makes {path}", f"mkdir -p {folder} && printf 'of the site\\n' > {path}", (path,), (path,))


def _new_folder(_chance: random.Random, number: int) -> Act:
    folder = f"/etc/site-{number}.d"
    script = f"mkdir -p {folder}/deep && printf 'of the site\\n' > {folder}/deep/file && chmod 0700 {folder}"
    paths = (folder, f"{folder}/deep", f"{folder}/deep/file")
    return Act(f"makes {folder}", script, paths, paths)


def _mode(chance: random.Random, _number: int) -> Act:
    path = chance.choice(MODES)
    mode = chance.choice(("0700", "0711", "0644", "0640", "0755"))
    return Act(f"gives {path} the mode {mode}", f"[ ! -e {path} ] || chmod {mode} {path}", modes=(path,))


def _package(chance: random.Random, _number: int) -> Act:
    if chance.random() < 0.7:
        name = chance.choice(PACKAGES)
        return Act(f"installs {name}", f"{APT} install --no-install-recommends {name}", packages=True)
    name = chance.choice(("libpam-pwquality", "aide-common", "chrony", "tree", "bc", "ufw", "cracklib-runtime"))
    return Act(f"purges {name}", f"{APT} purge {name}", packages=True)


def _unit(chance: random.Random, _number: int) -> Act:
    unit = chance.choice(UNITS)
    verb = chance.choice(("disable", "enable", "mask", "stop"))
    return Act(f"{verb}s {unit}", f"systemctl {verb} {unit}", units=(unit,))


def _account(_chance: random.Random, number: int) -> Act:
    name = f"site{number}"
    return Act(f"makes the account {name}", f"useradd --create-home {name}", accounts=(name,))


def _password(chance: random.Random, number: int) -> Act:
    secret = shlex.quote(f"plain:{chance.randrange(10**9)}-{number}")
    return Act(
        "gives plain a password", f"id plain >/dev/null && printf '%s\\n' {secret} | chpasswd", accounts=("plain",)
    )


def content_of(host: Host, path: str) -> str:
    """Return what a path of a host holds: its type with the digest of a file or the target of a link, or ``absent``."""
    script = (
        '[ -e "$1" ] || [ -L "$1" ] || { echo absent; exit; }; stat -c "%F" "$1"; '
        'if [ -L "$1" ]; then readlink "$1"; elif [ -f "$1" ]; then sha256sum < "$1"; fi'
    )
    return host.run(["sh", "-c", script, "content", path]).stdout


def mode_of(host: Host, path: str) -> str:
    """Return the mode and owner of a path of a host, or ``absent``."""
    return host.run(["sh", "-c", 'stat -c "%a %U %G" "$1" 2>/dev/null || echo absent', "mode", path]).stdout


def history_of(host: Host, command: str) -> list[set[str]]:
    """Return the packages that each call of apt-get with this command line installed, and those that it removed, in turn.

    By apt's own history: while somebody waits for its lock we install too, so a look before and after tells nothing.
    """
    log = host.run(["sh", "-c", "cat /var/log/apt/history.log 2>/dev/null || true"]).stdout
    found: list[set[str]] = []
    for entry in log.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in entry.split("\n") if ": " in line)
        if fields.get("Commandline", "").strip() == command:
            found += [_names(fields, "Install", "Reinstall"), _names(fields, "Remove", "Purge")]
    return found


def _names(fields: Mapping[str, str], *kinds: str) -> set[str]:
    return {name for kind in kinds for name in re.findall(r"(?:^|, )([^:\s]+):", fields.get(kind, ""))}


def packages_of(host: Host) -> set[str]:
    """Return the packages that are installed."""
    said = host.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n"]).stdout
    return {line.split()[0] for line in said.split("\n") if line.endswith(" installed")}
