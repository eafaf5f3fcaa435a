"""Folders that a file system encrypts by itself: the kernel's answer about them."""

from __future__ import annotations

import errno
import fcntl

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import fscrypt

# As the kernel (6.1) told of a folder: the size of the policy, then the version, the modes of contents and names, and the name of the key.
SIZE = (24).to_bytes(8, "little")


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (bytes([2, 1, 4, 0]), "fscrypt, AES-256-XTS"),
        (bytes([0, 5, 6, 0]), "fscrypt, AES-128-CBC"),
        (bytes([2, 99, 4, 0]), ""),
    ],
    ids=["version-2", "version-1", "mode-that-is-not-known"],
)
def test_folder_with_a_policy_is_encrypted(tmp_path, monkeypatch, policy, told):
    monkeypatch.setattr(fcntl, "ioctl", lambda _handle, _number, _asked: SIZE + policy + bytes(20))

    assert fscrypt.policy(Host(str(tmp_path)), "/") == told


@pytest.mark.parametrize(("number", "raised"), [(errno.ENODATA, False), (errno.EOPNOTSUPP, False), (errno.EIO, True)])
def test_folder_without_a_policy_is_not_encrypted_and_other_failures_are_errors(tmp_path, monkeypatch, number, raised):
    def fail(_handle, _number, _asked):
        raise OSError(number, "x")

    monkeypatch.setattr(fcntl, "ioctl", fail)
    if raised:
        with pytest.raises(ReadError):
            fscrypt.policy(Host(str(tmp_path)), "/")
    else:
        assert not fscrypt.policy(Host(str(tmp_path)), "/")
