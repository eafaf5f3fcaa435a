# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which lists of methods sshd lets in: AuthenticationMethods with what is switched on, in general and within Match blocks."""

from __future__ import annotations

from itertools import combinations
from typing import AbstractSet, Dict, Iterator, List, Mapping, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import sshd_config

PUBLIC_KEY, BY_PASSWORD, INTERACTIVE = "publickey", "password", "keyboard-interactive"
GSSAPI, HOST_BASED = "gssapi-with-mic", "hostbased"
# Method -> the options of which one switches it on.
SWITCHES: Dict[str, Tuple[str, ...]] = {
    PUBLIC_KEY: ("pubkeyauthentication",),
    BY_PASSWORD: ("passwordauthentication",),
    # Before OpenSSH 8.7 two options.
    INTERACTIVE: ("kbdinteractiveauthentication", "challengeresponseauthentication"),
    GSSAPI: ("gssapiauthentication",),
    HOST_BASED: ("hostbasedauthentication",),
}
# What is taken for on where `sshd -T` should not say it.
DEFAULTS = {"pubkeyauthentication": "yes", "passwordauthentication": "yes"}
METHODS = "authenticationmethods"
KEY_OPTIONS, KEY_TYPES = "pubkeyauthoptions", ("pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes")
# Names that newer releases take for others.
SAME = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "dsaauthentication": "pubkeyauthentication",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
}
OPTIONS = ("usepam", METHODS, KEY_OPTIONS, *KEY_TYPES, *(name for names in SWITCHES.values() for name in names))
MAX_BLOCKS = 8
Settings = Mapping[str, str]


def settings(host: Host, general: Settings, left_out: AbstractSet[str]) -> Iterator[Tuple[str, Settings]]:
    """Yield (conditions, options in force): in general, and for whom any of the Match blocks that say something holds.

    Of several blocks that hold, the first that sets an option counts. ``left_out``: accounts; what holds for them alone is passed
    over. Raises `ReadError` where they are too many to put together.
    """
    yield "", general
    blocks: Dict[str, Dict[str, str]] = {}
    for line in sshd_config.lines(host, sshd_config.CONFIGURATION):
        name = SAME.get(line.name, line.name)
        if line.match and name in OPTIONS:
            blocks.setdefault(line.match, {}).setdefault(name, sshd_config.normal(line.name, line.rest))
    if len(blocks) > MAX_BLOCKS:
        raise ReadError("more than %d Match blocks of sshd say who proves what; make them fewer" % MAX_BLOCKS)
    for size in range(1, len(blocks) + 1):
        for chosen in combinations(blocks.items(), size):
            if any(_is_for(match, left_out) for match, _said in chosen):
                continue
            found = dict(general)
            for _match, said in reversed(chosen):
                found.update(said)
            yield " and ".join(match for match, _said in chosen), found


def _is_for(match: str, names: AbstractSet[str]) -> bool:
    """Return whether conditions name users, and none but these; a pattern may stand for others."""
    words = words_of(match)
    listed = [after.strip(",").split(",") for word, after in zip(words, words[1:]) if lowered(word) == "user"]
    return any(set(users) <= names for users in listed)


def lists(options: Settings) -> List[Tuple[str, ...]]:
    """Return the lists of methods of which each lets in; one that names what is switched off lets nobody in."""
    usable = {method for method, names in SWITCHES.items() if any(options.get(name) == "yes" for name in names)}
    # It is PAM that asks the questions.
    if options.get("usepam") != "yes":
        usable.discard(INTERACTIVE)
    said = words_of(lowered(options.get(METHODS, "any")))
    if said in ([], ["any"]):
        return [(method,) for method in SWITCHES if method in usable]
    found = [tuple(method.partition(":")[0] for method in one.split(",")) for one in said]
    return [one for one in found if usable.issuperset(one)]


def keys_are_verified(options: Settings) -> bool:
    """Return whether each key has to be one of a token that has asked for its PIN or a finger."""
    kinds: Sequence[str] = next((options[name].split(",") for name in KEY_TYPES if options.get(name)), [""])
    verified = "verify-required" in lowered(options.get(KEY_OPTIONS, "")).replace(",", " ").split(" ")
    return verified and all(kind.startswith(("sk-", "webauthn-sk-")) for kind in kinds)
