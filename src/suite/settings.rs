//! The settings files, `kratix-test.yaml`: every one from the repository's root down to the test applies, and the
//! nearest wins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::marks::{self, FilterSetting, MarkSetting};
use super::repository::climb;
use crate::compare::{Filter, MarkRule};
use crate::diagnostic::{Source, SourceError};
use crate::kratix::{Code, Container, Finding, Severity};
use crate::yaml::{KeyPath, Position};

/// The file's name, wherever it stands.
pub(crate) const FILE_NAME: &str = "kratix-test.yaml";

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// A setting as a file gives it: absent, `null` (which removes what an outer file says), or a value.
type Given<T> = Option<Option<T>>;

/// What the files say, merged or one by one. Paths are resolved against the file that they stand in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Settings {
    #[serde(deserialize_with = "given")]
    workflow: Given<String>,
    #[serde(deserialize_with = "given")]
    request: Given<PathBuf>,
    env: BTreeMap<String, Option<Env>>,
    #[serde(deserialize_with = "given")]
    network: Given<String>,
    #[serde(deserialize_with = "given")]
    timeout: Given<String>,
    #[serde(deserialize_with = "given")]
    exit: Given<i64>,
    #[serde(deserialize_with = "given")]
    ignore: Given<Vec<String>>,
    #[serde(deserialize_with = "given")]
    compare: Given<Compare>,
    #[serde(deserialize_with = "given")]
    limits: Given<Limits>,
    images: BTreeMap<String, Option<ImageSetting>>,
    #[serde(deserialize_with = "given")]
    exclude: Given<Vec<PathBuf>>,
    #[serde(deserialize_with = "given")]
    volumes: Given<Vec<HostVolume>>,
    #[serde(deserialize_with = "given")]
    objects: Given<Vec<PathBuf>>,
    stages: BTreeMap<String, Option<StageSetting>>,
    #[serde(deserialize_with = "given")]
    kratix_config: Given<PathBuf>,
    #[serde(deserialize_with = "given")]
    destinations: Given<PathBuf>,
    findings: BTreeMap<Code, Option<Judgement>>,
    #[serde(deserialize_with = "given")]
    expect: Given<Expect>,
    #[serde(deserialize_with = "given")]
    idempotent: Given<bool>,
    #[serde(deserialize_with = "given")]
    platform: Given<String>,
    #[serde(deserialize_with = "given")]
    marks: Given<Vec<MarkSetting>>,
    #[serde(deserialize_with = "given")]
    filters: Given<Vec<FilterSetting>>,
    /// What `marks` stands for, with places.
    #[serde(skip)]
    mark_rules: Vec<MarkRule>,
    /// What `filters` stands for, with places.
    #[serde(skip)]
    filter_rules: Vec<Filter>,
}

/// What is done about a finding, in place of what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Judgement {
    Allow,
    Warn,
    Error,
}

/// What has to happen for the test to pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Expect {
    /// A part of what the platform says when it refuses the request.
    pub(crate) refused: Option<String>,
    /// What is found.
    pub(crate) findings: Vec<Code>,
}

/// What is otherwise for one stage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StageSetting {
    /// Why it is not run.
    pub(crate) skip: Option<String>,
    pub(crate) env: BTreeMap<String, Env>,
    /// In place of the container's.
    pub(crate) command: Option<Vec<String>>,
    /// In place of the container's.
    pub(crate) image: Option<String>,
}

/// A path of the engine's machine that stages see: `SOURCE:TARGET[:ro]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct HostVolume {
    pub(crate) source: PathBuf,
    pub(crate) target: String,
    pub(crate) read_only: bool,
}

impl TryFrom<String> for HostVolume {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        let (source, target, read_only) = match parts[..] {
            [source, target] | [source, target, "rw"] => (source, target, false),
            [source, target, "ro"] => (source, target, true),
            _ => return Err(format!("`{text}` is not SOURCE:TARGET or SOURCE:TARGET:ro")),
        };
        if source.is_empty() || !target.starts_with('/') {
            return Err(format!("`{text}` needs a source, and a target that begins with /"));
        }
        Ok(Self { source: source.into(), target: target.to_owned(), read_only })
    }
}

