"""The supplement to the benchmarks of Linux: what it says of stock hosts, and that nobody gets it who has not asked."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import observe
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import os_support
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import empty_record, fill_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import named, numbered
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import matchers
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, NoBenchmark
from tests.scenarios import imitated
from tests.scenarios.xrdp import LIMITS, LINES, SECURITY, SESMAN, XRDP

STOCKS = {stock.name: stock for stock in imitated.stocks()}
TUNNELS = [
    "ipsec_algorithms_strong",
    "ipsec_exchange_current",
    "ipsec_keys_renewed",
    "ipsec_peers_verified",
    "ipsec_keys_private",
    "wireguard_keys_private",
    "openvpn_keys_private",
    "wireguard_peers_narrow",
    "openvpn_ciphers_strong",
    "openvpn_peers_verified",
    "openvpn_control_channel_keyed",
    "openvpn_scripts_limited",
]
DESKTOPS = ["plasma_locks_when_idle", "mate_locks_when_idle", "cinnamon_locks_when_idle", "other_desktops_reviewed"]
TABLES = Path("/usr/share/distro-info")
STOCK = {
    "ubuntu_24_04": {
        "system_supported": "pass",
        "system_support_reviewed": "not_applicable",
        # The tree has neither the program nor its files.
        "updates_automatic": "fail",
        "updates_automatic_dnf": "not_applicable",
        # The site has named nothing.
        "ephi_volumes_encrypted": "not_applicable",
        "ephi_paths_named": "manual",
        "swap_encrypted": "fail",
        "volume_keys_guarded": "not_applicable",
        # Of all packages the tree tells the version 1.0.
        "idle_sessions_ended": "not_applicable",
        "rdp_idle_sessions_ended": "not_applicable",
        # There is no desktop.
        **dict.fromkeys(DESKTOPS, "not_applicable"),
        "rdp_encrypted": "not_applicable",
        "rdp_key_private": "not_applicable",
        "rdp_key_reviewed": "not_applicable",
        # Nobody has named one.
        "backup_recent": "fail",
        "backup_encryption_reviewed": "manual",
        "logs_kept": "fail",
        "logs_sent_encrypted": "fail",
        "logins_by_two_factors": "fail",
        "ssh_login_by_key": "fail",
        "ssh_keys_strong": "pass",
        # The site has named nobody.
        "emergency_accounts_usable": "fail",
        "privileged_accounts_declared": "fail",
        "firewall_refuses_incoming": "fail",
        # No tunnel of any program is configured.
        **dict.fromkeys(TUNNELS, "not_applicable"),
    },
    "rhel_9": {
        "system_supported": "pass",
        "system_support_reviewed": "not_applicable",
        "updates_automatic": "not_applicable",
        "updates_automatic_dnf": "fail",
        "ephi_volumes_encrypted": "not_applicable",
        "ephi_paths_named": "manual",
        "swap_encrypted": "fail",
        "volume_keys_guarded": "not_applicable",
        # Of all packages the tree tells the version 1.0.
        "idle_sessions_ended": "not_applicable",
        "rdp_idle_sessions_ended": "not_applicable",
        # There is no desktop.
        **dict.fromkeys(DESKTOPS, "not_applicable"),
        "rdp_encrypted": "not_applicable",
        "rdp_key_private": "not_applicable",
        "rdp_key_reviewed": "not_applicable",
        # Nobody has named one.
        "backup_recent": "fail",
        "backup_encryption_reviewed": "manual",
        "logs_kept": "fail",
        "logs_sent_encrypted": "fail",
        "logins_by_two_factors": "fail",
        "ssh_login_by_key": "fail",
        "ssh_keys_strong": "pass",
        # The site has named nobody.
        "emergency_accounts_usable": "fail",
        "privileged_accounts_declared": "fail",
        # firewalld comes switched on.
        "firewall_refuses_incoming": "pass",
        # No tunnel of any program is configured.
        **dict.fromkeys(TUNNELS, "not_applicable"),
    },
}


@pytest.fixture
def judged(tmp_path, monkeypatch):
    """Return a function: (stock host, day, the site's parameters, files that are other) -> its findings by rule."""

    def judge(stock, day="2026-12-01", values=None, files=None):
        monkeypatch.setattr(matchers, "today", lambda: day)
        catalog = load_catalog()
        (plan,) = make_plan(catalog, Selection(("supplement_linux",), level=2), values or {}, {})
        host = imitated.build(str(tmp_path), STOCKS[stock])
        for path, text in (files or {}).items():
            (tmp_path / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path[1:]).write_text(text, encoding="utf-8")
        answer = observe(json.dumps(numbered(plan.request)), host)
        judge = Judge(catalog.platforms["linux"], named(answer["observations"], plan.request["settings"]))
        return {planned.rule.id: judge.judge(planned) for one in plan.benchmarks for planned in one.rules}

    return judge


@pytest.mark.root
@pytest.mark.parametrize("stock", STOCK)
def test_every_verdict_on_a_stock_host_is_the_one_found_by_hand(stock, judged):
    assert {rule: one.outcome for rule, one in judged(stock).items()} == STOCK[stock]


def test_it_is_taken_where_it_is_named_only():
    catalog = load_catalog()
    (plan,) = make_plan(catalog, Selection(platforms=("linux",)), {}, {})
    (beside,) = make_plan(catalog, Selection(("debian_12", "supplement_linux")), {}, {})

    assert "supplement_linux" not in [one.benchmark.id for one in plan.benchmarks]
    assert [one.benchmark.id for one in beside.benchmarks] == ["debian_12", "supplement_linux"]


def audited(tmp_path, release, *benchmarks):
    """Return the record of a host that says this of itself, held against these benchmarks. Raises `NoBenchmark`."""
    catalog = load_catalog()
    selection = Selection(benchmarks, platforms=("linux",))
    (plan,) = make_plan(catalog, selection, {}, {})
    chosen = [name for name, one in plan.request["benchmarks"].items() if is_chosen(tmp_path, release, one["detect"])]
    record = empty_record("ward", "run", "2026-12-01T00:00:00Z", "", selection)
    facts = {"os_release": dict(line.split("=") for line in release.split())}
    fill_record(record, catalog, [(plan, {"benchmarks": chosen, "facts": facts, "observations": {}})])
    return record


def is_chosen(tmp_path, release, detect):
    """Return whether the host takes a benchmark that is to be found by this."""
    (tmp_path / "etc").mkdir(exist_ok=True)
    (tmp_path / "etc/os-release").write_text(release)
    asked = {"version": 2, "settings": [], "options": {}, "benchmarks": {"one": {"detect": detect, "settings": []}}}
    return observe(json.dumps(asked), Host(str(tmp_path)))["benchmarks"] == ["one"]


@pytest.mark.parametrize(
    ("release", "own"), [("ID=debian\nVERSION_ID=13\n", "debian_13"), ("ID=rocky\nVERSION_ID=9.4\n", "el9_clones")]
)
def test_beside_auto_it_stands_with_whatever_the_host_carries(tmp_path, release, own):
    record = audited(tmp_path, release, "auto", "supplement_linux")

    assert [(one["id"], one["chosen"]) for one in record["benchmarks"]] == [
        (own, "detected"), ("supplement_linux", "named"),
    ]  # fmt: skip
    assert record["warnings"] == []
    assert record["selection"]["benchmarks"] == ["auto", "supplement_linux"]
    assert {one["benchmark"].partition("@")[0] for one in record["findings"]} == {own, "supplement_linux"}


@pytest.mark.parametrize("release", ["ID=debian\nVERSION_ID=11\n", "ID=arch\n"])
def test_alone_it_is_no_audit_of_a_host_that_no_benchmark_fits(tmp_path, release):
    """It fits every Debian; with it alone such a host would look as if somebody had seen to it."""
    with pytest.raises(NoBenchmark, match="No benchmark fits this host"):
        audited(tmp_path, release, "auto", "supplement_linux")


def test_benchmark_of_a_system_does_not_stand_beside_auto(tmp_path):
    with pytest.raises(
        HipaaCisError, match=r"debian_12@2\.0\.0 is the benchmark of a system, and with auto the host says"
    ):
        audited(tmp_path, "", "auto", "debian_12", "supplement_linux")


DEBIAN_11 = {"/etc/os-release": "ID=debian\nVERSION_ID=11\n"}


@pytest.mark.parametrize(
    ("day", "taken", "outcome"),
    [
        ("2024-08-14", ["maker"], "pass"),
        ("2024-08-15", ["maker"], "fail"),
        ("2024-08-15", ["maker", "debian_lts"], "pass"),
        ("2026-09-01", ["maker", "debian_lts"], "fail"),
        ("2026-09-01", ["debian_elts"], "pass"),
        # A contract for other systems.
        ("2026-09-01", ["ubuntu_pro"], "fail"),
    ],
)
def test_a_release_is_good_until_the_last_day_of_support_that_the_site_has(day, taken, outcome, judged):
    seen = judged("ubuntu_24_04", day, {"support_taken": taken}, DEBIAN_11)["system_supported"]

    assert seen.outcome == outcome
    assert "debian 11" in seen.checks[0].observed


@pytest.mark.parametrize(
    ("name", "lapsed"), [("rhel_9", "# Certificate-Based Repositories\n"), ("rhel_9", "[x]\nenabled = 0\n")]
)
def test_repairs_of_the_maker_do_not_come_where_the_subscription_has_lapsed(name, lapsed, judged):
    """subscription-manager takes the repositories out of its file, or switches them off."""
    seen = judged(name, files={"/etc/yum.repos.d/redhat.repo": lapsed})["system_supported"]

    assert [one.outcome for one in seen.checks] == ["pass", "fail"]
    assert seen.outcome == "fail"


def test_a_system_that_is_not_listed_is_left_to_a_person(judged):
    seen = judged("ubuntu_24_04", files={"/etc/os-release": "ID=linuxmint\nVERSION_ID=22\n"})

    assert (seen["system_supported"].outcome, seen["system_support_reviewed"].outcome) == ("not_applicable", "manual")


def test_a_list_that_is_old_is_said_to_be(judged):
    seen = judged("ubuntu_24_04", "2027-12-01")

    assert (seen["system_supported"].outcome, seen["system_support_reviewed"].outcome) == ("pass", "manual")


@pytest.mark.releases
@pytest.mark.parametrize(
    ("name", "columns"), [("debian", ("eol", "eol-lts", "eol-elts")), ("ubuntu", ("eol-server", "eol-esm"))]
)
def test_days_are_those_of_the_package_of_debian(name, columns):
    with (TABLES / f"{name}.csv").open(encoding="utf-8") as file:
        rows = {row["version"].removesuffix(" LTS"): row for row in csv.DictReader(file)}
    known = {release: [row.get(column) or "" for column in columns] for release, row in rows.items()}
    _supports, releases = os_support._TABLE[name]
    assert set(releases) & set(known)
    # What the package of this machine does not know yet it says nothing against.
    differ = {
        release: days
        for release, days in releases.items()
        if any(theirs and ours != theirs for ours, theirs in zip(days.split(), known.get(release, ()), strict=False))
    }

    assert differ == {}


@pytest.mark.parametrize(
    ("stock", "paths", "outcome"),
    [
        ("ubuntu_24_04", ["/home"], "fail"),
        ("rhel_9", ["/home"], "fail"),
        ("rhel_9", ["/nowhere"], "error"),
    ],
)
def test_what_the_site_has_named_is_looked_at(stock, paths, outcome, judged):
    seen = judged(stock, values={"ephi_paths": paths})

    assert seen["ephi_volumes_encrypted"].outcome == outcome
    assert seen["ephi_paths_named"].outcome == "not_applicable"


def test_a_path_that_is_none_is_no_value_of_a_site(judged):
    seen = judged("rhel_9", values={"ephi_paths": ["ephi"]})

    assert seen["ephi_volumes_encrypted"].outcome in {"fail", "error"}


# What logind of systemd 252 and 257 makes of it, asked by its property StopIdleSessionUSec.
IDLE = {
    "900": 900, "15min": 900, "15m": 900, "  900s": 900, "10minutes": 600, "14 min": 840, "1": 1, "0": None, "infinity": None, "": None,
    "15min1": 901, "1h 1": 3601, "16min": 960, "901": 901, "0.25h": None, "15M": None, "1e3": None, "'900'": None,
}  # fmt: skip


@pytest.mark.parametrize("text", IDLE)
def test_idle_sessions_are_held_against_what_logind_makes_of_the_time(text):
    (setting,) = load_catalog().rules["idle_sessions_ended"].settings
    seconds = IDLE[text]

    held = matchers.matches(setting["expect"], text.strip())

    # A sum of several is not made, and fails also where it is small enough.
    assert held is (seconds is not None and seconds <= 900)


@pytest.mark.parametrize("version", ["249.11-0ubuntu3", "239-58.el8", "239-68"])
def test_a_systemd_that_does_not_know_the_setting_is_not_asked_for_it(version):
    condition = load_catalog().rules["idle_sessions_ended"].applies_if[1]["setting"]

    assert not matchers.matches(condition["expect"], version)
    assert matchers.matches(condition["expect"], "252.39-1~deb12u2")


@pytest.mark.parametrize("version", ["239-68.el8", "239-82.el8_10.5"])
def test_red_hat_taught_its_old_systemd_to_end_idle_sessions(version):
    """From 8.7 on: its 239 knows what came with 252 elsewhere."""
    condition = load_catalog().rules["idle_sessions_ended"].applies_if[1]["setting"]

    assert matchers.matches(condition["expect"], version)


@pytest.mark.parametrize("text", LIMITS, ids=lambda text: repr(text.replace("y" * 999, "…")))
def test_desktops_by_rdp_are_held_against_what_sesman_makes_of_its_file(text, judged):
    seen = judged("ubuntu_24_04", files={SESMAN: text, XRDP: "[Xorg]\nlib=libxup.so\ncode=20\n"})[
        "rdp_idle_sessions_ended"
    ]

    assert seen.outcome == ("pass" if 1 <= LIMITS[text] <= 900 else "fail")


@pytest.mark.parametrize(
    "files",
    [
        {XRDP: "[Xvnc]\nLIB = libvnc.so\n"},
        {XRDP: "[X11rdp]\nlib=libxup.so\ncode=10\n"},
        {XRDP: "[Xorg]\nlib=libxup.so # x\ncode=20 ; x\n[Other]\nlib=libxup.so\ncode=10 # not 20\n"},
        {"/etc/default/xrdp": "SESMAN_OPTIONS='-c /etc/own.ini'\n"},
        {
            "/etc/systemd/system/xrdp-sesman.service.d/own.conf": "[Service]\nExecStart=\nExecStart=/usr/sbin/xrdp-sesman -n -c /etc/own.ini\n"
        },
    ],
    ids=[
        "another-backend",
        "another-server-of-the-same-lib",
        "behind-comments",
        "another-file",
        "another-file-by-the-unit",
    ],
)
def test_limit_that_does_not_count_for_all_desktops_by_rdp_is_none(files, judged):
    limited = {SESMAN: "[Sessions]\nIdleTimeLimit=600\n", XRDP: "[Xorg]\nlib=libxup.so\n"}

    assert judged("ubuntu_24_04", files={**limited, **files})["rdp_idle_sessions_ended"].outcome == "fail"


def test_limit_counts_where_each_section_starts_xorgxrdp_whatever_comments_stand_behind(judged):
    files = {SESMAN: "[Sessions]\nIdleTimeLimit=600\n", XRDP: "[Xorg]\nlib=libxup.so # x\ncode = 20 ; x\n"}

    assert judged("ubuntu_24_04", files=files)["rdp_idle_sessions_ended"].outcome == "pass"


@pytest.mark.parametrize("text", SECURITY)
def test_encryption_of_desktops_by_rdp_is_held_against_what_xrdp_lets_in(text, judged):
    assert judged("ubuntu_24_04", files={XRDP: text})["rdp_encrypted"].outcome == ("pass" if SECURITY[text] else "fail")  # fmt: skip


SHORT = "# a line that says nothing\n"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (f"[Globals]\nsecurity_layer=tls\n{LINES}x={'y' * 3000}\nsecurity_layer=rdp\n", "pass"),
        (f"[Globals]\nsecurity_layer=tls\n{LINES}# {'y' * 3000}\nsecurity_layer=rdp\n", "fail"),
        (f"[Globals]\nsecurity_layer=rdp\n{LINES}{SHORT * 1300}security_layer=tls\n", "fail"),
    ],
    ids=["behind-a-long-line", "behind-a-long-comment", "behind-32-KiB"],
)  # fmt: skip
def test_xrdp_reads_no_further_than_a_line_of_2_kib_and_not_behind_32(text, outcome, judged):
    assert judged("ubuntu_24_04", files={XRDP: text})["rdp_encrypted"].outcome == outcome


