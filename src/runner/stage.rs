//! One stage: a container of a pipeline, launched as the platform would.

use std::path::Path;
use std::time::{Duration, Instant};

use super::log::Recorder;
use super::pipeline::Launchable;
use crate::engine::{Engine, EngineError, Exit, Image, Launch, Mount, Privileges, Workspace};
use crate::kratix::Container;
use crate::outcome::{Ended, Event, StageOutcome};

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
    pub(super) workspace: &'a Workspace,
    pub(super) network: &'a str,
    /// Bytes.
    pub(super) memory: Option<u64>,
    pub(super) timeout: Duration,
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
        let mut recorder =
            Recorder::new(logs.join(format!("{:02}-{}.log", self.number, self.container.name)));
        let on_line = &mut |line: &str| {
            if self.stream {
                on_event(Event::StageLine { stage: &self.title, line });
            }
        };
        let title = format!("{} {}", self.test, self.title);
        let mounts = self.mounts();
        let exit =
            engine.run(&self.launch(&title, &mounts), &mut |_, bytes| recorder.take(bytes, on_line)).await;
        let ended = match exit {
            Ok(Exit::Code { out_of_memory: true, .. }) => Ended::OutOfMemory { limit: self.memory },
            Ok(Exit::Code { code, .. }) => Ended::Exited(code),
            Ok(Exit::TimedOut) => Ended::TimedOut(self.timeout),
            Err(EngineError::CannotStart { reason, .. }) => Ended::CannotStart(reason),
            Err(error) => return Err(error),
        };
        let container = self.container.name.clone();
        Ok(StageOutcome { container, ended, log: recorder.finish(on_line), elapsed: start.elapsed() })
    }

    fn mounts(&self) -> [Mount<'_>; 3] {
        [("input", "/kratix/input"), ("output", "/kratix/output"), ("metadata", "/kratix/metadata")].map(
            |(name, target)| Mount::Folder {
                workspace: self.workspace,
                name,
                target,
                read_only: name == "input",
            },
        )
    }

    fn launch<'l>(&'l self, title: &'l str, mounts: &'l [Mount<'l>]) -> Launch<'l> {
        /// Kratix sets no security context of its own on an author's containers.
        const DEFAULT: &Privileges = &Privileges {
            user: None,
            groups: Vec::new(),
            everything: false,
            add: Vec::new(),
            drop: Vec::new(),
            fixed: false,
            read_only_root: false,
        };
        Launch {
            title,
            image: self.image,
            command: Some(self.launchable.command.as_slice()).filter(|command| !command.is_empty()),
            args: Some(self.launchable.args.as_slice()).filter(|args| !args.is_empty()),
            env: &self.launchable.env,
            mounts,
            privileges: DEFAULT,
            network: self.network,
            memory: self.memory,
            timeout: self.timeout,
        }
    }
}
