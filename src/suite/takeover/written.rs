//! A test of another layout as the files that a test of ours begins with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use super::case::{Case, Expected, Given, Mount, Variable};
use super::ground::Ground;
use super::target::{Aim, aim, container};
use super::{Note, REQUEST, kept};
use crate::diagnostic::SourceError;
use crate::kratix::{Promise, Workflow, WorkflowType, resource_object};
use crate::suite::discovery::{Test, name_of};
use crate::suite::expectation::{file_behind, is_kept_for_git};
use crate::suite::scaffold::offer::{Offer, OfferedFile, tests_folder};
use crate::suite::settings::{FILE_NAME, Settings, join};
use crate::tree::{self, EntryKind, Tree, Unkept};
use crate::yaml;

/// Names of folders that say nothing of a test.
const GENERIC: [&str; 24] = [
    "test",
    "tests",
    "testing",
    "testdata",
    "test-input",
    "test_input",
    "test-inputs",
    "test_inputs",
    "input",
    "inputs",
    "internal",
    "workflows",
    "promise",
    "resource",
    "configure",
    "delete",
    "fixtures",
    "resources",
    "cases",
    "spec",
    "specs",
    "e2e",
    "pipeline",
    "kratix",
];
/// Names that are those of a test's parts.
const PARTS: [&str; 7] = ["input", "output", "metadata", "expected", "pipelines", "before", "after"];

type Files = BTreeMap<PathBuf, OfferedFile>;

/// The names that are taken.
pub(super) struct Names {
    taken: BTreeSet<String>,
    tests: PathBuf,
}

impl Names {
    pub(super) fn of(ground: &Ground<'_>) -> Self {
        let taken = ground.promise.tests.iter().map(|test| name_of(test).to_owned()).collect();
        Self { taken, tests: tests_folder(&ground.promise.file.folder) }
    }

    /// A name that is not taken: that of the folder, with those above it as far as needed. `None` if a test with this
    /// request is there under that name already.
    fn name(&mut self, ground: &Ground<'_>, case: &Case, request: Option<&[u8]>) -> Option<String> {
        let below = case.home.strip_prefix(&ground.folder).or_else(|_| case.home.strip_prefix(&ground.root));
        let below = below.unwrap_or(&case.home).with_extension("");
        let all: Vec<String> = below.iter().map(|part| readable(&part.to_string_lossy())).collect();
        let mut telling: Vec<&String> = all.iter().filter(|part| !GENERIC.contains(&part.as_str())).collect();
        let target = case.given.target.as_ref();
        let target = target.and_then(|target| target.stage.as_ref().or(target.pipeline.as_ref()));
        telling.extend(target.filter(|_| telling.is_empty()));
        let fallback = all.last().cloned().unwrap_or_else(|| "example".to_owned());
        if telling.is_empty() {
            telling.push(&fallback);
        }
        let longer = (1..=telling.len()).map(|count| {
            telling[telling.len() - count..].iter().map(|part| part.as_str()).collect::<Vec<_>>().join("-")
        });
        let longest = telling.iter().map(|part| part.as_str()).collect::<Vec<_>>().join("-");
        let numbered = (2..).map(|number| format!("{longest}-{number}"));
        for name in longer.chain(numbered) {
            let name = if PARTS.contains(&name.as_str()) { format!("{name}-test") } else { name };
            let folder = self.tests.join(&name);
            let there = std::fs::read(folder.join("input").join(REQUEST)).ok();
            if there.is_some() && there.as_deref() == request {
                return None;
            }
            if !folder.exists() && self.taken.insert(name.clone()) {
                return Some(name);
            }
        }
        None
    }
}

/// A name as a folder of ours may have it.
fn readable(name: &str) -> String {
    let letter = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = name.chars().map(letter).collect();
    name.trim_start_matches(['.', '_', '-']).trim_end_matches(['-', '.']).to_owned()
}

