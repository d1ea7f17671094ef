//! Prints the JSON Schema of the settings, for editors.

use crate::exit::Exit;
use crate::report::terminal::Terminal;

/// As it ships with the program.
const SCHEMA: &str = include_str!("../../schema/kratix-test.schema.json");

/// Prints the schema of `kratix-test.yaml`.
pub(super) fn schema(terminal: &Terminal) -> Exit {
    terminal.show(SCHEMA);
    Exit::Success
}
