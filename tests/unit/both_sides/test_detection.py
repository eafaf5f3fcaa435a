"""Which benchmark a host carries by its os-release: the host chooses, and the controller says why, by the same."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import host_facts, observe
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit import detection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Benchmark, Catalog
from tests import os_releases as texts


def benchmark(name, detect, **more):
    facts = {key: (value,) if isinstance(value, str) else value for key, value in detect.items()}
    return Benchmark(name, name, "1.0.0", "linux", facts, {}, (), **more)


RHEL_9 = benchmark("rhel_9", {"ID": "rhel", "VERSION_ID": "9"}, derivatives=("rocky", "almalinux", "ol", "centos"))
KNOWN = [
    benchmark("debian_12", {"ID": "debian", "VERSION_ID": "12"}, codename={"DEBIAN_CODENAME": "bookworm"}),
    benchmark("debian_13", {"ID": "debian", "VERSION_ID": "13"}),
    benchmark("ubuntu_24_04", {"ID": "ubuntu", "VERSION_ID": "24.04"}, codename={"UBUNTU_CODENAME": "noble"}),
    RHEL_9,
    benchmark("rhel_8", {"ID": "rhel", "VERSION_ID": "8"}),
]
CLONES = benchmark("el9_clones", {"ID": ("rocky", "almalinux", "ol"), "VERSION_ID": "9"})


def seen(tmp_path, text, known=tuple(KNOWN)):
    """Return (benchmarks that the host chose, what it says of itself)."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text(text)
    asked = {one.id: {"detect": detection.accepted(one, known), "settings": []} for one in known}
    request = {"version": 2, "settings": [], "benchmarks": asked, "options": {}}
    answer = observe(json.dumps(request), Host(str(tmp_path)))
    return answer["benchmarks"], answer["facts"]["os_release"]


CHOSEN = {
    "DEBIAN_12": ("debian_12", "ID=debian, VERSION_ID=12"),
    "DEBIAN_13": ("debian_13", "ID=debian, VERSION_ID=13"),
    "UBUNTU_24_04": ("ubuntu_24_04", "ID=ubuntu, VERSION_ID=24.04"),
    "RHEL_9": ("rhel_9", "ID=rhel, VERSION_ID=9.4 of 9"),
    "RHEL_8": ("rhel_8", "ID=rhel, VERSION_ID=8.10 of 8"),
    "ROCKY_9": ("rhel_9", "ID=rocky by ID_LIKE=rhel centos fedora, VERSION_ID=9.4 of 9"),
    "ALMA_9": ("rhel_9", "ID=almalinux by ID_LIKE=rhel centos fedora, VERSION_ID=9.4 of 9"),
    "ORACLE_9": ("rhel_9", "ID=ol, which the catalog counts among those made of rhel, VERSION_ID=9.4 of 9"),
    "CENTOS_STREAM_9": ("rhel_9", "ID=centos by ID_LIKE=rhel fedora, VERSION_ID=9"),
}


@pytest.mark.parametrize("name", CHOSEN)
def test_system_is_held_against_its_benchmark_and_it_is_said_by_what(tmp_path, name):
    chosen, release = seen(tmp_path, getattr(texts, name))

    assert chosen == [CHOSEN[name][0]]
    assert [one.id for one in KNOWN if detection.fits(one, release)] == chosen
    (found,) = [one for one in KNOWN if one.id in chosen]
    assert detection.relation(found, release) == CHOSEN[name][1]


REFUSED = {
    # Of releases that no benchmark is for its own number decides, whatever a name says.
    "UBUNTU_24_10": "it is release 24.10 of ubuntu, and the benchmarks are for 24.04",
    "DEBIAN_TESTING": "it says ID=debian and no VERSION_ID",
    "RASPBIAN_12": r"it is raspbian, made of debian \(ID_LIKE=debian\)",
    "KALI": "it is kali, made of debian",
    "DEVUAN_5": "it is devuan, made of debian",
    "MINT_22": r"it is linuxmint, made of the release that ubuntu_24_04 is for \(UBUNTU_CODENAME=noble\)",
    "POP_24_04": r"it is pop, made of the release that ubuntu_24_04 is for \(UBUNTU_CODENAME=noble\)",
    "MINT_DEBIAN_6": r"it is linuxmint, made of the release that debian_12 is for \(DEBIAN_CODENAME=bookworm\)",
    # Of a release that no benchmark is for.
    "ELEMENTARY_7": r"it is elementary, made of ubuntu \(ID_LIKE=ubuntu debian\), and of which release",
    "UBUNTU_CORE_24": "Ubuntu Core",
    "FEDORA_41": "Fedora",
    "AMAZON_2023": "Amazon",
    "SLES_15": "SUSE",
    "ALPINE": "Alpine",
    "ARCH": "Arch",
}


