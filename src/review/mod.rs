//! Going through what the last run left, at a terminal, one key at a time.
//!
//! [`state`] decides what a key does, [`draw`] what is on the screen, and both only reckon; [`driver`] does what they say.

mod draw;
mod driver;
mod editor;
mod keys;
mod model;
mod page;
mod screen;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use driver::{Outcome, review};
