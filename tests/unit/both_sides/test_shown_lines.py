"""Lines of which only what is harmless is shown are judged as the whole ones."""

import re

from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shown_line import shown_line
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog


def test_masked_lines_of_pam_are_judged_as_the_whole_ones():
    """What the catalog matches in joined lines is what is shown of them."""
    lines = [
        "auth [success=1 odd] pam_faillock.so preauth x=1", "auth [success=1 default=bad] pam_unix.so nullok",
        "auth [default=die] pam_faillock.so authfail",
    ]  # fmt: skip
    pattern = _pattern("pam_faillock_enabled")

    shown = [shown_line("/etc/pam.d/common-auth", line) for line in lines]

    assert re.search(pattern, " | ".join(lines))
    assert re.search(pattern, " | ".join(shown))
    assert not re.search(pattern, " | ".join([*shown[:2], shown_line("/etc/pam.d/x", lines[2] + "ure")]))


def _pattern(rule):
    for setting in load_catalog().rules[rule].settings:
        if "select" in setting:
            return setting["expect"]["matches"]
    raise AssertionError(rule)
