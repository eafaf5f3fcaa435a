"""Answers in the place of programs and commands that Wine has not, keeps each call, and refuses what would write."""

from __future__ import annotations

import base64
import json
import socketserver
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, cast, final

from tests import windows_exports

REFUSED = 5  # Windows' number for who is not let in
MEMBER_SERVER = 3
# Words of programs, and the beginnings of commands, that change a machine.
WRITING_WORDS = frozenset(
    ("/configure", "/import", "/set", "/restore", "/clear", "/remove", "/generaterollback", "/create", "/delete", "/change")
)  # fmt: skip
READING_VERBS = ("Get-", "Confirm-")
# Of Win32_EncryptableVolume.
READING_METHODS = frozenset(("GetProtectionStatus", "GetKeyProtectors", "GetKeyProtectorType"))
# No member server has more of these than secedit and auditpol are asked for here.
SECURITY = windows_exports.security()
AUDIT = ("\ufeff" + windows_exports.audit_text({windows_exports.LOGON: "3"})).encode("utf-16-le")


class Call(NamedTuple):
    """What a program or command was called with."""

    name: str
    arguments: tuple[str, ...]

    @property
    def writes(self) -> bool:
        """Whether it would change the machine, if it were one."""
        if self.name == "Invoke-CimMethod":
            return not READING_METHODS & {*self.arguments}
        if "-" in self.name:
            return not self.name.startswith(READING_VERBS)
        return any(argument.lower().partition(":")[0] in WRITING_WORDS for argument in self.arguments)


Answer = Callable[[Call], Mapping[str, Any]]


def program(data: bytes = b"", said: str = "", rc: int = 0) -> Mapping[str, Any]:
    """Return the answer of a program: its output, what it says of errors, and its exit status."""
    return {"stdout": base64.b64encode(data).decode(), "stderr": base64.b64encode(said.encode()).decode(), "rc": rc}


def objects(*found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the answer of a command."""
    return {"objects": list(found)}


@final
class Replay:
    """A server for one machine. ``drive``: its C:. Use it as a context manager.

    ``answers``: by the name of a program or command, what a test has put in place of the usual answer.
    """

    def __init__(self, address: str, drive: Path, role: int = MEMBER_SERVER) -> None:
        self.drive = drive
        self.role = role
        self.calls: list[Call] = []
        self.answers: dict[str, Answer] = {}
        self._server = _Server((address, 0), _Handler)
        self._server.replay = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    @property
    def address(self) -> str:
        """Where it listens, as REPLAY_SERVER names it."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def __enter__(self) -> Replay:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reset(self, role: int = MEMBER_SERVER) -> None:
        """Forget what was called and what a test has put in, and have a role (0 to 5, as of Win32_ComputerSystem)."""
        self.calls.clear()
        self.answers.clear()
        self.role = role

    def answer(self, call: Call) -> Mapping[str, Any]:
        """Return the answer to a call, and keep the call."""
        self.calls.append(call)
        if call.writes:
            return _refused(call, "it would change the machine")
        if call.name in self.answers:
            return self.answers[call.name](call)
        usual = {"Get-CimInstance": self._cim, "secedit": self._secedit, "auditpol": self._auditpol}.get(call.name)
        return usual(call) if usual else _refused(call, "nothing answers for it")

    def file(self, windows_path: str) -> Path:
        """Return where a file of the machine lies, whatever the case of its folders' names."""
        drive, _colon, rest = windows_path.partition(":")
        assert drive.lower() == "c", windows_path
        found = self.drive
        for name in rest.strip("\\").split("\\"):
            known = (path for path in found.iterdir() if path.name.lower() == name.lower()) if found.is_dir() else ()
            found = next(iter(known), found / name)
        return found

    def _cim(self, call: Call) -> Mapping[str, Any]:
        if "Win32_ComputerSystem" in call.arguments:
            return objects({"DomainRole": self.role, "PartOfDomain": self.role not in (0, 2)})
        return _refused(call, "Invalid class")

    def _secedit(self, call: Call) -> Mapping[str, Any]:
        words = [argument.lower() for argument in call.arguments]
        if words[:1] != ["/export"] or "/cfg" not in words:
            return _refused(call, "only an export is answered")
        self.file(call.arguments[words.index("/cfg") + 1]).write_bytes(SECURITY)
        return program()

    def _auditpol(self, call: Call) -> Mapping[str, Any]:
        given = [argument for argument in call.arguments if argument.lower().startswith("/file:")]
        if [argument.lower() for argument in call.arguments[:1]] != ["/backup"] or not given:
            return _refused(call, "only a backup is answered")
        self.file(given[0][len("/file:") :]).write_bytes(AUDIT)
        return program(b"The command was successfully executed.\r\n")


def after(seconds: float, answer: Mapping[str, Any]) -> Answer:
    """Return an answer that takes its time."""

    def wait(_call: Call) -> Mapping[str, Any]:
        time.sleep(seconds)
        return answer

    return wait


def _refused(call: Call, why: str) -> Mapping[str, Any]:
    if "-" in call.name:
        return {"error": f"{call.name}: {why}", "id": "Refused"}
    return program(said=f"{call.name}: {why}\r\n", rc=REFUSED)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    # One that sleeps for a test is not waited for.
    block_on_close = False
    replay: Replay


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        line = self.rfile.readline()
        if not line:
            return
        question: Mapping[str, Any] = json.loads(line)
        arguments: Sequence[str] = question["arguments"] or ()
        if isinstance(arguments, str):  # PowerShell writes a list of one as its only element
            arguments = (arguments,)
        replay = cast("_Server", self.server).replay
        answer = replay.answer(Call(question.get("program") or question["command"], tuple(arguments)))
        try:
            self.wfile.write(json.dumps(answer).encode() + b"\n")
        except OSError:
            return  # who asked has not waited
