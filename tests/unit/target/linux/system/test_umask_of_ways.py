"""With which umask a user gets in, by PAM and by the shells; what pam_umask makes of its options was tried on Debian 12 and 13."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import shell_variable as reader
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_umask import first_umasks
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import shell_variable as writer
from tests.scenarios.start_up_base import BASE

pytestmark = pytest.mark.root
DEBIAN = 'NAME="Debian"\nVERSION_ID="%s"\nID=debian\n'


def planted(root, files):
    for path, text in {**BASE, **files}.items():
        (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (root / path[1:]).write_text(text)
    return root


@pytest.mark.parametrize(
    ("line", "login_defs", "version", "umasks"),
    [
        ("", "UMASK 077", "12", "0022"),
        ("session optional pam_umask.so", "UMASK 027", "12", "0027"),
        ("session optional pam_umask.so", "UMASK 027\nUMASK 077", "12", "0027"),
        ("session optional pam_umask.so", "umask 077 # why", "12", "0077"),
        ("session optional pam_umask.so", "", "12", "0022"),
        ("session optional pam_umask.so", "#UMASK 027", "12", "0022"),
        ("session optional pam_umask.so umask=077 umask=027", "UMASK 022", "12", "0027"),
        ("session optional pam_umask.so usergroups", "UMASK 027", "12", "0007 0027"),
        ("session optional pam_umask.so", "UMASK 022", "13", "0002 0022"),
        ("session optional pam_umask.so", "UMASK 027", "13", "0007 0027"),
        ("session optional pam_umask.so nousergroups", "UMASK 027", "13", "0027"),
        ("session sufficient pam_permit.so\nsession optional pam_umask.so umask=027", "", "12", "0022"),
        ("session [success=1 default=ignore] pam_permit.so\nsession optional pam_umask.so umask=027", "", "12", "0022"),
        ("session \\\n optional pam_umask.so \\\n umask=077", "UMASK 022", "12", "0077"),
        ("auth optional pam_umask.so umask=077", "", "12", "0022"),
    ],
)
def test_umask_that_pam_gives(tmp_path, line, login_defs, version, umasks):
    files = {
        "/etc/pam.d/sshd": line + "\nsession required pam_unix.so\n",
        "/etc/login.defs": login_defs + "\n",
        "/etc/os-release": DEBIAN % version,
    }
    host = Host(str(planted(tmp_path, files)), privileged=True)

    assert sorted(first_umasks(host, ("sshd", "login"))) == umasks.split()
    assert "0002" not in first_umasks(host, ("sshd",), root=True)


def ways(root):
    return reader.read(Host(str(root), privileged=True), [{"name": "umask"}])[0].value


def test_ways_differ(tmp_path):
    planted(
        tmp_path,
        {
            "/etc/pam.d/sshd": "session optional pam_umask.so nousergroups umask=077\n",
            "/etc/pam.d/cron": "session required pam_unix.so\n",
            "/etc/profile.d/a.sh": '[ "$BASH" ] && umask 027\n',
            "/etc/bash.bashrc": "umask 007\n",
        },
    )
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/dash").write_text("")
    (tmp_path / "bin").symlink_to("usr/bin")
    (tmp_path / "usr/bin/sh").symlink_to("dash")

    found = ways(tmp_path)

    assert found["values"] == ["0007", "0027", "0077"]
    assert found["ways"] == {
        "bash -l": ["0027"],
        "bash -lc": ["0027"],
        "bash -i": ["0007"],
        "sh -l": ["0077"],
        "sh -lc": ["0077"],
    }


def test_umask_is_set_behind_every_other_file(tmp_path):
    planted(tmp_path, {"/etc/profile.d/a.sh": "umask 022\n"})
    host = PlannedHost(str(tmp_path))
    plan = ChangePlan(host)

    writer.write(plan, {"name": "umask"}, "027")

    assert umask_of(host) == ["0027"]
    assert [step.content for step in plan.steps()] == [b"umask 027\n"]


def umask_of(host):
    return reader.read(host, [{"name": "umask"}])[0].value["values"]


def test_umask_that_would_not_hold_is_not_written(tmp_path):
    planted(tmp_path, {"/etc/profile.d/zz-hipaa-cis-umask.sh": "umask 027\n", "/etc/skel/.bashrc": "umask 022\n"})

    with pytest.raises(CannotFix, match=r"0022 although .*zz-hipaa-cis-umask.sh.*skel/.bashrc:1"):
        writer.write(ChangePlan(PlannedHost(str(tmp_path))), {"name": "umask"}, "027")
