# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Windows, and what role: the releases that are audited, and those that are not."""

from datetime import date, timedelta

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.lifecycle import (
    CHECKED,
    ENTERPRISE,
    HOME_PRO,
    RELEASES,
    SERVER,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.release import supported, windows

SERVER_2022 = {
    "build": "20348",
    "ubr": 2113,
    "product_type": 3,
    "domain_role": 3,
    "installation_type": "Server",
    "edition": "ServerStandard",
}
WINDOWS_11 = {
    "build": 26100,
    "ubr": 1742,
    "product_type": 1,
    "domain_role": 0,
    "installation_type": "Client",
    "edition": "Enterprise",
}


def without(facts, *names, **more):
    return {key: value for key, value in {**facts, **more}.items() if key not in names}


@pytest.mark.parametrize(
    ("facts", "product", "role"),
    [
        (SERVER_2022, "windows_server_2022", "member"),
        ({**SERVER_2022, "build": 17763, "domain_role": 2}, "windows_server_2019", "stand_alone"),
        ({**SERVER_2022, "build": 26100}, "windows_server_2025", "member"),
        ({**SERVER_2022, "product_type": 2, "domain_role": 5}, "windows_server_2022", "domain_controller"),
        ({**SERVER_2022, "product_type": "LanmanNT", "domain_role": 4}, "windows_server_2022", "domain_controller"),
        (WINDOWS_11, "windows_11", "stand_alone"),
        ({**WINDOWS_11, "build": 22631, "domain_role": 1}, "windows_11", "member"),
        ({**WINDOWS_11, "product_type": "WinNT"}, "windows_11", "stand_alone"),
        (without(WINDOWS_11, "domain_role", domain_member=True), "windows_11", "member"),
        (without(SERVER_2022, "domain_role", domain_member=False), "windows_server_2022", "stand_alone"),
        (without(SERVER_2022, "domain_role", product_type="2"), "windows_server_2022", "domain_controller"),
    ],
)
def test_what_a_host_runs_and_its_role(facts, product, role):
    read = windows(facts)

    assert (read.product, read.role) == (product, role)


def test_one_build_is_a_server_and_a_workstation():
    server, workstation = windows({**SERVER_2022, "build": 26100}), windows(WINDOWS_11)

    assert (server.product, server.end_of_support) == ("windows_server_2025", date(2034, 11, 14))
    assert (workstation.product, workstation.end_of_support) == ("windows_11", date(2027, 10, 12))


def test_server_core_is_told_apart():
    assert windows({**SERVER_2022, "installation_type": "Server Core"}).core
    assert not windows(SERVER_2022).core


@pytest.mark.parametrize(
    ("edition", "ends"),
    [
        ("Core", date(2026, 10, 13)),
        ("CoreSingleLanguage", date(2026, 10, 13)),
        ("Professional", date(2026, 10, 13)),
        ("ProfessionalEducation", date(2026, 10, 13)),
        ("ProfessionalWorkstationN", date(2026, 10, 13)),
        ("Enterprise", date(2027, 10, 12)),
        ("Education", date(2027, 10, 12)),
        ("IoTEnterprise", date(2027, 10, 12)),
        ("EnterpriseS", date(2029, 10, 9)),
        ("IoTEnterpriseS", date(2034, 10, 10)),
    ],
)
def test_the_end_of_support_hangs_on_the_edition(edition, ends):
    assert windows({**WINDOWS_11, "edition": edition}).end_of_support == ends


def test_updates_come_on_the_last_day_and_not_on_the_next():
    host = windows({**WINDOWS_11, "edition": "Professional"})

    assert supported(host, date(2026, 10, 13))
    assert not supported(host, date(2026, 10, 14))


@pytest.mark.parametrize(
    "more", [{"edition": "CloudEdition"}, {"build": 22631, "edition": "EnterpriseS"}, {"build": 26300}]
)
def test_an_end_that_the_table_does_not_have_is_an_error_and_no_support(more):
    with pytest.raises(HipaaCisError, match="is not in the table of"):
        supported(windows({**WINDOWS_11, **more}), date(2026, 1, 1))


@pytest.mark.parametrize(("build", "told"), [(26300, "25H2"), (26200, "24H2"), (26100, "23H2")])
def test_a_preview_that_calls_itself_the_release_before_is_not_supported(build, told):
    host = windows({**WINDOWS_11, "edition": "Professional", "build": build, "display_version": told})

    assert host.product == "windows_11"
    with pytest.raises(HipaaCisError, match=f"calls itself {told}: it is a preview"):
        supported(host, date(2026, 1, 1))


@pytest.mark.parametrize(("build", "told"), [(26300, "26H2"), (26200, "25H2"), (22000, "21H2")])
def test_a_release_calls_itself_what_it_is(build, told):
    host = windows({**WINDOWS_11, "edition": "Professional", "build": build, "display_version": told})

    assert host.end_of_support == windows({**WINDOWS_11, "edition": "Professional", "build": build}).end_of_support


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({**SERVER_2022, "build": 14393}, "Windows Server 2016 or Windows 10 1607"),
        ({**SERVER_2022, "build": 9600}, "2012 R2"),
        ({**SERVER_2022, "build": 25398, "edition": "ServerDatacenter"}, "annual channel"),
        ({**SERVER_2022, "build": 17763, "edition": "ServerDatacenterACor"}, "ServerDatacenterACor"),
        ({**SERVER_2022, "edition": "ServerAzureStackHCICor"}, "AzureStackHCI"),
        ({**SERVER_2022, "installation_type": "Server Nano"}, "Server Nano"),
        ({**SERVER_2022, "build": 29000}, "newer than the table"),
        ({**SERVER_2022, "build": 20000}, "Build 20000 of a server"),
        ({**WINDOWS_11, "build": 19045}, "Windows 10 [(]build 19045"),
        ({**WINDOWS_11, "build": 20348}, "Windows 10 [(]build 20348"),
        ({**WINDOWS_11, "build": 27813}, "Build 27813 of a workstation"),
        ({**WINDOWS_11, "build": 99999}, "A preview"),
        ({**SERVER_2022, "build": 26100, "installation_type": "Client", "edition": "ServerRdsh"}, "several sessions"),
    ],
)
def test_what_is_not_audited_is_said_by_its_name_with_what_is(facts, message):
    with pytest.raises(
        HipaaCisError, match=f"{message}.* not audited. Windows Server 2019, 2022 and 2025, and Windows 11, are audited"
    ):
        windows(facts)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (None, "no facts"),
        ("Windows", "no facts"),
        (without(SERVER_2022, "build"), "its build 'None' is no number"),
        (without(SERVER_2022, "ubr"), "its ubr"),
        (without(SERVER_2022, "product_type"), "'None' is no product type"),
        ({**SERVER_2022, "product_type": 0}, "no product type"),
        ({**SERVER_2022, "product_type": True}, "no product type"),
        ({**SERVER_2022, "product_type": "Server"}, "no product type"),
        ({**SERVER_2022, "product_type": [3]}, "no product type"),
        ({**SERVER_2022, "build": "20348.1"}, "no number"),
        ({**SERVER_2022, "build": -1}, "no number"),
        ({**SERVER_2022, "build": 20348.0}, "no number"),
        ({**SERVER_2022, "build": "٢٠٣٤٨"}, "no number"),
        ({**SERVER_2022, "edition": ""}, "its edition '' is no name"),
        ({**SERVER_2022, "edition": "x" * 100}, "no name"),
        ({**SERVER_2022, "edition": "Server\x1b[2J"}, "no name"),
        (without(SERVER_2022, "installation_type"), "its installation_type"),
        ({**WINDOWS_11, "installation_type": "Server"}, "do not fit each other"),
        ({**SERVER_2022, "domain_role": 5}, "product type 3 and domain role 5 do not fit"),
        ({**SERVER_2022, "domain_role": 0}, "do not fit"),
        ({**SERVER_2022, "domain_role": 9}, "do not fit"),
        ({**SERVER_2022, "domain_role": "member"}, "its domain_role"),
    ],
)
def test_facts_that_are_missing_or_do_not_fit_are_an_error(facts, message):
    with pytest.raises(HipaaCisError, match=message):
        windows(facts)


def test_each_release_ends_on_a_second_tuesday_of_a_month():
    days = [day for release in RELEASES for day in release.ends.values() if day]

    assert not [day for day in days if day.weekday() != 1 or not 8 <= day.day <= 14]


def test_each_release_stands_once_and_has_the_ends_of_its_kind():
    assert len({(release.product, release.build) for release in RELEASES}) == len(RELEASES)
    for release in RELEASES:
        if release.product == "windows_11":
            assert {HOME_PRO, ENTERPRISE} <= set(release.ends)
            # Home and Pro get a year less.
            home, enterprise = release.ends[HOME_PRO], release.ends[ENTERPRISE]
            assert not home or not enterprise or enterprise - home >= timedelta(days=350)
        else:
            assert set(release.ends) == {SERVER}


def test_the_table_has_a_day_on_which_it_was_looked_up():
    assert date(2026, 1, 1) < CHECKED
