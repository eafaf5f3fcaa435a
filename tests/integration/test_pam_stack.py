"""Stacks of PAM on a booted host: what the reader says of each is what libpam then does."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import pam
from tests.scenarios.linux.pam import AUTH, LOCKED

pytestmark = pytest.mark.hosts
RIGHT, FAILLOCK = "Right-horse-9x", "/etc/security/faillock.conf"
# Calls libpam for a service as a program would: wrong passwords until none is asked for, then the right one, then an empty one.
TRY = """
import ctypes, json, subprocess, sys
pam, c = ctypes.CDLL("libpam.so.0"), ctypes.CDLL(None)
c.calloc.restype = c.strdup.restype = ctypes.c_void_p
class Message(ctypes.Structure): _fields_ = [("style", ctypes.c_int), ("text", ctypes.c_char_p)]
class Answer(ctypes.Structure): _fields_ = [("text", ctypes.c_void_p), ("code", ctypes.c_int)]
Ask = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.POINTER(Message)), ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)
class Talk(ctypes.Structure): _fields_ = [("ask", Ask), ("data", ctypes.c_void_p)]
def let_in(service, password):
    def ask(count, messages, answers, _data):
        made = c.calloc(count, ctypes.sizeof(Answer))
        for number in range(count):
            one = Answer.from_address(made + number * ctypes.sizeof(Answer))
            if messages[number].contents.style in (1, 2):
                one.text = c.strdup(password.encode())
        answers[0] = made
        return 0
    handle, talk = ctypes.c_void_p(), Talk(Ask(ask), None)
    pam.pam_start(service.encode(), b"plain", ctypes.byref(talk), ctypes.byref(handle))
    done = pam.pam_authenticate(handle, 0)
    pam.pam_end(handle, done)
    return done == 0
found = []
for files in json.load(sys.stdin):
    for path, text in files.items():
        open(path, "w").write(text)
    subprocess.run(["faillock", "--user", "plain", "--reset"])
    first = let_in("login", sys.argv[1])
    for _again in range(4):
        let_in("login", "wrong")
    found.append([first, let_in("login", sys.argv[1])])
print(json.dumps(found))
"""
NODELAY = LOCKED.replace("pam_unix.so nullok", "pam_unix.so nodelay")
SPOILT = {
    "right": NODELAY,
    "none": AUTH.replace("nullok", "nodelay"),
    "ignored": NODELAY.replace("required pam_faillock", "[default=ignore] pam_faillock"),
    "sufficient-before": "auth sufficient pam_unix.so nodelay\n" + NODELAY,
    "jumped-over": NODELAY.replace("default=ignore] pam_unix", "default=1] pam_unix"),
    "on-lines-that-go-on": NODELAY.replace(" pam_", " \\\n  pam_"),
    "in-a-substack": "auth substack inner\n",
    "off-by-an-argument": NODELAY.replace("preauth", "preauth deny=50 deny=x"),
    "on-by-the-last-argument": NODELAY.replace("preauth", "preauth deny=50 deny=3"),
}
FEW = {"", "1", "2", "3", "4"}


def test_lock_is_in_force_where_the_reader_says_so(booted_host, tmp_path):
    booted_host.run(["sh", "-c", f"echo 'plain:{RIGHT}' | chpasswd"])
    booted_host.write("/root/try.py", TRY)
    nodelay = "nodelay\ndeny = 3\n"
    trees = [{"/etc/pam.d/login": text, "/etc/pam.d/inner": NODELAY, FAILLOCK: nodelay} for text in SPOILT.values()]
    done = booted_host.run(["python3", "/root/try.py", RIGHT], data=json.dumps(trees), timeout=90)
    theirs = dict(zip(SPOILT, json.loads(done.stdout.split("\n")[-2]), strict=True))

    mine = {}
    for name, files in zip(SPOILT, trees, strict=True):
        for path, text in files.items():
            (tmp_path / name / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path[1:]).write_text(text)
        mine[name] = [True, not locks(Host(str(tmp_path / name)))]

    assert mine == theirs
    assert sum(in_ for _first, in_ in theirs.values()) == 5


def locks(host):
    of = {"module": "pam_faillock.so"}
    faulty, deny = pam.read(host, [{"query": "locks", **of}, {"query": "option", "type": "auth", "name": "deny", **of}])
    return not faulty.value and {item["value"] or "" for item in deny.value} <= FEW
