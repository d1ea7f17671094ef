//! What must hold of any document holds of every one that a fixture expects.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Value as Json, json};

use super::super::ChangeKind;
use super::properties::{at, shuffle, shuffled};
use super::{changes, document, leaf_places};
use crate::yaml::{emit, parse};

/// Every YAML file that a test of a fixture expects.
fn expected() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for path in fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
            let is_expected = path.iter().any(|part| part == "output" || part == "metadata");
            match path.is_dir() {
                true if !path.ends_with(".kratix-test") => walk(&path, found),
                false if is_expected && path.extension().is_some_and(|extension| extension == "yaml") => {
                    found.push(path);
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), &mut found);
    assert!(found.len() > 20, "{} files", found.len());
    found
}

fn documents() -> Vec<(String, Json)> {
    let read = |path: PathBuf| {
        let documents = parse(&fs::read(&path).expect("a file")).unwrap_or_default();
        documents.into_iter().map(move |document| (path.display().to_string(), document.root.to_json()))
    };
    expected().into_iter().flat_map(read).collect()
}

#[test]
fn shuffled_and_formatted_anew_it_is_the_same() {
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    for (path, json) in documents() {
        let original = document(&json.to_string());
        for text in
            [emit(&json), shuffled(&json, "", &mut rng), serde_json::to_string_pretty(&json).expect("JSON")]
        {
            let found = changes(&original, &document(&text));
            assert!(found.is_empty(), "{path}: {found:?}");
        }
    }
}

#[test]
fn documents_in_another_order_are_the_same() {
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[8; 32]);
    for path in expected() {
        let text = fs::read(&path).expect("a file");
        let Ok(documents) = parse(&text) else { continue };
        let mut texts: Vec<String> =
            documents.iter().map(|document| emit(&document.root.to_json())).collect();
        shuffle(&mut texts, &mut rng);
        let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
        fs::write(folders[0].path().join("x.yaml"), &text).expect("a file");
        fs::write(folders[1].path().join("x.yaml"), texts.join("---\n")).expect("a file");
        assert_eq!(super::corpus::said(folders[0].path(), folders[1].path()), "", "{}", path.display());
    }
}

#[test]
fn one_changed_leaf_is_one_change_at_its_path_and_mirrored() {
    for (path, json) in documents() {
        let original = document(&json.to_string());
        for place in leaf_places(&json) {
            let mut other = json.clone();
            let leaf = at(&mut other, &place);
            *leaf = if leaf.is_string() { json!("something else") } else { json!(31337) };
            let other = document(&other.to_string());
            let (there, back) = (changes(&original, &other), changes(&other, &original));
            assert_eq!((there.len(), back.len()), (1, 1), "{path} {place:?}: {there:?}");
            assert_eq!(there[0].path.keys(), place, "{path}");
            assert_eq!(back[0].actual_path.keys(), place, "{path}");
            let is_mirrored = match (there[0].kind, back[0].kind) {
                (
                    ChangeKind::TypeChanged { expected, actual },
                    ChangeKind::TypeChanged { expected: one, actual: other },
                ) => (expected, actual) == (other, one),
                (one, other) => one == other,
            };
            assert!(is_mirrored, "{path} {place:?}");
        }
    }
}
