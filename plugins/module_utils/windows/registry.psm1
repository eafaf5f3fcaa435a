# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The kinds `registry` and `user_registry`: values as they are kept, each with its type. What they mean is judged on the controller.

function ConvertTo-HipaaRegistryData {
    # Return {type, data} of a value that was found; {type, hidden} where its name says that its text is a secret; {absent: key or value}.
    # type: Windows' number (0 none, 1 text, 2 text to expand, 3 binary, 4 32 bits, 7 list of texts, 11 64 bits). data: text, list of
    # texts, number without a sign, or the bytes in base64.
    param([string]$Name, [hashtable]$Found)

    if ($Found.found -cne 'value') { return @{ absent = $Found.found.Substring(3) } }
    $most = 65536
    $kind = $Found.kind
    $data = $Found.data
    # .NET has -1 for no type, and 0 for each that it does not know.
    if (1, 2, 3, 4, 7, 11, -1 -cnotcontains $kind) {
        throw 'the value is of a type that is not read (neither text, a list of texts, a number nor binary)'
    }
    $type = [Math]::Max($kind, 0)
    $long = "the value is longer than $most bytes or characters, more than is taken"
    if (4, 11 -ccontains $type) {
        $size = 4
        if ($type -eq 11) { $size = 8 }
        # A number of another length comes as another type.
        if ($data -is [int] -and $size -eq 4) { $number = [System.BitConverter]::ToUInt32([System.BitConverter]::GetBytes($data), 0) }
        elseif ($data -is [long] -and $size -eq 8) { $number = [System.BitConverter]::ToUInt64([System.BitConverter]::GetBytes($data), 0) }
        else { throw "the value says that it is a number of $size bytes and is none" }
        return @{ type = $type; data = $number }
    }
    if ($data -is [byte[]]) {
        if ($data.Length -gt $most) { throw $long }
        $shown = [System.Convert]::ToBase64String($data)
    }
    elseif ($data -is [string[]]) {
        $length = 0
        foreach ($text in $data) { $length += $text.Length + 1 }
        if ($length -gt $most) { throw $long }
        $shown = $data
    }
    elseif ($data -is [string]) {
        if ($data.Length -gt $most) { throw $long }
        $shown = $data
    }
    else { throw "the value of type $type came as something else" }
    if ($shown.Length -gt 0 -and $Name.ToLowerInvariant() -cmatch 'passw|passphrase|pwd|secret|token|credential|apikey|privatekey|communit') {
        return @{ type = $type; hidden = $true }
    }
    @{ type = $type; data = $shown }
}

function Get-HipaaKeptValue {
    # Return what the registry keeps of the machine or, by a path that begins with his SID, of a user: {view, type, data} or {view, absent}.
    param([string]$Key, [string]$Name, [string]$Hive = 'LocalMachine')

    $value = ConvertTo-HipaaRegistryData -Name $Name -Found (Read-HipaaRegistryValue -Hive $Hive -View 64 -Key $Key -Name $Name)
    $value.view = 64
    $value
}

function Get-HipaaKeptSet {
    # Return what is kept below a key under each of the names.
    param([string]$Key, [string[]]$Names, [string]$Hive = 'LocalMachine')

    $values = @{}
    foreach ($name in $Names) { $values[$name] = Get-HipaaKeptValue -Hive $Hive -Key $Key -Name $name }
    $values
}

function Get-HipaaKeyPath {
    # Return the path of an address, below its hive. Throws where it names what is not read.
    param($Address)

    $key = [string]$Address.key
    # With the hive's name in it nothing would be found, and an absence be told that is none.
    if ($key.ToUpperInvariant() -cmatch '^(HKEY_|HK(LM|CU|U|CR|CC)(:|\\|$)|\\|REGISTRY::)' -or $key -cmatch '[/\x00]|\\\\|\\$') {
        throw "the key '$key' has to be a path below its hive, such as SOFTWARE\Policies, with single backslashes"
    }
    if ($key.ToUpperInvariant() -cmatch '^(SAM|SECURITY)(\\|$)') { throw "the key '$key' holds secrets and is not read" }
    $key
}

