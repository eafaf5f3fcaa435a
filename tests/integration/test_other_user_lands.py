"""Hosts that speak another language or have other programs under the usual names: the verdicts are the same, all of them."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.hosts, pytest.mark.slow]
INSTALL = "export DEBIAN_FRONTEND=noninteractive; apt-get -qq update && apt-get -qq install --no-install-recommends %s >/dev/null"
LANGUAGES = {
    "de_DE.UTF-8": "Datei oder Verzeichnis nicht gefunden",
    "ja_JP.UTF-8": "\u305d\u306e\u3088\u3046\u306a",
    # In which an i is no small I.
    "tr_TR.UTF-8": "B\u00f6yle bir dosya",
}
# A connection that is kept has the locale of the login that opened it.
ANEW = {"ansible_ssh_args": "-o ControlMaster=no -o ControlPath=none"}
# Before all others on the way that a root shell and our commands look for programs.
BUSYBOX = 'for name in $(busybox --list); do ln -sf /usr/bin/busybox "/usr/local/bin/$name"; done; ps --help 2>&1 | grep -q BusyBox'
RUST = "ln -sf /usr/lib/cargo/bin/coreutils/* /usr/lib/cargo/bin/sudo /usr/lib/cargo/bin/visudo /usr/local/bin; ls --version | grep -q 'ls 0'"


@pytest.fixture
def outcomes(audit_hosts):
    """Return a function: rule -> outcome of an audit by a new connection."""

    def look(host, **more):
        audit = audit_hosts([host], own={host: ANEW}, **more)
        assert audit.code == 0, audit.said
        return {rule: finding["outcome"] for rule, finding in audit.findings(host.name).items()}

    return look


def speak(host, locale):
    host.write("/etc/environment", f"LANG={locale}\nLC_ALL={locale}\nLANGUAGE={locale[:5]}\n")
    # What systemd starts from now on has it too.
    host.run(["systemctl", "set-environment", f"LANG={locale}", f"LC_ALL={locale}"])


def test_no_verdict_hangs_on_the_hosts_language(server_host, outcomes, run_ansible, write_inventory):
    names = " ".join(locale[:5] for locale in LANGUAGES)
    make = f"for name in {names}; do localedef -i $name -f UTF-8 $name.UTF-8; done"
    server_host.run(["sh", "-c", f"{INSTALL % 'locales'}; {make}"], timeout=300)
    expected = outcomes(server_host)

    for locale, said in LANGUAGES.items():
        speak(server_host, locale)
        listing = (
            "-m",
            "shell",
            "-a",
            "ls /nonexistent 2>&1 || true",
            "-e",
            f"ansible_ssh_args='{ANEW['ansible_ssh_args']}'",
        )
        assert said in run_ansible("all", "-i", write_inventory([server_host]), *listing)
        assert outcomes(server_host) == expected, locale


def test_locale_in_another_encoding_hides_no_file(server_host, outcomes):
    """Python would look for the home in Latin-5, and not find it: no file there, and nothing wrong."""
    make = "localedef -i tr_TR -f ISO-8859-9 tr_TR.ISO-8859-9"
    server_host.run(["sh", "-c", f"{INSTALL % 'locales'}; {make}"], timeout=300)
    server_host.run(["useradd", "--create-home", "--home-dir", "/home/j\u00fcrgen", "juergen"])
    speak(server_host, "tr_TR.ISO-8859-9")
    only = {"hipaa_cis_include": {"rules": ["dot_files_private"]}}
    assert outcomes(server_host, **only) == {"dot_files_private": "pass"}

    server_host.write("/home/j\u00fcrgen/.rhosts", "+ +\n")

    assert outcomes(server_host, **only) == {"dot_files_private": "fail"}


@pytest.mark.parametrize(("host", "packages", "instead"), [
    ("server_host", "busybox", BUSYBOX),
    ("debian13_server", "rust-coreutils sudo-rs", RUST),
], ids=["busybox", "uutils-and-sudo-rs"])  # fmt: skip
def test_no_verdict_hangs_on_whose_programs_have_the_usual_names(host, packages, instead, request, outcomes):
    booted = request.getfixturevalue(host)
    booted.run(["sh", "-c", INSTALL % packages], timeout=300)
    expected = outcomes(booted)

    booted.run(["sh", "-c", instead])

    assert outcomes(booted) == expected


NO_INIT = """#!/bin/sh
exec unshare --mount --pid --fork --mount-proc sh -c 'mount -t tmpfs none /run && exec /usr/bin/python3 "$@"' python "$@"
"""


def test_without_an_init_nothing_passes_that_does_not_with_one(server_host, outcomes):
    """As in the image of a container: no systemd as the first process, nothing in /run, and the same files."""
    expected = outcomes(server_host)
    server_host.write("/usr/local/bin/python-without-init", NO_INIT, 0o755)
    server_host.write("/.dockerenv", "")

    seen = outcomes(server_host, ansible_python_interpreter="/usr/local/bin/python-without-init")

    other = {rule: (expected[rule], seen[rule]) for rule in seen if seen[rule] != expected[rule]}
    assert {now for _before, now in other.values()} <= {"error", "not_applicable"}, other
    assert other["cron_running"][1] != "pass"