UNIT = "/etc/systemd/system/xrdp.service"
STARTS = "[Service]\nExecStart="


# xrdp 0.10.1 listened on the port of /etc/own.ini, or on that of its own file.
@pytest.mark.parametrize(
    ("file", "text", "outcome"),
    [
        ("/etc/sysconfig/xrdp", 'XRDP_OPTIONS="-c /etc/own.ini"\n', "fail"),
        ("/etc/default/xrdp", 'XRDP_OPTIONS="-C /etc/own.ini"\n', "fail"),
        ("/etc/default/xrdp", "XRDP_OPTIONS='--CONFIG /etc/own.ini'\n", "fail"),
        ("/etc/default/xrdp", 'XRDP_OPTIONS="\n-c\n/etc/own.ini"\n', "fail"),
        ("/etc/default/xrdp", 'XRDP_OPTIONS="\\\n-c /etc/own.ini"\n', "fail"),
        ("/etc/default/xrdp", "# XRDP_OPTIONS=-c\nSESMAN_OPTIONS=-c /etc/own.ini\nXRDP_OPTIONS=--fork\n", "pass"),
        (UNIT + ".d/own.conf", STARTS + "\nExecStart=/usr/sbin/xrdp -c /etc/own.ini --nodaemon\n", "fail"),
        (UNIT + ".d/own.conf", STARTS + "\nExecStart=/usr/sbin/xrdp --nodaemon \\\n--config /etc/own.ini\n", "fail"),
        (UNIT + ".d/own.conf", STARTS + "/usr/local/bin/start-xrdp\n", "fail"),
        (UNIT + ".d/own.conf", "[Service]\nEnvironmentFile=/etc/own.env\n", "fail"),
        (UNIT + ".d/own.conf", '[Service]\nEnvironment="XRDP_OPTIONS=-c /etc/own.ini"\n', "fail"),
        (UNIT, STARTS + "/usr/sbin/xrdp $XRDP_OPTIONS --nodaemon\nEnvironmentFile=-/etc/default/xrdp\n", "pass"),
        (UNIT + ".d/own.conf", "[Service]\nExecStartPre=/bin/sh -c true\nRestart=always\n# ExecStart=/usr/sbin/xrdp -c x\n", "pass"),
    ],
)  # fmt: skip
def test_xrdp_that_is_given_another_file_is_not_judged_by_this_one(file, text, outcome, judged):
    files = {XRDP: "[Globals]\nsecurity_layer=tls\n" + LINES, file: text}

    assert judged("rhel_9", files=files)["rdp_encrypted"].outcome == outcome


