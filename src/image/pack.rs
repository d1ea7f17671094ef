//! A build context: what `docker build` would send of a folder, and the Dockerfile.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::Recipe;
use super::context::{self, ContextError};
use super::digest::{self, Digests};
use super::ignore::{self, Ignore, Matched};
use super::instructions::Instructions;
use crate::tree::context::{Content, Context, Dockerfile, Item, Presence};

/// From here on a context is worth a word: it takes seconds to send.
const LARGE: u64 = 1 << 30;
const IGNORE_FILE: &str = ".dockerignore";
/// What a run leaves beside a Promise.
const RESULTS: &str = ".kratix-test";

/// A build context, ready to be sent.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) context: Context,
    /// What the author should know about the context.
    pub(crate) warnings: Vec<String>,
}

impl Packed {
    /// The SHA-256, in hex, of all that the build sees: the Dockerfile, and every entry's path, type, mode and contents,
    /// but no times. Reads every file.
    pub(crate) fn digest(&self) -> Result<Digests, ContextError> {
        digest::of(&self.context)
    }
}

/// Lists what `docker build` would send.
pub(crate) fn pack(recipe: &Recipe) -> Result<Packed, ContextError> {
    let dockerfile = real(&recipe.dockerfile)?;
    let text = fs::read(&dockerfile).map_err(|error| ContextError::unreadable(&dockerfile, &error))?;
    pack_text(recipe, text, true)
}

/// Lists the same, to be built by another text than the Dockerfile has. The build sees the file as it is, if it sees it.
pub(crate) fn pack_with(recipe: &Recipe, dockerfile: &str) -> Result<Packed, ContextError> {
    pack_text(recipe, dockerfile.as_bytes().to_vec(), false)
}

fn pack_text(recipe: &Recipe, text: Vec<u8>, original: bool) -> Result<Packed, ContextError> {
    let context = real(&recipe.context)?;
    let dockerfile = real(&recipe.dockerfile)?;
    let inside = dockerfile.strip_prefix(&context).ok().filter(|_| original);
    let instructions = Instructions::parse(&String::from_utf8_lossy(&text), &recipe.args);
    let ignore = rules(&context, &recipe.dockerfile, inside)?;

    let kept_out = kept_out(recipe, &context, &instructions.sources);
    let mut listing =
        Listing { context: &context, ignore: &ignore, kept_out: &kept_out, entries: BTreeMap::new() };
    listing.folder(Path::new(""), &Matched::default())?;
    let mut entries = listing.entries;

    let mut warnings = Vec::new();
    for path in context::dropped(&context, &instructions.sources) {
        warnings.push(format!(
            "{}: {path} does not exist in {}: taken for an empty folder that git did not keep",
            recipe.dockerfile.display(),
            recipe.context.display()
        ));
        entries.insert(path.into(), folder(0o755, 0, Presence::Sent));
    }
    imply_folders(&mut entries, &context);
    let inside = inside.filter(|path| entries.contains_key(*path)).map(Path::to_owned);
    let Instructions { lines, bases, .. } = instructions;
    let bases = bases.into_iter().map(|base| base.image).collect();
    let path = recipe.dockerfile.clone();
    let dockerfile = Dockerfile { path, text, inside, instructions: lines, bases };
    let context = Context { folder: context, dockerfile, entries };
    warnings.extend(large(&context, &recipe.context));
    Ok(Packed { context, warnings })
}

fn real(path: &Path) -> Result<PathBuf, ContextError> {
    fs::canonicalize(path).map_err(|error| ContextError::unreadable(path, &error))
}

