//! The platform, pure: what Kratix does with a Promise, with a request, and with what a pipeline leaves. Values in,
//! values out.

pub(crate) mod catalogue;
pub(crate) mod coerce;
pub(crate) mod collect;
pub(crate) mod control;
pub(crate) mod destination;
pub(crate) mod duration;
pub(crate) mod finding;
pub(crate) mod labels;
pub(crate) mod metadata;
pub(crate) mod misread;
pub(crate) mod selectors;
pub(crate) mod status;
pub(crate) mod volumes;
pub(crate) mod work;
pub(crate) mod work_writer;

/// What a workflow is for: the Promise itself, or each resource request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkflowType {
    Promise,
    Resource,
}