def test_xrdp_that_is_masked_is_judged_all_the_same(judged, tmp_path):
    unit = tmp_path / UNIT[1:]
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.symlink_to("/dev/null")

    seen = judged("rhel_9", files={XRDP: "[Globals]\nsecurity_layer=tls\n" + LINES, SESMAN: "[Sessions]\n"})

    assert (seen["rdp_encrypted"].outcome, seen["rdp_idle_sessions_ended"].outcome) == ("pass", "fail")


@pytest.mark.root
@pytest.mark.parametrize("line", ["key_file=", "key_file=key.pem", "key_file=/etc/xrdp/key.pem"])
@pytest.mark.parametrize(("mode", "outcome"), [(0o640, "pass"), (0o644, "fail")])
def test_key_that_xrdp_was_delivered_with_is_closed_to_others(line, mode, outcome, judged, tmp_path):
    key = tmp_path / "etc/xrdp/key.pem"
    key.parent.mkdir(parents=True)
    key.write_text("KEY", encoding="utf-8")
    key.chmod(mode)
    seen = judged("ubuntu_24_04", files={XRDP: f"[Globals]\n{line}\n"})

    assert (seen["rdp_key_private"].outcome, seen["rdp_key_reviewed"].outcome) == (outcome, "not_applicable")


def test_key_that_the_site_gave_xrdp_is_for_a_person(judged):
    seen = judged("ubuntu_24_04", files={XRDP: "[Globals]\nkey_file=/srv/tls/rdp.key # ours\n"})

    assert (seen["rdp_key_private"].outcome, seen["rdp_key_reviewed"].outcome) == ("not_applicable", "manual")


