"""Initial file systems in unified kernel images, as ukify(1) joins them and zstd, lz4, gzip and xz pack them."""

from __future__ import annotations

import base64
import json

import pytest

from tests.initial_file_systems import archive
from tests.integration.test_programs_agree import LOOK, carry_code

pytestmark = [pytest.mark.hosts]

MODULE = "usr/lib/modules/6.12/kernel/fs/udf/udf.ko"
LOCKS = b"install udf /bin/false\nblacklist udf\n"
PARTS = {
    # More than one block of zstd, one of them a run.
    "none": archive({"bin/busybox": bytes(range(256)) * 2000 + b"x" * 700_000}),
    "module": archive({MODULE: b"code"}),
    "locks": archive({"etc/modprobe.d/cis.conf": LOCKS}),
}
PACKERS = (
    "cat", "gzip -n", "xz --check=crc32", "bzip2", "zstd -q", "zstd -q -19 --no-check", "zstd -q --long=27 -T2", "lz4 -l -q", "lz4 -q -BX",
)  # fmt: skip
# What is joined -> whether udf is in it, and is loaded.
JOINED = {("none", "module"): [[True, True]], ("none", "module", "locks"): [[True, False]], ("none",): [[False, False]]}
IMAGE = "/boot/efi/EFI/Linux/debian.efi"


def test_unified_image_is_looked_into_however_its_parts_are_packed(debian13_host):
    host = debian13_host
    carry_code(host)
    packages = ["systemd-ukify", "systemd-boot-efi", "zstd", "lz4", "bzip2", "xz-utils"]
    host.run(["apt-get", "-q", "update"], timeout=300)
    host.run(["apt-get", "-qy", "install", "--no-install-recommends", *packages], timeout=600)
    host.write("/boot/efi/EFI/Linux/kernel", "no kernel")
    for name, content in PARTS.items():
        host.write(f"/root/{name}.64", base64.b64encode(content).decode())
    lines = [f"base64 -d /root/{name}.64 > /root/{name}" for name in PARTS]
    lines += [f"{pack} < /root/{name} > /root/{name}.{at}" for at, pack in enumerate(PACKERS) for name in PARTS]
    lines += [
        f"ukify build --uname=6.12 --linux=/boot/efi/EFI/Linux/kernel --cmdline=quiet --output=/root/{at}-{number}.efi "
        + " ".join(f"--initrd=/root/{name}.{at}" for name in parts)
        for at in range(len(PACKERS))
        for number, parts in enumerate(JOINED)
    ]
    host.run(["sh", "-ec", "\n".join(lines)], timeout=300)

    seen = {}
    for at, pack in enumerate(PACKERS):
        for number, parts in enumerate(JOINED):
            looked = host.run(["sh", "-c", f'cp /root/{at}-{number}.efi {IMAGE}; python3 -c "$0"', LOOK])
            seen[pack, parts] = json.loads(looked.stdout)
    assert seen == {(pack, parts): wanted for pack in PACKERS for parts, wanted in JOINED.items()}
