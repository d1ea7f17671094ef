//! Colour, passed in, so that tests compare plain text.

use std::fmt::Display;

use console::Style;

/// How text is coloured, or not at all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    pub(crate) on: bool,
}

impl Paint {
    pub(crate) fn bold<T: Display>(self, text: T) -> String {
        self.with(Style::new().bold(), text)
    }

    pub(crate) fn dim<T: Display>(self, text: T) -> String {
        self.with(Style::new().dim(), text)
    }

    /// What is expected, and what is missing.
    pub(crate) fn red<T: Display>(self, text: T) -> String {
        self.with(Style::new().red(), text)
    }

    /// What was left, and what passed.
    pub(crate) fn green<T: Display>(self, text: T) -> String {
        self.with(Style::new().green(), text)
    }

    /// The part of a value that changed.
    pub(crate) fn changed<T: Display>(self, text: T) -> String {
        self.with(Style::new().bold().underlined(), text)
    }

    pub(crate) fn yellow<T: Display>(self, text: T) -> String {
        self.with(Style::new().yellow(), text)
    }

    pub(crate) fn cyan<T: Display>(self, text: T) -> String {
        self.with(Style::new().cyan(), text)
    }

    /// Where somebody is.
    pub(crate) fn reverse<T: Display>(self, text: T) -> String {
        self.with(Style::new().reverse(), text)
    }

    fn with(self, style: Style, text: impl Display) -> String {
        style.force_styling(self.on).apply_to(text).to_string()
    }
}
