# Say where in an answer PowerShell's own wrapping is left, which JSON as PowerShell writes it does not show.
param([string]$Question, [string]$Answer)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
Add-Type -TypeDefinition @'
public static class Wrapped
{
    public static void Find(object one, string at, System.Collections.ArrayList found)
    {
        var list = one as System.Collections.IList;
        var table = one as System.Collections.IDictionary;
        if (list != null) { for (int i = 0; i < list.Count; i++) Find(list[i], at + "[" + i + "]", found); }
        else if (table != null) { foreach (System.Collections.DictionaryEntry part in table) Find(part.Value, at + "." + part.Key, found); }
        else if (one != null && one.GetType().Name == "PSObject") found.Add(at);
    }
}
'@
$given = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($Question))
foreach ($script in $given.scripts) { . ([scriptblock]::Create([System.IO.File]::ReadAllText($script))) }
function Limit-HipaaProcess { param([int]$Seconds) $global:limited = $Seconds }
$env:HIPAA_CIS_MACHINE = $given.machine
$told = Get-HipaaAnswer -Text $given.request
$found = New-Object -TypeName System.Collections.ArrayList
[Wrapped]::Find($told, '', $found)
[System.IO.File]::WriteAllText($Answer, (ConvertTo-Json -InputObject @{ count = $told.observations.Count; wrapped = $found.ToArray() } -Compress))