@pytest.mark.parametrize("name", REFUSED)
def test_nobody_guesses_for_a_system_that_no_benchmark_names(tmp_path, name):
    chosen, release = seen(tmp_path, getattr(texts, name))

    assert chosen == []
    assert not any(detection.fits(one, release) for one in KNOWN)
    catalog = Catalog("", {}, {}, {}, {one.id: one for one in KNOWN}, {}, {})
    why = detection.why_none(catalog, release)
    assert re.search(REFUSED[name], why), why
    assert "hipaa_cis_benchmark" in why
    assert "debian_12@1.0.0" in why


@pytest.mark.parametrize(
    "line",
    [
        "VERSION_ID=12", "VERSION_ID='12'", '  VERSION_ID="12"  ', 'VERSION_ID="9"\nVERSION_ID="12"',
        '#VERSION_ID="9"\nVERSION_ID="12"', 'VERSION_ID=""12""',
    ],
)  # fmt: skip
def test_version_is_read_however_it_is_written(tmp_path, line):
    """The last of two lines counts, as it does in a shell."""
    doubled = line == 'VERSION_ID=""12""'
    chosen, release = seen(tmp_path, f"ID=debian\n{line}\n")

    # Two pairs of quotes are none of what os-release(5) allows, and a shell alone takes both away.
    assert release["VERSION_ID"] == ('"12"' if doubled else "12")
    assert chosen == ([] if doubled else ["debian_12"])


@pytest.mark.parametrize("written", ["", '""', "''", '"12', '" 12"', "1", "120", "12-3", "1.2"])
def test_version_that_is_another_or_none_is_not_guessed(tmp_path, written):
    assert seen(tmp_path, f"ID=debian\nVERSION_ID={written}\n")[0] == []


@pytest.mark.parametrize("value", ['Rocky \\"9\\"', "a\\\\b", "it costs \\$5", "back\\`tick"])
def test_escaped_signs_are_read_as_a_shell_reads_them(tmp_path, value):
    _chosen, release = seen(tmp_path, f'PRETTY_NAME="{value}"\n')

    assert [release["PRETTY_NAME"]] == shlex.split(f'"{value}"'.replace("\\$", "$").replace("\\`", "`"))


def test_file_of_the_system_is_read_where_the_hosts_own_is_missing(tmp_path):
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "usr/lib/os-release").write_text(texts.DEBIAN_12)

    assert host_facts(Host(str(tmp_path)))["os_release"]["VERSION_ID"] == "12"


def planted(tmp_path, files):
    """Return the facts of a host with these files: path -> text or bytes."""
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return host_facts(Host(str(tmp_path), max_file_bytes=100_000))