LOCKER = "/etc/xdg/kscreenlockerrc"
REST = "Autolock[$i]=TRUE\nLock[$i]=Yes\nRequirePassword[$i]=1\nLockGrace[$i]=5\n"
# Whether kreadconfig of KDE Frameworks 5.103 and 6.13 said 5 of Timeout to a user whose own file says 99.
TIMEOUTS = {
    "[Daemon]\nTimeout=5\n": False,
    "[Daemon]\nTimeout[$i]=5\n": True,
    "[Daemon][$i]\nTimeout=5\n": True,
    "[$i]\n[Daemon]\nTimeout=5\n": True,
    # Wherever it stands, it closes the whole file.
    "[Daemon]\nTimeout=5\n[$i]\n[Daemon]\n": True,
    # A group that is closed in one place is closed everywhere; until its end the first value may still be overwritten where it is not closed itself.
    "[Daemon]\nTimeout=5\n[Daemon][$i]\n": True,
    "[Daemon]\nTimeout[$i]=5\nTimeout=97\n": True,
    "[Daemon]\nTimeout[$i]=97\nTimeout[$i]=5\n": False,
    # Below a head that closes the first line of a key counts, and not the last as elsewhere.
    "[Daemon][$i]\nTimeout=97\nTimeout=5\n": False,
    "[Daemon][$i]\nTimeout=5\nTimeout=97\n": True,
    "[$i]\n[Daemon]\nTimeout=97\nTimeout=5\n": False,
    "[Daemon]\nTimeout=97\n[Daemon][$i]\nTimeout=5\n": True,
    "[Daemon][$i]\nTimeout=97\n[Daemon]\nTimeout=5\n": False,
    "[Daemon][$i]\nTimeout=\nTimeout=5\n": False,
    "[Daemon][$i]\nTimeout=97\nTimeout[$d]\nTimeout=5\n": False,
    "[Daemon][$i]\nTimeout[$d]\nTimeout=5\n": True,
    # A head that is none ends what the one above it closed for the lines below.
    "[Daemon][$i]\n[bad\nTimeout=97\nTimeout=5\n": True,
    "[$i]\n[bad\n[Daemon]\nTimeout=97\nTimeout=5\n": False,
    "[][$i]\n[Daemon]\nTimeout=5\n": True,
    "[$i][$i]\n[Daemon]\nTimeout=5\n": False,
    "[Daemon]\n[$i]\nTimeout=5\n": False,
    "[][Daemon][$i]\nTimeout=5\n": True,
    "[Daemon][]\nTimeout[$i]=5\n[Daemon]\n": False,
    # What is deleted is closed by nothing.
    "[Daemon]\nTimeout=97\nTimeout[$id]\nTimeout[$i]=5\n": True,
    "[Daemon]\nTimeout[$id]\nTimeout=5\n": False,
    # Read from the end: of these the first is a word in a language that nobody speaks, the second no line at all.
    "[Daemon]\nTimeout[$[i]=5\n": False,
    "[Daemon]\nTimeout[a][b]=97\nTimeout[$i]=5\n": True,
    "[Daemon]\nTimeout[]=97\nTimeout[$i]=5\n": False,
    "[Daemon]\nTimeout=97\nTimeout[$i]=5\n": True,
    "[Daemon]\nTimeout[$i]=5\nTimeout[$d]\n": True,
    "[Daemon]\nTimeout[$d]\nTimeout[$i]=5\n": True,
    "[Daemon]\nTimeout[$ie]=5\n": True,
    "[Daemon]\nTimeout[$i][$e]=5\n": True,
    "[Daemon]\nTimeout[$i=97\nTimeout[$i]=5\n": True,
    # The blank before the bracket is a part of the name.
    "[Daemon]\nTimeout [$i]=5\n": False,
    " [Daemon] \n Timeout[$i] = 5 \n": True,
    "[Daemon]x\nTimeout[$i]=5\n": True,
    "[Daemon][X]\nTimeout[$i]=5\n[Daemon]\n": False,
    "[Daemon][$i\nTimeout[$i]=5\n[Daemon]\n": False,
    "[daemon]\nTimeout[$i]=5\n[Daemon]\n": False,
    "[Daemon]\ntimeout[$i]=5\n": False,
    "[Daemon]\nTimeout[$i]=5 # x\n": False,
    # To a user with that language it said 9.
    "[Daemon]\nTimeout[$i]=5\nTimeout[de]=9\n": False,
    "[Daemon]\nTimeout[$i]=0\n": False,
}


