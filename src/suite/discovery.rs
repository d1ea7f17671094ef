//! Which folders are tests.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::expectation::Expectation;
use super::repository::PromiseFile;
use super::settings::{FILE_NAME, Settings, join};
use super::{PromiseSuite, amiss};
use crate::diagnostic::{Source, SourceError};
use crate::kratix::{Promise, Target, TargetError, Workflow, WorkflowAction, WorkflowType};
use crate::tree;
use crate::yaml::KeyPath;

/// One test: a folder with an input, what it tests, and what it expects.
#[derive(Debug, Clone)]
pub(crate) struct Test {
    /// Its path below `test(s)/`, or `test` for that folder itself.
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) target: Target,
    /// The resource request, or the file where it should be.
    pub(crate) request: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) expectation: Expectation,
}

/// A folder that cannot be read as a test, which fails by itself while the others run.
#[derive(Debug, Clone)]
pub(crate) struct BrokenTest {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) error: SourceError,
}

/// Every test of a Promise, by name.
pub(crate) fn discover(
    file: &PromiseFile,
    promise: &Promise,
    outer: &Settings,
) -> Result<Vec<Result<Test, BrokenTest>>, SourceError> {
    let default = Ok(Target::workflow(Workflow::new(WorkflowType::Resource, WorkflowAction::Configure)));
    let walk = Walk { default, ..Walk::of(file, promise, outer) };
    if let Some(error) = amiss::unknown_stage(outer, &file.folder, file, &walk.stages) {
        return Err(error);
    }
    let mut tests = walk.below(&file.folder, outer);
    sort(&mut tests)?;
    Ok(tests)
}

/// Tests beside a Dockerfile are for the container that its image is for; their names begin with the folder's.
///
/// Where several containers could be meant, `default` says so, and the settings of each test must say which.
pub(crate) fn discover_beside(
    folder: &Path,
    default: Result<Target, String>,
    suite: &PromiseSuite,
) -> Vec<Result<Test, BrokenTest>> {
    let prefix = format!("{}/", folder.file_name().unwrap_or_default().to_string_lossy());
    let walk = Walk { prefix, default, ..Walk::of(&suite.file, &suite.promise, &suite.settings) };
    walk.below(folder, &suite.settings)
}

/// Sorts tests by name. Two of one name are an error: they could not be told apart.
pub(crate) fn sort(tests: &mut [Result<Test, BrokenTest>]) -> Result<(), SourceError> {
    tests.sort_by(|one, other| name_of(one).cmp(name_of(other)));
    unique(tests)
}

pub(crate) fn name_of(test: &Result<Test, BrokenTest>) -> &str {
    match test {
        Ok(test) => &test.name,
        Err(broken) => &broken.name,
    }
}

pub(crate) fn folder_of(test: &Result<Test, BrokenTest>) -> &Path {
    match test {
        Ok(test) => &test.folder,
        Err(broken) => &broken.folder,
    }
}

/// Two tests of one name could not be told apart in a report, nor in the results.
fn unique(tests: &[Result<Test, BrokenTest>]) -> Result<(), SourceError> {
    let mut seen: HashMap<&str, &Path> = HashMap::new();
    for test in tests {
        if let Some(first) = seen.insert(name_of(test), folder_of(test)) {
            let message = format!("is a test named `{}`, as {} is", name_of(test), first.display());
            return Err(SourceError::whole(folder_of(test), message).hint("rename one of the folders"));
        }
    }
    Ok(())
}

struct Walk<'a> {
    found: Vec<Result<Test, BrokenTest>>,
    file: &'a PromiseFile,
    /// The containers of the Promise.
    stages: Vec<String>,
    excluded: Vec<PathBuf>,
    /// What names begin with; only those of tests beside a Dockerfile do with anything.
    prefix: String,
    /// The folders that links were followed from, on the way to where the walk is.
    crossed: Vec<PathBuf>,
    /// What a test is for that says nothing else, or why it must say so.
    default: Result<Target, String>,
}

impl<'a> Walk<'a> {
    fn of(file: &'a PromiseFile, promise: &Promise, outer: &Settings) -> Self {
        let pipelines = Workflow::ALL.into_iter().flat_map(|workflow| promise.pipelines(workflow));
        let containers = pipelines.flat_map(|pipeline| &pipeline.containers);
        let stages: BTreeSet<String> = containers.map(|container| container.name.clone()).collect();
        Self {
            found: Vec::new(),
            file,
            stages: stages.into_iter().collect(),
            excluded: outer.exclude().to_vec(),
            prefix: String::new(),
            crossed: Vec::new(),
            default: Err(String::new()),
        }
    }

