"""Scenarios of the file system scan. Whose a planted file is, is told by the planted passwd: it belongs to who tests."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional

from tests.scenarios.linux import File, Scenario

NONE = {"fields": {"count": {"equals": 0}}}
TABLE = "/proc/self/mountinfo"
ROOT = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
OPEN = File(mode=0o666)
OPEN_FOLDER = File(directory=True, mode=0o777)
USERS = {
    "/etc/passwd": "me:x:%d:%d::/:/bin/sh\n" % (os.getuid(), os.getgid()),
    "/etc/group": "me:x:%d:\n" % os.getgid(),
}


def _mount(number: int, path: str, fstype: str, volume: str = "0:40", root: str = "/") -> str:
    return "%d 22 %s %s %s rw - %s source rw\n" % (number, volume, root, path, fstype)


def _case(
    name: str,
    find: str,
    files: Dict[str, Any],
    paths: Optional[List[str]] = None,
    more: int = 0,
    **keys: Any,
) -> Scenario:
    """Return a scenario that finds these paths and ``more`` that are not shown."""
    count = len(paths or ()) + more
    seen = {"state": "value", "value": {"count": count, "paths": paths or [], "truncated": more > 0}}
    planted = {**USERS, **files}
    return Scenario(name, {"find": find}, NONE, "fail" if count else "pass", seen, files=planted, **keys)


def _error(name: str, reason: str, files: Dict[str, Any], find: str = "world_writable_files", **keys: Any) -> Scenario:
    seen = {"state": "error", "reason": reason}
    return Scenario(name, {"find": find}, NONE, "error", seen, files={**USERS, **files}, **keys)


def _stranger(name: str, find: str, known: str) -> Scenario:
    """Return a scenario in which one of the two files of accounts does not know who tests."""
    other = {"/etc/passwd": "eve:x:%d:%d::/:/bin/sh\n" % (os.getuid() + 1, os.getgid() + 1)}
    other["/etc/group"] = "eve:x:%d:\n" % (os.getgid() + 1)
    files = {**other, known: USERS[known], "/srv/x": File(link="/nowhere")}
    return Scenario(name, {"find": find}, NONE, "fail", {"state": "value"}, files=files)


FOREIGN = _mount(30, "/boot/efi", "vfat") + _mount(31, "/media/cd", "iso9660", "0:41")
WRITABLE, FOLDERS = "world_writable_files", "world_writable_directories"
SCENARIOS = [
    _case("file-closed-to-others", WRITABLE, {"/srv/x": File(mode=0o664)}),
    _case("file-open", WRITABLE, {"/srv/x": OPEN}, ["/srv/x"]),
    _case("file-open-and-sticky", WRITABLE, {"/srv/x": File(mode=0o1666)}, ["/srv/x"]),
    _case("file-only-writable", WRITABLE, {"/srv/x": File(mode=0o602)}, ["/srv/x"]),
    _case(
        "file-open-in-closed-folder", WRITABLE, {"/srv": File(directory=True, mode=0o700), "/srv/x": OPEN}, ["/srv/x"]
    ),
    _case("file-hidden", WRITABLE, {"/srv/.a/.x": OPEN}, ["/srv/.a/.x"]),
    _case("file-open-in-run", WRITABLE, {TABLE: ROOT + _mount(30, "/run", "tmpfs"), "/run/x": OPEN}, ["/run/x"]),
    _case("folder-open-is-no-file", WRITABLE, {"/srv/open": OPEN_FOLDER}),
    _case("link-is-no-file", WRITABLE, {"/srv/x": File(link="/nowhere")}),
    _case("folder-open", FOLDERS, {"/srv/open": OPEN_FOLDER}, ["/srv/open"]),
    _case("folder-sticky", FOLDERS, {"/srv/open": File(directory=True, mode=0o1777)}),
    _case("folder-for-group", FOLDERS, {"/srv/open": File(directory=True, mode=0o2775)}),
    _case("link-to-open-folder", FOLDERS, {"/srv/x": File(link="/proc/open"), "/proc/open": OPEN_FOLDER}),
    _case(
        "root-of-mount-open",
        FOLDERS,
        {TABLE: ROOT + _mount(30, "/data", "ext4", "8:1"), "/data": OPEN_FOLDER},
        ["/data"],
    ),
    _case("suid", "suid", {"/usr/bin/x": File(mode=0o4755)}, ["/usr/bin/x"]),
    _case("suid-without-execution", "suid", {"/usr/bin/x": File(mode=0o4644)}, ["/usr/bin/x"]),
    _case("sgid-is-not-suid", "suid", {"/usr/bin/x": File(mode=0o2755)}),
    _case("sgid", "sgid", {"/usr/bin/x": File(mode=0o2755)}, ["/usr/bin/x"]),
    _case("sgid-folder-is-no-program", "sgid", {"/srv/x": File(directory=True, mode=0o2755)}),
    _case("suid-and-sgid-and-open", "sgid", {"/usr/bin/x": File(mode=0o6777)}, ["/usr/bin/x"]),
    _case("owned", "unowned", {"/srv/x": ""}),
    _case("grouped", "ungrouped", {"/srv/x": ""}),
    _stranger("unowned", "unowned", "/etc/group"),
    _stranger("ungrouped", "ungrouped", "/etc/passwd"),
    # What is left out, and what may not be.
    _case("excluded", WRITABLE, {"/srv/a/x": OPEN}, options={"scan_exclude": ["/srv/a/"]}),
    _case("excluded-by-another-name", WRITABLE, {"/srv/ab": OPEN}, ["/srv/ab"], options={"scan_exclude": ["/srv/a"]}),
    _case(
        "mount-below-excluded",
        WRITABLE,
        {TABLE: ROOT + _mount(30, "/srv/a/b", "ext4"), "/srv/a/b/x": OPEN},
        options={"scan_exclude": ["/srv/a"]},
    ),
    _error("everything-excluded", "the exclusion of / leaves nothing to walk", {}, options={"scan_exclude": ["/"]}),
    _case("kernel-tree", WRITABLE, {TABLE: ROOT + _mount(30, "/proc", "proc"), "/proc/x": OPEN, "/sys/x": OPEN}),
    _case("network", WRITABLE, {TABLE: ROOT + _mount(30, "/mnt/a", "nfs4"), "/mnt/a/x": OPEN}),
    _case("file-system-of-a-user", WRITABLE, {TABLE: ROOT + _mount(30, "/mnt/a", "fuse.sshfs"), "/mnt/a/x": OPEN}),
    _case("session", WRITABLE, {TABLE: ROOT + _mount(30, "/run/user/0", "tmpfs"), "/run/user/0/x": OPEN}),
    _case("other-local", WRITABLE, {TABLE: ROOT + _mount(30, "/home", "xfs"), "/home/x": OPEN}, ["/home/x"]),
    _case(
        "local-below-automount",
        WRITABLE,
        {TABLE: ROOT + _mount(30, "/a", "autofs") + "31 30 8:1 / /a/b rw - xfs x rw\n", "/a/x": OPEN, "/a/b/x": OPEN},
        ["/a/b/x"],
    ),
    # The way there asks the server.
    _error(
        "local-below-network",
        "/a/b lies on /a (nfs), which may not answer; name it in hipaa_cis_scan_exclude if it may be left out",
        {TABLE: ROOT + _mount(30, "/a", "nfs") + "31 30 8:1 / /a/b rw - xfs x rw\n", "/a/x": OPEN, "/a/b/x": OPEN},
    ),
    _case(
        "local-below-network-excluded",
        WRITABLE,
        {TABLE: ROOT + _mount(30, "/a", "nfs") + "31 30 8:1 / /a/b rw - xfs x rw\n", "/a/b/x": OPEN},
        options={"scan_exclude": ["/a/b"]},
    ),
    _error(
        "unknown-type",
        "/mnt/a is a file system of the unknown type newfs; name it in hipaa_cis_scan_exclude if it may be left out",
        {TABLE: ROOT + _mount(30, "/mnt/a", "newfs")},
    ),
    _case(
        "unknown-type-excluded",
        WRITABLE,
        {TABLE: ROOT + _mount(30, "/mnt/a", "newfs"), "/mnt/a/x": OPEN},
        options={"scan_exclude": ["/mnt/a"]},
    ),
    _error(
        "root-on-network",
        "the root file system is none of the local types that can be walked",
        {TABLE: ROOT.replace("ext4", "nfs4")},
    ),
    # Bind mounts: each file once, none left out.
    _case(
        "bind-mount-of-what-is-walked",
        WRITABLE,
        {TABLE: ROOT + _mount(30, "/a", "ext4", "254:0", "/srv/a"), "/srv/a/x": OPEN, "/a/x": OPEN},
        ["/srv/a/x"],
    ),
    _case(
        "bind-mount-of-what-is-covered",
        WRITABLE,
        {
            TABLE: ROOT + _mount(30, "/srv", "nfs4") + _mount(31, "/a", "ext4", "254:0", "/srv/a"),
            "/srv/a/x": OPEN,
            "/a/x": OPEN,
        },
        ["/a/x"],
    ),
    _case(
        "two-parts-of-one-device",
        FOLDERS,
        {
            TABLE: ROOT + _mount(30, "/a", "ext4", "8:1", "/one") + _mount(31, "/b", "ext4", "8:1", "/two"),
            "/a/closed/x": "",
            "/b/open": OPEN_FOLDER,
        },
        ["/b/open"],
    ),
    _case(
        "same-device-twice",
        WRITABLE,
        {
            TABLE: ROOT + _mount(30, "/a", "ext4", "8:1") + _mount(31, "/b", "ext4", "8:1"),
            "/a/x": OPEN,
            "/b/x": OPEN,
        },
        ["/a/x"],
    ),
    # Limits and hostile trees.
    _case("more-than-shown", WRITABLE, {"/srv/a/x": OPEN}, [], more=1, options={"scan_max_findings": 0}),
    _error(
        "no-time-left",
        "the walk of the file systems was not done in time; raise hipaa_cis_scan_max_seconds or exclude folders",
        {},
        options={"scan_max_seconds": -1},
    ),
    _error(
        "not-root", "The whole file system can only be read by root; run the audit with become", {}, privileged=False
    ),
    _case(
        "loop-of-links",
        WRITABLE,
        {"/srv/a/up": File(link=".."), "/srv/a/self": File(link="self"), "/srv/a/x": OPEN},
        ["/srv/a/x"],
    ),
    _case("name-not-utf-8", WRITABLE, {"/srv/caf\udce9": OPEN}, ["/srv/caf\\xe9"]),
    _case("name-with-line-feed", WRITABLE, {"/srv/a\nb": OPEN}, ["/srv/a\nb"]),
    _error(
        "malformed-mount-table",
        "/proc/self/mountinfo:1 is not a line of a mount table",
        {TABLE: "nonsense\n"},
    ),
    Scenario("unknown-question", {"find": "shoes"}, NONE, "error", {"state": "error"}, files=USERS),
    *[
        _case("store-%d" % number, WRITABLE, {path: OPEN, TABLE: ROOT + FOREIGN})
        for number, path in enumerate(
            (
                "/snap/core/1/x",
                "/var/lib/private/svc/x",
                "/var/lib/containerd/io/x",
                "/opt/k3s/agent/containerd/x",
                "/var/lib/kubelet/pods/1/x",
                "/var/lib/kubelet/plugins/1/x",
                "/var/lib/docker/overlay2/1/diff/x",
                "/var/lib/containers/storage/overlay/1/x",
                "/home/ana/.local/share/containers/storage/x",
                "/boot/efi/x",
                "/media/cd/a/x",
            )
        )
    ],
    *[
        _case("no-store-%d" % number, WRITABLE, {path: OPEN}, [path])
        for number, path in enumerate(
            (
                "/snapped/x",
                "/var/private/x",
                "/srv/private/x",
                "/srv/containerd",
                "/var/lib/kubelet/x",
                "/home/ana/docker/x",
            )
        )
    ],
    _case("store-with-open-folder", FOLDERS, {"/var/lib/docker/x": OPEN_FOLDER}),
    _case("program-in-a-store", "suid", {"/var/lib/docker/x": File(mode=0o4755)}, ["/var/lib/docker/x"]),
]
