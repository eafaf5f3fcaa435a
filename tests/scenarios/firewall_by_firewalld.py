"""firewalld: permanent configuration and loaded rules -> what becomes of packets, as seen with firewalld 1.3.3 and NetworkManager 1.42."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from tests.scenarios.linux import File

Files = Dict[str, Union[str, bytes, File]]
REFUSES = {"fields": {"boot": {"fields": {"incoming": {"equals": "refuse"}}}}}
OUT = {"fields": {"boot": {"fields": {"outgoing": {"equals": "refuse"}}}}}
ROUTED = {"fields": {"boot": {"fields": {"routed": {"equals": "refuse"}}}}}
EMPTY = {"empty": True}
ETC, USR = "/etc/firewalld/", "/usr/lib/firewalld/"
PUBLIC = ETC + "zones/public.xml"
TRUSTED = ETC + "zones/trusted.xml"
IF_INET6 = "20010db8000000000000000000000001 02 40 00 80     eth0\n"
KEYFILE = "/etc/NetworkManager/system-connections/lan.nmconnection"
DIRECT = ETC + "direct.xml"
NFTABLES_STARTS = "firewalld.service starts at boot beside nftables.service, and nothing says which of them has the last word; disable one of them"
REFUSED = ", so firewalld would load its shipped configuration and nothing of the site's own; correct it, and see what firewall-cmd --check-config says"
INCOMPLETE = ":3: the rule is incomplete or says two things" + REFUSED
HANGS = ": the rule is not followed, and what becomes of incoming packets hangs on it; look at it by hand"


DRIFTS = (
    ETC
    + "firewalld.conf: packets drift from the zone of their sender (office) into that of their interface, which is not followed; "
    "set AllowZoneDrifting=no"
)


def zone(*lines: str, target: str = "") -> str:
    """Return the file of a zone; each of ``lines`` on a line of its own from the third on."""
    attribute = ' target="%s"' % target if target else ""
    return '<?xml version="1.0" encoding="utf-8"?>\n<zone%s>\n%s</zone>\n' % (
        attribute,
        "".join(one + "\n" for one in lines),
    )


def policy(*lines: str, target: str = "CONTINUE", comes: str = "ANY", goes: str = "HOST", more: str = "") -> str:
    """Return the file of a policy."""
    return '<policy target="%s"%s>\n<ingress-zone name="%s"/>\n<egress-zone name="%s"/>\n%s</policy>\n' % (
        target, more, comes, goes, "".join(one + "\n" for one in lines),
    )  # fmt: skip


def service(*lines: str) -> str:
    """Return the file of a service."""
    return "<service>\n<short>One</short>\n%s</service>\n" % "".join(one + "\n" for one in lines)


def connection(more: str = "", name: str = "eth0") -> str:
    """Return a connection of NetworkManager."""
    named = "interface-name=%s\n" % name if name else ""
    return "[connection]\nid=lan\ntype=ethernet\n%s%s[ipv4]\nmethod=auto\n" % (named, more)


def direct(words: str, family: str = "ipv4", table: str = "filter", chain: str = "INPUT") -> str:
    """Return a direct.xml with one rule, on its second line."""
    return '<direct>\n<rule ipv="%s" table="%s" chain="%s" priority="0">%s</rule>\n</direct>\n' % (
        family,
        table,
        chain,
        words,
    )


def asked(words: str, answer: str) -> Dict[str, CommandResult]:
    """Return what iptables says of such a rule without rights."""
    command = "setpriv --bounding-set=-all --inh-caps=-all iptables-nft -t filter -C INPUT " + words
    return {command: CommandResult(2, "", "iptables v1.8.9 (nf_tables): %s\n" % answer)}


NESTED = '<ipset type="hash:net">\n<entry>10.0.0.0/8</entry>\n<entry>10.1.0.0/16</entry>\n</ipset>\n'
PROTOCOLS = "ip 0 IP\nicmp 1 ICMP\nigmp 2 IGMP\ntcp 6 TCP\nudp 17 UDP\ngre 47 GRE\nesp 50 IPSEC-ESP\nah 51 IPSEC-AH\nipv6-icmp 58 IPv6-ICMP\n"
SHIPPED: Files = {
    "/etc/protocols": PROTOCOLS,
    ETC + "firewalld.conf": "# firewalld\nDefaultZone=public\nFirewallBackend=nftables\n",
    USR + "zones/block.xml": zone(target="%%REJECT%%"),
    USR + "zones/drop.xml": zone(target="DROP"),
    USR + "zones/public.xml": zone('<service name="ssh"/>', '<service name="dhcpv6-client"/>', "<forward/>"),
    USR + "zones/trusted.xml": zone("<forward/>", target="ACCEPT"),
    USR + "services/ssh.xml": service('<port protocol="tcp" port="22"/>'),
    USR + "services/cockpit.xml": service('<port protocol="tcp" port="9090"/>'),
    USR + "services/dhcpv6-client.xml": service('<port protocol="udp" port="546"/>', '<destination ipv6="fe80::/64"/>'),
    USR + "policies/allow-host-ipv6.xml": policy(
        '<rule family="ipv6"><icmp-type name="redirect"/><accept/></rule>', more=' priority="-15000"'
    ),
}


def loaded(*allowed: str, interface: str = "") -> str:
    """Return what `nft list ruleset` shows of the shipped configuration, without the chains that do not decide."""
    to_zone = ['iifname "%s" goto filter_IN_public' % interface] if interface else []
    chains = {
        "filter_PREROUTING": [
            "type filter hook prerouting priority filter + 10; policy accept;",
            "icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept",
            "meta nfproto ipv6 fib saddr . mark . iif oif missing drop",
        ],
        "filter_INPUT": [
            "type filter hook input priority filter + 10; policy accept;",
            "ct state { established, related } accept",
            "ct status dnat accept",
            'iifname "lo" accept',
            "ct state invalid drop",
            "jump filter_INPUT_ZONES",
            "reject with icmpx admin-prohibited",
        ],
        "filter_FORWARD": [
            "type filter hook forward priority filter + 10; policy accept;",
            "ct state { established, related } accept",
            'iifname "lo" accept',
            "reject with icmpx admin-prohibited",
        ],
        "filter_OUTPUT": [
            "type filter hook output priority filter + 10; policy accept;",
            "ct state { established, related } accept",
            'oifname "lo" accept',
            "ip6 daddr { ::/96, ::ffff:0.0.0.0/96, 2002::/24 } reject with icmpv6 addr-unreachable",
        ],
        "filter_INPUT_ZONES": [*to_zone, "goto filter_IN_public"],
        "filter_IN_public": [
            "jump filter_IN_public_allow",
            "meta l4proto { icmp, ipv6-icmp } accept",
            "reject with icmpx admin-prohibited",
        ],
        "filter_IN_public_allow": ["tcp dport 22 accept", "ip6 daddr fe80::/64 udp dport 546 accept", *allowed],
    }
    body = "".join(
        "\tchain %s {\n%s\t}\n\n" % (name, "".join("\t\t%s\n" % one for one in rules)) for name, rules in chains.items()
    )
    return "table inet firewalld {\n%s}\n" % body


class Configured(NamedTuple):
    """A case. ``files``: beside the shipped ones. ``starts``: what else starts at boot."""

    id: str
    verdict: str
    files: Files
    expect: Dict[str, Any] = REFUSES
    query: str = "default"
    now: str = loaded()
    reason: str = ""
    starts: str = ""
    family: str = "ipv4"
    commands: Mapping[str, CommandResult] = {}


def _in_force(name: str, verdict: str, files: Files, **keys: Any) -> Configured:
    return Configured("in-force-" + name, verdict, files, EMPTY, "in_force", **keys)


MANAGED: Dict[str, Any] = {"starts": "NetworkManager.service"}
ACCEPTS = zone(target="ACCEPT")
BOUND = zone('<interface name="eth0"/>', target="ACCEPT")
TCP = '<protocol value="tcp"/>'
OFFICE, GIVEN, FEW, OWN = "zones/office.xml", "policies/p.xml", "ipsets/few.xml", "services/own.xml"
# What firewall-offline-cmd --check-config of 1.3.3 and 2.3.1 refuses, of files that nothing uses too: (name, path, text, why).
VALUES = [
    *((name, OFFICE, "<zone>%s</zone>" % text, ":1: " + why) for name, text, why in (
        ("port", '<port port="70000" protocol="tcp"/>', "'70000' is no port"),
        ("name-of-a-port", '<port port="nothing" protocol="tcp"/>', "'nothing' is no port"),
        ("ports", '<port port="1,2" protocol="tcp"/>', "'1,2' is no port"),
        ("transport", '<port port="1" protocol="TCP"/>', "'TCP' is no protocol with ports"),
        ("protocol", '<protocol value="256"/>', "there is no protocol 256"),
        ("name-of-a-protocol", '<protocol value="nothing"/>', "there is no protocol nothing"),
        ("port-to-nowhere", '<forward-port port="1" protocol="tcp"/>', "'' is no port to pass on to"),
        ("receiver", '<forward-port port="1" protocol="tcp" to-addr="host"/>', "'host' is no address"),
        ("sender", '<source address="1.2.3.999"/>', "'1.2.3.999' is no address"),
        ("mask", '<source address="1.2.3.4/33"/>', "'1.2.3.4/33' is no address"),
        ("short-mask", '<source address="0/0"/>', "'0/0' is no address"),
        ("range-of-senders", '<source address="1.2.3.4-1.2.3.9"/>', "'1.2.3.4-1.2.3.9' is no address"),
        ("nobody", "<source/>", "neither an address nor an ipset is named"),
        ("card", '<source mac="02:00:00:00:00:02"/>', "neither an address nor an ipset is named"),
        ("all-others", '<source address="1.2.3.4" invert="yes"/>', "a sender of a zone is not inverted"),
        ("interface", '<interface name="a/b"/>', "'a/b' is no name of an interface"),
        ("long-interface", '<interface name="abcdefghijklmnopq"/>', "'abcdefghijklmnopq' is no name of an interface"),
        ("limit", '<rule><service name="ssh"/><accept><limit value="x"/></accept></rule>', "'x' is no limit"),
        ("once-a-day", '<rule><service name="ssh"/><accept><limit value="1/d"/></accept></rule>', "'1/d' is no limit"),
        ("answer-of-no-family", '<rule><service name="ssh"/><reject type="tcp-reset"/></rule>', "the rule is incomplete or says two things"),
        ("unused-rule", "<rule><masquerade/><accept/></rule>", "the rule is incomplete or says two things"),
        ("priority", '<rule priority="40000"><service name="ssh"/><accept/></rule>', "40000 is no priority"),
        ("family", '<rule family="ip"><service name="ssh"/><accept/></rule>', "ip is no family"),
    )),
    ("unused-target", OFFICE, '<zone target="drop"/>', ":1: drop is no target of a zone"),
    ("both-sides", GIVEN, policy(comes="HOST"), ":1: HOST is on one side alone"),
    ("any-beside-another", GIVEN, policy('<ingress-zone name="public"/>'), ":1: ANY or HOST stands alone"),
    ("masquerade-for-the-host", GIVEN, policy("<masquerade/>"), ":1: <masquerade> is not for HOST"),
    ("priority-of-a-policy", GIVEN, policy(more=' priority="32768"'), ":1: 32768 is no priority"),
    ("type-of-a-set", FEW, '<ipset type="bitmap:ip"/>', ":1: bitmap:ip is no type of an ipset"),
    ("option-of-a-set", FEW, '<ipset type="hash:ip"><option name="comment"/></ipset>', ":1: the option comment= is not taken"),
    ("family-of-a-set", FEW, '<ipset type="hash:ip"><option name="family" value="ipv6"/></ipset>', ":1: the option family=ipv6 is not taken"),
    ("port-of-a-service", OWN, '<service><port port="99999" protocol="tcp"/></service>', ":1: '99999' is no port"),
    ("service-in-a-service", OWN, '<service><include service="nothing"/></service>', ":1: there is no service nothing"),
    ("receiver-of-a-service", OWN, '<service><destination ipv6="1.2.3.4"/></service>', ":1: '1.2.3.4' is no address of its family"),
    ("element-of-a-helper", "helpers/own.xml", '<helper module="nf_conntrack_ftp"><x/></helper>', ":1: <x> does not belong here"),
]  # fmt: skip
TAKEN = [
    *((name, OFFICE, "<zone>%s</zone>" % text) for name, text in (
        ("port-by-name", '<port port="ssh" protocol="sctp"/>'), ("number-of-a-protocol", '<protocol value="255"/>'),
        ("mask-of-bytes", '<source address="1.2.3.0/255.255.255.0"/>'), ("bits-of-a-host", '<source address="1.2.3.4/8"/>'),
        ("address-of-a-card", '<source address="02:00:00:00:00:02"/>'), ("alias", '<interface name="eth0:1"/>'),
        ("limit", '<rule><service name="ssh"/><accept><limit value="20/minute"/></accept></rule>'),
    )),
    ("entry-that-is-none", FEW, '<ipset type="hash:ip"><entry>nothing</entry></ipset>'),
    ("option-of-a-set", FEW, '<ipset type="hash:ip"><option name="timeout" value="0"/></ipset>'),
    ("service-of-a-protocol", OWN, '<service><port port="" protocol="esp"/></service>'),
]  # fmt: skip
CASES: List[Configured] = [
    Configured("as-shipped", "pass", {}),
    Configured("as-shipped-lets-out", "fail", {}, OUT),
    Configured("names-the-port", "pass", {}, {"fields": {"now": EMPTY, "boot": EMPTY}}, "ports"),
    _in_force("as-shipped", "pass", {}),
    _in_force("as-shipped-of-ipv6", "pass", {"/proc/net/if_inet6": IF_INET6}, family="ipv6"),
    _in_force("port-of-now-alone", "fail", {}, now=loaded("tcp dport 8080 accept")),
    _in_force("port-of-the-next-boot-alone", "fail", {PUBLIC: zone('<service name="ssh"/>', '<port port="8080" protocol="tcp"/>')}),
    _in_force("port-of-both", "pass", {PUBLIC: zone('<service name="ssh"/>', '<port port="8080" protocol="tcp"/>')},
              now=loaded("tcp dport 8080 accept")),
    _in_force("service-that-is-taken-away", "fail", {PUBLIC: zone("<forward/>")}),
    _in_force("senders-of-now-alone", "fail", {}, now=loaded("ip saddr 10.9.0.0/16 tcp dport 8443 accept")),
    _in_force("senders-of-the-next-boot-alone", "fail",
              {PUBLIC: zone('<service name="ssh"/>', '<rule family="ipv4"><source address="10.9.0.0/16"/>%s<accept/></rule>' % TCP)}),
    _in_force("senders-of-both", "pass",
              {PUBLIC: zone('<service name="ssh"/>', '<rule family="ipv4"><source address="10.9.0.0/16"/>%s<accept/></rule>' % TCP)},
              now=loaded("ip saddr 10.9.0.0/16 meta l4proto tcp accept")),
    _in_force("senders-of-the-other-family", "pass", {"/proc/net/if_inet6": IF_INET6},
              now=loaded("ip saddr 10.9.0.0/16 tcp dport 8443 accept"), family="ipv6"),
    _in_force("nothing-loaded", "fail", {}, now=""),
    Configured("target-accepts", "fail", {PUBLIC: ACCEPTS}),
    Configured("default-zone-accepts", "fail", {ETC + "firewalld.conf": "DefaultZone=trusted\n"}),
    # Of a name that stands twice firewalld takes the first.
    Configured("default-zone-named-twice", "fail", {ETC + "firewalld.conf": "DefaultZone=trusted\nDefaultZone=public\n"}),
    # firewalld passes over a line with two signs.
    Configured("default-zone-with-two-signs", "pass", {ETC + "firewalld.conf": "DefaultZone=trusted=x\n"}),
    # firewalld takes the zone public where there is none of the name.
    Configured("default-zone-that-is-not-there", "pass", {ETC + "firewalld.conf": "DefaultZone=nowhere\n"}),
    Configured("without-its-file", "pass", {ETC + "firewalld.conf": File(link="/nowhere")}),
    Configured("backend-of-iptables", "pass", {ETC + "firewalld.conf": "FirewallBackend=iptables\n"}),
    Configured("backend-that-is-none", "error", {ETC + "firewalld.conf": "FirewallBackend=ebpf\n"},
               reason=ETC + "firewalld.conf: FirewallBackend 'ebpf' is not known"),
    Configured("interface-bound-to-a-zone", "fail", {TRUSTED: BOUND}),
    Configured("interfaces-bound-by-a-sign", "fail", {TRUSTED: BOUND.replace("eth0", "eth+")}),
    Configured("other-interface-bound", "pass", {TRUSTED: BOUND.replace("eth0", "eth1")}),
    Configured("half-of-the-world-bound", "fail", {TRUSTED: zone('<source address="0.0.0.0/1"/>', target="ACCEPT")}),
    Configured("some-senders-bound", "pass", {TRUSTED: zone('<source address="10.0.0.0/8"/>', target="ACCEPT")}),
    # A sender's zone comes before that of the interface.
    Configured("senders-before-interfaces", "pass",
               {TRUSTED: BOUND, ETC + "zones/drop.xml": zone('<source address="0.0.0.0/0"/>', target="DROP")}),
    Configured("priority-before-senders", "fail",
               {TRUSTED: BOUND.replace("<zone", '<zone ingress-priority="-1"'),
                ETC + "zones/drop.xml": zone('<source address="0.0.0.0/0"/>', target="DROP")}),
    Configured("bound-by-network-manager", "fail", {KEYFILE: connection("zone=trusted\n")}, **MANAGED),
    Configured("bound-by-network-manager-that-does-not-start", "pass", {KEYFILE: connection("zone=trusted\n")}),
    Configured("bound-by-a-file-of-red-hat", "fail",
               {"/etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nONBOOT=yes\nZONE=trusted\n"}, **MANAGED),
    # NetworkManager moves an interface to the default zone where its connection names none, whatever the zone's file says.
    Configured("moved-by-network-manager", "pass", {TRUSTED: BOUND, KEYFILE: connection()}, **MANAGED),
    # firewalld refuses a zone that is not there, and the interface stays where it is.
    Configured("not-moved-to-a-zone-that-is-not-there", "fail", {TRUSTED: BOUND, KEYFILE: connection("zone=nowhere\n")}, **MANAGED),
    Configured("perhaps-moved-by-network-manager", "error", {TRUSTED: BOUND}, reason=TRUSTED + ":3" + HANGS, **MANAGED),
    Configured("connection-for-any-interface", "error", {KEYFILE: connection("zone=trusted\n", "")}, reason=KEYFILE + HANGS, **MANAGED),
    Configured("connection-for-any-interface-without-a-zone", "pass", {KEYFILE: connection("", "")}, **MANAGED),
    Configured("rule-accepts", "fail", {PUBLIC: zone("<rule>%s<accept/></rule>" % TCP)}),
    Configured("rule-accepts-some-senders", "pass",
               {PUBLIC: zone('<rule family="ipv4"><source address="10.0.0.0/8"/><accept/></rule>')}),
    Configured("rule-accepts-all-but-some-senders", "fail",
               {PUBLIC: zone('<rule family="ipv4"><source address="10.0.0.0/8" invert="True"/><accept/></rule>')}),
    Configured("rule-for-the-other-family", "pass", {PUBLIC: zone('<rule family="ipv6">%s<accept/></rule>' % TCP)}),
    Configured("rule-within-a-limit", "fail", {PUBLIC: zone('<rule>%s<accept><limit value="5/m"/></accept></rule>' % TCP)}),
    Configured("rule-that-logs-alone", "pass", {PUBLIC: zone('<rule>%s<log prefix="accept"/></rule>' % TCP)}),
    Configured("rule-that-marks", "pass", {PUBLIC: zone('<rule>%s<mark set="1"/></rule>' % TCP)}),
    # firewalld 1 passes such a rule over, firewalld 2 takes none of the files.
    *(Configured("rule-with-" + name, "error", {PUBLIC: zone("<rule>%s</rule>" % rule)}, reason=PUBLIC + INCOMPLETE)
      for name, rule in (("an-address-of-no-family", '<source address="10.0.0.0/8"/><accept/>'), ("no-action", TCP),
                         ("icmp-block-and-action", '<icmp-block name="redirect"/><drop/>'), ("nothing", "<accept/>"),
                         ("two-actions", TCP + "<accept/><drop/>"), ("two-elements", TCP + TCP + "<drop/>"))),
    # Of two rules of one priority that which refuses comes first, wherever it stands.
    Configured("what-refuses-comes-first", "pass", {PUBLIC: zone(TCP, "<rule>%s<reject/></rule>" % TCP)}),
    Configured("rule-before-what-refuses", "fail",
               {PUBLIC: zone('<rule priority="-1">%s<accept/></rule>' % TCP, "<rule>%s<reject/></rule>" % TCP)}),
    Configured("rule-behind-what-refuses", "pass",
               {PUBLIC: zone('<rule priority="1">%s<accept/></rule>' % TCP, "<rule>%s<drop/></rule>" % TCP)}),
    Configured("sender-in-a-set", "pass",
               {PUBLIC: zone('<rule><source ipset="few"/><accept/></rule>'),
                ETC + "ipsets/few.xml": '<ipset type="hash:net">\n<entry>10.0.0.0/8</entry>\n</ipset>\n'}),
    Configured("sender-not-in-a-set", "fail",
               {PUBLIC: zone('<rule><source ipset="few" invert="yes"/><accept/></rule>'),
                ETC + "ipsets/few.xml": '<ipset type="hash:net">\n<entry>10.0.0.0/8</entry>\n</ipset>\n'}),
    Configured("set-that-changes", "error",
               {PUBLIC: zone('<rule><source ipset="few"/><accept/></rule>'),
                ETC + "ipsets/few.xml": '<ipset type="hash:ip">\n<option name="timeout" value="60"/>\n</ipset>\n'},
               reason=PUBLIC + ":3" + HANGS),
    Configured("service-with-another-in-it", "fail",
               {PUBLIC: zone('<service name="own"/>'), ETC + "services/own.xml": service('<include service="more"/>'),
                ETC + "services/more.xml": service('<include service="own"/>', TCP)}),
    Configured("service-for-other-receivers", "pass",
               {PUBLIC: zone('<service name="own"/>'), "/proc/net/fib_trie": "|-- 192.0.2.1\n/32 host LOCAL\n",
                ETC + "services/own.xml": service(TCP, '<destination ipv4="224.0.0.251"/>')}),
    Configured("port-without-a-number", "fail", {PUBLIC: zone('<service name="own"/>'), ETC + "services/own.xml": service('<port port="" protocol="udp"/>')}),
    Configured("zone-of-a-folder", "fail", {ETC + "zones/public/a.xml": zone(TCP), ETC + "zones/public/b.xml": zone()}),
    Configured("zone-of-a-folder-has-no-target", "pass", {ETC + "zones/public/a.xml": zone('<service name="ssh"/>', target="ACCEPT")}),
    Configured("policy-accepts", "fail", {ETC + "policies/p.xml": policy(target="ACCEPT")}),
    # A policy behind the zone's own rules still comes before the zone's target.
    Configured("policy-behind-a-zone", "fail", {ETC + "policies/p.xml": policy(target="ACCEPT", more=' priority="10"')}),
    Configured("policy-behind-what-refuses", "pass",
               {PUBLIC: zone("<rule>%s<drop/></rule>" % TCP, '<rule><protocol value="udp"/><drop/></rule>'),
                ETC + "policies/p.xml": policy(target="ACCEPT", more=' priority="10"')}),
    Configured("policy-for-what-goes-out", "pass", {ETC + "policies/p.xml": policy(target="DROP", comes="HOST", goes="ANY")}, OUT),
    Configured("policy-for-what-is-routed", "fail", {ETC + "policies/p.xml": policy(target="ACCEPT", goes="ANY")}, ROUTED),
    Configured("policy-for-another-zone", "pass", {ETC + "policies/p.xml": policy(target="ACCEPT", comes="trusted")}),
    # firewalld 1 passes the default zone over where no interface is bound to it by name, firewalld 2 does not.
    Configured("policy-for-the-default-zone", "error", {ETC + "policies/p.xml": policy(target="ACCEPT", comes="public")},
               reason=ETC + "policies/p.xml:1" + HANGS),
    Configured("policy-for-the-default-zone-by-name", "fail",
               {ETC + "policies/p.xml": policy(target="ACCEPT", comes="public"), KEYFILE: connection()}, **MANAGED),
    Configured("passed-on-to-iptables", "pass",
               {PUBLIC: ACCEPTS, DIRECT: '<direct>\n<rule ipv="ipv4" table="filter" chain="INPUT" priority="0">-j DROP</rule>\n</direct>\n'}),
    # With nftables what iptables accepts still has to pass the zones.
    Configured("accepted-by-iptables-alone", "pass",
               {DIRECT: '<direct>\n<passthrough ipv="ipv4">-I INPUT -j ACCEPT</passthrough>\n</direct>\n'}),
    Configured("accepted-by-iptables-as-the-backend", "fail",
               {ETC + "firewalld.conf": "FirewallBackend=iptables\n",
                DIRECT: '<direct>\n<rule ipv="ipv4" table="filter" chain="INPUT" priority="0">-j ACCEPT</rule>\n</direct>\n'}),
    Configured("own-chain-of-iptables", "pass",
               {PUBLIC: ACCEPTS, DIRECT: '<direct>\n<chain ipv="ipv4" table="filter" chain="own"/>\n'
                '<rule ipv="ipv4" table="filter" chain="own" priority="0">-j DROP</rule>\n'
                '<rule ipv="ipv4" table="filter" chain="INPUT" priority="0">-j own</rule>\n</direct>\n'}),
    # With a family or a table that there is not, firewalld starts and passes on nothing of the file.
    *(Configured("passed-on-in-" + name, "error", {PUBLIC: ACCEPTS, DIRECT: direct("-j DROP", *place)},
                 reason=DIRECT + ":2: there is no table %s, so firewalld passes on nothing of this file; correct it" % where)
      for name, place, where in (
          ("a-family-there-is-not", ("ipv5", "filter"), "filter of ipv5"), ("a-table-there-is-not", ("ipv4", "filtre"), "filtre of ipv4"))),
    # With a rule that iptables does not take its start fails, and what it ships is loaded.
    *(Configured("passed-on-" + name, "error", {DIRECT: direct(*words)}, reason=DIRECT + ":2: " + why + REFUSED)
      for name, words, why in (
          ("to-a-chain-there-is-not", ("-j DROP", "ipv4", "filter", "NOPE"), "there is no chain NOPE in the table filter"),
          ("to-a-chain-of-another-table", ("-j DROP", "ipv4", "filter", "PREROUTING"), "there is no chain PREROUTING in the table filter"),
          ("with-a-jump-nowhere", ("-p tcp -jNOPE",), "there is no chain NOPE in the table filter"),
          ("with-a-quote", ("-m comment --comment 'a -j DROP",), "No closing quotation"))),
    Configured("passed-on-with-a-slip", "error", {DIRECT: direct("-p tcp --dprot 5 -j DROP")},
               reason=DIRECT + ':2: iptables says: unknown option "--dprot"' + REFUSED, commands=asked("-p tcp --dprot 5 -j DROP", 'unknown option "--dprot"')),
    Configured("passed-on-as-iptables-takes-it", "pass", {PUBLIC: ACCEPTS, DIRECT: direct("-j DROP")},
               commands=asked("-j DROP", "Could not fetch rule set generation id: Permission denied (you must be root)")),
    Configured("passed-on-with-a-program", "error", {DIRECT: direct("--modprobe=/srv/x -m own -j DROP")},
               reason=DIRECT + ":2: an option that starts another program is not followed; take it out"),
    # --mode is no beginning of --modprobe.
    Configured("passed-on-by-chance", "fail", {PUBLIC: ACCEPTS, DIRECT: direct("-m statistic --mode random --probability 0.5 -j DROP")}),
    # nft takes no networks that lie in one another, ipset does; firewalld 1 takes more entries than the most.
    Configured("set-with-a-network-in-another", "error", {ETC + "ipsets/few.xml": NESTED},
               reason=ETC + "ipsets/few.xml:1: nft takes no entries that overlap, as 10.1.0.0/16 does" + REFUSED),
    Configured("set-with-a-network-in-another-behind-iptables", "pass", {ETC + "ipsets/few.xml": NESTED, ETC + "firewalld.conf": "FirewallBackend=iptables\n"}),
    Configured("set-with-networks-beside-one-another", "pass", {ETC + "ipsets/few.xml": NESTED.replace("10.1", "11.1")}),
    *(Configured("set-with-more-than-the-most-in-" + version, verdict,
                 {ETC + "ipsets/few.xml": NESTED.replace("10.1", "11.1").replace("<entry", '<option name="maxelem" value="1"/>\n<entry', 1),
                  "/usr/lib/python3/dist-packages/firewall/config/__init__.py": 'VERSION = "%s"\n' % version}, reason=reason)
      for version, verdict, reason in (("1.3.3", "pass", ""), ("2.3.1", "error", ETC + "ipsets/few.xml:1: there are more entries than maxelem=1" + REFUSED))),
    # Asked of 1.3.3 and 2.3.1 on a host without the file: services that they ship name protocols, and nothing at all is loaded.
    Configured("without-names-of-protocols", "error", {"/etc/protocols": File(link="/nowhere")}, now="",
               reason="/etc/protocols is missing, without which firewalld does not take the files that it ships and loads nothing; "
                      "install netbase (on RHEL and its like: setup)"),
    # firewalld takes all of its files or none, be they used or not.
    Configured("broken-file", "error", {ETC + "services/unused.xml": "<service>\n</port>\n"},
               reason=ETC + "services/unused.xml:2: mismatched tag" + REFUSED),
    Configured("unknown-element", "error", {PUBLIC: zone("<ssh/>")}, reason=PUBLIC + ":3: <ssh> does not belong here" + REFUSED),
    Configured("unknown-attribute", "error", {PUBLIC: zone('<port port="1" protocol="tcp" to="2"/>')},
               reason=PUBLIC + ":3: <port> has no attribute to" + REFUSED),
    Configured("missing-attribute", "error", {PUBLIC: zone('<port port="1"/>')}, reason=PUBLIC + ":3: <port> has no protocol" + REFUSED),
    *(Configured("refused-" + name, "error", {ETC + path: text}, reason=ETC + path + why + REFUSED) for name, path, text, why in VALUES),
    *(Configured("taken-" + name, "pass", {ETC + path: text}) for name, path, text in TAKEN),
    Configured("attribute-of-firewalld-2", "error",
               {PUBLIC: '<zone ingress-priority="5"/>', "/usr/lib/python3/dist-packages/firewall/config/__init__.py": 'VERSION = "1.3.3"\n'},
               reason=PUBLIC + ":1: <zone> has no attribute ingress-priority before firewalld 2" + REFUSED),
    # By the notes on firewalld 1.0, which took it out; no firewalld of before was run.
    *(Configured("sender-of-a-zone-that-drifts-" + name, verdict,
                 {ETC + OFFICE: zone('<source address="10.0.0.0/8"/>'), ETC + "firewalld.conf": said,
                  "/usr/lib/python3.6/site-packages/firewall/config/__init__.py": "VERSION = '%s'\n" % version}, reason=reason)
      for name, verdict, said, version, reason in (
          ("where-nothing-says-so", "error", "", "0.9.11", DRIFTS), ("as-it-comes", "error", "AllowZoneDrifting=yes\n", "0.9.11", DRIFTS),
          ("no-more", "pass", "AllowZoneDrifting=no\n", "0.9.11", ""), ("in-a-version-that-knows-none", "pass", "AllowZoneDrifting=yes\n", "1.3.3", ""))),
    Configured("all-ports-passed-on", "error", {PUBLIC: zone('<forward-port port="1-65535" protocol="tcp" to-port="80"/>')}, reason=PUBLIC + ":3" + HANGS),
    Configured("one-port-passed-on", "pass", {PUBLIC: zone('<forward-port port="8080" protocol="tcp" to-port="80"/>')}),
    # firewalld takes a range in either order.
    Configured("ports-from-the-last-to-the-first", "fail", {PUBLIC: zone('<port port="65535-1" protocol="tcp"/>')}),
    Configured("unknown-target", "error", {PUBLIC: zone(target="REJECT")}, reason=PUBLIC + ":2: REJECT is no target of a zone" + REFUSED),
    Configured("unknown-service", "error", {PUBLIC: zone('<service name="nothing"/>')},
               reason=PUBLIC + ":3: there is no service nothing" + REFUSED),
    Configured("interface-of-two-zones", "error", {PUBLIC: zone('<interface name="eth0"/>'), TRUSTED: BOUND},
               reason=TRUSTED + ":3: eth0 is bound to the zone public too" + REFUSED),
    Configured("name-that-is-too-long", "error", {ETC + "zones/abcdefghijklmnopqr.xml": zone()},
               reason=ETC + "zones/abcdefghijklmnopqr.xml: firewalld takes no such name of a file" + REFUSED),
    Configured("file-of-another-kind", "error", {PUBLIC: service()}, reason=PUBLIC + ":1: <service> does not belong here" + REFUSED),
    Configured("document-type", "error", {PUBLIC: "<!DOCTYPE zone [<!ENTITY a 'b'>]>\n<zone/>\n"},
               reason=PUBLIC + ":1: a document type is not followed; take it out"),
    Configured("beside-nftables", "error", {}, starts="nftables.service", reason=NFTABLES_STARTS),
    Configured("started-with-another-configuration", "error", {"/etc/sysconfig/firewalld": "FIREWALLD_ARGS=--system-config=/srv\n"},
               reason="/etc/sysconfig/firewalld gives firewalld another configuration, which is not followed; look at it by hand"),
    Configured("started-as-red-hat-does", "pass",
               {"/etc/sysconfig/firewalld": "# options\nFIREWALLD_ARGS=\n", "/usr/lib/systemd/system/firewalld.service":
                "[Service]\nExecStart=/usr/sbin/firewalld --nofork --nopid $FIREWALLD_ARGS\nExecStartPost=/usr/bin/firewall-cmd --state\n"}),
    Configured("started-by-a-script", "error", {"/etc/systemd/system/firewalld.service.d/own.conf": "[Service]\nExecStartPost=/srv/open\n"},
               reason="/etc/systemd/system/firewalld.service.d/own.conf: /srv/open is started at boot, and what it loads is not "
                      "followed; look at it by hand"),
]  # fmt: skip
