//! What happened, as data: the one model behind every report.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value as Json;

use crate::compare::{Difference, Note, Place, Proposal};
use crate::diagnostic::SourceError;
use crate::exit::Exit;
use crate::kratix::work::Work;
use crate::kratix::{Code, Finding, Severity};
use crate::secrets::Secrets;
use crate::suite::expectation::Written;
use crate::tree::Tree;
use crate::tree::context::Instruction;

/// A whole run.
#[derive(Debug, Default)]
pub(crate) struct RunOutcome {
    pub(crate) tests: Vec<TestOutcome>,
    /// Promises that could not be read, while the others ran.
    pub(crate) unreadable: Vec<SourceError>,
    /// What of the settings has found nothing in any test that it is for.
    pub(crate) unused: Vec<SourceError>,
    pub(crate) elapsed: Duration,
}

/// One test, or one request that was run without a test.
#[derive(Debug)]
pub(crate) struct TestOutcome {
    /// Unique in the run; begins with the Promise's name where there are several.
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
    pub(crate) pipelines: Vec<PipelineOutcome>,
    pub(crate) failures: Vec<Failure>,
    /// What was left and is not what is expected; of a new test, all that was left.
    pub(crate) differences: Vec<Located>,
    /// What the platform would refuse, or do otherwise than the author means; errors fail the test.
    pub(crate) findings: Vec<Finding>,
    /// Where only the output is compared: its files, of both sides.
    pub(crate) compared: Vec<String>,
    /// Findings that the settings allow and that are not there.
    pub(crate) idle: Vec<Code>,
    /// Which marks and filters of the settings found anything; empty of a test that was not compared.
    pub(crate) rules: Vec<RuleUse>,
    /// Of a new test, what a second run of it leaves otherwise: it is marked where it is stored.
    pub(crate) varying: Vec<Varying>,
    /// What is worth knowing about the files and changes nothing.
    pub(crate) notes: Vec<Note>,
    /// What is worth knowing about the run.
    pub(crate) remarks: Vec<String>,
    /// The object's status at the end; nothing where a stage alone was run.
    pub(crate) status: Option<Json>,
    /// What no report may show.
    pub(crate) secrets: Secrets,
    /// Where what it left is kept.
    pub(crate) results: PathBuf,
    pub(crate) elapsed: Duration,
}

#[derive(Debug)]
pub(crate) enum Verdict {
    Passed,
    /// Ran, with nothing to compare with.
    NotCompared,
    /// Has no expectation yet.
    New,
    /// Expectations were written; none of the files is no change.
    Updated(Vec<Written>),
    /// Something is not as it should be.
    Failed,
    /// Nothing was learnt.
    Errored(Trouble),
    /// Not run, since an earlier test failed.
    NotRun,
}

/// Why a test fails, beside differences.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A file of the test cannot be used.
    Source(SourceError),
    /// The platform would not accept the resource request, or not as was `expected`.
    Refused { why: String, errors: Vec<SourceError>, expected: Option<String> },
    /// The platform would not accept the Promise: why was told before the tests.
    PromiseRefused { codes: Vec<Code> },
    /// The last stage of a pipeline did not end as expected.
    Stage { pipeline: String, expected_exit: i64 },
    /// Every stage succeeded where one was expected not to.
    NotExited { expected: i64 },
    /// The platform accepts a request that it was expected to refuse.
    NotRefused { expected: String },
    /// A second run, on the status that the first left, does something else.
    NotRepeatable,
    /// A finding that was expected is not there.
    NotFound { code: Code },
    /// What was said of it when it was run.
    Earlier(String),
}

/// A difference, and whose it is.
#[derive(Debug)]
pub(crate) struct Located {
    /// The folder of the expectation that it is about.
    pub(crate) expected: PathBuf,
    /// Named where there are several.
    pub(crate) pipeline: Option<String>,
    pub(crate) difference: Difference,
}

