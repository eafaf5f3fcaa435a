"""Scenarios of encryption at rest: what data lies on, as a booted Debian 12 with cryptsetup 2.6 showed it."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Union

from tests.scenarios.block_devices import Files, device, mapped
from tests.scenarios.linux import CommandResult, File, Part, Scenario

ENCRYPTED: Dict[str, Any] = {"each": {"fields": {"encrypted": {"equals": True}}}}
PATHS = {"query": "paths", "paths": ["/srv/ephi"]}
SWAP = {"query": "swap"}
KEYS = {"query": "key_files"}
ROOT = "22 1 252:1 / / rw - ext4 /dev/vda1 rw\n"
LUKS2, LUKS1 = "CRYPT-LUKS2-26cf1be241584529b4cc97d5dc8dade1-", "CRYPT-LUKS1-97b342d7cef44867ac33c01927c49285-"
RING = ":64:logon:cryptsetup:26cf1be2-4158-4529-b4cc-97d5dc8dade1-d0"
ZEROS = 128 * "0"
LINE = "0 229376 crypt %s %s 0 252:2 32768\n"
XTS = LINE % ("aes-xts-plain64", RING)
SOUND = "/dev/mapper/data (LUKS2, aes-xts-plain64, 512 bits)"
DISK = "/dev/vda is not encrypted"
# /dev/vda: 1 is not encrypted, 2 is below the mapping `data`; /dev/vdb: a second disk.
DISKS: Files = {
    **device("vda", "252:0"),
    **device("vda/vda1", "252:1"),
    **device("vda/vda2", "252:2"),
    **device("vdb", "252:16"),
    "/srv/ephi/x": "",
}
OPEN: Files = {**DISKS, **mapped(0, "data", LUKS2 + "data", "vda2")}
TABLE_0 = "dmsetup table --major 253 --minor 0"


def _mounted(
    number: str, fstype: str = "ext4", source: str = "/dev/mapper/data", options: str = "rw", path: str = "/srv/ephi"
) -> str:
    return "40 22 %s / %s rw,relatime - %s %s %s\n" % (number, path, fstype, source, options)


ON_DATA = _mounted("253:0")


def _case(
    name: str,
    verdict: str,
    mounts: str,
    files: Files,
    by: Sequence[str] = (),
    problems: Sequence[str] = (),
    *,
    table: str = XTS,
    commands: Optional[Dict[str, Union[str, CommandResult]]] = None,
    address: Optional[Dict[str, Any]] = None,
) -> Scenario:
    """``verdict``: pass or fail, or the words of an error."""
    documents = [Part(encrypted=verdict == "pass", by=list(by), problems=list(problems))]
    error = verdict not in ("pass", "fail")
    seen = {"state": "error", "reason": verdict} if error else {"state": "value", "value": documents}
    files = {"/proc/self/mountinfo": ROOT + mounts, **files}
    asked = {TABLE_0: table, **(commands or {})}
    return Scenario(name, address or PATHS, ENCRYPTED, "error" if error else verdict, seen, files=files, commands=asked)


def _cipher(
    cipher: str, verdict: str, key: str = RING, uuid: str = LUKS2, shown: str = "LUKS2", bits: int = 512
) -> Scenario:
    """A volume under a cipher, which is none or weak where the verdict is not pass."""
    files = {**DISKS, **mapped(0, "data", uuid + "data", "vda2")}
    if verdict == "pass":
        by, problems = ["/dev/mapper/data (%s, %s, %d bits)" % (shown, cipher, bits)], []
    else:
        by, problems = [], ["/dev/mapper/data is encrypted with %s, which is none or weak" % cipher]
    return _case("cipher %s %s" % (cipher, shown), verdict, ON_DATA, files, by, problems, table=LINE % (cipher, key))


def _swap(
    name: str, verdict: str, swaps: str, files: Files, by: Sequence[str] = (), problems: Sequence[str] = ()
) -> Scenario:
    table: Files = {"/proc/swaps": "Filename\tType\tSize\tUsed\tPriority\n" + swaps}
    return _case(name, verdict, "", {**table, **files}, by, problems, address=SWAP)


def _key(
    name: str, verdict: str, line: str, files: Files, by: Sequence[str] = (), problems: Sequence[str] = ()
) -> Scenario:
    path = _mounted("253:0", path="/etc/keys")
    table: Files = {"/etc/crypttab": "# <name> <device> <key> <options>\n" + line + "\n"}
    return _case(name, verdict, path, {**OPEN, **table, **files}, by, problems, address=KEYS)


LVM: Files = {
    **OPEN,
    **mapped(1, "vg-span", "LVM-akxk", "dm-0", "vdb"),
    **mapped(2, "vg-one", "LVM-akxl", "dm-0"),
}
MD: Files = {**OPEN, **device("md5", "9:5", ["vda2", "vdb"]), **device("md5/md5p1", "259:0")}
BTRFS: Files = {
    **OPEN,
    "/sys/fs/btrfs/4a18/devices/dm-0": File(link="/sys/class/block/dm-0"),
    "/sys/fs/btrfs/4a18/devices/vdb": File(link="/sys/class/block/vdb"),
}
LOOP: Files = {**OPEN, **device("loop0", "7:0", loop__backing_file="/secret/img"), "/secret/img": ""}
ON_SECRET = _mounted("253:0", path="/secret")
INTEGRITY = "0 213008 integrity 252:2 32768 32 J 6 journal_sectors:2024 buffer_sectors:128\n"
ZFS_GET, POOL = "zfs get -H -o value encryption tank/ephi", "zpool list -v -H -P -L tank"
ON_ZFS = _mounted("0:50", "zfs", "tank/ephi")
ROWS = "tank\t9G\n\tmirror-0\t9G\n\t/dev/dm-0\t-\n\t%s\t-\nlogs\t-\n\t/dev/dm-0\t1G\n"
NOT_THERE = "%s is not there: take it out, or connect it and look again"
NOT_MOUNTED = "/srv/ephi is not mounted now (/etc/fstab:1): mount it and look again"
KEY: Files = {"/etc/keys/data.key": File("x", 0o400)}
OPEN_KEY = "/etc/keys/data.key is open to others than root: chown root and chmod 0400 it"
WITH_KEY = "more UUID=1 /etc/keys/data.key luks"
HOOK = "/etc/cryptsetup-initramfs/conf-hook"

SCENARIOS: List[Scenario] = [
    _case("luks", "pass", ON_DATA, OPEN, [SOUND]),
    _case("bare partition", "fail", _mounted("252:1", source="/dev/vda1"), DISKS, problems=[DISK]),
    _case("folder of the root", "fail", "", DISKS, problems=[DISK]),
    _case(
        "mount below",
        "fail",
        ON_DATA + _mounted("252:16", path="/srv/ephi/db").replace("40 22", "41 40"),
        OPEN,
        [SOUND],
        ["/dev/vdb is not encrypted"],
    ),
    _case(
        "tmpfs below",
        "pass",
        ON_DATA + _mounted("0:60", "tmpfs", path="/srv/ephi/run").replace("40 22", "41 40"),
        OPEN,
        [SOUND],
    ),
    _case(
        "path by a link",
        "pass",
        _mounted("253:0", path="/data"),
        {
            **{key: value for key, value in OPEN.items() if key != "/srv/ephi/x"},
            "/data/ephi/x": "",
            "/srv/ephi": File(link="/data/ephi"),
        },
        [SOUND],
    ),
    _case(
        "not there",
        "/srv/ephi is not there: create it, or take it out",
        "",
        {key: value for key, value in OPEN.items() if key != "/srv/ephi/x"},
    ),
    _case("in fstab, not mounted", NOT_MOUNTED, "", {**OPEN, "/etc/fstab": "/dev/mapper/data /srv/ephi ext4 noauto\n"}),
    _case(
        "boot mounts another below",
        NOT_MOUNTED.replace("ephi ", "ephi/db ", 1),
        ON_DATA,
        {**OPEN, "/etc/fstab": "/dev/vdb /srv/ephi/db ext4 defaults\n"},
    ),
    _case(
        "boot mounts another",
        "fail",
        ON_DATA,
        {**OPEN, "/etc/fstab": "/dev/vdb /srv/ephi ext4 defaults\n"},
        [SOUND],
        ["/dev/vdb is not encrypted"],
    ),
    _case(
        "boot mounts the same",
        "pass",
        ON_DATA,
        {
            **OPEN,
            "/etc/fstab": 'UUID="1-b" /srv/ephi ext4 defaults\n',
            "/dev/disk/by-uuid/1-b": File(link="../../dm-0"),
        },
        [SOUND],
    ),
    _case(
        "boot mounts what is not there",
        "the next boot mounts UUID=2 on /srv/ephi (/etc/fstab:1), which is not there",
        ON_DATA,
        {**OPEN, "/etc/fstab": "UUID=2 /srv/ephi ext4 defaults\n"},
    ),
    _cipher("aes-xts-plain64", "pass", ZEROS, LUKS1, "LUKS1"),
    _cipher("aes-cbc-essiv:sha256", "pass", ZEROS[:64], "CRYPT-PLAIN-", "PLAIN", 256),
    _cipher("capi:authenc(hmac(sha256),xts(aes))-plain64", "pass", ":96:logon:cryptsetup:5c3e-d0", bits=768),
    _cipher("xchacha12,aes-adiantum-plain64", "pass", ":32:logon:cryptsetup:4989-d0", bits=256),
    _cipher("aes-xts-plain64", "pass", ZEROS, "x", "dm-crypt"),
    # cryptsetup calls it LUKS2 all the same.
    _cipher("cipher_null-ecb", "fail", "0"),
    _cipher("capi:ecb(cipher_null)-plain64", "fail", "0"),
    _cipher("aes-ecb", "fail"),
    _cipher("aes-cbc-null", "fail"),
    _cipher("des3_ede-cbc-essiv:sha256", "fail"),
    _cipher("aes-xts-plain64", "fail", ":16:logon:x"),
    _cipher("rot13-xts-plain64", "fail"),
    _case(
        "null cipher over another",
        "pass",
        _mounted("253:1"),
        {**OPEN, **mapped(1, "n", LUKS2 + "n", "dm-0")},
        [SOUND],
        commands={TABLE_0[:-1] + "1": LINE % ("cipher_null-ecb", "0")},
    ),
    # What cryptsetup reencrypt --encrypt --init-only leaves: it is called LUKS2 and nothing of it is encrypted yet.
    _case(
        "encryption begun only",
        "fail",
        ON_DATA,
        OPEN,
        problems=[DISK],
        table="0 32768 linear 252:2 376832\n32768 311296 linear 252:2 32768\n",
    ),
    _case("encrypted in part", "fail", ON_DATA, OPEN, problems=[DISK], table=XTS + "229376 8 linear 252:2 0\n"),
    _case(
        "integrity is no encryption",
        "fail",
        ON_DATA,
        {**DISKS, **mapped(0, "data", "CRYPT-INTEGRITY-data", "vda2")},
        problems=[DISK],
        table=INTEGRITY,
    ),
    _case(
        "no dmsetup",
        "command dmsetup table --major 253 --minor 0: not installed",
        ON_DATA,
        OPEN,
        commands={TABLE_0: CommandResult(problem="not installed", missing=True)},
    ),
    _case(
        "device that sys does not show",
        "/sys does not show the device 8:1, so on what it lies is not known",
        _mounted("8:1"),
        DISKS,
    ),
    _case("volume of a group", "pass", _mounted("253:2"), LVM, [SOUND]),
    _case(
        "volume over two disks, one of them bare",
        "fail",
        _mounted("253:1"),
        LVM,
        [SOUND],
        ["/dev/vdb is not encrypted"],
    ),
    _case("partition of a raid", "fail", _mounted("259:0"), MD, problems=[DISK, "/dev/vdb is not encrypted"]),
    _case("raid of encrypted devices", "pass", _mounted("9:5"), {**OPEN, **device("md5", "9:5", ["dm-0"])}, [SOUND]),
    _case(
        "drbd",
        "/dev/drbd0 keeps its data on other hosts too; look at what it lies on there and here",
        _mounted("147:0"),
        {**OPEN, **device("drbd0", "147:0")},
    ),
    _case(
        "bcache with a bare cache",
        "fail",
        _mounted("252:99"),
        {**OPEN, **device("bcache0", "252:99", ["dm-0", "vdb"])},
        [SOUND],
        ["/dev/vdb is not encrypted"],
    ),
    _case(
        "btrfs on two devices, one of them bare",
        "fail",
        _mounted("0:43", "btrfs"),
        BTRFS,
        [SOUND],
        ["/dev/vdb is not encrypted"],
    ),
    _case(
        "btrfs that sys does not show",
        "/sys/fs/btrfs does not show on which devices /srv/ephi lies",
        _mounted("0:43", "btrfs"),
        OPEN,
    ),
    _case("file on an encrypted volume", "pass", _mounted("7:0") + ON_SECRET, LOOP, [SOUND]),
    _case(
        "file that was deleted",
        "/dev/loop0 lies in the file /x (deleted), which is not to be seen here",
        _mounted("7:0"),
        {**OPEN, **device("loop0", "7:0", loop__backing_file="/x (deleted)")},
    ),
    _case(
        "overlay",
        "pass",
        _mounted("0:70", "overlay", "overlay", "rw,lowerdir=/secret/a:/secret/b,upperdir=/secret/up,workdir=/secret/w")
        + ON_SECRET,
        {**OPEN, "/secret/a/x": "", "/secret/b/x": "", "/secret/up/x": ""},
        [SOUND],
    ),
    _case(
        "overlay with a bare layer",
        "fail",
        _mounted("0:70", "overlay", "overlay", "rw,lowerdir=/secret/a:/b,upperdir=/secret/up") + ON_SECRET,
        {**OPEN, "/secret/a/x": "", "/b/x": "", "/secret/up/x": ""},
        [SOUND],
        [DISK],
    ),
    _case(
        "overlay of a container",
        "/srv/ephi lies in /var/lib/c, which is not to be seen here; look from outside the container",
        _mounted("0:70", "overlay", "overlay", "rw,lowerdir=/var/lib/c,upperdir=/u"),
        OPEN,
    ),
    _case(
        "nfs",
        "/srv/ephi lies on a server or is another program's (nfs4); look at it there",
        _mounted("0:80", "nfs4", "nas:/x"),
        OPEN,
    ),
    _case(
        "automount",
        "/srv/ephi: its automount has not been used; use it and look again",
        _mounted("0:81", "autofs", "systemd-1"),
        OPEN,
    ),
    _case(
        "type that is not followed",
        "/srv/ephi: where a file system of the type bcachefs lies is not followed; look by hand",
        _mounted("0:82", "bcachefs"),
        OPEN,
    ),
    _case(
        "xfs with a bare realtime device",
        "fail",
        _mounted("253:0", "xfs", options="rw,rtdev=/dev/vdb"),
        OPEN,
        [SOUND],
        ["/dev/vdb is not encrypted"],
    ),
    _case("tmpfs without swap", "pass", _mounted("0:83", "tmpfs"), OPEN, ["/srv/ephi (in memory)"]),
    _case(
        "tmpfs with bare swap",
        "fail",
        _mounted("0:83", "tmpfs"),
        {**OPEN, "/proc/swaps": "Filename\n/dev/vdb partition 1 0 -2\n"},
        ["/srv/ephi (in memory)"],
        ["/dev/vdb is not encrypted"],
    ),
    _case(
        "zfs that encrypts", "pass", ON_ZFS, OPEN, ["tank/ephi (ZFS, aes-256-gcm)"], commands={ZFS_GET: "aes-256-gcm\n"}
    ),
    _case(
        "zfs on encrypted devices", "pass", ON_ZFS, OPEN, [SOUND], commands={ZFS_GET: "off\n", POOL: ROWS % "/dev/dm-0"}
    ),
    _case(
        "zfs with a bare device",
        "fail",
        ON_ZFS,
        OPEN,
        [SOUND],
        ["/dev/vdb is not encrypted"],
        commands={ZFS_GET: "off\n", POOL: ROWS % "/dev/vdb"},
    ),
    _case(
        "zfs with a device that is gone",
        "what 1234 is in the pool tank is not followed; look at it by hand",
        ON_ZFS,
        OPEN,
        commands={ZFS_GET: "off\n", POOL: ROWS % "1234"},
    ),
    Scenario(
        "named and not looked at",
        {"query": "named", "paths": ["/srv/ephi"]},
        {"any": {"present": True}},
        "pass",
        {"state": "value", "value": ["/srv/ephi"]},
    ),
    Scenario(
        "nothing named",
        {"query": "paths", "paths": []},
        {"any": {"present": True}},
        "fail",
        {"state": "value", "value": []},
        files={"/proc/self/mountinfo": ROOT},
    ),
    _case(
        "relative path",
        "'ephi' is not an absolute path; write it from / on",
        "",
        OPEN,
        address={"query": "paths", "paths": ["ephi"]},
    ),
    # What is wrong for sure is not hidden behind what cannot be told.
    Scenario(
        "one bare, one not told",
        {"query": "paths", "paths": ["/srv/ephi", "/"]},
        ENCRYPTED,
        "fail",
        {
            "state": "value",
            "value": [Part(path="/srv/ephi", encrypted=False, problems=[]), Part(path="/", problems=[DISK])],
        },
        files={"/proc/self/mountinfo": ROOT + _mounted("0:80", "nfs4", "nas:/x"), **OPEN},
    ),
    Scenario(
        "no swap",
        SWAP,
        {"empty": True},
        "pass",
        {"state": "value", "value": []},
        files={"/proc/swaps": "Filename\n", "/proc/self/mountinfo": ROOT},
    ),
    _swap("swap partition", "fail", "/dev/vda2 partition 1 0 -2\n", DISKS, problems=[DISK]),
    _swap("swap on luks", "pass", "/dev/dm-0 partition 1 0 -2\n", OPEN, [SOUND]),
    _swap("swap file", "fail", "/swap.img file 1 0 -2\n", {**DISKS, "/swap.img": ""}, problems=[DISK]),
    _swap(
        "swap file that was deleted",
        "/proc/swaps: /swap (deleted) is in use and was deleted; switch it off (swapoff)",
        "/swap\\040(deleted) file 1 0 -2\n",
        DISKS,
    ),
    _swap(
        "zram",
        "pass",
        "/dev/zram0 partition 1 0 100\n",
        {**DISKS, **device("zram0", "251:0", backing_dev="none")},
        ["/dev/zram0 (in memory)"],
    ),
    _swap(
        "zram that writes to a disk",
        "fail",
        "/dev/zram0 partition 1 0 100\n",
        {**DISKS, **device("zram0", "251:0", backing_dev="/dev/vdb")},
        problems=["/dev/vdb is not encrypted"],
    ),
    _swap(
        "swap from the next boot on",
        "fail",
        "",
        {**DISKS, "/etc/fstab": "/dev/vdb none swap sw 0 0\n"},
        problems=["/dev/vdb is not encrypted"],
    ),
    _swap(
        "swap that the boot opens",
        "pass",
        "",
        {
            **DISKS,
            "/etc/fstab": "/dev/mapper/cs none swap sw 0 0\n",
            "/etc/crypttab": "cs /dev/vdb /dev/urandom swap,cipher=aes-xts-plain64\n",
        },
        ["/dev/mapper/cs (aes-xts-plain64, by /etc/crypttab:1)"],
    ),
    _swap(
        "swap that the boot opens with no cipher",
        "fail",
        "",
        {
            **DISKS,
            "/etc/fstab": "/dev/mapper/cs none swap sw 0 0\n",
            "/etc/crypttab": "cs /dev/vdb /dev/urandom swap,cipher=cipher_null\n",
        },
        problems=["/dev/mapper/cs is opened with cipher_null (/etc/crypttab:1), which is none"],
    ),
    _swap(
        "swap that is not there",
        NOT_THERE % "UUID=9 (/etc/fstab:1)",
        "",
        {**DISKS, "/etc/fstab": "UUID=9 none swap sw 0 0\n"},
    ),
    _swap(
        "swap by a unit",
        "fail",
        "",
        {
            **DISKS,
            "/etc/systemd/system/dev-vdb.swap": "[Swap]\nWhat=/dev/vdb\n",
            "/etc/systemd/system/swap.target.wants/dev-vdb.swap": File(link="../dev-vdb.swap"),
        },
        problems=["/dev/vdb is not encrypted"],
    ),
    Scenario(
        "swap by a unit that nothing starts",
        SWAP,
        {"empty": True},
        "pass",
        {"state": "value", "value": []},
        files={
            "/proc/self/mountinfo": ROOT,
            "/proc/swaps": "Filename\n",
            "/etc/systemd/system/dev-vdb.swap": "[Swap]\nWhat=/dev/vdb\n",
            "/etc/fstab": "/dev/vdb none swap noauto\n",
        },
    ),
    Scenario(
        "no crypttab",
        KEYS,
        {"empty": True},
        "pass",
        {"state": "value", "value": []},
        files={"/proc/self/mountinfo": ROOT},
    ),
    Scenario(
        "keys that are typed in or random",
        KEYS,
        {"empty": True},
        "pass",
        {"state": "value", "value": []},
        files={
            "/proc/self/mountinfo": ROOT,
            "/etc/crypttab": "a /dev/x none luks\nb /dev/y\nc /dev/z - tpm2-device=auto\nd /dev/w /dev/urandom swap\n",
        },
    ),
    _key("key on an encrypted volume", "pass", WITH_KEY, KEY, [SOUND]),
    _key(
        "key beside its lock",
        "fail",
        "data UUID=1 /root/data.key luks",
        {"/root/data.key": File("x", 0o400)},
        problems=[DISK],
    ),
    _key("key that others may read", "fail", WITH_KEY, {"/etc/keys/data.key": File("x", 0o440)}, [SOUND], [OPEN_KEY]),
    _key(
        "key that systemd finds",
        "fail",
        "data UUID=1 none luks",
        {"/etc/cryptsetup-keys.d/data.key": File("x", 0o400)},
        problems=[DISK],
    ),
    _key(
        "key that goes into the initramfs",
        "fail",
        WITH_KEY,
        {**KEY, HOOK: '# KEYFILE_PATTERN=""\nKEYFILE_PATTERN="/etc/keys/*.key" # all\n', "/boot/x": ""},
        [SOUND],
        [DISK],
    ),
    _key(
        "key that does not go into the initramfs",
        "pass",
        WITH_KEY,
        {**KEY, HOOK: "KEYFILE_PATTERN=/etc/other/*\n", "/boot/x": ""},
        [SOUND],
    ),
    _key(
        "pattern that a shell makes",
        HOOK + ":1: write KEYFILE_PATTERN= with a plain text",
        WITH_KEY,
        {**KEY, HOOK: 'KEYFILE_PATTERN="$KEYS"\n'},
    ),
    _key(
        "key by a script",
        "/etc/crypttab:2: where its keyscript has the key from is not followed; look at it by hand",
        "data UUID=1 data luks,keyscript=decrypt_keyctl",
        {},
    ),
    # That works where a copy lies in the initramfs alone.
    _key(
        "key on the volume that it opens",
        "/etc/crypttab:2: /etc/keys/data.key lies on the volume that it opens, so the boot has it from elsewhere, and /boot is not encrypted: "
        "look into the initramfs",
        "data UUID=1 /etc/keys/data.key luks",
        {**KEY, "/boot/x": ""},
    ),
    _key(
        "key on the volume that it opens, as is /boot",
        "pass",
        "data UUID=1 /root/data.key luks",
        {
            "/root/data.key": File("x", 0o400),
            "/boot/x": "",
            "/proc/self/mountinfo": "22 1 253:0 / / rw - ext4 /dev/mapper/data rw\n",
        },
        [SOUND],
    ),
    # What the field says is the script's argument.
    _key(
        "key by a script that is told nothing",
        "/etc/crypttab:2: where its keyscript has the key from is not followed; look at it by hand",
        "data UUID=1 none luks,keyscript=/usr/local/sbin/key",
        {},
    ),
    _key(
        "key on a stick",
        "/etc/crypttab:2: the key lies on a device of its own (/k:LABEL=stick); look at it by hand",
        "data UUID=1 /k:LABEL=stick luks",
        {},
    ),
    _key(
        "key that is not there",
        "/etc/crypttab:2: /mnt/k is not there now, so where the key lies can't be seen",
        "data UUID=1 /mnt/k luks",
        {},
    ),
    _key(
        "line with quotes",
        "/etc/crypttab:2: a line with quotes is not followed; write blanks as \\040",
        'data UUID="1" none luks',
        {},
    ),
]
