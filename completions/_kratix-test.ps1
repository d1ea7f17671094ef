
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'kratix-test' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'kratix-test'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'kratix-test' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'List what the platform would refuse, without running anything')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completions of a shell')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Print a page on a finding, or list them all')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show tests, pipelines, stages, and where each image is built')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Build the images, run the pipelines, and compare what they leave with what is expected')
            break
        }
        'kratix-test;check' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;completions' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;explain' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;list' {
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'Only tests whose name matches this regular expression')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Only tests whose name matches this regular expression')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Only tests of this Promise')
            [CompletionResult]::new('--promise', '--promise', [CompletionResultType]::ParameterName, 'Only tests of this Promise')
            [CompletionResult]::new('--workflow', '--workflow', [CompletionResultType]::ParameterName, 'Only tests of this workflow, such as resource/configure')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print it')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;run' {
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'Only tests whose name matches this regular expression')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Only tests whose name matches this regular expression')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Only tests of this Promise')
            [CompletionResult]::new('--promise', '--promise', [CompletionResultType]::ParameterName, 'Only tests of this Promise')
            [CompletionResult]::new('--workflow', '--workflow', [CompletionResultType]::ParameterName, 'Only tests of this workflow, such as resource/configure')
            [CompletionResult]::new('--files', '--files', [CompletionResultType]::ParameterName, 'How files reach the stages: folders that the engine shares, or a volume')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'How many tests to run at once; by default twice the processors of the engine')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'How many tests to run at once; by default twice the processors of the engine')
            [CompletionResult]::new('--request', '--request', [CompletionResultType]::ParameterName, 'Run this resource request in place of the tests, and compare nothing')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Kill a stage that runs for longer than this, such as 90s or 5m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Stop at the first test that fails')
            [CompletionResult]::new('--idempotent', '--idempotent', [CompletionResultType]::ParameterName, 'Run every workflow twice, the second time on the status that the first left, and compare')
            [CompletionResult]::new('--no-capture', '--no-capture', [CompletionResultType]::ParameterName, 'Show the output of builds and stages as it comes')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'Write what the pipelines left as the new expectations')
            [CompletionResult]::new('--update', '--update', [CompletionResultType]::ParameterName, 'Write what the pipelines left as the new expectations')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show more: what each stage printed, also where it passed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show more: what each stage printed, also where it passed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
