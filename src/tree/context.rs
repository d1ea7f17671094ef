//! What an image is built from: the files that are sent, and the Dockerfile among or beside them. Contents stay on disk
//! until they are sent.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// A build context, as the build is to see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Context {
    /// The folder that it is of.
    pub(crate) folder: PathBuf,
    pub(crate) dockerfile: Dockerfile,
    /// By path; the order puts a folder before what is in it.
    pub(crate) entries: BTreeMap<PathBuf, Item>,
}

/// What is built, and what it asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Dockerfile {
    /// What messages call it.
    pub(crate) path: PathBuf,
    pub(crate) text: Vec<u8>,
    /// Where the context has a file of this text, even if the build is not to see it there.
    pub(crate) inside: Option<PathBuf>,
    pub(crate) instructions: Vec<Instruction>,
    /// Images that it builds on or copies from.
    pub(crate) bases: Vec<String>,
}

/// An instruction of a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instruction {
    /// The line that it begins on, from 1.
    pub(crate) line: usize,
    /// With continued lines joined.
    pub(crate) text: String,
}

/// An entry of a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) content: Content,
    /// Permission bits, with setuid and its like.
    pub(crate) mode: u32,
    /// Nanoseconds since 1970: engines that know the file of an earlier build ask for it only if this changed.
    pub(crate) modified: i64,
    pub(crate) presence: Presence,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Folder,
    /// A file on disk, of this many bytes when it was listed.
    File {
        path: PathBuf,
        size: u64,
    },
    Link(PathBuf),
}

/// Why an entry is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Sent,
    /// A folder that is left out, while something in it is not.
    Implied,
    /// Left out, but an engine that reads it before the build removes it then.
    Hidden,
}

impl Context {
    /// The bytes of all files.
    pub(crate) fn size(&self) -> u64 {
        self.entries.values().map(Item::size).fold(0, u64::saturating_add)
    }

    /// The Dockerfile's line of an instruction, by its text.
    pub(crate) fn instruction(&self, text: &str) -> Option<&Instruction> {
        let same = |one: &str, other: &str| one.split_whitespace().eq(other.split_whitespace());
        let mut found = self.dockerfile.instructions.iter().filter(|known| same(&known.text, text));
        let first = found.next();
        // One that is written twice may be either.
        first.filter(|_| found.next().is_none())
    }
}

impl Item {
    pub(crate) fn size(&self) -> u64 {
        match self.content {
            Content::File { size, .. } => size,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_is_found_by_its_text_unless_it_is_written_twice() {
        let instruction = |line, text: &str| Instruction { line, text: text.to_owned() };
        let instructions =
            vec![instruction(1, "FROM a"), instruction(2, "RUN b   &&  c"), instruction(4, "FROM a")];
        let dockerfile = Dockerfile { instructions, ..Dockerfile::default() };
        let context = Context { dockerfile, ..Context::default() };
        assert_eq!(context.instruction("RUN b && c").map(|found| found.line), Some(2));
        assert_eq!(context.instruction("FROM a"), None);
        assert_eq!(context.instruction("RUN d"), None);
    }
}
