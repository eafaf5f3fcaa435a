"""What other programs set kernel parameters to: files of a host -> what is said to be set, and whether the rule then holds."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Union

from tests.scenarios.linux import File

FORWARD = "net.ipv4.ip_forward"
FORWARD_6 = "net.ipv6.conf.all.forwarding"
ADVERTS = "net.ipv6.conf.all.accept_ra"
REVERSE = "net.ipv4.conf.all.rp_filter"
WANTS = "/etc/systemd/system/multi-user.target.wants/"
NETWORK = "/etc/systemd/network/10-lan.network"
KEYFILE = "/etc/NetworkManager/system-connections/lan.nmconnection"
STATE = "/var/lib/connman/settings"
INTERFACES = "/etc/network/interfaces"
Files = Dict[str, Union[str, bytes, File]]


class Others(NamedTuple):
    """A case. ``says``: (program, key with slashes, value, file, line) of all that is set."""

    id: str
    key: str
    verdict: str
    files: Files
    says: List[Any]
    equals: int = 0
    systemd: int = 252


def _unit(name: str) -> Files:
    return {WANTS + name: File(link="/usr/lib/systemd/system/" + name)}


def _script(text: str) -> File:
    return File(text="#!/bin/sh\n" + text, mode=0o755)


NETWORKD, MANAGER, IFUPDOWN = "systemd-networkd", "NetworkManager", "ifupdown"
_NETWORKD = _unit("systemd-networkd.service")
_MANAGER = _unit("NetworkManager.service")
_IFUPDOWN: Files = {"/etc/network/if-up.d": File(directory=True, mode=0o755)}


def _lan(text: str, **more: Union[str, File]) -> Files:
    return {**_NETWORKD, NETWORK: "[Match]\nName=lan0\n[Network]\n" + text, **more}


def _of_lan(parameter: str, text: str, line: int, family: int = 4, file: str = NETWORK) -> List[Any]:
    return [(NETWORKD, "net/ipv%d/conf/lan0/%s" % (family, parameter), text, file, line)]


def _both(line: int) -> List[Any]:
    return [(NETWORKD, "net/ipv4/ip_forward", "1", NETWORK, line)]


FIRST = "/etc/systemd/network/05-all.network"
AD_HOC = "/usr/lib/systemd/network/80-wifi-adhoc.network"
WIRELESS = "[Match]\nType=wlan\nWLANInterfaceType=ad-hoc\n[Network]\nLinkLocalAddressing=yes\n"
HERE: Files = {"/proc/sys/net/ipv4/conf/lan0/forwarding": "0\n"}
OVERRIDE = "/etc/systemd/network/10-lan.network.d/site.conf"
CONF = "/etc/systemd/networkd.conf.d/site.conf"
PLANNED = "/run/systemd/network/10-netplan-lan0.network"
WG = "/etc/wireguard/wg0.conf"
ADDED = {
    "/etc/systemd/system/proxy.service.d/a.conf": "[Service]\nExecStartPost=/sbin/sysctl -w net.ipv4.ip_forward=1\n"
}
_PLANNED: Files = {**_NETWORKD, PLANNED: "[Match]\nName=lan0\n[Network]\nIPv6AcceptRA=no\n"}
LEAVES = "/etc/connman/main.conf"
IWD = "/etc/iwd/main.conf"


def _nets(*names: str) -> Files:
    """Return files of wired and wireless interfaces, beside the loopback."""
    return {"/sys/class/net/lo/type": "772\n", **{"/sys/class/net/%s/type" % name: "1\n" for name in names}}


def _of_stanza(text: str) -> Files:
    more: Files = {
        "/srv/router.conf": "\nnet.ipv4.ip_forward=1\n",
        "/usr/local/sbin/forward": _script("sysctl -q -w net.ipv4.ip_forward=1\n"),
    }
    return {**_IFUPDOWN, INTERFACES: "iface lan0 inet manual\n  " + text, **more}


DHCPCD = "/etc/dhcpcd.conf"
_DHCP: Files = {**_IFUPDOWN, INTERFACES: "auto lan0\niface lan0 inet dhcp\n", "/usr/sbin/dhcpcd": ""}
_DHCPCD = [("dhcpcd", "net/ipv6/conf/lan0/accept_ra", "1", INTERFACES, 2)]
_DHCPCD_UNIT: Files = {**_unit("dhcpcd.service"), "/sys/class/net/lan0/address": "", "/sys/class/net/lo/address": ""}
CASES = [
    # systemd-networkd
    Others("networkd-forwards", FORWARD, "fail", _lan("IPForward=yes\n"), _both(4)),
    Others("networkd-forwards-the-other-family", FORWARD, "pass", _lan("IPForward=ipv6\n"), []),
    Others("networkd-ignores-the-old-name", FORWARD, "pass", _lan("IPForward=yes\n"), [], systemd=257),
    Others("networkd-masquerades", FORWARD, "fail", _lan("IPForward=no\nIPMasquerade=ipv4\n"), _both(5)),
    Others("networkd-words-have-a-case", FORWARD, "pass", _lan("IPForward=IPv4\n"), []),
    Others("networkd-switches-have-none", FORWARD, "fail", _lan("IPForward=YES\n"), _both(4)),
    Others(
        "networkd-masquerades-for-all-the-same", FORWARD, "fail", _lan("IPv4Forwarding=no\nIPMasquerade=both\n"),
        [*_both(5), *_of_lan("forwarding", "0", 4)], systemd=257,
    ),
    Others("networkd-sends-advertisements", FORWARD_6, "pass", _lan("IPv6SendRA=yes\n"), [], systemd=257),
    Others("networkd-cannot-be-loose-yet", REVERSE, "pass", _lan("IPv4ReversePathFilter=loose\n"), [], 1),
    Others("networkd-set-back", FORWARD, "pass", _lan("IPForward=yes\nIPForward=no\n"), []),
    Others(
        "networkd-forwards-of-one", FORWARD, "fail", _lan("IPv4Forwarding=yes\n"), _of_lan("forwarding", "1", 4),
        systemd=257,
    ),
    Others("networkd-does-not-know-it-yet", FORWARD, "pass", _lan("IPv4Forwarding=yes\n"), []),
    Others(
        "networkd-drop-in-wins", FORWARD, "pass",
        {**_lan("IPv4Forwarding=yes\n"), OVERRIDE: "[Network]\nIPv4Forwarding=no\n"},
        _of_lan("forwarding", "0", 2, file=OVERRIDE), systemd=257,
    ),
    Others(
        "networkd-forwards-for-all", FORWARD, "fail", {**_NETWORKD, CONF: "[Network]\nIPv4Forwarding=yes\n"},
        [(NETWORKD, "net/ipv4/ip_forward", "1", CONF, 2)], systemd=257,
    ),
    Others("networkd-is-not-started", FORWARD, "pass", {NETWORK: "[Match]\nName=*\n[Network]\nIPForward=yes\n"}, []),
    Others(
        "networkd-is-masked", FORWARD, "pass",
        {**_lan("IPForward=yes\n"), "/etc/systemd/system/systemd-networkd.service": File(link="/dev/null")}, [],
    ),
    Others("networkd-file-without-match", FORWARD, "pass", {**_NETWORKD, NETWORK: "[Network]\nIPForward=yes\n"}, []),
    Others(
        "networkd-first-file-has-all", FORWARD, "pass",
        {**_lan("IPForward=yes\n"), "/etc/systemd/network/05-all.network": "[Match]\nName=*\n[Network]\nIPForward=no\n"}, [],
    ),
    Others(
        "networkd-first-file-is-for-all-others", FORWARD, "fail",
        {**_lan("IPMasquerade=ipv4\n"), FIRST: "[Match]\nName=!lan0\n[Network]\nLinkLocalAddressing=no\n"}, _both(4),
    ),
    # Without a condition it is for none.
    Others("networkd-first-file-is-for-none", ADVERTS, "fail", {**_lan("DHCP=ipv6\n"), FIRST: "[Match]\nName=\n[Network]\nIPv6AcceptRA=no\n"},
           _of_lan("accept_ra", "1", 0, 6)),
    Others("networkd-file-of-the-system-for-wireless", ADVERTS, "pass", {**_NETWORKD, **HERE, AD_HOC: WIRELESS}, []),
    Others("networkd-file-of-the-system-for-wireless-that-is-here", ADVERTS, "fail",
           {**_NETWORKD, "/proc/sys/net/ipv4/conf/wlan0/forwarding": "0\n", "/sys/class/net/wlan0/phy80211/x": "", AD_HOC: WIRELESS},
           [(NETWORKD, "net/ipv6/conf/wlan0/accept_ra", "1", AD_HOC, 0)]),
    Others(
        "networkd-file-of-the-system-comes-last", ADVERTS, "pass",
        {**_lan("IPv6AcceptRA=no\n"), **HERE, AD_HOC: "[Match]\nName=la*\n[Network]\nIPv6AcceptRA=yes\n"}, _of_lan("accept_ra", "0", 4, 6),
    ),
    Others("networkd-of-a-type", ADVERTS, "fail", {**_NETWORKD, NETWORK: "[Match]\nType=ether\n[Network]\nIPv6AcceptRA=yes\n"},
           [(NETWORKD, "net/ipv6/conf/*/accept_ra", "1", NETWORK, 4)]),
    Others("networkd-forwards-and-takes-none", ADVERTS, "pass", _lan("IPForward=ipv6\n"), _of_lan("accept_ra", "0", 0, 6)),
    Others("networkd-forwards-itself-and-takes-none", ADVERTS, "pass", _lan("IPv6Forwarding=yes\n"), _of_lan("accept_ra", "0", 0, 6), systemd=257),
    Others("networkd-link-local-of-ipv4", ADVERTS, "pass", _lan("LinkLocalAddressing=ipv4\n"), _of_lan("accept_ra", "0", 0, 6)),
    Others("networkd-sends-and-takes", ADVERTS, "fail", _lan("IPv6SendRA=yes\n"), _of_lan("accept_ra", "1", 0, 6)),
    Others("networkd-old-name-of-accepting", ADVERTS, "pass", _lan("IPv6AcceptRouterAdvertisements=no\n"), _of_lan("accept_ra", "0", 4, 6)),
    Others("networkd-leaves-it-alone", FORWARD, "pass", _lan("IPForward=yes\n[Link]\nUnmanaged=yes\n"), []),
    Others(
        "networkd-for-containers-that-are-not-here", FORWARD, "pass",
        {**_NETWORKD, "/usr/lib/systemd/network/80-container-ve.network": "[Match]\nName=ve-*\n[Network]\nIPMasquerade=both\n"}, [],
    ),
    Others("networkd-takes-advertisements", ADVERTS, "fail", _lan("DHCP=yes\n"), _of_lan("accept_ra", "1", 0, 6)),
    Others("networkd-takes-none", ADVERTS, "pass", _lan("IPv6AcceptRA=no\n"), _of_lan("accept_ra", "0", 4, 6)),
    Others("networkd-without-link-local", ADVERTS, "pass", _lan("LinkLocalAddressing=no\n"), _of_lan("accept_ra", "0", 0, 6)),
    Others(
        "networkd-is-loose", REVERSE, "fail", _lan("IPv4ReversePathFilter=loose\n"), _of_lan("rp_filter", "2", 4), equals=1, systemd=257,
    ),
    Others("networkd-is-lax-under-a-strict-all", REVERSE, "pass", _lan("IPv4ReversePathFilter=no\n"), _of_lan("rp_filter", "1", 4), 1, 257),
    Others(
        "netplan-made-it", ADVERTS, "pass",
        {**_NETWORKD, "/etc/netplan/50-site.yaml": "network: {}\n", PLANNED: "[Match]\nName=lan0\n[Network]\nIPv6AcceptRA=no\n"},
        _of_lan("accept_ra", "0", 4, 6, PLANNED),
    ),
    Others(
        "netplan-was-changed-since", ADVERTS, "error",
        {**_NETWORKD, PLANNED: "[Match]\nName=lan0\n[Network]\nIPv6AcceptRA=no\n", "/etc/netplan/50-site.yaml": "network: {}\n"}, [],
    ),
    # networkd is not started yet, and the next boot starts it for this file.
    Others(
        "netplan-has-made-nothing-yet", ADVERTS, "error",
        {"/usr/lib/systemd/system-generators/netplan": "", "/etc/netplan/50-site.yaml": "network: {}\n"}, [],
    ),
    Others(
        "netplan-has-made-nothing-of-it", ADVERTS, "pass",
        {
            "/usr/lib/systemd/system-generators/netplan": "", "/etc/netplan/50-site.yaml": "network: {}\n",
            "/run/systemd/generator/netplan.stamp": "",
        }, [],
    ),
    # Files below /run have a part in what was made, and are gone at the next boot.
    Others("netplan-has-a-file-for-now", ADVERTS, "error", {**_PLANNED, "/run/netplan/60-a.yaml": "network: {}\n"}, []),
    Others(
        "netplan-has-a-file-of-each-boot", ADVERTS, "pass",
        {**_PLANNED, "/run/netplan/lan0.yaml": "network: {}\n", "/proc/cmdline": "root=/dev/vda1 ip=dhcp\n"}, _of_lan("accept_ra", "0", 4, 6, PLANNED),
    ),
    # netplan 1.2 leaves no stamp; where all is NetworkManager's, this is all that it makes.
    Others(
        "netplan-left-it-to-network-manager", ADVERTS, "pass",
        {
            "/usr/lib/systemd/system-generators/netplan": "", "/etc/netplan/50-site.yaml": "network: {}\n",
            "/run/NetworkManager/conf.d/10-globally-managed-devices.conf": "",
        }, [],
    ),
    Others("netplan-is-not-installed", ADVERTS, "pass", {"/etc/netplan/50-site.yaml": "network: {}\n"}, []),
    # NetworkManager
    Others(
        "shared-connection", FORWARD, "fail",
        {**_MANAGER, KEYFILE: "[connection]\ntype=wifi\ninterface-name=lan0\n\n[ipv4]\nmethod=shared\n"},
        [(MANAGER, "net/ipv4/ip_forward", "1", KEYFILE, 6)],
    ),
    Others(
        "shared-connection-not-by-itself", FORWARD, "pass",
        {**_MANAGER, KEYFILE: "[connection]\ntype=wifi\nautoconnect=false\n[ipv4]\nmethod=shared\n"}, [],
    ),
    Others(
        "connection-forwards", FORWARD, "fail",
        {**_MANAGER, KEYFILE: "[connection]\ntype=ethernet\ninterface-name=lan0\n[ipv4]\nforwarding=1\n"},
        [(MANAGER, "net/ipv4/conf/lan0/forwarding", "1", KEYFILE, 5)],
    ),
    Others(
        "connection-takes-advertisements", ADVERTS, "fail",
        {**_MANAGER, KEYFILE: "[connection]\ntype=ethernet\n[ipv6]\nmethod=auto\n"},
        [(MANAGER, "net/ipv6/conf/*/accept_ra", "1", KEYFILE, 4)],
    ),
    Others(
        "connection-without-ipv6", ADVERTS, "pass",
        {**_MANAGER, KEYFILE: "[connection]\ntype=ethernet\n[ipv6]\nmethod=disabled\n"},
        [(MANAGER, "net/ipv6/conf/*/accept_ra", "0", KEYFILE, 4)],
    ),
    Others(
        "its-own-connection", ADVERTS, "fail", {**_MANAGER, "/sys/class/net/lan0/device/x": ""},
        [(MANAGER, "net/ipv6/conf/lan0/accept_ra", "1", "/etc/NetworkManager/NetworkManager.conf", 0)],
    ),
    Others(
        "no-connection-of-its-own", ADVERTS, "pass",
        {**_MANAGER, "/sys/class/net/lan0/device/x": "", "/etc/NetworkManager/conf.d/n.conf": "[main]\nno-auto-default=*\n"}, [],
    ),
    Others(
        "ifcfg-shared", FORWARD, "fail",
        {**_MANAGER, "/etc/sysconfig/network-scripts/ifcfg-lan0": "DEVICE=lan0\nBOOTPROTO=shared\nIPV6INIT=no\n"},
        [(MANAGER, "net/ipv4/ip_forward", "1", "/etc/sysconfig/network-scripts/ifcfg-lan0", 2)],
    ),
    Others(
        "dispatcher", FORWARD, "fail",
        {**_MANAGER, "/etc/NetworkManager/dispatcher.d/50-fwd": _script("sysctl -q -w net.ipv4.conf.$1.forwarding=1\n")},
        [(MANAGER, "net/ipv4/conf/*/forwarding", "1", "/etc/NetworkManager/dispatcher.d/50-fwd", 2)],
    ),
    # ifupdown
    Others("ifupdown-auto", ADVERTS, "fail", {**_IFUPDOWN, INTERFACES: "auto lan0\niface lan0 inet6 auto\n"},
           [(IFUPDOWN, "net/ipv6/conf/lan0/accept_ra", "2", INTERFACES, 2)]),
    Others("ifupdown-auto-without", ADVERTS, "pass", {**_IFUPDOWN, INTERFACES: "iface lan0 inet6 auto\n\taccept_ra 0\n"},
           [(IFUPDOWN, "net/ipv6/conf/lan0/accept_ra", "0", INTERFACES, 2)]),
    Others("ifupdown-static", ADVERTS, "pass", {**_IFUPDOWN, INTERFACES: "iface lan0 inet6 static\n\taddress fd00::1/64\n"}, []),
    Others(
        "ifupdown-command-in-a-sourced-file", FORWARD, "fail",
        {**_IFUPDOWN, INTERFACES: "source interfaces.d/*\n",
         "/etc/network/interfaces.d/lan": "iface lan0 inet manual\n  up echo 1 \\\n > /proc/sys/net/ipv4/conf/$IFACE/forwarding\n"},
        [(IFUPDOWN, "net/ipv4/conf/lan0/forwarding", "1", "/etc/network/interfaces.d/lan", 2)],
    ),
    *(
        Others("ifupdown-" + name, FORWARD, "fail" if sets else "pass", _of_stanza(text), [(IFUPDOWN, "net/ipv4/ip_forward", "1", *sets)] if sets else [])
        for name, text, sets in (
            ("quietly", "up /sbin/sysctl -qw net.ipv4.ip_forward=1\n", (INTERFACES, 2)),
            ("from-a-file", "post-up sysctl -q -p /srv/router.conf\n", ("/srv/router.conf", 2)),
            ("in-a-shell-of-its-own", "pre-up sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'\n", (INTERFACES, 2)),
            ("through-tee", "up echo 1 | tee /proc/sys/net/ipv4/ip_forward\n", (INTERFACES, 2)),
            ("by-its-other-name", "up sysctl -w net/ipv4/ip_forward=1 || true\n", (INTERFACES, 2)),
            ("when-it-goes-down", "down sysctl -w net.ipv4.ip_forward=1\n", ()),
            ("in-a-script", "up /usr/local/sbin/forward $IFACE\n", ("/usr/local/sbin/forward", 2)),
        )
    ),
    Others("ifupdown-static-that-takes", ADVERTS, "fail", {**_IFUPDOWN, INTERFACES: "iface lan0 inet6 static\n  address fd00::1/64\n  accept_ra 2\n"},
           [(IFUPDOWN, "net/ipv6/conf/lan0/accept_ra", "2", INTERFACES, 3)]),
    Others("ifupdown-name-that-is-not-read", ADVERTS, "pass",
           {**_IFUPDOWN, INTERFACES: "source-directory interfaces.d\niface lan0 inet manual\n",
            "/etc/network/interfaces.d/a.conf": "iface lan0 inet6 auto\n"}, []),
    # dhcpcd asks for IPv6 routers by itself, also where it was started for an IPv4 address.
    *(
        Others("ifupdown-starts-dhcpcd-" + name, ADVERTS, verdict, {**_DHCP, **more}, _DHCPCD if verdict == "fail" else [])
        for name, verdict, more in (
            ("as-it-comes", "fail", {}),
            ("without-ipv6-routers", "pass", {DHCPCD: "noipv6rs # not here\n"}),
            ("without-ipv6", "pass", {DHCPCD: "  noipv6\n"}),
            ("for-ipv4-alone", "pass", {DHCPCD: "ipv4only\n"}),
            ("last-wins", "fail", {DHCPCD: "noipv6rs\nipv6rs\n"}),
            ("without-on-this", "pass", {DHCPCD: "interface lan0\nnoipv6rs\n"}),
            ("without-on-another", "fail", {DHCPCD: "interface eth9\nnoipv6rs\n"}),
            # Of two names dhcpcd makes one, and of a pattern a name.
            ("without-on-two", "fail", {DHCPCD: "interface lan0 lan1\nnoipv6rs\n"}),
            ("without-on-a-pattern", "fail", {DHCPCD: "interface lan*\nnoipv6rs\n"}),
            ("on-this-alone", "fail", {DHCPCD: "noipv6rs\ninterface lan0\nipv6rs\n"}),
            ("without-in-one-wireless-network", "fail", {DHCPCD: "ssid guests\nnoipv6rs\n"}),
            ("in-capitals", "fail", {DHCPCD: "NOIPV6RS\n"}),
            # To dhcpcd the CR belongs to the word, which it then does not know.
            ("from-another-system", "fail", {DHCPCD: "noipv6rs\r\n"}),
            ("which-leaves-it-alone", "pass", {DHCPCD: "denyinterfaces eth9, lan*\n"}),
            ("where-dhclient-is", "pass", {"/usr/sbin/dhclient": ""}),
            ("where-udhcpc-is", "pass", {"/usr/sbin/udhcpc": ""}),
        )
    ),
    Others("dhcpcd", ADVERTS, "fail", _DHCPCD_UNIT, [("dhcpcd", "net/ipv6/conf/lan0/accept_ra", "1", DHCPCD, 0)]),
    Others("dhcpcd-of-another-interface", ADVERTS, "pass", {**_DHCPCD_UNIT, DHCPCD: "allowinterfaces eth9\n"}, []),
    Others("dhcpcd-without", ADVERTS, "pass", {**_DHCPCD_UNIT, DHCPCD: "noipv6rs\n"}, []),
    Others("dhcpcd-of-a-bridge", ADVERTS, "pass", {**_unit("dhcpcd.service"), "/sys/class/net/br0/bridge/x": ""}, []),
    Others("dhcpcd-is-not-started", ADVERTS, "pass", {"/sys/class/net/lan0/address": "", "/usr/sbin/dhcpcd": ""}, []),
    Others(
        "ifupdown-script", FORWARD, "fail",
        {**_IFUPDOWN, INTERFACES: "iface lan0 inet manual\n", "/etc/network/if-up.d/fwd": _script("# sysctl x=1\necho 1 >/proc/sys/net/ipv4/ip_forward\n")},
        [(IFUPDOWN, "net/ipv4/ip_forward", "1", "/etc/network/if-up.d/fwd", 3)],
    ),
    Others(
        "ifupdown-script-that-is-not-run", FORWARD, "pass",
        {**_IFUPDOWN, INTERFACES: "iface lan0 inet manual\n", "/etc/network/if-up.d/fwd": "#!/bin/sh\necho 1 >/proc/sys/net/ipv4/ip_forward\n"}, [],
    ),
    Others(
        "script-reads-a-file", FORWARD, "fail",
        {**_IFUPDOWN, INTERFACES: "iface lan0 inet manual\n", "/etc/network/if-up.d/fwd": _script("sysctl -p /srv/router.conf\n"),
         "/srv/router.conf": "\nnet.ipv4.ip_forward=1\n"},
        [(IFUPDOWN, "net/ipv4/ip_forward", "1", "/srv/router.conf", 2)],
    ),
    # what else is started
    Others("connman-that-shares", FORWARD, "fail", {**_unit("connman.service"), STATE: "[Wired]\nEnable=true\nTethering=true\n"},
           [("connman", "net/ipv4/ip_forward", "1", STATE, 3)]),
    Others("connman-that-does-not", FORWARD, "pass", {**_unit("connman.service"), STATE: "[Wired]\nEnable=true\nTethering=false\n"}, []),
    Others("connman-that-is-not-started", FORWARD, "pass", {STATE: "[Wired]\nTethering=true\n"}, []),
    # Two networks at once, and it sets the parameter of all to 2, whatever it was.
    *(
        Others("connman-" + name, REVERSE, verdict, {**_unit("connman.service"), **more}, says, 1)
        for name, verdict, says, more in (
            ("with-two-interfaces", "fail", [("connman", "net/ipv4/conf/all/rp_filter", "2", LEAVES, 0)], _nets("eth0", "wlan0")),
            ("with-one-interface", "pass", [], {**_nets("eth0", "virbr0", "veth1"), "/sys/class/net/veth1/brport/x": ""}),
            ("that-leaves-one-alone", "pass", [], {**_nets("eth0", "wlan0"), LEAVES: "[General]\nNetworkInterfaceBlacklist = docker,wl\n"}),
        )
    ),
    *(
        Others("iwd-" + name, ADVERTS, verdict, {**_unit("iwd.service"), IWD: text}, says)
        for name, verdict, says, text in (
            ("that-configures-addresses", "fail", [("iwd", "net/ipv6/conf/wl*/accept_ra", "1", IWD, 2)], "[General]\nEnableNetworkConfiguration=true\n"),
            ("without-ipv6", "pass", [], "[General]\nEnableNetworkConfiguration=true\n[Network]\nEnableIPv6=false\n"),
            ("that-leaves-addresses-to-others", "pass", [], "[General]\n#EnableNetworkConfiguration=true\n"),
        )
    ),
    Others("docker", FORWARD, "fail", _unit("docker.service"), [("docker", "net/ipv4/ip_forward", "1", "docker.service", 0)]),
    Others("docker-without", FORWARD, "pass", {**_unit("docker.service"), "/etc/docker/daemon.json": '{"ip-forward": false}'}, []),
    Others(
        "libvirt", FORWARD, "fail",
        {**_unit("libvirtd.service"), "/etc/libvirt/qemu/networks/autostart/default.xml": "<network><forward mode='nat'/></network>"},
        [("libvirt", "net/ipv4/ip_forward", "1", "/etc/libvirt/qemu/networks/autostart/default.xml", 0)],
    ),
    Others(
        "libvirt-bridge", FORWARD, "pass",
        {**_unit("libvirtd.service"), "/etc/libvirt/qemu/networks/autostart/lan.xml": "<network><forward mode='bridge'/></network>"}, [],
    ),
    Others("kubernetes", FORWARD, "fail", _unit("kubelet.service"), [("kubernetes", "net/ipv4/ip_forward", "1", "kubelet.service", 0)]),
    Others(
        "lxd", FORWARD, "fail", {**_unit("lxd.service"), "/var/lib/lxd/networks/lxdbr0/x": ""},
        [("lxd", "net/ipv4/ip_forward", "1", "/var/lib/lxd/networks", 0)],
    ),
    Others(
        "wireguard", FORWARD_6, "fail",
        {**_unit("wg-quick@wg0.service"), WG: "[Interface]\nPostUp = sysctl -w net.ipv6.conf.all.forwarding=1; iptables -A FORWARD\n"},
        [("wg-quick", "net/ipv6/conf/all/forwarding", "1", WG, 2)],
    ),
    Others(
        "firewalld-masquerades", FORWARD, "fail",
        {**_unit("firewalld.service"), "/etc/firewalld/zones/public.xml": "<zone><masquerade/></zone>"},
        [("firewalld", "net/ipv4/ip_forward", "1", "/etc/firewalld/zones/public.xml", 0)],
    ),
    Others(
        "unit-of-the-site", FORWARD, "fail",
        {**_unit("router.service"), "/etc/systemd/system/router.service": "[Service]\nExecStart=-/sbin/sysctl -w net/ipv4/ip_forward=1\n"},
        [("router.service", "net/ipv4/ip_forward", "1", "/etc/systemd/system/router.service", 2)],
    ),
    Others(
        "snippet-of-a-unit-of-a-package", FORWARD, "fail",
        {**_unit("proxy.service"), **ADDED},
        [("proxy.service", "net/ipv4/ip_forward", "1", "/etc/systemd/system/proxy.service.d/a.conf", 2)],
    ),
    Others(
        "snippet-of-a-unit-that-nothing-starts", FORWARD, "pass",
        ADDED, [],
    ),
    Others("rc-local", FORWARD, "fail", {"/etc/rc.local": _script("echo 1 | tee /proc/sys/net/ipv4/ip_forward\n")},
           [("rc.local", "net/ipv4/ip_forward", "1", "/etc/rc.local", 2)]),
    Others(
        "rc-local-that-calls", FORWARD, "fail",
        {"/etc/rc.local": _script("[ -x /opt/net.sh ] && /opt/net.sh up\n"), "/opt/net.sh": _script("/opt/net.sh again\nsysctl -w net.ipv4.ip_forward=1\n")},
        [("rc.local", "net/ipv4/ip_forward", "1", "/opt/net.sh", 3)],
    ),
    Others("value-that-nobody-knows", FORWARD, "error", {"/etc/rc.local": _script("sysctl -w net.ipv4.ip_forward=$FWD\n")}, []),
    Others(
        "the-same-by-another-name", FORWARD, "fail", {"/etc/sysctl.d/90-router.conf": "net.ipv4.conf.all.forwarding=1\n"},
        [("systemd-sysctl", "net/ipv4/ip_forward", "1", "/etc/sysctl.d/90-router.conf", 1)],
    ),
]  # fmt: skip
