# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What installs repairs by dnf 4 by itself: the jobs of dnf-automatic and of dnf; a part of the kind `automatic_updates`."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Observation, ReadError, absent, value
from ansible_collections.hipaa.cis.plugins.module_utils.linux.os_release import read_release
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import scheduled_jobs
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import dnf_config
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dnf_config import Section, Switch

SOURCE = "timers, tables of cron, configuration of dnf-automatic and dnf"
IMAGE = "/run/ostree-booted"
# How a command begins in a unit, behind its prefixes, or a line of cron.
_COMMAND = re.compile(
    r"(?:^[-@:+!|]*|[\s;&|(])(?:/usr/bin/|/bin/)?(dnf-automatic(?:-3)?|dnf(?:-3)?|yum)(?=[\s;&|<>)]|\Z)([^;&|<>()\n]*)",
    re.ASCII,
)
# cronie, and cron by the name that other systems have for it.
CRON = ("crond.service", "cron.service")
_REDIRECTED = re.compile(r"\s[0-9]\Z", re.ASCII)
# Of dnf-automatic(8): what installs, what takes that back, and what changes nothing of it.
_INSTALLS = {"--installupdates": True, "--no-installupdates": False}
_AUTOMATICS = ("--timer", "--downloadupdates", "--no-downloadupdates")
_UPGRADES = ("upgrade", "update", "upgrade-minimal", "update-minimal")
_YES = ("-y", "--assumeyes")
_HARMLESS = ("-q", "--quiet", "--refresh", "--security", "-b", "--best", "--nobest")
# What keeps packages back; in dnf both first are one.
_NARROWING = ("excludepkgs", "exclude", "includepkgs")
MAX_PROBLEMS = 20


def read(host: Host) -> Observation:
    """Return ``{days, security, problems}`` as of apt: every how many days at most the repairs are installed, by the job that does so most often.

    Absent without dnf. Raises `ReadError` where something else updates the system.
    """
    if host.exists(IMAGE):
        raise ReadError(
            "the system is an image that is replaced as a whole (%s); look what replaces it by itself" % IMAGE
        )
    known = dnf_config.configurations(host)
    if not known:
        return absent(dnf_config.MAIN)
    if any(one.version >= 5 for one in known):
        raise ReadError(
            "updates by version 5 of dnf are not followed; look whether dnf5 automatic applies them, and a timer of it runs"
        )
    problems: List[str] = []
    days = [found for job in scheduled_jobs.jobs(host, _runs) for found in _of_job(host, job, problems)]
    if not days and not problems:
        problems.append("no timer and no table of cron runs dnf-automatic or dnf upgrade")
    # One job that installs is enough.
    problems = [] if days else problems
    problems += _narrowed(known[0])
    seen: Dict[str, Any] = {"days": min(days, default=0), "security": [], "problems": problems[:MAX_PROBLEMS]}
    return value(seen, SOURCE)


def _runs(line: str) -> bool:
    return any(_installs_of(line))


def _of_job(host: Host, job: scheduled_jobs.Job, problems: List[str]) -> Iterator[int]:
    """Yield the days of a job that installs, and note why one does not."""
    name = "%s %s" % (job.by, job.name)
    timer = job.by == "timer"
    states = [job.shown()] if timer else (scheduled_jobs.unit(host, unit) for unit in CRON)
    if not any(one and one["enabled"] and one["active"] for one in states):
        problems.append("%s is not on, now and at boot" % (name if timer else "%s: %s" % (name, CRON[0])))
        return
    why = [_why_not(host, *found) for line in job.commands for found in _installs_of(line)]
    if None in why:
        yield job.days
    else:
        problems.extend("%s: %s" % (name, one) for one in why)


def _installs_of(line: str) -> Iterator[Sequence[Any]]:
    """Yield (program, arguments) of each command of a line that may install repairs."""
    for found in _COMMAND.finditer(line):
        words = words_of(_REDIRECTED.sub("", found.group(2)))
        if found.group(1).startswith("dnf-automatic") or any(word in _UPGRADES for word in words):
            yield found.group(1), words


def _why_not(host: Host, program: str, words: Sequence[str]) -> Optional[str]:
    """Return why a command installs no repairs, None where it does."""
    if program.startswith("dnf-automatic"):
        return _automatic(host, words)
    strange = [word for word in words if word not in (*_UPGRADES, *_YES, *_HARMLESS)]
    if strange:
        return "what %s upgrade does with %s is not followed" % (program, printable(strange[0]))
    main = next((one.main for one in dnf_config.configurations(host)), None)
    yes = main is not None and main.switch("assumeyes", Switch(False, "")).on
    if not yes and not any(word in _YES for word in words):
        return "%s upgrade asks before it installs; give it -y" % program
    return _without_advisories(host) if "--security" in words else None


def _automatic(host: Host, words: Sequence[str]) -> Optional[str]:
    options = [word for word in words if word.startswith("-")]
    paths = [word for word in words if not word.startswith("-")]
    strange = [word for word in options if word not in (*_INSTALLS, *_AUTOMATICS)] + paths[1:]
    if strange:
        return "what dnf-automatic does with %s is not followed" % printable(strange[0])
    path = (paths or [dnf_config.AUTOMATIC])[0]
    if not host.exists(path):
        return "%s does not exist" % printable(path)
    found = dnf_config.sections(host, path)
    commands = _section(found, "commands")
    # Of several the last counts.
    said = [_INSTALLS[word] for word in options if word in _INSTALLS]
    if not (said[-1] if said else commands.switch("apply_updates", Switch(False, "")).on):
        return "apply_updates is not yes in %s" % printable(path) if not said else "--no-installupdates is given"
    kept = _kept_back(_section(found, "base"))
    kind = commands.values.get("upgrade_type", [])
    # A word that is none of its own leaves it at all repairs.
    return kept or (_without_advisories(host) if kind and kind[-1].text == "security" else None)


def _without_advisories(host: Host) -> Optional[str]:
    release, _place = read_release(host)
    if release.get("ID") == "centos":
        return "the repositories of CentOS do not say which repairs are of security, so that none of these is found; take all"
    return None


def _section(sections: Sequence[Section], name: str) -> Section:
    return next((one for one in sections if one.name == name), Section(name, "", 0))


def _narrowed(known: dnf_config.Configuration) -> Iterator[str]:
    """Yield what keeps packages of sources that are in use back."""
    for section in (known.main, *(one for one in known.repositories if known.of(one, "enabled").on)):
        kept = _kept_back(section)
        if kept:
            yield kept


def _kept_back(section: Section) -> Optional[str]:
    for name in _NARROWING:
        stated = [one for one in section.values.get(name, []) if one.text]
        if stated:
            place = "%s:%d" % (printable(stated[-1].file), stated[-1].line)
            return "%s: %s of %s keeps some repairs back" % (place, name, printable(section.name))
    return None