/// A value for the environment of stages.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected a string, or {from: VARIABLE}")]
pub(crate) enum Env {
    Value(String),
    /// Taken from the environment that the program runs in.
    From {
        from: String,
    },
}

impl std::fmt::Debug for Env {
    /// A value is a secret until somebody says otherwise.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(_) => f.write_str("Value(…)"),
            Self::From { from } => write!(f, "From({from})"),
        }
    }
}

/// How files are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Compare {
    /// As values, whatever the formatting.
    #[default]
    Semantic,
    /// Byte by byte.
    Exact,
}

/// Memory limits of stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Limits {
    /// As on the platform.
    #[default]
    Platform,
    None,
}

/// Where an image comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "expected {context: FOLDER, dockerfile: FILE, …}, `pull`, or the name of an image"
)]
pub(crate) enum ImageSetting {
    /// `pull`, or another image's reference.
    Named(String),
    Built(Built),
}

/// How an image is built.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Built {
    pub(crate) context: Option<PathBuf>,
    pub(crate) dockerfile: Option<PathBuf>,
    /// Stage of a multi-stage Dockerfile; the last unless said.
    pub(crate) target: String,
    /// Build arguments.
    pub(crate) args: BTreeMap<String, String>,
}

/// A duration as people write it: `90s`, `5m`, `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeout(pub(crate) Duration);

impl std::str::FromStr for Timeout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match humantime::parse_duration(text) {
            Ok(duration) if !duration.is_zero() => Ok(Self(duration)),
            _ => Err(format!("`{text}` is not a duration such as 90s, 5m or 1h30m")),
        }
    }
}

impl Settings {
    /// The settings of a folder: those of the files from `root` down to it.
    pub(crate) fn load(root: &Path, folder: &Path) -> Result<Self, SourceError> {
        let mut settings = Self::default();
        for folder in downwards(root, folder) {
            if let Some(layer) = Self::read(&folder)? {
                settings.lay(layer);
            }
        }
        Ok(settings)
    }

