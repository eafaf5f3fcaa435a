"""What root's shells end with counts, and not only what root's own files say: the rule as it is."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlannedRule, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import leaves

CATALOG = load_catalog()
RULE = CATALOG.rules["root_umask"]
PROFILE = "for i in /etc/profile.d/*.sh; do if [ -r $i ]; then . $i; fi; done\n"


def outcome(tree, files):
    given = {"/etc/passwd": "root:x:0:0:root:/root:/bin/bash\n", "/etc/login.defs": "UID_MIN 1000\n", **files}
    for path, text in given.items():
        place = tree / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o600 if path.endswith("closed.sh") else 0o644)
    host = Host(str(tree), privileged=True)
    seen = {
        setting_key(one): read_kind(host, one["kind"], [one["address"]])[0].as_dict() for one in leaves(RULE.settings)
    }
    return Judge(CATALOG.platforms["linux"], seen).judge(PlannedRule(RULE, "b", (), RULE.settings, "", {})).outcome


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "pass"),
        ({"/etc/profile": PROFILE, "/etc/profile.d/u.sh": "umask 027\n"}, "pass"),
        ({"/etc/profile": PROFILE, "/etc/profile.d/u.sh": "umask 000\n"}, "fail"),
        # Others cannot read it, and root can.
        ({"/etc/profile": PROFILE, "/etc/profile.d/closed.sh": "umask 000\n"}, "fail"),
        ({"/etc/profile": PROFILE + "umask 002\n"}, "fail"),
        ({"/etc/profile": PROFILE + "umask 002\n", "/root/.profile": "umask 077\n"}, "pass"),
        ({"/etc/bash.bashrc": "umask 0\n"}, "fail"),
        ({"/root/.bashrc": "umask 022\n"}, "fail"),
        ({"/etc/profile": 'eval "$(site umask)"\n'}, "error"),
    ],
)
def test_umask_that_roots_shells_end_with(tmp_path, files, expected):
    assert outcome(tmp_path, files) == expected
