//! The three files in `/kratix/metadata` that Kratix reads, as its containers find them, and the files beside them that
//! look as if it read them too.

use std::io;
use std::path::PathBuf;

use super::catalogue::{KT116, KT136, KT144, KT207, KT221, KT226};
use super::coerce::{changed_key, changed_text, changed_value, to_text};
use super::finding::{Finding, Writer};
use super::volumes::{Errno, METADATA, Opened, PathError, Volumes};
use crate::tree::{EntryKind, Tree, Unkept};
use crate::yaml::{Document, Node, Position, Value, parse, parse_first};

const STATUS: &str = "status.yaml";
const SELECTORS: &str = "destination-selectors.yaml";
const CONTROL: &str = "workflow-control.yaml";
const READ: [&str; 3] = [STATUS, SELECTORS, CONTROL];

/// What is in `/kratix/metadata`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) status: MetadataFile,
    pub(crate) selectors: MetadataFile,
    pub(crate) control: MetadataFile,
    /// What Kratix passes over.
    pub(crate) findings: Vec<Finding>,
}

/// One of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MetadataFile {
    /// What messages call it.
    pub(crate) path: PathBuf,
    pub(crate) content: Content,
}

/// What Kratix finds when it reads a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Absent,
    Text(Vec<u8>),
    /// The way to it fails.
    Unreachable(PathError),
    /// It is there, and reading it fails.
    Unreadable(PathError),
    /// A fifo, a socket or a device, or more than could be kept.
    Special(Unkept),
}

impl Metadata {
    /// Reads the three files, and looks at what else is there.
    pub(crate) fn read(volumes: &Volumes<'_>) -> io::Result<Self> {
        let file = |name: &str| {
            let path = volumes.metadata().root.join(name);
            read(volumes, name).map(|content| MetadataFile { path, content })
        };
        let (status, selectors, control) = (file(STATUS)?, file(SELECTORS)?, file(CONTROL)?);
        let mut findings = passed_over(volumes.metadata());
        findings.extend(closed(volumes));
        for file in [&status, &selectors, &control] {
            findings.extend(dangling(volumes.metadata(), file));
            findings.extend(second_document(file));
        }
        Ok(Self { status, selectors, control, findings })
    }
}

impl MetadataFile {
    /// Reading it fails: `error` is what the container says.
    pub(crate) fn unreadable(&self, writer: Writer, errno: Errno, error: &str) -> Finding {
        let hint = if errno == Errno::Denied {
            "let everyone read what the stage leaves: `chmod -R a+rX /kratix/metadata` at its end"
        } else {
            "write a regular file"
        };
        Finding::logged(writer, KT116, error).in_file(&self.path).hint(hint)
    }

    /// Something is in its place that no file is.
    pub(crate) fn special(&self, unkept: &Unkept) -> Finding {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let what = describe(unkept);
        let text = format!("/kratix/metadata/{name} is {what}, which Kratix cannot read as a file");
        Finding::new(KT221, text).in_file(&self.path).hint("write a regular file")
    }

    /// Keys that stand twice, and values that YAML 1.1 reads otherwise than most people.
    pub(crate) fn surprises(&self, document: &Document, source: &[u8]) -> Vec<Finding> {
        let mut findings = self.duplicates(document);
        self.surprising_values(&document.root, source, &mut findings);
        findings.sort_by_key(Finding::position);
        findings
    }

    /// Keys that stand twice.
    pub(crate) fn duplicates(&self, document: &Document) -> Vec<Finding> {
        let found = document.duplicates.iter().map(|again| {
            let text = format!("the key `{}` stands twice in a map; Kratix takes the last", again.key);
            Finding::new(KT207, text).at(&self.path, Some(again.at)).hint("remove one of them")
        });
        found.collect()
    }

    fn surprising_values(&self, node: &Node, source: &[u8], findings: &mut Vec<Finding>) {
        match &node.value {
            Value::List(items) => {
                for item in items {
                    self.surprising_values(item, source, findings);
                }
            }
            Value::Map(map) => {
                for (key, entry) in map {
                    findings.extend(self.surprising_key(key, entry.key_at, source));
                    self.surprising_values(&entry.node, source, findings);
                }
            }
            _ => {
                if let Some(written) = changed_value(node, source) {
                    findings.push(self.surprise(&written, &node.to_json().to_string(), node.at));
                }
            }
        }
    }

    /// A key that is not the text that it looks like.
    pub(crate) fn surprising_key(&self, key: &str, at: Position, source: &[u8]) -> Option<Finding> {
        let written = changed_key(key, at, source)?;
        Some(self.surprise(&written, &format!("the key \"{key}\""), at))
    }

    /// A scalar that stands where text is wanted and becomes another text.
    pub(crate) fn surprising_text(&self, node: &Node, source: &[u8]) -> Option<Finding> {
        let written = changed_text(node, source)?;
        let read = format!("the text \"{}\"", to_text(node, source)?);
        Some(self.surprise(&written, &read, node.at))
    }

