//! The two commands of the enterprise plugin: one pipeline or one stage on an input of the user's, whose output is held
//! against a folder. Nothing is written but below a temporary folder.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use clap::Parser as _;
use serde_json::{Map, Value as Json, json};
use tempfile::TempDir;

use super::session::Session;
use super::{connection, environment, images};
use crate::cli::{BuildOptions, EngineKind, Files, Given, Global, Images, Pipeline, Stage};
use crate::diagnostic::{Source, SourceError};
use crate::engine::{self, Docker, Engine as _};
use crate::exit::Exit;
use crate::kratix::{Code, Finding, Promise, Target};
use crate::outcome::{Event, Failure, RunOutcome, TestOutcome, Verdict};
use crate::report::failure::{self, Style};
use crate::report::terminal::Terminal;
use crate::report::{difference, dropin};
use crate::runner::{self, AsGiven, Job, Results, Runner, Subject};
use crate::suite::repository::PromiseFile;
use crate::suite::settings::Settings;
use crate::suite::{PromiseSuite, Suite};

/// What the parts of a Promise are called that is made for an image alone.
const MADE_UP: &str = "test";
/// Where what the settings say comes from, should any of it be wrong.
const COMMAND_LINE: &str = "the command line";

/// Runs a pipeline.
pub(super) fn pipeline(arguments: &Pipeline, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let target = target(&arguments.pipeline, None)?;
    Order { given: &arguments.given, target: Some(target), command: None, image: None }.fill(global, terminal)
}

/// Runs a stage, of a Promise or of an image alone.
pub(super) fn stage(arguments: &Stage, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let named = arguments.pipeline.as_deref().zip(arguments.stage.as_deref());
    let target = named.map(|(pipeline, stage)| target(pipeline, Some(stage))).transpose()?;
    let (command, image) = (arguments.command.as_deref(), arguments.image_tag.as_deref());
    Order { given: &arguments.given, target, command, image }.fill(global, terminal)
}

fn target(pipeline: &str, stage: Option<&str>) -> anyhow::Result<Target> {
    let target: Target = pipeline.parse().with_context(|| format!("{pipeline} names no pipeline"))?;
    if target.pipeline.is_none() || target.stage.is_some() {
        bail!(
            "{pipeline} names no pipeline: write TYPE/ACTION/PIPELINE, such as resource/configure/instance"
        );
    }
    Ok(Target { stage: stage.map(str::to_owned), ..target })
}

/// What is to be run, and how.
struct Order<'a> {
    given: &'a Given,
    /// Nothing where an image alone is.
    target: Option<Target>,
    command: Option<&'a str>,
    image: Option<&'a str>,
}

