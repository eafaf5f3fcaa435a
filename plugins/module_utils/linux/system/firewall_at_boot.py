# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes back at boot: the files that ufw, firewalld, nftables.service and the two ways of iptables load (read, never run)."""

from __future__ import annotations

import re
from typing import Callable, Dict, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, raised, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import (
    firewall_units,
    ipsets,
    nft_rules,
    ufw_defaults,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.iptables_restore import load_file
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.iptables_rules import Ports, load, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.packet_filter import Table
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import assignments, fragments

NFTABLES = "/etc/nftables.conf"
STORED = {4: "/etc/iptables/rules.v4", 6: "/etc/iptables/rules.v6"}
_PHASES = ("ExecStartPre", "ExecStart", "ExecStartPost")
_LOADS = re.compile(r"(?:/usr)?(?:/s?bin/)?nft (?:-f|--file) (?P<path>/[\w./+:@-]+)\Z", re.ASCII)
# Without what systemd, nft's options or nft itself would take for something else.
_TELLS = re.compile(r"(?:/usr)?(?:/s?bin/)?nft (?:add|create|insert|delete|destroy|flush) [\w ./:{},=-]+\Z", re.ASCII)
# Asks nft what it makes of commands, without the right to reach the packet filter: nothing is loaded, in the kernel nothing is asked for.
_ASK_NFT = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "nft", "--check")
# Behind this nft does not want to know what is loaded, which it is not told without that right; at boot nothing is.
_FRESH = "flush ruleset\n"
# What nft says against a text, with the place where it stands.
_OBJECTION = re.compile(r"(?:(?P<place>/[^\s:]+:[0-9]+):[0-9-]+: )?Error: (?P<what>[^\n]+)", re.ASCII)
# What it says for want of that right, or of what may be there at boot; files that are included are looked for by us.
_SAYS_NOTHING = re.compile(
    r"Operation not permitted|Interface does not exist|Could not resolve hostname|[Ff]ile not found|Could not open|[Cc]ould not read"
)
DIRECTIONS = ("input", "output", "forward")
UFW, NFT, PERSISTENT = "ufw.service", "nftables.service", "netfilter-persistent.service"
FIREWALLD = "firewalld.service"
# What binds interfaces to zones of firewalld, and the file of firewalld's arguments on Red Hat's systems.
MANAGER = "NetworkManager.service"
ARGUMENTS = "/etc/sysconfig/firewalld"
# Units of Red Hat's iptables-services: the family, what they start, and what that restores; without the file it does nothing.
RED_HAT = {
    "iptables.service": (4, "/usr/libexec/iptables/iptables.init", "/etc/sysconfig/iptables"),
    "ip6tables.service": (6, "/usr/libexec/iptables/ip6tables.init", "/etc/sysconfig/ip6tables"),
}
# All others that load a packet filter are the site's own.
KNOWN = (UFW, NFT, PERSISTENT, FIREWALLD, MANAGER, ipsets.UNIT, *RED_HAT)
# What the units of the packages start.
_SHIPPED = {
    UFW: re.compile(r"(?:/usr)?/lib/ufw/ufw-init start(?: quiet)?\Z", re.ASCII),
    FIREWALLD: re.compile(
        r"/usr/s?bin/(?:firewalld --nofork --nopid(?: \$FIREWALLD_ARGS)?|firewall-cmd --state)\Z", re.ASCII
    ),
    PERSISTENT: re.compile(r"(?:/usr)?/sbin/netfilter-persistent start\Z", re.ASCII),
    **{unit: re.compile(re.escape(script) + r" start\Z") for unit, (_family, script, _path) in RED_HAT.items()},
}


def loaders(host: Host) -> List[str]:
    """Return the units that may load a firewall here; netfilter-persistent of Debian has the names of Red Hat's two beside its own."""
    return [
        UFW,
        NFT,
        PERSISTENT,
        FIREWALLD,
        *(unit for unit, (_family, script, _path) in RED_HAT.items() if host.exists(script)),
    ]


def of(host: Host, units: Sequence[str], ports: Ports) -> List[Table]:
    """Return the tables that these units load. Raises `ReadError` where a file of theirs is not followed."""
    if FIREWALLD in units:
        return _firewalld(host, units, ports)
    both = [unit for unit in units if unit in LOADERS]
    own = [unit for unit in units if unit not in KNOWN]
    if own:
        _refuse_last_words(host, [*both, *own], ports)
    if NFT in both and len(both) > 1 and _clears(host, ports):
        # Nothing orders the units; where nftables has the last word, only its rules are left, and the others promise nothing.
        both = [NFT]
    for unit in both:
        if unit != NFT:
            _refuse_other_starts(host, unit)
    return loaded_by(host, both, ipsets.UNIT in units, ports, own)


