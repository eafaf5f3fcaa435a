"""Commands of a site around a restart: which can be run, and what is said of the others."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.site_commands import check


def test_list_or_mapping_that_holds_one():
    check([["drain", "--wait", 30], {"command": ["lbctl", "off"], "delegate_to": "balancer", "become": True}], "it")


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ("drain --wait", "write the program and its arguments as a list"),
        ([], "write the program and its arguments as a list"),
        ([["drain"]], "write the program and its arguments as a list"),
        ({"delegate_to": "balancer"}, "write the program and its arguments as a list"),
        ({"command": ["x"], "delegate": "balancer"}, "unknown key 'delegate'. Did you mean delegate_to?"),
        ({"command": ["x"], "delegate_to": ""}, "delegate_to is empty"),
        ({"command": ["x"], "become": "yes"}, "become has to be true or false"),
    ],
)
def test_other_is_an_error_with_its_place(item, told):
    with pytest.raises(HipaaCisError, match="hipaa_cis_before_reboot, command 2: ") as raised:
        check([["true"], item], "hipaa_cis_before_reboot")
    assert told in str(raised.value)
