# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The kinds `log_forwarding`, `event_log`, `file_audit` and `powershell_logging`: what is recorded, how long it is kept, and where it goes.

function Read-HipaaLogForwarding {
    # Kind `log_forwarding`, address {agents}: {collectors: [texts of the policy], winrm, agents: [{name, service or error}], security, readers}.
    # security: who may read the Security log (SDDL); readers: the members of the group Event Log Readers.
    param($Address, $Listed)

    $key = 'SOFTWARE\Policies\Microsoft\Windows\EventLog\EventForwarding\SubscriptionManager'
    $names = @(Get-HipaaRegistryValueName -Key $key)
    if ($names.Count -gt 50) { throw "HKLM\$key has more than 50 values, more than is taken" }
    $collectors = foreach ($name in $names) {
        $one = Get-HipaaKeptValue -Key $key -Name $name
        # 1 and 2 are texts; Windows takes no other type for one.
        if (1, 2 -ccontains $one['type'] -and -not $one['hidden']) { $one.data }
    }
    $agents = foreach ($name in Get-HipaaTextList -Address $Address -Key agents) {
        try { @{ name = $name; service = Read-HipaaService -Address @{ name = $name } -Listed $Listed } }
        catch { @{ name = $name; error = Get-HipaaReason $_.Exception } }
    }
    $value = @{
        collectors = @($collectors)
        winrm = Read-HipaaService -Address @{ name = 'WinRM' } -Listed $Listed
        agents = @($agents)
        security = $null
        readers = @{ members = @() }
    }
    # Who sends nothing needs neither.
    if ($value.collectors.Count -gt 0) {
        $value.security = (Get-HipaaEventLog -Log Security).sddl
        $value.readers = Get-HipaaMember -Sid S-1-5-32-573
    }
    @{ state = 'value'; value = $value; source = "HKLM\$key" }
}

function Read-HipaaEventLog {
    # Kind `event_log`, address {log}: {live: {bytes, mode, sddl, enabled}, policy, own, oldest: {record, seconds}}.
    # live: what the service of the log goes by (mode 0 overwrites, 1 archives, 2 stops). policy, own: values of the registry.
    # oldest: the number of the oldest record and its age; null where there is none.
    param($Address)

    $log = [string]$Address.log
    if ('Application', 'Security', 'System' -cnotcontains $log) { throw "the log '$log' is none of Application, Security and System" }
    $value = @{
        live = Get-HipaaEventLog -Log $log
        policy = Read-HipaaValueOfKey -Key "SOFTWARE\Policies\Microsoft\Windows\EventLog\$log" -Names MaxSize, Retention, AutoBackupLogFiles, ChannelAccess, CustomSD
        own = Read-HipaaValueOfKey -Key "SYSTEM\CurrentControlSet\Services\EventLog\$log" -Names MaxSize, Retention, AutoBackupLogFiles, CustomSD
        oldest = Get-HipaaOldestEvent -Log $log
    }
    @{ state = 'value'; value = $value; source = "the log $log" }
}

function Read-HipaaFileAudit {
    # Kind `file_audit`, address {paths}: {folders: [{path, sddl, or absent, or error}], backup or backup_error}.
    # sddl: what is audited of the folder itself; backup: auditpol's, which holds what is audited of all files.
    param($Address)

    $folders = foreach ($path in Get-HipaaTextList -Address $Address -Key paths) {
        $one = @{ path = $path }
        try {
            if ($path -cnotmatch '^[A-Za-z]:\\[^/]*$') { throw 'the path has to be that of a folder on a drive, such as D:\Records' }
            if (-not (Test-HipaaFolder -Path $path)) { $one.absent = $true }
            else {
                $seen = Get-HipaaFolderSacl -Path $path
                if ($null -eq $seen) { throw 'the account of the audit has no SeSecurityPrivilege, without which nobody sees what is audited' }
                $one.sddl = $seen.sddl
            }
        }
        catch { $one.error = Get-HipaaReason $_.Exception }
        $one
    }
    $value = @{ folders = @($folders) }
    if ($value.folders.Count -gt 0) {
        try { $value.backup = (Read-HipaaAuditBackup -Address @{}).value.backup }
        catch { $value.backup_error = Get-HipaaReason $_.Exception }
    }
    @{ state = 'value'; value = $value; source = 'what is audited of folders' }
}