    fn below(mut self, folder: &Path, outer: &Settings) -> Vec<Result<Test, BrokenTest>> {
        for root in ["test", "tests"].map(|name| join(folder, name)) {
            if root.is_dir() {
                self.visit(&root, &root, outer);
            }
        }
        self.found
    }

    /// Looks for tests at and below a folder; tells whether there were any.
    fn visit(&mut self, root: &Path, folder: &Path, outer: &Settings) -> bool {
        if self.excluded.iter().any(|excluded| folder.starts_with(excluded)) {
            return false;
        }
        let crossed = self.crossed.len();
        let found = self.cross(root, folder).and_then(|()| self.try_visit(root, folder, outer));
        self.crossed.truncate(crossed);
        match found {
            Ok(found) => found,
            Err(error) => {
                let broken = BrokenTest { name: self.name(root, folder), folder: folder.to_owned(), error };
                self.found.push(Err(broken));
                true
            }
        }
    }

    /// Remembers which folder a link is followed from: one that leads to a folder that it is in, be it through other
    /// links, would be followed for ever.
    fn cross(&mut self, root: &Path, folder: &Path) -> Result<(), SourceError> {
        let Some(parent) = folder.parent().filter(|_| folder != root && folder.is_symlink()) else {
            return Ok(());
        };
        let failed =
            |error| SourceError::whole(folder, format!("cannot be followed: {}", tree::plain(&error)));
        let target = folder.canonicalize().map_err(failed)?;
        self.crossed.push(parent.canonicalize().map_err(failed)?);
        if self.crossed.iter().any(|inside| inside.starts_with(&target)) {
            return Err(SourceError::whole(folder, "is a link to a folder that it is in").hint("remove it"));
        }
        Ok(())
    }

    fn try_visit(&mut self, root: &Path, folder: &Path, outer: &Settings) -> Result<bool, SourceError> {
        let children = subfolders(folder)?;
        let own = Settings::read(folder)?;
        let mut settings = outer.clone();
        let names_a_test = own.as_ref().is_some_and(Settings::names_a_test);
        settings.lay(own.unwrap_or_default());
        if children.iter().any(|child| child.ends_with("input")) {
            self.found.push(Ok(self.test(root, folder, settings)?));
            return Ok(true);
        }
        // Another layout, whose input is no test by itself.
        if ["before", "after"].iter().all(|name| children.iter().any(|child| child.ends_with(name))) {
            return Ok(false);
        }
        let (below, parts) = self.visit_below(root, children, &settings);
        if names_a_test && !below {
            self.found.push(Ok(self.test(root, folder, settings)?));
            return Ok(true);
        }
        // What is beside a Dockerfile may be tests of another kind.
        match amiss::no_input(folder, &parts).filter(|_| self.prefix.is_empty()) {
            Some(error) => Err(error),
            None => Ok(below),
        }
    }

    /// Looks for tests in folders; tells whether there were any, and which folders are parts of a test themselves.
    fn visit_below(
        &mut self,
        root: &Path,
        folders: Vec<PathBuf>,
        settings: &Settings,
    ) -> (bool, Vec<PathBuf>) {
        let (mut below, mut parts) = (false, Vec::new());
        for folder in folders {
            let known = self.found.len();
            let found = self.visit(root, &folder, settings);
            if amiss::belongs_to_a_test(&folder) && !self.found[known..].iter().any(Result::is_ok) {
                self.found.truncate(known);
                parts.push(folder);
            } else {
                below |= found;
            }
        }
        (below, parts)
    }

    fn test(&self, root: &Path, folder: &Path, settings: Settings) -> Result<Test, SourceError> {
        let target = self.target(root, folder, &settings)?;
        if let Some(error) = amiss::unknown_stage(&settings, folder, self.file, &self.stages) {
            return Err(error);
        }
        if let Some(error) = amiss::misspelt(folder) {
            return Err(error);
        }
        if settings.request().is_none()
            && target.workflow.kind == WorkflowType::Resource
            && let Some(error) = amiss::no_request(folder)
        {
            return Err(error);
        }
        let request = settings.request().map_or_else(|| folder.join("input/object.yaml"), Path::to_owned);
        let expectation = Expectation::of(folder);
        let name = self.name(root, folder);
        Ok(Test { name, folder: folder.to_owned(), target, request, settings, expectation })
    }

