
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
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('accept', 'accept', [CompletionResultType]::ParameterValue, 'Make what the last run left the new expectations, without running it again')
            [CompletionResult]::new('build', 'build', [CompletionResultType]::ParameterValue, 'Build the images that promise.yaml names')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'List what the platform would refuse, without running anything')
            [CompletionResult]::new('clean', 'clean', [CompletionResultType]::ParameterValue, 'Remove the images, containers, volumes and results that this program made')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completions of a shell')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Look for what could keep tests from running, and say how to mend it')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Print a page on a finding, or list them all')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Make the tests that a Promise lacks, with requests from its examples and its API')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show tests, pipelines, stages, and where each image is built')
            [CompletionResult]::new('load', 'load', [CompletionResultType]::ParameterValue, 'Put images into a local cluster, or from an archive into the engine')
            [CompletionResult]::new('pipeline', 'pipeline', [CompletionResultType]::ParameterValue, 'Run one pipeline on an input and compare what it writes, as the enterprise plugin does')
            [CompletionResult]::new('reject', 'reject', [CompletionResultType]::ParameterValue, 'Drop what the last run left, and keep the expectations')
            [CompletionResult]::new('review', 'review', [CompletionResultType]::ParameterValue, 'Go through what of the last run is not what is expected: accept, reject, mark or edit it')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Build the images, run the pipelines, and compare what they leave with what is expected')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the JSON Schema of kratix-test.yaml, for editors')
            [CompletionResult]::new('stage', 'stage', [CompletionResultType]::ParameterValue, 'Run one stage on an input and compare what it writes, as the enterprise plugin does')
            break
        }
        'kratix-test;accept' {
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'Only tests whose name matches this regular expression')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Only tests whose name matches this regular expression')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Only tests of this Promise')
            [CompletionResult]::new('--promise', '--promise', [CompletionResultType]::ParameterName, 'Only tests of this Promise')
            [CompletionResult]::new('--workflow', '--workflow', [CompletionResultType]::ParameterName, 'Only tests of this workflow, such as resource/configure')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Accept the results of a run elsewhere: the .kratix-test of a CI job, as a folder, .tar or .tar.gz')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;build' {
            [CompletionResult]::new('--load', '--load', [CompletionResultType]::ParameterName, 'Put them into a cluster on this machine: kind[:NAME], k3d[:NAME] or minikube[:PROFILE]')
            [CompletionResult]::new('--build-arg', '--build-arg', [CompletionResultType]::ParameterName, 'Set a build argument; without a value, the one of the environment')
            [CompletionResult]::new('--cache-from', '--cache-from', [CompletionResultType]::ParameterName, 'Import the cache of builds from elsewhere, such as type=registry,ref=IMAGE')
            [CompletionResult]::new('--cache-to', '--cache-to', [CompletionResultType]::ParameterName, 'Export the cache of builds, such as to type=registry,ref=IMAGE')
            [CompletionResult]::new('--image', '--image', [CompletionResultType]::ParameterName, 'Where an image comes from: a folder with a Dockerfile, another image, or `pull`')
            [CompletionResult]::new('--secret', '--secret', [CompletionResultType]::ParameterName, 'Let builds read a secret: id=ID[,src=FILE|,env=VARIABLE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('--no-capture', '--no-capture', [CompletionResultType]::ParameterName, 'Show the output of builds as it comes')
            [CompletionResult]::new('--no-build', '--no-build', [CompletionResultType]::ParameterName, 'Build nothing: use the images that promise.yaml names as they are')
            [CompletionResult]::new('--pull', '--pull', [CompletionResultType]::ParameterName, 'Ask the registries for newer base images')
            [CompletionResult]::new('--rebuild', '--rebuild', [CompletionResultType]::ParameterName, 'Build what has not changed, too, without the engine''s cache')
            [CompletionResult]::new('--no-cache', '--no-cache', [CompletionResultType]::ParameterName, 'Build what has not changed, too, without the engine''s cache')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;check' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;clean' {
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only images and results that are older than this, such as 12h or 7d')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every image that was built here, not only those of the Promises here')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be removed, and remove nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;completions' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;doctor' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print it')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;explain' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;init' {
            [CompletionResult]::new('--ci', '--ci', [CompletionResultType]::ParameterName, 'Also write a job that runs the tests in CI')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Take over tests in another layout: a folder of them, or a script that runs one')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('--gitignore', '--gitignore', [CompletionResultType]::ParameterName, 'Also have git ignore what runs keep')
            [CompletionResult]::new('--no-run', '--no-run', [CompletionResultType]::ParameterName, 'Only write the tests, and run nothing')
            [CompletionResult]::new('--pre-commit', '--pre-commit', [CompletionResultType]::ParameterName, 'Also write a hook of pre-commit that checks the Promise')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Ask nothing: make every test, run it, and store what it leaves')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask nothing: make every test, run it, and store what it leaves')
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
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show the settings of each test too, and where each is written')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show the settings of each test too, and where each is written')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;load' {
            [CompletionResult]::new('--from-archive', '--from-archive', [CompletionResultType]::ParameterName, 'Load the images of this archive into the engine; - reads standard input')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;pipeline' {
            [CompletionResult]::new('--build-args', '--build-args', [CompletionResultType]::ParameterName, 'Options of `docker build` for --build, such as "--build-arg VERSION=2 --no-cache"')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'Engine to use')
            [CompletionResult]::new('--engine', '--engine', [CompletionResultType]::ParameterName, 'Engine to use')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Environment of the stages: NAME=VALUE, or NAME for ours; several with commas between them')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Folder of the files that are expected in /kratix/output')
            [CompletionResult]::new('--expected-output-dir', '--expected-output-dir', [CompletionResultType]::ParameterName, 'Folder of the files that are expected in /kratix/output')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Folder of the files in /kratix/input: object.yaml, as it is')
            [CompletionResult]::new('--input-dir', '--input-dir', [CompletionResultType]::ParameterName, 'Folder of the files in /kratix/input: object.yaml, as it is')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('--build', '--build', [CompletionResultType]::ParameterName, 'Build the images first, where they have changed; without it they are used as they are')
            [CompletionResult]::new('--buildx', '--buildx', [CompletionResultType]::ParameterName, 'Build with BuildKit, whatever the environment says')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;reject' {
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'Only tests whose name matches this regular expression')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Only tests whose name matches this regular expression')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Only tests of this Promise')
            [CompletionResult]::new('--promise', '--promise', [CompletionResultType]::ParameterName, 'Only tests of this Promise')
            [CompletionResult]::new('--workflow', '--workflow', [CompletionResultType]::ParameterName, 'Only tests of this workflow, such as resource/configure')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;review' {
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'Only tests whose name matches this regular expression')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Only tests whose name matches this regular expression')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Only tests of this Promise')
            [CompletionResult]::new('--promise', '--promise', [CompletionResultType]::ParameterName, 'Only tests of this Promise')
            [CompletionResult]::new('--workflow', '--workflow', [CompletionResultType]::ParameterName, 'Only tests of this workflow, such as resource/configure')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print it in place of going through it')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Go through the results of a run elsewhere: the .kratix-test of a CI job, as a folder, .tar or .tar.gz')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print more of what differs')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print more of what differs')
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
            [CompletionResult]::new('--build-arg', '--build-arg', [CompletionResultType]::ParameterName, 'Set a build argument; without a value, the one of the environment')
            [CompletionResult]::new('--cache-from', '--cache-from', [CompletionResultType]::ParameterName, 'Import the cache of builds from elsewhere, such as type=registry,ref=IMAGE')
            [CompletionResult]::new('--cache-to', '--cache-to', [CompletionResultType]::ParameterName, 'Export the cache of builds, such as to type=registry,ref=IMAGE')
            [CompletionResult]::new('--image', '--image', [CompletionResultType]::ParameterName, 'Where an image comes from: a folder with a Dockerfile, another image, or `pull`')
            [CompletionResult]::new('--secret', '--secret', [CompletionResultType]::ParameterName, 'Let builds read a secret: id=ID[,src=FILE|,env=VARIABLE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Stop at the first test that fails')
            [CompletionResult]::new('--idempotent', '--idempotent', [CompletionResultType]::ParameterName, 'Run every workflow twice, the second time on the status that the first left, and compare')
            [CompletionResult]::new('--no-capture', '--no-capture', [CompletionResultType]::ParameterName, 'Show the output of builds and stages as it comes')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'Write what the pipelines left as the new expectations')
            [CompletionResult]::new('--update', '--update', [CompletionResultType]::ParameterName, 'Write what the pipelines left as the new expectations')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show more: what each stage printed, also where it passed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show more: what each stage printed, also where it passed')
            [CompletionResult]::new('--no-build', '--no-build', [CompletionResultType]::ParameterName, 'Build nothing: use the images that promise.yaml names as they are')
            [CompletionResult]::new('--pull', '--pull', [CompletionResultType]::ParameterName, 'Ask the registries for newer base images')
            [CompletionResult]::new('--rebuild', '--rebuild', [CompletionResultType]::ParameterName, 'Build what has not changed, too, without the engine''s cache')
            [CompletionResult]::new('--no-cache', '--no-cache', [CompletionResultType]::ParameterName, 'Build what has not changed, too, without the engine''s cache')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;schema' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kratix-test;stage' {
            [CompletionResult]::new('--command', '--command', [CompletionResultType]::ParameterName, 'Command to run in place of the container''s: a line for `sh -c`')
            [CompletionResult]::new('--image-tag', '--image-tag', [CompletionResultType]::ParameterName, 'Image to run in place of the stage''s; without a stage, no Promise is needed')
            [CompletionResult]::new('--build-args', '--build-args', [CompletionResultType]::ParameterName, 'Options of `docker build` for --build, such as "--build-arg VERSION=2 --no-cache"')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'Engine to use')
            [CompletionResult]::new('--engine', '--engine', [CompletionResultType]::ParameterName, 'Engine to use')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Environment of the stages: NAME=VALUE, or NAME for ours; several with commas between them')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Folder of the files that are expected in /kratix/output')
            [CompletionResult]::new('--expected-output-dir', '--expected-output-dir', [CompletionResultType]::ParameterName, 'Folder of the files that are expected in /kratix/output')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Folder of the files in /kratix/input: object.yaml, as it is')
            [CompletionResult]::new('--input-dir', '--input-dir', [CompletionResultType]::ParameterName, 'Folder of the files in /kratix/input: object.yaml, as it is')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Docker context of the engine to use')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Folder of the Promise, or one with Promises below it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address of the engine to use: a unix, tcp or ssh URL')
            [CompletionResult]::new('--build', '--build', [CompletionResultType]::ParameterName, 'Build the images first, where they have changed; without it they are used as they are')
            [CompletionResult]::new('--buildx', '--buildx', [CompletionResultType]::ParameterName, 'Build with BuildKit, whatever the environment says')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
