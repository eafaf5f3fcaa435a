# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Answer one request: hand each kind's addresses to its collector, each in its time, and put the observations together.

function Get-HipaaKind {
    # Return each kind: the keys of its address, the function that reads one address, and the one that reads what all of them need.
    @{
        account = @{ read = 'Read-HipaaAccount'; first = 'Get-HipaaAccount'; needs = @(); may = @('names', 'more', 'group') }
        audit_backup = @{ read = 'Read-HipaaAuditBackup'; first = ''; needs = @(); may = @() }
        bitlocker = @{ read = 'Read-HipaaBitLocker'; first = ''; needs = @(); may = @() }
        credential_guard = @{ read = 'Read-HipaaCredentialGuard'; first = ''; needs = @(); may = @() }
        defender = @{ read = 'Read-HipaaDefender'; first = ''; needs = @(); may = @() }
        efs = @{ read = 'Read-HipaaEfs'; first = ''; needs = @(); may = @() }
        event_log = @{ read = 'Read-HipaaEventLog'; first = ''; needs = @('log'); may = @() }
        file_acl = @{ read = 'Read-HipaaFileAcl'; first = ''; needs = @('path'); may = @('each') }
        file_audit = @{ read = 'Read-HipaaFileAudit'; first = ''; needs = @(); may = @('paths') }
        firewall_profile = @{ read = 'Read-HipaaFirewall'; first = 'Get-HipaaFirewallState'; needs = @('profile'); may = @() }
        ipsec = @{ read = 'Read-HipaaIpsec'; first = ''; needs = @(); may = @() }
        laps = @{ read = 'Read-HipaaLaps'; first = ''; needs = @(); may = @() }
        ldap_server = @{ read = 'Read-HipaaLdapServer'; first = ''; needs = @(); may = @() }
        log_forwarding = @{ read = 'Read-HipaaLogForwarding'; first = 'Get-HipaaServiceByName'; needs = @(); may = @('agents') }
        password_settings = @{ read = 'Read-HipaaPasswordSettings'; first = ''; needs = @(); may = @() }
        policy_files = @{ read = 'Read-HipaaPolicyFiles'; first = ''; needs = @(); may = @() }
        powershell_logging = @{ read = 'Read-HipaaPowerShellLogging'; first = ''; needs = @(); may = @() }
        rdp_session = @{ read = 'Read-HipaaRdpSession'; first = ''; needs = @(); may = @() }
        registry = @{ read = 'Read-HipaaRegistry'; first = ''; needs = @('key', 'name'); may = @('view') }
        registry_acl = @{ read = 'Read-HipaaKeyAcl'; first = ''; needs = @('key'); may = @('each', 'part') }
        schannel = @{ read = 'Read-HipaaSchannel'; first = ''; needs = @(); may = @() }
        screen_lock = @{ read = 'Read-HipaaScreenLock'; first = ''; needs = @(); may = @() }
        security_export = @{ read = 'Read-HipaaSecurityExport'; first = ''; needs = @(); may = @() }
        service = @{ read = 'Read-HipaaService'; first = 'Get-HipaaServiceByName'; needs = @('name'); may = @() }
        service_account = @{ read = 'Read-HipaaServiceAccount'; first = ''; needs = @(); may = @('names', 'reviewed') }
        shadow_copy = @{ read = 'Read-HipaaShadowCopy'; first = ''; needs = @(); may = @('volumes') }
        smart_card = @{ read = 'Read-HipaaSmartCard'; first = ''; needs = @(); may = @() }
        smb = @{ read = 'Read-HipaaSmb'; first = 'Get-HipaaServiceByName'; needs = @('side'); may = @() }
        time_source = @{ read = 'Read-HipaaTimeSource'; first = ''; needs = @(); may = @() }
        update_state = @{ read = 'Read-HipaaUpdateState'; first = ''; needs = @(); may = @() }
        user_registry = @{ read = 'Read-HipaaUserRegistry'; first = 'Get-HipaaLoadedUser'; needs = @('key', 'name'); may = @() }
        vpn = @{ read = 'Read-HipaaVpn'; first = ''; needs = @(); may = @() }
        windows_feature = @{ read = 'Read-HipaaFeature'; first = 'Get-HipaaFeatureByName'; needs = @('name'); may = @() }
        winrm = @{ read = 'Read-HipaaWinRm'; first = ''; needs = @(); may = @() }
    }
}

