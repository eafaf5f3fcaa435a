"""Scenarios of ipsec.conf on booted hosts: what the reader says of them is what strongSwan's starter and Libreswan make of them."""

from __future__ import annotations

import re

import pytest

from tests.scenarios import ipsec_conf

pytestmark = pytest.mark.hosts
INSTALL = "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends install "
PROOFS = {"pre-shared key": "psk", "public key": "pubkey", "any": "any", "XAuth": "xauth", "EAP_MSCHAPV2": "eap"}
# The reader follows fewer: strongSwan takes the second of two names, Libreswan the first of two values (5.2) or none (4.10).
STRICTER = {
    "one setting by two names",
    "part of a path",
    "twice",
    "no value",
    "one name for two",
    "no time",
    "no version",
    "a keyword of connections in its setup",
    "remark without a sign of equality",
    "also in the default",
    "several at once",
    "once more in what it takes from, of what is not looked at",
    "a tunnel where none is the default",
}
# Judged by its words, and not loaded for what else is wrong with it.
NOT_LOADED = {
    "a mark that is not at the end",
    "one weak among them",
    "small groups",
    "no code of integrity",
    "hash of IKEv1 not named",
    "aggressive",
    "IKEv1",
    "any version",
    "version as a switch",
    "two words on the version",
    "not started",
    "all ways to write it",
    "person besides",
    "person whom nobody asks",
    "what it puts there itself of IKEv1 is not",
    # One of each network, by other names.
    "what is joined",
}


def _short(case):
    return case.id.partition(": ")[2].replace("peer: ", "")


def _plant(host, case):
    host.run(
        [
            "sh",
            "-c",
            f"rm -f {ipsec_conf.MORE} {ipsec_conf.MORE_SETTINGS}; mkdir -p /etc/crypto-policies/back-ends /etc/ipsec.d",
        ]
    )
    for path, text in case.files.items():
        if path.startswith("/etc/"):
            host.write(path, text)


@pytest.fixture
def strongswan(booted_host):
    """Return a function: a scenario -> what strongSwan lists of its connection."""
    booted_host.run(["sh", "-c", INSTALL + "strongswan-starter strongswan-charon libcharon-extra-plugins"], timeout=300)
    booted_host.run(["sh", "-c", "ip address add 198.51.100.7/32 dev lo"])

    def load(case):
        _plant(booted_host, case)
        # It is started more often than systemd likes.
        booted_host.run(["sh", "-c", "systemctl reset-failed strongswan-starter; systemctl restart strongswan-starter"])
        waited = "for at in 1 2 3 4 5 6 7 8 9 10; do ipsec statusall 2>/dev/null && break; sleep 0.2; done; sleep 0.3; ipsec statusall"
        return booted_host.run(["sh", "-c", waited], check=False).stdout.rpartition("Status of IKE charon")[2]

    return load


def test_the_starter_loads_what_is_read_and_no_more(strongswan):
    wrong, held = {}, 0
    for case in ipsec_conf.OF_STARTER:
        if _short(case) in STRICTER | NOT_LOADED:
            continue
        listed = strongswan(case)
        versions = re.search(r"^ +c:  .*  (IKEv\S+)", listed, re.MULTILINE)
        if (versions is not None) is not (case.observed["state"] == "value"):
            wrong[case.id] = listed[-400:]
        elif versions:
            proofs = re.findall(r"^ +c:   remote: .*?uses (.*?) authentication", listed, re.MULTILINE)
            seen = {
                "versions": {"IKEv1/2": [1, 2], "IKEv1": [1], "IKEv2": [2]}[versions.group(1).partition(",")[0]],
                "remote": [PROOFS[one] for one in proofs],
            }
            found = case.observed["value"]["connections"][0]
            told = {key: value for key, value in seen.items() if found.get(key, value) != value}
            wrong.update({case.id: told} if told else {})
        held += 1

    assert wrong == {}
    assert held > 45


@pytest.fixture
def libreswan(booted_host):
    """Return a function: a scenario -> what Libreswan shows of its connection."""
    booted_host.run(["sh", "-c", INSTALL + "libreswan"], timeout=300)
    booted_host.run(["sh", "-c", "ip address add 198.51.100.7/32 dev lo; systemctl start ipsec; sleep 2"])

    def load(case):
        _plant(booted_host, case)
        asked = "ipsec whack --delete --name c; ipsec addconn c; ipsec status | grep '\"c\"'"
        return booted_host.run(["sh", "-c", asked], check=False, timeout=30).stdout

    return load


def test_libreswan_loads_what_is_read_and_no_more(libreswan):
    wrong, held = {}, 0
    for case in ipsec_conf.OF_LIBRESWAN:
        shown = libreswan(case)
        if _short(case) in STRICTER | NOT_LOADED or case.observed["state"] == "absent":
            continue
        loaded = "policy: IKEv" in shown
        if loaded is not (case.observed["state"] == "value"):
            wrong[case.id] = shown[-400:]
        elif loaded:
            told = _differs(shown, case.observed["value"]["connections"][0])
            wrong.update({case.id: told} if told else {})
        held += 1

    assert wrong == {}
    assert held > 40


def _differs(shown, found):
    """Return what of a connection Libreswan shows otherwise than the reader has it."""
    their = "".join(re.findall(r"their auth(?:eap)?:([^,;]*)", shown))
    # Of eaponly it shows EAP beside a signature, and a secret beside one it never takes.
    signed = "eap" if "tls" in their else "pubkey" if re.search("rsasig|ecdsa", their, re.IGNORECASE) else "psk"
    proof = "null" if "null" in their.lower() else "psk" if their.startswith("secret") else signed
    seen = {
        "versions": [int(re.findall(r"policy: IKEv(\d)", shown)[0])],
        "ike_seconds": int(re.findall(r"ike_life: (\d+)", shown)[0]),
        "child_seconds": int(re.findall(r"ipsec_life: (\d+)", shown)[0]),
        "aggressive": "AGGRESSIVE" in shown,
        "remote": [proof],
        "unprotected": [
            name for name, sign in (("failureshunt", "failurePASS"), ("negotiationshunt", "NEGO_PASS")) if sign in shown
        ],
    }
    found = {
        **found,
        "unprotected": [one for one in found.get("unprotected", seen["unprotected"]) if one.endswith("shunt")],
    }
    return {key: value for key, value in seen.items() if found.get(key, value) != value}
