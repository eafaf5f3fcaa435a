"""Scenarios on a booted host: what a reader says of them is what the program itself makes of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.scenarios.linux import aide, crypto, log_forwarding, logrotate, rsyslog, sudo, syslog_ng, text_setting

pytestmark = pytest.mark.hosts
ROOT = Path(__file__).parents[2]
CODE = "/opt/hipaa-cis-test"
TARGET = "plugins/module_utils/linux"
# They ask for something else than whether a port is taken or which mode a file gets.
NOT_SEEN = {"absent", "what-is-sent", "other-configuration", "stock-unit", "include-leads-nowhere"}
# The host has its own; the program that generates is not there.
OWN = {"shipped-blocks-that-are-not-used", "generator-that-is-used"}


def of_gnutls():
    """Return the scenarios of GnuTLS but that of another system's; the host has its own library."""
    return [
        {**asdict(one), "files": {path: text for path, text in one.files.items() if path != crypto.GNUTLS_LIBRARY}}
        for one in crypto.SCENARIOS
        if one.address == crypto.GNUTLS and crypto.GNUTLS_LIBRARY in one.files and "/etc/os-release" not in one.files
    ]


def given():
    """Return the scenarios that a program can be asked about; those of journald for one of another name."""
    journals = [
        asdict(one) for one in text_setting.SCENARIOS if one.address == text_setting.JOURNAL and not one.commands
    ]
    # The host has its own library.
    tls = [
        {**asdict(one), "files": {path: text for path, text in one.files.items() if path != crypto.LIBRARY}}
        for one in crypto.SCENARIOS
        if one.address == crypto.OPENSSL and crypto.LIBRARY in one.files
    ]
    # Without what the host has itself; where the reader is stricter by intent, AIDE only repeats the rule.
    watched = [
        asdict(one)
        for one in aide.SCENARIOS
        if one.id.endswith("0.18.3") and not one.id.startswith(("growing", "change-that", "another"))
    ]
    for one in watched:
        one["files"] = {path: text for path, text in one["files"].items() if path not in aide.BASE}
    return {
        "aide": watched,
        "crypto": tls,
        "gnutls": of_gnutls(),
        # Whether what is sent is seen by others no host tells of itself.
        "rsyslog": [
            asdict(one)
            for one in rsyslog.SCENARIOS
            if one.id not in NOT_SEEN and one.address["query"] != "forwards_in_clear"
        ],
        "sudo": [asdict(one) for one in sudo.FREED],
        "text_setting": json.loads(json.dumps(journals).replace("journald.conf", "journald@agree.conf")),
    }


