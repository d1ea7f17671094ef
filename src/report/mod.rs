//! From what happened to text: pure functions, and the terminal that they are shown on.

pub(crate) mod difference;
pub(crate) mod dropin;
pub(crate) mod failure;
pub(crate) mod finding;
pub(crate) mod fit;
mod image;
pub(crate) mod inline;
pub(crate) mod list;
mod loading;
pub(crate) mod paint;
pub(crate) mod probes;
pub(crate) mod prompt;
mod repeats;
pub(crate) mod review;
mod summary;
pub(crate) mod takeover;
pub(crate) mod terminal;
pub(crate) mod words;
mod workflow;