def with_program(tmp_path, name):
    (tmp_path / "usr/bin").mkdir(parents=True, exist_ok=True)
    (tmp_path / "usr/bin" / name).write_text("", encoding="utf-8")


@pytest.mark.parametrize("text", TIMEOUTS)
def test_plasma_locks_in_time_by_what_its_users_cannot_change(text, judged, tmp_path):
    with_program(tmp_path, "plasmashell")

    assert judged("ubuntu_24_04", files={LOCKER: text + REST})["plasma_locks_when_idle"].outcome == ("pass" if TIMEOUTS[text] else "fail")  # fmt: skip


GLOBALS = "/etc/xdg/kdeglobals"


# What a program that opens kscreenlockerrc as kscreenlocker does was told by KDE Frameworks 5.103 and 6.13, where that file closes Timeout=5.
@pytest.mark.parametrize(
    ("files", "passes"),
    [
        ({GLOBALS: "[Daemon][$i]\nTimeout=97\n"}, False),
        ({GLOBALS: "[Daemon]\nTimeout[$i]=97\n"}, False),
        ({"/etc/xdg/system.kdeglobals": "[Daemon][$i]\nTimeout=97\n"}, False),
        # Frameworks 6 reads the file of Frameworks 5, and none with its own number.
        ({"/etc/kde5rc": "[Daemon][$i]\nTimeout=97\n"}, False),
        ({"/etc/kde6rc": "[Daemon][$i]\nTimeout=97\n"}, True),
        ({GLOBALS: "[Daemon]\nTimeout=97\n"}, True),
        ({GLOBALS: "[$i]\n[KDE]\na=b\n"}, True),
        ({GLOBALS: "[Daemon]\nOther[$i]=97\n"}, True),
        # The group takes nothing more, and what was delivered holds.
        ({GLOBALS: "[Daemon][$i]\nOther=97\n"}, False),
        ({"/etc/xdg/system.kdeglobals": "[$i]\n", GLOBALS: "[Daemon]\nTimeout[$i]=97\n"}, True),
        ({GLOBALS: "[Daemon]\nTimeout[$i]=7\n", LOCKER: "[Daemon]\nTimeout=97\n" + REST}, True),
        ({GLOBALS: "[Daemon]\nTimeout=7\n", LOCKER: "[Daemon][$i]\n" + REST}, False),
    ],
)  # fmt: skip
def test_what_files_for_all_of_kde_close_counts_before_the_file_of_the_lock(files, passes, judged, tmp_path):
    with_program(tmp_path, "plasmashell")
    seen = judged("ubuntu_24_04", files={LOCKER: "[Daemon]\nTimeout[$i]=5\n" + REST, **files})

    assert seen["plasma_locks_when_idle"].outcome == ("pass" if passes else "fail")


