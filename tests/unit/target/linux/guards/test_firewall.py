"""A firewall that is switched on does not close the port by which the controller comes."""

from __future__ import annotations

import re

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import firewall
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

UFW = {"name": "ufw.service"}
NFTABLES = {"name": "nftables.service"}
IPTABLES = {"name": "netfilter-persistent.service"}
ENABLED = {"file": "/etc/ufw/ufw.conf", "name": "ENABLED"}
POLICY = {"file": "/etc/default/ufw", "name": "DEFAULT_INPUT_POLICY"}
ON = {"/etc/ufw/ufw.conf": "# who knows\nENABLED=yes\n"}
CHAIN = "table inet filter {\n  chain input {\n    type filter hook input priority 0; %s\n  }\n}\n"


@pytest.fixture
def closes(tmp_path):
    """A function that says why a change closes all of some ports on a host with some files."""

    def call(files, address, wanted, ports=(22,), planned=None):
        for path, text in files.items():
            place = tmp_path / path[1:]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return firewall.closed_port(Host(str(tmp_path)), address, wanted, ports, planned or {})

    return call


def rule(action="allow", protocol="tcp", port="22", sender="0.0.0.0/0", sender_port="any", direction="in"):
    return f"### tuple ### {action} {protocol} {port} 0.0.0.0/0 {sender_port} {sender} {direction}\n"


@pytest.mark.parametrize("wanted", [{"active": True}, {"enabled": True}])
@pytest.mark.parametrize(
    ("files", "address", "program"),
    [
        (ON, UFW, "ufw"),
        ({"/etc/nftables.conf": CHAIN % "policy drop;"}, NFTABLES, "nftables"),
        ({"/etc/iptables/rules.v4": "*filter\n:INPUT DROP [0:0]\nCOMMIT\n"}, IPTABLES, "iptables"),
    ],
    ids=["ufw", "nftables", "iptables"],
)
def test_service_that_starts_with_nothing_allowed_closes_the_port(closes, files, address, program, wanted):
    reason = closes(files, address, wanted)

    assert reason.startswith(f"{program} would refuse what is not allowed, and nothing allows the SSH port 22; ")
    assert not closes(files, {**address, "file": "/etc/other"}, wanted)


@pytest.mark.parametrize("wanted", [{"active": False, "enabled": False}, {}, None, True])
@pytest.mark.parametrize("address", [UFW, NFTABLES, IPTABLES])
def test_service_that_does_not_start_closes_nothing(closes, address, wanted):
    files = {
        **ON,
        "/etc/nftables.conf": CHAIN % "policy drop;",
        "/etc/iptables/rules.v4": "*filter\n:INPUT DROP\nCOMMIT\n",
    }

    assert closes(files, address, wanted) == ""


def test_other_services_close_nothing(closes):
    assert closes(ON, {"name": "cron.service"}, {"active": True}) == ""
    assert closes(ON, {}, {"active": True}) == ""


def test_ports_and_the_way_to_allow_one_are_named(closes):
    assert closes(ON, UFW, {"active": True}, ports=(2222, 22)) == (
        "ufw would refuse what is not allowed, and nothing allows the SSH port 2222 or 22; "
        "allow it first: ufw allow 2222/tcp"
    )
    assert closes(ON, UFW, {"active": True}, ports=()).endswith("ufw allow 22/tcp")
    files = {"/etc/nftables.conf": CHAIN % "policy drop;", "/etc/iptables/rules.v4": "*filter\n:INPUT DROP\nCOMMIT\n"}
    assert closes(files, NFTABLES, {"active": True}).endswith("allow it first: a rule in /etc/nftables.conf")
    assert closes(files, IPTABLES, {"active": True}).endswith("allow it first: a rule in /etc/iptables/rules.v4")


