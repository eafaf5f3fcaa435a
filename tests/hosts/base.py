"""Base trees: one debootstrap per suite and variant, kept in a cache and used as the lower layer of hosts."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.hosts import accounts, mirror, windows_tree
from tests.hosts.system import cache_directory, environment, locked, run

STOCK = (
    "systemd", "systemd-sysv", "dbus", "libpam-systemd", "openssh-server", "python3", "iproute2", "procps",
    "sudo", "kmod", "ifupdown", "ca-certificates", "auditd", "udev", "cron", "rsyslog", "nftables", "apparmor",
)  # fmt: skip
SERVER = (
    "linux-base", "linux-image-cloud-amd64", "chrony", "libpam-pwquality", "aide", "aide-common", "apparmor-utils",
    "apparmor-profiles", "grub-pc",
)  # fmt: skip
# Wine runs the Windows build of PowerShell: `windows_tree` adds that to it. Debian 12 has one that is too old.
WINE = ("wine", "wine64", "locales")
WINDOWS = "windows"
VARIANTS = {"stock": STOCK, "server": STOCK + SERVER, WINDOWS: STOCK + WINE}
SUITES = ("bookworm", "trixie")

# Raised whenever `finish` changes, so that trees made by an earlier recipe are not used.
RECIPE = 1


class BaseError(RuntimeError):
    """A base tree could not be built."""


@dataclass(frozen=True)
class Base:
    """A suite and a variant; `tree()` gives its directory and builds it when it is not there yet."""

    suite: str = "bookworm"
    variant: str = "stock"

    def __post_init__(self) -> None:
        if self.suite not in SUITES or self.variant not in VARIANTS:
            raise ValueError(f"no base {self.suite}/{self.variant}: suites {SUITES}, variants {tuple(VARIANTS)}")

    @property
    def packages(self) -> tuple[str, ...]:
        return VARIANTS[self.variant]

    @property
    def path(self) -> Path:
        made_of = f"{RECIPE}:{','.join(sorted(self.packages))}"
        if self.variant == WINDOWS:
            made_of += f":{windows_tree.fingerprint()}"
        digest = hashlib.sha256(made_of.encode()).hexdigest()[:12]
        return cache_directory() / "base" / f"{self.suite}-{digest}"

    def tree(self) -> Path:
        """The finished tree. Parallel callers wait for the one that builds."""
        if not self.path.is_dir():
            with locked(self.path.with_name(self.path.name + ".lock")):
                if not self.path.is_dir():
                    self._build()
        return self.path

    def _build(self) -> None:
        unfinished = self.path.with_name(f".{self.path.name}.unfinished")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        sources = mirror.apt_sources()
        debootstrap(self.suite, self.packages, unfinished, mirror.main_mirror(sources))
        finish(unfinished, mirror.sources_list(self.suite, sources))
        if self.variant == WINDOWS:
            windows_tree.put(unfinished)
        unfinished.rename(self.path)


def debootstrap(suite: str, packages: tuple[str, ...], target: Path, archive: str) -> None:
    """Fill `target`; its output goes to a log beside it, which the error names."""
    log = target.with_name(target.name.lstrip(".") + ".log")
    argv = ["debootstrap", "--variant=minbase", f"--include={','.join(packages)}", suite, str(target), archive]
    with log.open("w") as output:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=1800,
            env=environment(),
        )
    if done.returncode != 0:
        raise BaseError(f"{' '.join(argv)} ended with {done.returncode}; see {log}")


def finish(tree: Path, sources: str) -> None:
    """What every host of this base has in common: accounts, apt sources, no identity of its own."""
    accounts.create(tree)
    (tree / "etc/apt/sources.list").write_text(sources)
    (tree / "etc/machine-id").write_text("")
    (tree / "etc/hostname").write_text("base\n")
    (tree / "etc/resolv.conf").write_text("")
    for package in (tree / "var/cache/apt/archives").glob("*.deb"):
        package.unlink()
    # Written back before it is named, so that a crash cannot leave half a tree under the final name.
    run(["sync", "-f", str(tree)], timeout=300)
    os.chmod(tree, 0o755)
