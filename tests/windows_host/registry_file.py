"""Files of registry values as regedit reads them, with every type in its bytes: one import sets thousands of values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MACHINE = "HKEY_LOCAL_MACHINE"
USERS = "HKEY_USERS"
HEAD = "Windows Registry Editor Version 5.00"
# The numbers of winnt.h.
NUMBERS = {
    "REG_NONE": 0,
    "REG_SZ": 1,
    "REG_EXPAND_SZ": 2,
    "REG_BINARY": 3,
    "REG_DWORD": 4,
    "REG_MULTI_SZ": 7,
    "REG_QWORD": 11,
}
# Programs of either width see the same here (Microsoft: Registry Keys Affected by WOW64), though they lie below SOFTWARE.
SHARED = (
    "software\\policies\\",
    "software\\microsoft\\windows\\currentversion\\policies\\",
    "software\\microsoft\\windows\\currentversion\\group policy\\",
)
SIZES = {"REG_DWORD": 4, "REG_QWORD": 8}


@dataclass(frozen=True)
class Value:
    """A value with its type. ``data``: a number, a text, a list of texts, or bytes, as the type has it."""

    type: str
    data: Any

    @property
    def bytes(self) -> bytes:
        """The bytes that the registry keeps."""
        if self.type in SIZES:
            return int(self.data).to_bytes(SIZES[self.type], "little")
        if self.type in ("REG_SZ", "REG_EXPAND_SZ"):
            return (str(self.data) + "\0").encode("utf-16-le")
        if self.type == "REG_MULTI_SZ":
            return "".join(f"{text}\0" for text in [*self.data, ""]).encode("utf-16-le")
        return bytes(self.data)


def text(values: Mapping[tuple[str, str], Value | None], keys: Iterable[str] = (), without: Iterable[str] = ()) -> str:
    """Return a file that sets values by (key with its hive, name), takes those of None away, makes keys, and removes others whole."""
    by_key: dict[str, list[str]] = {key: [] for key in keys}
    for (key, name), value in values.items():
        quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' if name else "@"
        data = "-" if value is None else f"hex({NUMBERS[value.type]:x}):{value.bytes.hex(',')}"
        by_key.setdefault(key, []).append(f"{quoted}={data}")
    sections = [f"[-{key}]\n" for key in without]
    sections += ["\n".join([f"[{key}]", *lines, ""]) for key, lines in by_key.items()]
    return "\n".join([HEAD, "", *sections, ""]).replace("\n", "\r\n")


def has_two_views(key: str) -> bool:
    """Return whether programs of 32 bits see another key by the same path below HKEY_LOCAL_MACHINE."""
    folded = key.lower() + "\\"
    return folded.startswith("software\\") and not folded.startswith(SHARED)


def of_32_bits(key: str) -> str:
    """Return where the values of a key below HKEY_LOCAL_MACHINE lie that programs of 32 bits see."""
    begin, _sign, rest = key.partition("\\")
    return f"{begin}\\Wow6432Node\\{rest}" if has_two_views(key) else key
