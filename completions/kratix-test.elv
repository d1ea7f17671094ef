
use builtin;
use str;

set edit:completion:arg-completer[kratix-test] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'kratix-test'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'kratix-test'= {
            cand --color 'When to use colour'
            cand --context 'Docker context of the engine to use'
            cand --dir 'Folder of the Promise, or one with Promises below it'
            cand --host 'Address of the engine to use: a unix, tcp or ssh URL'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand accept 'Make what the last run left the new expectations, without running it again'
            cand build 'Build the images that promise.yaml names'
            cand check 'List what the platform would refuse, without running anything'
            cand clean 'Remove the images, containers, volumes and results that this program made'
            cand completions 'Print the completions of a shell'
            cand doctor 'Look for what could keep tests from running, and say how to mend it'
            cand explain 'Print a page on a finding, or list them all'
            cand list 'Show tests, pipelines, stages, and where each image is built'
            cand load 'Put images into a local cluster, or from an archive into the engine'
            cand reject 'Drop what the last run left, and keep the expectations'
            cand review 'Show what of the last run is not what is expected'
            cand run 'Build the images, run the pipelines, and compare what they leave with what is expected'
        }
        &'kratix-test;accept'= {
            cand -E 'Only tests whose name matches this regular expression'
            cand --filter 'Only tests whose name matches this regular expression'
            cand -p 'Only tests of this Promise'
            cand --promise 'Only tests of this Promise'
            cand --workflow 'Only tests of this workflow, such as resource/configure'
            cand --color 'When to use colour'
            cand --context 'Docker context of the engine to use'
            cand --dir 'Folder of the Promise, or one with Promises below it'
            cand --host 'Address of the engine to use: a unix, tcp or ssh URL'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kratix-test;build'= {
            cand --load 'Put them into a cluster on this machine: kind[:NAME], k3d[:NAME] or minikube[:PROFILE]'
            cand --build-arg 'Set a build argument; without a value, the one of the environment'
            cand --cache-from 'Import the cache of builds from elsewhere, such as type=registry,ref=IMAGE'
            cand --cache-to 'Export the cache of builds, such as to type=registry,ref=IMAGE'
            cand --image 'Where an image comes from: a folder with a Dockerfile, another image, or `pull`'
            cand --secret 'Let builds read a secret: id=ID[,src=FILE|,env=VARIABLE]'
            cand --color 'When to use colour'
            cand --context 'Docker context of the engine to use'
            cand --dir 'Folder of the Promise, or one with Promises below it'
            cand --host 'Address of the engine to use: a unix, tcp or ssh URL'
            cand --no-capture 'Show the output of builds as it comes'
            cand --no-build 'Build nothing: use the images that promise.yaml names as they are'
            cand --pull 'Ask the registries for newer base images'
            cand --rebuild 'Build what has not changed, too, without the engine''s cache'
            cand --no-cache 'Build what has not changed, too, without the engine''s cache'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kratix-test;check'= {
            cand --color 'When to use colour'
            cand --context 'Docker context of the engine to use'
            cand --dir 'Folder of the Promise, or one with Promises below it'
            cand --host 'Address of the engine to use: a unix, tcp or ssh URL'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kratix-test;clean'= {
            cand --older-than 'Only images and results that are older than this, such as 12h or 7d'
            cand --color 'When to use colour'
            cand --context 'Docker context of the engine to use'
            cand --dir 'Folder of the Promise, or one with Promises below it'
            cand --host 'Address of the engine to use: a unix, tcp or ssh URL'
            cand --all 'Every image that was built here, not only those of the Promises here'
            cand --dry-run 'Say what would be removed, and remove nothing'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kratix-test;completions'= {
            cand --color 'When to use colour'
            cand --context 'Docker context of the engine to use'
            cand --dir 'Folder of the Promise, or one with Promises below it'
            cand --host 'Address of the engine to use: a unix, tcp or ssh URL'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kratix-test;doctor'= {
            cand --format 'How to print it'
            cand --color 'When to use colour'
            cand --context 'Docker context of the engine to use'
            cand --dir 'Folder of the Promise, or one with Promises below it'
            cand --host 'Address of the engine to use: a unix, tcp or ssh URL'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kratix-test;explain'= {
            cand --color 'When to use colour'
            cand --context 'Docker context of the engine to use'
            cand --dir 'Folder of the Promise, or one with Promises below it'
            cand --host 'Address of the engine to use: a unix, tcp or ssh URL'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kratix-test;list'= {
            cand -E 'Only tests whose name matches this regular expression'
            cand --filter 'Only tests whose name matches this regular expression'
            cand -p 'Only tests of this Promise'
            cand --promise 'Only tests of this Promise'
            cand --workflow 'Only tests of this workflow, such as resource/configure'
            cand --format 'How to print it'
            cand --color 'When to use colour'
            cand --context 'Docker context of the engine to use'
            cand --dir 'Folder of the Promise, or one with Promises below it'
            cand --host 'Address of the engine to use: a unix, tcp or ssh URL'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kratix-test;load'= {
            cand --from-archive 'Load the images of this archive into the engine; - reads standard input'
            cand --color 'When to use colour'
            cand --context 'Docker context of the engine to use'
            cand --dir 'Folder of the Promise, or one with Promises below it'
            cand --host 'Address of the engine to use: a unix, tcp or ssh URL'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kratix-test;reject'= {
            cand -E 'Only tests whose name matches this regular expression'
            cand --filter 'Only tests whose name matches this regular expression'
            cand -p 'Only tests of this Promise'
            cand --promise 'Only tests of this Promise'
            cand --workflow 'Only tests of this workflow, such as resource/configure'
            cand --color 'When to use colour'
            cand --context 'Docker context of the engine to use'
            cand --dir 'Folder of the Promise, or one with Promises below it'
            cand --host 'Address of the engine to use: a unix, tcp or ssh URL'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kratix-test;review'= {
            cand -E 'Only tests whose name matches this regular expression'
            cand --filter 'Only tests whose name matches this regular expression'
            cand -p 'Only tests of this Promise'
            cand --promise 'Only tests of this Promise'
            cand --workflow 'Only tests of this workflow, such as resource/configure'
            cand --format 'How to print it'
            cand --color 'When to use colour'
            cand --context 'Docker context of the engine to use'
            cand --dir 'Folder of the Promise, or one with Promises below it'
            cand --host 'Address of the engine to use: a unix, tcp or ssh URL'
            cand -v 'Show more of what differs'
            cand --verbose 'Show more of what differs'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'kratix-test;run'= {
            cand -E 'Only tests whose name matches this regular expression'
            cand --filter 'Only tests whose name matches this regular expression'
            cand -p 'Only tests of this Promise'
            cand --promise 'Only tests of this Promise'
            cand --workflow 'Only tests of this workflow, such as resource/configure'
            cand --files 'How files reach the stages: folders that the engine shares, or a volume'
            cand -j 'How many tests to run at once; by default twice the processors of the engine'
            cand --jobs 'How many tests to run at once; by default twice the processors of the engine'
            cand --request 'Run this resource request in place of the tests, and compare nothing'
            cand --timeout 'Kill a stage that runs for longer than this, such as 90s or 5m'
            cand --build-arg 'Set a build argument; without a value, the one of the environment'
            cand --cache-from 'Import the cache of builds from elsewhere, such as type=registry,ref=IMAGE'
            cand --cache-to 'Export the cache of builds, such as to type=registry,ref=IMAGE'
            cand --image 'Where an image comes from: a folder with a Dockerfile, another image, or `pull`'
            cand --secret 'Let builds read a secret: id=ID[,src=FILE|,env=VARIABLE]'
            cand --color 'When to use colour'
            cand --context 'Docker context of the engine to use'
            cand --dir 'Folder of the Promise, or one with Promises below it'
            cand --host 'Address of the engine to use: a unix, tcp or ssh URL'
            cand --fail-fast 'Stop at the first test that fails'
            cand --idempotent 'Run every workflow twice, the second time on the status that the first left, and compare'
            cand --no-capture 'Show the output of builds and stages as it comes'
            cand -u 'Write what the pipelines left as the new expectations'
            cand --update 'Write what the pipelines left as the new expectations'
            cand -v 'Show more: what each stage printed, also where it passed'
            cand --verbose 'Show more: what each stage printed, also where it passed'
            cand --no-build 'Build nothing: use the images that promise.yaml names as they are'
            cand --pull 'Ask the registries for newer base images'
            cand --rebuild 'Build what has not changed, too, without the engine''s cache'
            cand --no-cache 'Build what has not changed, too, without the engine''s cache'
            cand -h 'Print help'
            cand --help 'Print help'
        }
    ]
    $completions[$command]
}