/// A test that is not there yet.
pub(super) fn offer(
    ground: &Ground<'_>,
    case: &Case,
    names: &mut Names,
    notes: &mut Vec<Note>,
) -> Option<Offer> {
    let mut files = Files::new();
    let request = match case.request.as_deref().map(|request| ground.read(request)) {
        Some(Ok(source)) => Some(source),
        Some(Err(note)) => {
            notes.push(note);
            return None;
        }
        None => None,
    };
    let document = request.as_ref().and_then(|request| request.documents().ok()?.into_iter().next());
    let is_promise = document.is_some_and(|document| document.root.text("kind") == Some(Promise::KIND));
    let aim = aim(ground, case, is_promise);
    notes.extend(aim.remark.as_ref().map(|remark| at(ground, case, remark)));
    match (&request, aim.kind) {
        (Some(request), WorkflowType::Promise) => notes.push(Note {
            path: request.path.clone(),
            line: None,
            text: "is not taken over: what a pipeline of the Promise itself reads is the Promise".to_owned(),
        }),
        (Some(request), WorkflowType::Resource) => {
            notes.extend(unfit(ground, request, &aim));
            files.insert(Path::new("input").join(REQUEST), plain(request.bytes.clone()));
        }
        (None, WorkflowType::Promise) => {}
        (None, WorkflowType::Resource) => {
            notes.push(at(ground, case, "is not taken over: it has no request"));
            return None;
        }
    }
    let bytes = files.values().next().map(|file| file.bytes.as_slice());
    let Some(name) = names.name(ground, case, bytes) else {
        notes.push(at(ground, case, "is taken over already"));
        return None;
    };
    expectations(ground, case, Path::new(""), &mut files, notes);
    for (part, folder) in &case.before {
        copy(ground, &Expected::asserted(folder.clone()), &Path::new("before").join(part), &mut files, notes);
    }
    remark_on_commands(ground, case, &aim, notes);
    let folder = join(&names.tests, &name);
    let mut settings = Map::new();
    let named = name.replacen('-', "/", 1).parse::<Workflow>().is_ok();
    let workflow = aim.written.map(|target| target.to_string());
    let workflow = workflow.or_else(|| (named || files.is_empty()).then(|| Workflow::ALL[2].to_string()));
    settings.extend(workflow.map(|workflow| ("workflow".to_owned(), workflow.into())));
    settings.extend(case.exit.filter(|code| *code != 0).map(|code| ("exit".to_owned(), code.into())));
    settings.extend(given(ground, &case.given, &folder));
    if !settings.is_empty() {
        files.insert(FILE_NAME.into(), text(ground, case, settings));
    }
    notes.extend(secrets(ground, case, &case.given));
    Some(Offer { name, what: format!("what {} tests", origin(ground, case)), files })
}

/// What a test that is read as it is lacks of what a script gives its container.
pub(super) fn settings_of(
    ground: &Ground<'_>,
    case: &Case,
    test: &Test,
    notes: &mut Vec<Note>,
) -> Option<Offer> {
    case.script.as_ref()?;
    let missing = missing(&case.given, &test.settings);
    let settings = given(ground, &missing, &test.folder);
    if !settings.is_empty() {
        notes.extend(secrets(ground, case, &missing));
    }
    let aim = aim(ground, case, false);
    remark_on_commands(ground, case, &aim, notes);
    if let Some(target) = aim.written.filter(|target| *target != test.target && target.stage.is_some()) {
        let text = format!(
            "runs {target} alone, and {} runs {}: `workflow: {target}` in {} would too",
            ground.shown(&test.folder).display(),
            test.target,
            join(&test.folder, FILE_NAME).display()
        );
        notes.push(at(ground, case, text));
    }
    if settings.is_empty() {
        return None;
    }
    let file = test.folder.join(FILE_NAME);
    let below = test.folder.strip_prefix(tests_folder(&ground.promise.file.folder)).ok();
    let below = below.filter(|_| !file.exists());
    let file_text = text(ground, case, settings);
    let Some(name) = below else {
        let settings = String::from_utf8_lossy(&file_text.bytes).into_owned();
        let settings =
            settings.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n  ");
        notes.push(at(
            ground,
            case,
            format!("gives its container more than {} says:\n  {settings}", file.display()),
        ));
        return None;
    };
    let what = format!("settings that {} has", origin(ground, case));
    Some(Offer {
        name: name.display().to_string(),
        what,
        files: Files::from([(FILE_NAME.into(), file_text)]),
    })
}

/// Expected files that stand right in `expected/` of a test that is read otherwise as it is.
pub(super) fn in_place(
    ground: &Ground<'_>,
    case: &Case,
    test: &Test,
    notes: &mut Vec<Note>,
) -> Option<Offer> {
    let expected = case.output.as_ref()?;
    let Ok(name) = test.folder.strip_prefix(tests_folder(&ground.promise.file.folder)) else {
        notes.push(ground.note(&expected.folder, "is not taken over: move what is in it to output/ in it"));
        return None;
    };
    let mut files = Files::new();
    copy(ground, expected, &Path::new("expected").join("output"), &mut files, notes);
    if files.is_empty() {
        return None;
    }
    notes.push(
        ground.note(&expected.folder, "holds files that count no more, now that they are in output/ in it"),
    );
    let what = format!("what {} expects", origin(ground, case));
    Some(Offer { name: name.display().to_string(), what, files })
}

