# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The kinds `defender`, `windows_feature`, `update_state`, `time_source`, `winrm` and `policy_files`: what several values, or a class, say together.

function ConvertTo-HipaaTruth {
    # Return a truth value, or nothing where there is none.
    param($Given)

    if ($null -eq $Given) { return $null }
    [bool]$Given
}

function Read-HipaaDefender {
    # Kind `defender`, address {}: {status, preference, products}. status and preference are null where Windows has no such class, and
    # {error} where it does not answer, as when its service is off. Of exclusions only those are named that name no folder: a list of the
    # others would tell an intruder where to put his program.
    param($Address)

    $space = 'root/Microsoft/Windows/Defender'
    $status = $null
    $preference = $null
    $truths = 'AMServiceEnabled', 'AntivirusEnabled', 'RealTimeProtectionEnabled', 'OnAccessProtectionEnabled', 'BehaviorMonitorEnabled', 'IoavProtectionEnabled'
    try {
        $told = Get-HipaaCim -Namespace $space -ClassName MSFT_MpComputerStatus -Property ($truths + 'AntivirusSignatureAge')
        foreach ($one in $told['objects']) {
            $status = @{ signature_age = (ConvertTo-HipaaWhole $one.AntivirusSignatureAge) }
            foreach ($name in $truths) { $status[$name] = ConvertTo-HipaaTruth $one.$name }
        }
        if ($null -ne $status) {
            # Older platforms of Defender do not have these two, and then refuse the whole question.
            try {
                $told = Get-HipaaCim -Namespace $space -ClassName MSFT_MpComputerStatus -Property AMRunningMode, IsTamperProtected
                foreach ($one in $told['objects']) {
                    $status.mode = [string]$one.AMRunningMode
                    $status.tamper_protected = ConvertTo-HipaaTruth $one.IsTamperProtected
                }
            }
            catch { $status.mode = '' }
        }
    }
    catch { $status = @{ error = (Get-HipaaReason $_.Exception) } }
    try {
        $lists = 'ExclusionPath', 'ExclusionExtension', 'ExclusionProcess', 'AttackSurfaceReductionRules_Ids', 'AttackSurfaceReductionRules_Actions', 'AttackSurfaceReductionOnlyExclusions'
        $told = Get-HipaaCim -Namespace $space -ClassName MSFT_MpPreference -Property ($lists + 'DisableRealtimeMonitoring')
        foreach ($one in $told['objects']) { $preference = ConvertTo-HipaaPreference $one }
    }
    catch { $preference = @{ error = (Get-HipaaReason $_.Exception) } }
    $products = $null
    # Only workstations have the class: where others may register themselves.
    $told = Get-HipaaCim -Namespace root/SecurityCenter2 -ClassName AntiVirusProduct -Property displayName, instanceGuid, productState
    if ($told.found -ceq 'objects') {
        $products = @(foreach ($one in $told.objects | Select-Object -First 20) {
                @{ name = (Get-HipaaShort $one.displayName); id = (Get-HipaaShort $one.instanceGuid); state = (ConvertTo-HipaaWhole $one.productState) }
            })
    }
    @{ state = 'value'; value = @{ status = $status; preference = $preference; products = $products }; source = "$space MSFT_MpComputerStatus" }
}

