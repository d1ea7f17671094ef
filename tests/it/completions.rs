//! The completions that are committed are those that the program prints.

use std::fs;

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
