//! An object's status: what the status-writer makes of `status.yaml`, what the API server makes of that, and what Kratix's
//! controllers write before and after.

pub(crate) mod admit;
pub(crate) mod condition;
pub(crate) mod controller;
pub(crate) mod incoming;
pub(crate) mod merge;
pub(crate) mod pipelines;
pub(crate) mod remarks;
pub(crate) mod writer;

use serde_json::{Map, Value};

/// The value of an object's `.status`.
pub(crate) type Status = Map<String, Value>;

/// What stands for every time of day, so that runs repeat.
pub(crate) const NOW: &str = "2026-01-01T00:00:00Z";
