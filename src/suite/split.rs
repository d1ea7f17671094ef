//! Promises that are kept in several files: which folders hold one, and what it is called.

use std::path::{Path, PathBuf};

use super::settings::join;
use crate::diagnostic::{Source, SourceError};
use crate::kratix::{Workflow, split};

/// What a custom resource's definition is called, which is what an API is.
const DEFINITION: &str = "CustomResourceDefinition";
/// Where `kratix init` tells how the Promise was made.
const README: &str = "README.md";

/// The Promise that the files of a folder make, if they do.
pub(super) fn promise_in(folder: &Path) -> Result<Option<Source>, SourceError> {
    let file = |name: &str| Some(join(folder, name)).filter(|path| path.is_file());
    let (api, dependencies) = (file(split::API), file(split::DEPENDENCIES));
    let workflows: Vec<PathBuf> = Workflow::ALL
        .into_iter()
        .map(|workflow| join(folder, split::workflow_file(workflow)))
        .filter(|path| path.is_file())
        .collect();
    // Other projects have files of these names, too.
    let is_promise = !workflows.is_empty() || (dependencies.is_some() && api.as_deref().is_some_and(is_api));
    if !is_promise {
        return Ok(None);
    }
    let files = api.into_iter().chain(dependencies).chain(workflows);
    let files = files.map(|path| Source::read(&path)).collect::<Result<Vec<Source>, SourceError>>()?;
    Ok(Some(split::join(folder, &name(folder), files)))
}

fn is_api(path: &Path) -> bool {
    let documents = Source::read(path).and_then(|source| source.documents()).unwrap_or_default();
    documents.iter().any(|document| document.root.text("kind") == Some(DEFINITION))
}

/// The name that `kratix init` was given, as the README that it wrote tells; else the folder's.
fn name(folder: &Path) -> String {
    let readme = std::fs::read_to_string(join(folder, README)).unwrap_or_default();
    readme.lines().find_map(initialized).unwrap_or_else(|| slug(&called(folder)))
}

/// `kratix init promise redis --group …` → `redis`.
fn initialized(line: &str) -> Option<String> {
    let mut words = line.trim().strip_prefix("kratix init ")?.split_whitespace();
    let (command, name) = (words.next()?, words.next()?);
    (command.ends_with("promise") && !name.is_empty() && slug(name) == name).then(|| name.to_owned())
}

/// A folder's own name, whatever way it is written.
fn called(folder: &Path) -> String {
    let absolute = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    absolute.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A text as Kubernetes takes a name: lower case, with hyphens for whatever is neither letter nor digit.
fn slug(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let slug: String = text.chars().map(plain).collect();
    match slug.trim_matches('-') {
        "" => "promise".to_owned(),
        slug => slug.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_called_what_init_called_it_or_like_its_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("My_Redis.d");
        std::fs::create_dir(&folder).expect("a folder");
        assert_eq!(name(&folder), "my-redis-d");
        let readme = "# Promise\n\n```\nkratix init helm-promise redis --group acme.io --kind Redis\n```\n";
        std::fs::write(folder.join(README), readme).expect("a file");
        assert_eq!(name(&folder), "redis");
    }

    #[test]
    fn other_lines_of_a_readme_name_nothing() {
        for line in [
            "kratix init promise",
            "kratix init promise --group a",
            "kratix init-promise x",
            "kratix init aws x",
        ] {
            assert_eq!(initialized(line), None, "{line}");
        }
        assert_eq!(slug("---"), "promise");
    }
}