    /// What the file of one folder says; `None` where there is none.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, SourceError> {
        let path = join(folder, FILE_NAME);
        if !path.is_file() {
            let other = path.with_extension("yml");
            return match other.is_file() {
                true => {
                    Err(SourceError::whole(&other, "is not read").hint(format!("rename it to {FILE_NAME}")))
                }
                false => Ok(None),
            };
        }
        Self::parse(&Source::read(&path)?, folder).map(Some)
    }

    /// What the text of a file says that stands in a folder.
    pub(crate) fn parse(source: &Source, folder: &Path) -> Result<Self, SourceError> {
        // Parsed here first, for errors in the words that every other file gets.
        let Some(document) = source.documents()?.into_iter().next() else {
            return Ok(Self::default());
        };
        let text = String::from_utf8_lossy(&source.bytes);
        let mut settings: Self = serde_yaml::from_str(&text).map_err(|error| explain(source, &error))?;
        if let Some(Err(message)) =
            settings.timeout.iter().flatten().next().map(|text| text.parse::<Timeout>())
        {
            let at = document.root.locate(&KeyPath::from_iter(["timeout"]));
            return Err(source.error(at, message));
        }
        settings.mark_rules = marks::marks(list(settings.marks.as_ref()), source, &document.root)?;
        settings.filter_rules = marks::filters(list(settings.filters.as_ref()), source, &document.root)?;
        settings.resolve(folder);
        Ok(settings)
    }

    /// Where the files stand, or would stand, that apply to a folder.
    pub(crate) fn files(root: &Path, folder: &Path) -> Vec<PathBuf> {
        downwards(root, folder).iter().map(|folder| join(folder, FILE_NAME)).collect()
    }

    /// Whether the file itself makes its folder a test.
    pub(crate) fn names_a_test(&self) -> bool {
        self.workflow.is_some() || self.request.is_some()
    }

    fn resolve(&mut self, folder: &Path) {
        for request in self.request.iter_mut().flatten() {
            *request = join(folder, &*request);
        }
        for path in self.exclude.iter_mut().flatten().flatten() {
            *path = join(folder, &*path);
        }
        let files = self.kratix_config.iter_mut().chain(&mut self.destinations).flatten();
        for path in files.chain(self.objects.iter_mut().flatten().flatten()) {
            *path = join(folder, &*path);
        }
        for volume in self.volumes.iter_mut().flatten().flatten() {
            let source = match (volume.source.strip_prefix("~"), std::env::home_dir()) {
                (Ok(below), Some(home)) => home.join(below),
                _ => join(folder, &volume.source),
            };
            // An engine does not know where we are.
            volume.source = std::path::absolute(&source).unwrap_or(source);
        }
        for image in self.images.values_mut().flatten() {
            if let ImageSetting::Built(built) = image {
                for path in built.context.iter_mut().chain(&mut built.dockerfile) {
                    *path = join(folder, &*path);
                }
            }
        }
    }

    /// Lays the settings of an inner file over these.
    pub(crate) fn lay(&mut self, inner: Self) {
        lay(&mut self.workflow, inner.workflow);
        lay(&mut self.request, inner.request);
        lay(&mut self.network, inner.network);
        lay(&mut self.timeout, inner.timeout);
        lay(&mut self.exit, inner.exit);
        lay(&mut self.ignore, inner.ignore);
        lay(&mut self.compare, inner.compare);
        lay(&mut self.limits, inner.limits);
        lay(&mut self.exclude, inner.exclude);
        lay(&mut self.volumes, inner.volumes);
        lay(&mut self.objects, inner.objects);
        lay(&mut self.kratix_config, inner.kratix_config);
        lay(&mut self.destinations, inner.destinations);
        lay(&mut self.expect, inner.expect);
        lay(&mut self.idempotent, inner.idempotent);
        lay(&mut self.platform, inner.platform);
        if inner.marks.is_some() {
            (self.marks, self.mark_rules) = (inner.marks, inner.mark_rules);
        }
        if inner.filters.is_some() {
            (self.filters, self.filter_rules) = (inner.filters, inner.filter_rules);
        }
        self.stages.extend(inner.stages);
        self.findings.extend(inner.findings);
        self.env.extend(inner.env);
        self.images.extend(inner.images);
    }

    /// TYPE/ACTION[/PIPELINE] that is tested, if a file says so.
    pub(crate) fn workflow(&self) -> Option<&str> {
        self.workflow.as_ref()?.as_deref()
    }

    /// A resource request in place of `input/object.yaml`.
    pub(crate) fn request(&self) -> Option<&Path> {
        self.request.as_ref()?.as_deref()
    }

    /// Environment of every stage, after promise.yaml's.
    pub(crate) fn env(&self) -> impl Iterator<Item = (&str, &Env)> {
        self.env.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_ref()?)))
    }

    /// Network of the stages.
    pub(crate) fn network(&self) -> &str {
        self.network.as_ref().and_then(Option::as_deref).unwrap_or("bridge")
    }

    /// Longest time that a stage may run.
    pub(crate) fn timeout(&self) -> Duration {
        let given = self.timeout.iter().flatten().next().and_then(|text| text.parse().ok());
        given.map_or(DEFAULT_TIMEOUT, |Timeout(duration)| duration)
    }

    /// Exit code that is expected to end the run.
    pub(crate) fn exit(&self) -> i64 {
        self.exit.flatten().unwrap_or(0)
    }

    /// Files that are not compared, as patterns below the test folder.
    pub(crate) fn ignore(&self) -> &[String] {
        self.ignore.as_ref().and_then(Option::as_deref).unwrap_or_default()
    }

    /// How files are compared.
    pub(crate) fn compare(&self) -> Compare {
        self.compare.flatten().unwrap_or_default()
    }

    /// Which memory limits stages get.
    pub(crate) fn limits(&self) -> Limits {
        self.limits.flatten().unwrap_or_default()
    }

    /// Where images come from, by reference.
    pub(crate) fn images(&self) -> impl Iterator<Item = (&str, &ImageSetting)> {
        self.images.iter().filter_map(|(name, image)| Some((name.as_str(), image.as_ref()?)))
    }

    /// Paths of the engine's machine that every stage sees.
    pub(crate) fn volumes(&self) -> &[HostVolume] {
        self.volumes.as_ref().and_then(Option::as_deref).unwrap_or_default()
    }

    /// Files, and folders of files, with the Secrets and `ConfigMap`s of the cluster.
    pub(crate) fn objects(&self) -> &[PathBuf] {
        self.objects.as_ref().and_then(Option::as_deref).unwrap_or_default()
    }

    /// What is otherwise for a stage.
    pub(crate) fn stage(&self, name: &str) -> Option<&StageSetting> {
        self.stages.get(name)?.as_ref()
    }

    /// The image of a container: its own, another in its place, or none, since it is not run.
    pub(crate) fn image<'s>(&'s self, container: &'s Container) -> Option<&'s str> {
        match self.stage(&container.name) {
            Some(StageSetting { skip: Some(_), .. }) => None,
            Some(StageSetting { image: Some(image), .. }) => Some(image),
            _ => Some(&container.image),
        }
    }

    /// The names of the stages that something is said of.
    pub(crate) fn stages(&self) -> impl Iterator<Item = (&str, &StageSetting)> {
        self.stages.iter().filter_map(|(name, stage)| Some((name.as_str(), stage.as_ref()?)))
    }

    /// The platform's own `ConfigMap`, for its defaults.
    pub(crate) fn kratix_config(&self) -> Option<&Path> {
        self.kratix_config.as_ref()?.as_deref()
    }

    /// The Destinations, to say where Works would land.
    pub(crate) fn destinations(&self) -> Option<&Path> {
        self.destinations.as_ref()?.as_deref()
    }

    /// A finding as severe as the settings say; nothing if they allow it.
    pub(crate) fn judge(&self, mut finding: Finding) -> Option<Finding> {
        match self.findings.get(&finding.code).copied().flatten() {
            Some(Judgement::Allow) => return None,
            Some(Judgement::Warn) => finding.severity = Severity::Warning,
            Some(Judgement::Error) => finding.severity = Severity::Error,
            None => {}
        }
        Some(finding)
    }

    /// The codes that are allowed.
    pub(crate) fn allowed(&self) -> impl Iterator<Item = Code> {
        let allowed = self.findings.iter().filter(|(_, judgement)| **judgement == Some(Judgement::Allow));
        allowed.map(|(code, _)| *code)
    }

    /// What has to happen for the test to pass.
    pub(crate) fn expect(&self) -> Option<&Expect> {
        self.expect.as_ref()?.as_ref()
    }

    /// Whether a finding with this code is expected.
    pub(crate) fn expects(&self, code: Code) -> bool {
        self.expect().is_some_and(|expect| expect.findings.contains(&code))
    }

    /// Whether a second run must leave the same.
    pub(crate) fn idempotent(&self) -> bool {
        self.idempotent.flatten().unwrap_or_default()
    }

    /// Whether the same is said of images.
    pub(crate) fn makes_images_like(&self, other: &Self) -> bool {
        self.images().eq(other.images()) && self.platform() == other.platform()
    }

    /// `os/arch` that images are built and pulled for; empty for the engine's own.
    pub(crate) fn platform(&self) -> &str {
        self.platform.as_ref().and_then(Option::as_deref).unwrap_or_default()
    }

    /// Marks for many documents.
    pub(crate) fn marks(&self) -> &[MarkRule] {
        &self.mark_rules
    }

    /// What is replaced in texts and names of files before they are compared.
    pub(crate) fn filters(&self) -> &[Filter] {
        &self.filter_rules
    }

    /// Folders without Promises or tests of interest.
    pub(crate) fn exclude(&self) -> &[PathBuf] {
        self.exclude.as_ref().and_then(Option::as_deref).unwrap_or_default()
    }
}

