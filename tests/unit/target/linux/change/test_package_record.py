"""What apt and dpkg said of a call, and what is known of packages."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import package_record
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_record import Act, Packages
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

HEAD = "VERSION 3\nAPT=1\n\n"


def recorded(tmp_path, acts="", states=""):
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages/1.acts").write_text(acts)
    (tmp_path / "packages/1.states").write_text(states)
    return str(tmp_path)


@pytest.mark.parametrize(
    ("line", "act"),
    [
        ("aide - - none < 1 amd64 none /x.deb", Act("aide", "", "1")),
        ("aide 1 amd64 none < 2 amd64 none /x.deb", Act("aide", "1", "2")),
        ("aide 2 amd64 none > 1 amd64 none /x.deb", Act("aide", "2", "1")),
        ("aide 1 amd64 none > - - none **REMOVE**", Act("aide", "1", "")),
        ("aide 1 amd64 none = 1 amd64 none /x.deb", Act("aide", "1", "1")),
        ("aide 1 all none < 2 all none /x.deb", Act("aide", "1", "2")),
        ("aide - - none < 1 i386 none /x.deb", Act("aide:i386", "", "1")),
        ("aide 1 i386 none > - - none **REMOVE**", Act("aide:i386", "1", "")),
        ("aide 1 amd64 none = 1 amd64 none **CONFIGURE**", None),
        ("aide - - none < 1 amd64 none **CONFIGURE**", Act("aide", "", "1")),
        ("aide - - none ? 1 amd64 none /x.deb", None),
        ("aide - - none < 1 amd64 none", None),
    ],
)
def test_act_of_apt_is_read(tmp_path, line, act):
    folder = recorded(tmp_path, HEAD + line + "\n")

    assert package_record.acts(folder, "1", "amd64") == ([act] if act else [])


def test_lines_of_apts_configuration_are_no_acts_and_the_first_act_counts(tmp_path):
    line = "aide %s amd64 none < 2 amd64 none /x.deb\n"
    folder = recorded(tmp_path, "VERSION 3\n" + line % "0" + "\n" + line % "1" + line % "2")

    assert package_record.acts(folder, "1", "amd64") == [Act("aide", "1", "2")]


def test_call_that_did_not_get_as_far_has_no_record(tmp_path):
    assert package_record.acts(str(tmp_path), "1", "amd64") == []
    assert package_record.reached(str(tmp_path), "1", "amd64") == (set(), set())


def test_packages_that_dpkg_began_with_are_told_from_those_of_triggers(tmp_path):
    states = (
        "processing: install: aide\nprocessing: trigproc: man-db:amd64\nprocessing: remove: libc6:i386\n"
        "status: installed: other:amd64: x\nprocessing: odd\n"
    )

    assert package_record.reached(recorded(tmp_path, states=states), "1", "amd64") == (
        {"aide", "libc6:i386"},
        {"man-db"},
    )


def test_each_call_has_a_name_of_its_own(tmp_path):
    folder = str(tmp_path)
    assert [package_record.new_token(folder) for _turn in range(3)] == ["1", "2", "3"]
    for name in ("4.acts", "5.states"):
        (tmp_path / "packages" / name).write_text("")
    assert package_record.new_token(folder) == "6"
    assert os.stat(tmp_path / "packages").st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "result", [CommandResult(problem="no answer within 60 seconds"), CommandResult(2, "", "dpkg-query: error")]
)
def test_packages_that_cannot_be_listed_are_not_taken_for_none(result):
    with pytest.raises(ChangeError, match=r"the installed packages cannot be listed: (no answer|dpkg-query: error)"):
        Packages(lambda _argv, _timeout: result)


def test_packages_are_named_with_a_foreign_architecture_only():
    text = "dpkg amd64 1.21 installed\naide all 1 config-files\nlibc6 i386 2 installed\nodd line\n"
    packages = Packages(lambda _argv, _timeout: CommandResult(0, text))

    assert packages.native == "amd64"
    assert packages.states == {
        "dpkg": ("1.21", "installed"),
        "aide": ("1", "config-files"),
        "libc6:i386": ("2", "installed"),
    }
    assert [packages.is_gone(name) for name in ("dpkg", "aide", "libc6:i386", "unknown")] == [False, True, False, True]
    assert packages.state("unknown") == ("", "not-installed")


def test_packages_that_came_along_are_known_by_their_mark(tmp_path):
    marks = tmp_path / "var/lib/apt/extended_states"
    marks.parent.mkdir(parents=True)
    assert package_record.automatic(Host(str(tmp_path)), "amd64") == set()
    marks.write_text(
        "Package: a\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: b\nArchitecture: i386\nAuto-Installed: 1\n\n"
        "Package: c\nArchitecture: amd64\nAuto-Installed: 0\n"
    )
    assert package_record.automatic(Host(str(tmp_path)), "amd64") == {"a", "b:i386"}


@pytest.fixture
def info(tmp_path):
    """A function that plants dpkg's files of packages and gives the host."""

    def plant(**texts):
        folder = tmp_path / "var/lib/dpkg/info"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name.replace("__", ":").replace("_", ".")).write_text(text)
        return Host(str(tmp_path))

    return plant


