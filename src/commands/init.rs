//! Makes the tests that a Promise lacks.

use super::takeover::{How, take_over};
use crate::cli::{Global, Init};
use crate::exit::Exit;
use crate::report::terminal::Terminal;

/// Takes over tests in another layout.
pub(super) fn init(arguments: &Init, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let how = How { yes: arguments.yes, runs: !arguments.no_run };
    take_over(&arguments.from, how, global, terminal)
}