def loaded_by(
    host: Host, units: Sequence[str], sets_of_red_hat: bool, ports: Ports, own: Sequence[str] = ()
) -> List[Table]:
    """Return what units of `LOADERS`, and the site's ``own``, load, with what is in the sets that their rules name. Raises `ReadError`."""
    tables = [table for unit in units for table in LOADERS[unit](host, ports)]
    tables += [table for unit in own for table in _of_own(host, unit, ports)]
    if not ipsets.named(tables):
        return tables
    sets = ipsets.at_boot(host, PERSISTENT in units, sets_of_red_hat)
    ipsets.refuse_missing(tables, sets)
    return ipsets.followed(tables, sets)


def _refuse_last_words(host: Host, units: Sequence[str], ports: Ports) -> None:
    """Raise `ReadError` where of several units, one of them the site's own, each may take away what another has loaded."""
    for unit in units if len(units) > 1 else ():
        nft = unit == NFT or (unit not in KNOWN and all(_by_nft(one) for _place, one in _own_commands(host, unit)))
        if not nft or _clears(host, ports, unit):
            raise ReadError(
                "%s load packet filters at boot, and nothing says which of them has the last word; put the rules into one of them"
                % printable(" and ".join(units))[:200]
            )


def _own_commands(host: Host, unit: str) -> List[Tuple[str, str]]:
    """Return (file, command) of those of a unit of the site's own that load a packet filter."""
    return [one for one in _starts(host, unit) if firewall_units.filters(host, one[1])]


def _by_nft(command: str) -> bool:
    return bool(_LOADS.match(command) or _TELLS.match(command))


def _of_own(host: Host, unit: str, ports: Ports) -> List[Table]:
    """Return what a unit of the site's own loads by nft, or by iptables-restore."""
    given = _own_commands(host, unit)
    for place, command in given:
        program = words_of(command)[0]
        if program.startswith("/") and not host.exists(program):
            if len(given) == 1:
                return []
            raise _not_followed(place, command)
    if all(_by_nft(command) for _place, command in given):
        return _loaded_by_nft(host, ports, "", unit)
    found: Dict[int, Dict[str, Table]] = {4: {}, 6: {}}
    for place, command in given:
        restored = firewall_units.restored(command)
        if restored is None or (len(given) > 1 and not host.exists(restored.path)):
            raise _not_followed(place, command)
        try:
            load_file(host, restored.path, restored.family, ports, found[restored.family], anew=restored.anew)
        except NotFound:
            continue  # nothing is loaded
    return [table for tables in found.values() for table in tables.values()]


def _clears(host: Host, ports: Ports, unit: str = NFT) -> bool:
    """Return whether a unit of nft takes away what another unit has loaded, be it in a file that is included."""
    for family in ("ip", "ip6"):
        before = "table %s filter { chain INPUT { counter; }; }" % family
        tables = {table.name: table for table in _loaded_by_nft(host, ports, before, unit)}
        left = tables.get(family + " filter")
        rules = left.chains["INPUT"].rules if left and "INPUT" in left.chains else ()
        if not any(rule.place == "%s:1" % unit for rule in rules):
            return True
    return False


def nftables(host: Host, ports: Ports) -> List[Table]:
    """Return what nftables.service loads."""
    return _loaded_by_nft(host, ports, "")


def _loaded_by_nft(host: Host, ports: Ports, before: str, unit: str = NFT) -> List[Table]:
    """Return what the commands of a unit leave of the rules ``before`` them (one line) and their own."""
    given = _given_to_nft(host, unit)
    for place, command, path in given:
        if path and not host.exists(path):
            if len(given) == 1:
                return []
            raise _not_followed(place, command)
    _refuse_what_nft_does_not_take(host, unit)
    return nft_rules.parse(
        "%s\n%s" % (before, nft_statements(host, unit)), unit, ports, lambda name: _included(host, name)
    )


