"""Scenarios of mount points: what is seen on a path now, and what the boot mounts there."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence, Union

from tests.scenarios.linux import File, Part, Scenario

PATH = {"path": "/tmp"}
EXPECT = {"fields": {"mounted": {"equals": True}, "configured": {"equals": True}}}
TABLE = "/proc/self/mountinfo"
ROOT = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,errors=remount-ro\n"
TMP = "30 22 0:30 / /tmp rw,nosuid,nodev shared:2 - tmpfs tmpfs rw,size=1g\n"
UNIT = "[Unit]\nDescription=x\n[Mount]\nWhat=tmpfs\nWhere=/tmp\nType=tmpfs\nOptions=mode=1777,nosuid,size=50%%\n"
LINE = "tmpfs /tmp tmpfs defaults,nodev 0 0\n"
ETC_UNIT = "/etc/systemd/system/tmp.mount"
WANTED = "/etc/systemd/system/local-fs.target.wants/tmp.mount"

Files = Dict[str, Union[str, bytes, File]]
NOW = {"mounted": True, "fstype": "tmpfs", "device": "tmpfs", "options": ["rw", "nosuid", "nodev", "size=1g"]}
NOT_NOW = {"mounted": False, "options": None}
NO_BOOT = {"configured": False, "configured_by": None, "configured_options": None}


def _boot(by: str, *options: str) -> Dict[str, Any]:
    return {"configured": True, "configured_by": by, "configured_options": list(options)}


def _case(name: str, verdict: str, files: Files, *seen: Dict[str, Any], table: str = ROOT + TMP) -> Scenario:
    document = {key: part[key] for part in seen for key in part}
    return Scenario(name, PATH, EXPECT, verdict, {"state": "value", "value": document}, files={TABLE: table, **files})


def _absent(name: str, files: Files, table: str = ROOT) -> Scenario:
    return Scenario(name, PATH, EXPECT, "fail", {"state": "absent"}, files={TABLE: table, **files})


def _error(name: str, reason: str, files: Files, address: Optional[Dict[str, Any]] = None) -> Scenario:
    return Scenario(
        name, PATH if address is None else address, EXPECT, "error", {"state": "error", "reason": reason}, files=files
    )


def _host_case(name: str, verdict: str, files: Files, commands: Sequence[Sequence[str]]) -> Scenario:
    """Return a scenario of a path that a booted host can mount and unmount at will."""
    line = "36 22 0:40 / /srv/data rw,nodev,relatime shared:3 - tmpfs tmpfs rw\n"
    mounted = verdict == "pass" or "running" in name
    configured = "/etc/fstab" in files
    seen: Dict[str, Any] = {
        "mounted": mounted,
        "fstype": "tmpfs",
        "device": "tmpfs",
        "options": ["rw", "nodev", "relatime"] if mounted else None,
        **(_boot("/etc/fstab:1", "nodev") if configured else NO_BOOT),
    }
    return Scenario(
        name,
        {"path": "/srv/data"},
        EXPECT,
        verdict,
        {"state": "value", "value": seen} if mounted or configured else {"state": "absent"},
        files={TABLE: ROOT + (line if mounted else ""), **files},
        on_host=True,
        host_commands=[("mkdir", "-p", "/srv/data"), *commands],
    )


DATA_LINE: Files = {"/etc/fstab": "tmpfs /srv/data tmpfs nodev 0 0\n"}
ZFS: Files = {
    "/usr/sbin/zfs": "",
    "/etc/systemd/system/zfs.target.wants/zfs-mount.service": File(link="/usr/lib/systemd/system/zfs-mount.service"),
    "/etc/fstab": "",
}
ZFS_LIST = "zfs list -H -t filesystem -o name,mountpoint,canmount,readonly,setuid,devices,exec"
ON_ZFS = "40 22 0:50 / /tmp rw,nodev,relatime shared:9 - zfs tank/tmp rw,xattr\n"


def _zfs(name: str, verdict: str, row: str, files: Optional[Files] = None, **seen: Any) -> Scenario:
    """``row``: what zfs says of the dataset; ``seen``: what is told of it."""
    state = {"state": "value", "value": Part(seen)}
    commands = {ZFS_LIST: "tank\tnone\ton\toff\ton\ton\ton\n" + row + "\n"}
    return Scenario(
        name, PATH, EXPECT, verdict, state, files={TABLE: ROOT + ON_ZFS, **(files or ZFS)}, commands=commands
    )


BY_ZFS = {
    "configured_by": "properties of the ZFS dataset tank/tmp",
    "configured_options": ["rw", "nosuid", "nodev", "exec"],
}
SCENARIOS = [
    _zfs("mounted-by-zfs", "pass", "tank/tmp\t/tmp\ton\toff\toff\toff\ton", mounted=True, configured=True, **BY_ZFS),
    _zfs("zfs-leaves-it-to-fstab", "fail", "tank/tmp\tlegacy\ton\toff\ton\ton\ton", configured=False),
    _zfs("zfs-does-not-mount-it", "fail", "tank/tmp\t/tmp\tnoauto\toff\ton\ton\ton", configured=False),
    _zfs(
        "zfs-is-not-started",
        "fail",
        "tank/tmp\t/tmp\ton\toff\ton\ton\ton",
        {"/usr/sbin/zfs": "", "/etc/fstab": ""},
        configured=False,
    ),
    _host_case("host-right", "pass", DATA_LINE, [("mount", "/srv/data")]),
    _host_case("host-only-running", "fail", {}, [("mount", "-t", "tmpfs", "-o", "nodev", "tmpfs", "/srv/data")]),
    _host_case("host-only-configured", "fail", DATA_LINE, []),
    _host_case("host-neither", "fail", {}, []),
    _case("right-by-fstab", "pass", {"/etc/fstab": LINE}, NOW, _boot("/etc/fstab:1", "defaults", "nodev")),
    _case("mounted-by-hand", "fail", {"/etc/fstab": "# nothing\n"}, NOW, NO_BOOT),
    _case(
        "configured-but-not-mounted",
        "fail",
        {"/etc/fstab": LINE},
        NOT_NOW,
        {"fstype": "tmpfs", "device": "tmpfs"},
        _boot("/etc/fstab:1", "defaults", "nodev"),
        table=ROOT,
    ),
    _absent("neither", {"/etc/fstab": "UUID=1 / ext4 defaults 0 1\n"}),
    _absent("commented-out", {"/etc/fstab": "#" + LINE + "  # " + LINE}),
    _absent("no-fstab", {}),
    _absent("other-path", {"/etc/fstab": "tmpfs /tmp/x tmpfs defaults\ntmpfs /var/tmp tmpfs defaults\n"}),
    _absent("swap-is-no-mount", {"/etc/fstab": "/dev/sdb /tmp swap sw 0 0\n"}),
    _absent("noauto-is-not-mounted-at-boot", {"/etc/fstab": "tmpfs /tmp tmpfs noauto 0 0\n"}),
    _case(
        "first-of-two-lines-wins",
        "pass",
        {"/etc/fstab": "tmpfs /tmp tmpfs nodev\n/dev/sdb1 /tmp ext4 dev\n"},
        NOW,
        _boot("/etc/fstab:1", "nodev"),
    ),
    _case(
        "odd-spacing-and-slashes",
        "pass",
        {"/etc/fstab": "\n \ttmpfs\t\t//tmp/   tmpfs  nodev,,nosuid\n"},
        NOW,
        _boot("/etc/fstab:2", "nodev", "nosuid"),
    ),
    _case(
        "automount-by-fstab",
        "pass",
        {"/etc/fstab": "tmpfs /tmp tmpfs noauto,x-systemd.automount\n"},
        NOW,
        _boot("/etc/fstab:1", "noauto", "x-systemd.automount"),
    ),
    _case(
        "pulled-in-by-a-foreign-unit-only",
        "fail",
        {"/etc/fstab": "tmpfs /tmp tmpfs x-systemd.wanted-by=my.target\n"},
        NOW,
        NO_BOOT,
    ),
    _case(
        "password-in-fstab-is-not-returned",
        "pass",
        {"/etc/fstab": "//srv/x /tmp cifs user=a,password=geheim\n"},
        NOW,
        _boot("/etc/fstab:1", "user=(masked)", "password=(masked)"),
    ),
    _case(
        "unit-enabled",
        "pass",
        {ETC_UNIT: UNIT, WANTED: File(link=ETC_UNIT)},
        NOW,
        _boot(ETC_UNIT, "mode=1777", "nosuid", "size=50%"),
    ),
    _case("unit-not-enabled", "fail", {ETC_UNIT: UNIT}, NOW, NO_BOOT),
    _case("unit-in-run-does-not-last", "fail", {"/run/systemd/system/tmp.mount": UNIT}, NOW, NO_BOOT),
    _case(
        "unit-of-the-vendor",
        "pass",
        {
            "/usr/lib/systemd/system/tmp.mount": UNIT,
            "/usr/lib/systemd/system/local-fs.target.wants/tmp.mount": File(link="../tmp.mount"),
        },
        NOW,
        _boot("/usr/lib/systemd/system/tmp.mount", "mode=1777", "nosuid", "size=50%"),
    ),
    _case(
        "link-of-the-vendor-taken-away",
        "fail",
        {
            "/usr/lib/systemd/system/tmp.mount": UNIT,
            "/usr/lib/systemd/system/local-fs.target.wants/tmp.mount": File(link="../tmp.mount"),
            WANTED: File(link="/dev/null"),
        },
        NOW,
        NO_BOOT,
    ),
    _case(
        "debian-12-copy-is-not-in-use",
        "fail",
        {"/usr/share/systemd/tmp.mount": UNIT},
        NOW,
        NO_BOOT,
    ),
    _case("masked", "fail", {ETC_UNIT: File(link="/dev/null"), "/etc/fstab": LINE}, NOW, NO_BOOT),
    _case("empty-unit-is-a-mask", "fail", {ETC_UNIT: "", "/etc/fstab": LINE}, NOW, NO_BOOT),
    _case(
        "unit-in-etc-beats-fstab",
        "pass",
        {ETC_UNIT: UNIT, "/etc/fstab": LINE},
        NOW,
        _boot(ETC_UNIT, "mode=1777", "nosuid", "size=50%"),
    ),
    _case(
        "fstab-beats-unit-of-the-vendor",
        "pass",
        {"/usr/lib/systemd/system/tmp.mount": UNIT, "/etc/fstab": LINE},
        NOW,
        _boot("/etc/fstab:1", "defaults", "nodev"),
    ),
    _case(
        "unit-for-another-path-is-refused",
        "fail",
        {ETC_UNIT: UNIT.replace("Where=/tmp", "Where=/var/tmp"), WANTED: File(link=ETC_UNIT)},
        NOW,
        NO_BOOT,
    ),
    _case(
        "unit-without-device-is-refused",
        "fail",
        {ETC_UNIT: "[Mount]\nWhere=/tmp\n", WANTED: File(link=ETC_UNIT)},
        NOW,
        NO_BOOT,
    ),
    # Generators have three folders; that of partitions (gpt-auto) writes to the last, fstab's to the second.
    *[
        _case(
            "unit-of-another-generator" + folder.replace(".", "-"),
            "pass",
            {
                "/etc/fstab": "",
                "/run/systemd/generator%s/tmp.mount" % folder: UNIT,
                "/run/systemd/generator%s/local-fs.target.wants/tmp.mount" % folder: File(link="../tmp.mount"),
            },
            NOW,
            _boot("/run/systemd/generator%s/tmp.mount" % folder, "mode=1777", "nosuid", "size=50%"),
        )
        for folder in (".early", "", ".late")
    ],
    _case(
        "left-over-of-the-generator",
        "fail",
        {
            "/run/systemd/generator/tmp.mount": "[Unit]\nSourcePath=/etc/fstab\n" + UNIT,
            "/run/systemd/generator/local-fs.target.requires/tmp.mount": File(link="../tmp.mount"),
        },
        NOW,
        NO_BOOT,
    ),
    _case(
        "drop-in",
        "pass",
        {"/etc/fstab": LINE, "/etc/systemd/system/tmp.mount.d/x.conf": "[Mount]\nOptions=noexec\n"},
        NOW,
        _boot("/etc/systemd/system/tmp.mount.d/x.conf", "noexec"),
    ),
    _case(
        "last-mount-covers-the-first",
        "fail",
        {},
        {"mounted": True, "fstype": "ext4", "device": "/dev/sdb1", "options": ["rw", "relatime"]},
        NO_BOOT,
        table=ROOT + TMP + "31 30 8:17 / /tmp rw,relatime shared:4 - ext4 /dev/sdb1 rw\n",
    ),
    _case(
        "bind-mount-of-the-same-disk",
        "fail",
        {},
        {"mounted": True, "fstype": "ext4", "device": "/dev/vda", "options": ["rw", "relatime", "errors=remount-ro"]},
        NO_BOOT,
        table=ROOT + "31 22 254:0 /var/tmp /tmp rw,relatime shared:1 - ext4 /dev/vda rw,errors=remount-ro\n",
    ),
    Scenario(
        "hidden-below-a-later-mount",
        {"path": "/var/tmp"},
        EXPECT,
        "fail",
        {"state": "absent"},
        files={
            TABLE: ROOT
            + "31 22 0:31 / /var/tmp rw,nodev - tmpfs tmpfs rw\n"
            + "32 22 8:17 / /var rw,relatime - ext4 /dev/sdb1 rw\n"
        },
    ),
    Scenario(
        "blank-in-the-path",
        {"path": "/srv/my data"},
        EXPECT,
        "pass",
        {"state": "value"},
        files={
            TABLE: ROOT + "31 22 0:31 / /srv/my\\040data rw - tmpfs tmpfs rw\n",
            "/etc/fstab": "tmpfs /srv/my\\040data tmpfs rw\n",
        },
    ),
    Scenario(
        "root-file-system",
        {"path": "/"},
        EXPECT,
        "pass",
        {
            "state": "value",
            "value": {
                "mounted": True,
                "fstype": "ext4",
                "device": "/dev/vda",
                "options": ["rw", "relatime", "errors=remount-ro"],
                **_boot("/etc/fstab:1", "errors=remount-ro"),
            },
        },
        files={TABLE: ROOT, "/etc/fstab": "/dev/vda / ext4 errors=remount-ro 0 1\n"},
    ),
    _error("no-table", "/proc/self/mountinfo does not exist", {"/etc/fstab": LINE}),
    _error("table-not-understood", "/proc/self/mountinfo:1 is not a line of a mount table", {TABLE: "garbage\n"}),
    _error("no-root", "/proc/self/mountinfo shows no root file system", {TABLE: TMP}),
    _error(
        "mounts-in-a-circle",
        "/proc/self/mountinfo: mounts on /tmp contain each other",
        {TABLE: ROOT + TMP + "31 30 0:1 / /tmp rw - tmpfs x rw\n30 31 0:1 / /tmp rw - tmpfs x rw\n"},
    ),
    _error(
        "automount-not-used",
        "/tmp: its automount has not been used, so nothing is mounted there to look at",
        {TABLE: ROOT + "31 22 0:31 / /tmp rw - autofs systemd-1 rw,fd=40\n"},
    ),
    _error(
        "fstab-is-a-directory", "/etc/fstab is not a regular file", {TABLE: ROOT, "/etc/fstab": File(directory=True)}
    ),
    _error(
        "unit-in-a-loop-of-links",
        "/etc/systemd/system/tmp.mount: too many levels of symbolic links",
        {TABLE: ROOT, ETC_UNIT: File(link="tmp.mount")},
    ),
    _error("relative-path", "'tmp' is not an absolute path; write it from / on", {TABLE: ROOT}, {"path": "tmp"}),
]
