//! The dependency table of `src/lib.rs`, held against what the code imports.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::case::root;

/// Module → the modules of ours that it may name.
const TABLE: [(&str, &[&str]); 22] = [
    ("fuzz", &["diagnostic", "kratix", "suite", "tree"]),
    ("cli", &[]),
    (
        "commands",
        &[
            "archive",
            "called",
            "cli",
            "cluster",
            "diagnostic",
            "doctor",
            "engine",
            "exit",
            "image",
            "kratix",
            "outcome",
            "report",
            "review",
            "runner",
            "suite",
            "tree",
        ],
    ),
    ("review", &["compare", "outcome", "report", "runner", "suite", "tree"]),
    (
        "runner",
        &[
            "called",
            "compare",
            "diagnostic",
            "engine",
            "image",
            "kratix",
            "outcome",
            "secrets",
            "suite",
            "tree",
            "yaml",
        ],
    ),
    (
        "report",
        &[
            "called",
            "cli",
            "cluster",
            "commands",
            "compare",
            "diagnostic",
            "doctor",
            "exit",
            "image",
            "kratix",
            "outcome",
            "suite",
            "tree",
            "yaml",
        ],
    ),
    ("doctor", &["called", "engine"]),
    ("suite", &["compare", "diagnostic", "image", "kratix", "script", "tree", "yaml"]),
    ("cluster", &["archive", "engine", "tree"]),
    ("archive", &["tree"]),
    ("image", &["diagnostic", "script", "tree"]),
    ("engine", &["tree"]),
    ("kratix", &["diagnostic", "tree", "yaml"]),
    ("compare", &["diagnostic", "tree", "yaml"]),
    ("outcome", &["compare", "diagnostic", "exit", "kratix", "secrets", "suite", "tree"]),
    ("called", &[]),
    ("exit", &[]),
    ("diagnostic", &["tree", "yaml"]),
    ("script", &[]),
    ("secrets", &[]),
    ("yaml", &[]),
    ("tree", &[]),
];

/// A library → the only files that may name it.
const LIBRARIES: [(&str, &[&str]); 12] = [
    ("bollard", &["engine/docker"]),
    ("bollard_buildkit_proto", &["engine/docker/buildkit"]),
    ("tonic", &["engine/docker/buildkit"]),
    ("hyper", &["engine/docker"]),
    ("console", &["report/fit.rs", "report/paint.rs", "report/prompt.rs", "report/terminal.rs"]),
    ("crossterm", &["review/screen.rs"]),
    ("signal_hook", &["review/screen.rs"]),
    ("indicatif", &["report/terminal.rs"]),
    ("clap", &["cli.rs", "lib.rs", "commands/"]),
    ("tokio", &["archive/", "cluster/", "engine/", "runner/", "commands/"]),
    ("libyaml_safer", &["yaml/"]),
    ("serde_yaml", &["suite/settings.rs"]),
];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().is_dir() { walk(&entry.path(), found) } else { found.push(entry.path()) }
        }
    }
    let source = root().join("src");
    let mut files = Vec::new();
    walk(&source, &mut files);
    files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs") && !is_test(path))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source file");
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
            (path.strip_prefix(&source).expect("below src").display().to_string(), code)
        })
        .collect()
}

/// Tests may use what they like.
fn is_test(path: &Path) -> bool {
    ["tests", "tests.rs", "testing.rs", "parity.rs"].iter().any(|name| path.iter().any(|part| part == *name))
}

#[test]
fn modules_name_only_what_the_table_allows() {
    let used = Regex::new(r"\bcrate::(?:\{([^}]*)\}|(\w+))").expect("a pattern");
    let mut wrong = Vec::new();
    for (file, code) in sources() {
        let module = file.split(['/', '.']).next().unwrap_or_default();
        let Some((_, allowed)) = TABLE.iter().find(|(name, _)| *name == module) else { continue };
        for capture in used.captures_iter(&code) {
            let names = capture.get(1).or(capture.get(2)).map_or("", |names| names.as_str());
            for name in names.split(',').filter_map(|name| name.trim().split("::").next()) {
                if name != module && TABLE.iter().any(|(known, _)| *known == name) && !allowed.contains(&name)
                {
                    wrong.push(format!("{file} names {name}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_is_in_the_table() {
    for (file, _) in sources() {
        let module = file.split(['/', '.']).next().unwrap_or_default();
        let known = matches!(module, "main" | "lib") || TABLE.iter().any(|(name, _)| *name == module);
        assert!(known, "{file} is of a module that the table does not have");
    }
}

#[test]
fn libraries_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for (file, code) in sources() {
        for (library, homes) in LIBRARIES {
            let named = Regex::new(&format!(r"\b{library}::")).expect("a pattern");
            if named.is_match(&code) && !homes.iter().any(|home| file.starts_with(home)) {
                wrong.push(format!("{file} names {library}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_is_left_unfinished() {
    let forbidden = Regex::new(r"\b(dbg!|todo!|unimplemented!|FIXME|XXX)").expect("a pattern");
    let files: Vec<String> =
        sources().into_iter().filter(|(_, code)| forbidden.is_match(code)).map(|(file, _)| file).collect();
    assert!(files.is_empty(), "{files:?}");
}
