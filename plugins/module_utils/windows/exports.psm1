# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The kinds `security_export` and `audit_backup`: what secedit and auditpol write of the policies in force, as it is. Both write to a
# file alone; it lies in a folder of its own, which is gone afterwards.

function Read-HipaaExport {
    # Return the bytes of the file that a program writes. {arguments}: those of the program, with FILE and LOG for the names of files.
    param([string]$Program, [string[]]$Arguments)

    $folder = New-HipaaFolder
    try {
        $file = "$folder\export"
        $given = @(foreach ($one in $Arguments) { $one.Replace('FILE', $file).Replace('LOG', "$folder\log") })
        $done = Invoke-HipaaProgram -Program $Program -Arguments $given
        $bytes = Get-HipaaFileByte -Path $file -Most 4194304
    }
    finally { Remove-HipaaFolder -Path $folder }
    $said = "$Program ended with $($done.code)"
    if ($done.said) { $said += " and said: $($done.said)" }
    # Both say that they are done where they wrote nothing, and secedit tells of warnings by 3.
    if ($null -eq $bytes -or $bytes.Length -eq 0) { throw "$said, and wrote nothing; run the audit as an administrator" }
    if (0, 3 -cnotcontains $done.code) { throw $said }
    , $bytes
}

function Read-HipaaSecurityExport {
    # Kind `security_export`, address {}: {inf: base64, code_page, accounts: name -> SID, domain: attribute -> number as text}.
    param($Address)

    $bytes = Read-HipaaExport -Program secedit -Arguments '/export', '/cfg', 'FILE', '/areas', 'SECURITYPOLICY', 'USER_RIGHTS', '/log', 'LOG', '/quiet'
    $page = Get-HipaaCodePage
    $value = @{
        inf = [System.Convert]::ToBase64String($bytes)
        code_page = $page
        accounts = Get-HipaaHolder -Bytes $bytes -CodePage $page
    }
    $type = Read-HipaaRegistryValue -Hive LocalMachine -View 64 -Key 'SYSTEM\CurrentControlSet\Control\ProductOptions' -Name ProductType
    # On a domain controller an export tells what the controller would have without its domain.
    if ($type['data'] -ceq 'LanmanNT') {
        try { $value.domain = Get-HipaaDomainPolicy }
        catch { $value.domain = @{ error = Get-HipaaReason $_.Exception } }
    }
    @{ state = 'value'; value = $value; source = 'secedit /export' }
}

function Get-HipaaCodePage {
    # Return the number of the ANSI code page; null where Windows does not tell.
    $found = Read-HipaaRegistryValue -Hive LocalMachine -View 64 -Key 'SYSTEM\CurrentControlSet\Control\Nls\CodePage' -Name ACP
    if ($found.found -ceq 'value' -and [string]$found.data -cmatch '^[0-9]{1,5}$') { [int]$found.data }
}

function Get-HipaaHolder {
    # Return the SID of each account that an export names in place of one. Which line is what, the controller finds out by itself: here
    # a name too many costs a question to Windows.
    param([byte[]]$Bytes, $CodePage)

    $marked = $Bytes.Length -gt 1 -and $Bytes[0] -eq 255 -and $Bytes[1] -eq 254
    if ($marked) { $text = [System.Text.Encoding]::Unicode.GetString($Bytes) }
    elseif ($null -ne $CodePage) { $text = [System.Text.Encoding]::GetEncoding($CodePage).GetString($Bytes) }
    else { $text = [System.Text.Encoding]::UTF8.GetString($Bytes) }
    $found = @{}
    foreach ($line in $text -csplit "`r?`n") {
        if ($line -cnotmatch '^\s*Se[A-Za-z]+\s*=(.*)$') { continue }
        foreach ($name in $Matches[1].Split(',')) {
            $name = $name.Trim().Trim('"')
            if ($name -ceq '' -or $name.StartsWith('*') -or $found.Contains($name) -or $found.Count -ge 500) { continue }
            $sid = Get-HipaaSid -Account $name
            if ($sid) { $found[$name] = $sid }
        }
    }
    $found
}

function Read-HipaaAuditBackup {
    # Kind `audit_backup`, address {}: {backup: base64}.
    param($Address)

    $bytes = Read-HipaaExport -Program auditpol -Arguments '/backup', '/file:FILE'
    @{ state = 'value'; value = @{ backup = [System.Convert]::ToBase64String($bytes) }; source = 'auditpol /backup' }
}
