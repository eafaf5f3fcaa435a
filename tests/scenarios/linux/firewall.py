"""Scenarios of the packet filter: what is loaded, and what the files of ufw, nftables and netfilter-persistent bring back."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.units import PROPERTIES
from tests.scenarios import boot
from tests.scenarios.firewall_by_firewalld import CASES, SHIPPED, Configured
from tests.scenarios.linux import File, Scenario

REFUSES = {"fields": {"incoming": {"equals": "refuse"}}}
BOTH_REFUSE = {"fields": {"now": REFUSES, "boot": REFUSES}}
NONE = {"fields": {"now": {"empty": True}, "boot": {"empty": True}}}
LOOPBACK = {"fields": {"in": {"equals": True}, "out": {"equals": True}, "claimed": {"equals": "refuse"}}}
UNITS = ("ufw", "nftables", "netfilter-persistent", "firewalld")
SHOW = "systemctl show --no-pager --property=%s -- " % PROPERTIES + " ".join(unit + ".service" for unit in UNITS)
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
SSH_LISTENS = (
    HEAD + "   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 9 1 0\n"
)
ROUTE = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\neth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
CONF = "/etc/nftables.conf"
V4 = "/etc/iptables/rules.v4"


def _units(*started: str) -> str:
    return "\n".join(_unit(unit + ".service", "enabled" if unit in started else "disabled") for unit in UNITS)


RED_HAT = ("iptables", "ip6tables")
OF_RED_HAT = "/usr/lib/systemd/system/iptables.service"
SHOW_RED_HAT = SHOW + "".join(" %s.service" % unit for unit in RED_HAT)


def _by_iptables_services(name: str, verdict: str, started: Sequence[str], **keys: Any) -> Scenario:
    """Return a host with Red Hat's iptables-services; its units' ``starts`` are those of the package where nothing else is given."""
    files: Dict[str, Any] = {"/usr/libexec/iptables/%s.init" % unit: File("", 0o755) for unit in RED_HAT}
    files.update(_links(started))
    start = keys.pop("start", "/usr/libexec/iptables/iptables.init start")
    files[OF_RED_HAT] = "[Service]\nExecStart=%s\n" % start
    shown = (
        _units()
        + "\n"
        + "\n".join(_unit(unit + ".service", "enabled" if unit in started else "disabled") for unit in RED_HAT)
    )
    return _case(
        "red-hats-" + name, "default", verdict, BOTH_REFUSE, now=_nft(), started=(), commands={SHOW_RED_HAT: shown},
        files={**files, **keys.pop("files", {})}, **keys,
    )  # fmt: skip


def _links(started: Sequence[str]) -> Dict[str, File]:
    return {path: File(link=to) for unit in started for path, to in boot.link(unit + ".service").items()}


def _unit(name: str, state: str) -> str:
    return "Id=%s\nNames=%s\nLoadState=loaded\nActiveState=active\nUnitFileState=%s\n" % (name, name, state)


def _by_firewalld(case: Configured) -> Scenario:
    manager = "NetworkManager.service"
    return _case(
        "firewalld-" + case.id, case.query, case.verdict, case.expect, now=case.now, reason=case.reason, family=case.family,
        started=("firewalld", case.starts.partition(".")[0]), files={**SHIPPED, **(_links(["NetworkManager"]) if case.starts == manager else {}), **case.files},
        commands={SHOW.partition(" -- ")[0] + " -- " + manager: _unit(manager, "enabled" if case.starts == manager else "disabled"), **case.commands},
    )  # fmt: skip


def _nft(*rules: str, policy: str = "drop", more: str = "") -> str:
    lines = "".join("\t\t%s\n" % rule for rule in rules)
    return "%stable inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy %s;\n%s\t}\n}\n" % (
        more, policy, lines,
    )  # fmt: skip


def _saved(*rules: str, policy: str = "DROP") -> str:
    return "*filter\n:INPUT %s [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\n%sCOMMIT\n" % (
        policy, "".join(rule + "\n" for rule in rules),
    )  # fmt: skip


def _case(name: str, query: str, verdict: str, expect: Dict[str, Any], **keys: Any) -> Scenario:
    loaded: Optional[str] = keys.pop("now", "")
    started = keys.pop("started", ("nftables",))
    commands = {SHOW: _units(*started), **keys.pop("commands", {})}
    if loaded is not None:
        commands["nft list ruleset"] = loaded
    files = {
        "/run/systemd/system/x": "",
        **boot.UNIT_FILES,
        **_links(started),
        "/proc/net/route": ROUTE,
        "/proc/net/tcp": SSH_LISTENS,
        "/proc/net/udp": HEAD,
        **keys.pop("files", {}),
    }
    reason = keys.pop("reason", "")
    observed: Dict[str, Any] = {"state": "error", "reason": reason} if reason else {"state": "value"}
    address = {"query": query, "family": keys.pop("family", "ipv4")}
    return Scenario(name, address, expect, verdict, observed, files=files, commands=commands, **keys)


def _same(name: str, query: str, verdict: str, expect: Dict[str, Any], text: str, **keys: Any) -> Scenario:
    """The rules are loaded, and stored in the file of nftables."""
    return _case(name, query, verdict, expect, now=text, files={CONF: text, **keys.pop("files", {})}, **keys)


UFW_FILES = {
    "/etc/default/ufw": 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\nDEFAULT_FORWARD_POLICY="DROP"\n',
    "/etc/ufw/ufw.conf": "ENABLED=yes\n",
    "/etc/ufw/before.rules": "*filter\n:ufw-before-input - [0:0]\n-A ufw-before-input -i lo -j ACCEPT\nCOMMIT\n",
    "/etc/ufw/after.rules": "*filter\n:ufw-after-input - [0:0]\nCOMMIT\n",
    "/etc/ufw/user.rules": "*filter\n:ufw-user-input - [0:0]\n-A ufw-user-input -p tcp --dport 22 -j ACCEPT\nCOMMIT\n",
    "/etc/ufw/before6.rules": "*filter\n-A ufw6-before-input -m rt --rt-type 0 -j DROP\nCOMMIT\n",
    "/etc/ufw/after6.rules": "*filter\nCOMMIT\n",
    "/etc/ufw/user6.rules": "*filter\nCOMMIT\n",
}
# nft indents with tabs, which this file has none of.
UFW_LOADED = """\
table ip filter {
  chain INPUT {
    type filter hook input priority filter; policy drop;
    counter packets 1 bytes 52 jump ufw-before-input
  }
  chain FORWARD {
    type filter hook forward priority filter; policy drop;
  }
  chain ufw-before-input {
    iifname "lo" counter packets 0 bytes 0 accept
    counter packets 0 bytes 0 jump ufw-user-input
  }
  chain ufw-user-input {
    meta l4proto tcp tcp dport 22 counter packets 1 bytes 52 accept
  }
}
""".replace("  ", "\t")
UFW_EMPTIED = (
    "table ip filter {\n\tchain INPUT {\n\t\ttype filter hook input priority filter; policy %s;\n\t}\n"
    "\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n\tchain ufw-user-input {\n\t}\n}\n"
)
UFW: Dict[str, Any] = {"started": ("ufw",), "files": UFW_FILES}
UNKNOWN = _nft("osf name Linux accept")
LEGACY = {"/proc/net/ip_tables_names": "filter\n"}

UNIT = "/usr/lib/systemd/system/nftables.service"
OWN_START = "/etc/systemd/system/nftables.service.d/own.conf"
SYSCONFIG = "/etc/sysconfig/nftables.conf"
PROBLEM = "is started at boot, and what it loads is not followed; look at it by hand"


def _start(*commands: str) -> str:
    return "[Service]\n" + "".join("ExecStart=%s\n" % command for command in commands)


def _started(name: str, verdict: str, files: Dict[str, Any], **keys: Any) -> Scenario:
    """Rules that refuse are loaded, and stand in Debian's file; the unit has files of its own."""
    shipped = {CONF: _nft(), UNIT: _start("/usr/sbin/nft -f " + CONF)}
    return _case("start-" + name, "default", verdict, BOTH_REFUSE, now=_nft(), files={**shipped, **files}, **keys)


