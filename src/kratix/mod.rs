//! The platform, pure: what Kratix and the API server make of a Promise and of a request. Values in, values out.

mod api;
mod confinement;
mod container;
mod pipeline;
mod problem;
mod promise;
mod promise_schema;
pub(crate) mod quantity;
mod read;
pub(crate) mod schema;
mod strict;
mod volume;
mod workflow;

pub(crate) use api::{Api, ApiVersion, status_schema};
pub(crate) use confinement::{Resources, SecurityContext};
pub(crate) use container::{Container, EnvFrom, EnvFromSource, EnvValue, EnvVar, KeyRef, VolumeMount};
pub(crate) use pipeline::Pipeline;
pub(crate) use problem::{Problem, code};
pub(crate) use promise::{Promise, RequiredPromise, holds_promise};
pub(crate) use volume::{Volume, VolumeFiles, VolumeItem, VolumeSource};
pub(crate) use workflow::{Target, TargetError, Workflow, WorkflowAction, WorkflowType};
