//! What a test that is taken over is called.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::REQUEST;
use super::case::Case;
use super::ground::Ground;
use crate::suite::discovery::name_of;
use crate::suite::scaffold::offer::tests_folder;

/// Names of folders that say nothing of a test.
const GENERIC: [&str; 24] = [
    "test",
    "tests",
    "testing",
    "testdata",
    "test-input",
    "test_input",
    "test-inputs",
    "test_inputs",
    "input",
    "inputs",
    "internal",
    "workflows",
    "promise",
    "resource",
    "configure",
    "delete",
    "fixtures",
    "resources",
    "cases",
    "spec",
    "specs",
    "e2e",
    "pipeline",
    "kratix",
];
/// Names that are those of a test's parts.
const PARTS: [&str; 7] = ["input", "output", "metadata", "expected", "pipelines", "before", "after"];

/// The names that are taken.
pub(super) struct Names {
    taken: BTreeSet<String>,
    pub(super) tests: PathBuf,
}

impl Names {
    pub(super) fn of(ground: &Ground<'_>) -> Self {
        let taken = ground.promise.tests.iter().map(|test| name_of(test).to_owned()).collect();
        Self { taken, tests: tests_folder(&ground.promise.file.folder) }
    }

    /// A name that is not taken: that of the folder, with those above it as far as needed. `None` if a test with this
    /// request is there under that name already.
    pub(super) fn name(
        &mut self,
        ground: &Ground<'_>,
        case: &Case,
        request: Option<&[u8]>,
    ) -> Option<String> {
        let below = case.home.strip_prefix(&ground.folder).or_else(|_| case.home.strip_prefix(&ground.root));
        let below = below.unwrap_or(&case.home).with_extension("");
        let all: Vec<String> = below.iter().map(|part| readable(&part.to_string_lossy())).collect();
        let mut telling: Vec<&String> = all.iter().filter(|part| !GENERIC.contains(&part.as_str())).collect();
        let target = case.given.target.as_ref();
        let target = target.and_then(|target| target.stage.as_ref().or(target.pipeline.as_ref()));
        telling.extend(target.filter(|_| telling.is_empty()));
        let fallback = all.last().cloned().unwrap_or_else(|| "example".to_owned());
        if telling.is_empty() {
            telling.push(&fallback);
        }
        let longer = (1..=telling.len()).map(|count| {
            telling[telling.len() - count..].iter().map(|part| part.as_str()).collect::<Vec<_>>().join("-")
        });
        let longest = telling.iter().map(|part| part.as_str()).collect::<Vec<_>>().join("-");
        let numbered = (2..).map(|number| format!("{longest}-{number}"));
        for name in longer.chain(numbered) {
            let name = if PARTS.contains(&name.as_str()) { format!("{name}-test") } else { name };
            let folder = self.tests.join(&name);
            let there = std::fs::read(folder.join("input").join(REQUEST)).ok();
            if there.is_some() && there.as_deref() == request {
                return None;
            }
            if !folder.exists() && self.taken.insert(name.clone()) {
                return Some(name);
            }
        }
        None
    }
}

/// A name as a folder of ours may have it.
fn readable(name: &str) -> String {
    let letter = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = name.chars().map(letter).collect();
    name.trim_start_matches(['.', '_', '-']).trim_end_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_readable() {
        assert_eq!(["_my case", ".x.", "ok-1", "a/b"].map(readable), ["my-case", "x", "ok-1", "a-b"]);
    }
}
