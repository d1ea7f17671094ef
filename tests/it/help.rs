//! The help texts.

use crate::case::Case;

#[test]
fn every_help_fits_80_columns_and_is_in_one_style() {
    for arguments in [
        &["--help"][..],
        &["run", "--help"],
        &["list", "--help"],
        &["load", "--help"],
        &["doctor", "--help"],
        &["pipeline", "--help"],
        &["stage", "--help"],
        &["completions", "--help"],
    ] {
        let case = Case::empty().env("COLUMNS", "80");
        let help = case.run(arguments).exits(0).stdout;
        for line in help.lines() {
            assert!(line.chars().count() <= 100, "too long: {line}");
            assert!(!line.trim_end().ends_with('.') || line.ends_with("..."), "a full stop: {line}");
        }
    }
}

#[test]
fn without_arguments_the_help_is_printed() {
    Case::empty().run(&[]).exits(2).says("Usage: kratix-test");
}
