# A recorded machine in the place of Windows: what HIPAA_CIS_MACHINE names, a JSON file as test_windows_observe.py writes it.
# The collectors run in sessions of their own, to which only functions are handed on.

function Get-HipaaMachine {
    if (-not (Test-Path -Path variable:global:machines)) { $global:machines = @{} }
    $path = $env:HIPAA_CIS_MACHINE
    if (-not $global:machines.Contains($path)) { $global:machines[$path] = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($path)) }
    $global:machines[$path]
}

function Read-HipaaRegistryValue {
    param([string]$Hive, [int]$View, [string]$Key, [string]$Name)

    $known = (Get-HipaaMachine).registry.PSObject.Properties["$Hive\$View\$Key"]
    if ($null -eq $known) { return @{ found = 'no key' } }
    if ($known.Value -is [string]) { throw (New-Object -TypeName System.Security.SecurityException -ArgumentList $known.Value) }
    $value = $known.Value.PSObject.Properties["=$Name"]
    if ($null -eq $value) { return @{ found = 'no value' } }
    $kind, $given = $value.Value
    $data = switch ($kind) {
        4 { if ($given -is [string]) { [long]$given } else { [int]$given } }
        11 { [long]$given }
        7 { , [string[]]@($given) }
        { $_ -in -1, 3 } { , [byte[]]@($given) }
        default { [string]$given }
    }
    @{ found = 'value'; kind = [int]$kind; data = $data }
}

function Get-HipaaRegistryKeyName {
    param([string]$Hive, [int]$View, [string]$Key)

    $start = ("$Hive\$View\$Key\" -replace '\\+$', '') + '\'
    $names = foreach ($known in (Get-HipaaMachine).registry.PSObject.Properties) {
        if ($known.Name.StartsWith($start) -and $known.Name.Length -gt $start.Length) { $known.Name.Substring($start.Length).Split('\')[0] }
    }
    $names | Select-Object -Unique
}

function Get-HipaaService {
    $services = (Get-HipaaMachine).services
    if ($services -eq 'hangs') { [System.Threading.Thread]::Sleep(60000) }
    if ($services -is [string]) { throw $services }
    $services
}

function Get-HipaaComputerSystem {
    $system = (Get-HipaaMachine).system
    if ($system -eq 'hangs') { [System.Threading.Thread]::Sleep(60000) }
    if ($system -is [string]) { throw $system }
    $system
}

function New-HipaaFolder { 'C:\private' }
function Remove-HipaaFolder { param([string]$Path) if ($Path -ne 'C:\private') { throw 'a folder that is not ours' } }

function Invoke-HipaaProgram {
    param([string]$Program, [string[]]$Arguments)

    $known = (Get-HipaaMachine).programs.PSObject.Properties[$Program]
    if ($null -eq $known) { throw "this Windows has no $Program" }
    $global:exported = $known.Value
    if ($known.Value.code -eq 'seconds') { throw "it has $HipaaProgramSeconds seconds" }
    if ($known.Value.code -eq 'hangs') { [System.Threading.Thread]::Sleep(60000) }
    @{ code = [int]$known.Value.code; said = [string]($Arguments -join ' ') }
}

function Get-HipaaFileByte {
    param([string]$Path, [int]$Most)

    if ($Path -ne 'C:\private\export' -or $null -eq $global:exported.file) { return $null }
    , [System.Convert]::FromBase64String($global:exported.file)
}

function Get-HipaaSid {
    param([string]$Account)

    $known = (Get-HipaaMachine).accounts.PSObject.Properties[$Account]
    if ($null -ne $known) { $known.Value }
}

function Get-HipaaDomainPolicy {
    $domain = (Get-HipaaMachine).domain
    if ($domain -is [string]) { throw $domain }
    $told = @{}
    foreach ($part in $domain.PSObject.Properties) { $told[$part.Name] = [string]$part.Value }
    $told
}

function Get-HipaaDriver {
    param([string]$Name)

    $known = (Get-HipaaMachine).drivers.PSObject.Properties[$Name]
    if ($null -ne $known) { $known.Value }
}

function Get-HipaaFirewallProfile {
    $known = (Get-HipaaMachine).firewall
    if ($known -eq 'hangs') { [System.Threading.Thread]::Sleep(60000) }
    if ($known -is [string]) { throw $known }
    $known
}

function Get-HipaaSmbConfiguration {
    param([string]$Side)

    $known = (Get-HipaaMachine).smb.$Side
    if ($known -is [string]) {
        # As commands of CIM fail: a text in the host's language, and the number in the error's id.
        $problem = New-Object -TypeName System.Exception -ArgumentList 'Zugriff verweigert'
        throw (New-Object -TypeName System.Management.Automation.ErrorRecord -ArgumentList $problem, $known, 'NotSpecified', $null)
    }
    $known
}

function Get-HipaaVpnConnection {
    $known = (Get-HipaaMachine).vpn
    if ($known -eq 'no command') { return @{ found = 'no command' } }
    if ($known -is [string]) { throw $known }
    @{ found = 'connections'; connections = @($known | Where-Object { $null -ne $_ }) }
}

function Get-HipaaIdentity { @{ sid = (Get-HipaaMachine).own; administrator = $true } }
function Get-HipaaSystemVersion { @{ build = '20348'; powershell = '5.1.20348.1'; machine = 'AMD64' } }

function Test-HipaaProgramFile {
    param([string]$Name)

    @((Get-HipaaMachine).files) -ccontains $Name
}
