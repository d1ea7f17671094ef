//! Results that were kept on another machine, as a CI job has uploaded them: taken into a folder of our own, within
//! limits, before anything of them is believed. Where they come from, nothing is written.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek as _};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use flate2::read::MultiGzDecoder;
use tempfile::TempDir;

use super::record::{RECORD, Record, Unreadable};
use super::results::{FOLDER, inside};
use crate::tree::{self, EntryKind, Tree, Unkept, plain};

/// The bytes of an archive that are read, once it is unpacked.
const LARGEST: u64 = 1 << 30;

/// The results of some Promises' tests.
#[derive(Debug)]
pub(crate) struct Artifact {
    folder: TempDir,
    promises: Vec<Promise>,
    /// Records that cannot be read, each in a sentence.
    pub(crate) unreadable: Vec<String>,
}

/// The results of one Promise.
#[derive(Debug)]
struct Promise {
    /// Its folder, as far as the artifact tells.
    path: PathBuf,
    /// Where its results are, as they would be in `.kratix-test`.
    folder: PathBuf,
}

impl Artifact {
    /// Takes over a folder, or a tar archive, which may be compressed with gzip.
    pub(crate) fn read(from: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("no temporary folder can be made")?;
        let metadata = fs::metadata(from).map_err(|error| cannot(from, &plain(&error)))?;
        let unpacked = folder.path().join("unpacked");
        let (root, tree) = if metadata.is_dir() {
            let tree = tree::scan(from).map_err(|error| cannot(from, &error.to_string()))?;
            (from.to_owned(), tree)
        } else {
            let tree = open(from).and_then(|tar| Ok(tree::unpack_artifact(tar, &unpacked)?));
            let tree = tree.map_err(|error| cannot(from, &format!("{error:#}")))?;
            if let Some((path, _)) = tree.entries.iter().find(|(_, entry)| is_too_large(&entry.kind)) {
                bail!(cannot(from, &format!("{path} and what comes before it is too much")));
            }
            (unpacked, tree)
        };
        let mut artifact = Self { folder, promises: Vec::new(), unreadable: Vec::new() };
        for path in records(&tree) {
            artifact.take(&root, &path)?;
        }
        if artifact.promises.is_empty() && artifact.unreadable.is_empty() {
            let what = "holds no results: no record.json is in it";
            bail!("{} {what}", from.display());
        }
        Ok(artifact)
    }

    /// Takes over the results of one test.
    fn take(&mut self, root: &Path, path: &Path) -> anyhow::Result<()> {
        let shown = path.join(RECORD);
        let record = match Record::read_or_why(&root.join(path)) {
            Ok(record) => record,
            Err(Unreadable::Version(version)) => {
                self.unreadable.push(format!(
                    "{} is of another version of the program: its format is {version}, and this one reads {}",
                    shown.display(),
                    Record::VERSION
                ));
                return Ok(());
            }
            Err(Unreadable::Broken) => {
                self.unreadable
                    .push(format!("{} cannot be read: it is broken, or no record", shown.display()));
                return Ok(());
            }
        };
        let test = inside(&record.test);
        let Some(above) = without_end(path, &test) else {
            let text = format!("{} is of the test {}, and is not in its place", shown.display(), record.test);
            self.unreadable.push(text);
            return Ok(());
        };
        let above = without_end(&above, Path::new("results")).unwrap_or(above);
        let promise = without_end(&above, Path::new(FOLDER)).unwrap_or(above);
        let to = self.promise(&promise).join("results").join(test);
        let parent = to.parent().unwrap_or(&to);
        fs::create_dir_all(parent).context("no results can be taken over")?;
        tree::copy_artifact(&root.join(path), &to).map_err(|error| cannot(path, &error.to_string()))?;
        Ok(())
    }

    fn promise(&mut self, path: &Path) -> PathBuf {
        if let Some(known) = self.promises.iter().find(|known| known.path == path) {
            return known.folder.clone();
        }
        let folder = self.folder.path().join(format!("promise-{}", self.promises.len()));
        self.promises.push(Promise { path: path.to_owned(), folder: folder.clone() });
        folder
    }

    /// The results of a Promise: those at its place below one of these folders, else those whose place is the end of its
    /// own. The only Promise there is has those that say nothing of their place.
    pub(crate) fn of(&self, promise: &Path, below: &[&Path], is_only: bool) -> Option<&Path> {
        let promise = fs::canonicalize(promise).ok()?;
        let places = below.iter().filter_map(|folder| {
            promise.strip_prefix(fs::canonicalize(folder).ok()?).ok().map(Path::to_owned)
        });
        let places: Vec<PathBuf> = places.collect();
        let at_place = self.promises.iter().find(|known| places.contains(&known.path));
        let ends = |known: &&Promise| match known.path.as_os_str().is_empty() {
            true => is_only,
            false => {
                let mut places = places.iter().filter(|place| !place.as_os_str().is_empty());
                promise.ends_with(&known.path) || places.any(|place| known.path.ends_with(place))
            }
        };
        let mut at_end = self.promises.iter().filter(ends);
        let only = at_end.next().filter(|_| at_end.next().is_none());
        at_place.or(only).map(|known| known.folder.as_path())
    }

