//! What is remembered of a test's run beside its results, so that they can be accepted later: how it ended, what it was
//! run with, and what the files on disk do not tell.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ingredients::Ingredients;
use super::results::of_pipeline;
use super::summaries;
use crate::compare::{Is, Proposal, Spot};
use crate::kratix::{Code, Finding, Severity};
use crate::outcome::{Ended as StageEnded, Failure, Left, PipelineOutcome, TestOutcome, Varying, Verdict};
use crate::suite::expectation::store;
use crate::tree::digest::Digest;
use crate::tree::{Entry, EntryKind, Tree, open_regular};
use crate::yaml::{KeyPath, Position};

/// The file's name among the results of a test.
pub(super) const RECORD: &str = "record.json";
/// Bytes; more than what is known of the most files that are kept.
const LARGEST: u64 = 64 << 20;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    version: u32,
    pub(super) test: String,
    pub(super) ended: Ended,
    /// What of it was rejected, while the rest is pending: keys of items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) rejected: Vec<String>,
    /// Why nothing of it may be stored, in sentences.
    failures: Vec<String>,
    /// What the platform refuses of the Promise itself.
    refused: Vec<String>,
    findings: Vec<KeptFinding>,
    pub(super) with: Ingredients,
    pipelines: Vec<KeptPipeline>,
    varying: Vec<KeptMark>,
    /// A digest of what is kept.
    left: String,
}

/// How a run ended, and what became of its results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Ended {
    Passed,
    NotCompared,
    New,
    Failed,
    Accepted,
    Rejected,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptFinding {
    code: String,
    error: bool,
    text: String,
    file: Option<PathBuf>,
    line: Option<usize>,
    column: Option<usize>,
    hint: Option<String>,
}

/// What was left, with modes, links, and what could not be kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptPipeline {
    name: String,
    metadata: BTreeMap<String, Entry>,
    output: BTreeMap<String, Entry>,
}

/// Why there is no record.
pub(super) enum Unreadable {
    /// It is none, or says what none says.
    Broken,
    /// It is of a version of the program that writes this format.
    Version(u32),
}

