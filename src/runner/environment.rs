//! What each container of a pipeline is started with: Kratix's environment, the author's, then the settings'.

use super::cluster::Cluster;
use super::pipeline::Launchable;
use super::test::Plan;
use super::volumes::Volumes;
use super::{Options, Stop};
use crate::diagnostic::SourceError;
use crate::engine::Privileges;
use crate::kratix::{
    Container, DiskLimit, Environment, Missing, Object, Pipeline, Pod, SecurityContext, kratix_variables,
    stage_environment,
};
use crate::outcome::Failure;
use crate::secrets::Secrets;
use crate::suite::PromiseSuite;
use crate::suite::settings::{Env, Limits, StageSetting};

/// What the containers of a pipeline get beside the three folders.
pub(super) struct Prepared {
    pub(super) launchables: Vec<Launchable>,
    pub(super) volumes: Volumes,
    /// Beyond it the pod is evicted.
    pub(super) disk_limit: Option<DiskLimit>,
}

/// What every container is started with, in their order, and the pipeline's volumes.
pub(super) fn prepare(
    suite: &PromiseSuite,
    plan: &Plan<'_>,
    pipeline: &Pipeline,
    object: &Object,
    options: &Options,
) -> Result<Prepared, Stop> {
    let (promise, workflow) = (&suite.promise, plan.target.workflow);
    let variables = kratix_variables(promise, workflow, pipeline, object);
    let mut pod = Pod::new(promise, workflow, pipeline, object);
    if let Some(resources) = &plan.cluster.defaults.resources {
        pod.default_resources = resources.clone();
    }
    let added = added(plan, plan.settings.env(), options)?;
    let launchable = |container: &Container| {
        let environment = stage_environment(&variables, container, &pod, &plan.cluster.objects);
        let mut environment = environment.map_err(|missing| waits_for_ever(suite, &missing))?;
        let stage = plan.settings.stage(&container.name);
        let own = stage.map(|stage| stage.env.iter().map(|(name, value)| (name.as_str(), value)));
        for (name, value) in
            added.iter().cloned().chain(self::added(plan, own.into_iter().flatten(), options)?)
        {
            environment.set(name, value);
        }
        Ok(Launchable::new(&environment, container, stage, plan))
    };
    let launchables = pipeline.containers.iter().map(launchable).collect::<Result<_, Stop>>()?;
    let volumes = Volumes::of(pipeline, &pod.namespace, &plan.cluster.objects);
    let volumes = volumes.map_err(|missing| waits_for_ever(suite, &missing))?;
    let replaced = plan.settings.volumes().iter().map(|volume| volume.target.as_str()).collect();
    match volumes.elsewhere(pipeline, &replaced).as_slice() {
        [] => {}
        missing => return Err(refused(suite, "this can only be run in a cluster", missing)),
    }
    let disk_limit = pod.disk_limit().filter(|_| plan.settings.limits() == Limits::Platform);
    Ok(Prepared { launchables, volumes, disk_limit })
}

impl Launchable {
    fn new(
        environment: &Environment,
        container: &Container,
        stage: Option<&StageSetting>,
        plan: &Plan<'_>,
    ) -> Self {
        let expand = |texts: &[String]| texts.iter().map(|text| environment.expand(text)).collect();
        let command = stage.and_then(|stage| stage.command.as_ref());
        let Cluster { defaults, .. } = &plan.cluster;
        let context = container.security_context.as_ref().or(defaults.security_context.as_ref());
        Self {
            image: plan.settings.image(container).unwrap_or_default().to_owned(),
            env: environment.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            command: command.map_or_else(|| expand(&container.command), |command| expand(command)),
            args: if command.is_some() { Vec::new() } else { expand(&container.args) },
            privileges: context.map(privileges).unwrap_or_default(),
            group: context.and_then(|context| context.run_as_group),
            non_root: context.is_some_and(|context| context.run_as_non_root == Some(true)),
            memory: match plan.settings.limits() {
                Limits::Platform => container.memory_limit(defaults.resources.as_ref()),
                Limits::None => None,
            },
            skip: stage.and_then(|stage| stage.skip.clone()),
        }
    }
}

/// A security context as a container engine follows it. The group is added when the image is known.
fn privileges(context: &SecurityContext) -> Privileges {
    Privileges {
        user: context.run_as_user.map(|user| user.to_string()),
        groups: Vec::new(),
        everything: context.privileged == Some(true),
        add: context.capabilities_add.clone(),
        drop: context.capabilities_drop.clone(),
        fixed: context.allow_privilege_escalation == Some(false),
        read_only_root: context.read_only_root_filesystem == Some(true),
    }
}

/// What is never shown: the values of Secrets, and those that are taken from our own environment.
pub(super) fn secrets(plan: &Plan<'_>, options: &Options) -> Secrets {
    let stages = plan.settings.stages().flat_map(|(_, stage)| stage.env.values());
    let taken = plan.settings.env().map(|(_, value)| value).chain(stages).filter_map(|value| match value {
        Env::From { from } => options.environment.get(from),
        Env::Value(_) => None,
    });
    Secrets::new(plan.cluster.objects.secrets().chain(taken.map(String::as_bytes)))
}

/// References that nothing satisfies.
fn waits_for_ever(suite: &PromiseSuite, missing: &[Missing]) -> Stop {
    refused(suite, "on the platform the pod would wait for ever for what it refers to", missing)
}

fn refused(suite: &PromiseSuite, why: &str, missing: &[Missing]) -> Stop {
    let source = &suite.file.source;
    let error = |one: &Missing| source.error(one.at, one.text.as_str()).hint(one.hint.as_str());
    Stop::Failure(Failure::Refused {
        why: why.to_owned(),
        errors: missing.iter().map(error).collect(),
        expected: None,
    })
}

/// What the settings add, from files or from our own environment.
fn added<'a>(
    plan: &Plan<'_>,
    variables: impl Iterator<Item = (&'a str, &'a Env)>,
    options: &Options,
) -> Result<Vec<(String, String)>, Stop> {
    let value = |(name, value): (&str, &Env)| match value {
        Env::Value(value) => Ok((name.to_owned(), value.clone())),
        Env::From { from } => match options.environment.get(from) {
            Some(value) => Ok((name.to_owned(), value.clone())),
            None => Err(unset(plan, name, from)),
        },
    };
    variables.map(value).collect()
}

fn unset(plan: &Plan<'_>, name: &str, from: &str) -> Stop {
    let message = format!("env.{name} is taken from {from}, which is not set in this environment");
    let error = SourceError::whole(plan.expectation.folder(), message);
    Stop::Failure(Failure::Source(error.hint(format!("set {from}, or give {name} a value of its own"))))
}
