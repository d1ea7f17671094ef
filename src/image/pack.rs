//! A build context as a tar: the same bytes for the same files, whoever packs them and when.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tar::{EntryType, Header};

use super::Recipe;
use super::context::{self, ContextError};
use super::ignore::{self, Ignore, Matched};
use super::instructions::Instructions;

/// What is held in memory at most.
const LIMIT: u64 = 2 << 30;
/// 2000-01-01: the builder's cache ignores times, but zip files cannot tell any before 1980.
const TIME: u64 = 946_684_800;
const IGNORE_FILE: &str = ".dockerignore";
/// What a run leaves beside a Promise.
const RESULTS: &str = ".kratix-test";

/// A build context, ready to be sent.
#[derive(Debug)]
pub(crate) struct Packed {
    /// Uncompressed.
    pub(crate) tar: Vec<u8>,
    /// Path of the Dockerfile in the tar.
    pub(crate) dockerfile: String,
    /// What the author should know about the context.
    pub(crate) warnings: Vec<String>,
}

impl Packed {
    /// The SHA-256 of the Dockerfile and the context, in hex: whatever their times, the same for the same files.
    pub(crate) fn digest(&self) -> String {
        hash(&self.tar)
    }
}

/// Packs what `docker build` would send. `replaced` is a Dockerfile to send in place of the one on disk.
pub(crate) fn pack(recipe: &Recipe, replaced: Option<String>) -> Result<Packed, ContextError> {
    pack_within(recipe, replaced, LIMIT)
}

fn pack_within(recipe: &Recipe, replaced: Option<String>, limit: u64) -> Result<Packed, ContextError> {
    let context = real(&recipe.context)?;
    let dockerfile = real(&recipe.dockerfile)?;
    let text = fs::read(&dockerfile).map_err(|error| ContextError::unreadable(&dockerfile, &error))?;
    let instructions = Instructions::parse(&String::from_utf8_lossy(&text), &recipe.args);
    let inside = dockerfile.strip_prefix(&context).ok();
    let ignore = rules(&context, &recipe.dockerfile, inside)?;

    let kept_out = kept_out(recipe, &context, &instructions.sources);
    let mut listing =
        Listing { context: &context, ignore: &ignore, kept_out: &kept_out, entries: BTreeMap::new() };
    listing.folder(Path::new(""), &Matched::default())?;
    let mut entries = listing.entries;
    check_size(&context, &entries, limit)?;

    let mut warnings = Vec::new();
    for path in context::dropped(&context, &instructions.sources) {
        warnings.push(format!(
            "{}: {path} does not exist in {}: taken for an empty folder that git did not keep",
            recipe.dockerfile.display(),
            recipe.context.display()
        ));
        entries.insert(path.into(), Content::Folder { mode: 0o755 });
    }
    let dockerfile = match replaced {
        // The image still sees the author's, if it sees any.
        Some(text) => place_dockerfile(&mut entries, None, text.into_bytes()),
        None => place_dockerfile(&mut entries, inside, text),
    };
    Ok(Packed { tar: write(&entries)?, dockerfile, warnings })
}

