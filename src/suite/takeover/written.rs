//! A test of another layout as the files that a test of ours begins with.

use std::path::Path;

use serde_json::{Map, Value as Json};

use super::case::{Case, Expected, Given};
use super::copied::{Files, copy, expectations, plain};
use super::given::{given, missing};
use super::ground::Ground;
use super::names::Names;
use super::target::{Aim, aim, container};
use super::{Completed, Note, REQUEST};
use crate::diagnostic::{Source, SourceError};
use crate::kratix::{Promise, Workflow, WorkflowType, resource_object};
use crate::suite::discovery::Test;
use crate::suite::scaffold::offer::{Offer, OfferedFile};
use crate::suite::settings::{FILE_NAME, join};
use crate::yaml;

/// A test that is not there yet.
pub(super) fn offer(
    ground: &Ground<'_>,
    case: &Case,
    names: &mut Names,
    notes: &mut Vec<Note>,
) -> Option<Offer> {
    let request = case.request.as_deref().map(|request| ground.read(request)).transpose();
    let request = request.map_err(|note| notes.push(note)).ok()?;
    let aim = aim(ground, case, request.as_ref().is_some_and(is_promise));
    let mut files = Files::new();
    match (&request, aim.kind) {
        (Some(request), WorkflowType::Resource) => {
            files.insert(Path::new("input").join(REQUEST), plain(request.bytes.clone()));
        }
        (None, WorkflowType::Resource) => {
            notes.push(at(ground, case, "is not taken over: it has no request"));
            return None;
        }
        (_, WorkflowType::Promise) => {}
    }
    let input = files.values().next().map(|file| file.bytes.as_slice());
    let Some(name) = names.name(ground, case, input) else {
        notes.push(at(ground, case, "is taken over already"));
        return None;
    };
    notes.extend(request.as_ref().and_then(|request| remark_on_request(ground, request, &aim)));
    notes.extend(aim.remark.as_ref().map(|remark| at(ground, case, remark)));
    notes.extend(remark_on_command(ground, case, &aim));
    notes.extend(remark_on_secrets(ground, case, &case.given));
    expectations(ground, case, &mut files, notes);
    for (part, folder) in &case.before {
        copy(ground, &Expected::asserted(folder.clone()), &Path::new("before").join(part), &mut files, notes);
    }
    let settings = settings(ground, case, aim, (&name, names));
    if !settings.is_empty() {
        files.insert(FILE_NAME.into(), text(ground, case, settings));
    }
    Some(Offer { name, what: format!("what {} tests", origin(ground, case)), files })
}

fn is_promise(request: &Source) -> bool {
    let documents = request.documents().unwrap_or_default();
    documents.first().is_some_and(|document| document.root.text("kind") == Some(Promise::KIND))
}

/// The settings of a test that is not there yet: only those that are needed.
fn settings(ground: &Ground<'_>, case: &Case, aim: Aim, (name, names): (&str, &Names)) -> Map<String, Json> {
    let mut settings = given(ground, &case.given, &join(&names.tests, name));
    // A folder of such a name says what it tests, if nothing else does.
    let names_another = name.replacen('-', "/", 1).parse::<Workflow>().is_ok();
    let written = aim.written.map(|target| target.to_string());
    let written = written.or_else(|| names_another.then(|| Workflow::ALL[2].to_string()));
    settings.extend(written.map(|workflow| ("workflow".to_owned(), workflow.into())));
    settings.extend(case.exit.filter(|code| *code != 0).map(|code| ("exit".to_owned(), code.into())));
    settings
}

/// What a test that is read as it is lacks of what a script gives its container.
pub(super) fn settings_of(
    ground: &Ground<'_>,
    case: &Case,
    test: &Test,
    notes: &mut Vec<Note>,
) -> Option<Completed> {
    case.script.as_ref()?;
    let aim = aim(ground, case, false);
    notes.extend(remark_on_command(ground, case, &aim));
    notes.extend(remark_on_workflow(ground, case, &aim, test));
    let missing = missing(&case.given, &test.settings);
    let settings = given(ground, &missing, &test.folder);
    if settings.is_empty() {
        return None;
    }
    notes.extend(remark_on_secrets(ground, case, &missing));
    let file = test.folder.join(FILE_NAME);
    let written = text(ground, case, settings);
    if file.exists() {
        let written = String::from_utf8_lossy(&written.bytes).into_owned();
        let lines: Vec<&str> = written.lines().filter(|line| !line.starts_with('#')).collect();
        let lines = lines.join("\n  ");
        let text = format!("gives its container more than {} says:\n  {lines}", file.display());
        notes.push(at(ground, case, text));
        return None;
    }
    let what = format!("settings that {} has", origin(ground, case));
    Some(completed(test, what, Files::from([(FILE_NAME.into(), written)])))
}