/// A value that varies from run to run, the mark for it, and which pipeline left it.
#[derive(Debug, Clone)]
pub(crate) struct Varying {
    pub(crate) pipeline: String,
    pub(crate) proposal: Proposal,
}

/// A mark or a filter of the settings, and whether it found anything.
#[derive(Debug, Clone)]
pub(crate) struct RuleUse {
    pub(crate) kind: RuleKind,
    /// Which of its kind it is in the settings.
    pub(crate) index: usize,
    pub(crate) place: Place,
    pub(crate) used: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleKind {
    Mark,
    Filter,
}

/// A test, and what is kept of its last run.
#[derive(Debug)]
pub(crate) struct Kept {
    /// As in the run.
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) state: State,
    /// What is pending of it.
    pub(crate) items: Vec<Item>,
}

/// A part of what is pending that is accepted or rejected by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// Tells it from the others of the test, also when some of them are settled.
    pub(crate) key: String,
    pub(crate) what: What,
    /// Why it cannot be accepted, if so.
    pub(crate) refused: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// Some of the test's differences, by their places.
    Differences(Vec<usize>),
    /// What is expected of a pipeline that is gone.
    Gone(PathBuf),
    /// A new test whose pipelines left nothing.
    Nothing,
}

#[derive(Debug)]
pub(crate) enum State {
    /// It was not run, or its results are gone.
    Absent,
    /// It passed, or was accepted or rejected.
    Settled,
    /// It is not what is expected, and can be accepted; or it was, just now.
    Pending(Box<TestOutcome>),
    /// It cannot be accepted.
    Refused { why: String, hint: String, outcome: Box<TestOutcome> },
}

/// Why nothing was learnt.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// Whether it was told already, with the image that it is about.
    pub(crate) told: bool,
}

/// What one pipeline did and left.
#[derive(Debug)]
pub(crate) struct PipelineOutcome {
    pub(crate) name: String,
    pub(crate) stages: Vec<StageOutcome>,
    /// What Kratix would schedule; nothing in a delete workflow, or where it stops.
    pub(crate) work: Option<Work>,
    /// Where it would be written, as far as the Destinations are known.
    pub(crate) scheduled: Vec<Scheduled>,
    pub(crate) left: Left,
}

/// What a pipeline left behind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Left {
    pub(crate) metadata: Tree,
    pub(crate) output: Tree,
}

/// Where a group of files would be written.
#[derive(Debug)]
pub(crate) struct Scheduled {
    pub(crate) directory: String,
    /// Whether every Destination that matches gets them, or one of them at random.
    pub(crate) all: bool,
    /// The paths in the State Store, by Destination.
    pub(crate) places: Vec<(String, Vec<String>)>,
}

/// One running of one container.
#[derive(Debug)]
pub(crate) struct StageOutcome {
    pub(crate) container: String,
    pub(crate) ended: Ended,
    pub(crate) log: Log,
    /// Bytes of disk that it and the folders took at its end, as far as that is known.
    pub(crate) disk: u64,
    pub(crate) elapsed: Duration,
}

/// How a stage ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    Exited(i64),
    /// The kernel killed it, or a process of it, for its memory. Kubernetes fails such a container even at exit 0.
    OutOfMemory {
        limit: Option<u64>,
    },
    TimedOut(Duration),
    CannotStart(String),
}

/// What a stage printed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    /// Where all of it is kept.
    pub(crate) path: PathBuf,
    /// The last of it.
    pub(crate) tail: String,
    /// How many lines come before the tail.
    pub(crate) earlier: usize,
    /// Bytes of all of it.
    pub(crate) size: u64,
    /// Whether it was cut at the limit of what is kept.
    pub(crate) cut: bool,
}