/// A SHA-256, in hex.
fn hash(tar: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(tar).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn real(path: &Path) -> Result<PathBuf, ContextError> {
    fs::canonicalize(path).map_err(|error| ContextError::unreadable(path, &error))
}

fn rules(context: &Path, dockerfile: &Path, inside: Option<&Path>) -> Result<Ignore, ContextError> {
    let Some(file) = ignore::file(context, dockerfile) else { return Ok(Ignore::default()) };
    let text = fs::read(&file).map_err(|error| ContextError::unreadable(&file, &error))?;
    let mut ignore = Ignore::parse(&String::from_utf8_lossy(&text), &file)?;
    if file == context.join(IGNORE_FILE) {
        // The engine reads these two, and then removes them itself where they are ignored.
        ignore.always(IGNORE_FILE.to_owned());
        ignore.always(inside.map(|path| path.to_string_lossy().into_owned()).unwrap_or_default());
    }
    Ok(ignore)
}

/// The folders of tests that no instruction names, as paths in the context.
fn kept_out(recipe: &Recipe, context: &Path, sources: &[String]) -> Vec<PathBuf> {
    let inside =
        recipe.tests.iter().filter_map(|folder| folder.strip_prefix(context).map(Path::to_owned).ok());
    inside
        .filter(|path| path != Path::new("") && !context::is_named(&path.to_string_lossy(), sources))
        .collect()
}

enum Content {
    Folder {
        mode: u32,
    },
    /// A file on disk, of this many bytes when it was listed.
    File {
        path: PathBuf,
        mode: u32,
        size: u64,
    },
    Bytes {
        bytes: Vec<u8>,
        mode: u32,
    },
    Link(PathBuf),
}

/// By path in the context; the order puts a folder before what is in it.
type Entries = BTreeMap<PathBuf, Content>;

/// Lists what is sent.
struct Listing<'a> {
    context: &'a Path,
    ignore: &'a Ignore,
    kept_out: &'a [PathBuf],
    entries: Entries,
}

impl Listing<'_> {
    fn folder(&mut self, path: &Path, matched: &Matched) -> Result<(), ContextError> {
        let folder = self.context.join(path);
        let unreadable = |error: io::Error| ContextError::unreadable(&folder, &error);
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            self.entry(path.join(entry.map_err(unreadable)?.file_name()), matched)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: PathBuf, parent: &Matched) -> Result<(), ContextError> {
        let file = self.context.join(&path);
        let metadata =
            fs::symlink_metadata(&file).map_err(|error| ContextError::unreadable(&file, &error))?;
        if metadata.is_dir() && self.is_ours(&path) {
            return Ok(());
        }
        let name = path.to_string_lossy();
        let (left_out, matched) = self.ignore.leaves_out(&name, parent);
        if metadata.is_dir() && (!left_out || self.ignore.reaches_into(&name)) {
            self.folder(&path, &matched)?;
        }
        if !left_out && let Some(content) = content(file, &metadata)? {
            self.entries.insert(path, content);
        }
        Ok(())
    }

    fn is_ours(&self, path: &Path) -> bool {
        self.kept_out.iter().any(|kept_out| kept_out == path) || path.ends_with(RESULTS)
    }
}

/// `None` for what is neither file, folder nor link.
fn content(path: PathBuf, metadata: &Metadata) -> Result<Option<Content>, ContextError> {
    let mode = metadata.permissions().mode() & 0o7777;
    if metadata.is_symlink() {
        let target = fs::read_link(&path).map_err(|error| ContextError::unreadable(&path, &error))?;
        return Ok(Some(Content::Link(target)));
    }
    Ok(match metadata {
        metadata if metadata.is_dir() => Some(Content::Folder { mode }),
        metadata if metadata.is_file() => Some(Content::File { path, mode, size: metadata.len() }),
        _ => None,
    })
}

fn check_size(context: &Path, entries: &Entries, limit: u64) -> Result<(), ContextError> {
    let sizes = entries.iter().filter_map(|(name, content)| match content {
        Content::File { size, .. } => Some((*size, name)),
        _ => None,
    });
    let total = sizes.clone().fold(0u64, |total, (size, _)| total.saturating_add(size));
    match sizes.max() {
        Some((size, largest)) if total > limit => Err(ContextError::TooLarge {
            context: context.to_owned(),
            limit: limit >> 20,
            largest: largest.clone(),
            size: size >> 20,
        }),
        _ => Ok(()),
    }
}

/// Where the Dockerfile is in the tar. One that is not sent with the rest is put there under a name that the engine is
/// told to remove, as the docker CLI does.
fn place_dockerfile(entries: &mut Entries, inside: Option<&Path>, text: Vec<u8>) -> String {
    if let Some(path) = inside.filter(|path| entries.contains_key(*path)) {
        return path.to_string_lossy().into_owned();
    }
    let name = format!(".dockerfile.{}", &hash(&text)[..20]);
    entries.insert(PathBuf::from(&name), Content::Bytes { bytes: text, mode: 0o600 });
    hide(entries, &name);
    name
}

