# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The self-test: what the collectors read, once more and by other ways, as raw material for the controller to compare.

function Get-HipaaSecondWay {
    # Return each reading by its name: the function that makes it of what is asked.
    @{
        account_policy = 'Read-HipaaNetAccount'
        audit_policy = 'Read-HipaaAuditListing'
        hives = 'Read-HipaaLoadedProfile'
        registry = 'Read-HipaaRegQuery'
        services = 'Read-HipaaServiceByCim'
        system = 'Read-HipaaSystemByCim'
        user_registry = 'Read-HipaaUserRegQuery'
        user_rights = 'Read-HipaaRightExport'
    }
}

function Get-HipaaSecondAnswer {
    # Answer what is asked (JSON text: {registry: [[key, name, view]], user_registry: [key, name], services: [names], seconds}) with
    # {readings: name -> {value, seconds} or {reason}, shell}. One after the other, each in the seconds that there are.
    param([string]$Text)

    $asked = ConvertFrom-HipaaQuestion $Text
    $session = Get-HipaaSession
    $ways = Get-HipaaSecondWay
    $readings = @{}
    $hangs = $false
    foreach ($name in $ways.Keys) {
        $parameters = @{ Way = $ways[$name]; Asked = $asked }
        $told = Invoke-HipaaInTime -Session $session -Name Read-HipaaSecondWay -Parameters $parameters -Seconds $asked.seconds
        $hangs = $hangs -or $told['hangs']
        if ($told['reason']) { $readings[$name] = @{ reason = $told.reason } }
        else { $readings[$name] = $told.output[0] }
    }
    if ($hangs) { Limit-HipaaProcess -Seconds 5 }
    $shell = Get-HipaaShell
    try { $shell.administrator = Test-HipaaTokenGroup -Sid 'S-1-5-32-544' }
    catch { $shell.administrator_unknown = Get-HipaaReason $_.Exception }
    @{ readings = $readings; shell = $shell }
}

function ConvertFrom-HipaaQuestion {
    # Return what is asked as it was looked at. Throws where it is not understood: names become arguments of programs and a part of a filter.
    param([string]$Text)

    try { $given = ConvertFrom-Json -InputObject $Text }
    catch { throw 'what is asked is not JSON' }
    $values = Get-HipaaPart $given registry
    $names = Get-HipaaPart $given services
    $registry = @(
        foreach ($one in $values) {
            if ((32, 64) -cnotcontains $one[2]) { throw 'the view has to be 64 or 32' }
            @{ key = (Test-HipaaArgument $one[0]); name = (Test-HipaaArgument $one[1]); view = [int]$one[2] }
        }
    )
    $user = Get-HipaaPart $given user_registry
    $services = @(
        foreach ($name in $names) {
            if ($name -isnot [string] -or $name -cnotmatch '^[A-Za-z0-9_]{1,80}$') { throw 'a service has to be named by letters and digits' }
            $name
        }
    )
    $seconds = Get-HipaaPart $given seconds
    if (-not ((Test-HipaaNumber $seconds) -or $seconds -is [double] -or $seconds -is [decimal]) -or $seconds -le 0) { throw 'the seconds have to be a number' }
    @{
        registry = $registry
        user_registry = @{ key = (Test-HipaaArgument $user[0]); name = (Test-HipaaArgument $user[1]) }
        services = $services
        seconds = [double]$seconds
    }
}

function Test-HipaaArgument {
    # Return a text that stands for itself between quotes on a command line; throw where it does not.
    param($Given)

    if ($Given -isnot [string] -or $Given -cnotmatch '^[A-Za-z0-9 _.\\-]{1,200}$' -or $Given -cmatch '\\$') { throw "'$Given' cannot be asked for" }
    $Given
}

function Read-HipaaSecondWay {
    # Return {value, seconds} of a reading, or {reason, seconds}.
    param([string]$Way, [hashtable]$Asked)

    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    try { $told = @{ value = (& $Way $Asked) } }
    catch { $told = @{ reason = (Get-HipaaReason $_.Exception) } }
    $told.seconds = [Math]::Round($clock.Elapsed.TotalSeconds, 3)
    $told
}

function ConvertTo-HipaaSaid {
    # Return {code, lines} of a program that has ended.
    param([hashtable]$Done)

    @{ code = $Done.code; lines = @($Done.said -csplit "`r?`n") }
}