fn rules(context: &Path, dockerfile: &Path, inside: Option<&Path>) -> Result<Ignore, ContextError> {
    let Some(file) = ignore::file(context, dockerfile) else { return Ok(Ignore::default()) };
    let text = fs::read(&file).map_err(|error| ContextError::unreadable(&file, &error))?;
    let mut ignore = Ignore::parse(&String::from_utf8_lossy(&text), &file)?;
    if file == context.join(IGNORE_FILE) {
        // The classic builder reads these two, and then removes them itself where they are ignored.
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

type Entries = BTreeMap<PathBuf, Item>;

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
        let presence = match left_out {
            false => Presence::Sent,
            true if self.ignore.needs(&name) => Presence::Hidden,
            true => return Ok(()),
        };
        if let Some(item) = item(file, &metadata, presence)? {
            self.entries.insert(path, item);
        }
        Ok(())
    }

    fn is_ours(&self, path: &Path) -> bool {
        self.kept_out.iter().any(|kept_out| kept_out == path) || path.ends_with(RESULTS)
    }
}

/// `None` for what is neither file, folder nor link.
fn item(path: PathBuf, metadata: &Metadata, presence: Presence) -> Result<Option<Item>, ContextError> {
    let content = match metadata {
        metadata if metadata.is_symlink() => {
            let target = fs::read_link(&path).map_err(|error| ContextError::unreadable(&path, &error))?;
            Content::Link(target)
        }
        metadata if metadata.is_dir() => Content::Folder,
        metadata if metadata.is_file() => Content::File { path, size: metadata.len() },
        _ => return Ok(None),
    };
    Ok(Some(Item { content, mode: mode(metadata), modified: modified(metadata), presence }))
}

fn mode(metadata: &Metadata) -> u32 {
    metadata.permissions().mode() & 0o7777
}

fn modified(metadata: &Metadata) -> i64 {
    metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec())
}

fn folder(mode: u32, modified: i64, presence: Presence) -> Item {
    Item { content: Content::Folder, mode, modified, presence }
}

/// Adds the folders that lead to what is sent, where they are not sent themselves.
fn imply_folders(entries: &mut Entries, context: &Path) {
    let sent = entries.iter().filter(|(_, item)| item.presence == Presence::Sent);
    let above = sent.flat_map(|(path, _)| path.ancestors().skip(1)).filter(|path| *path != Path::new(""));
    let missing: Vec<PathBuf> =
        above.filter(|path| !entries.contains_key(*path)).map(Path::to_owned).collect();
    for path in missing {
        let (mode, modified) = fs::symlink_metadata(context.join(&path))
            .map_or((0o755, 0), |metadata| (mode(&metadata), modified(&metadata)));
        entries.insert(path, folder(mode, modified, Presence::Implied));
    }
}