function Read-HipaaPowerShellLogging {
    # Kind `powershell_logging`, address {}: {windows, core: {script_blocks, modules, transcripts, module_names}, installed: [versions of PowerShell 7]}.
    param($Address)

    $value = @{}
    foreach ($edition in @{ name = 'windows'; key = 'SOFTWARE\Policies\Microsoft\Windows\PowerShell' }, @{ name = 'core'; key = 'SOFTWARE\Policies\Microsoft\PowerShellCore' }) {
        $value[$edition.name] = @{
            script_blocks = Read-HipaaValueOfKey -Key "$($edition.key)\ScriptBlockLogging" -Names EnableScriptBlockLogging, UseWindowsPowerShellPolicySetting
            modules = Read-HipaaValueOfKey -Key "$($edition.key)\ModuleLogging" -Names EnableModuleLogging, UseWindowsPowerShellPolicySetting
            transcripts = Read-HipaaValueOfKey -Key "$($edition.key)\Transcription" -Names EnableTranscripting, OutputDirectory, UseWindowsPowerShellPolicySetting
            module_names = @(Get-HipaaRegistryValueName -Key "$($edition.key)\ModuleLogging\ModuleNames" | Select-Object -First 200)
        }
    }
    # Where the records go: a log that is switched off, or that nobody has registered, takes none.
    $value.channels = @{}
    foreach ($log in @{ name = 'windows'; channel = 'Microsoft-Windows-PowerShell/Operational' }, @{ name = 'core'; channel = 'PowerShellCore/Operational' }) {
        $value.channels[$log.name] = Get-HipaaKeptValue -Key "SOFTWARE\Microsoft\Windows\CurrentVersion\WINEVT\Channels\$($log.channel)" -Name Enabled
    }
    $value.installed = @(Get-HipaaPowerShellCore | Select-Object -First 20)
    @{ state = 'value'; value = $value; source = 'the policies of PowerShell' }
}

function Get-HipaaPowerShellCore {
    # Return which PowerShell 7 is there: the versions that its installer wrote down, the names of its packages (Store, MSIX), and the
    # folders in which it stands: its usual one, and those of the machine's path. One that was unpacked elsewhere is not found.
    $key = 'SOFTWARE\Microsoft\PowerShellCore\InstalledVersions'
    foreach ($view in 64, 32) {
        foreach ($name in Get-HipaaRegistryKeyName -Hive LocalMachine -View $view -Key $key) {
            $version = Read-HipaaRegistryValue -Hive LocalMachine -View $view -Key "$key\$name" -Name SemanticVersion
            if ($version.found -ceq 'value') { Get-HipaaShort $version.data }
        }
    }
    $packages = 'SOFTWARE\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\PackageRepository\Packages'
    foreach ($name in Get-HipaaRegistryKeyName -Hive LocalMachine -View 64 -Key $packages) {
        if ($name -cmatch '^Microsoft\.PowerShell(Preview)?_') { Get-HipaaShort $name }
    }
    $path = Read-HipaaRegistryValue -Hive LocalMachine -View 64 -Key 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment' -Name Path
    $folders = @('%ProgramFiles%\PowerShell\7') + ([string]$path['data']).Split(';')
    foreach ($folder in $folders | ForEach-Object -Process { $_.Trim().Trim('"').TrimEnd('\') } | Where-Object -FilterScript { $_ }) {
        if (Test-HipaaProgramFile -Name "$folder\pwsh.exe") { Get-HipaaShort $folder }
    }
}
