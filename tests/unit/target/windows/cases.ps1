# Put each case to the module's functions, with a recorded machine in the place of Windows, in one process.
param([string]$Question, [string]$Answer)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$given = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($Question))
foreach ($script in $given.scripts) { . ([scriptblock]::Create([System.IO.File]::ReadAllText($script))) }
if ($given.culture) { [System.Threading.Thread]::CurrentThread.CurrentCulture = [System.Globalization.CultureInfo]::GetCultureInfo([string]$given.culture) }
if (-not $given.ends) {
    function Limit-HipaaProcess { param([int]$Seconds) $global:limited = $Seconds }
}
$answers = foreach ($case in $given.cases) {
    $env:HIPAA_CIS_MACHINE = $case.machine
    $global:limited = $null
    try {
        if ($case.request) { $told = Get-HipaaAnswer -Text $case.request }
        else { $told = Get-HipaaAnswer -Text (ConvertTo-HipaaRequest -Settings @(foreach ($one in $case.settings) {
                            $setting = @{}
                            foreach ($part in $one.PSObject.Properties) { $setting[$part.Name] = $part.Value }
                            $setting
                        }))
        }
        @{ answer = $told; limited = $global:limited }
    }
    catch { @{ failed = $_.Exception.Message } }
}
# The depth is more than any answer has; one that were deeper would be cut off by a warning alone.
[System.IO.File]::WriteAllText($Answer, (ConvertTo-Json -InputObject @($answers) -Depth 20 -Compress))
# What hangs on purpose is not waited for, unless that is what the test is about.
if (-not $given.ends) { [System.Environment]::Exit(0) }
