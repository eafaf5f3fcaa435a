# What accounts and logs have of a recorded machine (recorded.ps1): classes of CIM, members of groups, logs, folders.

function Get-HipaaCim {
    param([string]$Namespace, [string]$ClassName, [string[]]$Property, [string]$Filter)

    $known = (Get-HipaaMachine).cim.PSObject.Properties["$Namespace $ClassName $Filter".Trim()]
    if ($null -eq $known) { return @{ found = 'no class' } }
    if ($known.Value -is [string] -and $known.Value -ceq 'hangs') { [System.Threading.Thread]::Sleep(60000) }
    if ($known.Value -is [string]) { throw $known.Value }
    # What was not asked for is not there, and what has no value is null.
    @{ found = 'objects'; objects = @($known.Value | Select-Object -Property $Property) }
}

function Get-HipaaMachineName { 'EHR1' }

function Get-HipaaRegistryValueName {
    param([string]$Key)

    $known = (Get-HipaaMachine).registry.PSObject.Properties["LocalMachine\64\$Key"]
    if ($null -ne $known -and $known.Value -is [string]) { throw (New-Object -TypeName System.Security.SecurityException -ArgumentList $known.Value) }
    if ($null -ne $known) { foreach ($value in $known.Value.PSObject.Properties) { $value.Name.Substring(1) } }
}

function Get-HipaaGroupMember {
    param([string]$Sid)

    $known = (Get-HipaaMachine).groups.PSObject.Properties[$Sid]
    if ($null -eq $known) { throw (New-Object -TypeName System.Security.Principal.IdentityNotMappedException -ArgumentList 'keine Zuordnung') }
    if ($known.Value -is [string]) { throw $known.Value }
    foreach ($one in $known.Value) { @{ sid = [string]$one[0]; class = [string]$one[1]; path = [string]$one[2] } }
}

function Get-HipaaEventLog {
    param([string]$Log)

    $known = (Get-HipaaMachine).logs.PSObject.Properties[$Log].Value
    if ($known -is [string]) { throw (New-Object -TypeName System.UnauthorizedAccessException -ArgumentList $known) }
    @{ bytes = [long]$known.bytes; mode = [int]$known.mode; sddl = [string]$known.sddl; enabled = [bool]$known.enabled }
}

function Get-HipaaOldestEvent {
    param([string]$Log)

    $known = (Get-HipaaMachine).logs.PSObject.Properties[$Log].Value
    if ($null -ne $known.oldest) { @{ record = [long]$known.oldest[0]; seconds = [long]$known.oldest[1] } }
}

function Test-HipaaFolder { param([string]$Path) $null -ne (Get-HipaaMachine).folders.PSObject.Properties[$Path] }

function Get-HipaaFolderSacl {
    param([string]$Path)

    $known = (Get-HipaaMachine).folders.PSObject.Properties[$Path].Value
    if ($known -cne 'no privilege') { @{ sddl = [string]$known } }
}

function Get-HipaaPasswordSettings {
    param([int]$Most)

    $known = (Get-HipaaMachine).policies
    if ($known -is [string]) { throw $known }
    $objects = @(
        foreach ($one in $known.objects | Select-Object -First ($Most + 1)) {
            $told = @{}
            foreach ($part in $one.PSObject.Properties) {
                if ($part.Name -ceq 'applies') { $told.applies = [int]$part.Value }
                else { $told[$part.Name] = [string]$part.Value }
            }
            $told
        }
    )
    @{ container = [bool]$known.container; creates = [bool]$known.creates; objects = $objects }
}
