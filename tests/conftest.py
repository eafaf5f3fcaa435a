"""Which tests this machine can run, and a list at the end of those it could not.

Also read by the oldest Pythons of targets, so: standard library and pytest only, Python 3.8.
"""

from __future__ import annotations

import collections
import functools
import os
import shutil
import sys
from typing import Callable

import pytest

from tests.powershell import why_no_pwsh

LEFT_OUT = "left out on this machine: "

# The fixtures of booted hosts run on controllers only.
pytest_plugins = ["tests.hosts.plugin", "tests.windows_host.plugin"] if sys.version_info >= (3, 10) else []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--leave-nothing-out",
        action="store_true",
        default=os.environ.get("HIPAA_CIS_REQUIRE_ALL") == "1",
        help="fail when tests were skipped because this machine lacks something (CI: HIPAA_CIS_REQUIRE_ALL=1)",
    )


def pytest_report_header() -> str:
    return "storms: the seeds from {} on (HIPAA_CIS_STORM_SEED)".format(os.environ.get("HIPAA_CIS_STORM_SEED", "1"))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep pytest-ansible, where it is installed, from building a tree of links in the checkout: we have our own."""
    if hasattr(config.option, "ansible_unit_inject_only"):
        os.environ.setdefault("ANSIBLE_COLLECTIONS_PATH", str(config.rootpath))
        config.option.ansible_unit_inject_only = True


def _lacking(programs: dict[str, str]) -> list[str]:
    """Name the programs that are not on the PATH, each with the package that brings it."""
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return [
        f"{program} (package {package})"
        for program, package in programs.items()
        if shutil.which(program, path=search) is None
    ]


@functools.lru_cache(maxsize=None)
def why_no_hosts() -> str:
    """Say what this machine lacks to boot disposable hosts; empty when it lacks nothing."""
    from tests.hosts.requirements import missing_requirements

    missing = missing_requirements()
    return "missing " + ", ".join(missing) if missing else ""


@functools.lru_cache(maxsize=None)
def why_no_windows() -> str:
    """Say what this machine lacks to have a Windows-like host; empty when it lacks nothing."""
    from tests.hosts.requirements import missing_requirements
    from tests.hosts.windows_tree import missing_windows_folder

    missing = missing_windows_folder() + [f"missing {one}" for one in missing_requirements()]
    return ", ".join(missing)


@functools.lru_cache(maxsize=None)
def why_no_machine() -> str:
    """Say what this machine lacks to boot a virtual one; empty when it lacks nothing."""
    from tests.hosts.requirements import missing_machine_requirements

    missing = missing_machine_requirements()
    return "missing " + ", ".join(missing) if missing else ""


@functools.lru_cache(maxsize=None)
def why_no_browser() -> str:
    """Say what this machine lacks to open a page; empty when it lacks nothing."""
    lacking = _lacking({"chromium": "chromium", "chromedriver": "chromium-driver"})
    return "missing " + ", ".join(lacking) if lacking else ""


@functools.lru_cache(maxsize=None)
def why_no_dpkg() -> str:
    """Say what this machine lacks to make packages; empty when it lacks nothing."""
    lacking = _lacking({"dpkg-deb": "dpkg"})
    return "missing " + ", ".join(lacking) if lacking else ""


def why_no_releases() -> str:
    """Say that the package with the days on which releases of Debian and Ubuntu end is missing; empty where it is there."""
    return "" if os.path.exists("/usr/share/distro-info/debian.csv") else "missing distro-info-data"


def why_no_root() -> str:
    """Say that files cannot be given other owners here; empty for root."""
    return "" if os.geteuid() == 0 else "missing root"


NEEDS: dict[str, Callable[[], str]] = {
    "machine": why_no_machine,
    "hosts": why_no_hosts,
    "browser": why_no_browser,
    "root": why_no_root,
    "dpkg": why_no_dpkg,
    "releases": why_no_releases,
    "pwsh": why_no_pwsh,
    "windows": why_no_windows,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what cannot run here; keep the tests of a file that share booted hosts on one worker."""
    for item in items:
        for marker, why_not in NEEDS.items():
            if item.get_closest_marker(marker) is None:
                continue
            reason = why_not()
            if reason:
                item.add_marker(pytest.mark.skip(reason=LEFT_OUT + reason))
        distributed = item.config.pluginmanager.hasplugin("xdist")
        if distributed and not item.get_closest_marker("xdist_group"):
            # Machines are the largest; a worker that is done with a file's hosts takes the next file.
            if item.get_closest_marker("machine"):
                item.add_marker(pytest.mark.xdist_group("machine"))
            elif item.get_closest_marker("hosts"):
                item.add_marker(pytest.mark.xdist_group(f"hosts-{item.path.stem}"))


def _skipped(terminalreporter: pytest.TerminalReporter) -> dict[str, list[str]]:
    """Group the skipped tests by their reason."""
    by_reason: dict[str, list[str]] = collections.defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        by_reason[reason[len("Skipped: ") :] if reason.startswith("Skipped: ") else reason].append(report.nodeid)
    return by_reason


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    skipped = _skipped(terminalreporter)
    if not skipped:
        terminalreporter.write_line("No test was left out.")
        return
    terminalreporter.section("tests left out")
    for reason, tests in sorted(skipped.items()):
        terminalreporter.write_line(f"{len(tests)} of them: {reason}")
        for test in tests:
            terminalreporter.write_line("    " + test)
    if config.getoption("--leave-nothing-out"):
        terminalreporter.write_line("Every test must run here (--leave-nothing-out).", red=True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turn left out tests into a failure where nothing may be left out."""
    config = session.config
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if not config.getoption("--leave-nothing-out") or reporter is None or exitstatus != pytest.ExitCode.OK:
        return
    if reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