# Texts for nftables.service: with what a filter is taken, and with a slip of the pen. An interface may come later, so no verdict hangs on one.
FILTER = (
    "table inet site {{\nchain few {{\nip saddr 10.0.0.1 accept\n}}\n{more}\n"
    "chain input {{\ntype filter hook input priority 0; policy drop;\n{rule}\n}}\n}}\n"
)
MORE = {
    "nothing": ("", "tcp dport 22 accept"),
    "jump": ("", "tcp dport 22 jump few"),
    "set": (
        "set s { type ipv4_addr; flags timeout, interval; elements = { 10.0.0.0/8 timeout 2h } }",
        "ip saddr @s accept",
    ),
    "map": ("map m { type inet_service : verdict; elements = { 22 : accept, 80 : jump few } }", "tcp dport vmap @m"),
    "counter": ("counter c { packets 0 bytes 0 }", 'limit rate 5/second log prefix "x " flags all counter name c drop'),
    "behind": (
        "set s { type ipv4_addr; }\n}\nadd element inet site s { 10.0.0.2 }\ntable inet site {",
        "ip saddr @s accept",
    ),
    "limit": ("limit few_a_second { rate 5/second; }", 'limit name "few_a_second" accept'),
    "helper": ('ct helper files { type "ftp" protocol tcp; }', 'tcp dport 21 ct helper set "files"'),
    "state-of-translation": ("", "ct status dnat accept"),
    # Of chains that lead in a circle the kernel minds nothing, as long as no packet can come there.
    "circle-that-nothing-leads-to": ("chain a {\njump b\n}\nchain b {\njump a\n}", "accept"),
    "counter-of-the-same-braces": ("chain early {\ncounter name c\n}\ncounter c { }", "accept"),
    "table-that-is-made-anew": ("}\ndelete table inet site\ntable inet site {", "accept"),
    "jump-to-nowhere": ("", "tcp dport 22 jump fwe"),
    "two-words": ("", "tcp dport 22 jump few few"),
    "no-such-state": ("", "ct state establishd accept"),
    "no-such-port": ("", "tcp dport 70000 accept"),
    "no-such-service": ("", "tcp dport no-such-service accept"),
    "no-such-set": ("", "ip saddr @s accept"),
    "no-such-prefix": ("set s { type ipv4_addr; flags interval; elements = { 10.0.0.0/33 } }", "ip saddr @s accept"),
    "no-such-type": ("set s { type ipv4_add; }", "accept"),
    "no-such-block": ("chian other { }", "accept"),
    "verdict-behind-a-verdict": ("", "accept accept"),
    "no-such-counter": ("", "counter name c accept"),
    "no-such-limit": ("counter c { }", "limit name c accept"),
    "no-such-quota": ("", "quota name q accept"),
    "no-such-helper": ("", 'ct helper set "files"'),
    "no-such-proxy": ("", 'tcp dport 80 synproxy name "p"'),
    "no-such-flowtable": ("", "flow add @f"),
    "counter-of-another-table": ("}\ntable inet other {\ncounter c { }\n}\ntable inet site {", "counter name c accept"),
    "counter-that-comes-later": (
        "chain early {\ncounter name c\n}\n}\ntable inet site {\ncounter c { }",
        "accept",
    ),
    "chain-that-comes-later": ("chain early {\njump late\n}\n}\ntable inet site {\nchain late {\n}", "accept"),
    "map-that-leads-to-nowhere": ("map m { type inet_service : verdict; elements = { 22 : jump fwe } }", "accept"),
    "circle": ("chain a {\njump b\n}\nchain b {\njump a\n}", "jump a"),
    "jump-to-a-hook": ("chain out {\ntype filter hook output priority 0;\n}", "jump out"),
    "translation-in-a-filter": ("", "masquerade"),
    "refusal-on-the-way-out": ("chain out {\ntype filter hook postrouting priority 0;\nreject\n}", "accept"),
    "no-such-hook-of-its-type": ("chain out {\ntype route hook input priority 0;\n}", "accept"),
    "no-such-table": ("}\nflush table inet other\ntable inet site {", "accept"),
    "no-such-chain": ("}\nflush chain inet site other\ntable inet site {", "accept"),
    "table-that-is-there-already": ("}\ncreate table inet site\ntable inet site {", "accept"),
    "another-hook": (
        "chain out {\ntype filter hook output priority 0;\n}\nchain out {\ntype filter hook forward priority 0;\n}",
        "accept",
    ),
}
# Files for netfilter-persistent.service: (tables before COMMIT, rule); the first are taken.
RULES = {
    "nothing": "-A INPUT -i lo -j ACCEPT",
    "chain": ":few - [0:0]\n-A few -s 10.0.0.1 -j ACCEPT\n-A INPUT -j few",
    "multiport": "-A INPUT -p tcp -m multiport --dports 22,80:90 -m conntrack --ctstate NEW -j ACCEPT",
    "mask-of-nothing": "-A INPUT -s 0/0 -p tcp --dport 22 -j ACCEPT",
    "reset": "-A INPUT -p tcp -j REJECT --reject-with tcp-reset",
    "untracked": "COMMIT\n*raw\n-A PREROUTING -j CT --notrack",
    "set": "-A INPUT -m set --match-set few src -j ACCEPT",
    "target-in-one-with-its-option": "-A INPUT -p tcp --dport 22 -jACCEPT",
    "no-such-match": "-A INPUT -m nosuch -j ACCEPT",
    "no-such-target": "-A INPUT -j nosuch",
    "no-such-chain": "-A INPTU -j ACCEPT",
    "no-such-address": "-A INPUT -s 1.2.3.999 -j ACCEPT",
    "no-such-port": "-A INPUT -p tcp --dport 99999 -j ACCEPT",
    "no-such-state": "-A INPUT -m conntrack --ctstate NEWW -j ACCEPT",
    "no-such-option": "-A INPUT --nosuch x -j ACCEPT",
    "no-such-set": "-A INPUT -m set --match-set many src -j ACCEPT",
    "port-without-a-protocol": "-A INPUT --dport 22 -j ACCEPT",
    "reset-of-any": "-A INPUT -j REJECT --reject-with tcp-reset",
    "target-of-another-table": "-A INPUT -j MASQUERADE",
    "chain-that-comes-later": "-A INPUT -j few\n:few - [0:0]",
    "circle": ":a - [0:0]\n:b - [0:0]\n-A a -j b\n-A b -j a\n-A INPUT -j a",
    "commit-with-a-blank": "COMMIT ",
    "no-such-table": "COMMIT\n*nosuch",
}
# Sets that the plug-in brings back, and whether anybody is let in by them.
IN_SETS = {
    "create few hash:ip\nadd few 10.0.0.1\n": "refuse",
    "create few hash:net\nadd few 0.0.0.0/1\nadd few 128.0.0.0/1\n": "accept",
    "create few hash:net\n": "refuse",
}
LOADED = (
    f"import json, sys; sys.path.insert(0, {CODE!r}); "
    "from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.firewall import QUERIES, read; "
    "from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host; "
    "seen = read(Host('/'), [{'query': 'default', 'family': 'ipv4'}])[0]; print(json.dumps([seen.state, seen.reason or '']))"
)
LET_IN = (
    LOADED.partition("print(")[0] + "print(json.dumps({when: ways['incoming'] for when, ways in seen.value.items()}))"
)
LOOK = (
    f"import json, sys; sys.path.insert(0, {CODE!r}); "
    "from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host; "
    "from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.initramfs import images; "
    "print(json.dumps([['udf' in one.modules, one.loads('udf')] for one in images(Host('/'))]))"
)

