# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The kind `service`: how a service starts, and whether it runs.

function Get-HipaaServiceByName {
    # Return what the service manager lists, by name in any case.
    $listed = New-Object -TypeName 'System.Collections.Generic.Dictionary[string,object]' -ArgumentList ([System.StringComparer]::OrdinalIgnoreCase)
    foreach ($service in Get-HipaaService) { $listed[[string]$service.Name] = $service }
    # A table is one thing also where it is empty.
    , $listed
}

function Get-HipaaServiceValue {
    # Return the number or text that the registry keeps of a service under a name; nothing where there is none.
    param([string]$Key, [string]$Name)

    $found = Read-HipaaRegistryValue -Hive LocalMachine -View 64 -Key $Key -Name $Name
    if ($found.found -ceq 'value') { $found.data }
}

function Read-HipaaService {
    # Kind `service`, address {name}: {start, start_now, status, type, delayed, account, triggers: [{action, type}]}.
    # start: what the next boot goes by (registry), start_now: what the service manager goes by. 2 automatic, 3 by hand, 4 disabled.
    # status: 4 runs, 1 is stopped. triggers: action 1 starts it, 2 stops it. Both and status are null of a service of which each user has
    # a copy.
    param($Address, $Listed)

    $name = [string]$Address.name
    if ($name -cnotmatch '^[^\\/\x00-\x1f]{1,256}$') { throw 'the name has to be that of one service' }
    $key = "SYSTEM\CurrentControlSet\Services\$name"
    $start = Read-HipaaRegistryValue -Hive LocalMachine -View 64 -Key $key -Name Start
    $known = $Listed.ContainsKey($name)
    if ($start.found -ceq 'no key' -and -not $known) { return @{ state = 'absent'; source = "HKLM\$key (no key)" } }
    if ($start.found -cne 'value' -or $start.data -isnot [int]) { throw "HKLM\$key has no number Start, so nobody knows how it starts" }
    $type = Get-HipaaServiceValue -Key $key -Name Type
    if ($type -isnot [int]) { throw "HKLM\$key has no number Type, so nobody knows what it is" }
    $status = $null
    $startNow = $null
    if ($known) {
        $status = [int]$Listed[$name].Status
        $startNow = [int]$Listed[$name].StartType
    }
    elseif (($type -band 0x40) -eq 0) {
        throw 'the service manager does not list it: it is a driver, was made a moment ago, or this account may not ask about it'
    }
    $delayed = Get-HipaaServiceValue -Key $key -Name DelayedAutostart
    if ($null -ne $delayed) { $delayed = [int]$delayed }
    $triggers = foreach ($number in Get-HipaaRegistryKeyName -Hive LocalMachine -View 64 -Key "$key\TriggerInfo" | Select-Object -First 100) {
        @{
            action = Get-HipaaServiceValue -Key "$key\TriggerInfo\$number" -Name Action
            type = Get-HipaaServiceValue -Key "$key\TriggerInfo\$number" -Name Type
        }
    }
    $value = @{
        start = $start.data
        start_now = $startNow
        status = $status
        type = $type
        delayed = $delayed
        account = Get-HipaaServiceValue -Key $key -Name ObjectName
        triggers = @($triggers)
    }
    @{ state = 'value'; value = $value; source = "HKLM\$key" }
}