/// What a list holds; nothing if it is absent or `null`.
fn list<T>(given: Option<&Option<Vec<T>>>) -> &[T] {
    given.and_then(Option::as_deref).unwrap_or_default()
}

fn lay<T>(outer: &mut Given<T>, inner: Given<T>) {
    if inner.is_some() {
        *outer = inner;
    }
}

/// Tells `null` from absent.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Given<T>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The folders from one down to another below it, each written as the user wrote the second.
fn downwards(root: &Path, folder: &Path) -> Vec<PathBuf> {
    let absolute = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let steps = absolute(folder).strip_prefix(absolute(root)).map_or(0, |below| below.components().count());
    (0..=steps).rev().map(|step| climb(folder, step)).collect()
}

/// Whether a variable of this name holds a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    const WORDS: [&str; 10] = [
        "KEY",
        "TOKEN",
        "PASSWORD",
        "PASSWD",
        "PASS",
        "SECRET",
        "CREDENTIAL",
        "CREDENTIALS",
        "APIKEY",
        "PAT",
    ];
    let name = name.to_ascii_uppercase();
    name.split('_').any(|word| WORDS.contains(&word)) || name.ends_with("PASSWORD") || name.ends_with("TOKEN")
}

/// A path below a folder, without a leading `./`.
pub(crate) fn join(folder: &Path, path: impl AsRef<Path>) -> PathBuf {
    if folder == Path::new(".") { path.as_ref().to_owned() } else { folder.join(path) }
}

