# Say of each text what Windows PowerShell 5.1 does not know in it, and what it calls; PowerShell's own parser reads it, nothing is run.
param([string]$Question, [string]$Answer)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Get-NewerSyntax {
    # Return what the parser of 7 takes and that of 5.1 does not.
    param($Tree, $Tokens, [string]$Text)

    $newer = @('TernaryExpressionAst', 'PipelineChainAst')
    foreach ($node in $Tree.FindAll({ $true }, $true)) {
        $name = $node.GetType().Name
        if ($newer -ccontains $name) { $name }
        foreach ($property in 'NullConditional', 'Background') {
            if ($node.PSObject.Properties[$property] -and $node.$property) { $property }
        }
        if ($node.PSObject.Properties['CleanBlock'] -and $node.CleanBlock) { 'CleanBlock' }
    }
    foreach ($token in $Tokens) {
        $kind = [string]$token.Kind
        if ('QuestionQuestion', 'QuestionQuestionEquals' -ccontains $kind) { $kind }
        if ($kind -ceq 'Number' -and $token.Text -cmatch '^[+-]?0[bB]|([0-9][uUyYsSnN]|[uU][yYsSlL])([kmgtpKMGTP][bB])?$') { "number $($token.Text)" }
        if ($kind -cmatch 'Expandable$' -and $token.Text -cmatch '(^|[^`])(``)*`[eu]') { "escape in $($token.Text)" }
        if ($kind -ceq 'Pipe' -and $Text.Substring(0, $token.Extent.StartOffset) -cmatch '\n[ \t]*$') { 'a line that begins with a pipe' }
    }
}

function Get-Called {
    # Return each command: its name (text in brackets where that is worked out), its parameters, and the line.
    param($Tree)

    foreach ($node in $Tree.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) {
        $name = $node.GetCommandName()
        if (-not $name) { $name = "[$($node.CommandElements[0].Extent.Text)]" }
        $parameters = @($node.CommandElements | Where-Object -FilterScript { $_ -is [System.Management.Automation.Language.CommandParameterAst] })
        @{ name = $name; parameters = @($parameters | ForEach-Object -Process { $_.ParameterName }); line = $node.Extent.StartLineNumber }
    }
}

function Get-Method {
    # Return the methods that are called, those of a type with its name.
    param($Tree)

    foreach ($node in $Tree.FindAll({ $args[0] -is [System.Management.Automation.Language.InvokeMemberExpressionAst] }, $true)) {
        $of = ''
        if ($node.Static) { $of = $node.Expression.TypeName.FullName + '::' }
        "$of$($node.Member.Extent.Text)"
    }
}

$given = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($Question))
$told = foreach ($text in $given) {
    $tokens = $null
    $errors = $null
    $tree = [System.Management.Automation.Language.Parser]::ParseInput([string]$text, [ref]$tokens, [ref]$errors)
    $redirected = $tree.FindAll({ $args[0] -is [System.Management.Automation.Language.FileRedirectionAst] }, $true)
    $defined = $tree.FindAll({ $args[0] -is [System.Management.Automation.Language.FunctionDefinitionAst] }, $true)
    @{
        errors = @($errors | ForEach-Object -Process { "line $($_.Extent.StartLineNumber): $($_.Message)" })
        newer = @(Get-NewerSyntax $tree $tokens $text)
        defined = @($defined | ForEach-Object -Process { $_.Name })
        called = @(Get-Called $tree)
        members = @(Get-Method $tree | Sort-Object -Unique)
        redirected = @($redirected | ForEach-Object -Process { $_.Extent.Text })
    }
}
[System.IO.File]::WriteAllText($Answer, (ConvertTo-Json -InputObject @($told) -Depth 6 -Compress))
