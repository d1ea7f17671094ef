//! Test folders that are not there yet: what could be tested of a Promise, and the files that a test of it begins with.

pub(crate) mod deletion;
pub(crate) mod extra;
mod familiar;
mod name;
pub(crate) mod offer;
mod pattern;
mod place;
mod request;
mod text;
mod value;
mod variation;
mod ways;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::discovery::Test;
use super::settings::FILE_NAME;
use super::{PromiseSuite, requests};
use crate::diagnostic::Source;
use crate::kratix::{Target, Workflow, WorkflowAction, WorkflowType};

use offer::{Offer, OfferedFile};
use request::{Api, Request};
use variation::variations;

/// The most tests of one workflow.
const MOST: usize = 12;

/// What could be tested of a Promise and is not yet.
#[derive(Debug, Default)]
pub(crate) struct Scaffold {
    pub(crate) offers: Vec<Offer>,
    /// How many more there would be.
    pub(crate) left_out: usize,
}

impl Scaffold {
    /// What is missing from the tests of a Promise.
    pub(crate) fn of(suite: &PromiseSuite) -> Self {
        let mut plan = Plan { suite, taken: BTreeSet::new(), scaffold: Self::default() };
        plan.requests();
        for workflow in Workflow::ALL.into_iter().filter(|workflow| workflow.kind == WorkflowType::Promise) {
            plan.itself(workflow);
        }
        plan.scaffold
    }
}

/// A scaffold in the making.
struct Plan<'a> {
    suite: &'a PromiseSuite,
    /// Names that cannot be given any more.
    taken: BTreeSet<String>,
    scaffold: Scaffold,
}

