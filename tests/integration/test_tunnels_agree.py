"""Scenarios of tunnels on a booted host: what the readers say of them is what strongSwan and OpenVPN make of them."""

from __future__ import annotations

import re

import pytest

from tests.scenarios.linux import File, ipsec, openvpn

pytestmark = pytest.mark.hosts
INSTALL = "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends install "
# What charon loads and the reader does not follow: times in other numbers, versions that are none, sections that take from each other.
STRICTER = {"circle", "no version", "octal"}
# What is in force is another thing than what is read: charon does not load these (the second until 6.0).
NOT_LOADED = {"IKE: in capitals", "IKE: one exchange more"}
PROOFS = {"pre-shared key": "psk", "public key": "pubkey", "unspecified": "any"}


@pytest.fixture
def strongswan(booted_host):
    """Return a function: what swanctl.conf says, what a.conf in conf.d -> (what loading it printed, the connections)."""
    packages = "strongswan-swanctl charon-systemd libcharon-extra-plugins"
    booted_host.run(["sh", "-c", INSTALL + packages], timeout=300)

    def load(main, more):
        booted_host.write("/run/agree/swanctl.conf", "")
        booted_host.run(["swanctl", "--load-conns", "--file", "/run/agree/swanctl.conf"], check=False)
        booted_host.write("/run/agree/swanctl.conf", main)
        booted_host.run(["rm", "-f", "/run/agree/conf.d/a.conf"])
        if more:
            booted_host.write("/run/agree/conf.d/a.conf", more)
        loaded = booted_host.run(["swanctl", "--load-conns", "--file", "/run/agree/swanctl.conf"], check=False)
        return loaded.stdout + loaded.stderr, booted_host.run(["swanctl", "--list-conns"]).stdout

    return load


def test_strongswan_loads_what_is_read_and_no_more(strongswan):
    wrong, held = {}, 0
    for case in ipsec.SCENARIOS:
        if case.select == "keys" or ipsec.MAIN not in case.files or case.id in (STRICTER | NOT_LOADED):
            continue
        said, listed = strongswan(case.files[ipsec.MAIN], case.files.get(ipsec.ONE))
        found = (case.observed.get("value") or {"connections": [{}]})["connections"][0]
        loaded = "loaded connection 'c'" in said
        if loaded is not (case.observed["state"] == "value"):
            wrong[case.id] = said
        elif loaded and (told := _differs(listed, found)):
            wrong[case.id] = told
        held += 1

    assert wrong == {}
    assert held > 50


def _differs(listed, found):
    """Return what of a connection swanctl lists otherwise than the reader has it."""
    head = listed.split(",")[0].replace("c: IKEv", "")
    times = [int(number) for number in re.findall(r"(?:reauthentication|rekeying) every (\d+)s", listed.split("\n")[0])]
    seen = {
        "versions": [1, 2] if head == "1/2" else [int(head)],
        "remote": [
            PROOFS.get(one, "eap") for one in re.findall(r"^  remote (.*) authentication:", listed, re.MULTILINE)
        ],
        "ike_seconds": min(times) if times else None,
    }
    return {key: value for key, value in seen.items() if key in found and found[key] != value}


@pytest.fixture
def with_openvpn(booted_host):
    """Return a function: a scenario -> what OpenVPN says of its options; all keys are empty, at which it stops after that."""
    booted_host.run(["sh", "-c", INSTALL + "openvpn"], timeout=300)
    folder = "/etc/openvpn/server"
    names = " ".join(f"{folder}/{name}" for name in ("ca.crt", "s.crt", "s.key", "c.crt", "c.key", "ta.key"))
    booted_host.run(["sh", "-c", f"touch {names}"])

    def ask(case):
        for path, text in case.files.items():
            if path.startswith("/etc/openvpn/"):
                booted_host.write(path, text.text if isinstance(text, File) else text)
        path = next(path for path in case.files if path in (openvpn.SERVER, openvpn.CLIENT, openvpn.PLAIN))
        words = f"cd {folder} && timeout 5 openvpn --verb 4 --dev null --dev-type tun --lport 0 --config {path}"
        return booted_host.run(["sh", "-c", words], check=False).stdout

    return ask


def test_openvpn_uses_the_ciphers_that_are_read(with_openvpn):
    wrong, held = {}, 0
    for case in openvpn.SCENARIOS:
        tunnel = ((case.observed.get("value") or {}).get("tunnels") or [{}])[0]
        now = any("2.6.14" in getattr(one, "stdout", "") for one in case.commands.values())
        if not now or "ciphers" not in tunnel or openvpn.UNIT in case.files or "/proc/77/comm" in case.files:
            continue
        said = with_openvpn(case)
        if tunnel["ciphers"] == ["NONE"]:
            # Of its options it shows those that it would negotiate all the same.
            held += 1
            if "All data will be tunnelled as clear text" not in said:
                wrong[case.id] = said[-500:]
            continue
        shown = dict(re.findall(r"\s(ncp_ciphers|ciphername|authname|ssl_flags) = '?([^'\n]*)", said))
        if "Cipher algorithm 'BF-CBC' not found" in said:
            continue  # OpenSSL 3 has it no more, and OpenVPN stops
        if not shown:
            wrong[case.id] = said[-500:]
            continue
        plain = shown["ciphername"].upper()
        listed = [] if tunnel.get("static_key") else shown["ncp_ciphers"].upper().split(":")
        # Whether the plain one takes part it does not show; nothing else does.
        if not set(listed) <= set(tunnel["ciphers"]) <= {plain, *listed, *_of_one_client(case)}:
            wrong[case.id] = shown
        if tunnel.get("digest") not in (None, shown["authname"].upper()):
            wrong[case.id] = shown
        held += 1

    assert wrong == {}
    assert held > 15


def _of_one_client(case):
    return {"BF-CBC"} if any("/ccd/" in path for path in case.files) else set()


def test_openvpn_stops_where_the_reader_says_so(with_openvpn):
    wrong = {}
    for case in openvpn.SCENARIOS:
        if case.observed["state"] == "error" and openvpn.UNIT not in case.files:
            said = with_openvpn(case)
            if "ciphername" in said:
                wrong[case.id] = said[-500:]

    assert wrong == {}
