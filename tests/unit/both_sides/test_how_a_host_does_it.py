"""Which program does the work: the rules as they are, by the units that systemd shows on a tree."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import KINDS
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.parameters import resolve
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlannedRule, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.values import substitute

UNIT = "Id=%s\nNames=%s\nLoadState=%s\nActiveState=%s\nUnitFileState=%s\n"
SERVERS = {
    "etc/ntpsec/ntp.conf": "pool 0.debian.pool.ntp.org iburst\n",
    "etc/ntpd-rs/ntp.toml": '[[source]]\nmode = "pool"\naddress = "0.debian.pool.ntp.org"\n',
    "etc/openntpd/ntpd.conf": "servers 0.debian.pool.ntp.org\n",
    "etc/ntp.conf": "server 192.0.2.1\n",
}


def show(units, packages=()):
    """Return what answers `systemctl show`: ``units`` run and are enabled, with the names that they are known by too; and dpkg-query."""

    def run(argv, _timeout):
        if argv[0] == "dpkg-query":
            rows = (one.split("=") for one in ("dpkg=1", *packages))
            return CommandResult(0, "".join(f"{name}\tinstalled\t{version}\n" for name, version in rows), "")
        if argv[0] == "apt-config":
            return CommandResult(problem="not installed", missing=True)
        blocks = []
        for name in argv[argv.index("--") + 1 :]:
            if name.endswith(".target"):
                blocks.append(UNIT % (name, name, "loaded", "active", "static"))
                continue
            own = next((unit for unit, aliases in units.items() if name in (unit, *aliases)), "")
            names = " ".join([own, *units[own]]) if own else name
            state = ("loaded", "active", "enabled") if own else ("not-found", "inactive", "")
            blocks.append(UNIT % (own or name, names, *state))
        return CommandResult(0, "\n".join(blocks), "")

    return run


# Without them nobody could say whose a file is.
ACCOUNTS = {"etc/passwd": "root:x:0:0::/:/bin/sh\n", "etc/group": "root:x:0:\n"}
# Nothing listens: the head of each of the kernel's tables.
TABLES = {"proc/net/" + name: "  sl  local_address rem_address   st\n" for name in ("tcp", "tcp6", "udp", "udp6")}


def outcome(root, rule_id, units, files=None, packages=(), benchmark="debian_12"):
    (root / "run/systemd/system").mkdir(parents=True)
    for path, text in {"proc/2/comm": "kthreadd\n", **(files or {})}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    wants = root / "etc/systemd/system/default.target.wants"
    wants.mkdir(parents=True)
    for unit in units:
        (wants / unit).symlink_to("/usr/lib/systemd/system/" + unit)
    catalog = load_catalog()
    rule = catalog.rules[rule_id]
    host = Host(str(root), runner=show(units, packages), privileged=True)
    seen = {}
    asked = list(leaves(rule.settings))
    conditions = [*rule.applies_if, *(condition for one in asked for condition in one.get("applies_if", ()))]
    for one in [*asked, *(condition["setting"] for condition in conditions)]:
        seen[setting_key(one)] = KINDS[one["kind"]](host, [one["address"]])[0].as_dict()
    judge = Judge(catalog.platforms["linux"], seen)
    values = resolve(catalog, catalog.benchmark(benchmark), {})
    settings = tuple(substitute(one, {name: values[name] for name in rule.parameters}) for one in rule.settings)
    return judge.judge(PlannedRule(rule, "b", (), settings, "", {})).outcome


def running(*names):
    return {name + ".service": () for name in names}


NTPSEC = {"ntpsec.service": ("ntp.service", "ntpd.service")}
CHRONY = {"chrony.service": ("chronyd.service",)}


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ({}, "fail"),
        (CHRONY, "pass"),
        (running("chronyd"), "pass"),
        (running("systemd-timesyncd"), "pass"),
        (NTPSEC, "pass"),
        (running("openntpd"), "pass"),
        (running("ntp"), "pass"),
        (running("ntpd"), "pass"),
        ({**CHRONY, **running("systemd-timesyncd")}, "fail"),
        ({**CHRONY, **NTPSEC}, "fail"),
        ({**running("systemd-timesyncd"), **NTPSEC}, "fail"),
        ({**CHRONY, **running("openntpd")}, "fail"),
        ({**NTPSEC, **running("openntpd")}, "fail"),
        (running("ntpd-rs"), "pass"),
        ({**CHRONY, **running("ntpd-rs")}, "fail"),
        ({**NTPSEC, **running("ntpd-rs")}, "fail"),
        ({**running("ntpd"), **running("ntpd-rs")}, "fail"),
    ],
)
def test_exactly_one_daemon_keeps_the_clock(tmp_path, units, expected):
    assert outcome(tmp_path, "one_time_daemon", units, SERVERS) == expected


def test_daemon_without_a_server_keeps_no_clock(tmp_path):
    files = {**SERVERS, "etc/ntpsec/ntp.conf": "# pool 0.debian.pool.ntp.org\n"}

    assert outcome(tmp_path, "one_time_daemon", NTPSEC, files) == "fail"


# Each as pam_faillock 1.5.2 and 1.7.0 were seen to lock or not, with wrong passwords of a member and of others.
@pytest.mark.parametrize(
    ("rule", "lines", "expected"),
    [
        ("faillock_deny", "deny = 4", "pass"),
        ("faillock_deny", "deny = 4\nadmin_group = clinic", "fail"),
        ("faillock_deny", "deny = 4\nadmin_group =", "pass"),
        ("faillock_deny", "deny = 4\nadmin_group = clinic\neven_deny_root", "pass"),
        ("faillock_deny", "deny = 4\nfail_interval = 1", "fail"),
        ("faillock_deny", "deny = 4\nfail_interval = 900", "pass"),
        ("faillock_deny", "deny = 4\ndir = /nonexistent/x", "fail"),
        ("faillock_deny", "deny = 4\ndir = /etc/counts", "pass"),
        ("faillock_unlock_time", "unlock_time = 900\nroot_unlock_time = 60", "pass"),
        ("faillock_unlock_time", "unlock_time = 900\nadmin_group = clinic\nroot_unlock_time = 60", "fail"),
        ("faillock_unlock_time", "unlock_time = 900\nadmin_group = clinic\nroot_unlock_time = 900", "pass"),
        ("faillock_unlock_time", "unlock_time = 900\nadmin_group = clinic", "pass"),
    ],
)
def test_whoever_guesses_is_locked_whatever_his_group(tmp_path, rule, lines, expected):
    stack = "auth required pam_faillock.so preauth\nauth required pam_unix.so\n"
    files = {"etc/security/faillock.conf": lines + "\n", "etc/pam.d/login": stack}

    assert outcome(tmp_path, rule, {}, files) == expected


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([], "fail"),
        (["systemd-journald"], "pass"),
        (["systemd-journald", "rsyslog"], "pass"),
        (["systemd-journald", "syslog-ng"], "pass"),
        (["systemd-journald", "rsyslog", "syslog-ng"], "fail"),
        (["systemd-journald", "inetutils-syslogd", "syslog-ng"], "fail"),
        (["systemd-journald", "busybox-syslogd"], "pass"),
    ],
)
def test_one_logging_system_is_in_charge(tmp_path, units, expected):
    assert outcome(tmp_path, "one_logging_system", running(*units)) == expected


SYSLOG_NG = {
    **TABLES,
    "usr/sbin/syslog-ng": "",
    "lib/systemd/system/syslog-ng.service": "[Service]\nExecStart=/usr/sbin/syslog-ng -F\n",
}
NG_CONF = "source s { %s };\ndestination d { %s };\nlog { source(s); destination(d); };\n"


@pytest.mark.parametrize(
    ("rule", "source", "destination", "expected"),
    [
        ("rsyslog_remote_encrypted", "system();", 'udp("log.example.org");', "fail"),
        ("rsyslog_remote_encrypted", "system();", 'file("/var/log/it");', "not_applicable"),
        ("rsyslog_file_mode", "system();", 'file("/var/log/it" perm(0644));', "fail"),
        ("rsyslog_file_mode", "system();", 'file("/var/log/it");', "pass"),
        ("rsyslog_receiver_off", "network(port(10514));", 'file("/var/log/it");', "fail"),
        ("rsyslog_remote_encrypted", "system();", 'java(class_name("x"));', "error"),
    ],
)
def test_syslog_ng_is_asked_where_it_writes_the_logs(tmp_path, rule, source, destination, expected):
    files = {**SYSLOG_NG, "etc/syslog-ng/syslog-ng.conf": NG_CONF % (source, destination)}

    assert outcome(tmp_path, rule, running("systemd-journald", "syslog-ng"), files) == expected


def test_syslog_ng_that_is_gone_is_not_asked_by_the_configuration_it_left(tmp_path):
    files = {
        "etc/syslog-ng/syslog-ng.conf": NG_CONF % ("network();", 'udp("log.example.org");'),
        "var/lib/dpkg/status": "",
    }

    assert outcome(tmp_path, "rsyslog_receiver_off", running("systemd-journald"), files) == "not_applicable"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("crypt_style = sha512", "pass"),  # as libuser's own file has it
        ("crypt_style=SHA512", "pass"),
        ("[import]\nlogin_defs = /etc/login.defs", "pass"),
        ("# crypt_style = sha512", "fail"),  # is DES then
        ("[import]\nlogin_defs =", "fail"),
        ("crypt_style = md5", "fail"),
        ("crypt_style =  sha512x", "fail"),
        ("crypt_style =", "fail"),
    ],
)
def test_libuser_hashes_as_strongly_as_the_others(tmp_path, text, expected):
    files = {"etc/login.defs": "ENCRYPT_METHOD SHA512\n", "etc/libuser.conf": f"[defaults]\n{text}\n"}

    assert outcome(tmp_path, "password_hash_for_new_passwords", {}, files) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.62-26.el8", "fail"),
        ("1:0.62~dfsg-0.4", "fail"),
        ("0.56.13-8.el6", "fail"),
        ("0.63-17.el9", "fail"),
        ("1:0.64~dfsg-1", "pass"),
        ("0.100-1", "pass"),
    ],
)
def test_libuser_takes_yescrypt_for_des_where_it_does_not_know_it(tmp_path, version, expected):
    files = {"etc/login.defs": "ENCRYPT_METHOD SHA512\n", "etc/libuser.conf": "[defaults]\ncrypt_style = yescrypt\n"}

    assert outcome(tmp_path, "password_hash_for_new_passwords", {}, files, ["libuser=" + version]) == expected


@pytest.mark.parametrize(
    "rule",
    ["crypto_policy_not_legacy", "crypto_policy_without_sha1", "crypto_policy_ssh_without_etm", "crypto_policy_post_quantum"],
)  # fmt: skip
def test_policy_that_is_stated_nowhere_any_more_is_asked_for_still(tmp_path, rule):
    """With the file gone, what was applied with it stays in force: rules of the policy are no less about that."""
    files = {"etc/crypto-policies/state/CURRENT.pol": "hash = SHA1\n", "etc/crypto-policies/state/current": "LEGACY\n"}

    assert outcome(tmp_path, rule, {}, {**ACCOUNTS, **files}) == "fail"


ETM = "etm@openssh-server = %s\netm@openssh-client = %s\n"


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        (ETM % ("DISABLE_ETM", "DISABLE_ETM"), "pass"),
        (ETM % ("DISABLE_ETM", "ANY"), "fail"),
        (ETM % ("ANY", "DISABLE_ETM"), "fail"),
        ("etm = ANY\n", "fail"),
        ("ssh_etm = 0\n", "pass"),
        ("ssh_etm = 1\n", "fail"),
    ],
)
def test_both_sides_of_ssh_do_without_etm(tmp_path, allowed, expected):
    policies = {
        "etc/crypto-policies/config": "DEFAULT\n",
        "etc/crypto-policies/back-ends/README": "",
        "etc/crypto-policies/state/current": "DEFAULT\n",
        "etc/crypto-policies/state/CURRENT.pol": allowed,
        "usr/share/crypto-policies/policies/DEFAULT.pol": "x",
    }

    assert outcome(tmp_path, "crypto_policy_ssh_without_etm", {}, {**ACCOUNTS, **policies}) == expected


RESCUE = "usr/lib/systemd/system/rescue.service"
SULOGIN = "ExecStart=-/usr/lib/systemd/systemd-sulogin-shell rescue\n"


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("", "pass"),
        ("ExecStart=\nExecStart = -/usr/lib/systemd/systemd-sulogin-shell rescue\n", "pass"),
        ("ExecStart=\nExecStart=-/bin/sh\n", "fail"),
        ("ExecStart=\nExecStart= /bin/sh\n", "fail"),
        ("Environment=SYSTEMD_SULOGIN_FORCE=1\n", "fail"),
    ],
)
def test_snippet_that_has_rescue_mode_ask_as_before_is_none_that_opens_it(tmp_path, snippet, expected):
    files = {
        **ACCOUNTS,
        RESCUE: SULOGIN,
        "etc/systemd/system/rescue.service.d/own.conf": "[Service]\n" + snippet,
        "proc/cmdline": "ro\n",
    }
    assert outcome(tmp_path, "rescue_mode_asks_for_password", {}, files) == expected


def test_argument_that_all_entries_of_red_hat_8_take_from_one_place_is_found_there(tmp_path):
    files = {
        **ACCOUNTS,
        "proc/cmdline": "ro\n",
        "boot/grub2/grub.cfg": "linux /vmlinuz ro\n",
        "boot/grub2/grubenv": "# GRUB Environment Block\nkernelopts=ro systemd.confirm_spawn\n",
    }
    assert outcome(tmp_path, "boot_steps_not_confirmed", {}, files) == "fail"


@pytest.mark.parametrize(("benchmark", "yescrypt"), [("debian_12", "pass"), ("rhel_8", "fail")])
def test_hash_that_the_system_does_not_know_is_none(tmp_path, benchmark, yescrypt):
    """PAM before 1.4 and shadow before 4.9 pass over yescrypt, and what they take in its place is weaker."""
    for method, expected in (("SHA512", "pass"), ("YESCRYPT", yescrypt), ("MD5", "fail")):
        stack = f"password required pam_unix.so {method.lower()}\n"
        files = {**ACCOUNTS, "etc/login.defs": f"ENCRYPT_METHOD {method}\n", "etc/pam.d/passwd": stack}
        for rule in ("password_hash_for_new_passwords", "pam_unix_strong_hash"):
            (root := tmp_path / method / rule).mkdir(parents=True)

            assert (rule, method, outcome(root, rule, {}, files, benchmark=benchmark)) == (rule, method, expected)


@pytest.mark.parametrize("rule", ["package_metadata_signed", "package_weak_dependencies_off"])
def test_dnf_without_its_file_does_what_it_does_by_default(tmp_path, rule):
    files = {"usr/bin/dnf-3": "", "etc/dnf/vars/arch": ""}

    assert outcome(tmp_path, rule, {}, {**ACCOUNTS, **files}) == "fail"


APPORT, HOOK = "apport=2.28", "python3-apport=2.28"


@pytest.mark.parametrize(
    ("packages", "units", "written", "expected"),
    [
        ((), [], None, "pass"),
        ((APPORT, HOOK), ["apport"], "enabled=1\n", "fail"),
        ((APPORT, HOOK), ["apport"], "enabled=0\n", "fail"),
        ((APPORT, HOOK), [], "enabled=1\n", "fail"),
        ((APPORT, HOOK), [], "# enabled=0\n", "fail"),
        ((APPORT, HOOK), [], None, "fail"),
        # Python's own hook looks for these very signs, and at no shell's.
        ((APPORT, HOOK), [], 'enabled="0"\n', "fail"),
        ((APPORT, HOOK), [], "  enabled = 0\nenabled=0\n", "pass"),
        ((APPORT, HOOK), [], "enabled=0\n", "pass"),
        ((HOOK,), [], None, "fail"),
        ((HOOK,), [], "enabled=0\n", "pass"),
    ],
)
def test_crash_reports_are_off_where_neither_the_kernel_nor_python_hands_them_over(
    tmp_path, packages, units, written, expected
):
    files = {"etc/default/apport": written} if written else {}

    assert outcome(tmp_path, "crash_reports_off", running(*units), files, packages) == expected


@pytest.mark.parametrize("file", ["daemon.conf", "custom.conf"])
@pytest.mark.parametrize(("written", "expected"), [("true", "fail"), ("false", "pass")])
def test_offer_of_logins_to_the_network_is_found_in_the_file_of_either_distribution(tmp_path, file, written, expected):
    """Ubuntu's GDM is built to read custom.conf in place of daemon.conf."""
    files = {f"etc/gdm3/{file}": f"[xdmcp]\nEnable={written}\n"}

    assert outcome(tmp_path, "gdm_xdmcp_off", {}, files, ["gdm3=46"]) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.4.0-11ubuntu2.6", "pass"),
        ("1.4.0-10ubuntu2", "fail"),
        ("1.4.0-11", "fail"),  # Debian mended nothing in this one
        ("1.4.0-9+deb11u1", "fail"),
        ("1.5.2-6+deb12u1", "pass"),
        ("1.5.2-5", "fail"),
        ("1.5.3-5ubuntu5.5", "pass"),
        ("1.7.0-5ubuntu3", "pass"),
        ("1.3.1-5ubuntu4.7", "fail"),
    ],
)
def test_pam_is_current_by_the_version_in_which_its_distribution_mended_it(tmp_path, version, expected):
    assert outcome(tmp_path, "pam_runtime_current", {}, None, [f"libpam-runtime={version}"]) == expected


@pytest.mark.parametrize(("value", "expected"), [("0", "fail"), ("1", "fail"), (None, "not_applicable")])
def test_rule_for_what_only_new_kernels_know_is_asked_where_the_kernel_knows_it(tmp_path, value, expected):
    """With 1 it fails too: no file says so."""
    own = {"proc/sys/kernel/apparmor_restrict_unprivileged_unconfined": f"{value}\n"} if value else {}
    files = {"proc/sys/kernel/kptr_restrict": "0\n", **own}

    assert outcome(tmp_path, "apparmor_unconfined_restricted", {}, files) == expected


@pytest.mark.parametrize(
    ("packages", "files", "expected"),
    [
        (["sudo=1.9"], [], "pass"),
        (["sudo-rs=0.2.13"], ["usr/bin/sudo"], "pass"),
        (["sudo-rs=0.2.5"], ["usr/lib/cargo/bin/sudo"], "fail"),
        ([], ["usr/bin/sudo"], "fail"),
    ],
)
def test_sudo_of_rust_is_a_sudo_where_it_is_called_so(tmp_path, packages, files, expected):
    assert outcome(tmp_path, "sudo_installed", {}, {**ACCOUNTS, **dict.fromkeys(files, "")}, packages) == expected
