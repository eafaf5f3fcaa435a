# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What touches Windows: a small function for each thing, in whose place a test puts a recorded machine. None of them writes.
# Errors that .NET tells by a translated text are told by their type, or passed on for a person to read.

function Read-HipaaRegistryValue {
    # Return {found: 'no key' | 'no value' | 'value', kind: RegistryValueKind as a number, data: as .NET reads it, nothing expanded}.
    param([string]$Hive, [int]$View, [string]$Key, [string]$Name)

    $base = [Microsoft.Win32.RegistryKey]::OpenBaseKey([Microsoft.Win32.RegistryHive]$Hive, [Microsoft.Win32.RegistryView]"Registry$View")
    try {
        $opened = $base.OpenSubKey($Key, $false)
        if ($null -eq $opened) { return @{ found = 'no key' } }
        try {
            $kind = [int]$opened.GetValueKind($Name)
            $data = $opened.GetValue($Name, $null, [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
        }
        catch [System.IO.IOException] {
            # Windows' own number for what is not there; any other error must not look like a value's absence.
            if (($_.Exception.GetBaseException().HResult -band 0xffff) -ne 2) { throw }
            return @{ found = 'no value' }
        }
        finally { $opened.Dispose() }
        return @{ found = 'value'; kind = $kind; data = $data }
    }
    finally { $base.Dispose() }
}

function Get-HipaaRegistryKeyName {
    # Return the names of the keys below a key, or nothing where there is none.
    param([string]$Hive, [int]$View, [string]$Key)

    $base = [Microsoft.Win32.RegistryKey]::OpenBaseKey([Microsoft.Win32.RegistryHive]$Hive, [Microsoft.Win32.RegistryView]"Registry$View")
    try {
        $opened = $base.OpenSubKey($Key, $false)
        if ($null -eq $opened) { return }
        try { $opened.GetSubKeyNames() }
        finally { $opened.Dispose() }
    }
    finally { $base.Dispose() }
}

function Get-HipaaRegistryValueName {
    # Return the names of the values of a key of the machine's, or nothing where there is none.
    param([string]$Key)

    $base = [Microsoft.Win32.RegistryKey]::OpenBaseKey([Microsoft.Win32.RegistryHive]'LocalMachine', [Microsoft.Win32.RegistryView]'Registry64')
    try {
        $opened = $base.OpenSubKey($Key, $false)
        if ($null -eq $opened) { return }
        try { $opened.GetValueNames() }
        finally { $opened.Dispose() }
    }
    finally { $base.Dispose() }
}

function Get-HipaaService {
    # Return what the service manager lists: objects with Name, Status and StartType. It does not list drivers.
    # One that this account may not ask about makes an error of its own here, and is then missing.
    Get-Service -ErrorAction SilentlyContinue
}

function Get-HipaaCim {
    # Return {found: 'objects', objects} of a class of CIM, each with the properties that are asked for; {found: 'no class'} where this
    # Windows has no such class or namespace. The class's own commands (Get-SmbServerConfiguration) would load a module, and say no more.
    param([string]$Namespace, [string]$ClassName, [string[]]$Property, [string]$Filter)

    try {
        if ($Filter) {
            $objects = @(Get-CimInstance -Namespace $Namespace -ClassName $ClassName -Property $Property -Filter $Filter -OperationTimeoutSec 20 -ErrorAction Stop)
        }
        else { $objects = @(Get-CimInstance -Namespace $Namespace -ClassName $ClassName -Property $Property -OperationTimeoutSec 20 -ErrorAction Stop) }
    }
    catch {
        # WBEM_E_INVALID_CLASS and WBEM_E_INVALID_NAMESPACE; the message is translated.
        if ($_.FullyQualifiedErrorId -cmatch '^HRESULT 0x800410(0[eE]|10)(,|$)') { return @{ found = 'no class' } }
        throw
    }
    @{ found = 'objects'; objects = $objects }
}

function Get-HipaaProtection {
    # Return the number of the protection of a volume (an object of Win32_EncryptableVolume); null where BitLocker does not tell it.
    # The property of that name is kept from earlier, and was seen to say on of a volume that was no longer protected. The method only reads.
    param($Volume)

    try { $told = Invoke-CimMethod -InputObject $Volume -MethodName GetProtectionStatus -OperationTimeoutSec 20 -ErrorAction Stop }
    catch { return $null }
    if ($told.ReturnValue -ne 0) { return $null }
    [long]$told.ProtectionStatus
}

function Get-HipaaKeyProtector {
    # Return the numbers of the types of what opens an encrypted volume (an object of Win32_EncryptableVolume); null where BitLocker does not tell
    # it, as of a volume that is locked. Both methods only read.
    param($Volume)

    $types = New-Object -TypeName System.Collections.ArrayList
    try {
        $asked = @{ KeyProtectorType = [uint32]0 }
        $told = Invoke-CimMethod -InputObject $Volume -MethodName GetKeyProtectors -Arguments $asked -OperationTimeoutSec 20 -ErrorAction Stop
        if ($told.ReturnValue -ne 0) { return $null }
        foreach ($id in $told.VolumeKeyProtectorID | Select-Object -First 20) {
            if ($null -eq $id) { continue }
            $asked = @{ VolumeKeyProtectorID = [string]$id }
            $one = Invoke-CimMethod -InputObject $Volume -MethodName GetKeyProtectorType -Arguments $asked -OperationTimeoutSec 20 -ErrorAction Stop
            if ($one.ReturnValue -ne 0) { return $null }
            $null = $types.Add([long]$one.KeyProtectorType)
        }
    }
    catch { return $null }
    , $types.ToArray()
}

function Test-HipaaProgramFile {
    # Return whether a file is there, by its path, which may name variables of the environment, or by its name alone in System32. A user may
    # name what he likes: on another host nothing is looked for, which would be told who asks.
    param([string]$Name)

    try { $path = [System.IO.Path]::Combine([System.Environment]::SystemDirectory, [System.Environment]::ExpandEnvironmentVariables($Name)) }
    catch [System.ArgumentException] { return $false }
    $path -cmatch '^[A-Za-z]:\\[^:]*$' -and [System.IO.File]::Exists($path)
}

function ConvertTo-HipaaWhole {
    # Return a number, or nothing where there is none: cast, nothing would become 0, an age of no days.
    param($Given)

    if ($null -eq $Given) { return $null }
    [long]$Given
}

function Get-HipaaComputerSystem {
    # Return an object with DomainRole (0 to 5).
    (Get-HipaaCim -Namespace root/cimv2 -ClassName Win32_ComputerSystem -Property DomainRole)['objects']
}

function New-HipaaFolder {
    # Return the path of a new folder among the temporary ones of this account, for what a program can write to a file only.
    $folder = [System.IO.Path]::Combine([System.IO.Path]::GetTempPath(), 'hipaa-' + [System.Guid]::NewGuid().ToString('N'))
    $null = [System.IO.Directory]::CreateDirectory($folder)
    $folder
}

function Remove-HipaaFolder {
    # Remove such a folder, with what is in it.
    param([string]$Path)

    [System.IO.Directory]::Delete($Path, $true)
}

function Get-HipaaFileByte {
    # Return the bytes of a file; null where there is none.
    param([string]$Path, [int]$Most)

    if (-not [System.IO.File]::Exists($Path)) { return $null }
    $length = (New-Object -TypeName System.IO.FileInfo -ArgumentList $Path).Length
    if ($length -gt $Most) { throw "the file has $length bytes, more than the $Most that are taken" }
    , [System.IO.File]::ReadAllBytes($Path)
}

function Invoke-HipaaProgram {
    # Run a program of Windows' own: {code, said: so many characters of what it says, in its language, most often for a person to read}.
    # One that has no end within a minute, or within what its collector has, is ended: nobody would take away its file later.
    param([string]$Program, [string[]]$Arguments, [int]$Most = 300)

    $path = [System.IO.Path]::Combine([System.Environment]::SystemDirectory, "$Program.exe")
    if (-not [System.IO.File]::Exists($path)) { throw "this Windows has no $Program" }
    $start = New-Object -TypeName System.Diagnostics.ProcessStartInfo -ArgumentList $path, ('"' + ($Arguments -join '" "') + '"')
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $running = [System.Diagnostics.Process]::Start($start)
    try {
        $running.StandardInput.Dispose()
        $output = $running.StandardOutput.ReadToEndAsync()
        $errors = $running.StandardError.ReadToEndAsync()
        if (-not $running.WaitForExit([int]($HipaaProgramSeconds * 1000))) {
            $running.Kill()
            # Until it is gone it keeps its files open, and they could not be taken away.
            $null = $running.WaitForExit(5000)
            throw "$Program did not end within $([int]$HipaaProgramSeconds) seconds"
        }
        $said = ''
        if ($output.Wait(5000) -and $errors.Wait(5000)) { $said = ($output.Result + $errors.Result).Trim() }
        @{ code = [int]$running.ExitCode; said = $said.Substring(0, [Math]::Min($said.Length, $Most)) }
    }
    finally { $running.Dispose() }
}

function Get-HipaaSid {
    # Return the SID of an account by its name; nothing where Windows knows none.
    param([string]$Account)

    $named = New-Object -TypeName System.Security.Principal.NTAccount -ArgumentList $Account
    try { [string]$named.Translate([System.Security.Principal.SecurityIdentifier]).Value }
    catch [System.Security.Principal.IdentityNotMappedException] { return }
}

function Get-HipaaMachineName {
    # Return the name of this machine, by which its own accounts are named.
    [string][System.Environment]::MachineName
}

function Get-HipaaGroupMember {
    # Return {sid, class, path} of each who is in a group of this machine himself, by the SID of the group. What a domain's group holds is not asked.
    # Windows' own commands and classes leave out, or stop at, whom no domain controller names any more.
    param([string]$Sid)

    $identifier = New-Object -TypeName System.Security.Principal.SecurityIdentifier -ArgumentList $Sid
    $name = ([string]$identifier.Translate([System.Security.Principal.NTAccount]).Value).Split('\')[-1]
    $group = New-Object -TypeName System.DirectoryServices.DirectoryEntry -ArgumentList "WinNT://./$name,group"
    try {
        foreach ($one in $group.psbase.Invoke('Members')) {
            $member = [System.DirectoryServices.DirectoryEntry]$one
            $path = [string]$member.psbase.Path
            if ($path -cmatch '^WinNT://(S-1-[0-9-]+)$') { $found = $Matches[1] }
            else { $found = (New-Object -TypeName System.Security.Principal.SecurityIdentifier -ArgumentList $member.psbase.InvokeGet('objectSid'), 0).Value }
            $class = ''
            try { $class = [string]$member.psbase.SchemaClassName }
            catch { $class = '' }
            @{ sid = [string]$found; class = $class; path = $path }
        }
    }
    finally { $group.psbase.Dispose() }
}

function Get-HipaaEventLog {
    # Return {bytes, mode, sddl, enabled} by which the service of the log goes: mode 0 overwrites, 1 archives, 2 stops when it is full.
    param([string]$Log)

    $told = New-Object -TypeName System.Diagnostics.Eventing.Reader.EventLogConfiguration -ArgumentList $Log
    try { @{ bytes = [long]$told.MaximumSizeInBytes; mode = [int]$told.LogMode; sddl = [string]$told.SecurityDescriptor; enabled = [bool]$told.IsEnabled } }
    finally { $told.Dispose() }
}

function Get-HipaaOldestEvent {
    # Return {record: its number, seconds: its age by this machine's clock} of the oldest record of a log; nothing where it has none.
    param([string]$Log)

    try { $oldest = Get-WinEvent -LogName $Log -Oldest -MaxEvents 1 -ErrorAction Stop }
    catch {
        if ($_.FullyQualifiedErrorId -cmatch '^NoMatchingEventsFound(,|$)') { return }
        throw
    }
    @{ record = [long]$oldest.RecordId; seconds = [long]([System.DateTime]::UtcNow - $oldest.TimeCreated.ToUniversalTime()).TotalSeconds }
}

function Test-HipaaFolder {
    # Return whether a folder is there.
    param([string]$Path)

    [System.IO.Directory]::Exists($Path)
}

function Get-HipaaFolderSacl {
    # Return {sddl: what is audited of a folder}, nothing where this account has no SeSecurityPrivilege, which .NET switches on for the call.
    param([string]$Path)

    $audit = [System.Security.AccessControl.AccessControlSections]::Audit
    try { $security = New-Object -TypeName System.Security.AccessControl.DirectorySecurity -ArgumentList $Path, $audit }
    catch {
        if ($_.Exception.GetBaseException() -is [System.Security.AccessControl.PrivilegeNotHeldException]) { return }
        throw
    }
    @{ sddl = [string]$security.GetSecurityDescriptorSddlForm($audit) }
}

function Get-HipaaSearcher {
    # Return a searcher of this controller's domain, at a place below its top (empty for the top, else with a comma at its end).
    # A searcher gives 64 bits as numbers, where an entry gives an object of COM.
    param([string]$Below, [string]$Scope, [string[]]$Attributes)

    $root = New-Object -TypeName System.DirectoryServices.DirectoryEntry -ArgumentList 'LDAP://localhost/RootDSE'
    $top = [string]$root.Properties['defaultNamingContext'].Value
    $place = New-Object -TypeName System.DirectoryServices.DirectoryEntry -ArgumentList "LDAP://localhost/$Below$top"
    $searcher = New-Object -TypeName System.DirectoryServices.DirectorySearcher -ArgumentList $place, '(objectClass=*)', ([string[]]$Attributes)
    $searcher.SearchScope = [System.DirectoryServices.SearchScope]$Scope
    $searcher.ClientTimeout = [System.TimeSpan]::FromSeconds(20)
    $searcher
}

function Get-HipaaFoundText {
    # Return attribute -> text of what a searcher found: numbers as texts, for they have 64 bits. What it was not shown is not in it.
    param($Found, [string[]]$Attributes)

    $told = @{}
    foreach ($name in $Attributes) {
        $values = $Found.Properties[$name.ToLowerInvariant()]
        if ($values.Count -eq 1) { $told[$name] = [string]$values[0] }
    }
    $told
}

function Get-HipaaDomainPolicy {
    # Return the attributes of this controller's domain that make its account policy.
    $wanted = 'minPwdLength', 'pwdHistoryLength', 'lockoutThreshold', 'pwdProperties', 'maxPwdAge', 'minPwdAge', 'lockoutDuration', 'lockOutObservationWindow'
    $found = (Get-HipaaSearcher -Below '' -Scope Base -Attributes $wanted).FindOne()
    Get-HipaaFoundText -Found $found -Attributes $wanted
}

function Get-HipaaPasswordSettings {
    # Return {container: whether this account is shown the container of password settings objects, creates: whether it may make some there,
    # objects: [{applies: to how many, and attribute -> text}], one more than are taken at most}. The container's name is the same in all
    # languages, and nobody can change it or move it (MS-ADTS 6.1.1.4.11.1).
    param([int]$Most)

    $container = 'CN=Password Settings Container,CN=System,'
    $wanted = 'name', 'msDS-PasswordSettingsPrecedence', 'msDS-MinimumPasswordLength', 'msDS-PasswordComplexityEnabled',
        'msDS-PasswordReversibleEncryptionEnabled', 'msDS-PasswordHistoryLength', 'msDS-MinimumPasswordAge', 'msDS-MaximumPasswordAge',
        'msDS-LockoutThreshold', 'msDS-LockoutDuration', 'msDS-LockoutObservationWindow'
    try { $found = (Get-HipaaSearcher -Below $container -Scope Base -Attributes 'allowedChildClassesEffective').FindOne() }
    catch {
        # Windows' own number (ERROR_DS_NO_SUCH_OBJECT) for what is not there, or is hidden from this account.
        if (($_.Exception.GetBaseException().HResult -band 0xffff) -ne 8240) { throw }
        $found = $null
    }
    if ($null -eq $found) { return @{ container = $false; creates = $false; objects = @() } }
    # The classes of which this account may make objects here, by who it is to the directory (MS-ADTS 3.1.1.4.5, allowedChildClassesEffective).
    $creates = @($found.Properties['allowedchildclasseseffective']) -contains 'msDS-PasswordSettings'
    $searcher = Get-HipaaSearcher -Below $container -Scope OneLevel -Attributes ($wanted + 'msDS-PSOAppliesTo')
    $searcher.SizeLimit = $Most + 1
    $listed = $searcher.FindAll()
    try {
        $objects = @(
            foreach ($one in $listed) {
                $told = Get-HipaaFoundText -Found $one -Attributes $wanted
                $told.applies = 0
                # Of more than 1500 the directory gives the first ones, under a name that ends in their range.
                foreach ($name in $one.Properties.PropertyNames) {
                    if ($name -cmatch '^msds-psoappliesto(;|$)') { $told.applies += [int]$one.Properties[$name].Count }
                }
                $told
            }
        )
    }
    finally { $listed.Dispose() }
    @{ container = $true; creates = [bool]$creates; objects = $objects }
}

function Get-HipaaDriver {
    # Return an object with Started of a driver; nothing where there is none. The service manager's list has no drivers.
    param([string]$Name)

    $told = Get-HipaaCim -Namespace root/cimv2 -ClassName Win32_SystemDriver -Property Name, Started -Filter "Name='$Name'"
    if ($told.found -ceq 'no class') { throw 'this Windows does not tell its drivers' }
    $told.objects
}

function Get-HipaaFirewallProfile {
    # Return the three profiles that are in force: the active store is what policies and the machine's own settings make together.
    # Which store is meant is an option that only this command has; a query by the class alone tells the machine's own settings.
    Get-NetFirewallProfile -PolicyStore ActiveStore -ErrorAction Stop
}

function Get-HipaaSmbConfiguration {
    # Return what the SMB server or client goes by, as an object. Its class has no instances, and only this command reads by its method.
    param([string]$Side)

    if ($Side -ceq 'server') { Get-SmbServerConfiguration -ErrorAction Stop }
    else { Get-SmbClientConfiguration -ErrorAction Stop }
}

function Get-HipaaVpnConnection {
    # Return {found: 'connections', connections} for all users of the machine; {found: 'no command'} where Windows has no VPN client.
    # Those of one user are told to that user alone.
    if ($null -eq (Get-Command -Name Get-VpnConnection -ErrorAction SilentlyContinue)) { return @{ found = 'no command' } }
    @{ found = 'connections'; connections = @(Get-VpnConnection -AllUserConnection -ErrorAction Stop) }
}

function Get-HipaaIdentity {
    # Return {sid, administrator} of the account that this runs as.
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object -TypeName System.Security.Principal.WindowsPrincipal -ArgumentList $identity
    @{
        sid = [string]$identity.User.Value
        administrator = [bool]$principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
    }
}

function Get-HipaaSystemVersion {
    # Return {build, powershell, machine}: what the running system and this PowerShell say of themselves.
    @{
        build = [string][System.Environment]::OSVersion.Version.Build
        powershell = [string]$PSVersionTable.PSVersion
        machine = [string][System.Environment]::GetEnvironmentVariable('PROCESSOR_ARCHITECTURE')
    }
}

function Test-HipaaTokenGroup {
    # Return whether this process holds the group of a SID; one that is there only to deny is left out by .NET.
    param([string]$Sid)

    foreach ($group in [System.Security.Principal.WindowsIdentity]::GetCurrent().Groups) { if ($group.Value -ceq $Sid) { return $true } }
    $false
}

function Get-HipaaShell {
    # Return what this PowerShell is: {edition, language_mode, bits, culture, console_code_page}.
    @{
        edition = [string]$PSVersionTable.PSEdition
        language_mode = [string]$ExecutionContext.SessionState.LanguageMode
        bits = [int]([System.IntPtr]::Size * 8)
        culture = [string][System.Globalization.CultureInfo]::InstalledUICulture.Name
        console_code_page = [int][System.Console]::OutputEncoding.CodePage
    }
}

function Limit-HipaaProcess {
    # End this process so many seconds from now, well, though a call into Windows hangs in it: PowerShell waits for its runspaces as it
    # ends, also for threads in the background. By then the answer is out. PSRP's process is not ours: the next task comes to it.
    param([int]$Seconds)

    if ([System.Diagnostics.Process]::GetCurrentProcess().ProcessName -ceq 'wsmprovhost') { return }
    # No script can run when its time has come, so it is .NET's own call, without a kill's exit code, which ssh would take for its own.
    $code = [System.Linq.Expressions.Expression]::Constant(0)
    $call = [System.Linq.Expressions.Expression]::Call([System.Environment].GetMethod('Exit'), $code)
    $exit = [System.Linq.Expressions.Expression]::Lambda([System.Action], $call).Compile()
    $timer = New-Object -TypeName System.Threading.CancellationTokenSource -ArgumentList ($Seconds * 1000)
    $null = $timer.Token.Register($exit)
}

function Get-HipaaKeySddl {
    # Return {found: 'no key' | 'key', sddl: owner and who may do what}, of a key of the machine's in the view of 64 bits.
    param([string]$Key)

    $sections = [System.Security.AccessControl.AccessControlSections]'Access, Owner'
    $base = [Microsoft.Win32.RegistryKey]::OpenBaseKey([Microsoft.Win32.RegistryHive]'LocalMachine', [Microsoft.Win32.RegistryView]'Registry64')
    try {
        $opened = $base.OpenSubKey($Key, $false)
        if ($null -eq $opened) { return @{ found = 'no key' } }
        try {
            # A method of the key in .NET Framework, one beside it in .NET.
            if ($PSVersionTable.PSVersion.Major -lt 6) { $security = $opened.GetAccessControl($sections) }
            else { $security = [Microsoft.Win32.RegistryAclExtensions]::GetAccessControl($opened, $sections) }
            @{ found = 'key'; sddl = [string]$security.GetSecurityDescriptorSddlForm($sections) }
        }
        finally { $opened.Dispose() }
    }
    finally { $base.Dispose() }
}

function Get-HipaaFileSddl {
    # Return {found: 'nothing' | 'file' | 'folder', sddl: owner and who may do what}.
    param([string]$Path)

    # To a program of 32 bits Windows shows another System32.
    if ([System.Environment]::Is64BitOperatingSystem -and -not [System.Environment]::Is64BitProcess) { throw 'PowerShell of 32 bits sees other folders; use the one of 64 bits' }
    try { $attributes = [int][System.IO.File]::GetAttributes($Path) }
    catch {
        $cause = $_.Exception.GetBaseException()
        if ($cause -is [System.IO.FileNotFoundException] -or $cause -is [System.IO.DirectoryNotFoundException]) { return @{ found = 'nothing' } }
        throw
    }
    $sections = [System.Security.AccessControl.AccessControlSections]'Access, Owner'
    if ($attributes -band 16) {
        $security = New-Object -TypeName System.Security.AccessControl.DirectorySecurity -ArgumentList $Path, $sections
        return @{ found = 'folder'; sddl = [string]$security.GetSecurityDescriptorSddlForm($sections) }
    }
    $security = New-Object -TypeName System.Security.AccessControl.FileSecurity -ArgumentList $Path, $sections
    @{ found = 'file'; sddl = [string]$security.GetSecurityDescriptorSddlForm($sections) }
}

function Get-HipaaFileName {
    # Return the names of what lies in a folder.
    param([string]$Path)

    foreach ($one in [System.IO.Directory]::GetFileSystemEntries($Path)) { [System.IO.Path]::GetFileName($one) }
}
