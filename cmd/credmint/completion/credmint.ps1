# Completion of credmint in PowerShell: credmint completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName credmint -ScriptBlock {
    param($word, $ast, $cursor)
    $before = @($ast.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
        })
    $arguments = @($before + "$word" | ForEach-Object { "=$_" })
    $answer = @(credmint __complete powershell $arguments 2>$null)
    if ($LASTEXITCODE -ne 0) { return }
    foreach ($line in $answer) {
        $text, $about = $line -split "`t", 2
        if (-not $about) { $about = $text }
        [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $about)
    }
}
