"""Scenarios of ipsec.conf, as strongSwan's starter and as Libreswan read it; the latter two differ in nearly everything but the name.

What they make of it was seen with strongSwan 5.9.8 and 6.0.1 (its log, ``ipsec statusall``) and Libreswan 4.10 and 5.2 (``ipsec status``).
"""

from __future__ import annotations

from typing import Any, Dict, List

from tests.scenarios.linux import Part, Scenario

MAIN, MORE = "/etc/ipsec.conf", "/etc/ipsec.d/a.conf"
# Of an address of the host itself.
TRIE = "Local:\n  +-- 0.0.0.0/0 2 0 2\n     |-- 198.51.100.7\n        /32 host LOCAL\n"
STARTER = {"/usr/lib/ipsec/starter": "", "/proc/net/fib_trie": TRIE}
LIBRESWAN = {"/usr/libexec/ipsec/pluto": "", "/proc/net/fib_trie": TRIE}
HOSTS = "127.0.0.1 localhost\n198.51.100.7\tsun.example.org Sun # here\n192.0.2.9 moon.example.org\n"
NAMED = {"/etc/hosts": HOSTS}
# As Debian and EPEL have it, and where sites put theirs.
SETTINGS, MORE_SETTINGS = "/etc/strongswan.conf", "/etc/strongswan.d/zz.conf"
STRONGSWAN = "charon {\n\tload_modular = yes\n\tplugins {\n\t\tinclude strongswan.d/charon/*.conf\n\t}\n}\ninclude strongswan.d/*.conf\n"
STROKE = "charon {\n\tplugins {\n\t\tstroke {\n\t\t\t%s\n\t\t}\n\t}\n}\n"
SWAPPED = "conn c\n\tleft=%%any\n\tright=%s\n\trightid=@sun\n\tauthby=secret\n\tauto=add\n"
OTHER = "/etc/ipsec.other.conf"
GROUPS = [
    "curve25519",
    "curve448",
    "ecp256",
    "ecp384",
    "ecp521",
    "modp2048",
    "modp3072",
    "modp4096",
    "modp6144",
    "modp8192",
]
SOUND = ["aes128", "aes192", "aes256", "aes128gcm16", "aes192gcm16", "aes256gcm16", "chacha20poly1305", "prfsha256", "prfsha384", "prfsha512",
         "sha256", "sha384", "sha512", "none", *GROUPS]  # fmt: skip


def strong(sound: List[str]) -> Dict[str, Any]:
    """Return what asks of each connection for no other algorithms than these, and for nothing unprotected."""
    return {
        "each": {"fields": {"ike": {"subset_of": sound}, "esp": {"subset_of": sound}, "unprotected": {"empty": True}}}
    }


STRONG = strong(SOUND)
CURRENT = {"each": {"fields": {"versions": {"equals": [2]}}}}
MAINLY = {"each": {"fields": {"aggressive": {"equals": False}}}}
CLOSED = {"each": {"fields": {"open_to_any": {"equals": False}}}}
RENEWED = {"each": {"fields": {"ike_seconds": {"at_most": 86400}, "child_seconds": {"at_most": 28800}}}}
THERE = {"any": {"present": True}}


def _scenario(
    program: Dict[str, str], name: str, text: str, observed: Dict[str, Any], verdict: str = "error", **more: Any
) -> Scenario:
    by = "strongSwan" if program is STARTER else "Libreswan" if program is LIBRESWAN else "nobody"
    files = {MAIN: text, **program, **more.get("files", {})}
    name = "ipsec.conf of %s: %s" % (by, name)
    return Scenario(name, {}, more.get("expect", THERE), verdict, observed, select="connections", files=files)


def _case(
    program: Dict[str, str],
    name: str,
    text: str,
    expect: Dict[str, Any],
    verdict: str,
    seen: Dict[str, Any],
    **more: Any,
) -> Scenario:
    observed = {"state": "value", "value": Part(connections=[Part(name="c", file=MAIN, **seen)])}
    return _scenario(program, name, text, observed, verdict, expect=expect, **more)


def _none(program: Dict[str, str], name: str, text: str, **more: Any) -> Scenario:
    return _scenario(program, name, text, {"state": "absent"}, "fail", **more)


def _error(program: Dict[str, str], name: str, text: str, reason: str, **more: Any) -> Scenario:
    return _scenario(program, name, text, {"state": "error", "reason": reason}, **more)


def _lines(text: str) -> str:
    return "".join("\t%s\n" % line for line in text.split("\n") if line)


def _starter(name: str, text: str, expect: Dict[str, Any], verdict: str, **seen: Any) -> Scenario:
    return _case(STARTER, name, "conn c\n\tauto=add\n" + _lines(text), expect, verdict, seen)


