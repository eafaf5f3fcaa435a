"""Packages that are to go: not where another needs them."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import rpm
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import package


def host(tmp_path, *rows):
    text = "".join("\t".join(row) + "\n" for row in rows)
    return Host(str(tmp_path), lambda _argv, _timeout: CommandResult(0, text))


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([("exim4", "", "")], False),
        ([("exim4", "", ""), ("mailx", "exim4 (>= 4)", "")], True),
        ([("exim4", "", ""), ("mailx", "libc6, exim4 | postfix", "")], True),
        ([("exim4", "", "mail-agent"), ("mailx", "mail-agent", "")], True),
        ([("exim4", "", "mail-agent"), ("mailx", "other-agent", "")], False),
        ([("exim4", "", ""), ("mailx", "exim4-config", "")], False),
        ([("exim4", "mail-agent", "mail-agent"), ("mailx", "libc6", "")], False),
        ([("exim4", "", ""), ("postfix", "", "mail-agent"), ("mailx", "mail-agent", "")], False),
    ],
)
def test_package_is_needed_where_another_names_it_or_what_it_provides(tmp_path, rows, named):
    assert package._is_named_by_others(host(tmp_path, *rows), "exim4") is named


SIMULATE = (
    "apt-get -q -y -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Dir::Log::Planner=/dev/null --simulate "
)
INSTALLED = "%s\tinstalled\t1\n"
NAMED = "telnet\t\t\ninetutils\ttelnet\t\n"


@pytest.mark.parametrize(
    ("acts", "said"),
    [
        ("", "apt-get would not remove telnet; remove it by hand"),
        ("Remv inetutils [1]\n", "apt-get would not remove telnet"),
        ("Remv telnet [1]\nRemv inetutils [1]\n", "telnet is needed: inetutils would be removed with it"),
        ("Remv telnet [1]\nInst netkit (1)\n", "telnet is needed: netkit would be installed with it"),
        ("Remv telnet [1]\n", ""),
    ],
)
@pytest.mark.root
def test_package_goes_only_where_nothing_else_goes_or_comes(planned, acts, said):
    answers = {
        " ".join(package.package.QUERY): INSTALLED % "telnet",
        "dpkg-query --show --showformat ${Package}\\t${Depends}, ${Pre-Depends}\\t${Provides}\\n": NAMED,
        SIMULATE + "remove telnet": acts,
    }

    state, steps = planned("package", {"name": "telnet"}, False, answers=answers)

    assert (state["state"], bool(steps)) == (("refused", False) if said else ("planned", True)), state
    assert said in state.get("reason", "")


@pytest.mark.parametrize(
    ("policy", "acts", "files", "said"),
    [
        ("  Candidate: 1\n", "Inst aide (1)\n", {}, ""),
        ("  Candidate: 1\n", "", {}, "apt-get would not install aide; install it by hand"),
        ("  Candidate: 1\n", "Inst aide (1)\nRemv tripwire [1]\n", {}, "installing aide would remove tripwire"),
        ("  Candidate: (none)\n", "", {"/var/lib/apt/lists/x_Packages": ""}, "no repository of this host offers"),
        ("", "", {"/var/lib/apt/lists/x_Packages.lz4": ""}, "no repository of this host offers the package aide"),
        ("", "", {}, ""),
    ],
)
@pytest.mark.root
def test_package_comes_only_where_nothing_goes(planned, policy, acts, files, said):
    answers = {
        " ".join(package.package.QUERY): INSTALLED % "base",
        SIMULATE.replace("-q -y ", "").replace("apt-get", "apt-cache").replace("--simulate ", "policy aide"): policy,
        SIMULATE + "install --no-install-recommends aide": acts,
    }

    state, steps = planned("package", {"name": "aide"}, True, files, answers)

    assert (state["state"], bool(steps)) == (("refused", False) if said else ("planned", True)), state
    assert said in state.get("reason", "")


@pytest.mark.root
@pytest.mark.parametrize(
    ("there", "wanted", "said"),
    [
        (["/usr/bin/dnf", "/usr/bin/yum"], True, "run: dnf install aide, and look at what"),
        (["/usr/bin/dnf5", "/usr/bin/rpm"], True, "run: dnf5 install aide, and look at what"),
        (["/usr/bin/yum"], False, "run: yum remove bash, and look at what"),
        (["/usr/bin/microdnf"], False, "run: microdnf remove bash, and look at what"),
        (["/usr/bin/zypper"], True, "run: zypper install aide, and look at what"),
        (
            ["/usr/bin/zypper", "/usr/sbin/transactional-update"],
            True,
            "run: transactional-update pkg install aide, and",
        ),
        (["/usr/bin/zypper", "/usr/sbin/transactional-update"], False, "before you agree; restart then"),
        (["/usr/bin/dnf", "/run/ostree-booted"], True, "run: rpm-ostree install aide and restart, or"),
        (["/usr/bin/dnf", "/run/ostree-booted"], False, "run: rpm-ostree uninstall bash and restart, or"),
        (["/usr/bin/rpm"], True, "install it by hand, for there is none of"),
    ],
)
def test_package_of_rpm_is_for_a_person_with_the_command_that_the_host_has(planned, there, wanted, said):
    files = dict.fromkeys([*there, "/var/lib/rpm/rpmdb.sqlite"], "x")
    answers = {" ".join(rpm.QUERY): "bash\t0:5.1-9\tx86_64\t(none)\n"}

    state, steps = planned("package", {"name": "aide" if wanted else "bash"}, wanted, files, answers)

    assert (state["state"], steps) == ("refused", [])
    assert said in state["reason"]