/// The files that are expected.
fn expectations(ground: &Ground<'_>, case: &Case, below: &Path, files: &mut Files, notes: &mut Vec<Note>) {
    let before = files.len();
    for (part, expected) in [("output", &case.output), ("metadata", &case.metadata)] {
        if let Some(expected) = expected {
            copy(ground, expected, &below.join(part), files, notes);
        }
    }
    let is_asserted = [&case.output, &case.metadata].into_iter().flatten().any(|expected| expected.asserted);
    if files.len() == before && is_asserted {
        // That nothing is left is what is expected.
        files.insert(below.join("output/.gitkeep"), plain(Vec::new()));
    }
    if case.metadata.is_none() && files.len() > before {
        notes.push(at(
            ground,
            case,
            "says nothing of metadata/: what the pipeline leaves there has to be accepted once",
        ));
    }
}

/// The files of a folder.
fn copy(ground: &Ground<'_>, from: &Expected, to: &Path, files: &mut Files, notes: &mut Vec<Note>) {
    let Some(real) = ground.inside(&from.folder) else {
        notes.push(ground.note(&from.folder, "is outside of the repository, so it is not taken over"));
        return;
    };
    let tree = match tree::scan(&real) {
        Ok(tree) => tree,
        Err(error) => {
            notes.push(ground.note(&from.folder, format!("is not taken over: {error}")));
            return;
        }
    };
    let kept = if from.asserted { None } else { kept::by_git(&real) };
    let is_meant = |path: &str| {
        let first = path.split('/').next().unwrap_or(path);
        !from.without.contains(&first) && !is_kept_for_git(path)
    };
    let mut ignored = 0;
    for (path, entry) in tree.entries.iter().filter(|(path, _)| is_meant(path)) {
        if entry.kind == EntryKind::Directory {
            continue;
        }
        if kept.as_ref().is_some_and(|kept| !kept.contains(path)) {
            ignored += 1;
            continue;
        }
        match contents(&tree, path) {
            Ok(file) => drop(files.insert(to.join(path), file)),
            Err(why) => {
                notes.push(ground.note(&from.folder.join(path), format!("is not taken over: it is {why}")))
            }
        }
    }
    if ignored > 0 {
        let text =
            format!("holds {ignored} files that git ignores: they are what a run left, and not taken over");
        notes.push(ground.note(
            &from.folder,
            text.replace("1 files that git ignores: they are", "1 file that git ignores: it is"),
        ));
    }
}

/// A file of a folder, or why it has no contents.
fn contents(tree: &Tree, path: &str) -> Result<OfferedFile, String> {
    let entry = |path: &str| tree.entries.get(path).map(|entry| (&entry.kind, entry.mode));
    match entry(path) {
        Some((EntryKind::Unkept(Unkept::TooLarge { size }), _)) => {
            return Err(format!("too large ({size} bytes)"));
        }
        Some((EntryKind::Unkept(_), _)) => return Err("no regular file".to_owned()),
        _ => {}
    }
    let file = file_behind(tree, path).ok_or("a link to what is not there or not in the folder")?;
    let mode = entry(&file).map_or(0, |(_, mode)| mode);
    let bytes = tree.read(&file).map_err(|error| format!("not readable: {}", tree::plain(&error)))?;
    Ok(OfferedFile { bytes, executable: mode & 0o111 != 0 })
}

fn plain(bytes: Vec<u8>) -> OfferedFile {
    OfferedFile { bytes, executable: false }
}

/// A request that the Promise's API does not take.
fn unfit(ground: &Ground<'_>, request: &crate::diagnostic::Source, aim: &Aim) -> Option<Note> {
    let note = |error: SourceError, why: String| {
        let line = error.at.map(|at| at.line);
        Some(Note { path: request.path.clone(), line, text: why })
    };
    let document = match request.document() {
        Ok(document) => document,
        Err(error) => {
            let why = format!("is taken over, and no pipeline could read it: {}", error.message);
            return note(error, why);
        }
    };
    let action = aim.written.as_ref().map_or(Workflow::ALL[2].action, |target| target.workflow.action);
    let refusal = resource_object(&ground.promise.promise, action, &document.root).err()?;
    let first = refusal.problems.first()?.error(request);
    let why = format!("is taken over, and does not fit the Promise's API: {}", refusal.text);
    note(first, why)
}

