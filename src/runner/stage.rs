//! One stage: a container of a pipeline, launched as the platform would.

use std::path::Path;
use std::time::{Duration, Instant};

use super::log::Recorder;
use super::pipeline::Launchable;
use super::volumes::{OwnedMount, Volumes};
use crate::engine::{Engine, EngineError, Exit, Image, Launch, Mount, Privileges, Workspace};
use crate::kratix::Container;
use crate::outcome::{Ended, Event, StageOutcome};
use crate::secrets::Secrets;
use crate::suite::settings::HostVolume;
use crate::tree::one_part;

/// What the kubelet keeps of a container's log: five files of 10 MiB.
const ROTATED: u64 = 50 << 20;

/// What one stage is launched with.
pub(super) struct Stage<'a> {
    /// The test's name.
    pub(super) test: &'a str,
    /// `PIPELINE/CONTAINER`.
    pub(super) title: String,
    /// Its place in the pipeline, from 1.
    pub(super) number: usize,
    pub(super) container: &'a Container,
    pub(super) image: &'a Image,
    pub(super) launchable: &'a Launchable,
    pub(super) privileges: Privileges,
    pub(super) workspace: &'a Workspace,
    pub(super) volumes: &'a Volumes,
    /// Paths of the engine's machine that the settings add.
    pub(super) host_volumes: &'a [HostVolume],
    pub(super) network: &'a str,
    pub(super) timeout: Duration,
    /// What is not told of what it prints.
    pub(super) secrets: &'a Secrets,
    /// Tell every line that it prints.
    pub(super) stream: bool,
}

impl Stage<'_> {
    /// Runs it to its end, whatever that is. `logs` is the folder for what it prints.
    pub(super) async fn run<E: Engine>(
        &self,
        engine: &E,
        logs: &Path,
        on_event: &dyn Fn(Event<'_>),
    ) -> Result<StageOutcome, EngineError> {
        on_event(Event::StageStarted { test: self.test, stage: &self.title });
        let start = Instant::now();
        let log = format!("{:02}-{}.log", self.number, one_part(&self.container.name));
        let mut recorder = Recorder::new(logs.join(log), self.secrets);
        let on_line = &mut |line: &str| {
            if self.stream {
                on_event(Event::StageLine { stage: &self.title, line });
            }
        };
        let title = format!("{} {}", self.test, self.title);
        let declared = self.volumes.mounts(self.container, self.workspace);
        let mounts = self.mounts(&declared);
        let exit =
            engine.run(&self.launch(&title, &mounts), &mut |_, bytes| recorder.take(bytes, on_line)).await;
        let disk = match exit {
            Ok(Exit::Code { disk, .. }) => disk.unwrap_or_default(),
            _ => 0,
        };
        let ended = match exit {
            Ok(Exit::Code { out_of_memory: true, .. }) => {
                Ended::OutOfMemory { limit: self.launchable.memory }
            }
            Ok(Exit::Code { code, .. }) => Ended::Exited(code),
            Ok(Exit::TimedOut) => Ended::TimedOut(self.timeout),
            Err(EngineError::CannotStart { reason, .. }) => Ended::CannotStart(reason),
            Err(error) => return Err(error),
        };
        let container = self.container.name.clone();
        let log = recorder.finish(on_line);
        let disk = disk + log.size.min(ROTATED);
        Ok(StageOutcome { container, ended, log, disk, elapsed: start.elapsed() })
    }

    /// Kratix's three, then the pipeline's, then the settings', which take the place of one at the same path.
    fn mounts<'m>(&'m self, declared: &'m [OwnedMount<'m>]) -> Vec<Mount<'m>> {
        const KRATIX: [(&str, &str); 3] =
            [("input", "/kratix/input"), ("output", "/kratix/output"), ("metadata", "/kratix/metadata")];
        let folder = |(name, target): (&'static str, &'static str)| Mount::Folder {
            workspace: self.workspace,
            name,
            target,
            read_only: name == "input",
        };
        let host = |volume: &'m HostVolume| Mount::Host {
            source: &volume.source,
            target: &volume.target,
            read_only: volume.read_only,
        };
        let replaced = |target: &str| self.host_volumes.iter().any(|volume| volume.target == target);
        let declared = declared.iter().map(OwnedMount::borrowed).filter(|mount| !replaced(mount.target()));
        KRATIX.into_iter().map(folder).chain(declared).chain(self.host_volumes.iter().map(host)).collect()
    }

    fn launch<'l>(&'l self, title: &'l str, mounts: &'l [Mount<'l>]) -> Launch<'l> {
        Launch {
            title,
            image: self.image,
            command: Some(self.launchable.command.as_slice()).filter(|command| !command.is_empty()),
            args: Some(self.launchable.args.as_slice()).filter(|args| !args.is_empty()),
            env: &self.launchable.env,
            mounts,
            privileges: &self.privileges,
            network: self.network,
            memory: self.launchable.memory,
            timeout: self.timeout,
        }
    }
}