function ConvertTo-HipaaPreference {
    # Return {real_time_off, shown, administrator, paths, extensions, processes: how many, wide, wide_processes, wide_rules: [paths], excluded_types: [extensions], asr_ids, asr_actions}.
    param($One)

    # What stands behind \:{ says for which files and when one counts.
    $paths = @($One.ExclusionPath | Where-Object -FilterScript { $_ } | ForEach-Object -Process { [string]$_ -creplace '\\?:\{.*$', '' })
    $processes = @($One.ExclusionProcess | Where-Object -FilterScript { $_ } | ForEach-Object -Process { [string]$_ -creplace '\\?:\{.*$', '' })
    # What the rules on attack surface alone leave out.
    $of_rules = @($One.AttackSurfaceReductionOnlyExclusions | Where-Object -FilterScript { $_ } | ForEach-Object -Process { [string]$_ })
    $types = @($One.ExclusionExtension | Where-Object -FilterScript { $_ })
    # In the place of a list a sentence may stand that it is shown to nobody: no path is like that.
    $hidden = @($paths | Where-Object -FilterScript { $_ -cmatch '^N/A' -or ($_ -cnotmatch '\\' -and $_ -cmatch ' ' -and $_ -cnotmatch '\.[A-Za-z0-9]{1,8}$') })
    # A drive, a share, a variable or a file in any folder; two signs, ?\ or .\, may stand before it.
    $wide = @($paths | Where-Object -FilterScript { Test-HipaaWide $_ })
    $wide_processes = @($processes | Where-Object -FilterScript { Test-HipaaWide $_ })
    $wide_rules = @($of_rules | Where-Object -FilterScript { Test-HipaaWide $_ })
    # One that was left out might be the one.
    if ($wide.Count -gt 500 -or $types.Count -gt 500 -or $wide_processes.Count -gt 500 -or $wide_rules.Count -gt 500) {
        throw "$($wide.Count + $wide_rules.Count) paths and $($wide_processes.Count) processes without a folder and $($types.Count) types of files are left out, more than the 500 of each that are taken"
    }
    @{
        real_time_off = ConvertTo-HipaaTruth $One.DisableRealtimeMonitoring
        administrator = [bool](Get-HipaaIdentity).administrator
        shown = $hidden.Count -eq 0
        paths = $paths.Count
        extensions = $types.Count
        processes = $processes.Count
        wide_rules = @($wide_rules | ForEach-Object -Process { Get-HipaaShort $_ })
        wide_processes = @($wide_processes | ForEach-Object -Process { Get-HipaaShort $_ })
        wide = @($wide | ForEach-Object -Process { Get-HipaaShort $_ })
        excluded_types = @($types | ForEach-Object -Process { Get-HipaaShort $_ })
        asr_ids = @($One.AttackSurfaceReductionRules_Ids | Where-Object -FilterScript { $_ } | Select-Object -First 100 | ForEach-Object -Process { Get-HipaaShort $_ })
        asr_actions = @($One.AttackSurfaceReductionRules_Actions | Where-Object -FilterScript { $null -ne $_ } | Select-Object -First 100 | ForEach-Object -Process { [int]$_ })
    }
}

function Test-HipaaWide {
    # Return whether a path names no folder: but a drive, a share, a variable or a file in any folder.
    param([string]$Path)

    $Path -cmatch '^(\\\\[?.]\\)?[^\\/]*([\\/][*?.\\/]*)?$' -or $Path -cmatch '^\\\\[^\\]+(\\[^\\]+)?[*?\\]*$'
}

function Get-HipaaFeatureByName {
    # Return Windows' number of the state of each optional feature, by name in any case.
    $listed = New-Object -TypeName 'System.Collections.Generic.Dictionary[string,object]' -ArgumentList ([System.StringComparer]::OrdinalIgnoreCase)
    $told = Get-HipaaCim -Namespace root/cimv2 -ClassName Win32_OptionalFeature -Property Name, InstallState
    foreach ($feature in $told['objects']) { $listed[[string]$feature.Name] = ConvertTo-HipaaWhole $feature.InstallState }
    if ($listed.Count -eq 0) { throw 'Windows lists no optional feature at all' }
    , $listed
}

function Read-HipaaFeature {
    # Kind `windows_feature`, address {name}: {install_state} (1 enabled, 2 disabled, 3 removed, 4 unknown); absent where this Windows has none of that name.
    param($Address, $Listed)

    $source = "Win32_OptionalFeature $($Address.name)"
    if (-not $Listed.ContainsKey($Address.name)) { return @{ state = 'absent'; source = $source } }
    @{ state = 'value'; value = @{ install_state = $Listed[$Address.name] }; source = $source }
}

function Read-HipaaUpdateState {
    # Kind `update_state`, address {}: {rollups: [{name, state, high, low}], restart_pending, paused_until}: the cumulative updates that the
    # component store lists, with the two halves of the time of each one's installation.
    param($Address)

    $store = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing'
    $update = 'SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update'
    $names = @(Get-HipaaRegistryKeyName -Hive LocalMachine -View 64 -Key "$store\Packages" | Where-Object -FilterScript { $_ -cmatch '^Package_for_RollupFix~' })
    $rollups = @(foreach ($name in $names | Select-Object -First 200) {
            $found = @{ name = $name }
            foreach ($part in 'CurrentState', 'InstallTimeHigh', 'InstallTimeLow') { $found[$part] = Get-HipaaKeptValue -Key "$store\Packages\$name" -Name $part }
            $found
        })
    $pending = @(Get-HipaaRegistryKeyName -Hive LocalMachine -View 64 -Key $store) -ccontains 'RebootPending'
    $required = @(Get-HipaaRegistryKeyName -Hive LocalMachine -View 64 -Key $update) -ccontains 'RebootRequired'
    $value = @{
        rollups = $rollups
        restart_pending = $pending -or $required
        paused_until = Get-HipaaKeptValue -Key 'SOFTWARE\Microsoft\WindowsUpdate\UX\Settings' -Name PauseUpdatesExpiryTime
    }
    @{ state = 'value'; value = $value; source = "HKLM\$store\Packages" }
}