impl Order<'_> {
    fn fill(&self, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
        let folders = self.folders()?;
        let global = self.engine(global)?;
        let build = self.build_options()?;
        let temporary = tempfile::Builder::new().prefix("kratix-test-").tempdir()?;
        let (mut suite, target) = self.suite(&global.dir, &folders, &temporary)?;
        let overlay = self.settings(&suite, &target, &build)?;
        suite.promises.iter_mut().for_each(|promise| promise.settings.lay(overlay.clone()));
        let mut images = images::options(&self.images(build), &suite)?;
        // As `docker build --tag` does, so that what comes after in a script finds what was built.
        images.renamed = suite.references().map(str::to_owned).collect();
        let options = runner::Options { images, environment: environment(), ..runner::Options::default() };
        terminal.show(dropin::RUNNING);
        let expected = self.given.expected_output_dir.display().to_string();
        let name = target.stage.clone().or_else(|| target.pipeline.clone()).unwrap_or_default();
        let subject = Subject::AsGiven { given: folders, target };
        let Some(promise) = suite.promises.first() else { bail!("{} has no Promise", global.dir.display()) };
        let job = Job { name: name.clone(), title: name, suite: promise, subject };
        let run = Run { order: self, global: &global, terminal, temporary, expected };
        run.job(&job, &options)
    }

    /// The folders that the user names. That they cannot be used is wrong usage.
    fn folders(&self) -> anyhow::Result<AsGiven> {
        let (input, expected) = (&self.given.input_dir, &self.given.expected_output_dir);
        for (folder, option) in [(input, "--input-dir"), (expected, "--expected-output-dir")] {
            if !folder.is_dir() {
                let error = SourceError::whole(folder, "is not a folder");
                return Err(error.hint(format!("name one with {option}")).into());
            }
        }
        let source = Source::read(&input.join("object.yaml"))?;
        let document = source.document()?;
        if document.root.as_map().is_none() {
            return Err(source.error(document.root.at, "is no object: it has no keys").into());
        }
        Ok(AsGiven { input: input.clone(), expected: expected.clone() })
    }

    /// With Podman's address where that is wanted and nothing else is said.
    fn engine(&self, global: &Global) -> anyhow::Result<Global> {
        let mut global = global.clone();
        if self.given.engine == EngineKind::Podman && global.host.is_none() && global.context.is_none() {
            global.host = Some(engine::podman(&connection::surroundings())?);
        }
        Ok(global)
    }

    fn build_options(&self) -> anyhow::Result<BuildOptions> {
        let Some(text) = &self.given.build_args else { return Ok(BuildOptions::default()) };
        let words =
            shlex::split(text).ok_or_else(|| anyhow!("--build-args: a quote is never closed: {text}"))?;
        // What clap says of usage is about a command that there is not.
        BuildOptions::try_parse_from(words).map_err(|error| {
            let said = error.to_string();
            let said = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
            anyhow!("--build-args: {said}")
        })
    }

    /// The Promise of the folder, or one made for the image alone.
    fn suite(&self, folder: &Path, given: &AsGiven, temporary: &TempDir) -> anyhow::Result<(Suite, Target)> {
        if let Some(target) = &self.target {
            let suite = Suite::load(folder)?;
            if suite.many {
                let error = SourceError::whole(folder, "is no Promise's: there are several below it");
                return Err(error.hint("name the folder of one with --dir").into());
            }
            return Ok((suite, target.clone()));
        }
        if self.given.build {
            bail!("--build has nothing to build: --image-tag names an image, and no stage is named");
        }
        let object = Source::read(&given.input.join("object.yaml"))?.document()?;
        let kind = if object.root.text("kind") == Some(Promise::KIND) { "promise" } else { "resource" };
        let promise = made_up(kind, self.image.unwrap_or_default());
        let source = Source::of(Path::new(COMMAND_LINE), promise.to_string().into_bytes());
        let folder = temporary.path().to_owned();
        let promise = PromiseSuite::load(PromiseFile { source, root: folder.clone(), folder })?;
        let suite = Suite { promises: vec![promise], unreadable: Vec::new(), many: false };
        Ok((suite, format!("{kind}/configure/{MADE_UP}/{MADE_UP}").parse()?))
    }

    /// What the options say, as settings: they go before those of any file. Findings are shown and decide nothing, and no
    /// limit is set that the plugin does not set.
    fn settings(&self, suite: &Suite, target: &Target, build: &BuildOptions) -> anyhow::Result<Settings> {
        let allowed: Vec<Code> =
            suite.promises.iter().flat_map(|promise| promise.settings.allowed()).collect();
        let decided = Code::all().filter(|code| !allowed.contains(code));
        let findings: Map<String, Json> = decided.map(|code| (code.to_string(), json!("warn"))).collect();
        let mut said = json!({
            "env": self.env()?,
            "exit": 0,
            "expect": null,
            "findings": findings,
            "idempotent": false,
            "limits": "none",
        });
        if let Some(stage) =
            target.stage.as_deref().filter(|_| self.command.is_some() || self.image.is_some())
        {
            let image = self.image.filter(|_| self.target.is_some());
            // A shell expands it, and nobody before.
            let command = self.command.map(|line| json!(["sh", "-c", line.replace('$', "$$")]));
            said["stages"] = json!({ stage: { "command": command, "image": image } });
        }
        if let Some(platform) = &build.platform {
            said["platform"] = json!(platform);
        }
        if let Some(target) = &build.target {
            let targets = suite.references().map(|image| (image.to_owned(), json!({ "target": target })));
            said["images"] = targets.collect::<Map<String, Json>>().into();
        }
        let source = Source::of(Path::new(COMMAND_LINE), said.to_string().into_bytes());
        Ok(Settings::parse(&source, Path::new("."))?)
    }

    /// `A=b,C=d`; a name alone takes the value from our environment.
    fn env(&self) -> anyhow::Result<BTreeMap<String, Json>> {
        let mut env = BTreeMap::new();
        for text in &self.given.env {
            for field in engine::csv::fields(text).map_err(|why| anyhow!("--env: {why}"))? {
                let (name, value) = match field.split_once('=') {
                    Some((name, value)) => (name, json!(value)),
                    None => (field.as_str(), json!({ "from": field })),
                };
                if name.is_empty() {
                    bail!("--env: write NAME=VALUE, and a comma before the next");
                }
                if value.is_object() && std::env::var(name).is_err() {
                    bail!("--env {name}: it is not set in our environment: write {name}=VALUE");
                }
                env.insert(name.to_owned(), value);
            }
        }
        Ok(env)
    }

    fn images(&self, build: BuildOptions) -> Images {
        Images {
            build_arg: build.build_arg,
            cache_from: build.cache_from,
            cache_to: build.cache_to,
            image: Vec::new(),
            no_build: !self.given.build,
            pull: build.pull,
            rebuild: build.no_cache,
            secret: build.secret,
        }
    }
}

