# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The subcategories of Windows' audit policy by their GUIDs, with English names for people to read (MS-GPAC 2.2.1.2, `auditpol /list`)."""

from __future__ import annotations

import re

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import raised
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

GUID = re.compile(r"\{[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\}")
# All begin and end alike; in between stands a number.
FORM = "{{0CCE{}-69AE-11D9-BED3-505054503030}}"
_BY_NUMBER = {
    "9210": ("System", "Security state change"),
    "9211": ("System", "Security system extension"),
    "9212": ("System", "System integrity"),
    "9213": ("System", "IPsec driver"),
    "9214": ("System", "Other system events"),
    "9215": ("Logon/Logoff", "Logon"),
    "9216": ("Logon/Logoff", "Logoff"),
    "9217": ("Logon/Logoff", "Account lockout"),
    "9218": ("Logon/Logoff", "IPsec main mode"),
    "9219": ("Logon/Logoff", "IPsec quick mode"),
    "921A": ("Logon/Logoff", "IPsec extended mode"),
    "921B": ("Logon/Logoff", "Special logon"),
    "921C": ("Logon/Logoff", "Other logon/logoff events"),
    "9243": ("Logon/Logoff", "Network policy server"),
    "9247": ("Logon/Logoff", "User / device claims"),
    "9249": ("Logon/Logoff", "Group membership"),
    "924B": ("Logon/Logoff", "Access rights"),
    "921D": ("Object Access", "File system"),
    "921E": ("Object Access", "Registry"),
    "921F": ("Object Access", "Kernel object"),
    "9220": ("Object Access", "SAM"),
    "9221": ("Object Access", "Certification services"),
    "9222": ("Object Access", "Application generated"),
    "9223": ("Object Access", "Handle manipulation"),
    "9224": ("Object Access", "File share"),
    "9225": ("Object Access", "Filtering platform packet drop"),
    "9226": ("Object Access", "Filtering platform connection"),
    "9227": ("Object Access", "Other object access events"),
    "9244": ("Object Access", "Detailed file share"),
    "9245": ("Object Access", "Removable storage"),
    "9246": ("Object Access", "Central policy staging"),
    "9228": ("Privilege Use", "Sensitive privilege use"),
    "9229": ("Privilege Use", "Non sensitive privilege use"),
    "922A": ("Privilege Use", "Other privilege use events"),
    "922B": ("Detailed Tracking", "Process creation"),
    "922C": ("Detailed Tracking", "Process termination"),
    "922D": ("Detailed Tracking", "DPAPI activity"),
    "922E": ("Detailed Tracking", "RPC events"),
    "9248": ("Detailed Tracking", "Plug and play events"),
    "924A": ("Detailed Tracking", "Token right adjusted events"),
    "922F": ("Policy Change", "Audit policy change"),
    "9230": ("Policy Change", "Authentication policy change"),
    "9231": ("Policy Change", "Authorization policy change"),
    "9232": ("Policy Change", "MPSSVC rule-level policy change"),
    "9233": ("Policy Change", "Filtering platform policy change"),
    "9234": ("Policy Change", "Other policy change events"),
    "9235": ("Account Management", "User account management"),
    "9236": ("Account Management", "Computer account management"),
    "9237": ("Account Management", "Security group management"),
    "9238": ("Account Management", "Distribution group management"),
    "9239": ("Account Management", "Application group management"),
    "923A": ("Account Management", "Other account management events"),
    "923B": ("DS Access", "Directory service access"),
    "923C": ("DS Access", "Directory service changes"),
    "923D": ("DS Access", "Directory service replication"),
    "923E": ("DS Access", "Detailed directory service replication"),
    "923F": ("Account Logon", "Credential validation"),
    "9240": ("Account Logon", "Kerberos service ticket operations"),
    "9241": ("Account Logon", "Other account logon events"),
    "9242": ("Account Logon", "Kerberos authentication service"),
}
# Category and name by GUID.
SUBCATEGORIES = {FORM.format(number): names for number, names in _BY_NUMBER.items()}
# Windows Server 2019 does not know it yet.
NEWER = frozenset({FORM.format("924B")})


def guid(text: str) -> str:
    """Return a GUID in the form of the tables here: in braces, with capitals. Raises `HipaaCisError` where it is none."""
    found = raised(text)
    if not GUID.fullmatch(found):
        raise HipaaCisError(f"'{spelled_out(text[:80])}' is no GUID in braces.")
    return found
