//! From what happened to text: pure functions, and the terminal that they are shown on.

mod difference;
pub(crate) mod failure;
pub(crate) mod finding;
pub(crate) mod inline;
pub(crate) mod list;
mod paint;
mod repeats;
mod summary;
pub(crate) mod terminal;
pub(crate) mod words;
mod workflow;
