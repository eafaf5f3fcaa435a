"""A file system or a folder that never answers costs what lies in it, and nothing else."""

from __future__ import annotations

import ctypes
import os
import time

import pytest

pytestmark = pytest.mark.hosts
# FUSE without a program behind it: what touches the mount waits in the kernel for an answer that never comes.
HUNG = """\
[ -c /dev/fuse ] || mknod /dev/fuse c 10 229
mkdir -p {place}
setsid sh -c 'exec 3<>/dev/fuse
  mount -i -t fuse -o fd=3,rootmode=40000,user_id={user},group_id=0{more} hung {place}
  exec sleep 600' >/dev/null 2>&1 </dev/null &
for _attempt in $(seq 100); do grep -q " {place} " /proc/self/mountinfo && exit 0; sleep 0.1; done
exit 1
"""
USER = 4711
# Of a path that is too long for the kernel, and of what lies there: a file with the set-user-ID bit.
DEEP = """\
import os
here = os.open("/home/plain", os.O_RDONLY)
for number in range(20):
    os.mkdir("x" * 250, dir_fd=here)
    here = os.open("x" * 250, os.O_RDONLY, dir_fd=here)
os.close(os.open("deep-program", os.O_CREAT | os.O_WRONLY, 0o755, dir_fd=here))
os.chmod("deep-program", 0o4755, dir_fd=here)
"""


# fanotify(7): who opens the folder waits until a listener allows it.
CONTENT, CLOSE_ON_EXEC, ADD, OPEN_PERMISSION, FOLDERS, FROM_HERE = 0x4, 0x1, 0x1, 0x10000, 0x40000000, -100


@pytest.fixture
def unanswered(booted_host):
    """A folder of the host, of no mount of its own, that nobody can open: a listener was asked and says nothing."""
    folder = "/var/log/unanswered"
    booted_host.run(["mkdir", folder])
    library = ctypes.CDLL(None, use_errno=True)
    listener = library.fanotify_init(CONTENT | CLOSE_ON_EXEC, os.O_RDONLY)
    events = ctypes.c_uint64(OPEN_PERMISSION | FOLDERS)
    path = os.fsencode(str(booted_host.root) + folder)
    assert library.fanotify_mark(listener, ADD, events, FROM_HERE, path) == 0, os.strerror(ctypes.get_errno())
    yield folder
    os.close(listener)


def mount(host, place, user=0, more=",allow_other"):
    host.run(["sh", "-c", HUNG.format(place=place, user=user, more=more)])
    assert host.run(["timeout", "-s", "KILL", "1", "ls", place], check=False).returncode


def test_mounts_of_users_and_paths_without_end_switch_no_rule_off(booted_host, audit_hosts):
    host = booted_host
    before = audit_hosts([host], hipaa_cis_level=2).findings(host.name)
    host.run(["python3", "-c", DEEP])
    mount(host, "/home/plain/hung")
    mount(host, "/home/plain/closed", USER, "")
    host.run(["useradd", "--home-dir", "/home/plain/hung/far", "--no-create-home", "--shell", "/bin/bash", "far"])
    host.run(["ln", "-s", "/home/plain/hung/netrc", "/home/plain/.netrc"])
    started = time.monotonic()

    audit = audit_hosts([host], hipaa_cis_level=2)
    seen = audit.findings(host.name)

    assert time.monotonic() - started < 60
    assert audit.code == 0, audit.said
    # Of the homes one was not looked at, so they are in order no more; what stands out in others still does.
    worse = {rule: one["outcome"] for rule, one in seen.items() if one["outcome"] != before[rule]["outcome"]}
    assert worse == {"home_directories_private": "error", "dot_files_private": "error"}
    missed = "1 homes that may not answer: far (/home/plain/hung/far, on /home/plain/hung, fuse)"
    assert "/home/plain/" + "x" * 250 in str(seen["suid_sgid_reviewed"])
    assert "/home/plain/hung (fuse)" in str(seen["suid_sgid_reviewed"])
    assert missed in str(seen["home_directories_private"])
    assert "/home/plain/.netrc" in str(seen["dot_files_private"])


def test_mount_that_hangs_costs_the_rules_about_it_and_no_time(booted_host, audit_hosts):
    host = booted_host
    mount(host, "/var/log/hung")
    mount(host, "/opt/n")
    host.run(["sh", "-c", "echo 'export PATH=$PATH:/opt/n/bin' >> /root/.profile"])
    host.run(["sh", "-c", "sed -i 's|:/home/|:/people/|' /etc/passwd"])
    mount(host, "/people")
    started = time.monotonic()

    audit = audit_hosts([host], hipaa_cis_level=2)
    seen = audit.findings(host.name)

    assert time.monotonic() - started < 60
    assert audit.code == 0, audit.said
    errors = {rule: one["reason"] for rule, one in seen.items() if one["outcome"] == "error"}
    assert set(errors) == {"root_path_safe", "log_files_closed", "home_directories_private", "dot_files_private"}
    assert errors["root_path_safe"].startswith("/opt/n/bin was not looked at: it lies on /opt/n (fuse), which")
    assert errors["log_files_closed"].startswith("/var/log/hung was not looked at: it lies on /var/log/hung (fuse)")
    assert "on /people, fuse)" in errors["home_directories_private"]
    assert "on /people, fuse)" in errors["dot_files_private"]
    assert seen["cron_running"]["outcome"] == "pass"
    assert "/people (fuse)" in str(seen["suid_sgid_reviewed"])


def test_path_that_hangs_costs_the_rules_about_it_alone(booted_host, audit_hosts, unanswered):
    # A walk of the file systems would wait for its own time too.
    rules = {"rules": ["log_files_closed", "passwd_permissions", "cron_running"]}
    audit = audit_hosts([booted_host], hipaa_cis_include=rules, hipaa_cis_observe_max_seconds=25)
    seen = audit.findings(booted_host.name)

    assert audit.code == 0, audit.said
    reason = f"looking at {unanswered} was not done within 5 seconds; look for a mount"
    assert reason in seen["log_files_closed"]["reason"]
    assert seen["log_files_closed"]["outcome"] == "error"
    # Of the same kind, and of what stands behind it.
    assert seen["passwd_permissions"]["outcome"] == "pass"
    assert seen["cron_running"]["outcome"] == "pass"
