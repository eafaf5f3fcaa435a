"""Where a planted host goes at the next boot: what systemd shows of its usual targets, and the links that have it start a unit."""

from __future__ import annotations

from typing import Dict

from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.units import PROPERTIES, USUAL

# Of each state the folder in which what starts a unit stands.
FOLDERS = {
    "enabled": "/etc/systemd/system/multi-user.target.wants/",
    "generated": "/run/systemd/generator.late/multi-user.target.wants/",
}
REQUIRED_BY = {"multi-user.target": "default.target", "basic.target": "multi-user.target"}
# A tree without a link default.target has a unit file of that name.
ASKED = "systemctl show --no-pager --property=%s -- %s" % (PROPERTIES, " ".join(["default.target", *USUAL]))


def link(unit: str, state: str = "enabled") -> Dict[str, str]:
    """Return path -> target of what `systemctl enable`, or the generator for old scripts, makes of most units."""
    return {FOLDERS[state] + unit: "/usr/lib/systemd/system/" + unit}


def target(name: str) -> str:
    """Return what systemctl shows of a usual target."""
    pulled = REQUIRED_BY.get(name, "")
    return "Id=%s\nNames=%s\nLoadState=loaded\nActiveState=active\nUnitFileState=static\nRequiredBy=%s" % (
        name,
        name,
        pulled,
    )


def targets() -> str:
    """Return the answer to `ASKED`."""
    return "\n\n".join(target(name) for name in ["default.target", *USUAL]) + "\n"


# What says on the disk that the targets belong together.
UNIT_FILES = {
    "/usr/lib/systemd/system/default.target": "[Unit]\nRequires=multi-user.target\n",
    "/usr/lib/systemd/system/multi-user.target": "[Unit]\nRequires=basic.target\n",
}