@pytest.mark.parametrize("key", ["Autolock", "Lock", "RequirePassword", "LockGrace"])
def test_plasma_that_leaves_a_part_of_its_lock_to_other_files_is_not_locked(key, judged, tmp_path):
    with_program(tmp_path, "plasmashell")
    rest = "\n".join(line for line in REST.splitlines() if not line.startswith(key + "["))

    assert judged("ubuntu_24_04", files={LOCKER: "[Daemon][$i]\nTimeout=5\n" + rest})["plasma_locks_when_idle"].outcome == "fail"  # fmt: skip


def test_name_that_kde_reads_out_of_a_backslash_is_an_error_with_its_place(judged, tmp_path):
    with_program(tmp_path, "plasmashell")
    seen = judged("ubuntu_24_04", files={LOCKER: "[Dae\\x6don]\nTimeout[$i]=99\n[Daemon]\nTimeout[$i]=5\n" + REST})

    assert seen["plasma_locks_when_idle"].outcome == "error"


@pytest.mark.parametrize(
    ("session", "program", "outcome"),
    [
        ("share/xsessions/xfce.desktop", "bin/plasmashell", "manual"),
        ("share/wayland-sessions/sway.desktop", "sbin/gdm", "manual"),
        ("local/share/wayland-sessions/sway.desktop", "sbin/gdm", "manual"),
        ("share/xsessions/plasmax11.desktop", "bin/plasmashell", "not_applicable"),
        ("share/xsessions/lightdm-xsession.desktop", "sbin/lightdm", "not_applicable"),
        ("share/wayland-sessions/gnome-classic.desktop", "sbin/gdm", "not_applicable"),
        ("share/wayland-sessions/gnome-classic.desktop", "sbin/sddm", "manual"),
    ],
)
def test_desktops_that_are_not_followed_are_for_a_person(session, program, outcome, judged):
    seen = judged("rhel_9", files={"/usr/" + session: "[Desktop Entry]\n", "/usr/" + program: ""})

    assert seen["other_desktops_reviewed"].outcome == outcome