    /// What the settings say, or a folder on the test's path that is named like a workflow, or what is usual.
    fn target(&self, root: &Path, folder: &Path, settings: &Settings) -> Result<Target, SourceError> {
        if let Some(text) = settings.workflow() {
            return text.parse().map_err(|error: TargetError| workflow_error(folder, &error));
        }
        let below = folder.strip_prefix(root).unwrap_or(folder);
        match below.iter().rev().find_map(|part| workflow_named(part.to_str()?)) {
            Some(workflow) => Ok(Target::workflow(workflow)),
            None => self.default.clone().map_err(|why| {
                let hint = format!(
                    "say which in {}: `workflow: TYPE/ACTION/PIPELINE/STAGE`",
                    join(folder, FILE_NAME).display()
                );
                SourceError::whole(folder, why).hint(hint)
            }),
        }
    }

    fn name(&self, root: &Path, folder: &Path) -> String {
        let below = folder.strip_prefix(root).unwrap_or(folder);
        let parts: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let name = if parts.is_empty() { "test".to_owned() } else { parts.join("/") };
        format!("{}{name}", self.prefix)
    }
}

/// `promise-configure` → promise/configure.
fn workflow_named(folder: &str) -> Option<Workflow> {
    folder.replacen('-', "/", 1).parse().ok()
}

/// Points at the nearest settings file that has the workflow.
fn workflow_error(folder: &Path, error: &TargetError) -> SourceError {
    for folder in folder.ancestors() {
        let Ok(source) = Source::read(&join(folder, FILE_NAME)) else { continue };
        let Ok(documents) = source.documents() else { continue };
        let path = KeyPath::from_iter(["workflow"]);
        if let Some(document) = documents.first().filter(|document| document.root.get("workflow").is_some()) {
            return source.error(document.root.locate(&path), error.to_string());
        }
    }
    SourceError::whole(folder, error.to_string())
}

