//! What to ask of the author when no rule knows where an image comes from.

use std::path::PathBuf;

/// Why it cannot be told where an image comes from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlanError {
    #[error("cannot tell what builds {image}; Dockerfiles that build no other image: {}", .candidates.join(", "))]
    Undecided {
        image: String,
        /// Relative to the Promise.
        candidates: Vec<String>,
        /// What to add to `kratix-test.yaml` beside the Promise: the entries of `images:`, of which one is right.
        entries: Vec<String>,
    },
    #[error("cannot tell what builds {image}: {folder} has too many files to look for Dockerfiles")]
    TooManyFiles { image: String, folder: PathBuf, entries: Vec<String> },
    #[error("images: says how to build {image}, but no Dockerfile is left for it")]
    NothingToBuild { image: String },
    #[error("images build on each other: {}", .images.join(", which builds on "))]
    Circle { images: Vec<String> },
    #[error("images: {image} is to be built from {path}, which {problem}")]
    NoSuchPath { image: String, path: PathBuf, problem: &'static str },
}

impl PlanError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Undecided { entries, .. } | Self::TooManyFiles { entries, .. } => {
                let which = if entries.len() > 1 { "one of these" } else { "this" };
                let lines = entries.join("\n  ");
                format!(
                    "say so in kratix-test.yaml beside the Promise, with {which} below images:\nimages:\n  {lines}"
                )
            }
            Self::NothingToBuild { .. } => "add its context: or dockerfile: there".to_owned(),
            Self::Circle { .. } => "say `pull` for one of them under images: in kratix-test.yaml".to_owned(),
            Self::NoSuchPath { .. } => {
                "correct the path: it is relative to the file that it stands in".to_owned()
            }
        }
    }
}

/// A string as YAML, quoted where it must be.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/-:".contains(c);
    let safe = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.') && text.chars().all(plain);
    let word =
        ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    // A JSON string is a YAML string.
    if safe && !word && !text.ends_with(':') {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_quoted_where_yaml_would_read_it_otherwise() {
        for (text, expected) in
            [("a/b", "a/b"), ("no", "\"no\""), ("1", "\"1\""), ("é\"", "\"é\\\"\""), ("a:", "\"a:\"")]
        {
            assert_eq!(quoted(text), expected);
        }
    }
}
