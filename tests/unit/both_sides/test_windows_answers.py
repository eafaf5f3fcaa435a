"""What windows_observe sends is in the shapes that the controller's grammars of Windows read."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import registry_value, release
from tests.unit.target.windows.test_windows_observe import CASES, SETTINGS, put

pytestmark = pytest.mark.pwsh


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    return put({"all": CASES["all"]}, tmp_path_factory.mktemp("machines"))["all"]["answer"]


def test_the_facts_say_which_windows_it_is(answer):
    host = release.windows(answer["facts"]["windows"])

    assert (host.product, host.role, host.core) == ("windows_server_2022", "member", True)


def seen_in_order(answer):
    return [answer["observations"][str(number)] for number in range(len(SETTINGS))]


def test_each_registry_value_is_read(answer):
    read = {}
    for (what, (setting, state, _shown)), seen in zip(SETTINGS.items(), seen_in_order(answer), strict=True):
        if setting["kind"] == "registry" and state != "error" and "hidden" not in seen["value"]:
            read[what] = registry_value.read(seen["value"], setting.get("view", 64), what)

    assert read["bytes"] == registry_value.RegistryValue("REG_BINARY", b"\0\xab\xff")
    assert read["a number has no sign"] == registry_value.RegistryValue("REG_DWORD", 4294967295)
    assert read["an empty list"] == registry_value.RegistryValue("REG_MULTI_SZ", ())
    assert read["no such key"] == registry_value.Absent("key")
    assert read["no such value"] == registry_value.Absent("value")
