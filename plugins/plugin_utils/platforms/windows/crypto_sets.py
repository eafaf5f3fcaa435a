# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of algorithms that the firewall's rules of IPsec offer, as the registry keeps them: a key for each, with a key for each suite.

Phase 1 (main mode) protects the exchange of keys, phase 2 (quick mode) the packets. Names and values are those of Microsoft's [MS-GPFAS]
2.2.5, what may stand together is [MS-FASP] 2.2.70, 2.2.71 and 2.2.74, and what Windows takes by itself is [MS-FASP], note <31> of 3.1.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import connection_rules, kept

Suite = dict[str, str]
Suites = list[Suite]
Texts = Mapping[str, str]

# By which id a rule names the set that is configured for all rules.
PRIMARY = {"exchange": "{e5a5d32a-4bce-4e4d-b07f-4ab1ba7e5fe1}", "packets": "{e5a5d32a-4bce-4e4d-b07f-4ab1ba7e5fe2}"}
NONE = "none"

_CIPHERS = {name: name.lower() for name in ("DES", "3DES", "AES-128", "AES-192", "AES-256")}
_CIPHERS_2_1 = {name: name.lower() for name in ("AES-GCM128", "AES-GCM192", "AES-GCM256")}
_HASHES = {"MD5": "md5", "SHA1": "sha1"}
_HASHES_2_1 = {"SHA256": "sha256", "SHA384": "sha384"}
# The same word is for the cipher with a code, and here for the code alone.
_CODES_2_1 = {"SHA256": "sha256", **{f"AES-GCM{bits}": f"aes-gmac{bits}" for bits in (128, 192, 256)}}
_GROUPS = {name: name.lower() for name in ("DH1", "DH2", "DH2048", "ECDH-256", "ECDH-384")}
_GROUPS_2_16 = {**_GROUPS, "DH24": "dh24"}
_SECRECY = {
    "Disable": NONE,
    "EnableDHFromPhase1": "as_exchange",
    **{f"ReKey{name}": name.lower() for name in ("DH1", "DH2", "DH2048")},
    "ReKeyECDH256": "ecdh-256",
    "ReKeyECDH384": "ecdh-384",
}
_SECRECY_2_16 = {**_SECRECY, "ReKeyDH24": "dh24"}
_PROTOCOLS = {"AH": "ah", "ESP": "esp", "AH&ESP": "ah_esp"}
_PROTOCOLS_2_9 = {"AUTH_NO_ENCAP": "auth_no_encap"}

# What is kept beside the algorithms: names, and how long a key is used.
_OF_SETS = frozenset(("Version", "Name", "Description", "EmbeddedContext"))
_OF_SUITES = frozenset(("SkipVersion",))
_LASTING = frozenset(("TimeOutMinutes", "TimeOutKbytes"))

# What Windows takes where no set is configured for all rules: the packets at first without encryption.
_BUILT_IN: Mapping[str, Suites] = {
    "exchange": [{"encryption": cipher, "integrity": "sha1", "key_exchange": "dh2"} for cipher in ("aes-128", "3des")],
    "packets": [
        {"protocol": protocol, "encryption": cipher, "integrity": "sha1", "forward_secrecy": NONE}
        for protocol, cipher in (("esp", NONE), ("esp", "aes-128"), ("esp", "3des"), ("ah", NONE))
    ],
}


def built_in(phase: str) -> Suites:
    """Return the suites that Windows takes by itself."""
    return [dict(suite) for suite in _BUILT_IN[phase]]


def read(phase: str, given: Any) -> Suites:
    """Return the suites of a set, ``{id, values, suites}`` of an answer. ``phase``: exchange or packets. Raises `HipaaCisError`."""
    named, values, suites = (_part(given, name) for name in ("id", "values", "suites"))
    where = f"the set of algorithms {str(named)[:60]}"
    known, read_suite = _PHASES[phase]
    texts = _texts(values, _OF_SETS | known, where)
    connection_rules.version(_needed(texts, "Version", where), where)
    if not isinstance(suites, list) or not suites:
        raise HipaaCisError(f"{where} has no suite")
    return [read_suite(texts, given, where) for given in suites]


def _exchange(_set: Texts, given: Any, where: str) -> Suite:
    texts = _suite(given, frozenset(("Encryption", "Hash", "2_1Hash", "KeyExchange", "2_16KeyExchange")), where)
    return {
        "encryption": _must(_either(texts, {"Encryption": _CIPHERS}, where), "encryption", where),
        "integrity": _must(_either(texts, {"Hash": _HASHES, "2_1Hash": _HASHES_2_1}, where), "integrity", where),
        "key_exchange": _must(
            _either(texts, {"KeyExchange": _GROUPS, "2_16KeyExchange": _GROUPS_2_16}, where), "key exchange", where
        ),
    }