MINE, SYSTEMS, DEBIANS = "etc/os-release", "usr/lib/os-release", "etc/debian_version"
UBUNTUS, RED_HATS = "etc/lsb-release", "etc/redhat-release"
UNKNOWN = {
    "no-file": ({}, "neither /etc/os-release nor /usr/lib/os-release is there"),
    "huge": ({MINE: "#" * 100_001, SYSTEMS: texts.DEBIAN_12}, "/etc/os-release is larger than 100000 bytes"),
    "two-systems": (
        {MINE: texts.UBUNTU_24_04, SYSTEMS: texts.DEBIAN_12},
        "/etc/os-release says ubuntu 24.04 and /usr/lib/os-release debian 12",
    ),
    "two-releases": (
        {MINE: texts.DEBIAN_13, SYSTEMS: texts.DEBIAN_12},
        "/etc/os-release says debian 13 and /usr/lib/os-release debian 12",
    ),
    "no-text": ({MINE: b"\x7fELF\0\xff", SYSTEMS: texts.DEBIAN_12}, "/etc/os-release says nothing and"),
    "older-debian": ({MINE: texts.DEBIAN_13, DEBIANS: "12.9\n"}, "debian 13 and /etc/debian_version release 12"),
    "older-ubuntu": (
        {MINE: texts.UBUNTU_24_04, "etc/lsb-release": "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=20.04\n"},
        "ubuntu 24.04 and /etc/lsb-release release 20",
    ),
    "older-rocky": (
        {MINE: texts.ROCKY_9, "etc/redhat-release": "Rocky Linux release 8.10 (Green Obsidian)\n"},
        "rocky 9.4 and /etc/redhat-release release 8",
    ),
    # One file alone that says that it is another system.
    "red-hat-on-debian": ({MINE: texts.RHEL_9, DEBIANS: "12.11\n"}, "rhel 9.4 and /etc/debian_version 12.11,"),
    "red-hat-on-ubuntu": ({MINE: texts.ROCKY_9, DEBIANS: "trixie/sid\n"}, "rocky 9.4 and /etc/debian_version trixie/sid,"),
    "red-hat-on-rocky": (
        {MINE: texts.RHEL_9, RED_HATS: "Rocky Linux release 9.4 (Blue Onyx)\n"},
        "rhel 9.4 and /etc/redhat-release Rocky Linux release 9,",
    ),
    "rocky-on-alma": (
        {MINE: texts.ROCKY_9, RED_HATS: "AlmaLinux release 9.4 (Seafoam Ocelot)\n"},
        "rocky 9.4 and /etc/redhat-release AlmaLinux release 9,",
    ),
    "debian-on-rocky": (
        {MINE: texts.DEBIAN_12, RED_HATS: "Rocky Linux release 9.4 (Blue Onyx)\n"},
        "debian 12 and /etc/redhat-release Rocky Linux release 9.4 (Blue Onyx),",
    ),
    "debian-on-ubuntu": (
        {MINE: texts.DEBIAN_12, DEBIANS: "bookworm/sid\n", UBUNTUS: "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\n"},
        "debian 12 and /etc/lsb-release Ubuntu,",
    ),
    "ubuntu-on-debian": ({MINE: texts.UBUNTU_24_04, DEBIANS: "12.11\n"}, "ubuntu 24.04 and /etc/debian_version 12.11,"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_os_release_that_cannot_be_read_or_is_contradicted_names_no_system(tmp_path, name):
    files, why = UNKNOWN[name]

    facts = planted(tmp_path, files)

    assert facts["os_release"] == {}
    assert why in facts["os_release_unknown"]
    catalog = Catalog("", {}, {}, {}, {one.id: one for one in KNOWN}, {}, {})
    said = detection.why_none(catalog, facts["os_release"], facts["os_release_unknown"])
    assert why in said
    assert "hipaa_cis_benchmark" in said


def test_link_that_leads_in_a_circle_is_no_reason_to_take_the_other_file(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").symlink_to("os-release")

    facts = planted(tmp_path, {SYSTEMS: texts.DEBIAN_12})

    assert "too many levels of symbolic links" in facts["os_release_unknown"]


@pytest.mark.parametrize(
    "files",
    [
        {MINE: texts.DEBIAN_12, SYSTEMS: texts.DEBIAN_12, DEBIANS: "12.11\n"},
        # Of a release that is not finished.
        {MINE: texts.DEBIAN_13, DEBIANS: "trixie/sid\n"},
        # Ubuntu says there of which Debian it is made.
        {MINE: texts.UBUNTU_24_04, DEBIANS: "trixie/sid\n", "etc/lsb-release": 'DISTRIB_RELEASE="24.04"\n'},
        # Oracle says there what Red Hat says.
        {MINE: texts.ORACLE_9, "etc/redhat-release": "Red Hat Enterprise Linux release 9.4 (Plow)\n"},
        {MINE: texts.CENTOS_STREAM_9, RED_HATS: "CentOS Stream release 9\n"},
        # Sites write there what an installer wants to read, into rebuilds and on Debian.
        {MINE: texts.ROCKY_9, RED_HATS: "Red Hat Enterprise Linux release 9.4 (Plow)\n"},
        {MINE: texts.DEBIAN_12, DEBIANS: "12.11\n", RED_HATS: "Red Hat Enterprise Linux release 9.4 (Plow)\n"},
        {MINE: "PRETTY_NAME=\xe9\n".encode("latin-1") + texts.DEBIAN_12.encode()},
        {MINE: texts.MINT_DEBIAN_6, DEBIANS: "12.4\n"},
    ],
    ids=[
        "debian",
        "unfinished",
        "ubuntu",
        "oracle",
        "stream",
        "rocky-for-an-installer",
        "debian-for-an-installer",
        "no-utf-8",
        "derivative",
    ],
)
def test_what_stands_beside_os_release_as_delivered_speaks_not_against_it(tmp_path, files):
    facts = planted(tmp_path, files)

    assert facts["os_release"]["ID"]
    assert "os_release_unknown" not in facts


@pytest.mark.parametrize("name", ["ROCKY_9", "ALMA_9", "ORACLE_9"])
def test_benchmark_of_its_own_goes_before_one_of_what_a_system_is_made_of(tmp_path, name):
    assert seen(tmp_path, getattr(texts, name), [*KNOWN, CLONES])[0] == ["el9_clones"]


def test_derivative_without_one_of_its_own_keeps_that_of_what_it_is_made_of(tmp_path):
    assert seen(tmp_path, texts.CENTOS_STREAM_9, [*KNOWN, CLONES])[0] == ["rhel_9"]


def test_supplement_stands_beside_and_takes_no_benchmarks_place(tmp_path):
    own = benchmark("hospital", {"ID": "rocky"}, supplement=True)

    assert seen(tmp_path, texts.ROCKY_9, [*KNOWN, own])[0] == ["rhel_9", "hospital"]


@pytest.mark.parametrize(
    "other",
    [
        benchmark("el_10", {"ID": "rocky", "VERSION_ID": "10"}),
        # It is of one release only, and the others would be without.
        benchmark("el_9_4", {"ID": "rocky", "VERSION_ID": "9.6"}),
        Benchmark("pump", "Pump", "1", "pump", {"ID": ("rocky",)}, {}, ()),
    ],
    ids=lambda one: one.id,
)
def test_benchmark_that_is_not_for_all_of_a_derivatives_releases_takes_none_away(tmp_path, other):
    assert "rhel_9" in seen(tmp_path, texts.ROCKY_9, [*KNOWN, other])[0]


SHIPPED = {
    "RHEL_8": ("rhel_8", "ID=rhel, VERSION_ID=8.10 of 8"),
    "RHEL_10": ("rhel_10", "ID=rhel, VERSION_ID=10.0 of 10"),
    "RHEL_9": ("rhel_9", "ID=rhel, VERSION_ID=9.4 of 9"),
    "ROCKY_9": ("el9_clones", "ID=rocky, VERSION_ID=9.4 of 9"),
    "ALMA_9": ("el9_clones", "ID=almalinux, VERSION_ID=9.4 of 9"),
    "ORACLE_9": ("el9_clones", "ID=ol, VERSION_ID=9.4 of 9"),
}


def shipped():
    """Return the benchmarks of the catalog that are looked for on a host: what is taken by name is not."""
    return tuple(one for one in load_catalog().benchmarks.values() if not one.by_name)


@pytest.mark.parametrize("name", SHIPPED)
def test_red_hat_and_its_rebuilds_have_each_their_own_benchmark_in_the_catalog(tmp_path, name):
    chosen, release = seen(tmp_path, getattr(texts, name), shipped())

    assert chosen == [SHIPPED[name][0]]
    assert detection.relation(load_catalog().benchmark(chosen[0]), release) == SHIPPED[name][1]


@pytest.mark.parametrize("name", ["CENTOS_STREAM_9", "FEDORA_41", "AMAZON_2023"])
def test_what_red_hat_is_made_of_and_what_is_like_it_is_refused_and_told_what_to_name(tmp_path, name):
    """CentOS Stream is ahead of the release whose number it has, and Amazon's and Fedora's numbers are no releases of Red Hat."""
    chosen, release = seen(tmp_path, getattr(texts, name), shipped())

    assert chosen == []
    assert "hipaa_cis_benchmark" in detection.why_none(load_catalog(), release)
    assert "rhel_9@2.0.0" in detection.why_none(load_catalog(), release)