/// The bytes of the record among the results of a test.
pub(super) fn text_of(folder: &Path) -> io::Result<String> {
    let mut text = String::new();
    open_regular(&folder.join(RECORD))?.take(LARGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// A value that varies, and the mark for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptMark {
    pipeline: String,
    file: String,
    /// Which document of the file, in words and counted from 0.
    document: (String, usize),
    path: KeyPath,
    within: Option<KeyPath>,
    tag: String,
    text: Option<String>,
}

impl Record {
    /// Of what is written here. One of another version is as good as none.
    pub(super) const VERSION: u32 = 2;

    /// Of a run that came to its end, before its verdict.
    pub(super) fn of(test: &str, outcome: &TestOutcome, with: Ingredients) -> io::Result<Self> {
        let hidden = |text: &str| outcome.secrets.hide(text).into_owned();
        let mut record = Self {
            version: Self::VERSION,
            test: test.to_owned(),
            ended: Ended::Failed,
            rejected: Vec::new(),
            failures: Vec::new(),
            refused: Vec::new(),
            findings: outcome.findings.iter().map(|finding| KeptFinding::of(finding, hidden)).collect(),
            with,
            pipelines: outcome.pipelines.iter().map(KeptPipeline::of).collect(),
            varying: outcome.varying.iter().map(KeptMark::of).collect(),
            left: String::new(),
        };
        for failure in &outcome.failures {
            match failure {
                Failure::PromiseRefused { codes } => {
                    record.refused.extend(codes.iter().map(ToString::to_string));
                }
                other => record.failures.push(hidden(&sentence(other, outcome))),
            }
        }
        record.left = record.digest(&outcome.results)?;
        Ok(record)
    }

    /// The one among the results of a test; nothing if it is broken, or of another version of the program.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        Self::read_or_why(folder).ok()
    }

    /// The same, with why it is none.
    pub(super) fn read_or_why(folder: &Path) -> Result<Self, Unreadable> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let text = text_of(folder).map_err(|_| Unreadable::Broken)?;
        let head: Head = serde_json::from_str(&text).map_err(|_| Unreadable::Broken)?;
        if head.version != Self::VERSION {
            return Err(Unreadable::Version(head.version));
        }
        let record: Option<Self> = serde_json::from_str(&text).ok();
        record.filter(Self::is_sound).ok_or(Unreadable::Broken)
    }

    /// Writes it whole or not at all.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        store(&folder.join(RECORD), &serde_json::to_vec_pretty(self)?, false)
    }

    /// Whether the results are those of the run. What is a link in place of a folder is not.
    pub(super) fn is_of(&self, folder: &Path) -> bool {
        self.digest(folder).is_ok_and(|digest| digest == self.left)
    }

    /// What the run came to before its verdict.
    pub(super) fn restore(&self, folder: &Path, outcome: &mut TestOutcome) {
        folder.clone_into(&mut outcome.results);
        outcome.findings = self.findings.iter().filter_map(KeptFinding::restore).collect();
        let alone = self.pipelines.len() == 1 && !folder.join("pipelines").exists();
        let restored = |kept: &KeptPipeline| kept.restore(&of_pipeline(folder, &kept.name, alone));
        outcome.pipelines = self.pipelines.iter().map(restored).collect();
        outcome.failures = self.failures.iter().cloned().map(Failure::Earlier).collect();
        outcome.varying = self.varying.iter().filter_map(KeptMark::restore).collect();
        let codes: Vec<Code> = self.refused.iter().filter_map(|code| code.parse().ok()).collect();
        outcome.failures.extend((!codes.is_empty()).then_some(Failure::PromiseRefused { codes }));
    }

    /// Why nothing of it may be stored.
    pub(super) fn refusal(&self) -> Option<String> {
        let errors = self.findings.iter().filter(|finding| finding.error).map(|finding| &finding.code);
        let codes: Vec<&str> = errors.chain(&self.refused).map(String::as_str).collect();
        match self.failures.first() {
            Some(failure) => Some(failure.clone()),
            None => {
                (!codes.is_empty()).then(|| format!("the platform would refuse it: {}", codes.join(", ")))
            }
        }
    }

    /// No path leads out of the results.
    fn is_sound(&self) -> bool {
        let is_inside = |path: &String| {
            !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
        };
        let mut trees = self.pipelines.iter().flat_map(|pipeline| [&pipeline.metadata, &pipeline.output]);
        trees.all(|tree| tree.keys().all(is_inside))
    }

    fn digest(&self, folder: &Path) -> io::Result<String> {
        let alone = self.pipelines.len() == 1 && !folder.join("pipelines").exists();
        let mut digest = Digest::default();
        digest_file(folder, summaries::STATUS, &mut digest)?;
        for pipeline in &self.pipelines {
            let results = of_pipeline(folder, &pipeline.name, alone);
            digest.part(pipeline.name.as_bytes());
            digest_file(&results, summaries::WORK, &mut digest)?;
            let Left { metadata, output } = pipeline.left(&results);
            for tree in [metadata, output].iter().filter(|tree| !tree.entries.is_empty()) {
                are_folders(folder, tree)?;
                digest.tree(tree)?;
            }
        }
        Ok(digest.finish())
    }
}

impl From<&Verdict> for Ended {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Passed | Verdict::NotRun => Self::Passed,
            Verdict::NotCompared => Self::NotCompared,
            Verdict::New => Self::New,
            Verdict::Updated(_) => Self::Accepted,
            Verdict::Failed | Verdict::Errored(_) => Self::Failed,
        }
    }
}

impl Ended {
    /// Whether there is anything to accept.
    pub(super) fn is_pending(self) -> bool {
        matches!(self, Self::NotCompared | Self::New | Self::Failed)
    }
}

impl KeptFinding {
    fn of(finding: &Finding, hidden: impl Fn(&str) -> String) -> Self {
        Self {
            code: finding.code.to_string(),
            error: finding.severity == Severity::Error,
            text: hidden(&finding.text),
            file: finding.at.as_ref().map(|place| place.file.clone()),
            line: finding.position().map(|at| at.line),
            column: finding.position().map(|at| at.column),
            hint: finding.hint.as_deref().map(hidden),
        }
    }

    fn restore(&self) -> Option<Finding> {
        let severity = if self.error { Severity::Error } else { Severity::Warning };
        let finding = Finding {
            severity,
            hint: self.hint.clone(),
            ..Finding::new(self.code.parse().ok()?, self.text.clone())
        };
        let position = self.line.zip(self.column).map(|(line, column)| Position { line, column });
        Some(match &self.file {
            Some(file) => finding.at(file, position),
            None => finding,
        })
    }
}

