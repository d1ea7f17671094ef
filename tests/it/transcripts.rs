//! Every transcript of the documentation is what the program prints.
//!
//! A block of `console` is run line by line, by a shell, in a copy of `fixtures/elastic-cloud` that the blocks of one
//! file share, or, behind a comment that says so, in an empty folder. The clone of this project is in `~/kratix-test`. Times and whether an image had to be built are not compared. `TRANSCRIPTS=overwrite cargo test transcripts` writes them anew.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::case::{Case, program, redact, root};

/// A line of a document: text, or a command of a transcript with what it prints.
enum Part {
    Text(String),
    Command { line: usize, command: String, printed: String },
}

fn parts(markdown: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut inside = false;
    for (index, line) in markdown.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            parts.push(Part::Command {
                line: index + 1,
                command: command.to_owned(),
                printed: String::new(),
            });
            continue;
        } else if let Some(Part::Command { printed, .. }) = parts.last_mut().filter(|_| inside) {
            printed.push_str(line);
            printed.push('\n');
            continue;
        }
        parts.push(Part::Text(line.to_owned()));
    }
    parts
}

/// Where the blocks behind a line of a document are run, if it says so.
fn place(line: &str) -> Option<&str> {
    line.strip_prefix("<!-- run in ")?.strip_suffix(" -->")
}

/// What a place is before anything is run there.
fn start(place: &str) -> Case {
    if let Some(fixture) = place.strip_prefix("fixtures/") {
        return Case::fixture(fixture);
    }
    assert_eq!(place, "an empty folder");
    Case::empty()
}

/// Runs a command as a user would and returns both streams, in the order they were written.
fn printed(case: &Case, home: &Path, command: &str) -> String {
    let programs = Path::new(program()).parent().expect("a folder");
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh")
        .args(["-c", &format!("{command} 2>&1")])
        .current_dir(case.path())
        .env("PATH", path)
        .env("COLUMNS", "80")
        .env("HOME", home)
        .env_remove("CI")
        .output()
        .expect("a shell");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// Without what is said only where no earlier run has built the same image.
fn unless_built(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("Built ")).map(|line| format!("{line}\n")).collect()
}

fn check(document: &str) {
    let path = root().join(document);
    let text = fs::read_to_string(&path).expect(document);
    let overwrite = std::env::var("TRANSCRIPTS").is_ok_and(|value| value == "overwrite");
    let home = tempfile::tempdir().expect("a folder");
    symlink(root(), home.path().join("kratix-test")).expect("a link");
    let mut cases: BTreeMap<String, Case> = BTreeMap::new();
    let mut here = "fixtures/elastic-cloud".to_owned();
    let mut written = String::new();
    for part in parts(&text) {
        match part {
            Part::Text(line) => {
                here = place(&line).unwrap_or(&here).to_owned();
                written.push_str(&format!("{line}\n"));
            }
            Part::Command { line, command, printed: expected } => {
                let case = cases.entry(here.clone()).or_insert_with(|| start(&here));
                let actual = printed(case, home.path(), &command);
                let comparable = |text: &str| unless_built(&redact(text, case.path()));
                let same = comparable(&actual) == comparable(expected.trim_end());
                assert!(
                    same || overwrite,
                    "{document}:{line}: `{command}` prints\n\n{actual}\n\nand not\n\n{expected}"
                );
                let shown = if same { expected.trim_end() } else { actual.as_str() };
                let newline = if shown.is_empty() { "" } else { "\n" };
                written.push_str(&format!("$ {command}\n{shown}{newline}"));
            }
        }
    }
    if overwrite {
        fs::write(path, written).expect(document);
    }
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    check("README.md");
}

#[test]
fn the_page_on_the_enterprise_plugin_shows_what_the_program_prints() {
    check("docs/enterprise-plugin.md");
}
