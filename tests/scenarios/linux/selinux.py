"""Scenarios of SELinux: the mode that the next boot has, by file and by the kernel's arguments, and what is in force."""

from __future__ import annotations

from typing import Any, Dict, Optional, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.selinux import BOOLEANS, PERMISSIVE
from tests.scenarios.linux import File, Scenario

MODE = {"query": "mode"}
RIGHT = {
    "fields": {
        "now": {"equals": "enforcing"},
        "at_boot": {"equals": "enforcing"},
        "policy": {"one_of": ["targeted", "mls"]},
    }
}
CONFIG = "SELINUX=enforcing\nSELINUXTYPE=targeted\n"
POLICY = "/etc/selinux/targeted/policy/policy.33"
KERNEL = "/boot/config-5.14.0-503.el9.x86_64"
RED_HAT = 'CONFIG_LSM="lockdown,yama,integrity,selinux,bpf,landlock"\n'
DEBIAN = 'CONFIG_LSM="landlock,lockdown,yama,loadpin,safesetid,integrity,apparmor,selinux,smack,tomoyo,bpf,ipe"\n'
GRUB = "menuentry 'x' {\n linux /vmlinuz root=/dev/sda1 ro %s\n}\n"
Files = Dict[str, Union[str, bytes, File]]


def _mode(name: str, verdict: str, at_boot: str, config: str = CONFIG, arguments: str = "", **more: Any) -> Scenario:
    files: Files = {
        "/etc/selinux/config": config,
        "/sys/fs/selinux/enforce": more.get("enforce", "1"),
        POLICY: "x",
        KERNEL: more.get("kernel", RED_HAT),
        "/proc/sys/kernel/osrelease": "5.14.0-503.el9.x86_64\n",
        "/proc/cmdline": "ro\n",
        "/boot/grub2/grub.cfg": GRUB % arguments,
        **more.get("files", {}),
    }
    for path in more.get("without", ()):
        del files[path]
    seen = {
        "now": {"1": "enforcing", "0": "permissive"}[more.get("enforce", "1")]
        if "/sys/fs/selinux/enforce" in files
        else "disabled",
        "at_boot": at_boot,
        "policy": more.get("policy", "targeted"),
        "relabel": "/.autorelabel" in files,
    }
    observed = {"state": "error"} if verdict == "error" else {"state": "value", "value": seen}
    return Scenario("mode-" + name, MODE, RIGHT, verdict, observed, files=files)


def _boolean(name: str, verdict: str, observed: Dict[str, Any], kernel: Optional[str], listed: str) -> Scenario:
    files: Files = {"/etc/selinux/config": CONFIG}
    if kernel is not None:
        files["/sys/fs/selinux/booleans/httpd_can_network_connect"] = kernel
    return Scenario(
        "boolean-" + name,
        {"query": "boolean", "name": "httpd_can_network_connect"},
        {"fields": {"now": {"equals": False}, "at_boot": {"equals": False}}},
        verdict,
        observed,
        files=files,
        commands={" ".join(BOOLEANS): listed},
    )


def _values(now: Optional[bool], at_boot: bool) -> Dict[str, Any]:
    return {"state": "value", "value": {"now": now, "at_boot": at_boot}}


OFF = "httpd_can_network_connect      (off  ,  off)  Allow httpd to can network connect\n"
ON = "httpd_can_network_connect      (on   ,   on)  Allow httpd to can network connect\n"
NOW = "httpd_can_network_connect      (on   ,  off)  Allow httpd to can network connect\n"
CURRENT = "/proc/%d/attr/current"
COMM = "/proc/%d/comm"

