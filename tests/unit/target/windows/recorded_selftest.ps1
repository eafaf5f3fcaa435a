# What the second ways of the self-test meet on a recorded machine, beside recorded.ps1: `said` of programs by their command line, `cim` by class.

function Invoke-HipaaProgram {
    param([string]$Program, [string[]]$Arguments, [int]$Most)

    $machine = Get-HipaaMachine
    $line = "$Program $($Arguments -join ' ')"
    $known = $machine.said.PSObject.Properties[$line]
    if ($null -ne $known) {
        if ($known.Value -eq 'hangs') { [System.Threading.Thread]::Sleep(60000) }
        if ($known.Value -is [string]) { throw $known.Value }
        return @{ code = [int]$known.Value.code; said = ([string]$known.Value.text).Trim() }
    }
    $name = $Program
    if ($Program -eq 'secedit' -and $Arguments -notcontains 'SECURITYPOLICY') { $name = 'secedit of rights' }
    $exported = $machine.programs.PSObject.Properties[$name]
    if ($null -eq $exported) { throw "this Windows has no $Program, or no '$line'" }
    $global:exported = $exported.Value
    @{ code = [int]$exported.Value.code; said = '' }
}

function Get-HipaaCim {
    param([string]$Namespace, [string]$ClassName, [string[]]$Property, [string]$Filter)

    $known = (Get-HipaaMachine).cim.PSObject.Properties[$ClassName]
    if ($null -eq $known) { return @{ found = 'no class' } }
    if ($known.Value -is [string]) { throw $known.Value }
    @{ found = 'objects'; objects = @($known.Value) }
}

function Get-HipaaShell { $told = @{}; foreach ($part in (Get-HipaaMachine).shell.PSObject.Properties) { $told[$part.Name] = $part.Value }; $told }
function Test-HipaaTokenGroup { param([string]$Sid) (Get-HipaaMachine).groups -contains $Sid }
