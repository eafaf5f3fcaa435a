# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The kinds `registry_acl` and `file_acl`: the security descriptors of keys, folders and files, with their owners, as texts of SDDL.

function Read-HipaaKeyAcl {
    # Kind `registry_acl`, address {key, each, part}: {descriptors: [{sddl, at: [names]}], unread: [{at, reason}]}. With `each` also of each
    # key directly below, and with `part` of the key of that name below each of these. '' is the key itself.
    param($Address)

    $key = Get-HipaaKeyPath $Address
    $names = @('')
    if ($Address['each']) {
        $below = @(Get-HipaaRegistryKeyName -Hive LocalMachine -View 64 -Key $key)
        if ($below.Count -gt 4000) { throw "there are $($below.Count) keys below it, more than the 4000 that are looked at" }
        $names += $below
        if ($Address['part']) { $names += @(foreach ($name in $below) { "$name\$($Address['part'])" }) }
    }
    ConvertTo-HipaaAcl -Source "HKLM\$key" -Whole $key -Names $names -Read Get-HipaaKeySddl
}

function Read-HipaaFileAcl {
    # Kind `file_acl`, address {path, each}: the same of a file or folder, with `each` also of what lies directly in it. The path begins
    # with %SystemRoot%, %ProgramFiles% or %ProgramFiles(x86)%, as the registry has them, or with a drive.
    param($Address)

    $path = Get-HipaaFolder ([string]$Address.path)
    $names = @('')
    if ($Address['each'] -and (Get-HipaaFileSddl -Path $path).found -ceq 'folder') {
        $below = @(Get-HipaaFileName -Path $path)
        if ($below.Count -gt 4000) { throw "$($below.Count) things lie in it, more than the 4000 that are looked at" }
        $names += $below
    }
    ConvertTo-HipaaAcl -Source $path -Whole $path -Names $names -Read Get-HipaaFileSddl
}

function ConvertTo-HipaaAcl {
    # Return the observation of what a function reads of each name below a path, '' for the path itself; the same text of many is sent once.
    param([string]$Source, [string]$Whole, [string[]]$Names, [string]$Read)

    $texts = New-Object -TypeName 'System.Collections.Generic.Dictionary[string,object]' -ArgumentList ([System.StringComparer]::Ordinal)
    $unread = New-Object -TypeName System.Collections.ArrayList
    $length = 0
    foreach ($name in $Names) {
        $one = $Whole
        if ($name) { $one = $Whole.TrimEnd('\') + '\' + $name }
        try { $found = & $Read $one }
        catch {
            $null = $unread.Add(@{ at = $name; reason = (Get-HipaaReason $_.Exception) })
            continue
        }
        if (-not $found['sddl']) {
            # What went away meanwhile, or has no such part, is nothing; the thing itself has to be there.
            if ($name -ceq '') { return @{ state = 'absent'; source = $Source } }
            continue
        }
        if (-not $texts.ContainsKey($found.sddl)) {
            $texts[$found.sddl] = New-Object -TypeName System.Collections.ArrayList
            $length += $found.sddl.Length
            if ($length -gt 2097152) { throw 'the permissions are more than 2097152 characters, more than is taken' }
        }
        $null = $texts[$found.sddl].Add($name)
    }
    $descriptors = @(foreach ($text in $texts.Keys) { @{ sddl = $text; at = $texts[$text].ToArray() } })
    @{ state = 'value'; value = @{ descriptors = $descriptors; unread = $unread.ToArray() }; source = $Source }
}

function Get-HipaaFolder {
    # Return a path with the folder of Windows that it begins with. A variable of the environment would be the account's own.
    param([string]$Path)

    if ($Path -cmatch '^[A-Za-z]:(\\|(\\[^\\/:*?"<>|]+)+)$') { return $Path }
    if ($Path -cnotmatch '^(%[^%]+%)((\\[^\\/:*?"<>|]+)*)$') { throw "the path '$Path' has to begin with a drive, or with a folder of Windows" }
    $named, $rest = $Matches[1], $Matches[2]
    $known = @{
        '%SystemRoot%' = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion', 'SystemRoot'
        '%ProgramFiles%' = 'SOFTWARE\Microsoft\Windows\CurrentVersion', 'ProgramFilesDir'
        '%ProgramFiles(x86)%' = 'SOFTWARE\Microsoft\Windows\CurrentVersion', 'ProgramFilesDir (x86)'
    }
    if (-not $known.Contains($named)) { throw "the path '$Path' begins with $named, which is none of $(($known.Keys | Sort-Object) -join ', ')" }
    $key, $name = $known[$named]
    $found = Read-HipaaRegistryValue -Hive LocalMachine -View 64 -Key $key -Name $name
    if ($found.found -cne 'value' -or [string]$found.data -cnotmatch '^[A-Za-z]:\\') { throw "HKLM\$key|$name does not say where $named is" }
    $found.data + $rest
}