/// A word on a context that takes long to send.
fn large(context: &Context, folder: &Path) -> Option<String> {
    let size = context.size();
    let (largest, item) = context.entries.iter().max_by_key(|(_, item)| item.size())?;
    (size > LARGE).then(|| {
        format!(
            "the build context {} is {} MiB; its largest file is {} ({} MiB): name in .dockerignore what the image \
             does not need",
            folder.display(),
            size >> 20,
            largest.display(),
            item.size() >> 20
        )
    })
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::image::testing::{Files, recipe};

    /// Every entry: type, mode, path, and why it is there or where it leads.
    fn entries(packed: &Packed) -> Vec<String> {
        let entry = |(path, item): (&PathBuf, &Item)| {
            let kind = match &item.content {
                Content::Folder => 'd',
                Content::Link(_) => 'l',
                Content::File { .. } => '-',
            };
            let more = match (&item.content, item.presence) {
                (Content::Link(target), _) => format!(" -> {}", target.display()),
                (_, Presence::Sent) => String::new(),
                (_, presence) => format!(" {presence:?}"),
            };
            format!("{kind}{:o} {}{more}", item.mode, path.display())
        };
        packed.context.entries.iter().map(entry).collect()
    }

    fn paths(packed: &Packed) -> Vec<String> {
        entries(packed).iter().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
    }

    fn inside(packed: &Packed) -> Option<&str> {
        packed.context.dockerfile.inside.as_ref().map(|path| path.to_str().unwrap())
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
        let packed = pack(&recipe(&files, "Dockerfile", "")).unwrap();
        assert_eq!(inside(&packed), Some("Dockerfile"));
        assert_eq!(
            entries(&packed),
            ["-644 Dockerfile", "d755 d", "-4755 d/run", "-600 d.txt", "l777 link -> nowhere"]
        );
    }

    #[test]
    fn long_names_and_names_that_are_not_utf8_are_sent() {
        use std::os::unix::ffi::OsStrExt;
        let long = format!("{0}/{0}/{0}", "n".repeat(100));
        let files = Files::new(&[("Dockerfile", "FROM x"), (&long, "")]);
        symlink("t".repeat(300), files.path("link")).unwrap();
        fs::write(files.path("").join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
        let found = paths(&pack(&recipe(&files, "Dockerfile", "")).unwrap());
        assert!(found.contains(&long));
        assert!(found.contains(&format!("link -> {}", "t".repeat(300))));
        assert!(found.contains(&"\u{fffd}".to_owned()), "{found:?}");
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
            paths(&pack(&recipe(&files, "Dockerfile", "")).unwrap()),
            [".dockerignore", "Dockerfile", "a", "a/test", "a/test/x"]
        );
        files.write("Dockerfile", "FROM x\nCOPY tests/x a /");
        let found = paths(&pack(&recipe(&files, "Dockerfile", "")).unwrap());
        assert!(found.contains(&"tests/x".to_owned()) && !found.contains(&"test/x".to_owned()), "{found:?}");
    }

    #[test]
    fn what_is_ignored_is_not_sent_and_what_the_classic_builder_reads_is_marked() {
        let files = Files::new(&[
            ("build/Dockerfile", "FROM x"),
            ("build/x", ""),
            ("a", ""),
            ("b/c", ""),
            ("b/d", ""),
            (".dockerignore", "*\n!b/c"),
        ]);
        let packed = pack(&recipe(&files, "build/Dockerfile", "")).unwrap();
        assert_eq!(inside(&packed), Some("build/Dockerfile"));
        assert_eq!(paths(&packed), [".dockerignore Hidden", "b Implied", "b/c", "build/Dockerfile Hidden"]);
    }

    #[test]
    fn an_exception_with_a_wildcard_reaches_into_ignored_folders() {
        let files = Files::new(&[
            ("Dockerfile", ""),
            ("a/b/x.go", ""),
            ("a/b/x.md", ""),
            (".dockerignore", "*\n!**/*.go"),
        ]);
        fs::set_permissions(files.path("a/b"), fs::Permissions::from_mode(0o700)).unwrap();
        let found = entries(&pack(&recipe(&files, "Dockerfile", "")).unwrap());
        assert_eq!(found[2..], ["d755 a Implied", "d700 a/b Implied", "-644 a/b/x.go"]);
    }

    #[test]
    fn a_dockerfile_outside_its_context_is_not_in_it() {
        let files = Files::new(&[("build/Dockerfile", "FROM x\n# no\nRUN a \\\n b"), ("context/a", "")]);
        let packed = pack(&recipe(&files, "build/Dockerfile", "context")).unwrap();
        assert_eq!((inside(&packed), paths(&packed)), (None, vec!["a".to_owned()]));
        let dockerfile = packed.context.dockerfile;
        assert_eq!(dockerfile.path, files.path("build/Dockerfile"));
        assert_eq!(dockerfile.text, fs::read(files.path("build/Dockerfile")).unwrap());
        let lines: Vec<_> = dockerfile.instructions.iter().map(|one| (one.line, one.text.as_str())).collect();
        assert_eq!(lines, [(1, "FROM x"), (3, "RUN a  b")]);
        assert_eq!(dockerfile.bases, ["x"]);
    }

    #[test]
    fn another_text_of_a_dockerfile_leaves_the_file_where_it_is_seen() {
        let files = Files::new(&[("Dockerfile", "FROM x"), ("a", "")]);
        let packed = pack_with(&recipe(&files, "Dockerfile", ""), "FROM y").unwrap();
        assert_eq!((inside(&packed), paths(&packed)), (None, vec!["Dockerfile".to_owned(), "a".to_owned()]));
        assert_eq!(packed.context.dockerfile.text, b"FROM y");
        assert_eq!(packed.context.dockerfile.bases, ["y"]);
        files.write(".dockerignore", "Dockerfile");
        let packed = pack_with(&recipe(&files, "Dockerfile", ""), "FROM y").unwrap();
        assert_eq!(paths(&packed), [".dockerignore", "a"]);
    }

    #[test]
    fn the_ignore_file_of_a_dockerfile_hides_it_where_it_says_so() {
        let files =
            Files::new(&[("Dockerfile", "FROM x"), ("a", ""), ("Dockerfile.dockerignore", "Dockerfile*")]);
        let packed = pack(&recipe(&files, "Dockerfile", "")).unwrap();
        assert_eq!((inside(&packed), paths(&packed)), (None, vec!["a".to_owned()]));
        files.write("Dockerfile.dockerignore", "a");
        let packed = pack(&recipe(&files, "Dockerfile", "")).unwrap();
        assert_eq!(paths(&packed), ["Dockerfile", "Dockerfile.dockerignore"]);
        assert_eq!(inside(&packed), Some("Dockerfile"));
    }

    #[test]
    fn a_linked_dockerfile_is_the_file_that_it_leads_to() {
        let files = Files::new(&[("shared/Dockerfile", "FROM x"), ("a/x", "")]);
        symlink("../shared/Dockerfile", files.path("a/Dockerfile")).unwrap();
        let packed = pack(&recipe(&files, "a/Dockerfile", "")).unwrap();
        assert_eq!(inside(&packed), Some("shared/Dockerfile"));
        let packed = pack(&recipe(&files, "a/Dockerfile", "a")).unwrap();
        assert_eq!((inside(&packed), &*packed.context.dockerfile.text), (None, &b"FROM x"[..]));
    }

    #[test]
    fn a_folder_that_git_dropped_is_supplied_with_a_warning() {
        let files = Files::new(&[("Dockerfile", "FROM alpine:3\nADD resources/x resources\nCOPY x.txt /")]);
        let packed = pack(&recipe(&files, "Dockerfile", "")).unwrap();
        assert_eq!(entries(&packed)[1..], ["d755 resources Implied", "d755 resources/x"]);
        assert_eq!(packed.warnings.len(), 1);
        assert!(
            packed.warnings[0].contains("resources/x does not exist in")
                && packed.warnings[0].contains("Dockerfile"),
            "{:?}",
            packed.warnings
        );
    }

    #[test]
    fn a_context_that_takes_long_to_send_says_what_to_do() {
        let files = Files::new(&[("Dockerfile", "FROM x"), ("large", ""), ("small", "0")]);
        File::options().write(true).open(files.path("large")).unwrap().set_len(3 << 30).unwrap();
        let warnings = pack(&recipe(&files, "Dockerfile", "")).unwrap().warnings;
        assert!(
            warnings[0].contains(" is 3072 MiB; its largest file is large (3072 MiB): name in .dockerignore"),
            "{warnings:?}"
        );
        files.write(".dockerignore", "large");
        assert!(pack(&recipe(&files, "Dockerfile", "")).unwrap().warnings.is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let files = Files::new(&[("Dockerfile", "FROM x")]);
        let error = pack(&recipe(&files, "no/Dockerfile", "")).unwrap_err().to_string();
        assert!(error.starts_with("cannot read") && error.contains("no/Dockerfile"), "{error}");
        let error = pack(&recipe(&files, "Dockerfile", "none")).unwrap_err().to_string();
        assert!(error.contains("none"), "{error}");
        files.write(".dockerignore", "[");
        assert!(matches!(
            pack(&recipe(&files, "Dockerfile", "")),
            Err(ContextError::Pattern { line: 1, .. })
        ));
    }
}
