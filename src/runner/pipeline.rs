//! One pipeline: fresh folders, its stages in order, and what they left.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::images::Images;
use super::stage::Stage;
use super::volumes::Volumes;
use super::{AsGiven, Runner, Stop, user};
use crate::diagnostic::Source;
use crate::engine::{Engine, Folder, Image, Privileges, SeedFile, Workspace};
use crate::kratix::{Container, DiskLimit, Finding, Object, Pipeline, Severity};
use crate::outcome::{Ended, Left, PipelineOutcome, StageOutcome};
use crate::secrets::Secrets;
use crate::suite::PromiseSuite;
use crate::suite::expectation::{FOLDERS, store};
use crate::suite::settings::Settings;
use crate::tree::{self, EntryKind};

/// The file that every stage reads.
pub(super) const OBJECT: &str = "object.yaml";

/// What one pipeline is run with.
pub(super) struct PipelineRun<'a> {
    /// The test's name.
    pub(super) test: &'a str,
    pub(super) suite: &'a PromiseSuite,
    pub(super) settings: &'a Settings,
    pub(super) pipeline: &'a Pipeline,
    /// The stage that is run alone, if one is.
    pub(super) stage: Option<&'a str>,
    /// What is in `/kratix/input`.
    pub(super) input: Vec<SeedFile>,
    /// What each container is started with, in their order.
    pub(super) launchables: Vec<Launchable>,
    pub(super) volumes: Volumes,
    /// Beyond it the platform evicts the pod.
    pub(super) disk_limit: Option<DiskLimit>,
    /// What is never shown.
    pub(super) secrets: Secrets,
    /// A folder whose `output` and `metadata` are there before the first stage.
    pub(super) before: PathBuf,
    /// Where results go.
    pub(super) results: PathBuf,
}

/// What a container is started with, with every reference resolved.
pub(super) struct Launchable {
    pub(super) image: String,
    pub(super) env: Vec<(String, String)>,
    pub(super) command: Vec<String>,
    pub(super) args: Vec<String>,
    pub(super) privileges: Privileges,
    /// In place of the user's own.
    pub(super) group: Option<i64>,
    /// The platform refuses to run it as root.
    pub(super) non_root: bool,
    /// Bytes.
    pub(super) memory: Option<u64>,
    /// Why it is not run.
    pub(super) skip: Option<String>,
}

