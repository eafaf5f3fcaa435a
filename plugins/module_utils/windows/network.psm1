# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What guards the network, as raw material: firewall, SMB, Schannel, LDAP server, VPN connections, rules of IPsec. Numbers are Windows' own.

function Get-HipaaNumberOf {
    # Return a property of an object as a number (1 and 0 for true and false, and Windows' own for an enumeration); null where there is none.
    param($Given, [string]$Name)

    $part = $Given.PSObject.Properties[$Name]
    if ($null -ne $part -and $null -ne $part.Value) { [long]$part.Value }
}

function Get-HipaaTextOf {
    # Return a property of an object as texts, at most 100 of at most 1024 characters; nothing where there is none.
    param($Given, [string]$Name)

    $part = $Given.PSObject.Properties[$Name]
    if ($null -eq $part -or $null -eq $part.Value) { return }
    $texts = @($part.Value)
    if ($texts.Count -gt 100) { throw "$Name has $($texts.Count) texts, more than are taken" }
    foreach ($text in $texts) {
        if (([string]$text).Length -gt 1024) { throw "a text of $Name is longer than 1024 characters" }
        [string]$text
    }
}

function Get-HipaaCimReason {
    # Return why a command of CIM failed. Its message is translated, so who is not let in is told by Windows' number.
    param($Problem)

    if ($Problem.FullyQualifiedErrorId -cmatch '^(HRESULT 0x80070005|HRESULT 0x80041003|Windows System Error 5)(,|$)') {
        return 'access is denied; run the audit as an administrator'
    }
    [string]$Problem.Exception.Message
}

function Get-HipaaServiceNow {
    # Return {status, start} of a service by the service manager's numbers, both null where it does not list it.
    param($Listed, [string]$Name)

    if (-not $Listed.ContainsKey($Name)) { return @{ status = $null; start = $null } }
    @{ status = [int]$Listed[$Name].Status; start = [int]$Listed[$Name].StartType }
}

function Get-HipaaFirewallState {
    # Return {service, profiles: by name, reason}, for all profiles at once. Without its service nobody tells the profiles.
    $state = @{ service = Get-HipaaServiceNow (Get-HipaaServiceByName) MpsSvc; profiles = @{}; reason = 'no such profile was told' }
    try { foreach ($one in Get-HipaaFirewallProfile) { $state.profiles[([string]$one.Name).ToLowerInvariant()] = $one } }
    catch { $state.reason = Get-HipaaCimReason $_ }
    $state
}

function Read-HipaaFirewall {
    # Kind `firewall_profile`, address {profile}: {service: {status, start}, profile: property -> number or texts, null where the service does not run}.
    param($Address, $State)

    $name = [string]$Address.profile
    if ('domain', 'private', 'public' -cnotcontains $name) { throw 'the profile has to be domain, private or public' }
    $value = @{ service = $State.service; profile = $null }
    $given = $State.profiles[$name]
    if ($null -ne $given) {
        $value.profile = @{}
        foreach ($property in 'Enabled', 'DefaultInboundAction', 'DefaultOutboundAction', 'AllowInboundRules', 'AllowLocalFirewallRules',
            'AllowLocalIPsecRules', 'AllowUnicastResponseToMulticast', 'NotifyOnListen', 'LogAllowed', 'LogBlocked', 'LogMaxSizeKilobytes') {
            $value.profile[$property] = Get-HipaaNumberOf $given $property
        }
        $value.profile.LogFileName = @(Get-HipaaTextOf $given LogFileName)
        $value.profile.DisabledInterfaceAliases = @(Get-HipaaTextOf $given DisabledInterfaceAliases)
    }
    elseif ($State.service.status -ne 1) { throw "the firewall cannot be read: $($State.reason)" }
    @{ state = 'value'; value = $value; source = "firewall profile $name in the active store" }
}

function Read-HipaaSmb {
    # Kind `smb`, address {side}: {service: {status, start}, configuration: property -> number, driver: {start, started}}.
    # configuration is null where the service is disabled and stopped; driver is that of the client's version 1, null where it is not there.
    param($Address, $Listed)

    $side = [string]$Address.side
    $named = @{
        client = @{
            service = 'LanmanWorkstation'
            properties = 'RequireSecuritySignature', 'RequireEncryption', 'EnableInsecureGuestLogons', 'Smb2DialectMin'
        }
        server = @{
            service = 'LanmanServer'
            properties = 'EnableSMB1Protocol', 'RequireSecuritySignature', 'EncryptData', 'RejectUnencryptedAccess', 'Smb2DialectMin'
        }
    }
    if (@($named.Keys) -cnotcontains $side) { throw 'the side has to be client or server' }
    $value = @{ service = Get-HipaaServiceNow $Listed $named[$side].service; configuration = $null; driver = $null }
    try {
        $given = @(Get-HipaaSmbConfiguration -Side $side)
        if ($given.Count -ne 1) { throw "Windows told $($given.Count) configurations" }
        $value.configuration = @{}
        foreach ($property in $named[$side].properties) { $value.configuration[$property] = Get-HipaaNumberOf $given[0] $property }
    }
    catch {
        $value.configuration = $null
        if ($value.service.status -ne 1 -or $value.service.start -ne 4) { throw (Get-HipaaCimReason $_) }
    }
    if ($side -ceq 'client') { $value.driver = Get-HipaaDriverNow -Name mrxsmb10 }
    @{ state = 'value'; value = $value; source = "configuration of the SMB $side" }
}

