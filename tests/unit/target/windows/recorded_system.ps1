# What a recorded machine has besides that of recorded.ps1: classes of CIM, and the permissions of keys, folders and files.

function Get-HipaaCim {
    param([string]$Namespace, [string]$ClassName, [string[]]$Property, [string]$Filter)

    $known = (Get-HipaaMachine).cim.PSObject.Properties["$Namespace $ClassName"]
    if ($null -eq $known) { return @{ found = 'no class' } }
    if ($known.Value -is [string]) { throw $known.Value }
    $objects = @(foreach ($one in $known.Value) {
            $chosen = @{}
            foreach ($name in $Property) {
                # As WMI does, which takes no question for a property that the class does not have.
                if ($null -eq $one.PSObject.Properties[$name]) { throw "Ungueltige Abfrage: $name" }
                $chosen[$name] = $one.$name
            }
            New-Object -TypeName PSObject -Property $chosen
        })
    @{ found = 'objects'; objects = $objects }
}

function Get-HipaaSddl {
    param($Table, [string]$Path, [string]$Nothing)

    $known = $Table.PSObject.Properties[$Path]
    if ($null -eq $known) { return @{ found = $Nothing } }
    if ($known.Value -ceq 'closed') { throw (New-Object -TypeName System.UnauthorizedAccessException -ArgumentList 'Zugriff verweigert') }
    $found = 'file'
    if ($known.Value.StartsWith('folder ')) { $found = 'folder' }
    @{ found = $found; sddl = ($known.Value -creplace '^folder ', '') }
}

function Get-HipaaKeySddl { param([string]$Key) Get-HipaaSddl (Get-HipaaMachine).acls $Key 'no key' }
function Get-HipaaFileSddl { param([string]$Path) Get-HipaaSddl (Get-HipaaMachine).files $Path 'nothing' }

function Get-HipaaFileName {
    param([string]$Path)

    foreach ($known in (Get-HipaaMachine).files.PSObject.Properties) {
        if ($known.Name.StartsWith("$Path\") -and $known.Name.Substring($Path.Length + 1) -cnotmatch '\\') { $known.Name.Substring($Path.Length + 1) }
    }
}

function Get-HipaaRegistryValueName {
    param([string]$Key)

    $known = (Get-HipaaMachine).registry.PSObject.Properties["LocalMachine\64\$Key"]
    if ($null -ne $known) { foreach ($value in $known.Value.PSObject.Properties) { $value.Name.Substring(1) } }
}

function Get-HipaaFileByte {
    param([string]$Path, [int]$Most)

    $known = (Get-HipaaMachine).bytes.PSObject.Properties[$Path.Split('\')[-2] + '\' + $Path.Split('\')[-1]]
    if ($null -eq $known) { return $null }
    , [System.Convert]::FromBase64String($known.Value)
}

function Get-HipaaIdentity { @{ sid = (Get-HipaaMachine).own; administrator = [bool](Get-HipaaMachine).administrator } }
