# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The kinds `bitlocker`, `efs` and `shadow_copy`: volumes and how they are encrypted, who may recover encrypted files, and copies of volumes.

function Get-HipaaVolume {
    # Return each volume: {id, name, drive_type, boot, system}. id: \\?\Volume{GUID}\; name: where it is mounted, or the id. boot: Windows lies
    # there; system: what starts it. drive_type (Win32_Volume.DriveType): 2 removable, 3 local, 4 network, 5 compact disc, 6 memory.
    $seen = Get-HipaaCim -Namespace root/cimv2 -ClassName Win32_Volume -Property DeviceID, Name, DriveType, BootVolume, SystemVolume
    if ($seen.found -cne 'objects') { throw 'this Windows has no class Win32_Volume, so nobody knows its volumes' }
    if ($seen.objects.Count -gt 500) { throw "there are $($seen.objects.Count) volumes, more than the 500 that are taken" }
    foreach ($volume in $seen.objects) {
        @{
            id = [string]$volume.DeviceID
            name = [string]$volume.Name
            drive_type = ConvertTo-HipaaWhole $volume.DriveType
            boot = [bool]$volume.BootVolume
            system = [bool]$volume.SystemVolume
        }
    }
}

function Get-HipaaPartition {
    # Return the type of each partition with the paths of its volume: {paths, gpt_type}. Where that cannot be read, no volume is excused by it.
    try {
        $seen = Get-HipaaCim -Namespace root/Microsoft/Windows/Storage -ClassName MSFT_Partition -Property AccessPaths, GptType
        foreach ($partition in @($seen['objects'] | Select-Object -First 500)) {
            if ($null -eq $partition) { continue }
            $paths = @(foreach ($path in $partition.AccessPaths) { [string]$path })
            @{ paths = $paths; gpt_type = [string]$partition.GptType }
        }
    }
    catch { return }
}

function Read-HipaaBitLocker {
    # Kind `bitlocker`, address {}: {volumes, partitions, encryptable: [{id, protection, conversion, method, protectors}]}; encryptable is null
    # where this Windows has no BitLocker. protectors: the numbers of their types, null where they cannot be read.
    param($Address)

    $value = @{ volumes = @(Get-HipaaVolume); partitions = @(Get-HipaaPartition); encryptable = $null }
    $source = 'Win32_EncryptableVolume'
    $asked = 'DeviceID', 'ConversionStatus', 'EncryptionMethod'
    $seen = Get-HipaaCim -Namespace root/CIMV2/Security/MicrosoftVolumeEncryption -ClassName Win32_EncryptableVolume -Property $asked
    if ($seen.found -cne 'objects') { return @{ state = 'value'; value = $value; source = "$source (BitLocker is not installed)" } }
    $value.encryptable = @(
        foreach ($volume in $seen.objects) {
            @{
                id = [string]$volume.DeviceID
                protection = Get-HipaaProtection -Volume $volume
                conversion = ConvertTo-HipaaWhole $volume.ConversionStatus
                method = ConvertTo-HipaaWhole $volume.EncryptionMethod
                protectors = Get-HipaaKeyProtector -Volume $volume
            }
        }
    )
    @{ state = 'value'; value = $value; source = $source }
}

function Read-HipaaEfs {
    # Kind `efs`, address {}: {policy, ntfs_policy, ntfs, blob, certificates: [value]}, each as the registry keeps it.
    param($Address)

    $key = 'SOFTWARE\Policies\Microsoft\SystemCertificates\EFS'
    $names = @(Get-HipaaRegistryKeyName -Hive LocalMachine -View 64 -Key "$key\Certificates")
    if ($names.Count -gt 50) { throw "there are $($names.Count) recovery agents, more than the 50 that are taken" }
    $value = @{
        policy = Get-HipaaKeptValue -Key 'SOFTWARE\Policies\Microsoft\Windows NT\CurrentVersion\EFS' -Name EfsConfiguration
        ntfs_policy = Get-HipaaKeptValue -Key 'SYSTEM\CurrentControlSet\Policies' -Name NtfsDisableEncryption
        ntfs = Get-HipaaKeptValue -Key 'SYSTEM\CurrentControlSet\Control\FileSystem' -Name NtfsDisableEncryption
        blob = Get-HipaaKeptValue -Key $key -Name EfsBlob
        certificates = @(foreach ($name in $names) { Get-HipaaKeptValue -Key "$key\Certificates\$name" -Name Blob })
    }
    @{ state = 'value'; value = $value; source = "HKLM\$key" }
}

function Read-HipaaShadowCopy {
    # Kind `shadow_copy`, address {volumes}: {volumes, copies: [{volume, age, state}], storage: [{volume, most}], tasks: [{name, state}]}.
    # age: seconds by the host's clock. Nothing is asked where no volume is named: the question alone starts the service VSS for some minutes.
    param($Address)

    $value = @{ volumes = @(); copies = @(); storage = @(); tasks = @() }
    if (@($Address['volumes']).Count -eq 0 -or $null -eq $Address['volumes']) { return @{ state = 'value'; value = $value } }
    $value.volumes = @(Get-HipaaVolume)
    $now = [System.DateTime]::UtcNow
    $seen = Get-HipaaCim -Namespace root/cimv2 -ClassName Win32_ShadowCopy -Property VolumeName, InstallDate, State
    if ($seen.found -cne 'objects') { throw 'this Windows has no class Win32_ShadowCopy, so nobody knows its copies' }
    $value.copies = @(
        foreach ($copy in $seen.objects | Select-Object -First 2000) {
            $age = $null
            if ($copy.InstallDate -is [System.DateTime]) { $age = [long]($now - $copy.InstallDate.ToUniversalTime()).TotalSeconds }
            @{ volume = [string]$copy.VolumeName; age = $age; state = ConvertTo-HipaaWhole $copy.State }
        }
    )
    $seen = Get-HipaaCim -Namespace root/cimv2 -ClassName Win32_ShadowStorage -Property Volume, MaxSpace
    $value.storage = @(
        foreach ($storage in @($seen['objects'] | Select-Object -First 500)) {
            if ($null -ne $storage) { @{ volume = [string]$storage.Volume.DeviceID; most = [string]$storage.MaxSpace } }
        }
    )
    $value.tasks = @(Get-HipaaCopyTask)
    @{ state = 'value'; value = $value; source = 'Win32_ShadowCopy' }
}

function Get-HipaaCopyTask {
    # Return the tasks that make copies of volumes: {name, state}, state 1 disabled, 2 queued, 3 ready, 4 running. What a task is called with
    # may hold a secret, and is not sent. Windows' own for copies have this name in every language.
    $seen = Get-HipaaCim -Namespace root/Microsoft/Windows/TaskScheduler -ClassName MSFT_ScheduledTask -Property TaskName, TaskPath, State, Actions
    $found = foreach ($task in @($seen['objects'])) {
        if ($null -eq $task) { continue }
        $makes = [string]$task.TaskName -cmatch '^ShadowCopyVolume\{'
        foreach ($action in $task.Actions) {
            $program = $action.PSObject.Properties['Execute']
            if ($null -ne $program -and ([string]$program.Value).ToLowerInvariant() -cmatch '(^|[\\/"])(vssadmin|diskshadow)(\.exe)?"?$') { $makes = $true }
        }
        if ($makes) {
            $name = [string]$task.TaskPath + [string]$task.TaskName
            @{ name = $name.Substring(0, [Math]::Min($name.Length, 200)); state = ConvertTo-HipaaWhole $task.State }
        }
    }
    $found | Select-Object -First 100
}
