//! Tests on disk: which Promises there are, which folders are tests, their settings, and their expectations.

mod amiss;
pub(crate) mod changes;
pub(crate) mod discovery;
pub(crate) mod drafts;
pub(crate) mod expectation;
pub(crate) mod filter;
mod marks;
pub(crate) mod origin;
pub(crate) mod repository;
pub(crate) mod requests;
pub(crate) mod scaffold;
pub(crate) mod settings;
mod split;
pub(crate) mod takeover;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::diagnostic::SourceError;
use crate::kratix::{Finding, Pipeline, Promise, Target, Workflow, admission};

use discovery::{BrokenTest, Test, discover, folder_of, name_of};
use filter::{Candidate, Filter};
use repository::{Found, PromiseFile, find};
use settings::Settings;

/// The Promises of a run and their tests.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(crate) promises: Vec<PromiseSuite>,
    /// Promises that cannot be read.
    pub(crate) unreadable: Vec<SourceError>,
    /// Whether tests are named with their Promise, as where every Promise below a folder is run.
    pub(crate) many: bool,
}

/// One Promise and its tests.
#[derive(Debug)]
pub(crate) struct PromiseSuite {
    pub(crate) file: PromiseFile,
    pub(crate) promise: Promise,
    /// What applies to the Promise's folder.
    pub(crate) settings: Settings,
    pub(crate) tests: Vec<Result<Test, BrokenTest>>,
    /// What admission makes of the Promise.
    admission: Vec<Finding>,
    /// Whether there are any tests, selected or not.
    pub(crate) has_tests: bool,
    /// The folder below which every test is known.
    pub(crate) searched: PathBuf,
    /// Whether some of its tests are not selected.
    pub(crate) is_narrowed: bool,
}

impl Suite {
    /// The Promise of a folder, or those below it, with their tests.
    pub(crate) fn load(folder: &Path) -> Result<Self, SourceError> {
        match find(folder)? {
            Found::One(file) => {
                let promises = vec![PromiseSuite::load(file)?];
                Ok(Self { promises, unreadable: Vec::new(), many: false })
            }
            Found::Below(files) => {
                let settings = Settings::load(folder, folder)?;
                let excluded =
                    |file: &PromiseFile| settings.exclude().iter().any(|path| file.folder.starts_with(path));
                let mut suite = Self { promises: Vec::new(), unreadable: Vec::new(), many: true };
                for file in files.into_iter().filter(|file| !file.as_ref().is_ok_and(excluded)) {
                    match file.and_then(PromiseSuite::load) {
                        Ok(promise) => {
                            suite.promises.push(PromiseSuite { searched: folder.to_owned(), ..promise });
                        }
                        Err(error) => suite.unreadable.push(error),
                    }
                }
                Ok(suite)
            }
        }
    }

    /// Keeps the tests that a filter accepts; what it asks for in vain is returned as a sentence.
    pub(crate) fn select(&mut self, filter: &Filter) -> Result<(), String> {
        let many = self.many;
        if !filter.is_empty() {
            let names = self.names();
            let candidates: Vec<Candidate<'_>> = names.iter().map(NamedTest::candidate).collect();
            if let Some(unmatched) = filter.unmatched(&candidates) {
                return Err(unmatched);
            }
        }
        for suite in &mut self.promises {
            let promise = suite.promise.name.clone();
            let before = suite.tests.len();
            suite.tests.retain(|test| filter.accepts(&NamedTest::of(&promise, test, many).candidate()));
            suite.is_narrowed |= suite.tests.len() < before;
        }
        Ok(())
    }

    /// Keeps tests by their folder.
    pub(crate) fn keep(&mut self, is_kept: impl Fn(&Path) -> bool) {
        for suite in &mut self.promises {
            let before = suite.tests.len();
            suite.tests.retain(|test| is_kept(folder_of(test)));
            suite.is_narrowed |= suite.tests.len() < before;
        }
    }

