//! Tests on disk: which Promises there are, which folders are tests, their settings, and their expectations.

pub(crate) mod repository;
pub(crate) mod settings;
