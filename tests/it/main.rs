//! The program, as a user runs it, against a real engine.

mod architecture;
mod attacks;
mod bad_input;
mod builds;
mod case;
mod check;
mod completions;
mod engine;
mod fixtures;
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
mod vectors;
mod workflows;
