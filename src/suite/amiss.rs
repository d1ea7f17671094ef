//! Folders of tests that are meant and are none, and settings that are about nothing.

use std::path::{Path, PathBuf};

use super::expectation::FOLDERS;
use super::repository::{PromiseFile, yaml_files};
use super::settings::{FILE_NAME, Settings, join};
use crate::diagnostic::{Source, SourceError};
use crate::kratix::nearest;
use crate::yaml::KeyPath;

/// The folder whose presence makes a test.
const INPUT: &str = "input";
const REQUEST: &str = "object.yaml";
/// The folders and files of a test.
const PARTS: [&str; 6] = [INPUT, "output", "metadata", "expected", "pipelines", "before"];
const FILES: [&str; 4] = [FILE_NAME, "status.yaml", "work.yaml", "exitcode"];

/// Whether a folder without tests in it is one that a test has.
pub(super) fn belongs_to_a_test(folder: &Path) -> bool {
    is_expectation(folder) || is_nearly_input(folder)
}

/// Why a folder that has these of a test's folders is no test, if it looks as if it were meant as one.
pub(super) fn no_input(folder: &Path, parts: &[PathBuf]) -> Option<SourceError> {
    let expectation = parts.iter().find(|part| is_expectation(part));
    let nearly = parts.iter().filter(|part| is_nearly_input(part));
    // By itself it may be a place for requests that several tests share.
    let nearly = nearly.into_iter().find(|part| expectation.is_some() || part.join(REQUEST).exists());
    if let Some(nearly) = nearly {
        let message = format!("has {} where a test has input/", shown(nearly));
        let hint = format!("rename it to {}", join(folder, INPUT).display());
        return Some(SourceError::whole(folder, message).hint(hint));
    }
    let message = format!("has {} and no input/, so that it is no test", shown(expectation?));
    let hint = format!(
        "put the request into {}, or say `request:` or `workflow: promise/configure` in {}; \
         a folder that is no test begins with _",
        join(folder, INPUT).join(REQUEST).display(),
        join(folder, FILE_NAME).display()
    );
    Some(SourceError::whole(folder, message).hint(hint))
}

/// Why a test has no request, if `input/object.yaml` is not there.
pub(super) fn no_request(folder: &Path) -> Option<SourceError> {
    let input = folder.join(INPUT);
    let path = input.join(REQUEST);
    // One that cannot be read, or a link to nowhere, is there and says so itself.
    if path.symlink_metadata().is_ok() {
        return None;
    }
    let error = SourceError::whole(&path, "is not there: a test needs a resource request");
    Some(match yaml_files(&input).as_slice() {
        [only] => error.hint(format!("rename {} to {REQUEST}", only.display())),
        _ => error.hint(format!(
            "put one there, or name one with `request:` in {}",
            join(folder, FILE_NAME).display()
        )),
    })
}

/// What stands in a test under a name that is nearly one of those that count: nobody would look at it.
pub(super) fn misspelt(folder: &Path) -> Option<SourceError> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().find_map(|path| {
        let name = name_of(&path);
        let known = if path.is_dir() { PARTS.as_slice() } else { FILES.as_slice() };
        if name.starts_with(['.', '_']) || known.contains(&name) {
            return None;
        }
        let meant = nearest(name, known.iter().copied())?;
        let error = SourceError::whole(&path, "is no part of a test");
        Some(error.hint(format!("did you mean {meant}? What is passed over begins with _")))
    })
}

/// The first stage that settings are about and that no pipeline of the Promise has. Files above the Promise may be for
/// several.
pub(super) fn unknown_stage(
    settings: &Settings,
    folder: &Path,
    file: &PromiseFile,
    known: &[String],
) -> Option<SourceError> {
    let (name, _) = settings.stages().find(|(name, _)| !known.iter().any(|known| known == name))?;
    let of_the_promise = |folder: &&Path| file.folder == Path::new(".") || folder.starts_with(&file.folder);
    let path = KeyPath::from_iter(["stages", name]);
    let source = folder.ancestors().take_while(of_the_promise).find_map(|folder| {
        let source = Source::read(&join(folder, FILE_NAME)).ok()?;
        let document = source.documents().ok()?.into_iter().next()?;
        let at = document.root.get("stages")?.as_map()?.get(name)?.key_at;
        Some((source, at))
    });
    let (source, at) = source?;
    let error = source.error(at, format!("{path}: no pipeline of the Promise has a container {name}"));
    Some(match nearest(name, known.iter().map(String::as_str)) {
        Some(nearest) => error.hint(format!("did you mean `{nearest}`?")),
        None => error.hint(format!("it has {}", known.join(", "))),
    })
}

fn name_of(folder: &Path) -> &str {
    folder.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn shown(folder: &Path) -> String {
    format!("{}/", name_of(folder))
}

/// Also one that is nearly called so.
fn is_expectation(folder: &Path) -> bool {
    let name = name_of(folder).to_lowercase();
    name == "expected" || FOLDERS.iter().any(|known| strsim::osa_distance(&name, known) <= 1)
}

fn is_nearly_input(folder: &Path) -> bool {
    let name = name_of(folder);
    name != INPUT && strsim::osa_distance(&name.to_lowercase(), INPUT) <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_nearly_input_and_other_words_are_not() {
        for name in ["inputs", "Input", "INPUT", "imput", "inptu"] {
            assert!(is_nearly_input(Path::new(name)), "{name}");
        }
        for name in ["input", "output", "in", "fixtures"] {
            assert!(!is_nearly_input(Path::new(name)), "{name}");
        }
        for (name, is) in [("outputs", true), ("Metadata", true), ("expected", true), ("out", false)] {
            assert_eq!(is_expectation(Path::new(name)), is, "{name}");
        }
    }
}
