//! placeholder
mod diagnostic;
pub mod engine;
mod kratix;
pub mod tree;
mod yaml;
