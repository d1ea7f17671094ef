//! placeholder
mod cli;
mod compare;
mod diagnostic;
pub mod engine;
mod exit;
mod suite;
pub mod tree;
mod yaml;
