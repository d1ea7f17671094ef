//! Running one container to its end.

use std::collections::HashMap;
use std::pin::{Pin, pin};
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::models::{
    ContainerCreateBody, ContainerStateStatusEnum, HostConfig, HostConfigLogConfig, Mount as ApiMount,
};
use bollard::query_parameters::{
    AttachContainerOptions, AttachContainerOptionsBuilder, WaitContainerOptionsBuilder,
};
use futures_util::{Stream as Frames, StreamExt};

use super::Docker;
use super::container::{bind, understood};
use super::reason::{is_refusal, reason, request, without_noise};
use super::usage::Layer;
use crate::engine::{EngineError, Exit, Launch, Mount, Privileges, Stream};

type Output = Pin<Box<dyn Frames<Item = Result<LogOutput, Error>> + Send>>;

/// How often Podman is asked whether a container has ended, at first and after a while.
const OFTEN: Duration = Duration::from_millis(5);
const SELDOM: Duration = Duration::from_millis(200);

/// What a process ends with when the kernel kills it.
const KILLED: i64 = 137;

/// When a container has ended and its output is silent for this long, there is no more, even if nobody closes it.
const SILENCE: Duration = Duration::from_secs(5);

impl Docker {
    pub(super) async fn launch(
        &self,
        launch: &Launch<'_>,
        on_output: &mut dyn FnMut(Stream, &[u8]),
    ) -> Result<Exit, EngineError> {
        self.users.note(launch);
        let body = self.body(launch)?;
        let id = self.create(body).await.map_err(|error| cannot_start(launch, &error))?;
        let ended = self.to_its_end(&id, launch, on_output).await;
        match ended {
            Ok(Some(exit)) => {
                self.remove_in_background(id).await;
                Ok(exit)
            }
            Ok(None) => {
                // What it wrote is looked at next, so it has to be dead by then.
                let removed = self.remove(&id).await;
                removed.map_err(request(format!("stopping {}, which ran too long", launch.title)))?;
                Ok(Exit::TimedOut)
            }
            Err(error) => {
                // A sweep removes it if this does not; the first error is the one that helps.
                let _ = self.remove(&id).await;
                Err(error)
            }
        }
    }

    /// Starts a container and follows it, for no longer than it may run.
    async fn to_its_end(
        &self,
        id: &str,
        launch: &Launch<'_>,
        on_output: &mut dyn FnMut(Stream, &[u8]),
    ) -> Result<Option<Exit>, EngineError> {
        // Before the start, so that no output is missed; Podman makes the container only here.
        let attached = self.api.attach_container(id, Some(both_streams())).await;
        let attached = attached.map_err(|error| cannot_start(launch, &error))?;
        let started = self.api.start_container(id, None).await;
        started.map_err(|error| cannot_start(launch, &error))?;
        let following = self.follow(id, launch, attached.output, on_output);
        match tokio::time::timeout(launch.timeout, following).await {
            Ok(exit) => Ok(Some(exit.map_err(request(format!("following {}", launch.title)))?)),
            Err(_) => Ok(None),
        }
    }

    /// Hands over output until the container has ended and all of it is read.
    ///
    /// Closed streams are not the end, which may come much later; nor need streams close at the end where a
    /// proxy is in between.
    async fn follow(
        &self,
        id: &str,
        launch: &Launch<'_>,
        mut output: Output,
        on_output: &mut dyn FnMut(Stream, &[u8]),
    ) -> Result<Exit, Error> {
        let mut end = pin!(self.wait(id));
        let code = loop {
            tokio::select! {
                frame = output.next() => match frame {
                    Some(frame) => hand_over(frame?, on_output),
                    None if self.facts.is_podman => break self.look_for_the_end(id).await?,
                    None => break end.await?,
                },
                code = &mut end => {
                    let code = code?;
                    while let Ok(Some(frame)) = tokio::time::timeout(SILENCE, output.next()).await {
                        hand_over(frame?, on_output);
                    }
                    break code;
                }
            }
        };
        let (killed, layer) = self.how_it_ended(id).await?;
        let out_of_memory = killed || self.looks_out_of_memory(code, launch);
        Ok(Exit::Code { code, out_of_memory, disk: self.usage_of_container(id, layer).await })
    }