@pytest.mark.parametrize(
    ("rules", "closed"),
    [
        ("", True),
        (rule(), False),
        (rule("limit"), False),
        (rule("allow_log"), False),
        (rule(protocol="any", port="any"), False),
        (rule(protocol="any"), False),
        (rule(protocol="udp"), True),
        (rule(port="80"), True),
        (rule(port="21"), True),
        (rule(port="23"), True),
        (rule(port="80,22"), False),
        (rule(port="20:22"), False),
        (rule(port="22:30"), False),
        (rule(port="20:21"), True),
        (rule(port="23:30"), True),
        (rule(port="80,443"), True),
        (rule(sender="10.0.0.0/8"), False),
        (rule(sender_port="1024"), True),
        (rule(direction="out"), True),
        (rule(direction="in_lo"), True),
        (rule(direction="in_eth0"), False),
        (rule("deny") + rule(), True),
        (rule("reject", sender="::/0") + rule(), True),
        (rule("deny", sender="any") + rule(), True),
        (rule("deny", sender="10.0.0.0/8") + rule(), False),
        (rule("deny", direction="in_eth0") + rule(), False),
        (rule("deny", sender_port="1024") + rule(), False),
        (rule("deny", port="80") + rule(), False),
        (rule().replace(" in\n", " in comment=6f6b\n"), False),
    ],
)
def test_first_rule_of_ufw_that_fits_decides(closes, rules, closed):
    files = {**ON, "/etc/ufw/user.rules": f"*filter\n{rules}COMMIT\n"}

    assert bool(closes(files, UFW, {"active": True})) is closed


def test_one_port_of_several_is_enough(closes):
    files = {**ON, "/etc/ufw/user.rules": rule(port="2222")}

    assert closes(files, UFW, {"active": True}, ports=(22, 2222)) == ""


@pytest.mark.parametrize(
    ("before", "change", "planned", "closed"),
    [
        ("no", None, {}, False),
        ("no", (ENABLED, "yes"), {}, True),
        ("no", (ENABLED, "YES"), {}, True),
        ("yes", (ENABLED, "no"), {}, False),
        ("no", None, {"ENABLED": "yes"}, True),
        ("yes", None, {"ENABLED": "no"}, False),
        ("yes", None, {"DEFAULT_INPUT_POLICY": "ACCEPT"}, False),
        ("yes", (POLICY, "accept"), {}, False),
        ("yes", (POLICY, "REJECT"), {}, True),
        ("no", (POLICY, "DROP"), {}, False),
        ("no", (POLICY, "DROP"), {"ENABLED": "yes"}, True),
        ("yes", ({**POLICY, "name": "DEFAULT_OUTPUT_POLICY"}, "DROP"), {}, False),
        ("yes", ({**POLICY, "file": "/etc/other"}, "DROP"), {}, False),
    ],
)
def test_settings_of_ufw_count_with_what_the_run_is_to_write(closes, before, change, planned, closed):
    address, wanted = change or (UFW, {"active": True})

    assert bool(closes({"/etc/ufw/ufw.conf": f"ENABLED={before}\n"}, address, wanted, planned=planned)) is closed


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("DEFAULT_INPUT_POLICY=ACCEPT\n", False),
        ("DEFAULT_INPUT_POLICY='ACCEPT'\n", False),
        ('  DEFAULT_INPUT_POLICY="ACCEPT" # open\n', False),
        ("#DEFAULT_INPUT_POLICY=ACCEPT\n", True),
        ("DEFAULT_INPUT_POLICY=DROP\nDEFAULT_INPUT_POLICY=ACCEPT\n", False),
        ("DEFAULT_INPUT_POLICY=ACCEPT\nDEFAULT_INPUT_POLICY=DROP\n", True),
    ],
)
def test_last_word_of_a_file_of_ufw_counts(closes, text, closed):
    assert bool(closes({**ON, "/etc/default/ufw": text}, UFW, {"active": True})) is closed


