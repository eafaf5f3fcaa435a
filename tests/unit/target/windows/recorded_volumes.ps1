# What volumes, sessions and services of security have of a recorded machine (recorded.ps1): classes of CIM, keys of volumes, files.

function Get-HipaaCim {
    param([string]$Namespace, [string]$ClassName, [string[]]$Property, [string]$Filter)

    $known = (Get-HipaaMachine).cim.PSObject.Properties["$Namespace $ClassName"]
    if ($null -eq $known) { return @{ found = 'no class' } }
    if ($known.Value -is [string] -and $known.Value -ceq 'hangs') { [System.Threading.Thread]::Sleep(60000) }
    if ($known.Value -is [string]) { throw $known.Value }
    # What was not asked for is not there, and what has no value is null.
    @{ found = 'objects'; objects = @($known.Value | Select-Object -Property $Property) }
}

function Get-HipaaProtection {
    param($Volume)

    $known = (Get-HipaaMachine).protection.PSObject.Properties[[string]$Volume.DeviceID]
    if ($null -ne $known) { [long]$known.Value }
}

function Get-HipaaKeyProtector {
    param($Volume)

    $known = (Get-HipaaMachine).protectors.PSObject.Properties[[string]$Volume.DeviceID]
    if ($null -eq $known) { return $null }
    , @(foreach ($number in $known.Value) { [long]$number })
}
