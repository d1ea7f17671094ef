//! The work-writer's walk over the output: which files it takes, in which order, and where it stumbles.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::catalogue::{KT115, KT116, KT117, KT140, KT146, KT221, KT222};
use super::finding::{Finding, Place};
use super::metadata::describe;
use super::volumes::{Errno, OUTPUT, Opened, PathError, Volumes};
use crate::tree::{EntryKind, Tree, Unkept};

/// Where it becomes a warning: a Work that has got this large is likely to grow beyond what fits.
const LARGE: u64 = 1024 * 1024;
/// What etcd takes in one request by default.
const ETCD: u64 = 1536 * 1024;
/// What the API server takes in one request.
const API_SERVER: u64 = 3_145_728;
/// What a workload costs in a Work beside its content and its path.
const OVERHEAD: u64 = 40;

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    /// The files, by their path below the output, in Kratix's order.
    pub(crate) workloads: Vec<String>,
    /// What they take in the Work.
    pub(crate) size: u64,
    pub(crate) findings: Vec<Finding>,
}

/// Takes a directory of the output, or all of it except the directories at its top that are taken already.
pub(crate) fn collect(
    volumes: &Volumes<'_>,
    directory: Option<(&str, Place)>,
    taken: &BTreeSet<&str>,
) -> io::Result<Collected> {
    let mut collected = Collected::default();
    let top = directory.as_ref().map_or("", |(name, _)| name).to_owned();
    let mut ahead = Vec::new();
    match volumes.read_dir(&full(&top)) {
        Ok(children) => {
            let free =
                children.into_iter().filter(|child| !(child.is_directory && taken.contains(child.name)));
            ahead.extend(free.rev().map(|child| (join(&top, child.name), child.is_directory)));
        }
        Err(error) => collected.findings.push(missing(volumes.output(), &error, directory.map(|(_, at)| at))),
    }
    while let Some((path, is_directory)) = ahead.pop() {
        if !is_directory {
            take(volumes, path, &mut collected)?;
            continue;
        }
        match volumes.read_dir(&full(&path)) {
            Ok(children) => {
                ahead
                    .extend(children.iter().rev().map(|child| (join(&path, child.name), child.is_directory)));
            }
            Err(error) => collected.findings.push(stumble(volumes.output(), &path, &error)),
        }
    }
    Ok(collected)
}

/// Whether a Work of this size can be stored.
pub(crate) fn judge_size(output: &Tree, size: u64) -> Option<Finding> {
    let hint =
        "schedule less: split the output over several pipelines, or let the Destination fetch large files";
    let finding = match size {
        _ if size > API_SERVER => {
            Finding::work_writer(KT140, &format!("Request entity too large: limit is {API_SERVER}"))
        }
        _ if size > ETCD => Finding::work_writer(KT140, "etcdserver: request is too large"),
        _ if size >= LARGE => {
            let text = format!("the Work takes {size} bytes; a cluster stores {ETCD} at most by default");
            Finding::new(KT140, text).warning()
        }
        _ => return None,
    };
    Some(finding.in_file(&output.root).hint(hint))
}

/// Files that are probably not meant for a Destination.
pub(crate) fn strays(output: &Tree, workloads: &[&str]) -> Option<Finding> {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for path in workloads {
        if let Some(stray) = stray(path) {
            *found.entry(stray).or_default() += 1;
        }
    }
    if found.is_empty() {
        return None;
    }
    let list = found.iter().map(|(path, count)| match path.strip_suffix('/') {
        Some(_) if *count == 1 => format!("\n  {path} (1 file)"),
        Some(_) => format!("\n  {path} ({count} files)"),
        None => format!("\n  {path}"),
    });
    let text = format!("Kratix ships every file in /kratix/output, these too:{}", list.collect::<String>());
    let hint = "write them elsewhere, or delete them at the end of the stage";
    Some(Finding::new(KT146, text).in_file(&output.root).hint(hint))
}

