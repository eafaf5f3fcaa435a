"""A run as one archive: the same bytes for the same run, and nothing but a run comes out of one."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import tarfile
import time

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import archive
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError


def packed(folder, name="run"):
    with archive.packed(folder, archive.digests(folder), name) as stream:
        return stream.read()


def test_same_run_gives_the_same_bytes_whenever_it_is_packed(finished):
    first = packed(finished.folder)
    for path in finished.folder.rglob("*"):
        os.utime(path, (time.time() + 500, 5))
    assert packed(finished.folder) == first


def test_digest_is_that_of_what_sha256sum_prints(finished):
    names = sorted(str(path.relative_to(finished.folder)) for path in finished.folder.rglob("*") if path.is_file())
    printed = subprocess.run(["sha256sum", "--", *names], cwd=finished.folder, capture_output=True, check=True).stdout
    assert archive.content_digest(archive.digests(finished.folder)) == hashlib.sha256(printed).hexdigest()


def test_tar_itself_unpacks_what_the_run_holds(finished, tmp_path):
    subprocess.run(["tar", "-xzf", "-", "-C", str(tmp_path)], input=packed(finished.folder, "theirs"), check=True)
    assert archive.digests(tmp_path / "theirs") == archive.digests(finished.folder)


def test_run_comes_out_as_it_went_in_and_private(finished, tmp_path):
    into = tmp_path / "into"
    into.mkdir()
    for _twice in range(2):
        folder = archive.unpack(io.BytesIO(packed(finished.folder)), into, "x")
    assert archive.digests(folder) == archive.digests(finished.folder)
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_dir()} == {0o700}
    assert os.listdir(into) == ["run"]


def made(*members):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, kind in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.size = kind, "/etc/passwd", 0
            tar.addfile(member)
    return content.getvalue()


FILE, LINK, HARD, DEVICE = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(made(("run/../../x", FILE)), id="up"),
        pytest.param(made(("/run/x", FILE)), id="absolute"),
        pytest.param(made(("run/x", LINK)), id="symbolic-link"),
        pytest.param(made(("run/x", HARD)), id="hard-link"),
        pytest.param(made(("run/x", DEVICE)), id="device"),
        pytest.param(made(("run/.ssh", FILE)), id="hidden"),
        pytest.param(made(("x", FILE)), id="no-folder"),
        pytest.param(made(("run/x", FILE), ("other/x", FILE)), id="two-runs"),
        pytest.param(made(("run/x", FILE), ("run/x", FILE)), id="twice"),
        pytest.param(made(), id="nothing"),
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>Sign in to the proxy</html>", id="page-of-a-proxy"),
        pytest.param(made(("run/x", FILE))[:40], id="cut-off"),
    ],
)
def test_what_no_run_holds_is_refused_and_leaves_nothing(content, tmp_path):
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(HipaaCisError, match="s3://b/k is no archive of a run"):
        archive.unpack(io.BytesIO(content), into, "s3://b/k")
    assert os.listdir(into) == []
    assert os.listdir(tmp_path) == ["into"]


def test_archive_that_swells_is_refused(monkeypatch, finished, tmp_path):
    monkeypatch.setattr(archive, "MAX_BYTES", 1000)
    with pytest.raises(HipaaCisError, match="more than"):
        archive.unpack(io.BytesIO(packed(finished.folder)), tmp_path, "x")