/// What is told while a run goes on.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// An image is looked for, built or pulled.
    ImageStarted {
        reference: &'a str,
        how: &'a str,
    },
    ImageLine {
        reference: &'a str,
        line: &'a str,
    },
    ImageFinished {
        reference: &'a str,
        how: &'a str,
        elapsed: Duration,
    },
    /// It was built before, and nothing that goes into it has changed.
    ImageUnchanged {
        reference: &'a str,
    },
    /// It cannot be pulled, which need not matter.
    ImageGivenUp {
        reference: &'a str,
    },
    ImageFailed {
        reference: &'a str,
        message: &'a str,
        /// The Dockerfile and its instruction that failed.
        at: Option<(&'a Path, &'a Instruction)>,
        hint: Option<&'a str>,
        log: &'a [String],
    },
    /// Something about an image that its author should know.
    ImageWarning {
        message: &'a str,
    },
    /// The platform refuses a Promise, or does something otherwise with it than its author may think.
    PromiseFinding {
        finding: &'a Finding,
    },
    /// Something about the settings that their author should know.
    SettingsWarning {
        message: &'a str,
    },
    /// The tests begin; so many of them.
    TestsStarted {
        count: usize,
    },
    TestStarted {
        test: &'a str,
    },
    StageStarted {
        test: &'a str,
        stage: &'a str,
    },
    StageLine {
        stage: &'a str,
        line: &'a str,
    },
    /// It ended; how is told when those before it have ended, too.
    TestEnded {
        test: &'a str,
    },
    TestFinished {
        outcome: &'a TestOutcome,
    },
}

impl RunOutcome {
    /// How the program ends.
    pub(crate) fn exit(&self) -> Exit {
        let unreadable = match (self.unreadable.is_empty(), self.unused.is_empty()) {
            (false, _) => Exit::Usage,
            (true, false) => Exit::Failed,
            (true, true) => Exit::Success,
        };
        self.tests.iter().fold(unreadable, |exit, test| exit.and(test.verdict.exit()))
    }
}

impl Verdict {
    /// Whether a line says all there is to say.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Self::Passed | Self::NotRun)
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_good(&self) -> bool {
        self.exit() == Exit::Success
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Passed | Self::NotCompared | Self::Updated(_) | Self::NotRun => Exit::Success,
            Self::New | Self::Failed => Exit::Failed,
            Self::Errored(_) => Exit::Engine,
        }
    }
}

impl TestOutcome {
    /// A test that was not run, or not further than this.
    pub(crate) fn without_run(name: &str, verdict: Verdict) -> Self {
        Self {
            name: name.to_owned(),
            verdict,
            pipelines: Vec::new(),
            failures: Vec::new(),
            differences: Vec::new(),
            findings: Vec::new(),
            compared: Vec::new(),
            idle: Vec::new(),
            rules: Vec::new(),
            varying: Vec::new(),
            notes: Vec::new(),
            remarks: Vec::new(),
            status: None,
            secrets: Secrets::default(),
            results: PathBuf::new(),
            elapsed: Duration::ZERO,
        }
    }

    /// Whether what it left may become what is expected, as far as the run is concerned.
    pub(crate) fn can_be_stored(&self) -> bool {
        let is_error = |finding: &Finding| finding.severity == Severity::Error;
        self.failures.is_empty() && !self.findings.iter().any(is_error)
    }
}

impl Item {
    /// The places of its differences.
    pub(crate) fn differences(&self) -> Vec<usize> {
        match &self.what {
            What::Differences(differences) => differences.clone(),
            What::Gone(_) | What::Nothing => Vec::new(),
        }
    }
}

impl Located {
    /// Whether it is about what this pipeline left; of one pipeline alone, everything is.
    pub(crate) fn is_of(&self, pipeline: &str) -> bool {
        self.pipeline.as_ref().is_none_or(|name| name == pipeline)
    }
}

impl Left {
    /// One of the folders, by name.
    pub(crate) fn folder(&self, name: &str) -> &Tree {
        if name == "metadata" { &self.metadata } else { &self.output }
    }
}