/// A command of the script's own is not what the platform runs.
fn remark_on_commands(ground: &Ground<'_>, case: &Case, aim: &Aim, notes: &mut Vec<Note>) {
    let Some(command) = &case.given.command else { return };
    let promise = &ground.promise.promise;
    let pipelines = Workflow::ALL.into_iter().flat_map(|workflow| promise.pipelines(workflow));
    let mut containers = pipelines.flat_map(|pipeline| &pipeline.containers);
    let stage = aim.written.as_ref().and_then(|target| container(ground, target));
    let says = |words: &[String]| words.join(" ") == *command || words.last() == Some(command);
    let is_the_promises = match stage {
        Some(stage) => says(&stage.command),
        None => containers.any(|container| says(&container.command)),
    };
    if !is_the_promises {
        let text = format!("runs `{command}`, which is not taken over: a test runs what the Promise says");
        notes.push(at(ground, case, text));
    }
}

/// What is not written down.
fn secrets(ground: &Ground<'_>, case: &Case, given: &Given) -> Option<Note> {
    let names: Vec<&str> = given.secrets().collect();
    let list = names.join(", ");
    (!names.is_empty()).then(|| {
        at(
            ground,
            case,
            format!("gives {list}, whose value is not written down: a run takes it from our environment"),
        )
    })
}

/// What settings do not say yet.
fn missing(given: &Given, settings: &Settings) -> Given {
    let has_variable = |name: &String| settings.env().any(|(known, _)| known == name);
    let has_volume = |mount: &Mount| settings.volumes().iter().any(|volume| volume.target == mount.target);
    let mut missing = given.clone();
    missing.env.retain(|name, _| !has_variable(name));
    missing.volumes.retain(|mount| !has_volume(mount));
    missing.network = missing.network.filter(|network| network != settings.network());
    missing.platform = missing.platform.filter(|platform| platform != settings.platform());
    missing
}

/// What a container is given, as settings in a folder.
fn given(ground: &Ground<'_>, given: &Given, folder: &Path) -> Map<String, Json> {
    let mut settings = Map::new();
    let variable = |variable: &Variable| match variable {
        Variable::Value(value) => json!(value),
        Variable::From(name) => json!({ "from": name }),
    };
    if !given.env.is_empty() {
        let env: Map<String, Json> =
            given.env.iter().map(|(name, value)| (name.clone(), variable(value))).collect();
        settings.insert("env".to_owned(), env.into());
    }
    if let Some(network) =
        given.network.as_ref().filter(|network| *network != "bridge" && *network != "default")
    {
        settings.insert("network".to_owned(), network.as_str().into());
    }
    if let Some(platform) = &given.platform {
        settings.insert("platform".to_owned(), platform.as_str().into());
    }
    if !given.volumes.is_empty() {
        let volumes: Vec<Json> =
            given.volumes.iter().map(|mount| volume(ground, mount, folder).into()).collect();
        settings.insert("volumes".to_owned(), volumes.into());
    }
    settings
}

/// A volume as settings in a folder write it.
fn volume(ground: &Ground<'_>, mount: &Mount, folder: &Path) -> String {
    let source = Path::new(&mount.source);
    let source = match source.starts_with(&ground.root) {
        true => relative(&absolute(ground, folder), source).display().to_string(),
        false => mount.source.clone(),
    };
    let read_only = if mount.read_only { ":ro" } else { "" };
    format!("{source}:{}{read_only}", mount.target)
}

/// Where a folder of the Promise is, though it may not be there yet.
fn absolute(ground: &Ground<'_>, folder: &Path) -> PathBuf {
    let written = &ground.promise.file.folder;
    let below = if written == Path::new(".") { Ok(folder) } else { folder.strip_prefix(written) };
    below.map_or_else(|_| folder.to_owned(), |below| ground.folder.join(below))
}

/// The way from a folder to a path, both absolute.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let parts = |path: &Path| -> Vec<String> {
        let mut parts: Vec<String> = Vec::new();
        for component in path.components() {
            match component {
                Component::ParentDir => drop(parts.pop()),
                Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
                _ => {}
            }
        }
        parts
    };
    let (from, to) = (parts(from), parts(to));
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = std::iter::repeat_n("..", from.len() - shared);
    let way: PathBuf = up.chain(to[shared..].iter().map(String::as_str)).collect();
    if way.as_os_str().is_empty() { PathBuf::from(".") } else { way }
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

fn at(ground: &Ground<'_>, case: &Case, text: impl Into<String>) -> Note {
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

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn the_way_between_folders_is_found() {
        for (from, to, way) in [
            ("/r/p/test/a", "/r/p/data", "../../data"),
            ("/r/p/test", "/r/p/test/x", "x"),
            ("/r/p/../q", "/r/q", "."),
        ] {
            assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(way));
        }
    }

    #[test]
    fn names_are_made_readable() {
        assert_eq!(["_my case", ".x.", "ok-1", "a/b"].map(readable), ["my-case", "x", "ok-1", "a-b"]);
    }
}
