//! Questions to whoever sits at the terminal.

use std::io;

use console::{Key, Term, measure_text_width, truncate_str};
use dialoguer::MultiSelect;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};

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

/// Something that may be chosen, and a line on it.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) what: String,
}

/// What was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// Which of the choices, by their place.
    These(Vec<usize>),
    /// Escape.
    Left,
    /// Ctrl-C.
    Interrupted,
}

/// Lets somebody choose on stderr, where all or nothing is chosen to begin with.
pub(crate) fn choose(question: &str, choices: &[Choice], all: bool, paint: Paint) -> io::Result<Chosen> {
    let term = Term::stderr();
    let colourful = ColorfulTheme::default();
    let theme: &dyn Theme = if paint.on { &colourful } else { &SimpleTheme };
    // The theme writes a box before each, and nothing may be wider than the terminal: what is wrapped is not cleared.
    let width = usize::from(term.size().1).saturating_sub(8);
    let prompt = MultiSelect::with_theme(theme)
        .with_prompt(question)
        .items(lines(choices, width))
        .defaults(&vec![all; choices.len()])
        .report(false);
    let chosen = prompt.interact_on_opt(&term).map_err(|dialoguer::Error::IO(error)| error);
    match chosen {
        Ok(Some(these)) => Ok(Chosen::These(these)),
        Ok(None) => Ok(Chosen::Left),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            term.show_cursor()?;
            Ok(Chosen::Interrupted)
        }
        Err(error) => Err(error),
    }
}

fn lines(choices: &[Choice], width: usize) -> Vec<String> {
    let longest = choices.iter().map(|choice| measure_text_width(&choice.name)).max().unwrap_or_default();
    let line = |Choice { name, what }: &Choice| {
        truncate_str(&format!("{name:longest$}  {what}"), width, "…").trim_end().to_owned()
    };
    choices.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let choice = |name: &str, what: &str| Choice { name: name.to_owned(), what: what.to_owned() };
        let choices = [choice("a", "short"), choice("longer", &"x".repeat(100)), choice("ä", "")];
        let lines = lines(&choices, 20);
        assert_eq!(lines, ["a       short", "longer  xxxxxxxxxxx…", "ä"]);
    }
}