function Read-HipaaKind {
    # Return one observation for each address, in order: {state, value, source, reason}. What is wrong with one spoils no other.
    # {took}: is told the seconds that it took.
    param([string]$Kind, [object[]]$Addresses, [hashtable]$Took)

    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $collector = (Get-HipaaKind)[$Kind]
    $shared = $null
    try {
        if ($collector.first) { $shared = & $collector.first }
        foreach ($address in $Addresses) {
            try { & $collector.read $address $shared }
            catch { @{ state = 'error'; reason = (Get-HipaaReason $_.Exception) } }
        }
    }
    finally { $Took.seconds = [Math]::Round($clock.Elapsed.TotalSeconds, 3) }
}

function Get-HipaaReason {
    # Return why something failed, in few words. .NET's texts are translated, so who is not let in is told by the type.
    param($Problem)

    $cause = $Problem.GetBaseException()
    if ($cause -is [System.Security.SecurityException] -or $cause -is [System.UnauthorizedAccessException]) {
        return 'access is denied; run the audit as an administrator'
    }
    $text = [string]$cause.Message
    $text.Substring(0, [Math]::Min($text.Length, 1000))
}

function Get-HipaaFact {
    # Return what names the host and chooses its benchmark. The texts under `windows` are what `detect` is held against.
    $current = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $windows = @{}
    $named = @{
        product_name = 'ProductName'; current_build = 'CurrentBuild'; ubr = 'UBR'; edition = 'EditionID'
        installation_type = 'InstallationType'; display_version = 'DisplayVersion'
    }
    foreach ($fact in $named.Keys) {
        $found = Read-HipaaRegistryValue -Hive LocalMachine -View 64 -Key $current -Name $named[$fact]
        if ($found.found -ceq 'value') { $windows[$fact] = Get-HipaaShort $found.data }
    }
    $found = Read-HipaaRegistryValue -Hive LocalMachine -View 64 -Key 'SYSTEM\CurrentControlSet\Control\ProductOptions' -Name ProductType
    if ($found.found -ceq 'value') { $windows['product_type'] = Get-HipaaShort $found.data }
    $version = Get-HipaaSystemVersion
    # What .NET says of itself goes by what the program that hosts it declares; the registry does not.
    if ([string]$windows['current_build'] -cmatch '^[0-9]{4,6}$') { $windows['build'] = $windows['current_build'] }
    else { $windows['build'] = $version.build }
    @{
        windows = $windows
        powershell = $version.powershell
        machine = $version.machine
        privileged = (Get-HipaaIdentity).administrator
    }
}

function Get-HipaaShort {
    # Return a number or text as a text of at most 200 characters.
    param($Data)

    $text = [string]$Data
    $text.Substring(0, [Math]::Min($text.Length, 200))
}

function Get-HipaaRole {
    # Return Windows' number of the role as a text, as all facts are: 0 and 1 are workstations, 2 and 3 servers (3 a member), 4 and 5 domain controllers.
    $system = Get-HipaaComputerSystem
    if ($null -eq $system -or $null -eq $system.DomainRole) {
        throw 'the class Win32_ComputerSystem does not tell it'
    }
    [string][int]$system.DomainRole
}

function Get-HipaaSession {
    # Return {state, runspace}: a state of PowerShell that has these functions, and the runspace that was begun with it, as yet none.
    # The one with the commands in it: CreateDefault2 would have each of PowerShell's own modules looked for when it is first used.
    $state = [System.Management.Automation.Runspaces.InitialSessionState]::CreateDefault()
    foreach ($function in Get-ChildItem -Path 'function:*-Hipaa*') {
        $state.Commands.Add([System.Management.Automation.Runspaces.SessionStateFunctionEntry]::new($function.Name, $function.Definition))
    }
    $state.Variables.Add((
            New-Object -TypeName System.Management.Automation.Runspaces.SessionStateVariableEntry -ArgumentList (
                'ErrorActionPreference', [System.Management.Automation.ActionPreference]::Stop, ''
            )
        ))
    @{ state = $state; runspace = $null }
}

