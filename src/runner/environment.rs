//! What each container of a pipeline is started with: Kratix's environment, the author's, then the settings'.

use super::pipeline::Launchable;
use super::test::Plan;
use super::{Options, Stop};
use crate::diagnostic::SourceError;
use crate::kratix::{
    Environment, Missing, Object, Objects, Pipeline, Pod, kratix_variables, stage_environment,
};
use crate::outcome::Failure;
use crate::suite::PromiseSuite;
use crate::suite::settings::Env;

/// The environment, command and args of every container, in their order.
pub(super) fn of(
    suite: &PromiseSuite,
    plan: &Plan<'_>,
    pipeline: &Pipeline,
    object: &Object,
    options: &Options,
) -> Result<Vec<Launchable>, Stop> {
    let (promise, workflow) = (&suite.promise, plan.target.workflow);
    let added = added(plan, options)?;
    let variables = kratix_variables(promise, workflow, pipeline, object);
    let pod = Pod::new(promise, workflow, pipeline, object);
    let launchable = |container| {
        let environment = stage_environment(&variables, container, &pod, &Objects::default());
        let mut environment = environment.map_err(|missing| waits_for_ever(suite, &missing))?;
        for (name, value) in &added {
            environment.set(name, value);
        }
        Ok(Launchable::new(&environment, container))
    };
    pipeline.containers.iter().map(launchable).collect()
}

impl Launchable {
    fn new(environment: &Environment, container: &crate::kratix::Container) -> Self {
        let expand = |texts: &[String]| texts.iter().map(|text| environment.expand(text)).collect();
        Self {
            env: environment.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            command: expand(&container.command),
            args: expand(&container.args),
        }
    }
}

/// References that nothing satisfies.
fn waits_for_ever(suite: &PromiseSuite, missing: &[Missing]) -> Stop {
    let source = &suite.file.source;
    let error = |one: &Missing| source.error(one.at, one.text.as_str()).hint(one.hint.as_str());
    let why = "on the platform the pod would wait for ever for what it refers to".to_owned();
    Stop::Failure(Failure::Refused { why, errors: missing.iter().map(error).collect() })
}

/// What the settings add, from files or from our own environment.
fn added(plan: &Plan<'_>, options: &Options) -> Result<Vec<(String, String)>, Stop> {
    let value = |(name, value): (&str, &Env)| match value {
        Env::Value(value) => Ok((name.to_owned(), value.clone())),
        Env::From { from } => match options.environment.get(from) {
            Some(value) => Ok((name.to_owned(), value.clone())),
            None => Err(unset(plan, name, from)),
        },
    };
    plan.settings.env().map(value).collect()
}

fn unset(plan: &Plan<'_>, name: &str, from: &str) -> Stop {
    let message = format!("env.{name} is taken from {from}, which is not set in this environment");
    let error = SourceError::whole(plan.expectation.folder(), message);
    Stop::Failure(Failure::Source(error.hint(format!("set {from}, or give {name} a value of its own"))))
}
