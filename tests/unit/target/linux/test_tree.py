"""A tree of files that is not booted: nothing around it is asked, nothing in it leads out, and each kind says what answers it."""

from __future__ import annotations

import json
import os
import pwd
import stat

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux import observe, tree
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.in_time import observe_in_time
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError, value
from ansible_collections.hipaa.cis.plugins.module_utils.linux.request import RequestError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.container import not_booted
from ansible_collections.hipaa.cis.plugins.module_utils.linux.tree import IMAGE, NotSeen, Tree

PASSWD = "root:x:0:0::/root:/bin/bash\nthe_trees_own:x:4711:4711::/nonexistent:/bin/sh\n"
STATUS = """Package: cron
Status: install ok installed
Architecture: amd64
Version: 3.0pl1-162
Description: the program
 Version: 9 of what stands in a description

Package: telnet
Status: deinstall ok config-files
Version: 0.17

Package: half
Status: install reinstreq half-installed
Version: 1
"""


def unasked(argv, _timeout):
    raise AssertionError(f"{argv} was run")


class Image:
    """Makes a tree of files in a folder."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, files=(), root=None, runner=unasked):
        for path, text in {
            "/etc/os-release": "ID=debian\n",
            "/etc/passwd": PASSWD,
            "/etc/group": "root:x:0:\n",
            **dict(files),
        }.items():
            place = self.folder / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return Tree(str(root or self.folder), IMAGE, runner=runner, privileged=True)


@pytest.fixture
def image(tmp_path):
    return Image(tmp_path / "image")


def test_each_kind_says_whether_files_alone_answer_it():
    assert tree.FROM_FILES | set(tree.FROM_RUNNING) == set(observe.KINDS)
    assert not tree.FROM_FILES & set(tree.FROM_RUNNING)


@pytest.mark.parametrize("kind", sorted(tree.FROM_RUNNING))
def test_what_a_running_host_alone_answers_is_unseen_and_no_reader_is_asked(kind, image, monkeypatch):
    monkeypatch.setitem(observe.KINDS, kind, unasked)
    (seen,) = observe.read_kind(image(), kind, [{"name": "x"}])
    assert (seen.state, seen.reason) == ("unseen", tree.FROM_RUNNING[kind])


@pytest.mark.parametrize("path", ["/proc/sys/kernel/osrelease", "/sys/x", "/run/x", "/dev/x", "/var/run/x", "/etc/up"])
def test_what_is_planted_where_a_running_host_has_its_own_is_not_read(path, image):
    host = image({"/proc/sys/kernel/osrelease": "planted", "/sys/x": "p", "/run/x": "p", "/dev/x": "p"})
    (image.folder / "var").mkdir()
    (image.folder / "var/run").symlink_to("/run")
    (image.folder / "etc/up").symlink_to("../proc/sys/kernel/osrelease")
    with pytest.raises(NotSeen):
        host.read_text(path)


@pytest.mark.parametrize(
    "target", ["/etc/secret", "../../../../../../../../etc/secret", "/../etc/secret", "/out/secret"]
)
def test_no_link_in_a_tree_leads_out_of_it(target, image, tmp_path):
    host = image({"/etc/secret": "the tree's"})
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/secret").write_text("the host's")
    (image.folder / "out").symlink_to(str(tmp_path / "etc"))
    (image.folder / "etc/link").symlink_to(target)
    if target.startswith("/out"):
        with pytest.raises(NotFound):
            host.read_text("/etc/link")
    else:
        assert host.read_text("/etc/link") == "the tree's"


def test_a_walk_of_a_home_behind_a_link_stays_in_the_tree(image, tmp_path):
    (tmp_path / "outside/ann").mkdir(parents=True)
    (tmp_path / "outside/ann/.netrc").write_text("")
    (tmp_path / "outside/ann/.netrc").chmod(0o666)
    host = image(
        {
            "/etc/passwd": "ann:x:0:0::/home/ann:/bin/sh\n",
            "/etc/shells": "/bin/sh\n",
            "/etc/shadow": "",
            "/etc/login.defs": "",
        }
    )
    (image.folder / "home").symlink_to(str(tmp_path / "outside"))
    own = image.folder / str(tmp_path / "outside/ann").lstrip("/")
    own.mkdir(parents=True)
    (own / ".forward").write_text("")
    seen = observe.read_kind(host, "accounts", [{"fact": fact} for fact in ("dot_netrc_too_open", "dot_forward")])
    assert [(one.state, len(one.value)) for one in seen] == [("value", 0), ("value", 1)]


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 3))], ids=["fifo", "device"]
)
def test_what_is_no_file_is_not_opened(make, image, monkeypatch):
    host = image()
    try:
        make(str(image.folder / "etc/odd"))
    except PermissionError:
        pytest.skip("only root makes devices")
    host.read_text("/etc/passwd")
    monkeypatch.setattr(os, "open", unasked)
    with pytest.raises(ReadError, match="not a regular file"):
        host.read_text("/etc/odd")


def test_a_commit_of_ostree_is_not_judged_for_its_etc_is_made_when_it_is_deployed(tmp_path):
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "usr/etc").mkdir()
    (tmp_path / "usr/lib/os-release").write_text("ID=debian\n")
    with pytest.raises(RequestError, match="has no /etc"):
        tree.tree_for(str(tmp_path))


@pytest.mark.parametrize(
    "argv", [["sshd", "-T"], ["systemctl", "show", "x"], ["rpm", "-qa"], ["sudo", "-V"], ["dpkg-query", "--list"]]
)
def test_no_program_is_run_for_a_tree(argv, image):
    with pytest.raises(NotSeen):
        image().run(argv)


def test_in_a_chroot_runs_what_reads_its_files_alone(image):
    host = image(root="/", runner=lambda argv, _timeout: CommandResult(stdout=argv[0]))
    assert host.run(["sudo", "-V"]).stdout == "sudo"
    for argv in (["sshd", "-T"], ["systemctl", "show", "x"], ["nft", "list", "ruleset"]):
        with pytest.raises(NotSeen):
            host.run(argv)


def test_what_fails_in_a_chroot_is_unseen_and_what_is_not_there_is_not_there(image):
    failing = image(root="/", runner=lambda _argv, _timeout: CommandResult(exit_code=1, stderr="no /proc"))
    with pytest.raises(NotSeen):
        failing.run(["sudo", "-V"])
    missing = image(root="/", runner=lambda _argv, _timeout: CommandResult(problem="not installed", missing=True))
    with pytest.raises(NotFound):
        missing.run(["sudo", "-V"])
    assert missing.asked == ""


def test_packages_of_a_tree_come_from_its_status_file(image):
    host = image({"/var/lib/dpkg/status": STATUS})
    seen = observe.read_kind(host, "package", [{"name": name} for name in ("cron", "telnet", "half", "Description")])
    assert [(one.state, one.value) for one in seen[:2]] == [("value", "3.0pl1-162"), ("absent", None)]
    assert seen[2].state == "error"
    assert seen[3].state == "absent"


def test_packages_of_a_tree_without_dpkg_are_no_absent_ones(image):
    (seen,) = observe.read_kind(image(), "package", [{"name": "telnet"}])
    assert seen.state == "error"


def test_packages_are_unknown_where_dpkg_was_broken_off(image):
    (seen,) = observe.read_kind(
        image({"/var/lib/dpkg/status": STATUS, "/var/lib/dpkg/updates/0001": "Package: cron\n"}),
        "package",
        [{"name": "cron"}],
    )
    assert seen.state == "error"
    assert "broken off" in seen.reason


def test_packages_of_rpm_are_unseen(image):
    (seen,) = observe.read_kind(image({"/var/lib/rpm/rpmdb.sqlite": "x"}), "package", [{"name": "telnet"}])
    assert seen.state == "unseen"


def test_owners_are_named_by_the_trees_own_accounts(image):
    host = image()
    assert host.user_name(4711) == "the_trees_own"
    # The name service of this machine knows that one.
    assert pwd.getpwuid(1).pw_name
    assert host.user_name(1) is None


def test_a_reader_that_makes_light_of_a_refusal_is_not_believed(image, monkeypatch):
    def light(host, addresses):
        try:
            host.read_text("/proc/swaps")
        except ReadError:
            pass
        return [value("all is well", "nowhere")] * len(addresses)

    monkeypatch.setitem(observe.KINDS, "text_setting", light)
    (seen,) = observe.read_kind(image(), "text_setting", [{"name": "x"}])
    assert seen.state == "unseen"
    assert "/proc/swaps" in seen.reason


def test_what_was_made_of_a_refusal_is_unseen_for_the_next_setting_too(image, monkeypatch):
    def light(host, addresses):
        def make():
            try:
                return host.run(["systemctl", "show"]).stdout
            except ReadError:
                return "nothing runs"

        return [value(host.shared("units", make) if address["name"] == "asks" else 1, "") for address in addresses]

    monkeypatch.setitem(observe.KINDS, "text_setting", light)
    seen = observe.read_kind(image(), "text_setting", [{"name": name} for name in ("asks", "asks", "does not")])
    assert [one.state for one in seen] == ["unseen", "unseen", "value"]


def test_what_is_kept_within_what_settings_share_is_unseen_for_the_next_one_too(image, monkeypatch):
    def light(host, addresses):
        units = host.shared("units", dict)
        if "states" not in units:
            try:
                units["states"] = host.run(["systemctl", "show"]).stdout
            except ReadError:
                units["states"] = "nothing runs"
        return [value(units["states"], "")] * len(addresses)

    monkeypatch.setitem(observe.KINDS, "text_setting", light)
    seen = observe.read_kind(image(), "text_setting", [{"name": name} for name in "abc"])
    assert [one.state for one in seen] == ["unseen"] * 3


FSTAB = (
    "UUID=1 / ext4 defaults 0 1\n# UUID=3 /srv ext4\nUUID=2 /var\\040x ext4 defaults 0 2\ntmpfs /tmp tmpfs nosuid 0 0\n"
)


def test_what_lies_on_a_file_system_that_is_not_mounted_is_unseen_and_not_absent(image):
    host = image({"/etc/fstab": FSTAB, "/srv/x": "here"})
    (image.folder / "var x").mkdir()
    for path in ("/var x/log/auth.log", "/tmp/x"):
        with pytest.raises(NotSeen, match="not mounted in the tree"):
            host.exists(path)
    assert host.read_text("/srv/x") == "here"


MOUNT = "[Mount]\nWhat=/dev/disk/by-label/x\nWhere=/srv/a b\n"


@pytest.mark.parametrize("folder", ["/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"])
def test_what_a_mount_unit_mounts_is_no_more_seen_than_what_fstab_mounts(folder, image):
    host = image({folder + "/srv-a\\x20b.mount": MOUNT, "/srv/x": "here"})
    with pytest.raises(NotSeen, match="not mounted in the tree"):
        host.exists("/srv/a b/x")
    assert host.read_text("/srv/x") == "here"
    (seen,) = observe.read_kind(host, "filesystem_scan", [{"find": "world_writable_files"}])
    assert seen.state == "unseen"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dev-hugepages.mount", "[Mount]\nWhat=hugetlbfs\nWhere=/dev/hugepages\nType=hugetlbfs\n"),
        ("sys-kernel-debug.mount", "[Mount]\nWhat=debugfs\nWhere=/sys/kernel/debug\nType=debugfs\n"),
        ("var-lib-nfs-rpc_pipefs.mount", "[Mount]\nWhat=sunrpc\nWhere=/var/lib/nfs/rpc_pipefs\nType=rpc_pipefs\n"),
        (
            "snap-core22-1.mount",
            "[Mount]\nWhat=/var/lib/snapd/snaps/core22_1.snap\nWhere=/snap/core22/1\nType=squashfs\n",
        ),
        ("tmp.mount", "[Mount]\nWhat=tmpfs\nWhere=/tmp\nType=tmpfs\n"),
    ],
)
def test_units_that_mount_no_files_of_the_image_are_in_no_walks_way(name, text, image):
    host = image({"/usr/lib/systemd/system/" + name: text})
    (seen,) = observe.read_kind(host, "filesystem_scan", [{"find": "world_writable_files"}])
    assert seen.state == "value", seen


def test_a_mount_unit_that_is_masked_mounts_nothing(image):
    host = image({"/usr/lib/systemd/system/srv.mount": MOUNT, "/srv/x": "here"})
    (image.folder / "etc/systemd/system").mkdir(parents=True)
    (image.folder / "etc/systemd/system/srv.mount").symlink_to("/dev/null")
    assert host.read_text("/srv/x") == "here"
    assert host.asked == ""


@pytest.mark.parametrize(
    ("fstab", "state"),
    [("", "value"), ("UUID=1 / ext4\ntmpfs /tmp tmpfs nosuid 0 0\n", "value"), (FSTAB, "unseen")],
    ids=["none", "in memory", "another disk"],
)
def test_a_walk_of_a_part_of_the_image_is_no_walk_of_it(fstab, state, image):
    (seen,) = observe.read_kind(image({"/etc/fstab": fstab}), "filesystem_scan", [{"find": "world_writable_files"}])
    assert seen.state == state, seen


def test_a_walk_does_not_pass_over_what_is_mounted_in_the_tree(image, monkeypatch):
    host = image()
    monkeypatch.setattr(host, "_below", lambda _mounts: {"/home": None})
    (seen,) = observe.read_kind(host, "filesystem_scan", [{"find": "world_writable_files"}])
    assert seen.state == "unseen"


def test_what_files_hold_is_seen_in_a_tree(image):
    host = image({"/etc/login.defs": "PASS_MAX_DAYS 90\n", "/etc/shadow": "", "/etc/group": "root:x:0:\n"})
    (image.folder / "etc/passwd").chmod(0o606)
    (seen,) = observe.read_kind(host, "file", [{"path": "/etc/passwd"}])
    assert seen.value["mode"] == "0606"
    (seen,) = observe.read_kind(host, "login_defs", [{"name": "PASS_MAX_DAYS"}])
    assert seen.state == "value"


def request(root):
    settings = [["file", {"path": "/etc/os-release"}]]
    benchmarks = {"one": {"detect": None, "settings": [[0, 1]]}}
    return json.dumps({"version": 2, "settings": settings, "benchmarks": benchmarks, "options": {"root": root}})


@pytest.mark.parametrize("where", ["nowhere", "file", "empty"])
def test_a_folder_that_holds_no_system_is_told_and_not_judged(where, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RequestError, match=rf"hipaa_cis_root names \S*/{where}"):
        observe_in_time(request(str(tmp_path / where)))


def test_a_tree_whose_owners_are_others_is_told_and_not_judged(image):
    image()
    if os.getuid() == 0:
        os.chown(image.folder, 100000, 100000)
    with pytest.raises(RequestError, match="belongs to the account"):
        observe_in_time(request(str(image.folder)))


@pytest.mark.skipif(os.getuid() != 0, reason="the folder has to be root's")
def test_the_facts_of_a_tree_are_not_those_of_the_machine_around_it(image):
    image()
    answer = observe_in_time(request(str(image.folder)))
    assert answer["facts"]["tree"] == str(image.folder)
    assert answer["facts"]["tree_is"] == "image"
    assert answer["facts"]["os_release"] == {"ID": "debian"}
    assert not {"kernel", "machine"} & set(answer["facts"])
    assert answer["observations"]["0"]["state"] == "value"


ROOT = "22 1 254:0 / / rw - ext4 /dev/vda rw\n"
EARLY = "1 1 0:1 / / rw - rootfs rootfs rw\n"
PRIVATE = "99 98 254:0 / / ro shared:1 - ext4 /dev/vda rw\n"
OTHER = "30 22 254:0 /srv/jail / rw - ext4 /dev/vda rw\n"
NO_ROOT = "31 30 0:21 / /proc rw - proc proc rw\n"
TABLES = {
    "booted": (ROOT, ROOT, ""),
    "booted, of an initial file system too": (EARLY + ROOT, EARLY + ROOT, ""),
    "a service with mounts of its own": (PRIVATE, ROOT, ""),
    "not root": (ROOT, None, ""),
    "a bound chroot": (OTHER, ROOT, "chroot"),
    "a chroot in a plain folder": (NO_ROOT, ROOT, "chroot"),
    "no proc": (None, None, "chroot"),
}


@pytest.mark.parametrize(("own", "first", "what"), TABLES.values(), ids=TABLES)
def test_a_chroot_is_told_by_what_its_root_is(own, first, what, tmp_path):
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    for name, table in (("self", own), ("1", first)):
        if table is not None:
            (tmp_path / "proc" / name).mkdir(parents=True)
            (tmp_path / "proc" / name / "mountinfo").write_text(table)
    assert not_booted(Host(str(tmp_path))) == what


@pytest.mark.parametrize("mark", ["run/.containerenv", ".dockerenv", "run/host/container-manager"])
@pytest.mark.parametrize("init", [True, False])
def test_a_container_runs_where_systemd_has_booted_it(mark, init, tmp_path):
    for name in ("self", "1"):
        (tmp_path / "proc" / name).mkdir(parents=True)
        (tmp_path / "proc" / name / "mountinfo").write_text(ROOT)
    (tmp_path / mark).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / mark).write_text("")
    if init:
        (tmp_path / "run/systemd/system").mkdir(parents=True)
    assert not_booted(Host(str(tmp_path))) == ("" if init else "container")


@pytest.mark.parametrize(("second", "what"), [(None, "container"), ("sleep\n", "container"), ("kthreadd\n", "")])
def test_a_container_that_nothing_marks_is_told_by_the_threads_of_the_kernel_that_root_does_not_see(
    second, what, tmp_path
):
    for name in ("self", "1"):
        (tmp_path / "proc" / name).mkdir(parents=True)
        (tmp_path / "proc" / name / "mountinfo").write_text(ROOT)
    (tmp_path / "proc/1/cgroup").write_text("0::/\n")
    if second:
        (tmp_path / "proc/2").mkdir()
        (tmp_path / "proc/2/comm").write_text(second)
    assert not_booted(Host(str(tmp_path), privileged=True)) == what
    # Another account may be kept from seeing them.
    assert not_booted(Host(str(tmp_path), privileged=False)) == ""


def test_a_machine_without_systemd_is_a_host_that_runs(tmp_path):
    for path, text in {"proc/self/mountinfo": ROOT, "proc/1/mountinfo": ROOT, "proc/2/comm": "kthreadd\n"}.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text)
    assert not_booted(Host(str(tmp_path))) == ""
