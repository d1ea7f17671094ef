//! placeholder
pub mod engine;
pub mod tree;