/// Has the engine remove a file before the build.
fn hide(entries: &mut Entries, name: &str) {
    let present = entries.get(Path::new(IGNORE_FILE)).and_then(|content| match content {
        Content::File { path, mode, .. } => Some((fs::read(path).ok()?, *mode)),
        _ => None,
    });
    let (mut bytes, mode) = present.unwrap_or_else(|| (IGNORE_FILE.into(), 0o600));
    bytes.extend(format!("\n{name}\n").as_bytes());
    entries.insert(PathBuf::from(IGNORE_FILE), Content::Bytes { bytes, mode });
}

fn write(entries: &Entries) -> Result<Vec<u8>, ContextError> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, content) in entries {
        let appended = match content {
            Content::Folder { mode } => {
                // With a slash, as the docker CLI does it: the name counts in the builder's cache.
                tar.append_data(&mut header(EntryType::Directory, *mode, 0), path.join(""), io::empty())
            }
            Content::File { path: file, mode, .. } => {
                let bytes = fs::read(file).map_err(|error| ContextError::unreadable(file, &error))?;
                append(&mut tar, path, *mode, &bytes)
            }
            Content::Bytes { bytes, mode } => append(&mut tar, path, *mode, bytes),
            Content::Link(target) => tar.append_link(&mut header(EntryType::Symlink, 0o777, 0), path, target),
        };
        appended.map_err(|error| unpackable(path, &error))?;
    }
    tar.into_inner().map_err(|error| unpackable(Path::new("."), &error))
}

fn append(tar: &mut tar::Builder<Vec<u8>>, path: &Path, mode: u32, bytes: &[u8]) -> io::Result<()> {
    tar.append_data(&mut header(EntryType::Regular, mode, bytes.len()), path, bytes)
}

fn unpackable(path: &Path, error: &io::Error) -> ContextError {
    ContextError::Unpackable { path: path.to_owned(), reason: error.to_string() }
}