function Read-HipaaRegistry {
    # Kind `registry`, address {key, name, view}: a value of the machine's, in the view of programs of 64 (where not given) or 32 bits.
    param($Address)

    $key = Get-HipaaKeyPath $Address
    $view = 64
    if ($Address.Contains('view')) { $view = $Address.view }
    if (32, 64 -cnotcontains $view) { throw 'the view has to be 64 or 32' }
    $found = Read-HipaaRegistryValue -Hive LocalMachine -View $view -Key $key -Name $Address.name
    $source = "HKLM\$key|$($Address.name)"
    if ($view -eq 32) { $source += ' (32 bits)' }
    $value = ConvertTo-HipaaRegistryData -Name $Address.name -Found $found
    $value.view = [int]$view
    $state = 'value'
    if ($value.Contains('absent')) { $state = 'absent' }
    @{ state = $state; value = $value; source = $source }
}

function Get-HipaaLoadedUser {
    # Return the SIDs of the people whose hives are loaded, less the account that this runs as.
    # Accounts of Windows itself and of services have no hive of this form, and _Classes is a part of a user's.
    $own = (Get-HipaaIdentity).sid
    $of_services = $null
    foreach ($sid in Get-HipaaRegistryKeyName -Hive Users -View 64 -Key '') {
        if ($sid -cnotmatch '^S-1-(5-21|12-1)(-[0-9]+)+$' -or $sid -ceq $own) { continue }
        # Windows writes this key when somebody logs on at a screen. A hive without it may be that of an account which runs a service: no policy
        # of users ever reaches it.
        if (@(Get-HipaaRegistryKeyName -Hive Users -View 64 -Key "$sid\Volatile Environment").Count -eq 0) {
            if ($null -eq $of_services) { $of_services = @(Get-HipaaServiceSid) }
            if ($of_services -ccontains $sid) { continue }
        }
        $sid
    }
}

function Get-HipaaServiceSid {
    # Return the SIDs of accounts, other than those of Windows itself, as which services run.
    $services = 'SYSTEM\CurrentControlSet\Services'
    $named = @{}
    foreach ($name in Get-HipaaRegistryKeyName -Hive LocalMachine -View 64 -Key $services) {
        $found = Read-HipaaRegistryValue -Hive LocalMachine -View 64 -Key "$services\$name" -Name ObjectName
        $account = ([string]$found['data']).Trim()
        if ($account -match '^\.\\') { $account = (Get-HipaaMachineName) + $account.Substring(1) }
        if ($account -ceq '' -or $account -match '^(LocalSystem$|NT AUTHORITY\\|NT SERVICE\\)' -or $named.ContainsKey($account)) { continue }
        $named[$account] = $true
        # Whose name nobody can tell runs none of the hives here.
        try { Get-HipaaSid -Account $account }
        catch { continue }
    }
}

function Read-HipaaUserRegistry {
    # Kind `user_registry`, address {key, name}: {users: [{sid, value}]}, of each user whose hive is loaded.
    param($Address, $Users)

    $key = Get-HipaaKeyPath $Address
    $source = "HKU\*\$key|$($Address.name)"
    $length = 0
    $seen = foreach ($sid in $Users) {
        $found = Read-HipaaRegistryValue -Hive Users -View 64 -Key "$sid\$key" -Name $Address.name
        try { $one = ConvertTo-HipaaRegistryData -Name $Address.name -Found $found }
        catch { throw "of the user ${sid}: $($_.Exception.Message)" }
        $length += ($one['data'] -join ' ').Length
        if ($length -gt 262144) { throw 'the values of all users are more than 262144 characters, more than is taken' }
        $one.view = 64
        @{ sid = $sid; value = $one }
    }
    # Who has logged off since has no hive, and no absence that could be told.
    $still = @(Get-HipaaRegistryKeyName -Hive Users -View 64 -Key '')
    $seen = @($seen | Where-Object -FilterScript { $null -ne $_ -and (-not $_.value.Contains('absent') -or $still -ccontains $_.sid) })
    if ($seen.Count -eq 0) { return @{ state = 'unseen'; reason = 'nobody but the account of this audit is logged on'; source = $source } }
    @{ state = 'value'; value = @{ users = $seen }; source = $source }
}
