# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kratix_test_global_optspecs
    string join \n color= context= d/dir= host= h/help V/version
end

function __fish_kratix_test_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kratix_test_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kratix_test_using_subcommand
    set -l cmd (__fish_kratix_test_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kratix-test -n "__fish_kratix_test_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_needs_command" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_needs_command" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_needs_command" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_needs_command" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -s V -l version -d 'Print version'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "accept" -d 'Make what the last run left the new expectations, without running it again'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "build" -d 'Build the images that promise.yaml names'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "check" -d 'List what the platform would refuse, without running anything'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "clean" -d 'Remove the images, containers, volumes and results that this program made'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "completions" -d 'Print the completions of a shell'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "doctor" -d 'Look for what could keep tests from running, and say how to mend it'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "explain" -d 'Print a page on a finding, or list them all'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "init" -d 'Make the tests that a Promise lacks, with requests from its examples and its API'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "list" -d 'Show tests, pipelines, stages, and where each image is built'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "load" -d 'Put images into a local cluster, or from an archive into the engine'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "pipeline" -d 'Run one pipeline on an input and compare what it writes, as the enterprise plugin does'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "reject" -d 'Drop what the last run left, and keep the expectations'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "review" -d 'Go through what of the last run is not what is expected: accept, reject, mark or edit it'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "run" -d 'Build the images, run the pipelines, and compare what they leave with what is expected'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "schema" -d 'Print the JSON Schema of kratix-test.yaml, for editors'
complete -c kratix-test -n "__fish_kratix_test_needs_command" -f -a "stage" -d 'Run one stage on an input and compare what it writes, as the enterprise plugin does'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand accept" -s E -l filter -d 'Only tests whose name matches this regular expression' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand accept" -s p -l promise -d 'Only tests of this Promise' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand accept" -l workflow -d 'Only tests of this workflow, such as resource/configure' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand accept" -l from -d 'Accept the results of a run elsewhere: the .kratix-test of a CI job, as a folder, .tar or .tar.gz' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand accept" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand accept" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand accept" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand accept" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand accept" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand build" -l load -d 'Put them into a cluster on this machine: kind[:NAME], k3d[:NAME] or minikube[:PROFILE]' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand build" -l build-arg -d 'Set a build argument; without a value, the one of the environment' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand build" -l cache-from -d 'Import the cache of builds from elsewhere, such as type=registry,ref=IMAGE' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand build" -l cache-to -d 'Export the cache of builds, such as to type=registry,ref=IMAGE' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand build" -l image -d 'Where an image comes from: a folder with a Dockerfile, another image, or `pull`' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand build" -l secret -d 'Let builds read a secret: id=ID[,src=FILE|,env=VARIABLE]' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand build" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand build" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand build" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand build" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand build" -l no-capture -d 'Show the output of builds as it comes'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand build" -l no-build -d 'Build nothing: use the images that promise.yaml names as they are'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand build" -l pull -d 'Ask the registries for newer base images'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand build" -l rebuild -l no-cache -d 'Build what has not changed, too, without the engine\'s cache'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand build" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand check" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand check" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand check" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand check" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand check" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand clean" -l older-than -d 'Only images and results that are older than this, such as 12h or 7d' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand clean" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand clean" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand clean" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand clean" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand clean" -l all -d 'Every image that was built here, not only those of the Promises here'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand clean" -l dry-run -d 'Say what would be removed, and remove nothing'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand clean" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand completions" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand completions" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand completions" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand completions" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand completions" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand doctor" -l format -d 'How to print it' -r -f -a "json\t''
text\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand doctor" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand doctor" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand doctor" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand doctor" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand explain" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand explain" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand explain" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand explain" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand explain" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand init" -l ci -d 'Also write a job that runs the tests in CI' -r -f -a "github\t''
gitlab\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand init" -l from -d 'Take over tests in another layout: a folder of them, or a script that runs one' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand init" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand init" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand init" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand init" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand init" -l gitignore -d 'Also have git ignore what runs keep'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand init" -l no-run -d 'Only write the tests, and run nothing'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand init" -l pre-commit -d 'Also write a hook of pre-commit that checks the Promise'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand init" -s y -l yes -d 'Ask nothing: make every test, run it, and store what it leaves'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand init" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand list" -s E -l filter -d 'Only tests whose name matches this regular expression' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand list" -s p -l promise -d 'Only tests of this Promise' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand list" -l workflow -d 'Only tests of this workflow, such as resource/configure' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand list" -l format -d 'How to print it' -r -f -a "json\t''
text\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand list" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand list" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand list" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand list" -s v -l verbose -d 'Show the settings of each test too, and where each is written'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand list" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand load" -l from-archive -d 'Load the images of this archive into the engine; - reads standard input' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand load" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand load" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand load" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand load" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand load" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand pipeline" -l build-args -d 'Options of `docker build` for --build, such as "--build-arg VERSION=2 --no-cache"' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand pipeline" -s e -l engine -d 'Engine to use' -r -f -a "docker\t''
podman\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand pipeline" -l env -d 'Environment of the stages: NAME=VALUE, or NAME for ours; several with commas between them' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand pipeline" -s o -l expected-output-dir -d 'Folder of the files that are expected in /kratix/output' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand pipeline" -s i -l input-dir -d 'Folder of the files in /kratix/input: object.yaml, as it is' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand pipeline" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand pipeline" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand pipeline" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand pipeline" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand pipeline" -l build -d 'Build the images first, where they have changed; without it they are used as they are'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand pipeline" -l buildx -d 'Build with BuildKit, whatever the environment says'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand pipeline" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand reject" -s E -l filter -d 'Only tests whose name matches this regular expression' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand reject" -s p -l promise -d 'Only tests of this Promise' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand reject" -l workflow -d 'Only tests of this workflow, such as resource/configure' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand reject" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand reject" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand reject" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand reject" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand reject" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand review" -s E -l filter -d 'Only tests whose name matches this regular expression' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand review" -s p -l promise -d 'Only tests of this Promise' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand review" -l workflow -d 'Only tests of this workflow, such as resource/configure' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand review" -l format -d 'Print it in place of going through it' -r -f -a "json\t''
text\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand review" -l from -d 'Go through the results of a run elsewhere: the .kratix-test of a CI job, as a folder, .tar or .tar.gz' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand review" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand review" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand review" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand review" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand review" -s v -l verbose -d 'Print more of what differs'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand review" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -s E -l filter -d 'Only tests whose name matches this regular expression' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -s p -l promise -d 'Only tests of this Promise' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l workflow -d 'Only tests of this workflow, such as resource/configure' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l files -d 'How files reach the stages: folders that the engine shares, or a volume' -r -f -a "auto\t'Folders where the engine shares ours, else a volume'
volume\t'A volume, even where a folder would do'"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -s j -l jobs -d 'How many tests to run at once; by default twice the processors of the engine' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l request -d 'Run this resource request in place of the tests, and compare nothing' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l timeout -d 'Kill a stage that runs for longer than this, such as 90s or 5m' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l build-arg -d 'Set a build argument; without a value, the one of the environment' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l cache-from -d 'Import the cache of builds from elsewhere, such as type=registry,ref=IMAGE' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l cache-to -d 'Export the cache of builds, such as to type=registry,ref=IMAGE' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l image -d 'Where an image comes from: a folder with a Dockerfile, another image, or `pull`' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l secret -d 'Let builds read a secret: id=ID[,src=FILE|,env=VARIABLE]' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l fail-fast -d 'Stop at the first test that fails'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l idempotent -d 'Run every workflow twice, the second time on the status that the first left, and compare'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l no-capture -d 'Show the output of builds and stages as it comes'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -s u -l update -d 'Write what the pipelines left as the new expectations'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -s v -l verbose -d 'Show more: what each stage printed, also where it passed'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l no-build -d 'Build nothing: use the images that promise.yaml names as they are'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l pull -d 'Ask the registries for newer base images'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -l rebuild -l no-cache -d 'Build what has not changed, too, without the engine\'s cache'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand run" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand schema" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand schema" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand schema" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand schema" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand schema" -s h -l help -d 'Print help'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand stage" -l command -d 'Command to run in place of the container\'s: a line for `sh -c`' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand stage" -l image-tag -d 'Image to run in place of the stage\'s; without a stage, no Promise is needed' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand stage" -l build-args -d 'Options of `docker build` for --build, such as "--build-arg VERSION=2 --no-cache"' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand stage" -s e -l engine -d 'Engine to use' -r -f -a "docker\t''
podman\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand stage" -l env -d 'Environment of the stages: NAME=VALUE, or NAME for ours; several with commas between them' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand stage" -s o -l expected-output-dir -d 'Folder of the files that are expected in /kratix/output' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand stage" -s i -l input-dir -d 'Folder of the files in /kratix/input: object.yaml, as it is' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand stage" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c kratix-test -n "__fish_kratix_test_using_subcommand stage" -l context -d 'Docker context of the engine to use' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand stage" -s d -l dir -d 'Folder of the Promise, or one with Promises below it' -r -F
complete -c kratix-test -n "__fish_kratix_test_using_subcommand stage" -l host -d 'Address of the engine to use: a unix, tcp or ssh URL' -r
complete -c kratix-test -n "__fish_kratix_test_using_subcommand stage" -l build -d 'Build the images first, where they have changed; without it they are used as they are'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand stage" -l buildx -d 'Build with BuildKit, whatever the environment says'
complete -c kratix-test -n "__fish_kratix_test_using_subcommand stage" -s h -l help -d 'Print help'