def test_file_of_a_package_is_found_with_and_without_its_architecture(info):
    host = info(aide_list="plain\n", libc6__i386_list="foreign\n", libc6__amd64_list="native\n")

    assert package_record.info_text(host, "aide", "list") == "plain\n"
    assert package_record.info_text(host, "libc6:i386", "list") == "foreign\n"
    assert package_record.info_text(host, "libc6", "list") == "native\n"
    assert package_record.info_text(host, "aide", "postrm") == package_record.info_text(host, "aid", "list") == ""
    assert package_record.unpacked_at(host, "aid") == ""
    assert package_record.unpacked_at(host, "aide") not in ("", package_record.unpacked_at(host, "libc6"))


@pytest.mark.parametrize(
    ("listed", "postrm", "place", "counts"),
    [
        ("/var/lib/aide", "", "/var/lib/aide/x", True),
        ("/var/lib/aide", "", "/var/lib/aide/deep/er/x", True),
        ("/var/lib/aide", "", "/var/lib/other/x", False),
        ("/var/lib/\n/var/lib", "", "/var/lib/x", False),
        ("/usr/local/bin", "", "/usr/local/bin/x", False),
        ("/usr/local/aide", "", "/usr/local/aide/x", True),
        ("/etc/aide", "", "/etc/aide/x", False),
        ("/var/cache/aide", "", "/var/cache/aide/x", False),
        ("", "rm -rf /srv/aide\n", "/srv/aide/x", True),
        ("/opt/aide", "rm -f /opt/aide/x\n", "/opt/aide/x", True),
    ],
)
def test_data_of_a_package_is_what_lies_in_its_own_folders(info, tmp_path, listed, postrm, place, counts):
    host = info(aide_list="/.\n" + listed + "\n", aide_postrm=postrm)
    (tmp_path / place[1:]).parent.mkdir(parents=True, exist_ok=True)
    before = package_record.data(host, "aide")
    assert before

    (tmp_path / place[1:]).write_text("precious\n")

    assert (package_record.data(host, "aide") != before) is counts
    assert package_record.data(host, "aide") == package_record.data(host, "aide")


@pytest.mark.parametrize(
    ("postrm", "known"),
    [
        ("rm -rf /srv/aide\n", True),
        ('rm -rf "$HOME"\n', False),
        ("rm -rf `find_it`\n", False),
        ("find / -name $x -delete\n", True),
        ("find / -delete -name $x\n", False),
        ("find / -exec y $x\n", False),
        ("rm -f /srv/x\necho $y\n", True),
        ("norm $x\n", True),
    ],
)
def test_data_of_a_removal_that_cannot_be_told_is_not_known(info, postrm, known):
    assert bool(package_record.data(info(aide_list="/.\n", aide_postrm=postrm), "aide")) is known


def test_very_much_data_is_not_looked_through(info, tmp_path, monkeypatch):
    monkeypatch.setattr(package_record, "_MAX_ENTRIES", 3)
    host = info(aide_list="/srv/aide\n")
    (tmp_path / "srv/aide").mkdir(parents=True)
    for name in "ab":
        (tmp_path / "srv/aide" / name).write_text("")
    assert package_record.data(host, "aide")

    (tmp_path / "srv/aide/c").write_text("")

    assert package_record.data(host, "aide") == ""


def test_link_in_place_of_a_folder_is_looked_at_and_not_followed(info, tmp_path):
    host = info(aide_list="/srv/aide\n")
    (tmp_path / "srv").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "srv/aide").symlink_to("/elsewhere")
    before = package_record.data(host, "aide")

    (tmp_path / "elsewhere/x").write_text("")

    assert package_record.data(host, "aide") == before