function Read-HipaaTimeSource {
    # Kind `time_source`, address {}: {policy, own: values of W32Time by name, client_policy, client: whether NTP is asked at all, service as of the kind `service`, or null}.
    param($Address)

    $policy = 'SOFTWARE\Policies\Microsoft\W32Time'
    $own = 'SYSTEM\CurrentControlSet\Services\W32Time'
    $service = Read-HipaaService -Address @{ name = 'W32Time' } -Listed (Get-HipaaServiceByName)
    $value = @{
        policy = Get-HipaaKeptSet -Key "$policy\Parameters" -Names Type, NtpServer
        own = Get-HipaaKeptSet -Key "$own\Parameters" -Names Type, NtpServer
        client_policy = Get-HipaaKeptValue -Key "$policy\TimeProviders\NtpClient" -Name Enabled
        client = Get-HipaaKeptValue -Key "$own\TimeProviders\NtpClient" -Name Enabled
        service = $service['value']
    }
    @{ state = 'value'; value = $value; source = "HKLM\$own" }
}

function Read-HipaaWinRm {
    # Kind `winrm`, address {}: {policy: {service, client}, own: {service, client}, listeners: [{name, values}], service as of the kind `service`, or null}.
    param($Address)

    $policy = 'SOFTWARE\Policies\Microsoft\Windows\WinRM'
    $own = 'SOFTWARE\Microsoft\Windows\CurrentVersion\WSMAN'
    $service = Read-HipaaService -Address @{ name = 'WinRM' } -Listed (Get-HipaaServiceByName)
    $listeners = @(foreach ($name in Get-HipaaRegistryKeyName -Hive LocalMachine -View 64 -Key "$own\Listener" | Select-Object -First 50) {
            @{ name = $name; values = (Get-HipaaKeptSet -Key "$own\Listener\$name" -Names Port, enabled, certThumbprint) }
        })
    $value = @{
        policy = @{
            service = Get-HipaaKeptSet -Key "$policy\Service" -Names AllowAutoConfig, AllowBasic, AllowUnencryptedTraffic
            client = Get-HipaaKeptSet -Key "$policy\Client" -Names AllowBasic, AllowUnencryptedTraffic
        }
        own = @{
            service = Get-HipaaKeptSet -Key "$own\Service" -Names auth_basic, allow_unencrypted
            client = Get-HipaaKeptSet -Key "$own\Client" -Names auth_basic, allow_unencrypted
        }
        listeners = $listeners
        service = $service['value']
    }
    @{ state = 'value'; value = $value; source = "HKLM\$own" }
}

