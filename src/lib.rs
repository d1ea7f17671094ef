//! placeholder
mod cli;
mod diagnostic;
pub mod engine;
mod exit;
mod kratix;
mod suite;
pub mod tree;
mod yaml;