/// A Promise whose only stage runs an image. JSON is YAML.
fn made_up(kind: &str, image: &str) -> Json {
    let pipeline = json!({
        "apiVersion": Promise::API_VERSION,
        "kind": "Pipeline",
        "metadata": { "name": MADE_UP },
        "spec": { "containers": [{ "name": MADE_UP, "image": image }] },
    });
    json!({
        "apiVersion": Promise::API_VERSION,
        "kind": Promise::KIND,
        "metadata": { "name": MADE_UP },
        "spec": { "workflows": { kind: { "configure": [pipeline] } } },
    })
}

/// A run, as far as it is about telling.
struct Run<'a> {
    order: &'a Order<'a>,
    global: &'a Global,
    terminal: &'a Terminal,
    temporary: TempDir,
    /// As the user named it.
    expected: String,
}

impl Run<'_> {
    fn job(&self, job: &Job<'_>, options: &runner::Options) -> anyhow::Result<Exit> {
        let temporary = self.temporary.path();
        let results = [(job.suite.file.folder.clone(), Results::open(temporary, || ())?)].into();
        let mut session = Session::new(self.global, self.terminal, Files::Auto);
        session.buildx = self.order.given.buildx;
        let scratch = Results::scratch(temporary, &session.id);
        let style = self.style();
        let on_event = |event: Event<'_>| self.tell(&event, &style);
        let work = async |engine: &Docker| {
            let runner = Runner { engine, options, results: &results, on_event: &on_event };
            let jobs = std::slice::from_ref(job);
            // What a killed run left is in nobody's way: it is removed beside the tests.
            let run = tokio::join!(runner.run(jobs), engine.reap()).0;
            self.judged(run)
        };
        let Some(judged) = session.with_engine(scratch, work)? else { return Ok(Exit::Interrupted) };
        match judged {
            Judged::Test(outcome) => {
                self.terminal.show(&dropin::conclusion(&outcome, self.terminal.paint()));
                Ok(outcome.verdict.exit())
            }
            Judged::Not(exit) => Ok(exit),
        }
    }

    /// Shows what came of it, up to the cleaning up.
    fn judged(&self, run: RunOutcome) -> Judged {
        let Some(mut outcome) = run.tests.into_iter().next() else { return Judged::Not(Exit::Engine) };
        self.warnings(&outcome);
        if let Verdict::Errored(trouble) = &outcome.verdict {
            if !trouble.told {
                self.terminal.error(&anyhow!(outcome.secrets.hide(&trouble.message).into_owned()));
            }
            return Judged::Not(Exit::Engine);
        }
        if let Some(Failure::Source(error)) = outcome.failures.first() {
            self.terminal.error(&error.clone().into());
            return Judged::Not(Exit::Usage);
        }
        let paint = self.terminal.paint();
        let text = if outcome.failures.is_empty() {
            dropin::validation(&outcome, &self.expected, paint)
        } else {
            whole_logs(&mut outcome);
            failure::why(&outcome, paint)
        };
        self.terminal.show(&text);
        self.terminal.show(dropin::CLEANING_UP);
        Judged::Test(Box::new(outcome))
    }

    fn warnings(&self, outcome: &TestOutcome) {
        let hide = |text: &str| outcome.secrets.hide(text).into_owned();
        for finding in &outcome.findings {
            let (text, hint) = (hide(&finding.text), finding.hint.as_deref().map(hide));
            let mut finding = Finding { text, hint, ..finding.clone() };
            // What was left is gone soon: its author knows it by where the stage wrote it.
            if let Some(place) = &mut finding.at
                && let Ok(below) = place.file.strip_prefix(&outcome.results)
            {
                place.file = Path::new("/kratix").join(below);
            }
            self.terminal.event(&Event::PromiseFinding { finding: &finding }, &self.style());
        }
        for note in &outcome.notes {
            self.terminal.warning(&difference::note(note));
        }
    }

    /// Shows an event of the run in the plugin's words, where it has any.
    fn tell(&self, event: &Event<'_>, style: &Style) {
        match event {
            Event::ImageStarted { reference, how: "Building" } | Event::ImageUnchanged { reference } => {
                self.terminal.show(&dropin::building(reference));
            }
            Event::ImageFailed { reference, message, at, hint, log } => {
                let hint = self.hint(*hint);
                let event = Event::ImageFailed { reference, message, at: *at, hint, log };
                self.terminal.event(&event, style);
            }
            // Nobody wrote the Promise that an image alone is run for.
            Event::PromiseFinding { .. } if self.order.target.is_none() => {}
            Event::ImageFinished { how: "Built", .. }
            | Event::SettingsWarning { .. }
            | Event::TestsStarted { .. }
            | Event::TestFinished { .. } => {}
            event => self.terminal.event(event, style),
        }
    }

    /// What to do about an image, by the options that there are here.
    fn hint<'h>(&self, hint: Option<&'h str>) -> Option<&'h str> {
        match &self.order.target {
            // Where a log is kept for now is nothing to point at.
            _ if self.order.given.build => {
                hint.filter(|hint| !hint.contains(&*self.temporary.path().to_string_lossy()))
            }
            Some(_) => Some("with --build it is built first, if a Dockerfile for it is found"),
            None => None,
        }
    }

    fn style(&self) -> Style {
        Style { paint: self.terminal.paint(), verbose: false, stream: false, accept: String::new() }
    }
}

/// What a run came to.
enum Judged {
    Test(Box<TestOutcome>),
    /// Nothing was learnt, for a reason that was told.
    Not(Exit),
}

/// The files that logs are kept in go with the run, so all of each is shown.
fn whole_logs(outcome: &mut TestOutcome) {
    let stages = outcome.pipelines.iter_mut().flat_map(|pipeline| &mut pipeline.stages);
    for log in stages.map(|stage| &mut stage.log).filter(|log| log.earlier > 0) {
        if let Ok(text) = std::fs::read(&log.path) {
            (log.tail, log.earlier) = (String::from_utf8_lossy(&text).into_owned(), 0);
        }
    }
}