function Read-HipaaPolicyFiles {
    # Kind `policy_files`, address {}: {files: {machine, user, applied} in base64 or null, rsop: [{key, name, policy, precedence, deleted}],
    # rsop_security: [{path, policy, precedence}], rsop_error, mdm: area -> [names]}.
    # files: without what they set. applied: what all policies of the machine together delivered, as Windows keeps it. rsop_security: what
    # security templates set. Both are null where Windows keeps no such record.
    param($Address)

    $system = [System.Environment]::SystemDirectory
    $data = [System.Environment]::GetEnvironmentVariable('ProgramData')
    $paths = @{ machine = "$system\GroupPolicy\Machine\Registry.pol"; user = "$system\GroupPolicy\User\Registry.pol"; applied = "$data\ntuser.pol" }
    $files = @{}
    foreach ($name in $paths.Keys) {
        $bytes = Get-HipaaFileByte -Path $paths[$name] -Most 1048576
        if ($null -ne $bytes) { $files[$name] = [System.Convert]::ToBase64String((ConvertTo-HipaaPolicyName -Bytes $bytes)) }
        else { $files[$name] = $null }
    }
    $value = @{ files = $files; rsop = $null; rsop_security = $null; rsop_error = ''; mdm = (Get-HipaaDevicePolicy) }
    try {
        $told = Get-HipaaCim -Namespace root/rsop/computer -ClassName RSOP_RegistryPolicySetting -Property registryKey, valueName, GPOID, precedence, deleted
        if ($told.found -ceq 'objects') {
            if ($told.objects.Count -gt 20000) { throw "$($told.objects.Count) settings of policies are more than the 20000 that are taken" }
            $value.rsop = @(foreach ($one in $told.objects) {
                    @{
                        key = [string]$one.registryKey
                        name = [string]$one.valueName
                        policy = Get-HipaaShort $one.GPOID
                        precedence = ConvertTo-HipaaWhole $one.precedence
                        deleted = [bool]$one.deleted
                    }
                })
        }
        $told = Get-HipaaCim -Namespace root/rsop/computer -ClassName RSOP_RegistryValue -Property Path, GPOID, precedence
        if ($told.found -ceq 'objects') {
            $value.rsop_security = @(foreach ($one in $told.objects | Select-Object -First 2000) {
                    @{ path = [string]$one.Path; policy = (Get-HipaaShort $one.GPOID); precedence = (ConvertTo-HipaaWhole $one.precedence) }
                })
        }
    }
    catch { $value.rsop_error = Get-HipaaReason $_.Exception }
    @{ state = 'value'; value = $value; source = 'root/rsop/computer, Registry.pol' }
}

function ConvertTo-HipaaPolicyName {
    # Return the bytes of a policy file ([MS-GPREG] 2.2.1) with zeros in place of what it sets, which may be a secret: a community of SNMP, a token
    # by which a browser enrolls. Names stay, and those that an instruction deletes. From where the file cannot be followed on all is zero,
    # and the controller says that it is damaged.
    param([byte[]]$Bytes)

    $names = New-Object -TypeName 'byte[]' -ArgumentList $Bytes.Length
    $at = [Math]::Min(8, $Bytes.Length)
    [System.Array]::Copy($Bytes, $names, $at)
    while ($at + 2 -le $Bytes.Length -and $Bytes[$at] -eq 0x5b -and $Bytes[$at + 1] -eq 0) {
        # [key NUL;name NUL;type;size;data], in UTF-16, type and size of four bytes each.
        $key = Get-HipaaPolicyText -Bytes $Bytes -At ($at + 2)
        if ($null -eq $key) { break }
        $from = $at + 2 + 2 * ($key.Length + 1) + 2
        $name = Get-HipaaPolicyText -Bytes $Bytes -At $from
        if ($null -eq $name) { break }
        $data = $from + 2 * ($name.Length + 1) + 14
        if ($data -gt $Bytes.Length) { break }
        $end = $data + [long][System.BitConverter]::ToUInt32($Bytes, $data - 6)
        if ($end + 2 -gt $Bytes.Length -or $Bytes[$end] -ne 0x5d -or $Bytes[$end + 1] -ne 0) { break }
        [System.Array]::Copy($Bytes, $at, $names, $at, $data - $at)
        if ($name.ToLowerInvariant() -cmatch '^\*\*delete(values|keys)') { [System.Array]::Copy($Bytes, $data, $names, $data, $end - $data) }
        [System.Array]::Copy($Bytes, $end, $names, $end, 2)
        $at = $end + 2
    }
    , $names
}

function Get-HipaaPolicyText {
    # Return the text that ends in NUL at a place of a policy file; nothing where none ends.
    param([byte[]]$Bytes, [long]$At)

    # Names are short, but need not be.
    foreach ($most in 512, 32768) {
        $length = [Math]::Min($most, $Bytes.Length - $At)
        if ($length -lt 2) { return $null }
        $text = [System.Text.Encoding]::Unicode.GetString($Bytes, $At, $length - $length % 2)
        $end = $text.IndexOf([char]0)
        if ($end -ge 0) { return $text.Substring(0, $end) }
    }
    $null
}

function Get-HipaaDevicePolicy {
    # Return the names of what a management of devices (MDM) has set, by area; no values.
    $key = 'SOFTWARE\Microsoft\PolicyManager\current\device'
    $found = @{}
    foreach ($area in Get-HipaaRegistryKeyName -Hive LocalMachine -View 64 -Key $key | Select-Object -First 500) {
        $found[$area] = @(Get-HipaaRegistryValueName -Key "$key\$area" | Select-Object -First 500)
    }
    $found
}