    /// The exit code, by looking: Podman answers a wait by looking itself, every 250 ms.
    async fn look_for_the_end(&self, id: &str) -> Result<i64, Error> {
        let mut pause = OFTEN;
        loop {
            let state = match self.api.inspect_container(id, None).await {
                // For a moment it is in a state that Docker does not know.
                Err(Error::JsonDataError { .. }) => None,
                container => container?.state,
            };
            let ended = state.filter(|state| {
                matches!(
                    state.status,
                    Some(ContainerStateStatusEnum::EXITED | ContainerStateStatusEnum::DEAD)
                )
            });
            if let Some(state) = ended {
                return Ok(state.exit_code.unwrap_or_default());
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(SELDOM);
        }
    }

    /// The exit code, when there is one. Asked for after the start: a wait that races with it may never end.
    async fn wait(&self, id: &str) -> Result<i64, Error> {
        let until = WaitContainerOptionsBuilder::new().condition("not-running").build();
        let mut waiting = Box::pin(self.patient.wait_container(id, Some(until)));
        match waiting.next().await {
            Some(Ok(ended)) => Ok(ended.status_code),
            // The client takes every exit code but 0 for an error.
            Some(Err(Error::DockerContainerWaitError { code, .. })) => Ok(code),
            Some(Err(error)) => Err(error),
            None => Err(Error::DockerStreamError { error: "the engine stopped waiting for it".to_owned() }),
        }
    }

    /// Whether it, or any process of it, was killed for its memory, which the exit code need not show; and where it
    /// wrote.
    async fn how_it_ended(&self, id: &str) -> Result<(bool, Layer), Error> {
        let container = understood(|| self.api.inspect_container(id, None)).await?;
        let killed = container.state.as_ref().and_then(|state| state.oom_killed).unwrap_or_default();
        Ok((killed, Layer::of(&container)))
    }

    /// Podman does not tell on every system. Under a limit, hardly anything else kills the first process.
    fn looks_out_of_memory(&self, code: i64, launch: &Launch<'_>) -> bool {
        self.facts.is_podman && code == KILLED && launch.memory.is_some()
    }

    fn body(&self, launch: &Launch<'_>) -> Result<ContainerCreateBody, EngineError> {
        let given = |words: Option<&[String]>| words.filter(|words| !words.is_empty()).map(<[_]>::to_vec);
        Ok(ContainerCreateBody {
            image: Some(launch.image.id.clone()),
            entrypoint: given(launch.command),
            cmd: given(launch.args),
            env: Some(environment(launch.env)),
            user: launch.privileges.user.clone(),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            labels: Some(self.labels(launch.title)),
            host_config: Some(self.host_config(launch)?),
            ..ContainerCreateBody::default()
        })
    }

    fn host_config(&self, launch: &Launch<'_>) -> Result<HostConfig, EngineError> {
        let Privileges { groups, everything, add, drop, fixed, read_only_root, .. } = launch.privileges;
        let mounts: Result<_, _> = launch.mounts.iter().map(|mount| self.mount(mount, launch)).collect();
        let memory = launch.memory.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        Ok(HostConfig {
            mounts: Some(mounts?),
            network_mode: Some(launch.network.to_owned()),
            log_config: Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None }),
            memory,
            // Memory and swap together: none beyond the memory.
            memory_swap: memory,
            group_add: Some(groups.clone()),
            cap_add: Some(add.clone()),
            cap_drop: Some(drop.clone()),
            privileged: Some(*everything),
            security_opt: fixed.then(|| vec!["no-new-privileges".to_owned()]),
            readonly_rootfs: Some(*read_only_root),
            ..HostConfig::default()
        })
    }

    fn mount(&self, mount: &Mount<'_>, launch: &Launch<'_>) -> Result<ApiMount, EngineError> {
        match *mount {
            Mount::Folder { workspace, name, target, read_only } => {
                Ok(self.mount_folder(workspace, name, target, read_only))
            }
            Mount::Host { source, target, read_only } => match source.to_str() {
                Some(source) => Ok(bind(source.to_owned(), target, read_only)),
                None => Err(EngineError::CannotStart {
                    title: launch.title.to_owned(),
                    reason: format!("the path {} cannot be mounted: it is not UTF-8", source.display()),
                }),
            },
        }
    }
}

fn hand_over(frame: LogOutput, on_output: &mut dyn FnMut(Stream, &[u8])) {
    match frame {
        LogOutput::StdErr { message } => on_output(Stream::Err, &message),
        LogOutput::StdOut { message } | LogOutput::Console { message } => on_output(Stream::Out, &message),
        LogOutput::StdIn { .. } => {}
    }
}

fn both_streams() -> AttachContainerOptions {
    AttachContainerOptionsBuilder::new().stream(true).stdout(true).stderr(true).build()
}

/// A refusal means that this container cannot start; anything else, that the engine is in trouble.
fn cannot_start(launch: &Launch<'_>, error: &Error) -> EngineError {
    let title = launch.title.to_owned();
    if is_refusal(error) {
        EngineError::CannotStart { title, reason: without_noise(&reason(error)) }
    } else {
        EngineError::Request { doing: format!("starting {title}"), reason: reason(error) }
    }
}

/// `NAME=value`, in the order of the names' first use; a container would see the first value of a repeated name.
fn environment(env: &[(String, String)]) -> Vec<String> {
    let mut places = HashMap::new();
    let mut lines: Vec<String> = Vec::with_capacity(env.len());
    for (name, value) in env {
        let line = format!("{name}={value}");
        if let Some(&place) = places.get(name.as_str()) {
            lines[place] = line;
        } else {
            places.insert(name.as_str(), lines.len());
            lines.push(line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_repeated_variable_the_last_value_counts() {
        let env: Vec<_> = [("A", "1"), ("B", "2"), ("A", "")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        assert_eq!(environment(&env), ["A=", "B=2"]);
    }
}
