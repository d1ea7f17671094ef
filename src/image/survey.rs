//! What lies below a folder: Dockerfiles that an image may come from, and scripts that may build one.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

use super::last_name;
use super::repository::Home;

/// Entries that are looked at before giving up.
const LIMIT: usize = 200_000;
/// A manifest tells its kind at the top.
const MANIFEST_HEAD: usize = 64 << 10;
const DOCKERFILES: [&str; 2] = ["Dockerfile", "Containerfile"];
/// Folders whose Dockerfiles build no image of a pipeline.
const BARREN: [&str; 7] = ["hack", "docs", "test", "tests", "testing", "example", "examples"];
/// Folders of other people's files, where no script counts either.
const FOREIGN: [&str; 2] = ["node_modules", "vendor"];

/// A Dockerfile that may build an image of the Promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) dockerfile: PathBuf,
    pub(super) folder: PathBuf,
}

impl Candidate {
    /// The name of its folder.
    pub(super) fn name(&self) -> String {
        last_name(&self.folder)
    }
}

/// What was found below a folder, by path.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Whosever they are: see [`Survey::candidates`].
    dockerfiles: Vec<Candidate>,
    /// Files that may be scripts or Makefiles, by their names.
    pub(super) scripts: Vec<PathBuf>,
    /// Set when there was too much to look at all of it.
    pub(super) incomplete: bool,
}

impl Survey {
    /// Looks below a folder of the repository with this root. Follows no link to a folder.
    pub(super) fn of(folder: &Path, root: &Path) -> Self {
        Self::within(folder, root, LIMIT)
    }

    fn within(folder: &Path, root: &Path, limit: usize) -> Self {
        let mut survey = Self::default();
        let mut folders = vec![(folder.to_owned(), false)];
        let mut seen = 0;
        while let Some((folder, barren)) = folders.pop() {
            let entries: Vec<DirEntry> = fs::read_dir(&folder).into_iter().flatten().flatten().collect();
            seen += entries.len();
            if seen > limit {
                survey.incomplete = true;
                break;
            }
            folders.extend(entries.iter().filter_map(|entry| below(entry, barren)));
            survey.scripts.extend(entries.iter().filter_map(script));
            survey.dockerfiles.extend((!barren).then(|| candidate(&folder, &entries, root)).flatten());
        }
        survey.dockerfiles.sort_by(|one, other| one.folder.cmp(&other.folder));
        survey.scripts.sort();
        survey
    }

    /// The Dockerfiles that are no other Promise's.
    pub(super) fn candidates(&self, home: &Home<'_>) -> Vec<Candidate> {
        let mut owners = Owners { home, known: BTreeMap::new() };
        self.dockerfiles.iter().filter(|candidate| !owners.another_owns(&candidate.folder)).cloned().collect()
    }
}

/// A folder to look into, and whether its Dockerfiles count for nothing.
fn below(entry: &DirEntry, barren: bool) -> Option<(PathBuf, bool)> {
    let name = entry.file_name().to_string_lossy().into_owned();
    let passed_over = name.starts_with('.') || FOREIGN.contains(&name.as_str());
    (!passed_over && entry.file_type().ok()?.is_dir())
        .then(|| (entry.path(), barren || BARREN.contains(&name.as_str())))
}

fn script(entry: &DirEntry) -> Option<PathBuf> {
    let path = entry.path();
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let by_name = extension.is_none_or(|extension| matches!(extension.as_str(), "sh" | "bash" | "mk"));
    (by_name && entry.file_type().ok()?.is_file()).then_some(path)
}

fn candidate(folder: &Path, entries: &[DirEntry], root: &Path) -> Option<Candidate> {
    let has = |name: &str| entries.iter().any(|entry| entry.file_name() == name);
    let dockerfile = DOCKERFILES.iter().any(|name| has(name)).then(|| dockerfile_in(folder, root));
    Some(Candidate { dockerfile: dockerfile.flatten()?, folder: folder.to_owned() })
}

/// The Dockerfile right in a folder.
pub(super) fn dockerfile_in(folder: &Path, root: &Path) -> Option<PathBuf> {
    DOCKERFILES.map(|name| folder.join(name)).into_iter().find(|path| is_within(path, root))
}

/// The Dockerfile right in a folder that settings name, wherever it is.
pub(super) fn dockerfile_anywhere(folder: &Path) -> Option<PathBuf> {
    DOCKERFILES.map(|name| folder.join(name)).into_iter().find(|path| path.is_file())
}

/// Whether a path is a file of the repository, by a link or not.
pub(super) fn is_within(path: &Path, root: &Path) -> bool {
    fs::canonicalize(path).is_ok_and(|real| real.is_file() && real.starts_with(root))
}

/// Which folders belong to other Promises.
struct Owners<'a> {
    home: &'a Home<'a>,
    known: BTreeMap<PathBuf, bool>,
}

impl Owners<'_> {
    /// Whether a folder, or one above it, holds another Promise. Ours owns what is below it, up to the next one.
    fn another_owns(&mut self, folder: &Path) -> bool {
        let home = self.home;
        let within = |above: &&Path| above.starts_with(home.root()) && *above != home.folder;
        folder.ancestors().take_while(within).any(|above| match self.known.get(above) {
            Some(known) => *known,
            None => *self.known.entry(above.to_owned()).or_insert(holds_another(above, &home.promise)),
        })
    }
}

/// Whether a Promise of another name lies right in a folder, whole or split in files.
fn holds_another(folder: &Path, promise: &str) -> bool {
    let split = folder.join("api.yaml").is_file() && folder.join("workflows").is_dir();
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut manifests = files.filter(|path| {
        path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") && path.is_file()
    });
    split || manifests.any(|path| is_another(&head(&path), promise))
}