/// What serde says, at the place it says, with the nearest name for one that is unknown.
fn explain(source: &Source, error: &serde_yaml::Error) -> SourceError {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text);
    let explained = match error.location() {
        Some(place) => source.error(Position { line: place.line(), column: place.column() }, short(message)),
        None => SourceError::whole(&source.path, short(message)),
    };
    match nearest(message) {
        Some(name) => explained.hint(format!("did you mean `{name}`?")),
        None => explained,
    }
}

/// Without serde's list of every name there is.
fn short(message: &str) -> String {
    message.split(", expected one of").next().unwrap_or(message).replace("unknown field", "unknown setting")
}

/// Of the names that serde lists, the one nearest to the unknown one.
fn nearest(message: &str) -> Option<&str> {
    let (unknown, known) = message.split_once(", expected one of ")?;
    let unknown = unknown.split('`').nth(1)?;
    known
        .split('`')
        .skip(1)
        .step_by(2)
        .map(|name| (strsim::damerau_levenshtein(unknown, name), name))
        .filter(|(distance, name)| *distance <= name.len().max(3) / 3 + 1)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;

    fn settings(files: &[(&str, &str)], folder: &str) -> Result<Settings, SourceError> {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        Settings::load(root.path(), &root.path().join(folder))
    }

    #[test]
    fn a_file_of_another_ending_is_an_error() {
        let error = settings(&[("a/kratix-test.yml", "exit: 1")], "a").expect_err("not read");
        assert!(error.to_string().ends_with("a/kratix-test.yml: is not read"), "{error}");
        assert_eq!(error.hint.as_deref(), Some("rename it to kratix-test.yaml"));
    }

    fn error(text: &str) -> (String, Option<String>) {
        let error = settings(&[("kratix-test.yaml", text)], "").expect_err("invalid");
        let place = error.at.map_or_else(String::new, |at| format!("{}:{} ", at.line, at.column));
        (format!("{place}{}", error.message), error.hint)
    }

    #[test]
    fn the_nearest_file_wins_and_maps_merge() {
        let settings = settings(
            &[
                ("kratix-test.yaml", "network: none\nenv: {A: a, B: b}\nignore: [x, y]\n"),
                ("p/test/kratix-test.yaml", "env: {B: c, D: {from: HOME}}\nignore: [z]\nexit: 3\n"),
            ],
            "p/test",
        )
        .expect("valid");
        assert_eq!((settings.network(), settings.exit()), ("none", 3));
        assert_eq!(settings.ignore(), ["z"]);
        let env: Vec<_> = settings.env().map(|(name, value)| (name, value.clone())).collect();
        let value = |text: &str| Env::Value(text.into());
        assert_eq!(env, [("A", value("a")), ("B", value("c")), ("D", Env::From { from: "HOME".into() })]);
    }

    #[test]
    fn null_removes() {
        let outer = "network: none\ntimeout: 1s\nenv: {A: a}\n";
        let inner = "network: null\ntimeout:\nenv: {A: ~}\n";
        let settings =
            settings(&[("kratix-test.yaml", outer), ("t/kratix-test.yaml", inner)], "t").expect("valid");
        assert_eq!((settings.network(), settings.timeout()), ("bridge", DEFAULT_TIMEOUT));
        assert_eq!(settings.env().count(), 0);
    }

    #[test]
    fn paths_are_relative_to_the_file_they_stand_in() {
        let text = "request: ../r.yaml\nimages: {a/b: {context: pipeline}, c: pull}\n";
        let settings = settings(&[("t/kratix-test.yaml", text)], "t").expect("valid");
        assert!(settings.request().expect("a request").ends_with("t/../r.yaml"));
        let built = settings.images().find_map(|(_, image)| match image {
            ImageSetting::Built(built) => built.context.clone(),
            ImageSetting::Named(_) => None,
        });
        assert!(built.expect("a context").ends_with("t/pipeline"));
    }

    #[test]
    fn an_unknown_setting_is_an_error_that_names_the_nearest() {
        let hint = Some("did you mean `timeout`?".to_owned());
        assert_eq!(error("network: none\ntimeot: 3s\n"), ("2:1 unknown setting `timeot`".into(), hint));
        assert_eq!(error("zzzzzzzz: 1\n"), ("1:1 unknown setting `zzzzzzzz`".into(), None));
    }

    #[test]
    fn a_wrong_value_is_an_error_at_its_place() {
        assert_eq!(
            error("\ntimeout: soon\n").0,
            "2:1 `soon` is not a duration such as 90s, 5m or 1h30m".to_owned()
        );
        assert!(
            error("exit: [1]\n").0.starts_with("1:7 exit: invalid type: sequence"),
            "{}",
            error("exit: [1]\n").0
        );
        assert!(error("a: [\n").0.contains("is not valid YAML"));
        assert!(error("env: {A: 5}\n").0.contains("expected a string, or {from: VARIABLE}"));
    }

    #[test]
    fn what_is_no_code_is_an_error_at_its_place() {
        let unknown = "KT999 is not a code; they are KT101 to KT148, KT201 to KT210 and KT221 to KT229";
        for text in ["findings: {KT999: allow}\n", "expect: {findings: [KT999]}\n"] {
            let error = error(text).0;
            assert!(error.starts_with("1:") && error.ends_with(unknown), "{error}");
        }
    }

    /// The names that serde knows of something, as it lists them to who writes another.
    fn known<T: serde::de::DeserializeOwned + std::fmt::Debug>() -> BTreeSet<String> {
        let error = serde_yaml::from_str::<T>("{nothing: 1}").expect_err("it is unknown").to_string();
        let (_, names) = error.split_once(", expected ").expect("a list of names");
        names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn the_schema_has_every_setting_and_no_others() {
        let schema = include_str!("../../schema/kratix-test.schema.json");
        let schema: serde_json::Value = serde_json::from_str(schema).expect("JSON");
        for (at, known) in [
            ("", known::<Settings>()),
            ("/definitions/built", known::<Built>()),
            ("/definitions/stage", known::<StageSetting>()),
            ("/definitions/expect", known::<Expect>()),
            ("/definitions/mark", known::<MarkSetting>()),
            ("/definitions/filter", known::<FilterSetting>()),
        ] {
            let object = schema.pointer(at).expect("a schema");
            let properties = object["properties"].as_object().expect("properties");
            assert_eq!(properties.keys().cloned().collect::<BTreeSet<_>>(), known, "{at}");
            assert_eq!(object["additionalProperties"], false, "{at}");
            let described = |(name, property): (&String, &serde_json::Value)| {
                assert!(property["description"].is_string(), "{at}/{name} is not described");
            };
            properties.iter().for_each(described);
        }
    }

    #[test]
    fn values_of_the_environment_are_never_shown() {
        assert_eq!(format!("{:?}", Env::Value("hunter2".into())), "Value(…)");
    }
}
