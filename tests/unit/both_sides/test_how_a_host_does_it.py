"""Which program does the work: the rules as they are, by the units that systemd shows on a tree."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import KINDS
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlannedRule, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import leaves

UNIT = "Id=%s\nNames=%s\nLoadState=%s\nActiveState=%s\nUnitFileState=%s\n"
SERVERS = {
    "etc/ntpsec/ntp.conf": "pool 0.debian.pool.ntp.org iburst\n",
    "etc/openntpd/ntpd.conf": "servers 0.debian.pool.ntp.org\n",
    "etc/ntp.conf": "server 192.0.2.1\n",
}


def show(units):
    """Return what answers `systemctl show`: ``units`` run and are enabled, with the names that they are known by too; and dpkg-query."""

    def run(argv, _timeout):
        if argv[0] == "dpkg-query":
            return CommandResult(0, "dpkg\tinstalled\t1\n", "")
        blocks = []
        for name in argv[argv.index("--") + 1 :]:
            if name.endswith(".target"):
                blocks.append(UNIT % (name, name, "loaded", "active", "static"))
                continue
            own = next((unit for unit, aliases in units.items() if name in (unit, *aliases)), "")
            names = " ".join([own, *units[own]]) if own else name
            state = ("loaded", "active", "enabled") if own else ("not-found", "inactive", "")
            blocks.append(UNIT % (own or name, names, *state))
        return CommandResult(0, "\n".join(blocks), "")

    return run


# Nothing listens: the head of each of the kernel's tables.
TABLES = {"proc/net/" + name: "  sl  local_address rem_address   st\n" for name in ("tcp", "tcp6", "udp", "udp6")}


def outcome(root, rule_id, units, files=None):
    (root / "run/systemd/system").mkdir(parents=True)
    for path, text in {"proc/2/comm": "kthreadd\n", **(files or {})}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    wants = root / "etc/systemd/system/default.target.wants"
    wants.mkdir(parents=True)
    for unit in units:
        (wants / unit).symlink_to("/usr/lib/systemd/system/" + unit)
    catalog = load_catalog()
    rule = catalog.rules[rule_id]
    host = Host(str(root), runner=show(units), privileged=True)
    seen = {}
    asked = list(leaves(rule.settings))
    conditions = [*rule.applies_if, *(condition for one in asked for condition in one.get("applies_if", ()))]
    for one in [*asked, *(condition["setting"] for condition in conditions)]:
        seen[setting_key(one)] = KINDS[one["kind"]](host, [one["address"]])[0].as_dict()
    judge = Judge(catalog.platforms["linux"], seen)
    return judge.judge(PlannedRule(rule, "b", (), rule.settings, "", {})).outcome


def running(*names):
    return {name + ".service": () for name in names}


NTPSEC = {"ntpsec.service": ("ntp.service", "ntpd.service")}
CHRONY = {"chrony.service": ("chronyd.service",)}


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ({}, "fail"),
        (CHRONY, "pass"),
        (running("chronyd"), "pass"),
        (running("systemd-timesyncd"), "pass"),
        (NTPSEC, "pass"),
        (running("openntpd"), "pass"),
        (running("ntp"), "pass"),
        (running("ntpd"), "pass"),
        ({**CHRONY, **running("systemd-timesyncd")}, "fail"),
        ({**CHRONY, **NTPSEC}, "fail"),
        ({**running("systemd-timesyncd"), **NTPSEC}, "fail"),
        ({**CHRONY, **running("openntpd")}, "fail"),
        ({**NTPSEC, **running("openntpd")}, "fail"),
    ],
)
def test_exactly_one_daemon_keeps_the_clock(tmp_path, units, expected):
    assert outcome(tmp_path, "one_time_daemon", units, SERVERS) == expected


def test_daemon_without_a_server_keeps_no_clock(tmp_path):
    files = {**SERVERS, "etc/ntpsec/ntp.conf": "# pool 0.debian.pool.ntp.org\n"}

    assert outcome(tmp_path, "one_time_daemon", NTPSEC, files) == "fail"


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([], "fail"),
        (["systemd-journald"], "pass"),
        (["systemd-journald", "rsyslog"], "pass"),
        (["systemd-journald", "syslog-ng"], "pass"),
        (["systemd-journald", "rsyslog", "syslog-ng"], "fail"),
        (["systemd-journald", "inetutils-syslogd", "syslog-ng"], "fail"),
        (["systemd-journald", "busybox-syslogd"], "pass"),
    ],
)
def test_one_logging_system_is_in_charge(tmp_path, units, expected):
    assert outcome(tmp_path, "one_logging_system", running(*units)) == expected


SYSLOG_NG = {
    **TABLES,
    "usr/sbin/syslog-ng": "",
    "lib/systemd/system/syslog-ng.service": "[Service]\nExecStart=/usr/sbin/syslog-ng -F\n",
}
NG_CONF = "source s { %s };\ndestination d { %s };\nlog { source(s); destination(d); };\n"


@pytest.mark.parametrize(
    ("rule", "source", "destination", "expected"),
    [
        ("rsyslog_remote_encrypted", "system();", 'udp("log.example.org");', "fail"),
        ("rsyslog_remote_encrypted", "system();", 'file("/var/log/it");', "not_applicable"),
        ("rsyslog_file_mode", "system();", 'file("/var/log/it" perm(0644));', "fail"),
        ("rsyslog_file_mode", "system();", 'file("/var/log/it");', "pass"),
        ("rsyslog_receiver_off", "network(port(10514));", 'file("/var/log/it");', "fail"),
        ("rsyslog_remote_encrypted", "system();", 'java(class_name("x"));', "error"),
    ],
)
def test_syslog_ng_is_asked_where_it_writes_the_logs(tmp_path, rule, source, destination, expected):
    files = {**SYSLOG_NG, "etc/syslog-ng/syslog-ng.conf": NG_CONF % (source, destination)}

    assert outcome(tmp_path, rule, running("systemd-journald", "syslog-ng"), files) == expected


def test_syslog_ng_that_is_gone_is_not_asked_by_the_configuration_it_left(tmp_path):
    files = {
        "etc/syslog-ng/syslog-ng.conf": NG_CONF % ("network();", 'udp("log.example.org");'),
        "var/lib/dpkg/status": "",
    }

    assert outcome(tmp_path, "rsyslog_receiver_off", running("systemd-journald"), files) == "not_applicable"