def _objected(name: str, verdict: str, said: str, **keys: Any) -> Scenario:
    """What is loaded refuses, and so would the file; nft, asked without the right to load anything, says this of it."""
    asked = 'setpriv --bounding-set=-all --inh-caps=-all nft --check flush ruleset\ninclude "%s"\n' % CONF
    return _case(
        "nft-objects-" + name, "default", verdict, BOTH_REFUSE, now=_nft(), files={CONF: _nft("tcp dport ssh accept")},
        commands={asked: CommandResult(1, "", said)}, **keys,
    )  # fmt: skip


def _by_sign(started: str) -> Dict[str, Any]:
    return {OWN_START: _start("", started), "/etc/own.nft": _nft(policy="accept")}


def _own(
    name: str, verdict: str, command: str, files: Dict[str, Any], *, started: bool = True, **keys: Any
) -> Scenario:
    """Rules that refuse are loaded; what comes back at boot, a unit of the site's own loads."""
    unit = "my-rules.service"
    programs = {
        "/usr/sbin/%s" % one: File("", 0o755) for one in ("nft", "iptables", "iptables-restore", "ip6tables-restore")
    }
    planted = {
        **keys.pop("programs", {**programs, "/bin/sh": File("", 0o755)}),
        "/etc/systemd/system/" + unit: _start(*command.split("\n")),
        **(_links(["my-rules"]) if started else {}),
        **files,
    }
    shown = {SHOW.partition(" -- ")[0] + " -- " + unit: _unit(unit, "enabled" if started else "disabled")}
    return _case(
        "own-unit-" + name, "default", verdict, BOTH_REFUSE, now=_nft(), files=planted, commands={**shown, **keys.pop("commands", {})},
        started=(keys.pop("started_too"),) if "started_too" in keys else (), **keys,
    )  # fmt: skip


