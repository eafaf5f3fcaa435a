"""Make a release of what is committed: ``make release`` (docs/releasing.md).

Written to ``build/release/VERSION``, and only when all checks have passed: the archive of the collection, the site of its
documentation, and the checksums of both. The checkout itself is not changed. The same commit gives the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from tests.tools.release import archive as archives
from tests.tools.release import checkout as checkouts
from tests.tools.release import docsite, environments, importer, lines
from tests.tools.release.checkout import Checkout, Refused

ROOT = Path(__file__).resolve().parents[3]
PARTS = ("importer", "site", "lines")
# An address that everyone may see: no user, no query.
ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~/-]*)?")
# Galaxy takes no archive without an address. Where none is known, the other checks are made of a twin that has this one.
NO_ADDRESS = "https://hipaa-cis.invalid/"


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make release", description="Makes the release of the version in galaxy.yml.")
    parser.add_argument(
        "--trial",
        action="store_true",
        help="of the files as they are, with the Pythons that are here; to build/release/trial",
    )
    parser.add_argument(
        "--without", choices=PARTS, action="append", default=[], help="with --trial: leave a part out; may be repeated"
    )
    parser.add_argument(
        "--repository", default="", help="where the collection is published (https://...), unless galaxy.yml says it"
    )
    options = parser.parse_args(arguments)
    if options.without and not options.trial:
        parser.error("a release is whole; --without needs --trial")
    if options.repository and not ADDRESS.fullmatch(options.repository):
        parser.error("--repository wants an address that begins with https:// and has neither a user nor a query")
    return options


def make(options: argparse.Namespace, root: Path) -> Path:
    """Make the release and return its folder; raises Refused where there is none."""
    checkout = checkouts.look_at(root, trial=options.trial)
    found = {} if "lines" in options.without else lines.interpreters()
    if "lines" not in options.without and lines.missing(found):
        if not options.trial:
            raise Refused(
                f"not on this machine: {'; '.join(lines.missing(found))}. Install what is missing (pyenv install 3.10, for example)"
            )
        print(f"Left out, not on this machine: {'; '.join(lines.missing(found))}")
    programs = environments.tools(root) if {"importer", "site"} - set(options.without) else None
    output = root / "build/release" / ("trial" if options.trial else checkout.version)
    with tempfile.TemporaryDirectory(prefix="hipaa-cis-release-") as folder:
        place = Path(folder)
        made = _archive(checkout, place, options.repository)
        with ThreadPoolExecutor(max_workers=2) as pool:
            parts = [pool.submit(_try_line, made, line, python, place) for line, python in found.items()]
            if programs and "importer" not in options.without:
                parts.insert(0, pool.submit(_import, made, place, programs))
            if programs and "site" not in options.without:
                parts.append(pool.submit(_site, checkout, made, place, programs))
            _wait(parts)
        _checksums(made.parent)
        _publish(made.parent, output)
    return output


def _wait(parts: Sequence[Future[None]]) -> None:
    """Wait for all parts, and raise Refused with what each of those that failed has to say."""
    faults = []
    for part in parts:
        try:
            part.result()
        except Refused as refused:
            faults.append(str(refused))
    if faults:
        raise Refused("\n".join(faults))


def _archive(checkout: Checkout, place: Path, repository: str) -> Path:
    """Build the archive from a copy of what is tracked, with its changelog; check what is in it."""
    copy, output, twin = place / "copy", place / "release", place / "twin"
    for folder in (copy, output, twin):
        folder.mkdir()
    checkouts.copy(checkout, copy)
    if checkouts.make_changelog(checkout, copy):
        print(
            f"The changelog of {checkout.version} is made from the fragments for the archive only: `make changelog` writes it here, to be committed"
        )
    made = archives.build(copy, output, checkout.epoch, repository)
    files = archives.check(made, checkout)
    print(f"{made.name}: {files} files, {made.stat().st_size} bytes")
    return made


def _import(made: Path, place: Path, programs: Path) -> None:
    archive = made
    if not archives.manifest(made)["collection_info"]["repository"]:
        print(
            "It names no repository, without which Galaxy takes no archive: REPOSITORY=https://... names it; sites that install the file need none"
        )
        archive = archives.build(place / "copy", place / "twin", 0, NO_ADDRESS)
    importer.check(archive, programs, place / "importer")
    print(
        "galaxy-importer: nothing to complain of (its ansible-test needs a container engine; `make sanity` runs the same)"
    )


def _try_line(made: Path, line: str, python: str, place: Path) -> None:
    print(f"Python {python}: {lines.try_line(made, line, python, place / line)}")


def _site(checkout: Checkout, made: Path, place: Path, programs: Path) -> None:
    installed = place / "installed"
    galaxy = [
        str(programs / "ansible-galaxy"),
        "collection",
        "install",
        "--offline",
        "--collections-path",
        str(installed),
        str(made),
    ]
    environments.run(galaxy, "the archive is not installed", folder=place, extra={"HOME": str(place)})
    site = docsite.build(checkout, place / "copy", installed, programs, place / "site")
    name = f"hipaa-cis-{checkout.version}-docs"
    docsite.pack(site, name, made.with_name(f"{name}.tar.gz"), checkout.epoch)
    print(f"{name}.tar.gz: {sum(1 for page in site.rglob('*.html'))} pages, without warnings")


def _checksums(folder: Path) -> None:
    """Write SHA256SUMS, as ``sha256sum --check`` reads it."""
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.glob("*.tar.gz"))
    ]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


def _publish(made: Path, output: Path) -> None:
    """Put a finished folder in the place of an earlier one."""
    beside = output.with_name(f".{output.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(made, beside)
    shutil.rmtree(output, ignore_errors=True)
    beside.replace(output)


def main(arguments: Sequence[str]) -> int:
    """Make a release; 1 with the reason where there is none."""
    started = time.monotonic()
    try:
        output = make(options_of(arguments), ROOT)
    except Refused as refused:
        print(f"No release: {refused}", file=sys.stderr)
        return 1
    print(
        f"{output.relative_to(ROOT)}: {', '.join(path.name for path in sorted(output.iterdir()))} ({time.monotonic() - started:.0f} s)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