    /// A key that Kratix passes over.
    pub(crate) fn unknown_key(&self, key: &str, at: Position, known: &str) -> Finding {
        let text = format!("Kratix ignores the key `{key}`: it knows {known}");
        Finding::new(KT226, text).at(&self.path, Some(at)).hint("correct its spelling, or remove it")
    }

    /// Something written that Kratix reads as something else.
    fn surprise(&self, written: &str, read: &str, at: Position) -> Finding {
        let text = format!("Kratix reads `{written}` as {read}");
        let hint = format!("quote it if you mean the text: \"{written}\"");
        Finding::new(KT144, text).at(&self.path, Some(at)).hint(hint)
    }

    #[cfg(test)]
    pub(crate) fn of(name: &str, text: &str) -> Self {
        Self { path: PathBuf::from("metadata").join(name), content: Content::Text(text.into()) }
    }

    #[cfg(test)]
    pub(crate) fn absent(name: &str) -> Self {
        Self { path: PathBuf::from("metadata").join(name), content: Content::Absent }
    }
}

/// What an entry that was not kept is.
pub(crate) fn describe(unkept: &Unkept) -> String {
    match unkept {
        Unkept::Fifo => "a named pipe".to_owned(),
        Unkept::Socket => "a socket".to_owned(),
        Unkept::Device => "a device".to_owned(),
        Unkept::NameNotUtf8 => "a file whose name is not UTF-8".to_owned(),
        Unkept::TooLarge { size } => format!("a file of {size} bytes"),
    }
}

fn read(volumes: &Volumes<'_>, name: &str) -> io::Result<Content> {
    let path = format!("{METADATA}/{name}");
    if let Err(error) = volumes.stat(&path) {
        return Ok(match error.errno {
            Errno::NotFound => Content::Absent,
            _ => Content::Unreachable(error),
        });
    }
    Ok(match volumes.open(&path) {
        Ok(Opened::File(tree, path)) => Content::Text(volumes.bytes(tree, path)?),
        Ok(Opened::Special(unkept)) => Content::Special(unkept.clone()),
        Err(error) => Content::Unreadable(error),
    })
}

/// Files whose name is nearly one that Kratix reads.
fn passed_over(metadata: &Tree) -> Vec<Finding> {
    let files = metadata.entries.iter().filter(|(_, entry)| entry.kind != EntryKind::Directory);
    files
        .filter_map(|(path, _)| {
            let meant = near_miss(path)?;
            let text =
                format!("Kratix does not read /kratix/metadata/{path}: it reads /kratix/metadata/{meant}");
            let hint = format!("call it {meant}, directly in /kratix/metadata");
            Some(Finding::new(KT136, text).in_file(&metadata.root.join(path)).hint(hint))
        })
        .collect()
}

/// The name that a path was probably meant to be, unless it is that name.
fn near_miss(path: &str) -> Option<&'static str> {
    if READ.contains(&path) {
        return None;
    }
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase().replace(['_', ' '], "-");
    let stem = [".yaml", ".yml", ".json"].iter().find_map(|ending| name.strip_suffix(ending))?;
    READ.into_iter().find(|meant| {
        let meant = meant.trim_end_matches(".yaml");
        let far = if meant.len() > 8 { 3 } else { 1 };
        strsim::osa_distance(stem, meant) <= far
    })
}

/// A folder that lets nobody in: what is in it is taken for absent, and so does nothing.
fn closed(volumes: &Volumes<'_>) -> Option<Finding> {
    let metadata = volumes.metadata();
    let path = format!("{METADATA}/{STATUS}");
    let denied = volumes.stat(&path).err().filter(|error| error.errno == Errno::Denied)?;
    metadata.entries.contains_key(STATUS).then(|| {
        let text = format!("Kratix passes over /kratix/metadata/{STATUS}: {denied}");
        let hint = "Kratix reads as user 65532: let everyone into what the stage leaves, \
                    `chmod -R a+rX /kratix/metadata` at its end";
        Finding::new(KT116, text).in_file(&metadata.root).hint(hint)
    })
}

/// A link that is there for the author, and for Kratix leads nowhere.
fn dangling(metadata: &Tree, file: &MetadataFile) -> Option<Finding> {
    let name = file.path.file_name()?.to_str()?;
    let EntryKind::Symlink { target } = &metadata.entries.get(name)?.kind else { return None };
    (file.content == Content::Absent).then(|| {
        let text = format!(
            "Kratix passes over /kratix/metadata/{name}: it is a link to {target}, which is not there for Kratix"
        );
        Finding::new(KT136, text).in_file(&file.path).hint("write the file itself instead of a link")
    })
}

