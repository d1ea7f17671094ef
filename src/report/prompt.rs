//! Questions to whoever sits at the terminal.

use std::io;

use console::{Key, Term};

use super::paint::Paint;

/// An answer to whether something is to be done, where it may be asked several times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
    /// Yes, here and wherever else it would be asked.
    All,
    /// No, here and wherever else it would be asked.
    Quit,
    /// Ctrl-C.
    Interrupted,
}

/// Asks on stderr until one of the keys is pressed. Return alone changes nothing.
pub(crate) fn ask(question: &str, paint: Paint) -> io::Result<Answer> {
    let term = Term::stderr();
    term.write_str(&format!("{} {question} [y]es, [N]o, [a]ll, [q]uit ", paint.cyan("?")))?;
    let answer = loop {
        match term.read_key() {
            Ok(Key::Char('y' | 'Y')) => break Answer::Yes,
            Ok(Key::Char('n' | 'N') | Key::Enter) => break Answer::No,
            Ok(Key::Char('a' | 'A')) => break Answer::All,
            Ok(Key::Char('q' | 'Q') | Key::Escape) => break Answer::Quit,
            Ok(Key::CtrlC) => break Answer::Interrupted,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => break Answer::Interrupted,
            Err(error) => return Err(error),
        }
    };
    term.write_line(match answer {
        Answer::Yes => "yes",
        Answer::No => "no",
        Answer::All => "all",
        Answer::Quit | Answer::Interrupted => "quit",
    })?;
    Ok(answer)
}