@pytest.mark.parametrize(
    ("text", "ports", "closed"),
    [
        (CHAIN % "policy drop;", (22,), True),
        (CHAIN % "policy accept;", (22,), False),
        (CHAIN % "policy drop;\n    tcp dport 22 accept", (22,), False),
        (CHAIN % "policy drop;\n    tcp dport ssh accept", (22,), False),
        (CHAIN % "policy drop;\n    tcp dport ssh accept", (2222,), True),
        (CHAIN % "policy drop;\n    tcp dport { 80, 22 } accept", (22,), False),
        (CHAIN % "policy drop;\n    tcp dport 2222 accept", (22,), True),
        (CHAIN % "policy drop;\n    tcp dport 2222 accept", (22, 2222), False),
        (CHAIN % "policy drop;\n    # tcp dport 22 accept", (22,), True),
        (CHAIN % "policy accept; reject", (22,), True),
        (CHAIN.replace("hook input", "hook forward") % "policy drop;", (22,), False),
        ("table inet filter { chain more { drop; } }\n" + CHAIN % "policy accept; jump more", (22,), True),
        ("table inet filter { chain more { drop; } }\n" + CHAIN % "policy accept; goto more;", (22,), True),
        (CHAIN % "policy accept;" + "table inet filter { chain more { drop; } }\n", (22,), False),
        (CHAIN % "policy accept; tcp dport { 1, 2 } accept" + "add chain inet filter input { drop; }\n", (22,), True),
    ],
)
def test_chains_of_nftables_that_are_reached_decide(closes, text, ports, closed):
    assert bool(closes({"/etc/nftables.conf": text}, NFTABLES, {"enabled": True}, ports=ports)) is closed


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("/srv/rules.nft", "/srv/rules.nft"),
        ("nftables/rules.nft", "/etc/nftables/rules.nft"),
        ("/srv/*.nft", "/srv/rules.nft"),
    ],
)
def test_files_that_nftables_includes_count(closes, name, path):
    files = {"/etc/nftables.conf": f'include "{name}"\n', path: CHAIN % "policy drop;"}

    assert closes(files, NFTABLES, {"active": True})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('include "/etc/nftables.conf"\n', "/etc/nftables.conf:1: the include is not followed"),
        ("chain input { type filter hook input priority 0; drop; {", "/etc/nftables.conf:1: a brace is not closed"),
    ],
    ids=["file that includes itself", "chain that is never shut"],
)
def test_what_cannot_be_followed_is_no_permission(closes, text, reason):
    with pytest.raises(ReadError, match=re.escape(reason)):
        closes({"/etc/nftables.conf": text}, NFTABLES, {"active": True})


UNIT = "/usr/lib/systemd/system/nftables.service"
SYSCONFIG = "/etc/sysconfig/nftables.conf"


@pytest.mark.parametrize(
    ("files", "closed"),
    [
        ({SYSCONFIG: CHAIN % "policy drop;"}, "allow it first: a rule in /etc/sysconfig/nftables.conf"),
        ({SYSCONFIG: CHAIN % "policy drop; tcp dport 22 accept"}, ""),
        ({"/etc/nftables.conf": CHAIN % "policy drop;", SYSCONFIG: ""}, ""),
        ({SYSCONFIG: CHAIN % "policy accept;", UNIT + ".d/x.conf": "[Service]\nExecStartPost=/sbin/nft insert rule inet "
          "filter input drop\n"}, "allow it first: a rule in /etc/sysconfig/nftables.conf"),
    ],
    ids=["refuses", "allows", "Debian's file", "drop-in"],
)  # fmt: skip
def test_what_the_unit_of_nftables_really_loads_decides(closes, files, closed):
    """Red Hat's unit loads another file than Debian's, and a site's drop-in may load more."""
    red_hat = {UNIT: f"[Service]\nExecStart=/sbin/nft -f {SYSCONFIG}\n"}

    assert closes({**red_hat, **files}, NFTABLES, {"active": True}).endswith(closed)
    assert bool(closes({**red_hat, **files}, NFTABLES, {"active": True})) is bool(closed)