    /// The places of the Promises that it has results of.
    pub(crate) fn places(&self) -> Vec<String> {
        let place =
            |path: &Path| if path.as_os_str().is_empty() { ".".into() } else { path.display().to_string() };
        self.promises.iter().map(|promise| place(&promise.path)).collect()
    }
}

fn cannot(from: &Path, why: &str) -> anyhow::Error {
    anyhow!("{} cannot be read: {why}", from.display())
}

fn is_too_large(kind: &EntryKind) -> bool {
    matches!(kind, EntryKind::Unkept(Unkept::TooLarge { .. }))
}

/// The tar stream of an archive, up to what is read at most.
fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    let mut file = File::open(path).map_err(|error| anyhow!(plain(&error)))?;
    let mut start = Vec::new();
    io::Read::by_ref(&mut file).take(4).read_to_end(&mut start)?;
    file.rewind()?;
    let file = BufReader::new(file);
    match start.as_slice() {
        [0x1f, 0x8b, ..] => Ok(Box::new(MultiGzDecoder::new(file).take(LARGEST))),
        [b'P', b'K', ..] => bail!("it is a zip archive; unpack it, and name the folder"),
        _ => Ok(Box::new(file.take(LARGEST))),
    }
}

/// The folders with a record, none of which is inside another: what a pipeline left may be called so, too.
fn records(tree: &Tree) -> Vec<PathBuf> {
    let is_file = |kind: &EntryKind| matches!(kind, EntryKind::File { .. });
    let files =
        tree.entries.iter().filter(|(_, entry)| is_file(&entry.kind)).map(|(path, _)| Path::new(path));
    let mut found: Vec<PathBuf> = files
        .filter(|path| path.file_name().is_some_and(|name| name == RECORD))
        .filter_map(|path| path.parent().map(Path::to_owned))
        .collect();
    found.sort_by_key(|path| path.components().count());
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in found {
        if !folders.iter().any(|outer| folder.starts_with(outer)) {
            folders.push(folder);
        }
    }
    folders
}

/// What comes before the end of a path; nothing if it ends otherwise.
fn without_end(path: &Path, end: &Path) -> Option<PathBuf> {
    let all: Vec<Component<'_>> = path.components().collect();
    path.ends_with(end).then(|| all[..all.len() - end.components().count()].iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(places: &[&str]) -> Artifact {
        let folder = tempfile::tempdir().expect("a folder");
        let mut artifact = Artifact { folder, promises: Vec::new(), unreadable: Vec::new() };
        for place in places {
            artifact.promise(Path::new(place));
        }
        artifact
    }

    #[test]
    fn a_promise_has_the_results_at_its_place_or_at_the_end_of_it() {
        let root = tempfile::tempdir().expect("a folder");
        let promise = root.path().join("promises/redis");
        fs::create_dir_all(&promise).expect("a folder");
        for (places, is_only, found) in [
            (&["promises/redis", "redis"][..], false, Some("promise-0")),
            (&["redis"], false, Some("promise-0")),
            (&["checkout/promises/redis"], false, Some("promise-0")),
            (&["", "other"], true, Some("promise-0")),
            (&[""], false, None),
            (&["other/redis", "another/promises"], true, None),
            (&["x/promises/redis", "y/promises/redis"], true, None),
        ] {
            let artifact = artifact(places);
            let here = artifact.of(&promise, &[&promise], is_only).is_some();
            assert_eq!(here, places.contains(&"") || places.contains(&"redis"), "{places:?}");
            let of = artifact.of(&promise, &[root.path()], is_only);
            let name = of.and_then(Path::file_name).and_then(std::ffi::OsStr::to_str);
            assert_eq!(name, found, "{places:?}");
        }
    }

    #[test]
    fn a_record_that_a_pipeline_left_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        for path in ["results/a/record.json", "results/a/output/record.json", "results/b/c/record.json"] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, "").expect("a file");
        }
        let tree = tree::scan(folder.path()).expect("a tree");
        assert_eq!(records(&tree), [Path::new("results/a"), Path::new("results/b/c")]);
        assert_eq!(without_end(Path::new("x/results/a"), Path::new("a")), Some("x/results".into()));
        assert_eq!(without_end(Path::new("a"), Path::new("a")), Some(PathBuf::new()));
    }
}