SYSLOG_NG = "/etc/syslog-ng/syslog-ng.conf"
TO_ITSELF = 'udp("log.example" port(10515));'
STOCK_SYSLOG_NG = (
    f"import json, sys; sys.path.insert(0, {CODE!r}); "
    "from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host; "
    "from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind; "
    "print(json.dumps({query: read_kind(Host('/'), 'syslog_ng', [{'query': query}])[0].as_dict() "
    "for query in ('receivers', 'files', 'forwards', 'forwards_in_clear')}))"
)


def carry_code(host):
    for path in (ROOT / TARGET).rglob("*.py"):
        host.write(f"{CODE}/ansible_collections/hipaa/cis/{path.relative_to(ROOT)}", path.read_text(encoding="utf-8"))


def test_initial_file_system_has_the_locks_once_it_is_made_anew(server_host):
    """As update-initramfs of the distribution makes it: what is locked on the disk alone is loaded from the old one."""
    carry_code(server_host)

    def look():
        return json.loads(server_host.run(["python3", "-c", LOOK]).stdout)

    assert look() == [[True, True]]
    server_host.write("/etc/modprobe.d/cis.conf", "install udf /bin/false\nblacklist udf\n")
    assert look() == [[True, True]]
    server_host.run(["update-initramfs", "-u", "-k", "all"], timeout=300)
    assert look() == [[True, False]]