SESSION = {
    "mate": (
        "mate-session",
        "[org/mate/desktop/session]\nidle-delay=15\n[org/mate/screensaver]\n%slock-delay=0\n[org/mate/desktop/lockdown]\n",
    ),
    "cinnamon": (
        "cinnamon-session",
        "[org/cinnamon/desktop/session]\nidle-delay=uint32 900\n[org/cinnamon/desktop/screensaver]\n%slock-delay=uint32 5\n[org/cinnamon/desktop/lockdown]\n",
    ),
}
SCREENSAVER = ["idle-activation-enabled", "lock-enabled", "lock-delay"]
LOCKED = {
    "mate": ["desktop/session/idle-delay", "desktop/lockdown/disable-lock-screen", *("screensaver/" + key for key in SCREENSAVER)],
    "cinnamon": ["desktop/session/idle-delay", "desktop/lockdown/disable-lock-screen", *("desktop/screensaver/" + key for key in SCREENSAVER)],
}  # fmt: skip


def dconf_files(desktop, unlocked=None, change=("", "")):
    keys = (
        SESSION[desktop][1].replace("%s", "idle-activation-enabled=true\nlock-enabled=true\n")
        + "disable-lock-screen=false\n"
    )
    return {
        "/etc/dconf/profile/user": "user-db:user\nsystem-db:local\n",
        "/etc/dconf/db/local.d/10": keys.replace(*change) if change[0] else keys,
        "/etc/dconf/db/local.d/locks/10": "".join(
            f"/org/{desktop}/{key}\n" for key in LOCKED[desktop] if key != unlocked
        ),
        "/etc/dconf/db/local": "",
    }


