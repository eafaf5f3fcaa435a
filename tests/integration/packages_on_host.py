"""Runs on a host: plants sources and settings of apt, asks apt, unattended-upgrade and the readers, prints what both say."""

from __future__ import annotations

import glob
import gzip
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, sys.argv[1])

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind

PARTS, SETTINGS, LISTS = "/etc/apt/sources.list.d", "/etc/apt/apt.conf.d/99agree", "/var/lib/apt/lists"
# Nobody signed what is in it.
UNSIGNED = "/srv/unsigned"
# Two days after its end, and ten before its beginning.
OLD, FUTURE = ("Valid-Until", "-2 days"), ("Date", "+10 days")
SECURITY = "Origin: Debian\nLabel: Debian-Security\nSuite: oldstable-security\nCodename: bookworm-security\nComponents: main contrib\n"


def said(*argv):
    """Return (exit code, what a command prints on both ways)."""
    done = subprocess.run(argv, check=False, capture_output=True, timeout=60, env={**os.environ, "LC_ALL": "C.UTF-8"})
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "backslashreplace")


def package(version, folder):
    made = "/tmp/agree"
    os.makedirs(made + "/DEBIAN", exist_ok=True)
    with open(made + "/DEBIAN/control", "w") as stream:
        stream.write(
            f"Package: agree\nVersion: {version}\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: A\n"
        )
    said("dpkg-deb", "--build", "--root-owner-group", made, f"{folder}/agree_{version}_all.deb")
    return f"{folder}/agree_{version}_all.deb"


def repository(release):
    """Make the repository anew, with these lines in its Release file."""
    shutil.rmtree(UNSIGNED, ignore_errors=True)
    os.makedirs(UNSIGNED)
    package("2", UNSIGNED)
    os.chdir(UNSIGNED)
    with open("Packages", "w") as stream:
        stream.write(said("apt-ftparchive", "-q=2", "packages", ".")[1])
    with open("Packages", "rb") as stream, gzip.open("Packages.gz", "wb") as packed:
        packed.write(stream.read())
    sums = said("apt-ftparchive", "-q=2", "release", ".")[1]
    dated = [
        line
        for line in sums.split("\n")
        if not line.startswith(tuple(line.split(":")[0] + ":" for line in release.split("\n") if line))
    ]
    with open("Release", "w") as stream:
        stream.write(release + "\n".join(dated))


def day(shift):
    return said("date", "-u", "-R", "-d", shift)[1].strip()


def clear():
    for path in [*glob.glob(PARTS + "/*"), *glob.glob("/etc/apt/mirrors/*"), "/etc/apt/sources.list", SETTINGS]:
        if os.path.isfile(path):
            os.unlink(path)
    shutil.rmtree(LISTS)
    os.makedirs(LISTS + "/partial")


def plant(files, settings):
    clear()
    for path, text in {**files, SETTINGS: settings}.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as stream:
            stream.write(text)


def updated():
    """Return whether apt takes the list of the repository; "error" where it understands none of its sources."""
    # Settings may be of this program alone.
    code, text = said("apt", "update")
    if "Malformed" in text or "sources could not be read" in text:
        return "error"
    return code == 0 and bool(glob.glob(LISTS + "/*_Packages*"))


def unchecked():
    """Return whether apt takes the list, or installs without a question from one that is there already."""
    found = updated()
    if found is False:
        said("apt-get", "update", "-o=Acquire::AllowInsecureRepositories=1")
        found = said("apt-get", "-y", "--download-only", "install", "agree=2")[0] == 0
    return found


def undated():
    """Return whether apt takes a list that has ended, or one that has not begun."""
    found = []
    for name, shift in (OLD, FUTURE):
        began = "Date: {}\n".format(day("-9 days")) if name == "Valid-Until" else ""
        repository(f"{began}{name}: {day(shift)}\n")
        shutil.rmtree(LISTS)
        found.append(updated())
    return "error" if "error" in found else any(found)


def in_clear():
    """Return whether apt would ask anybody in clear for anything."""
    code, text = said("apt-get", "update", "--print-uris")
    if code:
        return "error"
    return any(
        line[1:].partition(":")[0] in ("http", "ftp", "tor+http", "s3", "mirror+https")
        for line in text.split("\n")
        if line.startswith("'")
    )


def upgraded():
    """Return whether unattended-upgrade would install the repair; "error" where it stops."""
    said("apt-get", "update")
    code, text = said("unattended-upgrade", "--dry-run", "--debug")
    if code or "Traceback" in text:
        return "error"
    return "Packages that will be upgraded: agree" in text


def repeated():
    """Return after how many days the daily job calls unattended-upgrade again: "never", or "error" where its shell stops."""
    os.makedirs("/srv/called", exist_ok=True)
    for name in ("apt-get", "unattended-upgrade"):
        with open("/srv/called/" + name, "w") as stream:
            stream.write('#!/bin/sh\n[ "${0##*/} $*" = "unattended-upgrade " ] && touch /srv/called/it; exit 0\n')
        os.chmod("/srv/called/" + name, 0o755)
    job = "cd /; PATH=/srv/called:$PATH exec /usr/lib/apt/apt.systemd.daily lock_is_held"
    for days in range(8):
        shutil.rmtree("/var/lib/apt/periodic", ignore_errors=True)
        os.makedirs("/var/lib/apt/periodic")
        for stamp in ("upgrade", "update", "download-upgradeable"):
            said("touch", "-d", f"-{days} days", f"/var/lib/apt/periodic/{stamp}-stamp")
        if "Illegal number" in said("sh", "-c", job)[1]:
            return "error"
        if os.path.exists("/srv/called/it"):
            os.unlink("/srv/called/it")
            return days
    return "never"


def again(seen):
    if seen.state == "error":
        return "error"
    return "never" if any(" is 0" in one for one in seen.value["problems"]) else seen.value["days"]


def listed(seen):
    return "error" if seen.state == "error" else bool(seen.value)


def taken(seen):
    return "error" if seen.state == "error" else bool(seen.value["security"]) and not seen.value["problems"]


PROGRAMS = {
    "unchecked": (unchecked, listed, "package_source"),
    "undated": (undated, listed, "package_source"),
    "in_clear": (in_clear, listed, "package_source"),
    "repeated": (repeated, again, "automatic_updates"),
    "upgraded": (upgraded, taken, "automatic_updates"),
}


def compared(name, case):
    program, shown, kind = PROGRAMS[name]
    plant(case["files"], case["settings"])
    answer = program()
    (seen,) = read_kind(Host("/"), kind, [case["address"]])
    return [answer, shown(seen), seen.reason]


def main():
    os.makedirs("/srv/before", exist_ok=True)
    said("dpkg", "-i", package("1", "/srv/before"))
    with open(sys.argv[2]) as stream:
        given = json.load(stream)
    found = {}
    for name, cases in given.items():
        repository(SECURITY if name == "upgraded" else "")
        found[name] = {one["id"]: compared(name, one) for one in cases}
    print(json.dumps(found))


main()