impl PipelineRun<'_> {
    /// Runs its stages up to the first that fails, and takes over what they left.
    pub(super) async fn run<E: Engine>(
        &self,
        runner: &Runner<'_, E>,
        images: &Images,
    ) -> Result<PipelineOutcome, Stop> {
        let chosen = self.chosen();
        let prepared = self.images(&chosen, images)?;
        for file in &self.input {
            store(&self.results.join("input").join(&file.path), &file.bytes, file.mode & 0o111 != 0)?;
        }
        let Some(first) = prepared.first() else { return Ok(self.without_stages()) };
        let workspace = runner.engine.workspace(first, &self.folders()?).await?;
        let mut stages: Vec<StageOutcome> = Vec::new();
        let mut folders = None;
        for ((index, container), image) in chosen.iter().zip(&prepared) {
            let stage = self.stage(*index, container, image, &workspace, runner);
            let mut stage = stage.run(runner.engine, &self.results.join("logs"), runner.on_event).await?;
            folders = self.folders_on_disk(runner.engine, &workspace).await;
            stage.disk += folders.unwrap_or_default();
            stages.push(stage);
            if stages.last().is_none_or(|stage| stage.ended != Ended::Exited(0)) {
                break;
            }
        }
        let left = self.collect(runner.engine, &workspace).await?;
        runner.engine.discard(workspace).await?;
        if let (None, Some(last)) = (folders, stages.last_mut()) {
            last.disk += left.metadata.size() + left.output.size();
        }
        Ok(self.outcome(stages, left))
    }

    /// Containers that the platform would not start, since it has to know that they are not root's.
    pub(super) fn refused_users(&self, images: &Images) -> Vec<Finding> {
        let containers = self.chosen().into_iter();
        let finding = |(index, container): (usize, &Container)| {
            let launchable = &self.launchables[index];
            let prepared = images.get(self.suite, self.settings, &launchable.image).ok()?;
            let mut refused = user::refused(launchable, &prepared.image)?;
            let own = container.security_context.as_ref().filter(|own| own.run_as_non_root == Some(true));
            if let Some(own) = own {
                // That its own user is root was found in promise.yaml, and has its place there.
                if own.run_as_user == Some(0) {
                    return None;
                }
                // The Promise itself demands it, on whatever cluster.
                refused.severity = Severity::Error;
            }
            Some(refused.within(&self.suite.file.source, container.at))
        };
        containers.filter_map(finding).collect()
    }

    /// The containers that are run.
    fn chosen(&self) -> Vec<(usize, &Container)> {
        let containers = self.pipeline.containers.iter().enumerate();
        containers
            .filter(|(_, container)| self.stage.is_none_or(|stage| stage == container.name))
            .filter(|(index, _)| self.launchables[*index].skip.is_none())
            .collect()
    }

    /// All images first: that one is missing should not be found out after minutes.
    fn images<'i>(&self, chosen: &[(usize, &Container)], images: &'i Images) -> Result<Vec<&'i Image>, Stop> {
        let prepared = |index: usize| images.get(self.suite, self.settings, &self.launchables[index].image);
        let image = |index: usize| prepared(index).map(|prepared| &prepared.image).map_err(Stop::Trouble);
        chosen.iter().map(|(index, _)| image(*index)).collect()
    }

    /// Kratix accepts a pipeline without containers: it leaves nothing.
    fn without_stages(&self) -> PipelineOutcome {
        self.outcome(Vec::new(), Left::default())
    }

    fn outcome(&self, stages: Vec<StageOutcome>, left: Left) -> PipelineOutcome {
        PipelineOutcome { name: self.pipeline.name.clone(), stages, work: None, scheduled: Vec::new(), left }
    }

    fn folders(&self) -> Result<Vec<Folder>, Stop> {
        let mut folders = vec![Folder { name: "input".to_owned(), files: self.input.clone() }];
        for name in FOLDERS {
            folders.push(Folder { name: name.to_owned(), files: seeds(&self.before.join(name))? });
        }
        folders.extend(self.volumes.folders.iter().cloned());
        Ok(folders)
    }

    fn stage<'s, E: Engine>(
        &'s self,
        index: usize,
        container: &'s Container,
        image: &'s Image,
        workspace: &'s Workspace,
        runner: &Runner<'_, E>,
    ) -> Stage<'s> {
        Stage {
            test: self.test,
            title: format!("{}/{}", self.pipeline.name, container.name),
            number: index + 1,
            container,
            image,
            launchable: &self.launchables[index],
            privileges: user::privileges(&self.launchables[index], image),
            volumes: &self.volumes,
            host_volumes: self.settings.volumes(),
            workspace,
            network: self.settings.network(),
            timeout: runner.options.timeout.unwrap_or_else(|| self.settings.timeout()),
            secrets: &self.secrets,
            stream: runner.options.stream,
        }
    }

    /// Bytes that the folders take of the disk, where that is known; nobody asks where there is no limit.
    async fn folders_on_disk<E: Engine>(&self, engine: &E, workspace: &Workspace) -> Option<u64> {
        self.disk_limit.as_ref()?;
        let volumes: Vec<String> = Volumes::on_disk(self.pipeline).collect();
        let folders: Vec<&str> =
            ["input"].into_iter().chain(FOLDERS).chain(volumes.iter().map(String::as_str)).collect();
        engine.disk_usage(workspace, &folders).await
    }

    async fn collect<E: Engine>(&self, engine: &E, workspace: &Workspace) -> Result<Left, Stop> {
        let [metadata, output] = FOLDERS.map(|name| (name, self.results.join(name)));
        let metadata = engine.collect(workspace, metadata.0, &metadata.1).await?;
        let output = engine.collect(workspace, output.0, &output.1).await?;
        Ok(Left { metadata, output })
    }
}

/// What the stages read: the object, or a folder as it is.
pub(super) fn input(given: Option<&AsGiven>, object: &Object) -> Result<Vec<SeedFile>, Stop> {
    let Some(given) = given else {
        let bytes = object.to_yaml().into_bytes();
        return Ok(vec![SeedFile { path: OBJECT.into(), mode: 0o644, bytes }]);
    };
    let mut files = files_behind(&given.input)?;
    for file in files.iter_mut().filter(|file| file.path == Path::new(OBJECT)) {
        // Not even its formatting is touched unless there is something to add.
        let read = Source::of(&file.path, file.bytes.clone()).document()?;
        if read.root.to_json() != object.value {
            file.bytes = object.to_yaml().into_bytes();
        }
    }
    Ok(files)
}

/// The files of a folder that its author gives, those behind links among them.
fn files_behind(folder: &Path) -> Result<Vec<SeedFile>, Stop> {
    let tree = tree::scan(folder)?;
    let mut files = Vec::new();
    for path in tree.entries.keys() {
        let file = folder.join(path);
        let Some(metadata) = fs::metadata(&file).ok().filter(fs::Metadata::is_file) else { continue };
        let mode = metadata.permissions().mode() & 0o777 | 0o044;
        files.push(SeedFile { path: path.into(), mode, bytes: Source::read(&file)?.bytes });
    }
    Ok(files)
}

/// The files of a folder, as they are put into a fresh one.
fn seeds(folder: &Path) -> Result<Vec<SeedFile>, Stop> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let tree = tree::scan(folder)?;
    let files = tree.entries.iter().filter(|(_, entry)| matches!(entry.kind, EntryKind::File { .. }));
    files
        .map(|(path, entry)| {
            Ok(SeedFile { path: path.into(), mode: entry.mode | 0o044, bytes: tree.read(path)? })
        })
        .collect()
}
