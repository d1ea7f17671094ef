//! An image that there is not, as text: why, the instruction that failed, and what it printed.

use std::fmt::Write as _;
use std::path::Path;

use super::paint::Paint;
use crate::tree::context::Instruction;

/// Of an instruction that goes on for pages.
const LONGEST: usize = 200;

/// Why there is no image.
pub(super) struct Failed<'a> {
    pub(super) message: &'a str,
    /// The Dockerfile and its instruction.
    pub(super) at: Option<(&'a Path, &'a Instruction)>,
    pub(super) hint: Option<&'a str>,
    pub(super) log: &'a [String],
}

pub(super) fn render(failed: &Failed<'_>, paint: Paint) -> String {
    let mut text = format!("{} {}\n", paint.red("error:"), failed.message);
    if let Some((file, instruction)) = failed.at {
        let place = format!("{}:{}:", near(file).display(), instruction.line);
        let _ = writeln!(text, "  {place} {}", paint.bold(shortened(&instruction.text)));
    }
    for line in failed.log {
        let _ = writeln!(text, "  {} {line}", paint.dim("|"));
    }
    if let Some(hint) = failed.hint {
        let _ = writeln!(text, "{} {hint}", paint.cyan("hint:"));
    }
    text
}

/// A file as seen from where the user stands, if it is below.
fn near(file: &Path) -> &Path {
    let here = std::env::current_dir().ok();
    here.and_then(|here| file.strip_prefix(here).ok()).unwrap_or(file)
}

/// On one line, with what stands between its words as one space.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failing_instruction_comes_before_what_it_printed() {
        let instruction = Instruction { line: 3, text: "RUN make  \t all".to_owned() };
        let failed = Failed {
            message: "image a does not build: its command ended with exit code 2",
            at: Some((Path::new("pipeline/Dockerfile"), &instruction)),
            hint: Some("do this"),
            log: &["one".to_owned(), "two".to_owned()],
        };
        assert_eq!(
            render(&failed, Paint { on: false }),
            "error: image a does not build: its command ended with exit code 2\n  pipeline/Dockerfile:3: RUN make all\n  \
             | one\n  | two\nhint: do this\n"
        );
    }

    #[test]
    fn an_instruction_of_pages_is_cut() {
        assert_eq!(shortened(&"é ".repeat(500)).chars().count(), LONGEST + 1);
    }
}
