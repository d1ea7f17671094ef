//! placeholder
pub mod engine;
mod image;
pub mod tree;
