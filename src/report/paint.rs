//! Colour, passed in, so that tests compare plain text.

use console::Style;

/// How text is coloured, or not at all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    pub(crate) on: bool,
}

impl Paint {
    pub(crate) fn bold(self, text: impl ToString) -> String {
        self.with(Style::new().bold(), &text.to_string())
    }

    pub(crate) fn dim(self, text: impl ToString) -> String {
        self.with(Style::new().dim(), &text.to_string())
    }

    /// What is expected, and what is missing.
    pub(crate) fn red(self, text: impl ToString) -> String {
        self.with(Style::new().red(), &text.to_string())
    }

    /// What was left, and what passed.
    pub(crate) fn green(self, text: impl ToString) -> String {
        self.with(Style::new().green(), &text.to_string())
    }

    pub(crate) fn yellow(self, text: impl ToString) -> String {
        self.with(Style::new().yellow(), &text.to_string())
    }

    pub(crate) fn cyan(self, text: impl ToString) -> String {
        self.with(Style::new().cyan(), &text.to_string())
    }

    fn with(self, style: Style, text: &str) -> String {
        style.force_styling(self.on).apply_to(text).to_string()
    }
}