def _libreswan(name: str, text: str, expect: Dict[str, Any], verdict: str, **seen: Any) -> Scenario:
    return _case(LIBRESWAN, name, _started(text), expect, verdict, seen)


def _started(text: str) -> str:
    """Return a connection of Libreswan with both ends, which it has to have."""
    ends = {"left=": "left=198.51.100.7", "right=": "right=192.0.2.1"}
    return "conn c\n\tauto=add\n" + _lines("\n".join([text, *(line for end, line in ends.items() if end not in text)]))


def _starter_peer(name: str, text: str, open_to_any: bool, *remote: str) -> Scenario:
    return _starter(
        "peer: " + name, text, CLOSED, "fail" if open_to_any else "pass", open_to_any=open_to_any, remote=list(remote)
    )


def _libreswan_peer(name: str, text: str, open_to_any: bool, *remote: str) -> Scenario:
    return _libreswan(
        "peer: " + name, text, CLOSED, "fail" if open_to_any else "pass", open_to_any=open_to_any, remote=list(remote)
    )


def _starter_error(name: str, text: str, reason: str) -> Scenario:
    return _error(STARTER, name, "conn c\n\tauto=add\n" + _lines(text), PLACE + reason)


def _libreswan_error(name: str, text: str, reason: str) -> Scenario:
    return _error(LIBRESWAN, name, _started(text), PLACE + reason)


PLACE = "the connection c of %s " % MAIN
NOT_LOADED = ", with which strongSwan does not load it; mend it"
SYNTAX = "%s:%d is no syntax of %s, which then takes nothing of the whole file; mend it"
IKE, ESP = "ike=aes256-sha256-curve25519", "esp=aes256gcm16"
STARTER_IKE = ["3des", "aes128", "aes128gcm16", "aes192", "aes192gcm16", "aes256", "aes256gcm16", "aesxcbc", *GROUPS, "prfsha1", "prfsha256",
               "prfsha384", "prfsha512", "sha1", "sha256", "sha384", "sha512"]  # fmt: skip
