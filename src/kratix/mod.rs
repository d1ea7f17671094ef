//! The platform, pure: what Kratix does with a Promise, with a request, and with what a pipeline leaves. Values in,
//! values out.

mod api;
pub(crate) mod catalogue;
pub(crate) mod coerce;
pub(crate) mod collect;
mod confinement;
mod container;
pub(crate) mod control;
pub(crate) mod decode;
pub(crate) mod destination;
pub(crate) mod duration;
pub(crate) mod finding;
pub(crate) mod labels;
pub(crate) mod metadata;
mod pipeline;
mod problem;
mod promise;
mod promise_schema;
pub(crate) mod quantity;
mod read;
pub(crate) mod schema;
pub(crate) mod selectors;
pub(crate) mod status;
mod strict;
mod volume;
pub(crate) mod volumes;
pub(crate) mod work;
pub(crate) mod work_writer;
mod workflow;

pub(crate) use api::{Api, ApiVersion, status_schema};
pub(crate) use confinement::{Resources, SecurityContext};
pub(crate) use container::{Container, EnvFrom, EnvFromSource, EnvValue, EnvVar, KeyRef, VolumeMount};
pub(crate) use pipeline::Pipeline;
pub(crate) use problem::{Problem, code};
pub(crate) use promise::{Promise, RequiredPromise, holds_promise};
pub(crate) use volume::{Volume, VolumeFiles, VolumeItem, VolumeSource};
pub(crate) use workflow::{Target, TargetError, Workflow, WorkflowAction, WorkflowType};
