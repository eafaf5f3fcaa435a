"""A PostgreSQL server of the tests' own, on a socket only: fixtures for who imports them."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import LEFT_OUT

PLACES = ("/usr/local/bin", *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True))


def program(name: str) -> str:
    return shutil.which(name, path=os.pathsep.join([*PLACES, os.environ["PATH"]])) or ""


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Start a server that nobody else reaches, and return its address without a database."""
    if not program("postgres") or not program("initdb"):
        # Where all is required the suite fails for it.
        pytest.skip(f"{LEFT_OUT}PostgreSQL is not installed (Debian: apt-get install postgresql)")
    place = Path(tempfile.mkdtemp(prefix="hipaa-cis-pg-"))
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        # The server refuses to run as root.
        nobody = pwd.getpwnam("nobody")
        os.chown(place, nobody.pw_uid, nobody.pw_gid)
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    keep: dict[str, Any] = {
        "cwd": place,
        "stdout": subprocess.DEVNULL,
        "env": {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(place)},
        **user,
    }
    passwords = place / "password"
    passwords.write_text("p@ss/w:rd")
    passwords.chmod(0o644)
    subprocess.run(
        [program("initdb"), "-D", "data", "-U", "cis", "--auth=scram-sha-256", f"--pwfile={passwords}", "-E", "UTF8", "--no-sync"],
        check=True, **keep,
    )  # fmt: skip
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={place}", "-c", "fsync=off"]
    process = subprocess.Popen([program("postgres"), "-D", "data", *options], stderr=subprocess.DEVNULL, **keep)
    try:
        yield f"postgresql://cis:p%40ss%2Fw%3Ard@/{{}}?host={place}"
    finally:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(place)


@pytest.fixture
def postgresql(server: str, request: pytest.FixtureRequest) -> str:
    """Return the address of an empty schema, which is quicker to make than a database."""
    import psycopg

    name = f"ledger_{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]}"
    for _attempt in range(100):
        try:
            with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
                connection.execute(f"CREATE SCHEMA {name}")
            break
        except psycopg.OperationalError:
            time.sleep(0.1)
    return server.format("postgres") + f"&options=-csearch_path%3D{name}"