fn head(path: &Path) -> String {
    use std::io::Read;
    let mut bytes = Vec::new();
    // What cannot be read holds no Promise that we could tell.
    let _ = fs::File::open(path).map(|file| file.take(MANIFEST_HEAD as u64).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether the text of a manifest is a Promise of another name. By its lines: a folder may hold anything.
fn is_another(text: &str, promise: &str) -> bool {
    text.split("\n---").any(|document| {
        let kind = document.lines().filter_map(|line| line.strip_prefix("kind:")).map(scalar).next();
        kind == Some("Promise") && metadata_name(document) != Some(promise)
    })
}

fn metadata_name(document: &str) -> Option<&str> {
    let metadata = document.lines().skip_while(|line| !line.starts_with("metadata:")).skip(1);
    let mut fields = metadata.take_while(|line| line.starts_with(' ')).peekable();
    let depth = fields.peek().map(|line| line.len() - line.trim_start().len())?;
    // Deeper ones are labels and annotations.
    fields.find_map(|line| line.get(depth..)?.strip_prefix("name:")).map(scalar)
}

fn scalar(text: &str) -> &str {
    let text = text.split(" #").next().unwrap_or(text);
    text.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Repository;
    use crate::image::testing::Files;

    fn found(files: &Files, folder: &str, promise: &str) -> Vec<String> {
        let repository = Repository::new(&files.path(""));
        let home = repository.home(&files.path(promise), "ours");
        let candidates = Survey::of(&files.path(folder), &files.path("")).candidates(&home);
        let path =
            |candidate: Candidate| candidate.dockerfile.strip_prefix(files.path("")).unwrap().to_owned();
        candidates.into_iter().map(|candidate| path(candidate).display().to_string()).collect()
    }

    #[test]
    fn dockerfiles_that_build_no_image_of_a_pipeline_are_no_candidates() {
        let files = Files::new(&[
            ("Dockerfile", ""),
            ("a/b/Containerfile", ""),
            ("a/b/Dockerfile", ""),
            ("c/Containerfile", ""),
            ("d/Dockerfile.dev", ""),
            ("e/Dockerfile/x", ""),
        ]);
        for folder in [
            ".hidden",
            "node_modules",
            "vendor",
            "hack",
            "docs",
            "test",
            "tests",
            "testing",
            "example",
            "examples",
        ] {
            files.write(&format!("{folder}/x/Dockerfile"), "");
            files.write(&format!("a/{folder}/Dockerfile"), "");
        }
        assert_eq!(found(&files, "", ""), ["Dockerfile", "a/b/Dockerfile", "c/Containerfile"]);
    }

    #[test]
    fn a_folder_that_is_asked_for_is_looked_into_whatever_its_name() {
        let files = Files::new(&[("test/Dockerfile", "")]);
        assert_eq!(found(&files, "test", "test"), ["test/Dockerfile"]);
    }

    #[test]
    fn links_out_of_the_repository_and_links_to_folders_are_not_followed() {
        let outside = Files::new(&[("Dockerfile", "")]);
        let files = Files::new(&[("real/Dockerfile", ""), ("linked/x", ""), ("out/x", "")]);
        let link = |to: &Path, at: &str| std::os::unix::fs::symlink(to, files.path(at)).unwrap();
        link(Path::new("../real/Dockerfile"), "linked/Dockerfile");
        link(&outside.path("Dockerfile"), "out/Dockerfile");
        link(&outside.path(""), "folder");
        link(Path::new("."), "loop");
        assert_eq!(found(&files, "", ""), ["linked/Dockerfile", "real/Dockerfile"]);
    }

    #[test]
    fn what_lies_below_another_promise_is_its_own() {
        let other = "apiVersion: v1\nkind: Promise # ours is elsewhere\nmetadata:\n  labels:\n    name: ours\n  name: other\n";
        let ours = "kind: Promise\nmetadata: # first\n  name: \"ours\"\n  labels: {}\n";
        let files = Files::new(&[
            ("ours/promise.yaml", ours),
            ("ours/a/Dockerfile", ""),
            ("ours/copy/promise.yaml", ours),
            ("ours/copy/Dockerfile", ""),
            ("ours/sub/promise.yaml", other),
            ("ours/sub/b/Dockerfile", ""),
            ("other/any.yml", &format!("kind: X\n---\n{other}")),
            ("other/c/Dockerfile", ""),
            ("split/api.yaml", ""),
            ("split/workflows/resource/configure/p/c/Dockerfile", ""),
            ("shared/Dockerfile", ""),
        ]);
        assert_eq!(found(&files, "ours", "ours"), ["ours/a/Dockerfile", "ours/copy/Dockerfile"]);
        assert_eq!(
            found(&files, "", "ours"),
            ["ours/a/Dockerfile", "ours/copy/Dockerfile", "shared/Dockerfile"]
        );
    }

    #[test]
    fn a_promise_in_several_files_owns_what_is_below_it() {
        let dockerfile = "split/workflows/resource/configure/p/c/Dockerfile";
        let files = Files::new(&[("split/api.yaml", ""), (dockerfile, "")]);
        assert_eq!(found(&files, "split", "split"), [dockerfile]);
    }

    #[test]
    fn too_many_files_are_not_taken_for_few() {
        let files = Files::new(&[("a", ""), ("b", ""), ("c/d", "")]);
        let root = files.path("");
        assert!(!Survey::within(&root, &root, 4).incomplete);
        assert!(Survey::within(&root, &root, 3).incomplete);
    }
}
