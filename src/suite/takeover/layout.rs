//! Folders that together are a test: which of them is the input, and which say what is expected.

use std::fs;
use std::path::{Path, PathBuf};

use super::case::{Case, Expected};
use super::ground::Ground;
use super::{Note, REQUEST};
use crate::diagnostic::Source;
use crate::kratix::Promise;
use crate::suite::repository::yaml_files;

/// More folders than the tests of a repository have.
const LIMIT: usize = 20_000;
/// What the folders of a test begin with, where other files are beside them.
const PREFIXES: [&str; 3] = ["", "test-", "test_"];
const INPUTS: [&str; 2] = ["input", "inputs"];
/// Folders that are there to be compared with.
const EXPECTED: [&str; 7] = [
    "expected",
    "expected-output",
    "expected-outputs",
    "expected_output",
    "expected_outputs",
    "golden",
    "want",
];
/// Folders that a run writes into, which may be kept as what is expected.
const OUTPUTS: [&str; 2] = ["output", "outputs"];
const METADATA: [&str; 3] = ["metadata", "expected-metadata", "expected_metadata"];
/// What is no output in a folder of what is expected. What an input is afterwards is what it was before: no pipeline
/// can write there.
const BESIDE_OUTPUT: [&str; 3] = ["metadata", "exitcode", "input"];
/// What is no part of any test.
const ASIDE: [&str; 5] = ["kratix-test.yaml", "README.md", "README", ".gitkeep", ".gitignore"];
/// Further files of a test that is read as it is.
const OURS: [&str; 3] = ["status.yaml", "work.yaml", "exitcode"];

/// What was found below a folder.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) cases: Vec<Case>,
    pub(super) notes: Vec<Note>,
}

/// Every test in a known layout at or below a folder.
pub(super) fn find(ground: &Ground<'_>, from: &Path) -> Found {
    let mut found = Found::default();
    let mut folders = vec![from.to_owned()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        seen += 1;
        if seen > LIMIT {
            found
                .notes
                .push(ground.note(from, format!("holds more than {LIMIT} folders; not all were looked at")));
            break;
        }
        let children = ground.subfolders(&folder);
        let parts = found.at(ground, &folder, &children);
        folders.extend(children.into_iter().rev().filter(|child| !parts.contains(child)));
    }
    found
}

impl Found {
    /// Looks at one folder, and tells which of its subfolders are parts of tests.
    fn at(&mut self, ground: &Ground<'_>, folder: &Path, children: &[PathBuf]) -> Vec<PathBuf> {
        let child = |name: &str| children.iter().find(|child| child.ends_with(name)).cloned();
        if let (Some(before), Some(after)) = (child("before"), child("after")) {
            self.before_and_after(ground, folder, &before, &after);
            self.left_over(ground, folder, &[before.clone(), after.clone()]);
            return vec![before, after];
        }
        let mut parts = Vec::new();
        for prefix in PREFIXES {
            let first = |names: &[&str]| names.iter().find_map(|name| child(&format!("{prefix}{name}")));
            let Some(input) = first(&INPUTS) else { continue };
            let request = match request(ground, &input) {
                Ok(Some(request)) => request,
                Ok(None) => continue,
                Err(note) => {
                    self.notes.push(note);
                    parts.push(input);
                    continue;
                }
            };
            let mut case = Case {
                home: folder.to_owned(),
                input: input.clone(),
                request: Some(request),
                ..Case::default()
            };
            let beside = first(&METADATA);
            let expected = first(&EXPECTED).or_else(|| EXPECTED.iter().find_map(|name| child(name)));
            if let Some(expected) = expected {
                self.expected(ground, &mut case, &expected);
                parts.push(expected);
                parts.extend(first(&OUTPUTS));
                case.metadata = case.metadata.or_else(|| beside.clone().map(Expected::asserted));
            } else {
                case.output = first(&OUTPUTS).map(Expected::left);
                case.metadata = beside.clone().map(Expected::left);
            }
            let folders =
                [&case.output, &case.metadata].into_iter().flatten().map(|part| part.folder.clone());
            parts.extend(folders.chain(beside).chain([input]));
            if prefix.is_empty() {
                self.left_over(ground, folder, &parts);
            }
            self.beside_the_request(ground, &case);
            self.cases.push(case);
        }
        parts
    }