/// The dotfile, the directory with a dot, or the file that is no YAML, that a path belongs to.
fn stray(path: &str) -> Option<String> {
    let mut end = 0;
    for name in path.split('/') {
        end += name.len();
        if name.starts_with('.') {
            let slash = if end < path.len() { "/" } else { "" };
            return Some(format!("{}{slash}", &path[..end]));
        }
        end += 1;
    }
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let is_manifest = [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
    (!is_manifest).then(|| path.to_owned())
}

/// Takes one file.
fn take(volumes: &Volumes<'_>, path: String, collected: &mut Collected) -> io::Result<()> {
    match volumes.open(&full(&path)) {
        Ok(Opened::File(tree, file)) => {
            let content = packed_size(&volumes.bytes(tree, file)?)?;
            collected.size += content + path.len() as u64 + OVERHEAD;
            collected.workloads.push(path);
        }
        Ok(Opened::Special(unkept)) => collected.findings.push(special(volumes.output(), &path, unkept)),
        Err(error) => collected.findings.push(stumble(volumes.output(), &path, &error)),
    }
    Ok(())
}

/// How many characters a file takes once it is packed with gzip and written as base64.
fn packed_size(bytes: &[u8]) -> io::Result<u64> {
    let mut encoder = GzEncoder::new(Counter(0), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.0.div_ceil(3) * 4)
}

/// Counts what is written.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A directory that the selectors name, and that cannot be listed.
fn missing(output: &Tree, error: &PathError, at: Option<Place>) -> Finding {
    let finding = match error.errno {
        Errno::Denied => denied(output, error),
        _ => Finding::work_writer(KT115, &error.to_string()).hint(
            "create the directory even when it is empty, or leave it out of destination-selectors.yaml",
        ),
    };
    Finding { at: at.or(finding.at.clone()), ..finding }
}

/// A file or a directory that cannot be read.
fn stumble(output: &Tree, path: &str, error: &PathError) -> Finding {
    let target = output.entries.get(path).and_then(|entry| match &entry.kind {
        EntryKind::Symlink { target } => Some(target),
        _ => None,
    });
    let finding = match (error.errno, target) {
        (Errno::Denied, _) | (_, None) => denied(output, error),
        (Errno::IsADirectory, Some(_)) => Finding::work_writer(KT117, &error.to_string())
            .hint("Kratix does not follow links to directories: copy the directory"),
        (_, Some(target)) if target.starts_with("/kratix/output") => {
            Finding::work_writer(KT117, &error.to_string())
                .hint("Kratix has the output under another path: make the link relative, or copy the file")
        }
        (_, Some(_)) => Finding::work_writer(KT117, &error.to_string()).hint("copy the file instead"),
    };
    finding.in_file(&output.root.join(path))
}

fn denied(output: &Tree, error: &PathError) -> Finding {
    let hint = "Kratix reads as user 65532: let everyone read what the stage leaves, \
                `chmod -R a+rX /kratix/output` at its end";
    Finding::work_writer(KT116, &error.to_string()).in_file(&output.root).hint(hint)
}

/// What is neither a file nor a directory, or could not be kept.
fn special(output: &Tree, path: &str, unkept: &Unkept) -> Finding {
    let what = describe(unkept);
    let finding = match unkept {
        Unkept::Fifo => {
            let text =
                format!("/kratix/output/{path} is {what}: Kratix waits for ever for someone to write to it");
            Finding::new(KT221, text).hint("delete it at the end of the stage")
        }
        Unkept::Socket => {
            Finding::work_writer(KT221, &format!("open {}: no such device or address", full(path)))
                .hint("delete the socket at the end of the stage")
        }
        Unkept::Device => {
            let text = format!("/kratix/output/{path} is {what}, which Kratix cannot ship");
            Finding::new(KT221, text).hint("delete it at the end of the stage")
        }
        Unkept::NameNotUtf8 => {
            let text = format!("/kratix/output/{path} is {what}: Kratix ships it under another name");
            Finding::new(KT222, text).hint("use another name")
        }
        Unkept::TooLarge { .. } => {
            let text = format!("/kratix/output/{path} is {what}, more than a cluster stores");
            Finding::new(KT140, text).hint("let the Destination fetch large files")
        }
    };
    finding.in_file(&output.root.join(path))
}

fn full(path: &str) -> String {
    if path.is_empty() { OUTPUT.to_owned() } else { format!("{OUTPUT}/{path}") }
}

fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::Code;
    use super::super::volumes::fixture::Pod;
    use super::*;

    fn walk(pod: &Pod) -> Collected {
        let read = |tree: &Tree, path: &str| pod.read(tree, path);
        let volumes = Volumes::new(&pod.output, &pod.metadata, &read);
        collect(&volumes, None, &BTreeSet::new()).expect("bytes")
    }

    fn findings(pod: &Pod) -> Vec<(Code, String)> {
        let prefix = "Error: work creator execution failed: ";
        let words =
            |text: &str| text.strip_prefix(prefix).unwrap_or(text).replace("/work-creator-files/input/", "");
        walk(pod).findings.iter().map(|finding| (finding.code, words(&finding.text))).collect()
    }

    #[test]
    fn every_file_is_taken_and_directories_stand_where_their_name_does() {
        let pod = Pod::new()
            .output("b/z.yaml", "")
            .output("b/.a", "")
            .output("a.yaml", "")
            .output("b-c.yaml", "")
            .output("b/d/e", "")
            .directory("empty");
        assert_eq!(walk(&pod).workloads, ["a.yaml", "b/.a", "b/d/e", "b/z.yaml", "b-c.yaml"]);
        assert!(walk(&pod).findings.is_empty());
    }

    #[test]
    fn what_user_65532_cannot_read_is_found_file_by_file() {
        let pod = Pod::new()
            .output("ok.yaml", "")
            .output("secret.yaml", "")
            .owned("secret.yaml", 0o600, 0)
            .output("d/x.yaml", "")
            .owned("d", 0o700, 0)
            .output("mine.yaml", "")
            .owned("mine.yaml", 0o600, 65532);
        assert_eq!(
            findings(&pod),
            [
                (KT116, "open d: permission denied".to_owned()),
                (KT116, "open secret.yaml: permission denied".to_owned())
            ]
        );
        assert_eq!(walk(&pod).workloads, ["mine.yaml", "ok.yaml"]);
    }

    #[test]
    fn links_that_lead_nowhere_are_found_and_others_are_followed() {
        let pod = Pod::new()
            .output("x.yaml", "")
            .output("dir/y.yaml", "")
            .link("absolute", "/kratix/output/x.yaml")
            .link("dangling", "nothing")
            .link("directory", "dir")
            .link("fine.yaml", "dir/../x.yaml");
        assert_eq!(
            findings(&pod),
            [
                (KT117, "open absolute: no such file or directory".to_owned()),
                (KT117, "open dangling: no such file or directory".to_owned()),
                (KT117, "read directory: is a directory".to_owned()),
            ]
        );
        assert_eq!(walk(&pod).workloads, ["dir/y.yaml", "fine.yaml", "x.yaml"]);
    }

    #[test]
    fn what_is_no_file_is_found() {
        let pod = Pod::new()
            .entry("pipe", EntryKind::Unkept(Unkept::Fifo), 0o644, 0)
            .entry("socket", EntryKind::Unkept(Unkept::Socket), 0o755, 0)
            .entry("device", EntryKind::Unkept(Unkept::Device), 0o644, 0)
            .entry("\\xff", EntryKind::Unkept(Unkept::NameNotUtf8), 0o644, 0)
            .entry("huge", EntryKind::Unkept(Unkept::TooLarge { size: 1 << 40 }), 0o644, 0);
        let codes: Vec<Code> = findings(&pod).into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, [KT222, KT221, KT140, KT221, KT221]);
        assert!(findings(&pod).contains(&(KT221, "open socket: no such device or address".into())));
    }

    #[test]
    fn the_size_is_that_of_the_packed_content() {
        let noise: Vec<u8> =
            (0_u32..600_000).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let size = |length: usize| walk(&Pod::new().output("x.yaml", &noise[..length])).size;
        let zeros = walk(&Pod::new().output("x.yaml", vec![0; 4 * 1024 * 1024])).size;
        assert!(zeros < 10_000, "{zeros}");
        assert!(size(600_000) > 600_000, "{}", size(600_000));
    }

    #[test]
    fn a_work_that_is_too_large_is_an_error_and_nearly_one_a_warning() {
        let tree = Tree::default();
        let judge =
            |size| judge_size(&tree, size).map(|finding| (finding.severity.to_string(), finding.text));
        assert_eq!(judge(LARGE - 1), None);
        assert_eq!(judge(LARGE).expect("a finding").0, "warning");
        assert_eq!(judge(ETCD).expect("a finding").0, "warning");
        let error =
            |text: &str| Some(("error".to_owned(), format!("Error: work creator execution failed: {text}")));
        assert_eq!(judge(ETCD + 1), error("etcdserver: request is too large"));
        assert_eq!(judge(API_SERVER + 1), error("Request entity too large: limit is 3145728"));
    }

    #[test]
    fn files_that_are_no_manifests_are_listed_once() {
        let tree = Tree::default();
        let text = |paths: &[&str]| strays(&tree, paths).map(|finding| finding.text);
        assert_eq!(text(&["a.yaml", "b/c.yml", "d.json", "E.YAML"]), None);
        let found = text(&[".git/HEAD", ".git/refs/x", "a.yaml", "b/.DS_Store", "notes.txt"]);
        assert_eq!(
            found.as_deref(),
            Some(
                "Kratix ships every file in /kratix/output, these too:\n  .git/ (2 files)\n  b/.DS_Store\n  notes.txt"
            )
        );
    }
}
