# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The kinds `account`, `service_account`, `laps` and `password_settings`: accounts and groups by their SIDs. A domain is never walked: what is asked
# of it is the SID of a name, and of a controller which passwords it takes.

function Get-HipaaTextList {
    # Return the texts that an address holds under a key; none where it has no such key.
    param([hashtable]$Address, [string]$Key)

    if (-not $Address.Contains($Key)) { return }
    $given = $Address[$Key]
    # A list of one may have become its text on the way.
    if ($given -is [string]) { $given = @($given) }
    if ($given -isnot [object[]] -or $given.Count -gt 200) { throw "'$Key' has to be a list of at most 200 texts" }
    foreach ($one in $given) {
        if ($one -isnot [string] -or $one -ceq '' -or $one.Length -gt 300) { throw "'$Key' has to be a list of texts" }
        $one
    }
}

function Test-HipaaController {
    # Return whether this is a domain controller.
    $type = Read-HipaaRegistryValue -Hive LocalMachine -View 64 -Key 'SYSTEM\CurrentControlSet\Control\ProductOptions' -Name ProductType
    if ($type.found -cne 'value') { throw 'Windows does not tell whether this is a domain controller' }
    $type.data -ceq 'LanmanNT'
}

function Get-HipaaLocalUser {
    # Return the accounts of this machine, by its own name: a condition without it would be put to each account of the domain.
    $machine = Get-HipaaMachineName
    if ($machine -cmatch '[''"\\]') { throw "the name of this machine ($machine) cannot be asked for" }
    $told = Get-HipaaCim -Namespace root/cimv2 -ClassName Win32_UserAccount -Property Name, SID, Disabled, Lockout, PasswordRequired, PasswordExpires -Filter "LocalAccount = TRUE AND Domain = '$machine'"
    if ($told.found -cne 'objects') { throw 'this Windows has no class Win32_UserAccount' }
    if ($told.objects.Count -gt 5000) { throw 'this machine has more than 5000 accounts of its own, more than is taken' }
    foreach ($user in $told.objects) {
        $one = @{ name = [string]$user.Name; sid = [string]$user.SID }
        $parts = @{ disabled = $user.Disabled; locked = $user.Lockout; password_required = $user.PasswordRequired; password_expires = $user.PasswordExpires }
        foreach ($part in $parts.Keys) {
            # What is not told is no "no".
            if ($parts[$part] -isnot [bool]) { $one[$part] = $null }
            else { $one[$part] = [bool]$parts[$part] }
        }
        $one
    }
}

function Get-HipaaMember {
    # Return {members: [{sid, class, path}]} of a group of this machine, or the {error} by which nobody can tell them.
    param([string]$Sid)

    try {
        $members = @(Get-HipaaGroupMember -Sid $Sid)
        if ($members.Count -gt 2000) { throw "the group $Sid has more than 2000 members, more than is taken" }
        @{ members = $members }
    }
    catch { @{ error = Get-HipaaReason $_.Exception } }
}

function Get-HipaaAccount {
    # Return what all settings of the kind `account` are read of: {controller, users, domain, joined, administrators}.
    $controller = Test-HipaaController
    $told = @{ controller = [bool]$controller; users = @(); domain = $null; joined = $null }
    if (-not $controller) { $told.users = @(Get-HipaaLocalUser) }
    $told.administrators = Get-HipaaMember -Sid S-1-5-32-544
    try {
        $computer = @((Get-HipaaCim -Namespace root/cimv2 -ClassName Win32_ComputerSystem -Property Domain, Name, PartOfDomain)['objects'])[0]
        if ($computer.PartOfDomain -is [bool]) { $told.joined = [bool]$computer.PartOfDomain }
        if ($told.joined) {
            # The SID of the machine's account is that of its domain and a number.
            $sid = Get-HipaaSid -Account "$([string]$computer.Domain)\$([string]$computer.Name)$"
            if ([string]$sid -cmatch '^(S-1-5-21(-[0-9]+){3})-[0-9]+$') { $told.domain = $Matches[1] }
        }
    }
    # Then accounts of the domain that are named by its numbers cannot be told, and the controller says so.
    catch { $told.domain = $null }
    $told
}