/// A document after the one that Kratix reads.
fn second_document(file: &MetadataFile) -> Option<Finding> {
    let Content::Text(text) = &file.content else { return None };
    let first = parse_first(text).ok()?;
    let at: Option<Position> = match parse(text) {
        Ok(documents) => Some(documents.get(usize::from(first.is_some()))?.root.at),
        Err(error) => error.at,
    };
    let name = file.path.file_name()?.to_string_lossy();
    let text = format!("Kratix reads only the first YAML document of {name}");
    Some(
        Finding::new(KT136, text)
            .at(&file.path, at)
            .hint("put everything into one document, without `---` between"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::volumes::fixture::Pod;
    use super::*;
    use crate::tree::Entry;

    fn metadata(pod: &Pod) -> Metadata {
        let read = |tree: &Tree, path: &str| pod.read(tree, path);
        Metadata::read(&Volumes::new(&pod.output, &pod.metadata, &read)).expect("bytes")
    }

    fn texts(pod: &Pod) -> Vec<String> {
        metadata(pod).findings.into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn the_three_files_are_found_and_others_are_left_alone() {
        let pod =
            Pod::new().metadata("status.yaml", "a: 1").metadata("notes.txt", "").metadata("state.yaml", "");
        let metadata = metadata(&pod);
        assert_eq!(metadata.status, MetadataFile::of("status.yaml", "a: 1"));
        assert_eq!(metadata.selectors, MetadataFile::absent("destination-selectors.yaml"));
        assert_eq!(metadata.control, MetadataFile::absent("workflow-control.yaml"));
        assert_eq!(metadata.findings, []);
    }

    #[test]
    fn a_name_that_is_nearly_right_is_noticed() {
        for (name, meant) in [
            ("status.yml", "status.yaml"),
            ("Status.yaml", "status.yaml"),
            ("statsu.yaml", "status.yaml"),
            ("sub/status.yaml", "status.yaml"),
            ("destination_selectors.yaml", "destination-selectors.yaml"),
            ("destination-selector.yaml", "destination-selectors.yaml"),
            ("workflow-control.yml", "workflow-control.yaml"),
            ("workflow_control.json", "workflow-control.yaml"),
        ] {
            let found = texts(&Pod::new().metadata(name, ""));
            assert_eq!(found.len(), 1, "{name}");
            assert!(found[0].ends_with(&format!("it reads /kratix/metadata/{meant}")), "{name}: {found:?}");
        }
        for name in ["status.yaml", "stats.txt", "selectors.yaml", "control.yaml", "state.yaml"] {
            assert_eq!(texts(&Pod::new().metadata(name, "")), [""; 0], "{name}");
        }
    }

    #[test]
    fn a_second_document_is_noticed_even_if_it_is_broken() {
        for (text, line) in [("a: 1\n---\nb: 2\n", 3), ("a: 1\n---\n\tb", 3), ("---\n---\na: 1\n", 3)] {
            let findings = metadata(&Pod::new().metadata("status.yaml", text)).findings;
            assert_eq!(findings.len(), 1, "{text:?}");
            let at = findings[0].position().expect("a position");
            assert_eq!(at.line, line, "{text:?}");
        }
        for text in ["---\na: 1\n", "a: 1\n---\n", "# c\n---\na: 1\n...\n# end\n", "", "\tbroken"] {
            assert_eq!(texts(&Pod::new().metadata("status.yaml", text)), [""; 0], "{text:?}");
        }
    }

    #[test]
    fn a_link_that_leads_nowhere_for_kratix_is_noticed() {
        let link = |target: &str| {
            let mut pod = Pod::new().output("real.yaml", "a: 1");
            let kind = EntryKind::Symlink { target: target.into() };
            pod.metadata.entries.insert("status.yaml".into(), Entry { kind, mode: 0o777, uid: 0, gid: 0 });
            texts(&pod)
        };
        assert_eq!(link("/kratix/output/real.yaml").len(), 1);
        assert_eq!(link("../input/real.yaml"), [""; 0]);
    }

    #[test]
    fn what_cannot_be_read_is_told_from_what_is_absent() {
        let with = |kind, mode| {
            let mut pod = Pod::new();
            pod.metadata.entries.insert("status.yaml".into(), Entry { kind, mode, uid: 0, gid: 0 });
            metadata(&pod).status.content
        };
        let Content::Unreadable(error) = with(EntryKind::File { size: 1 }, 0o600) else {
            panic!("unreadable")
        };
        assert_eq!(error.to_string(), "open /work-creator-files/metadata/status.yaml: permission denied");
        let Content::Unreadable(error) = with(EntryKind::Directory, 0o755) else { panic!("unreadable") };
        assert_eq!(error.to_string(), "read /work-creator-files/metadata/status.yaml: is a directory");
        assert_eq!(with(EntryKind::Unkept(Unkept::Fifo), 0o644), Content::Special(Unkept::Fifo));
        let around = EntryKind::Symlink { target: "status.yaml".into() };
        let Content::Unreachable(error) = with(around, 0o777) else { panic!("unreachable") };
        assert_eq!(error.errno, Errno::TooManyLinks);
    }
}
