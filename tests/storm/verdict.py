"""Whether a host after a storm is what it may be: theirs as they left it, ours as it was, or the conflict named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.hosts.host import Host
from tests.hosts.snapshot import LOGIN_TRACES, Snapshot
from tests.storm.others import Claims, content_of, mode_of, packages_of
from tests.storm.target import CODE

# Logs, caches and the package manager's own records, and what a unit that was started once leaves behind.
IGNORED = (
    *LOGIN_TRACES, CODE, CODE + "/*", "/var/lib/hipaa-cis", "/var/lib/hipaa-cis/*", "/var/lib/dpkg", "/var/lib/dpkg/*", "/var/cache",
    "/var/cache/*", "/var/lib/apt", "/var/lib/apt/*", "/var/log/*", "/var/lib/systemd", "/var/lib/systemd/*", "/etc/ld.so.cache",
    "/etc/.pwd.lock", "/var/lib/ucf", "/var/lib/ucf/*", "/var/spool/*", "/var/backups", "/var/backups/*", "/etc/mailcap", "/run/*",
    "/etc/machine-id", "/var/lib/dbus/*", "/var/tmp", "/var/tmp/*", "/home/*/.*", "/etc/ssh/ssh_host_*",
)  # fmt: skip
# Fields of accounts are merged line by line; what of them has to be so is looked at by name.
ACCOUNT_FILES = (
    "/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/subuid", "/etc/subgid",
    # Where pam_pwhistory, switched on by a rule, keeps somebody's passwords of before.
    "/etc/security/opasswd",
)  # fmt: skip
# Folders that scripts of a package remove with it where they are empty, and that no package lists.
EMPTIED = ("/etc/apparmor.d/disable", "/etc/apparmor.d/local", "/etc/apparmor.d/force-complain")


@dataclass(frozen=True)
class Look:
    """What is compared: the disk, the packages, the units' states at boot. ``files``: package -> what it owns."""

    disk: Snapshot
    packages: frozenset[str]
    units: Mapping[str, str]
    files: Mapping[str, frozenset[str]]


def look(host: Host) -> Look:
    """Look at a host."""
    said = host.run(["systemctl", "list-unit-files", "--no-legend", "--plain"]).stdout
    units = {line.split()[0]: line.split()[1] for line in said.split("\n") if line.split()[1:]}
    files = {
        path.name.removesuffix(".list").partition(":")[0]: frozenset(path.read_text().split("\n"))
        for path in (host.root / "var/lib/dpkg/info").glob("*.list")
    }
    return Look(host.snapshot(), frozenset(packages_of(host)), units, files)


def judge(host: Host, start: Look, claims: Claims, report: Mapping[str, Any], run_id: str) -> list[str]:
    """Return the faults, in words."""
    end = look(host)
    faults = [f"problem: {problem}" for problem in report["problems"] if not report["forced"]]
    wanted = (start.packages | claims.installed) - claims.removed
    named = " ".join(report["conflicts"])
    faults += [f"the package {name} is gone" for name in sorted(wanted - end.packages) if name not in named]
    faults += [f"the package {name} stayed" for name in sorted(end.packages - wanted) if name not in named]
    faults += _theirs(host, claims, report, run_id)
    faults += _ours(start, end, claims, " ".join([named, *report["kept"]]))
    units = _with_aliases(claims.units)
    faults += [
        f"the unit {unit} was {start.units[unit]} and is {end.units[unit]}"
        for unit in sorted(start.units.keys() & end.units.keys() - units)
        if start.units[unit] != end.units[unit] and unit not in named
    ]
    return faults + _without_reason(claims, report)


def _theirs(host: Host, claims: Claims, report: Mapping[str, Any], run_id: str) -> list[str]:
    """Return what of other people's work is lost."""
    faults = []
    named = " ".join(report["conflicts"]) if report["forced"] else ""
    for path, wanted in claims.contents.items():
        now, kept = content_of(host, path), content_of(host, f"{path}.since-{run_id}")
        if wanted not in (now, kept):
            faults.append(
                f"the content of {path} is not as others left it: {now!r}, kept {kept!r}, instead of {wanted!r}"
            )
    for path, wanted in claims.modes.items():
        now = mode_of(host, path)
        if now != wanted and path not in named:
            faults.append(f"the mode of {path} is not as others left it: {now!r} instead of {wanted!r}")
    gone = [name for name in claims.accounts if host.run(["getent", "passwd", name], check=False).returncode]
    return faults + [f"the account {name} is gone" for name in sorted(gone)]


def _ours(start: Look, end: Look, claims: Claims, named: str) -> list[str]:
    """Return what is not as it was although nobody else had to do with it."""
    packages = claims.installed | claims.removed
    # What is said to stay of a package stays with its files.
    said = {name for name in re.findall(r"[a-z0-9][a-z0-9+.-]+", named) if name in start.files or name in end.files}
    theirs = {path for look in (start, end) for name in packages | said for path in look.files.get(name, ())}
    # What the scripts of a package make carries its name.
    stems = [name.removeprefix("lib").split("-")[0] for name in packages]
    claimed = claims.contents.keys() | claims.modes.keys()
    faults = []
    for change in start.disk.changes(end.disk, ignore=IGNORED):
        path, what = (
            change.path,
            ", ".join(word for word in change.what.split(", ") if word not in ("mtime_ns", "links")),
        )
        if not what or path in claimed or path in theirs or path in named or ".since-" in path:
            continue
        if any(path.startswith(known + "/") for known in claimed) or path.startswith(
            tuple(f"/home/{name}" for name in claims.accounts)
        ):
            continue
        if path.rstrip("-").removesuffix(".old") in ACCOUNT_FILES and (
            claims.accounts or claims.installed or claims.removed
        ):
            continue
        if any(stem in path for stem in stems) or any(
            fnmatchcase(path, pattern)
            for unit in _with_aliases(claims.units)
            # Of a unit that has a script of SysV too, systemctl moves the links as well.
            for pattern in (f"/etc/systemd/system/*{unit}*", f"/etc/rc?.d/[SK]??{unit.partition('.')[0]}")
        ):
            continue
        if what == "removed" and claims.removed and path in EMPTIED:
            continue
        faults.append(f"{path}: {what}")
    return faults


def _with_aliases(units: Iterable[str]) -> set[str]:
    """Return units with the names that stand for them: an alias has the state of what it stands for."""
    return set(units) | {"syslog.service" for unit in units if unit == "rsyslog.service"}


def _without_reason(claims: Claims, report: Mapping[str, Any]) -> list[str]:
    """Return conflicts where nobody else did anything at all."""
    return [] if claims.acts else [f"a conflict without anybody else: {text}" for text in report["conflicts"]]
