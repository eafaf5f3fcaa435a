"""Which Debian mirror to build from: the one that apt of the running machine is set up with."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

FALLBACK = "http://deb.debian.org/debian"
APT = Path("/etc/apt")

_ONE_LINE = re.compile(r"^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$")


@dataclass(frozen=True)
class Source:
    """One archive and one suite of it, as apt knows them."""

    uri: str
    suite: str
    components: tuple[str, ...]


def parse_one_line(text: str) -> Iterator[Source]:
    """The `deb URI SUITE COMPONENT...` format."""
    for line in text.splitlines():
        found = _ONE_LINE.match(line.partition("#")[0].strip())
        if found:
            yield Source(found[1], found[2], tuple(found[3].split()))


def parse_deb822(text: str) -> Iterator[Source]:
    """The stanza format of `.sources` files."""
    for stanza in re.split(r"\n\s*\n", text):
        fields = _fields(stanza)
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").strip().lower() == "no":
            continue
        components = tuple(fields.get("components", "").split())
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Source(uri, suite, components)


def _fields(stanza: str) -> dict[str, str]:
    """Field names in lower case to values; a line that starts with a space continues the one before."""
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace() and name:
            fields[name] += " " + line.strip()
        elif ":" in line:
            name, _rest, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def apt_sources(root: Path = APT) -> list[Source]:
    """Everything that apt reads, in its own order."""
    found: list[Source] = []
    files = [root / "sources.list", *sorted((root / "sources.list.d").glob("*"))]
    for path in files:
        if path.suffix == ".list" and path.is_file():
            found.extend(parse_one_line(path.read_text()))
        elif path.suffix == ".sources" and path.is_file():
            found.extend(parse_deb822(path.read_text()))
    return found


def main_mirror(sources: Iterable[Source]) -> str:
    """The archive that holds whole Debian suites (path .../debian), else the fallback."""
    for source in sources:
        uri = source.uri.rstrip("/")
        if (
            uri.startswith(("http://", "https://", "file:/"))
            and uri.endswith("/debian")
            and "main" in source.components
        ):
            return uri
    return FALLBACK


def security_mirror(sources: Iterable[Source]) -> str | None:
    """The archive of security updates, where apt has one."""
    for source in sources:
        if source.suite.endswith("-security") and "main" in source.components:
            return source.uri.rstrip("/")
    return None


def sources_list(suite: str, sources: Iterable[Source]) -> str:
    """`/etc/apt/sources.list` for a host of `suite`."""
    known = list(sources)
    archive, security = main_mirror(known), security_mirror(known)
    lines = [f"deb {archive} {suite} main", f"deb {archive} {suite}-updates main"]
    if security:
        lines.append(f"deb {security} {suite}-security main")
    return "\n".join(lines) + "\n"


def proxy_settings() -> str:
    """apt configuration for the proxies that the environment names; empty where it names none."""
    lines = []
    for scheme in ("http", "https"):
        proxy = os.environ.get(f"{scheme}_proxy") or os.environ.get(f"{scheme.upper()}_PROXY")
        if proxy:
            lines.append(f'Acquire::{scheme}::Proxy "{proxy}";\n')
    return "".join(lines)