# How the file is read was seen of libselinux 3.4; the lists are those of semanage 3.4.
SCENARIOS = [
    _mode("right", "pass", "enforcing"),
    _mode("permissive-now", "fail", "enforcing", enforce="0"),
    _mode("permissive-at-boot", "fail", "permissive", "SELINUX=permissive\nSELINUXTYPE=targeted\n"),
    _mode("disabled-at-boot", "fail", "disabled", "SELINUX=disabled\nSELINUXTYPE=targeted\n"),
    _mode("off-now", "fail", "enforcing", without=["/sys/fs/selinux/enforce"]),
    _mode("any-case", "pass", "enforcing", "SELINUX=Enforcing\nSELINUXTYPE=targeted \n"),
    _mode("more-behind-the-word", "pass", "enforcing", "SELINUX=enforcing # c\n"),
    _mode("blank-behind-the-sign", "pass", "enforcing", "SELINUX= enforcing\n"),
    _mode("blank-before-the-name", "fail", "permissive", " SELINUX=enforcing\n"),
    _mode("blank-before-the-sign", "fail", "permissive", "SELINUX =enforcing\n"),
    _mode("small-name", "fail", "permissive", "selinux=enforcing\n"),
    _mode("quoted", "fail", "permissive", 'SELINUX="enforcing"\n'),
    _mode("commented-out", "fail", "permissive", "#SELINUX=enforcing\n"),
    _mode("first-of-two", "fail", "permissive", "SELINUX=permissive\nSELINUX=enforcing\n"),
    _mode("first-that-is-one", "pass", "enforcing", "SELINUX=foo\nSELINUX=enforcing\nSELINUX=disabled\n"),
    _mode("argument-off", "fail", "disabled", arguments="selinux=0"),
    _mode("argument-permissive", "fail", "permissive", arguments="enforcing=0"),
    _mode("argument-enforcing-wins", "pass", "enforcing", "SELINUX=permissive\n", "enforcing=1"),
    _mode("argument-does-not-undo-disabled", "fail", "disabled", "SELINUX=disabled\n", "enforcing=1"),
    _mode("argument-of-another-module", "fail", "disabled", arguments="security=apparmor"),
    _mode("argument-of-an-order", "fail", "disabled", arguments="lsm=yama,apparmor,selinux"),
    _mode("argument-of-an-order-that-has-it", "pass", "enforcing", arguments="lsm=yama,selinux security=apparmor"),
    _mode("argument-in-one-entry", "fail", "disabled", files={"/boot/grub2/grub.cfg": GRUB % "" + GRUB % "selinux=0"}),
    _mode("kernel-takes-another", "fail", "disabled", kernel=DEBIAN),
    _mode("kernel-without-a-list", "pass", "enforcing", kernel='CONFIG_DEFAULT_SECURITY="selinux"\n'),
    _mode("kernel-without-a-list-takes-another", "fail", "disabled", kernel='CONFIG_DEFAULT_SECURITY="apparmor"\n'),
    _mode(
        "kernel-with-a-list-and-a-default-of-before",
        "fail",
        "disabled",
        kernel='CONFIG_DEFAULT_SECURITY="selinux"\n' + DEBIAN,
    ),
    _mode("kernel-takes-it-by-argument", "pass", "enforcing", arguments="security=selinux", kernel=DEBIAN),
    _mode("kernel-does-not-say", "error", "", without=[KERNEL]),
    _mode("no-policy", "fail", "disabled", without=[POLICY]),
    _mode("policy-of-another-name", "fail", "disabled", CONFIG + "SELINUXTYPE=mine\n", policy="mine"),
    _mode("policy-that-is-a-pattern", "error", "", CONFIG + "SELINUXTYPE=*\n"),
    _mode("argument-of-many-digits", "pass", "enforcing", arguments="enforcing=" + "9" * 5000),
    _mode("policy-last-of-two", "pass", "enforcing", "selinuxtype=x\n" + CONFIG),
    _mode("relabels-at-boot", "pass", "enforcing", files={"/.autorelabel": ""}),
    _mode("no-boot-loader", "pass", "enforcing", without=["/boot/grub2/grub.cfg"]),
    _mode(
        "no-boot-loader-argument",
        "fail",
        "disabled",
        without=["/boot/grub2/grub.cfg"],
        files={"/proc/cmdline": "selinux=0"},
    ),
    Scenario("mode-nothing-there", MODE, RIGHT, "fail", {"state": "absent"}),
    Scenario("not-root", MODE, RIGHT, "error", {"state": "error"}, privileged=False),
    _boolean("off", "pass", _values(now=False, at_boot=False), "0 0", OFF),
    _boolean("on-now", "fail", _values(now=True, at_boot=False), "1 1", NOW),
    _boolean("on-at-boot", "fail", _values(now=False, at_boot=True), "0 0", ON),
    _boolean("selinux-is-off", "fail", _values(now=None, at_boot=False), None, OFF),
    _boolean("unknown", "fail", {"state": "absent"}, None, "other   (off  ,  off)  x\n"),
    Scenario(
        "boolean-without-semanage",
        {"query": "boolean", "name": "x"},
        {"absent": True},
        "error",
        {"state": "error"},
        files={"/etc/selinux/config": CONFIG},
    ),
    Scenario(
        "permissive-domains",
        {"query": "permissive"},
        {"empty": True},
        "fail",
        {"state": "value", "value": ["sshd_t"]},
        files={"/etc/selinux/config": CONFIG},
        commands={" ".join(PERMISSIVE): "\nBuiltin Permissive Types \n\n\nCustomized Permissive Types\n\nsshd_t\n"},
    ),
    Scenario(
        "permissive-domains-none",
        {"query": "permissive"},
        {"empty": True},
        "pass",
        {"state": "value", "value": []},
        files={"/etc/selinux/config": CONFIG},
        commands={" ".join(PERMISSIVE): "\nBuiltin Permissive Types \n\n"},
    ),
    Scenario(
        "unconfined-service",
        {"query": "unconfined"},
        {"empty": True},
        "fail",
        {"state": "value", "value": ["agent"]},
        files={
            "/etc/selinux/config": CONFIG,
            CURRENT % 1: "system_u:system_r:init_t:s0\0",
            COMM % 1: "systemd\n",
            CURRENT % 70: "system_u:system_r:unconfined_service_t:s0\0",
            COMM % 70: "agent\n",
            CURRENT % 71: "unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023\0",
            COMM % 71: "bash\n",
            "/proc/72/comm": "gone\n",
        },
    ),
]