function Invoke-HipaaInTime {
    # Run one of these functions for at most so many seconds: {output} or {reason, hangs}. One after the other in one runspace of the session:
    # each that is opened costs time, and .NET was seen to die where many ran at once. What hangs in Windows cannot be ended: it is left
    # behind with its runspace (`hangs`), and ends with the process.
    param([hashtable]$Session, [string]$Name, [hashtable]$Parameters, [double]$Seconds)

    if ($null -eq $Session.runspace) {
        $Session.runspace = [System.Management.Automation.Runspaces.RunspaceFactory]::CreateRunspace($Session.state)
        $Session.runspace.Open()
    }
    $shell = [System.Management.Automation.PowerShell]::Create()
    $shell.Runspace = $Session.runspace
    # A program that a collector runs is ended before the collector itself is given up: who is given up can end nothing, and takes no file away.
    $null = $shell.AddScript('param($Name, $Parameters, $Seconds) $HipaaProgramSeconds = $Seconds; & $Name @Parameters')
    $null = $shell.AddArgument($Name).AddArgument($Parameters).AddArgument([Math]::Min(60, $Seconds * 0.6))
    $running = $shell.BeginInvoke()
    if (-not $running.AsyncWaitHandle.WaitOne([int]([Math]::Max($Seconds, 0) * 1000))) {
        $null = $shell.BeginStop($null, $null)
        $Session.runspace = $null
        $reason = "there was no answer in $([int][Math]::Max($Seconds, 0)) seconds; look at what hangs, or raise hipaa_cis_observe_max_seconds"
        return @{ reason = $reason; hangs = $true }
    }
    try { $output = @($shell.EndInvoke($running) | ForEach-Object -Process { $_.PSObject.BaseObject }) }
    catch { return @{ reason = (Get-HipaaReason $_.Exception) } }
    finally { $shell.Dispose() }
    foreach ($one in $output) { ConvertTo-HipaaPlain $one }
    @{ output = $output }
}

function ConvertTo-HipaaPlain {
    # Take PowerShell's own wrapping off all that is in a table or list, in place. Ansible.Basic does not know it: it would send a wrapped
    # table as the name of its type, a number as a text, and nothing as an empty text. One loop: a call of a function for each costs a fifth of a second.
    param($Container)

    $waiting = New-Object -TypeName System.Collections.Stack
    $waiting.Push($Container)
    while ($waiting.Count) {
        $one = $waiting.Pop()
        if ($one -is [System.Collections.IDictionary]) { $places = @($one.Keys) }
        elseif ($one -is [object[]] -or $one -is [System.Collections.ArrayList]) { $places = @(for ($place = 0; $place -lt $one.Count; $place++) { $place }) }
        else { continue }
        foreach ($place in $places) {
            $held = $one[$place]
            if ($null -eq $held) { $one[$place] = $null; continue }
            $held = $held.PSObject.BaseObject
            $one[$place] = $held
            if ($held -isnot [string] -and $held -isnot [int]) { $waiting.Push($held) }
        }
    }
}

function ConvertFrom-HipaaRequest {
    # Return a request (JSON text) that was looked at: {settings: [{kind, address}], benchmarks, seconds}. Throws on one that is not understood.
    param([string]$Text)

    try { $request = ConvertFrom-Json -InputObject $Text }
    catch { throw 'the request is not JSON' }
    if ($request -isnot [System.Management.Automation.PSCustomObject] -or -not (Test-HipaaNumber (Get-HipaaPart $request version)) -or $request.version -ne 2) {
        throw 'the request has to be an object with version 2'
    }
    foreach ($key in Get-HipaaName $request) {
        if ('version', 'benchmarks', 'settings', 'options' -cnotcontains $key) { throw "the request has the unknown key '$key'" }
    }
    $benchmarks = Get-HipaaPart $request benchmarks
    if ((Get-HipaaPart $request settings) -isnot [object[]] -or $benchmarks -isnot [System.Management.Automation.PSCustomObject]) {
        throw "the request needs the list 'settings' and the object 'benchmarks'"
    }
    $settings = @(ConvertFrom-HipaaSetting $request.settings)
    foreach ($name in Get-HipaaName $benchmarks) { Test-HipaaBenchmark $name $benchmarks.$name $settings.Count }
    $options = Get-HipaaPart $request options
    if (Get-HipaaPart $options root) { throw 'hipaa_cis_root is for trees of Linux files, and this is a Windows host' }
    $seconds = Get-HipaaPart $options observe_max_seconds
    if ($null -eq $seconds) { $seconds = 300 }
    else {
        if (-not ((Test-HipaaNumber $seconds) -or $seconds -is [double] -or $seconds -is [decimal]) -or $seconds -le 0) {
            throw 'the option observe_max_seconds has to be a number of seconds'
        }
    }
    @{ settings = $settings; benchmarks = $benchmarks; seconds = [double]$seconds }
}