def test_a_file_that_nft_does_not_take_is_no_firewall_at_boot(server_host):
    """nft loads it into a network of its own, or does not; to ask of it loads nothing."""
    carry_code(server_host)
    server_host.run(["systemctl", "enable", "--quiet", "nftables.service"])
    taken, seen = {}, {}
    for name, (more, rule) in MORE.items():
        server_host.write("/etc/nftables.conf", FILTER.format(more=more, rule=rule), 0o755)
        tried = server_host.run(["unshare", "-n", "nft", "-f", "/etc/nftables.conf"], check=False)
        taken[name] = "value" if tried.returncode == 0 else "error"
        seen[name] = json.loads(server_host.run(["python3", "-c", LOADED]).stdout)
    assert {name: state for name, (state, _reason) in seen.items()} == taken, seen
    assert [name for name, state in taken.items() if state == "value"] == list(MORE)[:12]
    assert not server_host.run(["nft", "list", "ruleset"]).stdout


def _restored(host, rule, sets):
    """Return whether a network of its own takes the file, and what the reader says of the next boot by it."""
    host.write("/etc/iptables/rules.v4", f"*filter\n:INPUT DROP [0:0]\n{rule}\nCOMMIT\n")
    host.write("/etc/iptables/ipsets", sets)
    load = "ipset restore < /etc/iptables/ipsets && iptables-restore < /etc/iptables/rules.v4"
    tried = host.run(["unshare", "-n", "sh", "-c", load], check=False)
    return tried.returncode == 0, json.loads(host.run(["python3", "-c", LOADED]).stdout)


def test_a_file_that_iptables_restore_does_not_take_is_no_firewall_at_boot(booted_host):
    """As it is for nft; what is in a set that netfilter-persistent's plug-in brings back is asked of the unit itself."""
    install = "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install nftables iptables-persistent ipset-persistent"
    booted_host.run(["sh", "-c", install], timeout=300)
    booted_host.run(["systemctl", "enable", "--quiet", "netfilter-persistent.service"])
    carry_code(booted_host)
    taken, seen = {}, {}
    for name, rule in RULES.items():
        loaded, answer = _restored(booted_host, rule, "create few hash:ip\nadd few 10.0.0.1\n")
        taken[name], seen[name] = "value" if loaded else "error", answer
    assert {name: state for name, (state, _reason) in seen.items()} == taken, seen
    assert [name for name, state in taken.items() if state == "value"] == list(RULES)[:7]
    for sets, incoming in IN_SETS.items():
        _restored(booted_host, RULES["set"], sets)
        # A set of another type is in the way of one that comes back by its name, and the unit fails.
        booted_host.run(
            ["sh", "-c", "netfilter-persistent flush; ipset destroy; systemctl restart netfilter-persistent.service"]
        )
        shown = json.loads(booted_host.run(["python3", "-c", LET_IN]).stdout)
        assert shown == {"now": incoming, "boot": incoming}, sets
    booted_host.run(["netfilter-persistent", "flush"])


def test_readers_say_what_the_programs_do(server_host):
    carry_code(server_host)
    server_host.write(f"{CODE}/agree.py", Path(__file__).with_name("agree_on_host.py").read_text(encoding="utf-8"))
    server_host.write(f"{CODE}/given.json", json.dumps(given()))

    answer = json.loads(server_host.run(["python3", f"{CODE}/agree.py", CODE, f"{CODE}/given.json"]).stdout)

    seen = {f"{kind} {name}": pair for kind, rows in answer.items() for name, pair in rows.items()}
    assert len(seen) > 180
    # Of what a program complains about no verdict is given.
    assert {name: pair for name, pair in seen.items() if pair[0] != pair[1] and pair[1] != "error"} == {}


