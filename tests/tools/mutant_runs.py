"""Runs the tests that cover a fault against it: the part of `mutants` that lives within pytest.

All tests run once, to see which covers which line and how long it takes. Then every fault has a child of this very
process, in which the code of the faulty function takes the place of the good one: nothing is imported or collected again.
What only happens when a file is imported (a table, a default) is put to a pytest of its own, with the tests of that file.
"""

from __future__ import annotations

import collections
import functools
import gc
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import types
from pathlib import Path
from typing import Any

import coverage
import pytest

from tests.tools.mutations import Mutation

# Seconds are those of the processor, for the machine may be shared. Of the tests that cover a fault the quickest are
# run, as far as these go: what comes behind hundreds of others only covers it in passing.
MOST_SECONDS = 6.0
LEAST_SECONDS = 5.0
SLOWER = 4
AT_MOST_BUSY = 15


class Runs:
    """The plugin of pytest that takes its loop over. ``results``: (mutation, outcome, tests) in order."""

    def __init__(self, root: Path, drawn: list[Mutation], watched: list[str], memory: Path | None) -> None:
        self._root = root
        self._drawn = drawn
        self._watched = watched
        self._memory = memory
        self._covered: dict[str, dict[str, Any]] = {}
        self._seconds: dict[str, float] = {}
        self._by_line: dict[str, dict[int, list[str]]] = {}
        self._functions: dict[tuple[str, tuple[str, int]], list[types.FunctionType]] = collections.defaultdict(list)
        self._caches: list[Any] = []
        self._items: dict[str, pytest.Item] = {}
        self._written = 0
        self._failed = root / "tmp-failed"
        self._scratch = root / "tmp-child"
        self._sound: set[str] = set()
        self.results: list[tuple[Mutation, str, int]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """See what covers what, then play the faults."""
        started = time.monotonic()
        self._cover(session)
        self._by_line = {path: collections.defaultdict(list) for path in self._watched}
        for test, found in self._covered.items():
            self._seconds[test] = found["seconds"]
            for path, lines in found["lines"].items():
                for line in lines:
                    self._by_line[path][line].append(test)
        print(f"\n{len(self._seconds)} tests, {time.monotonic() - started:.0f} s", flush=True)
        self._items = {item.nodeid: item for item in session.items if item.nodeid in self._seconds}
        self._look_around()
        for number, mutation in enumerate(self._drawn, 1):
            outcome, tests = self._play(session, mutation)
            self.results.append((mutation, outcome, tests))
            if not number % 20:
                print(f"{number} of {len(self._drawn)}, {time.monotonic() - started:.0f} s", flush=True)
            if outcome != "killed":
                print(
                    f"{number}: {outcome} {mutation.path}:{mutation.line} {mutation.kind} {mutation.new[:80]}",
                    flush=True,
                )
        print(f"{time.monotonic() - started:.0f} s", flush=True)
        return True

    def _cover(self, session: pytest.Session) -> None:
        """Run the tests of which it is not known yet what they cover, and note it."""
        known = self._known()
        sources = {item.nodeid: _digest(item.path) for item in session.items}
        self._covered = {
            test: known[test] for test, source in sources.items() if known.get(test, {}).get("source") == source
        }
        items = [item for item in session.items if item.nodeid not in self._covered]
        watch = coverage.Coverage(data_file=None, include=[str(self._root / path) for path in self._watched])
        watch.start()
        for item, following in zip(items, [*items[1:], None], strict=False):
            watch.switch_context(item.nodeid)
            failed, started = session.testsfailed, time.process_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed > failed:
                print(f"left out, for it fails without any fault: {item.nodeid}", flush=True)
                continue
            seconds = time.process_time() - started
            self._covered[item.nodeid] = {"source": sources[item.nodeid], "seconds": seconds, "lines": {}}
        watch.stop()
        data = watch.get_data()
        real = {os.path.realpath(name): name for name in data.measured_files()}
        for path in self._watched:
            name = real.get(str(self._root / path))
            for line, tests in data.contexts_by_lineno(name).items() if name else ():
                for test in tests:
                    if test in self._covered:
                        self._covered[test]["lines"].setdefault(path, []).append(line)
        self._remember()

    def _known(self) -> dict[str, Any]:
        """Return what earlier runs found of the very same files."""
        if self._memory is None or not self._memory.exists():
            return {}
        told = json.loads(self._memory.read_text())
        return dict(told["tests"]) if told["files"] == self._digests() else {}

    def _remember(self) -> None:
        if self._memory is not None:
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            self._memory.write_text(json.dumps({"files": self._digests(), "tests": self._covered}))

    def _digests(self) -> dict[str, str]:
        return {path: _digest(self._root / path) for path in self._watched}

    def _look_around(self) -> None:
        """Note the functions that may be exchanged, and the caches that a child must not inherit."""
        paths = {str(self._root / mutation.path): mutation.path for mutation in self._drawn}
        for thing in gc.get_objects():
            if isinstance(thing, functools._lru_cache_wrapper):
                self._caches.append(thing)
            if isinstance(thing, types.FunctionType):
                code = thing.__code__
                path = paths.get(os.path.realpath(code.co_filename))
                if path:
                    self._functions[path, (code.co_name, code.co_firstlineno)].append(thing)
        gc.collect()
        gc.freeze()

    def _play(self, session: pytest.Session, mutation: Mutation) -> tuple[str, int]:
        lines = self._by_line[mutation.path]
        inside = mutation.function is not None and mutation.line != mutation.function[1]
        if inside:
            rows = range(mutation.line, mutation.line + mutation.old.count("\n") + 1)
            tests = list(dict.fromkeys(test for row in rows for test in lines.get(row, [])))
        else:
            # What is done by an import is seen by tests that run no line of the file: all of a file of tests are taken.
            places = {_file_of(test) for found in lines.values() for test in found}
            tests = [test for test in self._seconds if _file_of(test) in places]
        tests = self._affordable(tests)
        if not tests:
            return "not covered", 0
        place = self._root / mutation.path
        source = place.read_bytes()
        self._write(place, mutation.apply(source))
        try:
            if inside and self._exchangeable(mutation):
                return self._seen_by_sound_test(session, mutation, tests), len(tests)
            return self._fresh(tests), len(tests)
        finally:
            self._write(place, source)

    def _affordable(self, tests: list[str]) -> list[str]:
        """Return tests, the quickest first, as far as the time for one fault goes."""
        found: list[str] = []
        seconds = 0.0
        for test in sorted(tests, key=lambda test: self._seconds[test]):
            seconds += self._seconds[test]
            if seconds > MOST_SECONDS and found:
                break
            found.append(test)
        return found

    def _seen_by_sound_test(self, session: pytest.Session, mutation: Mutation, tests: list[str]) -> str:
        """Play a fault in a child. What fails there has to pass in a child without a fault, or it says nothing."""
        while True:
            outcome = self._child(session, mutation, tests)
            failed = self._failed.read_text() if self._failed.exists() else ""
            if outcome == "survived" or not failed or failed in self._sound:
                return outcome
            if self._child(session, None, [failed]) == "survived":
                self._sound.add(failed)
                return outcome
            print(f"left out, for it fails in a child without any fault: {failed}", flush=True)
            tests = [test for test in tests if test != failed]

    def _write(self, place: Path, text: bytes) -> None:
        """Write a file so that no compiled one of an earlier fault passes for it: each has a second of its own."""
        place.write_bytes(text)
        self._written += 1
        os.utime(place, (10**9 + self._written,) * 2)

    def _exchangeable(self, mutation: Mutation) -> bool:
        assert mutation.function is not None
        return bool(self._functions[mutation.path, mutation.function])

    def _exchange(self, mutation: Mutation) -> None:
        assert mutation.function is not None
        place = str(self._root / mutation.path)
        with open(place, "rb") as stream:
            code = _find(compile(stream.read(), place, "exec", dont_inherit=True), *mutation.function)
        for function in self._functions[mutation.path, mutation.function]:
            function.__code__ = code

    def _child(self, session: pytest.Session, mutation: Mutation | None, tests: list[str]) -> str:
        seconds = LEAST_SECONDS + SLOWER * sum(self._seconds[test] for test in tests)
        # One that counts on and on has used them up soon; one that waits for what never comes uses none.
        deadline = time.monotonic() + AT_MOST_BUSY * seconds
        self._failed.unlink(missing_ok=True)
        child = os.fork()
        if not child:
            os.setpgid(0, 0)
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
            self._in_child(session, mutation, tests)
        try:
            return self._wait(child, deadline)
        finally:
            shutil.rmtree(self._scratch, ignore_errors=True)

    @staticmethod
    def _wait(child: int, deadline: float) -> str:
        while time.monotonic() < deadline:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                _end_group(child)
                return "survived" if status == 0 else "killed"
            time.sleep(0.01)
        _end_group(child)
        os.waitpid(child, 0)
        return "killed"

    def _in_child(self, session: pytest.Session, mutation: Mutation | None, tests: list[str]) -> None:
        try:
            silent = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(silent, stream)
            # What its tests write is removed with it, for they are thousands.
            os.mkdir(self._scratch)
            session.config._tmp_path_factory._basetemp = self._scratch  # type: ignore[attr-defined]
            for cache in self._caches:
                cache.cache_clear()
            if mutation is not None:
                self._exchange(mutation)
            items = [self._items[test] for test in tests]
            failed = session.testsfailed
            for item, following in zip(items, [*items[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.testsfailed > failed:
                    self._failed.write_text(item.nodeid)
                    os._exit(1)
            os._exit(0)
        finally:
            # Whatever went wrong here came from the fault.
            os._exit(2)

    def _fresh(self, tests: list[str]) -> str:
        chosen = self._root / "tmp-chosen.json"
        chosen.write_text(json.dumps(tests))
        files = sorted({_file_of(test) for test in tests})
        argv = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "tests.tools.mutant_runs"]
        argv.append(f"--basetemp={self._root / 'tmp-fresh'}")
        with subprocess.Popen(
            [*argv, *files],
            cwd=self._root,
            env={**os.environ, "HIPAA_CIS_CHOSEN": str(chosen)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            try:
                status = process.wait(
                    AT_MOST_BUSY * (LEAST_SECONDS + SLOWER * sum(self._seconds[test] for test in tests))
                )
            except subprocess.TimeoutExpired:
                status = 1
            _end_group(process.pid)
        return "survived" if status == 0 else "killed"


def _file_of(test: str) -> str:
    return test.partition("::")[0]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _end_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _find(code: types.CodeType, name: str, line: int) -> types.CodeType:
    """Return the code of a function of a module or of a class in it."""
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            if (constant.co_name, constant.co_firstlineno) == (name, line):
                return constant
            try:
                return _find(constant, name, line)
            except LookupError:
                continue
    raise LookupError(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the chosen tests only, in their order; for a pytest of its own."""
    chosen = os.environ.get("HIPAA_CIS_CHOSEN")
    if chosen:
        order = {test: number for number, test in enumerate(json.loads(Path(chosen).read_text()))}
        items[:] = sorted((item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid])