def _refuse_what_nft_does_not_take(host: Host, unit: str) -> None:
    """Raise `ReadError` where nft itself objects to what a unit gives it: of such a text it loads nothing at all."""
    try:
        answer = host.run([*_ASK_NFT, _FRESH + nft_statements(host, unit)], accept=range(256))
    except NotFound:
        return
    for said in _OBJECTION.finditer(answer.stderr):
        if not _SAYS_NOTHING.search(said.group("what")):
            raise ReadError(
                "%s: nft does not take this, and loads nothing at boot: %s"
                % (said.group("place") or unit, printable(said.group("what"))[:200])
            )


def nft_statements(host: Host, unit: str = NFT) -> str:
    """Return what a unit gives to nft, a line for each of its commands; a file is included."""
    given = _given_to_nft(host, unit)
    return "".join(
        'include "%s"\n' % path if path else command.partition(" ")[2] + "\n" for _place, command, path in given
    )


def nft_file(host: Host) -> str:
    """Return the first file that nftables.service loads, where rules of the site's own are to stand."""
    return next((path for _place, _command, path in _given_to_nft(host) if path), NFTABLES)


def _given_to_nft(host: Host, unit: str = NFT) -> List[Tuple[str, str, str]]:
    """Return (unit file, command, file that it loads) of each command of a unit."""
    shipped = [(NFT, "nft -f " + NFTABLES)]
    commands = (_starts(host, NFT) or shipped) if unit == NFT else _own_commands(host, unit)
    return [(place, command, _file_of(place, command)) for place, command in commands]


def _file_of(place: str, command: str) -> str:
    """Return the file that a command of nft loads, or nothing where the rules stand in the command itself."""
    loads = _LOADS.match(command)
    if loads:
        return loads.group("path")
    if _TELLS.match(command):
        return ""
    raise _not_followed(place, command)


def _starts(host: Host, unit: str) -> List[Tuple[str, str]]:
    """Return (file, command) of all that a unit starts, in the order in which it does; without blanks that say nothing."""
    found: Dict[str, List[Tuple[str, str]]] = {name: [] for name in _PHASES}
    for place in fragments(host, unit):
        for name, text in assignments(snippet_text(host, place), "Service"):
            if name in found:
                command = " ".join(words_of(text.lstrip("-@:+!")))
                found[name] = [*found[name], (place, command)] if command else []
    return [one for name in _PHASES for one in found[name]]


def _refuse_other_starts(host: Host, unit: str) -> None:
    """Raise `ReadError` where a unit starts something other than what its package has it start."""
    for place, command in _starts(host, unit):
        if not _SHIPPED[unit].match(command):
            raise _not_followed(place, command)


def _not_followed(place: str, command: str) -> ReadError:
    return ReadError(
        "%s: %s is started at boot, and what it loads is not followed; look at it by hand"
        % (place, printable(command)[:100])
    )


def _included(host: Host, name: str) -> List[Tuple[str, str]]:
    if not name.startswith("/"):
        # nft is started in /, and looks in /etc where nothing else is asked for.
        name = ("/etc/" if not name.startswith("./") else "/") + name
    if any(sign in name for sign in "*?["):
        return [(path, host.read_text(path)) for path in host.glob(name)]
    return [(name, host.read_text(name))]


def persistent(host: Host, ports: Ports) -> List[Table]:
    """Return what netfilter-persistent.service loads."""
    return [table for family, path in STORED.items() for table in _stored(host, family, path, ports)]


def _stored(host: Host, family: int, path: str, ports: Ports) -> List[Table]:
    tables: Dict[str, Table] = {}
    try:
        load_file(host, path, family, ports, tables, anew=True)
    except NotFound:
        return []
    return list(tables.values())


def ufw(host: Host, ports: Ports) -> List[Table]:
    """Return what ufw loads at boot: its own chains, and its three files of each family."""
    if ufw_defaults.variable(host, "ENABLED") not in ("yes", "YES"):
        return []
    for script in ("/etc/ufw/before.init", "/etc/ufw/after.init"):
        if host.exists(script) and host.stat(script).st_mode & 0o111:
            raise ReadError("%s is run by ufw at boot, and what it does is not followed; look at it by hand" % script)
    found: List[Table] = []
    for family in (4, 6):
        if family == 6 and ufw_defaults.variable(host, "IPV6") not in ("yes", "YES"):
            found += parse(_WITHOUT_IPV6, 6, "/etc/default/ufw", ports)
            continue
        tables: Dict[str, Table] = {}
        number = "6" if family == 6 else ""
        load(_frame(host, number), family, "/lib/ufw/ufw-init-functions", ports, tables)
        for name in ("before", "after", "user"):
            path = "/etc/ufw/%s%s.rules" % (name, number)
            load_file(host, path, family, ports, tables, anew=False)
        load(_last(host, number), family, "/etc/default/ufw", ports, tables)
        found += tables.values()
    return found