@pytest.mark.parametrize(
    ("rules", "closed"),
    [
        ("ip saddr 10.0.0.0/8 tcp dport 22 accept", False),
        ('iifname "lo" accept', True),
        ("drop\n    tcp dport 22 accept", True),
        ("tcp dport 22 drop\n    tcp dport 22 accept", True),
        ("tcp dport 22 limit rate 5/minute accept", False),
        ("jump more\n  }\n  chain more {\n    tcp dport 22 accept", False),
        ("ct state established accept", True),
    ],
)
def test_new_connection_is_followed_through_the_rules(closes, rules, closed):
    text = CHAIN % ("policy drop;\n    " + rules)

    assert bool(closes({"/etc/nftables.conf": text}, NFTABLES, {"active": True})) is closed


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        (":INPUT ACCEPT [0:0]\n", False),
        (":INPUT DROP [0:0]\n", True),
        (":INPUT ACCEPT [0:0]\n-A INPUT -j REJECT\n", True),
        (":FORWARD DROP [0:0]\n", False),
        (":INPUT DROP [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\n", False),
        (":INPUT DROP [0:0]\n-A INPUT -p tcp -m multiport --dports 80,22 -j ACCEPT\n", False),
        (":INPUT DROP [0:0]\n-A INPUT -p tcp --dport 2222 -j ACCEPT\n", True),
        (":INPUT DROP [0:0]\n-A OUTPUT -p tcp --dport 22 -j ACCEPT\n", True),
        (":INPUT DROP [0:0]\n-A INPUT -p tcp --dport 22 -j DROP\n", True),
    ],
)
def test_stored_rules_of_iptables_decide(closes, text, closed):
    assert bool(closes({"/etc/iptables/rules.v4": f"*filter\n{text}COMMIT\n"}, IPTABLES, {"active": True})) is closed


PLUGIN, SETS = "/usr/share/netfilter-persistent/plugins.d/10-ipset", "/etc/iptables/ipsets"
BY_SET = "*filter\n:INPUT DROP\n-A INPUT -m set --match-set few src -j ACCEPT\nCOMMIT\n"


@pytest.mark.parametrize(("entries", "closed"), [("add few 10.0.0.0/8\n", False), ("", True)], ids=["some", "nobody"])
def test_senders_of_a_set_are_those_that_are_in_it(closes, entries, closed):
    files = {"/etc/iptables/rules.v4": BY_SET, PLUGIN: "", SETS: "create few hash:net\n" + entries}

    assert bool(closes(files, IPTABLES, {"active": True})) is closed


def test_rules_of_a_set_that_nothing_makes_are_no_permission(closes):
    with pytest.raises(ReadError, match="the set few is not made at boot"):
        closes({"/etc/iptables/rules.v4": BY_SET, SETS: "create few hash:net\n"}, IPTABLES, {"active": True})


def test_what_goes_out_is_told_apart_from_what_comes_in(tmp_path):
    host = Host(str(tmp_path))
    for path, text in {
        "etc/default/ufw": 'DEFAULT_OUTPUT_POLICY="DROP"\n',
        "etc/iptables/rules.v4": "*filter\n:OUTPUT ACCEPT\n-A OUTPUT -d 10.0.0.1 -j REJECT\nCOMMIT\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    assert firewall.ufw_refuses_output(host)
    assert not firewall.ufw_refuses_output(Host(str(tmp_path / "empty")))
    tables = firewall.stored(host, "netfilter-persistent.service")
    assert (firewall.refuses(tables, "output"), firewall.refuses(tables)) == (True, False)


@pytest.mark.parametrize(
    ("text", "closed"),
    [(":INPUT DROP [0:0]\n", True), (":INPUT DROP [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\n", False)],
)
def test_stored_rules_of_red_hats_unit_decide(closes, text, closed):
    files = {"/etc/sysconfig/iptables": f"*filter\n{text}COMMIT\n"}
    unit = {"name": "iptables.service"}

    # Debian's netfilter-persistent has this name too, and loads another file.
    assert closes(files, unit, {"active": True}) == ""
    reason = closes({**files, "/usr/libexec/iptables/iptables.init": ""}, unit, {"active": True})
    assert bool(reason) is closed
    assert ("a rule in /etc/sysconfig/iptables" in reason) is closed


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("jump nowhere", "the chain 'nowhere' is not there"),
        ("jump input", "the chain 'input' is at a hook, nothing leads into it"),
        ("counter name web accept", "the counter web is not there"),
    ],
)
def test_rules_that_nft_does_not_take_are_not_started(closes, rule, reason):
    with pytest.raises(ReadError, match=reason):
        closes({"/etc/nftables.conf": CHAIN % ("policy accept; " + rule)}, NFTABLES, {"active": True})