fn header(kind: EntryType, mode: u32, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size as u64);
    header.set_mtime(TIME);
    header.set_uid(0);
    header.set_gid(0);
    header
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::image::Rule;
    use crate::image::testing::Files;

    fn recipe(files: &Files, dockerfile: &str, context: &str) -> Recipe {
        Recipe {
            dockerfile: files.path(dockerfile),
            context: files.path(context),
            target: String::new(),
            args: BTreeMap::new(),
            rule: Rule::Settings,
            tests: vec![files.path("test"), files.path("tests")],
        }
    }

    /// Every entry of a tar: type, mode, path and, for a link, its target.
    fn entries(tar: &[u8]) -> Vec<String> {
        let mut tar = tar::Archive::new(tar);
        let entry = |entry: io::Result<tar::Entry<'_, _>>| {
            let entry = entry.unwrap();
            let kind = match entry.header().entry_type() {
                EntryType::Directory => 'd',
                EntryType::Symlink => 'l',
                _ => '-',
            };
            let link =
                entry.link_name().unwrap().map(|link| format!(" -> {}", link.display())).unwrap_or_default();
            let mode = entry.header().mode().unwrap();
            format!("{kind}{mode:o} {}{link}", entry.path().unwrap().display())
        };
        tar.entries().unwrap().map(entry).collect()
    }

    fn paths(packed: &Packed) -> Vec<String> {
        entries(&packed.tar).iter().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
    }

    fn text(packed: &Packed, path: &str) -> String {
        let mut tar = tar::Archive::new(&*packed.tar);
        let mut entry = tar
            .entries()
            .unwrap()
            .map(Result::unwrap)
            .find(|e| e.path().unwrap() == Path::new(path))
            .unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn modes_and_links_are_kept_and_what_is_no_file_is_not() {
        let files = Files::new(&[("Dockerfile", "FROM x"), ("d/run", "#!"), ("d.txt", "")]);
        let mode = |path: &str, mode| {
            fs::set_permissions(files.path(path), fs::Permissions::from_mode(mode)).unwrap();
        };
        mode("Dockerfile", 0o644);
        mode("d", 0o755);
        mode("d/run", 0o4755);
        mode("d.txt", 0o600);
        symlink("nowhere", files.path("link")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(files.path("socket")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, files.path("fifo"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
            .unwrap();
        let packed = pack(&recipe(&files, "Dockerfile", ""), None).unwrap();
        assert_eq!(packed.dockerfile, "Dockerfile");
        assert_eq!(
            entries(&packed.tar),
            ["-644 Dockerfile", "d755 d/", "-4755 d/run", "-600 d.txt", "l777 link -> nowhere"]
        );
    }

    #[test]
    fn the_same_files_are_the_same_bytes() {
        let files = [("b/x", "1"), ("a", "2"), ("Dockerfile", "FROM x")];
        let one = Files::new(&files);
        let other = Files::new(&[files[2], files[1], files[0]]);
        let old = std::time::SystemTime::UNIX_EPOCH;
        File::options().append(true).open(other.path("a")).unwrap().set_modified(old).unwrap();
        let tar = |files: &Files| hash(&pack(&recipe(files, "Dockerfile", ""), None).unwrap().tar);
        assert_eq!(tar(&one), tar(&other));
        other.write("a", "3");
        assert_ne!(tar(&one), tar(&other));
        assert_eq!(hash(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn long_names_and_names_that_are_not_utf8_are_sent() {
        use std::os::unix::ffi::OsStrExt;
        let long = format!("{0}/{0}/{0}", "n".repeat(100));
        let files = Files::new(&[("Dockerfile", "FROM x"), (&long, "")]);
        symlink("t".repeat(300), files.path("link")).unwrap();
        fs::write(files.path("").join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
        let found = paths(&pack(&recipe(&files, "Dockerfile", ""), None).unwrap());
        assert!(found.contains(&long));
        assert!(found.contains(&format!("link -> {}", "t".repeat(300))));
        assert!(found.contains(&"\u{fffd}".to_owned()));
    }

    #[test]
    fn results_and_tests_are_not_part_of_a_context() {
        let files = Files::new(&[
            (".kratix-test/results/x", ""),
            ("a/.kratix-test/x", ""),
            ("a/test/x", ""),
            ("test/x", ""),
            ("tests/x", ""),
            (".dockerignore", "!.kratix-test\n!test"),
        ]);
        files.write("Dockerfile", "FROM x\nCOPY . /");
        assert_eq!(
            paths(&pack(&recipe(&files, "Dockerfile", ""), None).unwrap()),
            [".dockerignore", "Dockerfile", "a/", "a/test/", "a/test/x"]
        );
        files.write("Dockerfile", "FROM x\nCOPY tests/x a /");
        let found = paths(&pack(&recipe(&files, "Dockerfile", ""), None).unwrap());
        assert!(found.contains(&"tests/x".to_owned()) && !found.contains(&"test/x".to_owned()), "{found:?}");
    }

    #[test]
    fn what_is_ignored_is_not_sent_except_what_the_engine_removes_itself() {
        let files = Files::new(&[
            ("build/Dockerfile", "FROM x"),
            ("build/x", ""),
            ("a", ""),
            ("b/c", ""),
            ("b/d", ""),
            (".dockerignore", "*\n!b/c"),
        ]);
        let packed = pack(&recipe(&files, "build/Dockerfile", ""), None).unwrap();
        assert_eq!(packed.dockerfile, "build/Dockerfile");
        assert_eq!(paths(&packed), [".dockerignore", "b/c", "build/Dockerfile"]);
    }

    #[test]
    fn an_exception_with_a_wildcard_reaches_into_ignored_folders() {
        let files = Files::new(&[
            ("Dockerfile", ""),
            ("a/b/x.go", ""),
            ("a/b/x.md", ""),
            (".dockerignore", "*\n!**/*.go"),
        ]);
        let found = paths(&pack(&recipe(&files, "Dockerfile", ""), None).unwrap());
        assert_eq!(found, [".dockerignore", "Dockerfile", "a/b/x.go"]);
    }

    #[test]
    fn a_dockerfile_outside_its_context_is_added_and_hidden() {
        let files = Files::new(&[("build/Dockerfile", "FROM x"), ("context/a", "")]);
        let packed = pack(&recipe(&files, "build/Dockerfile", "context"), None).unwrap();
        let name = packed.dockerfile.clone();
        assert!(name.starts_with(".dockerfile."));
        assert_eq!(paths(&packed), [name.as_str(), ".dockerignore", "a"]);
        assert_eq!(text(&packed, &name), "FROM x");
        assert_eq!(text(&packed, ".dockerignore"), format!(".dockerignore\n{name}\n"));
        files.write("context/.dockerignore", "z");
        let packed = pack(&recipe(&files, "build/Dockerfile", "context"), None).unwrap();
        assert_eq!(text(&packed, ".dockerignore"), format!("z\n{name}\n"));
    }

    #[test]
    fn the_ignore_file_of_a_dockerfile_hides_it_where_it_says_so() {
        let files =
            Files::new(&[("Dockerfile", "FROM x"), ("a", ""), ("Dockerfile.dockerignore", "Dockerfile*")]);
        let packed = pack(&recipe(&files, "Dockerfile", ""), None).unwrap();
        assert_eq!(paths(&packed), [packed.dockerfile.as_str(), ".dockerignore", "a"]);
        files.write("Dockerfile.dockerignore", "a");
        let packed = pack(&recipe(&files, "Dockerfile", ""), None).unwrap();
        assert_eq!(paths(&packed), ["Dockerfile", "Dockerfile.dockerignore"]);
        assert_eq!(packed.dockerfile, "Dockerfile");
    }

    #[test]
    fn a_linked_dockerfile_is_the_file_that_it_leads_to() {
        let files = Files::new(&[("shared/Dockerfile", "FROM x"), ("a/x", "")]);
        symlink("../shared/Dockerfile", files.path("a/Dockerfile")).unwrap();
        let packed = pack(&recipe(&files, "a/Dockerfile", ""), None).unwrap();
        assert_eq!(packed.dockerfile, "shared/Dockerfile");
        let packed = pack(&recipe(&files, "a/Dockerfile", "a"), None).unwrap();
        assert_eq!(text(&packed, &packed.dockerfile), "FROM x");
    }

    #[test]
    fn a_folder_that_git_dropped_is_supplied_with_a_warning() {
        let files = Files::new(&[("Dockerfile", "FROM alpine:3\nADD resources/x resources\nCOPY x.txt /")]);
        let packed = pack(&recipe(&files, "Dockerfile", ""), None).unwrap();
        assert_eq!(entries(&packed.tar)[1], "d755 resources/x/");
        assert_eq!(packed.warnings.len(), 1);
        assert!(
            packed.warnings[0].contains("resources/x does not exist in")
                && packed.warnings[0].contains("Dockerfile"),
            "{:?}",
            packed.warnings
        );
    }

    #[test]
    fn a_context_that_is_too_large_says_what_to_do() {
        let files = Files::new(&[("Dockerfile", "FROM x"), ("large", "0123456789"), ("small", "0")]);
        let error = pack_within(&recipe(&files, "Dockerfile", ""), None, 10).unwrap_err();
        assert!(error.to_string().contains("its largest file is large"), "{error}");
        assert!(error.hint().unwrap().contains(".dockerignore"));
        files.write(".dockerignore", "large");
        assert!(pack_within(&recipe(&files, "Dockerfile", ""), None, 20).is_ok());
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let files = Files::new(&[("Dockerfile", "FROM x")]);
        let error = pack(&recipe(&files, "no/Dockerfile", ""), None).unwrap_err().to_string();
        assert!(error.starts_with("cannot read") && error.contains("no/Dockerfile"), "{error}");
        let error = pack(&recipe(&files, "Dockerfile", "none"), None).unwrap_err().to_string();
        assert!(error.contains("none"), "{error}");
        files.write(".dockerignore", "[");
        assert!(matches!(
            pack(&recipe(&files, "Dockerfile", ""), None),
            Err(ContextError::Pattern { line: 1, .. })
        ));
    }
}