def _packets(of_set: Texts, given: Any, where: str) -> Suite:
    if not {"PFS", "2_16PFS"} & set(of_set):
        raise HipaaCisError(f"{where} does not say whether keys are exchanged anew")
    algorithms = ("Encryption", "2_1Encryption", "AhHash", "2_1AhHash", "EspHash", "2_1EspHash")
    texts = _suite(given, frozenset((*algorithms, "Protocol", "2_9Protocol")) | _LASTING, where)
    codes = {name: _either(texts, {name: _HASHES, f"2_1{name}": _CODES_2_1}, where) for name in ("AhHash", "EspHash")}
    protocol = _must(_either(texts, {"Protocol": _PROTOCOLS, "2_9Protocol": _PROTOCOLS_2_9}, where), "protocol", where)
    cipher = _either(texts, {"Encryption": _CIPHERS, "2_1Encryption": _CIPHERS_2_1}, where)
    return {
        "protocol": protocol,
        **_together(protocol, cipher, codes["AhHash"], codes["EspHash"], where),
        "forward_secrecy": _either(of_set, {"PFS": _SECRECY, "2_16PFS": _SECRECY_2_16}, where),
    }


def _together(protocol: str, cipher: str, header: str, payload: str, where: str) -> Suite:
    """Return encryption and integrity of a suite, as its protocol uses them: only ESP encrypts. Raises `HipaaCisError` on what may not stand together."""
    if protocol == "ah":
        return {"encryption": NONE, "integrity": _must(header, "integrity", where)}
    if protocol == "ah_esp" and header != payload:
        raise HipaaCisError(f"{where} has one code of integrity for AH and another for ESP")
    if protocol == "auth_no_encap":
        return {"encryption": NONE, "integrity": _must(payload, "integrity", where)}
    if cipher == payload == NONE:
        raise HipaaCisError(f"{where} has a suite that neither encrypts nor protects")
    if "-gcm" in cipher and cipher.replace("gcm", "gmac") != payload:
        raise HipaaCisError(f"{where} has {cipher} without its own code of integrity")
    return {"encryption": cipher, "integrity": payload}


_Read = Callable[[Texts, Any, str], Suite]
_PHASES: Mapping[str, tuple[frozenset[str], _Read]] = {
    "exchange": (frozenset(("DoNotSkipDH", "TimeOutMinutes", "TimeOutSessions")), _exchange),
    "packets": (frozenset(("PFS", "2_16PFS")), _packets),
}


def _suite(given: Any, known: frozenset[str], where: str) -> Texts:
    texts = _texts(_part(given, "values"), known | _OF_SUITES, where)
    if "SkipVersion" in texts:
        connection_rules.skipped(texts["SkipVersion"], where)
    return texts


def _either(texts: Texts, places: Mapping[str, Mapping[str, str]], where: str) -> str:
    """Return the word for what stands in one of several places, of which newer versions brought some; `NONE` where nothing does."""
    found = set()
    for name, words in places.items():
        if name in texts:
            if texts[name] not in words:
                raise HipaaCisError(f"{where} has '{texts[name][:40]}' for {name}, which is not known")
            found.add(words[texts[name]])
    if len(found) > 1:
        # Which of them counts, the specification does not say.
        raise HipaaCisError(f"{where} has {' and '.join(sorted(found))} for the same")
    return found.pop() if found else NONE


def _must(word: str, what: str, where: str) -> str:
    if word == NONE:
        raise HipaaCisError(f"{where} has a suite without {what}")
    return word


def _needed(texts: Texts, name: str, where: str) -> str:
    if name not in texts:
        raise HipaaCisError(f"{where} has no {name}")
    return texts[name]


def _texts(given: Any, known: frozenset[str], where: str) -> Texts:
    """Return the values of a key, each a text. A name that is not known may be that of a newer algorithm, which counts."""
    if not isinstance(given, Mapping):
        raise HipaaCisError(f"the host's answer has no values of {where}")
    found = {}
    for name, one in given.items():
        if name not in known:
            raise HipaaCisError(f"{where} has a value {str(name)[:40]}, which is not known")
        text = kept.value(one, f"{name} of {where}", "REG_SZ")
        if isinstance(text, str):
            found[name] = text
    return found


def _part(given: Any, name: str) -> Any:
    if not isinstance(given, Mapping) or name not in given:
        raise HipaaCisError(f"the host's answer has no '{name}' of a set of algorithms")
    return given[name]
