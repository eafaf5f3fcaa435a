"""What programs of Windows write, made after what real hosts do (no host's own): a member server in English, others in their languages."""

from __future__ import annotations

MACHINE = "S-1-5-21-1004336348-1177238915-682003330"
GUEST = f"{MACHINE}-501"
NO_LEGACY_AUDIT = r"MACHINE\System\CurrentControlSet\Control\Lsa\SCENoApplyLegacyAuditPolicy"
# In the order in which secedit writes them; the version is the last.
SECTIONS = {
    "Unicode": ["Unicode=yes"],
    "System Access": [
        "MinimumPasswordAge = 1",
        "MaximumPasswordAge = 60",
        "MinimumPasswordLength = 14",
        "PasswordComplexity = 1",
        "PasswordHistorySize = 24",
        "LockoutBadCount = 5",
        "ResetLockoutCount = 15",
        "LockoutDuration = 15",
        "RequireLogonToChangePassword = 0",
        "ForceLogoffWhenHourExpire = 1",
        'NewAdministratorName = "Keeper"',
        'NewGuestName = "Guest"',
        "ClearTextPassword = 0",
        "LSAAnonymousNameLookup = 0",
        "EnableAdminAccount = 1",
        "EnableGuestAccount = 0",
    ],
    "Event Audit": [
        "AuditSystemEvents = 0",
        "AuditLogonEvents = 3",
        "AuditObjectAccess = 0",
        "AuditPrivilegeUse = 4",
        "AuditPolicyChange = 1",
        "AuditAccountManage = 2",
        "AuditProcessTracking = 0",
        "AuditDSAccess = 0",
        "AuditAccountLogon = 3",
    ],
    "Registry Values": [
        r'MACHINE\Software\Microsoft\Windows NT\CurrentVersion\Winlogon\CachedLogonsCount=1,"4"',
        r'MACHINE\Software\Microsoft\Windows\CurrentVersion\Policies\System\LegalNoticeCaption=1,""',
        r'MACHINE\Software\Microsoft\Windows\CurrentVersion\Policies\System\LegalNoticeText=7,Stop"," this is a clinic.,Go home.',
        rf"{NO_LEGACY_AUDIT}=4,1",
        r"MACHINE\System\CurrentControlSet\Control\Lsa\FullPrivilegeAuditing=3,0",
        r"MACHINE\System\CurrentControlSet\Control\Session Manager\SubSystems\optional=7,",
        r'MACHINE\System\CurrentControlSet\Control\Lsa\RestrictRemoteSAM=1,"O:BAG:BAD:(A;;RC;;;BA)"',
        r"MACHINE\System\CurrentControlSet\Services\LanManServer\Parameters\NullSessionPipes=7,SQL\QUERY,EPMAPPER",
    ],
    "Privilege Rights": [
        "SeNetworkLogonRight = *S-1-5-11,*S-1-5-32-544",
        "SeSystemtimePrivilege = *S-1-5-19,*S-1-5-32-544",
        "SeDenyNetworkLogonRight = Guest,*S-1-5-113",
        "SeServiceLogonRight = *S-1-5-80-0, *S-1-5-83-0",
        "SeSecurityPrivilege = *S-1-5-32-544",
    ],
    "Version": ['signature="$CHICAGO$"', "Revision=1"],
}
AUDIT_HEADING = (
    "Machine Name,Policy Target,Subcategory,Subcategory GUID,Inclusion Setting,Exclusion Setting,Setting Value"
)


def guid(number: str) -> str:
    return f"{{0CCE{number}-69AE-11D9-BED3-505054503030}}"


LOGON = guid("9215")


def security_text(replaced: dict[str, list[str] | None] | None = None) -> str:
    """Return the text of an export, with other lines in some of its sections, more of them, or without them (None)."""
    sections = {**SECTIONS, **(replaced or {})}
    sections["Version"] = sections.pop("Version")
    return "".join("\r\n".join([f"[{name}]", *lines, ""]) for name, lines in sections.items() if lines is not None)


def security(replaced: dict[str, list[str] | None] | None = None) -> bytes:
    """Return an export as secedit writes it to a file that was not there: UTF-16LE with a mark."""
    return ("\ufeff" + security_text(replaced)).encode("utf-16-le")


def changed(section: str, old: str, *new: str) -> bytes:
    """Return an export with the lines ``new`` in place of the line that begins with ``old``."""
    lines = SECTIONS[section]
    (at,) = [number for number, line in enumerate(lines) if line.startswith(old)]
    return security({section: [*lines[:at], *new, *lines[at + 1 :]]})


def audit_text(
    settings: dict[str, str], heading: str = AUDIT_HEADING, system: str = "System", word: str = "Success"
) -> str:
    """Return a backup of the audit policy with a value for each GUID."""
    rows = [f"HOST,{system},Text,{guid},{word},,{value}" for guid, value in settings.items()]
    return "\r\n".join([heading, *rows, "HOST,,Option:CrashOnAuditFail,,Disabled,,0", "HOST,,FileGlobalSacl,,,,", ""])
