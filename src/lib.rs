//! placeholder
mod diagnostic;
pub mod engine;
pub mod tree;
mod yaml;