function Read-HipaaAccount {
    # Kind `account`, address {names, more, group}: what `Get-HipaaAccount` tells, `named`, the SID of each of these that has a domain's name in it,
    # and `group`, the members of another group of the machine, by its SID.
    param($Address, $Accounts)

    $value = @{}
    foreach ($part in $Accounts.Keys) { $value[$part] = $Accounts[$part] }
    if ($Address.Contains('group')) {
        if ([string]$Address.group -cnotmatch '^S-1-5-(32-[0-9]{1,5}|21(-[0-9]{1,10}){4})$') { throw 'the group has to be the SID of a group of the machine' }
        $value.group = Get-HipaaMember -Sid $Address.group
    }
    $value.named = @{}
    foreach ($name in @(Get-HipaaTextList -Address $Address -Key names) + @(Get-HipaaTextList -Address $Address -Key more)) {
        if ($name -and $name.Contains('\') -and -not $value.named.Contains($name)) { $value.named[$name] = Get-HipaaSid -Account $name }
    }
    @{ state = 'value'; value = $value; source = 'accounts of the machine' }
}

function Read-HipaaServiceAccount {
    # Kind `service_account`, address {names, reviewed}: {accounts: [{name, sid, local, services}], groups: SID -> {members}, security, named}.
    # groups: those of the machine that matter here: the Administrators, and who may or may not log on. security: the export of secedit.
    param($Address)

    $listed = Get-HipaaCim -Namespace root/cimv2 -ClassName Win32_Service -Property Name, StartName, StartMode
    if ($listed.found -cne 'objects' -or $listed.objects.Count -eq 0) { throw 'the class Win32_Service tells no services' }
    $machine = Get-HipaaMachineName
    $accounts = New-Object -TypeName 'System.Collections.Generic.Dictionary[string,object]' -ArgumentList ([System.StringComparer]::OrdinalIgnoreCase)
    foreach ($service in $listed.objects) {
        $name = [string]$service.StartName
        # One that is disabled runs as nobody, and the copies that users have run as them.
        if ($name -ceq '' -or [string]$service.StartMode -ceq 'Disabled') { continue }
        if (-not $accounts.ContainsKey($name)) {
            $accounts[$name] = @{ name = $name; services = New-Object -TypeName System.Collections.ArrayList }
        }
        if ($accounts[$name].services.Count -lt 20) { $null = $accounts[$name].services.Add([string]$service.Name) }
    }
    if ($accounts.Count -gt 500) { throw 'services run as more than 500 accounts, more than is taken' }
    $told = foreach ($name in @($accounts.Keys)) {
        $one = $accounts[$name]
        $parts = $name.Split('\')
        $one.local = [bool]($parts.Count -eq 2 -and ($parts[0] -ceq '.' -or $parts[0] -eq $machine))
        $asked = $name
        if ($parts.Count -eq 2 -and $parts[0] -ceq '.') { $asked = "$machine\$($parts[1])" }
        # Windows' own are told by the controller: not all of them are names of accounts.
        $one.sid = $null
        try { $one.sid = Get-HipaaSid -Account $asked }
        catch { $one.unknown = Get-HipaaReason $_.Exception }
        $one.services = $one.services.ToArray()
        $one
    }
    $security = (Read-HipaaSecurityExport -Address @{}).value
    $groups = @{}
    foreach ($sid in Get-HipaaLogonGroup -Security $security) { $groups[$sid] = Get-HipaaMember -Sid $sid }
    $named = @{}
    foreach ($name in @(Get-HipaaTextList -Address $Address -Key names) + @(Get-HipaaTextList -Address $Address -Key reviewed)) {
        if ($name -and $name.Contains('\') -and -not $named.Contains($name)) {
            $asked = $name
            if ($name.StartsWith('.\')) { $asked = "$machine\$($name.Substring(2))" }
            $named[$name] = Get-HipaaSid -Account $asked
        }
    }
    $value = @{ accounts = @($told); groups = $groups; security = $security; named = $named; controller = [bool](Test-HipaaController) }
    @{ state = 'value'; value = $value; source = 'Win32_Service' }
}

function Get-HipaaLogonGroup {
    # Return the SIDs of the Administrators and of Windows' own groups that an export names for rights of logging on: a group too many costs a question.
    param($Security)

    $bytes = [System.Convert]::FromBase64String($Security.inf)
    if ($bytes.Length -gt 1 -and $bytes[0] -eq 255 -and $bytes[1] -eq 254) { $text = [System.Text.Encoding]::Unicode.GetString($bytes) }
    else { $text = [System.Text.Encoding]::UTF8.GetString($bytes) }
    $found = @{ 'S-1-5-32-544' = $true }
    foreach ($line in $text -csplit "`r?`n") {
        if ($line -cnotmatch '^\s*Se(Deny)?(Remote)?InteractiveLogonRight\s*=(.*)$') { continue }
        foreach ($holder in $Matches[3].Split(',')) {
            $sid = $holder.Trim().Trim('"', '*')
            if ($sid -cmatch '^S-1-5-32-[0-9]{1,5}$' -and $found.Count -lt 50) { $found[$sid] = $true }
        }
    }
    $found.Keys | Sort-Object
}

function Read-HipaaLaps {
    # Kind `laps`, address {}: {roots: [{name, set, values}], legacy_client, entra_joined}.
    # set: the names of all that is set at a root, of which the first with any decides alone; values: those that are judged.
    param($Address)

    $places = @(
        @{ name = 'csp'; key = 'SOFTWARE\Microsoft\Policies\LAPS' }
        @{ name = 'policy'; key = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\LAPS' }
        @{ name = 'local'; key = 'SOFTWARE\Microsoft\Windows\CurrentVersion\LAPS\Config' }
        @{ name = 'legacy'; key = 'SOFTWARE\Policies\Microsoft Services\AdmPwd' }
    )
    $judged = 'BackupDirectory', 'PasswordAgeDays', 'PasswordLength', 'PasswordComplexity', 'AdministratorAccountName', 'AdminAccountName', 'AdmPwdEnabled'
    $roots = foreach ($place in $places) {
        $values = Read-HipaaValueOfKey -Key $place.key -Names $judged
        @{ name = $place.name; set = @(Get-HipaaRegistryValueName -Key $place.key | Select-Object -First 100); values = $values }
    }
    $client = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\GPExtensions\{D76B9641-3288-4f75-942D-087DE603E3EA}'
    $value = @{
        roots = @($roots)
        legacy_client = [bool]((Read-HipaaRegistryValue -Hive LocalMachine -View 64 -Key $client -Name DllName).found -ceq 'value')
        entra_joined = [bool]@(Get-HipaaRegistryKeyName -Hive LocalMachine -View 64 -Key 'SYSTEM\CurrentControlSet\Control\CloudDomainJoin\JoinInfo').Count
    }
    @{ state = 'value'; value = $value; source = 'the policy of LAPS' }
}

function Read-HipaaValueOfKey {
    # Return name -> value (as kind `registry` has it) of those of these names that a key of the machine's has.
    param([string]$Key, [string[]]$Names)

    $values = @{}
    foreach ($name in $Names) {
        try { $value = Get-HipaaKeptValue -Key $Key -Name $name }
        catch { throw "HKLM\$Key|${name}: $($_.Exception.Message)" }
        if (-not $value.Contains('absent')) { $values[$name] = $value }
    }
    $values
}

function Read-HipaaPasswordSettings {
    # Kind `password_settings`, address {}: {container, creates, objects: [{applies, attribute -> text}]}; absent where this is no domain controller.
    # Whether an empty container is one, or one that this account is not shown, the controller finds out.
    param($Address)

    if (-not (Test-HipaaController)) { return @{ state = 'absent'; source = 'no domain controller' } }
    $most = 500
    $told = Get-HipaaPasswordSettings -Most $most
    if ($told.objects.Count -gt $most) { throw "the domain has more than $most password settings objects, more than is taken" }
    $objects = foreach ($one in $told.objects) {
        $kept = @{}
        foreach ($name in $one.Keys) {
            if ($one[$name] -is [string]) { $kept[$name] = Get-HipaaShort $one[$name] }
            else { $kept[$name] = [int]$one[$name] }
        }
        $kept
    }
    $value = @{ container = [bool]$told.container; creates = [bool]$told.creates; objects = @($objects) }
    @{ state = 'value'; value = $value; source = 'CN=Password Settings Container' }
}
