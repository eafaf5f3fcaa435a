"""The answer goes out in its time, with errors for what is missing, whatever a reader hangs on."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux import in_time, observe
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import run_command
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import value
from ansible_collections.hipaa.cis.plugins.module_utils.linux.request import RequestError

SETTINGS = [{"kind": "accounts", "fact": "uid_zero"}, {"kind": "file", "path": "/"}, {"kind": "sysctl", "name": "a.b"}]


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """A function: the answer where some kinds are read by these functions, and all others give ``fine``."""

    monkeypatch.setattr(in_time.os, "sched_getaffinity", lambda _pid: {0, 1})

    def call(readers=None, **options):
        for kind in ("accounts", "file", "sysctl"):
            reader = (readers or {}).get(kind, lambda: "fine")
            monkeypatch.setitem(observe.KINDS, kind, lambda _host, _addresses, reader=reader: [value(reader(), "")])
        request = json.loads(observe.request_for(SETTINGS))
        request["options"] = {"observe_max_seconds": 20, "scan_max_seconds": 20, **options}
        answer = in_time.observe_in_time(json.dumps(request), lambda given: Host(str(tmp_path), options=given))
        seen = answer["observations"]
        kinds = zip(("accounts", "file", "sysctl"), (seen[str(number)] for number in range(3)))
        return answer, {kind: one.get("value", one.get("reason")) for kind, one in kinds}

    return call


def hang():
    time.sleep(60)


def test_answer_is_whole_and_the_same_as_without_a_time(ask, tmp_path):
    answer, seen = ask()

    assert seen == {"accounts": "fine", "file": "fine", "sysctl": "fine"}
    again = observe.observe(observe.request_for(SETTINGS), Host(str(tmp_path)))
    assert {key: what for key, what in answer.items() if key != "stats"} == {
        key: what for key, what in again.items() if key != "stats"
    }
    assert set(answer["stats"]) == set(again["stats"])


def test_reader_that_hangs_costs_itself_and_what_stands_behind_it(ask):
    started = time.monotonic()

    _answer, seen = ask({"sysctl": hang}, observe_max_seconds=0.5)

    assert time.monotonic() - started < 15
    remedy = "; look for a mount that does not answer, or raise hipaa_cis_observe_max_seconds"
    assert seen == {
        "sysctl": "reading it was not done within 0.5 seconds" + remedy,
        "file": "it was not looked at, for reading sysctl was not done within 0.5 seconds" + remedy,
        "accounts": "fine",
    }


def test_two_processes_read_beside_one_another(ask, tmp_path):
    def meets(mine, other):
        def reader():
            (tmp_path / mine).touch()
            for _attempt in range(500):
                if (tmp_path / other).exists():
                    return "met"
                time.sleep(0.01)
            return "alone"

        return reader

    _answer, seen = ask({"accounts": meets("one", "two"), "sysctl": meets("two", "one")})

    assert seen == {"accounts": "met", "sysctl": "met", "file": "fine"}


def test_one_process_reads_where_there_is_one_processor(ask, monkeypatch):
    monkeypatch.setattr(in_time.os, "sched_getaffinity", lambda _pid: {3})

    _answer, seen = ask({"accounts": os.getpid, "file": os.getpid, "sysctl": os.getpid})

    assert len(set(seen.values())) == 1


def test_walks_have_a_time_of_their_own(ask):
    def slow():
        time.sleep(0.8)
        return "fine"

    assert ask({"accounts": slow}, observe_max_seconds=0.5)[1]["accounts"] == "fine"
    seen = ask({"accounts": hang}, observe_max_seconds=0.5, scan_max_seconds=0.5)[1]
    assert "reading it was not done within 1 seconds" in seen["accounts"]
    assert seen["file"] == "fine"


def test_reader_that_no_signal_ends_is_left_behind(ask, monkeypatch):
    monkeypatch.setattr(in_time, "GRACE", 0.1)
    left = []
    monkeypatch.setattr(in_time.os, "kill", lambda child, number: left.append((child, number)))

    _answer, seen = ask({"file": hang}, observe_max_seconds=1)

    assert "was not done within" in seen["file"]
    assert [number for _child, number in left] == [signal.SIGTERM, signal.SIGKILL]
    monkeypatch.undo()
    os.kill(left[0][0], signal.SIGKILL)
    os.waitpid(left[0][0], 0)


def test_process_that_is_killed_costs_what_it_did_not_read(ask):
    _answer, seen = ask({"file": lambda: os.kill(os.getpid(), signal.SIGKILL)})

    reason = "the process that reads ended at file (signal 9)"
    assert seen == {"sysctl": "fine", "file": reason, "accounts": "fine"}


def test_command_that_hangs_ends_with_the_reader(ask, tmp_path):
    def endless():
        run_command(["sh", "-c", "echo $$ >%s/pid; exec sleep 60" % tmp_path], 50)

    ask({"file": endless}, observe_max_seconds=1)

    pid = int((tmp_path / "pid").read_text())
    for _attempt in range(100):
        if not os.path.exists("/proc/%d" % pid):
            break
        time.sleep(0.05)
    assert not os.path.exists("/proc/%d" % pid)


def test_reader_holds_no_stream_of_the_connection_and_yields_to_others(ask):
    def streams():
        return [os.readlink("/proc/self/fd/%d" % number) for number in range(3)]

    assert ask({"file": streams})[1]["file"] == [os.devnull] * 3
    here = os.nice(0)
    assert ask({"file": lambda: os.nice(0)})[1]["file"] == min(19, here + 10)
    assert ask({"file": lambda: os.nice(0)}, gentle=False)[1]["file"] == here


def test_host_that_says_nothing_is_no_answer(ask, monkeypatch):
    monkeypatch.setattr(observe, "host_facts", lambda _host: hang())

    with pytest.raises(RequestError, match="asking the host what it is was not done within"):
        ask(observe_max_seconds=0.3)


class DeadMounts(Host):
    """A host on which what lies below /dead and /gone never answers; the file ``asked`` says who tried."""

    def touchable(self, path, follow=True):
        if path.startswith(("/dead", "/gone")):
            with open(self.root + "/asked", "a") as stream:
                stream.write(path + "\n")
            hang()
        return super().touchable(path, follow)


@pytest.fixture
def look(tmp_path):
    """A function: path -> what is seen of it, on a host with dead mounts, and what of those was touched."""
    (tmp_path / "fine").write_text("")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (tmp_path / "etc/group").write_text("root:x:0:\n")

    def call(*paths, **options):
        request = json.loads(observe.request_for([{"kind": "file", "path": path} for path in paths]))
        request["options"] = {"observe_max_seconds": 5, **options}
        answer = in_time.observe_in_time(
            json.dumps(request), lambda given: DeadMounts(str(tmp_path), privileged=True, options=given)
        )
        seen = [answer["observations"][str(number)] for number in range(len(paths))]
        asked = tmp_path / "asked"
        return [one.get("reason", one["state"]) for one in seen], asked.read_text().split() if asked.exists() else []

    return call


def test_path_that_hangs_is_named_and_costs_its_own_settings_alone(look, monkeypatch):
    monkeypatch.setattr(in_time, "GRACE", 0.1)

    seen, asked = look("/fine", "/dead/log", "/dead/log/below", "/dead/logs", "/none", "/gone", "/dead/log", "/fine")

    remedy = "; look for a mount that does not answer, or raise hipaa_cis_observe_max_seconds"
    late = "looking at %s was not done within 1 seconds" + remedy
    barred = "/dead/log did not answer" + remedy
    assert seen == [
        "value",
        late % "/dead/log",
        barred,
        late % "/dead/logs",
        "absent",
        late % "/gone",
        barred,
        "value",
    ]
    assert asked == ["/dead/log", "/dead/logs", "/gone"]


def test_no_more_than_a_few_may_hang(look, monkeypatch):
    monkeypatch.setattr(in_time, "GRACE", 0.1)
    monkeypatch.setattr(in_time, "MAX_HUNG", 1)

    seen, asked = look("/dead/a", "/dead/b", "/fine", observe_max_seconds=3)

    assert asked == ["/dead/a", "/dead/b"]
    assert "looking at /dead/b was not done within 0.6 seconds" in seen[1]
    assert "it was not looked at, for reading file was not done within 0.6 seconds" in seen[2]
