# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of SDDL, as Get-Acl, sc sdshow and wevtutil give them and as nobody should."""

import time

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sddl import MAX_TEXT, Ace, parse
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sddl_trustees import (
    FIXED,
    NOT_KNOWN,
    RELATIVE,
    Authorities,
    trustee,
)

TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
OURS = Authorities("S-1-5-21-1-2-3", "S-1-5-21-4-5-6", "S-1-5-21-7-8-9")


def there(part):
    assert part is not None
    return part


def entry(text):
    return there(parse(f"D:{text}", "it").dacl).aces[0]


def test_a_registry_key_as_get_acl_shows_it():
    read = parse("O:SYG:SYD:PAI(A;CIIO;KA;;;CO)(A;CI;CCDCLCSWRPRC;;;AU)(A;CI;KR;;;AC)", "a key")

    assert (read.owner, read.group, read.sacl) == ("S-1-5-18", "S-1-5-18", None)
    assert there(read.dacl).flags == {"P", "AI"}
    assert there(read.dacl).aces == (
        Ace("A", frozenset(("CI", "IO")), 0xF003F, "S-1-3-0"),
        Ace("A", frozenset(("CI",)), 0x2001F, "S-1-5-11"),
        Ace("A", frozenset(("CI",)), 0x20019, "S-1-15-2-1"),
    )


def test_a_folder_of_trusted_installer():
    read = parse(
        f"O:{TRUSTED_INSTALLER}G:S-1-5-21-3743141187-1647405133-3778558433-513D:PAI(A;OICIIO;GA;;;CO)(A;;0x1301bf;;;SY)"
        f"(A;CI;FA;;;{TRUSTED_INSTALLER})S:AI(AU;OICISAFA;DCLCRPCRSDWDWO;;;WD)",
        "a folder",
    )

    assert read.owner == TRUSTED_INSTALLER
    assert there(read.group).endswith("-513")
    assert [ace.mask for ace in there(read.dacl).aces] == [0x10000000, 0x1301BF, 0x1F01FF]
    assert there(read.sacl).aces[0].flags == {"OI", "CI", "SA", "FA"}


def test_a_service_and_its_audit_part():
    read = parse(
        "D:(A;;CCLCSWRPLORC;;;AU)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)S:(AU;FA;CCDCLCSWRPWPDTLOSDRCWDWO;;;WD)",
        "wuauserv",
    )

    assert read.owner is None
    assert [ace.mask for ace in there(read.dacl).aces] == [0x2009D, 0xF01FF]
    assert there(read.sacl).aces[0].type == "AU"


def test_a_channel_with_numbers_and_with_letters():
    security = parse("O:BAG:SYD:(A;;CCLCSDRCWDWO;;;SY)(A;;CCLC;;;BA)(A;;CC;;;ER)", "Security")
    application = parse("O:BAG:SYD:(A;;0xf0007;;;SY)(A;;0x3;;;S-1-5-3)(A;;0x1;;;S-1-5-32-573)", "Application")

    assert [ace.mask for ace in there(security.dacl).aces] == [0xF0005, 0x5, 0x1]
    assert [ace.trustee for ace in there(application.dacl).aces] == ["S-1-5-18", "S-1-5-3", "S-1-5-32-573"]


def test_no_list_an_empty_one_and_none_that_was_sent_are_three_things():
    none, empty, unsent = (parse(text, "it").dacl for text in ("O:BAD:NO_ACCESS_CONTROL", "O:BAD:P", "O:BAG:BA"))

    assert (there(none).null, there(none).aces) == (True, ())
    assert (there(empty).null, there(empty).aces, there(empty).flags) == (False, (), {"P"})
    assert unsent is None


@pytest.mark.parametrize("text", ["D:PNO_ACCESS_CONTROL", "D:ARNO_ACCESS_CONTROL", "D:no_access_control"])
def test_no_list_is_seen_behind_flags_and_in_small_letters(text):
    assert there(parse(text, "it").dacl).null


def test_no_list_and_the_letter_of_the_next_part_look_like_one_word():
    read = parse("O:BAG:SYD:PNO_ACCESS_CONTROLS:AI(ML;;NW;;;LW)", "a pipe")

    assert there(read.dacl).null
    assert there(read.sacl).aces[0].trustee == "S-1-16-4096"
    assert there(parse("O:BAG:SYD:PS:AI(ML;;NW;;;HI)", "it").dacl).aces == ()


def test_the_d_of_the_next_part_is_no_digit_of_the_sid_before():
    assert parse("O:S-1-5-21-1-2-3-1001D:", "it").owner == "S-1-5-21-1-2-3-1001"


def test_parts_may_come_in_another_order():
    assert parse("D:(A;;GA;;;SY)O:BA", "it").owner == "S-1-5-32-544"


@pytest.mark.parametrize(
    ("rights", "mask"),
    [
        ("0x1200A9", 0x1200A9),
        ("0X2", 2),
        ("010", 8),
        ("983103", 0xF003F),
        ("0", 0),
        ("", 0),
        ("GRGX", 0xA0000000),
        ("FRFW", 0x12019F),
        ("KAKX", 0xF003F),
    ],
)
def test_rights_are_numbers_or_letters(rights, mask):
    assert entry(f"(A;;{rights};;;WD)").mask == mask


def test_a_condition_is_kept_as_it_is_written_with_brackets_and_quotes_in_it():
    ace = entry('(XA;ID;0x1200a9;;;BU;(WIN://SYSAPPID Contains "a;)b(" && (Exists x)))')

    assert ace.more == '(WIN://SYSAPPID Contains "a;)b(" && (Exists x))'
    assert ace.trustee == "S-1-5-32-545"