function Get-HipaaDriverNow {
    # Return {start: by the registry, started: 1 where it is loaded} of a driver; null where Windows has none of this name.
    param([string]$Name)

    $key = "SYSTEM\CurrentControlSet\Services\$Name"
    $start = Read-HipaaRegistryValue -Hive LocalMachine -View 64 -Key $key -Name Start
    $loaded = Get-HipaaDriver -Name $Name
    if ($start.found -ceq 'no key' -and $null -eq $loaded) { return $null }
    if ($start.found -cne 'value' -or $start.data -isnot [int]) { throw "HKLM\$key has no number Start, so nobody knows how it starts" }
    $started = $null
    if ($null -ne $loaded) { $started = Get-HipaaNumberOf $loaded Started }
    @{ start = $start.data; started = $started }
}

function Get-HipaaValueOf {
    # Return a value of the machine's, as `registry` gives it, and an error as a part of it.
    param([string]$Key, [string]$Name)

    try { Get-HipaaKeptValue -Key $Key -Name $Name }
    catch { @{ error = [string]$_.Exception.GetBaseException().Message; view = 64 } }
}

function Read-HipaaSchannel {
    # Kind `schannel`, address {}: {protocols: name and side -> {enabled, disabled_by_default}, suites: {policy, local}}, each a value of the registry.
    param($Address)

    $key = 'SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL'
    $protocols = @{}
    foreach ($protocol in 'SSL 2.0', 'SSL 3.0', 'TLS 1.0', 'TLS 1.1', 'TLS 1.2', 'TLS 1.3', 'DTLS 1.0', 'DTLS 1.2') {
        foreach ($side in 'Client', 'Server') {
            $protocols["$protocol $($side.ToLowerInvariant())"] = @{
                enabled = Get-HipaaValueOf "$key\Protocols\$protocol\$side" Enabled
                disabled_by_default = Get-HipaaValueOf "$key\Protocols\$protocol\$side" DisabledByDefault
            }
        }
    }
    # 00010002 is CNG's interface for Schannel; the policy takes the place of the machine's own list.
    $suites = @{
        policy = Get-HipaaValueOf 'SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002' Functions
        local = Get-HipaaValueOf 'SYSTEM\CurrentControlSet\Control\Cryptography\Configuration\Local\SSL\00010002' Functions
    }
    @{ state = 'value'; value = @{ protocols = $protocols; suites = $suites }; source = "HKLM\$key" }
}

function Read-HipaaLdapServer {
    # Kind `ldap_server`, address {}: {integrity, enforced, channel_binding}, each a value of the registry; absent where there is no NTDS.
    param($Address)

    $key = 'SYSTEM\CurrentControlSet\Services\NTDS\Parameters'
    $integrity = Get-HipaaValueOf $key LDAPServerIntegrity
    if ($integrity['absent'] -ceq 'key') { return @{ state = 'absent'; source = "HKLM\$key (no key)" } }
    $value = @{
        integrity = $integrity
        enforced = Get-HipaaValueOf $key LDAPServerEnforceIntegrity
        channel_binding = Get-HipaaValueOf $key LdapEnforceChannelBinding
    }
    @{ state = 'value'; value = $value; source = "HKLM\$key" }
}

function Read-HipaaVpn {
    # Kind `vpn`, address {}: {connections: [{name, tunnel, encryption, authentication, policy}]}, of those for all users of the machine.
    # policy: the six names of algorithms of a policy of its own, null where Windows' default is offered. No keys, and no addresses.
    param($Address)

    try { $told = Get-HipaaVpnConnection }
    catch { throw (Get-HipaaCimReason $_) }
    if ($told.found -ceq 'no command') { return @{ state = 'absent'; source = 'this Windows has no VPN client' } }
    if ($told.connections.Count -gt 200) { throw "there are $($told.connections.Count) connections, more than are taken" }
    $connections = foreach ($one in $told.connections) {
        $policies = @($one.PSObject.Properties['IPSecCustomPolicy'] | ForEach-Object { $_.Value } | Where-Object { $null -ne $_ })
        if ($policies.Count -gt 1) { throw 'a connection has more than one policy of algorithms' }
        $policy = $null
        if ($policies.Count -eq 1) {
            $policy = @{}
            foreach ($part in 'EncryptionMethod', 'IntegrityCheckMethod', 'DHGroup', 'CipherTransformConstants', 'AuthenticationTransformConstants', 'PfsGroup') {
                $policy[$part] = @(Get-HipaaTextOf $policies[0] $part)
            }
        }
        @{
            name = @(Get-HipaaTextOf $one Name)
            tunnel = @(Get-HipaaTextOf $one TunnelType)
            encryption = @(Get-HipaaTextOf $one EncryptionLevel)
            authentication = @(Get-HipaaTextOf $one AuthenticationMethod)
            policy = $policy
        }
    }
    @{ state = 'value'; value = @{ connections = @($connections) }; source = 'VPN connections for all users' }
}

