# Put questions to host.psm1's own functions, with a command of CIM in the place of Windows' own.
param([string]$Question, [string]$Answer)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$given = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($Question))
. ([scriptblock]::Create([System.IO.File]::ReadAllText($given.script)))

function Invoke-CimMethod {
    param($InputObject, [string]$MethodName, [hashtable]$Arguments, [int]$OperationTimeoutSec)

    if ($InputObject.fails -ceq $MethodName) { throw 'WBEM' }
    if ($MethodName -ceq 'GetProtectionStatus') {
        return [pscustomobject]@{ ReturnValue = $InputObject.returns; ProtectionStatus = $InputObject.protection }
    }
    if ($MethodName -ceq 'GetKeyProtectors') {
        return [pscustomobject]@{ ReturnValue = $InputObject.returns; VolumeKeyProtectorID = $InputObject.ids }
    }
    $number = $Arguments['VolumeKeyProtectorID']
    [pscustomobject]@{ ReturnValue = [int]($number -ceq 'bad'); KeyProtectorType = $number.Length }
}

[System.IO.Directory]::SetCurrentDirectory($given.folder)
$files = @{}
foreach ($name in $given.files) { $files[$name] = Test-HipaaProgramFile -Name $name }
$protectors = foreach ($volume in $given.volumes) {
    $told = Get-HipaaKeyProtector -Volume $volume
    @{ known = ($null -ne $told); types = @($told) }
}
$protection = foreach ($volume in $given.volumes) { @{ told = (Get-HipaaProtection -Volume $volume) } }
$answered = @{ files = $files; protectors = @($protectors); protection = @($protection) }
[System.IO.File]::WriteAllText($Answer, (ConvertTo-Json -InputObject $answered -Depth 5 -Compress))