BASE = "conn base\n\tkeyexchange=ikev2\n\tlifetime=2h\n"
OF_STARTER = [
    _none(STARTER, "nothing configured", "config setup\n\t# strictcrlpolicy=yes\n\nconn %default\n\tike=3des\nca x\n\tauto=add\n"),
    # `ignore` is what stands for auto where nothing does, and no command brings it up.
    _none(STARTER, "not started", "conn c\n\tright=192.0.2.1\n"),
    _starter("as it comes", "", CURRENT, "fail", versions=[1, 2], aggressive=False, remote=["pubkey"], open_to_any=False, ike=STARTER_IKE,
             ike_seconds=10260, child_seconds=3060),
    _starter("proposals that are all", IKE + "!\n" + ESP + "!", STRONG, "pass", ike=["aes256", "curve25519", "sha256"], esp=["aes256gcm16"],
             unprotected=[]),
    # Without the exclamation mark 3DES may be used all the same.
    _starter("proposals besides its own", IKE + "\n" + ESP + "!", STRONG, "fail", ike=STARTER_IKE, esp=["aes256gcm16"]),
    _starter("proposals of ESP besides its own", IKE + "!\n" + ESP, STRONG, "fail", unprotected=[]),
    _starter("several proposals", 'ike="aes256-sha256-modp3072, aes128-sha256-modp3072!" # strong\n' + ESP + " !", STRONG, "pass",
             ike=["aes128", "aes256", "modp3072", "sha256"], esp=["aes256gcm16"]),
    _starter("a mark that is not at the end", IKE + "!,3des-md5-modp1024!\n" + ESP + "!", STRONG, "fail"),
    _starter("ESP without a code of integrity", IKE + "!\nesp=aes256!", STRONG, "fail", esp=["aes256"], unprotected=["aes256"]),
    _starter("AH", IKE + "!\nah=sha256!", STRONG, "fail", esp=[], unprotected=["ah"]),
    # Its source means to refuse it.
    _starter("AH beside ESP", IKE + "!\n" + ESP + "!\nah=sha256!", STRONG, "fail", esp=[], unprotected=["ah"]),
    _starter("passed by", IKE + "!\ntype=passthrough", STRONG, "pass", esp=[], child_seconds=0),
    _starter("IKEv2", "keyexchange=ikev2", CURRENT, "pass", versions=[2]),
    _starter("IKEv1", "keyexchange=ikev1\naggressive=yes", CURRENT, "fail", versions=[1], aggressive=True),
    _starter("aggressive", "keyexchange=ikev1\naggressive=yes", MAINLY, "fail", versions=[1], aggressive=True),
    _starter_peer("certificate", "right=%any", False, "pubkey"),
    _starter_peer("shared secret", "right=%any\nauthby=secret", True, "psk"),
    _starter_peer("shared secret, no address named", "authby=psk", True, "psk"),
    _starter_peer("shared secret of one address", "right=192.0.2.1\nauthby=secret", False, "psk"),
    _starter_peer("shared secret of one name", "right=%any\nrightid=@moon\nauthby=secret", False, "psk"),
    _starter_peer("shared secret of any name", "right=%any\nrightid=%any\nauthby=secret", True, "psk"),
    _starter_peer("shared secret of no name", "right=%any\nrightid=0.0.0.0\nauthby=secret", True, "psk"),
    _starter_peer("shared secret of any name from one address", "right=192.0.2.1\nrightid=%any\nauthby=secret", False, "psk"),
    _starter_peer("shared secret of a network", "right=192.0.2.0/24\nauthby=secret", True, "psk"),
    _starter_peer("one name, from anywhere", "right=%moon.example.org\nauthby=secret", False, "psk"),
    _starter_peer("from anywhere, any name", "right=moon.example.org\nrightallowany=yes\nrightid=%any\nauthby=secret", True, "psk"),
    # leftauth alone puts authby out of force, and what is then not said is a certificate.
    _starter_peer("authby out of force", "right=%any\nauthby=secret\nleftauth=psk", False, "pubkey"),
    _starter_peer("each for itself", "right=%any\nleftauth=pubkey\nrightauth=secret", True, "psk"),
    _starter_peer("person besides", "right=%any\nauthby=xauthpsk\nxauth=server", False, "psk", "xauth"),
    _starter_peer("person at this end", "right=%any\nauthby=xauthpsk", True, "psk"),
    _starter_peer("EAP", "right=%any\nrightauth=eap-mschapv2", False, "eap"),
    # strongSwan takes a word that it does not know for "anything".
    _starter_peer("no such proof", "right=%any\nrightauth=pbk", True, "any"),
    _starter_peer("no such proof in capitals", "right=%any\nrightauth=PSK", True, "any"),
    _starter("peer: left, where right is this host", "left=%any\nright=198.51.100.7\nrightid=@sun\nauthby=secret", CLOSED, "fail",
             open_to_any=True, remote=["psk"]),
    _case(STARTER, "peer: left, where right is a name of this host", SWAPPED % "Sun", CLOSED, "fail",
          {"open_to_any": True, "remote": ["psk"]}, files=NAMED),
    _case(STARTER, "peer: right, which is a name of another host", SWAPPED % "moon.example.org", CLOSED, "pass",
          {"open_to_any": False, "remote": ["psk"]}, files=NAMED),
    _case(STARTER, "peer: right, where strongSwan is told not to look", "conn c\n\tleft=192.0.2.1\n\tright=198.51.100.7\n\tleftauth=psk\n\tauto=add\n",
          CLOSED, "pass", {"open_to_any": False, "remote": ["pubkey"]}, files={**NAMED, SETTINGS: STRONGSWAN,
                                                                               MORE_SETTINGS: STROKE % "allow_swap = no"}),
    _starter("never renewed", "rekey=no", RENEWED, "fail", ike_seconds=None, child_seconds=None),
    _starter("times", "ikelifetime=1d\nkeylife=480m\nmargintime=0", RENEWED, "pass", ike_seconds=86400, child_seconds=28800),
    _starter("no end", "ikelifetime=0\nlifetime=0", RENEWED, "fail", ike_seconds=None, child_seconds=None),
    _starter("margin that eats all of it", "margintime=4h\nlifetime=1h", RENEWED, "fail", ike_seconds=None, child_seconds=3600),
    _case(STARTER, "taken from another", BASE + "conn c\n\talso=base\n\tauto=add\n", CURRENT, "pass",
          {"versions": [2], "child_seconds": 6660}),
    _case(STARTER, "its own counts more", BASE + "conn c\n\tkeyexchange=ikev1\n\talso=base\n\tauto=add\n", CURRENT, "fail",
          {"versions": [1], "child_seconds": 6660}),
    _case(STARTER, "of two the last counts more", BASE + "conn b\n\tkeyexchange=ikev1\nconn c\n\talso=b\n\talso=base\n\tauto=add\n", CURRENT,
          "pass", {"versions": [2]}),
    _case(STARTER, "default behind it", "conn c\n\tright=192.0.2.1\nconn %default\n\tkeyexchange=ikev2\n\tauto=add\n", CURRENT, "pass",
          {"versions": [2]}),
    _case(STARTER, "default emptied", "conn %default\n\tkeyexchange=ikev2\nconn c\n\tkeyexchange=\n\tauto=add\n", CURRENT, "fail",
          {"versions": [1, 2]}),
    _case(STARTER, "the last counts", "conn c\n\tkeyexchange=ikev1\n\n\tkeyexchange=ikev2\n\tauto=add\n", CURRENT, "pass", {"versions": [2]}),
    _case(STARTER, "in two parts", "conn c\n\tkeyexchange=ikev1\n\tauto=add\nconn c\n\tkeyexchange=ikev2\n", CURRENT, "pass", {"versions": [2]}),
    _case(STARTER, "included", "version 2.0\nconn c\n\tauto=add\ninclude ipsec.d/*.conf\n", CURRENT, "pass", {"versions": [2]},
          files={MORE: "\tkeyexchange=ikev2\n"}),
    _scenario(STARTER, "another file that strongswan.conf names", "# not here\n",
              {"state": "value", "value": Part(connections=[Part(name="c", file=OTHER, versions=[2])])}, "pass", expect=CURRENT,
              files={SETTINGS: STRONGSWAN, MORE_SETTINGS: "starter {\n\tconfig_file = %s\n}\n" % OTHER,
                     OTHER: "conn c\n\tkeyexchange=ikev2\n\tauto=add\n"}),
    _none(STARTER, "what reads it is switched off", "conn c\n\tauthby=secret\n\tauto=add\n",
          files={SETTINGS: STRONGSWAN, MORE_SETTINGS: STROKE % "load = No"}),
    _error(STARTER, "authority taken from nowhere", "ca x\n\talso=y\nconn c\n\tauto=add\n",
           "the authority x of %s takes from y, which is not there, and strongSwan loads nothing of the file; mend it" % MAIN),
    _error(STARTER, "no value of its setup", "config setup\n\tuniqueids=maybe\nconn c\n\tauto=add\n",
           MAIN + " has uniqueids = 'maybe' in config setup, with which strongSwan does not start; mend it"),
    _case(STARTER, "keywords that it does not know", "config setup\n\tnat_traversal=yes\n\tfoo=1\nconn c\n\tpfs=yes\n\tauthbi=secret\n\tauto=add\n",
          CLOSED, "pass", {"remote": ["pubkey"]}),
    _error(STARTER, "at the begin of a line", "conn c\nauto=add\n", SYNTAX % (MAIN, 2, "strongSwan")),
    _error(STARTER, "two signs of equality", "conn c\n\trightid=C=CH\n", SYNTAX % (MAIN, 2, "strongSwan")),
    _error(STARTER, "no value", "conn c\n\tauto\n", SYNTAX % (MAIN, 2, "strongSwan")),
    _error(STARTER, "no name", "conn\n\tauto=add\n", SYNTAX % (MAIN, 1, "strongSwan")),
    _error(STARTER, "quotation not closed", 'conn c\n\trightid="C\n', SYNTAX % (MAIN, 2, "strongSwan")),
    _error(STARTER, "error in an included file", "include ipsec.d/*.conf\n", SYNTAX % (MORE, 1, "strongSwan"), files={MORE: "conn a b\n"}),
    _error(STARTER, "taken from nowhere", "conn c\n\talso=d\n",
           PLACE + "takes from d, which is not there, and strongSwan loads nothing of the file; mend it"),
    _error(STARTER, "circle", "conn c\n\talso=c\n", PLACE + "takes from c, in a circle, and strongSwan loads nothing of the file; mend it"),
    _starter_error("no version", "keyexchange=2", "has keyexchange = '2'" + NOT_LOADED),
    _starter_error("no switch", "rekey=off", "has rekey = 'off'" + NOT_LOADED),
    _starter_error("no proof", "authby=certificate", "has authby = 'certificate'" + NOT_LOADED),
    _starter_error("its own by name", "ike=default", "names default in ike" + NOT_LOADED),
    _starter_error("no time", "ikelifetime=1w", "has ikelifetime = '1w', with which strongSwan does not load it; write it as 4h"),
    _starter_error("one setting by two names", "lifetime=1h\nkeylife=8h",
                   "has lifetime and keylife, which are one setting; take out one of them"),
]  # fmt: skip
NOTHING_AT_LEFT = "left=192.0.2.1\nright=%s\nleftauth=null\nrightauth=rsasig"
ENDS = "conn c\n\tleft=198.51.100.7\n\tright=192.0.2.1\n"
V2_GROUPS = ["curve25519", "ecp256", "ecp384", "ecp521", "modp2048", "modp3072", "modp4096", "modp8192"]
V2_SEALED = ["aes128gcm16", "aes256gcm16", "chacha20poly1305"]
POLICY = """conn %default
\tike=aes_gcm256-sha2_512+sha2_256-dh19+dh31,chacha20_poly1305-sha2_512-dh19,aes256-sha2_512+sha2_256-dh19
\tesp=aes_gcm256,chacha20_poly1305,aes256-sha2_512+sha2_256
\tauthby=ecdsa-sha2_256,rsa-sha2_512
"""
UNKNOWN_WORD = MAIN + ":%d has '%s', at which Libreswan takes nothing of the whole file; mend it"
TWICE = ", of which versions of Libreswan make different things; "
OF_LIBRESWAN = [
    _none(LIBRESWAN, "as it is installed", "# x\nversion 2.0\n\nconfig setup\n\t#logfile=/var/log/pluto.log\n\ninclude /etc/ipsec.d/*.conf\n"),
    _none(LIBRESWAN, "one end alone, not started", "conn c\n\tleft=198.51.100.7\n"),
    _none(LIBRESWAN, "passed by", ENDS + "\tauto=add\n\ttype=passthrough\n"),
    # `ipsec add` takes it all the same.
    _case(LIBRESWAN, "not started", ENDS + "\tikev2=no\n", CURRENT, "fail", {"versions": [1]}),
    _case(LIBRESWAN, "what others take from, not started", ENDS.replace("conn c", "conn b") + "conn c\n\talso=b\n", CURRENT, "pass",
          {"versions": [2]}),
    _libreswan("as it comes", "", CURRENT, "pass", versions=[2], aggressive=False, remote=["pubkey"], open_to_any=False, unprotected=[],
               ike=sorted(["aes128", "aes256", "sha256", "sha512", "prfsha256", "prfsha512", *V2_GROUPS, *V2_SEALED]),
               esp=sorted(["aes128", "aes256", "sha256", "sha512", *V2_SEALED]), ike_seconds=28800, child_seconds=28800),
    _libreswan("what it puts there itself is strong", "", STRONG, "pass"),
    _libreswan("what it puts there itself of IKEv1 is not", "ikev2=no", STRONG, "fail", unprotected=[],
               ike=sorted(["3des", "aes128", "aes192", "aes256", "sha1", "sha256", "sha512", "modp1536", "modp2048", "ecp256", "curve25519"]),
               esp=sorted(["3des", "aes128", "aes192", "aes256", "aes128gcm16", "aes256gcm16", "sha1", "sha256", "sha512"])),
    _libreswan("hash and group not named", "ike=aes256\nesp=aes_gcm256", STRONG, "pass", ike=sorted(["aes256", "sha256", "sha512", *V2_GROUPS]),
               esp=["aes256gcm16"]),
    _libreswan("hash of IKEv1 not named", "ikev2=never\nike=aes256;modp2048\nesp=aes256-sha2", STRONG, "fail",
               ike=["aes256", "modp2048", "sha1", "sha256", "sha512"], esp=["aes256", "sha256"]),
    _libreswan("joined by a plus", "ike=AES_GCM-sha2_512+sha2_256-dh19+dh31", STRONG, "pass",
               ike=["aes128gcm16", "aes192gcm16", "aes256gcm16", "curve25519", "ecp256", "prfsha256", "prfsha512"]),
    _libreswan("no seal, a hash and a group", "ike=aes_gcm_16_256-none-sha2_384-dh20", STRONG, "pass",
               ike=["aes256gcm16", "ecp384", "prfsha384"]),
    _libreswan("length behind a dash", "ike=aes-256-hmac_sha2_256-ecp_256\nesp=aes256-sha2_512_256", STRONG, "pass",
               ike=["aes256", "ecp256", "sha256"], esp=["aes256", "sha512"]),
    _libreswan("one weak among them", "ike=aes256-sha2,3des-md5;modp1024", STRONG, "fail",
               ike=sorted(["3des", "aes256", "md5", "sha256", "modp1024", *V2_GROUPS])),
    _libreswan("small groups", "ike=aes256-sha2-dh22+dh5", STRONG, "fail", ike=["aes256", "modp1024s160", "modp1536", "sha256"]),
    _libreswan("by its old name", "phase2alg=3des-sha1", STRONG, "fail", esp=["3des", "sha1"], unprotected=[]),
    _libreswan("encrypts nothing", "esp=null-sha2", STRONG, "fail", esp=["null", "sha256"], unprotected=["null-sha256"]),
    _libreswan("seals and encrypts nothing", "esp=aes_gmac128-null", STRONG, "fail", esp=["aes128gmac"], unprotected=["aes128gmac"]),
    _libreswan("no code of integrity", "esp=aes256-none", STRONG, "fail", esp=["aes256"], unprotected=["aes256"]),
    _libreswan("AH", "phase2=ah\nah=sha2", STRONG, "fail", esp=[], unprotected=["ah"]),
    _libreswan("in the clear where the other end does not answer", "failureshunt=passthrough", STRONG, "fail", unprotected=["failureshunt"]),
    _libreswan("in the clear until the other end answers", "negotiationshunt=PassThrough\nfailureshunt=drop", STRONG, "fail",
               unprotected=["negotiationshunt"]),
    _libreswan("IKEv1", "ikev2=permit\naggressive=yes", CURRENT, "fail", versions=[1], aggressive=True),
    _libreswan("aggressive", "keyexchange=ikev1\naggrmode=yes", MAINLY, "fail", versions=[1], aggressive=True),
    # A switch to 5.2, no value to 4.10.
    _libreswan("version as a switch", "ikev2=N", CURRENT, "fail", versions=[1]),
    # `ike` is no version, and says nothing.
    _libreswan("any version", "keyexchange=ike\nikev2=no", CURRENT, "fail", versions=[1]),
    _libreswan("two words on the version", "keyexchange=ikev2\nikev2=no", CURRENT, "pass", versions=[2]),
    _libreswan_peer("certificate", "right=%any", False, "pubkey"),
    _libreswan_peer("shared secret", "left=%defaultroute\nright=%any\nauthby=secret", True, "psk"),
    _libreswan_peer("shared secret of one name", "right=%any\nrightid=@moon\nauthby=secret", False, "psk"),
    _libreswan_peer("shared secret of one address", "left=%defaultroute\nright=192.0.2.1\nauthby=secret", False, "psk"),
    # Which end is which hangs on the addresses of the host alone.
    _libreswan_peer("at the left", "left=%any\nright=198.51.100.7\nauthby=secret", True, "psk"),
    _libreswan_peer("at the left, with a name of its own", "left=%any\nleftid=@moon\nright=%defaultroute\nrightid=%any\nauthby=secret", False, "psk"),
    # It says so in its status, and lets nobody in by the secret.
    _libreswan_peer("secret or certificate", "right=%any\nauthby=secret,rsasig", False, "pubkey"),
    _libreswan_peer("certificate or nothing", "right=%any\nauthby=rsasig,null", True, "null"),
    _libreswan_peer("EAP or nothing", "right=%any\nauthby=rsasig,null\nleftauth=rsasig\nrightauth=eaponly\nrightautheap=tls", True, "null"),
    _libreswan_peer("nothing", "right=192.0.2.1\nauthby=null", True, "null"),
    _libreswan_peer("nothing at the other end", "right=%group\nleftauth=rsasig\nrightauth=null", True, "null"),
    _libreswan_peer("nothing at this end", "left=%defaultroute\nright=192.0.2.1\nleftauth=null\nrightauth=rsasig", False, "pubkey"),
    _libreswan_peer("without a side it is the right one", "right=%any\nleftauth=rsasig\nauth=secret", True, "psk"),
    _libreswan_peer("EAP", "right=%any\nleftauth=rsasig\nrightauth=eaponly\nrightautheap=tls", False, "eap"),
    # Who sends a proof of the secret is in, and not asked for EAP.
    _libreswan_peer("EAP besides a shared secret", "right=%any\nauthby=secret\nleftautheap=tls\nrightautheap=tls", True, "psk"),
    _libreswan_peer("EAP besides nothing", "right=%any\nleftauth=rsasig\nrightauth=null\nleftautheap=tls\nrightautheap=tls", True, "null"),
    _libreswan_peer("shared secret of nobody", "right=%any\nrightid=%null\nauthby=secret", True, "psk"),
    _libreswan_peer("person besides", "ikev2=no\nright=%any\nauthby=secret\nleftxauthserver=yes", False, "psk", "xauth"),
    _libreswan_peer("person whom nobody asks", "ikev2=no\nright=%any\nauthby=secret\nleftxauthserver=yes\nxauthby=alwaysok", True, "psk"),
    _case(LIBRESWAN, "peer: at the left, where right is a name of this host", _started(NOTHING_AT_LEFT % "sun.example.org"), CLOSED, "fail",
          {"open_to_any": True, "remote": ["null"]}, files=NAMED),
    _case(LIBRESWAN, "peer: at the left, where right is an interface of this host", _started(NOTHING_AT_LEFT % "%lo"), CLOSED, "fail",
          {"open_to_any": True, "remote": ["null"]}, files={"/sys/class/net/lo": ""}),
    # Of the names in /etc/hosts not all are addresses of an interface.
    _case(LIBRESWAN, "peer: at the right, which is a name of another host", _started(NOTHING_AT_LEFT % "moon.example.org"), CLOSED, "pass",
          {"open_to_any": False, "remote": ["pubkey"]}, files=NAMED),
    _libreswan("times", "ikelifetime=24h\nsalifetime=28800", RENEWED, "pass", ike_seconds=86400, child_seconds=28800),
    # More than a day it does not take, and nothing is a day as well (4.10).
    _libreswan("longer times", "ikelifetime=3d\nlifetime=0\nrekey=no", RENEWED, "fail", ike_seconds=86400, child_seconds=86400),
    _case(LIBRESWAN, "default", "conn %default\n\tikev2=no\n" + ENDS + "\tauto=add\nconn %default\n\tikev2=yes\n\tauthby=secret\n", CURRENT, "pass",
          {"versions": [2], "remote": ["psk"]}),
    _case(LIBRESWAN, "its own before the default", "conn %default\n\tlifetime=1h\n" + ENDS + "\tsalifetime=2h\n", RENEWED, "pass",
          {"child_seconds": 7200}),
    _case(LIBRESWAN, "crypto policy", "include /etc/crypto-policies/back-ends/libreswan.config\n" + ENDS, STRONG, "pass",
          {"remote": ["pubkey"], "esp": ["aes256", "aes256gcm16", "chacha20poly1305", "sha256", "sha512"],
           "ike": ["aes256", "aes256gcm16", "chacha20poly1305", "curve25519", "ecp256", "prfsha256", "prfsha512", "sha256", "sha512"]},
          files={"/etc/crypto-policies/back-ends/libreswan.config": POLICY}),
    _case(LIBRESWAN, "all ways to write it", 'conn "c" # x\n\n\tLEFT = {198.51.100.7}\n\tright-id="@a b"\n# x\n\tRight=192.0.2.1 # as it is\n', CURRENT,
          "pass", {}),
    _error(LIBRESWAN, "at the begin of a line", "conn c\nauto=add\n", SYNTAX % (MAIN, 2, "Libreswan")),
    _error(LIBRESWAN, "two words", ENDS + "\tike=aes256 aes128\n", SYNTAX % (MAIN, 4, "Libreswan")),
    # Without a blank in it, it is a word like others.
    _error(LIBRESWAN, "comment of one word", ENDS + "\tike=aes256 #strong\n", SYNTAX % (MAIN, 4, "Libreswan")),
    _error(LIBRESWAN, "included within", ENDS + "\tinclude /etc/x\n", SYNTAX % (MAIN, 4, "Libreswan")),
    _error(LIBRESWAN, "behind an include", ENDS + "include /etc/x\n\tike=aes256\n", SYNTAX % (MAIN, 5, "Libreswan")),
    _error(LIBRESWAN, "error in an included file", "include /etc/ipsec.d/*.conf\n", SYNTAX % (MORE, 1, "Libreswan"), files={MORE: "ike=aes\n"}),
    _error(LIBRESWAN, "part of a path", "include ipsec.d/*.conf\n",
           MAIN + ":1 includes a file by part of its path, which hangs on where Libreswan is started; write it whole"),
    _error(LIBRESWAN, "a keyword that it does not know", ENDS + "\tauto=add\nconn d\n\tsalifetim=1h\n", UNKNOWN_WORD % (6, "salifetim")),
    _error(LIBRESWAN, "a keyword of strongSwan", ENDS + "\tleftfirewall=yes\n", UNKNOWN_WORD % (4, "leftfirewall")),
    # So its manual names it; in the source there is a comma in the name.
    _error(LIBRESWAN, "dns-match-id", ENDS + "\tdns-match-id=yes\n", UNKNOWN_WORD % (4, "dns-match-id")),
    _error(LIBRESWAN, "a keyword that it does not know, in its setup", "config setup\n\tnohelpers=2\n" + ENDS, UNKNOWN_WORD % (2, "nohelpers")),
    _case(LIBRESWAN, "a keyword of its setup in a connection", ENDS + "\tuniqueids=no\n\tauto=add\n", CURRENT, "pass", {}),
    _error(LIBRESWAN, "a keyword of connections in its setup", "config setup\n\tauthby=secret\n" + ENDS,
           MAIN + ":2 has authby in config setup, at which Libreswan 4 takes nothing of the whole file; take it out"),
    _error(LIBRESWAN, "version behind another section", "config setup\nversion 2.0\n" + ENDS, SYNTAX % (MAIN, 2, "Libreswan")),
    _error(LIBRESWAN, "version in an included file", "include /etc/ipsec.d/*.conf\n", SYNTAX % (MORE, 1, "Libreswan"), files={MORE: "version 2.0\n"}),
    # A newline behind it makes it a comment.
    _error(LIBRESWAN, "comment of one word at the end", ENDS + "#end", SYNTAX % (MAIN, 4, "Libreswan")),
    _case(LIBRESWAN, "comment of several words at the end", ENDS + "\tauto=add\n# the end", CURRENT, "pass", {}),
    _error(LIBRESWAN, "remark outside of a section", "\tx-remark=1\n" + ENDS, SYNTAX % (MAIN, 1, "Libreswan")),
    # A remark to 5.2, an error to 4.10.
    _error(LIBRESWAN, "remark without a sign of equality", ENDS + "\tx-remark\n", SYNTAX % (MAIN, 4, "Libreswan")),
    _error(LIBRESWAN, "also in the default", "conn %default\n\talso=b\n" + ENDS + "conn b\n\tikev2=no\n",
           MAIN + ":2 has also in conn %default, where Libreswan does not follow it; take it out"),
    _error(LIBRESWAN, "several at once", ENDS + '\talso="b d"\nconn b\n\tikev2=no\nconn d\n',
           MAIN + ":4 has not one name behind also" + TWICE + "write one also for each"),
    _error(LIBRESWAN, "once more in what it takes from, of what is not looked at", ENDS + "\tpfs=yes\n\talso=b\nconn b\n\tpfs=no\n",
           PLACE + "has pfs twice" + TWICE + "take out one"),
    _case(LIBRESWAN, "what is joined", ENDS + "\trightsubnet=10.9.0.0/24\n\tleftsubnets=10.0.0.0/24\n\talso=b\n\tauto=add\n"
          "conn b\n\tleftsubnets=10.1.0.0/24\n", CURRENT, "pass", {}),
    # 5.2 makes what passes packets by of it.
    _error(LIBRESWAN, "a tunnel where none is the default", "conn %default\n\ttype=passthrough\n" + ENDS + "\ttype=tunnel\n\tauto=add\n",
           PLACE.rstrip(" ") + ", with conn %default, has type twice" + TWICE + "take out one"),
    # 4.10 does not load it, 5.2 takes the first.
    _error(LIBRESWAN, "twice", ENDS + "\tike=aes256\n\tike=3des\n", MAIN + ":5 has ike twice" + TWICE + "take out one"),
    _error(LIBRESWAN, "once more in what it takes from", ENDS + "\tike=aes256\n\talso=b\nconn b\n\tike=3des\n",
           PLACE + "has ike twice" + TWICE + "take out one"),
    _error(LIBRESWAN, "no value", ENDS + "\tike=\n", MAIN + ":4 gives ike no value" + TWICE + "take it out"),
    _error(LIBRESWAN, "one name for two", ENDS + ENDS, MAIN + ":4 has the connection c twice" + TWICE + "take out one"),
    _error(LIBRESWAN, "taken from nowhere", ENDS + "\talso=d\n", PLACE + "takes from d, which is not there; mend it"),
    _libreswan_error("no such algorithm", "ike=twofish256-sha2", "names the algorithm 'twofish256', with which Libreswan does not load it; mend it"),
    _libreswan_error("a mark of strongSwan", "ike=aes256-sha2!", "names the algorithm 'sha2!', with which Libreswan does not load it; mend it"),
    _libreswan_error("AH as ESP", "ah=sha1", "names the algorithm 'sha1', with which Libreswan does not load it; mend it"),
    _libreswan_error("no proof", "authby=psk", "has authby = 'psk', with which Libreswan does not load it; mend it"),
    _libreswan_error("no version", "keyexchange=ikev3", "has keyexchange = 'ikev3', which Libreswan does not take; mend it"),
    _libreswan_error("no time", "ikelifetime=3x", "has ikelifetime = '3x', which is no time that is followed; write it as 8h"),
    _libreswan_error("one end's proof alone", "leftauth=rsasig",
                     "has leftauth or rightauth without the other one, or with IKEv1, with which Libreswan does not load it; mend it"),
]  # fmt: skip
UNKNOWN = "%s has connections, and neither Libreswan nor the starter of strongSwan is where packages put them; move the file away"
SCENARIOS = [
    *OF_STARTER,
    *OF_LIBRESWAN,
    _error({}, "connections", "conn c\n\tauto=add\n", UNKNOWN % MAIN),
    _error(
        {},
        "connections that are included",
        "include /etc/ipsec.d/*.conf\n",
        UNKNOWN % MAIN,
        files={MORE: "conn c\n\tauto=add\n"},
    ),
    *(
        _error(
            {program: ""},
            "addresses of the host are not known",
            ENDS + "\tauto=add\n",
            "which addresses are those of this host cannot be told, for /proc/net/fib_trie is not there",
        )
        for program in ("/usr/lib/ipsec/starter", "/usr/libexec/ipsec/pluto")
    ),
    _none({}, "nothing configured", "conn %default\n\tauto=add\n"),
]