/// The folders that may be tests or hold some. One that cannot be read is an error, or it would look empty.
fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let failed = |error: std::io::Error| {
        SourceError::whole(folder, format!("cannot be read: {}", tree::plain(&error)))
            .hint("make the folder readable for the user who runs the tests")
    };
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let hidden = matches!(entry.file_name().as_encoded_bytes().first(), Some(b'.' | b'_'));
        if !hidden && entry.path().is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::suite::repository::{Found, find};

    const PROMISE: &str = "apiVersion: platform.kratix.io/v1alpha1\nkind: Promise\nspec: {workflows: {resource: {configure: \
                           [{metadata: {name: p}, spec: {containers: [{name: render}]}}]}}}\n";

    /// What is said of the only test, and what to do.
    fn broken(files: &[&str]) -> (String, String) {
        let tests = discovered(files).expect("tests");
        let [Err(broken)] = tests.as_slice() else { panic!("{tests:?}") };
        let path = broken.error.path.components().rev().take(2).collect::<Vec<_>>();
        let path =
            path.iter().rev().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        let at = broken.error.at.map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
        (format!("{path}{at}: {}", broken.error.message), broken.error.hint.clone().unwrap_or_default())
    }

    fn discovered(files: &[&str]) -> Result<Vec<Result<Test, BrokenTest>>, SourceError> {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            let (path, text) = file.split_once('=').unwrap_or((file, ""));
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        fs::write(folder.path().join("promise.yaml"), PROMISE).expect("a file");
        match find(folder.path()).expect("a Promise") {
            Found::One(file) => {
                let settings = Settings::load(&file.root, &file.folder)?;
                discover(&file, &Promise::read(&file.source)?, &settings)
            }
            Found::Below(_) => panic!("below"),
        }
    }

    fn names(files: &[&str]) -> Vec<String> {
        let tests = discovered(files).expect("tests");
        tests.iter().map(|test| name_of(test).to_owned()).collect()
    }

    #[test]
    fn a_folder_with_an_input_is_a_test_named_by_its_path() {
        assert_eq!(names(&["test/input/object.yaml"]), ["test"]);
        assert_eq!(names(&["test/a/input/object.yaml", "tests/b/c/input/object.yaml"]), ["a", "b/c"]);
    }

    #[test]
    fn folders_inside_a_test_and_hidden_ones_are_no_tests() {
        let files = [
            "test/input/object.yaml",
            "test/a/input/object.yaml",
            "test/_b/input/object.yaml",
            "test/.c/input/object.yaml",
        ];
        assert_eq!(names(&files), ["test"]);
        assert_eq!(
            names(&["test/_b/input/object.yaml", "test/.c/input/object.yaml", "test/d/input/object.yaml"]),
            ["d"]
        );
    }

    #[test]
    fn before_and_after_are_no_tests() {
        assert_eq!(
            names(&["test/a/before/input/object.yaml", "test/a/after/output/x"]),
            Vec::<String>::new()
        );
        assert_eq!(names(&["test/a/before/input/object.yaml"]), ["a/before"]);
    }

    #[test]
    fn a_settings_file_makes_a_test_unless_there_are_tests_below() {
        let workflow = "kratix-test.yaml=workflow: promise/configure";
        assert_eq!(names(&[&format!("test/a/{workflow}")]), ["a"]);
        assert_eq!(names(&[&format!("test/a/{workflow}"), "test/a/b/input/object.yaml"]), ["a/b"]);
        assert_eq!(names(&["test/a/kratix-test.yaml=network: none"]), Vec::<String>::new());
    }

    #[test]
    fn the_workflow_is_what_the_settings_or_a_folder_say() {
        let files = [
            "test/a/input/object.yaml",
            "test/promise-configure/b/input/object.yaml",
            "test/resource-delete/input/object.yaml",
            "test/promise-configure/c/input/object.yaml",
            "test/promise-configure/c/kratix-test.yaml=workflow: resource/configure/p",
        ];
        let tests = discovered(&files).expect("tests");
        let targets: Vec<String> =
            tests.iter().map(|test| test.as_ref().expect("a test").target.to_string()).collect();
        let expected = ["resource/configure", "promise/configure", "resource/configure/p", "resource/delete"];
        assert_eq!(targets, expected);
    }

    #[test]
    fn a_folder_that_is_a_test_but_for_its_input_is_an_error() {
        for part in ["output", "metadata", "expected/output"] {
            let (error, hint) = broken(&[&format!("test/a/{part}/x.yaml"), "test/a/output/metadata/y"]);
            let first = part.split('/').next().unwrap_or_default();
            assert_eq!(error, format!("test/a: has {first}/ and no input/, so that it is no test"));
            assert!(hint.contains("test/a/input/object.yaml, or say `request:`"), "{hint}");
        }
        for (nearly, beside) in
            [("inputs", "object.yaml"), ("Input", "object.yaml"), ("inptu", "../output/x")]
        {
            let (error, hint) =
                broken(&[&format!("test/a/{nearly}/x.yaml"), &format!("test/a/{nearly}/{beside}")]);
            assert_eq!(error, format!("test/a: has {nearly}/ where a test has input/"));
            assert!(hint.ends_with("test/a/input"), "{hint}");
        }
        // Beside tests it is an error too, and what only sounds like it is none.
        let files = ["test/output/x", "test/b/input/object.yaml"];
        assert_eq!(names(&files), ["b", "test"]);
        let shared = ["test/inputs/small.yaml", "test/a/kratix-test.yaml=request: ../inputs/small.yaml"];
        assert_eq!(names(&shared), ["a"]);
        assert_eq!(names(&["test/output/b/input/object.yaml"]), ["output/b"]);
        assert_eq!(names(&["test/_a/output/x", "test/scripts/run"]), Vec::<String>::new());
    }

    #[test]
    fn an_input_without_a_request_is_an_error_that_names_the_file_that_is_meant() {
        let (error, hint) = broken(&["test/a/input/object.yml"]);
        assert_eq!(error, "input/object.yaml: is not there: a test needs a resource request");
        assert!(hint.ends_with("test/a/input/object.yml to object.yaml"), "{hint}");
        let (_, hint) = broken(&["test/a/input/.gitkeep"]);
        assert!(hint.contains("put one there, or name one with `request:`"), "{hint}");
        let promise = ["test/promise-configure/input/.gitkeep"];
        assert!(discovered(&promise).expect("tests")[0].is_ok());
    }

    #[test]
    fn what_nobody_would_look_at_in_a_test_is_an_error() {
        for (name, meant) in [
            ("metdata/status.yaml", "metadata"),
            ("Output/x", "output"),
            ("status.yml", "status.yaml"),
            ("exit-code", "exitcode"),
        ] {
            let (error, hint) = broken(&["test/a/input/object.yaml", &format!("test/a/{name}")]);
            let name = name.split('/').next().unwrap_or_default();
            assert_eq!(error, format!("a/{name}: is no part of a test"));
            assert!(hint.starts_with(&format!("did you mean {meant}?")), "{hint}");
        }
        let files = ["README.md", "_output/x", "notes/x", "before/output/x", "status.yaml", "exitcode=1"];
        let files = files.map(|file| format!("test/a/{file}"));
        let files: Vec<&str> = files.iter().map(String::as_str).chain(["test/a/input/object.yaml"]).collect();
        assert_eq!(names(&files), ["a"]);
    }

    #[test]
    fn settings_of_a_stage_that_no_pipeline_has_are_an_error_where_they_stand() {
        let stages = "kratix-test.yaml=exit: 0\nstages:\n  rendr: {skip: no}";
        let (error, hint) = broken(&["test/a/input/object.yaml", &format!("test/a/{stages}")]);
        let expected =
            "a/kratix-test.yaml:3:3: stages.rendr: no pipeline of the Promise has a container rendr";
        assert_eq!((error.as_str(), hint.as_str()), (expected, "did you mean `render`?"));
        // Every test below is broken by it, and so is the Promise that it stands beside.
        let (error, _) = broken(&["test/a/input/object.yaml", &format!("test/{stages}")]);
        assert!(error.starts_with("test/kratix-test.yaml:3:3: "), "{error}");
        let error = discovered(&["test/a/input/object.yaml", stages]).expect_err("unknown");
        assert!(error.to_string().contains("kratix-test.yaml:3:3: stages.rendr: "), "{error}");
        let known = "test/a/kratix-test.yaml=stages: {render: {skip: no}, old: null}";
        assert_eq!(names(&["test/a/input/object.yaml", known]), ["a"]);
    }

    #[test]
    fn equal_names_are_an_error() {
        let error =
            discovered(&["test/a/input/object.yaml", "tests/a/input/object.yaml"]).expect_err("equal names");
        assert!(error.to_string().contains("is a test named `a`, as "), "{error}");
    }

    #[test]
    fn a_bad_settings_file_of_a_test_breaks_that_test_alone() {
        let tests = discovered(&[
            "test/a/input/object.yaml",
            "test/b/input/object.yaml",
            "test/b/kratix-test.yaml=exit: [",
        ]);
        let tests = tests.expect("tests");
        assert!(tests[0].is_ok());
        assert_eq!(tests[1].as_ref().expect_err("broken").name, "b");
        let tests = discovered(&["test/a/input/object.yaml", "test/a/kratix-test.yaml=workflow: some/thing"])
            .expect("tests");
        let error = &tests[0].as_ref().expect_err("broken").error;
        assert!(error.to_string().contains("kratix-test.yaml:1:1: "), "{error}");
    }

    #[test]
    fn links_are_followed_unless_they_lead_round() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().expect("a folder");
        for path in ["test/a/input", "test/x", "test/y", "shared/b/input"] {
            fs::create_dir_all(folder.path().join(path)).expect("a folder");
        }
        for path in ["test/a/input/object.yaml", "shared/b/input/object.yaml"] {
            fs::write(folder.path().join(path), "").expect("a file");
        }
        fs::write(folder.path().join("promise.yaml"), PROMISE).expect("a file");
        for (target, link) in [("../shared", "test/linked"), (".", "test/self"), ("/", "test/root")] {
            symlink(target, folder.path().join(link)).expect("a link");
        }
        symlink("../y", folder.path().join("test/x/y")).expect("a link");
        symlink("../x", folder.path().join("test/y/x")).expect("a link");
        let Found::One(file) = find(folder.path()).expect("a Promise") else { panic!("below") };
        let promise = Promise::read(&file.source).expect("a Promise");
        let tests = discover(&file, &promise, &Settings::default()).expect("tests");
        let names: Vec<(&str, bool)> = tests.iter().map(|test| (name_of(test), test.is_ok())).collect();
        let round = [("root", false), ("self", false), ("x/y/x", false), ("y/x/y", false)];
        assert_eq!(names, [vec![("a", true), ("linked/b", true)], round.to_vec()].concat());
    }

    #[test]
    fn excluded_folders_hold_no_tests() {
        assert_eq!(
            names(&[
                "kratix-test.yaml=exclude: [test/old]",
                "test/old/input/object.yaml",
                "test/a/input/object.yaml"
            ]),
            ["a"]
        );
    }
}