def test_reader_of_syslog_ng_says_what_it_does(booted_host):
    """It takes the place of rsyslog, and what comes with it is read without an error."""
    booted_host.run(
        [
            "sh",
            "-c",
            "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install syslog-ng-core syslog-ng-scl",
        ],
        timeout=300,
    )
    booted_host.run(["systemctl", "stop", "syslog-ng"])
    carry_code(booted_host)
    stock = json.loads(booted_host.run(["python3", "-c", STOCK_SYSLOG_NG]).stdout)
    assert {key: one["state"] for key, one in stock.items()} == dict.fromkeys(stock, "value")
    assert {one["mode"] for one in stock["files"]["value"]} == {"0640"}
    booted_host.write(f"{CODE}/agree.py", Path(__file__).with_name("agree_on_host.py").read_text(encoding="utf-8"))
    rows = [
        asdict(one)
        for one in syslog_ng.SCENARIOS
        if one.id not in NOT_SEEN | OWN and one.address["query"] in ("receivers", "files")
    ]
    booted_host.write(f"{CODE}/given.json", json.dumps({"syslog_ng": rows}))

    seen = json.loads(booted_host.run(["python3", f"{CODE}/agree.py", CODE, f"{CODE}/given.json"]).stdout)["syslog_ng"]

    assert len(seen) == len(rows) > 40
    assert {name: pair for name, pair in seen.items() if pair[0] != pair[1] and pair[1] != "error"} == {}

    start = '@version: 3.38\n@include "scl.conf"\n'
    paths = [
        {
            **asdict(one),
            "files": {SYSLOG_NG: start + str(one.files[SYSLOG_NG]).replace(log_forwarding.NG_TLS, TO_ITSELF)},
        }
        for one in log_forwarding.SCENARIOS
        if one.id.startswith("syslog-ng: ")
    ]
    booted_host.write(f"{CODE}/given.json", json.dumps({"log_forwarding": paths}))
    booted_host.run(["sh", "-c", "echo 127.0.0.1 log.example >>/etc/hosts"])
    answer = json.loads(booted_host.run(["python3", f"{CODE}/agree.py", CODE, f"{CODE}/given.json"]).stdout)
    sent = {name.partition(": ")[2]: pair for name, pair in answer["log_forwarding"].items()}
    assert len(sent) > 10
    # What comes through these is not followed, though all does.
    assert {name for name, (all_came, said) in sent.items() if all_came != said} == {
        "through a parser",
        "in a path within",
    }


# These are about jobs, or the version, or a file that the host has itself, or about an age, at which `-f` does not look.
NOT_OF_LOGROTATE = ("minage-", "no-program", "two-jobs", "job-with", "old-version", "unknown-version", "schedule-")


@pytest.mark.parametrize(("fixture", "version"), [("booted_host", "3.21.0"), ("debian13_host", "3.22.0")])
def test_reader_of_logrotate_says_what_it_rotates(request, fixture, version):
    host = request.getfixturevalue(fixture)
    host.run(
        ["sh", "-c", "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install logrotate"], timeout=300
    )
    carry_code(host)
    host.write(f"{CODE}/agree.py", Path(__file__).with_name("agree_on_host.py").read_text(encoding="utf-8"))
    other = {"3.21.0": "3.22", "3.22.0": "3.21"}[version]
    rows = [
        {
            **asdict(one),
            "files": {
                path: file
                for path, file in asdict(one)["files"].items()
                if path.startswith(("/etc/logrotate", "/srv/"))
            },
        }
        for one in logrotate.SCENARIOS
        if not one.id.startswith(NOT_OF_LOGROTATE) and other not in one.id
    ]
    host.write(f"{CODE}/given.json", json.dumps({"logrotate": rows}))

    seen = json.loads(host.run(["python3", f"{CODE}/agree.py", CODE, f"{CODE}/given.json"]).stdout)["logrotate"]

    assert len(seen) == len(rows) > 80
    assert {name: pair for name, pair in seen.items() if pair[0] != pair[1] and pair[1] != "error"} == {}
