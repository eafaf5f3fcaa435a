"""Who may use su: the line stands behind that of pam_rootok, by which root stays free."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.su_access import _limited

LINE = "auth       required   pam_wheel.so use_uid group=sugroup\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "# su\nauth sufficient pam_rootok.so\nauth include x\n",
            "# su\nauth sufficient pam_rootok.so\n%sauth include x\n",
        ),
        ("auth sufficient pam_rootok.so", "auth sufficient pam_rootok.so\n%s"),
    ],
)
def test_line_is_added_and_all_others_stay_once(before, after):
    assert _limited(before, "sugroup") == after % LINE


@pytest.mark.parametrize("text", ["", "auth required pam_rootok.so\n", "# auth sufficient pam_rootok.so\n"])
def test_without_pam_rootok_it_is_left_to_a_person(text):
    with pytest.raises(CannotFix, match="no line of pam_rootok"):
        _limited(text, "sugroup")
