"""Where base trees come from, and that they are built once. No host is booted here."""

from __future__ import annotations

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.hosts import base, mirror, requirements
from tests.hosts.mirror import Source

DEB822 = """\
Types: deb deb-src
# a comment
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main
  contrib

Types: deb
URIs: http://mirror.test/debian-security/
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://other.test/debian
Suites: sid
Components: main
"""


def test_one_line_format() -> None:
    text = "# deb http://a.test/debian sid main\n"
    text += "deb [arch=amd64 signed-by=/k] http://b.test/debian bookworm main contrib\n"
    assert list(mirror.parse_one_line(text)) == [Source("http://b.test/debian", "bookworm", ("main", "contrib"))]


def test_deb822_format() -> None:
    found = list(mirror.parse_deb822(DEB822))
    assert found[0] == Source("http://mirror.test/debian", "bookworm", ("main", "contrib"))
    assert [source.suite for source in found] == ["bookworm", "bookworm-updates", "bookworm-security"]


def test_sources_of_a_host_use_the_mirrors_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d/debian.sources").write_text(DEB822)
    (tmp_path / "sources.list").write_text("deb http://vendor.test/apt tool main\n")
    assert mirror.sources_list("trixie", mirror.apt_sources(tmp_path)).splitlines() == [
        "deb http://mirror.test/debian trixie main",
        "deb http://mirror.test/debian trixie-updates main",
        "deb http://mirror.test/debian-security trixie-security main",
    ]


def test_without_a_debian_source_the_public_mirror_is_used() -> None:
    assert mirror.main_mirror([Source("http://archive.test/ubuntu", "jammy", ("main",))]) == mirror.FALLBACK


def test_proxies_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert not mirror.proxy_settings()
    monkeypatch.setenv("http_proxy", "http://proxy.test:3128")
    assert mirror.proxy_settings() == 'Acquire::http::Proxy "http://proxy.test:3128";\n'


def test_unknown_bases_are_refused() -> None:
    with pytest.raises(ValueError, match="no base woody/stock"):
        base.Base("woody")


def test_the_package_list_decides_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    before = base.Base().path
    assert base.Base(variant="server").path != before
    monkeypatch.setitem(base.VARIANTS, "stock", (*base.STOCK, "hello"))
    assert base.Base().path != before


def test_parallel_callers_build_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HIPAA_CIS_TEST_CACHE", str(tmp_path))
    built = []

    def debootstrap(suite: str, _packages: object, target: Path, _archive: str) -> None:
        built.append(suite)
        time.sleep(0.1)
        target.mkdir()

    monkeypatch.setattr(base, "debootstrap", debootstrap)
    monkeypatch.setattr(base, "finish", lambda tree, _sources: (tree / "finished").touch())
    with ThreadPoolExecutor(4) as callers:
        trees = list(callers.map(lambda _: base.Base().tree(), range(4)))
    assert built == ["bookworm"]
    assert (trees[0] / "finished").exists()


def test_a_failed_build_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HIPAA_CIS_TEST_CACHE", str(tmp_path))

    def fail(_suite: str, _packages: object, target: Path, _archive: str) -> None:
        target.mkdir()
        raise base.BaseError("mirror is gone")

    monkeypatch.setattr(base, "debootstrap", fail)
    for _rest in range(2):
        with pytest.raises(base.BaseError):
            base.Base().tree()
    assert not base.Base().path.exists()


def test_missing_programs_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    requirements._missing.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda program, **_: None if program == "nft" else f"/usr/sbin/{program}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    try:
        assert requirements.missing_requirements() == ["root", "nft (package nftables)"]
    finally:
        requirements._missing.cache_clear()
