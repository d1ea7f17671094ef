//! The completions that are committed are those that the program prints.

use std::fs;
use std::process::Command;

use crate::case::{Case, root};

#[test]
fn the_committed_completions_are_current() {
    let shells = [
        ("bash", "kratix-test.bash"),
        ("zsh", "_kratix-test"),
        ("fish", "kratix-test.fish"),
        ("powershell", "_kratix-test.ps1"),
        ("elvish", "kratix-test.elv"),
    ];
    for (shell, file) in shells {
        let printed = Case::empty().run(&["completions", shell]).exits(0).stdout;
        let committed = fs::read_to_string(root().join("completions").join(file)).unwrap_or_default();
        assert!(printed == committed, "completions/{file} is out of date: run `make completions`");
    }
}

/// What a real bash offers for the last word of a line.
fn offered(words: &[&str]) -> Vec<String> {
    let script = "source completions; complete=($(complete -p kratix-test))
        for i in \"${!complete[@]}\"; do [ \"${complete[i]}\" = -F ] && function=${complete[i + 1]}; done
        COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1))
        \"$function\" kratix-test \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let case = Case::empty();
    let completions = case.run(&["completions", "bash"]).exits(0).stdout;
    let case = case.file("completions", &completions);
    let mut bash = Command::new("bash");
    let output = bash.args(["-c", script, "bash"]).args(words).current_dir(case.path()).output();
    let output = output.expect("bash is installed");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_and_their_options() {
    assert_eq!(offered(&["kratix-test", "ru"]), ["run"]);
    assert_eq!(offered(&["kratix-test", "run", "--upd"]), ["--update"]);
    assert_eq!(offered(&["kratix-test", "list", "--format", ""]), ["json", "text"]);
    let every = offered(&["kratix-test", "run", "-v", "--"]);
    for option in ["--filter", "--jobs", "--request", "--dir", "--color"] {
        assert!(every.iter().any(|offered| offered == option), "{option}: {every:?}");
    }
    assert_eq!(offered(&["kratix-test", "completions", "z"]), ["zsh"]);
}