@pytest.mark.parametrize("desktop", SESSION)
def test_desktop_of_dconf_is_locked_by_what_the_site_set_and_locked(desktop, judged, tmp_path):
    with_program(tmp_path, SESSION[desktop][0])
    with_program(tmp_path, "mate-screensaver")

    assert judged("rhel_9", files=dconf_files(desktop))[desktop + "_locks_when_idle"].outcome == "pass"


@pytest.mark.parametrize(("desktop", "key"), [(desktop, key) for desktop in LOCKED for key in LOCKED[desktop]])
def test_desktop_of_dconf_whose_users_may_change_one_part_is_not_locked(desktop, key, judged, tmp_path):
    with_program(tmp_path, SESSION[desktop][0])
    with_program(tmp_path, "mate-screensaver")

    assert judged("rhel_9", files=dconf_files(desktop, key))[desktop + "_locks_when_idle"].outcome == "fail"


@pytest.mark.parametrize(
    ("desktop", "change"),
    [
        # MATE counts in minutes, so that 900 is fifteen hours; 0 is never.
        ("mate", ("idle-delay=15", "idle-delay=900")),
        ("mate", ("idle-delay=15", "idle-delay=0")),
        ("mate", ("lock-enabled=true", "lock-enabled=false")),
        ("cinnamon", ("idle-delay=uint32 900", "idle-delay=uint32 901")),
        # A number of another type is ignored.
        ("cinnamon", ("idle-delay=uint32 900", "idle-delay=900")),
        ("cinnamon", ("disable-lock-screen=false", "disable-lock-screen=true")),
    ],
)
def test_desktop_of_dconf_that_locks_too_late_or_never_fails(desktop, change, judged, tmp_path):
    with_program(tmp_path, SESSION[desktop][0])
    with_program(tmp_path, "mate-screensaver")

    assert judged("rhel_9", files=dconf_files(desktop, change=change))[desktop + "_locks_when_idle"].outcome == "fail"


def test_the_guide_names_what_there_is_and_all_parameters_of_a_site():
    known = load_catalog()
    text = (Path(__file__).parents[3] / "docs" / "supplement.md").read_text(encoding="utf-8")
    named = {
        word for row in text.splitlines() if row.startswith("| ") for word in re.findall(r"`([a-z_]+)`", row)
    } | set(re.findall(r"hipaa_cis_parameter_(\w+):", text))
    rules = [known.rules[rule] for row in known.benchmark("supplement_linux").recommendations for rule in row.rules]
    of_site = {name for rule in rules for name in rule.parameters if known.parameters[name].default in ("", [])}

    assert named <= {*known.parameters, *(rule.id for rule in rules)}
    assert of_site <= named
