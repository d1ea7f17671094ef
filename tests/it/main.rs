//! The program, as a user runs it, against a real engine.

mod architecture;
mod bad_input;
mod case;
mod completions;
mod engine;
mod help;
mod interrupt;
mod list;
mod platform;
mod run;
mod transcripts;
mod traps;
mod traps_admission;
mod traps_status;
mod traps_work;
mod update;
mod workflows;