impl Plan<'_> {
    /// Tests of the workflows of each request.
    fn requests(&mut self) {
        let Some(api) = Api::of(&self.suite.promise) else { return };
        let examples = requests::examples(&self.suite.file.folder, &self.suite.promise);
        let mut examples = examples.iter().filter_map(|path| api.example(path));
        let base = examples.next().unwrap_or_else(|| api.minimal());
        let configure = Workflow::new(WorkflowType::Resource, WorkflowAction::Configure);
        if self.has(configure) {
            match api.object(&base.value) {
                Ok(object) => self.configure(&api, &base, examples, &object.value),
                Err(refused) if !self.tests(configure) => {
                    let what = format!("{}: to be completed", self.origin(&base));
                    self.offer(&name_of(&base), what, input(base.refused_text(&api, &refused)));
                }
                Err(_) => {}
            }
        }
        let delete = Workflow::new(WorkflowType::Resource, WorkflowAction::Delete);
        if self.has(delete) && !self.tests(delete) {
            let text = match api.object(&base.value) {
                Ok(_) => base.text(&api),
                Err(refused) => base.refused_text(&api, &refused),
            };
            let what = format!("{}, deleted", self.origin(&base));
            let files = input(text).into_iter().chain(settings(delete)).collect();
            self.offer("resource-delete", what, files);
        }
    }

    /// Tests of resource/configure: the base request, further examples, and the base with one thing otherwise.
    fn configure(
        &mut self,
        api: &Api<'_>,
        base: &Request,
        examples: impl Iterator<Item = Request>,
        object: &Json,
    ) {
        let existing = self.objects(api);
        let mut objects: Vec<Json> = existing.clone();
        let mut offers = Vec::new();
        if existing.is_empty() {
            offers.push((name_of(base), String::new(), self.origin(base), base.clone()));
        }
        objects.push(object.clone());
        for example in examples {
            let Ok(object) = api.object(&example.value) else { continue };
            if !objects.iter().any(|other| is_same(other, &object.value)) {
                objects.push(object.value);
                offers.push((name_of(&example), String::new(), self.origin(&example), example));
            }
        }
        for variation in variations(api, base, object) {
            let is_covered = existing.iter().any(|object| variation.factor.holds(object))
                || objects.iter().any(|other| is_same(other, &variation.object));
            if !is_covered {
                objects.push(variation.object);
                offers.push((
                    variation.name,
                    variation.factor.long_name(),
                    variation.what,
                    variation.request,
                ));
            }
        }
        self.scaffold.left_out += offers.len().saturating_sub(MOST);
        offers.truncate(MOST);
        for (name, long_name, what, request) in offers {
            let name = if self.is_taken(&name) && !long_name.is_empty() { long_name } else { name };
            self.offer(&name, what, input(request.text(api)));
        }
    }

    /// A test of a workflow of the Promise itself.
    fn itself(&mut self, workflow: Workflow) {
        if self.has(workflow) && !self.tests(workflow) {
            let name = workflow.to_string().replace('/', "-");
            let what = match workflow.action {
                WorkflowAction::Configure => "the Promise itself, installed",
                WorkflowAction::Delete => "the Promise itself, deleted",
            };
            self.offer(&name, what.to_owned(), settings(workflow).collect());
        }
    }

    fn offer(&mut self, name: &str, what: String, files: Vec<(PathBuf, OfferedFile)>) {
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        let Some(name) = names.find(|name| !self.is_taken(name)) else { return };
        self.taken.insert(name.clone());
        self.scaffold.offers.push(Offer { name, what, files: files.into_iter().collect() });
    }

    /// Whether a name is that of a test, or of anything else where a test of that name would be.
    fn is_taken(&self, name: &str) -> bool {
        let folder = offer::tests_folder(&self.suite.file.folder).join(name);
        let is_test = self.suite.tests.iter().any(|test| super::name_of(test) == name);
        self.taken.contains(name) || is_test || fs::symlink_metadata(folder).is_ok()
    }

    fn has(&self, workflow: Workflow) -> bool {
        !self.suite.promise.pipelines(workflow).is_empty()
    }

    /// Whether there is a test of a workflow.
    fn tests(&self, workflow: Workflow) -> bool {
        self.tests_of(workflow).next().is_some()
    }

    fn tests_of(&self, workflow: Workflow) -> impl Iterator<Item = &Test> {
        let tests = self.suite.tests.iter().flatten();
        tests.filter(move |test| test.target == Target::workflow(workflow))
    }

    /// What the pipelines of the existing tests read.
    fn objects(&self, api: &Api<'_>) -> Vec<Json> {
        let configure = Workflow::new(WorkflowType::Resource, WorkflowAction::Configure);
        let request = |test: &Test| {
            let document = Source::read(&test.request).ok()?.document().ok()?;
            Some(api.object(&document.root.to_json()).ok()?.value)
        };
        self.tests_of(configure).filter_map(request).collect()
    }

    /// What a request is, in a line.
    fn origin(&self, request: &Request) -> String {
        let below =
            |path: &Path| path.strip_prefix(&self.suite.file.folder).unwrap_or(path).display().to_string();
        request.example().map_or_else(|| "what the API requires".to_owned(), below)
    }
}

/// Whether two objects ask for the same, whatever they are called.
fn is_same(one: &Json, other: &Json) -> bool {
    let asked = |object: &Json| -> Json {
        let fields = object.as_object().into_iter().flatten();
        let asked = fields.filter(|(name, _)| !["metadata", "status"].contains(&name.as_str()));
        asked.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    asked(one) == asked(other)
}

/// What the test of a request is called.
fn name_of(request: &Request) -> String {
    let stem = request.example().and_then(Path::file_stem);
    stem.map_or_else(|| "minimal".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

fn input(text: String) -> Vec<(PathBuf, OfferedFile)> {
    vec![(PathBuf::from("input/object.yaml"), text.into())]
}

fn settings(workflow: Workflow) -> impl Iterator<Item = (PathBuf, OfferedFile)> {
    let text = format!("workflow: {workflow}\n");
    std::iter::once((PathBuf::from(FILE_NAME), text.into()))
}

#[cfg(test)]
mod tests;
