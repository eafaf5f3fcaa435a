"""The helper for hosts takes no user that the hosts do not have."""

from __future__ import annotations

import pytest

from tests.hosts import cli
from tests.hosts.accounts import USERS


@pytest.mark.parametrize("user", USERS)
def test_users_of_the_hosts_are_taken(user):
    assert cli.parser().parse_args(["up", "--user", user]).user == user


def test_another_user_is_refused_and_those_that_there_are_named(capsys):
    with pytest.raises(SystemExit):
        cli.parser().parse_args(["up", "--user", "ops"])

    said = capsys.readouterr().err
    assert "invalid choice: 'ops'" in said
    assert all(user in said for user in USERS)
