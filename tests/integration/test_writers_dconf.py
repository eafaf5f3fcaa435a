"""GNOME's settings on a booted host with the real dconf: what a session sees, what it may change, and the way back."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests.integration.remediating import changes, playbook, playbook_command, remediation_of, results

__all__ = ["playbook", "playbook_command", "remediation_of", "results"]

pytestmark = pytest.mark.hosts

# Without a display manager there is nothing of it to set.
NOT_HERE = {"gdm_absent", "no_automatic_login", "other_xdmcp_off"}
PROGRAMS = ["dconf-cli", "dconf-gsettings-backend", "gsettings-desktop-schemas", "libglib2.0-bin"]
# The desktop's package with nothing but the files that its rules look at, and Debian's own profile of the greeter.
DESKTOP = r"""
set -eu
mkdir -p /srv/gdm3/DEBIAN /srv/gdm3/etc/gdm3 /srv/gdm3/usr/share/dconf/profile /srv/gdm3/usr/share/gdm /srv/defaults
printf 'Package: gdm3\nVersion: 99:1\nArchitecture: all\nMaintainer: test\nDescription: test\n' > /srv/gdm3/DEBIAN/control
printf '[daemon]\n\n[xdmcp]\nEnable=true\n' > /srv/gdm3/etc/gdm3/daemon.conf
printf 'user-db:user\nfile-db:/var/lib/gdm3/greeter-dconf-defaults\n' > /srv/gdm3/usr/share/dconf/profile/gdm
printf "[org/gnome/login-screen]\nlogo='debian'\ndisable-user-list=false\n" > /srv/defaults/00
dconf compile /srv/gdm3/usr/share/gdm/greeter-dconf-defaults /srv/defaults
dpkg-deb --build --root-owner-group /srv/gdm3 /srv/gdm3.deb > /dev/null
dpkg -i /srv/gdm3.deb > /dev/null
"""
# Wrong behind our own name, without the type, and compiled so that users cannot read it; a profile that names nothing.
WRONG = r"""
set -eu
mkdir -p /etc/dconf/profile /etc/dconf/db/site.d /etc/dconf/db/local.d/locks
printf 'user-db:user\nsystem-db:local\nsystem-db:site\n' > /etc/dconf/profile/user
printf '[org/gnome/desktop/media-handling]\nautomount=true\nautorun-never=false\n' > /etc/dconf/db/local.d/zzz-late
printf '[org/gnome/desktop/session]\nidle-delay=60\n' > /etc/dconf/db/local.d/10-session
printf '[org/gnome/desktop/screensaver]\nlock-enabled=false\n' > /etc/dconf/db/site.d/10-lock
printf '[org/gnome/desktop/media-handling]\nautomount-open=true\n' > /etc/dconf/db/site.d/20-media
mkdir /etc/dconf/db/site.d/locks
echo /org/gnome/desktop/media-handling/automount-open > /etc/dconf/db/site.d/locks/20-media
dconf update
chmod 0640 /etc/dconf/db/local
"""
# As the schemas of GNOME have them; the second says whether the user may change it.
SEEN = {
    ("org.gnome.desktop.session", "idle-delay"): ("uint32 900", "false"),
    ("org.gnome.desktop.screensaver", "lock-delay"): ("uint32 5", "false"),
    ("org.gnome.desktop.screensaver", "lock-enabled"): ("true", "false"),
    ("org.gnome.desktop.media-handling", "automount"): ("false", "false"),
    ("org.gnome.desktop.media-handling", "automount-open"): ("false", "false"),
    ("org.gnome.desktop.media-handling", "autorun-never"): ("true", "false"),
}
GREETER = {
    "banner-message-enable": "true",
    "banner-message-text": r'''"It's ours.\nKeep out: \"staff\" only."''',
    "disable-user-list": "true",
    "logo": "'debian'",
}
NOTICE = 'It\'s ours.\nKeep out: "staff" only.'
RECORDS = ("/var/log/*", "/home/auditor/.sudo_as_admin_successful")


def as_user(host, *argv, profile="user"):
    """Return what a program says in the session of a user who is nobody special."""
    session = ["env", "-i", "HOME=/tmp", "XDG_RUNTIME_DIR=/tmp/session", f"DCONF_PROFILE={profile}"]
    return host.run(["runuser", "-u", "plain", "--", *session, "GSETTINGS_BACKEND=dconf", *argv]).stdout.strip()


def seen(host):
    asked = {
        (schema, key): tuple(as_user(host, "/usr/bin/gsettings", verb, schema, key) for verb in ("get", "writable"))
        for schema, key in SEEN
    }
    greeter = {
        key: as_user(host, "/usr/bin/dconf", "read", "/org/gnome/login-screen/" + key, profile="gdm") for key in GREETER
    }
    return asked, greeter


@pytest.fixture
def desktop(booted_host):
    """A host with the settings of a desktop, all of them wrong."""
    install = ["apt-get", "-qq", "install", "--no-install-recommends", *PROGRAMS]
    booted_host.run(["apt-get", "-qq", "update"], timeout=120)
    booted_host.run(["env", "DEBIAN_FRONTEND=noninteractive", *install], timeout=180)
    booted_host.run(["sh", "-c", DESKTOP])
    booted_host.run(["sh", "-c", WRONG])
    booted_host.run(["install", "-d", "-o", "plain", "-m", "700", "/tmp/session"])
    return booted_host


@pytest.fixture
def given():
    known = load_catalog().rules.values()
    rules = {rule.id for rule in known if rule.topic == "GNOME desktop and display manager"} - NOT_HERE
    return {
        "hipaa_cis_include": {"rules": sorted(rules)},
        "hipaa_cis_level": 2,
        "hipaa_cis_profile": "workstation",
        "hipaa_cis_confirm_timeout": 30,
        "hipaa_cis_allow_disruption": ["service_reload", "sessions"],
        "hipaa_cis_parameters": {"login_notice": NOTICE},
    }


def test_sessions_see_what_was_written_and_afterwards_what_was_before(
    desktop, playbook, results, remediation_of, given
):
    wrong, before = seen(desktop), desktop.snapshot()

    # Whoever administrates with a narrow umask must not make databases that nobody can read.
    desktop.run(["sed", "-i.before", "s/^UMASK.*/UMASK 077/", "/etc/login.defs"])
    code, said = playbook("remediate", [desktop], **given)
    desktop.run(["mv", "/etc/login.defs.before", "/etc/login.defs"])

    assert code == 0, said
    assert set(results(desktop).values()) == {"fixed"}, remediation_of(desktop)["results"]
    first = remediation_of(desktop)["run_id"]
    assert seen(desktop) == (SEEN, GREETER)

    code, said = playbook("remediate", [desktop], **given)
    assert set(results(desktop).values()) == {"already_right"}, said
    assert not remediation_of(desktop)["steps"]

    code, said = playbook("rollback", [desktop], hipaa_cis_run_id=first)
    assert code == 0, said
    assert seen(desktop) == wrong
    assert not changes(before, desktop, RECORDS)
    playbook("remediate", [desktop], "--check", **given)
    assert set(results(desktop).values()) == {"would_fix"}, results(desktop)


def test_keyfile_of_somebody_else_since_the_run_is_kept(desktop, playbook, remediation_of, given):
    playbook("remediate", [desktop], **given)
    first = remediation_of(desktop)["run_id"]
    desktop.write("/etc/dconf/db/local.d/20-new", "[org/gnome/desktop/session]\nidle-delay=uint32 33\nother=1\n")
    desktop.run(["dconf", "update"])

    code, said = playbook("rollback", [desktop], hipaa_cis_run_id=first)
    assert code == 2
    assert "/etc/dconf/db/local was changed since the run" in " ".join(said.split())

    code, said = playbook("rollback", [desktop], hipaa_cis_run_id=first, hipaa_cis_force=True)
    assert code == 0, said
    assert as_user(desktop, "/usr/bin/gsettings", "get", "org.gnome.desktop.session", "idle-delay") == "uint32 33"
    assert not desktop.run(["sh", "-c", "find /etc/dconf/db -name '*zz-hipaa*'"]).stdout


def test_changes_of_others_that_wait_to_be_compiled_are_not_made_with_ours(
    desktop, playbook, results, remediation_of, given
):
    desktop.write("/etc/dconf/db/other.d/10-new", "[org/gnome/desktop/session]\nidle-delay=uint32 0\n")

    code, said = playbook("remediate", [desktop], **given)

    assert code == 0, said
    reasons = {item["rule"]: item.get("reason", "") for item in remediation_of(desktop)["results"]}
    assert "/etc/dconf/db/other is older than its keyfiles" in reasons["desktop_autorun_off"]
    assert not desktop.run(["sh", "-c", "ls /etc/dconf/db/other 2>/dev/null || true"]).stdout
    assert results(desktop)["gdm_xdmcp_off"] == "fixed"


def test_clock_that_was_ahead_when_the_database_was_compiled(desktop, playbook, results, given):
    desktop.run(["sh", "-c", "chmod 0644 /etc/dconf/db/local; touch -d 2039-01-01 /etc/dconf/db/local"])

    code, said = playbook("remediate", [desktop], **given)

    assert code == 0, said
    assert set(results(desktop).values()) == {"fixed"}, results(desktop)
    assert seen(desktop) == (SEEN, GREETER)
