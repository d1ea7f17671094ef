//! The exit codes, which scripts rely on.

use std::process::{ExitCode, Termination};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All passed.
    Success,
    /// A test failed, or is new and has no expectation yet.
    Failed,
    /// Wrong usage, no Promise, or a Promise or settings file that cannot be read.
    Usage,
    /// The engine or an image failed, so nothing was learnt.
    Engine,
    /// Nothing matched the names given.
    NoMatch,
    /// Stopped by Ctrl-C or SIGTERM.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Engine => 3,
            Self::NoMatch => 4,
            Self::Interrupted => 130,
        }
    }

    /// Of two endings, the one that counts: interrupted before usage before failed before engine.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let rank = |exit: Self| match exit {
            Self::Interrupted => 0,
            Self::Usage => 1,
            Self::Failed => 2,
            Self::Engine => 3,
            Self::NoMatch => 4,
            Self::Success => 5,
        };
        if rank(other) < rank(self) { other } else { self }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        self.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_endings_the_worst_news_counts() {
        assert_eq!(Exit::Success.and(Exit::Engine), Exit::Engine);
        assert_eq!(Exit::Engine.and(Exit::Failed), Exit::Failed);
        assert_eq!(Exit::Failed.and(Exit::Usage), Exit::Usage);
        assert_eq!(Exit::Interrupted.and(Exit::Usage), Exit::Interrupted);
    }
}