    /// A folder of what is expected: the output itself, or a folder for each.
    fn expected(&mut self, ground: &Ground<'_>, case: &mut Case, folder: &Path) {
        let [output, metadata] = ["output", "metadata"].map(|name| folder.join(name));
        case.metadata = metadata.is_dir().then(|| Expected::asserted(metadata.clone()));
        let code = folder.join("exitcode");
        if code.is_file() {
            match ground.read(&code).map(|source| String::from_utf8_lossy(&source.bytes).trim().parse()) {
                Ok(Ok(code)) => case.exit = Some(code),
                Ok(Err(_)) => self.notes.push(ground.note(&code, "does not hold an exit code alone")),
                Err(note) => self.notes.push(note),
            }
        }
        case.output = match output.is_dir() {
            true => Some(Expected::asserted(output)),
            false if metadata.is_dir() && !holds(folder, &BESIDE_OUTPUT) => None,
            false => {
                Some(Expected { without: BESIDE_OUTPUT.to_vec(), ..Expected::asserted(folder.to_owned()) })
            }
        };
    }

    /// `before` holds what is there before a run, and `after` what is expected to be there then.
    fn before_and_after(&mut self, ground: &Ground<'_>, folder: &Path, before: &Path, after: &Path) {
        let input = before.join("input");
        let input = if input.is_dir() { input } else { before.to_owned() };
        let request = match request(ground, &input) {
            Ok(request) => request,
            Err(note) => {
                self.notes.push(note);
                None
            }
        };
        let mut case = Case { home: folder.to_owned(), input, request, ..Case::default() };
        for part in ["output", "metadata"] {
            let seeds = before.join(part);
            if seeds.is_dir() && holds(&seeds, &[]) {
                case.before.insert(part, seeds);
            }
        }
        self.expected(ground, &mut case, after);
        self.beside_the_request(ground, &case);
        self.cases.push(case);
    }

    /// Tells of files in an input that no pipeline gets.
    fn beside_the_request(&mut self, ground: &Ground<'_>, case: &Case) {
        let is_part = |path: &Path| Some(path) == case.request.as_deref() || path.is_dir();
        for path in entries(&case.input).into_iter().filter(|path| !is_part(path) && !is_aside(path)) {
            self.notes
                .push(ground.note(&path, "is not taken over: all that a pipeline reads is object.yaml"));
        }
    }

    /// Tells of what stands in the folder of a test and is none of its parts.
    fn left_over(&mut self, ground: &Ground<'_>, folder: &Path, parts: &[PathBuf]) {
        // Where an image is built from, other files are.
        if ["Dockerfile", "Containerfile", "promise.yaml"].iter().any(|name| folder.join(name).exists()) {
            return;
        }
        for path in entries(folder).into_iter().filter(|path| !parts.contains(path) && !is_aside(path)) {
            let is_ours = OURS.iter().any(|name| path.ends_with(name));
            if path.is_file() && !is_ours || path.ends_with("actual") {
                self.notes.push(ground.note(&path, "is not taken over"));
            }
        }
    }
}

/// The request in a folder: `object.yaml`, or the only other file that may be one.
pub(super) fn request(ground: &Ground<'_>, input: &Path) -> Result<Option<PathBuf>, Note> {
    if let Some(request) =
        [REQUEST, "object.yml"].map(|name| input.join(name)).into_iter().find(|path| path.is_file())
    {
        return Ok(Some(request));
    }
    let kind = ground.promise.promise.api.as_ref().map(|api| api.kind.as_str());
    let is_request = |path: &PathBuf| {
        let Ok(source) = Source::read(path) else { return false };
        let documents = source.documents().unwrap_or_default();
        let [document] = documents.as_slice() else { return false };
        let found = document.root.text("kind");
        found.is_some() && (found == kind || found == Some(Promise::KIND))
    };
    let requests: Vec<PathBuf> = yaml_files(input)
        .into_iter()
        .filter(|path| ground.inside(path).is_some())
        .filter(is_request)
        .collect();
    match requests.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only.clone())),
        several => {
            let names: Vec<String> = several
                .iter()
                .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
                .collect();
            let text =
                format!("holds several requests ({}) and no {REQUEST}: none is taken over", names.join(", "));
            Err(ground.note(input, text))
        }
    }
}

fn is_aside(path: &Path) -> bool {
    path.file_name().is_some_and(|name| ASIDE.iter().any(|aside| name == *aside))
}

/// Whether a folder holds anything but these.
fn holds(folder: &Path, except: &[&str]) -> bool {
    let is_other = |path: &PathBuf| !is_aside(path) && !except.iter().any(|name| path.ends_with(name));
    entries(folder).iter().any(is_other)
}

/// What is right in a folder, by name.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
