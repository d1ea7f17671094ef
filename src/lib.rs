//! Runs the pipelines of Kratix Promises in containers, as the platform would, and compares what they leave.
//!
//! | module | knows |
//! |---|---|
//! | [`cli`] | every argument and its help; no logic |
//! | [`commands`] | one command each: load, run, report |
//! | [`review`] | going through what a run left, at a terminal |
//! | [`runner`] | many tests at once, and one test from request to verdict; the only module that knows all below |
//! | [`report`] | what happened → text; the terminal |
//! | [`doctor`] | what could keep tests from running, and what mends it |
//! | [`suite`] | tests on disk: discovery, settings, expectations |
//! | [`cluster`] | clusters on this machine: their nodes, and how an image gets into them |
//! | [`archive`] | archives of images: streamed, checked, given another name |
//! | [`image`] | which Dockerfile builds an image, and what is sent; knows no engine |
//! | [`engine`] | the seam to Docker; knows no Kratix |
//! | [`kratix`] | the platform, pure: Promise, API, the object that a pipeline reads, Works, status, findings |
//! | [`compare`] | two trees of files → differences; pure |
//! | [`outcome`] | what happened, as data |
//! | [`called`] | what the user types to call the program |
//! | [`script`] | what scripts and Makefiles run, told without running them |
//! | [`diagnostic`], [`yaml`], [`tree`], [`secrets`] | errors with a place; YAML as Kubernetes reads it; files as data; what is never shown |
//!
//! Each may use those further down the table; a test holds the table against the `use` lines.

mod archive;
mod called;
mod cli;
mod cluster;
mod commands;
mod compare;
mod diagnostic;
mod doctor;
mod engine;
mod exit;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzz;
mod image;
mod kratix;
mod outcome;
mod report;
mod review;
mod runner;
mod script;
mod secrets;
mod suite;
mod tree;
mod yaml;

use std::ffi::OsString;

pub use exit::Exit;

/// The whole program, from arguments to exit code.
pub fn run(arguments: impl Iterator<Item = OsString>) -> Exit {
    let mut arguments = arguments.peekable();
    called::learn(arguments.peek().map(OsString::as_os_str));
    match cli::parse(arguments, called::name()) {
        Ok(cli) => commands::dispatch(cli),
        Err(error) => commands::usage(&error),
    }
}
