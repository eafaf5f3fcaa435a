"""The site of the documentation: the reference of plugins and roles, and the guides, in one folder that needs no network."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
from functools import partial
from pathlib import Path

from tests.tools.release import archive as archives
from tests.tools.release import environments
from tests.tools.release.checkout import Checkout

SOURCES = Path(__file__).with_name("site")
# A link of Markdown: its target, without a place in it.
LINK = re.compile(r"(?<=\]\()([^)\s#]+)(?=(?:#[^)\s]*)?\))")


def build(checkout: Checkout, copy: Path, installed: Path, programs: Path, place: Path) -> Path:
    """Build the site in ``place`` and return its folder; raises Refused for any warning.

    ``copy``: the copy of the checkout, with its guides; ``installed``: the folder of collections with the archive in it.
    """
    pages = place / "rst"
    pages.mkdir(parents=True, mode=0o755)
    extra = {
        "ANSIBLE_COLLECTIONS_PATH": str(installed),
        "HOME": str(place),
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "SOURCE_DATE_EPOCH": str(checkout.epoch),
    }
    init = [
        str(programs / "antsibull-docs"),
        "sphinx-init",
        "--dest-dir",
        str(place),
        "--use-current",
        "--squash-hierarchy",
        "--fail-on-error",
    ]
    init += [
        "--sphinx-theme",
        "furo",
        "--project",
        "hipaa.cis",
        "--copyright",
        "The hipaa.cis authors",
        "--title",
        f"hipaa.cis {checkout.version}",
    ]
    init += ["--index-rst-source", str(SOURCES / "index.rst"), "hipaa.cis"]
    environments.run(init, "no site is begun", folder=place, extra=extra)
    with (place / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write((SOURCES / "conf.py").read_text(encoding="utf-8"))
    shutil.copy2(SOURCES / "ansible.rst", pages)
    _copy_guides(copy, pages)
    collection = [
        str(programs / "antsibull-docs"),
        "--config-file",
        str(place / "antsibull-docs.cfg"),
        "collection",
        "--use-current",
    ]
    collection += [
        "--squash-hierarchy",
        "--fail-on-error",
        "--cleanup",
        "everything",
        "--dest-dir",
        str(pages / "collection"),
        "hipaa.cis",
    ]
    (pages / "collection").mkdir(mode=0o755)
    environments.run(collection, "no reference of plugins and roles is written", folder=place, extra=extra)
    sphinx = [str(programs / "sphinx-build"), "-q", "-W", "--keep-going", "-j", "2", "-b", "html", "-c", str(place)]
    environments.run([*sphinx, str(pages), str(place / "html")], "the site has faults", folder=place, extra=extra)
    for left in (".buildinfo", ".doctrees", "objects.inv"):
        path = place / "html" / left
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return place / "html"


def _copy_guides(copy: Path, pages: Path) -> None:
    """Copy what the checkout has, so that links from guides to files lead there; Sphinx takes from it what guides lead to."""
    shutil.copytree(copy, pages, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git", "fragments"), symlinks=True)
    for guide in [*pages.glob("*.md"), *pages.glob("docs/**/*.md")]:
        text = guide.read_text(encoding="utf-8")
        led = LINK.sub(partial(_page_of_folder, guide), text)
        guide.write_text(led, encoding="utf-8")


def _page_of_folder(guide: Path, link: re.Match[str]) -> str:
    """Return where a link leads: to the page that lists the folder's files, where it leads to a folder."""
    target = link[1]
    folder = guide.parent / target
    if "://" in target or not folder.is_dir():
        return target
    page = folder / "index.md"
    if not page.exists():
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        page.write_text(f"# {folder.name}\n\n" + "".join(f"- [{name}]({name})\n" for name in names), encoding="utf-8")
    return os.path.relpath(page, guide.parent)


def pack(site: Path, name: str, archive: Path, epoch: int) -> None:
    """Pack a site as one folder of this name."""
    members = []
    for path in sorted(site.rglob("*")):
        member = tarfile.TarInfo(f"{name}/{path.relative_to(site).as_posix()}")
        if path.is_dir():
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            members.append((member, b""))
        else:
            member.mode = 0o644
            members.append((member, path.read_bytes()))
    archives.write(archive, members, epoch)