function Get-HipaaName {
    # Return the names of the parts of a JSON object.
    param($Given)

    foreach ($part in $Given.PSObject.Properties) { $part.Name }
}

function Get-HipaaPart {
    # Return what a JSON object holds under a name; nothing where it does not.
    param($Given, [string]$Name)

    if ($null -eq $Given) { return }
    $part = $Given.PSObject.Properties[$Name]
    # A list is one thing also where it is empty.
    if ($null -ne $part) { , $part.Value }
}

function Test-HipaaNumber {
    # Return whether something is a whole number.
    param($Given)

    $Given -is [int] -or $Given -is [long]
}

function ConvertFrom-HipaaSetting {
    # Return {kind, address} of each setting, a list of both. Throws on a kind or a key of an address that is not known, or missing.
    param([object[]]$Settings)

    $kinds = Get-HipaaKind
    for ($number = 0; $number -lt $Settings.Count; $number++) {
        $setting = $Settings[$number]
        if ($setting -isnot [object[]] -or $setting.Count -ne 2 -or $setting[1] -isnot [System.Management.Automation.PSCustomObject]) {
            throw "setting '$number' has to be a list of kind and address"
        }
        $kind = $setting[0]
        # A table takes another case for the same; names of kinds have one case.
        if ($kind -isnot [string] -or $kind -cnotmatch '^[a-z_]+$' -or -not $kinds.ContainsKey($kind)) {
            throw "setting '$number' has the unknown kind '$kind'; known: $(($kinds.Keys | Sort-Object) -join ', ')"
        }
        $known = $kinds[$kind]
        $address = @{}
        foreach ($part in $setting[1].PSObject.Properties) {
            if ($known.needs -cnotcontains $part.Name -and $known.may -cnotcontains $part.Name) {
                throw "setting '$number' of kind $kind has the unknown key '$($part.Name)'"
            }
            $address[$part.Name] = $part.Value
        }
        foreach ($key in $known.needs) {
            # A key's value of no name is its default one; a path or service without a name is none.
            if ($address[$key] -isnot [string] -or ($address[$key] -ceq '' -and ($key -cne 'name' -or $kind -cnotmatch '^(user_)?registry$'))) {
                throw "setting '$number' of kind $kind needs the key '$key' with a text"
            }
        }
        @{ kind = $kind; address = $address }
    }
}

function Test-HipaaBenchmark {
    # Throw where a benchmark of a request is not understood: {detect: null or {fact: [texts]}, settings: [[first, behind the last]]}.
    param([string]$Name, $Wanted, [int]$Most)

    if ($Wanted -isnot [System.Management.Automation.PSCustomObject] -or (Get-HipaaPart $Wanted settings) -isnot [object[]]) {
        throw "benchmark $Name names settings that the request does not hold"
    }
    foreach ($range in $Wanted.settings) {
        $good = $range -is [object[]] -and $range.Count -eq 2 -and (Test-HipaaNumber $range[0]) -and (Test-HipaaNumber $range[1])
        if (-not $good -or $range[0] -lt 0 -or $range[1] -gt $Most) { throw "benchmark $Name names settings that the request does not hold" }
    }
    $detect = Get-HipaaPart $Wanted detect
    if ($null -eq $detect) { return }
    if ($detect -isnot [System.Management.Automation.PSCustomObject]) { throw "benchmark $Name has to be detected by an object of facts" }
    foreach ($part in $detect.PSObject.Properties) {
        $known = 'build', 'current_build', 'display_version', 'domain_role', 'edition', 'installation_type', 'product_name', 'product_type', 'ubr' -ccontains $part.Name
        if (-not $known -or $part.Value -isnot [object[]]) { throw "benchmark $Name is detected by '$($part.Name)', which is no fact with a list of texts" }
    }
}

function Test-HipaaDetected {
    # Return whether a host's facts are those by which a benchmark is detected; one without any was named.
    param($Detect, [hashtable]$Facts)

    if ($null -eq $Detect) { return $true }
    # What a host does not say is an empty text, which some take.
    foreach ($part in $Detect.PSObject.Properties) { if ($part.Value -cnotcontains [string]$Facts.windows[$part.Name]) { return $false } }
    $true
}