/// A script may run one stage of what a test runs.
fn remark_on_workflow(ground: &Ground<'_>, case: &Case, aim: &Aim, test: &Test) -> Option<Note> {
    let target = aim.written.as_ref().filter(|target| **target != test.target && target.stage.is_some())?;
    let text = format!(
        "runs {target} alone, and {} runs {}: `workflow: {target}` in {} would too",
        test.folder.display(),
        test.target,
        join(&test.folder, FILE_NAME).display()
    );
    Some(at(ground, case, text))
}

/// Expected files that stand right in `expected/` of a test that is read otherwise as it is.
pub(super) fn in_place(
    ground: &Ground<'_>,
    case: &Case,
    test: &Test,
    notes: &mut Vec<Note>,
) -> Option<Completed> {
    let expected = case.output.as_ref()?;
    let mut files = Files::new();
    copy(ground, expected, &Path::new("expected").join("output"), &mut files, notes);
    if files.is_empty() {
        return None;
    }
    notes.push(
        ground.note(&expected.folder, "holds files that count no more, now that they are in output/ in it"),
    );
    Some(completed(test, format!("what {} expects", origin(ground, case)), files))
}

fn completed(test: &Test, what: String, files: Files) -> Completed {
    Completed { folder: test.folder.clone(), offer: Offer { name: String::new(), what, files } }
}

/// What is wrong with a request.
fn remark_on_request(ground: &Ground<'_>, request: &Source, aim: &Aim) -> Option<Note> {
    let note = |line, text: String| Some(Note { path: request.path.clone(), line, text });
    if aim.kind == WorkflowType::Promise {
        return note(
            None,
            "is not taken over: what a pipeline of the Promise itself reads is the Promise".to_owned(),
        );
    }
    let line = |error: &SourceError| error.at.map(|at| at.line);
    let document = match request.document() {
        Ok(document) => document,
        Err(error) => {
            let text = format!("is taken over, and no pipeline could read it: {}", error.message);
            return note(line(&error), text);
        }
    };
    let action = aim.written.as_ref().map_or(Workflow::ALL[2].action, |target| target.workflow.action);
    let refusal = resource_object(&ground.promise.promise, action, &document.root).err()?;
    let first = refusal.problems.first()?.error(request);
    note(line(&first), format!("is taken over, and does not fit the Promise's API: {}", refusal.text))
}

/// A command of the script's own is not what the platform runs.
fn remark_on_command(ground: &Ground<'_>, case: &Case, aim: &Aim) -> Option<Note> {
    let command = case.given.command.as_ref()?;
    let promise = &ground.promise.promise;
    let pipelines = Workflow::ALL.into_iter().flat_map(|workflow| promise.pipelines(workflow));
    let mut containers = pipelines.flat_map(|pipeline| &pipeline.containers);
    let says = |words: &[String]| words.join(" ") == *command || words.last() == Some(command);
    let is_the_promises = match aim.written.as_ref().and_then(|target| container(ground, target)) {
        Some(stage) => says(&stage.command),
        None => containers.any(|container| says(&container.command)),
    };
    let text = format!("runs `{command}`, which is not taken over: a test runs what the Promise says");
    (!is_the_promises).then(|| at(ground, case, text))
}

/// What is not written down.
fn remark_on_secrets(ground: &Ground<'_>, case: &Case, given: &Given) -> Option<Note> {
    let names: Vec<&str> = given.secrets().collect();
    let text = format!(
        "gives {}, whose value is not written down: a run takes it from the environment",
        names.join(", ")
    );
    (!names.is_empty()).then(|| at(ground, case, text))
}

/// Settings as text that says where they are from.
fn text(ground: &Ground<'_>, case: &Case, settings: Map<String, Json>) -> OfferedFile {
    format!("# As {} has it.\n{}", origin(ground, case), yaml::emit(&Json::Object(settings))).into()
}

/// Where a test comes from, as messages name it.
fn origin(ground: &Ground<'_>, case: &Case) -> String {
    let place = case.script.clone().map(|(script, line)| (script, Some(line)));
    let (path, line) = place.unwrap_or_else(|| (case.input.clone(), None));
    let path = ground.shown(&path).display().to_string();
    line.map_or(path.clone(), |line| format!("{path}:{line}"))
}

pub(super) fn at(ground: &Ground<'_>, case: &Case, text: impl Into<String>) -> Note {
    match &case.script {
        Some((script, line)) => Note { path: ground.shown(script), line: Some(*line), text: text.into() },
        None => ground.note(&case.home, text),
    }
}

impl Ground<'_> {
    /// The test that is read as it is where another layout was found.
    pub(super) fn existing(&self, case: &Case) -> Option<&Test> {
        let is_there = |test: &&Test| {
            std::fs::canonicalize(&test.folder)
                .is_ok_and(|folder| folder == case.home || folder.join("input") == case.input)
        };
        self.promise.tests.iter().filter_map(|test| test.as_ref().ok()).find(is_there)
    }
}
