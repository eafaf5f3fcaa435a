"""Block devices as the kernel and udev show them below /sys and /dev, for trees of files."""

from __future__ import annotations

from typing import Dict, Sequence, Union

from tests.scenarios.linux import File

Files = Dict[str, Union[str, bytes, File]]


def device(path: str, number: str, slaves: Sequence[str] = (), **shown: str) -> Files:
    """Return a device: ``path`` below /sys/devices (``vda/vda1`` is a partition), ``number`` as ``252:1``.

    ``slaves``: the names of what it lies on; ``shown``: other files by their path, ``__`` for a slash.
    """
    name, place = path.rpartition("/")[2], "/sys/devices/" + path
    found: Files = {
        place + "/dev": number + "\n",
        "/sys/dev/block/" + number: File(link="../../devices/" + path),
        "/sys/class/block/" + name: File(link="../../devices/" + path),
        **({place + "/partition": "1\n"} if "/" in path else {}),
        **{"%s/slaves/%s" % (place, one): File(link="/sys/class/block/" + one) for one in slaves},
        **{"%s/%s" % (place, key.replace("__", "/")): text + "\n" for key, text in shown.items()},
    }
    return found


def mapped(number: int, name: str, uuid: str, *slaves: str) -> Files:
    """Return a device of the device mapper, with the link that udev makes for it."""
    link: Files = {"/dev/mapper/" + name: File(link="../dm-%d" % number)}
    return {
        **device("dm-%d" % number, "253:%d" % number, slaves, dm__name=name, dm__uuid=uuid),
        **link,
    }
