//! The example requests of a Promise: what is run where there are no tests yet.

use std::path::{Path, PathBuf};

use super::repository::{subfolders, yaml_files};
use super::settings::join;
use crate::diagnostic::Source;
use crate::kratix::Promise;

/// Folders beside a Promise whose files may be example requests.
const FOLDERS: [&str; 6] = ["example", "examples", "sample", "samples", "request", "requests"];

/// The files beside a Promise, or in its folders of examples, that are requests of its API.
pub(crate) fn examples(folder: &Path, promise: &Promise) -> Vec<PathBuf> {
    let Some(api) = &promise.api else { return Vec::new() };
    let nested =
        subfolders(folder).into_iter().filter(|child| FOLDERS.iter().any(|name| child.ends_with(name)));
    let files = std::iter::once(folder.to_owned()).chain(nested).flat_map(|folder| yaml_files(&folder));
    let is_request = |path: &PathBuf| {
        let Ok(source) = Source::read(path) else { return false };
        // One that is not even YAML is worth an error message.
        let Ok(documents) = source.documents() else { return seems_to_be(&source, &api.kind) };
        let group = |version: &str| version.split('/').next() == Some(api.group.as_str());
        documents.len() == 1
            && documents[0].root.text("kind") == Some(api.kind.as_str())
            && documents[0].root.text("apiVersion").is_some_and(group)
    };
    files.filter(is_request).collect()
}

/// Whether a line of a file that is not YAML says that it is of a kind.
fn seems_to_be(source: &Source, kind: &str) -> bool {
    let text = String::from_utf8_lossy(&source.bytes);
    text.lines().any(|line| line.strip_prefix("kind:").is_some_and(|rest| rest.trim() == kind))
}

/// The folder of a new test for an example request: named like its file.
pub(crate) fn new_test(folder: &Path, request: &Path) -> PathBuf {
    let name =
        request.file_stem().map_or_else(|| "example".into(), |stem| stem.to_string_lossy().into_owned());
    join(folder, "test").join(name)
}
