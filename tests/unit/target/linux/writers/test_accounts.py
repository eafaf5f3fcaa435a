"""Accounts that are changed by their names."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import error, value
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import accounts
from tests.access_lists import give

PLAN: Any = SimpleNamespace(host=None)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (value(["anna", {"more": 3}], "x"), "more accounts than are changed at once"),
        (value(["--root"], "x"), "more accounts than are changed at once"),
        (error("only root can read it"), "only root can read it"),
    ],
)
def test_names_that_a_command_could_mistake_are_left_to_a_person(monkeypatch, seen, said):
    monkeypatch.setattr(accounts.accounts, "read", lambda _host, _addresses: [seen])

    with pytest.raises(CannotFix, match=said):
        accounts._names(PLAN, "home_too_open")


def test_names_are_given_as_they_are_seen(monkeypatch):
    monkeypatch.setattr(accounts.accounts, "read", lambda _host, _addresses: [value(["anna", "bo"], "x")])

    assert accounts._names(PLAN, "home_too_open") == ["anna", "bo"]


@pytest.mark.parametrize(
    ("mode", "attribute", "left"),
    [
        (0o770, "system.posix_acl_access", True),
        (0o770, "user.other", False),
        (0o755, "system.posix_acl_access", False),
    ],
)
def test_home_whose_access_list_would_lose_rights_is_left(tmp_path, monkeypatch, mode, attribute, left):
    home = tmp_path / "home/anna"
    home.mkdir(parents=True)
    home.chmod(mode)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("anna:x:1000:1000::/home/anna:/bin/sh\n")
    (tmp_path / "etc/group").write_text("anna:x:1000:\n")
    monkeypatch.setattr(accounts.accounts, "read", lambda _host, _addresses: [value(["anna"], "x")])
    if attribute.startswith("system"):
        give(home, {"user:0": 7}, group=mode >> 3 & 7)
        home.chmod(mode)
    plan = ChangePlan(PlannedHost(str(tmp_path)))

    if left:
        with pytest.raises(CannotFix, match="the home /home/anna has an access control list"):
            accounts._homes(plan, "home_too_open", "0750")
    else:
        accounts._homes(plan, "home_too_open", "0750")

    after = plan.host.stat("/home/anna").st_mode & 0o777
    assert after == (mode if left else 0o750)


@pytest.mark.root
def test_home_that_a_list_opens_is_left_to_a_person(tmp_path, monkeypatch):
    home = tmp_path / "home/anna"
    home.mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("anna:x:1000:1000::/home/anna:/bin/sh\nbo:x:1001:1001::/:/bin/sh\n")
    (tmp_path / "etc/group").write_text("anna:x:1000:\n")
    give(home, {"user:1001": 1}, group=5)
    monkeypatch.setattr(accounts.accounts, "read", lambda _host, _addresses: [value(["anna"], "x")])

    with pytest.raises(CannotFix, match=r"/home/anna is open by an access control list to user:bo:--x"):
        accounts._homes(ChangePlan(PlannedHost(str(tmp_path))), "home_too_open", "0750")


@pytest.mark.parametrize("shadow", ["bob:$6$salt$hash:19000:0:99999:7:::\n", ""])
def test_account_of_another_source_is_left_with_what_to_do(tmp_path, shadow):
    folder = tmp_path / "var/lib/extrausers"
    folder.mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/nsswitch.conf").write_text("passwd: files extrausers\n")
    (tmp_path / "etc/passwd").write_text("bob:x:1000:1000::/home/bob:/bin/sh\n")
    (tmp_path / "etc/shadow").write_text(shadow)
    (folder / "passwd").write_text("eve:x:2001:2001::/home/eve:/bin/sh\n")
    (folder / "shadow").write_text("eve:$6$salt$hash:19000:0:99999:7:::\n")
    plan = ChangePlan(PlannedHost(str(tmp_path)))

    if shadow:
        accounts.write(plan, {"fact": "password_maximum_age"}, 365)
        assert "chage --maxdays 365 bob" in str(plan.__dict__).replace("', '", " ")
        return
    with pytest.raises(CannotFix, match=r"eve is no account of /etc/passwd but of /var/lib/extrausers/passwd"):
        accounts.write(plan, {"fact": "password_maximum_age"}, 365)