impl KeptMark {
    fn of(varying: &Varying) -> Self {
        let Varying { pipeline, proposal: Proposal { file, document, spot } } = varying;
        Self {
            pipeline: pipeline.clone(),
            file: file.clone(),
            document: (document.clone(), spot.document),
            path: spot.path.clone(),
            within: spot.within.clone(),
            tag: spot.is.tag().to_owned(),
            text: spot.is.text().map(str::to_owned),
        }
    }

    fn restore(&self) -> Option<Varying> {
        let is = Is::new(&self.tag, self.text.clone())?;
        let (name, document) = &self.document;
        let spot = Spot { document: *document, path: self.path.clone(), within: self.within.clone(), is };
        let proposal = Proposal { file: self.file.clone(), document: name.clone(), spot };
        Some(Varying { pipeline: self.pipeline.clone(), proposal })
    }
}

impl KeptPipeline {
    fn of(pipeline: &PipelineOutcome) -> Self {
        let Left { metadata, output } = &pipeline.left;
        Self {
            name: pipeline.name.clone(),
            metadata: metadata.entries.clone(),
            output: output.entries.clone(),
        }
    }

    fn left(&self, results: &Path) -> Left {
        let tree = |name: &str, entries: &BTreeMap<String, Entry>| Tree {
            root: results.join(name),
            entries: entries.clone(),
            ..Tree::default()
        };
        Left { metadata: tree("metadata", &self.metadata), output: tree("output", &self.output) }
    }

    fn restore(&self, results: &Path) -> PipelineOutcome {
        PipelineOutcome {
            name: self.name.clone(),
            stages: Vec::new(),
            work: None,
            scheduled: Vec::new(),
            left: self.left(results),
        }
    }
}

fn digest_file(folder: &Path, name: &str, digest: &mut Digest) -> io::Result<()> {
    digest.part(name.as_bytes());
    summaries::one_file(folder, name).map_or(Ok(()), |tree| digest.tree(&tree))
}

/// That every folder of a tree, and every one on the way to it, is one: a link would lead elsewhere.
fn are_folders(results: &Path, tree: &Tree) -> io::Result<()> {
    let inside = tree.entries.iter().filter(|(_, entry)| entry.kind == EntryKind::Directory);
    let inside = inside.map(|(path, _)| tree.root.join(path));
    let above = tree.root.ancestors().take_while(|above| *above != results).map(Path::to_owned);
    for folder in above.chain(inside) {
        if !fs::symlink_metadata(&folder)?.is_dir() {
            return Err(io::Error::other("not a folder"));
        }
    }
    Ok(())
}

/// A failure for those who were not there.
fn sentence(failure: &Failure, outcome: &TestOutcome) -> String {
    match failure {
        Failure::Stage { pipeline, .. } => {
            let ran = outcome.pipelines.iter().find(|ran| ran.name == *pipeline);
            match ran.and_then(|ran| ran.stages.last()) {
                Some(stage) => format!("{pipeline}/{} {}", stage.container, ended(&stage.ended)),
                None => format!("{pipeline} did not end as expected"),
            }
        }
        Failure::Source(error) => error.to_string(),
        Failure::Refused { why, .. } => format!("the platform refused the request: {why}"),
        Failure::NotExited { expected } => {
            format!("every stage exited with code 0, and {expected} was expected")
        }
        Failure::NotRefused { .. } => {
            "the platform accepts the request, and was expected to refuse it".to_owned()
        }
        Failure::NotRepeatable => "a second run does something else than the first".to_owned(),
        Failure::NotFound { code } => format!("{code} was expected, and not found"),
        Failure::PromiseRefused { .. } => "the platform refuses the Promise".to_owned(),
        Failure::Earlier(text) => text.clone(),
    }
}

fn ended(ended: &StageEnded) -> String {
    match ended {
        StageEnded::Exited(code) => format!("exited with code {code}"),
        StageEnded::OutOfMemory { .. } => "was killed for using more memory than its limit".to_owned(),
        StageEnded::TimedOut(_) => "was killed, since it took too long".to_owned(),
        StageEnded::CannotStart(reason) => format!("could not start: {reason}"),
    }
}