function Read-HipaaRegQuery {
    # Return {values: [{code, lines}]} of each value that is asked for, in order.
    param([hashtable]$Asked)

    $said = foreach ($one in $Asked.registry) {
        ConvertTo-HipaaSaid (Invoke-HipaaProgram -Program reg -Arguments 'query', "HKLM\$($one.key)", '/v', $one.name, "/reg:$($one.view)" -Most 4000)
    }
    @{ values = @($said) }
}

function Read-HipaaUserRegQuery {
    # Return {users: [{sid, code, lines}]} of a value of the first users who are logged on.
    param([hashtable]$Asked)

    $user = $Asked.user_registry
    $said = foreach ($sid in Get-HipaaLoadedUser | Select-Object -First 10) {
        $one = ConvertTo-HipaaSaid (Invoke-HipaaProgram -Program reg -Arguments 'query', "HKU\$sid\$($user.key)", '/v', $user.name, '/reg:64' -Most 4000)
        $one.sid = $sid
        $one
    }
    @{ users = @($said) }
}

function Read-HipaaNetAccount {
    # Return {code, lines} of the account policy: of this machine, on a domain controller of its domain.
    param([hashtable]$Asked)

    ConvertTo-HipaaSaid (Invoke-HipaaProgram -Program net -Arguments 'accounts' -Most 4000)
}

function Read-HipaaAuditListing {
    # Return {code, lines} of the audit policy that is in force.
    param([hashtable]$Asked)

    ConvertTo-HipaaSaid (Invoke-HipaaProgram -Program auditpol -Arguments '/get', '/category:*', '/r' -Most 60000)
}

function Read-HipaaRightExport {
    # Return {inf: base64} of an export of the rights alone, to a file of its own.
    param([hashtable]$Asked)

    $bytes = Read-HipaaExport -Program secedit -Arguments '/export', '/cfg', 'FILE', '/areas', 'USER_RIGHTS', '/log', 'LOG', '/quiet'
    @{ inf = [System.Convert]::ToBase64String($bytes) }
}

function Get-HipaaCimObject {
    # Return the objects of a class of root/cimv2. Throws where this Windows has no such class.
    param([string]$ClassName, [string[]]$Property, [string]$Filter)

    $told = Get-HipaaCim -Namespace root/cimv2 -ClassName $ClassName -Property $Property -Filter $Filter
    if ($told.found -cne 'objects') { throw "this Windows has no class $ClassName" }
    $told.objects
}

function Read-HipaaLoadedProfile {
    # Return {own, sids} of the profiles whose hive is loaded, and of the account that this runs as.
    param([hashtable]$Asked)

    $loaded = foreach ($one in Get-HipaaCimObject -ClassName Win32_UserProfile -Property SID, Loaded) { if ([bool]$one.Loaded) { [string]$one.SID } }
    @{ own = (Get-HipaaIdentity).sid; sids = @($loaded | Select-Object -First 5000) }
}

function Read-HipaaServiceByCim {
    # Return {services: [{name, state, start_mode, delayed}]} of those that are there; the words are no language's.
    param([hashtable]$Asked)

    $filter = "Name = '$($Asked.services -join "' OR Name = '")'"
    $found = foreach ($one in Get-HipaaCimObject -ClassName Win32_Service -Property Name, State, StartMode, DelayedAutoStart -Filter $filter) {
        @{ name = [string]$one.Name; state = [string]$one.State; start_mode = [string]$one.StartMode; delayed = [bool]$one.DelayedAutoStart }
    }
    @{ services = @($found) }
}

function Read-HipaaSystemByCim {
    # Return {build, product_type, sku, code_page, language, part_of_domain}: texts and numbers as Windows has them.
    param([hashtable]$Asked)

    $named = 'BuildNumber', 'ProductType', 'OperatingSystemSKU', 'CodeSet', 'OSLanguage'
    $system = Get-HipaaCimObject -ClassName Win32_OperatingSystem -Property $named | Select-Object -First 1
    $computer = Get-HipaaCimObject -ClassName Win32_ComputerSystem -Property PartOfDomain | Select-Object -First 1
    @{
        build = [string]$system.BuildNumber
        product_type = [int]$system.ProductType
        sku = [int]$system.OperatingSystemSKU
        code_page = [string]$system.CodeSet
        language = [int]$system.OSLanguage
        part_of_domain = [bool]$computer.PartOfDomain
    }
}
