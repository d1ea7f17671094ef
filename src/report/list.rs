//! What there is to run, as text and as JSON.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::paint::Paint;
use super::words::Count;
use crate::image::{Planned, Source};
use crate::kratix::Workflow;
use crate::suite::PromiseSuite;
use crate::suite::discovery::Test;
use crate::suite::origin::{Origin, origins};

/// Every Promise that was found.
#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    pub(crate) promises: Vec<PromiseListing>,
}

/// A Promise, its tests, pipelines and images.
#[derive(Debug, Serialize)]
pub(crate) struct PromiseListing {
    name: String,
    path: String,
    tests: Vec<TestListing>,
    pipelines: Vec<PipelineListing>,
    images: Vec<ImageListing>,
    /// Example requests, where they are asked for.
    #[serde(skip)]
    examples: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
struct TestListing {
    name: String,
    folder: String,
    workflow: String,
    /// What applies to it, where that is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    settings: Vec<SettingListing>,
}

#[derive(Debug, Serialize)]
struct SettingListing {
    setting: String,
    value: String,
    file: String,
    line: usize,
}

#[derive(Debug, Serialize)]
struct PipelineListing {
    workflow: String,
    name: String,
    stages: Vec<StageListing>,
}

#[derive(Debug, Serialize)]
struct StageListing {
    name: String,
    image: String,
}

#[derive(Debug, Serialize)]
struct ImageListing {
    reference: String,
    /// Where it is built; absent for one that is not built here.
    dockerfile: Option<String>,
    context: Option<String>,
    /// What decided it.
    rule: Option<String>,
    /// Why nothing could decide it.
    problem: Option<String>,
    hint: Option<String>,
}

impl PromiseListing {
    pub(crate) fn new(suite: &PromiseSuite, images: Vec<Planned>, verbose: bool) -> Self {
        let settings = |test: &Test| if verbose { settings(suite, test) } else { Vec::new() };
        Self {
            name: suite.promise.name.clone(),
            path: suite.file.source.path.display().to_string(),
            tests: suite.tests.iter().flatten().map(|test| TestListing::new(test, settings(test))).collect(),
            pipelines: Workflow::ALL.into_iter().flat_map(|workflow| pipelines(suite, workflow)).collect(),
            images: images
                .into_iter()
                .map(|planned| ImageListing::new(&suite.file.folder, planned))
                .collect(),
            examples: None,
        }
    }

    /// The same with the example requests of a Promise.
    pub(crate) fn with_examples(self, folder: &Path, examples: &[PathBuf]) -> Self {
        let below = |path: &PathBuf| path.strip_prefix(folder).unwrap_or(path).display().to_string();
        Self { examples: Some(examples.iter().map(below).collect()), ..self }
    }
}

impl TestListing {
    fn new(test: &Test, settings: Vec<SettingListing>) -> Self {
        let folder = test.folder.display().to_string();
        Self { name: test.name.clone(), folder, workflow: test.target.to_string(), settings }
    }
}

fn settings(suite: &PromiseSuite, test: &Test) -> Vec<SettingListing> {
    let listing = |origin: Origin| SettingListing {
        setting: origin.setting,
        value: origin.value,
        file: origin.file.display().to_string(),
        line: origin.line,
    };
    origins(&suite.file.root, &test.folder).into_iter().map(listing).collect()
}

fn pipelines(suite: &PromiseSuite, workflow: Workflow) -> Vec<PipelineListing> {
    let listing = |pipeline: &crate::kratix::Pipeline| PipelineListing {
        workflow: workflow.to_string(),
        name: pipeline.name.clone(),
        stages: pipeline
            .containers
            .iter()
            .map(|container| StageListing { name: container.name.clone(), image: container.image.clone() })
            .collect(),
    };
    suite.promise.pipelines(workflow).iter().map(listing).collect()
}

impl ImageListing {
    fn new(promise: &Path, planned: Planned) -> Self {
        let reference = planned.reference;
        let (mut dockerfile, mut context, mut rule, mut problem, mut hint) = (None, None, None, None, None);
        match planned.source {
            Ok(Source::Build(recipe)) => {
                dockerfile = Some(shown(promise, &recipe.dockerfile));
                context = Some(shown(promise, &recipe.context));
                rule = Some(recipe.rule.to_string());
            }
            Ok(Source::Use { rule: by, .. }) => rule = Some(by.to_string()),
            Err(error) => (problem, hint) = (Some(error.to_string()), Some(error.hint())),
        }
        Self { reference, dockerfile, context, rule, problem, hint }
    }
}

/// A path as seen from the Promise's folder.
fn shown(promise: &Path, path: &Path) -> String {
    let promise = std::fs::canonicalize(promise).unwrap_or_else(|_| promise.to_owned());
    match path.strip_prefix(&promise) {
        Ok(below) if below.as_os_str().is_empty() => ".".to_owned(),
        Ok(below) => below.display().to_string(),
        Err(_) => path.display().to_string(),
    }
}

impl Listing {
    pub(crate) fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("strings alone, which JSON can hold");
        format!("{json}\n")
    }

    pub(crate) fn to_text(&self, paint: Paint) -> String {
        let promises: Vec<String> = self.promises.iter().map(|promise| promise.to_text(paint)).collect();
        promises.join("\n")
    }
}

impl PromiseListing {
    fn to_text(&self, paint: Paint) -> String {
        let mut text = format!("{} {}\n", paint.bold(&self.name), paint.dim(&self.path));
        text.push_str(&format!("\n  {}\n", Count(self.tests.len(), "test")));
        let width = self.tests.iter().map(|test| test.name.chars().count()).max().unwrap_or(0);
        for test in &self.tests {
            text.push_str(&format!("    {:width$}  {}\n", test.name, paint.dim(&test.workflow)));
            for SettingListing { setting, value, file, line } in &test.settings {
                text.push_str(&format!(
                    "      {setting}: {value}  {}\n",
                    paint.dim(format!("{file}:{line}"))
                ));
            }
        }
        text.push_str(&format!("\n  {}\n", Count(self.pipelines.len(), "pipeline")));
        for pipeline in &self.pipelines {
            text.push_str(&format!("    {}/{}\n", pipeline.workflow, pipeline.name));
            for stage in &pipeline.stages {
                text.push_str(&format!("      {}  {}\n", stage.name, paint.dim(&stage.image)));
            }
        }
        text.push_str(&format!("\n  {}\n", Count(self.images.len(), "image")));
        for image in &self.images {
            text.push_str(&format!("    {}\n", image.reference));
            for line in image.explain() {
                text.push_str(&format!("      {line}\n"));
            }
        }
        if let Some(examples) = &self.examples {
            text.push_str(&format!("\n  {}\n", Count(examples.len(), "example request")));
            text.extend(examples.iter().map(|example| format!("    {example}\n")));
        }
        text
    }
}

impl ImageListing {
    fn explain(&self) -> Vec<String> {
        let lines = [
            self.dockerfile.as_ref().map(|dockerfile| format!("built from {dockerfile}")),
            self.context.as_ref().map(|context| format!("context {context}")),
            self.rule.as_ref().map(|rule| format!("rule: {rule}")),
            self.problem.clone(),
        ];
        let hint = self.hint.iter().flat_map(|hint| hint.lines()).map(str::to_owned);
        lines.into_iter().flatten().chain(hint).collect()
    }
}