function Get-HipaaValueList {
    # Return {id, value} of each value of a key, in the order of their names. Throws where there are more than are taken.
    param([string]$Key)

    $names = @(Get-HipaaRegistryValueName -Key $Key | Sort-Object)
    if ($names.Count -gt 1000) { throw "HKLM\$Key has $($names.Count) values, more than are taken" }
    foreach ($name in $names) { @{ id = [string]$name; value = Get-HipaaValueOf $Key $name } }
}

function Get-HipaaValueTable {
    # Return all values of a key by their names: of one that a newer Windows brings it has to be known that it is there.
    param([string]$Key)

    $names = @(Get-HipaaRegistryValueName -Key $Key)
    if ($names.Count -gt 50) { throw "HKLM\$Key has $($names.Count) values, more than are taken" }
    $values = @{}
    foreach ($name in $names) { $values[[string]$name] = Get-HipaaValueOf $Key $name }
    $values
}

function Get-HipaaCryptoSet {
    # Return {sets: [{id, values, suites: [{index, values}]}], renamed: the value by which a policy says what the set for all rules is called}.
    param([string]$Key, [string]$Primary)

    $ids = @(Get-HipaaRegistryKeyName -Hive LocalMachine -View 64 -Key $Key | Sort-Object)
    if ($ids.Count -gt 200) { throw "HKLM\$Key has $($ids.Count) sets, more than are taken" }
    $sets = foreach ($id in $ids) {
        $suites = @(Get-HipaaRegistryKeyName -Hive LocalMachine -View 64 -Key "$Key\$id" | Sort-Object)
        if ($suites.Count -gt 50) { throw "HKLM\$Key\$id has $($suites.Count) suites, more than are taken" }
        $told = foreach ($index in $suites) { @{ index = [string]$index; values = Get-HipaaValueTable "$Key\$id\$index" } }
        @{ id = [string]$id; values = Get-HipaaValueTable "$Key\$id"; suites = @($told) }
    }
    @{ sets = @($sets); renamed = Get-HipaaValueOf $Key $Primary }
}

function Get-HipaaIpsecStore {
    # Return {connection, main_mode, exchange, packets} of a store of the firewall's rules. Sets of authentication, which may hold a key, are not read.
    param([string]$Key)

    @{
        connection = @(Get-HipaaValueList "$Key\ConSecRules")
        main_mode = @(Get-HipaaValueList "$Key\MainModeRules")
        exchange = Get-HipaaCryptoSet "$Key\Phase1CryptoSet" '{E5A5D32A-4BCE-4E4D-B07F-4AB1BA7E5FE1}'
        packets = Get-HipaaCryptoSet "$Key\Phase2CryptoSets" '{E5A5D32A-4BCE-4E4D-B07F-4AB1BA7E5FE2}'
    }
}

function Get-HipaaTextSize {
    # Return how many characters the texts in an answer have, at most those that are looked for.
    param($Given, [int]$Most)

    $waiting = New-Object -TypeName System.Collections.Stack
    $waiting.Push($Given)
    $size = 0
    while ($waiting.Count -and $size -le $Most) {
        $one = $waiting.Pop()
        if ($one -is [string]) { $size += $one.Length }
        elseif ($one -is [hashtable]) { foreach ($name in $one.Keys) { $size += $name.Length + 20; $waiting.Push($one[$name]) } }
        elseif ($one -is [object[]]) { foreach ($part in $one) { $waiting.Push($part) } }
    }
    $size
}

function Read-HipaaIpsec {
    # Kind `ipsec`, address {}: {policy, local: a store, merge: profile -> whether a policy lets local rules count}, all as texts of the registry.
    # Keys are those of [MS-GPFAS]; that the machine's own store has the same below the firewall's service is known of ConSecRules (Microsoft's
    # scripts for the repair of virtual machines) and of Phase1AuthenticationSets, and taken to be so of the sets of algorithms.
    param($Address)

    $policy = 'SOFTWARE\Policies\Microsoft\WindowsFirewall'
    $merge = @{}
    foreach ($name in 'domain', 'private', 'public') { $merge[$name] = Get-HipaaValueOf "$policy\${name}Profile" AllowLocalIPsecPolicyMerge }
    $value = @{
        policy = Get-HipaaIpsecStore $policy
        local = Get-HipaaIpsecStore 'SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy'
        merge = $merge
    }
    $most = 262144
    if ((Get-HipaaTextSize $value $most) -gt $most) { throw "the rules and sets of IPsec are more than $most characters, more than is taken" }
    @{ state = 'value'; value = $value; source = "HKLM\$policy and the firewall's own store" }
}
