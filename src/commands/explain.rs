//! Prints the page on a finding.

use crate::cli::Explain;
use crate::exit::Exit;
use crate::kratix::Code;
use crate::report::finding;
use crate::report::terminal::Terminal;

/// Explains a code, or lists them all.
pub(super) fn explain(arguments: &Explain, terminal: &Terminal) -> anyhow::Result<Exit> {
    if let Some(code) = &arguments.code {
        terminal.show(&finding::page(code.parse::<Code>()?));
    } else {
        let line = |code: Code| format!("{code}  {} ({})\n", code.rule().title, code.rule().place);
        terminal.show(&Code::all().map(line).collect::<String>());
    }
    Ok(Exit::Success)
}
