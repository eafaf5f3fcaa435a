# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The kinds `credential_guard`, `rdp_session`, `screen_lock` and `smart_card`: what guards the sessions of people, and their secrets in memory.

function Read-HipaaCredentialGuard {
    # Kind `credential_guard`, address {}: {configured, running, vbs}, numbers of Win32_DeviceGuard. Absent where Windows has no such class.
    param($Address)

    $asked = 'SecurityServicesConfigured', 'SecurityServicesRunning', 'VirtualizationBasedSecurityStatus'
    $seen = Get-HipaaCim -Namespace root/Microsoft/Windows/DeviceGuard -ClassName Win32_DeviceGuard -Property $asked
    $source = 'Win32_DeviceGuard'
    if ($seen.found -cne 'objects') { return @{ state = 'absent'; source = "$source (no such class)" } }
    if ($seen.objects.Count -ne 1) { throw "$source has $($seen.objects.Count) objects in place of one" }
    $guard = $seen.objects[0]
    $value = @{
        configured = @(foreach ($number in $guard.SecurityServicesConfigured) { [long]$number })
        running = @(foreach ($number in $guard.SecurityServicesRunning) { [long]$number })
        vbs = ConvertTo-HipaaWhole $guard.VirtualizationBasedSecurityStatus
    }
    @{ state = 'value'; value = $value; source = $source }
}

function Get-HipaaFewUser {
    # Return the SIDs of those who are logged on. Throws where they are more than are taken: one who was left out might be the one.
    $users = @(Get-HipaaLoadedUser)
    if ($users.Count -gt 1000) { throw "$($users.Count) users are logged on, more than the 1000 that are taken" }
    $users
}

function Read-HipaaRdpSession {
    # Kind `rdp_session`, address {}: {policy, server: name -> value, listeners: name -> {name -> value}, users: [{sid, values}]}. The users' are
    # their own policies. Listeners are RDP-Tcp and all others but that of the screen; more than one stands where a product brought its own.
    param($Address)

    $policy = 'SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services'
    $server = 'SYSTEM\CurrentControlSet\Control\Terminal Server'
    $times = 'MaxIdleTime', 'MaxDisconnectionTime'
    $guards = 'UserAuthentication', 'SecurityLayer', 'MinEncryptionLevel'
    $of_listener = $times + $guards + 'fInheritMaxIdleTime' + 'fInheritMaxDisconnectionTime' + 'fEnableWinStation'
    $listeners = @{ 'RDP-Tcp' = Get-HipaaKeptSet -Key "$server\WinStations\RDP-Tcp" -Names $of_listener }
    $others = @(Get-HipaaRegistryKeyName -Hive LocalMachine -View 64 -Key "$server\WinStations" | Where-Object -FilterScript { 'Console', 'RDP-Tcp' -notcontains $_ })
    if ($others.Count -gt 50) { throw "there are $($others.Count) listeners, more than are taken" }
    foreach ($name in $others) { $listeners[$name] = Get-HipaaKeptSet -Key "$server\WinStations\$name" -Names $of_listener }
    $value = @{
        policy = Get-HipaaKeptSet -Key $policy -Names ($times + $guards + 'fDenyTSConnections')
        listeners = $listeners
        server = Get-HipaaKeptSet -Key $server -Names fDenyTSConnections
        users = @(
            foreach ($sid in Get-HipaaFewUser) {
                @{ sid = $sid; values = Get-HipaaKeptSet -Hive Users -Key "$sid\$policy" -Names $times }
            }
        )
    }
    @{ state = 'value'; value = $value; source = "HKLM\$policy, HKLM\$server\WinStations" }
}

function Read-HipaaSmartCard {
    # Kind `smart_card`, address {}: {removal, demanded, service}. service: as of the kind `service`, null where there is none.
    param($Address)

    $service = Read-HipaaService -Address @{ name = 'SCPolicySvc' } -Listed (Get-HipaaServiceByName)
    $value = @{
        removal = Get-HipaaKeptValue -Key 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon' -Name ScRemoveOption
        demanded = Get-HipaaKeptValue -Key 'SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System' -Name ScForceOption
        service = $service['value']
    }
    @{ state = 'value'; value = $value; source = 'HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon|ScRemoveOption, service SCPolicySvc' }
}

function Read-HipaaScreenLock {
    # Kind `screen_lock`, address {}: {machine, grace, users: [{sid, policy, own: name -> value, saver_found}]}. saver_found: whether the screen saver that
    # his policy (policy) or he himself (own) names is a file of this host, null where none is named.
    param($Address)

    $names = 'ScreenSaveActive', 'ScreenSaverIsSecure', 'ScreenSaveTimeOut', 'SCRNSAVE.EXE'
    $users = @(
        foreach ($sid in Get-HipaaFewUser) {
            $policy = Get-HipaaKeptSet -Hive Users -Key "$sid\Software\Policies\Microsoft\Windows\Control Panel\Desktop" -Names $names
            $own = Get-HipaaKeptSet -Hive Users -Key "$sid\Control Panel\Desktop" -Names $names
            $found = @{
                policy = Test-HipaaScreenSaver -Name $policy['SCRNSAVE.EXE']['data']
                own = Test-HipaaScreenSaver -Name $own['SCRNSAVE.EXE']['data']
            }
            @{ sid = $sid; policy = $policy; own = $own; saver_found = $found }
        }
    )
    $still = @(Get-HipaaRegistryKeyName -Hive Users -View 64 -Key '')
    $value = @{
        machine = Get-HipaaKeptValue -Key 'SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System' -Name InactivityTimeoutSecs
        grace = Get-HipaaKeptValue -Key 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon' -Name ScreenSaverGracePeriod
        # Who has logged off since has no hive, and no absence that could be told.
        users = @($users | Where-Object -FilterScript { $null -ne $_ -and $still -ccontains $_.sid })
    }
    @{ state = 'value'; value = $value; source = 'HKLM\...\Policies\System|InactivityTimeoutSecs, HKU\*\Control Panel\Desktop and its policy' }
}

function Test-HipaaScreenSaver {
    # Return whether a screen saver is there; null where none is named. One without a folder lies in System32.
    param($Name)

    if ($Name -isnot [string] -or $Name.Trim() -ceq '') { return $null }
    Test-HipaaProgramFile -Name $Name.Trim().Trim('"')
}
