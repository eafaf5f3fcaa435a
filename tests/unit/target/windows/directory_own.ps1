# Put questions to host.psm1's own functions about a domain, with a directory in the place of Windows' own.
param([string]$Question, [string]$Answer)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$given = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($Question))
. ([scriptblock]::Create([System.IO.File]::ReadAllText($given.script)))
Add-Type -TypeDefinition @'
using System;
using System.Collections;

// As System.DirectoryServices has them: a table by names in small letters, which has a list of no values for what is not shown.
public class Attributes : DictionaryBase
{
    public ArrayList this[string name] { get { return InnerHashtable.Contains(name) ? (ArrayList)InnerHashtable[name] : new ArrayList(); } }
    public ICollection PropertyNames { get { return Dictionary.Keys; } }
    public void Put(string name, object one) { if (!InnerHashtable.Contains(name)) InnerHashtable[name] = new ArrayList(); this[name].Add(one); }
}
public class Found { public Attributes Properties = new Attributes(); }
public class Listed : ArrayList, IDisposable { public static int Disposed; public void Dispose() { Disposed++; } }
public class Searcher
{
    public Listed All = new Listed();
    public int Fails;
    public int SizeLimit;
    public Found FindOne() { if (Fails != 0) throw new System.Runtime.InteropServices.COMException("Es gibt kein solches Objekt", Fails); return All.Count == 0 ? null : (Found)All[0]; }
    public Listed FindAll() { while (SizeLimit > 0 && All.Count > SizeLimit) All.RemoveAt(All.Count - 1); return All; }
}
'@

function Get-HipaaSearcher {
    param([string]$Below, [string]$Scope, [string[]]$Attributes)

    $searcher = New-Object -TypeName Searcher
    $place = $case.PSObject.Properties["$Scope $Below".Trim()].Value
    if ($place -is [long] -or $place -is [int]) { $searcher.Fails = [int]$place }
    else {
        foreach ($one in $place) {
            $found = New-Object -TypeName Found
            foreach ($part in $one.PSObject.Properties) {
                if ($Attributes -notcontains $part.Name.Split(';')[0]) { continue }
                foreach ($value in $part.Value) { $found.Properties.Put($part.Name.ToLowerInvariant(), $value) }
            }
            $null = $searcher.All.Add($found)
        }
    }
    $searcher
}

$answers = foreach ($case in $given.cases) {
    try {
        if ($case.PSObject.Properties['Base']) { @{ told = (Get-HipaaDomainPolicy) } }
        else { @{ told = (Get-HipaaPasswordSettings -Most 2); disposed = [Listed]::Disposed } }
    }
    catch { @{ failed = [string]$_.Exception.GetBaseException().Message } }
}
[System.IO.File]::WriteAllText($Answer, (ConvertTo-Json -InputObject @($answers) -Depth 6 -Compress))
