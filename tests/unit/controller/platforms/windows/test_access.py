# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may write. The rows on order and owners were held against Samba's access check, which follows MS-DTYP 2.5.3.2."""

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.access import (
    EVENT_LOG,
    FILE,
    REGISTRY_KEY,
    SERVICE,
    who_may,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sddl import parse
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sddl_trustees import FIXED

TI = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
LETTERS = {sid: letters for letters, sid in FIXED.items()}


def may(text, kind=REGISTRY_KEY, right="write"):
    """Return the letters of those who may, once each."""
    return list(
        dict.fromkeys(LETTERS.get(grant.sid, grant.sid) for grant in who_may(parse(text, "it"), kind, right, "it"))
    )


def of_entries(text, kind=REGISTRY_KEY, right="write"):
    return [
        LETTERS.get(grant.sid, grant.sid)
        for grant in who_may(parse(text, "it"), kind, right, "it")
        if grant.by != "owner"
    ]


@pytest.mark.parametrize(
    ("text", "writers"),
    [
        ("O:BAD:PAR(A;CI;KA;;;BA)(A;CIIO;KA;;;CO)(A;CI;KA;;;SY)(A;CI;KR;;;BU)(A;CI;KR;;;AC)", ["BA", "SY"]),
        (
            "O:SYD:PAI(A;CIIO;KA;;;CO)(A;CI;CCDCLCSWRPRC;;;AU)(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;BU)",
            ["SY", "AU", "BA"],
        ),
        ("O:SYD:AI(A;ID;KR;;;BU)(A;CIIOID;GR;;;BU)(A;ID;KA;;;BA)", ["SY", "BA"]),
        ("O:SYD:(A;;0x2;;;BU)", ["SY", "BU"]),
        ("O:SYD:(A;;0x4;;;BU)", ["SY", "BU"]),
        ("O:SYD:(A;;0x20;;;BU)", ["SY", "BU"]),
        ("O:SYD:(A;;SD;;;BU)(A;;WD;;;LS)(A;;WO;;;NS)", ["SY", "BU", "LS", "NS"]),
        ("O:SYD:(A;;GW;;;BU)(A;;GA;;;BA)(A;;GRGX;;;AU)", ["SY", "BU", "BA"]),
    ],
)
def test_who_may_write_to_a_registry_key(text, writers):
    assert may(text) == writers


@pytest.mark.parametrize(
    ("text", "writers"),
    [
        # The system's drive: who is logged on makes folders there.
        (
            f"O:{TI}G:{TI}D:PAI(A;;LC;;;AU)(A;OICIIO;SDGXGWGR;;;AU)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)",
            [TI, "AU", "SY", "BA"],
        ),
        # Program Files and System32.
        (
            (
                f"O:{TI}G:{TI}D:PAI(A;OICIIO;GA;;;CO)(A;OICIIO;GA;;;SY)(A;;0x1301bf;;;SY)(A;OICIIO;GA;;;BA)(A;;0x1301bf;;;BA)"
                f"(A;OICIIO;GXGR;;;BU)(A;;0x1200a9;;;BU)(A;CIIO;GA;;;{TI})(A;;FA;;;{TI})"
            ),
            [TI, "SY", "BA"],
        ),
        # A packaged program: users read it under a condition.
        (
            (
                'O:SYG:SYD:PAI(XA;;0x1200a9;;;BU;(WIN://SYSAPPID Contains "Microsoft.WindowsAlarms_8wekyb3d8bbwe"))(A;OICIIO;GXGR;;;BU)'
                f"(A;OICIID;FA;;;{TI})(A;OICIID;FA;;;SY)(A;OICIID;0x1200a9;;;BA)(A;OICIID;0x1200a9;;;RC)"
            ),
            ["SY", TI],
        ),
        # Another disk than the system's.
        (
            "O:SYG:SYD:AI(A;OICIIO;SDGXGWGR;;;AU)(A;;0x1301bf;;;AU)(A;;FA;;;SY)(A;OICIIO;GA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;BU)",
            ["SY", "AU", "BA"],
        ),
    ],
    ids=["drive", "Program Files", "packaged program", "another disk"],
)
def test_who_may_write_to_folders_as_windows_sets_them_up(text, writers):
    assert may(text, FILE) == writers


@pytest.mark.parametrize(
    ("rights", "writes"),
    [
        ("0x1200a9", False),
        ("FRFX", False),
        ("FW", True),
        ("LC", True),
        ("DC", True),
        ("0x1301bf", True),
        ("GX", False),
        ("GW", True),
    ],
)
def test_who_may_write_to_a_file(rights, writes):
    assert ("BU" in may(f"O:SYD:(A;;{rights};;;BU)", FILE)) is writes


def test_the_same_letters_mean_something_else_on_a_service():
    stock = "O:SYD:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)(A;;CCLCSWRPLO;;;IU)(A;;CCLCSWLOCRRC;;;SU)"

    assert of_entries(stock, SERVICE) == ["BA"]
    assert of_entries(stock, SERVICE, "start") == ["SY", "BA", "IU"]
    assert of_entries("O:SYD:(A;;DC;;;AU)", SERVICE) == ["AU"]


def test_who_may_read_and_clear_a_log():
    stock = "O:BAG:SYD:(A;;CCLCSDRCWDWO;;;SY)(A;;CCLC;;;BA)(A;;CC;;;ER)(A;;CC;;;NS)"
    application = "O:BAG:SYD:(A;;0xf0007;;;SY)(A;;0x7;;;BA)(A;;0x3;;;IU)"

    assert may(stock, EVENT_LOG, "read") == ["SY", "BA", "ER", "NS"]
    assert may(stock, EVENT_LOG, "clear") == ["SY", "BA"]
    assert may(application, EVENT_LOG) == ["SY", "BA", "IU"]
    assert may("D:(A;;0x1;;;BU)", EVENT_LOG, "read") == ["BU"]


def test_a_denial_before_the_grant_takes_away_and_one_behind_it_does_not():
    assert of_entries("O:SYD:(D;;KW;;;BU)(A;;KA;;;BU)") == ["BU"], "KW leaves delete and the permissions"
    assert of_entries("O:SYD:(D;;KA;;;BU)(A;;KA;;;BU)") == []
    assert of_entries("O:SYD:(A;;KA;;;BU)(D;;KA;;;BU)") == ["BU"]
    assert of_entries("O:SYD:(A;;0x1;;;BU)(D;;KA;;;BU)(A;;KA;;;BU)") == []


def test_what_everybody_is_denied_nobody_has_but_an_anonymous_caller_who_is_not_everybody():
    assert of_entries("O:SYD:(D;;KA;;;WD)(A;;KA;;;BU)(A;;KA;;;AN)") == ["AN"]


def test_a_denial_of_some_takes_nothing_from_others_who_may_or_may_not_be_among_them():
    assert of_entries("O:SYD:(D;;KA;;;BU)(A;;KA;;;AU)(A;;KA;;;WD)") == ["AU", "WD"]
    assert of_entries("O:SYD:(D;;KA;;;AN)(D;;KA;;;BG)(A;;KA;;;IU)") == ["IU"]


def test_a_denial_that_is_only_for_what_is_below_or_only_under_a_condition_takes_nothing_away():
    assert of_entries("O:SYD:(D;CIIO;KA;;;BU)(A;;KA;;;BU)") == ["BU"]
    assert of_entries("O:SYD:(XD;;KA;;;BU;(Exists x))(A;;KA;;;BU)") == ["BU"]
    assert of_entries("O:SYD:(OD;;KA;4c164200-20c0-11d0-a768-00aa006e0529;;BU)(A;;KA;;;BU)") == ["BU"]


def test_a_generic_denial_counts_for_nothing_because_the_check_does_not_translate_it():
    assert of_entries("O:SYD:(D;;GA;;;BU)(A;;KA;;;BU)") == ["BU"]


def test_a_grant_under_a_condition_or_of_an_object_type_counts():
    granted = who_may(
        parse("O:SYD:(XA;;KA;;;BU;(Exists x))(OA;;KA;4c164200-20c0-11d0-a768-00aa006e0529;;AU)", "it"),
        REGISTRY_KEY,
        "write",
        "it",
    )

    assert [(LETTERS[grant.sid], grant.by) for grant in granted] == [
        ("SY", "owner"),
        ("BU", "conditional"),
        ("AU", "entry"),
    ]


def test_direct_and_inherited_are_told_apart():
    granted = who_may(parse("O:SYD:AI(A;;KW;;;BU)(A;CIID;KA;;;BU)", "it"), REGISTRY_KEY, "write", "it")

    assert [(grant.by, hex(grant.rights)) for grant in granted[1:]] == [("entry", "0x20006"), ("inherited", "0xf003f")]


def test_an_owner_may_change_the_permissions_even_where_he_is_denied_everything():
    assert may("O:BUD:(D;;KA;;;BU)(A;;KA;;;BA)") == ["BU", "BA"]
    assert may("O:BUD:") == ["BU"], "an empty list grants nothing, and the owner stays the owner"


def test_an_entry_for_owner_rights_is_all_that_the_owner_has():
    assert may("O:BUD:(A;;KR;;;OW)(A;;KA;;;BA)") == ["BA"]
    assert may("O:BUD:(D;;WD;;;OW)(A;;KA;;;BA)") == ["BA"]
    assert may("O:BUD:(A;;KA;;;OW)") == ["BU"]
    assert may("O:BUD:(A;CIIO;KR;;;OW)") == ["BU"], "one that is only inherited says nothing here"


def test_without_a_list_everybody_may():
    assert may("O:SYD:NO_ACCESS_CONTROL") == ["WD", "AN"]


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("O:SYG:SY", FILE, "came without the part D:"),
        ("O:SYS:(AU;SA;FA;;;WD)", EVENT_LOG, "came without the part D:"),
        ("D:(A;;KA;;;BA)", REGISTRY_KEY, "its owner was not collected"),
        ("D:", SERVICE, "its owner was not collected"),
    ],
)
def test_what_cannot_be_told_is_an_error_and_not_nobody(text, kind, message):
    with pytest.raises(HipaaCisError, match=message):
        who_may(parse(text, "it"), kind, "write", "it")
