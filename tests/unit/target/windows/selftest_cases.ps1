# Put each case's request to the collectors, and its question to the second ways, with a recorded machine in the place of Windows.
param([string]$Question, [string]$Answer)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$given = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($Question))
foreach ($script in $given.scripts) { . ([scriptblock]::Create([System.IO.File]::ReadAllText($script))) }
function Limit-HipaaProcess { param([int]$Seconds) $global:limited = $Seconds }
if ($given.direct) {
    # One after the other in this session: a session of its own for each would be a minute for all cases.
    function Get-HipaaSession { }
    function Invoke-HipaaInTime {
        param($Session, [string]$Name, [hashtable]$Parameters, [double]$Seconds)

        try { @{ output = @(& $Name @Parameters) } }
        catch { @{ reason = (Get-HipaaReason $_.Exception) } }
    }
}

$answers = foreach ($case in $given.cases) {
    $env:HIPAA_CIS_MACHINE = $case.machine
    $global:limited = $null
    $told = @{}
    try { if ($case.request) { $told.ours = Get-HipaaAnswer -Text $case.request } }
    catch { $told.ours_failed = $_.Exception.Message }
    try { $told.again = Get-HipaaSecondAnswer -Text $case.question }
    catch { $told.again_failed = $_.Exception.Message }
    $told.limited = $global:limited
    $told
}
[System.IO.File]::WriteAllText($Answer, (ConvertTo-Json -InputObject @($answers) -Depth 12 -Compress))
[System.Environment]::Exit(0)