function Get-HipaaAnswer {
    # Answer a request (JSON text) with {version, benchmarks, facts, observations, stats}. Throws on one that is not understood, and
    # where not even the facts can be read. Each collector may take a third of the time that is left.
    param([string]$Text)

    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $request = ConvertFrom-HipaaRequest $Text
    $session = Get-HipaaSession
    $told = Invoke-HipaaInTime -Session $session -Name Get-HipaaFact -Parameters @{} -Seconds ($request.seconds / 3)
    if ($told['hangs']) { Limit-HipaaProcess -Seconds 5 }
    if ($told['reason']) { throw "the facts of this host cannot be read: $($told['reason'])" }
    $facts = $told.output[0]
    $told = Invoke-HipaaInTime -Session $session -Name Get-HipaaRole -Parameters @{} -Seconds (($request.seconds - $clock.Elapsed.TotalSeconds) / 3)
    $hangs = [bool]$told['hangs']
    if ($told['reason']) { $facts.domain_role_unknown = $told['reason'] }
    else { $facts.windows.domain_role = $told.output[0] }

    $chosen = @(
        foreach ($name in Get-HipaaName $request.benchmarks) {
            if (Test-HipaaDetected (Get-HipaaPart $request.benchmarks.$name detect) $facts) { $name }
        }
    )
    $asked = @{}
    foreach ($name in $chosen) {
        foreach ($range in $request.benchmarks.$name.settings) {
            for ($number = [int]$range[0]; $number -lt $range[1]; $number++) { $asked[$number] = $request.settings[$number] }
        }
    }
    $numbers = @{}
    $addresses = @{}
    foreach ($number in $asked.Keys) {
        $kind = $asked[$number].kind
        if (-not $numbers.Contains($kind)) {
            $numbers[$kind] = New-Object -TypeName System.Collections.ArrayList
            $addresses[$kind] = New-Object -TypeName System.Collections.ArrayList
        }
        $null = $numbers[$kind].Add($number)
        $null = $addresses[$kind].Add($asked[$number].address)
    }
    # What most rules stand on comes first, whatever hangs behind it.
    $kinds = @('registry', 'user_registry', 'service', 'security_export', 'audit_backup' | Where-Object -FilterScript { $numbers.Contains($_) })
    $kinds += @($numbers.Keys | Where-Object -FilterScript { $kinds -cnotcontains $_ } | Sort-Object)
    $took = @{}
    $observations = @{}
    foreach ($kind in $kinds) {
        $took[$kind] = @{}
        $parameters = @{ Kind = $kind; Addresses = $addresses[$kind].ToArray(); Took = $took[$kind] }
        $seconds = ($request.seconds - $clock.Elapsed.TotalSeconds) / 3
        $told = Invoke-HipaaInTime -Session $session -Name Read-HipaaKind -Parameters $parameters -Seconds $seconds
        $hangs = $hangs -or $told['hangs']
        $count = $numbers[$kind].Count
        if (-not $told['reason'] -and $told.output.Count -ne $count) {
            $told = @{ reason = "the collector gave $($told.output.Count) answers to $count questions" }
        }
        for ($index = 0; $index -lt $count; $index++) {
            if ($told['reason']) { $seen = @{ state = 'error'; reason = "$kind cannot be read: $($told['reason'])" } }
            else { $seen = $told.output[$index] }
            $observations[[string]$numbers[$kind][$index]] = $seen
        }
    }
    if ($hangs) { Limit-HipaaProcess -Seconds 5 }
    $stats = @{ seconds = [Math]::Round($clock.Elapsed.TotalSeconds, 3) }
    foreach ($kind in $took.Keys) { if ($took[$kind].Contains('seconds')) { $stats[$kind] = $took[$kind].seconds } }
    @{
        version = 2
        benchmarks = $chosen
        facts = $facts
        observations = $observations
        stats = $stats
    }
}

function ConvertTo-HipaaRequest {
    # Return the request (JSON text) for a list of settings, each {kind, keys of its address}.
    param([object[]]$Settings)

    $asked = @(
        foreach ($setting in $Settings) {
            $address = @{}
            foreach ($key in $setting.Keys) { if ($key -cne 'kind') { $address[$key] = $setting[$key] } }
            , @($setting['kind'], $address)
        }
    )
    $benchmarks = @{ settings = @{ detect = $null; settings = @(, @(0, $asked.Count)) } }
    ConvertTo-Json -InputObject @{ version = 2; benchmarks = $benchmarks; settings = $asked; options = @{} } -Depth 8 -Compress
}
