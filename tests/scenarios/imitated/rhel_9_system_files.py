"""What of RHEL 9 its own tools keep: packages and their sources, the profile of authselect, policies of cryptography and SELinux, boot entries."""

from __future__ import annotations

from typing import Dict, Iterable

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.package_integrity import RPM_VERIFY
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import rpm
from tests.scenarios.imitated import Files, folder
from tests.scenarios.linux import File

PACKAGES = words_of(
    "audit audit-libs authselect bash chrony cockpit cracklib-dicts cronie crypto-policies dnf firewalld glibc grub2-efi-x64 kernel libpwquality "
    "libselinux NetworkManager nftables openssh-clients openssh-server openssl pam policycoreutils rootfiles rpm rsync rsyslog rsyslog-gnutls "
    "selinux-policy-targeted setup shadow-utils sssd sudo systemd systemd-udev tmux"
)
SIGNED = "(none)RSA/SHA256, Tue 05 Mar 2024, Key ID 199e2f91fd431d51(none)(none)"


def installed(names: Iterable[str], **versions: str) -> Dict[str, str]:
    """Return what rpm tells of packages, all as they were delivered; ``versions`` by name, with ``_`` for its ``-``."""
    there = sorted(names)
    rows = ("%s\t0:%s\tx86_64\t%s\n" % (one, versions.get(one.replace("-", "_"), "1.0-1.el9"), SIGNED) for one in there)
    return {" ".join(rpm.QUERY): "".join(rows), " ".join([*RPM_VERIFY, "--", *there]): ""}


def repositories(name: str, key: str, *ids: str) -> str:
    """Return the file of a distribution's repositories."""
    return "".join(
        "[%s]\nname = %s\nbaseurl = https://cdn.example.org/%s\nenabled = 1\ngpgcheck = 1\ngpgkey = file:///etc/pki/rpm-gpg/%s\n"
        % (one, name, one, key)
        for one in ids
    )


# As update-crypto-policies writes it out: what holds for a part alone stands by itself.
ALLOWED = """\
# Policy DEFAULT dump
# Baseline values for all scopes:
cipher = AES-256-GCM AES-256-CCM CHACHA20-POLY1305 AES-256-CTR AES-256-CBC AES-128-GCM AES-128-CCM AES-128-CTR AES-128-CBC
group = X25519 SECP256R1 X448 SECP521R1 SECP384R1 FFDHE-2048 FFDHE-3072
hash = SHA2-256 SHA2-384 SHA2-512 SHA3-256 SHA3-384 SHA3-512 SHA2-224 SHA3-224 SHAKE-256
mac = AEAD HMAC-SHA2-256 HMAC-SHA1 UMAC-128 HMAC-SHA2-384 HMAC-SHA2-512
sign = ECDSA-SHA3-256 ECDSA-SHA2-256 EDDSA-ED25519 RSA-PSS-SHA2-256 RSA-SHA2-256 RSA-SHA2-512
protocol = TLS1.3 TLS1.2 DTLS1.2
etm = ANY
sha1_in_certs = 0
# Scope-specific properties derived for select backends:
cipher@openssh-client = AES-256-GCM CHACHA20-POLY1305 AES-256-CTR AES-128-GCM AES-128-CTR
cipher@openssh-server = AES-256-GCM CHACHA20-POLY1305 AES-256-CTR AES-128-GCM AES-128-CTR
"""
GRUB = """\
insmod blscfg
if [ -f ${config_directory}/user.cfg ]; then
  source ${config_directory}/user.cfg
  if [ -n "${GRUB2_PASSWORD}" ]; then
    set superusers="root"
    export superusers
    password_pbkdf2 root ${GRUB2_PASSWORD}
  fi
fi
blscfg
"""
ARGUMENTS = "root=/dev/mapper/rhel-root ro crashkernel=1G-4G:192M,4G-64G:256M,64G-:512M resume=/dev/mapper/rhel-swap rd.lvm.lv=rhel/root"
ENTRY = "title Red Hat Enterprise Linux (%s)\nversion %s\nlinux /vmlinuz-%s\ninitrd /initramfs-%s.img\noptions %s\ngrub_class rhel\n"


def booted(kernel: str) -> Files:
    """Return a kernel that GRUB starts by an entry of its own, with SELinux at work in it."""
    return {
        "/proc/cmdline": "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-%s %s\n" % (kernel, ARGUMENTS),
        "/proc/sys/kernel/osrelease": kernel + "\n",
        "/boot/config-" + kernel: 'CONFIG_LSM="lockdown,yama,integrity,selinux,bpf,landlock"\n',
        "/boot/loader/entries/0123-%s.conf" % kernel: ENTRY % (kernel, kernel, kernel, kernel, ARGUMENTS),
        "/boot/grub2/grub.cfg": File(GRUB, 0o600),
        "/boot/grub2/grubenv": File("# GRUB Environment Block\nsaved_entry=0123-%s\n" % kernel, 0o600),
        # The partition knows no modes: those of its mount.
        "/boot/efi/EFI/redhat/grub.cfg": File(
            "search --no-floppy --fs-uuid --set=dev 1\nset prefix=($dev)/grub2\nexport $prefix\nconfigfile $prefix/grub.cfg\n",
            0o700,
        ),
        "/etc/default/grub": 'GRUB_CMDLINE_LINUX="%s"\nGRUB_ENABLE_BLSCFG=true\n' % ARGUMENTS,
        "/etc/kernel/cmdline": ARGUMENTS + "\n",
        "/sys/fs/selinux/enforce": "1",
        "/etc/selinux/targeted/policy/policy.33": "x",
        "/usr/share/selinux/targeted": folder(),
    }


def selected(made: Files, profile: str = "sssd") -> Files:
    """Return what authselect keeps of a profile that makes ``made``, by name of the file, with features that nobody chose."""
    top = "/usr/share/authselect/default/%s/" % profile
    faillock = 'auth required pam_faillock.so preauth silent {include if "with-faillock"}\n'
    return {
        "/etc/authselect/authselect.conf": profile + "\n",
        **{top + name: (faillock if name.endswith("-auth") else "") + str(text) for name, text in made.items()},
    }


POLICY: Files = {
    "/etc/crypto-policies/config": "DEFAULT\n",
    "/etc/crypto-policies/state/current": "DEFAULT\n",
    "/etc/crypto-policies/state/CURRENT.pol": ALLOWED,
    "/usr/share/crypto-policies/policies/DEFAULT.pol": "x",
}
SOURCES: Files = {
    "/var/lib/rpm/rpmdb.sqlite": "x",
    "/usr/bin/dnf": File(link="dnf-3"),
    "/usr/bin/dnf-3": File("", 0o755),
    "/etc/dnf/dnf.conf": "[main]\ngpgcheck=1\ninstallonly_limit=3\nclean_requirements_on_remove=True\nbest=True\nskip_if_unavailable=False\n",
    "/etc/yum.repos.d/redhat.repo": repositories(
        "Red Hat", "RPM-GPG-KEY-redhat-release", "rhel-9-baseos", "rhel-9-appstream"
    ),
    "/etc/pki/rpm-gpg/RPM-GPG-KEY-redhat-release": "-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
}
