//! Pairs of folders, one file of `corpus` per theme: what is expected, what was left, and what is said of it.
//!
//! A case begins with `== NAME`. `-- expected [FILE] [crlf] [no-newline]` and `-- actual …` begin a file (`x.yaml`, unless
//! it is named); `-- says` begins what a comparison reports, which is nothing if it is left out.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::super::{CompareError, DifferenceKind, Rules, compare};
use super::line;
use crate::tree::scan;

const FILES: &[(&str, &str)] = &[
    ("embedded", include_str!("corpus/embedded.txt")),
    ("files", include_str!("corpus/files.txt")),
    ("formatting", include_str!("corpus/formatting.txt")),
    ("kubernetes", include_str!("corpus/kubernetes.txt")),
    ("lists", include_str!("corpus/lists.txt")),
    ("marks", include_str!("corpus/marks.txt")),
    ("quantities", include_str!("corpus/quantities.txt")),
    ("secrets", include_str!("corpus/secrets.txt")),
    ("streams", include_str!("corpus/streams.txt")),
    ("values", include_str!("corpus/values.txt")),
];

/// A pair of folders.
pub(in crate::compare) struct Pair {
    pub(in crate::compare) name: String,
    pub(in crate::compare) expected: TempDir,
    pub(in crate::compare) actual: TempDir,
    says: String,
}

/// Every pair of the corpus.
pub(in crate::compare) fn pairs() -> Vec<Pair> {
    FILES.iter().flat_map(|(theme, text)| text.split("\n== ").skip(1).map(|case| pair(theme, case))).collect()
}

fn pair(theme: &str, text: &str) -> Pair {
    let (name, body) = text.split_once('\n').expect("a name, and what is compared");
    let (expected, actual) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let mut says = String::new();
    for section in format!("\n{body}").split("\n-- ").skip(1) {
        let (head, content) = section.split_once('\n').unwrap_or((section, ""));
        let content =
            if content.is_empty() { String::new() } else { format!("{}\n", content.trim_end_matches('\n')) };
        let mut words = head.split(' ');
        match words.next() {
            Some("expected") => file(expected.path(), words, &content),
            Some("actual") => file(actual.path(), words, &content),
            Some("says") => says = content,
            _ => panic!("{theme}: {name}: -- {head}"),
        }
    }
    Pair { name: format!("{theme}: {name}"), expected, actual, says }
}

fn file<'w>(folder: &Path, words: impl Iterator<Item = &'w str>, content: &str) {
    let (mut path, mut content) = ("x.yaml", content.to_owned());
    for word in words {
        match word {
            "crlf" => content = content.replace('\n', "\r\n"),
            "no-newline" => content = content.trim_end().to_owned(),
            "nothing" => return,
            name => path = name,
        }
    }
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, content).expect("a file");
}

/// All that a comparison says.
pub(super) fn said(expected: &Path, actual: &Path) -> String {
    let rules = Rules { marks: Some(&[]), ..Rules::default() };
    let mut text = String::new();
    match compare(&scan(expected).expect("a folder"), &scan(actual).expect("a folder"), &rules) {
        Ok(comparison) => {
            for found in comparison.differences {
                let _ = writeln!(text, "{}: {}", found.file, found.kind);
                if let DifferenceKind::ChangedDocument(document) = &found.kind {
                    document.changes.iter().for_each(|change| _ = writeln!(text, "  {}", line(change)));
                }
            }
            for note in comparison.notes {
                let _ = writeln!(text, "note: {}: {}", note.file, note.kind);
            }
        }
        Err(CompareError::Source(error)) => {
            let path = error.path.file_name().expect("a name").to_string_lossy().into_owned();
            let at = error.at.expect("a place");
            let hint = error.hint.map_or_else(String::new, |hint| format!(" ({hint})"));
            let _ = writeln!(text, "error: {path}:{}:{}: {}{hint}", at.line, at.column, error.message);
        }
        Err(error) => panic!("{error}"),
    }
    text
}

#[test]
fn every_pair_of_the_corpus_is_reported_as_it_says() {
    let pairs = pairs();
    let mut wrong = String::new();
    for pair in &pairs {
        let said = said(pair.expected.path(), pair.actual.path());
        if said != pair.says {
            let _ = writeln!(wrong, "== {}\n-- says, and should:\n{}-- says:\n{said}", pair.name, pair.says);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(pairs.len() >= 120, "{} pairs", pairs.len());
}

#[test]
fn what_is_left_is_the_same_as_itself() {
    for pair in pairs().iter().filter(|pair| !pair.name.starts_with("marks")) {
        for side in [&pair.expected, &pair.actual] {
            let said = said(side.path(), side.path());
            assert!(said.lines().all(|line| line.starts_with("note: ")), "{}: {said}", pair.name);
        }
    }
}