def test_resource_attributes_labels_and_policies_belong_to_the_other_part():
    read = parse('S:(ML;;NWNR;;;HI)(RA;CI;;;;WD;("Secret",TI,0x0,3))(SP;;;;;S-1-17-1)(TL;;0x2;;;S-1-19-512-4096)', "it")

    assert [ace.type for ace in there(read.sacl).aces] == ["ML", "RA", "SP", "TL"]
    assert there(read.sacl).aces[0].mask == 3


def test_an_entry_of_an_object_type_keeps_its_guids():
    ace = entry("(OA;CI;RP;4C164200-20c0-11d0-a768-00aa006e0529;4828cc14-1437-45bc-9b07-ad6f015e5f28;RU)")

    assert ace.object_type == "4c164200-20c0-11d0-a768-00aa006e0529"
    assert ace.inherited_object_type.startswith("4828cc14")


@pytest.mark.parametrize(
    ("letters", "sid"),
    [
        ("LA", "S-1-5-21-1-2-3-500"),
        ("DA", "S-1-5-21-4-5-6-512"),
        ("KA", "S-1-5-21-4-5-6-526"),
        ("EA", "S-1-5-21-7-8-9-519"),
        ("RO", "S-1-5-21-7-8-9-498"),
        ("UD", "S-1-5-84-0-0-0-0-0"),
    ],
)
def test_letters_stand_for_accounts_of_the_machine_the_domain_and_the_forest(letters, sid):
    assert trustee(letters, OURS) == sid


def test_letters_of_a_domain_that_is_not_known_stay_letters():
    read = parse("O:BAG:DUD:(A;;KA;;;DA)", "a key of a member")

    assert (read.group, there(read.dacl).aces[0].trustee) == ("DU", "DA")
    assert trustee("DA", NOT_KNOWN) == "DA"


def test_no_letters_have_two_meanings():
    assert not set(FIXED) & set(RELATIVE)
    assert len(set(FIXED.values())) == len(FIXED)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the text is empty"),
        ("nothing", "at character 1, 'nothing' is not one of O:"),
        ("D:(A;;KA;;;BA", "entry of six fields"),
        ("D:(A;;KA;;;BA)x", "at character 15"),
        ("D:(A;;KA;;BA)", "entry of six fields"),
        ("D:(A;;KA;;;BA)D:(A;;KA;;;WD)", "each once"),
        ("O:BAO:BA", "each once"),
        ("O:Administrators", "'Administrators' is not a SID"),
        ("D:(A;;KA;;;Users)", "'Users' is no SID"),
        ("D:(A;;KA;;;QQ)", "'QQ' are no letters of a trustee"),
        ("D:(A;;KA;;;)", "no SID"),
        ("D:(A;;QQ;;;BA)", "'QQ' in 'QQ' is no right"),
        ("D:(A;;KAW;;;BA)", "'W' in 'KAW'"),
        ("D:(A;;NW;;;BA)", "'NW' in 'NW' is no right"),
        ("D:(A;;ka;;;BA)", "is no right"),
        ("D:(A;;0x1FFFFFFFF;;;BA)", "32 bits"),
        ("D:(A;;08;;;BA)", "no rights"),
        ("D:(A;;-1;;;BA)", "is no right"),
        ("D:(A;C;KA;;;BA)", "no flags"),
        ("D:(A;QQ;KA;;;BA)", "no flags"),
        ("D:(Q;;KA;;;BA)", "type 'Q'"),
        ("D:(AU;SA;KA;;;BA)", "type 'AU' does not belong in the part D:"),
        ("D:(RA;;;;;WD;(1))", "type 'RA' does not belong in the part D:"),
        ("S:(A;;KA;;;WD)", "type 'A' does not belong in the part S:"),
        ("D:(XA;;KA;;;WD)", "no seventh field"),
        ("D:(A;;KA;;;WD;(Exists x))", "a seventh field"),
        ("D:(XA;;KA;;;WD;(Exists x)", "not closed"),
        ("D:(A;;KA;4c164200-20c0-11d0-a768-00aa006e0529;;WD)", "no GUID that an entry of type A"),
        ("D:(OA;;RP;4c164200;;WD)", "no GUID"),
        ("D:NO_ACCESS_CONTROL(A;;KA;;;BA)", "entries follow"),
        ("D:Q(A;;KA;;;BA)", "at character 3"),
        ("D: (A;;KA;;;BA)", "at character 3"),
    ],
)
def test_what_is_not_understood_is_an_error_that_names_the_object_and_the_place(text, message):
    with pytest.raises(HipaaCisError, match=f"^The permissions of HKLM.Key cannot be read: .*({message})"):
        parse(text, "HKLM\\Key")


@pytest.mark.parametrize(
    "text",
    ["D:" + "(" * 200_000, "D:(XA;;KA;;;WD;" + "(" * 200_000, "D:" + "PAI" * 100_000 + "?", "O:S-1-5" + "-1" * 150_000],
)
def test_a_hostile_text_is_refused_at_once(text):
    before = time.process_time()
    with pytest.raises(HipaaCisError) as refused:
        parse(text, "it")
    assert len(str(refused.value)) < 300
    assert time.process_time() - before < 1


def test_a_text_longer_than_any_list_is_not_looked_at():
    with pytest.raises(HipaaCisError, match="more than a list can hold"):
        parse("D:" + "(A;;KA;;;BA)" * (MAX_TEXT // 10), "it")