OWN_UNFOLLOWED = (
    "/etc/systemd/system/my-rules.service: %s is started at boot, and what it loads is not followed; look at it by hand"
)
LAST_WORD = (
    "nftables.service and my-rules.service load packet filters at boot, and nothing says which of them has the last word; "
    "put the rules into one of them"
)
OWN_NFT, OWN_V4 = {"/etc/my.nft": _nft()}, {"/etc/my.rules": _saved()}
SCRIPT = {"/usr/local/sbin/rules": "#!/bin/sh\niptables -P INPUT DROP\n"}
# Of the four units only this one has a link that lasts.
WANTED = {
    "/etc/systemd/system/multi-user.target.wants/nftables.service": File(
        link="/usr/lib/systemd/system/nftables.service"
    )
}
SENDERS = (
    "table inet filter {\n\tset few {\n\t\ttype ipv4_addr\n\t\tflags interval,timeout\n\t\telements = { 10.0.0.1 timeout 1h expires 5m%s }\n"
    "\t}\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t\t%s\n\t}\n}\n"
)
# Matches of iptables that hold for a part of the packets, with what stands behind them.
PARTS = [
    ("limit", "fail", "-m limit --limit 5/min"),
    ("limit-of-a-port", "pass", "-m limit --limit 5/min --limit-burst 3 -p tcp --dport 22"),
    ("limit-of-all-but-some", "fail", "-m limit --limit 5/min ! -s 10.0.0.0/8"),
    ("limit-of-some", "pass", "-m limit --limit 5/min -s 10.0.0.0/8"),
    ("limit-of-no-first-packet", "pass", "-p tcp -m limit --limit 5/min ! --syn"),
    ("hashlimit", "fail", "-m hashlimit --hashlimit-upto 5/min --hashlimit-mode srcip --hashlimit-name a"),
    ("recent", "fail", "-m recent --rcheck --seconds 60 --name a --rsource"),
    ("not-recent-of-a-port", "pass", "-m recent ! --rcheck --name a -m tcp -p tcp --dport 22"),
    ("no-way-back", "pass", "-m rpfilter --validmark --invert"),
    ("a-way-back", "fail", "-m rpfilter --loose"),
]
MAKE_FEW = "create few hash:net family inet hashsize 1024 maxelem 65536\n"
SETS = "/etc/iptables/ipsets"
STORED_SETS = [
    ("of-a-few", "pass", "--match-set few src", {SETS: MAKE_FEW + "add few 10.0.0.0/8\n"}, ""),
    ("of-all", "fail", "--match-set few src", {SETS: MAKE_FEW + "add few 0.0.0.0/1\nadd few 128.0.0.0/1\n"}, ""),
    ("of-all-but-a-few", "fail", "! --match-set few src", {SETS: MAKE_FEW + "add few 10.0.0.0/8\n"}, ""),
    ("that-is-not-there", "error", "--match-set few src", {},
     V4 + ":5: the set few is not made at boot by anything that is followed"),
    ("with-a-slip", "error", "--match-set few src", {SETS: MAKE_FEW + "add few 10.0.0.999\n"},
     SETS + ":2: '10.0.0.999' is no address of its set"),
    ("that-time-empties", "error", "--match-set few src", {SETS: "create few hash:ip timeout 60\nadd few 10.0.0.1 timeout 9\n"},
     V4 + ":5: the rule is not followed, and what becomes of incoming packets hangs on it; look at it by hand"),
    ("of-pairs-for-a-port", "pass", "--match-set few src,dst -p tcp --dport 22", {SETS: "create few hash:ip,port\nadd few 10.0.0.1,tcp:22\n"}, ""),
]  # fmt: skip
BY_IPTABLES = "table ip filter {\n\tchain INPUT {\n\t\ttype filter hook input priority filter; policy drop;\n\t\txt match set accept\n\t}\n}\n"
NOT_RESTORED = "iptables-restore does not take this, and loads nothing of its table at boot: "
ASK_IPTABLES = "setpriv --bounding-set=-all --inh-caps=-all iptables-nft-restore --test --table filter " + V4
NEWW = 'iptables-nft-restore v1.8.9 (nf_tables): Bad ctstate "NEWW"\nError occurred at line: 5\nTry `iptables-nft-restore -h\' for more information.\n'
PROGRAM = "an option that starts another program is not followed; take it out"
# As iptables-restore 1.8.9 and 1.8.11 of both interfaces were seen to take files.
SLIPS = [
    ("without-commit", _saved().replace("COMMIT\n", ""), ":4: " + NOT_RESTORED + "COMMIT is missing behind it"),
    ("commit-with-a-blank", _saved().replace("COMMIT\n", "COMMIT \n"), ":5: " + NOT_RESTORED + "it has to begin its line"),
    ("no-such-table", _saved().replace("*filter", "*fliter"), ":1: " + NOT_RESTORED + "there is no table 'fliter'"),
    ("before-any-table", "-P INPUT DROP\n" + _saved(), ":1: " + NOT_RESTORED + "it stands in no table"),
    ("no-such-chain", _saved("-A INPTU -j DROP"), ":5: " + NOT_RESTORED + "the chain 'INPTU' is not there"),
    ("chain-of-another-table", _saved("-A PREROUTING -j DROP"), ":5: " + NOT_RESTORED + "the chain 'PREROUTING' is not there"),
    ("no-such-target", _saved("-A INPUT -p tcp --dport 9 -j accept"), ":5: " + NOT_RESTORED + "the chain 'accept' is not there"),
    ("chain-that-comes-later", _saved("-A INPUT -p tcp --dport 9 -j few", ":few - [0:0]"), ":5: " + NOT_RESTORED + "the chain 'few' is not there"),
    ("jump-into-a-hook", _saved("-A INPUT -p tcp --dport 9 -j OUTPUT"), ":5: " + NOT_RESTORED + "the chain 'OUTPUT' is not there"),
    ("circle", _saved(":a - [0:0]", "-A INPUT -p tcp --dport 9 -j a", "-A a -j a"), ":7: rules lead in a circle, or through more than 15 chains"),
    ("translation-in-a-filter", _saved("-A INPUT -p tcp --dport 9 -j MASQUERADE"), ":5: " + NOT_RESTORED + "MASQUERADE has its place in the table nat alone"),
    ("target-in-one-with-its-option", _saved("-A INPUT -jACCEPT"), ":5: " + NOT_RESTORED + "not every version takes '-jACCEPT', write the target apart"),
    ("target-behind-a-sign", _saved("-A INPUT --jump=ACCEPT"), ":5: " + NOT_RESTORED + "not every version takes '--jump=ACCEPT', write the target apart"),
    ("reset-of-what-is-not-tcp", _saved("-A INPUT -j REJECT --reject-with tcp-reset"), ":5: " + NOT_RESTORED + "tcp-reset is for `-p tcp` alone"),
    ("place-that-is-not-there", _saved("-I INPUT 5 -p tcp --dport 9 -j DROP"), ":5: there is no such place in the chain INPUT"),
    ("name-of-a-host", _saved("-A INPUT -s backup.example -j ACCEPT"),
     ":5: " + NOT_RESTORED + "'backup.example' is no address, and there is no network yet to look it up"),
    # What -M names may be started for want of a module: with it iptables-restore is not even asked.
    *(("program-" + name, _saved("-A INPUT %s -m own -p tcp --dport 9 -j DROP" % words), ":5: " + PROGRAM) for name, words in (
        ("by-its-letter", "-M /srv/x"), ("by-its-name", "--modprobe=/srv/x"), ("shortened", "--mo /srv/x"), ("among-letters", "-nM /srv/x"))),
    # The second takes away the first's rules, and by nf_tables its policies.
    ("table-that-stands-twice", _saved() + "*filter\nCOMMIT\n", ":6: the table stands twice, and takes away what the first says; make one of both"),
]  # fmt: skip
# Of what is not followed as a connection, as packets were seen to end with nft 1.0.6 and 1.1.3 and with iptables of both interfaces.
OFF = "table inet early {\n\tchain raw {\n\t\ttype filter hook prerouting priority %s; policy accept;\n\t\t%s\n\t}\n}\n"
HANGS = "nft list ruleset:%d: the rule is not followed, and what becomes of incoming packets hangs on it; look at it by hand"
LOOKED_UP = [
    ("untracked", "fail", "raw", "notrack", "ct state untracked accept", 0),
    ("untracked-is-not-new", "pass", "raw", "notrack", "ct state new accept", 0),
    ("anything-but-new", "fail", "raw", "notrack", "ct state != new accept", 0),
    (
        "untracked-and-counted",
        "fail",
        "raw",
        'iifname "eth0" notrack counter packets 0 bytes 0',
        "ct state untracked counter packets 0 bytes 0 accept",
        0,
    ),
    ("untracked-of-a-port", "pass", "raw", "udp dport 53 notrack", "ct state untracked accept", 0),
    # By then the connection is followed already.
    ("untracked-too-late", "pass", "filter", "notrack", "ct state untracked accept", 0),
    ("untracked-behind-a-limit", "error", "raw", "limit rate 1/day accept; notrack", "ct state untracked accept", 10),
    ("verdict-of-a-pair", "error", "raw", "counter", "meta nfproto . meta l4proto vmap { ipv4 . tcp : accept }", 10),
    ("verdict-at-random", "error", "raw", "counter", "numgen random mod 2 vmap { 0 : accept, 1 : drop }", 10),
    ("verdict-of-a-hash", "error", "raw", "counter", "symhash mod 2 vmap { 0 : accept, 1 : drop }", 10),
    ("verdict-of-a-mark", "error", "raw", "counter", "meta mark vmap { 0x00000000 : accept }", 10),
    ("state-of-translation-among-others", "error", "raw", "counter", "ct status & ( snat | dnat ) != 0 accept", 10),
    # `rt` is a header of IPv6, and the route that was found.
    ("class-of-a-route", "error", "raw", "counter", "rt classid 0 accept", 10),
    ("routing-header", "pass", "raw", "counter", "rt type 0 accept", 0),
]
NAT = "table inet nat {\n\tchain pre {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n\t\t%s\n\t}\n}\n"
# Who translates all ports to one lets all in that come there, or passes them on.
TRANSLATED = [
    ("all-ports-to-one", "error", "tcp dport 1-65535 redirect to :8080", "tcp dport 8080 accept", 10),
    ("one-port-to-another", "pass", "tcp dport 8081 redirect to :8080", "tcp dport 8080 accept", 0),
    ("all-ports-to-none-that-is-let-in", "pass", "redirect to :8080", "ip saddr 10.0.0.1 accept", 0),
    ("all-that-are-translated", "error", "meta l4proto { tcp, udp } redirect to :8080", "ct status dnat accept", 10),
]
RESTORED = [
    (
        "untracked",
        "fail",
        "-A INPUT -m conntrack --ctstate UNTRACKED -j ACCEPT\nCOMMIT\n*raw\n-A PREROUTING -j CT --notrack",
    ),
    (
        "untracked-by-the-old-name",
        "fail",
        "-A INPUT -m state --state UNTRACKED,ESTABLISHED -j ACCEPT\nCOMMIT\n*raw\n-A PREROUTING -j NOTRACK",
    ),
    (
        "helper-alone",
        "pass",
        "-A INPUT -m state --state UNTRACKED -j ACCEPT\nCOMMIT\n*raw\n-A PREROUTING -p tcp -j CT --helper ftp",
    ),
    ("option-with-a-sign", "fail", "--append=INPUT --jump ACCEPT"),
    ("option-and-value-in-one", "fail", "-AINPUT -j ACCEPT"),
    ("rule-for-the-other-family", "pass", "-A INPUT -6 -j ACCEPT"),
    ("rule-for-this-family", "fail", "-A INPUT -4 -j ACCEPT"),
    ("mask-of-nothing", "fail", "-A INPUT -s 0/0 -j ACCEPT"),
    ("target-that-goes-on", "pass", "-A INPUT -p tcp -j TEE --gateway 10.0.0.1"),
]
# What a unit starts, as systemd 252 and 257 with nft 1.0.6 and 1.1.3 were seen to.
SCENARIOS = [
    _started("as-shipped", "pass", {}),
    _started("of-red-hat", "pass", {CONF: "", SYSCONFIG: _nft(), UNIT: _start("/sbin/nft -f " + SYSCONFIG)}),
    _started("of-red-hat-open", "fail", {SYSCONFIG: _nft(policy="accept"), UNIT: _start("/sbin/nft -f " + SYSCONFIG)}),
    _started("of-another-file", "fail", _by_sign("/usr/sbin/nft -f /etc/own.nft")),
    _started("that-may-fail", "fail", _by_sign("-/usr/sbin/nft --file /etc/own.nft")),
    _started("of-a-file-that-is-gone", "fail", {OWN_START: _start("", "/usr/sbin/nft -f /etc/gone.nft")}),
    _started("of-a-gone-one-among-others", "error", {OWN_START: _start("/usr/sbin/nft -f /etc/gone.nft")},
             reason="%s: /usr/sbin/nft -f /etc/gone.nft %s" % (OWN_START, PROBLEM)),
    _started("flushed-behind", "fail", {OWN_START: "[Service]\nExecStartPost=/usr/sbin/nft flush ruleset\n"}),
    _started("flushed-before", "pass", {OWN_START: "[Service]\nExecStartPre=/usr/sbin/nft flush ruleset\n"}),
    _started("rule-behind", "fail",
             {OWN_START: "[Service]\nExecStartPost=/usr/sbin/nft insert rule inet filter input meta l4proto tcp accept\n"}),
    _started("by-a-script", "error", _by_sign("/usr/local/sbin/rules"),
             reason="%s: /usr/local/sbin/rules %s" % (OWN_START, PROBLEM)),
    _started("by-a-shell", "error", _by_sign("/bin/sh -c 'nft -f /etc/own.nft'"),
             reason="%s: /bin/sh -c 'nft -f /etc/own.nft' %s" % (OWN_START, PROBLEM)),
    _started("other-of-ufw", "error", {**UFW_FILES, "/etc/systemd/system/ufw.service.d/x.conf": _start("", "/bin/true")},
             started=("ufw",), reason="/etc/systemd/system/ufw.service.d/x.conf: /bin/true " + PROBLEM),
    # As nft 1.0.6 and 1.1.3 say it; of a text with one such line they load nothing.
    _objected("to-a-word", "error", "/etc/nftables.conf:4:17-17: Error: syntax error, unexpected newline\n\t\tgoto fin fin\n\t\t            ^\n",
              reason="/etc/nftables.conf:4: nft does not take this, and loads nothing at boot: syntax error, unexpected newline"),
    _objected("to-an-included-file", "error",
              "In file included from /etc/nftables.conf:3:1-32:\n/etc/n.d/1.nft:2:3-5: Error: Could not resolve service: unknown\n\t\tx\n",
              reason="/etc/n.d/1.nft:2: nft does not take this, and loads nothing at boot: Could not resolve service: unknown"),
    _objected("for-want-of-the-right", "pass",
              "In file included from /etc/a:1:1-9:\n/etc/nftables.conf:2:1-14: Error: Could not process rule: Operation not permitted\nflush ruleset\n^^^\n"),
    _objected("to-an-interface-that-may-come", "pass", "/etc/nftables.conf:4:6-9: Error: Interface does not exist\n\t\tiif eth9 accept\n"),
    _objected("to-what-stands-behind-such-an-interface", "error",
              "/etc/nftables.conf:4:6-9: Error: Interface does not exist\n\t\tx\n/etc/nftables.conf:5:1-1: Error: Value 70000 exceeds valid range 0-65535\n",
              reason="/etc/nftables.conf:5: nft does not take this, and loads nothing at boot: Value 70000 exceeds valid range 0-65535"),
    _case("chain-that-is-nowhere", "default", "error", BOTH_REFUSE, now=_nft(), files={CONF: _nft("ip saddr 10.0.0.1 jump web")},
          reason="/etc/nftables.conf:4: the chain 'web' is not there"),
    _case("policy-that-is-missing", "default", "error", BOTH_REFUSE, now=_nft(), files={CONF: _nft().replace("policy drop", "policy")},
          reason="/etc/nftables.conf:1: a word is missing here"),
    _case("two-at-boot-flushed-by-an-include", "default", "fail", BOTH_REFUSE, now=_nft(), started=("ufw", "nftables"),
          files={**UFW_FILES, CONF: 'include "/etc/a.nft"\n', "/etc/a.nft": "flush ruleset\n"}),
    _case("two-at-boot-table-of-ufw-taken-away", "default", "fail", BOTH_REFUSE, now=_nft(), started=("ufw", "nftables"),
          files={**UFW_FILES, CONF: "table ip filter { }\ndelete table ip filter\n"}),
    # Where ufw comes later, nft takes nothing of such a text.
    _case("two-at-boot-table-of-ufw-taken-for-granted", "default", "error", BOTH_REFUSE, now=_nft(), started=("ufw", "nftables"),
          files={**UFW_FILES, CONF: "delete table ip filter\n"}, reason="/etc/nftables.conf:1: the table ip filter is not there"),
    _case("two-at-boot-comment-on-a-flush", "default", "pass", BOTH_REFUSE, now=_nft(), started=("ufw", "nftables"),
          files={**UFW_FILES, CONF: "# flush ruleset\ntable ip x { }\n"}),
    *(_by_firewalld(case) for case in CASES),
    *(_same("looks-at-" + name, "default", verdict, BOTH_REFUSE, _nft(rule, more=OFF % (priority, early)), reason=HANGS % line if line else "")
      for name, verdict, priority, early, rule, line in LOOKED_UP),
    *(_same("translates-" + name, "default", verdict, BOTH_REFUSE, _nft(rule, more=NAT % early), reason=HANGS % line if line else "")
      for name, verdict, early, rule, line in TRANSLATED),
    # They have their state from their way out, where nothing lets them off.
    _same("loopback-of-untracked", "loopback", "error", {"fields": {"now": LOOPBACK}}, _nft("ct state untracked accept", more=OFF % ("raw", "notrack")),
          reason=HANGS % 10),
    _same("limit-before-another-condition", "default", "pass", BOTH_REFUSE,
          _nft("limit rate 10 mbytes/second burst 5 packets ct state established accept", 'limit name "few" ip saddr 10.0.0.1 accept',
               "ct count over 10 tcp dport 22 accept", "quota over 5 mbytes used 1 bytes ip saddr 10.0.0.1 accept",
               "numgen random mod 2 0 tcp dport 80 accept").replace("{\n", "{\n\tlimit few {\n\t\trate 5/second\n\t}\n", 1)),
    _same("limit-behind-a-condition", "default", "pass", BOTH_REFUSE, _nft("tcp dport 22 limit rate over 5/minute burst 5 packets drop",
          "tcp dport 22 limit rate 5/second counter packets 0 bytes 0 accept")),
    _same("limit-that-refuses-what-is-over", "default", "fail", BOTH_REFUSE, _nft("limit rate over 5/second drop", "meta l4proto udp accept")),
    # Nothing but the list of its elements says who is in a set that no rule fills.
    _same("senders-for-a-time", "default", "pass", BOTH_REFUSE, SENDERS % ("", "ip saddr @few accept")),
    _same("senders-for-a-time-and-one-asked-for", "default", "fail", BOTH_REFUSE, SENDERS % (", 0.0.0.0/1 expires 9s", "ip saddr @few accept")),
    # Whoever knocks is let in.
    _same("senders-that-a-rule-adds", "default", "fail", BOTH_REFUSE,
          SENDERS % ("", "tcp dport 7000 add @few { ip saddr timeout 10s } drop\n\t\tip saddr @few accept")),
    _same("port-for-senders-that-a-rule-adds", "default", "pass", BOTH_REFUSE,
          SENDERS % ("", "tcp dport 7000 update @few { ip saddr } drop\n\t\tip saddr @few tcp dport 22 accept")),
    _same("refused-senders-that-a-rule-adds", "default", "pass", BOTH_REFUSE,
          SENDERS % ("", "ip saddr @few drop\n\t\ttcp dport 22 update @few { ip saddr limit rate over 3/minute } drop")),
    _same("meter", "default", "fail", BOTH_REFUSE, _nft("meter m size 65535 { ip saddr limit rate 5/second } accept")),
    # nft shows no family where `reject with icmp` says it, so the rule is not for IPv6.
    _same("refused-for-the-other-family", "default", "fail", BOTH_REFUSE, _nft("reject with icmp host-prohibited", policy="accept"), family="ipv6"),
    _same("refused-for-this-family", "default", "pass", BOTH_REFUSE, _nft("reject with icmp host-prohibited", policy="accept")),
    _same("refused-for-tcp-alone", "default", "fail", BOTH_REFUSE, _nft("reject with tcp reset", policy="accept")),
    _same("priority-of-a-bridge", "default", "pass", BOTH_REFUSE,
          _nft(more="table bridge nat {\n\tchain OUT {\n\t\ttype filter hook output priority out; policy accept;\n\t}\n}\n")),
    _case("match-that-only-iptables-knows", "default", "pass", BOTH_REFUSE, files={CONF: _nft()},
          now="table ip filter {\n\tchain INPUT {\n\t\ttype filter hook input priority filter; policy drop;\n\t\txt match set accept\n\t}\n}\n",
          commands={"iptables-nft-save": _saved("-A INPUT -m set --match-set few src -p tcp --dport 22 -j ACCEPT"), "ip6tables-nft-save": _saved()}),
    _same("refuses", "default", "pass", BOTH_REFUSE, _nft("tcp dport 22 accept")),
    _case("nothing-loaded", "default", "fail", BOTH_REFUSE, files={CONF: _nft()}),
    _case("gone-at-boot", "default", "fail", BOTH_REFUSE, now=_nft(), files={CONF: "flush ruleset\n"}),
    _case("masked-until-the-next-boot", "default", "pass", BOTH_REFUSE, now=_nft(), files={**WANTED, CONF: _nft()},
          started=(), commands={SHOW: _units().replace("State=disabled", "State=masked-runtime")}),
    _case("not-started-at-boot", "default", "fail", BOTH_REFUSE, now=_nft(), files={CONF: _nft()}, started=()),
    _same("policy-accepts", "default", "fail", BOTH_REFUSE, _nft("tcp dport 22 accept", policy="accept")),
    _same("last-rule-refuses", "default", "pass", BOTH_REFUSE, _nft("tcp dport 22 accept", "reject", policy="accept")),
    _same("accepts-before", "default", "fail", BOTH_REFUSE, _nft("meta l4proto tcp accept")),
    _same("accepts-half-of-the-world", "default", "fail", BOTH_REFUSE, _nft("ip saddr 0.0.0.0/1 accept")),
    _same("accepts-the-way-out", "default", "fail", BOTH_REFUSE, _nft('iifname "eth*" accept')),
    _same("accepts-another-interface", "default", "pass", BOTH_REFUSE, _nft('iifname "tun0" accept')),
    _same("accepts-some-senders", "default", "pass", BOTH_REFUSE, _nft("ip saddr { 10.0.0.0/8, 192.168.0.0/16 } accept")),
    _same("accepts-within-a-limit", "default", "fail", BOTH_REFUSE, _nft("limit rate 5/second accept")),
    _same("accepts-wide-range", "default", "fail", BOTH_REFUSE, _nft("tcp dport 1024-65535 accept")),
    _same("not-followed-and-matters", "default", "error", BOTH_REFUSE, UNKNOWN,
          reason="nft list ruleset:4: the rule is not followed, and what becomes of incoming packets hangs on it; look at it by hand"),
    _same("not-followed-and-harmless", "default", "pass", BOTH_REFUSE, _nft("osf name Linux drop")),
    _same("accepts-behind-a-mark", "default", "fail", BOTH_REFUSE, _nft("meta mark set 0x00000001 accept")),
    _same("accepts-a-port-behind-a-mark", "default", "pass", BOTH_REFUSE, _nft("tcp dport 22 ct mark set 0x00000001 accept")),
    _same("marks-alone", "default", "pass", BOTH_REFUSE, _nft("ct mark set meta mark", policy="drop")),
    _same("accepts-behind-a-log-of-ip", "default", "fail", BOTH_REFUSE, _nft("log flags ip options accept")),
    _same("accepts-behind-a-log-of-tcp", "default", "fail", BOTH_REFUSE, _nft('log prefix "x " flags tcp sequence,options accept')),
    _same("accepts-behind-a-log-of-all", "default", "fail", BOTH_REFUSE, _nft("log level info flags skuid flags ether accept")),
    _same("log-before-a-port", "default", "pass", BOTH_REFUSE, _nft("log flags all tcp dport 22 accept", "log ip saddr 10.0.0.1 accept")),
    _same("mark-before-more", "default", "pass", BOTH_REFUSE, _nft("meta mark set 0x00000001 tcp dport 22 accept")),
    _same("mark-before-a-counter", "default", "fail", BOTH_REFUSE, _nft("meta mark set 0x1 counter packets 0 bytes 0 accept")),
    _same("mark-that-is-worked-out", "default", "error", BOTH_REFUSE, _nft("meta mark set ct mark accept"),
          reason="nft list ruleset:4: the rule is not followed, and what becomes of incoming packets hangs on it; look at it by hand"),
    _same("log-that-speaks-of-accept", "default", "pass", BOTH_REFUSE, _nft('log prefix "accept all; accept"')),
    _same("other-family", "default", "fail", BOTH_REFUSE, _nft().replace("inet filter", "ip filter"), family="ipv6"),
    _same("dormant", "default", "fail", BOTH_REFUSE, _nft().replace("{\n", "{\n\tflags dormant;\n", 1)),
    _case("by-an-include", "default", "pass", BOTH_REFUSE, now=_nft(),
          files={CONF: 'flush ruleset\ninclude "/etc/nftables.d/*.nft"\n', "/etc/nftables.d/a.nft": _nft()}),
    _case("flushed-by-an-include", "default", "fail", BOTH_REFUSE, now=_nft(),
          files={CONF: _nft() + 'include "/etc/nftables.d/*.nft"\n', "/etc/nftables.d/a.nft": "flush ruleset\n"}),
    _same("brace-that-is-open", "default", "error", BOTH_REFUSE, _nft()[:-2], files={CONF: _nft()},
          reason="nft list ruleset:4: a brace is not closed"),
    _same("brace-open-at-boot", "default", "error", BOTH_REFUSE, _nft(), files={CONF: _nft() + "table ip x {\n"},
          reason="/etc/nftables.conf:6: a brace is not closed"),
    _case("set-filled-behind-its-rule", "default", "fail", BOTH_REFUSE, now=_nft(),
          files={CONF: _nft("ip saddr @few accept", policy="drop").replace("{\n", "{\n\tset few { type ipv4_addr; flags interval; }\n", 1)
                 + "add element inet filter few { 0.0.0.0/1, 128.0.0.0/1 }\n"}),
    _case("limit-that-nothing-defines", "default", "error", BOTH_REFUSE, now=_nft(), files={CONF: _nft('limit name "few" drop')},
          reason="/etc/nftables.conf:4: the limit few is not there"),
    _case("circle-at-boot", "default", "error", BOTH_REFUSE, now=_nft(),
          files={CONF: _nft("jump a").replace("{\n", "{\n\tchain a {\n\t\tjump b\n\t}\n\tchain b {\n\t\tjump a\n\t}\n", 1)},
          reason="/etc/nftables.conf:3: rules lead in a circle, or through more than 15 chains"),
    _case("two-at-boot", "default", "fail", BOTH_REFUSE, now=_nft(), started=("ufw", "nftables"),
          files={**UFW_FILES, CONF: "flush ruleset\n"}),
    _case("two-at-boot-without-a-flush", "default", "pass", BOTH_REFUSE, now=_nft(), started=("ufw", "nftables"),
          files={**UFW_FILES, CONF: "table ip x { }\n"}),
    _case("script-of-ufw", "default", "error", BOTH_REFUSE, now=UFW_LOADED, started=("ufw",),
          files={**UFW_FILES, "/etc/ufw/after.init": File("#!/bin/sh\niptables -F\n", mode=0o755)},
          reason="/etc/ufw/after.init is run by ufw at boot, and what it does is not followed; look at it by hand"),
    _case("script-of-ufw-as-shipped", "default", "pass", BOTH_REFUSE, now=UFW_LOADED, started=("ufw",),
          files={**UFW_FILES, "/etc/ufw/after.init": File("#!/bin/sh\n", mode=0o640)}),
    _case("not-root", "default", "error", BOTH_REFUSE, now=_nft(), privileged=False,
          reason="the rules of the packet filter can only be read by root; run the audit with become"),
    _case("ufw", "in_force", "pass", {"empty": True}, now=UFW_LOADED, **UFW),
    _case("ufw-emptied", "in_force", "fail", {"empty": True}, now=UFW_EMPTIED % "drop", **UFW),
    _case("ufw-emptied-and-open", "default", "fail", BOTH_REFUSE, now=UFW_EMPTIED % "accept", **UFW),
    _case("ufw-refuses", "default", "pass", BOTH_REFUSE, now=UFW_LOADED, **UFW),
    _case("ufw-disabled", "default", "fail", BOTH_REFUSE, now=UFW_LOADED, started=("ufw",),
          files={**UFW_FILES, "/etc/ufw/ufw.conf": "ENABLED=no\n"}),
    _case("ufw-names-the-port", "ports", "pass", NONE, now=UFW_LOADED, **UFW),
    _case("stored-match-that-may-hold-by-itself", "default", "error", BOTH_REFUSE, now=_nft(), started=("netfilter-persistent",),
          files={V4: _saved("-A INPUT -m socket -j DROP", policy="ACCEPT")},
          reason=V4 + ":5: the rule is not followed, and what becomes of incoming packets hangs on it; look at it by hand"),
    _case("stored-match-that-is-read-by-its-options", "default", "pass", BOTH_REFUSE, now=_nft(), started=("netfilter-persistent",),
          files={V4: _saved("-A INPUT -p tcp -m tcp -m conntrack --ctstate NEW -m multiport --dports 22,80 -j ACCEPT")}),
    # What is in an ipset: iptables-save shows its name alone.
    *(_case("stored-set-" + name, "default", verdict, BOTH_REFUSE, now=_nft(), started=("netfilter-persistent",), reason=reason,
            files={V4: _saved("-A INPUT -m set %s -j ACCEPT" % rule), "/usr/share/netfilter-persistent/plugins.d/10-ipset": "", **stored})
      for name, verdict, rule, stored, reason in STORED_SETS),
    _case("loaded-set-of-half-of-the-world", "default", "fail", BOTH_REFUSE, files={CONF: _nft()}, now=BY_IPTABLES, commands={
        "iptables-nft-save": _saved("-A INPUT -m set --match-set few src -j ACCEPT"), "ip6tables-nft-save": _saved(),
        "ipset save": "create few hash:net family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x1\nadd few 0.0.0.0/1\nadd few 128.0.0.0/1\n"}),
    _case("loaded-set-of-a-few", "default", "pass", BOTH_REFUSE, files={CONF: _nft()}, now=BY_IPTABLES, commands={
        "iptables-nft-save": _saved("-A INPUT -m set --match-set few src -j ACCEPT"), "ip6tables-nft-save": _saved(),
        "ipset save": "create few hash:ip family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x1\nadd few 10.0.0.1\n"}),
    # Of a table with one slip iptables-restore loads nothing: the policy is that of the kernel.
    *(_case("slip-" + name, "default", "error", BOTH_REFUSE, now=_nft(), started=("netfilter-persistent",), files={V4: text}, reason=V4 + reason)
      for name, text, reason in SLIPS),
    *(_case("restored-" + name, "default", verdict, BOTH_REFUSE, now=_nft(), started=("netfilter-persistent",), files={V4: _saved(rule)})
      for name, verdict, rule in RESTORED),
    _case("slip-that-iptables-restore-tells", "default", "error", BOTH_REFUSE, now=_nft(), started=("netfilter-persistent",),
          files={V4: _saved("-A INPUT -m conntrack --ctstate NEWW -j DROP")}, commands={ASK_IPTABLES: CommandResult(2, "", NEWW)},
          reason=V4 + ":5: " + NOT_RESTORED + 'Bad ctstate "NEWW"'),
    _case("slip-that-the-right-to-load-ends-before", "default", "pass", BOTH_REFUSE, now=_nft(), started=("netfilter-persistent",),
          files={V4: _saved()}, commands={ASK_IPTABLES: CommandResult(4, "", "iptables-nft-restore: line 5 failed: Permission denied (you must be root).\n")}),
    _case("slip-of-ufw", "default", "error", BOTH_REFUSE, now=UFW_LOADED, started=("ufw",),
          files={**UFW_FILES, "/etc/ufw/user.rules": "*filter\n-A ufw-user-inptu -p tcp --dport 22 -j ACCEPT\nCOMMIT\n"},
          reason="/etc/ufw/user.rules:2: " + NOT_RESTORED + "the chain 'ufw-user-inptu' is not there"),
    *(_case("stored-within-" + name, "default", verdict, BOTH_REFUSE, now=_nft(), started=("netfilter-persistent",),
            files={V4: _saved("-A INPUT %s -j ACCEPT" % options)}) for name, verdict, options in PARTS),
    _by_iptables_services("rules", "pass", RED_HAT, files={"/etc/sysconfig/iptables": _saved()}),
    _by_iptables_services("open-rules", "fail", RED_HAT, files={"/etc/sysconfig/iptables": _saved(policy="ACCEPT")}),
    _by_iptables_services("rules-that-nothing-loads", "fail", (), files={"/etc/sysconfig/iptables": _saved()}),
    _by_iptables_services("rules-of-the-other-family", "fail", ("ip6tables",), files={"/etc/sysconfig/iptables": _saved()}),
    # The script does nothing without its file.
    _by_iptables_services("rules-that-are-gone", "fail", RED_HAT),
    _by_iptables_services("rules-by-another-program", "error", RED_HAT, start="/opt/load", files={"/etc/sysconfig/iptables": _saved()},
                          reason=OF_RED_HAT + ": /opt/load is started at boot, and what it loads is not followed; look at it by hand"),
    _case("stored", "default", "pass", BOTH_REFUSE, now=_nft(), started=("netfilter-persistent",), files={V4: _saved()}),
    _case("stored-and-open", "default", "fail", BOTH_REFUSE, now=_nft(), started=("netfilter-persistent",),
          files={V4: _saved('-A INPUT -p tcp -m comment --comment "-j DROP" -j ACCEPT')}),
    _case("open-at-boot", "default", "fail", BOTH_REFUSE, now=_nft(), files={CONF: _nft(policy="accept")}),
    _case("legacy-refuses-too", "default", "pass", BOTH_REFUSE, now=_nft(policy="accept"), files={CONF: _nft(), **LEGACY},
          commands={"iptables-legacy-save": _saved()}),
    _case("legacy-not-shown", "default", "error", BOTH_REFUSE, now=_nft(), files={CONF: _nft(), **LEGACY},
          reason="the kernel has iptables rules of the legacy kind, and nothing here shows them; install iptables"),
    _case("no-nft", "default", "pass", BOTH_REFUSE, now=None, files={CONF: _nft(), "/proc/modules": "nf_tables 1 0 - Live 0\n"},
          commands={"iptables-nft-save": _saved(), "ip6tables-nft-save": _saved()}),
    _case("no-program-at-all", "default", "error", BOTH_REFUSE, now=None,
          files={CONF: _nft(), "/proc/modules": "nf_tables 1 0 - Live 0\n"},
          reason="neither nft nor iptables-save is there to show the rules that are loaded; install nftables"),
    _case("neither-program-nor-module", "default", "fail", BOTH_REFUSE, now=None, files={CONF: _nft(), "/proc/modules": ""}),
    _same("port-without-a-rule", "ports", "fail", NONE, _nft("tcp dport 80 accept")),
    _same("port-in-a-set", "ports", "pass", NONE, _nft("tcp dport { 20-25, 80 } accept")),
    _same("port-behind-the-end", "ports", "fail", NONE, _nft("drop", "tcp dport 22 accept")),
    _same("port-of-the-other-protocol", "ports", "fail", NONE, _nft("udp dport 22 accept")),
    _same("loopback-of-a-chain-too-few", "loopback", "fail", {"fields": {"now": LOOPBACK}}, _nft("iif lo accept")),
    _same("loopback", "loopback", "pass", {"fields": {"now": LOOPBACK, "boot": LOOPBACK}},
          _nft("iif lo accept", "ip saddr 127.0.0.0/8 drop", "ip6 saddr ::1 drop")),
    _same("loopback-of-ipv6", "loopback", "pass", {"fields": {"now": LOOPBACK, "boot": LOOPBACK}},
          _nft("iif lo accept", "ip6 saddr ::1 drop"), family="ipv6"),
    _same("claimed-and-accepted-before", "loopback", "fail", {"fields": {"now": LOOPBACK}},
          _nft("iif lo accept", "meta l4proto tcp accept", "ip saddr 127.0.0.0/8 drop")),
    _same("hooks", "hooks", "fail", {"fields": {"now": {"contains_all": ["input", "output"]}}}, _nft()),
    _same("rules-of-iptables", "iptables", "fail", {"fields": {"now": {"empty": True}}}, UFW_LOADED),
    _same("no-rules-of-iptables", "iptables", "pass", {"fields": {"now": {"empty": True}}}, _nft()),
    _own("of-nft", "pass", "/usr/sbin/nft -f /etc/my.nft", OWN_NFT),
    _own("that-is-not-started", "fail", "/usr/sbin/nft -f /etc/my.nft", OWN_NFT, started=False),
    _own("of-nft-that-lets-in", "fail", "/usr/sbin/nft -f /etc/my.nft", {"/etc/my.nft": _nft(policy="accept")}),
    _own("of-nft-without-its-file", "fail", "/usr/sbin/nft -f /etc/my.nft", {}),
    _own("of-iptables", "pass", "/usr/sbin/iptables-restore -w /etc/my.rules", OWN_V4),
    _own("of-iptables-that-is-not-here", "fail", "/usr/sbin/iptables-restore -w /etc/my.rules", OWN_V4, programs={}),
    _own("of-iptables-for-ipv6-alone", "fail", "/usr/sbin/ip6tables-restore /etc/my.rules", OWN_V4),
    _own("with-more-than-that", "pass", "/sbin/modprobe ip_tables\n/usr/sbin/iptables-restore /etc/my.rules", OWN_V4),
    _own("by-a-shell", "error", "/bin/sh -c 'iptables-restore < /etc/my.rules'", OWN_V4,
         reason=OWN_UNFOLLOWED % "/bin/sh -c 'iptables-restore < /etc/my.rules'"),
    _own("by-a-command", "error", "/usr/sbin/iptables -P INPUT DROP", {}, reason=OWN_UNFOLLOWED % "/usr/sbin/iptables -P INPUT DROP"),
    _own("of-a-script", "error", "/usr/local/sbin/rules", SCRIPT, reason=OWN_UNFOLLOWED % "/usr/local/sbin/rules"),
    _own("of-a-script-for-a-shell", "error", "/bin/sh /usr/local/sbin/rules", SCRIPT, reason=OWN_UNFOLLOWED % "/bin/sh /usr/local/sbin/rules"),
    _own("of-a-script-that-is-not-started", "fail", "/usr/local/sbin/rules", SCRIPT, started=False),
    _own("that-only-shows-rules", "fail", "/bin/sh -c 'nft list ruleset > /run/x; iptables-save > /run/y'", {}),
    _own("that-cannot-be-read", "error", "/bin/true", {"/etc/systemd/system/large.service": "#" * (4 * 2**20 + 1)},
         reason="/etc/systemd/system/large.service is larger than 4194304 bytes and was not read"),
    _own("of-which-a-link-leads-nowhere", "fail", "/bin/true", {"/etc/systemd/system/gone.service": File(link="/srv/gone.service")}),
    _own("beside-another", "error", "/usr/sbin/iptables-restore /etc/my.rules", {**OWN_V4, CONF: _nft()}, started_too="nftables", reason=LAST_WORD),
    _own("that-adds-to-another", "pass", "/usr/sbin/nft add table ip own", {CONF: _nft()}, started_too="nftables"),
    _own(
        "that-clears-another", "error", "/usr/sbin/nft -f /etc/my.nft", {CONF: _nft(), "/etc/my.nft": "flush ruleset\n"}, started_too="nftables",
        reason=LAST_WORD,
    ),
]  # fmt: skip
