"""The host as readers see it: what is not there, what may not be looked at, and what would never end."""

from __future__ import annotations

import errno
import os
import threading

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux import host as host_file
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

# What a reader does with a path, and the call of the system that it comes down to.
LOOKS = {
    "stat": (lambda host: host.stat("/etc/x"), "stat"),
    "lstat": (lambda host: host.stat("/etc/x", follow=False), "lstat"),
    "exists": (lambda host: host.exists("/etc/x"), "stat"),
    "read_text": (lambda host: host.read_text("/etc/x"), "open"),
    "read_link": (lambda host: host.read_link("/etc/x"), "readlink"),
    "list_directory": (lambda host: host.list_directory("/etc/x"), "listdir"),
    "glob": (lambda host: host.glob("/etc/*.conf"), "listdir"),
}


def refusing(number):
    def refuse(*_given, **_more):
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_what_may_not_be_looked_at_is_not_taken_for_absent(monkeypatch, look, number):
    act, call = LOOKS[look]
    monkeypatch.setattr(host_file.os, call, refusing(number))

    with pytest.raises(ReadError, match="permission denied; run the audit with become") as caught:
        act(Host("/"))

    assert not isinstance(caught.value, NotFound)


@pytest.mark.parametrize("look", ["stat", "lstat", "read_text", "read_link", "list_directory"])
@pytest.mark.parametrize("number", [errno.ENOENT, errno.ENOTDIR])
def test_what_is_not_there_is_not_found(monkeypatch, look, number):
    act, call = LOOKS[look]
    monkeypatch.setattr(host_file.os, call, refusing(number))

    with pytest.raises(NotFound):
        act(Host("/"))


def test_another_fault_is_told_in_the_words_of_the_system(monkeypatch):
    monkeypatch.setattr(host_file.os, "open", refusing(errno.EIO))

    with pytest.raises(ReadError, match="/etc/x: Input/output error"):
        Host("/").read_text("/etc/x")


def test_pipe_in_place_of_a_file_does_not_hang_the_audit(tmp_path):
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    said = []

    def read():
        try:
            Host(str(tmp_path)).read_text("/pipe")
        except ReadError as problem:
            said.append(str(problem))

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    reading.join(10)
    if reading.is_alive():  # let it go, or the run of the tests hangs as well
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))

    assert said == ["/pipe is not a regular file"]


@pytest.mark.parametrize("size", [8, 9])
def test_file_beyond_the_bound_is_not_read_in_part(tmp_path, size):
    (tmp_path / "x").write_bytes(b"x" * size)
    host = Host(str(tmp_path), max_file_bytes=8)

    if size == 8:
        assert host.read_text("/x") == "x" * 8
    else:
        with pytest.raises(ReadError, match="/x is larger than 8 bytes and was not read"):
            host.read_text("/x")


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (CommandResult(problem="not installed", missing=True), NotFound),
        (CommandResult(problem="printed more than 8 bytes"), ReadError),
        (CommandResult(3, "", "broken"), ReadError),
    ],
    ids=["missing", "problem", "exit-code"],
)
def test_command_without_a_result_is_no_answer(result, kind):
    with pytest.raises(ReadError) as caught:
        Host("/", lambda _argv, _timeout: result).run(["x"])

    # The very class: one is told from the other that it is derived from.
    assert caught.type is kind