_WITHOUT_IPV6 = (
    "*filter\n:INPUT DROP\n:FORWARD DROP\n:OUTPUT DROP\n-A INPUT -i lo -j ACCEPT\n-A OUTPUT -o lo -j ACCEPT\n"
)
# The chains that each direction passes, in this order.
_PRIMARY = ("before-logging", "before", "after", "after-logging", "reject", "track")


def _policy(host: Host, direction: str) -> str:
    name = "DEFAULT_%s_POLICY" % raised(direction)
    found = ufw_defaults.variable(host, name)
    if found not in ("ACCEPT", "DROP", "REJECT"):
        raise ReadError("/etc/default/ufw: %s is %r, which ufw does not take" % (name, found))
    return found


def _frame(host: Host, number: str) -> str:
    """Return the chains that ufw makes before it loads its files."""
    lines = ["*filter"]
    for direction in DIRECTIONS:
        policy = _policy(host, direction)
        chains = ["ufw%s-%s-%s" % (number, name, direction) for name in _PRIMARY]
        skip = "ufw%s-skip-to-policy-%s" % (number, direction)
        user = ["ufw%s-user-%s" % (number, direction), "ufw%s-user-logging-%s" % (number, direction)]
        lines += [":%s - [0:0]" % name for name in [*chains, skip, *user]]
        lines += ["-A %s -j %s" % (raised(direction), name) for name in chains]
        lines.append("-A %s -j %s" % (skip, policy))
        if policy == "REJECT":
            lines.append("-A %s -j REJECT" % chains[4])
        if policy == "ACCEPT":
            lines += ["-A %s -p %s -m conntrack --ctstate NEW -j ACCEPT" % (chains[5], one) for one in ("tcp", "udp")]
    others = ("logging-deny", "logging-allow", "user-limit", "user-limit-accept")
    lines += [":ufw%s-%s - [0:0]" % (number, name) for name in others]
    return "\n".join(lines)


def _last(host: Host, number: str) -> str:
    """Return what ufw does behind its files: the user's rules come into play, and the policies."""
    lines = ["*filter"]
    for direction in DIRECTIONS:
        policy = "ACCEPT" if _policy(host, direction) == "ACCEPT" else "DROP"
        lines.append("-A ufw%s-before-%s -j ufw%s-user-%s" % (number, direction, number, direction))
        lines.append(":%s %s [0:0]" % (raised(direction), policy))
    return "\n".join(lines)


def _firewalld(host: Host, units: Sequence[str], ports: Ports) -> List[Table]:
    """Return what firewalld loads; it flushes what others have loaded, or is in conflict with them."""
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import firewalld_rules

    for other in units:
        if other in LOADERS or other not in KNOWN:
            raise ReadError(
                "%s starts at boot beside %s, and nothing says which of them has the last word; disable one of them"
                % (FIREWALLD, other)
            )
    _refuse_other_starts(host, FIREWALLD)
    for line in split_lines(snippet_text(host, ARGUMENTS)):
        name, _sign, value = line.partition("=")
        if name.strip(BLANKS) == "FIREWALLD_ARGS" and "-config" in value:
            raise ReadError(
                "%s gives firewalld another configuration, which is not followed; look at it by hand" % ARGUMENTS
            )
    return firewalld_rules.tables(host, ports, MANAGER in units)


def rules_file(host: Host, unit: str) -> str:
    """Return the file of a unit of nftables or iptables in which rules of the site's own for IPv4 are to stand."""
    return nft_file(host) if unit == NFT else RED_HAT[unit][2] if unit in RED_HAT else STORED[4]


def _of_red_hat(unit: str) -> Callable[[Host, Ports], List[Table]]:
    family, _script, path = RED_HAT[unit]
    return lambda host, ports: _stored(host, family, path, ports)


LOADERS: Dict[str, Callable[[Host, Ports], List[Table]]] = {
    UFW: ufw,
    NFT: nftables,
    PERSISTENT: persistent,
    **{unit: _of_red_hat(unit) for unit in RED_HAT},
}
