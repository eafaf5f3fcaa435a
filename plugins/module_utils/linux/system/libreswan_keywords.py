# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keywords of ipsec.conf that any Libreswan from 4.9 to 5.4 knows: at another one it takes nothing of the whole file."""

from __future__ import annotations

_SETUP = (
    "audit-log crl-strict crl-timeout crlcheckinterval curl-iface curl-timeout ddos-ike-threshold ddos-mode debug dns-resolver dnssec-anchors "
    "dnssec-enable dnssec-rootkey-file drop-oppo-null dumpdir exampledir expire-lifetime expire-shunt-interval global-redirect "
    "global-redirect-to ike-socket-bufsize ike-socket-errqueue ikev1-policy ikev1-secctx-attr-type interfaces ipsec-interface-managed ipsecdir "
    "keep-alive listen listen-tcp listen-udp logappend logfile logip loglimit logstderr logtime max-halfopen-ike myvendorid nflog-all nhelpers "
    "nssdir ocsp-cache-max-age ocsp-cache-min-age ocsp-cache-size ocsp-enable ocsp-method ocsp-strict ocsp-timeout ocsp-trustname ocsp-uri "
    "plutodebug plutostderrlog protostack rundir seccomp secctx-attr-type secretsfile seedbits seeddev shuntlifetime statsbin syslog uniqueids "
    "virtual-private virtual_private xfrmlifetime"
)
# That with a comma is a slip of the pen in its source: by the name of its manual it is known to none of them.
_CONN = (
    "accept-redirect accept-redirect-to aggressive aggrmode ah also alsoflip authby auto cisco-split cisco-unity clientaddrfamily clones compress "
    "connalias debug decap-dscp dns-match-id, dpdaction dpddelay dpdtimeout enable-tcp encap-dscp encapsulation esn esp failureshunt "
    "fake-strongswan forceencaps fragmentation hostaddrfamily ignore-peer-dns ike ikelifetime ikepad ikev1-dpdtimeout ikev2 initial-contact "
    "intermediate ipsec-interface ipsec-lifetime ipsec-max-bytes ipsec-max-packets iptfs iptfs-drop-time iptfs-fragmentation iptfs-init-delay "
    "iptfs-max-queue-size iptfs-packet-size iptfs-reorder-window keyexchange keyingtries keylife lifetime mark mark-in mark-out metric mobike "
    "modecfgbanner modecfgdns modecfgdomains modecfgpull ms-dh-downgrade mtu narrowing nat-ikev1-method nat-keepalive negotiationshunt nflog "
    "nflog-group nic-offload nm-configured nopmtudisc overlapip pam-authorize pfs pfs-rekey-workaround phase2 phase2alg plutodebug policy-label "
    "ppk ppk-ids priority reauth redirect-to reject-simultaneous-ike-auth rekey rekeyfuzz rekeymargin remote-peer-type remote_peer_type "
    "replay-window reqid require-id-on-certificate retransmit-interval retransmit-timeout salifetime sec-label send-esp-tfc-padding-not-supported "
    "send-no-esp-tfc send-redirect send-supported-auth-methods send-vendorid sendca session-resumption sha2-truncbug share-lease tcp-remoteport "
    "tfc type vti-interface vti-routing vti-shared xauthby xauthfail"
)
# Of one end: behind `left` or `right`, or alone. The ends themselves have no name.
_ENDS = (
    "addresspool auth autheap ca cat cert ckaid ecdsakey eddsakey groundhog id ikeport interface-ip modecfgclient modecfgserver nexthop protoport "
    "pubkey rsasigkey sendcert sourceip subnet subnets updown updown-config username vti xauthclient xauthserver xauthusername"
)
SETUP, CONN, ENDS = (frozenset(words.split(" ")) for words in (_SETUP, _CONN, _ENDS))
