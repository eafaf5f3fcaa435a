"""What a hundred rules more of existing kinds add to the time of the whole audit of one booted host."""

from __future__ import annotations

import json
import statistics
import time

import pytest
import yaml

from tests.records import records_in

pytestmark = pytest.mark.hosts
MORE_RULES = 100
ROUNDS = 7
MOST_ADDED = 1.02

# What most rules are made of; `{}` becomes the number of the rule, so that nothing is asked twice.
SETTINGS = [
    {"kind": "sysctl", "name": "net.ipv4.conf.extra{}.accept_redirects", "expect": {"absent": True}},
    {"kind": "package", "name": "extra-{}", "expect": {"absent": True}},
    {"kind": "file", "path": "/etc/extra-{}.conf", "expect": {"absent": True}},
    {"kind": "login_defs", "name": "EXTRA_{}", "expect": {"absent": True}},
    {"kind": "service", "name": "extra-{}.service", "expect": {"absent": True}},
    {"kind": "file_lines", "glob": "/etc/ssh/sshd_config.d/*.conf", "pattern": "^Extra{}", "expect": {"empty": True}},
]


def rule(number):
    setting = {
        key: item.format(number) if isinstance(item, str) else item
        for key, item in SETTINGS[number % len(SETTINGS)].items()
    }
    return {
        "id": f"extra_rule_{number}",
        "title": f"Extra setting number {number} is not there",
        "why": "It stands for the rules that a site adds to those of the benchmark.",
        "fix": f"Remove extra setting number {number}.",
        "severity": "low",
        "settings": [setting],
        "disrupts": "none",
        "hardening_only": "It measures time and protects nothing.",
    }


@pytest.fixture
def extra_catalog(tmp_path):
    """A site's catalog of one benchmark with a hundred rules."""
    rules = [rule(number) for number in range(MORE_RULES)]
    levels = {"server": 1, "workstation": 1}
    head = {"id": "extra", "title": "Extra rules of a site", "version": "1.0.0", "platform": "linux"}
    entries = [{"id": f"1.{number}", "level": levels, "rules": [one["id"]]} for number, one in enumerate(rules)]
    files = {
        "rules/linux/extra.yml": {"platform": "linux", "topic": "Extra rules", "rules": rules},
        "benchmarks/extra.yml": {**head, "detect": {"ID": "debian", "VERSION_ID": "12"}, "recommendations": entries},
    }
    for name, content in files.items():
        path = tmp_path / "catalog" / name
        path.parent.mkdir(parents=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False))
    return tmp_path / "catalog"


def test_hundred_rules_more(booted_host, run_ansible, write_inventory, extra_catalog, tmp_path, capsys):
    inventory = write_inventory([booted_host], user="root")

    def audit(name, **more):
        variables = json.dumps({"hipaa_cis_level": 2, "hipaa_cis_run_dir": str(tmp_path / name), **more})
        started = time.monotonic()
        run_ansible("hipaa.cis.audit", "-i", inventory, "-e", variables, program_name="ansible-playbook")
        return time.monotonic() - started

    def plain():
        return audit("plain")

    def extended():
        return audit("extended", hipaa_cis_catalog_paths=[str(extra_catalog)])

    def findings(name):
        return records_in(tmp_path / name / "latest")[0]["findings"]

    plain(), extended()
    pairs = [(plain(), extended()) for _round in range(ROUNDS)]
    added = [one for one in findings("extended") if one["rule"].startswith("extra_rule_")]
    ratio = statistics.median(second / first for first, second in pairs)
    best = min(second for _first, second in pairs) / min(first for first, _second in pairs)
    with capsys.disabled():
        medians = [statistics.median(column) for column in zip(*pairs, strict=True)]
        print(f"\naudit {medians[0]:.2f} s, with {MORE_RULES} rules more {medians[1]:.2f} s;")
        print(f"ratio: median of the pairs {ratio:.3f}, of the best {best:.3f}")
    assert len(added) == MORE_RULES
    assert {one["outcome"] for one in added} == {"pass"}
    assert len(findings("plain")) + MORE_RULES == len(findings("extended"))
    assert best <= MOST_ADDED