    fn names(&self) -> Vec<NamedTest> {
        let of = |suite: &PromiseSuite| -> Vec<NamedTest> {
            suite.tests.iter().map(|test| NamedTest::of(&suite.promise.name, test, self.many)).collect()
        };
        self.promises.iter().flat_map(of).collect()
    }

    /// What a test is called in this run.
    pub(crate) fn title(&self, promise: &str, test: &str) -> String {
        title(promise, test, self.many)
    }
}

fn title(promise: &str, test: &str, many: bool) -> String {
    if many { format!("{promise}/{test}") } else { test.to_owned() }
}

/// A test as a filter looks at it.
struct NamedTest {
    name: String,
    promise: String,
    workflow: Option<crate::kratix::Workflow>,
}

impl NamedTest {
    fn of(promise: &str, test: &Result<Test, BrokenTest>, many: bool) -> Self {
        let workflow = test.as_ref().ok().map(|test| test.target.workflow);
        Self { name: title(promise, name_of(test), many), promise: promise.to_owned(), workflow }
    }

    fn candidate(&self) -> Candidate<'_> {
        Candidate { name: &self.name, promise: &self.promise, workflow: self.workflow }
    }
}

impl PromiseSuite {
    /// A Promise with its settings and its tests.
    pub(crate) fn load(file: PromiseFile) -> Result<Self, SourceError> {
        let promise = Promise::parse(&file.source)?;
        let settings = Settings::load(&file.root, &file.folder)?;
        let tests = discover(&file, &promise, &settings)?;
        let has_tests = !tests.is_empty();
        let admission =
            admission::check(&promise).iter().map(|problem| problem.finding_in(&file.source)).collect();
        let searched = file.folder.clone();
        Ok(Self { file, promise, settings, tests, admission, has_tests, searched, is_narrowed: false })
    }
}

impl PromiseSuite {
    /// What admission makes of the Promise.
    pub(crate) fn admission(&self) -> impl Iterator<Item = &Finding> {
        self.admission.iter()
    }

    /// The same as the settings of the Promise judge it. It is said once, not test by test.
    pub(crate) fn admission_judged(&self) -> impl Iterator<Item = Finding> {
        self.admission.iter().cloned().filter_map(|finding| self.settings.judge(finding))
    }

    /// The pipelines that a target names, in the order they run.
    pub(crate) fn pipelines(&self, target: &Target) -> Vec<&Pipeline> {
        match &target.pipeline {
            None => self.promise.pipelines_run(target.workflow).iter().collect(),
            Some(name) => self.promise.pipeline(target.workflow, name).into_iter().collect(),
        }
    }
}

impl PromiseSuite {
    /// Images that stand in for those of containers, by the settings of the Promise or of a test.
    /// The images that containers name, each once.
    pub(crate) fn references(&self) -> impl Iterator<Item = &str> {
        let pipelines = Workflow::ALL.into_iter().flat_map(|workflow| self.promise.pipelines(workflow));
        let containers = pipelines.flat_map(|pipeline| &pipeline.containers);
        let references: BTreeSet<&str> = containers.map(|container| container.image.as_str()).collect();
        references.into_iter()
    }

    pub(crate) fn stand_ins(&self) -> Vec<&str> {
        let tests = self.tests.iter().filter_map(|test| test.as_ref().ok()).map(|test| &test.settings);
        let stages = std::iter::once(&self.settings).chain(tests).flat_map(Settings::stages);
        stages.filter_map(|(_, stage)| stage.image.as_deref()).collect()
    }
}

impl Suite {
    /// The images that containers name, Promise by Promise.
    pub(crate) fn references(&self) -> impl Iterator<Item = &str> {
        self.promises.iter().flat_map(PromiseSuite::references)
    }

    /// What is wrong with the test folders that cannot be read.
    pub(crate) fn broken_tests(&self) -> impl Iterator<Item = &SourceError> {
        let tests = self.promises.iter().flat_map(|promise| &promise.tests);
        tests.filter_map(|test| test.as_ref().err()).map(|broken| &broken.error)
    }
}
